//! What a deployment may decide about this service.

use serde::{Deserialize, Serialize};

use crate::analysis;

/// The section `accounts` of the configuration.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The share of the buying activity where no seller is present, 0 to 1 (R23).
    pub activity_without_us: f64,
}

impl Default for Settings {
    fn default() -> Self {
        let analysis = analysis::Settings::default();
        Self {
            activity_without_us: analysis.activity_without_us,
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
