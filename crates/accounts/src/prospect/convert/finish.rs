//! The last transaction of a conversion: the opportunity is there.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::Mutation;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{ProspectConverted, ProspectState};
use prost::Message;
use sqlx::PgConnection;

use super::wish::Wish;
use crate::Accounts;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::prospect::{Prospect, row};

/// Marks the prospect as converted, unless somebody else did so meanwhile: then their deal
/// is the answer, whatever became of ours.
pub async fn finish<Request, Answer>(
    service: &Accounts,
    call: &Call,
    request: &Request,
    wish: &Wish,
    deal: Option<Result<OpportunityId, Error>>,
    answer: impl Fn(proto::Prospect) -> Answer,
) -> Result<Answer, Error>
where
    Request: Message + Mutation,
    Answer: Message + Default,
{
    service
        .mutations
        .run(call, request, async |w: &mut Writer<'_>| {
            let before = row::lock(w, call, wish.prospect).await?;
            let after = match (before.record.state(), deal) {
                (ProspectState::Converting, Some(deal)) => mark(w, call, &before, deal?).await?,
                _ => before,
            };
            Ok(answer(after.record))
        })
        .await
}

async fn mark(
    w: &mut Writer<'_>,
    call: &Call,
    before: &Prospect,
    deal: OpportunityId,
) -> Result<Prospect, Error> {
    let after = converted(before.clone(), call, deal.to_string());
    row::update(w, [&after]).await?;
    update(w, before, deal).await?;
    let change = ProspectConverted {
        before: Some(before.to_event()),
        after: Some(after.to_event()),
    };
    w.record(after.name().to_string(), after.version, &change);
    Ok(after)
}

fn converted(mut prospect: Prospect, call: &Call, opportunity: String) -> Prospect {
    let conversion = prospect.record.conversion.get_or_insert_default();
    conversion.opportunity = opportunity;
    conversion.convert_time = Some(wire::timestamp(call.now));
    prospect.record.set_state(ProspectState::Converted);
    prospect.touched(call.now)
}

/// The answer of a conversion that is only checked: there is no opportunity to name.
pub fn foreseen(begun: Prospect, call: &Call) -> proto::Prospect {
    converted(begun, call, String::new()).record
}

async fn update(
    connection: &mut PgConnection,
    prospect: &Prospect,
    deal: OpportunityId,
) -> Result<(), Error> {
    sqlx::query!(
        "update accounts.prospect_conversion set opportunity_id = $2 where prospect_id = $1",
        prospect.id,
        deal.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
