//! The fields of a deal that an update may name.

use super::Terms;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    DisplayName,
    Account,
    Owner,
    Team,
    Product,
    NonStandard,
    Amount,
    ExpectedCloseDate,
    KnownSinceDate,
    EntryBuyingStep,
    Competitors,
    ExternalKey,
    FurtherExternalKeys,
    RevenueSplits,
    OverlaySplits,
    Collaborators,
    LeadSource,
    LeadSourceDetail,
    Attributes,
}

impl Field {
    pub const ALL: [Self; 19] = [
        Self::DisplayName,
        Self::Account,
        Self::Owner,
        Self::Team,
        Self::Product,
        Self::NonStandard,
        Self::Amount,
        Self::ExpectedCloseDate,
        Self::KnownSinceDate,
        Self::EntryBuyingStep,
        Self::Competitors,
        Self::ExternalKey,
        Self::FurtherExternalKeys,
        Self::RevenueSplits,
        Self::OverlaySplits,
        Self::Collaborators,
        Self::LeadSource,
        Self::LeadSourceDetail,
        Self::Attributes,
    ];

    /// The field's path in the contract.
    pub fn path(self) -> &'static str {
        match self {
            Self::DisplayName => "display_name",
            Self::Account => "account",
            Self::Owner => "owner",
            Self::Team => "team",
            Self::Product => "product",
            Self::NonStandard => "non_standard",
            Self::Amount => "amount",
            Self::ExpectedCloseDate => "expected_close_date",
            Self::KnownSinceDate => "known_since_date",
            Self::EntryBuyingStep => "entry_buying_step",
            Self::Competitors => "competitors",
            Self::ExternalKey => "external_key",
            Self::FurtherExternalKeys => "further_external_keys",
            Self::RevenueSplits => "revenue_splits",
            Self::OverlaySplits => "overlay_splits",
            Self::Collaborators => "collaborators",
            Self::LeadSource => "lead_source",
            Self::LeadSourceDetail => "lead_source_detail",
            Self::Attributes => "attributes",
        }
    }

    /// The field of a path.
    pub fn parse(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.path() == path)
    }

    fn is_set(self, terms: &Terms) -> bool {
        match self {
            Self::DisplayName => !terms.display_name.is_empty(),
            Self::Account => terms.account.is_some(),
            Self::Owner => terms.owner.is_some(),
            Self::Team => terms.team.is_some(),
            Self::Product => !terms.product.is_empty(),
            Self::NonStandard => terms.non_standard.is_some(),
            Self::Amount => terms.amount.is_some(),
            Self::ExpectedCloseDate => terms.expected_close.is_some(),
            Self::KnownSinceDate => terms.known_since.is_some(),
            Self::EntryBuyingStep => terms.entry_buying_step.is_some(),
            Self::Competitors => !terms.competitors.is_empty(),
            Self::ExternalKey => terms.external_key.is_some(),
            Self::FurtherExternalKeys => !terms.further_keys.is_empty(),
            Self::RevenueSplits => !terms.splits.revenue.is_empty(),
            Self::OverlaySplits => !terms.splits.overlay.is_empty(),
            Self::Collaborators => !terms.collaborators.is_empty(),
            Self::LeadSource => !terms.lead_source.is_empty(),
            Self::LeadSourceDetail => !terms.lead_source_detail.is_empty(),
            Self::Attributes => !terms.attributes.is_empty(),
        }
    }
}

impl Terms {
    /// The fields that are set.
    pub fn set_fields(&self) -> Vec<Field> {
        let is_set = |field: &Field| field.is_set(self);
        Field::ALL.into_iter().filter(is_set).collect()
    }

    /// The same with `fields` taken from `news`.
    pub fn with(mut self, fields: &[Field], mut news: Self) -> Self {
        use std::mem::swap;
        for field in fields {
            match field {
                Field::DisplayName => swap(&mut self.display_name, &mut news.display_name),
                Field::Account => self.account = news.account,
                Field::Owner => self.owner = news.owner,
                Field::Team => self.team = news.team,
                Field::Product => swap(&mut self.product, &mut news.product),
                Field::NonStandard => self.non_standard = news.non_standard,
                Field::Amount => self.amount = news.amount.take(),
                Field::ExpectedCloseDate => self.expected_close = news.expected_close,
                Field::KnownSinceDate => self.known_since = news.known_since,
                Field::EntryBuyingStep => self.entry_buying_step = news.entry_buying_step,
                Field::Competitors => swap(&mut self.competitors, &mut news.competitors),
                Field::ExternalKey => self.external_key = news.external_key.take(),
                Field::FurtherExternalKeys => swap(&mut self.further_keys, &mut news.further_keys),
                Field::RevenueSplits => swap(&mut self.splits.revenue, &mut news.splits.revenue),
                Field::OverlaySplits => swap(&mut self.splits.overlay, &mut news.splits.overlay),
                Field::Collaborators => swap(&mut self.collaborators, &mut news.collaborators),
                Field::LeadSource => swap(&mut self.lead_source, &mut news.lead_source),
                Field::LeadSourceDetail => {
                    swap(&mut self.lead_source_detail, &mut news.lead_source_detail);
                }
                Field::Attributes => swap(&mut self.attributes, &mut news.attributes),
            }
        }
        self
    }
}
