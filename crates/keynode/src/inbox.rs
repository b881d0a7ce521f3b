//! `keynode inbox`: what the caller was told.

use keynode_proto::notification::v1::inbox_service_client::InboxServiceClient;
use keynode_proto::notification::v1::{ListNoticesRequest, Notice, Urgency};

use crate::connect::{ConnectArgs, answer};
use crate::diagnose::Language;
use crate::out;

/// Which notices to list.
#[derive(Debug, clap::Args)]
pub struct InboxArgs {
    /// Only those that are not acknowledged.
    #[arg(long)]
    pub unacknowledged: bool,
    /// At most this many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub limit: i32,
    /// The language of the texts; default: that of the terminal.
    #[arg(long, value_enum, default_value_t = Language::of_terminal())]
    pub lang: Language,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Lists the caller's notices, newest first.
pub async fn run(args: InboxArgs) -> anyhow::Result<()> {
    let mut inbox = InboxServiceClient::new(args.connect.connect()?.channel);
    let unacknowledged_only = args.unacknowledged;
    let request = ListNoticesRequest {
        page_size: args.limit,
        unacknowledged_only,
        ..ListNoticesRequest::default()
    };
    let page = answer(inbox.list_notices(request).await)?;
    for notice in &page.notices {
        match args.json {
            true => out::line(serde_json::to_string(&out::json::of(notice)?)?)?,
            false => out::text(&shown(notice, args.lang))?,
        }
    }
    if !args.json && page.notices.is_empty() {
        out::remark("the inbox is empty");
    }
    if !page.next_page_token.is_empty() {
        out::remark(format_args!(
            "there are more; --limit shows up to 1000, now {}",
            args.limit
        ));
    }
    Ok(())
}

fn shown(notice: &Notice, lang: Language) -> String {
    let mark = match notice.urgency() {
        Urgency::High => "!!",
        Urgency::Normal => "! ",
        Urgency::Low | Urgency::Unspecified => "  ",
    };
    let seconds = notice.create_time.as_ref().map_or(0, |t| t.seconds);
    let time = jiff::Timestamp::from_second(seconds)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::system());
    let done = if notice.acknowledge_time.is_some() {
        " ✓"
    } else {
        ""
    };
    let (title, body) = (
        lang.pick(notice.title.as_ref()),
        lang.pick(notice.body.as_ref()),
    );
    format!(
        "{mark} {}  {title}{done}\n     {body}\n     {}  {}\n",
        time.strftime("%Y-%m-%d %H:%M"),
        notice.subject,
        notice.name
    )
}

#[cfg(test)]
mod tests {
    use keynode_proto::common::v1::LocalizedText;

    use super::*;

    #[test]
    fn a_notice_is_shown_in_the_language_asked_for() {
        let title = LocalizedText {
            zh_cn: "赢单:阀门".into(),
            en: "Won: valves".into(),
        };
        let notice = Notice {
            urgency: Urgency::High.into(),
            title: Some(title),
            subject: "opportunities/1".into(),
            ..Notice::default()
        };
        assert!(
            shown(&notice, Language::Zh).starts_with("!! 1970-01-01")
                && shown(&notice, Language::Zh).contains("赢单:阀门\n")
        );
        assert!(shown(&notice, Language::En).contains("Won: valves\n"));
    }
}
