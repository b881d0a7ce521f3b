//! Sums of money as they stand in documents of the database.

use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::google::r#type::Money;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A sum of money; the currency in ISO 4217.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    pub currency: String,
    #[serde(with = "decimal_text")]
    pub amount: Decimal,
}

impl Amount {
    /// Reads a sum of either sign; none when it is unset or bad.
    pub fn read(field: &str, sent: Option<&Money>, bad: &mut Violations) -> Option<Self> {
        match wire::read_money(sent?) {
            Ok((currency, amount)) => Some(Self { currency, amount }),
            Err(error) => {
                bad.add(field, error.to_string());
                None
            }
        }
    }

    /// The same, and not negative.
    pub fn read_unsigned(field: &str, sent: Option<&Money>, bad: &mut Violations) -> Option<Self> {
        let read = Self::read(field, sent, bad)?;
        if read.amount.is_sign_negative() && !read.amount.is_zero() {
            bad.add(field, "must not be negative");
        }
        Some(read)
    }

    /// The sum for the wire; none only for a stored sum that the wire cannot say.
    pub fn to_proto(&self) -> Option<Money> {
        wire::money(&self.currency, self.amount).ok()
    }
}

/// Decimals as text: numbers of JSON lose digits in most programs.
pub mod decimal_text {
    use rust_decimal::Decimal;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// The same where there may be none.
pub mod optional_decimal_text {
    use rust_decimal::Decimal;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_keeps_every_digit_in_a_document() {
        let amount = Amount {
            currency: "CNY".to_owned(),
            amount: "9007199254740993.000000001".parse().unwrap(),
        };
        let document = serde_json::to_string(&amount).unwrap();
        assert_eq!(serde_json::from_str::<Amount>(&document).unwrap(), amount);
    }
}
