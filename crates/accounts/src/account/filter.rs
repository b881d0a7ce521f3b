//! Which accounts a list is of.

use jiff::Timestamp;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{AccountKind, AccountLevel, ListAccountsRequest};

use super::term;
use crate::attribute::Declarations;
use crate::attribute::values;
use crate::error::Error;
use crate::ids::{AccountId, PersonId, TeamId};

/// What the accounts of a list must be; what is none or empty is not asked.
#[derive(Debug)]
pub struct Filter {
    pub parent: Option<AccountId>,
    pub ancestor: Option<AccountId>,
    pub owner: Option<PersonId>,
    pub team: Option<TeamId>,
    pub source_system: String,
    pub region: String,
    pub industry: String,
    /// 0 = any.
    pub kind: i32,
    /// 0 = any.
    pub level: i32,
    pub updated_since: Option<Timestamp>,
    /// Tags and values of attributes that the accounts must have, as terms.
    pub terms: Vec<String>,
}

impl Filter {
    /// Reads the filter; `declared` is what the tenant declares, if an attribute is asked.
    pub fn read(request: &ListAccountsRequest, declared: &Declarations) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let kind: AccountKind = bad.optional_enum("kind", request.kind);
        let level: AccountLevel = bad.optional_enum("level", request.level);
        let filter = Self {
            parent: bad.optional_name("parent", &request.parent),
            ancestor: bad.optional_name("ancestor", &request.ancestor),
            owner: bad.optional_name("owner", &request.owner),
            team: bad.optional_name("team", &request.team),
            source_system: bad.text("source_system", &request.source_system, 64),
            region: bad.text("region", &request.region, 200),
            industry: bad.text("industry", &request.industry, 200),
            kind: kind.into(),
            level: level.into(),
            updated_since: read_since(request, &mut bad),
            terms: read_terms(request, declared, &mut bad),
        };
        bad.page_size(request.page_size);
        bad.finish()?;
        Ok(filter)
    }
}

fn read_since(request: &ListAccountsRequest, bad: &mut Violations) -> Option<Timestamp> {
    let read = wire::read_timestamp(request.updated_since.as_ref()?);
    read.map_err(|error| bad.add("updated_since", error.to_string()))
        .ok()
}

fn read_terms(
    request: &ListAccountsRequest,
    declared: &Declarations,
    bad: &mut Violations,
) -> Vec<String> {
    let tag = bad.text("tag", &request.tag, 64);
    let tag = (!tag.is_empty()).then(|| term::of_tag(&tag));
    tag.into_iter()
        .chain(read_value(request, declared, bad))
        .collect()
}

fn read_value(
    request: &ListAccountsRequest,
    declared: &Declarations,
    bad: &mut Violations,
) -> Option<String> {
    let field = "attribute";
    let (id, value) = values::read_one(field, request.attribute.as_ref()?, bad)?;
    match declared.get(&id) {
        Some(attribute) => {
            value.check_type(field, attribute, bad);
        }
        None => bad.add(
            format!("{field}.attribute"),
            "must be an attribute that the tenant declares; ListAttributes names them",
        ),
    }
    let term = term::of_value(&id, &value);
    if term.is_none() {
        bad.add(
            format!("{field}.text"),
            "must have at most 200 characters to be found",
        );
    }
    term
}

/// Everything that a page token is good for.
pub fn arguments(request: &ListAccountsRequest) -> String {
    let filter = ListAccountsRequest {
        page_size: 0,
        page_token: String::new(),
        ..request.clone()
    };
    format!("{filter:?}")
}
