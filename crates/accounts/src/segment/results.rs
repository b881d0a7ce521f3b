//! What became of the deals with the members of a segment.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{GetSegmentResultsRequest, GetSegmentResultsResponse};

use super::find;
use crate::error::Error;
use crate::ids::SegmentId;
use crate::{Accounts, deal};

pub async fn results(
    service: &Accounts,
    call: &Call,
    request: GetSegmentResultsRequest,
) -> Result<GetSegmentResultsResponse, Error> {
    let mut bad = Violations::default();
    let segment: SegmentId = bad.name("segment", &request.segment);
    let start = bad.date("start_date", request.start_date);
    let end = bad.date("end_date", request.end_date);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        bad.add("end_date", "must not be before start_date");
    }
    bad.finish()?;
    let period = (start.and_then(midnight), end.and_then(midnight_after));
    let tallies = service
        .read(call, async |tx: &mut Tx| {
            find(tx, segment).await?;
            deal::in_segment(tx, call, segment, period).await
        })
        .await?;
    Ok(GetSegmentResultsResponse {
        deals: Some(deal::sum(&tallies)),
    })
}

/// Where a day begins; none at the ends of time, which bound nothing.
fn midnight(day: Date) -> Option<Timestamp> {
    let day = day.to_zoned(TimeZone::UTC).ok()?;
    Some(day.timestamp())
}

fn midnight_after(day: Date) -> Option<Timestamp> {
    midnight(day.checked_add(1.day()).ok()?)
}
