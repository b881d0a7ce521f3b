-- Who decides on an opportunity, and who influences them. The opportunity itself lives
-- in another service; it is known here by its id only.

create table accounts.decision_map (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  account_id uuid not null,
  complete boolean not null,
  constraint decision_map_pkey primary key (tenant_id, opportunity_id),
  constraint decision_map_account_fkey foreign key (tenant_id, account_id) references accounts.account
);
create index decision_map_account_idx on accounts.decision_map (tenant_id, account_id);
select events.confine('accounts.decision_map');
grant select, insert, update on accounts.decision_map to keynode_accounts;

-- Roles, attitude and coverage are the numbers of the enums in keynode.accounts.v1.
create table accounts.stakeholder (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  contact_id uuid not null,
  -- The version of the map that brought the person in: the order of the list.
  added_in bigint not null,
  roles integer[] not null check (cardinality(roles) > 0),
  -- Per cent; null = unknown.
  weight integer check (weight between 0 and 100),
  attitude integer not null check (attitude >= 0),
  coverage integer not null check (coverage >= 0),
  evidence text not null,
  evidence_date date,
  primary key (tenant_id, opportunity_id, contact_id),
  constraint stakeholder_map_fkey
    foreign key (tenant_id, opportunity_id) references accounts.decision_map,
  constraint stakeholder_contact_fkey foreign key (tenant_id, contact_id) references accounts.contact
);
create index stakeholder_contact_idx on accounts.stakeholder (tenant_id, contact_id);
select events.confine('accounts.stakeholder');
grant select, insert, update, delete on accounts.stakeholder to keynode_accounts;

create table accounts.influence (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  from_id uuid not null,
  to_id uuid not null,
  added_in bigint not null,
  strength integer not null check (strength between 1 and 100),
  formal boolean not null,
  evidence text not null,
  primary key (tenant_id, opportunity_id, from_id, to_id),
  constraint influence_is_on_another check (from_id <> to_id),
  constraint influence_from_fkey foreign key (tenant_id, opportunity_id, from_id)
    references accounts.stakeholder on delete cascade,
  constraint influence_to_fkey foreign key (tenant_id, opportunity_id, to_id)
    references accounts.stakeholder on delete cascade
);
create index influence_to_idx on accounts.influence (tenant_id, opportunity_id, to_id);
select events.confine('accounts.influence');
grant select, insert, update, delete on accounts.influence to keynode_accounts;
