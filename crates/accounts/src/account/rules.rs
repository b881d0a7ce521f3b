//! What is known besides an account when what is said of it is judged.

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;

use crate::attribute::{self, Declarations, reference};
use crate::error::Error;

/// The day, what the tenant declares, and which records are there to be referred to.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The day of the call in UTC.
    pub today: Date,
    pub attributes: Declarations,
    pub references: HashSet<String>,
}

impl Rules {
    /// The rules of a tenant that declares nothing.
    pub fn of_day(today: Date) -> Self {
        Self {
            today,
            attributes: Declarations::new(),
            references: HashSet::new(),
        }
    }

    /// The rules for what is sent: the database is asked only if that has attributes.
    pub async fn load(
        connection: &mut PgConnection,
        call: &Call,
        sent: impl Iterator<Item = &proto::Account> + Clone,
    ) -> Result<Self, Error> {
        let mut rules = Self::of_day(call.today());
        let values = sent.flat_map(|account| &account.attributes);
        if values.clone().next().is_some() {
            rules.attributes = attribute::declared(connection).await?;
            rules.references = reference::existing(connection, call, values).await?;
        }
        Ok(rules)
    }
}
