//! A diagnosis as a page for a person.

use std::fmt::Write as _;

use keynode_proto::accounts::v1::{DecisionMakerReach, DecisionMapAnalysis};
use keynode_proto::pipeline::v1::{OpportunityStatus, QualificationElement, Stage};
use keynode_proto::scoring::v1::Alignment;

use super::words::Words;
use super::{Case, Language};

/// The whole page.
pub fn of(case: &Case, language: Language) -> String {
    let mut page = Page {
        text: String::new(),
        case,
        language,
        words: language.words(),
    };
    page.write();
    page.text
}

struct Page<'c> {
    text: String,
    case: &'c Case,
    language: Language,
    words: &'static Words,
}

impl Page<'_> {
    fn write(&mut self) {
        let (deal, words) = (&self.case.opportunity, self.words);
        self.line(format!(
            "\n{}  {}  ({})",
            words.diagnosis, deal.display_name, deal.name
        ));
        self.alignment(&self.case.diagnosis.alignment.clone().unwrap_or_default());
        self.verdict();
        self.missing_key_node();
        let diagnosis = &self.case.diagnosis;
        self.elements(words.unknown, diagnosis.unknown_elements().collect());
        self.elements(words.partial, diagnosis.partial_elements().collect());
        self.evaluation();
        self.people(&diagnosis.people.clone().unwrap_or_default());
        self.findings();
        self.advice();
        self.outlook();
    }

    fn line(&mut self, text: impl std::fmt::Display) {
        writeln!(self.text, "{text}").expect("a string grows");
    }

    fn alignment(&mut self, at: &Alignment) {
        let words = self.words;
        let mut customer = match at.buying_step {
            0 => words.customer_unknown.to_owned(),
            step => fill(
                words.customer,
                step,
                self.language.pick(at.buying_step_name.as_ref()),
            ),
        };
        if !at.answering_stage.is_empty() {
            customer += &fill(words.answered_by, "", &self.stage_name(&at.answering_stage));
        }
        self.line(customer);
        let mut us = fill(words.us, at.stage_position, &self.stage_name(&at.stage));
        if !at.effective_stage.is_empty() && at.effective_stage != at.stage {
            us += &fill(
                words.really,
                at.effective_stage_position,
                &self.stage_name(&at.effective_stage),
            );
        }
        self.line(us);
        for (gap, text) in [(at.lag, words.behind), (at.inflation, words.inflated)] {
            if let Some(steps) = gap.filter(|steps| *steps > 0) {
                self.line(fill(text, steps, ""));
            }
        }
    }

    /// A deal that is over, or won and being delivered, is not to be told "do not advance".
    fn verdict(&mut self) {
        let words = self.words;
        let open = self.case.opportunity.status() == OpportunityStatus::Open;
        if !open && !self.case.diagnosis.may_advance {
            return;
        }
        let verdict = if self.case.diagnosis.may_advance {
            words.may_advance
        } else {
            words.do_not_advance
        };
        self.line(format!("{}{}{verdict}", words.verdict, words.colon));
    }

    fn missing_key_node(&mut self) {
        let diagnosis = &self.case.diagnosis;
        let owed = diagnosis.first_missing_key_node;
        if owed == 0 {
            return;
        }
        let stage = self.case.process.stages.iter().find(|s| s.position == owed);
        let key_node = stage
            .and_then(|s| s.key_node.as_ref())
            .and_then(|k| k.display_name.as_ref());
        self.line(fill(self.words.make_up, owed, self.language.pick(key_node)));
        for unmet in &diagnosis.unmet_criteria {
            let criterion = unmet.criterion.as_ref();
            let asked = self
                .language
                .pick(criterion.and_then(|c| c.explanation.as_ref()));
            let seen = if unmet.observed.is_empty() {
                String::new()
            } else {
                format!("  [{}]", unmet.observed)
            };
            self.line(format!("  ✗ {asked}{seen}"));
        }
    }

    fn elements(&mut self, title: &str, elements: Vec<QualificationElement>) {
        if elements.is_empty() {
            return;
        }
        let names: Vec<&str> = elements
            .into_iter()
            .map(|e| self.language.element(e))
            .collect();
        self.line(format!(
            "{title}{}{}",
            self.words.colon,
            names.join(self.words.comma)
        ));
    }

    fn evaluation(&mut self) {
        let (words, diagnosis) = (self.words, &self.case.diagnosis);
        let result = match &diagnosis.evaluation {
            None => words.never.to_owned(),
            Some(evaluation) => {
                let result = evaluation
                    .result()
                    .as_str_name()
                    .trim_start_matches("EVALUATION_RESULT_");
                match evaluation.grade.as_str() {
                    "" => result.to_owned(),
                    grade => format!(
                        "{result}{}{}",
                        words.comma,
                        words.grade.replace("{grade}", grade)
                    ),
                }
            }
        };
        self.line(format!("{}{}{result}", words.evaluation, words.colon));
    }

    fn people(&mut self, people: &DecisionMapAnalysis) {
        let words = self.words;
        let coach = if people.has_coach {
            words.coach
        } else {
            words.no_coach
        };
        self.line(format!("{}{}{coach}", words.people, words.colon));
        if !people.decision_maker_known {
            self.line(format!("  {}", words.no_decision_maker));
        }
        for reach in &people.decision_makers {
            let text = match &reach.path {
                None => words.no_path.to_owned(),
                Some(path) => words
                    .reached_by
                    .replace("{path}", &self.names(&path.contacts, " → ")),
            };
            self.line(format!("  {}", fill(&text, "", &self.name_of(reach))));
        }
        self.line(format!(
            "  {}{}{}",
            words.supporters,
            words.colon,
            self.names(&people.supporters, words.comma)
        ));
        if !people.key_persons_without_contact.is_empty() {
            let names = self.names(&people.key_persons_without_contact, words.comma);
            self.line(format!("  {}{}{names}", words.not_met, words.colon));
        }
        let uncovered: Vec<&str> = people
            .uncovered_functions()
            .map(|f| self.language.function(f))
            .collect();
        if !uncovered.is_empty() {
            self.line(format!(
                "  {}{}{}",
                words.uncovered,
                words.colon,
                uncovered.join(words.comma)
            ));
        }
    }

    fn findings(&mut self) {
        if self.case.diagnosis.findings.is_empty() {
            return;
        }
        self.line(format!(
            "{}{}",
            self.words.findings,
            self.words.colon.trim_end()
        ));
        for finding in &self.case.diagnosis.findings {
            let severity = self.language.severity(finding.severity());
            let text = self.language.pick(finding.text.as_ref());
            self.line(format!(
                "  [{severity}] {text}  ({})",
                finding.rules.join(" ")
            ));
        }
    }

    fn advice(&mut self) {
        if self.case.diagnosis.advice.is_empty() {
            return;
        }
        self.line(format!(
            "{}{}",
            self.words.advice,
            self.words.colon.trim_end()
        ));
        for (index, advice) in self.case.diagnosis.advice.iter().enumerate() {
            let text = self.language.pick(advice.text.as_ref());
            self.line(format!(
                "  {}. {text}  ({})",
                index + 1,
                advice.rules.join(" ")
            ));
        }
    }

    fn outlook(&mut self) {
        let (diagnosis, words) = (&self.case.diagnosis, self.words);
        let outlook = self.language.outlook(diagnosis.outlook());
        let why = self.language.pick(diagnosis.outlook_text.as_ref());
        self.line(format!(
            "{}{}{outlook}{}{why}",
            words.outlook, words.colon, words.stop
        ));
    }

    /// What people call the stage; its id when the process does not know it.
    fn stage_name(&self, id: &str) -> String {
        let stage = self.case.process.stages.iter().find(|stage| stage.id == id);
        let name = stage.and_then(|s: &Stage| s.display_name.as_ref());
        match self.language.pick(name) {
            "" => id.to_owned(),
            name => name.to_owned(),
        }
    }

    /// The contacts as people call them.
    fn names(&self, contacts: &[String], between: &str) -> String {
        let name = |contact: &String| self.called(contact).unwrap_or_else(|| contact.clone());
        match contacts {
            [] => self.words.nobody.to_owned(),
            _ => contacts.iter().map(name).collect::<Vec<_>>().join(between),
        }
    }

    /// The decision maker as people call them.
    fn name_of(&self, reach: &DecisionMakerReach) -> String {
        self.called(&reach.contact).unwrap_or_else(|| {
            match self.language.pick(reach.masked_as.as_ref()) {
                "" => reach.display_name.clone(),
                masked => masked.to_owned(),
            }
        })
    }

    /// What people call somebody in the map. A diagnosis names insiders by their handles;
    /// the map has their names when the caller may know them.
    fn called(&self, contact: &str) -> Option<String> {
        let mut people = self.case.map.stakeholders.iter();
        let known = people.find(|person| {
            let names = [&person.contact, &person.insider];
            !contact.is_empty() && names.iter().any(|name| *name == contact)
        })?;
        Some(match known.masked {
            true => self.language.pick(known.masked_as.as_ref()).to_owned(),
            false => known.display_name.clone(),
        })
    }
}

fn fill(text: &str, number: impl std::fmt::Display, name: &str) -> String {
    text.replace("{n}", &number.to_string())
        .replace("{name}", name)
}

#[cfg(test)]
mod tests;
