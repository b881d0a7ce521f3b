-- What requests were answered that left no event behind: they changed nothing, and a repeat
-- must not change anything later either. The others are answered from their row in the log.

create table events.answer (
  tenant_id uuid not null,
  actor text not null,
  method text not null,
  request_id uuid not null,
  fingerprint bytea not null,
  answer bytea not null,
  recorded_at timestamptz not null default now(),
  primary key (tenant_id, actor, method, request_id)
);
create index answer_recorded_at_idx on events.answer (recorded_at);
select events.confine('events.answer');
grant select, insert on events.answer
  to keynode_accounts, keynode_pipeline, keynode_scoring, keynode_notification;
