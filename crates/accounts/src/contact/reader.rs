//! What must be known of whoever reads contacts to show them.

use keynode_kit::call::Call;
use sqlx::PgConnection;

use super::Contact;
use crate::account::hidden::Hidden;
use crate::concern::defaults::{self, Defaults};
use crate::error::Error;

/// What counts in the reader's tenant, and which former employers the reader does not see.
#[derive(Debug)]
pub struct Reader {
    pub usual: Defaults,
    pub hidden: Hidden,
}

impl Reader {
    /// Whoever calls, as the reader of these contacts.
    pub async fn of<'c>(
        connection: &mut PgConnection,
        call: &Call,
        contacts: impl IntoIterator<Item = &'c Contact>,
    ) -> Result<Self, Error> {
        let employers = contacts
            .into_iter()
            .flat_map(|contact| contact.former_employers.iter());
        let accounts = employers.filter_map(|employer| employer.account_id);
        Ok(Self {
            hidden: Hidden::among(connection, call, accounts).await?,
            usual: defaults::load(connection).await?,
        })
    }
}
