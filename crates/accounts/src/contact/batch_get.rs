//! Reads many contacts at once and says which are missing.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{BatchGetContactsRequest, BatchGetContactsResponse};
use uuid::Uuid;

use super::reader::Reader;
use super::{Contact, rows};
use crate::Accounts;
use crate::error::Error;
use crate::ids::ContactId;

/// Names of one call at most.
const MOST: usize = 1000;

pub async fn batch_get(
    service: &Accounts,
    call: &Call,
    request: BatchGetContactsRequest,
) -> Result<BatchGetContactsResponse, Error> {
    let ids = read_names(&request.names)?;
    let (found, reader) = service
        .read(call, async |tx: &mut Tx| {
            let found = rows::load(tx, call, &ids).await?;
            let reader = Reader::of(tx, call, &found).await?;
            Ok::<_, Error>((found, reader))
        })
        .await?;
    let mut by_id: HashMap<Uuid, Contact> = found.into_iter().map(|c| (c.id, c)).collect();
    let mut answer = BatchGetContactsResponse::default();
    for id in ids {
        match by_id.remove(&id) {
            Some(contact) => answer.contacts.push(contact.shown(&reader)),
            None => answer.missing.push(ContactId(id).to_string()),
        }
    }
    Ok(answer)
}

/// The ids in the order in which they are first named.
fn read_names(names: &[String]) -> Result<Vec<Uuid>, Error> {
    let mut bad = Violations::default();
    if names.is_empty() || names.len() > MOST {
        bad.add("names", format!("must be 1 to {MOST} names"));
        bad.finish()?;
        return Ok(Vec::new());
    }
    let mut seen = HashSet::new();
    let mut ids = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let ContactId(id) = bad.name(&format!("names[{index}]"), name);
        if seen.insert(id) {
            ids.push(id);
        }
    }
    bad.finish()?;
    Ok(ids)
}
