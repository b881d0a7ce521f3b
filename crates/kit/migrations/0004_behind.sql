-- How far behind a place in the log is. Counts what is visible, also above the oldest running
-- transaction: entries that such a transaction holds back are behind, too.

create function events.behind(
  after_transaction bigint, after_position bigint, at_most int, out entries bigint, out oldest timestamptz)
language sql stable security definer set search_path = pg_catalog
as $$
  select count(*), min(l.recorded_at) from (
    select recorded_at from events.log
    where (transaction_id, position) > (after_transaction, after_position)
    order by transaction_id, position
    limit at_most) as l
$$;

comment on function events.behind(bigint, bigint, int) is
  'Entries of every tenant after a place, counted up to a limit, and when the oldest was written.';

revoke execute on function events.behind(bigint, bigint, int) from public;
grant execute on function events.behind(bigint, bigint, int) to keynode_scoring, keynode_notification;
