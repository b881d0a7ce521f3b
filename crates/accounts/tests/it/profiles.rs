use keynode_proto::accounts::v1::*;
use keynode_proto::google::r#type::{Date, Money};

use super::accounts::{creating, updating};
use super::world::{World, bad_fields, take};

const DAY: Date = Date {
    year: 2024,
    month: 2,
    day: 29,
};

pub fn yuan(units: i64) -> Option<Money> {
    Some(Money {
        currency_code: "CNY".to_owned(),
        units,
        nanos: 0,
    })
}

/// An account of which everything is said.
fn whole() -> Account {
    let difference = CustomerDifference {
        text: "只用国产阀门".to_owned(),
        evidence: "与总工的谈话".to_owned(),
        evidence_date: Some(DAY),
    };
    Account {
        kind: AccountKind::DesignInstitute.into(),
        legal_name: "宁夏化工设计研究院有限公司".to_owned(),
        names: vec![AccountName {
            kind: AccountNameKind::Former.into(),
            text: "宁夏第二设计院".to_owned(),
            since: Some(Date { year: 1872, ..DAY }),
            until: Some(DAY),
        }],
        region: "西北".to_owned(),
        segment: "化工设计".to_owned(),
        level: AccountLevel::Subsidiary.into(),
        address: "银川市民族北街 1 号".to_owned(),
        phone: "+86 951 5550100".to_owned(),
        website: "https://example.com".to_owned(),
        credit: Some(CreditStanding {
            rating: "AA-".to_owned(),
            limit: yuan(5_000_000),
            source: "信用报告".to_owned(),
            as_of: Some(DAY),
        }),
        finances: vec![FinancialFigure {
            kind: FinancialFigureKind::Profit.into(),
            year: 2023,
            amount: yuan(-3),
            source: "年报".to_owned(),
            as_of: Some(DAY),
        }],
        tags: vec![" 重点 ".to_owned(), "出口".to_owned()],
        differences: Some(CustomerDifferences {
            needs: Some(difference),
            ..CustomerDifferences::default()
        }),
        ..Account::default()
    }
}

#[tokio::test]
async fn all_that_is_said_of_an_account_is_read_again() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let sent = whole();
    let made = take(accounts.create_account(creating(sent.clone())).await)
        .account
        .unwrap();
    let get = GetAccountRequest {
        name: made.name.clone(),
    };
    let read = take(accounts.get_account(get).await).account.unwrap();
    assert_eq!(read, made);
    assert_eq!(read.tags, ["重点", "出口"]);
    let expected = Account {
        display_name: made.display_name.clone(),
        tags: made.tags.clone(),
        name: made.name.clone(),
        etag: made.etag.clone(),
        create_time: made.create_time,
        update_time: made.update_time,
        owner: made.owner.clone(),
        customer_classes: made.customer_classes.clone(),
        ..sent
    };
    assert_eq!(read, expected);
    let change: AccountChanged = world.events(&made.name).await[0].message();
    assert_eq!(change.after, Some(made));
}

#[tokio::test]
async fn an_account_of_which_nothing_is_said_is_a_customer_of_undetermined_class() {
    let world = World::new().await;
    let made = world.account(&world.admin, "宁夏化工").await;
    assert_eq!(made.kind(), AccountKind::Customer);
    assert_eq!((made.credit, made.differences), (None, None));
    let verdicts: Vec<_> = made.customer_classes.iter().map(|c| c.verdict()).collect();
    assert_eq!(verdicts, [CustomerClassVerdict::Undetermined; 2]);
}

fn found(kind: CustomerTraitKind, value: TraitValue) -> CustomerTrait {
    CustomerTrait {
        kind: kind.into(),
        value: value.into(),
        evidence: "拜访记录".to_owned(),
        evidence_date: Some(DAY),
    }
}

#[tokio::test]
async fn traits_make_a_customer_winter_jasmine_or_wintersweet() {
    let world = World::new().await;
    let made = world.account(&world.admin, "宁夏化工").await;
    let wanted = Account {
        traits: vec![
            found(CustomerTraitKind::AdvancedIdeas, TraitValue::Yes),
            found(CustomerTraitKind::Demanding, TraitValue::Yes),
            found(CustomerTraitKind::PriceSensitive, TraitValue::Yes),
            found(CustomerTraitKind::RealNeed, TraitValue::No),
        ],
        ..made
    };
    let mut accounts = world.accounts(&world.admin);
    let changed = take(
        accounts
            .update_account(updating(&wanted, &["traits"]))
            .await,
    )
    .account
    .unwrap();
    let [jasmine, wintersweet] = changed.customer_classes.as_slice() else {
        panic!("{:?}", changed.customer_classes)
    };
    assert_eq!(jasmine.verdict(), CustomerClassVerdict::Yes);
    assert_eq!(jasmine.deciding_traits.len(), 3);
    assert_eq!(wintersweet.verdict(), CustomerClassVerdict::No);
    assert_eq!(
        (
            &wintersweet.deciding_traits,
            wintersweet.unknown_traits.len()
        ),
        (&vec![i32::from(CustomerTraitKind::RealNeed)], 2)
    );
}

#[tokio::test]
async fn a_mask_changes_one_part_of_the_profile_and_keeps_the_others() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let made = take(accounts.create_account(creating(whole())).await)
        .account
        .unwrap();
    let wanted = Account {
        credit: None,
        names: Vec::new(),
        ..made.clone()
    };
    let changed = take(
        accounts
            .update_account(updating(&wanted, &["credit"]))
            .await,
    )
    .account
    .unwrap();
    assert_eq!((changed.credit, changed.names), (None, made.names));
    assert_eq!(changed.finances, made.finances);
}

#[tokio::test]
async fn every_bad_word_of_an_account_is_named_at_once() {
    let world = World::new().await;
    let bad = Account {
        kind: 99,
        level: 99,
        legal_name: "长".repeat(201),
        region: "长".repeat(201),
        segment: "长".repeat(201),
        address: "长".repeat(501),
        phone: "1".repeat(65),
        website: "w".repeat(501),
        tags: vec![
            "a".to_owned(),
            " a ".to_owned(),
            " ".to_owned(),
            "长".repeat(65),
        ],
        names: vec![AccountName {
            since: Some(DAY),
            until: Some(Date {
                year: 2023,
                month: 2,
                day: 28,
            }),
            ..AccountName::default()
        }],
        ..Account::default()
    };
    let fields = [
        "address",
        "kind",
        "legal_name",
        "level",
        "names[0].kind",
        "names[0].text",
        "names[0].until",
        "phone",
        "region",
        "segment",
        "tags[1]",
        "tags[2]",
        "tags[3]",
        "website",
    ];
    assert_eq!(refused_fields(&world, bad).await, named(&fields));
}

/// The bad fields of an account that is refused.
async fn refused_fields(world: &World, bad: Account) -> Vec<String> {
    let mut accounts = world.accounts(&world.admin);
    bad_fields(accounts.create_account(creating(bad)).await)
}

fn named(fields: &[&str]) -> Vec<String> {
    fields
        .iter()
        .map(|field| format!("account.{field}"))
        .collect()
}

fn figure(kind: FinancialFigureKind, year: i32, amount: Option<Money>) -> FinancialFigure {
    FinancialFigure {
        kind: kind.into(),
        year,
        amount,
        source: "年报".to_owned(),
        as_of: Some(DAY),
    }
}

#[tokio::test]
async fn every_bad_judgement_of_an_account_is_named_at_once() {
    let world = World::new().await;
    let day = |year, month, day| Some(Date { year, month, day });
    let bad = Account {
        credit: Some(CreditStanding {
            limit: yuan(-1),
            as_of: day(1899, 12, 31),
            ..CreditStanding::default()
        }),
        finances: vec![
            figure(FinancialFigureKind::Revenue, 2023, yuan(-1)),
            figure(FinancialFigureKind::Revenue, 2023, None),
            figure(FinancialFigureKind::Assets, 1899, yuan(1)),
        ],
        differences: Some(CustomerDifferences {
            culture: Some(CustomerDifference {
                evidence_date: day(9999, 1, 1),
                ..CustomerDifference::default()
            }),
            ..CustomerDifferences::default()
        }),
        traits: vec![
            CustomerTrait {
                evidence: String::new(),
                ..found(CustomerTraitKind::RealNeed, TraitValue::Yes)
            },
            found(CustomerTraitKind::RealNeed, TraitValue::No),
            found(CustomerTraitKind::Unspecified, TraitValue::No),
        ],
        ..Account::default()
    };
    let fields = [
        "credit.as_of",
        "credit.limit",
        "credit.source",
        "differences.culture.evidence_date",
        "differences.culture.text",
        "finances[0].amount",
        "finances[1].amount",
        "finances[1].year",
        "finances[2].year",
        "traits[0].evidence",
        "traits[1].kind",
        "traits[2].kind",
    ];
    assert_eq!(refused_fields(&world, bad).await, named(&fields));
}

#[tokio::test]
async fn too_many_of_a_kind_are_refused() {
    let world = World::new().await;
    let name = AccountName {
        kind: AccountNameKind::Alias.into(),
        text: "别名".to_owned(),
        ..AccountName::default()
    };
    let many = Account {
        names: vec![name; 51],
        tags: (0..51).map(|n| n.to_string()).collect(),
        ..Account::default()
    };
    let answer = world
        .accounts(&world.admin)
        .create_account(creating(many))
        .await;
    assert_eq!(bad_fields(answer), ["account.names", "account.tags"]);
}
