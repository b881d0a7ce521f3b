//! How a person is reached: addresses, language, days. Only the form is checked here.

use jiff::tz::TimeZone;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{NoticeAddress, NoticeChannel};

use crate::reachable::{self, DIALLED, is_number};

/// Where a person's days begin when nothing is said.
const DEFAULT_TIME_ZONE: &str = "Asia/Shanghai";
const MAX_ADDRESSES: usize = 10;
const MAX_EMAIL: usize = 254;

/// The time zone with this name; an empty one means the default.
pub fn time_zone(name: &str) -> TimeZone {
    let name = if name.is_empty() {
        DEFAULT_TIME_ZONE
    } else {
        name
    };
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// An IANA time zone that there is, or nothing.
pub fn read_time_zone(field: &str, value: &str, bad: &mut Violations) -> String {
    let name = bad.text(field, value, 64);
    if !name.is_empty() && TimeZone::get(&name).is_err() {
        bad.add(field, "must be an IANA time zone, e.g. `Asia/Shanghai`");
    }
    name
}

/// A mail address, or nothing.
pub fn read_email(field: &str, value: &str, bad: &mut Violations) -> String {
    let address = bad.text(field, value, MAX_EMAIL);
    if !address.is_empty() && !is_email(&address) {
        bad.add(field, "must be a mail address, `name@domain`");
    }
    address
}

/// A telephone number as people write it, or nothing.
pub fn read_phone(field: &str, value: &str, bad: &mut Violations) -> String {
    let number = bad.text(field, value, 40);
    if !number.is_empty() && !is_number(&number, &DIALLED) {
        bad.add(
            field,
            "must be 3 to 20 digits, with `+`, blanks, `-`, `(` and `)` at most",
        );
    }
    number
}

/// Addresses as columns: the channel of each and where it leads.
pub fn read_addresses(
    field: &str,
    sent: &[NoticeAddress],
    bad: &mut Violations,
) -> (Vec<i32>, Vec<String>) {
    if sent.len() > MAX_ADDRESSES {
        bad.add(field, format!("must be at most {MAX_ADDRESSES}"));
        return Default::default();
    }
    for (index, address) in sent.iter().enumerate() {
        let first = sent.iter().position(|other| other == address);
        if let Some(first) = first.filter(|first| *first != index) {
            bad.add(
                format!("{field}[{index}]"),
                format!("must not be the same as {field}[{first}]"),
            );
        }
    }
    sent.iter()
        .enumerate()
        .map(|(index, address)| read_address(&format!("{field}[{index}]"), address, bad))
        .unzip()
}

fn read_address(field: &str, sent: &NoticeAddress, bad: &mut Violations) -> (i32, String) {
    let channel: NoticeChannel = bad.required_enum(&format!("{field}.channel"), sent.channel);
    let field = format!("{field}.address");
    let target = bad.required_text(&field, &sent.address, 500);
    let expected = match channel {
        NoticeChannel::Email if !is_email(&target) => Some("must be a mail address"),
        NoticeChannel::Sms if !is_number(&target, &DIALLED) => Some("must be a telephone number"),
        NoticeChannel::Webhook if !is_https(&target) => Some("must begin with `https://`"),
        NoticeChannel::Wecom | NoticeChannel::Dingtalk | NoticeChannel::Feishu
            if target.contains("://") && !is_https(&target) =>
        {
            Some("must be a user id or begin with `https://`")
        }
        _ => None,
    };
    if let Some(why) = expected.filter(|_| !target.is_empty()) {
        bad.add(field, why);
    }
    (channel.into(), target)
}

/// The columns as messages.
pub fn addresses(channels: &[i32], targets: &[String]) -> Vec<NoticeAddress> {
    channels
        .iter()
        .zip(targets)
        .map(|(&channel, address)| NoticeAddress {
            channel,
            address: address.clone(),
        })
        .collect()
}

/// One to which mail can be sent: RFC 5321 carries no longer ones.
fn is_email(text: &str) -> bool {
    text.chars().count() <= MAX_EMAIL && reachable::is_email(text)
}

fn is_https(text: &str) -> bool {
    text.strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_form_of_its_channel() {
        let sent = |channel: NoticeChannel, address: &str| NoticeAddress {
            channel: channel.into(),
            address: address.to_owned(),
        };
        let mut bad = Violations::default();
        let good = [
            sent(NoticeChannel::Email, "li@example.com"),
            sent(NoticeChannel::Wecom, "lisi"),
            sent(NoticeChannel::Dingtalk, "https://oapi.dingtalk.com/robot"),
            sent(NoticeChannel::Webhook, "https://example.com/x"),
        ];
        let (channels, targets) = read_addresses("a", &good, &mut bad);
        assert!(bad.is_empty());
        assert_eq!(addresses(&channels, &targets), good);
        let wrong = [
            sent(NoticeChannel::Email, "lisi"),
            sent(NoticeChannel::Sms, "lisi"),
            sent(NoticeChannel::Webhook, "http://example.com"),
            sent(NoticeChannel::Feishu, "http://example.com"),
            sent(NoticeChannel::Unspecified, "x"),
            sent(NoticeChannel::Sms, "lisi"),
        ];
        read_addresses("a", &wrong, &mut bad);
        let fault = bad.finish().unwrap_err();
        let mut fields: Vec<&str> = fault.fields().map(|(field, _)| field).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "a[0].address",
                "a[1].address",
                "a[2].address",
                "a[3].address",
                "a[4].channel",
                "a[5]",
                "a[5].address"
            ]
        );
    }

    #[test]
    fn an_unknown_zone_is_refused_and_none_is_the_default() {
        let mut bad = Violations::default();
        assert_eq!(
            read_time_zone("z", "Asia/Shanghai", &mut bad),
            "Asia/Shanghai"
        );
        assert!(bad.is_empty());
        read_time_zone("z", "Mars/Base", &mut bad);
        assert!(!bad.is_empty());
        assert_eq!(time_zone("").iana_name(), Some(DEFAULT_TIME_ZONE));
    }
}
