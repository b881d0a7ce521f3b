//! What an evaluation leads to that is not passed: give up, or lower the level of contact (R10).
//! Which of them, and whether by itself, says the process.

use keynode_kit::consumer::Reaction;
use keynode_kit::db::Tx;
use keynode_kit::error::{Explain as _, Fault};
use keynode_kit::log::{self, Entry};
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1::{
    ContactLevel, DecisionBasis, NoGoConsequence, OpportunityChanged, OpportunityStatus,
};
use keynode_proto::scoring::v1::{EvaluationResult, OpportunityEvaluated};

use crate::Pipeline;
use crate::error::Error;
use crate::follow::origin;
use crate::gate::Facts;
use crate::hearing;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::process::Process;
use crate::stage::{Move, decide};
use crate::stage_move::{self, Circumstances, Tracks};

const ACTOR: &str = "services/pipeline";

/// Follows the log for evaluations that are not passed.
#[derive(Debug)]
pub struct Evaluations {
    pub pipeline: Pipeline,
}

/// An evaluation that says NO_GO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoGo {
    deal: OpportunityId,
    evaluation: String,
    model_version: i32,
}

impl Reaction for Evaluations {
    type Effect = NoGo;

    /// One deal's turn at a time.
    const TOGETHER: usize = 1;

    async fn decide(&self, entry: &Entry) -> Result<Vec<NoGo>, Fault> {
        let event: Option<OpportunityEvaluated> = entry.message().map_err(Fault::internal)?;
        Ok(event.and_then(NoGo::of).into_iter().collect())
    }

    async fn prepare(&self, tx: &mut Tx, effects: &mut [NoGo]) -> Result<(), Fault> {
        let deals: Vec<String> = effects.iter().map(|it| it.deal.to_string()).collect();
        Ok(log::take_turn(tx, &deals).await?)
    }

    async fn apply(&self, tx: &mut Tx, entry: &Entry, effect: NoGo) -> Result<(), Fault> {
        let now = self.pipeline.clock.now();
        let mut w = Writer::new(tx, self.pipeline.clock.clone());
        self.follow(&mut w, entry, &effect)
            .await
            .map_err(|error| error.explain())?;
        Ok(w.append(&origin(entry, now)).await?)
    }
}

impl NoGo {
    fn of(event: OpportunityEvaluated) -> Option<Self> {
        let evaluation = event.after?;
        let (deal, _) = evaluation.name.split_once("/evaluations/")?;
        (evaluation.result() == EvaluationResult::NoGo).then_some(Self {
            deal: deal.parse().ok()?,
            model_version: evaluation.model_version,
            evaluation: evaluation.name,
        })
    }

    fn reason(&self) -> String {
        format!("{} says NO_GO", self.evaluation)
    }
}

impl Evaluations {
    async fn follow(&self, w: &mut Writer<'_>, entry: &Entry, no_go: &NoGo) -> Result<(), Error> {
        opportunity::lock_all(w, &[no_go.deal]).await?;
        let Some(deal) = opportunity::fetch(w, &[no_go.deal.0]).await?.pop() else {
            return Ok(());
        };
        let followed = (deal.process.as_str(), deal.process_version);
        let processes = &self.pipeline.processes;
        let process = processes.followed(w, entry.tenant, followed).await?;
        if deal.status() != OpportunityStatus::Open {
            return Ok(());
        }
        match process.no_go {
            NoGoConsequence::Unspecified => Ok(()),
            NoGoConsequence::GiveUp => self.give_up(w, &deal, &process, no_go).await,
            NoGoConsequence::LowerToBounded => {
                self.lower(w, deal, ContactLevel::Bounded, no_go).await
            }
            NoGoConsequence::LowerToWatch => self.lower(w, deal, ContactLevel::Watch, no_go).await,
            NoGoConsequence::LowerToLast => self.lower(w, deal, ContactLevel::Last, no_go).await,
        }
    }

    async fn give_up(
        &self,
        w: &mut Writer<'_>,
        deal: &Opportunity,
        process: &Process,
        no_go: &NoGo,
    ) -> Result<(), Error> {
        let now = self.pipeline.clock.now();
        let step = Move::Abandon {
            from: &deal.standing,
        };
        let moved = decide(process.track(), step, now)
            .map_err(|blocked| Fault::internal(format!("an open deal is {blocked:?}")))?;
        let circumstances = Circumstances {
            actor: ACTOR.to_owned(),
            now,
            reason: no_go.reason(),
            loss: None,
            basis: DecisionBasis {
                evaluation: no_go.evaluation.clone(),
                evaluation_model_version: no_go.model_version,
                ..hearing::basis(deal, &Facts::default())
            },
        };
        let tracks = Tracks::along(process);
        stage_move::move_on(w, deal, tracks, &moved, None, circumstances).await?;
        Ok(())
    }

    async fn lower(
        &self,
        w: &mut Writer<'_>,
        before: Opportunity,
        level: ContactLevel,
        no_go: &NoGo,
    ) -> Result<(), Error> {
        if before.contact_level as i32 >= level as i32 {
            return Ok(());
        }
        let mut after = before.clone();
        after.contact_level = level;
        after.touch(self.pipeline.clock.now());
        opportunity::save(w, &[&after]).await?;
        let changed = OpportunityChanged {
            before: Some(before.to_proto()),
            after: Some(after.to_proto()),
            reason: no_go.reason(),
        };
        w.record(after.id.to_string(), after.version, &changed);
        Ok(())
    }
}
