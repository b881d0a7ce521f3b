//! What a deployment may decide about this service.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::analysis;

/// The section `accounts` of the configuration.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The share of the buying activity where no seller is present, 0 to 1 (R23).
    pub activity_without_us: f64,
    /// For how long a merge of accounts can be undone.
    #[serde(with = "humantime_serde")]
    pub merge_undo: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let analysis = analysis::Settings::default();
        Self {
            activity_without_us: analysis.activity_without_us,
            merge_undo: Duration::from_secs(30 * 24 * 60 * 60),
        }
    }
}

impl Settings {
    pub(crate) fn for_analysis(&self) -> analysis::Settings {
        analysis::Settings {
            activity_without_us: self.activity_without_us,
        }
    }
}
