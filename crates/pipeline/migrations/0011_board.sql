-- The whole of what is said of a deal, and what lists and the board read it by.

-- What is derived from other columns is derived by the database, so that it is right whoever
-- writes, a release before this one too.
create function pipeline.effective_position(completed int[]) returns int
language plpgsql immutable strict parallel safe
as $$
declare
  place int := 1;
begin
  while place = any (completed) loop
    place := place + 1;
  end loop;
  return place;
end
$$;
comment on function pipeline.effective_position(int[]) is
  'The first position whose key node is missing (R4), as Standing::effective_position says it.';

alter table pipeline.opportunity
  add column lead_source text not null default '',
  add column lead_source_detail text not null default '',
  -- {"revenue": [{"person", "percent"}], "overlay": [{"person", "percent", "role"}]}
  add column splits jsonb not null default '{}',
  -- [{"person", "role"}]
  add column collaborators jsonb not null default '[]',
  -- By id of the attribute, e.g. {"voltage": {"number": "10.5"}}
  add column attributes jsonb not null default '{}',
  add column manual_probability int,
  add column manual_probability_reason text,
  add column manual_probability_actor text,
  add column manual_probability_at timestamptz,
  add column computed_probability numeric(5, 2),
  add column computed_probability_model text,
  add column computed_probability_at timestamptz,
  add column effective_position int not null
    generated always as (pipeline.effective_position(completed_key_nodes)) stored,
  -- Null while the buying step is unknown.
  add column lag int generated always as (
    case when buying_step is not null
      then greatest(buying_step - pipeline.effective_position(completed_key_nodes), 0) end) stored,
  add column is_forced boolean not null generated always as (cardinality(forced_key_nodes) > 0) stored,
  add column is_paused boolean not null generated always as (paused_at is not null) stored,
  -- For order and comparison below row-level security, which numeric cannot serve: hundredths.
  add column amount_rank bigint generated always as (
    least(round(amount * 100), 9223372036854775807)::bigint) stored,
  -- The day, or the end of all days: what is unknown comes last.
  add column close_rank date not null generated always as (coalesce(expected_close_on, 'infinity')) stored,
  add constraint opportunity_manual_probability check (
    manual_probability between 0 and 100
    and (manual_probability is null) = (manual_probability_reason is null)
    and (manual_probability is null) = (manual_probability_actor is null)
    and (manual_probability is null) = (manual_probability_at is null)),
  add constraint opportunity_computed_probability check (
    computed_probability between 0 and 100
    and (computed_probability is null) = (computed_probability_at is null)
    and (computed_probability is null) = (computed_probability_model is null)),
  add constraint opportunity_documents check (
    jsonb_typeof(splits) = 'object' and jsonb_typeof(collaborators) = 'array'
    and jsonb_typeof(attributes) = 'object');

alter table pipeline.qualification_element
  add column person_id uuid,
  -- The message keynode.pipeline.v1.ElementState with nothing but its details; empty = none.
  add column details bytea not null default '';

-- Each order of the list, of all deals and of a team's. A seller's own are few enough to sort.
-- That of the day carries what the board counts.
create index opportunity_close_idx on pipeline.opportunity (tenant_id, close_rank, id)
  include (process, status, stage, owner_id, team_id, currency, amount, grade, lag, is_forced, is_paused);
create index opportunity_amount_idx on pipeline.opportunity (tenant_id, currency, amount_rank, id);
create index opportunity_updated_idx on pipeline.opportunity (tenant_id, updated_at, id);
create index opportunity_team_close_idx on pipeline.opportunity (tenant_id, team_id, close_rank, id);
create index opportunity_team_amount_idx on pipeline.opportunity (tenant_id, team_id, currency, amount_rank, id);
create index opportunity_team_updated_idx on pipeline.opportunity (tenant_id, team_id, updated_at, id);
-- What few deals are.
create index opportunity_grade_idx on pipeline.opportunity (tenant_id, grade, id) where grade is not null;
create index opportunity_lag_idx on pipeline.opportunity (tenant_id, lag, id) where lag > 0;
create index opportunity_buying_step_idx on pipeline.opportunity (tenant_id, buying_step, id)
  where buying_step is not null;
create index opportunity_forced_idx on pipeline.opportunity (tenant_id, id) where is_forced;
create index opportunity_paused_idx on pipeline.opportunity (tenant_id, id) where is_paused;

-- What tenants record of deals besides what every tenant does.
create table pipeline.attribute (
  tenant_id uuid not null default events.tenant_id(),
  id text not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- The message keynode.pipeline.v1.Attribute without what stands in the other columns.
  declaration bytea not null,
  constraint attribute_pkey primary key (tenant_id, id)
);
select events.confine('pipeline.attribute');
grant select, insert, update on pipeline.attribute to keynode_pipeline;

-- The values of deals, as filters find them: one order of bytes for every type.
create table pipeline.opportunity_attribute (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  attribute text not null,
  value text collate "C" not null,
  primary key (tenant_id, opportunity_id, attribute)
);
create index opportunity_attribute_value_idx
  on pipeline.opportunity_attribute (tenant_id, attribute, value, opportunity_id);
select events.confine('pipeline.opportunity_attribute');
grant select, insert, delete on pipeline.opportunity_attribute to keynode_pipeline;

-- The texts of deals, folded, with the numbers of their pieces: every character, every two
-- neighbours, every three of which none is Chinese. The numbers are other ones in every tenant.
create table pipeline.opportunity_text (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  text text not null,
  pieces int[] not null,
  primary key (tenant_id, opportunity_id)
);
create index opportunity_text_pieces_idx on pipeline.opportunity_text using gin (pieces);
select events.confine('pipeline.opportunity_text');
create policy owner_reads on pipeline.opportunity_text for select to keynode_owner using (true);
create policy owner_reads on pipeline.opportunity for select to keynode_owner using (true);
grant select, insert, update on pipeline.opportunity_text to keynode_pipeline;

-- Row-level security would keep the index from being used; the tenant is asked for here instead.
-- What many deals contain is soon met along the key, what few contain is found by its pieces.
create function pipeline.opportunities_containing(asked int[], needle text, most int) returns setof uuid
language plpgsql stable security definer
set search_path = pg_catalog
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $$
begin
  return query
    select t.opportunity_id from pipeline.opportunity_text t
    where t.pieces @> asked and t.tenant_id = events.tenant_id() and position(needle in t.text) > 0
    limit most;
end
$$;
revoke execute on function pipeline.opportunities_containing(int[], text, int) from public;
grant execute on function pipeline.opportunities_containing(int[], text, int) to keynode_pipeline;

-- Deals whose text a release before this one wrote, of every tenant, behind one of them: along
-- the keys of both tables.
create function pipeline.opportunities_without_text(behind_tenant uuid, behind_deal uuid, most int)
returns table (tenant_id uuid, opportunity_id uuid)
language sql stable security definer
set search_path = pg_catalog
set enable_hashjoin = off
set enable_seqscan = off
set enable_sort = off
as $$
  select o.tenant_id, o.id from pipeline.opportunity o
  where (o.tenant_id, o.id) > (behind_tenant, behind_deal)
    and not exists (
      select from pipeline.opportunity_text t where t.tenant_id = o.tenant_id and t.opportunity_id = o.id)
  order by o.tenant_id, o.id
  limit most
$$;
revoke execute on function pipeline.opportunities_without_text(uuid, uuid, int) from public;
grant execute on function pipeline.opportunities_without_text(uuid, uuid, int) to keynode_pipeline;

-- The board: how many deals and how much money stand where, by all that it is filtered by but the
-- day. A transaction that changes a deal appends what it adds and takes away; a background task
-- folds that into the cells. Whoever reads adds both up in one statement, which is exact at every
-- moment. To keep the cells in the transaction itself would make every change of a popular cell
-- wait for the one before; to count the deals would take as long as there are deals.
create table pipeline.board_cell (
  tenant_id uuid not null default events.tenant_id(),
  process text not null,
  status text not null,
  stage text not null,
  -- The nil UUID is nobody, here and below; an empty currency or grade is none.
  owner_id uuid not null,
  team_id uuid not null,
  currency text not null,
  grade text not null,
  deals bigint not null,
  amount numeric not null,
  lagging bigint not null,
  forced bigint not null,
  paused bigint not null,
  primary key (tenant_id, process, status, stage, owner_id, team_id, currency, grade)
);
create index board_cell_owner_idx on pipeline.board_cell (tenant_id, owner_id);
create index board_cell_team_idx on pipeline.board_cell (tenant_id, team_id);

create table pipeline.board_delta (
  tenant_id uuid not null default events.tenant_id(),
  id bigint generated always as identity,
  process text not null,
  status text not null,
  stage text not null,
  owner_id uuid not null,
  team_id uuid not null,
  currency text not null,
  grade text not null,
  deals bigint not null,
  amount numeric not null,
  lagging bigint not null,
  forced bigint not null,
  paused bigint not null,
  primary key (tenant_id, id)
);
-- The oldest of every tenant are folded first.
create index board_delta_id_idx on pipeline.board_delta (id);

select events.confine('pipeline.board_cell');
select events.confine('pipeline.board_delta');
create policy owner_folds on pipeline.board_cell to keynode_owner using (true) with check (true);
create policy owner_folds on pipeline.board_delta to keynode_owner using (true) with check (true);
grant select on pipeline.board_cell to keynode_pipeline;
grant select, insert on pipeline.board_delta to keynode_pipeline;

-- What deals count for, each once or, with a sign of -1, not any more.
create function pipeline.counted(o pipeline.opportunity, sign int) returns pipeline.board_cell
language sql immutable parallel safe
as $$
  select row(
    o.tenant_id, o.process, o.status, o.stage,
    coalesce(o.owner_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(o.team_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(o.currency, ''), coalesce(o.grade, ''),
    sign, sign * coalesce(o.amount, 0), case when o.lag > 0 then sign else 0 end,
    case when o.is_forced then sign else 0 end,
    case when o.is_paused then sign else 0 end)::pipeline.board_cell
$$;

create function pipeline.count_new() returns trigger
language plpgsql
as $$
begin
  insert into pipeline.board_delta
    (tenant_id, process, status, stage, owner_id, team_id, currency, grade, deals, amount, lagging, forced, paused)
  select c.tenant_id, c.process, c.status, c.stage, c.owner_id, c.team_id, c.currency, c.grade, sum(c.deals),
         sum(c.amount), sum(c.lagging), sum(c.forced), sum(c.paused)
  from added a, pipeline.counted(a, 1) c
  group by 1, 2, 3, 4, 5, 6, 7, 8;
  return null;
end
$$;

create function pipeline.count_changed() returns trigger
language plpgsql
as $$
begin
  insert into pipeline.board_delta
    (tenant_id, process, status, stage, owner_id, team_id, currency, grade, deals, amount, lagging, forced, paused)
  select c.* from pipeline.counted(old, -1) c
  union all
  select c.* from pipeline.counted(new, 1) c;
  return null;
end
$$;

create trigger opportunity_counted_new after insert on pipeline.opportunity
  referencing new table as added
  for each statement execute function pipeline.count_new();

create trigger opportunity_counted_changed after update on pipeline.opportunity
  for each row when (
    (old.process, old.status, old.stage, old.owner_id, old.team_id, old.currency, old.amount, old.grade,
     old.lag > 0, old.is_forced, old.is_paused)
    is distinct from
    (new.process, new.status, new.stage, new.owner_id, new.team_id, new.currency, new.amount, new.grade,
     new.lag > 0, new.is_forced, new.is_paused))
  execute function pipeline.count_changed();

-- Folds up to so many of the oldest changes, of every tenant, into the cells; answers how many.
-- One at a time: whoever comes meanwhile folds nothing.
create function pipeline.fold_board(most int) returns bigint
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
  folded bigint;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('pipeline.fold_board', 0)) then
    return 0;
  end if;
  with gone as (
    delete from pipeline.board_delta d
    using (select tenant_id, id from pipeline.board_delta order by id limit most) oldest
    where d.tenant_id = oldest.tenant_id and d.id = oldest.id
    returning d.*
  ), summed as (
    select tenant_id, process, status, stage, owner_id, team_id, currency, grade, sum(deals) as deals,
           sum(amount) as amount, sum(lagging) as lagging, sum(forced) as forced, sum(paused) as paused,
           count(*) as changes
    from gone
    group by 1, 2, 3, 4, 5, 6, 7, 8
  ), kept as (
    insert into pipeline.board_cell as c
      (tenant_id, process, status, stage, owner_id, team_id, currency, grade, deals, amount, lagging, forced, paused)
    select tenant_id, process, status, stage, owner_id, team_id, currency, grade, deals, amount, lagging, forced,
           paused
    from summed
    on conflict (tenant_id, process, status, stage, owner_id, team_id, currency, grade) do update
    set deals = c.deals + excluded.deals, amount = c.amount + excluded.amount,
        lagging = c.lagging + excluded.lagging, forced = c.forced + excluded.forced,
        paused = c.paused + excluded.paused
  )
  select coalesce(sum(changes), 0) into folded from summed;
  return folded;
end
$$;
revoke execute on function pipeline.fold_board(int) from public;
grant execute on function pipeline.fold_board(int) to keynode_pipeline;

-- Counts what is there already; afterwards, for whoever doubts the cells: they are derived. The
-- table is locked against writers until the transaction ends.
create function pipeline.recount_board() returns void
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
  lock table pipeline.opportunity in share row exclusive mode;
  delete from pipeline.board_delta;
  delete from pipeline.board_cell;
  insert into pipeline.board_cell
    (tenant_id, process, status, stage, owner_id, team_id, currency, grade, deals, amount, lagging, forced, paused)
  select c.tenant_id, c.process, c.status, c.stage, c.owner_id, c.team_id, c.currency, c.grade, sum(c.deals),
         sum(c.amount), sum(c.lagging), sum(c.forced), sum(c.paused)
  from pipeline.opportunity o, pipeline.counted(o, 1) c
  group by 1, 2, 3, 4, 5, 6, 7, 8;
end
$$;
revoke execute on function pipeline.recount_board() from public;
select pipeline.recount_board();
