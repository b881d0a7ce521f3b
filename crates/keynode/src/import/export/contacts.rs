//! The people at the customers.

use std::collections::BTreeSet;
use std::path::Path;

use csv::StringRecord;
use keynode_proto::accounts::v1::{
    Contact, ContactDetail, ContactDetailKind, ContactRow, Function as WireFunction,
};

use super::super::cells::{Cells, Columns};
use super::super::mapping::ContactField::{
    Account, Department, DisplayName, Email, ExternalId, Function, Language, Manager, Mobile,
    Phone, Title, Wechat,
};
use super::super::mapping::{ContactField, File};
use super::super::report::Report;
use super::{ContactDraft, EXTERNAL_ID, LOCATION, NAME, Refused, each, external_key};

pub fn read(
    folder: &Path,
    file: &File<ContactField>,
    source_system: &str,
    report: &mut Report,
) -> anyhow::Result<Vec<ContactDraft>> {
    let (mut drafts, mut seen) = (Vec::new(), BTreeSet::new());
    each(folder, file, report, |columns, place, cells| {
        let (key, account, row) = contact(columns, cells, source_system)?;
        if !seen.insert(key.clone()) {
            return Err((key, "this external id is there twice".to_owned()));
        }
        drafts.push(ContactDraft {
            place,
            row,
            account,
        });
        Ok(())
    })?;
    Ok(drafts)
}

fn contact(
    columns: &Columns<'_, ContactField>,
    cells: &StringRecord,
    source_system: &str,
) -> Result<(String, String, ContactRow), Refused> {
    let mut row = columns.row(cells);
    let key = row.required(ExternalId, EXTERNAL_ID);
    let account = row.required(Account, EXTERNAL_ID);
    let contact = Contact {
        display_name: row.required(DisplayName, NAME),
        title: row.text_within(Title, NAME),
        department: row.text_within(Department, NAME),
        function: row
            .choice(Function, |text| {
                WireFunction::from_str_name(&format!("FUNCTION_{text}"))
            })
            .into(),
        details: details(&mut row),
        language_code: row.text_within(Language, 35),
        external_key: external_key(source_system, &key),
        ..Contact::default()
    };
    let manager_external_id = row.text_within(Manager, EXTERNAL_ID);
    row.finish().map_err(|why| (key.clone(), why))?;
    let sent = ContactRow {
        contact: Some(contact),
        manager_external_id,
        ..ContactRow::default()
    };
    Ok((key, account, sent))
}

fn details(row: &mut Cells<'_, ContactField>) -> Vec<ContactDetail> {
    let kinds = [
        (Phone, ContactDetailKind::Phone),
        (Mobile, ContactDetailKind::Mobile),
        (Email, ContactDetailKind::Email),
        (Wechat, ContactDetailKind::Wechat),
    ];
    let mut details = Vec::new();
    for (field, kind) in kinds {
        let values = row.list(field, LOCATION).into_iter();
        details.extend(values.map(|value| ContactDetail {
            kind: kind.into(),
            value,
            ..ContactDetail::default()
        }));
    }
    details
}

impl ContactDraft {
    pub fn key(&self) -> &str {
        let contact = self.row.contact.as_ref();
        let key = contact.and_then(|contact| contact.external_key.as_ref());
        key.map_or("", |key| &key.external_id)
    }
}
