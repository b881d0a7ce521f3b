//! What comes nearest to a way where there is none (R23).

use keynode_proto::accounts::v1::NearestMiss;
use keynode_proto::accounts::v1::nearest_miss::Kind;
use keynode_proto::accounts::v1::next_win::Change;

use super::Person;
use super::network::Network;
use super::ways::{Start, Way, Ways};

/// The ways that would be open if their first person were on our side.
pub struct Misses<'a> {
    network: &'a Network<'a>,
    ways: Ways,
    /// By node: whether a way leads there if opponents carried it.
    heard: Vec<bool>,
}

impl<'a> Misses<'a> {
    /// Two ways are kept for each node, for the best may begin with the decision maker.
    pub fn new(network: &'a Network<'a>) -> Self {
        let others = network.people.iter().enumerate();
        let starts = others
            .filter(|(_, person)| !person.is_on_our_side())
            .map(|(node, person)| Start {
                node,
                rank: person.steps_to_our_side(),
            });
        Self {
            network,
            ways: Ways::find(network, starts, 2),
            heard: heard(network),
        }
    }

    /// For a decision maker whom no way reaches: first whoever needs the fewest steps to our
    /// side, then the strongest way, then the shortest, then the first by contact.
    pub fn nearest_to(&self, decision_maker: usize) -> NearestMiss {
        self.ways
            .best_from_elsewhere(decision_maker)
            .and_then(|way| Some((way, self.network.person(way.start)?)))
            .map_or_else(no_influence_known, |(way, person)| self.tell(way, person))
    }

    fn tell(&self, way: &Way, person: &Person) -> NearestMiss {
        NearestMiss {
            kind: self.kind(way.start, person).into(),
            contact: person.contact.clone(),
            display_name: person.display_name.clone(),
            path: Some(self.ways.path(self.network, way)),
            ..NearestMiss::default()
        }
    }

    fn kind(&self, node: usize, person: &Person) -> Kind {
        match person.change_to_our_side() {
            Some(Change::Access) => Kind::NotMet,
            _ if person.is_opponent() && self.heard[node] => Kind::ThroughOpponent,
            _ => Kind::NotOnOurSide,
        }
    }
}

fn no_influence_known() -> NearestMiss {
    NearestMiss {
        kind: Kind::NoInfluenceKnown.into(),
        ..NearestMiss::default()
    }
}

fn heard(network: &Network) -> Vec<bool> {
    let mut heard = vec![false; network.len()];
    let people = network.people.iter().enumerate();
    let mut open: Vec<usize> = people
        .filter(|(_, person)| person.is_on_our_side())
        .map(|(node, _)| node)
        .collect();
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut heard[node], true) {
            open.extend(network.edges_from(node).map(|edge| network.edge(edge).to));
        }
    }
    heard
}
