-- What of the process's work is done, and what of its key nodes is waived. What stood here before
-- stands in the log.

create table pipeline.work_done (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  work_item text not null,
  done_on date not null,
  -- The message keynode.pipeline.v1.WorkEvidence; empty = the process asks for none.
  evidence bytea not null,
  recorder text not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, opportunity_id, work_item),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id)
);

create table pipeline.waiver (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  criterion text not null,
  reason text not null,
  actor text not null,
  waived_at timestamptz not null,
  primary key (tenant_id, opportunity_id, criterion),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id),
  constraint waiver_reason check (reason <> '')
);

select events.confine('pipeline.work_done');
select events.confine('pipeline.waiver');
grant select, insert, update, delete on pipeline.work_done, pipeline.waiver to keynode_pipeline;
