//! People and purchase criteria, and who influences whom and what.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use keynode_proto::accounts::v1::{Influence, PurchaseCriterion};

use super::Person;

/// The map as a graph. Nodes are numbers: first the people, then the criteria.
pub struct Network<'a> {
    /// Sorted by contact.
    pub people: &'a [&'a Person],
    /// Sorted by id.
    pub criteria: &'a [&'a PurchaseCriterion],
    /// Sorted by where they begin.
    edges: Vec<Edge<'a>>,
    /// The edges that end at each node.
    incoming: Vec<Vec<usize>>,
}

/// One influence.
pub struct Edge<'a> {
    pub from: usize,
    pub to: usize,
    pub influence: &'a Influence,
}

impl<'a> Network<'a> {
    /// `people` sorted by contact, `criteria` by id.
    pub fn new(
        people: &'a [&'a Person],
        criteria: &'a [&'a PurchaseCriterion],
        influences: &'a [Influence],
    ) -> Self {
        let edges = edges(people, criteria, influences);
        let mut incoming = vec![Vec::new(); people.len() + criteria.len()];
        for (number, edge) in edges.iter().enumerate() {
            incoming[edge.to].push(number);
        }
        Self {
            people,
            criteria,
            edges,
            incoming,
        }
    }

    /// How many people and criteria there are.
    pub fn len(&self) -> usize {
        self.incoming.len()
    }

    /// The node of a criterion.
    pub fn criterion(&self, index: usize) -> usize {
        self.people.len() + index
    }

    /// The person at a node; none at a criterion.
    pub fn person(&self, node: usize) -> Option<&'a Person> {
        self.people.get(node).copied()
    }

    pub fn edge(&self, number: usize) -> &Edge<'a> {
        &self.edges[number]
    }

    /// The numbers of the edges that begin at a node.
    pub fn edges_from(&self, node: usize) -> Range<usize> {
        let first = self.edges.partition_point(|edge| edge.from < node);
        let after = self.edges.partition_point(|edge| edge.from <= node);
        first..after
    }

    /// The people who influence a node directly, with how strongly, per cent; somebody
    /// named twice counts with the stronger influence only.
    pub fn influencers(&self, node: usize) -> Vec<(usize, i32)> {
        let edges = self.incoming[node].iter().map(|number| self.edge(*number));
        let mut people: Vec<_> = edges
            .map(|edge| (edge.from, edge.influence.strength))
            .collect();
        people.sort_by_key(|(from, strength)| (*from, Reverse(*strength)));
        people.dedup_by_key(|(from, _)| *from);
        people
    }

    /// Whether influence passes through the node: neither opponents nor criteria carry it.
    pub fn carries(&self, node: usize) -> bool {
        self.person(node)
            .is_some_and(|person| !person.is_opponent())
    }
}

/// Sorted in every respect, so that the order of the input decides nothing.
fn edges<'a>(
    people: &[&Person],
    criteria: &[&PurchaseCriterion],
    influences: &'a [Influence],
) -> Vec<Edge<'a>> {
    let people_at = numbered(people.iter().map(|person| person.contact.as_str()), 0);
    let criteria_at = numbered(
        criteria.iter().map(|criterion| criterion.id.as_str()),
        people.len(),
    );
    let edge = |influence: &'a Influence| {
        let from = *people_at.get(influence.from.as_str())?;
        let to = match influence.criterion.as_str() {
            "" => *people_at.get(influence.to.as_str())?,
            criterion => *criteria_at.get(criterion)?,
        };
        (influence.strength > 0).then_some(Edge {
            from,
            to,
            influence,
        })
    };
    let mut edges: Vec<Edge> = influences.iter().filter_map(edge).collect();
    edges.sort_by(|a, b| order(a).cmp(&order(b)));
    edges
}

fn numbered<'a>(names: impl Iterator<Item = &'a str>, first: usize) -> HashMap<&'a str, usize> {
    names.zip(first..).collect()
}

/// Every field counts, for of two influences between the same two either may be told.
fn order<'a>(edge: &'a Edge<'a>) -> impl Ord + use<'a> {
    let influence = edge.influence;
    let date = influence.evidence_date.as_ref();
    (
        edge.from,
        edge.to,
        Reverse((influence.strength, influence.formal)),
        &influence.evidence,
        date.map(|date| (date.year, date.month, date.day)),
        &influence.to,
    )
}
