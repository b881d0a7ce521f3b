//! How good predictions are.

use serde::{Deserialize, Serialize};

/// Groups of the reliability table, of as many predictions each as possible.
const BINS: usize = 10;
/// Log loss takes no prediction for more certain than this.
const CERTAIN: f64 = 1e-15;

/// What predictions are worth, held against outcomes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Metrics {
    pub n: usize,
    /// How often a won deal has the higher probability of a pair, a tie counting half; none
    /// without both.
    pub auc: Option<f64>,
    /// Mean of -ln of the probability given to what happened.
    pub log_loss: f64,
    /// Mean squared error.
    pub brier: f64,
    /// Expected calibration error: mean distance between predicted and observed over ten groups of
    /// equal count.
    pub ece: f64,
    pub reliability: Vec<Bin>,
}

/// One group of the reliability table.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Bin {
    pub lower: f64,
    pub upper: f64,
    pub n: usize,
    pub mean_p: f64,
    pub observed: f64,
}

/// Measures predictions of deals whose outcome is known.
pub fn evaluate(predictions: &[(f64, bool)]) -> Metrics {
    let n = predictions.len();
    let mean =
        |of: fn(&(f64, bool)) -> f64| predictions.iter().map(of).sum::<f64>() / (n.max(1) as f64);
    let reliability = reliability(predictions);
    Metrics {
        n,
        auc: auc(predictions),
        log_loss: mean(|(p, won)| loss(*p, *won)),
        brier: mean(|(p, won)| (p - f64::from(u8::from(*won))).powi(2)),
        ece: ece(&reliability, n),
        reliability,
    }
}

/// -ln of the probability given to what happened.
pub(crate) fn loss(p: f64, won: bool) -> f64 {
    let given = if won { p } else { 1.0 - p };
    -given.max(CERTAIN).ln()
}

fn auc(predictions: &[(f64, bool)]) -> Option<f64> {
    let mut sorted: Vec<&(f64, bool)> = predictions.iter().collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let won = sorted.iter().filter(|(_, won)| *won).count() as f64;
    let lost = sorted.len() as f64 - won;
    if won == 0.0 || lost == 0.0 {
        return None;
    }
    let (mut below, mut pairs) = (0.0, 0.0);
    for ties in sorted.chunk_by(|a, b| a.0 == b.0) {
        let won_here = ties.iter().filter(|(_, won)| *won).count() as f64;
        let lost_here = ties.len() as f64 - won_here;
        pairs += won_here * (below + lost_here / 2.0);
        below += lost_here;
    }
    Some(pairs / (won * lost))
}

/// Splits as numpy's `array_split`: the first groups have one more where it does not come out even.
fn reliability(predictions: &[(f64, bool)]) -> Vec<Bin> {
    let mut sorted: Vec<(f64, bool)> = predictions.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (each, more) = (sorted.len() / BINS, sorted.len() % BINS);
    let mut rest = sorted.as_slice();
    let mut bins = Vec::new();
    for index in 0..BINS {
        let (group, after) = rest.split_at(each + usize::from(index < more));
        rest = after;
        bins.extend(bin(group));
    }
    bins
}

fn bin(group: &[(f64, bool)]) -> Option<Bin> {
    let (first, last) = (group.first()?, group.last()?);
    let n = group.len();
    let won = group.iter().filter(|(_, won)| *won).count();
    Some(Bin {
        lower: first.0,
        upper: last.0,
        n,
        mean_p: group.iter().map(|(p, _)| p).sum::<f64>() / n as f64,
        observed: won as f64 / n as f64,
    })
}

fn ece(bins: &[Bin], n: usize) -> f64 {
    let distance = |bin: &Bin| bin.n as f64 / (n.max(1) as f64) * (bin.observed - bin.mean_p).abs();
    bins.iter().map(distance).sum()
}
