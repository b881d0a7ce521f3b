-- People can be reached, teams have managers, and somebody stands in for who is away.

alter table accounts.person
  -- Empty wherever nothing is said.
  add column email text not null default '',
  add column phone text not null default '',
  add column title text not null default '',
  add column language_code text not null default '',
  add column time_zone text not null default '',
  -- Numbers of keynode.accounts.v1.NoticeChannel, and the address of each.
  add column notice_channels integer[] not null default '{}',
  add column notice_targets text[] not null default '{}',
  add column manager_id uuid,
  -- The last synchronisation whose set named the person.
  add column sync_run uuid,
  add constraint person_manager_fkey foreign key (tenant_id, manager_id) references accounts.person,
  add constraint person_manager_is_another check (manager_id <> id),
  add constraint person_notices_whole check (cardinality(notice_channels) = cardinality(notice_targets));
create index person_manager_idx on accounts.person (tenant_id, manager_id);

-- People are never deleted, so that the list needs no foreign key of its own.
alter table accounts.team add column manager_ids uuid[] not null default '{}';
create index team_managers_idx on accounts.team using gin (manager_ids);

create table accounts.absence (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  person_id uuid not null,
  deputy_id uuid not null,
  start_date date not null,
  end_date date not null,
  reason text not null,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  constraint absence_tenant_fkey foreign key (tenant_id) references accounts.tenant,
  constraint absence_person_fkey foreign key (tenant_id, person_id) references accounts.person,
  constraint absence_deputy_fkey foreign key (tenant_id, deputy_id) references accounts.person,
  constraint absence_deputy_is_another check (deputy_id <> person_id),
  constraint absence_ends_after_start check (end_date >= start_date)
);
create index absence_person_idx on accounts.absence (tenant_id, person_id, end_date) where revoked_at is null;
create index absence_deputy_idx on accounts.absence (tenant_id, deputy_id) where revoked_at is null;
create index absence_days_idx on accounts.absence (tenant_id, end_date, start_date) where revoked_at is null;
select events.confine('accounts.absence');
grant select, insert, update on accounts.absence to keynode_accounts;
