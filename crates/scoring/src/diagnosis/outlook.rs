//! How likely a win is, in words, until a model trained on own history gives a number.

use keynode_proto::common::v1::LocalizedText;
use keynode_proto::scoring::v1::{Finding, Outlook, Severity};

use crate::case::{Case, stage_name};
use crate::texts::{self, Words};

/// What the findings leave of the chance. Of a deal that is closed, or of which nobody
/// knows where the customer stands, nothing can be said.
pub(super) fn judge(case: &Case<'_>, findings: &[Finding]) -> Outlook {
    let Some(step) = case.buying_step().filter(|_| case.is_open()) else {
        return Outlook::Unspecified;
    };
    let nothing_reached = case.nothing_reached();
    let is_behind = case.lag().is_some_and(|lag| lag > 0);
    let grave = findings
        .iter()
        .any(|finding| finding.severity() == Severity::Critical);
    match (step > 1 && nothing_reached, is_behind, grave) {
        (true, _, _) => Outlook::VeryLow,
        (_, true, _) => Outlook::Low,
        (_, _, true) => Outlook::Open,
        _ => Outlook::Good,
    }
}

/// Why, for people.
pub(super) fn text(case: &Case<'_>, outlook: Outlook) -> LocalizedText {
    let missing = case
        .first_missing()
        .and_then(|position| case.stage_at(position));
    let words = Words::default()
        .plain("step", case.buying_step().unwrap_or(0))
        .plain("lag", case.lag().unwrap_or(0))
        .text("missing_stage", stage_name(missing));
    texts::render("outlook", code(case, outlook), words)
}

/// The code of the text: the outlook's own, or why there is none.
fn code(case: &Case<'_>, outlook: Outlook) -> &'static str {
    use keynode_proto::pipeline::v1::OpportunityStatus as Status;
    match (case.opportunity.status(), outlook) {
        (Status::Won, _) => "won",
        (Status::Completed, _) => "completed",
        (Status::Lost, _) => "lost",
        (Status::Abandoned, _) => "abandoned",
        (_, Outlook::VeryLow) => "very_low",
        (_, Outlook::Low) => "low",
        (_, Outlook::Open) => "open",
        (_, Outlook::Good) => "good",
        (_, Outlook::Unspecified) => "unknown",
    }
}
