//! `RecordQualificationElement`: what is known of one of the six elements (R12).

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{
    QualificationElement, RecordQualificationElementRequest, RecordQualificationElementResponse,
};

use crate::error::Error;
use crate::ids::{ContactId, OpportunityId};
use crate::opportunity::{self, Element};
use crate::update::change;
use crate::{Pipeline, element, past};

const MAX_VALUE: usize = 4000;
const MAX_SOURCE: usize = 400;

pub async fn record_element(
    pipeline: &Pipeline,
    call: &Call,
    request: RecordQualificationElementRequest,
) -> Result<RecordQualificationElementResponse, Error> {
    let (id, element, state) = read(call, &request)?;
    pipeline
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = opportunity::lock(w, call, id, &request.etag).await?;
            opportunity::save_element(w, id, element, &state).await?;
            let after = change(w, call, before, |after| {
                after.elements.insert(element, state);
            })
            .await?;
            Ok(RecordQualificationElementResponse {
                opportunity: Some(after.to_proto()),
            })
        })
        .await
}

fn read(
    call: &Call,
    request: &RecordQualificationElementRequest,
) -> Result<(OpportunityId, QualificationElement, Element), Error> {
    let state = request.state.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    let which = bad.required_enum("state.element", state.element);
    let learned = bad.date("state.learned_date", state.learned_date);
    past::day(&mut bad, "state.learned_date", learned, call.now);
    let details = state.details;
    let details = details.map(|sent| element::details::read(&mut bad, which, sent, call.now));
    let known = Element {
        knowledge: bad.optional_enum("state.knowledge", state.knowledge),
        value: bad.text("state.value", &state.value, MAX_VALUE),
        source: bad.text("state.source", &state.source, MAX_SOURCE),
        person: bad
            .optional_name("state.person", &state.person)
            .map(|ContactId(id)| id),
        details,
        learned,
        recorder: call.principal.subject.clone(),
        recorded: call.now,
    };
    bad.finish()?;
    Ok((id, which, known))
}
