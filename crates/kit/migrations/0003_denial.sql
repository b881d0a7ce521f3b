-- What was refused to whom. Kept apart from the log: nothing changed, nobody is told.

create table events.denial (
  id uuid primary key,
  tenant_id uuid not null,
  subject text not null,
  method text not null,
  permission text not null,
  reason text not null,
  trace_id text not null,
  denied_at timestamptz not null
);

create index denial_tenant_time_idx on events.denial (tenant_id, denied_at);

select events.confine('events.denial');

grant select, insert on events.denial
  to keynode_accounts, keynode_pipeline, keynode_scoring, keynode_notification;
