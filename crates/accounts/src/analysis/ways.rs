//! The strongest ways of influence through a network (R23).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use keynode_proto::accounts::v1::InfluencePath;

use super::network::{Edge, Network};

/// Where a way may begin.
pub struct Start {
    pub node: usize,
    /// Ways of a lower rank are preferred, however weak.
    pub rank: i32,
}

/// One way. Of two ways the lesser is better: by rank, then the stronger, then the shorter,
/// then by where it begins and by its last influence, so that there is always one best.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Way {
    rank: i32,
    cost: Cost,
    steps: usize,
    /// The node where the way begins.
    pub start: usize,
    /// The influence before the end, and the way before that; none where the way begins.
    by: Option<(usize, usize)>,
    end: usize,
}

/// What an influence costs: the logarithm of its weakness, so that the cheapest way is that
/// with the greatest product. A whole number, for sums must not depend on their order.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
struct Cost(u64);

impl Cost {
    const UNIT: f64 = (1_u64 << 40) as f64;

    fn of(edge: &Edge) -> Self {
        Self((-share(edge).ln() * Self::UNIT).round() as u64)
    }
}

/// The strength of an influence, over 0 to 1.
fn share(edge: &Edge) -> f64 {
    f64::from(edge.influence.strength.min(100)) / 100.0
}

impl Way {
    fn beginning_at(start: Start) -> Self {
        Self {
            rank: start.rank,
            cost: Cost::default(),
            steps: 0,
            start: start.node,
            by: None,
            end: start.node,
        }
    }

    /// This way, settled as `number`, and one influence more.
    fn along(self, network: &Network, edge: usize, number: usize) -> Self {
        let next = network.edge(edge);
        Self {
            cost: Cost(self.cost.0.saturating_add(Cost::of(next).0)),
            steps: self.steps + 1,
            by: Some((edge, number)),
            end: next.to,
            ..self
        }
    }
}

/// The best ways to every node, from different beginnings.
pub struct Ways {
    settled: Vec<Way>,
    /// By node, best first.
    at: Vec<Vec<usize>>,
}

impl Ways {
    /// The best way to each node from anybody on our side.
    pub fn from_our_side(network: &Network) -> Self {
        let ours = network.people.iter().enumerate();
        let starts = ours
            .filter(|(_, person)| person.is_on_our_side())
            .map(|(node, _)| Start { node, rank: 0 });
        Self::find(network, starts, 1)
    }

    /// The best `kept` ways to each node, each from another start, after Dijkstra. Who
    /// carries nothing on is reached, and is passed only where the way begins.
    pub fn find(network: &Network, starts: impl Iterator<Item = Start>, kept: usize) -> Self {
        let mut ways = Self {
            settled: Vec::new(),
            at: vec![Vec::new(); network.len()],
        };
        let mut open: BinaryHeap<_> = starts.map(Way::beginning_at).map(Reverse).collect();
        while let Some(Reverse(way)) = open.pop() {
            if !ways.wants(&way, kept) {
                continue;
            }
            let number = ways.settle(way);
            if way.steps == 0 || network.carries(way.end) {
                let edges = network.edges_from(way.end);
                open.extend(edges.map(|edge| Reverse(way.along(network, edge, number))));
            }
        }
        ways
    }

    /// A way that only begins is always wanted, since nobody else begins here.
    fn wants(&self, way: &Way, kept: usize) -> bool {
        let known = &self.at[way.end];
        let is_new = known
            .iter()
            .all(|number| self.settled[*number].start != way.start);
        is_new && (way.steps == 0 || known.len() < kept)
    }

    fn settle(&mut self, way: Way) -> usize {
        self.settled.push(way);
        self.at[way.end].push(self.settled.len() - 1);
        self.settled.len() - 1
    }

    /// The best way to a node.
    pub fn best(&self, node: usize) -> Option<&Way> {
        self.at[node].first().map(|number| &self.settled[*number])
    }

    /// The best way to a node that does not begin there.
    pub fn best_from_elsewhere(&self, node: usize) -> Option<&Way> {
        let mut ways = self.at[node].iter().map(|number| &self.settled[*number]);
        ways.find(|way| way.start != node)
    }

    /// A way as the contract tells it.
    pub fn path(&self, network: &Network, way: &Way) -> InfluencePath {
        let edges = self.edges(network, way);
        let nodes = std::iter::once(way.start).chain(edges.iter().map(|edge| edge.to));
        let contacts = nodes
            .filter_map(|node| network.person(node))
            .map(|person| person.contact.clone());
        let product: f64 = edges.iter().map(|edge| share(edge)).product();
        let weakest = edges.iter().min_by_key(|edge| edge.influence.strength);
        InfluencePath {
            contacts: contacts.collect(),
            // Very long ways of very weak influences would be rounded to nothing.
            strength: product.max(f64::MIN_POSITIVE),
            weakest: weakest.map(|edge| edge.influence.clone()),
        }
    }

    fn edges<'n>(&self, network: &'n Network<'n>, way: &Way) -> Vec<&'n Edge<'n>> {
        let mut edges = Vec::with_capacity(way.steps);
        let mut by = way.by;
        while let Some((edge, before)) = by {
            edges.push(network.edge(edge));
            by = self.settled[before].by;
        }
        edges.reverse();
        edges
    }
}
