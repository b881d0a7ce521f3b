//! Which events are worth telling whom. Pure: an entry of the log in, drafts out.

use keynode_kit::error::Fault;
use keynode_kit::log::Entry;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::notification::v1::Urgency;
use keynode_proto::pipeline::v1::{
    ActivityChanged, ActivityRecorded, ActivityState, MoveKind, Opportunity, OpportunityChanged,
    OpportunityStageMoved, OpportunityStalled, OpportunityStatus,
};
use keynode_proto::scoring::v1::{EvaluationResult, OpportunityEvaluated};
use prost::Name as _;
use serde_json::{Value, json};

use crate::notice::Capacity;

/// Something to tell someone, before it is known who that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub kind: &'static str,
    /// The deal's owner, `people/{id}`; nobody is told of a deal without one.
    pub owner: String,
    /// What it is about.
    pub subject: String,
    /// Whom, and how soon each should look.
    pub audience: Vec<(Capacity, Urgency)>,
    /// What the texts are filled with.
    pub facts: Value,
}

/// Reads an entry and says what is worth telling.
///
/// # Errors
/// `INTERNAL` when the entry's bytes are not what its type says.
pub fn drafts(entry: &Entry) -> Result<Vec<Draft>, Fault> {
    let found = match entry.r#type.as_str() {
        t if t == OpportunityStageMoved::full_name() => {
            read(entry)?.and_then(|m| moved(m, &entry.actor))
        }
        t if t == OpportunityChanged::full_name() => read(entry)?.and_then(customer_ahead),
        t if t == ActivityRecorded::full_name() => read(entry)?.and_then(no_next_action),
        t if t == OpportunityStalled::full_name() => read(entry)?.and_then(stalled),
        t if t == ActivityChanged::full_name() => read(entry)?.and_then(done_without_next_action),
        t if t == OpportunityEvaluated::full_name() => {
            read(entry)?.map(|m| evaluated(m, &entry.actor))
        }
        _ => None,
    };
    Ok(found
        .into_iter()
        .filter(|draft| !draft.owner.is_empty() && !draft.audience.is_empty())
        .collect())
}

fn read<M: prost::Message + prost::Name + Default>(entry: &Entry) -> Result<Option<M>, Fault> {
    entry.message().map_err(Fault::internal)
}

fn about(
    deal: &Opportunity,
    kind: &'static str,
    audience: Vec<(Capacity, Urgency)>,
    facts: Value,
) -> Draft {
    Draft {
        kind,
        owner: deal.owner.clone(),
        subject: deal.name.clone(),
        audience,
        facts,
    }
}

/// The owner need not be told of what they did themselves.
fn owner_unless_actor(owner: &str, actor: &str, urgency: Urgency) -> Option<(Capacity, Urgency)> {
    (owner != actor).then_some((Capacity::Owner, urgency))
}

fn moved(event: OpportunityStageMoved, actor: &str) -> Option<Draft> {
    let (step, deal) = (event.r#move?, event.after?);
    if step.imported {
        return None;
    }
    let facts = json!({
        "deal": deal.display_name,
        "from": localized(event.from_stage_name), "to": localized(event.to_stage_name),
        "reason": step.reason, "unmet": listed(&step.unmet_criteria),
    });
    let ended = (step.from_status() != step.to_status()).then(|| step.to_status());
    let (kind, owner, manager) = match (step.kind(), ended) {
        _ if step.forced => ("forced_advance", Urgency::Normal, Urgency::High),
        (MoveKind::Lose, _) => ("lost", Urgency::Normal, Urgency::Normal),
        (MoveKind::Abandon, _) => ("abandoned", Urgency::Normal, Urgency::Normal),
        (MoveKind::Retreat, _) => ("stepped_back", Urgency::Normal, Urgency::Normal),
        (MoveKind::Reopen, _) => ("reopened", Urgency::Normal, Urgency::Low),
        (MoveKind::ChangeProcess, _) => ("process_changed", Urgency::Normal, Urgency::Low),
        (_, Some(OpportunityStatus::Won)) => ("won", Urgency::Normal, Urgency::Normal),
        (_, Some(OpportunityStatus::Completed)) => ("completed", Urgency::Normal, Urgency::Low),
        _ => ("stage_moved", Urgency::Normal, Urgency::Low),
    };
    let audience = owner_unless_actor(&deal.owner, actor, owner)
        .into_iter()
        .chain([(Capacity::Manager, manager)])
        .collect();
    Some(about(&deal, kind, audience, facts))
}

/// R4: the customer got further ahead of our key nodes than it was.
fn customer_ahead(event: OpportunityChanged) -> Option<Draft> {
    let (before, deal) = (event.before?, event.after?);
    let (was, lag) = (before.lag.unwrap_or(0), deal.lag.unwrap_or(0));
    if lag <= was {
        return None;
    }
    let step = deal.buying_step.as_ref().map_or(0, |s| s.step);
    let facts = json!({
        "deal": deal.display_name, "step": step, "lag": lag, "owed": deal.effective_stage_position,
    });
    let audience = vec![
        (Capacity::Owner, Urgency::High),
        (Capacity::Manager, Urgency::Normal),
    ];
    Some(about(&deal, "buying_step_ahead", audience, facts))
}

/// Nothing happened for as long as the stage allows.
fn stalled(event: OpportunityStalled) -> Option<Draft> {
    let deal = event.opportunity?;
    let facts = json!({
        "deal": deal.display_name, "stage": localized(event.stage_name), "days": event.idle_days,
    });
    let audience = vec![
        (Capacity::Owner, Urgency::High),
        (Capacity::Manager, Urgency::Normal),
    ];
    Some(about(&deal, "stalled", audience, facts))
}

/// T9: a planned activity that was done and leaves no dated next action.
fn done_without_next_action(event: ActivityChanged) -> Option<Draft> {
    let was = event.before?.state();
    no_next_action(ActivityRecorded {
        after: event.after,
        opportunity: event.opportunity,
    })
    .filter(|_| was == ActivityState::Planned)
}

/// T9: an activity that leaves no dated next action. Before it is done it cannot leave one.
fn no_next_action(event: ActivityRecorded) -> Option<Draft> {
    let (activity, deal) = (event.after?, event.opportunity?);
    let is_done = matches!(
        activity.state(),
        // A release that knew no other state did not name it.
        ActivityState::Done | ActivityState::Unspecified
    );
    if !is_done || activity.next_action.is_some() || deal.status() != OpportunityStatus::Open {
        return None;
    }
    let facts = json!({ "deal": deal.display_name });
    Some(about(
        &deal,
        "no_next_action",
        vec![(Capacity::Owner, Urgency::Low)],
        facts,
    ))
}

fn evaluated(event: OpportunityEvaluated, actor: &str) -> Draft {
    let evaluation = event.after.unwrap_or_default();
    let result = match evaluation.result() {
        EvaluationResult::Go => "GO",
        EvaluationResult::NoGo => "NO_GO",
        _ => "INSUFFICIENT_INFORMATION",
    };
    let manager = (evaluation.result() == EvaluationResult::NoGo)
        .then_some((Capacity::Manager, Urgency::Normal));
    let grade = if evaluation.grade.is_empty() {
        "–"
    } else {
        &evaluation.grade
    };
    Draft {
        kind: "evaluated",
        subject: evaluation
            .name
            .split("/evaluations/")
            .next()
            .unwrap_or_default()
            .to_owned(),
        audience: owner_unless_actor(&event.owner, actor, Urgency::Normal)
            .into_iter()
            .chain(manager)
            .collect(),
        facts: json!({
            "deal": event.opportunity_display_name, "result": result, "grade": grade,
            "missing": listed(&evaluation.missing), "knock_outs": listed(&evaluation.knock_outs),
        }),
        owner: event.owner,
    }
}

fn localized(text: Option<LocalizedText>) -> Value {
    let text = text.unwrap_or_default();
    json!({ "zh": text.zh_cn, "en": text.en })
}

fn listed(items: &[String]) -> String {
    if items.is_empty() {
        "–".to_owned()
    } else {
        items.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use keynode_kit::call::TenantId;
    use keynode_kit::log::Cursor;
    use keynode_proto::pipeline::v1::{Activity, BuyingStepState, NextAction, StageMove};
    use keynode_proto::scoring::v1::Evaluation;
    use prost::{Message, Name};
    use uuid::Uuid;

    use super::*;

    fn entry<M: Message + Name>(actor: &str, message: &M) -> Entry {
        Entry {
            cursor: Cursor::default(),
            id: Uuid::nil(),
            tenant: TenantId(Uuid::nil()),
            service: "pipeline".into(),
            r#type: M::full_name(),
            subject: String::new(),
            sequence: 1,
            actor: actor.into(),
            cause: String::new(),
            trace_id: String::new(),
            occurred_at: Timestamp::UNIX_EPOCH,
            recorded_at: Timestamp::UNIX_EPOCH,
            data: message.encode_to_vec().into(),
        }
    }

    fn deal() -> Opportunity {
        Opportunity {
            name: "opportunities/1".into(),
            display_name: "宁夏".into(),
            owner: "people/owner".into(),
            status: OpportunityStatus::Open.into(),
            ..Opportunity::default()
        }
    }

    fn moved(step: StageMove) -> OpportunityStageMoved {
        OpportunityStageMoved {
            r#move: Some(step),
            before: Some(deal()),
            after: Some(deal()),
            ..OpportunityStageMoved::default()
        }
    }

    fn told<M: Message + Name>(actor: &str, message: &M) -> Vec<(&'static str, Vec<Capacity>)> {
        let drafts = drafts(&entry(actor, message)).unwrap();
        drafts
            .iter()
            .map(|d| (d.kind, d.audience.iter().map(|(who, _)| *who).collect()))
            .collect()
    }

    #[test]
    fn who_moved_a_deal_is_not_told_of_it_but_the_manager_is() {
        let step = moved(StageMove::default());
        assert_eq!(
            told("people/owner", &step),
            [("stage_moved", vec![Capacity::Manager])]
        );
        assert_eq!(
            told("people/x", &step),
            [("stage_moved", vec![Capacity::Owner, Capacity::Manager])]
        );
    }

    #[test]
    fn what_was_imported_is_told_to_nobody() {
        assert!(
            told(
                "people/x",
                &moved(StageMove {
                    imported: true,
                    ..StageMove::default()
                })
            )
            .is_empty()
        );
    }

    #[test]
    fn a_deal_without_owner_has_nobody_to_tell() {
        let after = Opportunity {
            owner: String::new(),
            ..deal()
        };
        let event = OpportunityStageMoved {
            after: Some(after),
            ..moved(StageMove::default())
        };
        assert!(told("people/x", &event).is_empty());
    }

    #[test]
    fn every_kind_has_its_texts_in_both_languages() {
        let of = |kind: MoveKind| StageMove {
            kind: kind.into(),
            ..StageMove::default()
        };
        let won = StageMove {
            to_status: OpportunityStatus::Won.into(),
            ..StageMove::default()
        };
        let completed = StageMove {
            from_status: OpportunityStatus::Won.into(),
            to_status: OpportunityStatus::Completed.into(),
            ..StageMove::default()
        };
        let step = BuyingStepState {
            step: 3,
            ..BuyingStepState::default()
        };
        let ahead = Opportunity {
            lag: Some(2),
            buying_step: Some(step),
            ..deal()
        };
        let evaluation = Evaluation {
            name: "opportunities/1/evaluations/2".into(),
            ..Evaluation::default()
        };
        let evaluated = OpportunityEvaluated {
            after: Some(evaluation),
            owner: "people/owner".into(),
            ..Default::default()
        };
        let entries = [
            entry("people/x", &moved(StageMove::default())),
            entry(
                "people/x",
                &moved(StageMove {
                    forced: true,
                    ..StageMove::default()
                }),
            ),
            entry("people/x", &moved(of(MoveKind::Lose))),
            entry("people/x", &moved(of(MoveKind::Abandon))),
            entry("people/x", &moved(of(MoveKind::Retreat))),
            entry("people/x", &moved(of(MoveKind::Reopen))),
            entry("people/x", &moved(of(MoveKind::ChangeProcess))),
            entry(
                "services/pipeline",
                &OpportunityStalled {
                    opportunity: Some(deal()),
                    idle_days: 5,
                    ..OpportunityStalled::default()
                },
            ),
            entry("people/x", &moved(won)),
            entry("people/x", &moved(completed)),
            entry(
                "people/x",
                &OpportunityChanged {
                    before: Some(deal()),
                    after: Some(ahead),
                    ..OpportunityChanged::default()
                },
            ),
            entry(
                "people/x",
                &ActivityRecorded {
                    after: Some(Activity::default()),
                    opportunity: Some(deal()),
                },
            ),
            entry("people/x", &evaluated),
        ];
        let mut kinds = Vec::new();
        for entry in &entries {
            for draft in drafts(entry).unwrap() {
                let (title, body) = crate::texts::render(draft.kind, &draft.facts).unwrap();
                assert!(
                    [title.zh_cn, title.en, body.zh_cn, body.en]
                        .iter()
                        .all(|text| !text.is_empty())
                );
                kinds.push(draft.kind);
            }
        }
        let all = [
            "stage_moved",
            "forced_advance",
            "lost",
            "abandoned",
            "stepped_back",
            "reopened",
            "process_changed",
            "stalled",
            "won",
            "completed",
            "buying_step_ahead",
            "no_next_action",
            "evaluated",
        ];
        assert_eq!(kinds, all);
    }

    #[test]
    fn a_planned_activity_needs_a_next_action_once_it_is_done() {
        let planned = Activity {
            state: ActivityState::Planned.into(),
            ..Activity::default()
        };
        let recorded = ActivityRecorded {
            after: Some(planned.clone()),
            opportunity: Some(deal()),
        };
        assert!(told("people/x", &recorded).is_empty());
        let becomes = |state: ActivityState| ActivityChanged {
            before: Some(planned.clone()),
            after: Some(Activity {
                state: state.into(),
                ..Activity::default()
            }),
            opportunity: Some(deal()),
            ..ActivityChanged::default()
        };
        assert_eq!(told("people/x", &becomes(ActivityState::Done)).len(), 1);
        for state in [ActivityState::Planned, ActivityState::Cancelled] {
            assert!(told("people/x", &becomes(state)).is_empty());
        }
        let mut corrected = becomes(ActivityState::Done);
        corrected.before.clone_from(&corrected.after);
        assert!(
            told("people/x", &corrected).is_empty(),
            "it was told before"
        );
    }

    #[test]
    fn an_activity_with_a_next_action_needs_no_word() {
        let activity = Activity {
            next_action: Some(NextAction::default()),
            ..Activity::default()
        };
        let event = ActivityRecorded {
            after: Some(activity),
            opportunity: Some(deal()),
        };
        assert!(told("people/x", &event).is_empty());
    }
}
