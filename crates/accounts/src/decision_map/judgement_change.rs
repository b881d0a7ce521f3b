//! The history of the judgements in a map.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::page::Page;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use super::aspect::{self, Change};
use super::{DecisionMap, insider};
use crate::error::Error;
use crate::ids::{ContactId, MapId};

/// A row of `accounts.judgement_change` with what the contact's row says.
#[derive(Clone, Debug)]
pub struct JudgementChange {
    pub id: Uuid,
    contact_id: Uuid,
    display_name: String,
    aspect: i32,
    from_value: String,
    to_value: String,
    evidence: String,
    evidence_date: Option<jiff_sqlx::Date>,
    actor: String,
    recorded_at: jiff_sqlx::Timestamp,
    map_version: i64,
    /// Of whoever is or was an insider of the map.
    insider_number: Option<i32>,
}

/// Whose history is read.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    Everybody,
    Contact(ContactId),
    /// By the number in the handle.
    Insider(i32),
}

impl JudgementChange {
    pub fn to_proto(&self) -> proto::JudgementChange {
        proto::JudgementChange {
            contact: ContactId(self.contact_id).to_string(),
            display_name: self.display_name.clone(),
            aspect: self.aspect,
            from: self.from_value.clone(),
            to: self.to_value.clone(),
            evidence: self.evidence.clone(),
            evidence_date: self.evidence_date.map(|day| wire::date(day.to_jiff())),
            actor: self.actor.clone(),
            record_time: Some(wire::timestamp(self.recorded_at.to_jiff())),
            map_version: self.map_version,
        }
    }

    /// The same as everybody may see it: also what was judged before a person became an
    /// insider does not name them.
    pub fn to_masked(&self) -> proto::JudgementChange {
        let change = self.to_proto();
        match self.insider_number {
            None => change,
            Some(number) => proto::JudgementChange {
                contact: insider::handle(number),
                display_name: String::new(),
                evidence: String::new(),
                ..change
            },
        }
    }
}

/// Writes down how the next version of a map judges its people differently.
pub async fn record(
    w: &mut Writer<'_>,
    call: &Call,
    before: &DecisionMap,
    after: &DecisionMap,
) -> Result<(), Error> {
    for change in aspect::changes(&before.stakeholders, &after.stakeholders) {
        let id = w.id();
        insert(w, call, id, after, &change).await?;
    }
    Ok(())
}

async fn insert(
    connection: &mut PgConnection,
    call: &Call,
    id: Uuid,
    map: &DecisionMap,
    change: &Change,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.judgement_change
           (tenant_id, id, opportunity_id, contact_id, aspect, from_value, to_value, evidence, evidence_date,
            actor, recorded_at, map_version)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id,
        map.header.opportunity_id,
        change.contact_id,
        i32::from(change.aspect),
        change.from,
        change.to,
        change.evidence,
        change.evidence_date as _,
        call.principal.subject,
        call.now.to_sqlx() as _,
        map.header.version,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A page of a map's history, latest first. Asked for by contact, an insider is not found
/// by who may not know that the person is one. Whose account the caller does not see has the
/// name that they had at the account of the map.
pub async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    map: MapId,
    whose: Whose,
) -> Result<Vec<JudgementChange>, Error> {
    let (contact, number) = match whose {
        Whose::Everybody => (None, None),
        Whose::Contact(contact) => (Some(contact.0), None),
        Whose::Insider(number) => (None, Some(number)),
    };
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        JudgementChange,
        r#"select h.id, h.contact_id,
                  case when c.account_id = m.account_id or $7 or a.owner_id = $8 or a.team_id = any($9)
                       then c.display_name else coalesce(p.display_name, '') end as "display_name!", h.aspect, h.from_value, h.to_value, h.evidence,
                  h.evidence_date, h.actor, h.recorded_at, h.map_version, i.number as "insider_number?"
           from accounts.judgement_change h
           join accounts.contact c on c.tenant_id = h.tenant_id and c.id = h.contact_id
           join accounts.decision_map m on m.tenant_id = h.tenant_id and m.opportunity_id = h.opportunity_id
           join accounts.account a on a.tenant_id = c.tenant_id and a.id = c.account_id
           left join accounts.contact_past p on p.tenant_id = h.tenant_id and p.contact_id = h.contact_id
             and p.account_id = m.account_id
           left join accounts.insider i on i.tenant_id = h.tenant_id and i.opportunity_id = h.opportunity_id
             and i.contact_id = h.contact_id
           where h.opportunity_id = $1
             and ($2::uuid is null or (h.contact_id = $2 and ($3 or i.number is null)))
             and ($4::integer is null or i.number = $4)
             and ($5::uuid is null or (h.map_version, h.id) <
                  (select l.map_version, l.id from accounts.judgement_change l where l.id = $5))
           order by h.map_version desc, h.id desc limit $6"#,
        map.0,
        contact,
        call.reveals,
        number,
        page.after,
        page.fetch(),
        all,
        me,
        &teams,
    );
    Ok(rows.fetch_all(connection).await?)
}
