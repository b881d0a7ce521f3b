-- Judgements of opportunities, kept for ever.

create table scoring.evaluation (
  tenant_id uuid not null,
  id uuid not null,
  opportunity_id uuid not null,
  -- Whose the opportunity is: who sees the judgement.
  owner_id uuid,
  team_id uuid,
  model_id text collate "C" not null,
  model_version int not null,
  -- With the answers in the record all that the rule saw; null = no closing date known.
  days_to_close int,
  result text not null,
  grade text,
  created_at timestamptz not null,
  -- The whole judgement as the message keynode.scoring.v1.Evaluation.
  record bytea not null,
  constraint evaluation_pkey primary key (tenant_id, id),
  constraint evaluation_model_fkey foreign key (tenant_id, model_id, model_version)
    references scoring.evaluation_model (tenant_id, id, version),
  constraint evaluation_result_check check (result in ('GO', 'NO_GO', 'INSUFFICIENT_INFORMATION')),
  constraint evaluation_grade_check
    check (grade in ('A', 'B', 'C', 'D') and (grade is null) = (result = 'INSUFFICIENT_INFORMATION'))
);

create index evaluation_latest_idx
  on scoring.evaluation (tenant_id, opportunity_id, created_at desc, id desc);

select events.confine('scoring.evaluation');
grant select, insert on scoring.evaluation to keynode_scoring;
