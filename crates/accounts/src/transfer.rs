//! Hands over what somebody looks after, in one call.

mod holdings;
mod prospects;
mod read;
mod told;

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::{
    RecordsTransferred, TransferRecordsRequest, TransferRecordsResponse,
};

use self::holdings::Holdings;
use self::read::Order;
use crate::account::Account;
use crate::error::Error;
use crate::handover::{self, Handover};
use crate::ids::PersonId;
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
    let accounts = give_accounts(w, call, order, accounts, heir).await?;
    let (left, given): (Vec<Account>, Vec<Account>) = accounts
        .into_iter()
        .partition(|account| account.owner_id == Some(order.from));
    let prospects = prospects::give(w, call, &holdings.prospects, order.from, heir).await?;
    let teams = match order.releases_teams {
        true => holdings.release_teams(w, call, order.from).await?,
        false => 0,
    };
    let answer = TransferRecordsResponse {
        accounts_moved: count(given.len()),
        accounts_left: holdings::owned(w, order.from).await?,
        left_accounts: left
            .iter()
            .take(MAX_LISTED)
            .map(|account| account.name().to_string())
            .collect(),
        territories_moved: count(territories),
        teams_released: count(teams),
        teams_left: count(holdings.teams.len() - teams),
        disabled: from.disabled || order.disables,
        prospects_moved: count(prospects),
        prospects_left: prospects::owned(w, order.from).await?,
        absences_left: holdings::stands_in(w, order.from, call.today()).await?,
        reports_left: holdings::reports(w, order.from).await?,
    };
    let event = told::event(call, order, heir, &given, &answer);
    close(w, call, order, from, event).await?;
    Ok(answer)
}

/// Gives the accounts away; answers all as they are then.
async fn give_accounts(
    w: &mut Writer<'_>,
    call: &Call,
    order: &Order,
    accounts: Vec<Account>,
    heir: Option<&Person>,
) -> Result<Vec<Account>, Error> {
    let Some(heir) = heir else {
        let plans = territory::assign::plan(w, call, accounts, Some(order.from)).await?;
        territory::assign::store(w, call, &plans).await?;
        let plans = plans.into_iter();
        return Ok(plans.map(|plan| plan.handover.after).collect());
    };
    let give = |account: Account| {
        let team = heir.team_id.or(account.team_id);
        Handover::to(call, account, Some(heir.id), team)
    };
    let handovers: Vec<Handover> = accounts.into_iter().map(give).collect();
    handover::store(w, &handovers).await?;
    Ok(handovers.into_iter().map(|given| given.after).collect())
}

/// Notes the transfer in the history of the person, and disables the person.
async fn close(
    w: &mut Writer<'_>,
    call: &Call,
    order: &Order,
    from: Person,
    event: Option<RecordsTransferred>,
) -> Result<(), Error> {
    let mut now = from.clone();
    if let Some(change) = event {
        now.version += 1;
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
