//! Conversions that are cut, lost, raced or refused on the way: one account, one deal.

use std::time::Duration;

use keynode_kit::error::Fault;
use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;
use tonic::Code;

use super::pipeline::Mood;
use super::world::{World, bad_fields, id, metadata, reason, reason_of, refused, request_id, take};

fn converting(prospect: &Prospect) -> ConvertProspectRequest {
    ConvertProspectRequest {
        name: prospect.name.clone(),
        request_id: request_id(),
        ..Default::default()
    }
}

async fn accounts(world: &World) -> i64 {
    world.count("select count(*) from accounts.account").await
}

/// Refuses a world in which anything was made twice.
async fn assert_made_once(world: &World, prospect: &Prospect) -> Conversion {
    let conversion = world.read_prospect(&prospect.name).await;
    assert_eq!(conversion.state(), ProspectState::Converted);
    let conversion = conversion.conversion.unwrap();
    let deals = world.pipeline.opened();
    assert_eq!((accounts(world).await, deals.len()), (1, 1));
    assert_eq!(
        (&deals[0].name, &deals[0].account),
        (&conversion.opportunity, &conversion.account)
    );
    let contacts = world.count("select count(*) from accounts.contact").await;
    assert_eq!(contacts, 2);
    let finished =
        "select count(*) from accounts.prospect_conversion where opportunity_id is not null";
    assert_eq!(world.count(finished).await, 1);
    conversion
}

#[tokio::test]
async fn with_pipeline_down_nothing_is_begun() {
    let mut world = World::new().await;
    let prospect = world.qualified(&world.admin).await;
    world.pipeline.stop().await;
    let mut prospects = world.prospects(&world.admin);
    let status = refused(prospects.convert_prospect(converting(&prospect)).await);
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "UNAVAILABLE")
    );
    assert_eq!(metadata(&status, "service").as_deref(), Some("pipeline"));
    assert_eq!(world.read_prospect(&prospect.name).await, prospect);
    assert_eq!(accounts(&world).await, 0);
}

#[tokio::test]
async fn what_pipeline_would_refuse_leaves_no_account_behind() {
    let world = World::new().await;
    let prospect = world.qualified(&world.admin).await;
    let mut prospects = world.prospects(&world.admin);
    let bad = Fault::new(Code::InvalidArgument, "INVALID_REQUEST", "bad")
        .field("opportunity.amount", "must not be negative");
    world.pipeline.feel(Mood::Refusing(bad));
    let answer = prospects.convert_prospect(converting(&prospect)).await;
    assert_eq!(bad_fields(answer), ["opportunity.amount"]);
    let denied = Fault::new(Code::PermissionDenied, "PERMISSION_DENIED", "no");
    world.pipeline.feel(Mood::Refusing(denied));
    let status = refused(prospects.convert_prospect(converting(&prospect)).await);
    assert_eq!(reason(&status), "PERMISSION_DENIED");
    assert_eq!(metadata(&status, "service").as_deref(), Some("pipeline"));
    assert_eq!(world.read_prospect(&prospect.name).await, prospect);
    assert_eq!(accounts(&world).await, 0);
}

#[tokio::test]
async fn a_conversion_goes_on_where_it_stopped() {
    for mood in [Mood::Failing, Mood::Mute] {
        let world = World::new().await;
        let prospect = world.qualified(&world.admin).await;
        let mut prospects = world.prospects(&world.admin);
        let request = ConvertProspectRequest {
            etag: prospect.etag.clone(),
            ..converting(&prospect)
        };
        world.pipeline.feel(mood.clone());
        for _ in 0..2 {
            let answer = prospects.convert_prospect(request.clone()).await;
            assert_eq!(reason_of(answer), "UNAVAILABLE", "{mood:?}");
        }
        let stopped = world.read_prospect(&prospect.name).await;
        assert_eq!(stopped.state(), ProspectState::Converting);
        world.pipeline.feel(Mood::Willing);
        let first = take(prospects.convert_prospect(request.clone()).await);
        assert_eq!(take(prospects.convert_prospect(request).await), first);
        let conversion = assert_made_once(&world, &prospect).await;
        assert_eq!(first.prospect.unwrap().conversion, Some(conversion.clone()));
        assert_eq!(conversion.account, stopped.conversion.unwrap().account);
    }
}

#[tokio::test]
async fn what_is_being_converted_neither_changes_nor_goes_away() {
    let world = World::new().await;
    let prospect = world.qualified(&world.admin).await;
    let mut prospects = world.prospects(&world.admin);
    world.pipeline.feel(Mood::Failing);
    let answer = prospects.convert_prospect(converting(&prospect)).await;
    assert_eq!(reason_of(answer), "UNAVAILABLE");
    let dismiss = DismissProspectRequest {
        name: prospect.name.clone(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    let update = UpdateProspectRequest {
        prospect: Some(Prospect {
            name: prospect.name.clone(),
            phone: "1".to_owned(),
            ..Prospect::default()
        }),
        ..Default::default()
    };
    for reason in [
        reason_of(prospects.dismiss_prospect(dismiss).await),
        reason_of(prospects.update_prospect(update).await),
    ] {
        assert_eq!(reason, "PROSPECT_CLOSED");
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_in_between_loses_nothing() {
    let world = World::new().await;
    let prospect = world.qualified(&world.admin).await;
    let request = converting(&prospect);
    world.pipeline.feel(Mood::Hanging);
    let mut prospects = world.prospects(&world.admin);
    let cut = {
        let (mut prospects, request) = (prospects.clone(), request.clone());
        tokio::spawn(async move { prospects.convert_prospect(request).await })
    };
    while world.read_prospect(&prospect.name).await.state() != ProspectState::Converting {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cut.abort();
    assert!(cut.await.unwrap_err().is_cancelled(), "it still waited");
    let stopped = world.read_prospect(&prospect.name).await;
    assert_eq!(stopped.state(), ProspectState::Converting);
    world.pipeline.feel(Mood::Willing);
    let first = take(prospects.convert_prospect(request.clone()).await);
    assert_eq!(take(prospects.convert_prospect(request).await), first);
    assert_made_once(&world, &prospect).await;
}

#[tokio::test]
async fn many_who_convert_at_once_convert_once() {
    let world = World::new().await;
    let prospect = world.qualified(&world.admin).await;
    world.warm_up().await;
    let request = converting(&prospect);
    let calls: Vec<_> = (0..12)
        .map(|number| {
            let mut prospects = world.prospects(&world.admin);
            let mut request = request.clone();
            match number % 3 {
                0 => {}
                1 => request.request_id = request_id(),
                _ => request.request_id.clear(),
            }
            tokio::spawn(async move { take(prospects.convert_prospect(request).await) })
        })
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all are answered the same");
    assert_made_once(&world, &prospect).await;
    assert_eq!(world.events(&prospect.name).await.len(), 4);
}

#[tokio::test]
async fn somebody_else_goes_on_with_the_deal_that_was_opened() {
    let world = World::new().await;
    let team = world.team("西北", "", "").await;
    let seller = world.seller(&team.name).await;
    let lead = world.seller(&team.name).await.in_team(id(&team.name));
    let prospect = world.qualified(&seller).await;
    world.pipeline.feel(Mood::Mute);
    let mut prospects = world.prospects(&seller);
    let lost = prospects.convert_prospect(converting(&prospect)).await;
    assert_eq!(reason_of(lost), "UNAVAILABLE");
    world.pipeline.feel(Mood::Willing);
    let other_words = ConvertProspectRequest {
        opportunity: Some(ConversionOpportunity {
            display_name: "另一个名称".to_owned(),
            ..ConversionOpportunity::default()
        }),
        ..converting(&prospect)
    };
    take(world.prospects(&lead).convert_prospect(other_words).await);
    assert_made_once(&world, &prospect).await;
}

#[tokio::test]
async fn a_deal_that_is_not_seen_is_left_to_who_opened_it() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let prospect = world.qualified(&seller).await;
    world.pipeline.feel(Mood::Mute);
    let request = converting(&prospect);
    let mut prospects = world.prospects(&seller);
    let lost = prospects.convert_prospect(request.clone()).await;
    assert_eq!(reason_of(lost), "UNAVAILABLE");
    world.pipeline.feel(Mood::Willing);
    world.pipeline.hide_deals();
    let other: &Caller = &world.admin;
    let status = refused(
        world
            .prospects(other)
            .convert_prospect(converting(&prospect))
            .await,
    );
    assert_eq!(reason(&status), "CONVERSION_UNDER_WAY");
    assert_eq!(metadata(&status, "actor"), Some(seller.person_name()));
    take(prospects.convert_prospect(request).await);
    assert_made_once(&world, &prospect).await;
}
