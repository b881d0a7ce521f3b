//! Judges an opportunity by the newest version of a model (R10-R13).

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1::Opportunity;
use keynode_proto::scoring::v1::{
    EvaluateOpportunityRequest, EvaluateOpportunityResponse, Evaluation, EvaluationModel,
    FactorAnswer, OpportunityEvaluated,
};
use sqlx::PgConnection;

use crate::Scoring;
use crate::error::Error;
use crate::evaluate::{Inputs, Judgement, evaluate};
use crate::evaluation::{self, Belonging, NewEvaluation, OpportunityId};
use crate::evaluation_model::{self, ModelId};
use crate::peers::{self, Facts};

const MAX_ANSWERS: usize = 200;

/// The facts are read before the transaction, which must not wait for another service.
/// Whether they were found is asked inside of it, so that a repeat is answered as the
/// first was, whatever became of the opportunity or the model since.
pub(crate) async fn evaluate_opportunity(
    scoring: &Scoring,
    call: &Call,
    request: EvaluateOpportunityRequest,
) -> Result<EvaluateOpportunityResponse, Error> {
    let facts = match request.opportunity.parse::<OpportunityId>() {
        Ok(opportunity) => Some(peers::facts(&scoring.pipeline, call, opportunity).await),
        // Noted with everything else that is bad.
        Err(_) => None,
    };
    let work = async |w: &mut Writer<'_>| judge(w, call, &request, facts).await;
    scoring.mutations.run(call, &request, work).await
}

async fn judge(
    w: &mut Writer<'_>,
    call: &Call,
    request: &EvaluateOpportunityRequest,
    facts: Option<Result<Facts, Error>>,
) -> Result<EvaluateOpportunityResponse, Error> {
    let asked = read(w, request).await?;
    let facts = facts.unwrap_or(Err(Error::OpportunityNotFound(asked.opportunity)))?;
    let inputs = Inputs {
        days_to_close: days_to_close(&facts.opportunity, today(call)),
        elements: facts.opportunity.elements.clone(),
        answers: asked.answers,
    };
    let id = w.id();
    let judgement = evaluate(&asked.model, &inputs);
    let evaluation = Evaluation {
        name: format!("{}/evaluations/{id}", asked.opportunity),
        create_time: Some(wire::timestamp(call.now)),
        actor: call.principal.subject.clone(),
        model: asked.model.name.clone(),
        model_version: asked.model.version,
        opportunity_etag: facts.opportunity.etag.clone(),
        ..judgement.into()
    };
    let new = NewEvaluation {
        id,
        opportunity: asked.opportunity,
        belonging: Belonging::of(&facts.opportunity),
        model: &asked.id,
        days_to_close: inputs.days_to_close,
        created_at: call.now,
        evaluation: &evaluation,
    };
    store(w, new, &facts.opportunity).await?;
    Ok(EvaluateOpportunityResponse {
        evaluation: Some(evaluation),
    })
}

async fn store(
    w: &mut Writer<'_>,
    new: NewEvaluation<'_>,
    opportunity: &Opportunity,
) -> Result<(), Error> {
    let before = evaluation::find_latest(w, new.opportunity).await?;
    let evaluated = OpportunityEvaluated {
        before: before.map(|stored| stored.evaluation),
        after: Some(new.evaluation.clone()),
        owner: opportunity.owner.clone(),
        opportunity_display_name: opportunity.display_name.clone(),
    };
    let subject = new.evaluation.name.clone();
    evaluation::insert(w, new).await?;
    w.record(subject, 1, &evaluated);
    Ok(())
}

/// A request whose every field was checked.
struct Asked {
    opportunity: OpportunityId,
    id: ModelId,
    model: EvaluationModel,
    answers: BTreeMap<String, i32>,
}

async fn read(
    connection: &mut PgConnection,
    request: &EvaluateOpportunityRequest,
) -> Result<Asked, Error> {
    let mut bad = Violations::default();
    let opportunity = bad.name("opportunity", &request.opportunity);
    let id = match request.model.as_str() {
        "" => None,
        name => ModelId::read(&mut bad, "model", name),
    };
    let model = match (&id, request.model.is_empty()) {
        (Some(id), _) => evaluation_model::find(connection, id, None).await?,
        (None, true) => evaluation_model::find_published_last(connection).await?,
        (None, false) => None,
    };
    let answers = read_answers(&mut bad, model.as_ref(), &request.answers);
    bad.finish()?;
    let model = match (model, id) {
        (Some(model), _) => model,
        (None, Some(id)) => return Err(no_model(connection, id).await?),
        (None, None) => return Err(Error::EvaluationModelNotPublished),
    };
    let id = model.name.parse().expect("a published model has a name");
    Ok(Asked {
        opportunity,
        id,
        model,
        answers,
    })
}

/// Without any model, the way out is to publish one, not to look for another name.
async fn no_model(connection: &mut PgConnection, id: ModelId) -> Result<Error, Error> {
    Ok(
        match evaluation_model::find_published_last(connection).await? {
            Some(_) => Error::EvaluationModelNotFound {
                model: id,
                version: 0,
            },
            None => Error::EvaluationModelNotPublished,
        },
    )
}

/// Checks answers against the model, or among each other where there is none.
fn read_answers(
    bad: &mut Violations,
    model: Option<&EvaluationModel>,
    answers: &[FactorAnswer],
) -> BTreeMap<String, i32> {
    let mut read = BTreeMap::new();
    if answers.len() > MAX_ANSWERS {
        let why = format!("must be at most {MAX_ANSWERS}, are {}", answers.len());
        bad.add("answers", why);
        return read;
    }
    for (i, given) in answers.iter().enumerate() {
        let field = format!("answers[{i}]");
        if let Some(model) = model {
            check_answer(bad, &field, model, given);
        }
        if read.insert(given.factor.clone(), given.answer).is_some() {
            bad.add(format!("{field}.factor"), "is answered twice");
        }
    }
    read
}

fn check_answer(bad: &mut Violations, field: &str, model: &EvaluationModel, given: &FactorAnswer) {
    match model
        .factors
        .iter()
        .find(|factor| factor.id == given.factor)
    {
        Some(factor) => {
            bad.range(
                &format!("{field}.answer"),
                given.answer.into(),
                0..=factor.scale_max.into(),
            );
        }
        None => bad.add(
            format!("{field}.factor"),
            format!("is no factor of {} version {}", model.name, model.version),
        ),
    }
}

/// Days are counted in UTC, as all days of this system.
fn today(call: &Call) -> Date {
    call.now.to_zoned(TimeZone::UTC).date()
}

/// None while no closing date is known.
fn days_to_close(opportunity: &Opportunity, today: Date) -> Option<i32> {
    let close = opportunity.expected_close_date.as_ref()?;
    let close = wire::read_date(close).ok()?;
    Some(close.since(today).ok()?.get_days())
}

impl From<Judgement> for Evaluation {
    fn from(judgement: Judgement) -> Self {
        Self {
            result: judgement.result.into(),
            score: judgement.score,
            grade: judgement.grade.unwrap_or_default(),
            contributions: judgement.contributions,
            missing: judgement.missing,
            knock_outs: judgement.knock_outs,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use keynode_proto::google::r#type as wire_type;

    use super::*;

    fn closing(year: i32, month: i32, day: i32) -> Opportunity {
        let day = wire_type::Date { year, month, day };
        Opportunity {
            expected_close_date: Some(day),
            ..Opportunity::default()
        }
    }

    #[test]
    fn days_are_counted_across_months_and_leap_years() {
        let today = date(2024, 2, 28);
        assert_eq!(days_to_close(&closing(2024, 3, 1), today), Some(2));
        assert_eq!(days_to_close(&closing(2025, 2, 28), today), Some(366));
        assert_eq!(days_to_close(&closing(2024, 2, 27), today), Some(-1));
    }

    #[test]
    fn too_many_answers_are_counted_and_not_each_refused() {
        let mut bad = Violations::default();
        let answers = vec![FactorAnswer::default(); MAX_ANSWERS + 1];
        read_answers(&mut bad, None, &answers);
        let fault = bad.finish().unwrap_err();
        let fields: Vec<&str> = fault.fields().map(|(field, _)| field).collect();
        assert_eq!(fields, ["answers"]);
    }

    #[test]
    fn no_closing_date_is_no_number_of_days() {
        let today = date(2024, 2, 28);
        assert_eq!(days_to_close(&Opportunity::default(), today), None);
        assert_eq!(
            days_to_close(&closing(2024, 0, 0), today),
            None,
            "a month alone is no day"
        );
    }
}
