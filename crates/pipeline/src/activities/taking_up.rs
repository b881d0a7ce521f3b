//! Activities that take up what earlier ones left to do: once they are done, it is settled (T9).

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ActivityState, NextActionOutcome};
use uuid::Uuid;

use crate::activity::{self, Activity, row};
use crate::error::Error;
use crate::opportunity::Opportunity;

/// Settles the next actions that an activity takes up, and opens again those that it does not any
/// more. `message` is where the request has the activity.
///
/// # Errors
/// `INVALID_REQUEST` for a name that is newly taken up and left nothing open.
pub async fn follow(
    w: &mut Writer<'_>,
    call: &Call,
    parent: &Opportunity,
    before: Option<&Activity>,
    after: &Activity,
    message: &str,
) -> Result<(), Error> {
    let was = before.map_or(&[][..], |it| it.said.takes_up.as_slice());
    let is = after.said.takes_up.as_slice();
    let others = others(w, after, was.iter().chain(is)).await?;
    let find = |name: &String| others.iter().find(|other| other.name() == *name);
    let mut bad = Violations::default();
    for (n, name) in is
        .iter()
        .enumerate()
        .filter(|(_, name)| !was.contains(name))
    {
        if !find(name).is_some_and(Activity::has_open_next_action) {
            let why = "must be another activity of this opportunity with an open next action";
            bad.add(format!("{message}.takes_up[{n}]"), why);
        }
    }
    bad.finish()?;
    if after.state() != ActivityState::Done {
        return Ok(());
    }
    for other in is.iter().filter_map(find) {
        if other.has_open_next_action() {
            settle(w, call, parent, other, Some(taken_up(call, after))).await?;
        }
    }
    let dropped = was.iter().filter(|name| !is.contains(name));
    for other in dropped.filter_map(find).filter(|it| is_taken_by(it, after)) {
        settle(w, call, parent, other, None).await?;
    }
    Ok(())
}

/// The other activities of the deal that are named.
async fn others(
    w: &mut Writer<'_>,
    activity: &Activity,
    names: impl Iterator<Item = &String>,
) -> Result<Vec<Activity>, Error> {
    let deal = activity.opportunity;
    let ids: Vec<Uuid> = names
        .filter_map(|name| activity::id_of(deal, name))
        .filter(|id| *id != activity.id)
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = row::fetch(w, &ids).await?;
    found.retain(|other| other.opportunity == deal);
    Ok(found)
}

fn taken_up(call: &Call, by: &Activity) -> proto::NextActionSettlement {
    proto::NextActionSettlement {
        outcome: NextActionOutcome::TakenUp.into(),
        note: String::new(),
        activity: by.name(),
        actor: call.principal.subject.clone(),
        settle_time: Some(wire::timestamp(call.now)),
    }
}

fn is_taken_by(other: &Activity, by: &Activity) -> bool {
    let next = other.said.next_action.as_ref();
    let settlement = next.and_then(|next| next.settlement.as_ref());
    settlement.is_some_and(|it| it.activity == by.name())
}

async fn settle(
    w: &mut Writer<'_>,
    call: &Call,
    parent: &Opportunity,
    before: &Activity,
    settlement: Option<proto::NextActionSettlement>,
) -> Result<(), Error> {
    let mut after = before.clone();
    if let Some(next) = &mut after.said.next_action {
        next.settlement = settlement;
    }
    after.touch(call.now);
    row::save(w, &after).await?;
    let changed = after.changed(before, parent.to_proto(), "");
    w.record(after.name(), after.version, &changed);
    Ok(())
}
