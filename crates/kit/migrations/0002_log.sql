-- The one append-only log. A row is at once the history of its subject, the audit record,
-- the event of the feed and the idempotency record of the request that caused it.

create table events.log (
  position bigint generated always as identity primary key,
  -- Rows are read in the order (transaction_id, position), below the oldest transaction
  -- still running: an order by position alone would skip what commits late.
  transaction_id bigint not null default (pg_current_xact_id()::text::bigint),
  id uuid not null,
  tenant_id uuid not null,
  service text not null,
  type text not null,
  subject text not null,
  sequence bigint not null check (sequence > 0),
  actor text not null,
  cause text not null,
  trace_id text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  -- The protobuf message that `type` names.
  data bytea not null,
  -- Only on the first row of a request that carried a request_id:
  method text,
  request_id uuid,
  fingerprint bytea,
  answer bytea,
  check ((request_id is null) = (answer is null) and (request_id is null) = (fingerprint is null)),
  check (request_id is null or method is not null)
);

create unique index log_subject_sequence_key on events.log (tenant_id, subject, sequence);
create unique index log_request_key on events.log (tenant_id, actor, method, request_id)
  where request_id is not null;
create index log_order_idx on events.log (transaction_id, position);
create index log_tenant_order_idx on events.log (tenant_id, transaction_id, position);

select events.confine('events.log');
-- The owner reads across tenants, on behalf of the functions below only.
create policy owner_reads on events.log for select to keynode_owner using (true);

grant select, insert on events.log
  to keynode_accounts, keynode_pipeline, keynode_scoring, keynode_notification;

create function events.read_after(after_transaction bigint, after_position bigint, at_most int)
returns setof events.log
language sql stable security definer set search_path = pg_catalog
as $$
  select * from events.log
  where (transaction_id, position) > (after_transaction, after_position)
    and transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
  order by transaction_id, position
  limit at_most
$$;

comment on function events.read_after(bigint, bigint, int) is
  'The log of every tenant after a place, in an order into which nothing is inserted later.';

revoke execute on function events.read_after(bigint, bigint, int) from public;
grant execute on function events.read_after(bigint, bigint, int) to keynode_scoring, keynode_notification;
