//! How often there was which kind of contact, for written criteria.

use std::collections::{BTreeMap, HashMap};

use keynode_proto::pipeline::v1::ActivityKind;
use serde_json::{Map, Value as Json, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::kind_name;

/// The four forms of persuasion of stage 3.
const PERSUASION: [ActivityKind; 4] = [
    ActivityKind::Demonstration,
    ActivityKind::CompanyVisit,
    ActivityKind::ReferenceVisit,
    ActivityKind::Proposal,
];

/// How many activities of a deal are done, by kind as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<String, i64>);

impl Tally {
    /// Counts what is done on these deals; nothing is on those left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load_all(
        connection: &mut PgConnection,
        deals: &[Uuid],
    ) -> Result<HashMap<Uuid, Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"select opportunity_id, kind, count(*) as "done!" from pipeline.activity
               where opportunity_id = any($1) and state = 'DONE' group by opportunity_id, kind"#,
            deals,
        )
        .fetch_all(connection)
        .await?;
        let mut all: HashMap<Uuid, Self> = HashMap::new();
        for row in rows {
            let tally = all.entry(row.opportunity_id).or_default();
            tally.0.insert(row.kind, row.done);
        }
        Ok(all)
    }

    /// What written criteria read of it.
    pub fn facts(&self) -> Json {
        let kinds = (1..).map_while(|number| ActivityKind::try_from(number).ok());
        let mut facts: Map<String, Json> = kinds
            .map(|kind| (kind_name(kind).to_lowercase(), json!(self.done(kind))))
            .collect();
        let forms = PERSUASION.into_iter().filter(|form| self.done(*form) > 0);
        facts.insert("persuasion".to_owned(), json!(forms.count()));
        facts.insert("total".to_owned(), json!(self.0.values().sum::<i64>()));
        Json::Object(facts)
    }

    fn done(&self, kind: ActivityKind) -> i64 {
        self.0.get(kind_name(kind)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_persuasion_count_once_each() {
        let done = [("DEMONSTRATION", 3), ("PROPOSAL", 1), ("VISIT", 5)];
        let tally = Tally(done.map(|(kind, n)| (kind.to_owned(), n)).into());
        let facts = tally.facts();
        assert_eq!(facts["persuasion"], json!(2));
        assert_eq!(facts["total"], json!(9));
        assert_eq!(facts["visit"], json!(5));
        assert_eq!(facts["company_visit"], json!(0));
    }
}
