//! The reads that are measured, each as a question about the account with a number.

use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::accounts_service_client::AccountsServiceClient;
use keynode_proto::accounts::v1::contacts_service_client::ContactsServiceClient;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::matching_service_client::MatchingServiceClient;
use keynode_proto::accounts::v1::search_service_client::SearchServiceClient;
use keynode_proto::accounts::v1::segments_service_client::SegmentsServiceClient;
use keynode_proto::accounts::v1::*;

use super::generated::Generated;
use super::load::{account_id, contact_id};
use super::maps;
use crate::it::matching::query;
use crate::it::world::{World, take};

/// Somebody with an open connection.
#[derive(Clone)]
pub struct Asker(Channel);

/// One read.
pub enum Ask {
    Account,
    Accounts(usize),
    ListAccounts(ListAccountsRequest),
    Contact,
    Contacts(usize),
    ListContacts(ListContactsRequest),
    ContactsOfAccount,
    ContactsByEmail,
    Chart,
    Rollup(u64),
    Maps(ListDecisionMapsRequest),
    MapsOfAccount,
    MapsWithContact,
    Analysis(Option<u64>),
    Members(ListSegmentMembersRequest),
    Matches,
    ShortMatches,
    FindAccounts(usize, usize),
    FindInitials,
    FindContacts(usize, usize),
}

impl Asker {
    pub fn new(world: &World, caller: &Caller) -> Self {
        Self(world.server.connect(caller))
    }

    pub async fn accounts(&self, request: ListAccountsRequest) -> ListAccountsResponse {
        let mut accounts = AccountsServiceClient::new(self.0.clone());
        take(accounts.list_accounts(request).await)
    }

    /// Asks about an account; answers how many records came.
    pub async fn ask(&self, ask: &Ask, number: u64) -> usize {
        match ask {
            Ask::Account | Ask::Accounts(_) | Ask::ListAccounts(_) | Ask::Rollup(_) => {
                self.ask_accounts(ask, number).await
            }
            Ask::Maps(_)
            | Ask::MapsOfAccount
            | Ask::MapsWithContact
            | Ask::Analysis(_)
            | Ask::Members(_) => self.ask_maps(ask, number).await,
            Ask::Matches
            | Ask::ShortMatches
            | Ask::FindInitials
            | Ask::FindAccounts(..)
            | Ask::FindContacts(..) => self.ask_search(ask, number).await,
            _ => self.ask_contacts(ask, number).await,
        }
    }

    async fn ask_accounts(&self, ask: &Ask, number: u64) -> usize {
        let mut accounts = AccountsServiceClient::new(self.0.clone());
        match ask {
            Ask::Accounts(count) => {
                let numbers = (0..*count as u64).map(|n| number / 2 + n * 97);
                let names = numbers.map(account).collect();
                let request = BatchGetAccountsRequest { names };
                take(accounts.batch_get_accounts(request).await)
                    .accounts
                    .len()
            }
            Ask::ListAccounts(request) => self.accounts(request.clone()).await.accounts.len(),
            Ask::Rollup(of) => {
                let request = GetAccountRollupRequest { name: account(*of) };
                let rollup = take(accounts.get_account_rollup(request).await).rollup;
                rollup.unwrap().account_count as usize
            }
            _ => {
                let request = GetAccountRequest {
                    name: account(number),
                };
                take(accounts.get_account(request).await)
                    .account
                    .iter()
                    .count()
            }
        }
    }

    async fn ask_contacts(&self, ask: &Ask, number: u64) -> usize {
        let mut contacts = ContactsServiceClient::new(self.0.clone());
        let request = match ask {
            Ask::Contact => {
                let request = GetContactRequest {
                    name: contact(number),
                };
                return take(contacts.get_contact(request).await)
                    .contact
                    .iter()
                    .count();
            }
            Ask::Contacts(count) => {
                let numbers = (0..*count as u64).map(|n| number / 2 + n * 97);
                let names = numbers.map(contact).collect();
                let request = BatchGetContactsRequest { names };
                return take(contacts.batch_get_contacts(request).await)
                    .contacts
                    .len();
            }
            Ask::Chart => {
                let request = GetOrganizationChartRequest {
                    account: account(number),
                };
                return take(contacts.get_organization_chart(request).await)
                    .nodes
                    .len();
            }
            Ask::ContactsOfAccount => ListContactsRequest {
                account: account(number),
                ..Default::default()
            },
            Ask::ContactsByEmail => ListContactsRequest {
                email: super::load::email(number * 5),
                ..Default::default()
            },
            Ask::ListContacts(request) => request.clone(),
            _ => unreachable!("asked elsewhere"),
        };
        take(contacts.list_contacts(request).await).contacts.len()
    }

    async fn ask_maps(&self, ask: &Ask, number: u64) -> usize {
        let mut maps = DecisionMapsServiceClient::new(self.0.clone());
        let with_map = number - number % maps::WITH_MAP;
        let request = match ask {
            Ask::Members(request) => {
                let mut segments = SegmentsServiceClient::new(self.0.clone());
                let answer = take(segments.list_segment_members(request.clone()).await);
                return answer.members.len();
            }
            Ask::Analysis(large) => {
                let request = AnalyzeDecisionMapRequest {
                    name: maps::map(large.unwrap_or(with_map)),
                };
                return take(maps.analyze_decision_map(request).await)
                    .analysis
                    .iter()
                    .count();
            }
            Ask::MapsOfAccount => ListDecisionMapsRequest {
                account: account(with_map),
                ..Default::default()
            },
            Ask::MapsWithContact => ListDecisionMapsRequest {
                contact: contact(with_map * super::CONTACTS_PER_ACCOUNT),
                ..Default::default()
            },
            Ask::Maps(request) => request.clone(),
            _ => unreachable!("asked elsewhere"),
        };
        take(maps.list_decision_maps(request).await)
            .decision_maps
            .len()
    }

    async fn ask_search(&self, ask: &Ask, number: u64) -> usize {
        let part = |of: Generated, from: usize, length: usize| -> String {
            of.text.chars().skip(from).take(length).collect()
        };
        let mut search = SearchServiceClient::new(self.0.clone());
        match *ask {
            Ask::FindAccounts(from, length) => {
                let query = part(Generated::account(number), from, length);
                let request = SearchAccountsRequest {
                    query,
                    ..Default::default()
                };
                take(search.search_accounts(request).await).hits.len()
            }
            Ask::FindContacts(from, length) => {
                let query = part(Generated::contact(number), from, length);
                let request = SearchContactsRequest {
                    query,
                    ..Default::default()
                };
                take(search.search_contacts(request).await).hits.len()
            }
            Ask::FindInitials => {
                // Accounts with Western names have none; their neighbours do.
                let number = number - number % 10 + 1;
                let query = Generated::account(number).initials().unwrap();
                let request = SearchAccountsRequest {
                    query,
                    ..Default::default()
                };
                take(search.search_accounts(request).await).hits.len()
            }
            _ => {
                let account = Generated::account(number);
                let name = match ask {
                    Ask::ShortMatches => account.short,
                    _ => account.text,
                };
                let request = FindMatchesRequest {
                    queries: vec![query(&name)],
                    ..Default::default()
                };
                let mut matching = MatchingServiceClient::new(self.0.clone());
                take(matching.find_matches(request).await).results.len()
            }
        }
    }
}

pub fn account(number: u64) -> String {
    format!("accounts/{}", account_id(number))
}

pub fn contact(number: u64) -> String {
    format!("contacts/{}", contact_id(number))
}
