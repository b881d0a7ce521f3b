//! Reading a process file. Everything wrong with it is reported with its place.

mod criterion;
mod shape;

use std::collections::HashSet;
use std::ops::RangeInclusive;

use keynode_proto::pipeline::v1::{NoGoConsequence, WorkEvidenceKind};

use self::shape::{KeyNodeFile, LossReasonFile, ProcessFile, StageFile, TextFile, WorkItemFile};
use super::{Check, KeyNode, LossReason, Process, Stage, Text, WorkItem};

/// What is said first holds where nothing is said.
const WORK_EVIDENCE: [(&str, WorkEvidenceKind); 5] = [
    ("none", WorkEvidenceKind::Unspecified),
    ("link", WorkEvidenceKind::Link),
    ("file", WorkEvidenceKind::File),
    ("text", WorkEvidenceKind::Text),
    ("activity", WorkEvidenceKind::Activity),
];

/// What is said first holds where nothing is said.
const NO_GO: [(&str, NoGoConsequence); 5] = [
    ("nothing", NoGoConsequence::Unspecified),
    ("give_up", NoGoConsequence::GiveUp),
    ("bounded", NoGoConsequence::LowerToBounded),
    ("watch", NoGoConsequence::LowerToWatch),
    ("last", NoGoConsequence::LowerToLast),
];

/// No stage takes longer.
const MAX_DAYS: i32 = 2000;

/// Why a process file is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not TOML, an unknown key or a value of another kind; the message has line and column.
    #[error("the process file is not understood: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Understood and not sound: one line per place; lists count from 0.
    #[error("the process file is not sound: {}", .0.join("; "))]
    Unsound(Vec<String>),
}

/// Reads a process file that is kept: what was taken once is taken for good.
///
/// # Errors
/// Names every place that is wrong.
pub fn parse(text: &str) -> Result<Process, Error> {
    let (process, wrong) = read(text)?;
    sound(process, wrong)
}

/// Reads a process file that is to be kept.
///
/// # Errors
/// Names every place that is wrong.
pub fn check(text: &str) -> Result<Process, Error> {
    let (process, mut wrong) = read(text)?;
    wrong.extend(unknown_work(&process));
    sound(process, wrong)
}

fn read(text: &str) -> Result<(Process, Vec<String>), Error> {
    let file: ProcessFile = toml::from_str(text)?;
    let mut reader = Reader::default();
    let process = reader.process(file);
    Ok((process, reader.wrong))
}

fn sound(process: Process, wrong: Vec<String>) -> Result<Process, Error> {
    match wrong.is_empty() {
        true => Ok(process),
        false => Err(Error::Unsound(wrong)),
    }
}

/// Every place where an expression reads a work item that no stage has: it would never be met.
fn unknown_work(process: &Process) -> Vec<String> {
    let items = process.stages.iter().flat_map(|stage| &stage.work_items);
    let known: HashSet<&str> = items.map(|item| item.id.as_str()).collect();
    let mut wrong = Vec::new();
    for (n, stage) in process.stages.iter().enumerate() {
        for (m, criterion) in stage.key_node.criteria.iter().enumerate() {
            let Check::Expression(expression) = &criterion.check else {
                continue;
            };
            let read = expression.fields_of("work");
            wrong.extend(read.filter(|item| !known.contains(item)).map(|item| {
                let place = format!("stages[{n}].key_node.criteria[{m}].expression");
                format!("{place}: reads work item `{item}`, which no stage has")
            }));
        }
    }
    wrong
}

fn any_loss() -> LossReason {
    LossReason {
        id: "other".to_owned(),
        display_name: Text {
            zh: "其他".to_owned(),
            en: "Other".to_owned(),
        },
        needs_note: true,
    }
}

/// What has an id of its own in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Stage,
    Criterion,
    WorkItem,
    LossReason,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Criterion => "criterion",
            Self::WorkItem => "work item",
            Self::LossReason => "reason",
        }
    }
}

/// What was wrong so far, and the ids that are taken.
#[derive(Default)]
struct Reader {
    wrong: Vec<String>,
    taken: HashSet<(Kind, String)>,
}

impl Reader {
    fn wrong(&mut self, place: &str, why: &str) {
        self.wrong.push(format!("{place}: {why}"));
    }

    fn process(&mut self, file: ProcessFile) -> Process {
        let id = self.required("id", file.id);
        let id = id.map(|id| self.id("id", id, '-')).unwrap_or_default();
        let version = self.required("version", file.version).unwrap_or(1);
        if version < 1 {
            self.wrong("version", "must be 1 or more");
        }
        if file.stages.is_empty() {
            self.wrong("stages", "must not be empty");
        } else if file.stages.iter().filter(|stage| stage.wins).count() != 1 {
            self.wrong("stages", "exactly one must say `wins = true`");
        }
        let display_name = self.text("display_name", file.display_name);
        let stages = file.stages.into_iter().enumerate();
        let mut stages: Vec<Stage> = stages.map(|(n, stage)| self.stage(n, stage)).collect();
        if let Some(last) = stages.last_mut() {
            last.is_last = true;
        }
        Process {
            id,
            version,
            display_name,
            stages,
            loss_reasons: self.loss_reasons(file.loss_reasons),
            forced_percent: self.within("forced_percent", file.forced_percent, 1..=100),
            no_go: self.one_of("no_go", file.no_go.as_deref(), &NO_GO),
        }
    }

    /// Those of the file; else the one that fits all and says nothing without a note.
    fn loss_reasons(&mut self, files: Vec<LossReasonFile>) -> Vec<LossReason> {
        let mut read = |(n, file): (usize, LossReasonFile)| {
            let place = format!("loss_reasons[{n}]");
            LossReason {
                id: self.new_id(&place, file.id, Kind::LossReason),
                display_name: self.text(&format!("{place}.display_name"), file.display_name),
                needs_note: file.needs_note,
            }
        };
        let read: Vec<LossReason> = files.into_iter().enumerate().map(&mut read).collect();
        match read.is_empty() {
            true => vec![any_loss()],
            false => read,
        }
    }

    fn stage(&mut self, n: usize, file: StageFile) -> Stage {
        let place = format!("stages[{n}]");
        let id = self.new_id(&place, file.id, Kind::Stage);
        if file.guidance.is_empty() {
            self.wrong(&format!("{place}.guidance"), "must not be empty");
        }
        let guidance = file.guidance.into_iter().enumerate();
        let guidance = guidance
            .map(|(n, text)| self.text(&format!("{place}.guidance[{n}]"), Some(text)))
            .collect();
        Stage {
            id,
            position: i32::try_from(n).map_or(i32::MAX, |n| n.saturating_add(1)),
            display_name: self.text(&format!("{place}.display_name"), file.display_name),
            buying_step: self.text(&format!("{place}.buying_step"), file.buying_step),
            purpose: self.text(&format!("{place}.purpose"), file.purpose),
            guidance,
            wins: file.wins,
            expected_days: self.days(&place, "expected_days", file.expected_days),
            stall_days: self.days(&place, "stall_days", file.stall_days),
            win_percent: file
                .win_percent
                .map(|percent| self.within(&format!("{place}.win_percent"), percent, 0..=100)),
            is_last: false,
            work_items: self.work_items(&place, file.work_items),
            key_node: self.key_node(&format!("{place}.key_node"), file.key_node),
        }
    }

    fn key_node(&mut self, place: &str, file: Option<KeyNodeFile>) -> KeyNode {
        let Some(file) = self.required(place, file) else {
            return KeyNode::default();
        };
        if !file.criteria.iter().any(|criterion| criterion.required) {
            self.wrong(
                &format!("{place}.criteria"),
                "at least one must be required",
            );
        }
        let display_name = self.text(&format!("{place}.display_name"), file.display_name);
        let criteria = file.criteria.into_iter().enumerate();
        let criteria = criteria
            .map(|(n, criterion)| self.criterion(&format!("{place}.criteria[{n}]"), criterion))
            .collect();
        let share = file.work_share_percent;
        KeyNode {
            display_name,
            criteria,
            work_share_percent: self.within(&format!("{place}.work_share_percent"), share, 0..=100),
        }
    }

    fn work_items(&mut self, place: &str, files: Vec<WorkItemFile>) -> Vec<WorkItem> {
        let mut read = |(n, file): (usize, WorkItemFile)| {
            let place = format!("{place}.work_items[{n}]");
            let evidence = file.evidence.as_deref();
            WorkItem {
                id: self.new_id(&place, file.id, Kind::WorkItem),
                display_name: self.text(&format!("{place}.display_name"), file.display_name),
                required: file.required,
                evidence: self.one_of(&format!("{place}.evidence"), evidence, &WORK_EVIDENCE),
            }
        };
        files.into_iter().enumerate().map(&mut read).collect()
    }

    /// What a name stands for; the first of them when nothing is said.
    fn one_of<T: Copy>(&mut self, place: &str, name: Option<&str>, known: &[(&str, T)]) -> T {
        let default = known[0].1;
        let Some(name) = name else { return default };
        let found = known.iter().find(|(known, _)| *known == name);
        found.map_or_else(
            || {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                self.wrong(place, &format!("must be one of {}", names.join(", ")));
                default
            },
            |(_, value)| *value,
        )
    }

    fn days(&mut self, place: &str, key: &str, days: i32) -> i32 {
        self.within(&format!("{place}.{key}"), days, 0..=MAX_DAYS)
    }

    fn within(&mut self, place: &str, number: i32, range: RangeInclusive<i32>) -> i32 {
        if !range.contains(&number) {
            self.wrong(
                place,
                &format!("must be {} to {}", range.start(), range.end()),
            );
        }
        number
    }

    /// What must be given.
    fn required<T>(&mut self, place: &str, given: Option<T>) -> Option<T> {
        if given.is_none() {
            self.wrong(place, "must be given");
        }
        given
    }

    /// An id that nothing of its kind has yet.
    fn new_id(&mut self, place: &str, id: Option<String>, kind: Kind) -> String {
        let place = format!("{place}.id");
        let Some(id) = self.required(&place, id) else {
            return String::new();
        };
        let id = self.id(&place, id, '_');
        if !self.taken.insert((kind, id.clone())) {
            let why = format!("is taken by an earlier {}", kind.name());
            self.wrong(&place, &why);
        }
        id
    }

    fn id(&mut self, place: &str, id: String, separator: char) -> String {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == separator;
        if !id.starts_with(|c: char| c.is_ascii_lowercase())
            || !id.chars().all(plain)
            || id.len() > 64
        {
            let why = format!("must be 1 to 64 of a-z, 0-9 and {separator}, a letter first");
            self.wrong(place, &why);
        }
        id
    }

    fn text(&mut self, place: &str, file: Option<TextFile>) -> Text {
        let Some(TextFile { zh, en }) = self.required(place, file) else {
            return Text::default();
        };
        let mut read = |language: &str, text: Option<String>| {
            let place = format!("{place}.{language}");
            let text = self.required(&place, text);
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                self.wrong(&place, "must not be empty");
            }
            text.unwrap_or_default()
        };
        Text {
            zh: read("zh", zh),
            en: read("en", en),
        }
    }
}

#[cfg(test)]
mod tests;
