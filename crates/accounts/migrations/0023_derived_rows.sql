-- What an account and its contacts are found by is derived from them and written with them, in
-- one transaction by one writer; accounts are never removed. A reference that is checked row by
-- row again is a third of the time of an import.

alter table accounts.search_entry drop constraint search_entry_account_fkey;
alter table accounts.match_profile drop constraint match_profile_account_fkey;
