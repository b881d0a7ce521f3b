//! What a caller says of a prospect, checked field by field.

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{Function, ProspectChannel, ProspectContact, ScreeningAnswer};
use keynode_proto::google::r#type::Money;

use super::Prospect;
use crate::ids::{PersonId, TargetDefinitionId, TeamId};
use crate::target_definition::criterion;
use crate::{day, founded};

const MAX_PEOPLE: usize = 50;
const MAX_ANSWERS: usize = 50;

impl Prospect {
    /// The same prospect with what a caller says of it on the day `today` (UTC).
    pub fn told(&self, sent: &proto::Prospect, today: Date, bad: &mut Violations) -> Self {
        check_numbers(sent, bad);
        founded::check(
            "prospect.founded_year",
            self.record.founded_year,
            sent.founded_year,
            today,
            bad,
        );
        check_references(sent, bad);
        let record = proto::Prospect {
            display_name: bad.name_text("prospect.display_name", &sent.display_name, 200),
            industry: bad.text("prospect.industry", &sent.industry, 200),
            location: bad.text("prospect.location", &sent.location, 500),
            website: bad.text("prospect.website", &sent.website, 2000),
            phone: bad.text("prospect.phone", &sent.phone, 64),
            annual_revenue: read_money(
                "prospect.annual_revenue",
                sent.annual_revenue.as_ref(),
                bad,
            ),
            employee_count: sent.employee_count,
            founded_year: sent.founded_year,
            channel: bad
                .required_enum::<ProspectChannel>("prospect.channel", sent.channel)
                .into(),
            channel_detail: bad.text("prospect.channel_detail", &sent.channel_detail, 2000),
            found_date: day::past("prospect.found_date", sent.found_date, today, bad)
                .map(wire::date),
            people: read_people(&sent.people, bad),
            need: bad.text("prospect.need", &sent.need, 4000),
            budget: read_money("prospect.budget", sent.budget.as_ref(), bad),
            timetable_date: day::planned("prospect.timetable_date", sent.timetable_date, bad)
                .map(wire::date),
            no_timetable: sent.no_timetable,
            answers: read_answers(&sent.answers, bad),
            owner: sent.owner.clone(),
            team: sent.team.clone(),
            target_definition: sent.target_definition.clone(),
            external_key: read_key(sent, bad),
            ..self.record.clone()
        };
        Self {
            record,
            ..self.clone()
        }
    }
}

fn check_numbers(sent: &proto::Prospect, bad: &mut Violations) {
    if let Some(count) = sent.employee_count {
        bad.range("prospect.employee_count", count, 0..=1_000_000_000);
    }
    if sent.no_timetable && sent.timetable_date.is_some() {
        bad.add(
            "prospect.no_timetable",
            "must not be set together with timetable_date",
        );
    }
}

fn check_references(sent: &proto::Prospect, bad: &mut Violations) {
    bad.optional_name::<PersonId>("prospect.owner", &sent.owner);
    bad.optional_name::<TeamId>("prospect.team", &sent.team);
    bad.optional_name::<TargetDefinitionId>("prospect.target_definition", &sent.target_definition);
}

fn read_key(
    sent: &proto::Prospect,
    bad: &mut Violations,
) -> Option<keynode_proto::common::v1::ExternalKey> {
    let key = bad.external_key("prospect.external_key", sent.external_key.as_ref());
    let (source_system, external_id) = key?;
    Some(keynode_proto::common::v1::ExternalKey {
        source_system,
        external_id,
    })
}

/// A sum that is not negative, or nothing.
fn read_money(field: &str, sent: Option<&Money>, bad: &mut Violations) -> Option<Money> {
    let money = sent?;
    match wire::read_money(money) {
        Ok((_, amount)) if amount.is_sign_negative() && !amount.is_zero() => {
            bad.add(field, "must not be negative");
        }
        Ok(_) => {}
        Err(error) => bad.add(field, error.to_string()),
    }
    Some(money.clone())
}

fn read_people(sent: &[ProspectContact], bad: &mut Violations) -> Vec<ProspectContact> {
    if sent.len() > MAX_PEOPLE {
        bad.add("prospect.people", format!("must be at most {MAX_PEOPLE}"));
        return Vec::new();
    }
    sent.iter()
        .enumerate()
        .map(|(index, person)| read_person(person, &format!("prospect.people[{index}]"), bad))
        .collect()
}

fn read_person(sent: &ProspectContact, at: &str, bad: &mut Violations) -> ProspectContact {
    ProspectContact {
        display_name: bad.name_text(&format!("{at}.display_name"), &sent.display_name, 200),
        title: bad.text(&format!("{at}.title"), &sent.title, 200),
        department: bad.text(&format!("{at}.department"), &sent.department, 200),
        function: bad
            .optional_enum::<Function>(&format!("{at}.function"), sent.function)
            .into(),
        phone: bad.text(&format!("{at}.phone"), &sent.phone, 64),
        email: bad.text(&format!("{at}.email"), &sent.email, 254),
    }
}

fn read_answers(sent: &[ScreeningAnswer], bad: &mut Violations) -> Vec<ScreeningAnswer> {
    if sent.len() > MAX_ANSWERS {
        bad.add("prospect.answers", format!("must be at most {MAX_ANSWERS}"));
        return Vec::new();
    }
    let mut answers: Vec<ScreeningAnswer> = Vec::new();
    for (index, answer) in sent.iter().enumerate() {
        let at = format!("prospect.answers[{index}]");
        criterion::check_id(&answer.criterion, &format!("{at}.criterion"), bad);
        if answers
            .iter()
            .any(|earlier| earlier.criterion == answer.criterion)
        {
            bad.add(format!("{at}.criterion"), "must not be answered twice");
        }
        answers.push(ScreeningAnswer {
            criterion: answer.criterion.clone(),
            yes: answer.yes,
            evidence: bad.required_text(&format!("{at}.evidence"), &answer.evidence, 2000),
        });
    }
    answers
}
