//! Rows of the inbox.

use jiff_sqlx::ToSqlx as _;
use keynode_kit::{resource_id, wire};
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::notification::v1::{Notice, Urgency};
use sqlx::PgConnection;
use uuid::Uuid;

resource_id!(
    /// One notice.
    NoticeId,
    "notices"
);
resource_id!(
    /// Someone of the sales organisation.
    PersonId,
    "people"
);

/// In which capacity someone is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    Owner,
    Manager,
}

impl Capacity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
        }
    }
}

/// A notice to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewNotice {
    pub recipient: PersonId,
    pub capacity: Capacity,
    pub kind: &'static str,
    pub urgency: Urgency,
    pub title: LocalizedText,
    pub body: LocalizedText,
    pub subject: String,
    pub cause: Uuid,
}

pub struct Row {
    pub id: Uuid,
    pub version: i64,
    created_at: jiff_sqlx::Timestamp,
    recipient_id: Uuid,
    capacity: String,
    kind: String,
    urgency: i32,
    title_zh: String,
    title_en: String,
    body_zh: String,
    body_en: String,
    subject: String,
    cause_event_id: Uuid,
    acknowledged_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    pub fn is_acknowledged(&self) -> bool {
        self.acknowledged_at.is_some()
    }

    pub fn to_proto(&self) -> Notice {
        Notice {
            name: NoticeId(self.id).to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            recipient: PersonId(self.recipient_id).to_string(),
            capacity: self.capacity.clone(),
            kind: self.kind.clone(),
            urgency: self.urgency,
            title: Some(LocalizedText {
                zh_cn: self.title_zh.clone(),
                en: self.title_en.clone(),
            }),
            body: Some(LocalizedText {
                zh_cn: self.body_zh.clone(),
                en: self.body_en.clone(),
            }),
            subject: self.subject.clone(),
            cause: format!("events/{}", self.cause_event_id),
            acknowledge_time: self.acknowledged_at.map(|t| wire::timestamp(t.to_jiff())),
        }
    }
}

/// Writes a notice unless this person was told this already; none then.
pub async fn insert(
    connection: &mut PgConnection,
    id: Uuid,
    now: jiff::Timestamp,
    new: &NewNotice,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"insert into notification.notice
             (tenant_id, id, created_at, recipient_id, capacity, kind, urgency,
              title_zh, title_en, body_zh, body_en, subject, cause_event_id)
           values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           on conflict on constraint notice_once_key do nothing
           returning id, version, created_at, recipient_id, capacity, kind, urgency,
                     title_zh, title_en, body_zh, body_en, subject, cause_event_id, acknowledged_at"#,
        id,
        now.to_sqlx() as _,
        new.recipient.0,
        new.capacity.as_str(),
        new.kind,
        new.urgency as i32,
        new.title.zh_cn,
        new.title.en,
        new.body.zh_cn,
        new.body.en,
        new.subject,
        new.cause,
    )
    .fetch_optional(connection)
    .await
}

/// One person's notices, newest first, before the one with this id.
pub async fn list(
    connection: &mut PgConnection,
    recipient: Uuid,
    unacknowledged_only: bool,
    before: Option<Uuid>,
    at_most: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"select id, version, created_at, recipient_id, capacity, kind, urgency,
                  title_zh, title_en, body_zh, body_en, subject, cause_event_id, acknowledged_at
           from notification.notice
           where recipient_id = $1
             and (not $2 or acknowledged_at is null)
             and ($3::uuid is null or id < $3)
           order by id desc
           limit $4"#,
        recipient,
        unacknowledged_only,
        before,
        at_most,
    )
    .fetch_all(connection)
    .await
}

/// How many of a person's notices are open, counted up to `at_most`.
pub async fn count_open(
    connection: &mut PgConnection,
    recipient: Uuid,
    at_most: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
             select from notification.notice
             where recipient_id = $1 and acknowledged_at is null
             limit $2) as open"#,
        recipient,
        at_most,
    )
    .fetch_one(connection)
    .await
}

/// Reads and locks one person's notice.
pub async fn lock(
    connection: &mut PgConnection,
    id: NoticeId,
    recipient: Uuid,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"select id, version, created_at, recipient_id, capacity, kind, urgency,
                  title_zh, title_en, body_zh, body_en, subject, cause_event_id, acknowledged_at
           from notification.notice
           where id = $1 and recipient_id = $2
           for update"#,
        id.0,
        recipient,
    )
    .fetch_optional(connection)
    .await
}

/// Marks a notice as acknowledged.
pub async fn acknowledge(
    connection: &mut PgConnection,
    id: Uuid,
    now: jiff::Timestamp,
) -> Result<Row, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"update notification.notice set acknowledged_at = $2, version = version + 1
           where id = $1
           returning id, version, created_at, recipient_id, capacity, kind, urgency,
                     title_zh, title_en, body_zh, body_en, subject, cause_event_id, acknowledged_at"#,
        id,
        now.to_sqlx() as _,
    )
    .fetch_one(connection)
    .await
}
