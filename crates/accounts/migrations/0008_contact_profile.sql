-- People in full: how to reach them, to whom they report, where they were before, and what
-- counts for them.

alter table accounts.contact
  -- Arrays of objects; what stands in them is said in contact/{detail,employer,concern}.rs.
  add column details jsonb not null default '[]',
  add column former_employers jsonb not null default '[]',
  add column concerns jsonb not null default '[]',
  add column manager_id uuid,
  -- BCP 47; empty = unknown.
  add column language_code text not null default '',
  add column source_system text,
  add column external_id text,
  add column left_on date,
  add constraint contact_manager_is_another check (manager_id <> id),
  add constraint contact_external_key_whole check ((source_system is null) = (external_id is null)),
  add constraint contact_external_key unique (tenant_id, source_system, external_id);

-- The same columns as the index before, and unique, so that the key below may refer to them.
create unique index contact_of_account_key on accounts.contact (tenant_id, account_id, id);
drop index accounts.contact_account_idx;

-- A manager works at the same account.
alter table accounts.contact
  add constraint contact_manager_fkey foreign key (tenant_id, account_id, manager_id)
    references accounts.contact (tenant_id, account_id, id);

create index contact_manager_idx on accounts.contact (tenant_id, manager_id, id)
  where manager_id is not null;
create index contact_updated_at_idx on accounts.contact (tenant_id, updated_at);
create index contact_department_idx on accounts.contact (tenant_id, department, id)
  where department <> '';
create index contact_function_idx on accounts.contact (tenant_id, function, id)
  where function > 0;

-- The addresses in `details`, in small letters. A table and not an index on an expression:
-- under row-level security an index is used only with operators that leak nothing.
create table accounts.contact_email (
  tenant_id uuid not null,
  contact_id uuid not null,
  email text not null check (email <> ''),
  constraint contact_email_pkey primary key (tenant_id, contact_id, email),
  constraint contact_email_contact_fkey foreign key (tenant_id, contact_id)
    references accounts.contact on delete cascade
);
create index contact_email_idx on accounts.contact_email (tenant_id, email, contact_id);
select events.confine('accounts.contact_email');
grant select, insert, delete on accounts.contact_email to keynode_accounts;

-- What the tenant decided to be usual for a function (R22), instead of what is shipped.
create table accounts.concern_default (
  tenant_id uuid not null,
  -- The number in keynode.accounts.v1.Function.
  function integer not null check (function > 0),
  version bigint not null check (version > 0),
  updated_at timestamptz not null,
  -- Null = as shipped again.
  concerns jsonb,
  constraint concern_default_pkey primary key (tenant_id, function),
  constraint concern_default_tenant_fkey foreign key (tenant_id) references accounts.tenant
);
select events.confine('accounts.concern_default');
grant select, insert, update on accounts.concern_default to keynode_accounts;
