//! Whether the attributes that criteria ask for take the values asked for.

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::AttributeValue;
use keynode_proto::accounts::v1::segment_criterion::Condition;
use sqlx::PgConnection;

use super::decode;
use crate::attribute::{self, reference, values};
use crate::error::Error;

/// Refuses values that no account could be given. What was asked `before` may stay,
/// whatever became of the attribute. Both are bytes of [`super::encode`].
pub async fn check(
    connection: &mut PgConnection,
    call: &Call,
    before: &[u8],
    after: &[u8],
) -> Result<(), Error> {
    let (before, after) = (decode(before), decode(after));
    let new = |(n, criterion)| match criterion {
        _ if before.contains(criterion) => None,
        criterion => Some((n, criterion.condition.as_ref()?)),
    };
    let asked: Vec<(usize, &AttributeValue)> = after
        .iter()
        .enumerate()
        .filter_map(new)
        .filter_map(|(n, condition)| match condition {
            Condition::Attribute(value) => Some((n, value)),
            _ => None,
        })
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    let declared = attribute::declared(connection).await?;
    let sent = asked.iter().map(|(_, value)| *value);
    let there = reference::existing(connection, call, sent).await?;
    let mut bad = Violations::default();
    for (n, sent) in asked {
        let field = format!("segment.criteria[{n}].attribute");
        if let Some((id, value)) = values::read_one(&field, sent, &mut bad) {
            values::judge(&field, &id, &value, &declared, &there, &mut bad);
        }
    }
    Ok(bad.finish()?)
}
