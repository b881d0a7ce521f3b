//! Segments by what was learned of customers later: kind, region, tags, level, attributes
//! and classes (R15).

use keynode_proto::accounts::v1::attribute_value::Value;
use keynode_proto::accounts::v1::segment_criterion::{
    AnyOf, Condition, OneOfClasses, OneOfKinds, OneOfLevels,
};
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::LocalizedText;

use super::market::{creating, criterion, eventually};
use super::world::{World, bad_fields, mask, nobody, take};

const NOBODY: [&str; 0] = [];

async fn customer(world: &World, account: Account) -> String {
    let request = CreateAccountRequest {
        account: Some(Account {
            display_name: "客户".to_owned(),
            ..account
        }),
        ..Default::default()
    };
    take(world.accounts(&world.admin).create_account(request).await)
        .account
        .unwrap()
        .name
}

/// Members, and accounts of which it is not known.
async fn found(world: &World, segment: &str) -> (Vec<String>, Vec<String>) {
    let list = async |membership: SegmentMembership| {
        let request = ListSegmentMembersRequest {
            segment: segment.to_owned(),
            membership: membership.into(),
            ..Default::default()
        };
        let mut segments = world.segments(&world.admin);
        let answer = take(segments.list_segment_members(request).await);
        let accounts = answer.members.into_iter().map(|it| it.account);
        accounts.collect::<Vec<_>>()
    };
    (
        list(SegmentMembership::Member).await,
        list(SegmentMembership::Undetermined).await,
    )
}

async fn expect(world: &World, condition: Condition, members: &[&str], undetermined: &[&str]) {
    let segment = world.segment(vec![criterion(condition)]).await.name;
    expect_in(world, &segment, members, undetermined).await;
}

async fn expect_in(world: &World, segment: &str, members: &[&str], undetermined: &[&str]) {
    eventually(
        || found(world, segment),
        |(yes, unknown)| yes == members && unknown == undetermined,
    )
    .await;
}

fn any_of(word: &str) -> AnyOf {
    AnyOf {
        values: vec![word.to_owned()],
    }
}

#[tokio::test]
async fn kind_region_tags_and_level_find_their_members() {
    let world = World::new().await;
    world.react();
    let institute = customer(
        &world,
        Account {
            kind: AccountKind::DesignInstitute.into(),
            region: "西北".to_owned(),
            tags: vec!["VIP".to_owned(), "化工".to_owned()],
            level: AccountLevel::Plant.into(),
            ..Account::default()
        },
    )
    .await;
    let unknown = customer(&world, Account::default()).await;
    let kinds = |kinds: &[AccountKind]| {
        Condition::Kind(OneOfKinds {
            kinds: kinds.iter().map(|kind| (*kind).into()).collect(),
        })
    };
    let level = |level: AccountLevel| {
        Condition::Level(OneOfLevels {
            levels: vec![level.into()],
        })
    };
    let (institute, unknown) = (institute.as_str(), unknown.as_str());
    let designs = kinds(&[AccountKind::DesignInstitute, AccountKind::Agent]);
    expect(&world, designs, &[institute], &NOBODY).await;
    let buys = kinds(&[AccountKind::Customer]);
    expect(&world, buys, &[unknown], &NOBODY).await;
    let here = Condition::Region(any_of(" 西北"));
    expect(&world, here, &[institute], &[unknown]).await;
    let elsewhere = Condition::Region(any_of("华东"));
    expect(&world, elsewhere, &NOBODY, &[unknown]).await;
    let tagged = Condition::Tag(any_of("vip"));
    expect(&world, tagged, &[institute], &NOBODY).await;
    expect(&world, level(AccountLevel::Plant), &[institute], &[unknown]).await;
    expect(&world, level(AccountLevel::Group), &NOBODY, &[unknown]).await;
}

async fn declare(world: &World, id: &str) {
    let request = CreateAttributeRequest {
        attribute_id: id.to_owned(),
        attribute: Some(Attribute {
            display_name: Some(LocalizedText {
                zh_cn: "产线数".to_owned(),
                en: "lines".to_owned(),
            }),
            r#type: AttributeType::Number.into(),
            ..Attribute::default()
        }),
        ..Default::default()
    };
    take(
        world
            .attributes(&world.admin)
            .create_attribute(request)
            .await,
    );
}

fn lines(attribute: &str, number: &str) -> AttributeValue {
    AttributeValue {
        attribute: attribute.to_owned(),
        value: Some(Value::Number(number.to_owned())),
    }
}

#[tokio::test]
async fn an_attribute_finds_the_accounts_with_exactly_that_value() {
    let world = World::new().await;
    world.react();
    declare(&world, "lines").await;
    let with = |number: &str| Account {
        attributes: vec![lines("attributes/lines", number)],
        ..Account::default()
    };
    let two = customer(&world, with("2.0")).await;
    customer(&world, with("3")).await;
    let unknown = customer(&world, Account::default()).await;
    let asked = Condition::Attribute(lines("attributes/lines", "2"));
    expect(&world, asked, &[&two], &[&unknown]).await;
}

#[tokio::test]
async fn an_attribute_must_take_the_value_that_is_asked_for() {
    let world = World::new().await;
    declare(&world, "lines").await;
    let mut segments = world.segments(&world.admin);
    let of = |value| criterion(Condition::Attribute(value));
    let text = AttributeValue {
        value: Some(Value::Text("2".to_owned())),
        ..lines("attributes/lines", "")
    };
    let request = creating(vec![
        of(lines("attributes/nothing", "2")),
        of(text),
        of(lines("attributes/lines", "2")),
    ]);
    assert_eq!(
        bad_fields(segments.create_segment(request).await),
        [
            "segment.criteria[0].attribute.attribute",
            "segment.criteria[1].attribute"
        ]
    );
    let request = creating(vec![
        of(AttributeValue::default()),
        criterion(Condition::Kind(OneOfKinds::default())),
        criterion(Condition::Level(OneOfLevels {
            levels: vec![AccountLevel::Unspecified.into(), 9],
        })),
        criterion(Condition::CustomerClass(OneOfClasses {
            classes: vec![CustomerClass::Wintersweet.into(); 11],
        })),
        criterion(Condition::Tag(AnyOf::default())),
        criterion(Condition::Region(any_of(" "))),
    ]);
    assert_eq!(
        bad_fields(segments.create_segment(request).await),
        [
            "segment.criteria[0].attribute",
            "segment.criteria[0].attribute.attribute",
            "segment.criteria[1].kind.kinds",
            "segment.criteria[2].level.levels[0]",
            "segment.criteria[2].level.levels[1]",
            "segment.criteria[3].customer_class.classes",
            "segment.criteria[4].tag",
            "segment.criteria[5].region.values[0]"
        ]
    );
}

#[tokio::test]
async fn a_segment_keeps_asking_for_an_attribute_that_is_archived() {
    let world = World::new().await;
    declare(&world, "lines").await;
    let asked = criterion(Condition::Attribute(lines("attributes/lines", "2")));
    let segment = world.segment(vec![asked.clone()]).await;
    let archive = UpdateAttributeRequest {
        attribute: Some(Attribute {
            name: "attributes/lines".to_owned(),
            archived: true,
            ..Attribute::default()
        }),
        update_mask: mask(&["archived"]),
        ..Default::default()
    };
    take(
        world
            .attributes(&world.admin)
            .update_attribute(archive)
            .await,
    );
    let with = |criteria: Vec<SegmentCriterion>| UpdateSegmentRequest {
        segment: Some(Segment {
            name: segment.name.clone(),
            criteria,
            ..Segment::default()
        }),
        ..Default::default()
    };
    let mut segments = world.segments(&world.admin);
    let tag = criterion(Condition::Tag(any_of("a")));
    take(
        segments
            .update_segment(with(vec![tag, asked.clone()]))
            .await,
    );
    let other = criterion(Condition::Attribute(lines("attributes/lines", "3")));
    assert_eq!(
        bad_fields(segments.update_segment(with(vec![asked, other])).await),
        ["segment.criteria[1].attribute.attribute"]
    );
    let lost = segments.update_segment(UpdateSegmentRequest {
        segment: Some(Segment {
            name: nobody("segments"),
            ..Segment::default()
        }),
        ..Default::default()
    });
    assert_eq!(super::world::reason_of(lost.await), "SEGMENT_NOT_FOUND");
}

/// A customer of which these traits are known to be there or not.
pub fn having(known: &[(CustomerTraitKind, bool)]) -> Account {
    let told = |(kind, is_there): &(CustomerTraitKind, bool)| CustomerTrait {
        kind: (*kind).into(),
        value: match is_there {
            true => TraitValue::Yes.into(),
            false => TraitValue::No.into(),
        },
        evidence: "拜访记录".to_owned(),
        evidence_date: None,
    };
    Account {
        traits: known.iter().map(told).collect(),
        ..Account::default()
    }
}

/// All that makes a winter jasmine.
pub fn jasmine() -> Account {
    having(&[
        (CustomerTraitKind::AdvancedIdeas, true),
        (CustomerTraitKind::Demanding, true),
        (CustomerTraitKind::PriceSensitive, true),
    ])
}

#[tokio::test]
async fn a_class_that_is_undetermined_stays_so() {
    let world = World::new().await;
    world.react();
    let opens = customer(&world, jasmine()).await;
    let half = having(&[(CustomerTraitKind::AdvancedIdeas, true)]);
    let half = customer(&world, half).await;
    let not = having(&[(CustomerTraitKind::Demanding, false)]);
    let not = customer(&world, not).await;
    let class = |classes: &[CustomerClass]| {
        Condition::CustomerClass(OneOfClasses {
            classes: classes.iter().map(|class| (*class).into()).collect(),
        })
    };
    let jasmines = class(&[CustomerClass::WinterJasmine]);
    let jasmines = world.segment(vec![criterion(jasmines)]).await.name;
    expect_in(&world, &jasmines, &[&opens], &[&half]).await;
    let either = class(&[CustomerClass::WinterJasmine, CustomerClass::Wintersweet]);
    expect(&world, either, &[&opens], &[&half, &not]).await;

    let learned = UpdateAccountRequest {
        account: Some(Account {
            name: half.clone(),
            ..jasmine()
        }),
        update_mask: mask(&["traits"]),
        ..Default::default()
    };
    take(world.accounts(&world.admin).update_account(learned).await);
    expect_in(&world, &jasmines, &[&opens, &half], &NOBODY).await;
}
