-- What is known of a competitor, by which names, in which deals, and who supports it.

alter table accounts.competitor
  add column website text not null default '',
  add column notes text not null default '',
  add column aliases text[] not null default '{}',
  -- A message keynode.accounts.v1.Competitor in which only the strengths are set.
  add column strengths bytea not null default '',
  add column source_system text,
  add column external_id text,
  add column archived_at timestamptz,
  add constraint competitor_external_key_whole check ((source_system is null) = (external_id is null)),
  add constraint competitor_external_key unique (tenant_id, source_system, external_id);

-- Deals name competitors in words: each name, folded, is one competitor's.
create table accounts.competitor_name (
  tenant_id uuid not null,
  name_key text collate "C" not null check (name_key <> ''),
  competitor_id uuid not null,
  constraint competitor_name_key primary key (tenant_id, name_key),
  constraint competitor_name_competitor_fkey
    foreign key (tenant_id, competitor_id) references accounts.competitor
);
create index competitor_name_competitor_idx on accounts.competitor_name (tenant_id, competitor_id);
select events.confine('accounts.competitor_name');
grant select, insert, delete on accounts.competitor_name to keynode_accounts;

-- Competitors that decision maps name, folded from their events.
create table accounts.deal_competitor (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  competitor_id uuid not null,
  primary key (tenant_id, opportunity_id, competitor_id)
);
create index deal_competitor_competitor_idx on accounts.deal_competitor (tenant_id, competitor_id);
select events.confine('accounts.deal_competitor');
grant select, insert, delete on accounts.deal_competitor to keynode_accounts;

-- Who supports a competitor according to a decision map.
create table accounts.competitor_supporter (
  tenant_id uuid not null,
  opportunity_id uuid not null,
  contact_id uuid not null,
  competitor_id uuid not null,
  primary key (tenant_id, opportunity_id, contact_id, competitor_id),
  constraint competitor_supporter_contact_fkey
    foreign key (tenant_id, contact_id) references accounts.contact on delete cascade
);
create index competitor_supporter_competitor_idx on accounts.competitor_supporter (tenant_id, competitor_id);
select events.confine('accounts.competitor_supporter');
grant select, insert, delete on accounts.competitor_supporter to keynode_accounts;
