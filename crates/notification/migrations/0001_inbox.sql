-- The inbox of each person, and the place up to which the log has been reacted to.

grant usage on schema notification to keynode_notification;

create table notification.notice (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null,
  recipient_id uuid not null,
  capacity text not null check (capacity in ('owner', 'manager')),
  kind text not null,
  urgency int not null check (urgency between 1 and 3),
  title_zh text not null,
  title_en text not null,
  body_zh text not null,
  body_en text not null,
  subject text not null,
  cause_event_id uuid not null,
  acknowledged_at timestamptz,
  constraint notice_pkey primary key (tenant_id, id),
  -- One person is told once of one thing that one event means.
  constraint notice_once_key unique (tenant_id, cause_event_id, recipient_id, kind)
);

create index notice_inbox_idx on notification.notice (tenant_id, recipient_id, id desc);
create index notice_unacknowledged_idx on notification.notice (tenant_id, recipient_id, id desc)
  where acknowledged_at is null;

select events.confine('notification.notice');
grant select, insert, update on notification.notice to keynode_notification;

-- Belongs to no tenant: one place in the log of all.
create table notification.consumer (
  name text primary key,
  transaction_id bigint not null,
  position bigint not null,
  holder uuid not null,
  held_until timestamptz not null
);

grant select, insert, update on notification.consumer to keynode_notification;
