//! Purchase criteria as written criteria read them.

use keynode_proto::pipeline::v1::{Leaning, PurchaseCriteria};
use serde_json::{Value as Json, json};

use super::analysis;
use crate::dossier::Dossier;

const PREFIX: &str = "LEANING_";

/// What is known; null before the first criterion.
pub fn of(dossier: &Dossier, competitors: &[String]) -> Json {
    let part: PurchaseCriteria = dossier.part().unwrap_or_default();
    if part.criteria.is_empty() {
        return Json::Null;
    }
    let analysis = analysis::analyse(&part, competitors);
    let leaning = match analysis.leaning() {
        Leaning::Unspecified => None,
        known => known.as_str_name().strip_prefix(PREFIX),
    };
    json!({
        "total": analysis.total,
        "final": part.finality.is_some(),
        "authored_by_us_percent": analysis.authored_by_us_percent,
        "origin_known_percent": analysis.origin_known_percent,
        "leaning": leaning,
        "advantage_percent": analysis.advantage_percent,
        "fit_known_percent": analysis.fit_known_percent,
    })
}

/// Every such fact, with a value of its kind.
pub fn sample() -> Json {
    json!({
        "total": 1,
        "final": true,
        "authored_by_us_percent": 50,
        "origin_known_percent": 100,
        "leaning": "OURS",
        "advantage_percent": 25,
        "fit_known_percent": 100,
    })
}

#[cfg(test)]
mod tests {
    use keynode_proto::pipeline::v1::PurchaseCriterion;

    use super::*;
    use crate::dossier::testing::{keys, with};
    use crate::process::expression::{Answer, Expression};

    #[test]
    fn the_sample_has_the_facts_that_there_are() {
        let part = PurchaseCriteria {
            criteria: vec![PurchaseCriterion::default()],
            finality: None,
        };
        let facts = of(&with(&part), &[]);
        assert_eq!(keys(&facts), keys(&sample()));
        assert_eq!(facts["authored_by_us_percent"], Json::Null);
        assert_eq!(of(&Dossier::default(), &[]), Json::Null);
    }

    #[test]
    fn an_advantage_is_compared_on_both_sides_of_zero() {
        let ask = |text: &str, advantage: i32| {
            let sample = serde_json::json!({"purchase_criteria": sample()});
            let mut facts = sample.clone();
            facts["purchase_criteria"]["advantage_percent"] = advantage.into();
            Expression::parse(text, &sample).unwrap().ask(&facts)
        };
        let beyond = "purchase_criteria.advantage_percent > -10";
        assert_eq!(ask(beyond, 5), Answer::Yes);
        assert_eq!(ask(beyond, -5), Answer::Yes);
        assert_eq!(ask(beyond, -15), Answer::No);
        let clear = "purchase_criteria.advantage_percent >= 10";
        assert_eq!(ask(clear, 10), Answer::Yes);
        assert_eq!(ask(clear, -5), Answer::No);
    }
}
