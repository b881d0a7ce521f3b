//! `ListNextActions`: what is to be done next, over all deals that the caller sees (T9).

use std::collections::HashMap;

use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::name;
use keynode_kit::page::DatedPage;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Pipeline;
use crate::activity::{Activity, row};
use crate::error::Error;
use crate::ids::{OpportunityId, PersonId};

/// Which are meant; none = all.
struct Filter {
    responsible: Option<Uuid>,
    before: Option<Date>,
    opportunity: Option<Uuid>,
}

/// Where an open next action stands in the list, and what its deal adds to it.
struct Place {
    activity: Uuid,
    due: Date,
    responsible: Option<Uuid>,
    deal_name: String,
}

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListNextActionsRequest,
) -> Result<proto::ListNextActionsResponse, Error> {
    let filter = read(&request)?;
    let day = filter.before.map(|day| day.to_string());
    let arguments = [
        call.method.as_str(),
        &request.responsible,
        day.as_deref().unwrap_or_default(),
        &request.opportunity,
    ];
    let page = DatedPage::open(request.page_size, &request.page_token, &arguments)?;
    let work = async |tx: &mut Tx| {
        let found = places(tx, call, &page, &filter).await?;
        let (found, token) = page.close(found, |place| (place.due, place.activity));
        let ids: Vec<Uuid> = found.iter().map(|place| place.activity).collect();
        Ok::<_, Error>((found, row::fetch(tx, &ids).await?, token))
    };
    let (found, activities, next_page_token) =
        pipeline.db.transaction(call.tenant()?, work).await?;
    let mut activities: HashMap<Uuid, Activity> =
        activities.into_iter().map(|it| (it.id, it)).collect();
    let next_actions = found
        .into_iter()
        .filter_map(|place| Some(open(activities.remove(&place.activity)?, place)));
    Ok(proto::ListNextActionsResponse {
        next_actions: next_actions.collect(),
        next_page_token,
    })
}

fn read(request: &proto::ListNextActionsRequest) -> Result<Filter, Error> {
    let mut bad = Violations::default();
    let filter = Filter {
        responsible: bad
            .optional_name("responsible", &request.responsible)
            .map(|PersonId(id)| id),
        before: bad.date("due_before", request.due_before),
        opportunity: bad
            .optional_name("opportunity", &request.opportunity)
            .map(|OpportunityId(id)| id),
    };
    bad.finish()?;
    Ok(filter)
}

fn open(activity: Activity, place: Place) -> proto::OpenNextAction {
    proto::OpenNextAction {
        activity: activity.name(),
        next_action: activity.said.next_action,
        responsible: name::optional::<PersonId>(place.responsible),
        opportunity_display_name: place.deal_name,
    }
}

/// The activities whose open next action a person does. Asked apart because no index serves "named,
/// or else the owner".
async fn open_of(connection: &mut PgConnection, person: Uuid) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id!" from pipeline.activity
           where next_action_responsible_id = $1 and next_action_settled_at is null
           union all
           select a.id from pipeline.opportunity d join pipeline.activity a on a.opportunity_id = d.id
           where d.owner_id = $1 and a.next_action_responsible_id is null
             and a.next_action is not null and a.next_action_settled_at is null"#,
        person,
    )
    .fetch_all(connection)
    .await
}

async fn places(
    connection: &mut PgConnection,
    call: &Call,
    page: &DatedPage,
    filter: &Filter,
) -> Result<Vec<Place>, Error> {
    let (all, person, teams) = call.visibility_parameters();
    let (after_due, after_id) = page.after.unzip();
    let meant = match filter.responsible {
        Some(person) => Some(open_of(connection, person).await?),
        None => None,
    };
    let rows = sqlx::query!(
        r#"select a.id, a.next_action_due_on as "due!: jiff_sqlx::Date", d.display_name,
                  coalesce(a.next_action_responsible_id, d.owner_id) as responsible
           from pipeline.activity a join pipeline.opportunity d on d.id = a.opportunity_id
           where a.next_action is not null and a.next_action_settled_at is null
             and ($1::date is null or (a.next_action_due_on, a.id) > ($1, $2))
             and ($3 or d.owner_id = $4 or d.team_id = any($5))
             and ($6::uuid[] is null or a.id = any($6))
             and ($7::date is null or a.next_action_due_on < $7)
             and ($8::uuid is null or a.opportunity_id = $8)
           order by a.next_action_due_on, a.id
           limit $9"#,
        after_due.map(|due| due.to_sqlx()) as _,
        after_id,
        all,
        person,
        &teams,
        meant.as_deref(),
        filter.before.map(|day| day.to_sqlx()) as _,
        filter.opportunity,
        page.fetch(),
    )
    .fetch_all(&mut *connection)
    .await?;
    let places = rows.into_iter().map(|row| Place {
        activity: row.id,
        due: row.due.to_jiff(),
        responsible: row.responsible,
        deal_name: row.display_name,
    });
    Ok(places.collect())
}
