//! What a diagnosis tells of people is what the caller may see of them.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::accounts_service_client::AccountsServiceClient;
use keynode_proto::accounts::v1::contacts_service_client::ContactsServiceClient;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::*;
use keynode_proto::scoring::v1::{DiagnoseOpportunityRequest, Diagnosis};

use crate::neighbours::Neighbours;

/// A seller with a deal, and with an account whose decision map has an insider.
struct Case {
    world: Neighbours,
    admin: Caller,
    seller: Caller,
    deal: String,
    account: Account,
    insider: String,
}

impl Case {
    async fn new() -> Self {
        let world = Neighbours::new().await;
        let admin = Caller::person(world.tenant, "administrator");
        settle(&world).await;
        let admin = person(&world, admin, "管理员").await;
        let seller = person(&world, Caller::seller(world.tenant), "销售").await;
        let deal = world.open(&seller).await.name;
        let account = add_account(&world, &seller).await;
        let insider = draw(&world, &seller, &deal, &account.name).await;
        Self {
            world,
            admin,
            seller,
            deal,
            account,
            insider,
        }
    }

    async fn diagnosed(&self, by: &Caller, deal: &str) -> Diagnosis {
        let request = DiagnoseOpportunityRequest {
            opportunity: deal.to_owned(),
        };
        let answer = self.world.diagnoses(by).diagnose_opportunity(request).await;
        answer.unwrap().into_inner().diagnosis.unwrap()
    }

    /// Takes the account away from the seller, who keeps the deal.
    async fn hide_account(&self) {
        let account = Account {
            name: self.account.name.clone(),
            owner: self.admin.person_name(),
            ..Account::default()
        };
        let request = UpdateAccountRequest {
            account: Some(account),
            ..Default::default()
        };
        AccountsServiceClient::new(self.world.server.connect(&self.admin))
            .update_account(request)
            .await
            .unwrap();
    }
}

async fn settle(world: &Neighbours) {
    let request = CreateTenantRequest {
        tenant_id: world.tenant.0.to_string(),
        display_name: "测试公司".to_owned(),
    };
    DirectoryServiceClient::new(world.server.connect_platform())
        .create_tenant(request)
        .await
        .unwrap();
}

/// The caller with a row of their own, as everybody has.
async fn person(world: &Neighbours, caller: Caller, display_name: &str) -> Caller {
    let founder = Caller::person(world.tenant, "administrator");
    let request = CreatePersonRequest {
        person: Some(Person {
            display_name: display_name.to_owned(),
            ..Person::default()
        }),
        ..Default::default()
    };
    let answer = DirectoryServiceClient::new(world.server.connect(&founder))
        .create_person(request)
        .await
        .unwrap();
    let name = answer.into_inner().person.unwrap().name;
    Caller {
        person: Some(name.trim_start_matches("people/").parse().unwrap()),
        ..caller
    }
}

async fn add_account(world: &Neighbours, by: &Caller) -> Account {
    let request = CreateAccountRequest {
        account: Some(Account {
            display_name: "宁夏化工".to_owned(),
            ..Account::default()
        }),
        ..Default::default()
    };
    let answer = AccountsServiceClient::new(world.server.connect(by))
        .create_account(request)
        .await
        .unwrap();
    answer.into_inner().account.unwrap()
}

/// Draws a map with one coach, who decides; answers the contact.
async fn draw(world: &Neighbours, by: &Caller, deal: &str, account: &str) -> String {
    let channel = world.server.connect(by);
    let mut maps = DecisionMapsServiceClient::new(channel.clone());
    let creating = CreateDecisionMapRequest {
        opportunity: deal.to_owned(),
        account: account.to_owned(),
        ..Default::default()
    };
    let map = maps.create_decision_map(creating).await.unwrap();
    let contact = Contact {
        account: account.to_owned(),
        display_name: "线人".to_owned(),
        ..Contact::default()
    };
    let adding = CreateContactRequest {
        contact: Some(contact),
        ..Default::default()
    };
    let answer = ContactsServiceClient::new(channel)
        .create_contact(adding)
        .await
        .unwrap();
    let contact = answer.into_inner().contact.unwrap().name;
    let roles = [StakeholderRole::Coach, StakeholderRole::DecisionMaker];
    let setting = SetStakeholderRequest {
        name: map.into_inner().decision_map.unwrap().name,
        stakeholder: Some(Stakeholder {
            contact: contact.clone(),
            roles: roles.map(i32::from).to_vec(),
            coverage: Coverage::Met.into(),
            ..Stakeholder::default()
        }),
        ..Default::default()
    };
    maps.set_stakeholder(setting).await.unwrap();
    contact
}

#[tokio::test]
async fn a_map_whose_account_went_out_of_sight_is_as_unknown_as_one_that_is_not_there() {
    let case = Case::new().await;
    let before = case.diagnosed(&case.seller, &case.deal).await;
    let people = before.people.unwrap();
    assert!(people.has_coach, "{people:?}");
    assert_eq!(people.decision_makers[0].contact, case.insider);

    case.hide_account().await;
    let hidden = case.diagnosed(&case.seller, &case.deal).await;
    let told = format!("{hidden:?}");
    assert!(
        !told.contains(&case.insider) && !told.contains("线人"),
        "{told}"
    );
    let codes: Vec<&str> = hidden.findings.iter().map(|f| f.code.as_str()).collect();
    assert!(
        codes.contains(&"no_coach") && codes.contains(&"decision_maker_unknown"),
        "{codes:?}"
    );
    let bare = case.world.open(&case.seller).await.name;
    let without = case.diagnosed(&case.seller, &bare).await.people.unwrap();
    let as_without = DecisionMapAnalysis {
        map: without.map.clone(),
        ..hidden.people.unwrap()
    };
    assert_eq!(as_without, without);
    let seen = case.diagnosed(&case.admin, &case.deal).await;
    assert!(seen.people.unwrap().has_coach, "the map is there");
}

#[tokio::test]
async fn insiders_are_named_to_those_alone_who_may_know_them() {
    let case = Case::new().await;
    let viewer = Caller::person(case.world.tenant, "viewer");
    let narrow = Caller {
        scopes: vec!["scoring", "pipeline", "accounts.decisionMaps"],
        ..case.seller.clone()
    };
    for caller in [&viewer, &narrow] {
        let diagnosis = case.diagnosed(caller, &case.deal).await;
        let told = format!("{diagnosis:?}");
        assert!(
            !told.contains(&case.insider) && !told.contains("线人"),
            "{told}"
        );
        assert!(diagnosis.people.unwrap().has_coach, "masked, not left out");
    }
    let mapless = Caller {
        scopes: vec!["scoring", "pipeline"],
        ..case.seller.clone()
    };
    let diagnosis = case.diagnosed(&mapless, &case.deal).await;
    assert!(!diagnosis.people.unwrap().has_coach, "not for this key");
}
