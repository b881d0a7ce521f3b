//! What a caller wants merged.

use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::MergeAccountsRequest;
use uuid::Uuid;

use super::combine::Choices;
use super::fields;
use crate::error::Error;
use crate::ids::AccountId;

const MOST_LOSERS: usize = 10;

/// A merge that is well-formed in itself.
#[derive(Debug)]
pub struct Order {
    pub survivor: Uuid,
    pub losers: Vec<Uuid>,
    /// In the order of [`Order::members`]; empty = any.
    pub etags: Vec<String>,
    pub choices: Choices,
}

impl Order {
    pub fn read(request: &MergeAccountsRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        if !(1..=MOST_LOSERS).contains(&request.losers.len()) {
            bad.add("losers", format!("must be 1 to {MOST_LOSERS}"));
        }
        let AccountId(survivor) = bad.name("survivor", &request.survivor);
        let mut order = Self {
            survivor,
            losers: Vec::new(),
            etags: vec![request.survivor_etag.clone()],
            choices: Choices::new(),
        };
        for (index, loser) in request.losers.iter().take(MOST_LOSERS).enumerate() {
            let field = format!("losers[{index}].account");
            let before = order.members();
            let AccountId(id) = bad.name(&field, &loser.account);
            if before.contains(&id) && loser.account.parse::<AccountId>().is_ok() {
                bad.add(field, "must not be named twice, nor be the survivor");
            }
            order.losers.push(id);
            order.etags.push(loser.etag.clone());
        }
        order.read_choices(request, &mut bad);
        bad.finish()?;
        Ok(order)
    }

    fn read_choices(&mut self, request: &MergeAccountsRequest, bad: &mut Violations) {
        let members = self.members();
        for (index, choice) in request.choices.iter().enumerate() {
            let AccountId(account) =
                bad.name(&format!("choices[{index}].account"), &choice.account);
            if choice.account.parse::<AccountId>().is_ok() && !members.contains(&account) {
                bad.add(
                    format!("choices[{index}].account"),
                    "must be the survivor or a loser",
                );
            }
            let field = format!("choices[{index}].field");
            match fields::named(&choice.field) {
                None => bad.add(field, "must be a field of an account that can be chosen"),
                Some(named) => {
                    if self.choices.insert(named.path, account).is_some() {
                        bad.add(field, "must not be there twice");
                    }
                }
            }
        }
    }

    /// Everybody who takes part, the survivor first.
    pub fn members(&self) -> Vec<Uuid> {
        std::iter::once(self.survivor)
            .chain(self.losers.iter().copied())
            .collect()
    }
}
