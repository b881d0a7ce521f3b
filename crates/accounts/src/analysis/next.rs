//! Whom to win next: cultivating supporters is worth more than avoiding opponents (R21).

use std::cmp::Reverse;

use fixedbitset::FixedBitSet;
use keynode_proto::accounts::v1::NextWin;
use keynode_proto::accounts::v1::next_win::Change;

use super::Person;
use super::closure::Closure;
use super::network::Network;
use super::ways::Ways;

/// How many are named: a seller wins one person at a time.
const NAMED: usize = 3;

/// The people whose change opens the most. Decision makers opened count beside weights,
/// since early on nobody knows a weight; and so do people, where neither decides.
pub fn to_win(network: &Network, ours: &Ways) -> Vec<NextWin> {
    let reached: FixedBitSet = (0..network.people.len())
        .filter(|node| ours.best(*node).is_some())
        .collect();
    let closure = Closure::new(network);
    let people = network.people.iter().enumerate();
    let mut wins: Vec<Win> = people
        .filter_map(|(node, person)| {
            let change = person.change_to_our_side()?;
            Some(Win::of(network, &closure, &reached, node, change))
        })
        .filter(|win| win.gain > 0 || !win.opened.is_empty())
        .collect();
    wins.sort_by_key(|win| win.order());
    let covered = super::covered_weight(network, ours);
    let named = wins.iter().take(NAMED);
    named.map(|win| win.tell(network, covered)).collect()
}

/// What a change of one person would bring.
struct Win<'a> {
    node: usize,
    person: &'a Person,
    change: Change,
    /// Per cent.
    gain: i32,
    /// The decision makers who have no way now.
    opened: Vec<usize>,
    /// How many people more would be covered, whatever their weight.
    people: usize,
}

impl<'a> Win<'a> {
    fn of(
        network: &Network<'a>,
        closure: &Closure,
        reached: &FixedBitSet,
        node: usize,
        change: Change,
    ) -> Self {
        let person = network.people[node];
        let won = closure.reached_if_won(node);
        let is_covered = |other: usize| reached.contains(other) && network.carries(other);
        let would_be_covered = |other: usize| other == node || network.carries(other);
        let newly_covered: Vec<&Person> = won
            .ones()
            .filter(|other| would_be_covered(*other) && !is_covered(*other))
            .map(|other| network.people[other])
            .collect();
        Self {
            node,
            person,
            change,
            gain: super::total_weight(newly_covered.iter().copied()),
            opened: won
                .difference(reached)
                .filter(|other| network.people[*other].decides())
                .collect(),
            people: newly_covered.len(),
        }
    }

    /// The least first. Whom our side reaches already needs no preference: winning such a
    /// person opens nothing new, unless it is an opponent.
    fn order(&self) -> impl Ord + use<> {
        (
            Reverse(self.gain),
            Reverse(self.opened.len()),
            self.person.steps_to_our_side(),
            Reverse(self.people),
            Reverse(self.person.is_met()),
            self.node,
        )
    }

    fn tell(&self, network: &Network, covered: i32) -> NextWin {
        NextWin {
            contact: self.person.contact.clone(),
            display_name: self.person.display_name.clone(),
            change: self.change.into(),
            gain: self.gain,
            covered_weight: covered.saturating_add(self.gain),
            opened_decision_makers: self
                .opened
                .iter()
                .map(|node| network.people[*node].contact.clone())
                .collect(),
            steps: self.person.steps_to_our_side(),
            ..NextWin::default()
        }
    }
}
