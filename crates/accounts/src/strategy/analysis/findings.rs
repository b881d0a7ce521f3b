//! What the rules say about a segment. A rule is one function and one line in [`RULES`].

use keynode_proto::accounts::v1::{
    CompetitivePosition, EntryMode, OverallStrategy, ResourceBalance, ResourceShare,
    SegmentAllocation, SegmentFinding, SegmentFindingSeverity as Severity,
};

use super::{Facts, text};

struct Case<'a> {
    facts: &'a Facts,
    allocation: &'a SegmentAllocation,
    suggested: OverallStrategy,
}

const RULES: [fn(&Case<'_>) -> Option<SegmentFinding>; 5] =
    [entry_mode, winter_jasmine, people, budget, overall_strategy];

/// Everything that the rules say, the most urgent first.
pub fn find(
    facts: &Facts,
    allocation: &SegmentAllocation,
    suggested: OverallStrategy,
) -> Vec<SegmentFinding> {
    let case = Case {
        facts,
        allocation,
        suggested,
    };
    let mut found: Vec<SegmentFinding> = RULES.iter().filter_map(|rule| rule(&case)).collect();
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

fn finding(rule: &str, code: &str, severity: Severity, zh: &str, en: &str) -> SegmentFinding {
    SegmentFinding {
        rule: rule.to_owned(),
        code: code.to_owned(),
        severity: severity.into(),
        text: Some(text(zh, en)),
    }
}

/// Typhoon is for leaders only (R16).
fn entry_mode(case: &Case<'_>) -> Option<SegmentFinding> {
    let strategy = &case.facts.strategy;
    if strategy.entry_mode() != EntryMode::Typhoon {
        return None;
    }
    let position = strategy.market_position.as_ref();
    match position.map_or(CompetitivePosition::Unspecified, |it| it.position()) {
        CompetitivePosition::Leader => None,
        CompetitivePosition::Unspecified => Some(finding(
            "R16",
            "ENTRY_TYPHOON_POSITION_UNKNOWN",
            Severity::Undetermined,
            "选择了台风式,但我方在此细分市场的地位未知:只有行业领先企业才能采用台风式",
            "typhoon is chosen, and our position in this segment is unknown: only leaders can enter so",
        )),
        _ => Some(finding(
            "R16",
            "ENTRY_TYPHOON_NOT_LEADER",
            Severity::Warning,
            "只有行业领先企业才能采用台风式;我方不是此细分市场的领先者,应选择台阶式",
            "only leaders can enter as a typhoon; we do not lead this segment: climb it by steps",
        )),
    }
}

/// A new region or product needs one or two winter jasmines first (R15).
fn winter_jasmine(case: &Case<'_>) -> Option<SegmentFinding> {
    if case.facts.strategy.is_new != Some(true) {
        return None;
    }
    match case.facts.winter_jasmines {
        Some(1..) => None,
        Some(_) => Some(finding(
            "R15",
            "NEW_WITHOUT_WINTER_JASMINE",
            Severity::Advice,
            "开拓新的地区或产品,先期必须有一、二个迎春花客户;目前一个也没有",
            "a new region or product needs one or two winter jasmines first; there is none",
        )),
        None => Some(finding(
            "R15",
            "NEW_WINTER_JASMINES_UNKNOWN",
            Severity::Undetermined,
            "开拓新的地区或产品,先期必须有一、二个迎春花客户;客户的类别尚未确定",
            "a new region or product needs one or two winter jasmines first; the customers' class is unknown",
        )),
    }
}

fn people(case: &Case<'_>) -> Option<SegmentFinding> {
    let (code, zh, en) = match balance(case.allocation.people.as_ref()) {
        ResourceBalance::Over => (
            "PEOPLE_OVER",
            "投入的人员多于其吸引力所应得",
            "it has more people than its attractiveness suggests",
        ),
        ResourceBalance::Under => (
            "PEOPLE_UNDER",
            "投入的人员少于其吸引力所应得",
            "it has fewer people than its attractiveness suggests",
        ),
        _ => return None,
    };
    Some(finding("R18", code, Severity::Advice, zh, en))
}

fn budget(case: &Case<'_>) -> Option<SegmentFinding> {
    let (code, zh, en) = match balance(case.allocation.budget.as_ref()) {
        ResourceBalance::Over => (
            "BUDGET_OVER",
            "投入的预算多于其吸引力所应得",
            "it has a larger budget than its attractiveness suggests",
        ),
        ResourceBalance::Under => (
            "BUDGET_UNDER",
            "投入的预算少于其吸引力所应得",
            "it has a smaller budget than its attractiveness suggests",
        ),
        _ => return None,
    };
    Some(finding("R18", code, Severity::Advice, zh, en))
}

fn balance(share: Option<&ResourceShare>) -> ResourceBalance {
    share.map_or(ResourceBalance::Unspecified, |share| share.balance())
}

/// People chose another overall strategy than the situation suggests (R18).
fn overall_strategy(case: &Case<'_>) -> Option<SegmentFinding> {
    let chosen = case.facts.strategy.overall_strategy();
    let is_open = |strategy| strategy == OverallStrategy::Unspecified;
    if is_open(chosen) || is_open(case.suggested) || chosen == case.suggested {
        return None;
    }
    Some(finding(
        "R18",
        "STRATEGY_DIFFERS",
        Severity::Advice,
        "所选整体战略与机会、障碍、优势、劣势所提示的不同",
        "the overall strategy differs from what opportunities, obstacles, strengths and weaknesses suggest",
    ))
}
