-- Deals follow what happens to their owners and customers, which the accounts service keeps.

-- Belongs to no tenant: one place in the log of all.
create table pipeline.consumer (
  name text primary key,
  transaction_id bigint not null,
  position bigint not null,
  holder uuid not null,
  held_until timestamptz not null
);
grant select, insert, update on pipeline.consumer to keynode_pipeline;
grant execute on function events.read_after(bigint, bigint, int) to keynode_pipeline;
grant execute on function events.behind(bigint, bigint, int) to keynode_pipeline;

-- Accounts that were merged into another, one step each; a row goes when that is undone.
create table pipeline.merged_account (
  tenant_id uuid not null default events.tenant_id(),
  account_id uuid not null,
  survivor_id uuid not null,
  merge_id uuid not null,
  primary key (tenant_id, account_id),
  constraint merged_account_into_another check (account_id <> survivor_id)
);
create index merged_account_merge_idx on pipeline.merged_account (tenant_id, merge_id);

-- Whose customer became another account by a merge, with the account from before.
create table pipeline.merged_deal (
  tenant_id uuid not null default events.tenant_id(),
  merge_id uuid not null,
  opportunity_id uuid not null,
  account_id uuid not null,
  primary key (tenant_id, merge_id, opportunity_id),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id)
);
create index merged_deal_opportunity_idx on pipeline.merged_deal (tenant_id, opportunity_id);

select events.confine('pipeline.merged_account');
select events.confine('pipeline.merged_deal');

grant select, insert, update, delete on pipeline.merged_account to keynode_pipeline;
grant select, insert, delete on pipeline.merged_deal to keynode_pipeline;
