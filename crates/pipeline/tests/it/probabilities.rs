//! How likely somebody holds a deal to be won, and what is computed: kept apart.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::*;
use prost::Message as _;
use tonic::Status;

use crate::world::*;

fn setting(name: &str, percent: i32) -> SetManualProbabilityRequest {
    SetManualProbabilityRequest {
        name: name.to_owned(),
        percent: Some(percent),
        reason: "总工支持我们".to_owned(),
        ..Default::default()
    }
}

async fn set(
    client: &mut Opportunities,
    request: SetManualProbabilityRequest,
) -> Result<Opportunity, Status> {
    let answer = client.set_manual_probability(request).await?;
    Ok(answer.into_inner().opportunity.unwrap())
}

fn clearing(name: &str) -> ClearManualProbabilityRequest {
    ClearManualProbabilityRequest {
        name: name.to_owned(),
        reason: "人走了".to_owned(),
        ..Default::default()
    }
}

async fn clear(
    client: &mut Opportunities,
    request: ClearManualProbabilityRequest,
) -> Result<Opportunity, Status> {
    let answer = client.clear_manual_probability(request).await?;
    Ok(answer.into_inner().opportunity.unwrap())
}

/// As whoever computes will write it.
async fn compute(world: &World, percent: &str) {
    let sql = format!(
        "update pipeline.opportunity set version = version + 1, computed_probability = {percent},
           computed_probability_model = 'models/1', computed_probability_at = now()"
    );
    let mut connection = world.superuser().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_somebody_holds_says_who_and_why() {
    let world = world().await;
    let caller = Caller::person(world.tenant, "sales_manager");
    let mut client = world.opportunities(&caller);
    let deal = create(&mut client, full()).await;
    assert_eq!(
        (&deal.manual_probability, &deal.computed_probability),
        (&None, &None)
    );
    let after = set(&mut client, setting(&deal.name, 0)).await.unwrap();
    let held = after.manual_probability.clone().unwrap();
    assert_eq!(
        (held.percent, held.reason.as_str(), held.actor),
        (0, "总工支持我们", caller.person_name())
    );
    assert!(held.set_time.is_some());
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), after);
    let (_, data) = world.last_event("OpportunityChanged").await;
    let event = OpportunityChanged::decode(data.as_slice()).unwrap();
    assert_eq!(event.reason, "总工支持我们");
    assert_eq!(event.before.unwrap().manual_probability, None);
    assert_eq!(event.after.unwrap(), after);
    let gone = clear(&mut client, clearing(&deal.name)).await.unwrap();
    assert_eq!(gone.manual_probability, None);
    let same = clear(&mut client, clearing(&deal.name)).await.unwrap();
    assert_eq!(same, gone, "what nobody holds stays so");
    assert_eq!(world.events("OpportunityChanged").await, 3);
}

#[tokio::test]
async fn neither_overwrites_the_other() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, full()).await;
    compute(&world, "37.50").await;
    let computed = |deal: &Opportunity| deal.computed_probability.clone().unwrap().percent;
    let held = |deal: &Opportunity| deal.manual_probability.as_ref().map(|it| it.percent);
    let after = set(&mut client, setting(&deal.name, 80)).await.unwrap();
    assert_eq!(
        (held(&after), computed(&after).as_str()),
        (Some(80), "37.5")
    );
    compute(&world, "12").await;
    let after = get(&mut client, &deal.name).await.unwrap();
    assert_eq!((held(&after), computed(&after).as_str()), (Some(80), "12"));
    // Nor does any other change touch either.
    let news = Opportunity {
        product: "阀门".to_owned(),
        computed_probability: None,
        manual_probability: None,
        etag: String::new(),
        ..after
    };
    let after = update(&mut client, news.clone(), &[]).await.unwrap();
    assert_eq!((held(&after), computed(&after).as_str()), (Some(80), "12"));
    for path in ["manual_probability", "computed_probability"] {
        let refused = update(&mut client, news.clone(), &[path]).await;
        assert_eq!(fields(refused), ["update_mask"]);
    }
    let abandon = AbandonOpportunityRequest {
        name: deal.name.clone(),
        reason: "不值得".to_owned(),
        ..Default::default()
    };
    let moved = world.moving().abandon_opportunity(abandon).await.unwrap();
    let after = moved.into_inner().opportunity.unwrap();
    assert_eq!((held(&after), computed(&after).as_str()), (Some(80), "12"));
    let after = clear(&mut client, clearing(&deal.name)).await.unwrap();
    assert_eq!((held(&after), computed(&after).as_str()), (None, "12"));
}

#[tokio::test]
async fn what_cannot_be_held_is_refused_with_every_bad_field() {
    let world = world().await;
    let mut client = world.manager();
    let bare = SetManualProbabilityRequest::default();
    assert_eq!(
        fields(set(&mut client, bare).await),
        ["name", "percent", "reason"]
    );
    for percent in [-1, 101] {
        let request = SetManualProbabilityRequest {
            reason: "长".repeat(2001),
            ..setting("deals/1", percent)
        };
        assert_eq!(
            fields(set(&mut client, request).await),
            ["name", "percent", "reason"]
        );
    }
    let bad = ClearManualProbabilityRequest {
        reason: "长".repeat(2001),
        ..clearing("deals/1")
    };
    assert_eq!(fields(clear(&mut client, bad).await), ["name", "reason"]);
}

#[tokio::test]
async fn only_who_sees_and_may_change_the_deal_says_how_likely_it_is() {
    let world = world().await;
    let deal = create(&mut world.manager(), full()).await;
    for (caller, expected) in [
        (Caller::seller(world.tenant), "OPPORTUNITY_NOT_FOUND"),
        (
            Caller::person(tenant(), "administrator"),
            "OPPORTUNITY_NOT_FOUND",
        ),
        (Caller::person(world.tenant, "viewer"), "PERMISSION_DENIED"),
    ] {
        let mut client = world.opportunities(&caller);
        let refused = set(&mut client, setting(&deal.name, 50)).await;
        assert_eq!(reason(refused), expected);
        let refused = clear(&mut client, clearing(&deal.name)).await;
        assert_eq!(reason(refused), expected);
    }
    let seller = Caller::seller(world.tenant);
    let mut client = world.opportunities(&seller);
    let own = create(&mut client, named("mine")).await;
    set(&mut client, setting(&own.name, 50)).await.unwrap();
}

#[tokio::test]
async fn it_is_said_once_guarded_and_checked_first() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, full()).await;
    let check = SetManualProbabilityRequest {
        validate_only: true,
        ..setting(&deal.name, 50)
    };
    let checked = set(&mut client, check).await.unwrap();
    assert!(checked.manual_probability.is_some());
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
    let once = SetManualProbabilityRequest {
        request_id: request_id(),
        etag: deal.etag.clone(),
        ..setting(&deal.name, 50)
    };
    let first = set(&mut client, once.clone()).await.unwrap();
    assert_eq!(set(&mut client, once.clone()).await.unwrap(), first);
    assert_eq!(world.events("OpportunityChanged").await, 2);
    let stale = SetManualProbabilityRequest {
        request_id: request_id(),
        ..once
    };
    assert_eq!(reason(set(&mut client, stale).await), "ETAG_MISMATCH");
    let stale = ClearManualProbabilityRequest {
        etag: deal.etag.clone(),
        ..clearing(&deal.name)
    };
    assert_eq!(reason(clear(&mut client, stale).await), "ETAG_MISMATCH");
    let check = ClearManualProbabilityRequest {
        validate_only: true,
        ..clearing(&deal.name)
    };
    clear(&mut client, check).await.unwrap();
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), first);
    let once = ClearManualProbabilityRequest {
        request_id: request_id(),
        ..clearing(&deal.name)
    };
    let cleared = clear(&mut client, once.clone()).await.unwrap();
    assert_eq!(clear(&mut client, once).await.unwrap(), cleared);
    assert_eq!(world.events("OpportunityChanged").await, 3);
}
