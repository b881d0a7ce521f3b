//! The deals, a few batches at once.

use futures_util::{StreamExt as _, stream};
use keynode_kit::client::Channel;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::{
    BatchUpsertOpportunitiesRequest, OpportunityRow, OpportunityRowResult,
};
use tonic::Code;
use uuid::Uuid;

use super::super::export::{Export, OpportunityDraft};
use super::super::report::{Outcome, Report};
use super::{BATCH, IN_FLIGHT, Names, check_count, progress, refused};
use crate::connect::answer;

/// How often a batch is sent again that met another import.
const RETRIES: usize = 4;

/// A row that can be sent, and where it comes from.
type Ready<'e> = (&'e OpportunityDraft, OpportunityRow);

pub async fn send(
    channel: &Channel,
    export: &Export,
    names: &Names,
    report: &mut Report,
) -> anyhow::Result<()> {
    let ready: Vec<Ready<'_>> = export
        .opportunities
        .iter()
        .filter_map(|draft| names.complete(draft, report))
        .collect();
    let bar = progress("opportunities", ready.len());
    let calls = ready
        .chunks(BATCH)
        .map(|batch| async move { anyhow::Ok((batch, call(channel, batch).await?)) });
    let mut answers = stream::iter(calls).buffered(IN_FLIGHT);
    while let Some(answered) = answers.next().await {
        let (batch, results) = answered?;
        for ((draft, _), result) in batch.iter().zip(results) {
            report.note(&draft.place, draft.key(), outcome(result));
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish();
    Ok(())
}

async fn call(channel: &Channel, batch: &[Ready<'_>]) -> anyhow::Result<Vec<OpportunityRowResult>> {
    let rows = batch.iter().map(|(_, row)| row.clone()).collect();
    let request_id = Uuid::now_v7().to_string();
    let request = BatchUpsertOpportunitiesRequest {
        rows,
        request_id,
        validate_only: false,
    };
    let mut client = OpportunitiesServiceClient::new(channel.clone());
    let mut answered = client.batch_upsert_opportunities(request.clone()).await;
    for _ in 0..RETRIES {
        match &answered {
            // Another import added the same rows meanwhile: now they are found.
            Err(status) if status.code() == Code::Aborted => {
                answered = client.batch_upsert_opportunities(request.clone()).await;
            }
            _ => break,
        }
    }
    let results = answer(answered)?.results;
    check_count(batch.len(), results.len())?;
    Ok(results)
}

fn outcome(result: OpportunityRowResult) -> Outcome {
    match result.result {
        Some(RowResult::Created(_)) => Outcome::Created,
        Some(RowResult::Updated(_)) => Outcome::Updated,
        Some(RowResult::Unchanged(_)) => Outcome::Unchanged,
        Some(RowResult::Error(error)) => refused(&error),
        None => refused(&Default::default()),
    }
}

impl Names {
    /// The row with the names of its account, owner and team. A row that was rejected before
    /// is left out here.
    fn complete<'e>(&self, draft: &'e OpportunityDraft, report: &mut Report) -> Option<Ready<'e>> {
        if report.has_rejected(&draft.place) {
            return None;
        }
        let mut row = draft.row.clone();
        let opportunity = row.opportunity.get_or_insert_default();
        if !draft.owner.is_empty() {
            let member = self.people.get(&draft.owner)?;
            opportunity.owner.clone_from(&member.person);
            opportunity.team.clone_from(&member.team);
        }
        if draft.account.is_empty() {
            return Some((draft, row));
        }
        match self.accounts.get(&draft.account) {
            Some(name) => opportunity.account.clone_from(name),
            None => {
                let why = format!("its account `{}` was refused", draft.account);
                report.note(&draft.place, draft.key(), Outcome::Rejected(why));
                return None;
            }
        }
        Some((draft, row))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::report::Place;
    use super::super::Member;
    use super::*;

    fn draft(owner: &str, account: &str) -> OpportunityDraft {
        OpportunityDraft {
            place: Place::new("deals.csv", 2),
            row: OpportunityRow::default(),
            owner: owner.into(),
            account: account.into(),
            stage: "Won".into(),
            amount: None,
        }
    }

    #[test]
    fn a_row_is_sent_with_owner_team_and_account_or_not_at_all() {
        let mut names = Names::default();
        let (person, team) = ("people/1".to_owned(), "teams/1".to_owned());
        names.people.insert("Moses".into(), Member { person, team });
        names.accounts.insert("Cancity".into(), "accounts/1".into());
        let mut report = Report::default();
        let whole = draft("Moses", "Cancity");
        let row = names
            .complete(&whole, &mut report)
            .unwrap()
            .1
            .opportunity
            .unwrap();
        assert_eq!(
            (&*row.owner, &*row.team, &*row.account),
            ("people/1", "teams/1", "accounts/1")
        );
        assert!(names.complete(&draft("Moses", ""), &mut report).is_some());
        assert!(report.bad().is_empty());
        assert!(
            names
                .complete(&draft("Moses", "Isdom"), &mut report)
                .is_none()
        );
        assert!(report.bad()[0].contains("`Isdom` was refused"));
    }
}
