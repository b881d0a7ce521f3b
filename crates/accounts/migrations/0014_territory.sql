-- Which team looks after which part of the market.

create table accounts.territory (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  display_name text not null check (display_name <> ''),
  team_id uuid not null,
  owner_id uuid,
  priority integer not null check (priority between -1000 and 1000),
  regions text[] not null,
  industries text[] not null,
  -- Null where there is no limit.
  capacity integer check (capacity >= 0),
  overflow_id uuid,
  parent_id uuid,
  source_system text,
  external_id text,
  archived_at timestamptz,
  primary key (tenant_id, id),
  constraint territory_tenant_fkey foreign key (tenant_id) references accounts.tenant,
  constraint territory_team_fkey foreign key (tenant_id, team_id) references accounts.team,
  constraint territory_owner_fkey foreign key (tenant_id, owner_id) references accounts.person,
  constraint territory_overflow_fkey foreign key (tenant_id, overflow_id) references accounts.territory,
  constraint territory_parent_fkey foreign key (tenant_id, parent_id) references accounts.territory,
  constraint territory_overflow_is_another check (overflow_id <> id),
  constraint territory_parent_is_another check (parent_id <> id),
  constraint territory_external_key_whole check ((source_system is null) = (external_id is null)),
  constraint territory_external_key unique (tenant_id, source_system, external_id)
);
create index territory_team_idx on accounts.territory (tenant_id, team_id);
create index territory_owner_idx on accounts.territory (tenant_id, owner_id);
create index territory_parent_idx on accounts.territory (tenant_id, parent_id);
create index territory_overflow_idx on accounts.territory (tenant_id, overflow_id);
select events.confine('accounts.territory');
grant select, insert, update on accounts.territory to keynode_accounts;

-- The accounts that a territory names; each is named by one at most.
create table accounts.territory_named_account (
  tenant_id uuid not null,
  territory_id uuid not null,
  account_id uuid not null,
  constraint territory_named_account_pkey primary key (tenant_id, account_id),
  constraint territory_named_account_territory_fkey
    foreign key (tenant_id, territory_id) references accounts.territory,
  constraint territory_named_account_account_fkey
    foreign key (tenant_id, account_id) references accounts.account on delete cascade
);
create index territory_named_account_territory_idx on accounts.territory_named_account (tenant_id, territory_id);
select events.confine('accounts.territory_named_account');
grant select, insert, delete on accounts.territory_named_account to keynode_accounts;

-- The territory that an account was last given to.
create table accounts.territory_account (
  tenant_id uuid not null,
  account_id uuid not null,
  territory_id uuid not null,
  assigned_at timestamptz not null,
  constraint territory_account_pkey primary key (tenant_id, account_id),
  constraint territory_account_territory_fkey
    foreign key (tenant_id, territory_id) references accounts.territory,
  constraint territory_account_account_fkey
    foreign key (tenant_id, account_id) references accounts.account on delete cascade
);
create index territory_account_territory_idx on accounts.territory_account (tenant_id, territory_id);
select events.confine('accounts.territory_account');
grant select, insert, update on accounts.territory_account to keynode_accounts;
