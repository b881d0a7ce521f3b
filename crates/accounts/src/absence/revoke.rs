//! Ends an absence for good.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{RevokeAbsenceRequest, RevokeAbsenceResponse};

use super::{Absence, check_reach, lock, record};
use crate::Accounts;
use crate::error::Error;
use crate::ids::AbsenceId;

pub async fn revoke(
    service: &Accounts,
    call: &Call,
    request: RevokeAbsenceRequest,
) -> Result<RevokeAbsenceResponse, Error> {
    let mut bad = Violations::default();
    let id: AbsenceId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, id).await?;
            check_reach(w, call, before.person_id).await?;
            etag::check(&request.name, &request.etag, before.version)?;
            let revoked = Absence {
                revoked_at: before.revoked_at.or(Some(call.now.to_sqlx())),
                ..before.clone()
            };
            let after = revoked.changed(&before, call.now);
            if after != before {
                after.update(w).await?;
                record(w, Some(&before), &after);
            }
            Ok(RevokeAbsenceResponse {
                absence: Some(after.to_proto()),
            })
        })
        .await
}
