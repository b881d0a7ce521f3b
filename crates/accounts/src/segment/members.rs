//! Who is in a segment, and which segments an account is in.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AccountSegment, CountSegmentMembersRequest, CountSegmentMembersResponse,
    ListAccountSegmentsRequest, ListAccountSegmentsResponse, ListSegmentMembersRequest,
    ListSegmentMembersResponse, SegmentMember, SegmentMembership,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{computation, find};
use crate::account::sight;
use crate::error::Error;
use crate::ids::{AccountId, SegmentId};
use crate::{Accounts, account};

struct Row {
    id: Uuid,
    display_name: String,
    membership: i32,
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListSegmentMembersRequest,
) -> Result<ListSegmentMembersResponse, Error> {
    let mut bad = Violations::default();
    let segment: SegmentId = bad.name("segment", &request.segment);
    let asked: SegmentMembership = bad.optional_enum("membership", request.membership);
    bad.page_size(request.page_size);
    bad.finish()?;
    let membership = match asked {
        SegmentMembership::Unspecified => SegmentMembership::Member,
        asked => asked,
    };
    let arguments = [
        "ListSegmentMembers",
        &request.segment,
        membership.as_str_name(),
    ];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let (found, recomputing) = service
        .read(call, async |tx: &mut Tx| {
            find(tx, segment).await?;
            let rows = select(tx, call, &page, segment, membership).await?;
            Ok((rows, computation::is_running(tx, segment.0).await?))
        })
        .await?;
    let (rows, next_page_token) = page.close(found, |row| row.id);
    let member = |row: Row| SegmentMember {
        account: AccountId(row.id).to_string(),
        display_name: row.display_name,
        membership: row.membership,
    };
    Ok(ListSegmentMembersResponse {
        members: rows.into_iter().map(member).collect(),
        next_page_token,
        recomputing,
    })
}

async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    segment: SegmentId,
    membership: SegmentMembership,
) -> Result<Vec<Row>, Error> {
    sight::plan_for_values(connection).await?;
    if sight::is_of_some(connection, call).await? {
        return of_seen_accounts(connection, call, page, segment, membership).await;
    }
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Row,
        "select a.id, a.display_name, m.membership
         from accounts.segment_member m
         join accounts.account a on a.tenant_id = m.tenant_id and a.id = m.account_id
         where m.segment_id = $1 and m.membership = $2 and m.account_id > $3
           and ($4 or a.owner_id = $5 or a.team_id = any($6))
         order by m.account_id limit $7",
        segment.0,
        i32::from(membership),
        page.after.unwrap_or(Uuid::nil()),
        all,
        me,
        &teams,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Along the accounts that the caller sees, when those are some of many.
async fn of_seen_accounts(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    segment: SegmentId,
    membership: SegmentMembership,
) -> Result<Vec<Row>, Error> {
    let (_, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Row,
        r#"with mine as materialized (
             select id, display_name from accounts.account where owner_id = $1 and id > $5
             union
             select id, display_name from accounts.account where team_id = any($2) and id > $5
           )
           select mine.id as "id!", mine.display_name as "display_name!", m.membership
           from mine cross join lateral (
             select n.membership from accounts.segment_member n
             where n.segment_id = $3 and n.account_id = mine.id and n.membership = $4
             limit 1
           ) m
           order by mine.id limit $6"#,
        me,
        &teams,
        segment.0,
        i32::from(membership),
        page.after.unwrap_or(Uuid::nil()),
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}

pub async fn count(
    service: &Accounts,
    call: &Call,
    request: CountSegmentMembersRequest,
) -> Result<CountSegmentMembersResponse, Error> {
    let mut bad = Violations::default();
    let segment: SegmentId = bad.name("segment", &request.segment);
    bad.finish()?;
    service
        .read(call, async |tx: &mut Tx| {
            find(tx, segment).await?;
            let (members, undetermined) = count_seen(tx, call, segment).await?;
            Ok(CountSegmentMembersResponse {
                members,
                undetermined,
                recomputing: computation::is_running(tx, segment.0).await?,
            })
        })
        .await
}

/// Members and undetermined accounts that the caller sees.
async fn count_seen(
    connection: &mut PgConnection,
    call: &Call,
    segment: SegmentId,
) -> Result<(i64, i64), Error> {
    let (all, me, teams) = call.visibility_parameters();
    let row = sqlx::query!(
        r#"select count(*) filter (where m.membership = 1) as "members!",
                  count(*) filter (where m.membership = 2) as "undetermined!"
           from accounts.segment_member m
           where m.segment_id = $1 and ($2 or exists (
             select from accounts.account a
             where a.tenant_id = m.tenant_id and a.id = m.account_id
               and (a.owner_id = $3 or a.team_id = any($4))))"#,
        segment.0,
        all,
        me,
        &teams,
    )
    .fetch_one(connection)
    .await?;
    Ok((row.members, row.undetermined))
}

pub async fn segments_of(
    service: &Accounts,
    call: &Call,
    request: ListAccountSegmentsRequest,
) -> Result<ListAccountSegmentsResponse, Error> {
    let mut bad = Violations::default();
    let account: AccountId = bad.name("account", &request.account);
    bad.page_size(request.page_size);
    bad.finish()?;
    let arguments = ["ListAccountSegments", &request.account];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            let account = account::follow(tx, call, account).await?.name();
            select_segments(tx, &page, account).await
        })
        .await?;
    let (rows, next_page_token) = page.close(found, |row| row.id);
    let segment = |row: Row| AccountSegment {
        segment: SegmentId(row.id).to_string(),
        display_name: row.display_name,
        membership: row.membership,
    };
    Ok(ListAccountSegmentsResponse {
        segments: rows.into_iter().map(segment).collect(),
        next_page_token,
    })
}

async fn select_segments(
    connection: &mut PgConnection,
    page: &Page,
    account: AccountId,
) -> Result<Vec<Row>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select s.id, s.display_name, m.membership
         from accounts.segment_member m
         join accounts.segment s on s.tenant_id = m.tenant_id and s.id = m.segment_id
         where m.account_id = $1 and m.segment_id > $2 and s.archived_at is null
         order by m.segment_id limit $3",
        account.0,
        page.after.unwrap_or(Uuid::nil()),
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
