-- Evaluation models (R10): append only, so that what was judged keeps its version.

grant usage on schema scoring to keynode_scoring;

create table scoring.evaluation_model (
  tenant_id uuid not null,
  -- Compared by bytes: the order of a list must not depend on the database's locale.
  id text collate "C" not null check (id <> ''),
  version int not null check (version > 0),
  -- A UUIDv7, for page tokens.
  key uuid not null,
  published_at timestamptz not null,
  -- The whole version as the message keynode.scoring.v1.EvaluationModel.
  definition bytea not null,
  constraint evaluation_model_version_key primary key (tenant_id, id, version),
  constraint evaluation_model_key_key unique (tenant_id, key)
);

create index evaluation_model_published_idx
  on scoring.evaluation_model (tenant_id, published_at desc);

select events.confine('scoring.evaluation_model');
grant select, insert on scoring.evaluation_model to keynode_scoring;
