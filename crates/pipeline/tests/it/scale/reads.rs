//! Every read that is measured, and as whom.

use std::time::Duration;

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::attribute_value::Value;
use keynode_proto::pipeline::v1::*;

use super::load::{few, owner, team};
use crate::attributes::valued;
use crate::world::{Opportunities, World, date, money};

/// What 99 of 100 calls for a page stay below, and for a board. The aim is a fifth of the first:
/// machines that are shared are not measured by it.
const PAGE: Duration = Duration::from_millis(50);
const BOARD: Duration = Duration::from_millis(100);

/// A read with its name.
pub struct Read {
    pub name: String,
    pub within: Duration,
    /// Whether it answers something: few deals need not be of every kind.
    pub finds: bool,
    asker: Opportunities,
    ask: Ask,
}

enum Ask {
    List(ListOpportunitiesRequest),
    /// The page behind the first.
    Next(ListOpportunitiesRequest),
    Board(GetBoardRequest),
}

impl Read {
    /// Asks; answers how much came.
    pub async fn ask(&mut self) -> usize {
        self.try_ask().await.unwrap()
    }

    pub async fn try_ask(&mut self) -> Result<usize, tonic::Status> {
        match &self.ask {
            Ask::Board(request) => {
                let answer = self.asker.get_board(request.clone()).await?.into_inner();
                let counts = answer.stages.iter().map(|it| it.opportunity_count);
                Ok(counts.sum::<i64>() as usize)
            }
            Ask::List(request) => self.list(request.clone()).await.map(|it| it.0),
            Ask::Next(request) => {
                let request = request.clone();
                if request.page_token.is_empty() {
                    let (_, page_token) = self.list(request.clone()).await?;
                    self.ask = Ask::Next(ListOpportunitiesRequest {
                        page_token,
                        ..request.clone()
                    });
                    return Ok(1);
                }
                self.list(request).await.map(|it| it.0)
            }
        }
    }

    async fn list(
        &self,
        request: ListOpportunitiesRequest,
    ) -> Result<(usize, String), tonic::Status> {
        let answer = self
            .asker
            .clone()
            .list_opportunities(request)
            .await?
            .into_inner();
        Ok((answer.opportunities.len(), answer.next_page_token))
    }
}

pub fn all(world: &World) -> Vec<Read> {
    let seller = || Caller::seller(world.tenant);
    let of = |person| Caller {
        person: Some(person),
        ..seller()
    };
    let lead = Caller {
        visible_teams: (0..5).map(team).collect(),
        ..seller().in_team(team(0))
    };
    let region = Caller {
        visible_teams: (0..40).map(team).collect(),
        ..seller().in_team(team(0))
    };
    let askers = [
        ("all", Caller::person(world.tenant, "sales_manager")),
        ("region of 40 teams", region),
        ("lead of 5 teams", lead),
        ("seller", of(owner(5))),
        ("few", of(few())),
    ];
    let mut reads = Vec::new();
    for (who, caller) in &askers {
        let asker = world.opportunities(caller);
        let read = |name: &str, ask: Ask| Read {
            name: format!("{name} ({who})"),
            within: if matches!(ask, Ask::Board(_)) {
                BOARD
            } else {
                PAGE
            },
            finds: *who == "all",
            asker: asker.clone(),
            ask,
        };
        for (name, request) in orders() {
            reads.push(read(&format!("list {name}"), Ask::List(request.clone())));
            if *who != "few" {
                reads.push(read(&format!("list {name}, next page"), Ask::Next(request)));
            }
        }
        if *who != "few" {
            let filters = filters().into_iter();
            reads.extend(
                filters.map(|(name, request)| read(&format!("list {name}"), Ask::List(request))),
            );
        }
        reads.push(read("board", Ask::Board(GetBoardRequest::default())));
        if *who != "few" {
            let quarter = GetBoardRequest {
                expected_close_from: date(2026, 7, 1),
                expected_close_until: date(2026, 9, 30),
                ..Default::default()
            };
            reads.push(read("board quarter", Ask::Board(quarter)));
        }
    }
    let manager = world.opportunities(&askers[0].1);
    let boards = [
        (
            "board of an owner (all)",
            GetBoardRequest {
                owner: format!("people/{}", owner(7)),
                ..Default::default()
            },
        ),
        (
            "board of 5 teams (all)",
            GetBoardRequest {
                teams: (0..5).map(|n| format!("teams/{}", team(n))).collect(),
                ..Default::default()
            },
        ),
    ];
    reads.extend(boards.map(|(name, request)| Read {
        name: name.to_owned(),
        within: BOARD,
        finds: true,
        asker: manager.clone(),
        ask: Ask::Board(request),
    }));
    reads
}

fn orders() -> [(&'static str, ListOpportunitiesRequest); 4] {
    let by = |order: OpportunityOrder| ListOpportunitiesRequest {
        order_by: order.into(),
        ..Default::default()
    };
    [
        ("as made", by(OpportunityOrder::Unspecified)),
        ("by close date", by(OpportunityOrder::ExpectedCloseDate)),
        (
            "by amount",
            ListOpportunitiesRequest {
                currency: "CNY".to_owned(),
                ..by(OpportunityOrder::Amount)
            },
        ),
        ("by update", by(OpportunityOrder::UpdateTime)),
    ]
}

fn filters() -> Vec<(&'static str, ListOpportunitiesRequest)> {
    type Request = ListOpportunitiesRequest;
    let all = Request::default;
    let text = |text: &str| Request {
        text: text.to_owned(),
        ..all()
    };
    let number = |operator: AttributeOperator, number: &str| AttributeFilter {
        value: Some(valued("number", Value::Number(number.to_owned()))),
        operator: operator.into(),
    };
    let by_close = OpportunityOrder::ExpectedCloseDate.into();
    vec![
        (
            "stage",
            Request {
                stage: "bid".to_owned(),
                ..all()
            },
        ),
        (
            "status and stage",
            Request {
                stage: "bid".to_owned(),
                status: OpportunityStatus::Open.into(),
                ..all()
            },
        ),
        (
            "status by close date",
            Request {
                status: OpportunityStatus::Won.into(),
                order_by: by_close,
                ..all()
            },
        ),
        (
            "grade",
            Request {
                grade: "A".to_owned(),
                ..all()
            },
        ),
        (
            "buying step",
            Request {
                buying_step: 6,
                ..all()
            },
        ),
        (
            "lag",
            Request {
                min_lag: 1,
                ..all()
            },
        ),
        (
            "large lag",
            Request {
                min_lag: 5,
                ..all()
            },
        ),
        (
            "forced",
            Request {
                forced: Some(true),
                ..all()
            },
        ),
        (
            "paused",
            Request {
                paused: Some(true),
                ..all()
            },
        ),
        (
            "paused by close date",
            Request {
                paused: Some(true),
                order_by: by_close,
                ..all()
            },
        ),
        (
            "month",
            Request {
                expected_close_from: date(2026, 7, 1),
                expected_close_until: date(2026, 7, 31),
                ..all()
            },
        ),
        (
            "large amounts",
            Request {
                amount_from: money(8_900_000, 0),
                ..all()
            },
        ),
        (
            "currency",
            Request {
                currency: "EUR".to_owned(),
                ..all()
            },
        ),
        (
            "teams",
            Request {
                teams: (0..5).map(|n| format!("teams/{}", team(n))).collect(),
                ..all()
            },
        ),
        (
            "attribute",
            Request {
                attributes: vec![number(AttributeOperator::Equal, "205")],
                ..all()
            },
        ),
        (
            "attribute range",
            Request {
                attributes: vec![
                    number(AttributeOperator::AtLeast, "100"),
                    number(AttributeOperator::AtMost, "200"),
                ],
                ..all()
            },
        ),
        ("text, common", text("项目")),
        (
            "text, common by close date",
            Request {
                order_by: by_close,
                ..text("化工项目")
            },
        ),
        ("text, place and trade", text("上海")),
        (
            "several at once",
            Request {
                status: OpportunityStatus::Open.into(),
                grade: "B".to_owned(),
                min_lag: 1,
                order_by: by_close,
                ..all()
            },
        ),
    ]
}
