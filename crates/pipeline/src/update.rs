//! `UpdateOpportunity`: changes what a caller may say of a deal.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{
    OpportunityChanged, UpdateOpportunityRequest, UpdateOpportunityResponse,
};

use crate::customer::{self, Customers};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Change, Opportunity};
use crate::owner::Owners;
use crate::terms::{ANY_STEP, Field, Terms};
use crate::{Pipeline, attribute};

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: UpdateOpportunityRequest,
) -> Result<UpdateOpportunityResponse, Error> {
    let message = request.opportunity.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("opportunity.name", &message.name);
    let news = Terms::read(&mut bad, "opportunity", &message, ANY_STEP);
    let fields = fields(&mut bad, &request, &news);
    bad.finish()?;
    let named = news.account.filter(|_| fields.contains(&Field::Account));
    let customers = Customers::ask(&pipeline.peers, call, named).await;
    let given = news.owner.filter(|_| fields.contains(&Field::Owner));
    let owners = Owners::ask(&pipeline.peers, call, given).await;
    pipeline
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            if named.is_some() {
                customer::hold(w).await?;
            }
            let before = opportunity::lock(w, call, id, &message.etag).await?;
            let steps = pipeline.process_of(w, call, &before).await?.track().last;
            let mut terms = before.terms.clone().with(&fields, news);
            // An account that stays is nobody's question.
            if let Some(named) = named.filter(|_| terms.account != before.terms.account) {
                terms.account = Some(customers?.current(w).await?.find(named)?);
            }
            let mut bad = check(call, &before.terms, &terms, steps);
            if terms.attributes != before.terms.attributes {
                let declared = attribute::declared(w).await?;
                terms.check_attributes(&mut bad, &message, &before.terms.attributes, &declared);
            }
            bad.finish()?;
            // Nor is an owner.
            if terms.owner != before.terms.owner {
                owners?.check(given)?;
            }
            let old = before.terms.clone();
            let after = change(w, call, before, |after| after.terms = terms).await?;
            let changed = Change {
                before: Some(&old),
                after: &after,
            };
            opportunity::index(w, call.tenant()?, &[changed]).await?;
            Ok(UpdateOpportunityResponse {
                opportunity: Some(after.to_proto()),
            })
        })
        .await
}

/// The fields that are to change: those of the mask, or every one that is set.
fn fields(bad: &mut Violations, request: &UpdateOpportunityRequest, news: &Terms) -> Vec<Field> {
    let paths = request
        .update_mask
        .as_ref()
        .map(|mask| mask.paths.as_slice())
        .unwrap_or_default();
    if paths.is_empty() {
        return news.set_fields();
    }
    let read = |path: &String| {
        let field = Field::parse(path);
        if field.is_none() {
            bad.add(
                "update_mask",
                format!("{path:?} is no field that can be changed here"),
            );
        }
        field
    };
    paths.iter().filter_map(read).collect()
}

fn check(call: &Call, before: &Terms, after: &Terms, steps: i32) -> Violations {
    let mut bad = Violations::default();
    after.check_name(&mut bad, "opportunity");
    after.check_keys(&mut bad, "opportunity");
    after.check_owner(&mut bad, "opportunity", call, before.team);
    if after.entry_buying_step != before.entry_buying_step {
        let field = "opportunity.entry_buying_step";
        if before.entry_buying_step.is_some() {
            bad.add(field, "is set once and stays");
        }
        bad.range(
            field,
            after.entry_buying_step.unwrap_or_default().into(),
            0..=steps.into(),
        );
    }
    bad
}

/// Changes a locked deal without moving it, with its event; no change, no event.
///
/// # Errors
/// A unique violation of `opportunity_external_key`.
pub async fn change(
    w: &mut Writer<'_>,
    call: &Call,
    before: Opportunity,
    work: impl FnOnce(&mut Opportunity),
) -> Result<Opportunity, Error> {
    change_because(w, call, before, "", work).await
}

/// The same with a reason, which stands in the event.
///
/// # Errors
/// As [`change`].
pub async fn change_because(
    w: &mut Writer<'_>,
    call: &Call,
    before: Opportunity,
    reason: &str,
    work: impl FnOnce(&mut Opportunity),
) -> Result<Opportunity, Error> {
    let mut after = before.clone();
    work(&mut after);
    if after == before {
        return Ok(before);
    }
    after.touch(call.now);
    opportunity::save(w, &[&after]).await?;
    record_because(w, &before, &after, reason);
    Ok(after)
}

/// Notes that a deal changed.
pub fn record(w: &mut Writer<'_>, before: &Opportunity, after: &Opportunity) {
    record_because(w, before, after, "");
}

fn record_because(w: &mut Writer<'_>, before: &Opportunity, after: &Opportunity, reason: &str) {
    let changed = OpportunityChanged {
        before: Some(before.to_proto()),
        after: Some(after.to_proto()),
        reason: reason.to_owned(),
    };
    w.record(after.id.to_string(), after.version, &changed);
}
