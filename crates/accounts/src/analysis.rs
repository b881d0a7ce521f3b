//! What a decision map means (R20-R23, T7). Pure: people and influences in, judgement out,
//! whatever the order they come in. What is unknown counts for nothing, not even against.

mod reach;

use keynode_proto::accounts::v1::{
    Attitude, Coverage, DecisionMakerReach, DecisionMapAnalysis, Function, Influence,
    StakeholderRole,
};

use self::reach::Network;

/// Who must have been met at the customer (R20).
const BUYING_FUNCTIONS: [Function; 6] = [
    Function::Management,
    Function::Technical,
    Function::User,
    Function::Finance,
    Function::Operations,
    Function::Purchasing,
];

/// A stakeholder as far as the analysis goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// `contacts/{id}`.
    pub contact: String,
    pub display_name: String,
    pub function: Function,
    /// Whether the person works at the customer, and not at a third party.
    pub is_at_customer: bool,
    pub roles: Vec<StakeholderRole>,
    /// Per cent; none = unknown.
    pub weight: Option<i32>,
    pub attitude: Attitude,
    pub coverage: Coverage,
}

impl Person {
    fn has(&self, role: StakeholderRole) -> bool {
        self.roles.contains(&role)
    }

    fn decides(&self) -> bool {
        self.has(StakeholderRole::DecisionMaker)
    }

    fn is_opponent(&self) -> bool {
        self.attitude == Attitude::Opponent
    }

    fn is_supporter(&self) -> bool {
        matches!(self.attitude, Attitude::Favourable | Attitude::Supporter)
    }

    /// A coach for us: whoever turned against us, or whom nobody has reached, tells us
    /// nothing (R20).
    fn is_coach(&self) -> bool {
        self.has(StakeholderRole::Coach)
            && !self.is_opponent()
            && self.coverage != Coverage::NoContact
    }

    /// Whether a way to the decision makers may begin here (R23).
    fn is_on_our_side(&self) -> bool {
        let helps = self.is_coach() || self.has(StakeholderRole::HiddenSupporter);
        (helps || self.is_supporter()) && !self.is_opponent()
    }

    /// Weight in the decision (R21), or the last word.
    fn is_key(&self) -> bool {
        self.decides() || self.weight.is_some_and(|weight| weight > 0)
    }

    fn is_met(&self) -> bool {
        matches!(
            self.coverage,
            Coverage::Met | Coverage::Regular | Coverage::InDepth
        )
    }
}

/// The analysis, without name and version of the map.
pub fn analyze(people: &[Person], influences: &[Influence]) -> DecisionMapAnalysis {
    let mut people: Vec<&Person> = people.iter().collect();
    people.sort_by(|a, b| a.contact.cmp(&b.contact));
    let decision_makers = reach_of_decision_makers(&people, influences);
    DecisionMapAnalysis {
        map: String::new(),
        map_version: 0,
        has_coach: people.iter().any(|person| person.is_coach()),
        decision_maker_known: !decision_makers.is_empty(),
        decision_makers,
        supporters: contacts(&people, Person::is_supporter),
        key_persons_without_contact: contacts(&people, |person| {
            person.is_key() && !person.is_met()
        }),
        uncovered_functions: uncovered(&people),
        supporting_weight: total_weight(&people, Person::is_supporter),
        unknown_weight: (100 - total_weight(&people, |_| true)).max(0),
    }
}

fn reach_of_decision_makers(
    people: &[&Person],
    influences: &[Influence],
) -> Vec<DecisionMakerReach> {
    let network = Network::new(people, influences);
    let deciders = people
        .iter()
        .enumerate()
        .filter(|(_, person)| person.decides());
    deciders
        .map(|(index, person)| DecisionMakerReach {
            contact: person.contact.clone(),
            display_name: person.display_name.clone(),
            path: network.path_to(index),
        })
        .collect()
}

fn contacts(people: &[&Person], is_one: impl Fn(&Person) -> bool) -> Vec<String> {
    people
        .iter()
        .filter(|person| is_one(person))
        .map(|person| person.contact.clone())
        .collect()
}

fn total_weight(people: &[&Person], counts: impl Fn(&Person) -> bool) -> i32 {
    let weights = people
        .iter()
        .filter(|person| counts(person))
        .filter_map(|person| person.weight);
    weights.fold(0, i32::saturating_add)
}

fn uncovered(people: &[&Person]) -> Vec<i32> {
    let is_covered = |function: Function| {
        people
            .iter()
            .any(|person| person.is_at_customer && person.function == function && person.is_met())
    };
    BUYING_FUNCTIONS
        .into_iter()
        .filter(|function| !is_covered(*function))
        .map(i32::from)
        .collect()
}

#[cfg(test)]
mod tests;
