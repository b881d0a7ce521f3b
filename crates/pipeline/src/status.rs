//! A deal's status in the contract and in the database, e.g. `OPEN`.

use jiff::Timestamp;
use keynode_proto::pipeline::v1::OpportunityStatus as Kind;

use crate::stage::Status;

const PREFIX: &str = "OPPORTUNITY_STATUS_";

/// The status for the wire, which has the time of closing beside it.
pub fn kind(status: Status) -> Kind {
    match status {
        Status::Open => Kind::Open,
        Status::Won { .. } => Kind::Won,
        Status::Completed { .. } => Kind::Completed,
        Status::Lost { .. } => Kind::Lost,
        Status::Abandoned { .. } => Kind::Abandoned,
    }
}

/// The status of a kind; none when the time of closing is missing or too much.
pub fn of(kind: Kind, closed: Option<Timestamp>) -> Option<Status> {
    match (kind, closed) {
        (Kind::Open, None) => Some(Status::Open),
        (Kind::Won, Some(at)) => Some(Status::Won { at }),
        (Kind::Completed, Some(at)) => Some(Status::Completed { at }),
        (Kind::Lost, Some(at)) => Some(Status::Lost { at }),
        (Kind::Abandoned, Some(at)) => Some(Status::Abandoned { at }),
        _ => None,
    }
}

/// The name that the database and errors use, e.g. `OPEN`.
pub fn name(kind: Kind) -> &'static str {
    let name = kind.as_str_name();
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// The kind of that name; unspecified when there is none.
pub fn parse(name: &str) -> Kind {
    Kind::from_str_name(&format!("{PREFIX}{name}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_survives_the_database() {
        let at = Timestamp::from_second(1).unwrap();
        let closed = [
            Status::Won { at },
            Status::Completed { at },
            Status::Lost { at },
            Status::Abandoned { at },
        ];
        for status in closed.into_iter().chain([Status::Open]) {
            assert_eq!(
                of(parse(name(kind(status))), status.closed_at()),
                Some(status)
            );
        }
    }

    #[test]
    fn what_is_closed_has_a_time() {
        assert_eq!(of(Kind::Lost, None), None);
        assert_eq!(of(Kind::Open, Some(Timestamp::UNIX_EPOCH)), None);
        assert_eq!(of(Kind::Unspecified, None), None);
    }
}
