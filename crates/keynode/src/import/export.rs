//! The whole export read and checked, before anything is sent.

mod accounts;
mod contacts;
mod opportunities;
mod people;
mod references;

use std::collections::BTreeSet;
use std::path::Path;

use csv::StringRecord;
use jiff::tz::TimeZone;
use keynode_proto::accounts::v1::{AccountRow, ContactRow};
use keynode_proto::common::v1::ExternalKey;
use keynode_proto::pipeline::v1::OpportunityRow;
use rust_decimal::Decimal;

use super::cells::Columns;
use super::form::Form;
use super::mapping::{FieldKey, File, Mapping, ProductField};
use super::report::{Outcome, Place, Report};
use super::table::{Row, Table};

pub use self::people::{Organisation, Seller};

/// The longest texts that the server takes, in characters.
const NAME: usize = 200;
const EXTERNAL_ID: usize = 256;
const LOCATION: usize = 500;
const PRODUCT: usize = 2000;

/// What the files say.
#[derive(Debug, Default)]
pub struct Export {
    pub source_system: String,
    /// None when the export has no list of them.
    pub products: Option<BTreeSet<String>>,
    pub organisation: Organisation,
    pub accounts: Vec<AccountDraft>,
    pub contacts: Vec<ContactDraft>,
    pub opportunities: Vec<OpportunityDraft>,
    /// How the main file is written, for the summary.
    pub form: Option<Form>,
}

/// An account as its row says.
#[derive(Debug)]
pub struct AccountDraft {
    pub place: Place,
    pub row: AccountRow,
}

/// A contact as its row says; of which account is known by key.
#[derive(Debug)]
pub struct ContactDraft {
    pub place: Place,
    pub row: ContactRow,
    pub account: String,
}

/// An opportunity as its row says; whose it is and of which account is known by keys.
#[derive(Debug)]
pub struct OpportunityDraft {
    pub place: Place,
    pub row: OpportunityRow,
    pub owner: String,
    pub account: String,
    /// The stage as it is called there.
    pub stage: String,
    pub amount: Option<Decimal>,
}

/// Reads every file of the mapping. Bad rows are noted in the report.
///
/// # Errors
/// When a file is missing or malformed as a whole: nothing of it can be trusted.
pub fn read(folder: &Path, mapping: &Mapping, report: &mut Report) -> anyhow::Result<Export> {
    let files = &mapping.files;
    let main = files.opportunities.as_ref();
    let mut export = Export {
        source_system: mapping.source_system.clone(),
        ..Export::default()
    };
    if let Some(file) = &files.products {
        export.products = Some(products(folder, file, report)?);
    }
    if let Some(file) = &files.people {
        export.organisation = people::read(folder, file, report)?;
    }
    if let Some(file) = &files.accounts {
        export.accounts = accounts::read(folder, file, &mapping.source_system, report)?;
    }
    if let Some(file) = &files.contacts {
        export.contacts = contacts::read(folder, file, &mapping.source_system, report)?;
    }
    if let Some(file) = main {
        export.opportunities = opportunities::read(folder, file, mapping, report)?;
        export.form = report.form(&file.name).cloned();
    }
    Ok(export)
}

fn products(
    folder: &Path,
    file: &File<ProductField>,
    report: &mut Report,
) -> anyhow::Result<BTreeSet<String>> {
    let mut products = BTreeSet::new();
    each(folder, file, report, |columns, _, cells| {
        let mut row = columns.row(cells);
        let name = row.required(ProductField::Name, PRODUCT);
        row.finish().map_err(|why| (name.clone(), why))?;
        products.insert(name);
        Ok(())
    })?;
    Ok(products)
}

/// The key of a row that was refused, as far as it is known, and why.
type Refused = (String, String);

/// Reads a file row by row; rows that are refused go to the report.
fn each<K: FieldKey>(
    folder: &Path,
    file: &File<K>,
    report: &mut Report,
    mut take: impl FnMut(&Columns<'_, K>, Place, &StringRecord) -> Result<(), Refused>,
) -> anyhow::Result<()> {
    let mut table = Table::open(folder, file)?;
    report.note_form(&table.file, table.form.clone());
    let columns = Columns::of(file, &table.header);
    while let Some(row) = table.next()? {
        let (line, refused) = match row {
            Row::Good { line, cells } => {
                (line, take(&columns, Place::new(&table.file, line), &cells))
            }
            Row::Ragged { line, fields } => {
                let expected = table.header.len();
                (
                    line,
                    Err((
                        String::new(),
                        format!("{fields} fields instead of {expected}"),
                    )),
                )
            }
        };
        if let Err((key, why)) = refused {
            report.note(&Place::new(&table.file, line), &key, Outcome::Rejected(why));
        }
    }
    Ok(())
}

fn external_key(source_system: &str, external_id: &str) -> Option<ExternalKey> {
    Some(ExternalKey {
        source_system: source_system.to_owned(),
        external_id: external_id.to_owned(),
    })
}

/// The moment at which a day begins; none when it is not known.
fn moment(date: Option<jiff::civil::Date>, zone: &TimeZone) -> Option<prost_types::Timestamp> {
    super::cells::begin_of(date?, zone)
}

#[cfg(test)]
mod tests;
