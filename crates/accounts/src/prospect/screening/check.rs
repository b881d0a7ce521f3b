//! One criterion against the facts: a verdict and its reason in both languages.

use keynode_kit::wire;
use keynode_proto::accounts::v1::screening_criterion::Check;
use keynode_proto::accounts::v1::{AnyOf, Prospect, ScreeningCriterion, ScreeningVerdict};
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::google::r#type::Money;
use rust_decimal::Decimal;

/// How many wanted values a reason names.
const NAMED: usize = 5;

/// A verdict and why.
#[derive(Clone, Debug)]
pub struct Finding {
    pub verdict: ScreeningVerdict,
    pub reason: LocalizedText,
}

/// A fact's name in both languages.
struct Fact(&'static str, &'static str);

const INDUSTRY: Fact = Fact("the industry", "行业");
const LOCATION: Fact = Fact("the location", "所在地");
const REVENUE: Fact = Fact("the annual revenue", "年收入");
const EMPLOYEES: Fact = Fact("the number of employees", "员工人数");
const FOUNDED: Fact = Fact("the year of foundation", "成立年份");
const NEED: Fact = Fact("the need", "需求");
const BUDGET: Fact = Fact("the budget", "预算");
const TIMETABLE: Fact = Fact("the timetable", "采购进度表");
const ANSWER: Fact = Fact("the answer", "人工判断");

/// Holds the criterion against the prospect.
pub fn check(criterion: &ScreeningCriterion, prospect: &Prospect) -> Finding {
    let Some(check) = &criterion.check else {
        return INDUSTRY.unknown();
    };
    match check {
        Check::Industry(any) => industry(any, &prospect.industry),
        Check::Location(any) => LOCATION.naming(any, &prospect.location),
        Check::NeedKeyword(any) => NEED.naming(any, &prospect.need),
        Check::MinAnnualRevenue(least) => {
            REVENUE.at_least_money(prospect.annual_revenue.as_ref(), least)
        }
        Check::MinBudget(least) => BUDGET.at_least_money(prospect.budget.as_ref(), least),
        Check::HasBudget(_) => has_budget(prospect.budget.as_ref()),
        Check::MinEmployeeCount(least) => employees(prospect.employee_count, *least),
        Check::FoundedBefore(year) => founded(prospect.founded_year, *year),
        Check::HasTimetable(_) => has_timetable(prospect),
        Check::Manual(_) => answer(&criterion.id, prospect),
    }
}

impl Fact {
    fn unknown(&self) -> Finding {
        Finding {
            verdict: ScreeningVerdict::Unknown,
            reason: text(format!("{} is unknown", self.0), format!("{}未知", self.1)),
        }
    }

    fn found(&self, passes: bool, seen: &str, asked: LocalizedText) -> Finding {
        Finding {
            verdict: verdict(passes),
            reason: text(
                format!("{} is {seen}; asked: {}", self.0, asked.en),
                format!("{}:{seen};要求:{}", self.1, asked.zh_cn),
            ),
        }
    }

    /// Passes when the text has one of the values in it. The text itself, which may be long,
    /// is not repeated.
    fn naming(&self, any: &AnyOf, fact: &str) -> Finding {
        if fact.is_empty() {
            return self.unknown();
        }
        let folded = fold(fact);
        let hit = any
            .values
            .iter()
            .find(|value| folded.contains(&fold(value)));
        let reason = match hit {
            Some(value) => text(
                format!("{} names {value}", self.0),
                format!("{}提到“{value}”", self.1),
            ),
            None => text(
                format!("{} names none of {}", self.0, listed(any, ", ")),
                format!("{}未提到{}", self.1, listed(any, "、")),
            ),
        };
        Finding {
            verdict: verdict(hit.is_some()),
            reason,
        }
    }

    /// Sums of another currency cannot be compared, so that nothing is known.
    fn at_least_money(&self, sum: Option<&Money>, least: &Money) -> Finding {
        let (Some((currency, amount)), Some((wanted, least))) = (sum.and_then(read), read(least))
        else {
            return self.unknown();
        };
        if currency != wanted {
            return Finding {
                verdict: ScreeningVerdict::Unknown,
                reason: text(
                    format!(
                        "{} is in {currency} and cannot be compared with {wanted}",
                        self.0
                    ),
                    format!("{}以 {currency} 计,无法与 {wanted} 比较", self.1),
                ),
            };
        }
        let asked = text(
            format!("at least {wanted} {least}"),
            format!("不低于 {wanted} {least}"),
        );
        self.found(amount >= least, &format!("{currency} {amount}"), asked)
    }
}

fn industry(any: &AnyOf, industry: &str) -> Finding {
    if industry.is_empty() {
        return INDUSTRY.unknown();
    }
    let folded = fold(industry);
    let passes = any.values.iter().any(|value| fold(value) == folded);
    let asked = text(listed(any, ", "), listed(any, "、"));
    INDUSTRY.found(passes, industry, asked)
}

fn employees(count: Option<i64>, least: i64) -> Finding {
    let Some(count) = count else {
        return EMPLOYEES.unknown();
    };
    let asked = text(format!("at least {least}"), format!("不少于 {least}"));
    EMPLOYEES.found(count >= least, &count.to_string(), asked)
}

fn founded(year: Option<i32>, before: i32) -> Finding {
    let Some(year) = year else {
        return FOUNDED.unknown();
    };
    let asked = text(format!("before {before}"), format!("早于 {before}"));
    FOUNDED.found(year < before, &year.to_string(), asked)
}

fn has_budget(budget: Option<&Money>) -> Finding {
    let Some((currency, amount)) = budget.and_then(read) else {
        return BUDGET.unknown();
    };
    let asked = text("more than 0".to_owned(), "大于 0".to_owned());
    BUDGET.found(!amount.is_zero(), &format!("{currency} {amount}"), asked)
}

fn has_timetable(prospect: &Prospect) -> Finding {
    let reason = match (&prospect.timetable_date, prospect.no_timetable) {
        (Some(date), _) => {
            let date = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
            text(
                format!("they will buy by {date}"),
                format!("计划于 {date} 前采购"),
            )
        }
        (None, true) => text(
            "they have no timetable".to_owned(),
            "客户没有采购进度表".to_owned(),
        ),
        (None, false) => return TIMETABLE.unknown(),
    };
    Finding {
        verdict: verdict(prospect.timetable_date.is_some()),
        reason,
    }
}

fn answer(criterion: &str, prospect: &Prospect) -> Finding {
    let answer = prospect
        .answers
        .iter()
        .find(|answer| answer.criterion == criterion);
    let Some(answer) = answer else {
        return ANSWER.unknown();
    };
    let (en, zh) = match answer.yes {
        true => ("yes", "是"),
        false => ("no", "否"),
    };
    Finding {
        verdict: verdict(answer.yes),
        reason: text(
            format!("answered {en}: {}", answer.evidence),
            format!("人工判断为{zh}:{}", answer.evidence),
        ),
    }
}

fn verdict(passes: bool) -> ScreeningVerdict {
    match passes {
        true => ScreeningVerdict::Passed,
        false => ScreeningVerdict::Failed,
    }
}

fn read(money: &Money) -> Option<(String, Decimal)> {
    wire::read_money(money).ok()
}

fn text(en: String, zh_cn: String) -> LocalizedText {
    LocalizedText { zh_cn, en }
}

fn listed(any: &AnyOf, separator: &str) -> String {
    let mut names: Vec<&str> = any.values.iter().map(String::as_str).take(NAMED).collect();
    if any.values.len() > NAMED {
        names.push("…");
    }
    names.join(separator)
}

/// Lower case, and full-width letters as the plain ones.
fn fold(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - 0xfee0).expect("an ASCII character")
        }
        c => c,
    };
    text.trim()
        .chars()
        .map(plain)
        .flat_map(char::to_lowercase)
        .collect()
}
