-- Tenancy is the database's own: a table that is confined shows and takes only rows of
-- the tenant that the transaction names, and none when it names none.

grant usage on schema events to keynode_accounts, keynode_pipeline, keynode_scoring, keynode_notification;

create function events.tenant_id() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('keynode.tenant_id', true), '')::uuid $$;

comment on function events.tenant_id() is
  'The tenant of the transaction; null, and so equal to nothing, when none is set.';

create function events.confine(subject regclass) returns void
language plpgsql
as $$
begin
  execute format('alter table %s enable row level security', subject);
  execute format('alter table %s force row level security', subject);
  execute format(
    'create policy tenant on %s using (tenant_id = events.tenant_id()) with check (tenant_id = events.tenant_id())',
    subject);
end
$$;

comment on function events.confine(regclass) is
  'Confines a table with a tenant_id column to the tenant of the transaction, for every role.';

revoke execute on function events.confine(regclass) from public;
