-- What was known of somebody at an account that they left: who sees that account and not the
-- new one is shown this in the decision maps in which the person still stands.
create table accounts.contact_past (
  tenant_id uuid not null,
  contact_id uuid not null,
  account_id uuid not null,
  display_name text not null,
  department text not null,
  function integer not null,
  constraint contact_past_pkey primary key (tenant_id, contact_id, account_id),
  constraint contact_past_contact_fkey
    foreign key (tenant_id, contact_id) references accounts.contact on delete cascade,
  constraint contact_past_account_fkey
    foreign key (tenant_id, account_id) references accounts.account on delete cascade
);
select events.confine('accounts.contact_past');
grant select, insert, update on accounts.contact_past to keynode_accounts;
