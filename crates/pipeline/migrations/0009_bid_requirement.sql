-- What the tender of a deal asks, row by row: the requirement matrix of its bid, whose other parts
-- are kept in the dossier. It changes under the lock of its deal; what stood here before stands in
-- the log.

create table pipeline.bid_requirement (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  -- As the tender numbers it.
  number text not null,
  -- In the order in which the rows were first put.
  position int not null,
  text text not null,
  mandatory boolean not null,
  -- The value of keynode.pipeline.v1.Compliance; 0 = unknown.
  compliance smallint not null,
  response text not null,
  responsible_id uuid,
  primary key (tenant_id, opportunity_id, number),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id),
  constraint bid_requirement_position unique (tenant_id, opportunity_id, position),
  constraint bid_requirement_number check (number <> ''),
  constraint bid_requirement_compliance check (compliance between 0 and 4)
);

select events.confine('pipeline.bid_requirement');
grant select, insert, update, delete on pipeline.bid_requirement to keynode_pipeline;
