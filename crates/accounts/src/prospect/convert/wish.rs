//! What a caller wants a prospect to become, and whether it may.

use keynode_kit::etag;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    ConversionOpportunity, ConvertProspectRequest, ForceConvertProspectRequest, ProspectState,
};

use crate::error::Error;
use crate::ids::{AccountId, ProspectId};
use crate::prospect::refusal::Refusal;
use crate::prospect::{Prospect, screening};

/// Which account the prospect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    New,
    Named(AccountId),
    /// The one of exactly this name, if there is one.
    ByName,
}

/// A conversion as it was asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub prospect: ProspectId,
    pub target: Target,
    pub opportunity: ConversionOpportunity,
    /// Why it is forced; none = it is not.
    pub force: Option<String>,
    etag: String,
}

impl Wish {
    pub fn read(request: &ConvertProspectRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let wish = Self {
            prospect: bad.name("name", &request.name),
            target: read_target(&request.account, request.match_account_by_name, &mut bad),
            opportunity: request.opportunity.clone().unwrap_or_default(),
            force: None,
            etag: request.etag.clone(),
        };
        bad.finish()?;
        Ok(wish)
    }

    pub fn read_forced(request: &ForceConvertProspectRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let wish = Self {
            prospect: bad.name("name", &request.name),
            target: read_target(&request.account, request.match_account_by_name, &mut bad),
            opportunity: request.opportunity.clone().unwrap_or_default(),
            force: Some(bad.required_text("reason", &request.reason, 2000)),
            etag: request.etag.clone(),
        };
        bad.finish()?;
        Ok(wish)
    }

    /// Whether the prospect may become this. What was begun may be gone on with by whoever
    /// sees it: that it may was judged at the beginning.
    pub fn check(&self, prospect: &Prospect) -> Result<(), Error> {
        match prospect.record.state() {
            ProspectState::Converting | ProspectState::Converted => {
                Ok(self.check_same_account(prospect)?)
            }
            ProspectState::Dismissed => Ok(prospect.check_open()?),
            state => {
                etag::check(&self.prospect.to_string(), &self.etag, prospect.version)?;
                Ok(self.check_qualified(prospect, state)?)
            }
        }
    }

    fn check_qualified(&self, prospect: &Prospect, state: ProspectState) -> Result<(), Refusal> {
        match (state, &self.force) {
            (ProspectState::Qualified, None) => Ok(()),
            (ProspectState::Qualified, Some(_)) => Err(Refusal::Qualified(self.prospect)),
            (_, Some(_)) => Ok(()),
            (_, None) => Err(Refusal::NotQualified {
                prospect: self.prospect,
                open: open(prospect, state),
            }),
        }
    }

    fn check_same_account(&self, prospect: &Prospect) -> Result<(), Refusal> {
        let conversion = prospect.record.conversion.clone().unwrap_or_default();
        match self.target {
            Target::Named(account) if account.to_string() != conversion.account => {
                Err(Refusal::OtherAccount {
                    prospect: self.prospect,
                    account: conversion.account,
                })
            }
            _ => Ok(()),
        }
    }
}

/// The open criteria of a screening that still speaks of the prospect.
fn open(
    prospect: &Prospect,
    state: ProspectState,
) -> Vec<keynode_proto::accounts::v1::CriterionScreening> {
    match &prospect.record.screening {
        Some(screening) if state != ProspectState::Listed => screening::open(screening),
        _ => Vec::new(),
    }
}

fn read_target(account: &str, by_name: bool, bad: &mut Violations) -> Target {
    let named: Option<AccountId> = bad.optional_name("account", account);
    if by_name && named.is_some() {
        bad.add(
            "match_account_by_name",
            "must not be set together with account",
        );
    }
    match named {
        Some(account) => Target::Named(account),
        None if by_name => Target::ByName,
        None => Target::New,
    }
}
