//! One condition of a target definition, as a caller says it.

use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::screening_criterion::Check;
use keynode_proto::accounts::v1::{
    AnyOf, ManualQuestion, ScreeningCriterion, ScreeningCriterionKind,
};
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::google::r#type::Money;

const MAX_ID: usize = 63;
const MAX_VALUES: usize = 100;
const MAX_TEXT: usize = 200;
const MAX_QUESTION: usize = 1000;

/// Reads a criterion, with fields named below `at`.
pub fn read(sent: &ScreeningCriterion, at: &str, bad: &mut Violations) -> ScreeningCriterion {
    check_id(&sent.id, &format!("{at}.id"), bad);
    let kind: ScreeningCriterionKind = bad.required_enum(&format!("{at}.kind"), sent.kind);
    let weights = match kind {
        ScreeningCriterionKind::KnockOut => 0..=0,
        _ => 0..=100,
    };
    bad.range(&format!("{at}.weight"), sent.weight.into(), weights);
    if sent.check.is_none() {
        bad.add(format!("{at}.check"), "must be set");
    }
    ScreeningCriterion {
        id: sent.id.clone(),
        display_name: read_both(
            sent.display_name.as_ref(),
            &format!("{at}.display_name"),
            MAX_TEXT,
            bad,
        ),
        kind: kind.into(),
        weight: sent.weight,
        check: sent.check.as_ref().map(|check| read_check(check, at, bad)),
    }
}

/// Refuses what cannot name a criterion.
pub fn check_id(id: &str, field: &str, bad: &mut Violations) {
    let is_slug = id.len() <= MAX_ID
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !is_slug {
        bad.add(
            field,
            format!(
                "must be lower-case letters, digits and hyphens, a letter first, at most {MAX_ID}"
            ),
        );
    }
}

fn read_check(check: &Check, at: &str, bad: &mut Violations) -> Check {
    let mut any_of = |any: &AnyOf, field: &str| read_any_of(any, &format!("{at}.{field}"), bad);
    match check {
        Check::Industry(any) => Check::Industry(any_of(any, "industry")),
        Check::Location(any) => Check::Location(any_of(any, "location")),
        Check::NeedKeyword(any) => Check::NeedKeyword(any_of(any, "need_keyword")),
        Check::Manual(manual) => Check::Manual(ManualQuestion {
            question: read_both(
                manual.question.as_ref(),
                &format!("{at}.manual.question"),
                MAX_QUESTION,
                bad,
            ),
        }),
        same => {
            check_amount(same, at, bad);
            same.clone()
        }
    }
}

fn check_amount(check: &Check, at: &str, bad: &mut Violations) {
    match check {
        Check::MinAnnualRevenue(money) => {
            check_money(money, &format!("{at}.min_annual_revenue"), bad);
        }
        Check::MinBudget(money) => check_money(money, &format!("{at}.min_budget"), bad),
        Check::MinEmployeeCount(count) => {
            bad.range(
                &format!("{at}.min_employee_count"),
                *count,
                1..=1_000_000_000,
            );
        }
        Check::FoundedBefore(year) => {
            bad.range(&format!("{at}.founded_before"), (*year).into(), 1..=9999);
        }
        _ => {}
    }
}

fn check_money(money: &Money, field: &str, bad: &mut Violations) {
    match wire::read_money(money) {
        Ok((_, amount)) if amount.is_sign_negative() || amount.is_zero() => {
            bad.add(field, "must be over 0");
        }
        Ok(_) => {}
        Err(error) => bad.add(field, error.to_string()),
    }
}

fn read_any_of(any: &AnyOf, field: &str, bad: &mut Violations) -> AnyOf {
    let field = format!("{field}.values");
    if any.values.is_empty() || any.values.len() > MAX_VALUES {
        bad.add(field, format!("must be 1 to {MAX_VALUES}"));
        return AnyOf::default();
    }
    let values = any.values.iter().enumerate();
    let values = values
        .map(|(index, value)| bad.required_text(&format!("{field}[{index}]"), value, MAX_TEXT));
    AnyOf {
        values: values.collect(),
    }
}

fn read_both(
    text: Option<&LocalizedText>,
    field: &str,
    max: usize,
    bad: &mut Violations,
) -> Option<LocalizedText> {
    let text = text.cloned().unwrap_or_default();
    Some(LocalizedText {
        zh_cn: bad.required_text(&format!("{field}.zh_cn"), &text.zh_cn, max),
        en: bad.required_text(&format!("{field}.en"), &text.en, max),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(sent: &ScreeningCriterion) -> Vec<String> {
        let mut bad = Violations::default();
        read(sent, "c", &mut bad);
        match bad.finish() {
            Ok(()) => Vec::new(),
            Err(fault) => fault.fields().map(|(field, _)| field.to_owned()).collect(),
        }
    }

    fn asking(check: Check) -> ScreeningCriterion {
        let both = LocalizedText {
            zh_cn: "行业".to_owned(),
            en: "industry".to_owned(),
        };
        ScreeningCriterion {
            id: "industry".to_owned(),
            display_name: Some(both),
            kind: ScreeningCriterionKind::KnockOut.into(),
            weight: 0,
            check: Some(check),
        }
    }

    #[test]
    fn a_knock_out_has_no_weight() {
        let sent = asking(Check::MinEmployeeCount(100));
        assert!(fields(&sent).is_empty());
        assert_eq!(
            fields(&ScreeningCriterion { weight: 1, ..sent }),
            ["c.weight"]
        );
    }

    #[test]
    fn nothing_at_all_names_every_field() {
        let expected = [
            "c.id",
            "c.kind",
            "c.check",
            "c.display_name.zh_cn",
            "c.display_name.en",
        ];
        assert_eq!(fields(&ScreeningCriterion::default()), expected);
    }

    #[test]
    fn what_could_never_fail_or_never_pass_is_refused() {
        for (check, field) in [
            (Check::Industry(AnyOf::default()), "c.industry.values"),
            (Check::MinEmployeeCount(0), "c.min_employee_count"),
            (Check::FoundedBefore(0), "c.founded_before"),
            (Check::MinBudget(Money::default()), "c.min_budget"),
        ] {
            assert_eq!(fields(&asking(check)), [field]);
        }
    }
}
