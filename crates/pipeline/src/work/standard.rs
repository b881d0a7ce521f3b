//! The standard work as points (R5): pure.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::process::{Process, Stage, WorkItem};

/// What all required work in order is worth.
const STANDARD: usize = 80;
/// What optional work adds at most.
const OPTIONAL: usize = 20;
/// With anything left out.
const SKIPPED: usize = 79;

/// What the work done says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// 0 to 100; none when nothing is asked so far.
    pub points: Option<i32>,
    /// Required items of stages before the current one that are not done.
    pub skipped: Vec<String>,
    /// Required items that were done after work of a later stage.
    pub out_of_order: Vec<String>,
}

/// Judges the work of a deal that stands at `position`; `done` has the day by item.
pub fn judge(process: &Process, position: i32, done: &BTreeMap<String, Date>) -> Standing {
    let so_far = || {
        process
            .stages
            .iter()
            .filter(|stage| stage.position <= position)
    };
    let items = |required: bool| {
        let items = so_far().flat_map(|stage| &stage.work_items);
        let items: Vec<&WorkItem> = items.filter(|item| item.required == required).collect();
        let finished = items
            .iter()
            .filter(|item| done.contains_key(&item.id))
            .count();
        (finished, items.len())
    };
    let (required, optional) = (items(true), items(false));
    let skipped: Vec<String> = so_far()
        .filter(|stage| stage.position < position)
        .flat_map(required_of)
        .filter(|item| !done.contains_key(&item.id))
        .map(|item| item.id.clone())
        .collect();
    let out_of_order = out_of_order(process, done);
    let is_whole = required.0 == required.1 && skipped.is_empty() && out_of_order.is_empty();
    let points = share(STANDARD, required) + share(OPTIONAL, optional);
    Standing {
        points: (required.1 + optional.1 > 0).then(|| {
            let points = if is_whole {
                points
            } else {
                points.min(SKIPPED)
            };
            i32::try_from(points).unwrap_or_default()
        }),
        skipped,
        out_of_order,
    }
}

/// Required items that were done later than something of a later stage.
fn out_of_order(process: &Process, done: &BTreeMap<String, Date>) -> Vec<String> {
    let day = |item: &WorkItem| done.get(&item.id).copied();
    let mut earliest_behind: Option<Date> = None;
    let mut late = Vec::new();
    for stage in process.stages.iter().rev() {
        let is_late = |item: &&WorkItem| {
            let (done, behind) = (day(item), earliest_behind);
            done.zip(behind).is_some_and(|(done, behind)| done > behind)
        };
        late.extend(
            required_of(stage)
                .filter(is_late)
                .map(|item| item.id.clone()),
        );
        let of_stage = stage.work_items.iter().filter_map(day).min();
        earliest_behind = [earliest_behind, of_stage].into_iter().flatten().min();
    }
    late.reverse();
    late
}

fn required_of(stage: &Stage) -> impl DoubleEndedIterator<Item = &WorkItem> {
    stage.work_items.iter().filter(|item| item.required)
}

/// Nothing asked is nothing owed: the standard is met, and nothing is added.
fn share(worth: usize, (finished, all): (usize, usize)) -> usize {
    match all {
        0 if worth == STANDARD => worth,
        0 => 0,
        all => worth * finished / all,
    }
}

#[cfg(test)]
mod tests {
    use keynode_proto::pipeline::v1::WorkEvidenceKind;
    use proptest::prelude::*;

    use super::*;
    use crate::process::{Text, shipped};

    /// Three stages with two required items and an optional one each.
    fn process() -> Process {
        let text = Text {
            zh: "项".to_owned(),
            en: "item".to_owned(),
        };
        let mut process = shipped();
        process.stages.truncate(3);
        for stage in &mut process.stages {
            let item = |n: i32| WorkItem {
                id: format!("s{}_{n}", stage.position),
                display_name: text.clone(),
                required: n < 3,
                evidence: WorkEvidenceKind::Unspecified,
            };
            stage.work_items = (1..=3).map(item).collect();
        }
        process
    }

    fn day(n: i8) -> Date {
        jiff::civil::date(2026, 7, n)
    }

    fn done(items: &[(&str, i8)]) -> BTreeMap<String, Date> {
        items
            .iter()
            .map(|(id, n)| ((*id).to_owned(), day(*n)))
            .collect()
    }

    #[test]
    fn all_required_work_in_order_is_worth_eighty() {
        let all = [("s1_1", 1), ("s1_2", 2), ("s2_1", 2), ("s2_2", 4)];
        let standing = judge(&process(), 2, &done(&all));
        assert_eq!(standing.points, Some(80));
        let with_optional = judge(
            &process(),
            2,
            &done(&[&all[..], &[("s1_3", 1), ("s2_3", 3)]].concat()),
        );
        assert_eq!(with_optional.points, Some(100));
        let half = judge(&process(), 1, &done(&[("s1_1", 1)]));
        assert_eq!((half.points, half.skipped.len()), (Some(40), 0));
    }

    #[test]
    fn whatever_is_left_out_keeps_it_below_eighty() {
        let skipped = [
            ("s1_1", 1),
            ("s1_3", 1),
            ("s2_1", 2),
            ("s2_2", 2),
            ("s2_3", 2),
        ];
        let standing = judge(&process(), 2, &done(&skipped));
        assert_eq!(standing.skipped, ["s1_2"]);
        assert_eq!(standing.points, Some(79));
    }

    #[test]
    fn work_done_after_that_of_a_later_stage_is_out_of_order() {
        let late = [("s1_1", 1), ("s1_2", 9), ("s2_1", 2), ("s2_2", 3)];
        let standing = judge(&process(), 2, &done(&late));
        assert_eq!(standing.out_of_order, ["s1_2"]);
        assert_eq!(standing.points, Some(79));
    }

    #[test]
    fn a_process_without_work_gives_no_points() {
        assert_eq!(judge(&shipped(), 6, &BTreeMap::new()), Standing::default());
    }

    proptest! {
        #[test]
        fn one_more_item_in_order_never_costs_points(
            finished in prop::collection::btree_set(0_usize..9, 0..9),
            more in 0_usize..9,
        ) {
            let ids: Vec<String> = (1..=3).flat_map(|s| (1..=3).map(move |n| format!("s{s}_{n}"))).collect();
            // Done in the order of the process, a day each.
            let days = |items: &std::collections::BTreeSet<usize>| -> BTreeMap<String, Date> {
                items.iter().map(|n| (ids[*n].clone(), day(i8::try_from(*n + 1).unwrap()))).collect()
            };
            let before = judge(&process(), 3, &days(&finished));
            let mut with = finished.clone();
            with.insert(more);
            let after = judge(&process(), 3, &days(&with));
            prop_assert!(after.points >= before.points);
            prop_assert!(after.out_of_order.is_empty());
            prop_assert!(after.skipped.is_empty() || after.points <= Some(79));
        }
    }
}
