//! Absences: who is away, and who stands in.

pub mod create;
pub mod deputy;
pub mod read;
pub mod recipients;
pub mod revoke;
pub mod update;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::day;
use crate::directory::reach;
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::ids::{AbsenceId, PersonId};
use crate::mask::maskable;
use crate::person;
use crate::versioned::versioned;

const MAX_DAYS: i64 = 366;

/// A row of `accounts.absence`.
#[derive(Clone, Debug, PartialEq)]
pub struct Absence {
    pub id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub person_id: Uuid,
    pub deputy_id: Uuid,
    pub start_date: jiff_sqlx::Date,
    pub end_date: jiff_sqlx::Date,
    pub reason: String,
    pub revoked_at: Option<jiff_sqlx::Timestamp>,
}

maskable!(proto::Absence: deputy, start_date, end_date, reason);

versioned!(Absence);

impl Absence {
    /// An absence of a person about which nothing else is said yet.
    pub fn new(id: Uuid, person_id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            created_at: now.to_sqlx(),
            updated_at: now.to_sqlx(),
            person_id,
            deputy_id: Uuid::nil(),
            start_date: jiff::civil::Date::ZERO.to_sqlx(),
            end_date: jiff::civil::Date::ZERO.to_sqlx(),
            reason: String::new(),
            revoked_at: None,
        }
    }

    /// The same absence with what a caller says of it.
    pub fn told(&self, sent: &proto::Absence, bad: &mut Violations) -> Self {
        let deputy: PersonId = bad.name("absence.deputy", &sent.deputy);
        if deputy.0 == self.person_id {
            bad.add("absence.deputy", "must be somebody else");
        }
        for (field, day) in [
            ("absence.start_date", &sent.start_date),
            ("absence.end_date", &sent.end_date),
        ] {
            if day.is_none() {
                bad.add(field, "must be set");
            }
        }
        let start = day::planned("absence.start_date", sent.start_date, bad);
        let end = day::planned("absence.end_date", sent.end_date, bad);
        if let (Some(start), Some(end)) = (start, end) {
            check_days(end.duration_since(start), bad);
        }
        Self {
            deputy_id: deputy.0,
            start_date: start.map_or(self.start_date, ToSqlx::to_sqlx),
            end_date: end.map_or(self.end_date, ToSqlx::to_sqlx),
            reason: bad.text("absence.reason", &sent.reason, 200),
            ..self.clone()
        }
    }

    pub fn name(&self) -> AbsenceId {
        AbsenceId(self.id)
    }

    pub fn to_proto(&self) -> proto::Absence {
        proto::Absence {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.updated_at.to_jiff())),
            person: PersonId(self.person_id).to_string(),
            deputy: PersonId(self.deputy_id).to_string(),
            start_date: Some(wire::date(self.start_date.to_jiff())),
            end_date: Some(wire::date(self.end_date.to_jiff())),
            reason: self.reason.clone(),
            revoke_time: self.revoked_at.map(|at| wire::timestamp(at.to_jiff())),
        }
    }

    /// Refuses a deputy who cannot stand in, and days on which the person is away already.
    /// The turn of the person is held.
    async fn check(&self, connection: &mut PgConnection) -> Result<(), Error> {
        let deputy = person::find(connection, PersonId(self.deputy_id)).await?;
        let mut bad = Violations::default();
        if deputy.disabled {
            bad.add("absence.deputy", "must be somebody who is not disabled");
        }
        bad.finish()?;
        let other = sqlx::query_scalar!(
            "select id from accounts.absence
             where person_id = $1 and id <> $2 and revoked_at is null and start_date <= $4 and end_date >= $3
             order by start_date limit 1",
            self.person_id,
            self.id,
            self.start_date as _,
            self.end_date as _,
        )
        .fetch_optional(connection)
        .await?;
        match other {
            Some(id) => Err(Refusal::AbsenceOverlaps(AbsenceId(id)).into()),
            None => Ok(()),
        }
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "insert into accounts.absence
               (tenant_id, id, version, created_at, updated_at, person_id, deputy_id, start_date, end_date, reason)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.id,
            self.version,
            self.created_at as _,
            self.updated_at as _,
            self.person_id,
            self.deputy_id,
            self.start_date as _,
            self.end_date as _,
            self.reason,
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "update accounts.absence
             set version = $2, updated_at = $3, deputy_id = $4, start_date = $5, end_date = $6, reason = $7,
                 revoked_at = $8
             where id = $1",
            self.id,
            self.version,
            self.updated_at as _,
            self.deputy_id,
            self.start_date as _,
            self.end_date as _,
            self.reason,
            self.revoked_at as _,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

fn check_days(span: SignedDuration, bad: &mut Violations) {
    let days = span.as_hours() / 24;
    if days < 0 {
        bad.add("absence.end_date", "must not be before the first day");
    }
    if days >= MAX_DAYS {
        bad.add(
            "absence.end_date",
            format!("must be within {MAX_DAYS} days"),
        );
    }
}

/// Refuses who may not keep absences of the person.
async fn check_reach(
    connection: &mut PgConnection,
    call: &Call,
    person: Uuid,
) -> Result<(), Error> {
    let person = person::find(connection, PersonId(person)).await?;
    match reach::keeps_absences_of(call, &person) {
        true => Ok(()),
        false => Err(Refusal::AbsenceOfAnother(person.name()).into()),
    }
}

/// Notes a change of an absence.
fn record(w: &mut Writer<'_>, before: Option<&Absence>, after: &Absence) {
    let change = proto::AbsenceChanged {
        before: before.map(Absence::to_proto),
        after: Some(after.to_proto()),
    };
    w.record(after.name().to_string(), after.version, &change);
}

/// Reads one absence.
async fn find(connection: &mut PgConnection, id: AbsenceId) -> Result<Absence, Error> {
    let row = sqlx::query_as!(
        Absence,
        "select id, version, created_at, updated_at, person_id, deputy_id, start_date, end_date, reason, revoked_at
         from accounts.absence where id = $1",
        id.0,
    );
    let found = row.fetch_optional(connection).await?;
    found.ok_or_else(|| Refusal::AbsenceNotFound(id).into())
}

/// Reads one absence and keeps other writers of the person's absences away until the
/// transaction ends.
async fn lock(connection: &mut PgConnection, id: AbsenceId) -> Result<Absence, Error> {
    let person = PersonId(find(connection, id).await?.person_id);
    log::take_turn(connection, &[id.to_string(), person.to_string()]).await?;
    find(connection, id).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn told(start: Option<jiff::civil::Date>, end: Option<jiff::civil::Date>) -> Vec<String> {
        let person = Uuid::from_u128(1);
        let sent = proto::Absence {
            deputy: PersonId(person).to_string(),
            start_date: start.map(wire::date),
            end_date: end.map(wire::date),
            ..Default::default()
        };
        let mut bad = Violations::default();
        Absence::new(Uuid::nil(), person, Timestamp::UNIX_EPOCH).told(&sent, &mut bad);
        let fault = bad.finish().unwrap_err();
        fault.fields().map(|(field, _)| field.to_owned()).collect()
    }

    #[test]
    fn nobody_is_their_own_deputy_and_days_are_in_order() {
        assert_eq!(
            told(None, None),
            ["absence.deputy", "absence.start_date", "absence.end_date"]
        );
        let day = date(2026, 5, 4);
        assert_eq!(told(Some(day), Some(day)), ["absence.deputy"]);
        for end in [date(2026, 5, 3), date(2027, 5, 5)] {
            assert_eq!(
                told(Some(day), Some(end)),
                ["absence.deputy", "absence.end_date"],
                "{end}"
            );
        }
        assert_eq!(told(Some(day), Some(date(2027, 5, 4))), ["absence.deputy"]);
    }
}
