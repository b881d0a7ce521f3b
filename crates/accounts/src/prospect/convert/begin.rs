//! The first transaction of a conversion: account and contacts, and the mark that it began.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{
    ContactDetailKind, Conversion, ConvertProspectRequest, ConvertProspectResponse,
    ProspectContact, ProspectState,
};
use sqlx::PgConnection;

use super::wish::{Target, Wish};
use crate::Accounts;
use crate::account::{self, Account};
use crate::contact::{self, Contact, detail};
use crate::error::Error;
use crate::external_key::Key;
use crate::ids::{AccountId, ContactId};
use crate::prospect::refusal::Refusal;
use crate::prospect::{Prospect, belonging, record, row};

/// Begins the conversion, or finds it begun; answers the prospect as it is then.
///
/// The caller's `request_id` belongs to the end of the conversion, not to this part of it:
/// what is repeated here finds its own traces.
pub async fn begin(
    service: &Accounts,
    call: &Call,
    wish: &Wish,
    validate_only: bool,
) -> Result<Prospect, Error> {
    let part = ConvertProspectRequest {
        name: wish.prospect.to_string(),
        validate_only,
        ..ConvertProspectRequest::default()
    };
    let mut begun = None;
    service
        .mutations
        .run(call, &part, async |w: &mut Writer<'_>| {
            begun = Some(mark(w, call, wish).await?);
            Ok::<_, Error>(ConvertProspectResponse::default())
        })
        .await?;
    Ok(begun.expect("a request without id is never answered from the log"))
}

async fn mark(w: &mut Writer<'_>, call: &Call, wish: &Wish) -> Result<Prospect, Error> {
    // The prospect's key goes to the account: nobody else may bring the key in meanwhile.
    account::tree::lock(w).await?;
    let before = row::lock(w, call, wish.prospect).await?;
    wish.check(&before)?;
    if before.record.conversion.is_some() {
        return Ok(before);
    }
    let account = find_account(w, call, wish.target, &before).await?;
    let account = match account {
        Some(account) => join(w, call, account, &before).await?,
        None => make_account(w, call, &before).await?,
    };
    let contacts = make_contacts(w, call, account, &before.record.people).await?;
    insert(w, &before, account, wish.force.is_some()).await?;
    let conversion = Conversion {
        account: account.to_string(),
        contacts: contacts.iter().map(ToString::to_string).collect(),
        forced: wish.force.is_some(),
        reason: wish.force.clone().unwrap_or_default(),
        actor: call.principal.subject.clone(),
        start_time: Some(wire::timestamp(call.now)),
        ..Conversion::default()
    };
    let mut after = before.clone();
    after.record.conversion = Some(conversion);
    after.record.set_state(ProspectState::Converting);
    let after = after.touched(call.now);
    row::update(w, [&after]).await?;
    record(w, Some(&before), &after);
    Ok(after)
}

/// The account that there is already, if one is meant.
async fn find_account(
    connection: &mut PgConnection,
    call: &Call,
    target: Target,
    prospect: &Prospect,
) -> Result<Option<AccountId>, Error> {
    match target {
        Target::New => Ok(None),
        Target::Named(id) => Ok(Some(account::find(connection, call, id).await?.name())),
        Target::ByName => find_by_name(connection, call, &prospect.record.display_name).await,
    }
}

async fn find_by_name(
    connection: &mut PgConnection,
    call: &Call,
    name: &str,
) -> Result<Option<AccountId>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let found = sqlx::query_scalar!(
        "select distinct s.id
         from accounts.account a
         join accounts.account s on s.tenant_id = a.tenant_id and s.id = coalesce(a.merged_into_id, a.id)
         where a.display_name = $1 and ($2 or s.owner_id = $3 or s.team_id = any($4))
         order by s.id limit 10",
        name,
        all,
        me,
        &teams,
    )
    .fetch_all(connection)
    .await?;
    match found.as_slice() {
        [] => Ok(None),
        [id] => Ok(Some(AccountId(*id))),
        ids => Err(Refusal::AccountAmbiguous {
            name: name.to_owned(),
            accounts: ids.iter().copied().map(AccountId).collect(),
        }
        .into()),
    }
}

async fn make_account(
    w: &mut Writer<'_>,
    call: &Call,
    prospect: &Prospect,
) -> Result<AccountId, Error> {
    let told = &prospect.record;
    let (revenue_currency, revenue_amount) = told
        .annual_revenue
        .as_ref()
        .and_then(|money| wire::read_money(money).ok())
        .unzip();
    let (source_system, external_id) = free_key(w, call, prospect)
        .await?
        .map(<(String, String)>::from)
        .unzip();
    let account = Account {
        id: w.id(),
        source_system,
        external_id,
        created_at: call.now.to_sqlx(),
        updated_at: call.now.to_sqlx(),
        display_name: told.display_name.clone(),
        industry: told.industry.clone(),
        location: told.location.clone(),
        revenue_amount,
        revenue_currency,
        employee_count: told.employee_count,
        founded_year: told.founded_year,
        phone: told.phone.clone(),
        website: told.website.clone(),
        ..belonging::holder(prospect)
    };
    let change = account::save::Change {
        before: None,
        after: &account,
    };
    account::save::save(w, call, &[change]).await?;
    Ok(account.name())
}

/// The account that the prospect is, also under the prospect's key from now on, so that who
/// imports by it finds the account. What it knows already it keeps.
async fn join(
    w: &mut Writer<'_>,
    call: &Call,
    id: AccountId,
    prospect: &Prospect,
) -> Result<AccountId, Error> {
    let Some(key) = free_key(w, call, prospect).await? else {
        return Ok(id);
    };
    let before = account::update::lock(w, call, id).await?;
    let after = before.clone().with_key(key).changed(&before, call.now);
    if after != before {
        let change = account::save::Change {
            before: Some(&before),
            after: &after,
        };
        account::save::save(w, call, &[change]).await?;
    }
    Ok(id)
}

/// The prospect's key, unless an account has it already.
async fn free_key(
    connection: &mut PgConnection,
    call: &Call,
    prospect: &Prospect,
) -> Result<Option<Key>, Error> {
    let key = Key::read(prospect.record.external_key.as_ref());
    let holders = account::key::holders(connection, call, key.clone().into_iter()).await?;
    Ok(key.filter(|_| holders.is_empty()))
}

/// The people as contacts of the account, in order; whom it has by this name already is
/// taken.
async fn make_contacts(
    w: &mut Writer<'_>,
    call: &Call,
    account: AccountId,
    people: &[ProspectContact],
) -> Result<Vec<ContactId>, Error> {
    let mut contacts = Vec::new();
    for person in people {
        let known = find_contact(w, account, &person.display_name).await?;
        contacts.push(match known {
            Some(known) => known,
            None => make_contact(w, call, account, person).await?,
        });
    }
    Ok(contacts)
}

async fn find_contact(
    connection: &mut PgConnection,
    account: AccountId,
    name: &str,
) -> Result<Option<ContactId>, Error> {
    let found = sqlx::query_scalar!(
        "select id from accounts.contact
         where account_id = $1 and display_name = $2 order by id limit 1",
        account.0,
        name,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(ContactId))
}

async fn make_contact(
    w: &mut Writer<'_>,
    call: &Call,
    account: AccountId,
    person: &ProspectContact,
) -> Result<ContactId, Error> {
    let sent = proto::Contact {
        display_name: person.display_name.clone(),
        title: person.title.clone(),
        department: person.department.clone(),
        function: person.function,
        details: details(person),
        ..proto::Contact::default()
    };
    let mut bad = keynode_kit::validate::Violations::default();
    let contact = Contact::new(w.id(), account, call.now).told(&sent, call.today(), &mut bad);
    bad.finish()?;
    let name = contact.name();
    contact::save::save(w, call, &[&contact::save::Change::adding(contact)]).await?;
    Ok(name)
}

/// How to reach the person. A prospect's texts need not have the shape of a number or an
/// address: nothing is lost then, and nothing refused.
fn details(person: &ProspectContact) -> Vec<proto::ContactDetail> {
    let phone = detail::of_text(ContactDetailKind::Phone, "phone", &person.phone);
    let email = detail::of_text(ContactDetailKind::Email, "email", &person.email);
    phone.into_iter().chain(email).collect()
}

async fn insert(
    connection: &mut PgConnection,
    prospect: &Prospect,
    account: AccountId,
    forced: bool,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.prospect_conversion (tenant_id, prospect_id, account_id, forced)
         values (events.tenant_id(), $1, $2, $3)",
        prospect.id,
        account.0,
        forced,
    )
    .execute(connection)
    .await?;
    Ok(())
}
