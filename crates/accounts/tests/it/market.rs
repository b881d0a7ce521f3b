//! Segments and competitors for tests: clients, criteria, the reaction, and deals that end.

use std::future::Future;
use std::time::Duration;

use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::consumer;
use keynode_kit::error::Fault;
use keynode_kit::log::Origin;
use keynode_kit::mutation::Writer;
use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::competitors_service_client::CompetitorsServiceClient;
use keynode_proto::accounts::v1::segment_criterion::{AnyOf, Condition, NumberRange, OneOfNames};
use keynode_proto::accounts::v1::segments_service_client::SegmentsServiceClient;
use keynode_proto::accounts::v1::*;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::{Opportunity, OpportunityChanged, OpportunityStatus};
use prost::{Message, Name};

use super::world::{World, take};

/// Longer than any transaction of another test holds the log back.
const PATIENCE: Duration = Duration::from_secs(60);

impl World {
    pub fn segments(&self, caller: &Caller) -> SegmentsServiceClient<Channel> {
        SegmentsServiceClient::new(self.server.connect(caller))
    }

    pub fn competitors(&self, caller: &Caller) -> CompetitorsServiceClient<Channel> {
        CompetitorsServiceClient::new(self.server.connect(caller))
    }

    /// Follows the log until the test ends, as two replicas do.
    pub fn react(&self) {
        for _replica in 0..2 {
            let (service, settings) = (self.service.clone(), eager());
            tokio::spawn(async move { service.react(settings, std::future::pending()).await });
        }
    }

    /// Declares a segment as the administrator.
    pub async fn segment(&self, criteria: Vec<SegmentCriterion>) -> Segment {
        let request = creating(criteria);
        take(self.segments(&self.admin).create_segment(request).await)
            .segment
            .unwrap()
    }

    pub async fn competitor(&self, display_name: &str) -> Competitor {
        let request = CreateCompetitorRequest {
            competitor: Some(Competitor {
                display_name: display_name.to_owned(),
                ..Competitor::default()
            }),
            ..Default::default()
        };
        take(
            self.competitors(&self.admin)
                .create_competitor(request)
                .await,
        )
        .competitor
        .unwrap()
    }

    /// Writes an event as the service does that keeps the subject.
    pub async fn publish<M: Message + Name>(&self, subject: &str, sequence: i64, change: &M) {
        let origin = Origin {
            tenant: self.tenant,
            service: "pipeline",
            actor: self.admin.person_name(),
            cause: String::new(),
            trace_id: String::new(),
            occurred_at: Clock::system().now(),
        };
        let mut tx = self.db.begin(self.tenant).await.unwrap();
        let mut writer = Writer::new(&mut tx, Clock::system());
        writer.record(subject, sequence, change);
        writer.append(&origin).await.unwrap();
        tx.finish(Ok::<_, Fault>(())).await.unwrap();
    }

    /// Publishes a deal that was brought in or changed.
    pub async fn deal(&self, deal: &Opportunity, version: i64) {
        let change = OpportunityChanged {
            before: None,
            after: Some(deal.clone()),
            ..OpportunityChanged::default()
        };
        self.publish(&deal.name, version, &change).await;
    }
}

fn eager() -> consumer::Settings {
    consumer::Settings {
        poll: Duration::from_millis(20),
        ..Default::default()
    }
}

/// Asks until the answer is what it is to become.
pub async fn eventually<T, F>(ask: impl Fn() -> F, done: impl Fn(&T) -> bool) -> T
where
    F: Future<Output = T>,
    T: std::fmt::Debug,
{
    let asked = tokio::time::Instant::now();
    loop {
        let answer = ask().await;
        if done(&answer) {
            return answer;
        }
        assert!(asked.elapsed() < PATIENCE, "still {answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn creating(criteria: Vec<SegmentCriterion>) -> CreateSegmentRequest {
    CreateSegmentRequest {
        segment: Some(Segment {
            display_name: "化工大客户".to_owned(),
            criteria,
            ..Segment::default()
        }),
        ..Default::default()
    }
}

pub fn criterion(condition: Condition) -> SegmentCriterion {
    SegmentCriterion {
        condition: Some(condition),
    }
}

pub fn industry(word: &str) -> SegmentCriterion {
    criterion(Condition::Industry(AnyOf {
        values: vec![word.to_owned()],
    }))
}

pub fn staff(at_least: i64) -> SegmentCriterion {
    criterion(Condition::EmployeeCount(NumberRange {
        min: Some(at_least),
        max: None,
    }))
}

pub fn within(account: &str) -> SegmentCriterion {
    criterion(Condition::Within(OneOfNames {
        names: vec![account.to_owned()],
    }))
}

pub fn yuan(units: i64) -> Option<Money> {
    Some(Money {
        currency_code: "CNY".to_owned(),
        units,
        nanos: 0,
    })
}

/// A deal of `owner` with a customer that ended on a day of 2026.
pub fn ended(owner: &Caller, account: &str, status: OpportunityStatus, units: i64) -> Opportunity {
    let closed = "2026-03-01T12:00:00Z".parse().unwrap();
    Opportunity {
        name: super::world::nobody("opportunities"),
        account: account.to_owned(),
        owner: owner.person_name(),
        status: status.into(),
        amount: yuan(units),
        close_time: Some(keynode_kit::wire::timestamp(closed)),
        ..Opportunity::default()
    }
}
