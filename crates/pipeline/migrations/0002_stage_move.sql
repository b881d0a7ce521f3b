-- The moves of deals, kept for ever, and the guard that makes them the only way to move.

create table pipeline.stage_move (
  tenant_id uuid not null default events.tenant_id(),
  id uuid not null,
  opportunity_id uuid not null,
  -- Of the opportunity after the move.
  opportunity_version bigint not null,
  -- Empty for the first move of a deal.
  from_stage text not null,
  -- Empty when the last stage's key node was reached.
  to_stage text not null,
  -- Null for the first move of a deal.
  from_status text,
  to_status text not null,
  forced boolean not null,
  imported boolean not null,
  reason text not null,
  unmet_criteria text[] not null,
  actor text not null,
  moved_at timestamptz not null,
  process text not null,
  process_version int not null,
  decision_map_version bigint not null,
  evaluation text not null,
  evaluation_model_version int not null,
  primary key (tenant_id, id),
  constraint stage_move_once unique (tenant_id, opportunity_id, opportunity_version),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id),
  -- R2: never without a reason, and what was missing is kept.
  constraint stage_move_forced check (not forced or (reason <> '' and cardinality(unmet_criteria) > 0))
);

create index stage_move_opportunity_idx on pipeline.stage_move (tenant_id, opportunity_id, id);

select events.confine('pipeline.stage_move');

-- Append only: no role may change or remove a move.
grant select, insert on pipeline.stage_move to keynode_pipeline;

create function pipeline.guard_version() returns trigger
language plpgsql
as $$
begin
  raise exception 'opportunity % goes from version % to %, not to the next',
      old.id, old.version, new.version
    using errcode = 'check_violation', constraint = 'opportunity_version_next';
end
$$;

create trigger opportunity_version_next before update on pipeline.opportunity
  for each row when (new.version <> old.version + 1)
  execute function pipeline.guard_version();

-- The row of the move must have been written by the same transaction: `xmin` cannot be
-- chosen by a writer. Savepoints would have an xmin of their own; the service uses none.
create function pipeline.guard_move() returns trigger
language plpgsql
as $$
begin
  perform from pipeline.stage_move m
    where m.tenant_id = new.tenant_id
      and m.opportunity_id = new.id
      and m.opportunity_version = new.version
      and m.xmin = pg_current_xact_id()::xid
      and m.to_status = new.status
      and case tg_op
            when 'UPDATE' then m.from_stage = old.stage and m.from_status = old.status
                               and coalesce(nullif(m.to_stage, ''), old.stage) = new.stage
            else m.from_stage = '' and m.from_status is null and m.to_stage = new.stage
          end;
  if not found then
    raise exception 'opportunity % stands otherwise than its moves say', new.id
      using errcode = 'check_violation', constraint = 'opportunity_moved_by_a_move',
            hint = 'write a row of pipeline.stage_move in the same transaction';
  end if;
  return new;
end
$$;

create trigger opportunity_moved_by_a_move before update on pipeline.opportunity
  for each row when (
    (old.stage, old.stage_position, old.stage_entered_at, old.status, old.closed_at,
     old.completed_key_nodes, old.forced_key_nodes, old.process, old.process_version)
    is distinct from
    (new.stage, new.stage_position, new.stage_entered_at, new.status, new.closed_at,
     new.completed_key_nodes, new.forced_key_nodes, new.process, new.process_version))
  execute function pipeline.guard_move();

-- A new row comes before the row of its first move, which refers to it: asked at commit.
create constraint trigger opportunity_entered_by_a_move after insert on pipeline.opportunity
  deferrable initially deferred
  for each row execute function pipeline.guard_move();
