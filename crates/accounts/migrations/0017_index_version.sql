-- Which accounts and contacts the match and search index knows as they are. What a release
-- before the index wrote, or changed since, is behind; so is what was indexed in another way.
-- A release that does not know these columns leaves them as they are, or 0.

alter table accounts.account
  -- How it was indexed; 0 = never.
  add column index_version smallint not null default 0,
  -- The version of the record that was indexed.
  add column indexed_version bigint not null default 0,
  -- The number in keynode.accounts.v1.CustomerClassVerdict (R15); null = not judged yet.
  add column winter_jasmine smallint;
create index account_index_version_idx on accounts.account
  (tenant_id, (case when indexed_version = version then index_version else 0 end));
-- Customers of this class are few.
create index account_winter_jasmine_idx on accounts.account (tenant_id, id) where winter_jasmine = 1;

alter table accounts.contact
  add column index_version smallint not null default 0,
  add column indexed_version bigint not null default 0;
create index contact_index_version_idx on accounts.contact
  (tenant_id, (case when indexed_version = version then index_version else 0 end));

-- The owner reads across tenants, on behalf of the function below only.
create policy owner_finds_unindexed on accounts.account for select to keynode_owner using (true);
create policy owner_finds_unindexed on accounts.contact for select to keynode_owner using (true);

create function accounts.list_unindexed(current_version integer, at_most bigint)
returns setof uuid
language sql stable security definer set search_path = pg_catalog
as $$
  -- The least of an index is one step, whatever the planner thinks of `current_version`.
  select t.tenant_id from accounts.tenant t
  where least(
    (select min(case when a.indexed_version = a.version then a.index_version else 0 end)
     from accounts.account a where a.tenant_id = t.tenant_id),
    (select min(case when c.indexed_version = c.version then c.index_version else 0 end)
     from accounts.contact c where c.tenant_id = t.tenant_id)) < current_version
  order by t.tenant_id limit at_most
$$;
comment on function accounts.list_unindexed(integer, bigint) is
  'The tenants with accounts or contacts that the index does not know as they are.';
revoke execute on function accounts.list_unindexed(integer, bigint) from public;
grant execute on function accounts.list_unindexed(integer, bigint) to keynode_accounts;
