-- The sales organisation: tenants, teams, people, programs and their keys.

grant usage on schema accounts to keynode_accounts;

-- A tenant's row belongs to the tenant itself, so that it is confined like every other.
create table accounts.tenant (
  tenant_id uuid constraint tenant_pkey primary key,
  display_name text not null check (display_name <> ''),
  created_at timestamptz not null
);
create index tenant_created_at_idx on accounts.tenant (created_at, tenant_id);
select events.confine('accounts.tenant');
-- The owner reads across tenants, on behalf of the function below only.
create policy owner_reads on accounts.tenant for select to keynode_owner using (true);
grant select, insert on accounts.tenant to keynode_accounts;

create function accounts.list_tenants(after uuid, at_most bigint)
returns setof accounts.tenant
language sql stable security definer set search_path = pg_catalog
as $$
  select * from accounts.tenant t
  where after is null
     or (t.created_at, t.tenant_id) >
        (select a.created_at, a.tenant_id from accounts.tenant a where a.tenant_id = after)
  order by t.created_at, t.tenant_id
  limit at_most
$$;
comment on function accounts.list_tenants(uuid, bigint) is
  'The tenants of this installation after one of them, oldest first; for the platform.';
revoke execute on function accounts.list_tenants(uuid, bigint) from public;
grant execute on function accounts.list_tenants(uuid, bigint) to keynode_accounts;

create table accounts.role (
  tenant_id uuid not null references accounts.tenant,
  id text not null,
  display_name text not null,
  -- The number in keynode.accounts.v1.RoleVisibility: the larger, the wider.
  visibility integer not null check (visibility between 1 and 4),
  primary key (tenant_id, id)
);
select events.confine('accounts.role');
grant select, insert on accounts.role to keynode_accounts;

create table accounts.team (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  display_name text not null check (display_name <> ''),
  parent_id uuid,
  lead_id uuid,
  source_system text,
  external_id text,
  primary key (tenant_id, id),
  constraint team_tenant_fkey foreign key (tenant_id) references accounts.tenant,
  constraint team_parent_fkey foreign key (tenant_id, parent_id) references accounts.team,
  constraint team_parent_is_another check (parent_id <> id),
  constraint team_external_key_whole check ((source_system is null) = (external_id is null)),
  constraint team_external_key unique (tenant_id, source_system, external_id)
);
create index team_parent_idx on accounts.team (tenant_id, parent_id);
create index team_lead_idx on accounts.team (tenant_id, lead_id);
select events.confine('accounts.team');
grant select, insert, update on accounts.team to keynode_accounts;

create table accounts.person (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  display_name text not null check (display_name <> ''),
  -- Null for people who do not sign in.
  login text check (login <> ''),
  team_id uuid,
  roles text[] not null,
  disabled boolean not null,
  source_system text,
  external_id text,
  primary key (tenant_id, id),
  constraint person_tenant_fkey foreign key (tenant_id) references accounts.tenant,
  constraint person_team_fkey foreign key (tenant_id, team_id) references accounts.team,
  constraint person_login_key unique (tenant_id, login),
  constraint person_external_key_whole check ((source_system is null) = (external_id is null)),
  constraint person_external_key unique (tenant_id, source_system, external_id)
);
create index person_team_idx on accounts.person (tenant_id, team_id);
select events.confine('accounts.person');
grant select, insert, update on accounts.person to keynode_accounts;

alter table accounts.team
  add constraint team_lead_fkey foreign key (tenant_id, lead_id) references accounts.person;

create table accounts.service_account (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  display_name text not null check (display_name <> ''),
  roles text[] not null,
  disabled boolean not null,
  team_id uuid,
  primary key (tenant_id, id),
  constraint service_account_tenant_fkey foreign key (tenant_id) references accounts.tenant,
  constraint service_account_team_fkey foreign key (tenant_id, team_id) references accounts.team
);
select events.confine('accounts.service_account');
grant select, insert on accounts.service_account to keynode_accounts;

create table accounts.api_key (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  person_id uuid,
  service_account_id uuid,
  display_name text not null check (display_name <> ''),
  scopes text[] not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  -- SHA-256 of the secret; the secret itself is nowhere.
  hash bytea not null check (octet_length(hash) = 32),
  primary key (tenant_id, id),
  constraint api_key_person_fkey foreign key (tenant_id, person_id) references accounts.person,
  constraint api_key_service_account_fkey
    foreign key (tenant_id, service_account_id) references accounts.service_account,
  constraint api_key_has_one_subject check (num_nonnulls(person_id, service_account_id) = 1)
);
create index api_key_person_idx on accounts.api_key (tenant_id, person_id);
create index api_key_service_account_idx on accounts.api_key (tenant_id, service_account_id);
select events.confine('accounts.api_key');
grant select, insert, update on accounts.api_key to keynode_accounts;
