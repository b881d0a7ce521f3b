//! What is refused of contacts, and what the caller is told.

use keynode_kit::error::{Explain, Fault};
use keynode_proto::accounts::v1::ErrorReason;
use tonic::Code;

use crate::ids::{AccountId, ContactId};

#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the contact would report to itself: {}; choose another manager", chain(.0))]
    Cycle(Vec<ContactId>),
    #[error("{manager} does not work at {account}; choose a manager who does")]
    ManagerElsewhere {
        manager: ContactId,
        account: AccountId,
    },
    #[error("no contact that you see has the external id {0:?}")]
    KeyNotFound(String),
    #[error("{0} has as many former employers as are kept; remove one first")]
    FormerEmployersFull(ContactId),
}

fn chain(way: &[ContactId]) -> String {
    let names: Vec<String> = way.iter().map(ContactId::to_string).collect();
    names.join(" > ")
}

impl Explain for Refusal {
    fn explain(&self) -> Fault {
        let fault = |code: Code, reason: ErrorReason, zh: &str| {
            Fault::new(code, reason.as_str_name(), self.to_string()).zh(zh)
        };
        let unmet = Code::FailedPrecondition;
        match self {
            Self::Cycle(way) => {
                fault(unmet, ErrorReason::ContactCycle, "汇报关系形成了环").with("loop", chain(way))
            }
            Self::ManagerElsewhere { manager, account } => {
                fault(unmet, ErrorReason::ManagerElsewhere, "上级不在同一客户任职")
                    .with("manager", manager.to_string())
                    .with("account", account.to_string())
            }
            Self::KeyNotFound(external_id) => fault(
                Code::NotFound,
                ErrorReason::ContactNotFound,
                "联系人不存在或您无权查看",
            )
            .with("external_id", external_id),
            Self::FormerEmployersFull(contact) => fault(
                unmet,
                ErrorReason::FormerEmployersFull,
                "原任职单位已达上限,请先删除一条",
            )
            .with("name", contact.to_string()),
        }
    }
}
