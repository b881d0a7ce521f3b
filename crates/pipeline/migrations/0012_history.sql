-- How deals stood when, with two times: when it was so, and since when that is recorded here.

create table pipeline.standing (
  tenant_id uuid not null default events.tenant_id(),
  id bigint generated always as identity,
  opportunity_id uuid not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  process text not null,
  stage text not null,
  stage_position int not null,
  status text not null,
  owner_id uuid,
  -- Whether this says what the deal was worth: another system need not.
  says_amount boolean not null,
  amount numeric(28, 9),
  currency text,
  primary key (tenant_id, opportunity_id, occurred_at, id),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id),
  constraint standing_amount check ((amount is null) = (currency is null) and (says_amount or amount is null))
);

-- What another system told, once each.
create table pipeline.imported_event (
  tenant_id uuid not null default events.tenant_id(),
  source_system text not null,
  source_event text not null,
  opportunity_id uuid not null,
  recorded_at timestamptz not null default now(),
  primary key (tenant_id, source_system, source_event),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id)
);
create index imported_event_opportunity_idx on pipeline.imported_event (tenant_id, opportunity_id);

-- Every writer leaves it, whoever writes. A move says when it happened; the rest happens when it is
-- written.
create function pipeline.keep_standing() returns trigger
language plpgsql
as $$
declare
  happened_at timestamptz := new.updated_at;
begin
  if tg_op = 'INSERT' then
    -- A deal brought in was in its stage before it ended, and won before it was delivered.
    happened_at := least(new.stage_entered_at, new.closed_at);
    insert into pipeline.standing
      (opportunity_id, occurred_at, process, stage, stage_position, status, owner_id, says_amount, amount, currency)
    values
      (new.id, happened_at, new.process, new.stage, new.stage_position,
       case when new.status in ('LOST', 'ABANDONED') then 'OPEN' else new.status end,
       new.owner_id, true, new.amount, new.currency);
    if new.status not in ('LOST', 'ABANDONED') then return null; end if;
    happened_at := new.closed_at;
  else
    select m.moved_at into happened_at from pipeline.stage_move m
    where m.tenant_id = new.tenant_id and m.opportunity_id = new.id and m.opportunity_version = new.version
      -- What another system tells (MOVE_KIND_CARRY) is kept as it was told, by who records it.
      and m.kind <> 9;
    if not found and exists (
      select from pipeline.stage_move m
      where m.tenant_id = new.tenant_id and m.opportunity_id = new.id and m.opportunity_version = new.version)
    then return null; end if;
  end if;
  insert into pipeline.standing
    (opportunity_id, occurred_at, process, stage, stage_position, status, owner_id, says_amount, amount, currency)
  values
    (new.id, coalesce(happened_at, new.updated_at), new.process, new.stage, new.stage_position, new.status,
     new.owner_id, true, new.amount, new.currency);
  return null;
end
$$;

create trigger opportunity_standing_new after insert on pipeline.opportunity
  for each row execute function pipeline.keep_standing();
create trigger opportunity_standing after update on pipeline.opportunity
  for each row when (
    (old.process, old.stage, old.status, old.owner_id, old.amount, old.currency)
    is distinct from (new.process, new.stage, new.status, new.owner_id, new.amount, new.currency))
  execute function pipeline.keep_standing();

-- Deals of before: by their moves, with what they are worth as far as it is known, since now.
alter table pipeline.opportunity no force row level security;
alter table pipeline.stage_move no force row level security;
insert into pipeline.standing
  (tenant_id, opportunity_id, occurred_at, recorded_at, process, stage, stage_position, status, owner_id, says_amount)
select m.tenant_id, m.opportunity_id, case when m.from_stage = '' then o.created_at else m.moved_at end, m.moved_at,
       m.process, coalesce(nullif(m.to_stage, ''), m.from_stage), 0, m.to_status, o.owner_id, false
from pipeline.stage_move m
join pipeline.opportunity o on (o.tenant_id, o.id) = (m.tenant_id, m.opportunity_id);
insert into pipeline.standing
  (tenant_id, opportunity_id, occurred_at, recorded_at, process, stage, stage_position, status, owner_id, says_amount,
   amount, currency)
select tenant_id, id, updated_at, updated_at, process, stage, stage_position, status, owner_id, true, amount, currency
from pipeline.opportunity;
alter table pipeline.opportunity force row level security;
alter table pipeline.stage_move force row level security;

select events.confine('pipeline.standing');
select events.confine('pipeline.imported_event');
-- Append only.
grant select, insert on pipeline.standing, pipeline.imported_event to keynode_pipeline;

-- Which days a tenant works.
create table pipeline.work_calendar (
  tenant_id uuid not null default events.tenant_id() primary key,
  -- The message keynode.pipeline.v1.WorkCalendar.
  content bytea not null,
  -- One more with every change.
  revision bigint not null
);

-- Since when nothing happens to an open deal, and when that is too long.
create table pipeline.stall_timer (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  idle_since timestamptz not null,
  -- Looked at then; null = never: its stage sets no limit, it is paused, or it was told.
  due_at timestamptz,
  -- When it was told that the deal is stalled; null while it is not.
  told_at timestamptz,
  -- How often it was told.
  told bigint not null default 0,
  primary key (tenant_id, opportunity_id),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id),
  constraint stall_timer_told check (told_at is null or due_at is null)
);
create index stall_timer_due_idx on pipeline.stall_timer (due_at) where due_at is not null;
create index stall_timer_told_idx on pipeline.stall_timer (tenant_id, opportunity_id) where told_at is not null;

select events.confine('pipeline.work_calendar');
select events.confine('pipeline.stall_timer');
grant select, insert, update on pipeline.work_calendar to keynode_pipeline;
grant select, insert, update, delete on pipeline.stall_timer to keynode_pipeline;

-- Timers run for all tenants: which are due says the owner, whoever acts on one acts in its tenant.
create policy owner_reads on pipeline.stall_timer for select to keynode_owner using (true);
create function pipeline.due_stalls(until timestamptz, at_most int)
returns table (tenant_id uuid, opportunity_id uuid)
language sql stable security definer set search_path = pg_catalog
as $$
  select tenant_id, opportunity_id from pipeline.stall_timer
  where due_at <= until order by due_at limit at_most
$$;
revoke execute on function pipeline.due_stalls(timestamptz, int) from public;
grant execute on function pipeline.due_stalls(timestamptz, int) to keynode_pipeline;

-- The probability to win by experience with the process; null = it does not say.
alter table pipeline.opportunity add column stage_probability double precision,
  add constraint opportunity_stage_probability check (stage_probability between 0 and 1);
