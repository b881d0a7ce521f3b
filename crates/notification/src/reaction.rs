//! From the log to the inbox: each event is told once to each person it concerns.

use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::consumer::Reaction;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::log::{Entry, Origin};
use keynode_kit::mutation::Writer;
use keynode_proto::notification::v1::NoticeChanged;

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
        for (capacity, urgency) in draft.audience {
            let recipient = match capacity {
                Capacity::Owner => Some(owner),
                Capacity::Manager => {
                    audience::manager_of(&self.accounts, entry.tenant, owner).await?
                }
            };
            let Some(recipient) = recipient.filter(|r| notices.iter().all(|n| n.recipient != *r))
            else {
                continue;
            };
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
