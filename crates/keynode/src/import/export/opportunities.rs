//! The deals.

use std::collections::BTreeSet;
use std::path::Path;

use csv::StringRecord;
use keynode_proto::pipeline::v1::{Opportunity, OpportunityRow, OpportunityStatus};

use super::super::cells::{Columns, wire_date};
use super::super::mapping::OpportunityField::{
    Account, Amount, Closed, DisplayName, ExpectedClose, ExternalId, KnownSince, Owner, Product,
    Stage, StageEntered,
};
use super::super::mapping::{File, Mapping, OpportunityField};
use super::super::report::{Place, Report, clipped};
use super::{EXTERNAL_ID, NAME, OpportunityDraft, PRODUCT, Refused, each, external_key, moment};

pub fn read(
    folder: &Path,
    file: &File<OpportunityField>,
    mapping: &Mapping,
    report: &mut Report,
) -> anyhow::Result<Vec<OpportunityDraft>> {
    let (mut drafts, mut seen) = (Vec::new(), BTreeSet::new());
    each(folder, file, report, |columns, place, cells| {
        let draft = opportunity(columns, cells, mapping, place)?;
        if !seen.insert(draft.key().to_owned()) {
            return Err((
                draft.key().to_owned(),
                "this external id is there twice".to_owned(),
            ));
        }
        drafts.push(draft);
        Ok(())
    })?;
    Ok(drafts)
}

fn opportunity(
    columns: &Columns<'_, OpportunityField>,
    cells: &StringRecord,
    mapping: &Mapping,
    place: Place,
) -> Result<OpportunityDraft, Refused> {
    let mut row = columns.row(cells);
    let key = row.required(ExternalId, EXTERNAL_ID);
    let amount = row.money(Amount);
    let known_since = row.date(KnownSince);
    let opportunity = Opportunity {
        display_name: row.required(DisplayName, NAME),
        product: row.text_within(Product, PRODUCT),
        amount: amount.as_ref().map(|(_, money)| money.clone()),
        expected_close_date: row.date(ExpectedClose).map(wire_date),
        known_since_date: known_since.map(wire_date),
        external_key: external_key(&mapping.source_system, &key),
        ..Opportunity::default()
    };
    let stage = row.required(Stage, NAME);
    let Some(entry) = mapping.stages.get(&stage) else {
        return Err((
            key,
            format!(
                "stage `{}` is not among the mapping's [stages]",
                clipped(&stage)
            ),
        ));
    };
    let closed = row.date(Closed);
    if closed.is_none() && entry.status != OpportunityStatus::Open {
        row.refuse(format!("Closed: is empty, but `{stage}` is closed"));
    }
    let entered = row.date(StageEntered);
    for (key, begun) in [(KnownSince, known_since), (StageEntered, entered)] {
        if let (Some(begun), Some(closed)) = (begun, closed)
            && closed < begun
        {
            row.refuse(format!("Closed: {closed} lies before {key:?} {begun}"));
        }
    }
    let sent = OpportunityRow {
        opportunity: Some(opportunity),
        stage: entry.stage.clone(),
        status: entry.status.into(),
        stage_enter_time: moment(entered, &mapping.time_zone),
        close_time: closed
            .filter(|_| entry.status != OpportunityStatus::Open)
            .and_then(|d| moment(Some(d), &mapping.time_zone)),
    };
    let (owner, account) = (row.text(Owner), row.text(Account));
    match row.finish() {
        Ok(()) => Ok(OpportunityDraft {
            place,
            row: sent,
            owner,
            account,
            stage,
            amount: amount.map(|(a, _)| a),
        }),
        Err(why) => Err((key, why)),
    }
}

impl OpportunityDraft {
    pub fn key(&self) -> &str {
        let key = self
            .row
            .opportunity
            .as_ref()
            .and_then(|o| o.external_key.as_ref());
        key.map_or("", |k| &k.external_id)
    }

    /// What is sold, in the words of the export.
    pub fn product(&self) -> &str {
        self.row.opportunity.as_ref().map_or("", |o| &o.product)
    }

    pub fn is_won(&self) -> bool {
        self.row.status() == OpportunityStatus::Won
    }
}
