-- Lists that would have to look at many rows in vain.

-- Undetermined accounts are few among the members of a segment.
create index segment_member_membership_idx
  on accounts.segment_member (tenant_id, segment_id, membership, account_id);

-- What changed is found without reading the rows themselves.
create index contact_changed_idx on accounts.contact (tenant_id, updated_at, id);
drop index accounts.contact_updated_at_idx;
