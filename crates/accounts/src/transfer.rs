//! Hands over what somebody looks after, in one call.

mod holdings;
mod read;

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::{
    RecordsTransferred, TransferRecordsRequest, TransferRecordsResponse,
};
use uuid::Uuid;

use self::holdings::Holdings;
use self::read::{Heir, Order};
use crate::account::Account;
use crate::error::Error;
use crate::handover::{self, Handover};
use crate::ids::{AccountId, PersonId};
use crate::person::Person;
use crate::{Accounts, person, team, territory};

/// Names of accounts that an answer lists at most.
const MAX_LISTED: usize = 100;

pub async fn transfer(
    service: &Accounts,
    call: &Call,
    request: TransferRecordsRequest,
) -> Result<TransferRecordsResponse, Error> {
    let order = Order::read(call, &request)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            team::update::lock_tree(w).await?;
            territory::tree::lock(w).await?;
            let holdings = Holdings::of(w, call, &order).await?;
            log::take_turn(w, &holdings.subjects()).await?;
            let from = person::find(w, PersonId(order.from)).await?;
            let heir = order.heir(w, call, &from).await?;
            run(w, call, &order, &holdings, from, heir.as_ref()).await
        })
        .await
}

async fn run(
    w: &mut Writer<'_>,
    call: &Call,
    order: &Order,
    holdings: &Holdings,
    from: Person,
    heir: Option<&Person>,
) -> Result<TransferRecordsResponse, Error> {
    let territories = holdings.give_territories(w, call, heir).await?;
    let accounts = handover::lock_in_turn(w, call, &holdings.accounts)
        .await?
        .into_iter()
        .filter(|account| account.owner_id == Some(order.from))
        .collect::<Vec<_>>();
    let held = accounts.len();
    let left = give_accounts(w, call, order, accounts, heir).await?;
    let teams = match order.releases_teams {
        true => holdings.release_teams(w, call, order.from).await?,
        false => 0,
    };
    let accounts_left = holdings::owned(w, order.from).await?;
    let answer = TransferRecordsResponse {
        accounts_moved: count(held - left.len()),
        accounts_left,
        left_accounts: left
            .iter()
            .take(MAX_LISTED)
            .map(|id| AccountId(*id).to_string())
            .collect(),
        territories_moved: count(territories),
        teams_released: count(teams),
        teams_left: count(holdings.teams.len() - teams),
        disabled: from.disabled || order.disables,
    };
    close(w, call, order, from, &answer).await?;
    Ok(answer)
}

/// Gives the accounts away; answers those that nobody takes.
async fn give_accounts(
    w: &mut Writer<'_>,
    call: &Call,
    order: &Order,
    accounts: Vec<Account>,
    heir: Option<&Person>,
) -> Result<Vec<Uuid>, Error> {
    let Some(heir) = heir else {
        let plans = territory::assign::plan(w, call, accounts, Some(order.from)).await?;
        territory::assign::store(w, call, &plans).await?;
        let is_left =
            |plan: &&territory::assign::Plan| plan.handover.after.owner_id == Some(order.from);
        return Ok(plans
            .iter()
            .filter(is_left)
            .map(|plan| plan.account())
            .collect());
    };
    let give = |account: Account| {
        let team = heir.team_id.or(account.team_id);
        Handover::to(call, account, Some(heir.id), team)
    };
    let handovers: Vec<Handover> = accounts.into_iter().map(give).collect();
    handover::store(w, &handovers).await?;
    Ok(Vec::new())
}

/// Notes the transfer in the history of the person, and disables the person.
async fn close(
    w: &mut Writer<'_>,
    call: &Call,
    order: &Order,
    from: Person,
    answer: &TransferRecordsResponse,
) -> Result<(), Error> {
    let mut now = from.clone();
    let given = answer.accounts_moved + answer.territories_moved + answer.teams_released;
    if given > 0 {
        now.version += 1;
        let change = RecordsTransferred {
            from: from.name().to_string(),
            to: match order.heir {
                Heir::Person(id) => id.to_string(),
                Heir::Territories => String::new(),
            },
            accounts: answer.accounts_moved,
            accounts_left: answer.accounts_left,
            territories: answer.territories_moved,
            teams: answer.teams_released,
            disabled: answer.disabled,
        };
        w.record(from.name().to_string(), now.version, &change);
    }
    let before = now.clone();
    if order.disables {
        now.disabled = true;
        now = now.changed(&before, call.now);
    }
    if now.disabled != before.disabled {
        now.check_promotion(Some(&before), call)?;
        person::record(w, Some(&before), &now);
    }
    match now == from {
        true => Ok(()),
        false => now.update(w).await,
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
