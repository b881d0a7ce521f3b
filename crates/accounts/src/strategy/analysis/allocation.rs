//! Resources of segments held against their attractiveness (R18).

use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    AttractivenessModel, ResourceBalance, ResourceShare, SegmentAdvice, SegmentAllocation,
    SegmentStrategy,
};
use rust_decimal::prelude::ToPrimitive as _;

use super::advice::Advice;
use super::{attractiveness, rounded};

/// What a segment has, and by what it has a claim to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    /// Its attractiveness; 0 for one to be dropped, none while that is not judged.
    pub weight: Option<f64>,
    pub people: Option<f64>,
    /// Currency and amount of a year.
    pub budget: Option<(String, f64)>,
}

impl Claim {
    pub fn of(model: &AttractivenessModel, strategy: &SegmentStrategy, advice: &Advice) -> Self {
        let weight = match advice.advice {
            SegmentAdvice::Drop => Some(0.0),
            _ => attractiveness::reliable(model, &advice.attractiveness),
        };
        let allocated = strategy.allocated.as_ref();
        let budget = allocated.and_then(|it| wire::read_money(it.budget.as_ref()?).ok());
        Self {
            weight,
            people: allocated.and_then(|it| it.people).map(f64::from),
            budget: budget.and_then(|(currency, amount)| Some((currency, amount.to_f64()?))),
        }
    }
}

/// The shares of each segment among those that can be compared with it.
pub fn allocate(model: &AttractivenessModel, claims: &[Claim]) -> Vec<SegmentAllocation> {
    let people = |claim: &Claim| claim.people;
    let of = |claim: &Claim| {
        let currency = claim.budget.as_ref().map(|(currency, _)| currency);
        let budget = |peer: &Claim| {
            let (of, amount) = peer.budget.as_ref()?;
            (Some(of) == currency).then_some(*amount)
        };
        SegmentAllocation {
            people: Some(share(model, claims, claim, people)),
            budget: Some(share(model, claims, claim, budget)),
        }
    };
    claims.iter().map(of).collect()
}

fn share(
    model: &AttractivenessModel,
    claims: &[Claim],
    claim: &Claim,
    figure: impl Fn(&Claim) -> Option<f64>,
) -> ResourceShare {
    let known = |claim: &Claim| claim.weight.zip(figure(claim));
    let compared: Vec<(f64, f64)> = claims.iter().filter_map(known).collect();
    let Some((weight, own)) = known(claim) else {
        return ResourceShare::default();
    };
    let total = |of: fn(&(f64, f64)) -> f64| compared.iter().map(of).sum::<f64>();
    let percent = |part: f64, whole: f64| (whole > 0.0).then(|| rounded(part / whole * 100.0));
    let fair_share = percent(weight, total(|it| it.0));
    let share = percent(own, total(|it| it.1));
    let enough = compared.len() > 1;
    let balance = match share.zip(fair_share).filter(|_| enough) {
        Some((share, fair)) => balance(share - fair, model.share_tolerance.into()),
        None => ResourceBalance::Unspecified,
    };
    ResourceShare {
        compared: i32::try_from(compared.len()).unwrap_or(i32::MAX),
        share,
        fair_share,
        balance: balance.into(),
    }
}

fn balance(excess: f64, tolerance: f64) -> ResourceBalance {
    match excess {
        excess if excess > tolerance => ResourceBalance::Over,
        excess if excess < -tolerance => ResourceBalance::Under,
        _ => ResourceBalance::Even,
    }
}
