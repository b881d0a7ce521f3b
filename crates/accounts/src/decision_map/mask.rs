//! Takes the identity of insiders out of what others are shown (R20). Pure.

mod words;

use std::collections::HashMap;

use keynode_proto::accounts::v1::{
    DecisionMap, Influence, Judgement, MapGap, Stakeholder, StakeholderRole,
};

use super::insider;

/// Whose identity is masked: handles by contact.
#[derive(Clone, Debug, Default)]
pub struct Mask(HashMap<String, String>);

/// The map as who may not know its insiders sees it.
pub fn masked(map: DecisionMap) -> DecisionMap {
    Mask::of([&map]).apply(map)
}

fn is_sensitive(person: &Stakeholder) -> bool {
    let plays_insider = person.roles().any(|role| {
        matches!(
            role,
            StakeholderRole::Coach | StakeholderRole::HiddenSupporter
        )
    });
    plays_insider || person.sensitive || !person.insider.is_empty()
}

impl Mask {
    /// Masks everybody who is sensitive in one of these versions of a map.
    pub fn of<'a>(maps: impl IntoIterator<Item = &'a DecisionMap>) -> Self {
        let people = maps.into_iter().flat_map(|map| &map.stakeholders);
        let (numbered, unnumbered): (Vec<_>, Vec<_>) = people
            .filter(|person| is_sensitive(person))
            .partition(|person| !person.insider.is_empty());
        let mut handles: HashMap<String, String> = numbered
            .iter()
            .map(|person| (person.contact.clone(), person.insider.clone()))
            .collect();
        let numbers = handles
            .values()
            .filter_map(|handle| insider::number_in(handle));
        let mut next = numbers.fold(0, i32::max) + 1;
        // In an answer that was kept since before there were handles.
        for person in unnumbered {
            handles.entry(person.contact.clone()).or_insert_with(|| {
                next += 1;
                insider::handle(next - 1)
            });
        }
        Self(handles)
    }

    pub fn apply(&self, map: DecisionMap) -> DecisionMap {
        let each_person = |person| self.person(person);
        let each_influence = |influence| self.influence(influence);
        DecisionMap {
            stakeholders: map.stakeholders.into_iter().map(each_person).collect(),
            influences: map.influences.into_iter().map(each_influence).collect(),
            missing: map.missing.into_iter().map(|gap| self.gap(gap)).collect(),
            ..map
        }
    }

    fn person(&self, person: Stakeholder) -> Stakeholder {
        let Some(handle) = self.0.get(&person.contact) else {
            return person;
        };
        Stakeholder {
            contact: handle.clone(),
            insider: handle.clone(),
            display_name: String::new(),
            department: String::new(),
            evidence: String::new(),
            judgements: person.judgements.iter().map(without_evidence).collect(),
            masked: true,
            // Who left would be known by it.
            departed: false,
            masked_as: Some(words::speak_of(&person)),
            ..person
        }
    }

    fn influence(&self, influence: Influence) -> Influence {
        let (from, to) = (self.0.get(&influence.from), self.0.get(&influence.to));
        if from.is_none() && to.is_none() {
            return influence;
        }
        Influence {
            from: from.cloned().unwrap_or(influence.from),
            to: to.cloned().unwrap_or(influence.to),
            evidence: String::new(),
            ..influence
        }
    }

    fn gap(&self, gap: MapGap) -> MapGap {
        let contact = self.0.get(&gap.contact).cloned();
        MapGap {
            contact: contact.unwrap_or(gap.contact),
            ..gap
        }
    }
}

fn without_evidence(judgement: &Judgement) -> Judgement {
    Judgement {
        evidence: String::new(),
        ..judgement.clone()
    }
}

#[cfg(test)]
mod tests;
