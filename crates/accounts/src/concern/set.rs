//! Decides what is usual for a function in a tenant.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    Function, SetConcernDefaultsRequest, SetConcernDefaultsResponse,
};

use super::{Concern, defaults};
use crate::Accounts;
use crate::error::Error;

pub async fn set(
    service: &Accounts,
    call: &Call,
    request: SetConcernDefaultsRequest,
) -> Result<SetConcernDefaultsResponse, Error> {
    let mut bad = Violations::default();
    let function: Function = bad.required_enum("function", request.function);
    let concerns = super::read("concerns", &request.concerns, call.today(), &mut bad);
    refuse_evidence(&concerns, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = defaults::lock(w, function).await?;
            etag::check(
                &defaults::name(function),
                &request.etag,
                before.version(function),
            )?;
            let after = defaults::decide(w, call, &before, function, Some(concerns)).await?;
            Ok(SetConcernDefaultsResponse {
                defaults: Some(after),
            })
        })
        .await
}

/// A default is about nobody, so nothing proves it.
fn refuse_evidence(concerns: &[Concern], bad: &mut Violations) {
    for (index, concern) in concerns.iter().enumerate() {
        let mut refuse = |field: &str, is_set: bool| {
            if is_set {
                bad.add(
                    format!("concerns[{index}].{field}"),
                    "must be unset: a default is about nobody",
                );
            }
        };
        refuse("evidence", !concern.evidence.is_empty());
        refuse("evidence_date", concern.evidence_date.is_some());
    }
}
