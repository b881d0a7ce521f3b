-- Since which version of the opportunity a judgement belongs to whom it does: a hand-over
-- that is older changes nothing.

alter table scoring.evaluation add column belonging_version bigint not null default 0;
grant update (belonging_version) on scoring.evaluation to keynode_scoring;
