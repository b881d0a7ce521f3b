//! What the rules make of segments, compared with each other.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{AnalyzeSegmentsRequest, AnalyzeSegmentsResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::analysis::{self, Facts};
use super::{find_all, model};
use crate::error::Error;
use crate::ids::SegmentId;
use crate::{Accounts, segment};

pub async fn analyze(
    service: &Accounts,
    call: &Call,
    request: AnalyzeSegmentsRequest,
) -> Result<AnalyzeSegmentsResponse, Error> {
    let mut bad = Violations::default();
    let parent: Option<SegmentId> = bad.optional_name("parent", &request.parent);
    bad.finish()?;
    let (model, facts) = service
        .read(call, async |tx: &mut Tx| {
            if let Some(parent) = parent {
                segment::find(tx, parent).await?;
            }
            Ok((model::in_force(tx).await?, facts(tx, parent).await?))
        })
        .await?;
    Ok(AnalyzeSegmentsResponse {
        segments: analysis::analyze(&model, &facts),
        model_version: model.version,
    })
}

/// What is known of the segments under one parent.
async fn facts(
    connection: &mut PgConnection,
    parent: Option<SegmentId>,
) -> Result<Vec<Facts>, Error> {
    let mut segments = segment::find_in_use(connection).await?;
    segments.retain(|it| it.parent_id == parent.map(|id| id.0));
    let ids: Vec<Uuid> = segments.iter().map(|it| it.id).collect();
    let strategies = find_all(connection, &ids).await?;
    let members = count_members(connection, &ids).await?;
    let fact = |(segment, strategy): (segment::Segment, super::Strategy)| {
        let members = members.get(&segment.id).copied().unwrap_or_default();
        Facts {
            segment: segment.name().to_string(),
            members: members.count,
            winter_jasmines: members.winter_jasmines(),
            display_name: segment.display_name,
            strategy_version: strategy.version,
            strategy: strategy.document,
        }
    };
    Ok(segments.into_iter().zip(strategies).map(fact).collect())
}

/// What is known of the members of a segment.
#[derive(Clone, Copy, Debug, Default)]
struct Members {
    count: i64,
    winter_jasmines: i64,
    /// Whether the class of any is not known.
    has_unclassed: bool,
}

impl Members {
    /// How many are winter jasmines (R15): at least as many as are known to be; unknown when
    /// none is, and some may be.
    fn winter_jasmines(self) -> Option<i64> {
        let are_known = self.winter_jasmines > 0 || !self.has_unclassed;
        are_known.then_some(self.winter_jasmines)
    }
}

/// Classes stand as numbers of `CustomerClassVerdict`: 1 is yes, 2 no.
async fn count_members(
    connection: &mut PgConnection,
    segments: &[Uuid],
) -> Result<HashMap<Uuid, Members>, Error> {
    let rows = sqlx::query!(
        r#"select s.id as "segment_id!",
                  (select count(*) from accounts.segment_member m
                   where m.segment_id = s.id and m.membership = 1) as "count!",
                  (select count(*) from accounts.account a
                   join accounts.segment_member m on m.tenant_id = a.tenant_id and m.account_id = a.id
                   where a.winter_jasmine = 1 and m.segment_id = s.id and m.membership = 1) as "winter_jasmines!",
                  exists (
                    select from accounts.segment_member m
                    join accounts.account a on a.tenant_id = m.tenant_id and a.id = m.account_id
                    where m.segment_id = s.id and m.membership = 1
                      and coalesce(a.winter_jasmine not in (1, 2), true)) as "has_unclassed!"
           from unnest($1::uuid[]) as s (id)"#,
        segments,
    )
    .fetch_all(connection)
    .await?;
    let mut members = HashMap::new();
    for row in rows {
        let found = Members {
            count: row.count,
            winter_jasmines: row.winter_jasmines,
            has_unclassed: row.has_unclassed,
        };
        members.insert(row.segment_id, found);
    }
    Ok(members)
}
