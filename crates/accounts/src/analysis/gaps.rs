//! Where the map shows nobody: functions, departments, and behind our competitors.

use std::collections::BTreeSet;

use keynode_proto::accounts::v1::{CompetitorSupport, Function};

use super::Person;

/// Who must have been met at the customer (R20).
const BUYING_FUNCTIONS: [Function; 6] = [
    Function::Management,
    Function::Technical,
    Function::User,
    Function::Finance,
    Function::Operations,
    Function::Purchasing,
];

/// Functions of the buying organisation with nobody met.
pub fn uncovered_functions(people: &[&Person]) -> Vec<i32> {
    let is_covered = |function: Function| met(people).any(|person| person.function == function);
    BUYING_FUNCTIONS
        .into_iter()
        .filter(|function| !is_covered(*function))
        .map(i32::from)
        .collect()
}

/// Departments that the map or `known` name at the customer, with nobody met.
pub fn uncovered_departments(people: &[&Person], known: &[String]) -> Vec<String> {
    let in_map = people
        .iter()
        .filter(|person| person.is_at_customer)
        .map(|person| person.department.trim());
    let named: BTreeSet<&str> = in_map
        .chain(known.iter().map(|name| name.trim()))
        .filter(|name| !name.is_empty())
        .collect();
    let covered: BTreeSet<&str> = met(people).map(|person| person.department.trim()).collect();
    named
        .difference(&covered)
        .map(|name| (*name).to_owned())
        .collect()
}

/// Every competitor, each once, with those of the people who support it.
pub fn supporters_of_competitors(
    people: &[&Person],
    competitors: &[String],
) -> Vec<CompetitorSupport> {
    let competitors: BTreeSet<&String> = competitors.iter().collect();
    competitors
        .into_iter()
        .map(|competitor| CompetitorSupport {
            competitor: competitor.clone(),
            supporters: super::contacts(people, |person| {
                person.supported_competitors.contains(competitor)
            }),
        })
        .collect()
}

fn met<'a>(people: &'a [&Person]) -> impl Iterator<Item = &'a Person> {
    people
        .iter()
        .copied()
        .filter(|person| person.is_at_customer && person.is_met())
}
