-- Deals and what is known of them. How a deal moves stands in 0002.

create table pipeline.opportunity (
  tenant_id uuid not null default events.tenant_id(),
  id uuid not null,
  version bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  display_name text not null,
  account_id uuid,
  owner_id uuid,
  team_id uuid,
  product text not null,
  -- Null is unknown, here and below: never false, never zero.
  non_standard boolean,
  amount numeric(28, 9),
  currency text,
  expected_close_on date,
  known_since_on date,
  entry_buying_step int,
  competitors text[] not null,
  source_system text,
  external_id text,
  process text not null,
  process_version int not null,
  stage text not null,
  stage_position int not null,
  stage_entered_at timestamptz not null,
  status text not null,
  closed_at timestamptz,
  completed_key_nodes int[] not null,
  forced_key_nodes int[] not null,
  buying_step int,
  buying_step_evidence text,
  -- Why the customer jumped or stepped back, when it did.
  buying_step_reason text,
  buying_step_recorded_at timestamptz,
  grade text,
  primary key (tenant_id, id),
  constraint opportunity_external_key unique (tenant_id, source_system, external_id),
  constraint opportunity_version check (version > 0),
  constraint opportunity_display_name check (display_name <> ''),
  constraint opportunity_amount check (amount >= 0 and (amount is null) = (currency is null)),
  constraint opportunity_external_key_whole check ((source_system is null) = (external_id is null)),
  constraint opportunity_entry_buying_step check (entry_buying_step > 0),
  constraint opportunity_buying_step check (
    buying_step > 0 and (buying_step is null) = (buying_step_recorded_at is null)
    and (buying_step is null) = (buying_step_evidence is null)),
  constraint opportunity_stage check (stage <> '' and stage_position > 0),
  constraint opportunity_status check (status in ('OPEN', 'WON', 'COMPLETED', 'LOST', 'ABANDONED')),
  constraint opportunity_closed check ((status = 'OPEN') = (closed_at is null)),
  -- A key node is reached or owed, not both.
  constraint opportunity_key_nodes check (not completed_key_nodes && forced_key_nodes),
  constraint opportunity_grade check (grade in ('A', 'B', 'C', 'D'))
);

create index opportunity_account_idx on pipeline.opportunity (tenant_id, account_id, id);
create index opportunity_owner_idx on pipeline.opportunity (tenant_id, owner_id, id);
create index opportunity_team_idx on pipeline.opportunity (tenant_id, team_id, id);
create index opportunity_stage_idx on pipeline.opportunity (tenant_id, status, stage, id);

create table pipeline.qualification_element (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  element text not null,
  knowledge text not null,
  value text not null,
  source text not null,
  learned_on date,
  recorder text not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, opportunity_id, element),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id),
  constraint qualification_element_element check (
    element in ('need', 'timetable', 'budget', 'competition', 'decision_process', 'priority_criteria')),
  constraint qualification_element_knowledge check (knowledge in ('unknown', 'partial', 'known'))
);

create table pipeline.evidence (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  kind text not null,
  happened_on date not null,
  note text not null,
  recorder text not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, opportunity_id, kind),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id)
);

select events.confine('pipeline.opportunity');
select events.confine('pipeline.qualification_element');
select events.confine('pipeline.evidence');

grant usage on schema pipeline to keynode_pipeline;
grant select, insert, update on
  pipeline.opportunity, pipeline.qualification_element, pipeline.evidence to keynode_pipeline;
