//! Lists by a tenant's own attributes.

use keynode_proto::pipeline::v1::attribute_value::Value;
use keynode_proto::pipeline::v1::*;

use crate::attributes::{declare_all, valued};
use crate::lists::listed;
use crate::world::*;

type Request = ListOpportunitiesRequest;

#[tokio::test]
async fn attributes_are_compared_by_their_type() {
    let world = world().await;
    declare_all(&world).await;
    let mut client = world.manager();
    let number = |text: &str| valued("number", Value::Number(text.to_owned()));
    let sum = |units: i64, currency: &str| {
        let mut money = money(units, 0).unwrap();
        money.currency_code = currency.to_owned();
        valued("money", Value::Money(money))
    };
    let day = |day: i32| valued("date", Value::Date(date(2026, 7, day).unwrap()));
    let choice = |id: &str| valued("choice", Value::Choice(id.to_owned()));
    for (name, values) in [
        (
            "a",
            vec![number("-10"), sum(5, "CNY"), day(1), choice("north")],
        ),
        (
            "b",
            vec![number("9"), sum(50, "CNY"), day(9), choice("south")],
        ),
        ("c", vec![number("10.5"), sum(5, "EUR"), day(30)]),
        ("d", vec![]),
    ] {
        let deal = Opportunity {
            attributes: values,
            ..named(name)
        };
        create(&mut client, deal).await;
    }
    use AttributeOperator::{AtLeast, AtMost, Equal, Unspecified};
    let filter = |operator: AttributeOperator, value: AttributeValue| AttributeFilter {
        value: Some(value),
        operator: operator.into(),
    };
    for (filters, expected) in [
        (vec![filter(Unspecified, number("9.0"))], "b"),
        (vec![filter(AtLeast, number("9"))], "bc"),
        (vec![filter(AtMost, number("9"))], "ab"),
        (
            vec![filter(AtLeast, number("-10")), filter(AtMost, number("0"))],
            "a",
        ),
        (vec![filter(AtLeast, sum(5, "CNY"))], "ab"),
        (vec![filter(AtMost, sum(9, "CNY"))], "a"),
        (vec![filter(Equal, sum(5, "EUR"))], "c"),
        (vec![filter(AtLeast, day(9))], "bc"),
        (vec![filter(Equal, choice("north"))], "a"),
        (
            vec![filter(AtLeast, number("0")), filter(Equal, choice("south"))],
            "b",
        ),
    ] {
        let request = Request {
            attributes: filters.clone(),
            ..Default::default()
        };
        assert_eq!(
            listed(&mut client, request).await.concat(),
            expected,
            "{filters:?}"
        );
    }
    let request = Request {
        attributes: vec![
            filter(AtLeast, choice("north")),
            filter(Equal, valued("nothing", Value::Number("1".to_owned()))),
            filter(Equal, valued("text", Value::Text("长".repeat(201)))),
            filter(Equal, valued("number", Value::Text("x".to_owned()))),
        ],
        ..Default::default()
    };
    assert_eq!(
        fields(client.list_opportunities(request).await),
        [
            "attributes[0].operator",
            "attributes[1].value.attribute",
            "attributes[2].value.text",
            "attributes[3].value",
        ]
    );
}
