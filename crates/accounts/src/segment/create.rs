//! Declares a segment.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreateSegmentRequest, CreateSegmentResponse, SegmentChanged};
use sqlx::PgConnection;

use super::refusal::Refusal;
use super::rule::Criterion;
use super::{Segment, computation, criteria, find, tree};
use crate::error::Error;
use crate::ids::{AccountId, PersonId, SegmentId, TeamId};
use crate::{Accounts, account, person, team};

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateSegmentRequest,
) -> Result<CreateSegmentResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.segment.clone().unwrap_or_default();
    let segment = Segment::new(service.mutations.clock.id(), call.now).told(&sent, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            tree::lock(w).await?;
            check_room(w).await?;
            check_references(w, call, &segment).await?;
            criteria::attributes::check(w, call, &[], &segment.criteria).await?;
            insert(w, &segment).await?;
            computation::request(w, &[segment.id]).await?;
            let after = segment.to_proto();
            let change = SegmentChanged {
                before: None,
                after: Some(after.clone()),
            };
            w.record(segment.name().to_string(), segment.version, &change);
            Ok(CreateSegmentResponse {
                segment: Some(after),
            })
        })
        .await
}

async fn check_room(connection: &mut PgConnection) -> Result<(), Error> {
    let in_use = sqlx::query_scalar!(
        r#"select count(*) as "count!" from accounts.segment where archived_at is null"#
    )
    .fetch_one(connection)
    .await?;
    match in_use < tree::MOST {
        true => Ok(()),
        false => Err(Refusal::SegmentsTooMany(tree::MOST).into()),
    }
}

/// Refuses a parent, accounts, people and teams that are not there for the caller.
pub(super) async fn check_references(
    connection: &mut PgConnection,
    call: &Call,
    segment: &Segment,
) -> Result<(), Error> {
    if let Some(parent) = segment.parent_id {
        find(connection, SegmentId(parent)).await?.in_use()?;
    }
    for criterion in criteria::stored(&segment.criteria) {
        match criterion {
            Criterion::Within(accounts) => {
                for id in accounts {
                    account::follow(connection, call, AccountId(id)).await?;
                }
            }
            Criterion::Owner(people) => {
                for id in people {
                    person::find(connection, PersonId(id)).await?;
                }
            }
            Criterion::Team(teams) => {
                for id in teams {
                    team::require(connection, TeamId(id)).await?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

async fn insert(connection: &mut PgConnection, segment: &Segment) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.segment
           (tenant_id, id, version, created_at, updated_at, display_name, description, parent_id, criteria)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8)",
        segment.id,
        segment.version,
        segment.created_at as _,
        segment.updated_at as _,
        segment.display_name,
        segment.description,
        segment.parent_id,
        segment.criteria,
    )
    .execute(connection)
    .await?;
    Ok(())
}
