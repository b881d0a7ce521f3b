//! Adds a competitor.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreateCompetitorRequest, CreateCompetitorResponse};

use super::{Competitor, insert, lock_registry};
use crate::Accounts;
use crate::error::Error;

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateCompetitorRequest,
) -> Result<CreateCompetitorResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.competitor.clone().unwrap_or_default();
    let competitor =
        Competitor::new(service.mutations.clock.id(), call.now).told(&sent, call.today(), &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            lock_registry(w).await?;
            insert(w, &competitor).await?;
            Ok(CreateCompetitorResponse {
                competitor: Some(competitor.to_proto()),
            })
        })
        .await
}
