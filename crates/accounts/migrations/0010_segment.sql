-- Segments of the market, who is in them, what is made of them, and how deals ended there.

create table accounts.segment (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  display_name text not null check (display_name <> ''),
  description text not null,
  parent_id uuid,
  -- A message keynode.accounts.v1.Segment in which only the criteria are set.
  criteria bytea not null,
  archived_at timestamptz,
  primary key (tenant_id, id),
  constraint segment_tenant_fkey foreign key (tenant_id) references accounts.tenant,
  constraint segment_parent_fkey foreign key (tenant_id, parent_id) references accounts.segment,
  constraint segment_parent_is_another check (parent_id <> id)
);
create index segment_parent_idx on accounts.segment (tenant_id, parent_id);
select events.confine('accounts.segment');
grant select, insert, update on accounts.segment to keynode_accounts;

-- Who meets the criteria, or may: kept up to date from the log, and anew in batches.
create table accounts.segment_member (
  tenant_id uuid not null,
  segment_id uuid not null,
  account_id uuid not null,
  -- The number in keynode.accounts.v1.SegmentMembership.
  membership integer not null check (membership in (1, 2)),
  primary key (tenant_id, segment_id, account_id),
  constraint segment_member_segment_fkey
    foreign key (tenant_id, segment_id) references accounts.segment,
  constraint segment_member_account_fkey
    foreign key (tenant_id, account_id) references accounts.account on delete cascade
);
create index segment_member_account_idx on accounts.segment_member (tenant_id, account_id, segment_id);
select events.confine('accounts.segment_member');
grant select, insert, update, delete on accounts.segment_member to keynode_accounts;

-- Segments whose members are being found anew: accounts up to `after_id` are done.
create table accounts.segment_computation (
  tenant_id uuid not null,
  segment_id uuid not null,
  after_id uuid not null,
  primary key (tenant_id, segment_id),
  constraint segment_computation_segment_fkey
    foreign key (tenant_id, segment_id) references accounts.segment
);
select events.confine('accounts.segment_computation');
grant select, insert, update, delete on accounts.segment_computation to keynode_accounts;
-- The owner reads across tenants, on behalf of the function below only.
create policy owner_reads on accounts.segment_computation for select to keynode_owner using (true);

create function accounts.list_computations(at_most bigint)
returns setof accounts.segment_computation
language sql stable security definer set search_path = pg_catalog
as $$ select * from accounts.segment_computation order by segment_id limit at_most $$;
comment on function accounts.list_computations(bigint) is
  'The segments of every tenant whose members are being found anew, the oldest first.';
revoke execute on function accounts.list_computations(bigint) from public;
grant execute on function accounts.list_computations(bigint) to keynode_accounts;

create table accounts.segment_strategy (
  tenant_id uuid not null,
  segment_id uuid not null,
  version bigint not null check (version > 0),
  updated_at timestamptz not null,
  -- What was said, as the message keynode.accounts.v1.SegmentStrategy.
  document bytea not null,
  primary key (tenant_id, segment_id),
  constraint segment_strategy_segment_fkey
    foreign key (tenant_id, segment_id) references accounts.segment
);
select events.confine('accounts.segment_strategy');
grant select, insert, update on accounts.segment_strategy to keynode_accounts;

-- Append only: what was judged keeps its version.
create table accounts.attractiveness_model (
  tenant_id uuid not null,
  version integer not null check (version > 0),
  -- A UUIDv7, for page tokens.
  key uuid not null,
  published_at timestamptz not null,
  -- The whole version, as the message keynode.accounts.v1.AttractivenessModel.
  definition bytea not null,
  primary key (tenant_id, version),
  constraint attractiveness_model_key unique (tenant_id, key),
  constraint attractiveness_model_tenant_fkey foreign key (tenant_id) references accounts.tenant
);
select events.confine('accounts.attractiveness_model');
grant select, insert on accounts.attractiveness_model to keynode_accounts;

-- How deals ended, folded from the events of another service.
create table accounts.deal_result (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  -- The version of the deal that this was taken from: what is older changes nothing.
  version bigint not null check (version > 0),
  account_id uuid,
  owner_id uuid,
  team_id uuid,
  state text not null check (state in ('won', 'lost', 'abandoned')),
  amount numeric(28, 9),
  currency text,
  closed_at timestamptz not null,
  primary key (tenant_id, opportunity_id),
  constraint deal_result_amount_whole check ((amount is null) = (currency is null))
);
create index deal_result_account_idx on accounts.deal_result (tenant_id, account_id);
select events.confine('accounts.deal_result');
grant select, insert, update, delete on accounts.deal_result to keynode_accounts;

-- The competitors that closed deals name, folded as in accounts.competitor_name. A table,
-- because row-level security keeps operators of arrays away from indexes.
create table accounts.deal_competitor_name (
  tenant_id uuid not null,
  name_key text collate "C" not null,
  opportunity_id uuid not null,
  primary key (tenant_id, name_key, opportunity_id),
  constraint deal_competitor_name_deal_fkey
    foreign key (tenant_id, opportunity_id) references accounts.deal_result on delete cascade
);
create index deal_competitor_name_deal_idx on accounts.deal_competitor_name (tenant_id, opportunity_id);
select events.confine('accounts.deal_competitor_name');
grant select, insert, delete on accounts.deal_competitor_name to keynode_accounts;

-- How far the log was followed; belongs to no tenant: one place in the log of all.
create table accounts.consumer (
  name text primary key,
  transaction_id bigint not null,
  position bigint not null,
  holder uuid not null,
  held_until timestamptz not null
);
grant select, insert, update on accounts.consumer to keynode_accounts;
grant execute on function events.read_after(bigint, bigint, int) to keynode_accounts;
grant execute on function events.behind(bigint, bigint, int) to keynode_accounts;
