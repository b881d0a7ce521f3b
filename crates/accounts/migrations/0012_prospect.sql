-- Prospecting: who counts as a target customer, and the list of those who might (R30).

create table accounts.target_definition (
  tenant_id uuid not null,
  id uuid not null,
  -- The first version; its own id for a first.
  root_id uuid not null,
  -- The number among the revisions of the root; apart from the version of the record.
  revision integer not null check (revision > 0),
  version bigint not null check (version > 0),
  -- The number in keynode.accounts.v1.TargetDefinitionState.
  state integer not null check (state > 0),
  -- The whole record as the message keynode.accounts.v1.TargetDefinition.
  record bytea not null,
  constraint target_definition_pkey primary key (tenant_id, id),
  constraint target_definition_tenant_fkey foreign key (tenant_id) references accounts.tenant,
  constraint target_definition_root_fkey
    foreign key (tenant_id, root_id) references accounts.target_definition,
  constraint target_definition_revision_key unique (tenant_id, root_id, revision)
);
select events.confine('accounts.target_definition');
grant select, insert, update on accounts.target_definition to keynode_accounts;

-- Channel, state and outcome are the numbers of the enums in keynode.accounts.v1.
create table accounts.prospect (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  owner_id uuid,
  team_id uuid,
  state integer not null check (state > 0),
  channel integer not null check (channel > 0),
  found_on date,
  -- Whom it is listed for.
  definition_id uuid,
  -- Of the last screening; null = never screened.
  screened_by_id uuid,
  outcome integer check (outcome > 0),
  source_system text,
  external_id text,
  -- The whole record as the message keynode.accounts.v1.Prospect.
  record bytea not null,
  constraint prospect_pkey primary key (tenant_id, id),
  constraint prospect_tenant_fkey foreign key (tenant_id) references accounts.tenant,
  constraint prospect_owner_fkey foreign key (tenant_id, owner_id) references accounts.person,
  constraint prospect_team_fkey foreign key (tenant_id, team_id) references accounts.team,
  constraint prospect_definition_fkey
    foreign key (tenant_id, definition_id) references accounts.target_definition,
  constraint prospect_screened_by_fkey
    foreign key (tenant_id, screened_by_id) references accounts.target_definition,
  constraint prospect_screening_whole check ((screened_by_id is null) = (outcome is null)),
  constraint prospect_external_key_whole check ((source_system is null) = (external_id is null)),
  constraint prospect_external_key unique (tenant_id, source_system, external_id)
);
create index prospect_owner_idx on accounts.prospect (tenant_id, owner_id, id);
create index prospect_team_idx on accounts.prospect (tenant_id, team_id, id);
create index prospect_state_idx on accounts.prospect (tenant_id, state, id);
create index prospect_definition_idx on accounts.prospect (tenant_id, definition_id, id);
create index prospect_screened_by_idx on accounts.prospect (tenant_id, screened_by_id);
select events.confine('accounts.prospect');
grant select, insert, update on accounts.prospect to keynode_accounts;

-- What a prospect becomes. The row is there before the opportunity, which another service
-- keeps, so that whoever repeats a conversion goes on with the same account.
create table accounts.prospect_conversion (
  tenant_id uuid not null,
  prospect_id uuid not null,
  account_id uuid not null,
  -- Null while the conversion is under way.
  opportunity_id uuid,
  forced boolean not null,
  constraint prospect_conversion_pkey primary key (tenant_id, prospect_id),
  constraint prospect_conversion_prospect_fkey
    foreign key (tenant_id, prospect_id) references accounts.prospect,
  constraint prospect_conversion_account_fkey
    foreign key (tenant_id, account_id) references accounts.account,
  constraint prospect_conversion_opportunity_key unique (tenant_id, opportunity_id)
);
create index prospect_conversion_account_idx on accounts.prospect_conversion (tenant_id, account_id);
select events.confine('accounts.prospect_conversion');
grant select, insert, update on accounts.prospect_conversion to keynode_accounts;

-- Finds the account of exactly this name.
create index account_exact_name_idx on accounts.account (tenant_id, display_name);
