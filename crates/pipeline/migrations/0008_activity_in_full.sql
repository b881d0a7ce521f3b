-- Contacts with the customer are planned, done or cancelled, corrected, and taken up by later ones.

alter table pipeline.activity
  -- One more with every event of the activity.
  add column version bigint not null default 1,
  add column state text not null default 'DONE',
  -- When somebody said what became of the next action; null = it is open.
  add column next_action_settled_at timestamptz,
  -- The message keynode.pipeline.v1.Activity without what stands in other columns; empty = there is
  -- nothing more.
  add column details bytea not null default '',
  add constraint activity_version check (version > 0),
  add constraint activity_state check (state in ('PLANNED', 'DONE', 'CANCELLED')),
  add constraint activity_next_action_settled check (next_action is not null or next_action_settled_at is null),
  add constraint activity_next_action_of_done check (next_action is null or state = 'DONE'),
  drop constraint activity_kind,
  add constraint activity_kind check (kind in (
    'VISIT', 'CALL', 'MESSAGE', 'DEMONSTRATION', 'INTERNAL', 'OTHER', 'MEETING', 'COMPANY_VISIT', 'REFERENCE_VISIT',
    'TECHNICAL_EXCHANGE', 'EXECUTIVE_VISIT', 'NEGOTIATION', 'TENDER_EVENT', 'PROPOSAL'));

comment on column pipeline.activity.occurred_at is 'when it happened; of what is not done, when it was to happen';

-- What is open, by the day on which it is due.
create index activity_open_next_action_idx on pipeline.activity (tenant_id, next_action_due_on, id)
  where next_action is not null and next_action_settled_at is null;
-- What is open of somebody who is named; where nobody is, the owner of the deal leads there.
create index activity_responsible_idx on pipeline.activity (tenant_id, next_action_responsible_id)
  where next_action_responsible_id is not null and next_action_settled_at is null;

grant update on pipeline.activity to keynode_pipeline;
