//! Ids of what deals are made of and what they point to.

use keynode_kit::resource_id;

resource_id!(
    /// A deal.
    OpportunityId,
    "opportunities"
);
resource_id!(
    /// A customer, of the accounts service.
    AccountId,
    "accounts"
);
resource_id!(
    /// Accounts that became one, of the accounts service.
    MergeId,
    "merges"
);
resource_id!(
    /// A person at a customer, of the accounts service.
    ContactId,
    "contacts"
);
resource_id!(
    /// One of our own people, of the accounts service.
    PersonId,
    "people"
);
resource_id!(
    /// One of our own teams, of the accounts service.
    TeamId,
    "teams"
);
resource_id!(
    /// Somebody who decides approvals for somebody else.
    DelegationId,
    "approvalDelegations"
);
