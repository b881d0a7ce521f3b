//! The decision map of the case, as far as the essay tells it, and what it means.

use keynode_proto::accounts::v1::nearest_miss;
use keynode_proto::accounts::v1::next_win::Change;
use keynode_proto::accounts::v1::{
    Account, AnalyzeDecisionMapRequest, Attitude, Contact, Coverage, CreateContactRequest,
    DecisionMapAnalysis, Function, Influence, PurchaseCriterion, SetInfluenceRequest,
    SetPurchaseCriterionRequest, SetStakeholderRequest, Stakeholder, StakeholderRole,
};
use keynode_proto::pipeline::v1::Opportunity;
use keynode_tests::{Client, Deployment, Organisation};

use crate::deal;

/// The names that the tests ask for, `contacts/{id}`.
pub struct People {
    a: String,
    deputy: String,
    manager: String,
    designer: String,
}

/// Whom the seller met or heard of. In the commercial department he knows nobody: it is a
/// contact of the customer, but nobody's part in the decision.
pub async fn record(zhang: &mut Client, owner: &Account, opportunity: &Opportunity) -> People {
    let institute = deal::account(zhang, "设计院").await;
    let mut add = async |account: &Account, name: &str, function, department: &str| {
        contact(zhang, account, name, function, department).await
    };
    let people = People {
        a: add(owner, "A", Function::Technical, "仪表").await,
        deputy: add(owner, "副经理", Function::Management, "项目部").await,
        manager: add(owner, "项目经理", Function::Management, "项目部").await,
        designer: add(&institute, "设计院负责人", Function::Design, "").await,
    };
    let subordinate = add(owner, "A 的下属", Function::Technical, "仪表").await;
    add(owner, "商务负责人", Function::Purchasing, "商务部门").await;
    let mut map = Map {
        name: deal::start_map(zhang, opportunity).await,
        zhang,
    };
    map.judge_people(&people, &subordinate).await;
    map.judge_influences(&people).await;
    people
}

async fn contact(
    client: &mut Client,
    account: &Account,
    name: &str,
    function: Function,
    department: &str,
) -> String {
    let contact = Contact {
        account: account.name.clone(),
        display_name: name.into(),
        function: function.into(),
        department: department.into(),
        ..Contact::default()
    };
    let request = CreateContactRequest {
        contact: Some(contact),
        request_id: deal::id(),
        ..Default::default()
    };
    let made = client.contacts.create_contact(request).await.unwrap();
    made.into_inner().contact.unwrap().name
}

struct Map<'a> {
    name: String,
    zhang: &'a mut Client,
}

impl Map<'_> {
    async fn judge_people(&mut self, people: &People, subordinate: &str) {
        use StakeholderRole::{DecisionMaker, Other, TechnicalSelector, ThirdParty};
        let unknown = Attitude::Unspecified;
        for (contact, role, attitude, coverage, evidence) in [
            (
                &people.a,
                TechnicalSelector,
                Attitude::Neutral,
                Coverage::Met,
                "程序化，资料放下，不给深入接触的机会",
            ),
            (
                &subordinate.to_owned(),
                Other,
                unknown,
                Coverage::Met,
                "只说十一月招标，另有三家已登记",
            ),
            (
                &people.deputy,
                Other,
                unknown,
                Coverage::Met,
                "叫我把资料给仪表的人",
            ),
            (
                &people.manager,
                DecisionMaker,
                unknown,
                Coverage::NoContact,
                "没听完就挂了电话",
            ),
            (
                &people.designer,
                ThirdParty,
                Attitude::Favourable,
                Coverage::Met,
                "可以把我们的产品设计进去，但时间紧迫",
            ),
        ] {
            let stakeholder = Stakeholder {
                contact: contact.clone(),
                roles: vec![role.into()],
                attitude: attitude.into(),
                coverage: coverage.into(),
                evidence: evidence.into(),
                ..Stakeholder::default()
            };
            let request = SetStakeholderRequest {
                name: self.name.clone(),
                stakeholder: Some(stakeholder),
                request_id: deal::id(),
                ..Default::default()
            };
            self.zhang.maps.set_stakeholder(request).await.unwrap();
        }
    }

    async fn judge_influences(&mut self, people: &People) {
        self.criterion("design", "设计文件").await;
        self.criterion("bid-invitation", "投标邀请").await;
        self.influence(Influence {
            from: people.designer.clone(),
            criterion: "design".into(),
            strength: 60,
            evidence: "可以设计进去".into(),
            ..Influence::default()
        })
        .await;
        self.influence(Influence {
            from: people.a.clone(),
            to: people.deputy.clone(),
            strength: 60,
            evidence: "仪表的事副经理都交给仪表的人".into(),
            ..Influence::default()
        })
        .await;
        self.influence(Influence {
            from: people.deputy.clone(),
            to: people.manager.clone(),
            strength: 70,
            formal: true,
            ..Influence::default()
        })
        .await;
    }

    async fn criterion(&mut self, id: &str, display_name: &str) {
        let criterion = PurchaseCriterion {
            id: id.into(),
            display_name: display_name.into(),
        };
        let request = SetPurchaseCriterionRequest {
            name: self.name.clone(),
            criterion: Some(criterion),
            request_id: deal::id(),
            ..Default::default()
        };
        self.zhang
            .maps
            .set_purchase_criterion(request)
            .await
            .unwrap();
    }

    async fn influence(&mut self, influence: Influence) {
        let request = SetInfluenceRequest {
            name: self.name.clone(),
            influence: Some(influence),
            request_id: deal::id(),
            ..Default::default()
        };
        self.zhang.maps.set_influence(request).await.unwrap();
    }
}

async fn analyze(client: &mut Client, opportunity: &Opportunity) -> DecisionMapAnalysis {
    let request = AnalyzeDecisionMapRequest {
        name: format!("{}/decisionMap", opportunity.name),
    };
    let answer = client.maps.analyze_decision_map(request).await.unwrap();
    answer.into_inner().analysis.unwrap()
}

#[tokio::test]
async fn the_map_shows_no_coach_no_way_one_supporter_and_whom_to_win_next() {
    let deployment = Deployment::start().await;
    let mut organisation = Organisation::create(&deployment).await;
    let zhang = &mut organisation.seller;
    let (opportunity, people) = super::record_with_people(zhang).await;
    let analysis = analyze(zhang, &opportunity).await;

    assert_eq!(analysis.map_version, 11, "one per thing recorded");
    // Nobody tells us from inside, and no way leads to the only decision maker.
    assert!(!analysis.has_coach);
    let [manager] = &analysis.decision_makers[..] else {
        panic!("{:?}", analysis.decision_makers)
    };
    assert_eq!((&manager.contact, &manager.path), (&people.manager, &None));
    let advocacy = manager.advocacy.as_ref().unwrap();
    assert!(advocacy.advocates.is_empty());
    assert_eq!(advocacy.unattended, advocacy.activity_without_us);
    // The deputy stands next to him and is nearest; nobody of ours has won him.
    let miss = manager.nearest_miss.as_ref().unwrap();
    assert_eq!(miss.kind(), nearest_miss::Kind::NotOnOurSide);
    assert_eq!(miss.contact, people.deputy);

    // The design institute is the only supporter, and its way leads to the criteria.
    assert_eq!(analysis.supporters, std::slice::from_ref(&people.designer));
    let ways: Vec<_> = analysis
        .criteria
        .iter()
        .map(|reach| (reach.criterion.as_str(), reach.path.as_ref()))
        .collect();
    let [("bid-invitation", None), ("design", Some(way))] = ways[..] else {
        panic!("{ways:?}")
    };
    assert_eq!(way.contacts, std::slice::from_ref(&people.designer));
    assert_eq!(way.weakest.as_ref().unwrap().strength, 60);

    // Nobody of the commercial department was ever met.
    assert_eq!(analysis.uncovered_departments, ["商务部门"]);
    assert!(
        analysis
            .uncovered_functions()
            .any(|f| f == Function::Purchasing)
    );

    // Who weighs what is unknown; three others compete, and whose they are nobody asked.
    assert_eq!((analysis.known_weight, analysis.covered_share), (0, None));
    assert_eq!(analysis.unknown_weight, 100);
    assert!(!analysis.competitors_known);

    // A comes next: he was met, is not against us, and has the deputy's ear, who has the
    // manager's: one step opens the decision maker and more people than any other.
    let next: Vec<_> = analysis
        .next_to_win
        .iter()
        .map(|win| &win.contact)
        .collect();
    assert_eq!(next, [&people.a, &people.deputy, &people.manager]);
    let first = &analysis.next_to_win[0];
    assert_eq!(
        (first.change(), first.steps, first.gain),
        (Change::Attitude, 1, 0)
    );
    assert_eq!(
        first.opened_decision_makers,
        std::slice::from_ref(&people.manager)
    );
    assert!(deployment.stop(), "every process stops cleanly");
}
