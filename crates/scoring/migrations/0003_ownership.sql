-- Judgements follow their opportunity to its new owner; what they say never changes.

-- Belongs to no tenant: one place in the log of all.
create table scoring.consumer (
  name text primary key,
  transaction_id bigint not null,
  position bigint not null,
  holder uuid not null,
  held_until timestamptz not null
);

grant select, insert, update on scoring.consumer to keynode_scoring;
grant update (owner_id, team_id) on scoring.evaluation to keynode_scoring;
