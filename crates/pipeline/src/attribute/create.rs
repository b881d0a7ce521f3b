//! `CreateAttribute`: declares an attribute.

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{
    AttributeChanged, CreateAttributeRequest, CreateAttributeResponse,
};
use sqlx::PgConnection;

use super::row::{self, Attribute};
use super::{SLUG, is_slug, name, told};
use crate::Pipeline;
use crate::error::Error;

const MAX_ATTRIBUTES: usize = 200;
/// Who declares waits for who declares: there is one limit.
const TURN: &str = "opportunityAttributes";

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: CreateAttributeRequest,
) -> Result<CreateAttributeResponse, Error> {
    let mut bad = Violations::default();
    if !is_slug(&request.attribute_id) {
        bad.add("attribute_id", SLUG);
    }
    let sent = request.attribute.clone().unwrap_or_default();
    let attribute = Attribute {
        id: request.attribute_id.clone(),
        version: 1,
        created: call.now,
        updated: call.now,
        declaration: told(&mut bad, &sent, None),
    };
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        log::take_turn(w, &[TURN.to_owned()]).await?;
        check_place(w, &attribute.id).await?;
        row::insert(w, &attribute).await?;
        let after = Some(attribute.to_proto());
        let change = AttributeChanged {
            before: None,
            after: after.clone(),
        };
        w.record(name(&attribute.id), attribute.version, &change);
        Ok(CreateAttributeResponse { attribute: after })
    };
    pipeline.mutations.run(call, &request, work).await
}

/// Refuses an id that is taken, and one attribute too many.
async fn check_place(connection: &mut PgConnection, id: &str) -> Result<(), Error> {
    let declared = row::all(connection).await?;
    if declared.iter().any(|known| known.id == id) {
        return Err(Error::AttributeExists(name(id)));
    }
    match declared.len() < MAX_ATTRIBUTES {
        true => Ok(()),
        false => Err(Error::AttributeLimitReached(MAX_ATTRIBUTES)),
    }
}
