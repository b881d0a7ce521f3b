//! What this part of the service refuses.

use keynode_kit::error::{Explain, Fault};
use keynode_proto::accounts::v1::ErrorReason;
use keynode_proto::common::v1::ErrorReason as CommonReason;
use tonic::Code;

use crate::account::hidden;
use crate::ids::{AbsenceId, AccountId, PersonId, TerritoryId};

/// Why a call about people, absences, territories, transfers or synchronisation is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the person would be their own superior: {}; choose another manager", chain(.0))]
    PersonCycle(Vec<PersonId>),
    #[error("there is no {0}")]
    AbsenceNotFound(AbsenceId),
    #[error("the person is away already by {0}; change that one or choose other days")]
    AbsenceOverlaps(AbsenceId),
    #[error("{0} was revoked; record a new one")]
    AbsenceRevoked(AbsenceId),
    #[error(
        "only the person, a manager who sees the person's records or an administrator keeps absences of {0}"
    )]
    AbsenceOfAnother(PersonId),
    #[error("there is no {0} that you see")]
    TerritoryNotFound(TerritoryId),
    #[error("the territory would lead back to itself: {}; choose another", chain_of_seen(.0))]
    TerritoryCycle(Vec<Option<TerritoryId>>),
    #[error("{0} is archived; choose one in use")]
    TerritoryArchived(TerritoryId),
    #[error("another territory names {account}; take it out there first")]
    AccountNamedElsewhere {
        account: AccountId,
        /// The territory, when the caller sees it.
        territory: Option<TerritoryId>,
    },
    #[error("{count} accounts are more than the {limit} that one call takes; narrow it down")]
    TooManyAccounts { count: i64, limit: i64 },
    #[error(
        "{disabled} of {people} people would be disabled, more than {limit_percent} %; check the set or raise max_disabled_percent"
    )]
    TooManyDisabled {
        disabled: usize,
        people: usize,
        limit_percent: i32,
    },
    #[error("roles/{0} has rights that you do not have; an administrator gives it, or its login")]
    RoleBeyondOwn(String),
    #[error("only administrators and integrators disable people; transfer without disable_from")]
    DisablesNobody,
}

fn chain<T: ToString>(loop_: &[T]) -> String {
    let names: Vec<String> = loop_.iter().map(T::to_string).collect();
    names.join(" > ")
}

/// The same of territories; those that the caller does not see have no name.
fn chain_of_seen(loop_: &[Option<TerritoryId>]) -> String {
    let told = loop_.iter().map(|id| match id {
        Some(id) => id.to_string(),
        None => hidden::WORD.to_owned(),
    });
    told.collect::<Vec<_>>().join(" > ")
}

impl Refusal {
    fn code(&self) -> Code {
        match self {
            Self::AbsenceNotFound(_) | Self::TerritoryNotFound(_) => Code::NotFound,
            Self::AccountNamedElsewhere { .. } => Code::AlreadyExists,
            Self::AbsenceOfAnother(_) | Self::DisablesNobody | Self::RoleBeyondOwn(_) => {
                Code::PermissionDenied
            }
            _ => Code::FailedPrecondition,
        }
    }

    /// The reason for programs and the text for readers of Chinese.
    fn words(&self) -> (&'static str, &'static str) {
        let (reason, zh) = match self {
            Self::PersonCycle(_) => (ErrorReason::PersonCycle, "人员的上级关系形成了环"),
            Self::AbsenceNotFound(_) => (ErrorReason::AbsenceNotFound, "缺勤记录不存在"),
            Self::AbsenceOverlaps(_) => {
                (ErrorReason::AbsenceOverlaps, "此人在这些日期已有缺勤记录")
            }
            Self::AbsenceRevoked(_) => (ErrorReason::AbsenceRevoked, "缺勤记录已撤销,请新建一条"),
            Self::TerritoryNotFound(_) => {
                (ErrorReason::TerritoryNotFound, "辖区不存在或您无权查看")
            }
            Self::TerritoryCycle(_) => {
                (ErrorReason::TerritoryCycle, "辖区的上级或溢出关系形成了环")
            }
            Self::TerritoryArchived(_) => (ErrorReason::TerritoryArchived, "辖区已归档"),
            Self::AccountNamedElsewhere { .. } => {
                (ErrorReason::AccountNamedElsewhere, "另一辖区已指定该客户")
            }
            Self::TooManyAccounts { .. } => {
                (ErrorReason::TooManyAccounts, "客户数量超过一次调用的上限")
            }
            Self::TooManyDisabled { .. } => (
                ErrorReason::TooManyDisabled,
                "将停用的人员过多,请核对名单或提高上限",
            ),
            Self::AbsenceOfAnother(_) => {
                let reason = CommonReason::PermissionDenied.as_str_name();
                return (reason, "只能记录自己或所管人员的缺勤");
            }
            Self::RoleBeyondOwn(_) => {
                let reason = CommonReason::PermissionDenied.as_str_name();
                return (reason, "该角色拥有您没有的权限,请由管理员授予");
            }
            Self::DisablesNobody => {
                let reason = CommonReason::PermissionDenied.as_str_name();
                return (reason, "只有管理员和集成程序可以停用人员");
            }
        };
        (reason.as_str_name(), zh)
    }
}

impl Explain for Refusal {
    fn explain(&self) -> Fault {
        let (reason, zh) = self.words();
        let fault = Fault::new(self.code(), reason, self.to_string()).zh(zh);
        match self {
            Self::PersonCycle(people) => fault.with("loop", chain(people)),
            Self::TerritoryCycle(way) => fault.with("loop", chain_of_seen(way)),
            Self::AbsenceNotFound(name)
            | Self::AbsenceOverlaps(name)
            | Self::AbsenceRevoked(name) => fault.with("name", name.to_string()),
            Self::AbsenceOfAnother(name) => fault.with("person", name.to_string()),
            Self::TerritoryNotFound(name) | Self::TerritoryArchived(name) => {
                fault.with("name", name.to_string())
            }
            Self::AccountNamedElsewhere { account, territory } => {
                let fault = fault.with("account", account.to_string());
                match territory {
                    Some(territory) => fault.with("territory", territory.to_string()),
                    None => fault,
                }
            }
            Self::TooManyAccounts { count, limit } => fault
                .with("count", count.to_string())
                .with("limit", limit.to_string()),
            Self::TooManyDisabled {
                disabled,
                people,
                limit_percent,
            } => fault
                .with("disabled", disabled.to_string())
                .with("people", people.to_string())
                .with("limit_percent", limit_percent.to_string()),
            Self::RoleBeyondOwn(role) => fault.with("role", format!("roles/{role}")),
            Self::DisablesNobody => fault,
        }
    }
}
