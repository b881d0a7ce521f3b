//! What other services know. Facts that criteria rest on are fetched as this service itself:
//! whoever sees the deal gets one judgement from all facts, whatever they may read there.
//! Which accounts there are is asked as the caller, who names only those that they see.

mod directory;

use keynode_kit::call::Call;
use keynode_kit::client::Channel;
use keynode_kit::error::Fault;
use keynode_proto::accounts::v1::accounts_service_client::AccountsServiceClient;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::{
    AnalyzeDecisionMapRequest, BatchGetAccountsRequest, BatchGetAccountsResponse,
    DecisionMapAnalysis,
};
use keynode_proto::common::v1::ErrorReason as CommonReason;
use keynode_proto::scoring::v1 as scoring;
use keynode_proto::scoring::v1::evaluations_service_client::EvaluationsServiceClient;
use tonic::{Code, Response, Status};

pub use self::directory::Person;
use crate::error::Error;
use crate::gate::{DecisionMap, Evaluation, Judgement, Needs, Outcome};
use crate::ids::OpportunityId;

/// Bytes of a thousand accounts at most: each is bounded by what a call may bring in.
const MOST_ACCOUNTS: usize = 256 << 20;

/// The services that are asked; cheap to clone.
#[derive(Clone, Debug)]
pub struct Peers {
    pub accounts: Channel,
    pub scoring: Channel,
}

/// What was fetched.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    pub map: Option<DecisionMap>,
    pub evaluation: Option<Evaluation>,
}

impl Peers {
    /// Fetches what is needed and no more, at the same time.
    ///
    /// # Errors
    /// `UNAVAILABLE` naming the service that does not answer.
    pub async fn fetch(
        &self,
        call: &Call,
        id: OpportunityId,
        needs: Needs,
    ) -> Result<Fetched, Error> {
        let map = async {
            if needs.map {
                self.decision_map(call, id).await.map(Some)
            } else {
                Ok(None)
            }
        };
        let evaluation = async {
            if needs.evaluation {
                self.evaluation(call, id).await.map(Some)
            } else {
                Ok(None)
            }
        };
        let (map, evaluation) = tokio::try_join!(map, evaluation)?;
        Ok(Fetched { map, evaluation })
    }

    /// The accounts by these names, at most 1000, as the caller sees them.
    ///
    /// # Errors
    /// `UNAVAILABLE` when accounts does not answer, `PERMISSION_DENIED` when the caller may
    /// read no accounts.
    pub async fn accounts(
        &self,
        call: &Call,
        names: Vec<String>,
    ) -> Result<BatchGetAccountsResponse, Error> {
        let mut client = AccountsServiceClient::new(self.accounts.for_call(call))
            .max_decoding_message_size(MOST_ACCOUNTS);
        let request = BatchGetAccountsRequest { names };
        match client.batch_get_accounts(request).await {
            Err(status) if status.code() == Code::PermissionDenied => Err(denied().into()),
            answer => Ok(found("accounts", answer)?
                .ok_or_else(|| Fault::internal("accounts does not know its own method"))?),
        }
    }

    /// No map is an empty one: nothing is known.
    async fn decision_map(&self, call: &Call, id: OpportunityId) -> Result<DecisionMap, Error> {
        let mut client = DecisionMapsServiceClient::new(own(&self.accounts, call));
        let request = AnalyzeDecisionMapRequest {
            name: format!("{id}/decisionMap"),
        };
        let answer = found("accounts", client.analyze_decision_map(request).await)?;
        Ok(answer
            .and_then(|answer| answer.analysis)
            .map(DecisionMap::from)
            .unwrap_or_default())
    }

    async fn evaluation(&self, call: &Call, id: OpportunityId) -> Result<Evaluation, Error> {
        let mut client = EvaluationsServiceClient::new(own(&self.scoring, call));
        let request = scoring::GetLatestEvaluationRequest {
            opportunity: id.to_string(),
        };
        let answer = found("scoring", client.get_latest_evaluation(request).await)?;
        Ok(answer
            .and_then(|answer| answer.evaluation)
            .map_or(Evaluation::Never, Evaluation::from))
    }
}

fn denied() -> Fault {
    Fault::new(
        Code::PermissionDenied,
        CommonReason::PermissionDenied.as_str_name(),
        "a deal with a customer needs the right to read the account; ask for the permission",
    )
    .zh("无权读取该客户,请申请权限")
    .with("service", "accounts")
}

/// In the tenant, the time and the trace of the call.
fn own(peer: &Channel, call: &Call) -> Channel {
    peer.for_call(call).as_service(call.principal.tenant)
}

/// What a peer answered; none when it has no such thing.
fn found<T>(peer: &'static str, answer: Result<Response<T>, Status>) -> Result<Option<T>, Error> {
    let status = match answer {
        Ok(answer) => return Ok(Some(answer.into_inner())),
        Err(status) => status,
    };
    match status.code() {
        Code::NotFound => Ok(None),
        Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Cancelled => {
            tracing::warn!(peer, code = ?status.code(), "a peer does not answer");
            Err(Error::PeerUnavailable(peer))
        }
        code => {
            Err(Fault::internal(format!("{peer} answered {code:?}: {}", status.message())).into())
        }
    }
}

impl From<DecisionMapAnalysis> for DecisionMap {
    fn from(analysis: DecisionMapAnalysis) -> Self {
        let unreached = analysis
            .decision_makers
            .iter()
            .filter(|reach| reach.path.is_none());
        Self {
            version: analysis.map_version,
            has_coach: analysis.has_coach,
            decision_maker_known: analysis.decision_maker_known,
            unreached: unreached.map(|reach| reach.display_name.clone()).collect(),
            names_key_persons: analysis.decision_maker_known
                || !analysis.key_persons_without_contact.is_empty()
                || analysis.unknown_weight < 100,
            unmet_key_persons: analysis.key_persons_without_contact.len(),
        }
    }
}

impl From<scoring::Evaluation> for Evaluation {
    fn from(evaluation: scoring::Evaluation) -> Self {
        let outcome = match evaluation.result() {
            scoring::EvaluationResult::Go => Outcome::Go,
            scoring::EvaluationResult::NoGo => Outcome::NoGo,
            scoring::EvaluationResult::Unspecified
            | scoring::EvaluationResult::InsufficientInformation => {
                Outcome::InsufficientInformation
            }
        };
        Self::Made(Judgement {
            name: evaluation.name,
            model_version: evaluation.model_version,
            outcome,
            grade: evaluation.grade,
        })
    }
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::{DecisionMakerReach, InfluencePath};

    use super::*;

    #[test]
    fn a_decision_maker_without_a_path_is_unreached() {
        let reach = |name: &str, path: Option<InfluencePath>| DecisionMakerReach {
            display_name: name.to_owned(),
            path,
            ..DecisionMakerReach::default()
        };
        let map = DecisionMap::from(DecisionMapAnalysis {
            map_version: 4,
            decision_maker_known: true,
            decision_makers: vec![
                reach("甲", Some(InfluencePath::default())),
                reach("乙", None),
            ],
            ..DecisionMapAnalysis::default()
        });
        assert_eq!(map.unreached, ["乙"]);
        assert_eq!(map.version, 4);
    }

    #[test]
    fn an_unknown_result_judges_nothing() {
        let evaluation = scoring::Evaluation {
            result: 99,
            grade: "A".to_owned(),
            ..Default::default()
        };
        let Evaluation::Made(judgement) = Evaluation::from(evaluation) else {
            panic!("it was made")
        };
        assert_eq!(judgement.outcome, Outcome::InsufficientInformation);
    }

    #[test]
    fn what_a_peer_has_not_is_none_and_silence_is_unavailable() {
        assert!(
            found::<()>("scoring", Err(Status::not_found("x")))
                .unwrap()
                .is_none()
        );
        let silent = found::<()>("scoring", Err(Status::unavailable("x")));
        assert!(matches!(silent, Err(Error::PeerUnavailable("scoring"))));
    }
}
