-- Contacts with the customer; recorded once, never changed.

create table pipeline.activity (
  tenant_id uuid not null default events.tenant_id(),
  id uuid not null,
  opportunity_id uuid not null,
  created_at timestamptz not null,
  kind text not null,
  occurred_at timestamptz not null,
  purpose text not null,
  outcome text not null,
  contact_ids uuid[] not null,
  -- All null when nothing was agreed (T9).
  next_action text,
  next_action_due_on date,
  next_action_responsible_id uuid,
  next_action_reason text,
  recorder text not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id),
  constraint activity_kind check (kind in ('VISIT', 'CALL', 'MESSAGE', 'DEMONSTRATION', 'INTERNAL', 'OTHER')),
  constraint activity_next_action check (
    (next_action is null) = (next_action_due_on is null)
    and (next_action is null) = (next_action_reason is null)
    and (next_action is not null or next_action_responsible_id is null))
);

create index activity_opportunity_idx on pipeline.activity (tenant_id, opportunity_id, id);

select events.confine('pipeline.activity');

grant select, insert on pipeline.activity to keynode_pipeline;
