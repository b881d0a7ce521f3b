//! What is known of the prospect's need, timetable and budget, recorded with its deal (R12).
//!
//! The caller records it. What the caller may not record, or somebody recorded already, is
//! left alone; each element has a request id of its own, so that a repeat records nothing.

use keynode_kit::call::Call;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{
    ElementState, Knowledge, Opportunity, QualificationElement, RecordQualificationElementRequest,
};
use tonic::Code;
use uuid::Uuid;

use super::deal::refusal;
use crate::Accounts;
use crate::error::Error;
use crate::prospect::Prospect;

/// Records with the deal what the prospect holds.
pub async fn pass_on(
    service: &Accounts,
    call: &Call,
    prospect: &Prospect,
    deal: &Opportunity,
) -> Result<(), Error> {
    let mut client = OpportunitiesServiceClient::new(service.pipeline.for_call(call));
    for state in states(&prospect.record) {
        if is_recorded(deal, state.element()) {
            continue;
        }
        let request = RecordQualificationElementRequest {
            name: deal.name.clone(),
            request_id: request_id(prospect, state.element()),
            state: Some(ElementState {
                source: prospect.name().to_string(),
                ..state
            }),
            ..RecordQualificationElementRequest::default()
        };
        match client.record_qualification_element(request).await {
            Ok(_) => {}
            Err(status) if status.code() == Code::PermissionDenied => {
                tracing::info!(
                    deal = deal.name,
                    "what is known of a prospect stays with it"
                );
                return Ok(());
            }
            Err(status) => return Err(refusal(&status).into()),
        }
    }
    Ok(())
}

fn is_recorded(deal: &Opportunity, element: QualificationElement) -> bool {
    let mut states = deal.elements.iter();
    states.any(|state| state.element() == element && state.knowledge() != Knowledge::Unspecified)
}

/// The elements of which something is known. Sums and days are known; words are only a
/// part of what there is to know of a need.
fn states(prospect: &proto::Prospect) -> Vec<ElementState> {
    let need = Some(prospect.need.clone()).filter(|need| !need.is_empty());
    let state = |element: QualificationElement, knowledge: Knowledge, value: String| ElementState {
        element: element.into(),
        knowledge: knowledge.into(),
        value,
        ..ElementState::default()
    };
    let need = need.map(|need| state(QualificationElement::Need, Knowledge::Partial, need));
    let timetable = timetable(prospect)
        .map(|day| state(QualificationElement::Timetable, Knowledge::Known, day));
    let budget =
        budget(prospect).map(|sum| state(QualificationElement::Budget, Knowledge::Known, sum));
    [need, timetable, budget].into_iter().flatten().collect()
}

fn timetable(prospect: &proto::Prospect) -> Option<String> {
    match &prospect.timetable_date {
        Some(day) => wire::read_date(day).ok().map(|day| day.to_string()),
        None if prospect.no_timetable => Some("没有时间表 (no timetable)".to_owned()),
        None => None,
    }
}

fn budget(prospect: &proto::Prospect) -> Option<String> {
    let (currency, amount) = wire::read_money(prospect.budget.as_ref()?).ok()?;
    Some(format!("{} {currency}", amount.normalize()))
}

/// The same for whoever records the same element of the same prospect.
fn request_id(prospect: &Prospect, element: QualificationElement) -> String {
    let number = u128::from((element as i32).unsigned_abs());
    Uuid::from_u128(prospect.id.as_u128().wrapping_add(number)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keynode_proto::google::r#type::Money;

    #[test]
    fn what_is_unknown_is_not_told_and_no_budget_is_something_known() {
        assert!(states(&proto::Prospect::default()).is_empty());
        let prospect = proto::Prospect {
            budget: Some(Money {
                currency_code: "CNY".to_owned(),
                units: 0,
                nanos: 0,
            }),
            no_timetable: true,
            ..proto::Prospect::default()
        };
        let told: Vec<_> = states(&prospect)
            .into_iter()
            .map(|state| (state.element(), state.knowledge(), state.value))
            .collect();
        let expected = [
            (
                QualificationElement::Timetable,
                Knowledge::Known,
                "没有时间表 (no timetable)".to_owned(),
            ),
            (
                QualificationElement::Budget,
                Knowledge::Known,
                "0 CNY".to_owned(),
            ),
        ];
        assert_eq!(told, expected);
    }
}
