//! The keys of a process file.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcessFile {
    pub(super) id: String,
    pub(super) version: i32,
    pub(super) display_name: TextFile,
    #[serde(default)]
    pub(super) loss_reasons: Vec<LossReasonFile>,
    #[serde(default = "untouched_by_force")]
    pub(super) forced_percent: i32,
    pub(super) no_go: Option<String>,
    pub(super) stages: Vec<StageFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LossReasonFile {
    pub(super) id: String,
    pub(super) display_name: TextFile,
    #[serde(default)]
    pub(super) needs_note: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextFile {
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StageFile {
    pub(super) id: String,
    pub(super) display_name: TextFile,
    pub(super) buying_step: TextFile,
    pub(super) purpose: TextFile,
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
    pub(super) key_node: KeyNodeFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkItemFile {
    pub(super) id: String,
    pub(super) display_name: TextFile,
    #[serde(default = "required_unless_said")]
    pub(super) required: bool,
    pub(super) evidence: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyNodeFile {
    pub(super) display_name: TextFile,
    #[serde(default)]
    pub(super) work_share_percent: i32,
    pub(super) criteria: Vec<CriterionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CriterionFile {
    pub(super) id: String,
    pub(super) check: String,
    #[serde(default = "required_unless_said")]
    pub(super) required: bool,
    pub(super) explanation: TextFile,
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
