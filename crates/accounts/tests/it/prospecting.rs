//! Definitions and prospects, ready to be screened.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::screening_criterion::Check;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::google::r#type::{Date, Money};

use super::world::{World, id, take};

pub fn both(zh_cn: &str, en: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        zh_cn: zh_cn.to_owned(),
        en: en.to_owned(),
    })
}

pub fn cny(units: i64) -> Option<Money> {
    Some(Money {
        currency_code: "CNY".to_owned(),
        units,
        nanos: 0,
    })
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn criterion(id: &str, weight: Option<i32>, check: Check) -> ScreeningCriterion {
    let kind = match weight {
        Some(_) => ScreeningCriterionKind::Scored,
        None => ScreeningCriterionKind::KnockOut,
    };
    ScreeningCriterion {
        id: id.to_owned(),
        display_name: both("条件", "condition"),
        kind: kind.into(),
        weight: weight.unwrap_or_default(),
        check: Some(check),
    }
}

/// Chemical plants with a budget (knock-out), big enough (60) and in need of meters (40).
pub fn chemical_plants() -> TargetDefinition {
    let any = |value: &str| AnyOf {
        values: vec![value.to_owned()],
    };
    TargetDefinition {
        display_name: "化工企业".to_owned(),
        description: "西北地区".to_owned(),
        criteria: vec![
            criterion("industry", None, Check::Industry(any("化工"))),
            criterion("budget", None, Check::HasBudget(BudgetPresent {})),
            criterion(
                "size",
                Some(60),
                Check::MinAnnualRevenue(cny(10_000_000).unwrap()),
            ),
            criterion("need", Some(40), Check::NeedKeyword(any("流量计"))),
        ],
        pass_percent: 60,
        ..TargetDefinition::default()
    }
}

/// A prospect that `chemical_plants` qualifies.
pub fn plant() -> Prospect {
    Prospect {
        display_name: "宁夏化工有限公司".to_owned(),
        industry: "化工".to_owned(),
        location: "宁夏银川".to_owned(),
        annual_revenue: cny(50_000_000),
        employee_count: Some(800),
        founded_year: Some(1998),
        channel: ProspectChannel::Exhibition.into(),
        channel_detail: "2026 上海国际流量展".to_owned(),
        found_date: day(2026, 9, 1),
        people: vec![
            ProspectContact {
                display_name: "张工".to_owned(),
                title: "主任".to_owned(),
                department: "仪表".to_owned(),
                function: Function::Technical.into(),
                phone: "0951 1".to_owned(),
                email: "zhang@example.com".to_owned(),
            },
            ProspectContact {
                display_name: "李总".to_owned(),
                ..ProspectContact::default()
            },
        ],
        need: "更换流量计".to_owned(),
        budget: cny(300_000),
        ..Prospect::default()
    }
}

/// The prospect as events carry it.
pub fn told_to_all(mut prospect: Prospect) -> Prospect {
    for person in &mut prospect.people {
        person.phone.clear();
        person.email.clear();
    }
    prospect
}

impl World {
    pub async fn manager(&self) -> Caller {
        let person = self.person(&self.admin, "经理", "", "sales_manager").await;
        Caller {
            person: Some(id(&person.name)),
            ..Caller::person(self.tenant, "sales_manager")
        }
    }

    pub async fn drafted(&self, definition: TargetDefinition) -> TargetDefinition {
        let request = CreateTargetDefinitionRequest {
            target_definition: Some(definition),
            ..Default::default()
        };
        let mut definitions = self.target_definitions(&self.admin);
        take(definitions.create_target_definition(request).await)
            .target_definition
            .unwrap()
    }

    pub async fn published(&self, definition: TargetDefinition) -> TargetDefinition {
        let draft = self.drafted(definition).await;
        let request = PublishTargetDefinitionRequest {
            name: draft.name,
            ..Default::default()
        };
        let mut definitions = self.target_definitions(&self.admin);
        take(definitions.publish_target_definition(request).await)
            .target_definition
            .unwrap()
    }

    /// Lists a prospect that belongs to `by`.
    pub async fn prospect(&self, by: &Caller, prospect: Prospect) -> Prospect {
        let request = CreateProspectRequest {
            prospect: Some(prospect),
            ..Default::default()
        };
        take(self.prospects(by).create_prospect(request).await)
            .prospect
            .unwrap()
    }

    pub async fn screened(&self, by: &Caller, prospect: &str, definition: &str) -> Prospect {
        let request = ScreenProspectRequest {
            name: prospect.to_owned(),
            target_definition: definition.to_owned(),
            ..Default::default()
        };
        take(self.prospects(by).screen_prospect(request).await)
            .prospect
            .unwrap()
    }

    /// A prospect of `by` that is ready to be converted.
    pub async fn qualified(&self, by: &Caller) -> Prospect {
        let definition = self.published(chemical_plants()).await;
        let listed = self.prospect(by, plant()).await;
        let screened = self.screened(by, &listed.name, &definition.name).await;
        assert_eq!(screened.state(), ProspectState::Qualified);
        screened
    }

    pub async fn read_prospect(&self, name: &str) -> Prospect {
        let request = GetProspectRequest {
            name: name.to_owned(),
        };
        take(self.prospects(&self.admin).get_prospect(request).await)
            .prospect
            .unwrap()
    }
}
