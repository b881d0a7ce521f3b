//! The one place where accounts are written, however many: rows, keys, terms, what they are
//! found by, and events.

mod columns;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::AccountChanged;

use super::{Account, key, term};
use crate::error::Error;
use crate::matching::{self, Indexed};

/// An account that is new, or not what it was.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// None for a new one.
    pub before: Option<&'a Account>,
    pub after: &'a Account,
}

/// Stores the changes, each with its event.
pub async fn save(w: &mut Writer<'_>, call: &Call, changes: &[Change<'_>]) -> Result<(), Error> {
    let (new, changed): (Vec<&Change<'_>>, Vec<&Change<'_>>) =
        changes.iter().partition(|change| change.before.is_none());
    columns::insert(w, new.into_iter().map(|change| change.after)).await?;
    columns::update(w, changed.into_iter().map(|change| change.after)).await?;
    key::store(w, changes).await?;
    term::store(w, changes).await?;
    let written: Vec<Indexed> = changes.iter().map(|it| Indexed::of(it.after)).collect();
    matching::index(w, call.tenant()?, &written).await?;
    for change in changes {
        record(w, change);
    }
    Ok(())
}

fn record(w: &mut Writer<'_>, change: &Change<'_>) {
    let event = AccountChanged {
        before: change.before.map(Account::to_proto),
        after: Some(change.after.to_proto()),
    };
    w.record(
        change.after.name().to_string(),
        change.after.version,
        &event,
    );
}
