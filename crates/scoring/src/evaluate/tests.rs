use keynode_proto::pipeline::v1::QualificationElement;
use proptest::prelude::*;

use super::*;
use crate::elements::ELEMENTS;
use crate::example_model;

fn all_elements() -> Vec<ElementState> {
    ELEMENTS
        .iter()
        .map(|element| state(*element, Knowledge::Known))
        .collect()
}

fn state(element: QualificationElement, knowledge: Knowledge) -> ElementState {
    ElementState {
        element: element.into(),
        knowledge: knowledge.into(),
        ..ElementState::default()
    }
}

/// Every factor of the example answered alike, every element known.
fn all(answer: i32, days_to_close: Option<i32>) -> Inputs {
    let factors = example_model().factors;
    Inputs {
        answers: factors
            .into_iter()
            .map(|factor| (factor.id, answer))
            .collect(),
        elements: all_elements(),
        days_to_close,
    }
}

fn judge(inputs: &Inputs) -> Judgement {
    evaluate(&example_model(), inputs)
}

#[test]
fn the_pass_score_passes_exactly() {
    let judged = judge(&all(3, Some(90)));
    assert_eq!(
        (judged.result, judged.score),
        (EvaluationResult::Go, Some(60.0))
    );
    let judged = judge(&all(2, Some(90)));
    assert_eq!(
        (judged.result, judged.score),
        (EvaluationResult::NoGo, Some(40.0))
    );
    assert_eq!(judge(&all(5, None)).score, Some(100.0));
}

#[test]
fn grades_follow_likelihood_and_closing_time() {
    let grade = |answer, days| judge(&all(answer, days)).grade.unwrap();
    assert_eq!(grade(4, Some(180)), "A");
    assert_eq!(grade(4, Some(181)), "B");
    assert_eq!(grade(4, None), "B", "an unknown date is no near date");
    assert_eq!(
        grade(4, Some(-1)),
        "B",
        "a date that passed is no near date"
    );
    assert_eq!(grade(3, Some(0)), "B");
    assert_eq!(grade(3, None), "C");
    assert_eq!(grade(2, Some(30)), "C");
    assert_eq!(grade(1, None), "D");
}

#[test]
fn a_required_factor_or_element_that_is_unknown_stops_the_judgement() {
    let mut inputs = all(4, Some(90));
    inputs.answers.remove("funding");
    inputs.answers.remove("price");
    inputs.elements[2] = state(QualificationElement::Budget, Knowledge::Partial);
    inputs.elements.remove(0);
    let judged = judge(&inputs);
    assert_eq!(judged.result, EvaluationResult::InsufficientInformation);
    assert_eq!((judged.score, judged.grade), (None, None));
    assert_eq!(
        judged.missing,
        [
            "factors/funding",
            "factors/price",
            "elements/NEED",
            "elements/BUDGET"
        ]
    );
}

#[test]
fn an_optional_factor_that_is_unknown_is_named_and_counts_in_no_total() {
    let mut inputs = all(4, Some(90));
    inputs.answers.remove("price");
    let judged = judge(&inputs);
    assert_eq!(
        (judged.result, judged.score),
        (EvaluationResult::Go, Some(80.0))
    );
    assert_eq!(judged.missing, ["factors/price"]);
    let price = judged
        .contributions
        .iter()
        .find(|c| c.factor == "price")
        .unwrap();
    assert_eq!((price.answer, price.points), (None, 0.0));
    assert!((price.possible_points - 100.0 / 9.0).abs() < 1e-9);
}

#[test]
fn a_knock_out_decides_though_nothing_else_is_known() {
    let inputs = Inputs {
        answers: [("funding".to_owned(), 0)].into(),
        ..Inputs::default()
    };
    let judged = judge(&inputs);
    assert_eq!(judged.result, EvaluationResult::NoGo);
    assert_eq!(judged.knock_outs, ["funding"]);
    assert_eq!(judged.missing.len(), 8 + 6);
}

#[test]
fn a_knock_out_gets_no_good_grade_however_good_the_rest_is() {
    let mut inputs = all(5, Some(10));
    inputs
        .answers
        .insert("technical_requirements".to_owned(), 0);
    let judged = judge(&inputs);
    assert!(judged.score.unwrap() > 75.0);
    assert_eq!(
        (judged.result, judged.grade.as_deref()),
        (EvaluationResult::NoGo, Some("D"))
    );
}

#[test]
fn without_any_answer_there_is_no_score() {
    let mut model = example_model();
    model
        .factors
        .iter_mut()
        .for_each(|factor| factor.required = false);
    let judged = evaluate(
        &model,
        &Inputs {
            elements: all_elements(),
            ..Inputs::default()
        },
    );
    assert_eq!(
        (judged.result, judged.score),
        (EvaluationResult::InsufficientInformation, None)
    );
}

/// A model of two to eight factors that requires nothing, so that it always judges.
fn models() -> impl Strategy<Value = EvaluationModel> {
    prop::collection::vec((0.01..1000.0, 1..20), 2..8).prop_map(|factors| EvaluationModel {
        factors: factors.into_iter().enumerate().map(factor).collect(),
        pass_score: 50.0,
        grade_rules: example_model().grade_rules,
        ..EvaluationModel::default()
    })
}

fn factor((i, (weight, scale_max)): (usize, (f64, i32))) -> Factor {
    Factor {
        id: format!("f{i}"),
        weight,
        scale_max,
        ..Factor::default()
    }
}

/// A model with answers on its scales, some of them unknown.
fn cases() -> impl Strategy<Value = (EvaluationModel, Inputs)> {
    models().prop_flat_map(|model| {
        let answers: Vec<_> = model
            .factors
            .iter()
            .map(|f| prop::option::of(0..=f.scale_max))
            .collect();
        let ids: Vec<String> = model.factors.iter().map(|f| f.id.clone()).collect();
        let inputs = answers.prop_map(move |answers| Inputs {
            answers: ids
                .iter()
                .cloned()
                .zip(answers)
                .filter_map(|(id, answer)| Some((id, answer?)))
                .collect(),
            ..Inputs::default()
        });
        (Just(model), inputs)
    })
}

proptest! {
    #[test]
    fn the_contributions_are_the_score((model, inputs) in cases()) {
        let judged = evaluate(&model, &inputs);
        let points: f64 = judged.contributions.iter().map(|c| c.points).sum();
        prop_assert!((points - judged.score.unwrap_or(0.0)).abs() < 1e-9);
        prop_assert!((0.0..=100.0).contains(&judged.score.unwrap_or(0.0)));
        prop_assert_eq!(judged.contributions.len(), model.factors.len());
        prop_assert_eq!(judged.missing.len(), model.factors.len() - inputs.answers.len());
    }

    #[test]
    fn the_unknown_never_lowers_the_score_as_zero_would((model, inputs) in cases(), which in 0..8_usize) {
        let id = format!("f{}", which % model.factors.len());
        let (mut unknown, mut zero) = (inputs.clone(), inputs);
        unknown.answers.remove(&id);
        zero.answers.insert(id, 0);
        if let Some(score) = evaluate(&model, &unknown).score {
            prop_assert!(Some(score) >= evaluate(&model, &zero).score);
        }
    }

    #[test]
    fn a_higher_answer_never_lowers_the_score((model, inputs) in cases(), which in 0..8_usize, up in 1..20_i32) {
        let factor = &model.factors[which % model.factors.len()];
        let mut higher = inputs.clone();
        let Some(answer) = higher.answers.get_mut(&factor.id) else { return Ok(()) };
        *answer = (*answer + up).min(factor.scale_max);
        prop_assert!(evaluate(&model, &higher).score >= evaluate(&model, &inputs).score);
    }

    #[test]
    fn the_same_inputs_give_the_same_judgement((model, inputs) in cases()) {
        prop_assert_eq!(evaluate(&model, &inputs), evaluate(&model, &inputs.clone()));
    }
}
