//! Makes a key. Its secret leaves in the answer and stays nowhere: neither in the row,
//! nor in the event, nor in the answer that is kept for a repeat of the request.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::auth::{ApiKey, ApiKeyHash};
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::METHODS;
use keynode_proto::accounts::v1::{ApiKeyChanged, CreateApiKeyRequest, CreateApiKeyResponse};

use super::{KeyRecord, Subject};
use crate::error::Error;
use crate::{Accounts, person, service_account};

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateApiKeyRequest,
) -> Result<CreateApiKeyResponse, Error> {
    let (record, subject) = read(service, call, &request)?;
    let (key, hash) = ApiKey::generate(call.tenant()?, record.id);
    let mut made = false;
    let mut answer: CreateApiKeyResponse = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            store(w, &record, subject, &hash).await?;
            made = true;
            Ok::<_, Error>(CreateApiKeyResponse {
                api_key: Some(record.to_proto()),
                secret: String::new(),
            })
        })
        .await?;
    // Another request with the same id may have won after this one had made its key.
    let is_ours = answer
        .api_key
        .as_ref()
        .is_some_and(|shown| shown.name == record.name().to_string());
    if made && is_ours && !request.validate_only {
        key.expose().clone_into(&mut answer.secret);
    }
    Ok(answer)
}

async fn store(
    w: &mut Writer<'_>,
    record: &KeyRecord,
    subject: Subject,
    hash: &ApiKeyHash,
) -> Result<(), Error> {
    match subject {
        Subject::Person(id) => person::find(w, id).await.map(|_| ())?,
        Subject::ServiceAccount(id) => service_account::require(w, id).await?,
    }
    record.insert(w, hash.as_bytes()).await?;
    let change = ApiKeyChanged {
        before: None,
        after: Some(record.to_proto()),
    };
    w.record(record.name().to_string(), record.version, &change);
    Ok(())
}

fn read(
    service: &Accounts,
    call: &Call,
    request: &CreateApiKeyRequest,
) -> Result<(KeyRecord, Subject), Error> {
    let mut bad = Violations::default();
    let subject = Subject::read("subject", &request.subject, &mut bad);
    let record = KeyRecord {
        id: service.mutations.clock.id(),
        version: 1,
        created_at: call.now.to_sqlx(),
        person_id: subject.person(),
        service_account_id: subject.service_account(),
        display_name: bad.name_text("display_name", &request.display_name, 200),
        scopes: read_scopes(&request.scopes, &call.principal.scopes, &mut bad),
        expires_at: read_expiry(request, call.now, &mut bad).map(ToSqlx::to_sqlx),
        revoked_at: None,
    };
    bad.finish()?;
    Ok((record, subject))
}

fn read_expiry(
    request: &CreateApiKeyRequest,
    now: Timestamp,
    bad: &mut Violations,
) -> Option<Timestamp> {
    match wire::read_timestamp(request.expire_time.as_ref()?) {
        Ok(at) if at > now => return Some(at),
        Ok(_) => bad.add("expire_time", "must be in the future, or unset for never"),
        Err(error) => bad.add("expire_time", error.to_string()),
    }
    None
}

/// Whoever holds a restricted credential makes no wider one.
fn read_scopes(wanted: &[String], own: &[String], bad: &mut Violations) -> Vec<String> {
    if wanted.is_empty() && !own.is_empty() {
        bad.add(
            "scopes",
            "must be set, because your own credential is restricted",
        );
    }
    let mut scopes: Vec<String> = Vec::new();
    for (index, scope) in wanted.iter().enumerate() {
        if !is_scope(scope) {
            bad.add(
                format!("scopes[{index}]"),
                "must be a permission, a prefix of one, or `read`",
            );
        } else if !own.is_empty() && !own.iter().any(|own| covers(own, scope)) {
            bad.add(
                format!("scopes[{index}]"),
                "must be within the scopes of your own credential",
            );
        } else if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    scopes
}

fn is_scope(scope: &str) -> bool {
    let prefix = scope.strip_suffix(".read").unwrap_or(scope);
    scope == "read"
        || METHODS
            .iter()
            .flat_map(|method| [Some(method.permission), method.reveals])
            .flatten()
            .any(|permission| covers(prefix, permission))
}

fn covers(wide: &str, narrow: &str) -> bool {
    wide == narrow
        || narrow
            .strip_prefix(wide)
            .is_some_and(|rest| rest.starts_with('.'))
        || (wide == "read" && narrow.ends_with(".read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad_scopes(wanted: &[&str], own: &[&str]) -> Vec<String> {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let mut bad = Violations::default();
        read_scopes(&texts(wanted), &texts(own), &mut bad);
        match bad.finish() {
            Ok(()) => Vec::new(),
            Err(fault) => fault.fields().map(|(field, _)| field.to_owned()).collect(),
        }
    }

    #[test]
    fn a_scope_is_a_permission_a_prefix_of_one_or_reading() {
        assert!(
            bad_scopes(
                &["pipeline", "accounts.people.get", "read", "accounts.read"],
                &[]
            )
            .is_empty()
        );
        assert!(
            bad_scopes(&["accounts.insiders.get", "accounts.insiders"], &[]).is_empty(),
            "also one that only lifts masks"
        );
        assert_eq!(bad_scopes(&["pipe", "", "accounts.", "销售"], &[]).len(), 4);
    }

    #[test]
    fn a_restricted_credential_makes_no_wider_one() {
        assert!(bad_scopes(&["accounts.people", "accounts.read"], &["accounts"]).is_empty());
        assert_eq!(bad_scopes(&[], &["accounts"]), ["scopes"]);
        assert_eq!(
            bad_scopes(&["accounts", "pipeline"], &["accounts.people", "pipeline"]),
            ["scopes[0]"]
        );
    }
}
