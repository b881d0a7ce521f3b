//! The strongest way of influence from somebody on our side to a decision maker (R23).

use std::collections::HashMap;

use keynode_proto::accounts::v1::{Influence, InfluencePath};

use super::Person;

/// The people with the best way to each of them, found once for all decision makers.
pub struct Network<'a> {
    people: &'a [&'a Person],
    best: Vec<Option<Way>>,
    influences: Vec<&'a Influence>,
}

/// The end of a way: what it costs, and by which influence it came. An influence of
/// strength s costs -ln(s), so the cheapest way is that with the greatest product.
#[derive(Clone, Copy, Debug)]
struct Way {
    cost: f64,
    hops: usize,
    /// The influence before the end; none where the way begins.
    by: Option<usize>,
}

impl Way {
    /// Of equally strong ways the shorter one counts, then the first found; influences are
    /// sorted, so the order of the input decides nothing.
    fn beats(&self, other: &Self) -> bool {
        self.cost
            .total_cmp(&other.cost)
            .then(self.hops.cmp(&other.hops))
            .is_lt()
    }
}

struct Edge {
    from: usize,
    to: usize,
    cost: f64,
}

impl<'a> Network<'a> {
    /// `people` sorted by contact.
    pub fn new(people: &'a [&'a Person], influences: &'a [Influence]) -> Self {
        let mut influences: Vec<&Influence> =
            influences.iter().filter(|i| i.strength > 0).collect();
        influences.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
        let edges = edges(people, &mut influences);
        let best = strongest_ways(people, &edges);
        Self {
            people,
            best,
            influences,
        }
    }

    /// The way to one of the people; none when nobody on our side reaches them.
    pub fn path_to(&self, person: usize) -> Option<InfluencePath> {
        let mut steps = Vec::new();
        let mut contacts = vec![self.people.get(person)?.contact.clone()];
        let mut way = (*self.best.get(person)?)?;
        while let Some(step) = way.by.and_then(|by| self.influences.get(by)) {
            let from = self
                .people
                .binary_search_by(|person| person.contact.cmp(&step.from))
                .ok()?;
            contacts.push(step.from.clone());
            steps.push(*step);
            way = (*self.best.get(from)?)?;
        }
        contacts.reverse();
        steps.reverse();
        let product: f64 = steps
            .iter()
            .map(|step| f64::from(step.strength) / 100.0)
            .product();
        let weakest = steps.into_iter().min_by_key(|step| step.strength).cloned();
        // Very long ways of very weak influences would be rounded to nothing.
        Some(InfluencePath {
            contacts,
            strength: product.max(f64::MIN_POSITIVE),
            weakest,
        })
    }
}

/// The influences as indices; those of people who are not in the map are dropped.
fn edges(people: &[&Person], influences: &mut Vec<&Influence>) -> Vec<Edge> {
    let index: HashMap<&str, usize> = people
        .iter()
        .enumerate()
        .map(|(index, person)| (person.contact.as_str(), index))
        .collect();
    influences.retain(|i| index.contains_key(i.from.as_str()) && index.contains_key(i.to.as_str()));
    let edge = |i: &&Influence| {
        let (from, to) = (index.get(i.from.as_str())?, index.get(i.to.as_str())?);
        Some(Edge {
            from: *from,
            to: *to,
            cost: -(f64::from(i.strength) / 100.0).ln(),
        })
    };
    influences.iter().filter_map(edge).collect()
}

/// Dijkstra from everybody on our side at once. Opponents are reached but carry nothing on.
fn strongest_ways(people: &[&Person], edges: &[Edge]) -> Vec<Option<Way>> {
    let start = Way {
        cost: 0.0,
        hops: 0,
        by: None,
    };
    let mut best: Vec<Option<Way>> = people
        .iter()
        .map(|person| person.is_on_our_side().then_some(start))
        .collect();
    let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); people.len()];
    for (number, edge) in edges.iter().enumerate() {
        outgoing[edge.from].push(number);
    }
    let mut is_open = vec![true; people.len()];
    while let Some((from, way)) = nearest_open(&best, &is_open) {
        is_open[from] = false;
        if people[from].is_opponent() {
            continue;
        }
        for &number in &outgoing[from] {
            let edge = &edges[number];
            let longer = Way {
                cost: way.cost + edge.cost,
                hops: way.hops + 1,
                by: Some(number),
            };
            if best[edge.to].is_none_or(|known| longer.beats(&known)) {
                best[edge.to] = Some(longer);
            }
        }
    }
    best
}

/// A decision has dozens of people, so looking at all of them is quicker than a heap.
fn nearest_open(best: &[Option<Way>], is_open: &[bool]) -> Option<(usize, Way)> {
    let open = best.iter().enumerate().filter(|(index, _)| is_open[*index]);
    open.filter_map(|(index, way)| way.map(|way| (index, way)))
        .reduce(|nearest, other| {
            if other.1.beats(&nearest.1) {
                other
            } else {
                nearest
            }
        })
}
