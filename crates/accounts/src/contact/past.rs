//! What was known of somebody at an account that they left.

use keynode_proto::accounts::v1::Stakeholder;
use keynode_proto::common::v1::LocalizedText;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Contact;
use crate::error::Error;

/// Somebody who is not at the account that is read, and where that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Elsewhere {
    pub owner_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    /// As the person left the account that is read; none when they were never there.
    pub past: Option<Past>,
}

/// How somebody was known.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    pub display_name: String,
    pub department: String,
    /// The number in `Function`.
    pub function: i32,
}

impl Elsewhere {
    /// The stakeholder as who does not see the person's account is shown them. The function
    /// of an insider is the one that they had as they became one.
    pub fn veil(&self, told: Stakeholder) -> Stakeholder {
        let is_insider = !told.insider.is_empty();
        let function = match &self.past {
            _ if is_insider => told.function,
            Some(past) => past.function,
            None => 0,
        };
        let masked_as = self.past.is_none().then(somebody);
        let past = self.past.as_ref();
        Stakeholder {
            display_name: past
                .map(|past| past.display_name.clone())
                .unwrap_or_default(),
            department: past.map(|past| past.department.clone()).unwrap_or_default(),
            function,
            masked_as,
            ..told
        }
    }
}

/// How to speak of somebody of whom nothing may be told.
fn somebody() -> LocalizedText {
    LocalizedText {
        zh_cn: "您无权查看的客户的人员".to_owned(),
        en: "somebody at an account that you do not see".to_owned(),
    }
}

/// Keeps what is known of these contacts, who leave their accounts.
pub async fn keep(connection: &mut PgConnection, leaving: &[&Contact]) -> Result<(), Error> {
    if leaving.is_empty() {
        return Ok(());
    }
    let texts = |of: fn(&Contact) -> &String| -> Vec<String> {
        leaving.iter().map(|contact| of(contact).clone()).collect()
    };
    let contacts: Vec<Uuid> = leaving.iter().map(|contact| contact.id).collect();
    let accounts: Vec<Uuid> = leaving.iter().map(|contact| contact.account_id).collect();
    let functions: Vec<i32> = leaving.iter().map(|contact| contact.function).collect();
    sqlx::query!(
        "insert into accounts.contact_past (tenant_id, contact_id, account_id, display_name, department, function)
         select events.tenant_id(), n.*
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[]) as n
         on conflict on constraint contact_past_pkey do update
         set display_name = excluded.display_name, department = excluded.department, function = excluded.function",
        &contacts,
        &accounts,
        &texts(|contact| &contact.display_name),
        &texts(|contact| &contact.department),
        &functions,
    )
    .execute(connection)
    .await?;
    Ok(())
}
