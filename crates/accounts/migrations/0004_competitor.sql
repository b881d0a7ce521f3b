-- Who else sells to our customers.

create table accounts.competitor (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  display_name text not null check (display_name <> ''),
  primary key (tenant_id, id),
  constraint competitor_tenant_fkey foreign key (tenant_id) references accounts.tenant
);
select events.confine('accounts.competitor');
grant select, insert, update on accounts.competitor to keynode_accounts;
