-- Until autovacuum has looked at a table, a minute after it was filled at the earliest, Postgres
-- plans as if it were empty: a look-up by key goes through the wrong index from end to end, and
-- the first import into a new installation takes several times as long. Whoever brings in many
-- rows asks for statistics in between.

create function events.analyze_grown(schema_name name)
returns integer
language plpgsql security definer set search_path = pg_catalog
as $$
declare
  grown record;
  analyzed integer := 0;
begin
  for grown in
    select s.schemaname, s.relname
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid
    where s.schemaname = schema_name and pg_get_userbyid(c.relowner) = current_user
      and s.n_mod_since_analyze > greatest(1000, c.reltuples)
    order by s.relname
  loop
    -- Another one at the same table is enough.
    execute format('analyze (skip_locked) %I.%I', grown.schemaname, grown.relname);
    analyzed := analyzed + 1;
  end loop;
  return analyzed;
end
$$;
comment on function events.analyze_grown(name) is
  'Gathers statistics of those tables of a schema that have doubled since; answers how many.';
revoke execute on function events.analyze_grown(name) from public;
grant execute on function events.analyze_grown(name)
  to keynode_accounts, keynode_pipeline, keynode_scoring, keynode_notification;
