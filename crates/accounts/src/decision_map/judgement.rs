//! What single judgements of a stakeholder rest on.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::JudgementAspect;
use sqlx::PgConnection;
use uuid::Uuid;

use super::stakeholder::Stakeholder;
use crate::day;
use crate::error::Error;
use crate::ids::MapId;

/// A row of `accounts.stakeholder_judgement`.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The number in [`JudgementAspect`].
    pub aspect: i32,
    pub evidence: String,
    pub evidence_date: Option<jiff_sqlx::Date>,
}

impl Judgement {
    pub fn to_proto(&self) -> proto::Judgement {
        proto::Judgement {
            aspect: self.aspect,
            evidence: self.evidence.clone(),
            evidence_date: self.evidence_date.map(|day| wire::date(day.to_jiff())),
        }
    }
}

/// What a request says, in the order of the aspects.
pub fn read_all(sent: Vec<proto::Judgement>, today: Date, bad: &mut Violations) -> Vec<Judgement> {
    let mut judgements: Vec<Judgement> = Vec::new();
    for (index, judgement) in sent.into_iter().enumerate() {
        let field = |name: &str| format!("stakeholder.judgements[{index}].{name}");
        bad.required_enum::<JudgementAspect>(&field("aspect"), judgement.aspect);
        if judgements
            .iter()
            .any(|earlier| earlier.aspect == judgement.aspect)
        {
            bad.add(field("aspect"), "must not be named twice");
        }
        let dated = field("evidence_date");
        judgements.push(Judgement {
            aspect: judgement.aspect,
            evidence: bad.required_text(&field("evidence"), &judgement.evidence, 2000),
            evidence_date: day::past(&dated, judgement.evidence_date, today, bad)
                .map(ToSqlx::to_sqlx),
        });
    }
    judgements.sort_by_key(|judgement| judgement.aspect);
    judgements
}

/// The judgements in these maps, by map and contact.
pub async fn find_all(
    connection: &mut PgConnection,
    maps: &[Uuid],
) -> Result<HashMap<(Uuid, Uuid), Vec<Judgement>>, Error> {
    let rows = sqlx::query!(
        "select opportunity_id, contact_id, aspect, evidence, evidence_date
         from accounts.stakeholder_judgement
         where opportunity_id = any($1) order by opportunity_id, contact_id, aspect",
        maps,
    )
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<(Uuid, Uuid), Vec<Judgement>> = HashMap::new();
    for row in rows {
        let judgement = Judgement {
            aspect: row.aspect,
            evidence: row.evidence,
            evidence_date: row.evidence_date,
        };
        let key = (row.opportunity_id, row.contact_id);
        found.entry(key).or_default().push(judgement);
    }
    Ok(found)
}

/// Stores the judgements of a stakeholder in place of those that are there.
pub async fn replace_all(
    connection: &mut PgConnection,
    map: MapId,
    person: &Stakeholder,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from accounts.stakeholder_judgement where opportunity_id = $1 and contact_id = $2",
        map.0,
        person.contact_id,
    )
    .execute(&mut *connection)
    .await?;
    for judgement in &person.judgements {
        sqlx::query!(
            "insert into accounts.stakeholder_judgement
               (tenant_id, opportunity_id, contact_id, aspect, evidence, evidence_date)
             values (events.tenant_id(), $1, $2, $3, $4, $5)",
            map.0,
            person.contact_id,
            judgement.aspect,
            judgement.evidence,
            judgement.evidence_date as _,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
