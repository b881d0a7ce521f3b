//! `LowerContactLevel` and `RaiseContactLevel`: how much of our time a deal gets (R10, R14).

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ContactLevel;

use super::{Order, require_open};
use crate::Pipeline;
use crate::error::Error;
use crate::opportunity::{self, Opportunity};
use crate::update::change_because;

/// Which way the level goes.
#[derive(Clone, Copy)]
enum Way {
    Lower,
    Raise,
}

pub async fn lower(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::LowerContactLevelRequest,
) -> Result<proto::LowerContactLevelResponse, Error> {
    let mut bad = Violations::default();
    let order = Order::read(&mut bad, &request.name, &request.etag, &request.reason);
    let level: ContactLevel = bad.required_enum("level", request.level);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let after = set(w, call, &order, Way::Lower, level).await?;
        Ok(proto::LowerContactLevelResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn raise(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RaiseContactLevelRequest,
) -> Result<proto::RaiseContactLevelResponse, Error> {
    let mut bad = Violations::default();
    let order = Order::read(&mut bad, &request.name, &request.etag, &request.reason);
    let level: ContactLevel = bad.required_enum("level", request.level);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let after = set(w, call, &order, Way::Raise, level).await?;
        Ok(proto::RaiseContactLevelResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

async fn set(
    w: &mut Writer<'_>,
    call: &Call,
    order: &Order,
    way: Way,
    level: ContactLevel,
) -> Result<Opportunity, Error> {
    let before = opportunity::lock(w, call, order.id, &order.etag).await?;
    require_open(&before)?;
    let (now, asked) = (effort(before.contact_level), effort(level));
    let opportunity = before.id;
    match way {
        Way::Lower if asked >= now => Err(Error::ContactLevelNotLower { opportunity }),
        Way::Raise if asked <= now => Err(Error::ContactLevelNotHigher { opportunity }),
        _ => {
            change_because(w, call, before, &order.reason, |after| {
                after.contact_level = level;
            })
            .await
        }
    }
}

/// The more, the more time. As the stage asks is all that it takes.
fn effort(level: ContactLevel) -> i32 {
    match level {
        ContactLevel::Unspecified | ContactLevel::AllOut => 4,
        ContactLevel::Bounded => 3,
        ContactLevel::Watch => 2,
        ContactLevel::Last => 1,
    }
}
