//! What the database knows of accounts, as criteria ask for it.

use std::collections::HashMap;

use keynode_proto::accounts::v1::{AccountKind, AccountLevel};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::rule::Facts;
use crate::account::profile::{Trait, class_findings};
use crate::account::tree::parents_above;
use crate::attribute::values::Values;
use crate::error::Error;
use crate::merge::redirect;

struct Known {
    id: Uuid,
    industry: String,
    location: String,
    revenue_amount: Option<Decimal>,
    revenue_currency: Option<String>,
    employee_count: Option<i64>,
    founded_year: Option<i32>,
    owner_id: Option<Uuid>,
    team_id: Option<Uuid>,
    kind: i32,
    region: String,
    tags: Vec<String>,
    level: i32,
    attributes: Json<Values>,
    traits: Json<Vec<Trait>>,
}

impl Known {
    fn into_facts(self, lineage: Vec<Uuid>) -> Facts {
        let findings = class_findings(&self.traits).into_iter();
        Facts {
            industry: said(self.industry),
            location: said(self.location),
            revenue: self.revenue_currency.zip(self.revenue_amount),
            employees: self.employee_count,
            founded: self.founded_year.map(i64::from),
            owner: self.owner_id,
            team: self.team_id,
            lineage,
            kind: AccountKind::try_from(self.kind).unwrap_or_default(),
            region: said(self.region),
            tags: self.tags,
            level: AccountLevel::try_from(self.level)
                .ok()
                .filter(|level| *level != AccountLevel::Unspecified),
            attributes: self.attributes.0,
            classes: findings.map(|it| (it.class, it.verdict.into())).collect(),
        }
    }
}

fn said(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// What is known of those accounts that are there, each with its id.
pub async fn facts_of(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    asks_lineage: bool,
) -> Result<Vec<(Uuid, Facts)>, Error> {
    let known = sqlx::query_as!(
        Known,
        r#"select id, industry, location, revenue_amount, revenue_currency, employee_count, founded_year, owner_id,
                  team_id, kind, region, tags, level, attributes as "attributes: Json<Values>",
                  coalesce(profile -> 'traits', '[]') as "traits!: Json<Vec<Trait>>"
           from accounts.account where id = any($1) and merged_into_id is null"#,
        accounts,
    )
    .fetch_all(&mut *connection)
    .await?;
    let parents = match asks_lineage {
        true => parents_above(connection, accounts).await?,
        false => HashMap::new(),
    };
    let mut merged: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    if asks_lineage {
        let ids: Vec<Uuid> = accounts.iter().chain(parents.values()).copied().collect();
        for (loser, survivor) in redirect::to(connection, &ids).await? {
            merged.entry(survivor).or_default().push(loser);
        }
    }
    // Whoever was below an account that was merged is still meant by its name.
    let lineage = |id: Uuid| {
        let up = |below: &Uuid| parents.get(below).copied();
        let own = std::iter::successors(Some(id), up).take(parents.len() + 1);
        own.flat_map(|id| {
            let others = merged.get(&id).into_iter().flatten().copied();
            std::iter::once(id).chain(others)
        })
        .collect()
    };
    let facts = |row: Known| (row.id, lineage(row.id), row);
    Ok(known
        .into_iter()
        .map(facts)
        .map(|(id, lineage, row)| (id, row.into_facts(lineage)))
        .collect())
}
