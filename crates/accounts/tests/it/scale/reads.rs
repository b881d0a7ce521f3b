//! Every read that is measured, and as whom.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;

use super::ask::{Ask, Asker};
use super::load::account_id;
use super::traits::{self, LARGE_GROUP};
use super::{filters, maps};
use crate::it::attributes::declaring;
use crate::it::world::{World, take};

/// A read with its name.
pub struct Read {
    pub name: String,
    pub asker: Asker,
    pub ask: Ask,
    /// Whether it answers something.
    pub finds: bool,
    /// Whether it looks at thousands of records by its nature.
    pub is_wide: bool,
    /// What 99 of 100 calls stay below.
    pub within: Duration,
}

/// Of whoever sees all accounts, or up to a thousand.
const WITHIN: Duration = Duration::from_millis(50);
/// Of whoever sees tens of thousands among many more.
const AMONG_MANY: Duration = Duration::from_secs(1);

/// Those who ask, from one who sees few accounts at the end of all, to one who sees all.
struct Askers {
    admin: Asker,
    few: Asker,
    own: Asker,
    team: Asker,
    late: Asker,
    subtree: Asker,
}

impl Askers {
    fn new(world: &World) -> Self {
        let seller = || Caller::seller(world.tenant);
        let owner = |id| Caller {
            person: Some(id),
            ..seller()
        };
        let subtree = Caller {
            visible_teams: (0..10).map(traits::team).collect(),
            ..seller().in_team(traits::team(0))
        };
        Self {
            admin: Asker::new(world, &world.admin),
            few: Asker::new(world, &owner(traits::few())),
            own: Asker::new(world, &owner(traits::owner(5))),
            team: Asker::new(world, &seller().in_team(traits::team(3))),
            late: Asker::new(world, &seller().in_team(traits::late())),
            subtree: Asker::new(world, &subtree),
        }
    }
}

/// All reads of a world with so many accounts.
pub async fn all(world: &World, accounts: u64) -> Vec<Read> {
    let declare = declaring("area", AttributeType::Number);
    take(
        world
            .attributes(&world.admin)
            .create_attribute(declare)
            .await,
    );
    let askers = Askers::new(world);
    let mut reads = as_administrator(&askers.admin, accounts);
    let deep = deep_page(&askers.admin, accounts).await;
    reads.push(read(
        "ListAccounts deep page",
        &askers.admin,
        Ask::ListAccounts(deep),
    ));
    reads.extend(filters::filtered(&askers.admin, accounts));
    let sellers = [
        ("few", &askers.few, WITHIN),
        ("own", &askers.own, WITHIN),
        ("team", &askers.team, AMONG_MANY),
        ("late team", &askers.late, AMONG_MANY),
        ("subtree", &askers.subtree, AMONG_MANY),
    ];
    for (who, asker, within) in sellers {
        let of_seller = as_seller(who, asker, accounts).into_iter();
        reads.extend(of_seller.map(|read| Read { within, ..read }));
    }
    reads
}

pub fn read(name: impl Into<String>, asker: &Asker, ask: Ask) -> Read {
    Read {
        name: name.into(),
        asker: asker.clone(),
        ask,
        finds: true,
        is_wide: false,
        within: WITHIN,
    }
}

fn as_administrator(asker: &Asker, accounts: u64) -> Vec<Read> {
    let segment = |membership: SegmentMembership| ListSegmentMembersRequest {
        segment: maps::segment(),
        membership: membership.into(),
        ..Default::default()
    };
    let wide = |read: Read| Read {
        is_wide: true,
        ..read
    };
    let since = |last: u64| ListContactsRequest {
        updated_since: changed_last(accounts, last),
        ..Default::default()
    };
    vec![
        read("GetAccount", asker, Ask::Account),
        read("BatchGetAccounts 100", asker, Ask::Accounts(100)),
        read("GetContact", asker, Ask::Contact),
        read("BatchGetContacts 100", asker, Ask::Contacts(100)),
        read(
            "ListContacts",
            asker,
            Ask::ListContacts(ListContactsRequest::default()),
        ),
        read("ListContacts account", asker, Ask::ContactsOfAccount),
        read("ListContacts email", asker, Ask::ContactsByEmail),
        read(
            "ListContacts function",
            asker,
            Ask::ListContacts(ListContactsRequest {
                function: Function::Finance.into(),
                ..Default::default()
            }),
        ),
        read(
            "ListContacts department",
            asker,
            Ask::ListContacts(ListContactsRequest {
                department: "department 17".to_owned(),
                ..Default::default()
            }),
        ),
        read(
            "ListContacts updated_since few",
            asker,
            Ask::ListContacts(since(20)),
        ),
        read(
            "ListContacts updated_since 1 %",
            asker,
            Ask::ListContacts(since(accounts / 100)),
        ),
        read("GetOrganizationChart", asker, Ask::Chart),
        read("GetAccountRollup 10", asker, Ask::Rollup(accounts / 2)),
        wide(read("GetAccountRollup 10000", asker, Ask::Rollup(0))),
        read(
            "ListDecisionMaps",
            asker,
            Ask::Maps(ListDecisionMapsRequest::default()),
        ),
        read("ListDecisionMaps account", asker, Ask::MapsOfAccount),
        read("ListDecisionMaps contact", asker, Ask::MapsWithContact),
        read("AnalyzeDecisionMap 5 people", asker, Ask::Analysis(None)),
        read(
            "AnalyzeDecisionMap 500 people",
            asker,
            Ask::Analysis(Some(maps::LARGE)),
        ),
        read(
            "ListSegmentMembers",
            asker,
            Ask::Members(segment(SegmentMembership::Member)),
        ),
        read(
            "ListSegmentMembers undetermined",
            asker,
            Ask::Members(segment(SegmentMembership::Undetermined)),
        ),
        read("FindMatches legal names", asker, Ask::Matches),
        read("FindMatches short names", asker, Ask::ShortMatches),
        read("SearchAccounts initials", asker, Ask::FindInitials),
        read("SearchAccounts prefix", asker, Ask::FindAccounts(0, 4)),
        read("SearchAccounts substring", asker, Ask::FindAccounts(2, 4)),
        read("SearchContacts prefix", asker, Ask::FindContacts(0, 2)),
        read("SearchContacts substring", asker, Ask::FindContacts(1, 2)),
    ]
}

fn as_seller(who: &str, asker: &Asker, accounts: u64) -> Vec<Read> {
    let named = |what: &str| format!("{what} ({who})");
    let region = ListAccountsRequest {
        region: "region 7".to_owned(),
        ..Default::default()
    };
    let tag = ListAccountsRequest {
        tag: "common".to_owned(),
        ..Default::default()
    };
    let changed = ListAccountsRequest {
        updated_since: changed_last(accounts, accounts / 100),
        ..Default::default()
    };
    let segment = ListSegmentMembersRequest {
        segment: maps::segment(),
        ..Default::default()
    };
    let any = |read: Read| Read {
        finds: false,
        ..read
    };
    vec![
        read(
            named("ListAccounts"),
            asker,
            Ask::ListAccounts(ListAccountsRequest::default()),
        ),
        any(read(
            named("ListAccounts region"),
            asker,
            Ask::ListAccounts(region),
        )),
        any(read(
            named("ListAccounts tag"),
            asker,
            Ask::ListAccounts(tag),
        )),
        any(read(
            named("ListAccounts updated_since"),
            asker,
            Ask::ListAccounts(changed),
        )),
        read(
            named("ListContacts"),
            asker,
            Ask::ListContacts(ListContactsRequest::default()),
        ),
        any(read(
            named("ListDecisionMaps"),
            asker,
            Ask::Maps(ListDecisionMapsRequest::default()),
        )),
        any(read(
            named("ListSegmentMembers"),
            asker,
            Ask::Members(segment),
        )),
        any(read(
            named("SearchAccounts prefix"),
            asker,
            Ask::FindAccounts(0, 4),
        )),
    ]
}

/// So that the last so many accounts fit.
pub fn changed_last(accounts: u64, last: u64) -> Option<prost_types::Timestamp> {
    let since = traits::start() + SignedDuration::from_secs((accounts - last).cast_signed());
    Some(keynode_kit::wire::timestamp(since))
}

/// The page after most of the accounts: the key in a token replaced by a later one.
async fn deep_page(asker: &Asker, accounts: u64) -> ListAccountsRequest {
    let first = asker.accounts(ListAccountsRequest::default()).await;
    let mut token = URL_SAFE_NO_PAD.decode(first.next_page_token).unwrap();
    let late = account_id(accounts - LARGE_GROUP.min(accounts / 4));
    let place = token.len() - late.as_bytes().len();
    token[place..].copy_from_slice(late.as_bytes());
    ListAccountsRequest {
        page_token: URL_SAFE_NO_PAD.encode(token),
        ..Default::default()
    }
}
