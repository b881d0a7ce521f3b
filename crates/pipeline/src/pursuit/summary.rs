//! Spend against return: pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use keynode_kit::{currency, wire};
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::PursuitAlarm;
use rust_decimal::Decimal;

use crate::exchange::Rates;
use crate::money;
use crate::process::Process;
use crate::terms::Amount;

/// From when on the cost is out of proportion, in percent of the expected margin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub warn: Decimal,
    pub alarm: Decimal,
    /// Of the amount of a deal without costs; none = unknown.
    pub default_margin: Option<Decimal>,
    /// 0 = nobody decided.
    pub revision: i64,
}

impl Default for Settings {
    /// Ours: the essays name no figure.
    fn default() -> Self {
        Self {
            warn: Decimal::TEN,
            alarm: Decimal::from(25),
            default_margin: None,
            revision: 0,
        }
    }
}

/// What a deal is expected to bring, in its currency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Return {
    /// Of price and costs.
    pub margin: Option<Decimal>,
    pub amount: Option<Amount>,
}

impl Return {
    /// The margin that is expected.
    fn expected(&self, settings: &Settings) -> Option<Decimal> {
        let of_amount = || {
            let amount = self.amount.as_ref()?;
            let share = settings.default_margin? / Decimal::ONE_HUNDRED;
            let margin = amount.value.checked_mul(share)?;
            Some(currency::round(&amount.currency, margin))
        };
        self.margin.or_else(of_amount)
    }
}

/// The sums of a stage, or of all.
#[derive(Clone, Debug, Default, PartialEq)]
struct Spend {
    totals: BTreeMap<String, Decimal>,
    /// In the deal's currency; none when a rate is missing.
    total: Option<Decimal>,
}

/// Spend against return; what cannot be known is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    currency: Option<String>,
    stages: BTreeMap<String, Spend>,
    all: Spend,
    missing: BTreeSet<String>,
    expected: Option<Decimal>,
    ratio: Option<Decimal>,
    pub alarm: PursuitAlarm,
}

/// Sums entries up, each with the rate of its day.
pub fn sum(
    costs: &[proto::PursuitCost],
    currency: Option<String>,
    rates: &Rates,
    expected: &Return,
    settings: &Settings,
) -> Summary {
    let mut summary = Summary {
        currency,
        ..Summary::default()
    };
    summary.all.total = Some(Decimal::ZERO).filter(|_| !costs.is_empty());
    for cost in costs {
        summary.add(cost, rates);
    }
    summary.expected = expected.expected(settings);
    if let (Some(spend), Some(margin)) = (summary.all.total, summary.expected) {
        summary.ratio = Some(margin)
            .filter(|margin| *margin > Decimal::ZERO)
            .and_then(|margin| money::percent(spend, margin));
        summary.alarm = alarm(spend, margin, settings);
    }
    summary
}

/// Compared exactly, not by the rounded ratio.
fn alarm(spend: Decimal, margin: Decimal, settings: &Settings) -> PursuitAlarm {
    let reaches = |percent: Decimal| {
        let limit = margin.checked_mul(percent / Decimal::ONE_HUNDRED);
        limit.is_some_and(|limit| spend >= limit)
    };
    match spend {
        spend if spend.is_zero() => PursuitAlarm::None,
        _ if margin <= Decimal::ZERO || reaches(settings.alarm) => PursuitAlarm::Alarm,
        _ if reaches(settings.warn) => PursuitAlarm::Warn,
        _ => PursuitAlarm::None,
    }
}

impl Summary {
    fn add(&mut self, cost: &proto::PursuitCost, rates: &Rates) {
        let day: Option<Date> = cost.date.as_ref().and_then(|it| wire::read_date(it).ok());
        let Some((amount, day)) = money::stored(cost.amount.as_ref()).zip(day) else {
            return;
        };
        let in_one = match &self.currency {
            None => None,
            Some(to) => match rates.convert(&amount, to, day) {
                Ok(converted) => Some(converted.value),
                Err(why) => {
                    self.missing.extend(why.pair());
                    None
                }
            },
        };
        let stage = self.stages.entry(cost.stage.clone());
        let stage = stage.or_insert_with(|| Spend {
            total: Some(Decimal::ZERO),
            ..Spend::default()
        });
        for spend in [stage, &mut self.all] {
            *spend.totals.entry(amount.currency.clone()).or_default() += amount.value;
            spend.total = spend.total.zip(in_one).map(|(sum, one)| sum + one);
        }
    }

    /// The summary for the wire; what tells of the margin only to those who may see costs.
    pub fn to_proto(&self, process: &Process, reveals: bool) -> proto::PursuitSummary {
        let one = |value: Option<Decimal>| money::shown(self.currency.as_deref()?, value?);
        let place = |stage: &str| process.stage(stage).map_or(i32::MAX, |it| it.position);
        let mut stages: Vec<(&String, &Spend)> = self.stages.iter().collect();
        stages.sort_by_key(|(stage, _)| place(stage));
        let stages = stages.into_iter().map(|(stage, spend)| proto::StageSpend {
            stage: stage.clone(),
            totals: totals(spend),
            total: one(spend.total),
        });
        proto::PursuitSummary {
            currency: self.currency.clone().unwrap_or_default(),
            stages: stages.collect(),
            totals: totals(&self.all),
            total: one(self.all.total),
            missing_rates: self.missing.iter().cloned().collect(),
            expected_margin: one(self.expected).filter(|_| reveals),
            ratio_percent: money::shown_percent(self.ratio.filter(|_| reveals)),
            alarm: if reveals {
                self.alarm
            } else {
                PursuitAlarm::Unspecified
            }
            .into(),
        }
    }
}

fn totals(spend: &Spend) -> Vec<Money> {
    let totals = spend.totals.iter();
    totals
        .filter_map(|(currency, value)| money::shown(currency, *value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(stage: &str, currency: &str, units: i64, day: i32) -> proto::PursuitCost {
        proto::PursuitCost {
            stage: stage.to_owned(),
            amount: money::shown(currency, Decimal::from(units)),
            date: Some(keynode_proto::google::r#type::Date {
                year: 2026,
                month: 3,
                day,
            }),
            ..Default::default()
        }
    }

    fn margin(value: i64) -> Return {
        Return {
            margin: Some(Decimal::from(value)),
            amount: None,
        }
    }

    fn alarm_of(
        costs: &[proto::PursuitCost],
        expected: &Return,
        settings: &Settings,
    ) -> PursuitAlarm {
        sum(
            costs,
            Some("CNY".to_owned()),
            &Rates::default(),
            expected,
            settings,
        )
        .alarm
    }

    #[test]
    fn each_entry_is_converted_with_the_rate_of_its_day() {
        let mut rates = Rates::default();
        let day = |text: &str| text.parse::<Date>().unwrap();
        rates.add("USD", "CNY", day("2026-03-01"), Decimal::from(7));
        rates.add("USD", "CNY", day("2026-03-05"), Decimal::from(8));
        let costs = [
            cost("bid", "USD", 1, 4),
            cost("bid", "USD", 1, 5),
            cost("entry", "CNY", 5, 1),
        ];
        let settings = Settings::default();
        let summary = sum(
            &costs,
            Some("CNY".to_owned()),
            &rates,
            &margin(80),
            &settings,
        );
        assert_eq!(summary.stages["bid"].total, Some(Decimal::from(15)));
        assert_eq!(summary.all.total, Some(Decimal::from(20)));
        assert_eq!(summary.ratio, Some(Decimal::from(25)));
        assert_eq!(summary.alarm, PursuitAlarm::Alarm);
    }

    #[test]
    fn thresholds_count_from_their_very_value_on() {
        let settings = Settings::default();
        let of = |spend| alarm_of(&[cost("bid", "CNY", spend, 1)], &margin(1000), &settings);
        assert_eq!(of(99), PursuitAlarm::None);
        assert_eq!(of(100), PursuitAlarm::Warn);
        assert_eq!(of(249), PursuitAlarm::Warn);
        assert_eq!(of(250), PursuitAlarm::Alarm);
        let none = alarm_of(&[cost("bid", "CNY", 1, 1)], &margin(0), &settings);
        assert_eq!(none, PursuitAlarm::Alarm, "nothing is expected of it");
    }

    #[test]
    fn without_spend_rate_or_return_nothing_is_said() {
        let settings = Settings::default();
        assert_eq!(
            alarm_of(&[], &margin(10), &settings),
            PursuitAlarm::Unspecified
        );
        let foreign = [cost("bid", "CNY", 1, 1), cost("bid", "USD", 1, 1)];
        assert_eq!(
            alarm_of(&foreign, &margin(10), &settings),
            PursuitAlarm::Unspecified
        );
        let unknown = [cost("bid", "CNY", 1, 1)];
        assert_eq!(
            alarm_of(&unknown, &Return::default(), &settings),
            PursuitAlarm::Unspecified
        );
        let of_amount = Return {
            margin: None,
            amount: Some(Amount {
                currency: "CNY".to_owned(),
                value: Decimal::from(100),
            }),
        };
        assert_eq!(
            alarm_of(&unknown, &of_amount, &settings),
            PursuitAlarm::Unspecified
        );
        let decided = Settings {
            default_margin: Some(Decimal::from(8)),
            ..settings
        };
        assert_eq!(alarm_of(&unknown, &of_amount, &decided), PursuitAlarm::Warn);
    }
}
