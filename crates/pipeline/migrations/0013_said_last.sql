-- What was said last of a deal, by when it was so: whatever the order in which it was told.

alter table pipeline.standing
  -- Whether this says where the deal stood; otherwise only who had it or what it was worth.
  add column says_stage boolean not null default true,
  -- The id of what another system told; empty: it was so here. Of one moment the longer comes later,
  -- and of one length the greater.
  add column source_event text collate "C" not null default '';

alter table pipeline.stage_move
  -- Null: of a release that did not say.
  add column recorded_at timestamptz,
  add column source_event text collate "C" not null default '';

-- What is told late moves no deal and is of none of its versions.
alter table pipeline.stage_move
  drop constraint stage_move_once,
  add constraint stage_move_late check (opportunity_version > 0 or (opportunity_version = 0 and kind = 9));
create unique index stage_move_once on pipeline.stage_move (tenant_id, opportunity_id, opportunity_version)
  where opportunity_version > 0;

-- Imported deals entered when they did, not when they were brought in.
alter table pipeline.standing no force row level security;
alter table pipeline.stage_move no force row level security;
update pipeline.stage_move m
set recorded_at = m.moved_at, moved_at = s.entered_at
from (select tenant_id, opportunity_id, min(occurred_at) as entered_at from pipeline.standing group by 1, 2) s
where (s.tenant_id, s.opportunity_id) = (m.tenant_id, m.opportunity_id)
  and m.imported and m.from_stage = '' and s.entered_at < m.moved_at;
alter table pipeline.standing force row level security;
alter table pipeline.stage_move force row level security;

create or replace function pipeline.keep_standing() returns trigger
language plpgsql
as $$
declare
  happened_at timestamptz := new.updated_at;
  moves boolean;
  is_worth_other boolean;
begin
  if tg_op = 'INSERT' then
    -- A deal brought in was in its stage before it ended, and won before it was delivered.
    insert into pipeline.standing
      (opportunity_id, occurred_at, process, stage, stage_position, status, owner_id, says_amount, amount, currency)
    values
      (new.id, least(new.stage_entered_at, new.closed_at), new.process, new.stage, new.stage_position,
       case when new.status in ('LOST', 'ABANDONED') then 'OPEN' else new.status end,
       new.owner_id, new.amount is not null, new.amount, new.currency);
    if new.status in ('LOST', 'ABANDONED') then
      insert into pipeline.standing
        (opportunity_id, occurred_at, process, stage, stage_position, status, owner_id, says_amount)
      values
        (new.id, new.closed_at, new.process, new.stage, new.stage_position, new.status, new.owner_id, false);
    end if;
    return null;
  end if;

  select m.moved_at into happened_at from pipeline.stage_move m
  where m.tenant_id = new.tenant_id and m.opportunity_id = new.id and m.opportunity_version = new.version
    -- What another system tells (MOVE_KIND_CARRY) is kept as it was told, by who records it.
    and m.kind <> 9;
  if not found and exists (
    select from pipeline.stage_move m
    where m.tenant_id = new.tenant_id and m.opportunity_id = new.id and m.opportunity_version = new.version)
  then return null; end if;

  moves := (old.process, old.stage, old.status) is distinct from (new.process, new.stage, new.status);
  -- An amount that another system told is said already.
  is_worth_other := (old.amount, old.currency) is distinct from (new.amount, new.currency)
    and (new.amount, new.currency) is distinct from (
      select row(s.amount, s.currency) from pipeline.standing s
      where s.tenant_id = new.tenant_id and s.opportunity_id = new.id and s.says_amount
      order by s.occurred_at desc, length(s.source_event) desc, s.source_event desc, s.id desc
      limit 1);
  if not moves and not is_worth_other and old.owner_id is not distinct from new.owner_id then
    return null;
  end if;
  -- Callers' moments may be in another order than their writes: what is written here is so now.
  happened_at := greatest(
    coalesce(happened_at, new.updated_at),
    (select max(s.occurred_at) + interval '1 microsecond' from pipeline.standing s
     where s.tenant_id = new.tenant_id and s.opportunity_id = new.id));
  insert into pipeline.standing
    (opportunity_id, occurred_at, process, stage, stage_position, status, owner_id, says_stage, says_amount, amount,
     currency)
  values
    (new.id, happened_at, new.process, new.stage, new.stage_position, new.status, new.owner_id, moves,
     is_worth_other, case when is_worth_other then new.amount end, case when is_worth_other then new.currency end);
  return null;
end
$$;
