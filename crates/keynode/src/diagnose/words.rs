//! The words of the report in each language.

use keynode_proto::accounts::v1::Function;
use keynode_proto::pipeline::v1::QualificationElement;
use keynode_proto::scoring::v1::{Outlook, Severity};

use super::Language;

/// The fixed words; `{…}` is replaced.
pub struct Words {
    pub diagnosis: &'static str,
    pub customer: &'static str,
    pub customer_unknown: &'static str,
    pub answered_by: &'static str,
    pub us: &'static str,
    pub really: &'static str,
    pub behind: &'static str,
    pub inflated: &'static str,
    pub verdict: &'static str,
    pub may_advance: &'static str,
    pub do_not_advance: &'static str,
    pub make_up: &'static str,
    pub unknown: &'static str,
    pub partial: &'static str,
    pub people: &'static str,
    pub coach: &'static str,
    pub no_coach: &'static str,
    pub no_decision_maker: &'static str,
    pub reached_by: &'static str,
    pub no_path: &'static str,
    pub supporters: &'static str,
    pub nobody: &'static str,
    pub not_met: &'static str,
    pub uncovered: &'static str,
    pub findings: &'static str,
    pub advice: &'static str,
    pub outlook: &'static str,
    pub evaluation: &'static str,
    pub never: &'static str,
    pub grade: &'static str,
    pub comma: &'static str,
    pub colon: &'static str,
    pub stop: &'static str,
}

pub const ZH: Words = Words {
    diagnosis: "诊断",
    customer: "客户:采购流程第 {n} 步“{name}”",
    customer_unknown: "客户:不知道处于采购流程的哪一步",
    answered_by: ",对应我方“{name}”",
    us: "我方:第 {n} 阶段“{name}”",
    really: ";按已到达的关键节点,实际处于第 {n} 阶段“{name}”",
    behind: "客户领先我方已到达的关键节点 {n} 步",
    inflated: "我方自称的阶段超前客户 {n} 步",
    verdict: "结论",
    may_advance: "关键节点已到达,可以推进",
    do_not_advance: "不要推进",
    make_up: "首先补上第 {n} 阶段的关键节点“{name}”:",
    unknown: "未知的要素",
    partial: "部分了解的要素",
    people: "人员",
    coach: "有内线",
    no_coach: "没有内线",
    no_decision_maker: "不知道谁是决策者",
    reached_by: "决策者 {name}:影响路径 {path}",
    no_path: "决策者 {name}:没有影响路径",
    supporters: "支持者",
    nobody: "无",
    not_met: "未接触的关键人",
    uncovered: "无人接触的职能",
    findings: "发现",
    advice: "建议(按先后)",
    outlook: "前景",
    evaluation: "评估",
    never: "从未评估和分级",
    grade: "{grade} 级",
    comma: "、",
    colon: ":",
    stop: "。",
};

pub const EN: Words = Words {
    diagnosis: "Diagnosis",
    customer: "Customer: buying step {n}, {name}",
    customer_unknown: "Customer: the buying step is unknown",
    answered_by: "; our stage that answers it: {name}",
    us: "We: stage {n}, {name}",
    really: "; by the key nodes reached really in stage {n}, {name}",
    behind: "The customer is {n} ahead of our reached key nodes",
    inflated: "We claim {n} beyond the customer",
    verdict: "Verdict",
    may_advance: "the key node is reached, go on",
    do_not_advance: "do not advance",
    make_up: "First make up the key node of stage {n}, {name}:",
    unknown: "Unknown",
    partial: "Partly known",
    people: "People",
    coach: "there is a coach",
    no_coach: "no coach",
    no_decision_maker: "nobody is known to decide",
    reached_by: "decision maker {name}: reached by {path}",
    no_path: "decision maker {name}: no path of influence",
    supporters: "on our side",
    nobody: "nobody",
    not_met: "key persons not met",
    uncovered: "functions where nobody was met",
    findings: "Findings",
    advice: "What to do, in order",
    outlook: "Outlook",
    evaluation: "Evaluation",
    never: "never evaluated or graded",
    grade: "grade {grade}",
    comma: ", ",
    colon: ": ",
    stop: ". ",
};

impl Language {
    pub fn words(self) -> &'static Words {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }

    fn of(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    pub fn element(self, element: QualificationElement) -> &'static str {
        match element {
            QualificationElement::Need => self.of("需求", "need"),
            QualificationElement::Timetable => self.of("项目/采购进度表", "timetable"),
            QualificationElement::Budget => self.of("预算", "budget"),
            QualificationElement::Competition => self.of("竞争", "competition"),
            QualificationElement::DecisionProcess => self.of("决策过程", "decision process"),
            QualificationElement::PriorityCriteria => self.of("优先评估项", "priority criteria"),
            QualificationElement::Unspecified => "?",
        }
    }

    pub fn function(self, function: Function) -> &'static str {
        match function {
            Function::Management => self.of("管理层", "management"),
            Function::Technical => self.of("技术", "technical"),
            Function::User => self.of("使用", "users"),
            Function::Finance => self.of("财务", "finance"),
            Function::Operations => self.of("运行", "operations"),
            Function::Purchasing => self.of("采购/商务", "purchasing"),
            Function::Design => self.of("设计", "design"),
            Function::Other => self.of("其他", "other"),
            Function::Unspecified => "?",
        }
    }

    pub fn severity(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => self.of("致命", "critical"),
            Severity::Warning => self.of("警告", "warning"),
            Severity::Info | Severity::Unspecified => self.of("提示", "info"),
        }
    }

    pub fn outlook(self, outlook: Outlook) -> &'static str {
        match outlook {
            Outlook::VeryLow => self.of("很小很小", "very low"),
            Outlook::Low => self.of("较小", "low"),
            Outlook::Open => self.of("未定", "open"),
            Outlook::Good => self.of("良好", "good"),
            Outlook::Unspecified => self.of("无法判断", "cannot be said"),
        }
    }
}
