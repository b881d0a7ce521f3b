-- Imports: rows of another system, taken in chunks, with what became of each.

create table accounts.import (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  owner_id uuid,
  team_id uuid,
  -- Who began it: a program has neither owner nor team.
  creator text not null,
  -- The number in keynode.accounts.v1.ImportState.
  state integer not null check (state > 0),
  -- The whole record as the message keynode.accounts.v1.Import.
  record bytea not null,
  constraint import_pkey primary key (tenant_id, id),
  constraint import_tenant_fkey foreign key (tenant_id) references accounts.tenant
);
select events.confine('accounts.import');
grant select, insert, update on accounts.import to keynode_accounts;

-- What became of each row. A row is here from the moment it is received.
create table accounts.import_row (
  tenant_id uuid not null,
  import_id uuid not null,
  line bigint not null check (line > 0),
  -- The key of the account; null when there is none, or the row was refused.
  external_id text,
  -- The number in keynode.accounts.v1.ImportOutcome.
  outcome integer not null,
  -- Whether the account or a contact was refused.
  failed boolean not null,
  -- The message keynode.accounts.v1.ImportResult.
  result bytea not null,
  constraint import_row_pkey primary key (tenant_id, import_id, line),
  constraint import_row_key unique (tenant_id, import_id, external_id),
  constraint import_row_import_fkey foreign key (tenant_id, import_id) references accounts.import
);
create index import_row_failed_idx on accounts.import_row (tenant_id, import_id, line) where failed;
select events.confine('accounts.import_row');
grant select, insert on accounts.import_row to keynode_accounts;
