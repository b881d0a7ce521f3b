//! What pursuing a deal costs, against what it is expected to bring.

use keynode_kit::testing::Caller;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::*;
use prost_types::FieldMask;

use crate::world::*;

fn creating(name: &str, amount: Option<Money>) -> CreatePursuitCostRequest {
    CreatePursuitCostRequest {
        parent: name.to_owned(),
        cost: Some(PursuitCost {
            date: date(2026, 7, 1),
            category: PursuitCategory::Travel.into(),
            amount,
            note: "银川往返".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

async fn create_cost(
    world: &World,
    caller: &Caller,
    request: CreatePursuitCostRequest,
) -> PursuitCost {
    let answer = world
        .pursuit(caller)
        .create_pursuit_cost(request)
        .await
        .unwrap();
    answer.into_inner().cost.unwrap()
}

async fn summary(world: &World, caller: &Caller, name: &str) -> (PursuitSummary, bool) {
    let request = GetPursuitSummaryRequest {
        name: name.to_owned(),
    };
    let answer = world
        .pursuit(caller)
        .get_pursuit_summary(request)
        .await
        .unwrap()
        .into_inner();
    (answer.summary.unwrap(), answer.masked)
}

/// A deal of a seller's worth 1000 CNY.
async fn deal(world: &World) -> (String, Caller, Caller) {
    let seller = Caller::seller(world.tenant);
    let worth = Opportunity {
        amount: money(1000, 0),
        ..named("宁夏项目")
    };
    let deal = create(&mut world.opportunities(&seller), worth).await;
    (
        deal.name,
        seller,
        Caller::person(world.tenant, "sales_manager"),
    )
}

fn setting(warn: &str, alarm: &str, margin: &str) -> PutPursuitSettingsRequest {
    PutPursuitSettingsRequest {
        settings: Some(PursuitSettings {
            warn_percent: warn.to_owned(),
            alarm_percent: alarm.to_owned(),
            default_margin_percent: margin.to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn spend_is_summed_by_stage_and_held_against_the_margin() {
    let world = world().await;
    let (name, seller, manager) = deal(&world).await;
    create_cost(&world, &seller, creating(&name, money(30, 0))).await;
    let mut hours = creating(&name, None);
    let cost = hours.cost.as_mut().unwrap();
    cost.stage = "bid".to_owned();
    cost.category = PursuitCategory::People.into();
    cost.hours = "1.50".to_owned();
    cost.hourly_rate = money(13, 330_000_000);
    let worked = create_cost(&world, &seller, hours).await;
    assert_eq!(
        (worked.amount, worked.hours.as_str()),
        (money(20, 0), "1.5"),
        "19.995"
    );
    let (unknown, masked) = summary(&world, &manager, &name).await;
    assert_eq!(
        (unknown.total.clone(), unknown.alarm(), masked),
        (money(50, 0), PursuitAlarm::Unspecified, false)
    );
    let line = CostLine {
        text: "成本".to_owned(),
        category: CostCategory::Material.into(),
        quantity: "1".to_owned(),
        unit_cost: money(600, 0),
        ..Default::default()
    };
    let costs = PutCostSheetRequest {
        name: name.clone(),
        cost_sheet: Some(CostSheet {
            lines: vec![line],
            ..Default::default()
        }),
        ..Default::default()
    };
    world.pricing(&manager).put_cost_sheet(costs).await.unwrap();
    let price = crate::pricing::proposing(&name, money(1000, 0));
    world.pricing(&seller).propose_price(price).await.unwrap();
    let (known, _) = summary(&world, &manager, &name).await;
    assert_eq!(
        (known.expected_margin.clone(), known.ratio_percent.as_str()),
        (money(400, 0), "12.50")
    );
    assert_eq!(known.alarm(), PursuitAlarm::Warn);
    let stages: Vec<_> = known
        .stages
        .iter()
        .map(|it| (it.stage.as_str(), it.total.clone()))
        .collect();
    assert_eq!(
        stages,
        [("development", money(30, 0)), ("bid", money(20, 0))]
    );
    let (seen, masked) = summary(&world, &seller, &name).await;
    assert_eq!(
        (
            seen.expected_margin.clone(),
            seen.ratio_percent.as_str(),
            masked
        ),
        (None, "", true)
    );
    assert_eq!(
        (seen.total.clone(), seen.alarm()),
        (money(50, 0), PursuitAlarm::Unspecified),
        "by where it changes the margin could be found"
    );
}

#[tokio::test]
async fn an_entry_is_corrected_and_removed_with_its_reason() {
    let world = world().await;
    let (name, seller, _) = deal(&world).await;
    let request = CreatePursuitCostRequest {
        request_id: request_id(),
        ..creating(&name, money(30, 0))
    };
    let once = create_cost(&world, &seller, request.clone()).await;
    assert_eq!(create_cost(&world, &seller, request).await, once);
    assert_eq!(once.stage, "development", "the current one");
    create_cost(&world, &seller, creating(&name, money(5, 0))).await;
    let mut client = world.pursuit(&seller);
    let correct = |paths: &[&str], cost: PursuitCost| UpdatePursuitCostRequest {
        cost: Some(PursuitCost {
            name: once.name.clone(),
            ..cost
        }),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
        ..Default::default()
    };
    let to_hours = PursuitCost {
        hours: "2".to_owned(),
        hourly_rate: money(100, 0),
        ..Default::default()
    };
    let after = client
        .update_pursuit_cost(correct(&["hours", "hourly_rate"], to_hours))
        .await;
    let after = after.unwrap().into_inner().cost.unwrap();
    assert_eq!(
        (after.amount, after.note.as_str()),
        (money(200, 0), "银川往返")
    );
    let output_only = client
        .update_pursuit_cost(correct(&["recorder"], PursuitCost::default()))
        .await;
    assert_eq!(fields(output_only), ["update_mask"]);
    let date = client
        .update_pursuit_cost(correct(&["date"], PursuitCost::default()))
        .await;
    assert_eq!(fields(date), ["cost.date"]);
    let list = |token: String| ListPursuitCostsRequest {
        parent: name.clone(),
        page_size: 1,
        page_token: token,
    };
    let first = client
        .list_pursuit_costs(list(String::new()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.costs[0].name, once.name);
    let rest = client
        .list_pursuit_costs(list(first.next_page_token))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((rest.costs.len(), rest.next_page_token.as_str()), (1, ""));
    let delete = |reason: &str, validate_only| DeletePursuitCostRequest {
        name: once.name.clone(),
        reason: reason.to_owned(),
        validate_only,
        ..Default::default()
    };
    assert_eq!(
        fields(client.delete_pursuit_cost(delete("", false)).await),
        ["reason"]
    );
    client
        .delete_pursuit_cost(delete("误记", true))
        .await
        .unwrap();
    client
        .delete_pursuit_cost(delete("误记", false))
        .await
        .unwrap();
    let gone = client.delete_pursuit_cost(delete("误记", false)).await;
    assert_eq!(reason(gone), "PURSUIT_COST_NOT_FOUND");
    let gone = client
        .update_pursuit_cost(correct(&["note"], PursuitCost::default()))
        .await;
    assert_eq!(reason(gone), "PURSUIT_COST_NOT_FOUND");
    let (_, event) = world.last_event("PursuitCostsChanged").await;
    let event: PursuitCostsChanged = prost::Message::decode(event.as_slice()).unwrap();
    assert_eq!((event.reason.as_str(), event.after), ("误记", None));
    assert_eq!(world.events("PursuitCostsChanged").await, 4);
}

#[tokio::test]
async fn every_bad_field_of_an_entry_is_named() {
    let world = world().await;
    let (name, seller, _) = deal(&world).await;
    let mut client = world.pursuit(&seller);
    let bare = client
        .create_pursuit_cost(CreatePursuitCostRequest::default())
        .await;
    assert_eq!(
        fields(bare),
        ["parent", "cost.date", "cost.category", "cost.amount"]
    );
    let mut bad = creating(&name, money(-1, 0));
    let cost = bad.cost.as_mut().unwrap();
    cost.date = date(2099, 1, 1);
    cost.note = "x".repeat(501);
    cost.hours = "0".to_owned();
    let expected = [
        "cost.date",
        "cost.note",
        "cost.hours",
        "cost.hours",
        "cost.amount",
    ];
    assert_eq!(fields(client.create_pursuit_cost(bad).await), expected);
    let mut other = creating(&name, money(1, 0));
    let cost = other.cost.as_mut().unwrap();
    cost.hours = "2".to_owned();
    cost.hourly_rate = money(1, 0);
    assert_eq!(
        fields(client.create_pursuit_cost(other).await),
        ["cost.amount"]
    );
    let mut elsewhere = creating(&name, money(1, 0));
    elsewhere.cost.as_mut().unwrap().stage = "lunch".to_owned();
    assert_eq!(
        reason(client.create_pursuit_cost(elsewhere).await),
        "STAGE_NOT_FOUND"
    );
    for activity in [
        "x".to_owned(),
        format!("{name}/activities/{}", request_id()),
    ] {
        let mut unknown = creating(&name, money(1, 0));
        unknown.cost.as_mut().unwrap().activity = activity;
        assert_eq!(
            reason(client.create_pursuit_cost(unknown).await),
            "ACTIVITY_NOT_FOUND"
        );
    }
    let stale = CreatePursuitCostRequest {
        etag: "9".to_owned(),
        ..creating(&name, money(1, 0))
    };
    assert_eq!(
        reason(client.create_pursuit_cost(stale).await),
        "ETAG_MISMATCH"
    );
    let check = CreatePursuitCostRequest {
        validate_only: true,
        ..creating(&name, money(1, 0))
    };
    client.create_pursuit_cost(check).await.unwrap();
    assert_eq!(world.events("PursuitCostsChanged").await, 0);
}

#[tokio::test]
async fn thresholds_are_the_tenants_and_the_expected_share_too() {
    let world = world().await;
    let (name, seller, manager) = deal(&world).await;
    let mut client = world.pursuit(&manager);
    let default = client
        .get_pursuit_settings(GetPursuitSettingsRequest {})
        .await;
    let default = default.unwrap().into_inner().settings.unwrap();
    assert_eq!(
        (
            default.warn_percent.as_str(),
            default.alarm_percent.as_str()
        ),
        ("10", "25")
    );
    assert_eq!(
        (
            default.default_margin_percent.as_str(),
            default.etag.as_str()
        ),
        ("", "0")
    );
    let bad = client.put_pursuit_settings(setting("", "x", "101")).await;
    let expected = [
        "settings.warn_percent",
        "settings.alarm_percent",
        "settings.default_margin_percent",
    ];
    assert_eq!(fields(bad), expected);
    let crossed = client.put_pursuit_settings(setting("20", "10", "")).await;
    assert_eq!(fields(crossed), ["settings.alarm_percent"]);
    for caller in [&seller, &Caller::integrator(world.tenant)] {
        let denied = world
            .pursuit(caller)
            .put_pursuit_settings(setting("1", "2", "20"))
            .await;
        assert_eq!(reason(denied), "PERMISSION_DENIED", "{:?}", caller.roles);
    }
    let check = PutPursuitSettingsRequest {
        validate_only: true,
        ..setting("1", "2", "20")
    };
    client.put_pursuit_settings(check).await.unwrap();
    let put = PutPursuitSettingsRequest {
        etag: "0".to_owned(),
        request_id: request_id(),
        ..setting("1", "2.50", "20")
    };
    let once = client
        .put_pursuit_settings(put.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client.put_pursuit_settings(put).await.unwrap().into_inner(),
        once
    );
    assert_eq!(once.settings.unwrap().alarm_percent, "2.5");
    let stale = PutPursuitSettingsRequest {
        etag: "0".to_owned(),
        ..setting("1", "3", "20")
    };
    assert_eq!(
        reason(client.put_pursuit_settings(stale).await),
        "ETAG_MISMATCH"
    );
    client
        .put_pursuit_settings(setting("1", "2.5", "20"))
        .await
        .unwrap();
    assert_eq!(
        world.sequences("pursuitSettings/-").await,
        [1],
        "the same again"
    );
    create_cost(&world, &seller, creating(&name, money(5, 0))).await;
    let (of_amount, _) = summary(&world, &manager, &name).await;
    assert_eq!(of_amount.expected_margin, money(200, 0));
    assert_eq!(
        (of_amount.ratio_percent.as_str(), of_amount.alarm()),
        ("2.50", PursuitAlarm::Alarm)
    );
    let dollars = Some(Money {
        currency_code: "USD".to_owned(),
        units: 1,
        nanos: 0,
    });
    create_cost(&world, &seller, creating(&name, dollars)).await;
    let (unknown, _) = summary(&world, &manager, &name).await;
    assert_eq!(
        (unknown.total.clone(), unknown.alarm()),
        (None, PursuitAlarm::Unspecified)
    );
    assert_eq!(
        (unknown.missing_rates, unknown.totals.len()),
        (vec!["USD/CNY".to_owned()], 2)
    );
}

#[tokio::test]
async fn spend_on_a_deal_that_is_not_seen_is_not_there() {
    let world = world().await;
    let (name, seller, _) = deal(&world).await;
    let cost = create_cost(&world, &seller, creating(&name, money(1, 0))).await;
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "administrator");
    for caller in [Caller::seller(world.tenant), elsewhere] {
        let mut client = world.pursuit(&caller);
        let update = UpdatePursuitCostRequest {
            cost: Some(cost.clone()),
            ..Default::default()
        };
        let delete = DeletePursuitCostRequest {
            name: cost.name.clone(),
            reason: "x".to_owned(),
            ..Default::default()
        };
        let list = ListPursuitCostsRequest {
            parent: name.clone(),
            ..Default::default()
        };
        let get = GetPursuitSummaryRequest { name: name.clone() };
        for refused in [
            reason(
                client
                    .create_pursuit_cost(creating(&name, money(1, 0)))
                    .await,
            ),
            reason(client.update_pursuit_cost(update).await),
            reason(client.delete_pursuit_cost(delete).await),
            reason(client.list_pursuit_costs(list).await),
            reason(client.get_pursuit_summary(get).await),
        ] {
            assert_eq!(refused, "OPPORTUNITY_NOT_FOUND");
        }
    }
    let viewer = Caller::person(world.tenant, "viewer");
    let denied = world
        .pursuit(&viewer)
        .create_pursuit_cost(creating(&name, money(1, 0)))
        .await;
    assert_eq!(reason(denied), "PERMISSION_DENIED");
}
