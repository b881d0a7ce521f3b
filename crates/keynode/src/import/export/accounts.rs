//! The customers.

use std::collections::BTreeSet;
use std::path::Path;

use csv::StringRecord;
use keynode_proto::accounts::v1::{
    Account, AccountKind, AccountLevel, AccountName, AccountNameKind, AccountRow, CreditStanding,
};

use super::super::cells::{Cells, Columns, wire_date};
use super::super::mapping::AccountField::{
    Address, Aliases, AnnualRevenue, CreditAsOf, CreditLimit, CreditRating, CreditSource,
    DisplayName, EmployeeCount, ExternalId, FormerNames, FoundedYear, Industry, Kind, LegalName,
    Level, Location, Parent, Phone, Region, Segment, ShortNames, Tags, Website,
};
use super::super::mapping::{AccountField, File};
use super::super::report::Report;
use super::{AccountDraft, EXTERNAL_ID, LOCATION, NAME, Refused, each, external_key};

/// The longest label and the longest telephone number, in characters.
const TAG: usize = 64;

pub fn read(
    folder: &Path,
    file: &File<AccountField>,
    source_system: &str,
    report: &mut Report,
) -> anyhow::Result<Vec<AccountDraft>> {
    let (mut drafts, mut seen) = (Vec::new(), BTreeSet::new());
    each(folder, file, report, |columns, place, cells| {
        let (key, row) = account(columns, cells, source_system)?;
        if !seen.insert(key.clone()) {
            return Err((key, "this external id is there twice".to_owned()));
        }
        drafts.push(AccountDraft { place, row });
        Ok(())
    })?;
    Ok(parents_first(drafts))
}

fn account(
    columns: &Columns<'_, AccountField>,
    cells: &StringRecord,
    source_system: &str,
) -> Result<(String, AccountRow), Refused> {
    let mut row = columns.row(cells);
    let key = row.required(ExternalId, EXTERNAL_ID);
    let account = Account {
        display_name: row.required(DisplayName, NAME),
        industry: row.text_within(Industry, NAME),
        location: row.text_within(Location, LOCATION),
        annual_revenue: row.money(AnnualRevenue).map(|(_, money)| money),
        employee_count: row.integer(EmployeeCount, 0..=1_000_000_000),
        founded_year: row
            .integer(FoundedYear, 1..=9999)
            .and_then(|y| i32::try_from(y).ok()),
        external_key: external_key(source_system, &key),
        legal_name: row.text_within(LegalName, NAME),
        names: names(&mut row),
        region: row.text_within(Region, NAME),
        segment: row.text_within(Segment, NAME),
        kind: row
            .choice(Kind, |text| {
                AccountKind::from_str_name(&format!("ACCOUNT_KIND_{text}"))
            })
            .into(),
        level: row
            .choice(Level, |text| {
                AccountLevel::from_str_name(&format!("ACCOUNT_LEVEL_{text}"))
            })
            .into(),
        tags: row.list(Tags, TAG),
        address: row.text_within(Address, LOCATION),
        phone: row.text_within(Phone, TAG),
        website: row.text_within(Website, LOCATION),
        credit: credit(&mut row),
        ..Account::default()
    };
    let parent_external_id = row.text(Parent);
    match row.finish() {
        Ok(()) => Ok((
            key,
            AccountRow {
                account: Some(account),
                parent_external_id,
            },
        )),
        Err(why) => Err((key, why)),
    }
}

fn names(row: &mut Cells<'_, AccountField>) -> Vec<AccountName> {
    let kinds = [
        (ShortNames, AccountNameKind::Short),
        (FormerNames, AccountNameKind::Former),
        (Aliases, AccountNameKind::Alias),
    ];
    let mut names = Vec::new();
    for (field, kind) in kinds {
        names.extend(row.list(field, NAME).into_iter().map(|text| AccountName {
            kind: kind.into(),
            text,
            ..AccountName::default()
        }));
    }
    names
}

/// What the customer is trusted with; none when neither rating nor limit is said.
fn credit(row: &mut Cells<'_, AccountField>) -> Option<CreditStanding> {
    let rating = row.text_within(CreditRating, 100);
    let limit = row.money(CreditLimit).map(|(_, money)| money);
    let (source, as_of) = (
        row.text_within(CreditSource, LOCATION),
        row.date(CreditAsOf),
    );
    if rating.is_empty() && limit.is_none() {
        return None;
    }
    if source.is_empty() || as_of.is_none() {
        row.refuse("CreditRating: needs CreditSource and CreditAsOf".to_owned());
    }
    Some(CreditStanding {
        rating,
        limit,
        source,
        as_of: as_of.map(wire_date),
    })
}

/// A parent may be in the same call or an earlier one, so accounts at the top go first.
/// A circle comes last.
fn parents_first(mut drafts: Vec<AccountDraft>) -> Vec<AccountDraft> {
    let mut sorted = Vec::with_capacity(drafts.len());
    let mut done = BTreeSet::new();
    let known: BTreeSet<String> = drafts.iter().map(|d| d.key().to_owned()).collect();
    while !drafts.is_empty() {
        let ready = |d: &AccountDraft| done.contains(d.parent()) || !known.contains(d.parent());
        let (next, rest): (Vec<_>, Vec<_>) = drafts.into_iter().partition(ready);
        if next.is_empty() {
            sorted.extend(rest);
            break;
        }
        done.extend(next.iter().map(|d| d.key().to_owned()));
        sorted.extend(next);
        drafts = rest;
    }
    sorted
}

impl AccountDraft {
    pub fn key(&self) -> &str {
        let key = self
            .row
            .account
            .as_ref()
            .and_then(|a| a.external_key.as_ref());
        key.map_or("", |k| &k.external_id)
    }

    /// Empty for an account at the top.
    pub fn parent(&self) -> &str {
        &self.row.parent_external_id
    }

    /// The trade; empty = unknown.
    pub fn industry(&self) -> &str {
        self.row.account.as_ref().map_or("", |a| &a.industry)
    }
}
