//! Everything this service refuses, and what the caller is told.

use keynode_kit::db;
use keynode_kit::error::{Explain, Fault};
use keynode_proto::accounts::v1::ErrorReason;
use keynode_proto::common::v1::ErrorReason as CommonReason;
use tonic::Code;

use crate::account::hidden;
use crate::ids::{
    AccountId, ApiKeyId, ContactId, MapId, NoteId, OpportunityId, PersonId, ServiceAccountId,
    TeamId, TenantName,
};

/// Why a call is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} exists already; choose another id")]
    TenantExists(TenantName),
    #[error("there is no {0}")]
    PersonNotFound(PersonId),
    #[error("there is no {0}")]
    TeamNotFound(TeamId),
    #[error("there is no roles/{0}; ListRoles names those there are")]
    RoleNotFound(String),
    #[error("there is no {0}")]
    ServiceAccountNotFound(ServiceAccountId),
    #[error("there is no {0}")]
    ApiKeyNotFound(ApiKeyId),
    #[error("another person has this login; logins are unique in a tenant")]
    LoginTaken,
    #[error("another record has this external key; update that one instead")]
    ExternalKeyTaken {
        /// The record, when the caller may see it.
        holder: Option<String>,
    },
    #[error("the team would stand above itself: {}; choose another parent", chain(.0))]
    TeamCycle(Vec<TeamId>),
    #[error("there is no {0} that you see")]
    AccountNotFound(AccountId),
    #[error("no account that you see has the external id {0:?}")]
    AccountKeyNotFound(String),
    #[error("the account would be its own parent: {}; choose another", chain_of_seen(.0))]
    AccountCycle(Vec<Option<AccountId>>),
    #[error("there is no {0} that you see")]
    ContactNotFound(ContactId),
    #[error("there is no {0} that you see")]
    OpportunityNotFound(OpportunityId),
    #[error("there is no {0} that you see; CreateDecisionMap starts one")]
    MapNotFound(MapId),
    #[error("{0} exists already; read it instead")]
    MapExists(MapId),
    #[error("{contact} is no stakeholder of {map}; SetStakeholder adds one")]
    StakeholderNotFound { map: MapId, contact: ContactId },
    #[error("the weights in {map} total {total}; they must total 100")]
    WeightsIncomplete {
        map: MapId,
        total: i64,
        unknown: Vec<ContactId>,
    },
    #[error("{map} has no influence of {from} on {to}")]
    InfluenceNotFound {
        map: MapId,
        from: ContactId,
        to: ContactId,
    },
    /// Only an administrator may do this to an administrator, or to the own roles.
    #[error("only an administrator may make or change an administrator, or the own roles; ask one")]
    AdministratorOnly,
    #[error("the tenant of the call does not exist; create it first")]
    TenantUnknown,
    #[error("there is no {0} that you see")]
    NoteNotFound(NoteId),
    #[error(transparent)]
    Attribute(#[from] crate::attribute::refusal::Refusal),
    #[error(transparent)]
    Contact(#[from] crate::contact::refusal::Refusal),
    #[error(transparent)]
    Directory(#[from] crate::directory::refusal::Refusal),
    #[error(transparent)]
    Map(#[from] crate::decision_map::refusal::Refusal),
    #[error(transparent)]
    Market(#[from] crate::segment::refusal::Refusal),
    #[error(transparent)]
    Import(#[from] crate::bulk::refusal::Refusal),
    #[error(transparent)]
    Merge(#[from] crate::merge::refusal::Refusal),
    #[error(transparent)]
    Prospect(#[from] crate::prospect::refusal::Refusal),
    #[error(transparent)]
    Common(#[from] Fault),
}

keynode_kit::answers!(Error);

fn chain<T: ToString>(loop_: &[T]) -> String {
    loop_
        .iter()
        .map(T::to_string)
        .collect::<Vec<_>>()
        .join(" > ")
}

/// The same of accounts; those that the caller does not see have no name.
fn chain_of_seen(loop_: &[Option<AccountId>]) -> String {
    let told = loop_.iter().map(|id| match id {
        Some(id) => id.to_string(),
        None => hidden::WORD.to_owned(),
    });
    told.collect::<Vec<_>>().join(" > ")
}

impl Error {
    /// What the refusal of a part of the service says of itself.
    fn delegated(&self) -> Option<Fault> {
        Some(match self {
            Self::Attribute(refusal) => refusal.explain(),
            Self::Contact(refusal) => refusal.explain(),
            Self::Directory(refusal) => refusal.explain(),
            Self::Map(refusal) => refusal.explain(),
            Self::Market(refusal) => refusal.explain(),
            Self::Import(refusal) => refusal.explain(),
            Self::Merge(refusal) => refusal.explain(),
            Self::Prospect(refusal) => refusal.explain(),
            Self::Common(fault) => fault.clone(),
            _ => return None,
        })
    }

    fn code(&self) -> Code {
        match self {
            Self::TenantExists(_)
            | Self::LoginTaken
            | Self::ExternalKeyTaken { .. }
            | Self::MapExists(_) => Code::AlreadyExists,
            Self::TeamCycle(_) | Self::AccountCycle(_) | Self::WeightsIncomplete { .. } => {
                Code::FailedPrecondition
            }
            Self::AdministratorOnly => Code::PermissionDenied,
            Self::TenantUnknown => Code::InvalidArgument,
            _ => Code::NotFound,
        }
    }

    /// The reason for programs and the text for readers of Chinese.
    fn words(&self) -> (&'static str, &'static str) {
        let (reason, zh) = match self {
            Self::TenantExists(_) => (ErrorReason::TenantExists, "租户已存在"),
            Self::PersonNotFound(_) => (ErrorReason::PersonNotFound, "人员不存在"),
            Self::TeamNotFound(_) => (ErrorReason::TeamNotFound, "团队不存在"),
            Self::RoleNotFound(_) => (ErrorReason::RoleNotFound, "角色不存在"),
            Self::ServiceAccountNotFound(_) => {
                (ErrorReason::ServiceAccountNotFound, "服务账号不存在")
            }
            Self::ApiKeyNotFound(_) => (ErrorReason::ApiKeyNotFound, "密钥不存在"),
            Self::LoginTaken => (ErrorReason::LoginTaken, "登录名已被他人使用"),
            Self::ExternalKeyTaken { .. } => {
                (ErrorReason::ExternalKeyTaken, "外部编号已被其他记录使用")
            }
            Self::TeamCycle(_) => (ErrorReason::TeamCycle, "团队的上级关系形成了环"),
            Self::AccountNotFound(_) | Self::AccountKeyNotFound(_) => {
                (ErrorReason::AccountNotFound, "客户不存在或您无权查看")
            }
            Self::AccountCycle(_) => (ErrorReason::AccountCycle, "客户的上级关系形成了环"),
            Self::ContactNotFound(_) => (ErrorReason::ContactNotFound, "联系人不存在或您无权查看"),
            Self::OpportunityNotFound(_) => {
                (ErrorReason::OpportunityNotFound, "商机不存在或您无权查看")
            }
            Self::MapNotFound(_) => (
                ErrorReason::DecisionMapNotFound,
                "决策地图不存在或您无权查看",
            ),
            Self::MapExists(_) => (ErrorReason::DecisionMapExists, "该商机已有决策地图"),
            Self::StakeholderNotFound { .. } => {
                (ErrorReason::StakeholderNotFound, "此联系人不在决策地图中")
            }
            Self::WeightsIncomplete { .. } => (
                ErrorReason::WeightsIncomplete,
                "关键人的决策权重合计不是 100",
            ),
            Self::InfluenceNotFound { .. } => {
                (ErrorReason::InfluenceNotFound, "决策地图中没有这条影响关系")
            }
            Self::AdministratorOnly => {
                return (
                    CommonReason::PermissionDenied.as_str_name(),
                    "只有管理员可以任命或修改管理员,或修改自己的角色",
                );
            }
            Self::TenantUnknown => {
                return (CommonReason::TenantRequired.as_str_name(), "租户不存在");
            }
            Self::NoteNotFound(_) => (ErrorReason::AccountNoteNotFound, "备注不存在或您无权查看"),
            // These explain themselves.
            Self::Attribute(_)
            | Self::Contact(_)
            | Self::Directory(_)
            | Self::Map(_)
            | Self::Market(_)
            | Self::Import(_)
            | Self::Merge(_)
            | Self::Prospect(_)
            | Self::Common(_) => (ErrorReason::Unspecified, ""),
        };
        (reason.as_str_name(), zh)
    }
}

impl Explain for Error {
    fn explain(&self) -> Fault {
        if let Some(fault) = self.delegated() {
            return fault;
        }
        let (reason, zh) = self.words();
        let fault = Fault::new(self.code(), reason, self.to_string()).zh(zh);
        match self {
            Self::TenantExists(name) => fault.with("name", name.to_string()),
            Self::PersonNotFound(name) => fault.with("name", name.to_string()),
            Self::TeamNotFound(name) => fault.with("name", name.to_string()),
            Self::RoleNotFound(id) => fault.with("name", format!("roles/{id}")),
            Self::ServiceAccountNotFound(name) => fault.with("name", name.to_string()),
            Self::ApiKeyNotFound(name) => fault.with("name", name.to_string()),
            Self::AccountNotFound(name) => fault.with("name", name.to_string()),
            Self::AccountKeyNotFound(external_id) => fault.with("external_id", external_id),
            Self::NoteNotFound(name) => fault.with("name", name.to_string()),
            Self::ContactNotFound(name) => fault.with("name", name.to_string()),
            Self::OpportunityNotFound(name) => fault.with("name", name.to_string()),
            Self::MapNotFound(name) | Self::MapExists(name) => fault.with("name", name.to_string()),
            Self::ExternalKeyTaken { holder: Some(name) } => fault.with("name", name),
            Self::TeamCycle(teams) => fault.with("loop", chain(teams)),
            Self::AccountCycle(accounts) => fault.with("loop", chain_of_seen(accounts)),
            Self::StakeholderNotFound { map, contact } => fault
                .with("map", map.to_string())
                .with("contact", contact.to_string()),
            Self::InfluenceNotFound { map, from, to } => fault
                .with("map", map.to_string())
                .with("from", from.to_string())
                .with("to", to.to_string()),
            Self::WeightsIncomplete {
                map,
                total,
                unknown,
            } => incomplete(fault, *map, *total, unknown),
            _ => fault,
        }
    }
}

/// One violation for the total and one for each weight that is not known.
fn incomplete(fault: Fault, map: MapId, total: i64, unknown: &[ContactId]) -> Fault {
    let fault = fault.with("total", total.to_string()).precondition(
        "WEIGHTS_TOTAL",
        map.to_string(),
        format!("the known weights total {total}; make them total 100"),
    );
    unknown.iter().fold(fault, |fault, contact| {
        fault.precondition(
            "WEIGHT_UNKNOWN",
            contact.to_string(),
            "set the weight, 0 if the person has none",
        )
    })
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match db::constraint(&error) {
            Some("person_login_key") => Self::LoginTaken,
            Some(
                "person_external_key"
                | "team_external_key"
                | "territory_external_key"
                | "contact_external_key"
                | "account_external_key"
                | "account_key_pkey",
            ) => Self::ExternalKeyTaken { holder: None },
            // Who asks again is told which account it went into.
            Some("account_merged") => Self::Common(crate::merge::refusal::raced()),
            Some(name) if name.ends_with("_tenant_fkey") => Self::TenantUnknown,
            _ => Self::Common(error.into()),
        }
    }
}
