//! The hearing of a deal before a move: what its key nodes say, with the facts of other
//! services fetched before the transaction opens and only as far as criteria name them.

use std::sync::Arc;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1 as proto;

use crate::Pipeline;
use crate::dossier::Dossier;
use crate::error::{Error, NotReached, Unmet};
use crate::gate::{self, Evaluation, Facts, Gate, Judgement, Needs};
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::peers::Fetched;
use crate::process::{Process, Stage};
use crate::stage::{Blocked, Gates};
use crate::status;

/// What was fetched for a version of a deal.
#[derive(Debug)]
pub struct Prepared {
    pub opportunity: Opportunity,
    process: Arc<Process>,
    fetched: Fetched,
}

/// What the key nodes say of a deal.
#[derive(Debug)]
pub struct Hearing<'p> {
    /// Of the current stage.
    pub gate: Gate<'p>,
    /// Positions of earlier stages whose owed key node is reached by now.
    made_up: Vec<i32>,
    facts: Facts,
}

/// Reads a deal and fetches what its current key node needs, and what owed ones need that
/// pipeline's own facts do not rule out already: nothing is asked in vain.
///
/// # Errors
/// `OPPORTUNITY_NOT_FOUND`; `UNAVAILABLE` naming the service that does not answer.
pub async fn prepare(
    pipeline: &Pipeline,
    call: &Call,
    id: OpportunityId,
) -> Result<Prepared, Error> {
    let (opportunity, process, dossier) = pipeline
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            let opportunity = opportunity::read(tx, call, id).await?;
            let process = pipeline.process_of(tx, call, &opportunity).await?;
            let dossier = Dossier::load(tx, id).await?;
            Ok::<_, Error>((opportunity, process, dossier))
        })
        .await?;
    let needs = needs(&process, &opportunity, dossier)?;
    let fetched = pipeline.peers.fetch(call, id, needs).await?;
    Ok(Prepared {
        opportunity,
        process,
        fetched,
    })
}

impl Prepared {
    /// Whether the deal is in the stage that wins.
    pub fn is_to_win(&self) -> bool {
        self.opportunity.standing.position() == self.process.track().wins
    }

    /// Holds the deal, as it is now, with all that is recorded of it, against what was fetched.
    /// Where it changed since without moving it is heard by what was fetched before, as long as
    /// that is all that it needs: whoever writes without end keeps nobody from being heard.
    ///
    /// # Errors
    /// `CONFLICT` when the deal moved since, or needs other facts now.
    pub fn hear<'p>(
        &self,
        now: &Opportunity,
        dossier: Dossier,
        process: &'p Process,
    ) -> Result<Hearing<'p>, Error> {
        if now.version != self.opportunity.version && !self.suffices(now, &dossier, process)? {
            return Err(Error::Conflict(now.id.to_string()));
        }
        let fetched = self.fetched.clone();
        let facts = Facts {
            map: fetched.map,
            evaluation: fetched.evaluation,
            ..now.facts(dossier)
        };
        let gate = gate::judge(now.stage_in(process)?, &facts);
        let reached = owed(process, now).filter(|stage| gate::judge(stage, &facts).is_reached());
        let made_up = reached.map(|stage| stage.position).collect();
        Ok(Hearing {
            gate,
            made_up,
            facts,
        })
    }

    fn suffices(
        &self,
        now: &Opportunity,
        dossier: &Dossier,
        process: &Process,
    ) -> Result<bool, Error> {
        let (then, fetched) = (&self.opportunity, &self.fetched);
        let is_moved = (&then.process, then.process_version, &then.standing)
            != (&now.process, now.process_version, &now.standing);
        let needs = needs(process, now, dossier.clone())?;
        Ok(!is_moved
            && (!needs.map || fetched.map.is_some())
            && (!needs.evaluation || fetched.evaluation.is_some()))
    }
}

fn needs(process: &Process, opportunity: &Opportunity, dossier: Dossier) -> Result<Needs, Error> {
    if opportunity.standing.status().is_over() {
        return Ok(Needs::default());
    }
    let own = opportunity.facts(dossier);
    let current = gate::judge(opportunity.stage_in(process)?, &own).needs();
    let owed = owed(process, opportunity).map(|stage| gate::judge(stage, &own));
    Ok(owed
        .filter(Gate::is_within_reach)
        .fold(current, |needs, gate| needs.and(gate.needs())))
}

/// Stages that were left and whose key node is still missing.
fn owed<'p>(process: &'p Process, opportunity: &Opportunity) -> impl Iterator<Item = &'p Stage> {
    opportunity
        .standing
        .owed()
        .filter_map(|position| process.stage_at(position))
}

impl Hearing<'_> {
    /// What deciding a move needs to know.
    pub fn gates(&self) -> Gates {
        Gates {
            unmet: self.gate.unmet_ids(),
            made_up: self.made_up.clone(),
        }
    }

    /// The grade that the latest evaluation gave, if one was looked at and gave one.
    pub fn grade(&self) -> Option<String> {
        self.judgement()
            .map(|judgement| judgement.grade.clone())
            .filter(|grade| !grade.is_empty())
    }

    /// The versions that a judgement saw.
    pub fn basis(&self, opportunity: &Opportunity) -> proto::DecisionBasis {
        basis(opportunity, &self.facts)
    }

    /// The refusal of a move.
    pub fn refusal(&self, opportunity: &Opportunity, blocked: &Blocked) -> Error {
        let (id, stage) = (opportunity.id, opportunity.stage.clone());
        match blocked {
            Blocked::KeyNodeNotReached => self.not_reached(id),
            Blocked::KeyNodeReached => Error::KeyNodeReached {
                opportunity: id,
                stage,
            },
            Blocked::NotForcible => Error::StageNotForcible {
                opportunity: id,
                stage,
            },
            Blocked::Open | Blocked::NotEarlier => Error::StageNotEarlier {
                opportunity: id,
                stage,
            },
            Blocked::Closed(status) => Error::OpportunityClosed {
                opportunity: id,
                status: status::name(status::kind(*status)),
            },
        }
    }

    /// Lists everything that is missing.
    fn not_reached(&self, opportunity: OpportunityId) -> Error {
        let unmet = self.gate.unmet().map(|finding| Unmet {
            criterion: finding.criterion.id.clone(),
            explanation: finding.criterion.explanation.clone(),
            observed: finding.observed.clone(),
        });
        let stage = self.gate.stage.id.clone();
        let lacking = self.gate.work.as_ref().filter(|share| !share.is_enough());
        let promised = self.gate.open_promises.as_ref();
        let promised = promised.filter(|open| !open.is_empty());
        Error::KeyNodeNotReached(Box::new(NotReached {
            opportunity,
            stage,
            unmet: unmet
                .chain(lacking.map(Unmet::work))
                .chain(promised.map(|open| Unmet::promises(open)))
                .collect(),
        }))
    }

    fn judgement(&self) -> Option<&Judgement> {
        judgement(&self.facts)
    }
}

/// The versions that stand behind facts.
pub fn basis(opportunity: &Opportunity, facts: &Facts) -> proto::DecisionBasis {
    let judgement = judgement(facts);
    proto::DecisionBasis {
        process: crate::process::name(&opportunity.process),
        process_version: opportunity.process_version,
        opportunity_version: opportunity.version,
        decision_map_version: facts
            .map
            .as_ref()
            .map(|map| map.version)
            .unwrap_or_default(),
        evaluation: judgement
            .map(|judgement| judgement.name.clone())
            .unwrap_or_default(),
        evaluation_model_version: judgement
            .map(|judgement| judgement.model_version)
            .unwrap_or_default(),
    }
}

/// A key node and what was seen, for the wire.
pub fn to_proto(gate: &Gate<'_>, basis: proto::DecisionBasis) -> proto::GateResult {
    let criteria = gate.findings.iter().map(|finding| proto::CriterionResult {
        criterion: Some(finding.criterion.to_proto()),
        verdict: finding.verdict.into(),
        observed: finding.observed.clone(),
    });
    proto::GateResult {
        stage: gate.stage.id.clone(),
        stage_position: gate.stage.position,
        reached: gate.is_reached(),
        criteria: criteria.collect(),
        basis: Some(basis),
        work: gate.work.as_ref().map(|share| proto::WorkShare {
            required_percent: share.required,
            done_percent: share.done,
            missing: share.missing.clone(),
        }),
        open_promises: gate
            .open_promises
            .clone()
            .map(|promises| proto::OpenPromises { promises }),
    }
}

fn judgement(facts: &Facts) -> Option<&Judgement> {
    match &facts.evaluation {
        Some(Evaluation::Made(judgement)) => Some(judgement),
        Some(Evaluation::Never) | None => None,
    }
}

#[cfg(test)]
mod tests;
