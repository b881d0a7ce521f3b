//! What came of the prospects, per channel and per version of the definition (R30).

use std::collections::BTreeMap;

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetProspectingResultsRequest, GetProspectingResultsResponse, ProspectState, ProspectingResult,
    ScreeningOutcome,
};
use keynode_proto::common::v1::LocalizedText;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Accounts;
use crate::deal::State;
use crate::error::Error;
use crate::ids::{PersonId, TargetDefinitionId};

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetProspectingResultsRequest,
) -> Result<GetProspectingResultsResponse, Error> {
    let filter = Filter::read(&request)?;
    let groups = service
        .read(call, async |tx: &mut Tx| count(tx, call, &filter).await)
        .await?;
    Ok(GetProspectingResultsResponse {
        by_channel: by_channel(&groups),
        by_target_definition: by_definition(&groups),
        reference: Some(reference()),
    })
}

/// What the essay says of the first year (R30).
fn reference() -> LocalizedText {
    LocalizedText {
        zh_cn: "第一年从事销售工作中的人80%的失败是由于选择了不合格的潜在客户".to_owned(),
        en: "80% of failures in a seller's first year come from unqualified prospects".to_owned(),
    }
}

struct Filter {
    from: Option<jiff_sqlx::Date>,
    to: Option<jiff_sqlx::Date>,
    owner: Option<PersonId>,
}

impl Filter {
    fn read(request: &GetProspectingResultsRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let from = bad.date("found_from_date", request.found_from_date);
        let to = bad.date("found_to_date", request.found_to_date);
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            bad.add("found_to_date", "must not be before found_from_date");
        }
        let owner = bad.optional_name("owner", &request.owner);
        bad.finish()?;
        Ok(Self {
            from: from.map(ToSqlx::to_sqlx),
            to: to.map(ToSqlx::to_sqlx),
            owner,
        })
    }
}

/// How many prospects share all of this.
#[derive(Clone, Debug)]
struct Group {
    channel: i32,
    definition: Option<Uuid>,
    /// The definition's version number.
    revision: Option<i32>,
    outcome: Option<i32>,
    state: i32,
    forced: bool,
    /// Of the deal that it became, if that is closed: as `accounts.deal_result` has it.
    end: Option<String>,
    count: i64,
}

async fn count(
    connection: &mut PgConnection,
    call: &Call,
    filter: &Filter,
) -> Result<Vec<Group>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Group,
        r#"select p.channel, p.screened_by_id as definition, d.revision as "revision?", p.outcome, p.state,
                  coalesce(c.forced, false) as "forced!", r.state as "end?", count(*) as "count!"
           from accounts.prospect p
           left join accounts.target_definition d on d.tenant_id = p.tenant_id and d.id = p.screened_by_id
           left join accounts.prospect_conversion c on c.tenant_id = p.tenant_id and c.prospect_id = p.id
           left join accounts.deal_result r on r.tenant_id = c.tenant_id and r.opportunity_id = c.opportunity_id
           where ($1 or p.owner_id = $2 or p.team_id = any($3))
             and ($4::date is null or p.found_on >= $4)
             and ($5::date is null or p.found_on <= $5)
             and ($6::uuid is null or p.owner_id = $6)
           group by 1, 2, 3, 4, 5, 6, 7"#,
        all,
        me,
        &teams,
        filter.from as _,
        filter.to as _,
        filter.owner.map(|id| id.0),
    );
    Ok(rows.fetch_all(connection).await?)
}

fn by_channel(groups: &[Group]) -> Vec<ProspectingResult> {
    let mut results: BTreeMap<i32, ProspectingResult> = BTreeMap::new();
    for group in groups {
        let result = results.entry(group.channel).or_default();
        result.channel = group.channel;
        add(result, group);
    }
    results.into_values().map(finished).collect()
}

/// Ids are UUIDv7 and none sorts first, so that the order is the one in which they were made.
fn by_definition(groups: &[Group]) -> Vec<ProspectingResult> {
    let mut results: BTreeMap<Option<Uuid>, ProspectingResult> = BTreeMap::new();
    for group in groups {
        let result = results.entry(group.definition).or_default();
        result.target_definition =
            keynode_kit::name::optional::<TargetDefinitionId>(group.definition);
        result.target_definition_version = group.revision.unwrap_or_default();
        add(result, group);
    }
    results.into_values().map(finished).collect()
}

fn add(result: &mut ProspectingResult, group: &Group) {
    result.listed += group.count;
    let ended = |state: State| match group.end.as_deref() == Some(state.name()) {
        true => group.count,
        false => 0,
    };
    *result.won.get_or_insert_default() += ended(State::Won);
    *result.lost.get_or_insert_default() += ended(State::Lost);
    if let Some(outcome) = group.outcome {
        result.screened += group.count;
        match ScreeningOutcome::try_from(outcome).unwrap_or_default() {
            ScreeningOutcome::Qualified => result.qualified += group.count,
            ScreeningOutcome::Unqualified => result.unqualified += group.count,
            _ => result.undetermined += group.count,
        }
    }
    match ProspectState::try_from(group.state).unwrap_or_default() {
        ProspectState::Converted => {
            result.converted += group.count;
            result.forced += if group.forced { group.count } else { 0 };
        }
        ProspectState::Dismissed => result.dismissed += group.count,
        _ => {}
    }
}

/// What could not be judged counts neither for nor against the share.
fn finished(mut result: ProspectingResult) -> ProspectingResult {
    let judged = result.qualified + result.unqualified;
    result.qualified_percent = (result.qualified * 100)
        .checked_div(judged)
        .and_then(|percent| i32::try_from(percent).ok());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(outcome: Option<ScreeningOutcome>, state: ProspectState, count: i64) -> Group {
        Group {
            channel: 1,
            definition: outcome.map(|_| Uuid::max()),
            revision: outcome.map(|_| 2),
            outcome: outcome.map(i32::from),
            state: state.into(),
            forced: outcome == Some(ScreeningOutcome::Unqualified),
            end: None,
            count,
        }
    }

    #[test]
    fn deals_count_by_how_they_ended() {
        let ended = |end: Option<State>, count| Group {
            end: end.map(|state| state.name().to_owned()),
            ..group(None, ProspectState::Converted, count)
        };
        let groups = [
            ended(Some(State::Won), 2),
            ended(Some(State::Lost), 3),
            ended(Some(State::Abandoned), 4),
            ended(None, 5),
        ];
        let channel = by_channel(&groups).remove(0);
        assert_eq!((channel.won, channel.lost), (Some(2), Some(3)));
        assert_eq!(channel.converted, 14);
    }

    #[test]
    fn the_share_is_of_those_that_could_be_judged() {
        let groups = [
            group(None, ProspectState::Listed, 5),
            group(
                Some(ScreeningOutcome::Undetermined),
                ProspectState::Undetermined,
                3,
            ),
            group(
                Some(ScreeningOutcome::Qualified),
                ProspectState::Converted,
                1,
            ),
            group(
                Some(ScreeningOutcome::Unqualified),
                ProspectState::Converted,
                2,
            ),
        ];
        let channel = by_channel(&groups).remove(0);
        assert_eq!(
            (channel.listed, channel.screened, channel.undetermined),
            (11, 6, 3)
        );
        assert_eq!((channel.converted, channel.forced), (3, 2));
        assert_eq!(channel.qualified_percent, Some(33));
        let definitions = by_definition(&groups);
        assert_eq!(
            (definitions[0].listed, definitions[0].qualified_percent),
            (5, None)
        );
        assert_eq!(definitions[1].target_definition_version, 2);
    }
}
