-- What tenants record of accounts besides what every tenant does, and notes.

create table accounts.attribute (
  tenant_id uuid not null,
  id text not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  display_name_zh text not null check (display_name_zh <> ''),
  display_name_en text not null check (display_name_en <> ''),
  description_zh text not null,
  description_en text not null,
  -- The numbers in keynode.accounts.v1.AttributeType and AttributeReferenceKind.
  type integer not null check (type > 0),
  reference_kind integer not null check (reference_kind >= 0),
  options jsonb not null check (jsonb_typeof(options) = 'array'),
  max_length integer not null check (max_length >= 0),
  archived boolean not null,
  constraint attribute_pkey primary key (tenant_id, id),
  constraint attribute_tenant_fkey foreign key (tenant_id) references accounts.tenant
);
select events.confine('accounts.attribute');
grant select, insert, update on accounts.attribute to keynode_accounts;

create table accounts.account_note (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  account_id uuid not null,
  -- The resource name of whoever made it.
  author text not null,
  text text not null check (text <> ''),
  pinned boolean not null,
  primary key (tenant_id, id),
  constraint account_note_account_fkey foreign key (tenant_id, account_id) references accounts.account
);
create index account_note_account_idx on accounts.account_note (tenant_id, account_id, id);
select events.confine('accounts.account_note');
grant select, insert, update, delete on accounts.account_note to keynode_accounts;
