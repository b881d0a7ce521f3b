//! Which overall strategy the situation suggests (R18).

use std::cmp::Ordering;

use keynode_proto::accounts::v1::{OverallStrategy, SegmentStrategy};

/// Opportunities that outnumber obstacles with strengths that outnumber weaknesses suggest
/// growth, with weaknesses that prevail turnaround; obstacles and weaknesses that prevail
/// suggest defence; everything else is mixed. Unspecified while nothing was said of one side.
///
/// The method names the four strategies and what to weigh, but not how; this is the usual
/// reading of the four fields of strengths, weaknesses, opportunities and threats.
pub fn suggest(strategy: &SegmentStrategy) -> OverallStrategy {
    let outside = (strategy.opportunities.len(), strategy.obstacles.len());
    let inside = (strategy.strengths.len(), strategy.weaknesses.len());
    if outside == (0, 0) || inside == (0, 0) {
        return OverallStrategy::Unspecified;
    }
    match (outside.0.cmp(&outside.1), inside.0.cmp(&inside.1)) {
        (Ordering::Greater, Ordering::Greater) => OverallStrategy::Growth,
        (Ordering::Greater, Ordering::Less) => OverallStrategy::Turnaround,
        (Ordering::Less, Ordering::Less) => OverallStrategy::Defence,
        _ => OverallStrategy::Mixed,
    }
}
