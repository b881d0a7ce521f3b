-- Accounts that turned out to be one.

-- Null unless the account was merged: then the one that everything went to. Never a chain:
-- when that one is merged too, this follows.
alter table accounts.account
  add column merged_into_id uuid,
  add constraint account_merged_into_fkey
    foreign key (tenant_id, merged_into_id) references accounts.account,
  add constraint account_merged_into_is_another check (merged_into_id <> id);
create index account_merged_into_idx on accounts.account (tenant_id, merged_into_id)
  where merged_into_id is not null;

-- Nothing comes to an account that was merged, whoever writes it and whatever was read
-- before: the reference has locked the account by then, so that what is seen here is true
-- until the transaction ends.
create function accounts.refuse_merged_account() returns trigger
language plpgsql set search_path = pg_catalog
as $$
begin
  if exists (
    select from touched t
    join accounts.account a on a.tenant_id = t.tenant_id and a.id = t.account_id
    where a.merged_into_id is not null)
  then
    raise exception 'the account was merged' using errcode = 'foreign_key_violation', constraint = 'account_merged';
  end if;
  return null;
end
$$;
create function accounts.refuse_merged_parent() returns trigger
language plpgsql set search_path = pg_catalog
as $$
begin
  if exists (
    select from touched t
    join accounts.account a on a.tenant_id = t.tenant_id and a.id = t.parent_id
    where a.merged_into_id is not null)
  then
    raise exception 'the account was merged' using errcode = 'foreign_key_violation', constraint = 'account_merged';
  end if;
  return null;
end
$$;
revoke execute on function accounts.refuse_merged_account() from public;
revoke execute on function accounts.refuse_merged_parent() from public;
grant execute on function accounts.refuse_merged_account() to keynode_accounts;
grant execute on function accounts.refuse_merged_parent() to keynode_accounts;

create trigger contact_added_to_merged after insert on accounts.contact
  referencing new table as touched for each statement execute function accounts.refuse_merged_account();
create trigger contact_moved_to_merged after update on accounts.contact
  referencing new table as touched for each statement execute function accounts.refuse_merged_account();
create trigger decision_map_added_to_merged after insert on accounts.decision_map
  referencing new table as touched for each statement execute function accounts.refuse_merged_account();
create trigger account_note_added_to_merged after insert on accounts.account_note
  referencing new table as touched for each statement execute function accounts.refuse_merged_account();
create trigger prospect_conversion_added_to_merged after insert on accounts.prospect_conversion
  referencing new table as touched for each statement execute function accounts.refuse_merged_account();
create trigger territory_named_account_added_to_merged after insert on accounts.territory_named_account
  referencing new table as touched for each statement execute function accounts.refuse_merged_account();
create trigger territory_account_added_to_merged after insert on accounts.territory_account
  referencing new table as touched for each statement execute function accounts.refuse_merged_account();
create trigger account_added_below_merged after insert on accounts.account
  referencing new table as touched for each statement execute function accounts.refuse_merged_parent();
create trigger account_moved_below_merged after update on accounts.account
  referencing new table as touched for each statement execute function accounts.refuse_merged_parent();

create table accounts.merge (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  survivor_id uuid not null,
  undo_until timestamptz not null,
  undone_at timestamptz,
  -- The whole record as the message keynode.accounts.v1.Merge.
  record bytea not null,
  -- What undoing it needs, as the service writes it.
  ledger jsonb not null check (jsonb_typeof(ledger) = 'object'),
  constraint merge_pkey primary key (tenant_id, id),
  constraint merge_survivor_fkey foreign key (tenant_id, survivor_id) references accounts.account
);
create index merge_survivor_idx on accounts.merge (tenant_id, survivor_id);
select events.confine('accounts.merge');
grant select, insert, update on accounts.merge to keynode_accounts;

-- Who took part, the survivor too.
create table accounts.merge_account (
  tenant_id uuid not null,
  account_id uuid not null,
  merge_id uuid not null,
  constraint merge_account_pkey primary key (tenant_id, account_id, merge_id),
  constraint merge_account_account_fkey foreign key (tenant_id, account_id) references accounts.account,
  constraint merge_account_merge_fkey foreign key (tenant_id, merge_id) references accounts.merge
);
create index merge_account_merge_idx on accounts.merge_account (tenant_id, merge_id);
select events.confine('accounts.merge_account');
grant select, insert on accounts.merge_account to keynode_accounts;

-- Pairs: why it was decided so. A pair to be looked at again stays in the list.
alter table accounts.duplicate_candidate add column decision_reason text not null default '';
create index duplicate_candidate_unsettled_idx on accounts.duplicate_candidate (tenant_id, id)
  where decision is null or decision = 'review';
create index duplicate_candidate_first_idx on accounts.duplicate_candidate (tenant_id, first_id);

-- An account that was merged fills no territory.
grant delete on accounts.territory_account to keynode_accounts;
