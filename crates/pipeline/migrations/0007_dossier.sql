-- What belongs to a deal besides its own columns, kept part by part: the customer's purchase
-- criteria, the bid, the contract and so on. A part changes with its deal, whose lock and version
-- guard it; what stood here before stands in the log.

create table pipeline.dossier_part (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  -- E.g. `needs`.
  part text not null,
  -- The message of keynode.pipeline.v1 that the part is.
  content bytea not null,
  primary key (tenant_id, opportunity_id, part),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id),
  constraint dossier_part_part check (part <> '')
);

select events.confine('pipeline.dossier_part');
grant select, insert, update on pipeline.dossier_part to keynode_pipeline;
