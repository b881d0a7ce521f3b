//! What an export holds, counted; the same keys whether it was sent or only read.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::export::{Export, OpportunityDraft};
use super::form::Form;

/// The counts, for people and for comparing.
#[derive(Debug, Serialize)]
pub struct Summary<'e> {
    encoding: Option<String>,
    delimiter: Option<char>,
    opportunities: usize,
    accounts: usize,
    #[serde(skip_serializing_if = "is_zero")]
    contacts: usize,
    products: usize,
    agents: usize,
    stages: BTreeMap<&'e str, usize>,
    rows_without_account: usize,
    rows_whose_product_is_not_in_products: usize,
    unknown_products: BTreeSet<&'e str>,
    rows_whose_account_is_not_in_accounts: usize,
    agents_without_deals: BTreeSet<&'e str>,
    agents_not_in_teams: BTreeSet<&'e str>,
    sectors: BTreeMap<&'e str, usize>,
    subsidiaries: usize,
    parents_not_in_accounts: BTreeSet<&'e str>,
    #[serde(serialize_with = "exactly")]
    won_sum: Decimal,
}

impl<'e> Summary<'e> {
    pub fn of(export: &'e Export) -> Self {
        let (deals, accounts) = (&export.opportunities, &export.accounts);
        let sellers = &export.organisation.sellers;
        let account_keys: BTreeSet<&str> = accounts.iter().map(|a| a.key()).collect();
        let owners: BTreeSet<&str> = deals
            .iter()
            .map(|d| d.owner.as_str())
            .filter(|o| !o.is_empty())
            .collect();
        let parents = || {
            accounts
                .iter()
                .map(|a| a.parent())
                .filter(|p| !p.is_empty())
        };
        Self {
            encoding: export.form.as_ref().map(Form::encoding_name),
            delimiter: export.form.as_ref().map(|form| form.delimiter.into()),
            opportunities: deals.len(),
            accounts: accounts.len(),
            contacts: export.contacts.len(),
            products: export.products.as_ref().map_or(0, BTreeSet::len),
            agents: sellers.len(),
            stages: count(deals.iter().map(|d| d.stage.as_str())),
            rows_without_account: deals.iter().filter(|d| d.account.is_empty()).count(),
            rows_whose_product_is_not_in_products: export.of_unknown_product().count(),
            unknown_products: export
                .of_unknown_product()
                .map(OpportunityDraft::product)
                .collect(),
            rows_whose_account_is_not_in_accounts: deals
                .iter()
                .filter(|d| !d.account.is_empty() && !account_keys.contains(d.account.as_str()))
                .count(),
            agents_without_deals: sellers
                .keys()
                .map(String::as_str)
                .filter(|s| !owners.contains(s))
                .collect(),
            agents_not_in_teams: owners
                .iter()
                .copied()
                .filter(|o| !sellers.contains_key(*o))
                .collect(),
            sectors: count(
                accounts
                    .iter()
                    .map(|a| a.industry())
                    .filter(|i| !i.is_empty()),
            ),
            subsidiaries: parents().count(),
            parents_not_in_accounts: parents().filter(|p| !account_keys.contains(p)).collect(),
            won_sum: deals
                .iter()
                .filter(|d| d.is_won())
                .filter_map(|d| d.amount)
                .sum(),
        }
    }

    /// The counts for a person.
    pub fn lines(&self) -> Vec<String> {
        let stages: Vec<String> = self
            .stages
            .iter()
            .map(|(stage, count)| format!("{stage} {count}"))
            .collect();
        let mut lines = vec![
            format!(
                "opportunities  {} ({})",
                self.opportunities,
                stages.join(", ")
            ),
            format!(
                "accounts       {} ({} subsidiaries)",
                self.accounts, self.subsidiaries
            ),
            format!("contacts       {}", self.contacts),
            format!(
                "people         {} ({} without deals)",
                self.agents,
                self.agents_without_deals.len()
            ),
            format!("products       {}", self.products),
            format!("won            {}", self.won_sum),
        ];
        let remarks = [
            (
                self.rows_without_account,
                "opportunities name no account: imported without one".to_owned(),
            ),
            (
                self.rows_whose_product_is_not_in_products,
                format!(
                    "opportunities name a product that is not in the list: {}",
                    joined(&self.unknown_products)
                ),
            ),
            (
                self.rows_whose_account_is_not_in_accounts,
                "opportunities name an account that is not in the list".to_owned(),
            ),
            (
                self.parents_not_in_accounts.len(),
                format!(
                    "parents are not in the list of accounts: {}",
                    joined(&self.parents_not_in_accounts)
                ),
            ),
            (
                self.agents_not_in_teams.len(),
                format!(
                    "owners are not in the list of people: {}",
                    joined(&self.agents_not_in_teams)
                ),
            ),
        ];
        lines.extend(
            remarks
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, text)| format!("note: {count} {text}")),
        );
        lines
    }
}

impl Export {
    /// Deals of a product that the list of products does not have.
    fn of_unknown_product(&self) -> impl Iterator<Item = &OpportunityDraft> {
        self.opportunities
            .iter()
            .filter(|deal| match &self.products {
                Some(products) => !deal.product().is_empty() && !products.contains(deal.product()),
                None => false,
            })
    }
}

/// An export without contacts says nothing of them.
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn joined(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

fn count<'e>(texts: impl Iterator<Item = &'e str>) -> BTreeMap<&'e str, usize> {
    let mut counts = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    counts
}

/// As a JSON number with every digit: amounts are never floats.
fn exactly<S: Serializer>(sum: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    let number =
        RawValue::from_string(sum.normalize().to_string()).map_err(serde::ser::Error::custom)?;
    number.serialize(to)
}
