//! Names that requests list.

use std::collections::HashSet;
use std::fmt::Display;
use std::str::FromStr;

use keynode_kit::name::NameError;
use keynode_kit::validate::Violations;

use crate::ids::{ContactId, PersonId};

/// More people than this are no party to one matter.
const MOST_PEOPLE: usize = 100;

/// People at the customer, each once.
pub fn contacts(bad: &mut Violations, field: &str, names: &[String]) -> Vec<String> {
    each_once::<ContactId>(bad, field, names)
}

/// Our own people, each once.
pub fn people(bad: &mut Violations, field: &str, names: &[String]) -> Vec<String> {
    each_once::<PersonId>(bad, field, names)
}

/// A person at the customer, or nobody.
pub fn contact(bad: &mut Violations, field: &str, name: &str) -> String {
    let id: Option<ContactId> = bad.optional_name(field, name);
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// One of our own people, or nobody.
pub fn person(bad: &mut Violations, field: &str, name: &str) -> String {
    let id: Option<PersonId> = bad.optional_name(field, name);
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// Refuses more of something than anybody reads.
pub fn at_most<T>(bad: &mut Violations, field: &str, items: &[T], most: usize) {
    if items.len() > most {
        let why = format!("must be at most {most}, are {}", items.len());
        bad.add(field, why);
    }
}

fn each_once<T>(bad: &mut Violations, field: &str, names: &[String]) -> Vec<String>
where
    T: FromStr<Err = NameError> + Display,
{
    if names.len() > MOST_PEOPLE {
        at_most(bad, field, names, MOST_PEOPLE);
        return Vec::new();
    }
    let mut ids = Vec::with_capacity(names.len());
    for (n, name) in names.iter().enumerate() {
        match name.parse::<T>() {
            Ok(id) => ids.push(id.to_string()),
            Err(error) => bad.add(format!("{field}[{n}]"), error.to_string()),
        }
    }
    if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
        bad.add(field, "must name each once");
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_written_in_two_ways_is_named_twice() {
        let id = "0190b5a0-0000-7000-8000-00000000000a";
        let names = [id.to_owned(), id.to_uppercase()].map(|id| format!("contacts/{id}"));
        let mut bad = Violations::default();
        assert_eq!(
            contacts(&mut bad, "contacts", &names)[1],
            format!("contacts/{id}")
        );
        let fault = bad.finish().unwrap_err();
        let fields: Vec<&str> = fault.fields().map(|(field, _)| field).collect();
        assert_eq!(fields, ["contacts"]);
    }

    #[test]
    fn what_is_no_name_is_not_the_same_as_another_that_is_none() {
        let mut bad = Violations::default();
        people(&mut bad, "people", &["x".to_owned(), "y".to_owned()]);
        let fault = bad.finish().unwrap_err();
        let fields: Vec<&str> = fault.fields().map(|(field, _)| field).collect();
        assert_eq!(fields, ["people[0]", "people[1]"]);
    }
}
