//! The names of what this service keeps.

use std::fmt;
use std::str::FromStr;

use keynode_kit::name::NameError;
use keynode_kit::resource_id;
use uuid::Uuid;

resource_id!(
    /// A tenant by its resource name.
    TenantName, "tenants");
resource_id!(
    /// Someone who works in the sales organisation.
    PersonId, "people");
resource_id!(
    /// A node of the sales organisation's tree.
    TeamId, "teams");
resource_id!(
    /// A program that calls.
    ServiceAccountId, "serviceAccounts");
resource_id!(
    /// A long-lived secret.
    ApiKeyId, "apiKeys");
resource_id!(
    /// A customer or a third party.
    AccountId, "accounts");
resource_id!(
    /// A person at an account.
    ContactId, "contacts");
resource_id!(
    /// A note about an account.
    NoteId, "accountNotes");
resource_id!(
    /// Who else sells to our customers.
    CompetitorId, "competitors");
resource_id!(
    /// An opportunity, which another service keeps.
    OpportunityId, "opportunities");
resource_id!(
    /// Days on which a person is away.
    AbsenceId, "absences");
resource_id!(
    /// A part of the market that a team looks after.
    TerritoryId, "territories");
resource_id!(
    /// A part of the market.
    SegmentId, "segments");
resource_id!(
    /// A version of who counts as a target customer.
    TargetDefinitionId, "targetDefinitions");
resource_id!(
    /// An organisation that may become a customer.
    ProspectId, "prospects");
resource_id!(
    /// Rows of another system that are taken in.
    ImportId, "imports");
resource_id!(
    /// Two accounts that may be one.
    DuplicateCandidateId, "duplicateCandidates");
resource_id!(
    /// Accounts that turned out to be one.
    MergeId, "merges");

/// The decision map of an opportunity: each has at most one, so it needs no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapId(pub Uuid);

const MAP_SUFFIX: &str = "/decisionMap";

impl fmt::Display for MapId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{MAP_SUFFIX}", OpportunityId(self.0))
    }
}

impl FromStr for MapId {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        name.strip_suffix(MAP_SUFFIX)
            .and_then(|opportunity| opportunity.parse::<OpportunityId>().ok())
            .map(|opportunity| Self(opportunity.0))
            .ok_or_else(|| NameError {
                expected: format!("opportunities/{{id}}{MAP_SUFFIX}"),
            })
    }
}

impl From<Uuid> for MapId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_named_after_its_opportunity() {
        let name = "opportunities/0190b5a0-0000-7000-8000-000000000001/decisionMap";
        assert_eq!(name.parse::<MapId>().unwrap().to_string(), name);
        assert!("opportunities/1/decisionMap".parse::<MapId>().is_err());
        assert!(
            "opportunities/0190b5a0-0000-7000-8000-000000000001"
                .parse::<MapId>()
                .is_err()
        );
    }
}
