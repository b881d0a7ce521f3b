//! Says what a map means. What the caller may not know is masked before the analysis, so
//! that nothing of it can show in the answer, not even in an order.

mod batch;

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{
    AnalyzeDecisionMapRequest, AnalyzeDecisionMapResponse, DecisionMapAnalysis,
};
use keynode_proto::common::v1::LocalizedText;
use sqlx::PgConnection;

use super::{DecisionMap, load, shown};
use crate::Accounts;
use crate::analysis::{self, Person};
use crate::error::Error;
use crate::ids::{AccountId, MapId};

pub use self::batch::batch;

pub async fn analyze(
    service: &Accounts,
    call: &Call,
    request: AnalyzeDecisionMapRequest,
) -> Result<AnalyzeDecisionMapResponse, Error> {
    let mut bad = Violations::default();
    let id: MapId = bad.name("name", &request.name);
    bad.finish()?;
    let drawn = service
        .read(call, async |tx: &mut Tx| {
            load::take_snapshot(tx).await?;
            Drawn::find(tx, call, id).await
        })
        .await?;
    let analysis = drawn.analyze(&service.settings.for_analysis());
    let analysis = DecisionMapAnalysis {
        map: id.to_string(),
        ..analysis
    };
    Ok(AnalyzeDecisionMapResponse {
        analysis: Some(analysis),
    })
}

/// A map as the caller may see it, with what else the analysis needs.
#[derive(Debug, Default)]
struct Drawn {
    map: proto::DecisionMap,
    people: Vec<Person>,
    departments: Vec<String>,
}

impl Drawn {
    /// No map is an answer, in which nothing is known; one that the caller does not see is
    /// none.
    async fn find(connection: &mut PgConnection, call: &Call, id: MapId) -> Result<Self, Error> {
        let Some(map) = load::find_unless_hidden(connection, call, id).await? else {
            return Ok(Self::default());
        };
        let account = AccountId(map.header.account_id);
        let departments = departments_of(connection, account).await?;
        Ok(Self::new(
            &map,
            shown(call, map.shown_to(call)),
            departments,
        ))
    }

    /// `drawn` is the map as the caller may see it.
    fn new(map: &DecisionMap, drawn: proto::DecisionMap, departments: Vec<String>) -> Self {
        let people = drawn
            .stakeholders
            .iter()
            .zip(&map.stakeholders)
            .map(|(person, row)| person_of(person, row.is_at_customer));
        Self {
            people: people.collect(),
            map: drawn,
            departments,
        }
    }

    fn analyze(&self, settings: &analysis::Settings) -> DecisionMapAnalysis {
        let mut analysis = analysis::analyze(&analysis::Subject {
            people: &self.people,
            influences: &self.map.influences,
            criteria: &self.map.criteria,
            competitors: &self.map.competitors,
            departments: &self.departments,
            settings,
        });
        analysis.map_version = self.map.version;
        self.speak_of_the_masked(&mut analysis);
        analysis
    }

    /// The analysis knows one name for each person; of the masked there are two languages.
    fn speak_of_the_masked(&self, analysis: &mut DecisionMapAnalysis) {
        let people = self.map.stakeholders.iter();
        let texts: HashMap<&str, &LocalizedText> = people
            .filter_map(|person| Some((person.contact.as_str(), person.masked_as.as_ref()?)))
            .collect();
        let masked_as = |contact: &str| texts.get(contact).copied().cloned();
        for reach in &mut analysis.decision_makers {
            reach.masked_as = masked_as(&reach.contact);
            if let Some(miss) = &mut reach.nearest_miss {
                miss.masked_as = masked_as(&miss.contact);
            }
        }
        for win in &mut analysis.next_to_win {
            win.masked_as = masked_as(&win.contact);
        }
    }
}

/// What the analysis needs to know. A value that this release does not know is unknown.
fn person_of(person: &proto::Stakeholder, is_at_customer: bool) -> Person {
    let masked = person.masked_as.as_ref().map(|text| text.en.clone());
    Person {
        contact: person.contact.clone(),
        display_name: masked.unwrap_or_else(|| person.display_name.clone()),
        function: person.function(),
        department: person.department.clone(),
        is_at_customer,
        roles: person.roles().collect(),
        weight: person.weight,
        attitude: person.attitude(),
        coverage: person.coverage(),
        supported_competitors: person.supported_competitors.clone(),
    }
}

/// The departments that the customer's contacts name.
async fn departments_of(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<String>, Error> {
    let names = sqlx::query_scalar!(
        "select distinct department from accounts.contact where account_id = $1 and department <> ''
         order by department",
        account.0,
    );
    Ok(names.fetch_all(connection).await?)
}
