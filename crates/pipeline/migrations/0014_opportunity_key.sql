-- Every key under which other systems know a deal: each belongs to one deal, and a deal may
-- have many.

alter table pipeline.opportunity
  -- Besides the first one: [[source system, id there], …]
  add column further_keys jsonb not null default '[]',
  add constraint opportunity_further_keys check (
    jsonb_typeof(further_keys) = 'array' and (source_system is not null or further_keys = '[]'));

create table pipeline.opportunity_key (
  tenant_id uuid not null default events.tenant_id(),
  source_system text not null,
  external_id text not null,
  opportunity_id uuid not null,
  primary key (tenant_id, source_system, external_id)
);
create index opportunity_key_opportunity_idx on pipeline.opportunity_key (tenant_id, opportunity_id);
select events.confine('pipeline.opportunity_key');
grant select, insert, delete on pipeline.opportunity_key to keynode_pipeline;

-- The owner fills it once; from here on the triggers do, also for a release before this one.
create policy owner_fills on pipeline.opportunity_key for insert to keynode_owner with check (true);
insert into pipeline.opportunity_key (tenant_id, source_system, external_id, opportunity_id)
select tenant_id, source_system, external_id, id
from pipeline.opportunity
where source_system is not null;
drop policy owner_fills on pipeline.opportunity_key;

create function pipeline.keys_of(source_system text, external_id text, further_keys jsonb)
returns table (source_system text, external_id text)
language sql immutable parallel safe
as $$
  select $1, $2 where $1 is not null
  union all
  select key ->> 0, key ->> 1 from jsonb_array_elements($3) as key
$$;
comment on function pipeline.keys_of(text, text, jsonb) is 'All the keys of a deal, the first one first.';

create function pipeline.add_keys() returns trigger
language plpgsql
as $$
begin
  -- In one order only, so that two who add the same keys wait for each other.
  insert into pipeline.opportunity_key (tenant_id, source_system, external_id, opportunity_id)
  select a.tenant_id, k.source_system, k.external_id, a.id
  from added a, pipeline.keys_of(a.source_system, a.external_id, a.further_keys) k
  order by k.source_system, k.external_id;
  return null;
end
$$;
create trigger opportunity_keys_added after insert on pipeline.opportunity
  referencing new table as added for each statement execute function pipeline.add_keys();

create function pipeline.change_keys() returns trigger
language plpgsql
as $$
begin
  delete from pipeline.opportunity_key k
  where k.tenant_id = new.tenant_id and k.opportunity_id = new.id
    and (k.source_system, k.external_id) not in (
      select n.source_system, n.external_id
      from pipeline.keys_of(new.source_system, new.external_id, new.further_keys) n);
  insert into pipeline.opportunity_key (tenant_id, source_system, external_id, opportunity_id)
  select new.tenant_id, n.source_system, n.external_id, new.id
  from pipeline.keys_of(new.source_system, new.external_id, new.further_keys) n
  where not exists (
    select from pipeline.opportunity_key k
    where k.tenant_id = new.tenant_id and k.opportunity_id = new.id
      and k.source_system = n.source_system and k.external_id = n.external_id)
  order by n.source_system, n.external_id;
  return null;
end
$$;
create trigger opportunity_keys_changed after update on pipeline.opportunity
  for each row
  when ((old.source_system, old.external_id, old.further_keys)
        is distinct from (new.source_system, new.external_id, new.further_keys))
  execute function pipeline.change_keys();
