-- How often the expected closing date was put off, kept by a trigger for every writer. A deal that
-- was there before has the date it has then as its first.

alter table pipeline.opportunity
  -- The first date that was said.
  add column close_first_on date,
  -- The date that was said last, also while none is said.
  add column close_last_on date,
  add column close_postponements int not null default 0,
  -- By how many days in all, of postponements alone.
  add column close_postponed_days int not null default 0,
  add column close_postponed_at timestamptz;

create function pipeline.remember_close_date() returns trigger language plpgsql as $$
declare
  before date;
begin
  if tg_op = 'UPDATE' then
    before := coalesce(old.close_last_on, old.expected_close_on);
  end if;
  if new.expected_close_on is null or new.expected_close_on is not distinct from before then
    return new;
  end if;
  new.close_first_on := coalesce(new.close_first_on, before, new.expected_close_on);
  new.close_last_on := new.expected_close_on;
  if new.expected_close_on > before then
    new.close_postponements := new.close_postponements + 1;
    new.close_postponed_days := new.close_postponed_days + (new.expected_close_on - before);
    new.close_postponed_at := new.updated_at;
  end if;
  return new;
end $$;

create trigger remember_close_date before insert or update of expected_close_on on pipeline.opportunity
  for each row execute function pipeline.remember_close_date();
