//! How attractive a segment is: the mean of what is known, never of what is not.

use keynode_proto::accounts::v1::{
    AttractivenessFactor, AttractivenessModel, SegmentAttractiveness, SegmentRating,
};

use super::rounded;

/// The weighted mean of the known ratings, with the share of weight that they have.
pub fn judge(model: &AttractivenessModel, ratings: &[SegmentRating]) -> SegmentAttractiveness {
    let rating_of = |factor: &AttractivenessFactor| {
        let of_factor = ratings.iter().find(|rating| rating.factor == factor.id);
        of_factor.and_then(|rating| rating.rating)
    };
    let (mut known_weight, mut sum, mut unknown_factors) = (0, 0_i64, Vec::new());
    for factor in &model.factors {
        match rating_of(factor) {
            Some(rating) => {
                known_weight += factor.weight;
                sum += i64::from(factor.weight) * i64::from(rating);
            }
            None => unknown_factors.push(factor.id.clone()),
        }
    }
    SegmentAttractiveness {
        score: (known_weight > 0).then(|| rounded(sum as f64 / f64::from(known_weight))),
        known_weight,
        unknown_factors,
    }
}

/// The score, if enough is known to rely on it.
pub fn reliable(model: &AttractivenessModel, of: &SegmentAttractiveness) -> Option<f64> {
    of.score
        .filter(|_| of.known_weight >= model.min_known_weight)
}
