//! What criteria read of prices, contracts and spend.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::contracts::{approved, kinds};
use crate::world::*;

#[tokio::test]
async fn criteria_read_how_price_contract_and_spend_stand() {
    let world = world().await;
    let criterion = r#"
[[stages.key_node.criteria]]
id = "money_in_order"
check = "expression"
expression = "pricing.state == 'APPROVED' && contract.approved && !contract.signed && contract.state == 'APPROVED' && pursuit.alarm != 'ALARM'"
explanation = { zh = "价格与合同已审批", en = "price and contract are approved" }
"#;
    publish(&world, "short", criterion).await;
    let seller = Caller::seller(world.tenant);
    let opened = Opportunity {
        process: "processes/short".to_owned(),
        amount: money(800_000, 0),
        ..named("deal")
    };
    let mut deals = world.opportunities(&seller);
    let name = create(&mut deals, opened).await.name;
    evidence(&mut deals, &name, "meet_ready").await;
    assert_eq!(
        reason(advance(&mut deals, &name).await),
        "KEY_NODE_NOT_REACHED"
    );
    let deal = approved(&world, &seller, &name).await;
    assert_eq!(
        kinds(&deal),
        ["meet_ready"],
        "the process names no evidence of contracts"
    );
    assert_eq!(
        reason(advance(&mut deals, &name).await),
        "KEY_NODE_NOT_REACHED"
    );
    let price = crate::pricing::proposing(&name, money(800, 0));
    world.pricing(&seller).propose_price(price).await.unwrap();
    assert_eq!(
        reason(advance(&mut deals, &name).await),
        "KEY_NODE_NOT_REACHED"
    );
    let settings = PutPursuitSettingsRequest {
        settings: Some(PursuitSettings {
            warn_percent: "10".to_owned(),
            alarm_percent: "25".to_owned(),
            default_margin_percent: "10".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let manager = Caller::person(world.tenant, "sales_manager");
    world
        .pursuit(&manager)
        .put_pursuit_settings(settings)
        .await
        .unwrap();
    let spent = CreatePursuitCostRequest {
        parent: name.clone(),
        cost: Some(PursuitCost {
            date: date(2026, 7, 1),
            category: PursuitCategory::Travel.into(),
            amount: money(100, 0),
            ..Default::default()
        }),
        ..Default::default()
    };
    world
        .pursuit(&seller)
        .create_pursuit_cost(spent)
        .await
        .unwrap();
    advance(&mut deals, &name).await.unwrap();
}
