//! The list of accounts by each filter, rare and common.

use keynode_proto::accounts::v1::attribute_value::Value;
use keynode_proto::accounts::v1::*;

use super::ask::{Ask, Asker, account};
use super::reads::{Read, changed_last, read};
use super::traits;
use crate::it::attributes::valued;

/// The list of accounts with each filter.
pub fn filtered(asker: &Asker, accounts: u64) -> Vec<Read> {
    let all = ListAccountsRequest::default;
    let area = || Some(valued("area", Value::Number("17".to_owned())));
    let requests = [
        ("", all()),
        (
            "owner",
            ListAccountsRequest {
                owner: format!("people/{}", traits::owner(5)),
                ..all()
            },
        ),
        (
            "team",
            ListAccountsRequest {
                team: format!("teams/{}", traits::late()),
                ..all()
            },
        ),
        (
            "region",
            ListAccountsRequest {
                region: "region 7".to_owned(),
                ..all()
            },
        ),
        (
            "rare region",
            ListAccountsRequest {
                region: "region 99".to_owned(),
                ..all()
            },
        ),
        (
            "industry",
            ListAccountsRequest {
                industry: "industry 7".to_owned(),
                ..all()
            },
        ),
        ("kind", ListAccountsRequest { kind: 3, ..all() }),
        ("level", ListAccountsRequest { level: 3, ..all() }),
        (
            "tag",
            ListAccountsRequest {
                tag: "common".to_owned(),
                ..all()
            },
        ),
        (
            "rare tag",
            ListAccountsRequest {
                tag: "rare".to_owned(),
                ..all()
            },
        ),
        (
            "attribute",
            ListAccountsRequest {
                attribute: area(),
                ..all()
            },
        ),
        (
            "tag and attribute",
            ListAccountsRequest {
                tag: "common".to_owned(),
                attribute: Some(valued("area", Value::Number("20".to_owned()))),
                ..all()
            },
        ),
        (
            "parent",
            ListAccountsRequest {
                parent: account(accounts / 2),
                ..all()
            },
        ),
        (
            "large parent",
            ListAccountsRequest {
                parent: account(0),
                ..all()
            },
        ),
        (
            "ancestor",
            ListAccountsRequest {
                ancestor: account(accounts / 2),
                ..all()
            },
        ),
        (
            "large ancestor",
            ListAccountsRequest {
                ancestor: account(0),
                ..all()
            },
        ),
        (
            "updated_since few",
            ListAccountsRequest {
                updated_since: changed_last(accounts, 20),
                ..all()
            },
        ),
        (
            "updated_since 1 %",
            ListAccountsRequest {
                updated_since: changed_last(accounts, accounts / 100),
                ..all()
            },
        ),
        (
            "updated_since half",
            ListAccountsRequest {
                updated_since: changed_last(accounts, accounts / 2),
                ..all()
            },
        ),
        (
            "source_system",
            ListAccountsRequest {
                source_system: "erp".to_owned(),
                ..all()
            },
        ),
        (
            "rare source_system",
            ListAccountsRequest {
                source_system: "legacy".to_owned(),
                ..all()
            },
        ),
    ];
    let reads = requests.map(|(filter, request)| Read {
        is_wide: filter == "large ancestor" || filter == "updated_since half",
        ..read(
            format!("ListAccounts {filter}"),
            asker,
            Ask::ListAccounts(request),
        )
    });
    reads.into()
}
