//! Who competes for a deal, and who supports them.

use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;

use super::deal::{Deal, playing};
use super::world::{bad_fields, metadata, nobody, reason, reason_of, refused, request_id, take};

fn supporting(contact: &str, competitors: &[&str]) -> Stakeholder {
    Stakeholder {
        supported_competitors: competitors.iter().map(|&name| name.to_owned()).collect(),
        ..playing(contact, StakeholderRole::TechnicalSelector)
    }
}

#[tokio::test]
async fn competitors_are_named_all_at_once_and_their_supporters_with_them() {
    let mut deal = Deal::new().await;
    let (a, b) = (deal.competitor("A").await, deal.competitor("B").await);
    let request = deal.competing(&[&b, &a]);
    let map = take(deal.maps.set_map_competitors(request.clone()).await)
        .decision_map
        .unwrap();
    assert_eq!(
        (&map.competitors, map.version),
        (&vec![b.clone(), a.clone()], 2)
    );
    let again = take(deal.maps.set_map_competitors(request).await);
    assert_eq!(again.decision_map.unwrap().version, 2);

    let person = deal.contact("甲").await;
    let map = deal.set(supporting(&person, &[&a])).await;
    assert_eq!(map.stakeholders[0].supported_competitors, vec![a.clone()]);
    let analysis = deal.analyze().await;
    assert!(analysis.competitors_known);
    let supporters = |competitor: &str| {
        let known = analysis
            .competitors
            .iter()
            .find(|known| known.competitor == competitor);
        known.unwrap().supporters.clone()
    };
    assert_eq!(
        (supporters(&a), supporters(&b)),
        (vec![person.clone()], Vec::new())
    );

    let request = deal.competing(&[&b]);
    let status = refused(deal.maps.set_map_competitors(request.clone()).await);
    assert_eq!(reason(&status), "COMPETITOR_IN_USE");
    assert_eq!(
        (
            metadata(&status, "competitor"),
            metadata(&status, "supporters")
        ),
        (Some(a), Some(person.clone()))
    );
    deal.set(supporting(&person, &[])).await;
    let map = take(deal.maps.set_map_competitors(request).await)
        .decision_map
        .unwrap();
    assert_eq!(map.competitors, [b]);
    assert_eq!(deal.seen_by(&deal.world.admin).await, map);
}

#[tokio::test]
async fn competitors_that_are_not_there_and_bad_names_are_refused() {
    let mut deal = Deal::new().await;
    let known = deal.competitor("A").await;
    let lost = nobody("competitors");
    let request = deal.competing(&[&known, &lost]);
    let status = refused(deal.maps.set_map_competitors(request).await);
    assert_eq!(
        (reason(&status).as_str(), metadata(&status, "name")),
        ("COMPETITOR_NOT_FOUND", Some(lost))
    );
    let request = deal.competing(&[&known, "x", &known]);
    assert_eq!(
        bad_fields(deal.maps.set_map_competitors(request).await),
        ["competitors[1]", "competitors[2]"]
    );
    let many: Vec<String> = (0..51).map(|_| nobody("competitors")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let request = deal.competing(&many);
    assert_eq!(
        bad_fields(deal.maps.set_map_competitors(request).await),
        ["competitors"]
    );

    let foreign = deal.world.settle(tenant()).await;
    let request = deal.competing(&[]);
    let elsewhere = deal.world.maps(&foreign).set_map_competitors(request).await;
    assert_eq!(reason_of(elsewhere), "DECISION_MAP_NOT_FOUND");
}

#[tokio::test]
async fn a_competitor_of_another_tenant_is_not_there() {
    let mut deal = Deal::new().await;
    let competitor = deal.competitor("A").await;
    let elsewhere = tenant();
    deal.world.settle(elsewhere).await;
    let sql = format!(
        "update accounts.competitor set tenant_id = '{}' where id = '{}'",
        elsewhere.0,
        super::world::id(&competitor)
    );
    deal.world.execute(&sql).await;
    let request = deal.competing(&[&competitor]);
    assert_eq!(
        reason_of(deal.maps.set_map_competitors(request).await),
        "COMPETITOR_NOT_FOUND"
    );
}

#[tokio::test]
async fn nobody_supports_who_does_not_compete() {
    let mut deal = Deal::new().await;
    let competitor = deal.competitor("A").await;
    let person = deal.contact("甲").await;
    let request = deal.setting(supporting(&person, &[&competitor]));
    assert_eq!(
        bad_fields(deal.maps.set_stakeholder(request).await),
        ["stakeholder.supported_competitors[0]"]
    );
    let request = deal.setting(supporting(&person, &["x", &competitor, &competitor]));
    assert_eq!(
        bad_fields(deal.maps.set_stakeholder(request).await),
        [
            "stakeholder.supported_competitors[0]",
            "stakeholder.supported_competitors[2]"
        ]
    );
}

#[tokio::test]
async fn competitors_are_guarded_repeatable_and_checkable() {
    let mut deal = Deal::new().await;
    let competitor = deal.competitor("A").await;
    let request = SetMapCompetitorsRequest {
        request_id: request_id(),
        etag: "1".to_owned(),
        ..deal.competing(&[&competitor])
    };
    let check = SetMapCompetitorsRequest {
        validate_only: true,
        request_id: String::new(),
        ..request.clone()
    };
    take(deal.maps.set_map_competitors(check).await);
    assert_eq!(deal.world.events(&deal.map.name).await.len(), 1);
    let first = take(deal.maps.set_map_competitors(request.clone()).await);
    let repeat = take(deal.maps.set_map_competitors(request.clone()).await);
    assert_eq!(repeat, first);
    let reused = SetMapCompetitorsRequest {
        competitors: Vec::new(),
        ..request.clone()
    };
    assert_eq!(
        reason_of(deal.maps.set_map_competitors(reused).await),
        "REQUEST_ID_REUSED"
    );
    let stale = SetMapCompetitorsRequest {
        request_id: String::new(),
        ..request
    };
    assert_eq!(
        reason_of(deal.maps.set_map_competitors(stale).await),
        "ETAG_MISMATCH"
    );
    assert_eq!(deal.world.events(&deal.map.name).await.len(), 2);
}
