//! From the log to the inbox: each event is told once to each person it concerns.

use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::consumer::Reaction;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::log::{Entry, Origin};
use keynode_kit::mutation::Writer;
use keynode_proto::notification::v1::{NoticeChanged, Urgency};

use crate::audience;
use crate::notice::{self, Capacity, NewNotice, NoticeId, PersonId};
use crate::rules::{self, Draft};
use crate::texts;

/// Writes the inbox.
#[derive(Debug)]
pub struct Inbox {
    pub clock: Clock,
    pub accounts: Channel,
}

impl Reaction for Inbox {
    type Effect = NewNotice;

    async fn decide(&self, entry: &Entry) -> Result<Vec<NewNotice>, Fault> {
        let mut notices = Vec::new();
        for draft in rules::drafts(entry)? {
            notices.extend(self.address(entry, draft).await?);
        }
        Ok(notices)
    }

    async fn apply(&self, tx: &mut Tx, entry: &Entry, new: NewNotice) -> Result<(), Fault> {
        let now = self.clock.now();
        let mut writer = Writer::new(tx, self.clock.clone());
        let id = writer.id();
        let Some(row) = notice::insert(&mut writer, id, now, &new).await? else {
            return Ok(());
        };
        let change = NoticeChanged {
            before: None,
            after: Some(row.to_proto()),
        };
        writer.record(NoticeId(id).to_string(), row.version, &change);
        writer.append(&self.origin(entry, now)).await?;
        Ok(())
    }
}

impl Inbox {
    /// Finds the people of a draft. Someone who is owner and manager is told once.
    async fn address(&self, entry: &Entry, draft: Draft) -> Result<Vec<NewNotice>, Fault> {
        let Ok(owner) = draft.owner.parse::<PersonId>() else {
            return Ok(Vec::new());
        };
        let (title, body) = texts::render(draft.kind, &draft.facts)?;
        let mut notices: Vec<NewNotice> = Vec::new();
        for (recipient, capacity, urgency) in self.told(entry, owner, draft.audience).await? {
            if notices.iter().any(|n| n.recipient == recipient) {
                continue;
            }
            notices.push(NewNotice {
                recipient,
                capacity,
                kind: draft.kind,
                urgency,
                title: title.clone(),
                body: body.clone(),
                subject: draft.subject.clone(),
                cause: entry.id,
            });
        }
        Ok(notices)
    }

    /// Whom to tell: the people meant, or those who stood in for them when it happened,
    /// unless they did it themselves.
    async fn told(
        &self,
        entry: &Entry,
        owner: PersonId,
        audience: Vec<(Capacity, Urgency)>,
    ) -> Result<Vec<(PersonId, Capacity, Urgency)>, Fault> {
        let mut meant = Vec::new();
        for (capacity, urgency) in audience {
            let person = match capacity {
                Capacity::Owner => Some(owner),
                Capacity::Manager => {
                    audience::manager_of(&self.accounts, entry.tenant, owner).await?
                }
            };
            meant.extend(person.map(|person| (person, capacity, urgency)));
        }
        let people: Vec<PersonId> = meant.iter().map(|(person, ..)| *person).collect();
        let (accounts, tenant) = (&self.accounts, entry.tenant);
        let standing_in =
            audience::standing_in(accounts, tenant, &people, entry.occurred_at).await?;
        let told = meant.into_iter().zip(standing_in);
        let is_news =
            |person: PersonId, told: PersonId| told == person || told.to_string() != entry.actor;
        Ok(told
            .filter(|((person, ..), told)| is_news(*person, *told))
            .map(|((_, capacity, urgency), told)| (told, capacity, urgency))
            .collect())
    }

    fn origin(&self, entry: &Entry, now: jiff::Timestamp) -> Origin {
        Origin {
            tenant: entry.tenant,
            service: "notification",
            actor: "services/notification".to_owned(),
            cause: format!("events/{}", entry.id),
            trace_id: entry.trace_id.clone(),
            occurred_at: now,
        }
    }
}
