//! `AnswerCustomerRequest`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{CustomerRequest, RequestAnswer};

use crate::error::Error;
use crate::item::MAX_TEXT;
use crate::{Pipeline, item, opportunity, past};

pub async fn answer(
    pipeline: &Pipeline,
    call: &Call,
    message: proto::AnswerCustomerRequestRequest,
) -> Result<proto::AnswerCustomerRequestResponse, Error> {
    let mut bad = Violations::default();
    let id = item::read_name::<CustomerRequest>(&mut bad, &message.name);
    let answer: RequestAnswer = bad.required_enum("answer", message.answer);
    if answer == RequestAnswer::Pending {
        bad.add("answer", "must say something");
    }
    let reason = bad.required_text("reason", &message.reason, MAX_TEXT);
    past::required_day(&mut bad, "date", message.date, call.now);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &message.etag).await?;
        let stored: CustomerRequest = item::find(w, id, &message.name).await?;
        let answered = CustomerRequest {
            answer: answer.into(),
            answer_reason: reason,
            answer_date: message.date,
            answer_actor: call.principal.subject.clone(),
            ..stored
        };
        let (request, opportunity) = item::put(w, call, deal, answered, "").await?;
        Ok(proto::AnswerCustomerRequestResponse {
            request: Some(request),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &message, work).await
}
