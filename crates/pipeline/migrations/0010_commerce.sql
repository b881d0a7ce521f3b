-- Exchange rates, the rules of approvals and who decides for whom, what waits for whom, and from when
-- on pursuing a deal costs too much. Prices, contracts, approvals and spend are parts of the dossier.

create table pipeline.exchange_rate (
  tenant_id uuid not null default events.tenant_id(),
  -- In the order in which pair and day were first recorded.
  id uuid not null,
  from_currency text not null,
  to_currency text not null,
  valid_from date not null,
  rate numeric not null,
  source text not null,
  recorder text not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, from_currency, to_currency, valid_from),
  constraint exchange_rate_positive check (rate > 0),
  constraint exchange_rate_pair check (from_currency <> to_currency)
);
create unique index exchange_rate_id_key on pipeline.exchange_rate (tenant_id, id);

-- How often the rates were changed: the sequence of their events.
create table pipeline.exchange_rate_revision (
  tenant_id uuid not null default events.tenant_id() primary key,
  revision bigint not null
);

-- Versions of the tenant's rules; 0 comes with the release and does not stand here.
create table pipeline.approval_rules (
  tenant_id uuid not null default events.tenant_id(),
  version bigint not null,
  -- The message keynode.pipeline.v1.ApprovalRules.
  content bytea not null,
  primary key (tenant_id, version),
  constraint approval_rules_version check (version > 0)
);

create table pipeline.approval_delegation (
  tenant_id uuid not null default events.tenant_id(),
  id uuid not null,
  delegator_id uuid not null,
  delegate_id uuid not null,
  from_day date not null,
  until_day date not null,
  -- The only approval it is for, and its deal; none = every one.
  opportunity_id uuid,
  approval_id uuid,
  reason text not null,
  -- Of the delegator, on delegating.
  roles text[] not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  constraint approval_delegation_other check (delegator_id <> delegate_id),
  constraint approval_delegation_days check (from_day <= until_day),
  constraint approval_delegation_one check ((opportunity_id is null) = (approval_id is null)),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id)
);
create index approval_delegation_delegate_idx on pipeline.approval_delegation (tenant_id, delegate_id);
create index approval_delegation_delegator_idx on pipeline.approval_delegation (tenant_id, delegator_id);

-- Whom a pending approval waits for: a row per approver of its current step who is still asked.
create table pipeline.approval_wait (
  tenant_id uuid not null default events.tenant_id(),
  opportunity_id uuid not null,
  approval_id uuid not null,
  -- The place among the approvers of the step.
  slot int not null,
  -- A role or a person.
  role text,
  person_id uuid,
  -- Who may not decide: who asked, and who decided already.
  barred uuid[] not null,
  primary key (tenant_id, approval_id, slot),
  constraint approval_wait_approver check ((role is null) <> (person_id is null)),
  foreign key (tenant_id, opportunity_id) references pipeline.opportunity (tenant_id, id)
);
create index approval_wait_role_idx on pipeline.approval_wait (tenant_id, role, approval_id);
create index approval_wait_person_idx on pipeline.approval_wait (tenant_id, person_id, approval_id);

create table pipeline.pursuit_setting (
  tenant_id uuid not null default events.tenant_id() primary key,
  warn_percent numeric not null,
  alarm_percent numeric not null,
  -- None = the margin of a deal without costs is unknown.
  default_margin_percent numeric,
  revision bigint not null,
  constraint pursuit_setting_thresholds check (warn_percent > 0 and warn_percent <= alarm_percent),
  constraint pursuit_setting_margin check (default_margin_percent between 0 and 100)
);

select events.confine('pipeline.exchange_rate');
select events.confine('pipeline.exchange_rate_revision');
select events.confine('pipeline.approval_rules');
select events.confine('pipeline.approval_delegation');
select events.confine('pipeline.approval_wait');
select events.confine('pipeline.pursuit_setting');
grant select, insert, update on
  pipeline.exchange_rate, pipeline.exchange_rate_revision, pipeline.approval_delegation,
  pipeline.pursuit_setting to keynode_pipeline;
grant select, insert on pipeline.approval_rules to keynode_pipeline;
grant select, insert, delete on pipeline.approval_wait to keynode_pipeline;
-- A contract that changes after its approval is not approved any more.
grant delete on pipeline.evidence to keynode_pipeline;
