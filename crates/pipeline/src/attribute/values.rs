//! The values of one deal, judged by what the tenant declares.

use std::collections::{BTreeMap, HashMap};

use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{Attribute, AttributeValue};

use super::value::Value;
use super::{id_of, name};

/// Values by id of the attribute, as they stand in `pipeline.opportunity.attributes`.
pub type Values = BTreeMap<String, Value>;

/// Every attribute of a tenant, by id.
pub type Declarations = HashMap<String, Attribute>;

const MAX_VALUES: usize = 100;
const UNDECLARED: &str = "must be an attribute that the tenant declares; ListAttributes names them";

/// Reads what a caller sends; whether the tenant declares it is not known here.
pub fn read(bad: &mut Violations, field: &str, sent: &[AttributeValue]) -> Values {
    let mut values = Values::new();
    if sent.len() > MAX_VALUES {
        bad.add(
            field,
            format!("must be at most {MAX_VALUES}, are {}", sent.len()),
        );
        return values;
    }
    for (n, sent) in sent.iter().enumerate() {
        let field = format!("{field}[{n}]");
        if let Some((id, value)) = read_one(bad, &field, sent)
            && values.insert(id, value).is_some()
        {
            bad.add(format!("{field}.attribute"), "must not be there twice");
        }
    }
    values
}

/// One value as it is sent, if it is one.
pub fn read_one(
    bad: &mut Violations,
    field: &str,
    sent: &AttributeValue,
) -> Option<(String, Value)> {
    let id = id_of(&sent.attribute);
    if id.is_none() {
        let why = "must be `opportunityAttributes/{id}`";
        bad.add(format!("{field}.attribute"), why);
    }
    let value = match &sent.value {
        Some(value) => Value::read(bad, field, value),
        None => {
            bad.add(field, "must have a value; leave the attribute out instead");
            None
        }
    };
    id.map(str::to_owned).zip(value)
}

/// Refuses values that the declarations do not take. What was there `before` stays, whatever
/// became of its declaration. `sent` says in which place each stood.
pub fn check(
    bad: &mut Violations,
    field: &str,
    (values, sent): (&Values, &[AttributeValue]),
    before: &Values,
    declared: &Declarations,
) {
    let news = values
        .iter()
        .filter(|(id, value)| before.get(*id) != Some(*value));
    for (id, value) in news {
        let name = name(id);
        let place = sent.iter().position(|sent| sent.attribute == name);
        let field = format!("{field}[{}]", place.unwrap_or_default());
        match declared.get(id) {
            Some(attribute) => value.check(bad, &field, attribute),
            None => bad.add(format!("{field}.attribute"), UNDECLARED),
        }
    }
}

/// The declaration of a value that is asked for, if it may be of this type.
pub fn asked<'d>(
    bad: &mut Violations,
    field: &str,
    id: &str,
    value: &Value,
    declared: &'d Declarations,
) -> Option<&'d Attribute> {
    match declared.get(id) {
        Some(attribute) => value.check_type(bad, field, attribute).then_some(attribute),
        None => {
            bad.add(format!("{field}.attribute"), UNDECLARED);
            None
        }
    }
}

/// The values for the wire, by id of the attribute.
pub fn to_proto(values: &Values) -> Vec<AttributeValue> {
    let message = |(id, value): (&String, &Value)| AttributeValue {
        attribute: name(id),
        value: value.to_proto(),
    };
    values.iter().map(message).collect()
}
