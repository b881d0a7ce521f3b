-- Who is meant, who is there twice, and search by what somebody types.
--
-- Row-level security lets an index serve only operators that cannot leak; those on arrays are
-- not among them. The functions below therefore belong to the owner, whom a policy lets read
-- every row, and confine what they answer to the tenant themselves.

-- What FindMatches compares: one row per account, none for one that was merged away.
create table accounts.match_profile (
  tenant_id uuid not null,
  account_id uuid not null,
  -- Random, so that the rows with the smallest are a sample of the tenant's accounts.
  spread integer not null,
  names text[] not null,
  -- Which name each is: the number in keynode.accounts.v1.MatchedName.
  kinds smallint[] not null,
  addresses text[] not null,
  phones text[] not null,
  place text not null,
  -- Hashes of the tenant with pieces of the names, addresses and numbers.
  grams integer[] not null,
  primary key (tenant_id, account_id),
  constraint match_profile_account_fkey foreign key (tenant_id, account_id) references accounts.account,
  constraint match_profile_kinds check (cardinality(names) = cardinality(kinds))
);
create index match_profile_spread_idx on accounts.match_profile (tenant_id, spread);
create index match_profile_grams_idx on accounts.match_profile using gin (grams)
  with (gin_pending_list_limit = 1024);
select events.confine('accounts.match_profile');
create policy owner_reads on accounts.match_profile for select to keynode_owner using (true);
grant select, insert, update, delete on accounts.match_profile to keynode_accounts;

-- The accounts that share a piece with a query: any rare piece, or both of a pair of common
-- ones. Those that share most come first.
create function accounts.match_candidates(
  rare integer[], pair_left integer[], pair_right integer[], every integer[], most integer)
returns table (account_id uuid, names text[], kinds smallint[], addresses text[], phones text[], place text)
language sql stable security definer
set search_path = pg_catalog
set enable_seqscan = off
set enable_indexscan = off
as $$
  with hit as materialized (
    (select p.ctid as at, p.tenant_id, p.grams from accounts.match_profile p
     where p.grams && rare limit 3000)
    union all
    (select p.at, p.tenant_id, p.grams
     from unnest(pair_left, pair_right) as pair (l, r)
     cross join lateral (
       select q.ctid as at, q.tenant_id, q.grams from accounts.match_profile q
       where q.grams @> array[pair.l, pair.r] limit 500) p)
  ), best as materialized (
    select h.at, max((select count(*) from unnest(h.grams) as g (gram) where g.gram = any (every))) as shared
    from hit h where h.tenant_id = events.tenant_id()
    group by h.at
    order by shared desc, h.at limit most
  )
  select p.account_id, p.names, p.kinds, p.addresses, p.phones, p.place
  from best b join accounts.match_profile p on p.ctid = b.at
  where p.tenant_id = events.tenant_id()
$$;
revoke execute on function accounts.match_candidates(integer[], integer[], integer[], integer[], integer) from public;
grant execute on function accounts.match_candidates(integer[], integer[], integer[], integer[], integer) to keynode_accounts;

-- Pairs that may be one. Who decides what about them comes with merging.
create table accounts.duplicate_candidate (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  first_id uuid not null,
  second_id uuid not null,
  score double precision not null check (score between 0 and 1),
  reasons jsonb not null,
  decision text,
  decided_by text,
  decided_at timestamptz,
  primary key (tenant_id, id),
  constraint duplicate_candidate_pair_key unique (tenant_id, first_id, second_id),
  constraint duplicate_candidate_in_order check (first_id < second_id),
  constraint duplicate_candidate_decision_whole check
    ((decision is null) = (decided_by is null) and (decision is null) = (decided_at is null)),
  constraint duplicate_candidate_first_fkey foreign key (tenant_id, first_id) references accounts.account,
  constraint duplicate_candidate_second_fkey foreign key (tenant_id, second_id) references accounts.account
);
create index duplicate_candidate_second_idx on accounts.duplicate_candidate (tenant_id, second_id);
create index duplicate_candidate_open_idx on accounts.duplicate_candidate (tenant_id, id) where decision is null;
select events.confine('accounts.duplicate_candidate');
grant select, insert, update on accounts.duplicate_candidate to keynode_accounts;

-- What search looks through: a row per name of an account (kind 1) or contact (kind 2), and
-- per further reading of the name.
create table accounts.search_entry (
  tenant_id uuid not null,
  kind smallint not null check (kind in (1, 2)),
  account_id uuid not null,
  -- The account or the contact.
  subject_id uuid not null,
  position smallint not null,
  -- Folded; ordered by bytes, so that a prefix is a range.
  name text collate "C" not null,
  initials text collate "C" not null,
  pinyin text collate "C" not null,
  -- Hashes of the tenant and kind with pieces of the name; none in rows beside the first of a
  -- name, which have its other readings.
  grams integer[] not null,
  primary key (tenant_id, kind, account_id, subject_id, position),
  constraint search_entry_account_fkey foreign key (tenant_id, account_id) references accounts.account
);
create index search_entry_name_idx on accounts.search_entry (tenant_id, kind, name);
create index search_entry_initials_idx on accounts.search_entry (tenant_id, kind, initials) where initials <> '';
create index search_entry_pinyin_idx on accounts.search_entry (tenant_id, kind, pinyin) where pinyin <> '';
-- Where the entries of a contact are, who may have moved.
create index search_entry_subject_idx on accounts.search_entry (tenant_id, subject_id);
create index search_entry_grams_idx on accounts.search_entry using gin (grams)
  with (gin_pending_list_limit = 1024);
select events.confine('accounts.search_entry');
create policy owner_reads on accounts.search_entry for select to keynode_owner using (true);
grant select, insert, update, delete on accounts.search_entry to keynode_accounts;

-- The entries whose name contains a text; `pieces` are the hashes of the text's own pieces.
create function accounts.search_containing(of_kind smallint, pieces integer[], needle text, most integer)
returns table (account_id uuid, subject_id uuid, name text)
language sql stable security definer
set search_path = pg_catalog
set enable_seqscan = off
set enable_indexscan = off
as $$
  select h.account_id, h.subject_id, h.name
  from (select e.tenant_id, e.kind, e.account_id, e.subject_id, e.name
        from accounts.search_entry e where e.grams @> pieces and position(needle in e.name) > 0 limit most) h
  where h.tenant_id = events.tenant_id() and h.kind = of_kind
$$;
revoke execute on function accounts.search_containing(smallint, integer[], text, integer) from public;
grant execute on function accounts.search_containing(smallint, integer[], text, integer) to keynode_accounts;
