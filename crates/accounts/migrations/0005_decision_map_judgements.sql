-- Decision maps in full: relation, insiders, competitors, purchase criteria, what each
-- judgement rests on, and how the judgements changed.

alter table accounts.decision_map
  add column competitors uuid[] not null default '{}';

alter table accounts.stakeholder
  -- The number in keynode.accounts.v1.Relationship; 0 = unknown.
  add column relationship integer not null default 0 check (relationship >= 0),
  add column sensitive boolean not null default false,
  add column supported_competitors uuid[] not null default '{}';

alter table accounts.influence add column evidence_date date;

-- Whose identity is masked in a map, and under which number. Kept when the person leaves:
-- the history still speaks of them.
create table accounts.insider (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  contact_id uuid not null,
  number integer not null check (number > 0),
  -- The contact's function, and whether the contact worked at the customer, when the person
  -- became an insider: later changes would tell who it is.
  function integer not null check (function >= 0),
  at_customer boolean not null,
  constraint insider_pkey primary key (tenant_id, opportunity_id, contact_id),
  constraint insider_number_key unique (tenant_id, opportunity_id, number),
  constraint insider_map_fkey
    foreign key (tenant_id, opportunity_id) references accounts.decision_map,
  constraint insider_contact_fkey foreign key (tenant_id, contact_id) references accounts.contact
);
create index insider_contact_idx on accounts.insider (tenant_id, contact_id);
select events.confine('accounts.insider');
grant select, insert on accounts.insider to keynode_accounts;

-- What a single judgement rests on; aspects are numbers of keynode.accounts.v1.JudgementAspect.
create table accounts.stakeholder_judgement (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  contact_id uuid not null,
  aspect integer not null check (aspect > 0),
  evidence text not null check (evidence <> ''),
  evidence_date date,
  constraint stakeholder_judgement_pkey
    primary key (tenant_id, opportunity_id, contact_id, aspect),
  constraint stakeholder_judgement_stakeholder_fkey
    foreign key (tenant_id, opportunity_id, contact_id)
    references accounts.stakeholder on delete cascade
);
select events.confine('accounts.stakeholder_judgement');
grant select, insert, delete on accounts.stakeholder_judgement to keynode_accounts;

-- How judgements changed; nothing is ever taken back.
create table accounts.judgement_change (
  tenant_id uuid not null,
  id uuid not null,
  opportunity_id uuid not null,
  contact_id uuid not null,
  aspect integer not null check (aspect > 0),
  -- As the contract writes the value; empty = unknown.
  from_value text not null,
  to_value text not null,
  evidence text not null,
  evidence_date date,
  actor text not null check (actor <> ''),
  recorded_at timestamptz not null,
  map_version bigint not null check (map_version > 0),
  constraint judgement_change_pkey primary key (tenant_id, id),
  constraint judgement_change_map_fkey
    foreign key (tenant_id, opportunity_id) references accounts.decision_map,
  constraint judgement_change_contact_fkey
    foreign key (tenant_id, contact_id) references accounts.contact,
  constraint judgement_change_changes check (from_value <> to_value)
);
create index judgement_change_map_idx
  on accounts.judgement_change (tenant_id, opportunity_id, map_version desc, id desc);
create index judgement_change_contact_idx on accounts.judgement_change (tenant_id, contact_id);
select events.confine('accounts.judgement_change');
grant select, insert on accounts.judgement_change to keynode_accounts;

create table accounts.purchase_criterion (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  id text not null check (id ~ '^[a-z0-9-]{1,63}$'),
  display_name text not null check (display_name <> ''),
  -- The version of the map that brought it in: the order of the list.
  added_in bigint not null,
  constraint purchase_criterion_pkey primary key (tenant_id, opportunity_id, id),
  constraint purchase_criterion_map_fkey
    foreign key (tenant_id, opportunity_id) references accounts.decision_map
);
select events.confine('accounts.purchase_criterion');
grant select, insert, update, delete on accounts.purchase_criterion to keynode_accounts;

-- Beside accounts.influence, so that the release before still reads that one.
create table accounts.criterion_influence (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  from_id uuid not null,
  criterion_id text not null,
  added_in bigint not null,
  strength integer not null check (strength between 1 and 100),
  formal boolean not null,
  evidence text not null,
  evidence_date date,
  constraint criterion_influence_pkey
    primary key (tenant_id, opportunity_id, from_id, criterion_id),
  constraint criterion_influence_from_fkey
    foreign key (tenant_id, opportunity_id, from_id)
    references accounts.stakeholder on delete cascade,
  constraint criterion_influence_criterion_fkey
    foreign key (tenant_id, opportunity_id, criterion_id)
    references accounts.purchase_criterion on delete cascade
);
create index criterion_influence_criterion_idx
  on accounts.criterion_influence (tenant_id, opportunity_id, criterion_id);
select events.confine('accounts.criterion_influence');
grant select, insert, update, delete on accounts.criterion_influence to keynode_accounts;
