//! What a tenant records of deals besides what every tenant does.

use keynode_kit::client::Channel;
use keynode_kit::testing::{Caller, tenant};
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::attribute_value::Value;
use keynode_proto::pipeline::v1::opportunity_attributes_service_client::OpportunityAttributesServiceClient;
use keynode_proto::pipeline::v1::*;
use prost_types::FieldMask;
use tonic::Status;

use crate::world::*;

type Attributes = OpportunityAttributesServiceClient<Channel>;

fn text(text: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        zh_cn: text.to_owned(),
        en: text.to_owned(),
    })
}

pub fn declaring(id: &str, kind: AttributeType) -> CreateAttributeRequest {
    let options = ["north", "south"].map(|id| AttributeOption {
        id: id.to_owned(),
        display_name: text(id),
        archived: false,
    });
    CreateAttributeRequest {
        attribute_id: id.to_owned(),
        attribute: Some(Attribute {
            display_name: text("电压"),
            r#type: kind.into(),
            options: match kind {
                AttributeType::Choice => options.into(),
                _ => Vec::new(),
            },
            reference_kind: i32::from(kind == AttributeType::Reference),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn valued(id: &str, value: Value) -> AttributeValue {
    AttributeValue {
        attribute: format!("opportunityAttributes/{id}"),
        value: Some(value),
    }
}

fn administrator(world: &World) -> Attributes {
    world.attributes(&Caller::person(world.tenant, "administrator"))
}

async fn declare(
    client: &mut Attributes,
    request: CreateAttributeRequest,
) -> Result<Attribute, Status> {
    let answer = client.create_attribute(request).await?;
    Ok(answer.into_inner().attribute.unwrap())
}

/// One attribute of every type, by the name of the type.
pub async fn declare_all(world: &World) {
    let mut client = administrator(world);
    for (id, kind) in [
        ("text", AttributeType::Text),
        ("number", AttributeType::Number),
        ("money", AttributeType::Money),
        ("date", AttributeType::Date),
        ("choice", AttributeType::Choice),
        ("reference", AttributeType::Reference),
    ] {
        declare(&mut client, declaring(id, kind)).await.unwrap();
    }
}

fn values() -> Vec<AttributeValue> {
    let account = "accounts/0190b5a0-0000-7000-8000-000000000001".to_owned();
    vec![
        valued("choice", Value::Choice("north".to_owned())),
        valued("date", Value::Date(date(2026, 7, 2).unwrap())),
        valued("money", Value::Money(money(12, 500_000_000).unwrap())),
        valued("number", Value::Number("-12.5".to_owned())),
        valued("reference", Value::Reference(account)),
        valued("text", Value::Text("防爆".to_owned())),
    ]
}

async fn updated(
    client: &mut Attributes,
    attribute: Attribute,
    paths: &[&str],
) -> Result<Attribute, Status> {
    let request = UpdateAttributeRequest {
        attribute: Some(attribute),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
        ..Default::default()
    };
    let answer = client.update_attribute(request).await?;
    Ok(answer.into_inner().attribute.unwrap())
}

#[tokio::test]
async fn declarations_are_made_read_and_changed() {
    let world = world().await;
    let mut client = administrator(&world);
    let made = declare(&mut client, declaring("region", AttributeType::Choice))
        .await
        .unwrap();
    assert_eq!(
        (made.name.as_str(), made.etag.as_str()),
        ("opportunityAttributes/region", "1")
    );
    let request = GetAttributeRequest {
        name: made.name.clone(),
    };
    let mut seller = world.attributes(&Caller::seller(world.tenant));
    let read = seller.get_attribute(request).await.unwrap().into_inner();
    assert_eq!(read.attribute.as_ref(), Some(&made));
    let listed = seller
        .list_attributes(ListAttributesRequest {})
        .await
        .unwrap();
    assert_eq!(listed.into_inner().attributes, std::slice::from_ref(&made));
    let archived = Attribute {
        archived: true,
        ..made.clone()
    };
    let after = updated(&mut client, archived.clone(), &["archived"])
        .await
        .unwrap();
    assert_eq!((after.archived, after.etag.as_str()), (true, "2"));
    let same = updated(&mut client, after.clone(), &["archived"])
        .await
        .unwrap();
    assert_eq!(same, after);
    assert_eq!(
        reason(updated(&mut client, archived, &["display_name"]).await),
        "ETAG_MISMATCH"
    );
    assert_eq!(world.events("AttributeChanged").await, 2);
}

#[tokio::test]
async fn a_bad_declaration_is_refused_with_every_bad_field() {
    let world = world().await;
    let mut client = administrator(&world);
    let bare = CreateAttributeRequest::default();
    let expected = [
        "attribute_id",
        "attribute.type",
        "attribute.display_name.zh_cn",
        "attribute.display_name.en",
    ];
    assert_eq!(fields(declare(&mut client, bare).await), expected);
    let mut odd = declaring("a", AttributeType::Number);
    let attribute = odd.attribute.as_mut().unwrap();
    attribute.options = vec![AttributeOption::default()];
    attribute.reference_kind = AttributeReferenceKind::Person.into();
    attribute.max_length = 5;
    let expected = [
        "attribute.options[0].id",
        "attribute.options[0].display_name.zh_cn",
        "attribute.options[0].display_name.en",
        "attribute.options",
        "attribute.reference_kind",
        "attribute.max_length",
    ];
    assert_eq!(fields(declare(&mut client, odd).await), expected);
    let made = declare(&mut client, declaring("region", AttributeType::Choice))
        .await
        .unwrap();
    let shorter = Attribute {
        options: made.options[..1].to_vec(),
        ..made.clone()
    };
    assert_eq!(
        fields(updated(&mut client, shorter, &["options"]).await),
        ["attribute.options"],
        "an option never goes"
    );
    let other = Attribute {
        r#type: AttributeType::Text.into(),
        ..made.clone()
    };
    assert_eq!(
        fields(updated(&mut client, other, &["archived"]).await),
        ["attribute.type"]
    );
    assert_eq!(
        fields(updated(&mut client, made, &["type"]).await),
        ["update_mask"]
    );
}

#[tokio::test]
async fn declarations_are_there_once_and_of_one_tenant() {
    let world = world().await;
    let mut client = administrator(&world);
    let request = CreateAttributeRequest {
        request_id: request_id(),
        ..declaring("region", AttributeType::Text)
    };
    let check = CreateAttributeRequest {
        validate_only: true,
        request_id: String::new(),
        ..request.clone()
    };
    declare(&mut client, check).await.unwrap();
    assert_eq!(world.events("AttributeChanged").await, 0);
    let made = declare(&mut client, request.clone()).await.unwrap();
    assert_eq!(declare(&mut client, request.clone()).await.unwrap(), made);
    assert_eq!(world.events("AttributeChanged").await, 1);
    let again = CreateAttributeRequest {
        request_id: String::new(),
        ..request.clone()
    };
    assert_eq!(
        reason(declare(&mut client, again.clone()).await),
        "ATTRIBUTE_EXISTS"
    );
    let mut other = world.attributes(&Caller::person(tenant(), "administrator"));
    let get = GetAttributeRequest {
        name: made.name.clone(),
    };
    assert_eq!(
        reason(other.get_attribute(get).await),
        "ATTRIBUTE_NOT_FOUND"
    );
    assert_eq!(
        reason(updated(&mut other, made, &["archived"]).await),
        "ATTRIBUTE_NOT_FOUND"
    );
    let bad = GetAttributeRequest {
        name: "attributes/region".to_owned(),
    };
    assert_eq!(fields(other.get_attribute(bad).await), ["name"]);
    let mut manager = world.attributes(&Caller::person(world.tenant, "sales_manager"));
    assert_eq!(
        reason(declare(&mut manager, again).await),
        "PERMISSION_DENIED"
    );
}

#[tokio::test]
async fn there_are_at_most_two_hundred() {
    let world = world().await;
    let mut client = administrator(&world);
    for n in 0..200 {
        let request = declaring(&format!("a{n}"), AttributeType::Text);
        declare(&mut client, request).await.unwrap();
    }
    let request = declaring("b", AttributeType::Text);
    assert_eq!(
        reason(declare(&mut client, request).await),
        "ATTRIBUTE_LIMIT_REACHED"
    );
}

#[tokio::test]
async fn deals_have_values_of_every_type() {
    let world = world().await;
    declare_all(&world).await;
    let mut client = world.manager();
    let deal = Opportunity {
        attributes: values(),
        ..named("x")
    };
    let deal = create(&mut client, deal).await;
    assert_eq!(deal.attributes, values());
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
    let fewer = Opportunity {
        attributes: vec![valued("number", Value::Number("007.10".to_owned()))],
        ..deal.clone()
    };
    let after = update(&mut client, fewer, &["attributes"]).await.unwrap();
    assert_eq!(
        after.attributes,
        [valued("number", Value::Number("7.1".to_owned()))]
    );
}

#[tokio::test]
async fn a_value_that_no_declaration_takes_is_refused_with_every_bad_field() {
    let world = world().await;
    declare_all(&world).await;
    let mut client = world.manager();
    let wrong = |display_name: &str| Opportunity {
        display_name: display_name.to_owned(),
        attributes: vec![
            valued("nothing", Value::Text("x".to_owned())),
            valued("number", Value::Text("x".to_owned())),
            valued("choice", Value::Choice("west".to_owned())),
            valued("reference", Value::Reference("contacts/1".to_owned())),
        ],
        ..Default::default()
    };
    let expected = ["[2].choice", "[0].attribute", "[1]", "[3].reference"]
        .map(|place| format!("opportunity.attributes{place}"));
    let request = CreateOpportunityRequest {
        opportunity: Some(wrong("")),
        ..Default::default()
    };
    let with_name = [&["opportunity.display_name".to_owned()][..], &expected].concat();
    assert_eq!(fields(client.create_opportunity(request).await), with_name);
    let deal = create(&mut client, named("x")).await;
    let news = Opportunity {
        name: deal.name.clone(),
        ..wrong("x")
    };
    assert_eq!(
        fields(update(&mut client, news, &["attributes"]).await),
        expected
    );
    let unreadable = Opportunity {
        name: deal.name.clone(),
        attributes: vec![
            valued("number", Value::Number("1e3".to_owned())),
            valued("money", Value::Money(money(-1, 0).unwrap())),
            AttributeValue::default(),
            valued("text", Value::Text("a".to_owned())),
            valued("text", Value::Text("b".to_owned())),
        ],
        ..Default::default()
    };
    let expected = [
        "[0].number",
        "[1].money",
        "[2].attribute",
        "[2]",
        "[4].attribute",
    ]
    .map(|place| format!("opportunity.attributes{place}"));
    assert_eq!(
        fields(update(&mut client, unreadable, &["attributes"]).await),
        expected
    );
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
    let row = OpportunityRow {
        opportunity: Some(Opportunity {
            external_key: key("1"),
            ..wrong("x")
        }),
        ..Default::default()
    };
    let results = upsert(&mut world.importer(), vec![row]).await.unwrap();
    assert!(matches!(
        &results[0],
        opportunity_row_result::Result::Error(status) if status.code == 3
    ));
}

#[tokio::test]
async fn what_a_deal_had_stays_when_its_attribute_is_archived() {
    let world = world().await;
    declare_all(&world).await;
    let mut client = world.manager();
    let deal = Opportunity {
        attributes: values(),
        ..named("x")
    };
    let deal = create(&mut client, deal).await;
    let mut keeper = administrator(&world);
    let archived = Attribute {
        name: "opportunityAttributes/text".to_owned(),
        archived: true,
        ..Default::default()
    };
    updated(&mut keeper, archived, &["archived"]).await.unwrap();
    let mut changed = values();
    changed[3] = valued("number", Value::Number("1".to_owned()));
    let news = Opportunity {
        attributes: changed.clone(),
        ..deal.clone()
    };
    let after = update(&mut client, news, &["attributes"]).await.unwrap();
    assert_eq!(after.attributes, changed);
    changed[5] = valued("text", Value::Text("anew".to_owned()));
    let news = Opportunity {
        attributes: changed,
        etag: String::new(),
        ..deal
    };
    assert_eq!(
        fields(update(&mut client, news, &["attributes"]).await),
        ["opportunity.attributes[5].attribute"]
    );
}
