//! The keys of a process file. One that must be given is optional here: the reader names every
//! one that is missing, and the parser would name the first.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcessFile {
    pub(super) id: Option<String>,
    pub(super) version: Option<i32>,
    pub(super) display_name: Option<TextFile>,
    #[serde(default)]
    pub(super) loss_reasons: Vec<LossReasonFile>,
    #[serde(default = "untouched_by_force")]
    pub(super) forced_percent: i32,
    pub(super) no_go: Option<String>,
    #[serde(default)]
    pub(super) stages: Vec<StageFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LossReasonFile {
    pub(super) id: Option<String>,
    pub(super) display_name: Option<TextFile>,
    #[serde(default)]
    pub(super) needs_note: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextFile {
    pub(super) zh: Option<String>,
    pub(super) en: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StageFile {
    pub(super) id: Option<String>,
    pub(super) display_name: Option<TextFile>,
    pub(super) buying_step: Option<TextFile>,
    pub(super) purpose: Option<TextFile>,
    #[serde(default)]
    pub(super) guidance: Vec<TextFile>,
    #[serde(default)]
    pub(super) wins: bool,
    #[serde(default)]
    pub(super) expected_days: i32,
    #[serde(default)]
    pub(super) stall_days: i32,
    pub(super) win_percent: Option<i32>,
    #[serde(default)]
    pub(super) work_items: Vec<WorkItemFile>,
    pub(super) key_node: Option<KeyNodeFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkItemFile {
    pub(super) id: Option<String>,
    pub(super) display_name: Option<TextFile>,
    #[serde(default = "required_unless_said")]
    pub(super) required: bool,
    pub(super) evidence: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyNodeFile {
    pub(super) display_name: Option<TextFile>,
    #[serde(default)]
    pub(super) work_share_percent: i32,
    #[serde(default)]
    pub(super) criteria: Vec<CriterionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CriterionFile {
    pub(super) id: Option<String>,
    pub(super) check: Option<String>,
    #[serde(default = "required_unless_said")]
    pub(super) required: bool,
    pub(super) explanation: Option<TextFile>,
    pub(super) element: Option<String>,
    pub(super) grades: Option<Vec<String>>,
    pub(super) evidence: Option<Vec<String>>,
    pub(super) expression: Option<String>,
    #[serde(default)]
    pub(super) waivable_by: Vec<String>,
}

fn required_unless_said() -> bool {
    true
}

fn untouched_by_force() -> i32 {
    100
}
