//! Importance held against cost: "an important market is chosen although it takes much; a
//! secondary one that takes much is given up" (R18).

use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    AttractivenessModel, SegmentAdvice, SegmentAttractiveness, SegmentEstimate, SegmentExpense,
    SegmentImportance, SegmentStrategy,
};
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::google::r#type::Money;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::{attractiveness, rounded, text};

/// What is to be done about a segment, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    pub attractiveness: SegmentAttractiveness,
    pub importance: SegmentImportance,
    pub expense: SegmentExpense,
    /// Per cent of the sales predicted.
    pub expense_ratio: Option<f64>,
    pub advice: SegmentAdvice,
    pub reasons: Vec<LocalizedText>,
}

/// Judges one segment by itself.
pub fn advise(model: &AttractivenessModel, strategy: &SegmentStrategy) -> Advice {
    let attractiveness = attractiveness::judge(model, &strategy.ratings);
    let (importance, why_important) = importance(model, strategy, &attractiveness);
    let (expense, expense_ratio, why_expensive) = expense(model, strategy);
    let advice = decide(importance, expense);
    let mut reasons = vec![why_important, why_expensive];
    reasons.extend(rule(advice));
    Advice {
        attractiveness,
        importance,
        expense,
        expense_ratio,
        advice,
        reasons,
    }
}

/// The rule of the method; what is cheap follows from it: a secondary segment costs nothing
/// to keep, an important one can take more.
fn decide(importance: SegmentImportance, expense: SegmentExpense) -> SegmentAdvice {
    use SegmentExpense::{Cheap, Expensive};
    use SegmentImportance::{Important, Secondary};
    match (importance, expense) {
        (Important, Expensive) => SegmentAdvice::Keep,
        (Secondary, Expensive) => SegmentAdvice::Drop,
        (Important, Cheap) => SegmentAdvice::Invest,
        (Secondary, Cheap) => SegmentAdvice::Maintain,
        _ => SegmentAdvice::Unspecified,
    }
}

fn rule(advice: SegmentAdvice) -> Option<LocalizedText> {
    Some(match advice {
        SegmentAdvice::Unspecified => return None,
        SegmentAdvice::Keep => text(
            "重要的目标市场,尽管消耗很多资源也要选择",
            "important: chosen although it takes much",
        ),
        SegmentAdvice::Drop => text(
            "次要的目标市场而需要大量资源,应当淘汰",
            "secondary and in need of much: give it up",
        ),
        SegmentAdvice::Invest => text(
            "重要而花费不多,可以加大投入",
            "important and cheap: it can take more",
        ),
        SegmentAdvice::Maintain => text(
            "次要而花费不多,保持现状",
            "secondary and cheap: leave it as it is",
        ),
    })
}

fn importance(
    model: &AttractivenessModel,
    strategy: &SegmentStrategy,
    attractiveness: &SegmentAttractiveness,
) -> (SegmentImportance, LocalizedText) {
    if strategy.importance() != SegmentImportance::Unspecified {
        let why = text("重要性由人员设定", "people set how important it is");
        return (strategy.importance(), why);
    }
    let from = model.important_from;
    match attractiveness::reliable(model, attractiveness) {
        Some(score) => {
            let why = text(
                format!("吸引力 {score} 分,{from} 分起为重要"),
                format!("attractiveness is {score}; from {from} on it is important"),
            );
            match score >= f64::from(from) {
                true => (SegmentImportance::Important, why),
                false => (SegmentImportance::Secondary, why),
            }
        }
        None => {
            let (known, needed) = (attractiveness.known_weight, model.min_known_weight);
            let why = text(
                format!("重要性未知:只有 {known}% 的权重已评分,至少需要 {needed}%"),
                format!(
                    "importance is unknown: {known} % of the weight is rated, {needed} % is needed"
                ),
            );
            (SegmentImportance::Unspecified, why)
        }
    }
}

/// Currency and amount of a year.
type Sum = (String, Decimal);

fn expense(
    model: &AttractivenessModel,
    strategy: &SegmentStrategy,
) -> (SegmentExpense, Option<f64>, LocalizedText) {
    let unknown = |zh: &str, en: &str| (SegmentExpense::Unspecified, None, text(zh, en));
    let predicted = per_year(strategy.sales_prediction.as_ref());
    let Some((currency, predicted)) = predicted else {
        return unknown(
            "花费高低未知:没有销量预测",
            "expense is unknown: no sales are predicted",
        );
    };
    let costs = [
        per_year(strategy.selling_cost.as_ref()),
        strategy
            .needed
            .as_ref()
            .and_then(|it| money(it.budget.as_ref())),
    ];
    let costs: Vec<Sum> = costs.into_iter().flatten().collect();
    if costs.iter().any(|(of, _)| *of != currency) {
        return unknown(
            "花费高低未知:币种不一致",
            "expense is unknown: the currencies differ",
        );
    }
    let Some(takes) = costs.into_iter().map(|(_, amount)| amount).max() else {
        return unknown(
            "花费高低未知:销售成本和所需预算均未知",
            "expense is unknown: neither the cost of selling nor the budget needed is known",
        );
    };
    compare(model, takes, predicted)
}

/// Nothing predicted: whatever it takes is much.
fn compare(
    model: &AttractivenessModel,
    takes: Decimal,
    predicted: Decimal,
) -> (SegmentExpense, Option<f64>, LocalizedText) {
    let from = model.expensive_from_percent;
    let ratio = (takes * Decimal::ONE_HUNDRED).checked_div(predicted);
    let is_expensive = match ratio {
        Some(ratio) => ratio >= Decimal::from(from),
        None => !takes.is_zero(),
    };
    let expense = match is_expensive {
        true => SegmentExpense::Expensive,
        false => SegmentExpense::Cheap,
    };
    let ratio = ratio.and_then(|ratio| ratio.to_f64()).map(rounded);
    let why = match ratio {
        Some(ratio) => text(
            format!("一年所需占预测销量的 {ratio}%,{from}% 起为花费高"),
            format!("it takes {ratio} % of the sales predicted; from {from} % on it is expensive"),
        ),
        None => text("没有预测到销量", "no sales are expected"),
    };
    (expense, ratio, why)
}

fn per_year(estimate: Option<&SegmentEstimate>) -> Option<Sum> {
    money(estimate?.amount_per_year.as_ref())
}

fn money(money: Option<&Money>) -> Option<Sum> {
    wire::read_money(money?).ok()
}
