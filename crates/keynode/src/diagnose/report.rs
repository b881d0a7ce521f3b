//! A diagnosis as a page for a person.

use std::fmt::Write as _;

use keynode_proto::accounts::v1::DecisionMapAnalysis;
use keynode_proto::pipeline::v1::{QualificationElement, Stage};
use keynode_proto::scoring::v1::Alignment;

use super::words::Words;
use super::{Case, Language};

/// The whole page.
pub fn of(case: &Case, language: Language) -> String {
    let mut page = Page {
        text: String::new(),
        case,
        language,
        words: language.words(),
    };
    page.write();
    page.text
}

struct Page<'c> {
    text: String,
    case: &'c Case,
    language: Language,
    words: &'static Words,
}

impl Page<'_> {
    fn write(&mut self) {
        let (deal, words) = (&self.case.opportunity, self.words);
        self.line(format!(
            "\n{}  {}  ({})",
            words.diagnosis, deal.display_name, deal.name
        ));
        self.alignment(&self.case.diagnosis.alignment.clone().unwrap_or_default());
        self.verdict();
        self.missing_key_node();
        let diagnosis = &self.case.diagnosis;
        self.elements(words.unknown, diagnosis.unknown_elements().collect());
        self.elements(words.partial, diagnosis.partial_elements().collect());
        self.evaluation();
        self.people(&diagnosis.people.clone().unwrap_or_default());
        self.findings();
        self.advice();
        self.outlook();
    }

    fn line(&mut self, text: impl std::fmt::Display) {
        writeln!(self.text, "{text}").expect("a string grows");
    }

    fn alignment(&mut self, at: &Alignment) {
        let words = self.words;
        let mut customer = match at.buying_step {
            0 => words.customer_unknown.to_owned(),
            step => fill(
                words.customer,
                step,
                self.language.pick(at.buying_step_name.as_ref()),
            ),
        };
        if !at.answering_stage.is_empty() {
            customer += &fill(words.answered_by, "", &self.stage_name(&at.answering_stage));
        }
        self.line(customer);
        let mut us = fill(words.us, at.stage_position, &self.stage_name(&at.stage));
        if !at.effective_stage.is_empty() && at.effective_stage != at.stage {
            us += &fill(
                words.really,
                at.effective_stage_position,
                &self.stage_name(&at.effective_stage),
            );
        }
        self.line(us);
        for (gap, text) in [(at.lag, words.behind), (at.inflation, words.inflated)] {
            if let Some(steps) = gap.filter(|steps| *steps > 0) {
                self.line(fill(text, steps, ""));
            }
        }
    }

    fn verdict(&mut self) {
        let words = self.words;
        let verdict = if self.case.diagnosis.may_advance {
            words.may_advance
        } else {
            words.do_not_advance
        };
        self.line(format!("{}{}{verdict}", words.verdict, words.colon));
    }

    fn missing_key_node(&mut self) {
        let diagnosis = &self.case.diagnosis;
        let owed = diagnosis.first_missing_key_node;
        if owed == 0 {
            return;
        }
        let stage = self.case.process.stages.iter().find(|s| s.position == owed);
        let key_node = stage
            .and_then(|s| s.key_node.as_ref())
            .and_then(|k| k.display_name.as_ref());
        self.line(fill(self.words.make_up, owed, self.language.pick(key_node)));
        for unmet in &diagnosis.unmet_criteria {
            let criterion = unmet.criterion.as_ref();
            let asked = self
                .language
                .pick(criterion.and_then(|c| c.explanation.as_ref()));
            let seen = if unmet.observed.is_empty() {
                String::new()
            } else {
                format!("  [{}]", unmet.observed)
            };
            self.line(format!("  ✗ {asked}{seen}"));
        }
    }

    fn elements(&mut self, title: &str, elements: Vec<QualificationElement>) {
        if elements.is_empty() {
            return;
        }
        let names: Vec<&str> = elements
            .into_iter()
            .map(|e| self.language.element(e))
            .collect();
        self.line(format!(
            "{title}{}{}",
            self.words.colon,
            names.join(self.words.comma)
        ));
    }

    fn evaluation(&mut self) {
        let (words, diagnosis) = (self.words, &self.case.diagnosis);
        let result = match &diagnosis.evaluation {
            None => words.never.to_owned(),
            Some(evaluation) => {
                let result = evaluation
                    .result()
                    .as_str_name()
                    .trim_start_matches("EVALUATION_RESULT_");
                match evaluation.grade.as_str() {
                    "" => result.to_owned(),
                    grade => format!(
                        "{result}{}{}",
                        words.comma,
                        words.grade.replace("{grade}", grade)
                    ),
                }
            }
        };
        self.line(format!("{}{}{result}", words.evaluation, words.colon));
    }

    fn people(&mut self, people: &DecisionMapAnalysis) {
        let words = self.words;
        let coach = if people.has_coach {
            words.coach
        } else {
            words.no_coach
        };
        self.line(format!("{}{}{coach}", words.people, words.colon));
        if !people.decision_maker_known {
            self.line(format!("  {}", words.no_decision_maker));
        }
        for reach in &people.decision_makers {
            let text = match &reach.path {
                None => words.no_path.to_owned(),
                Some(path) => words
                    .reached_by
                    .replace("{path}", &self.names(&path.contacts, " → ")),
            };
            self.line(format!("  {}", fill(&text, "", &reach.display_name)));
        }
        self.line(format!(
            "  {}{}{}",
            words.supporters,
            words.colon,
            self.names(&people.supporters, words.comma)
        ));
        if !people.key_persons_without_contact.is_empty() {
            let names = self.names(&people.key_persons_without_contact, words.comma);
            self.line(format!("  {}{}{names}", words.not_met, words.colon));
        }
        let uncovered: Vec<&str> = people
            .uncovered_functions()
            .map(|f| self.language.function(f))
            .collect();
        if !uncovered.is_empty() {
            self.line(format!(
                "  {}{}{}",
                words.uncovered,
                words.colon,
                uncovered.join(words.comma)
            ));
        }
    }

    fn findings(&mut self) {
        if self.case.diagnosis.findings.is_empty() {
            return;
        }
        self.line(format!(
            "{}{}",
            self.words.findings,
            self.words.colon.trim_end()
        ));
        for finding in &self.case.diagnosis.findings {
            let severity = self.language.severity(finding.severity());
            let text = self.language.pick(finding.text.as_ref());
            self.line(format!(
                "  [{severity}] {text}  ({})",
                finding.rules.join(" ")
            ));
        }
    }

    fn advice(&mut self) {
        if self.case.diagnosis.advice.is_empty() {
            return;
        }
        self.line(format!(
            "{}{}",
            self.words.advice,
            self.words.colon.trim_end()
        ));
        for (index, advice) in self.case.diagnosis.advice.iter().enumerate() {
            let text = self.language.pick(advice.text.as_ref());
            self.line(format!(
                "  {}. {text}  ({})",
                index + 1,
                advice.rules.join(" ")
            ));
        }
    }

    fn outlook(&mut self) {
        let (diagnosis, words) = (&self.case.diagnosis, self.words);
        let outlook = self.language.outlook(diagnosis.outlook());
        let why = self.language.pick(diagnosis.outlook_text.as_ref());
        self.line(format!(
            "{}{}{outlook}{}{why}",
            words.outlook, words.colon, words.stop
        ));
    }

    /// What people call the stage; its id when the process does not know it.
    fn stage_name(&self, id: &str) -> String {
        let stage = self.case.process.stages.iter().find(|stage| stage.id == id);
        let name = stage.and_then(|s: &Stage| s.display_name.as_ref());
        match self.language.pick(name) {
            "" => id.to_owned(),
            name => name.to_owned(),
        }
    }

    /// The contacts as people call them.
    fn names(&self, contacts: &[String], between: &str) -> String {
        let name = |contact: &String| {
            let known = self
                .case
                .map
                .stakeholders
                .iter()
                .find(|s| s.contact == *contact);
            known.map_or_else(|| contact.clone(), |s| s.display_name.clone())
        };
        match contacts {
            [] => self.words.nobody.to_owned(),
            _ => contacts.iter().map(name).collect::<Vec<_>>().join(between),
        }
    }
}

fn fill(text: &str, number: impl std::fmt::Display, name: &str) -> String {
    text.replace("{n}", &number.to_string())
        .replace("{name}", name)
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::{
        DecisionMakerReach, DecisionMap, Function, InfluencePath, Stakeholder,
    };
    use keynode_proto::common::v1::LocalizedText;
    use keynode_proto::pipeline::v1::{Criterion, CriterionResult, KeyNode, Opportunity, Process};
    use keynode_proto::scoring::v1::{Diagnosis, Outlook};

    use super::*;

    fn text(zh_cn: &str, en: &str) -> Option<LocalizedText> {
        Some(LocalizedText {
            zh_cn: zh_cn.into(),
            en: en.into(),
        })
    }

    /// A deal whose customer is a step ahead of us.
    fn case() -> Case {
        let key_node = Some(KeyNode {
            display_name: text("评估和分级", "evaluated and graded"),
            ..KeyNode::default()
        });
        let development = Stage {
            id: "development".into(),
            position: 1,
            display_name: text("开发阶段", "Development"),
            key_node,
            ..Stage::default()
        };
        let entry = Stage {
            id: "entry".into(),
            position: 2,
            display_name: text("销售进入阶段", "Entry"),
            ..Stage::default()
        };
        let criterion = Some(Criterion {
            explanation: text("明确客户的需求", "the need is known"),
            ..Criterion::default()
        });
        let people = DecisionMapAnalysis {
            decision_maker_known: true,
            decision_makers: vec![DecisionMakerReach {
                display_name: "项目经理".into(),
                ..Default::default()
            }],
            supporters: vec!["contacts/1".into()],
            uncovered_functions: vec![Function::Purchasing.into()],
            ..DecisionMapAnalysis::default()
        };
        let alignment = Alignment {
            buying_step: 2,
            buying_step_name: text("供应商初步调查、筛选", "Supplier survey"),
            answering_stage: "entry".into(),
            stage: "development".into(),
            stage_position: 1,
            effective_stage: "development".into(),
            effective_stage_position: 1,
            lag: Some(1),
            inflation: Some(0),
        };
        Case {
            opportunity: Opportunity {
                display_name: "宁夏".into(),
                ..Opportunity::default()
            },
            process: Process {
                stages: vec![development, entry],
                ..Process::default()
            },
            map: DecisionMap {
                stakeholders: vec![Stakeholder {
                    contact: "contacts/1".into(),
                    display_name: "设计院负责人".into(),
                    ..Default::default()
                }],
                ..DecisionMap::default()
            },
            diagnosis: Diagnosis {
                alignment: Some(alignment),
                first_missing_key_node: 1,
                unmet_criteria: vec![CriterionResult {
                    criterion,
                    ..CriterionResult::default()
                }],
                unknown_elements: vec![
                    QualificationElement::Need.into(),
                    QualificationElement::Budget.into(),
                ],
                people: Some(people),
                outlook: Outlook::VeryLow.into(),
                ..Diagnosis::default()
            },
        }
    }

    #[test]
    fn the_page_says_where_both_stand_and_what_comes_first() {
        let page = of(&case(), Language::Zh);
        for expected in [
            "客户:采购流程第 2 步“供应商初步调查、筛选”,对应我方“销售进入阶段”\n",
            "我方:第 1 阶段“开发阶段”\n",
            "客户领先我方已到达的关键节点 1 步\n",
            "结论:不要推进\n",
            "首先补上第 1 阶段的关键节点“评估和分级”:\n  ✗ 明确客户的需求\n",
            "未知的要素:需求、预算\n",
            "评估:从未评估和分级\n",
            "人员:没有内线\n  决策者 项目经理:没有影响路径\n  支持者:设计院负责人\n  无人接触的职能:采购/商务\n",
            "前景:很小很小",
        ] {
            assert!(page.contains(expected), "{expected} is not in {page}");
        }
    }

    #[test]
    fn the_english_page_is_english_throughout_but_for_names() {
        let page = of(&case(), Language::En);
        assert!(
            page.contains("Verdict: do not advance\n") && page.contains("  ✗ the need is known\n"),
            "{page}"
        );
        assert!(!page.contains("阶段"), "{page}");
    }

    #[test]
    fn a_way_to_a_decision_maker_is_shown_by_its_people() {
        let mut case = case();
        let path = InfluencePath {
            contacts: vec!["contacts/1".into(), "contacts/9".into()],
            ..InfluencePath::default()
        };
        case.diagnosis.people.as_mut().unwrap().decision_makers[0].path = Some(path);
        assert!(of(&case, Language::En).contains("reached by 设计院负责人 → contacts/9"));
    }

    #[test]
    fn a_deal_whose_key_node_is_reached_may_go_on() {
        let mut case = case();
        case.diagnosis.may_advance = true;
        case.diagnosis.first_missing_key_node = 0;
        let page = of(&case, Language::En);
        assert!(
            page.contains("go on") && !page.contains("First make up"),
            "{page}"
        );
    }
}
