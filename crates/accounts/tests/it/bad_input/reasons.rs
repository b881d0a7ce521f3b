//! What is said of some values, in words that tell the way out.

use jiff::ToSpan as _;
use jiff::civil::Date;
use keynode_kit::clock::Clock;
use keynode_kit::wire;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::it::bulk::{begun, called, imports};
use crate::it::contact_profile::day;
use crate::it::market::{creating, industry};
use crate::it::profiles::yuan;
use crate::it::world::{World, bad_fields, mask, reason, refused, take};

fn violations(status: &Status) -> Vec<(String, String)> {
    let bad = status.get_details_bad_request().into_iter();
    let violations = bad.flat_map(|bad| bad.field_violations);
    violations.map(|it| (it.field, it.description)).collect()
}

fn creating_account(account: Account) -> CreateAccountRequest {
    CreateAccountRequest {
        account: Some(account),
        validate_only: true,
        ..Default::default()
    }
}

fn named(field: &str, code: &str) -> (String, String) {
    let why = format!("must not contain the invisible character {code}");
    (field.to_owned(), why)
}

#[tokio::test]
async fn characters_that_nobody_sees_are_named_by_their_numbers() {
    let world = World::new().await;
    let account = Account {
        display_name: "宏远\u{200b}重工".to_owned(),
        legal_name: "宏远\u{202e}重工".to_owned(),
        tags: vec!["重点".to_owned(), "重\u{2060}点".to_owned()],
        external_key: Some(ExternalKey {
            source_system: "sap".to_owned(),
            external_id: "\u{feff}7".to_owned(),
        }),
        ..Account::default()
    };
    let mut accounts = world.accounts(&world.admin);
    let status = refused(accounts.create_account(creating_account(account)).await);
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(reason(&status), "INVALID_REQUEST");
    let mut told = violations(&status);
    told.sort();
    let expected = [
        named("account.display_name", "U+200B"),
        named("account.external_key.external_id", "U+FEFF"),
        named("account.legal_name", "U+202E"),
        named("account.tags[1]", "U+2060"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn they_stop_the_row_of_an_import_and_no_other_and_are_nothing_to_a_search() {
    let world = World::new().await;
    // Looks for duplicates before anything else is asked of the rows.
    let import = begun(&world, &world.admin, "sap", ImportDuplicates::Link).await;
    let rows = vec![
        called(1, "1", "宏\u{200b}远"),
        called(2, "2\u{feff}", "大地"),
        called(3, "3\0", "长江"),
        called(4, "4", "宏远重工"),
    ];
    let message = UploadImportRowsRequest {
        import: import.name.clone(),
        rows,
    };
    let mut imports = imports(&world, &world.admin);
    take(
        imports
            .upload_import_rows(tokio_stream::once(message))
            .await,
    );
    let request = ListImportResultsRequest {
        name: import.name,
        ..Default::default()
    };
    let results = take(imports.list_import_results(request).await).results;
    let told: Vec<(i64, Vec<(String, String)>)> = results
        .into_iter()
        .map(|row| {
            let error = row.error.map(|error| {
                let details = prost::Message::encode_to_vec(&error);
                Status::with_details(Code::from(error.code), error.message, details.into())
            });
            (row.line, error.iter().flat_map(violations).collect())
        })
        .collect();
    let key = "account.external_key.external_id";
    let nul = "must not contain a NUL character".to_owned();
    let control = "must be one line without control characters".to_owned();
    let expected = [
        (1, vec![named("account.display_name", "U+200B")]),
        (2, vec![named(key, "U+FEFF")]),
        (3, vec![(key.to_owned(), nul), (key.to_owned(), control)]),
        (4, Vec::new()),
    ];
    assert_eq!(told, expected);
    let request = SearchAccountsRequest {
        query: "宏\u{200b}远\u{feff}".to_owned(),
        ..Default::default()
    };
    let found = take(world.search(&world.admin).search_accounts(request).await);
    assert_eq!(found.hits.len(), 1, "a name is pasted with them");
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_account_is_told_at_once() {
    let world = World::new().await;
    let account = Account {
        display_name: " ".to_owned(),
        founded_year: Some(3000),
        employee_count: Some(-1),
        annual_revenue: yuan(-1),
        parent: "accounts/1".to_owned(),
        tags: vec!["重点".to_owned(), "重点".to_owned()],
        names: vec![AccountName {
            kind: AccountNameKind::Former.into(),
            text: "旧名".to_owned(),
            since: day(999, 12, 31),
            until: day(9999, 12, 31),
        }],
        credit: Some(CreditStanding {
            limit: yuan(-1),
            source: "银行".to_owned(),
            as_of: day(1800, 1, 1),
            ..CreditStanding::default()
        }),
        ..Account::default()
    };
    let mut accounts = world.accounts(&world.admin);
    let answer = accounts.create_account(creating_account(account)).await;
    let expected = [
        "account.annual_revenue",
        "account.credit.as_of",
        "account.credit.limit",
        "account.display_name",
        "account.employee_count",
        "account.founded_year",
        "account.names[0].since",
        "account.names[0].until",
        "account.parent",
        "account.tags[1]",
    ];
    assert_eq!(bad_fields(answer), expected);
}

#[tokio::test]
async fn evidence_is_of_today_but_not_of_the_day_after_tomorrow() {
    let world = World::new().await;
    let account = world.account(&world.admin, "客户").await;
    let now = Clock::system().now();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let told = |day: Date| Contact {
        account: account.name.clone(),
        display_name: "张工".to_owned(),
        concerns: vec![Concern {
            id: "price".to_owned(),
            evidence: "他说的".to_owned(),
            evidence_date: Some(wire::date(day)),
            ..Concern::default()
        }],
        ..Contact::default()
    };
    let creating = |day: Date| CreateContactRequest {
        contact: Some(told(day)),
        validate_only: true,
        ..Default::default()
    };
    let mut contacts = world.contacts(&world.admin);
    take(contacts.create_contact(creating(today)).await);
    let later = today.checked_add(3.days()).unwrap();
    let status = refused(contacts.create_contact(creating(later)).await);
    let field = "contact.concerns[0].evidence_date".to_owned();
    assert_eq!(
        violations(&status),
        [(field, "must not be in the future".to_owned())]
    );
}

#[tokio::test]
async fn a_segment_within_itself_is_refused_with_its_reason() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    let whole = take(
        segments
            .create_segment(creating(vec![industry("化工")]))
            .await,
    );
    let whole = whole.segment.unwrap();
    let part = Segment {
        parent: whole.name.clone(),
        ..creating(vec![industry("钢铁")]).segment.unwrap()
    };
    let request = CreateSegmentRequest {
        segment: Some(part),
        ..Default::default()
    };
    let part = take(segments.create_segment(request).await)
        .segment
        .unwrap();
    let request = UpdateSegmentRequest {
        segment: Some(Segment {
            parent: part.name,
            ..whole
        }),
        update_mask: mask(&["parent"]),
        ..Default::default()
    };
    let status = refused(segments.update_segment(request).await);
    assert_eq!(reason(&status), "SEGMENT_CYCLE");
}
