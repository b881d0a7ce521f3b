-- Win models: versions that never change, under keys that people choose.

create table scoring.win_model_version (
  tenant_id uuid not null,
  -- Compared by bytes: the order of a list must not depend on the database's locale.
  model_id text collate "C" not null check (model_id <> ''),
  version int not null check (version > 0),
  -- A UUIDv7, for page tokens and the order of making.
  key uuid not null,
  -- The version as the message keynode.scoring.v1.WinModelVersion, without its factors.
  record bytea not null,
  -- Its factors, as the same message.
  factors bytea not null,
  -- The model itself, by which deals are scored.
  parameters bytea not null,
  constraint win_model_version_pkey primary key (tenant_id, model_id, version),
  constraint win_model_version_key_key unique (tenant_id, key)
);

select events.confine('scoring.win_model_version');
grant select, insert on scoring.win_model_version to keynode_scoring;

-- Which version scores open deals; null = none. One row, so that two who promote take turns.
create table scoring.win_production (
  tenant_id uuid not null,
  model_id text collate "C",
  model_version int,
  -- Rises with every change.
  version bigint not null,
  constraint win_production_pkey primary key (tenant_id),
  constraint win_production_model_fkey foreign key (tenant_id, model_id, model_version)
    references scoring.win_model_version (tenant_id, model_id, version)
);

select events.confine('scoring.win_production');
grant select, insert, update on scoring.win_production to keynode_scoring;
