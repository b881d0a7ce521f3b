-- Processes of a tenant's own, beside those that come with the release.

create table pipeline.process (
  tenant_id uuid not null default events.tenant_id(),
  id text not null,
  version int not null,
  state text not null,
  -- Of the process: one more with every change of one of its versions.
  revision bigint not null,
  -- As it was written, with its comments.
  file text not null,
  created_at timestamptz not null,
  published_at timestamptz,
  retired_at timestamptz,
  primary key (tenant_id, id, version),
  constraint process_version check (version > 0),
  constraint process_revision check (revision > 0),
  constraint process_state check (state in ('DRAFT', 'DISCARDED', 'PUBLISHED', 'RETIRED')),
  constraint process_published check ((state in ('DRAFT', 'DISCARDED')) = (published_at is null)),
  constraint process_retired check ((state = 'RETIRED') = (retired_at is not null))
);
create unique index process_one_draft on pipeline.process (tenant_id, id) where state = 'DRAFT';

-- What opportunities follow never changes, whoever writes.
create function pipeline.guard_process() returns trigger
language plpgsql
as $$
begin
  if old.published_at is not null and
    ((new.file, new.id, new.version, new.published_at)
       is distinct from (old.file, old.id, old.version, old.published_at)
     or (old.state = 'RETIRED' and new.state <> 'RETIRED'))
  then
    raise exception 'version % of process % was published', old.version, old.id
      using errcode = 'check_violation', constraint = 'process_kept';
  end if;
  return new;
end
$$;
create trigger process_kept before update on pipeline.process
  for each row execute function pipeline.guard_process();

-- What a tenant has decided for itself.
create table pipeline.tenant_setting (
  tenant_id uuid not null default events.tenant_id() primary key,
  -- The id of the process of opportunities that name none.
  default_process text not null,
  -- One more with every change.
  revision bigint not null
);

select events.confine('pipeline.process');
select events.confine('pipeline.tenant_setting');
grant select, insert, update on pipeline.process to keynode_pipeline;
grant select, insert, update on pipeline.tenant_setting to keynode_pipeline;

-- How deals end, wait and go back, besides going forward.
alter table pipeline.opportunity
  -- The number in keynode.pipeline.v1.ContactLevel.
  add column contact_level smallint not null default 0,
  add column pause_reason text,
  add column pause_actor text,
  add column paused_at timestamptz,
  add column resume_on date,
  add column loss_reason text,
  add column loss_note text,
  add column loss_winner text,
  add constraint opportunity_pause check (
    (paused_at is null) = (pause_reason is null) and (paused_at is null) = (resume_on is null)
    and (paused_at is null) = (pause_actor is null)),
  add constraint opportunity_loss check (
    (loss_reason is null) = (loss_note is null) and (loss_reason is null) = (loss_winner is null));

alter table pipeline.stage_move
  -- The number in keynode.pipeline.v1.MoveKind; 0 = of a release that did not say.
  add column kind smallint not null default 0,
  add column loss_reason text not null default '',
  add column loss_note text not null default '',
  add column loss_winner text not null default '',
  -- Empty unless the move changed it.
  add column from_process text not null default '',
  add column from_process_version int not null default 0;
