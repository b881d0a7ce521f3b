//! Prospects: organisations that may become customers, screened before anybody spends time
//! on them (R30).

pub mod batch;
pub mod belonging;
pub mod convert;
pub mod create;
pub mod dismiss;
pub mod read;
pub mod refusal;
pub mod results;
pub mod row;
pub mod screen;
pub mod screening;
pub mod told;
pub mod update;

use jiff::Timestamp;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{ProspectChanged, ProspectState};
use uuid::Uuid;

use self::refusal::Refusal;
use crate::ids::{PersonId, ProspectId, TargetDefinitionId, TeamId};
use crate::mask::maskable;

/// A row of `accounts.prospect`.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect {
    pub id: Uuid,
    /// One more with every event.
    pub version: i64,
    pub record: proto::Prospect,
}

maskable!(proto::Prospect: display_name, industry, location, website, phone, annual_revenue,
    employee_count, founded_year, channel, channel_detail, found_date, people, need, budget,
    timetable_date, no_timetable, answers, owner, team, target_definition, external_key);

impl Prospect {
    /// A prospect about which nothing is said yet.
    pub fn new(id: Uuid, now: Timestamp) -> Self {
        let record = proto::Prospect {
            name: ProspectId(id).to_string(),
            etag: "1".to_owned(),
            create_time: Some(wire::timestamp(now)),
            update_time: Some(wire::timestamp(now)),
            state: ProspectState::Listed.into(),
            ..proto::Prospect::default()
        };
        Self {
            id,
            version: 1,
            record,
        }
    }

    pub fn name(&self) -> ProspectId {
        ProspectId(self.id)
    }

    pub fn owner(&self) -> Option<Uuid> {
        let owner = self.record.owner.parse::<PersonId>();
        owner.ok().map(|id| id.0)
    }

    pub fn team(&self) -> Option<Uuid> {
        let team = self.record.team.parse::<TeamId>();
        team.ok().map(|id| id.0)
    }

    pub fn definition(&self) -> Option<TargetDefinitionId> {
        self.record.target_definition.parse().ok()
    }

    /// The record as events carry it: events go to every reader of the feed, and how to
    /// reach a person is personal data.
    pub fn to_event(&self) -> proto::Prospect {
        let mut record = self.record.clone();
        for person in &mut record.people {
            person.phone.clear();
            person.email.clear();
        }
        record
    }

    /// Source system and the id there.
    pub fn external_key(&self) -> Option<(&str, &str)> {
        let key = self.record.external_key.as_ref()?;
        Some((&key.source_system, &key.external_id))
    }

    /// What was given up or became a customer changes no more.
    ///
    /// # Errors
    /// `PROSPECT_CLOSED`.
    pub fn check_open(&self) -> Result<(), Refusal> {
        match self.record.state() {
            state @ (ProspectState::Converting
            | ProspectState::Converted
            | ProspectState::Dismissed) => Err(Refusal::Closed {
                prospect: self.name(),
                state,
            }),
            _ => Ok(()),
        }
    }

    /// The prospect after what a caller says of it at `now`; the same when nothing changed.
    /// A screening says nothing of other facts, so those put it back on the list.
    pub fn changed(self, before: &Self, now: Timestamp) -> Self {
        if self == *before {
            return self;
        }
        let mut after = self;
        if screening::sees_change(&before.record, &after.record) {
            after.record.set_state(ProspectState::Listed);
        }
        after.touched(now)
    }

    /// The next version.
    pub fn touched(mut self, now: Timestamp) -> Self {
        self.version += 1;
        self.record.etag = self.version.to_string();
        self.record.update_time = Some(wire::timestamp(now));
        self
    }
}

/// Notes the event of a change that is stored.
pub fn record(w: &mut Writer<'_>, before: Option<&Prospect>, after: &Prospect) {
    let change = ProspectChanged {
        before: before.map(Prospect::to_event),
        after: Some(after.to_event()),
    };
    w.record(after.name().to_string(), after.version, &change);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qualified() -> Prospect {
        let mut prospect = Prospect::new(Uuid::nil(), Timestamp::UNIX_EPOCH);
        prospect.record.set_state(ProspectState::Qualified);
        prospect
    }

    #[test]
    fn other_facts_put_a_prospect_back_on_the_list() {
        let before = qualified();
        let mut after = before.clone();
        after.record.need = "流量计".to_owned();
        let after = after.changed(&before, Timestamp::UNIX_EPOCH);
        assert_eq!(after.record.state(), ProspectState::Listed);
        assert_eq!((after.version, after.record.etag.as_str()), (2, "2"));
    }

    #[test]
    fn another_telephone_number_does_not() {
        let before = qualified();
        let mut after = before.clone();
        after.record.phone = "0951 1".to_owned();
        let after = after.changed(&before, Timestamp::UNIX_EPOCH);
        assert_eq!(after.record.state(), ProspectState::Qualified);
        assert_eq!(
            after.clone().changed(&after, Timestamp::UNIX_EPOCH).version,
            2,
            "nothing changed"
        );
    }
}
