-- Who the customer is: names, standing, traits, labels, and every key that others know it by.

-- What is shown but never searched stands in `profile` and `attributes`, as the service
-- writes it. Numbers are those of the enums in keynode.accounts.v1.
alter table accounts.account
  add column kind integer not null default 1 check (kind > 0),
  add column legal_name text not null default '',
  add column region text not null default '',
  add column segment text not null default '',
  add column level integer not null default 0 check (level >= 0),
  add column address text not null default '',
  add column phone text not null default '',
  add column website text not null default '',
  add column tags text[] not null default '{}' check (cardinality(tags) <= 50),
  add column attributes jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object'),
  add column profile jsonb not null default '{}' check (jsonb_typeof(profile) = 'object');
create index account_kind_idx on accounts.account (tenant_id, kind, id);
create index account_level_idx on accounts.account (tenant_id, level, id);
create index account_region_idx on accounts.account (tenant_id, region, id);
create index account_industry_idx on accounts.account (tenant_id, industry, id);
create index account_updated_at_idx on accounts.account (tenant_id, updated_at, id);

-- By which terms lists find accounts: tags and values of attributes. Row-level security
-- keeps the operators of arrays and documents away from indexes, equality of text it does not.
create table accounts.account_term (
  tenant_id uuid not null,
  term text not null,
  account_id uuid not null,
  primary key (tenant_id, term, account_id),
  constraint account_term_account_fkey
    foreign key (tenant_id, account_id) references accounts.account on delete cascade
);
create index account_term_account_idx on accounts.account_term (tenant_id, account_id);
select events.confine('accounts.account_term');
grant select, insert, delete on accounts.account_term to keynode_accounts;

-- Every key of every account, the first one too: each belongs to one account, also when
-- the account it came with was merged into another.
create table accounts.account_key (
  tenant_id uuid not null,
  source_system text not null,
  external_id text not null,
  account_id uuid not null,
  constraint account_key_pkey primary key (tenant_id, source_system, external_id),
  constraint account_key_account_fkey foreign key (tenant_id, account_id) references accounts.account
);
create index account_key_account_idx on accounts.account_key (tenant_id, account_id);
grant select, insert, update, delete on accounts.account_key to keynode_accounts;

-- The release before writes only the key in the account's own row; the database keeps
-- the table in step for both.
create function accounts.keep_account_key() returns trigger
language plpgsql set search_path = pg_catalog
as $$
begin
  if tg_op = 'UPDATE' then
    delete from accounts.account_key k
    where k.tenant_id = old.tenant_id and k.source_system = old.source_system
      and k.external_id = old.external_id and k.account_id = old.id;
  end if;
  insert into accounts.account_key (tenant_id, source_system, external_id, account_id)
  select new.tenant_id, new.source_system, new.external_id, new.id
  where new.source_system is not null
    and not exists (
      select from accounts.account_key k
      where k.tenant_id = new.tenant_id and k.source_system = new.source_system
        and k.external_id = new.external_id and k.account_id = new.id);
  return null;
end
$$;
comment on function accounts.keep_account_key() is
  'Keeps accounts.account_key in step with the key in the row of an account.';
revoke execute on function accounts.keep_account_key() from public;
grant execute on function accounts.keep_account_key() to keynode_accounts;
create trigger account_key_added after insert on accounts.account
  for each row when (new.source_system is not null)
  execute function accounts.keep_account_key();
create trigger account_key_changed after update of source_system, external_id on accounts.account
  for each row when ((old.source_system, old.external_id) is distinct from (new.source_system, new.external_id))
  execute function accounts.keep_account_key();

-- The owner is confined like everybody, but for this statement.
alter table accounts.account no force row level security;
insert into accounts.account_key (tenant_id, source_system, external_id, account_id)
select tenant_id, source_system, external_id, id from accounts.account where source_system is not null;
alter table accounts.account force row level security;
select events.confine('accounts.account_key');
