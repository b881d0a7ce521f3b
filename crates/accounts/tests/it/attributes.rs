use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::attribute_value::Value;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::LocalizedText;

use super::accounts::{creating, updating};
use super::world::{World, bad_fields, mask, nobody, reason_of, request_id, take};

fn both(text: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        zh_cn: text.to_owned(),
        en: text.to_owned(),
    })
}

fn option(id: &str) -> AttributeOption {
    AttributeOption {
        id: id.to_owned(),
        display_name: both(id),
        archived: false,
    }
}

pub fn declaring(id: &str, r#type: AttributeType) -> CreateAttributeRequest {
    let mut attribute = Attribute {
        display_name: both(id),
        r#type: r#type.into(),
        ..Attribute::default()
    };
    match r#type {
        AttributeType::Choice => attribute.options = vec![option("open"), option("closed")],
        AttributeType::Reference => {
            attribute.reference_kind = AttributeReferenceKind::Contact.into();
        }
        _ => {}
    }
    CreateAttributeRequest {
        attribute_id: id.to_owned(),
        attribute: Some(attribute),
        ..Default::default()
    }
}

pub fn valued(id: &str, value: Value) -> AttributeValue {
    AttributeValue {
        attribute: format!("attributes/{id}"),
        value: Some(value),
    }
}

fn changing(attribute: &Attribute, paths: &[&str]) -> UpdateAttributeRequest {
    UpdateAttributeRequest {
        attribute: Some(attribute.clone()),
        update_mask: mask(paths),
        ..Default::default()
    }
}

fn with(attributes: Vec<AttributeValue>) -> Account {
    Account {
        attributes,
        ..Account::default()
    }
}

async fn declare(world: &World, id: &str, r#type: AttributeType) -> Attribute {
    let mut attributes = world.attributes(&world.admin);
    take(attributes.create_attribute(declaring(id, r#type)).await)
        .attribute
        .unwrap()
}

#[tokio::test]
async fn an_attribute_is_declared_read_listed_and_changed() {
    let world = World::new().await;
    let made = declare(&world, "line", AttributeType::Choice).await;
    assert_eq!(made.name, "attributes/line");
    let seller = world.seller("").await;
    let mut reader = world.attributes(&seller);
    let get = GetAttributeRequest {
        name: made.name.clone(),
    };
    let read = take(reader.get_attribute(get).await).attribute;
    assert_eq!(read, Some(made.clone()));
    let listed = take(reader.list_attributes(ListAttributesRequest {}).await);
    assert_eq!(listed.attributes, std::slice::from_ref(&made));

    let mut attributes = world.attributes(&world.admin);
    let mut wanted = made.clone();
    wanted.options.push(option("third"));
    let changed = take(
        attributes
            .update_attribute(changing(&wanted, &["options"]))
            .await,
    )
    .attribute
    .unwrap();
    assert_eq!(changed.options.len(), 3);
    let change: AttributeChanged = world.events(&made.name).await[1].message();
    assert_eq!((change.before, change.after), (Some(made), Some(changed)));
}

#[tokio::test]
async fn bad_declarations_are_refused_with_every_bad_field() {
    let world = World::new().await;
    let mut attributes = world.attributes(&world.admin);
    let bad = CreateAttributeRequest {
        attribute_id: "Größe".to_owned(),
        attribute: Some(Attribute {
            display_name: Some(LocalizedText {
                zh_cn: "规模".to_owned(),
                en: String::new(),
            }),
            r#type: AttributeType::Number.into(),
            options: vec![option("A"), option("b"), option("b")],
            reference_kind: AttributeReferenceKind::Person.into(),
            max_length: 5,
            ..Attribute::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(attributes.create_attribute(bad).await),
        [
            "attribute.display_name.en",
            "attribute.max_length",
            "attribute.options",
            "attribute.options[0].id",
            "attribute.options[2].id",
            "attribute.reference_kind",
            "attribute_id",
        ]
    );
    let made = declare(&world, "line", AttributeType::Choice).await;
    let wanted = Attribute {
        r#type: AttributeType::Text.into(),
        options: vec![option("open")],
        ..made.clone()
    };
    let answer = attributes
        .update_attribute(changing(&wanted, &["options"]))
        .await;
    assert_eq!(bad_fields(answer), ["attribute.options", "attribute.type"]);
    let unknown = attributes
        .update_attribute(changing(&made, &["name", "type"]))
        .await;
    assert_eq!(bad_fields(unknown), ["update_mask", "update_mask"]);
    let get = GetAttributeRequest {
        name: "line".to_owned(),
    };
    assert_eq!(bad_fields(attributes.get_attribute(get).await), ["name"]);
}

#[tokio::test]
async fn attributes_are_the_tenants_and_only_its_administrators_declare_them() {
    let world = World::new().await;
    let made = declare(&world, "line", AttributeType::Text).await;
    let seller = world.seller("").await;
    let mut of_seller = world.attributes(&seller);
    let again = declaring("mine", AttributeType::Text);
    assert_eq!(
        reason_of(of_seller.create_attribute(again.clone()).await),
        "PERMISSION_DENIED"
    );
    let by_program = world
        .attributes(&Caller::integrator(world.tenant))
        .create_attribute(again)
        .await;
    assert!(by_program.is_ok());
    let other = world.settle(tenant()).await;
    let mut attributes = world.attributes(&other);
    let get = GetAttributeRequest {
        name: made.name.clone(),
    };
    assert_eq!(
        reason_of(attributes.get_attribute(get).await),
        "ATTRIBUTE_NOT_FOUND"
    );
    let update = changing(&made, &["description"]);
    assert_eq!(
        reason_of(attributes.update_attribute(update).await),
        "ATTRIBUTE_NOT_FOUND"
    );
    let mut account = world.accounts(&other);
    let value = with(vec![valued("line", Value::Text("x".to_owned()))]);
    assert_eq!(
        bad_fields(account.create_account(creating(value)).await),
        ["account.attributes[0].attribute"]
    );
}

#[tokio::test]
async fn a_declaration_is_made_once_checked_and_guarded() {
    let world = World::new().await;
    let mut attributes = world.attributes(&world.admin);
    let checked = CreateAttributeRequest {
        validate_only: true,
        ..declaring("line", AttributeType::Text)
    };
    take(attributes.create_attribute(checked).await);
    let request = CreateAttributeRequest {
        request_id: request_id(),
        ..declaring("line", AttributeType::Text)
    };
    let first = take(attributes.create_attribute(request.clone()).await);
    assert_eq!(
        take(attributes.create_attribute(request.clone()).await),
        first
    );
    let other = CreateAttributeRequest {
        request_id: request.request_id,
        ..declaring("other", AttributeType::Text)
    };
    assert_eq!(
        reason_of(attributes.create_attribute(other).await),
        "REQUEST_ID_REUSED"
    );
    let again = declaring("line", AttributeType::Number);
    assert_eq!(
        reason_of(attributes.create_attribute(again).await),
        "ATTRIBUTE_EXISTS"
    );
    assert_eq!(world.events("attributes/line").await.len(), 1);

    let archived = Attribute {
        archived: true,
        ..first.attribute.unwrap()
    };
    take(
        attributes
            .update_attribute(changing(&archived, &["archived"]))
            .await,
    );
    let stale = attributes
        .update_attribute(changing(&archived, &["archived"]))
        .await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");
}

#[tokio::test]
async fn a_tenant_has_at_most_two_hundred_attributes() {
    let world = World::new().await;
    world
        .execute(&format!(
            "insert into accounts.attribute
             select '{}', 'a' || n, 1, now(), now(), 'a', 'a', '', '', 1, 0, '[]', 0, true
             from generate_series(1, 200) n",
            world.tenant
        ))
        .await;
    let mut attributes = world.attributes(&world.admin);
    let answer = attributes
        .create_attribute(declaring("line", AttributeType::Text))
        .await;
    assert_eq!(reason_of(answer), "ATTRIBUTE_LIMIT_REACHED");
}

#[tokio::test]
async fn accounts_take_the_values_that_are_declared() {
    let world = World::new().await;
    declare(&world, "line", AttributeType::Choice).await;
    declare(&world, "chief", AttributeType::Reference).await;
    declare(&world, "area", AttributeType::Number).await;
    let mut accounts = world.accounts(&world.admin);
    let group = world.account(&world.admin, "集团").await;
    let chief = world.contact(&world.admin, &group.name, "总工").await;
    let sent = with(vec![
        valued("area", Value::Number("12.50".to_owned())),
        valued("chief", Value::Reference(chief.name)),
        valued("line", Value::Choice("open".to_owned())),
    ]);
    let made = take(accounts.create_account(creating(sent.clone())).await)
        .account
        .unwrap();
    let mut expected = sent.attributes;
    expected[0] = valued("area", Value::Number("12.5".to_owned()));
    assert_eq!(made.attributes, expected);

    let mut hidden = world.accounts(&world.seller("").await);
    let bad = with(vec![
        valued("chief", expected[1].value.clone().unwrap()),
        valued("line", Value::Choice("shut".to_owned())),
        valued("area", Value::Text("wide".to_owned())),
    ]);
    assert_eq!(
        bad_fields(hidden.create_account(creating(bad)).await),
        [
            "account.attributes[0].reference",
            "account.attributes[1].choice",
            "account.attributes[2]"
        ]
    );
    let nobody = with(vec![valued("chief", Value::Reference(nobody("contacts")))]);
    assert_eq!(
        bad_fields(accounts.create_account(creating(nobody)).await),
        ["account.attributes[0].reference"]
    );
}

#[tokio::test]
async fn an_archived_attribute_takes_no_new_value_and_keeps_the_old() {
    let world = World::new().await;
    let line = declare(&world, "line", AttributeType::Text).await;
    let mut accounts = world.accounts(&world.admin);
    let sent = with(vec![valued("line", Value::Text("old".to_owned()))]);
    let made = take(accounts.create_account(creating(sent)).await)
        .account
        .unwrap();
    let archived = Attribute {
        archived: true,
        ..line
    };
    let mut attributes = world.attributes(&world.admin);
    take(
        attributes
            .update_attribute(changing(&archived, &["archived"]))
            .await,
    );
    let kept = Account {
        industry: "steel".to_owned(),
        ..made.clone()
    };
    let kept = take(
        accounts
            .update_account(updating(&kept, &["industry", "attributes"]))
            .await,
    )
    .account
    .unwrap();
    assert_eq!(kept.attributes, made.attributes);
    let wanted = Account {
        attributes: vec![valued("line", Value::Text("new".to_owned()))],
        ..kept
    };
    assert_eq!(
        bad_fields(
            accounts
                .update_account(updating(&wanted, &["attributes"]))
                .await
        ),
        ["account.attributes[0].attribute"]
    );
}
