//! The values of one account, judged by what the tenant declares.

use std::collections::{BTreeMap, HashSet};

use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::AttributeValue;

use super::Declarations;
use super::id::AttributeId;
use super::value::Value;

/// Values by attribute, as they stand in `accounts.account.attributes`.
pub type Values = BTreeMap<AttributeId, Value>;

const MAX_VALUES: usize = 100;

/// Reads what a caller sends. A value that an account has `before` stays whatever became
/// of the declaration; a new one must be taken by it, and what it refers to be `there`.
pub fn read(
    sent: &[AttributeValue],
    before: &Values,
    declared: &Declarations,
    there: &HashSet<String>,
    bad: &mut Violations,
) -> Values {
    if sent.len() > MAX_VALUES {
        bad.add(
            "account.attributes",
            format!("must be at most {MAX_VALUES}"),
        );
    }
    let mut values = Values::new();
    for (index, sent) in sent.iter().take(MAX_VALUES).enumerate() {
        let field = format!("account.attributes[{index}]");
        let Some((id, value)) = read_one(&field, sent, bad) else {
            continue;
        };
        if before.get(&id) != Some(&value) {
            judge(&field, &id, &value, declared, there, bad);
        }
        if values.insert(id, value).is_some() {
            bad.add(format!("{field}.attribute"), "must not be there twice");
        }
    }
    values
}

/// One value as it is sent, if it is one.
pub fn read_one(
    field: &str,
    sent: &AttributeValue,
    bad: &mut Violations,
) -> Option<(AttributeId, Value)> {
    let id = sent.attribute.parse::<AttributeId>();
    if let Err(error) = &id {
        bad.add(format!("{field}.attribute"), error.to_string());
    }
    let value = match &sent.value {
        Some(value) => Value::read(field, value, bad),
        None => {
            bad.add(field, "must have a value; leave the attribute out instead");
            None
        }
    };
    id.ok().zip(value)
}

/// Refuses a value that the declaration does not take, or that refers to what is not
/// `there`.
pub fn judge(
    field: &str,
    id: &AttributeId,
    value: &Value,
    declared: &Declarations,
    there: &HashSet<String>,
    bad: &mut Violations,
) {
    check_there(field, value, there, bad);
    match declared.get(id) {
        Some(attribute) => value.check(field, attribute, bad),
        None => bad.add(
            format!("{field}.attribute"),
            "must be an attribute that the tenant declares; ListAttributes names them",
        ),
    }
}

fn check_there(field: &str, value: &Value, there: &HashSet<String>, bad: &mut Violations) {
    if let Value::Reference(name) = value
        && !there.contains(name)
    {
        bad.add(
            format!("{field}.reference"),
            format!("there is no {name} that you see"),
        );
    }
}

/// The values for the wire, by id of the attribute.
pub fn to_proto(values: &Values) -> Vec<AttributeValue> {
    let message = |(id, value): (&AttributeId, &Value)| AttributeValue {
        attribute: id.to_string(),
        value: value.to_proto(),
    };
    values.iter().map(message).collect()
}

#[cfg(test)]
mod tests;
