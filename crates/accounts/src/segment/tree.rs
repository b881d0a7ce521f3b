//! Segments and their parts, without loops. A member meets the criteria of all above, too.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::refusal::Refusal;
use super::rule::{Criterion, Facts, Verdict, all_hold};
use super::{Segment, criteria};
use crate::account::tree::loops;
use crate::error::Error;
use crate::ids::SegmentId;

/// Segments in use at most: each change of an account is held against all of them.
pub const MOST: i64 = 500;

/// One change of the tree at a time: two that are harmless alone may make a loop together.
/// Taken before any row is locked, held until the transaction ends.
pub async fn lock(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.segment/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The conditions that members of a segment meet.
#[derive(Debug)]
pub struct InForce {
    pub segment: Uuid,
    criteria: Vec<Criterion>,
}

impl InForce {
    /// Whether an account is a member.
    pub fn verdict(&self, facts: &Facts) -> Verdict {
        all_hold(&self.criteria, facts)
    }

    /// Whether it matters what an account stands below.
    pub fn asks_lineage(&self) -> bool {
        self.criteria
            .iter()
            .any(|criterion| matches!(criterion, Criterion::Within(_)))
    }
}

/// The conditions of every segment in use, those of the segments above included.
pub fn in_force(segments: &[Segment]) -> Vec<InForce> {
    let known: HashMap<Uuid, &Segment> = segments.iter().map(|it| (it.id, it)).collect();
    let chain = |segment: &Segment| {
        let up = |below: &&Segment| below.parent_id.and_then(|id| known.get(&id).copied());
        // The tree has no loop; the bound holds should the database be tampered with.
        std::iter::successors(known.get(&segment.id).copied(), up)
            .take(known.len())
            .flat_map(|it| criteria::stored(&it.criteria))
            .collect()
    };
    segments
        .iter()
        .map(|segment| InForce {
            segment: segment.id,
            criteria: chain(segment),
        })
        .collect()
}

/// A segment and all its parts, by id.
pub fn with_parts(segments: &[Segment], of: Uuid) -> Vec<Uuid> {
    let mut found = vec![of];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let parts = segments.iter().filter(|it| it.parent_id == Some(parent));
        let new: Vec<Uuid> = parts
            .map(|it| it.id)
            .filter(|id| !found.contains(id))
            .collect();
        found.extend(new);
        next += 1;
    }
    found
}

/// Refuses a parent that is a part of the segment, naming the loop.
pub fn check_loop(segments: &[Segment], id: Uuid, parent: Uuid) -> Result<(), Error> {
    let stored = segments
        .iter()
        .filter_map(|it| Some((it.id, it.parent_id?)));
    let mut parents: HashMap<Uuid, Uuid> = stored.collect();
    parents.insert(id, parent);
    match loops(&parents).pop() {
        Some(way) => Err(Refusal::SegmentCycle(way.into_iter().map(SegmentId).collect()).into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use keynode_proto::accounts::v1::SegmentCriterion;
    use keynode_proto::accounts::v1::segment_criterion::{Condition, NumberRange};

    use super::*;

    fn segment(id: u128, parent: Option<u128>, at_least: i64) -> Segment {
        let range = NumberRange {
            min: Some(at_least),
            max: None,
        };
        let criterion = SegmentCriterion {
            condition: Some(Condition::EmployeeCount(range)),
        };
        Segment {
            parent_id: parent.map(Uuid::from_u128),
            criteria: criteria::encode(&[criterion]),
            ..Segment::new(Uuid::from_u128(id), Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn a_part_asks_what_the_whole_asks() {
        let segments = [segment(1, None, 100), segment(2, Some(1), 10)];
        let in_force = in_force(&segments);
        let verdicts = |employees| {
            let facts = Facts {
                employees: Some(employees),
                ..Facts::default()
            };
            in_force
                .iter()
                .map(|it| it.verdict(&facts))
                .collect::<Vec<_>>()
        };
        assert_eq!(verdicts(100), [Verdict::Yes, Verdict::Yes]);
        assert_eq!(verdicts(50), [Verdict::No, Verdict::No]);
    }

    #[test]
    fn parts_of_parts_are_found() {
        let segments = [
            segment(3, Some(2), 1),
            segment(2, Some(1), 1),
            segment(1, None, 1),
            segment(4, None, 1),
        ];
        let found = with_parts(&segments, Uuid::from_u128(1));
        assert_eq!(found, [1, 2, 3].map(Uuid::from_u128));
    }

    #[test]
    fn a_loop_is_named_from_end_to_end() {
        let segments = [segment(1, None, 1), segment(2, Some(1), 1)];
        let [whole, part] = [1, 2].map(Uuid::from_u128);
        let refused = check_loop(&segments, whole, part).unwrap_err();
        let loop_ = refused.to_string();
        assert!(
            loop_.contains(&format!("{} > ", SegmentId(part))),
            "{loop_}"
        );
        assert!(check_loop(&segments, part, whole).is_ok());
    }
}
