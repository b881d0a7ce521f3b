//! Whom each person reaches, directly or through others, found for all at once.

use fixedbitset::FixedBitSet;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::network::Network;

/// The transitive closure. People who influence each other in a circle reach the same, so
/// each circle is one component, and a component reaches what those after it do.
pub struct Closure<'a> {
    network: &'a Network<'a>,
    component_of: Vec<usize>,
    reached_by: Vec<FixedBitSet>,
}

impl<'a> Closure<'a> {
    pub fn new(network: &'a Network<'a>) -> Self {
        // Those at the end of all influence come first, hence nothing is looked up before
        // it is known.
        let components = kosaraju_scc(&graph(network));
        let mut closure = Self {
            network,
            component_of: vec![0; network.people.len()],
            reached_by: Vec::with_capacity(components.len()),
        };
        for (number, members) in components.iter().enumerate() {
            let members = members.iter().map(|node| node.index());
            members
                .clone()
                .for_each(|node| closure.component_of[node] = number);
            let reached = closure.reached_by_component(number, members);
            closure.reached_by.push(reached);
        }
        closure
    }

    fn reached_by_component(
        &self,
        number: usize,
        members: impl Iterator<Item = usize>,
    ) -> FixedBitSet {
        let mut reached = FixedBitSet::with_capacity(self.network.people.len());
        for node in members {
            reached.insert(node);
            if self.network.carries(node) {
                self.add_influenced(node, &mut reached, |component| component != number);
            }
        }
        reached
    }

    /// Whom the person would reach on our side, the person included. Opponents pass nothing
    /// on, except this one, who would be none any more.
    pub fn reached_if_won(&self, node: usize) -> FixedBitSet {
        let mut reached = self.reached_by[self.component_of[node]].clone();
        if !self.network.carries(node) {
            self.add_influenced(node, &mut reached, |_| true);
        }
        reached
    }

    fn add_influenced(
        &self,
        node: usize,
        reached: &mut FixedBitSet,
        counts: impl Fn(usize) -> bool,
    ) {
        let influenced = self.network.edges_from(node);
        let components = influenced
            .filter_map(|edge| self.component_of.get(self.network.edge(edge).to))
            .filter(|component| counts(**component));
        for component in components {
            reached.union_with(&self.reached_by[*component]);
        }
    }
}

/// The people alone, with the influences that are carried on.
fn graph(network: &Network) -> DiGraph<(), ()> {
    let people = network.people.len();
    let mut graph = DiGraph::with_capacity(people, 0);
    for _ in 0..people {
        graph.add_node(());
    }
    for from in (0..people).filter(|node| network.carries(*node)) {
        let influenced = network
            .edges_from(from)
            .map(|edge| network.edge(edge).to)
            .filter(|to| *to < people);
        graph.extend_with_edges(influenced.map(|to| (NodeIndex::new(from), NodeIndex::new(to))));
    }
    graph
}
