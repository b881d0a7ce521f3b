-- Customers, third parties and the people who work there.

create table accounts.account (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  display_name text not null check (display_name <> ''),
  industry text not null,
  location text not null,
  parent_id uuid,
  owner_id uuid,
  team_id uuid,
  -- Null wherever it is unknown.
  revenue_amount numeric(28, 9) check (revenue_amount >= 0),
  revenue_currency text,
  employee_count bigint check (employee_count >= 0),
  founded_year integer,
  source_system text,
  external_id text,
  primary key (tenant_id, id),
  constraint account_tenant_fkey foreign key (tenant_id) references accounts.tenant,
  constraint account_parent_fkey foreign key (tenant_id, parent_id) references accounts.account,
  constraint account_owner_fkey foreign key (tenant_id, owner_id) references accounts.person,
  constraint account_team_fkey foreign key (tenant_id, team_id) references accounts.team,
  constraint account_parent_is_another check (parent_id <> id),
  constraint account_revenue_whole check ((revenue_amount is null) = (revenue_currency is null)),
  constraint account_external_key_whole check ((source_system is null) = (external_id is null)),
  constraint account_external_key unique (tenant_id, source_system, external_id)
);
create index account_parent_idx on accounts.account (tenant_id, parent_id);
create index account_owner_idx on accounts.account (tenant_id, owner_id, id);
create index account_team_idx on accounts.account (tenant_id, team_id, id);
select events.confine('accounts.account');
grant select, insert, update on accounts.account to keynode_accounts;

create table accounts.contact (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  account_id uuid not null,
  display_name text not null check (display_name <> ''),
  title text not null,
  department text not null,
  -- The number in keynode.accounts.v1.Function; 0 = unknown.
  function integer not null check (function >= 0),
  primary key (tenant_id, id),
  constraint contact_account_fkey foreign key (tenant_id, account_id) references accounts.account
);
create index contact_account_idx on accounts.contact (tenant_id, account_id, id);
select events.confine('accounts.contact');
grant select, insert, update on accounts.contact to keynode_accounts;
