//! What a decision map means (R20-R23, T7): a pure function of the map and the settings. The
//! order of people, influences and criteria changes nothing, and what is unknown counts for
//! nothing, not even against.

mod closure;
mod gaps;
mod nearest_miss;
mod network;
mod next;
mod person;
mod reach;
mod ways;

use keynode_proto::accounts::v1::{DecisionMapAnalysis, Influence, PurchaseCriterion};

use self::network::Network;
pub use self::person::Person;
use self::ways::Ways;

/// The rules by which this release judges. "1" knew coach, ways, supporters, contact,
/// functions and weights. "2" keeps all of them and adds covered power, near misses,
/// advocates, ways to the criteria, departments, competitors and whom to win next.
pub const VERSION: &str = "2";

/// What a deployment may decide about the analysis.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The share of the buying activity where no seller is present, 0 to 1 (R23).
    pub activity_without_us: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            activity_without_us: 0.80,
        }
    }
}

/// What is analysed.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Each contact once.
    pub people: &'a [Person],
    /// Those with `criterion` lead to a criterion, the others to a person; one from or to
    /// somebody who is not in the map counts for nothing.
    pub influences: &'a [Influence],
    pub criteria: &'a [PurchaseCriterion],
    /// `competitors/{id}`.
    pub competitors: &'a [String],
    /// Every department known at the customer, in its own words.
    pub departments: &'a [String],
    pub settings: &'a Settings,
}

/// The analysis, without name and version of the map.
pub fn analyze(subject: &Subject) -> DecisionMapAnalysis {
    let people = sorted_by(subject.people, |person| &person.contact);
    let criteria = sorted_by(subject.criteria, |criterion| &criterion.id);
    let network = Network::new(&people, &criteria, subject.influences);
    let ours = Ways::from_our_side(&network);
    let decision_makers = reach::of_decision_makers(&network, &ours, subject.settings);
    let known_weight = weight_of(&people, |_| true);
    let covered_weight = covered_weight(&network, &ours);
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
        uncovered_functions: gaps::uncovered_functions(&people),
        supporting_weight: weight_of(&people, Person::is_supporter),
        unknown_weight: 100_i32.saturating_sub(known_weight).max(0),
        covered_weight,
        known_weight,
        covered_share: (known_weight > 0)
            .then(|| f64::from(covered_weight) / f64::from(known_weight)),
        uncovered_departments: gaps::uncovered_departments(&people, subject.departments),
        competitors_known: !subject.competitors.is_empty(),
        competitors: gaps::supporters_of_competitors(&people, subject.competitors),
        criteria: reach::of_criteria(&network, &ours),
        next_to_win: next::to_win(&network, &ours),
        opposed_weight: weight_of(&people, Person::is_opponent),
        analysis_version: VERSION.to_owned(),
    }
}

fn sorted_by<T>(items: &[T], key: impl Fn(&T) -> &String) -> Vec<&T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by(|a, b| key(a).cmp(key(b)));
    items
}

fn contacts(people: &[&Person], is_one: impl Fn(&Person) -> bool) -> Vec<String> {
    people
        .iter()
        .filter(|person| is_one(person))
        .map(|person| person.contact.clone())
        .collect()
}

fn weight_of(people: &[&Person], counts: impl Fn(&Person) -> bool) -> i32 {
    let counted = people.iter().filter(|person| counts(person));
    total_weight(counted.copied())
}

/// Per cent; weights that are unknown add nothing.
fn total_weight<'a>(people: impl Iterator<Item = &'a Person>) -> i32 {
    people
        .filter_map(|person| person.weight)
        .fold(0, i32::saturating_add)
}

/// The power of decision that our side has or reaches. A way to an opponent is a way to be
/// heard, not a vote.
fn covered_weight(network: &Network, ours: &Ways) -> i32 {
    let covered = network
        .people
        .iter()
        .enumerate()
        .filter(|(node, person)| ours.best(*node).is_some() && !person.is_opponent());
    total_weight(covered.map(|(_, person)| *person))
}

#[cfg(test)]
mod tests;
