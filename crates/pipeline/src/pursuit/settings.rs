//! `GetPursuitSettings` and `PutPursuitSettings`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::{etag, log};
use keynode_proto::pipeline::v1 as proto;

use super::row;
use super::summary::Settings;
use crate::Pipeline;
use crate::error::Error;
use crate::money::{self, Least, Limits, SHARE};

/// The subject of the events: a tenant has one setting.
const SUBJECT: &str = "pursuitSettings/-";
const THRESHOLD: Limits = Limits {
    least: Least::AboveZero,
    most: 1000,
    digits: 4,
    unit: "percent",
};

impl Settings {
    fn to_proto(&self) -> proto::PursuitSettings {
        let margin = self.default_margin.map(|it| it.normalize().to_string());
        proto::PursuitSettings {
            warn_percent: self.warn.normalize().to_string(),
            alarm_percent: self.alarm.normalize().to_string(),
            default_margin_percent: margin.unwrap_or_default(),
            etag: self.revision.to_string(),
        }
    }
}

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    _: proto::GetPursuitSettingsRequest,
) -> Result<proto::GetPursuitSettingsResponse, Error> {
    let work = async |tx: &mut Tx| Ok::<_, Error>(row::settings(tx).await?);
    let settings = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetPursuitSettingsResponse {
        settings: Some(settings.to_proto()),
    })
}

pub async fn put(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::PutPursuitSettingsRequest,
) -> Result<proto::PutPursuitSettingsResponse, Error> {
    let news = read(request.settings.as_ref())?;
    let work = async |w: &mut Writer<'_>| {
        log::take_turn(w, &[SUBJECT.to_owned()]).await?;
        let before = row::settings(w).await?;
        etag::check(SUBJECT, &request.etag, before.revision)?;
        let same = Settings {
            revision: before.revision,
            ..news.clone()
        };
        if same == before {
            return Ok(proto::PutPursuitSettingsResponse {
                settings: Some(before.to_proto()),
            });
        }
        let after = Settings {
            revision: before.revision + 1,
            ..news
        };
        row::save(w, &after).await?;
        let changed = proto::PursuitSettingsChanged {
            before: Some(before.to_proto()),
            after: Some(after.to_proto()),
        };
        w.record(SUBJECT, after.revision, &changed);
        Ok(proto::PutPursuitSettingsResponse {
            settings: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(news: Option<&proto::PursuitSettings>) -> Result<Settings, Error> {
    let news = news.cloned().unwrap_or_default();
    let mut bad = Violations::default();
    let field = "settings.warn_percent";
    let warn = money::required_decimal(&mut bad, field, &news.warn_percent, THRESHOLD);
    let field = "settings.alarm_percent";
    let alarm = money::required_decimal(&mut bad, field, &news.alarm_percent, THRESHOLD);
    if warn.zip(alarm).is_some_and(|(warn, alarm)| alarm < warn) {
        bad.add(field, "must not be below the threshold of warning");
    }
    let field = "settings.default_margin_percent";
    let margin = money::decimal(&mut bad, field, &news.default_margin_percent, SHARE);
    bad.finish()?;
    Ok(Settings {
        warn: warn.unwrap_or_default(),
        alarm: alarm.unwrap_or_default(),
        default_margin: margin,
        revision: 0,
    })
}
