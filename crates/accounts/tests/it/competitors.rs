use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::world::{
    World, bad_fields, mask, metadata, nobody, reason_of, refused, request_id, take,
};

pub fn named(display_name: &str, aliases: &[&str]) -> Competitor {
    Competitor {
        display_name: display_name.to_owned(),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        ..Competitor::default()
    }
}

pub fn keyed(display_name: &str, id: &str) -> Competitor {
    Competitor {
        external_key: Some(ExternalKey {
            source_system: "sap".to_owned(),
            external_id: id.to_owned(),
        }),
        ..named(display_name, &[])
    }
}

pub fn creating(competitor: Competitor) -> CreateCompetitorRequest {
    CreateCompetitorRequest {
        competitor: Some(competitor),
        request_id: request_id(),
        validate_only: false,
    }
}

fn updating(competitor: Competitor, paths: &[&str]) -> UpdateCompetitorRequest {
    UpdateCompetitorRequest {
        competitor: Some(competitor),
        update_mask: mask(paths),
        ..Default::default()
    }
}

pub fn upserting(competitor: Competitor) -> UpsertCompetitorRequest {
    UpsertCompetitorRequest {
        competitor: Some(competitor),
        ..Default::default()
    }
}

fn deleting(name: &str) -> DeleteCompetitorRequest {
    DeleteCompetitorRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_competitor_is_added_once_read_and_changed() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let mut competitors = world.competitors(&seller);
    let sent = Competitor {
        website: "https://example.com".to_owned(),
        strengths: vec![CompetitorStrength {
            factor: "price".to_owned(),
            against_us: Some(2),
            evidence: "报价".to_owned(),
            date: None,
        }],
        ..named("Acme", &["艾克米"])
    };
    let mut request = creating(sent);
    let first = take(competitors.create_competitor(request.clone()).await);
    assert_eq!(
        take(competitors.create_competitor(request.clone()).await),
        first
    );
    request.competitor.as_mut().unwrap().notes = "x".to_owned();
    let reused = competitors.create_competitor(request).await;
    assert_eq!(reason_of(reused), "REQUEST_ID_REUSED");
    let made = first.competitor.unwrap();
    let get = GetCompetitorRequest {
        name: made.name.clone(),
    };
    let read = take(competitors.get_competitor(get).await).competitor;
    assert_eq!(read.as_ref(), Some(&made));
    let told = Competitor {
        notes: "降价".to_owned(),
        strengths: vec![],
        ..made.clone()
    };
    let changed = take(
        competitors
            .update_competitor(updating(told, &["notes"]))
            .await,
    );
    let changed = changed.competitor.unwrap();
    assert_eq!((changed.etag.as_str(), changed.strengths.len()), ("2", 1));
    let stale = competitors
        .update_competitor(updating(made.clone(), &["notes"]))
        .await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");
    let events = world.events(&made.name).await;
    let change: CompetitorChanged = events[1].message();
    assert_eq!(
        (events.len(), change.before, change.after),
        (2, Some(made), Some(changed))
    );
    let removed = competitors
        .delete_competitor(deleting(&nobody("competitors")))
        .await;
    assert_eq!(
        reason_of(removed),
        "PERMISSION_DENIED",
        "a seller adds and changes"
    );
}

#[tokio::test]
async fn every_bad_field_of_a_competitor_is_named() {
    let world = World::new().await;
    let mut competitors = world.competitors(&world.admin);
    let strength = |factor: &str, against_us| CompetitorStrength {
        factor: factor.to_owned(),
        against_us,
        ..CompetitorStrength::default()
    };
    let bad = Competitor {
        website: "长".repeat(501),
        strengths: vec![
            strength("Price", Some(3)),
            strength("fit", None),
            strength("fit", None),
        ],
        external_key: Some(ExternalKey::default()),
        ..named("", &["", "x"])
    };
    let expected = [
        "aliases[0]",
        "display_name",
        "external_key.external_id",
        "external_key.source_system",
        "strengths[0].against_us",
        "strengths[0].factor",
        "strengths[2].factor",
        "website",
    ]
    .map(|field| format!("competitor.{field}"));
    let refused = competitors.create_competitor(creating(bad.clone())).await;
    assert_eq!(bad_fields(refused), expected);
    let refused = competitors.upsert_competitor(upserting(bad)).await;
    assert_eq!(bad_fields(refused), expected);
    let keyless = competitors
        .upsert_competitor(upserting(named("x", &[])))
        .await;
    assert_eq!(bad_fields(keyless), ["competitor.external_key"]);
    let nameless = competitors
        .update_competitor(updating(named("x", &[]), &[]))
        .await;
    assert_eq!(bad_fields(nameless), ["competitor.name"]);
    let made = world.competitor("甲").await;
    let output_only = competitors
        .update_competitor(updating(made, &["archive_time"]))
        .await;
    assert_eq!(bad_fields(output_only), ["update_mask"]);
    let get = GetCompetitorRequest {
        name: "x".to_owned(),
    };
    assert_eq!(bad_fields(competitors.get_competitor(get).await), ["name"]);
    let delete = competitors.delete_competitor(deleting("x")).await;
    assert_eq!(bad_fields(delete), ["name"]);
}

#[tokio::test]
async fn a_name_belongs_to_one_competitor() {
    let world = World::new().await;
    let mut competitors = world.competitors(&world.admin);
    let made = take(
        competitors
            .create_competitor(creating(named("ABB 中国", &["阿西布朗"])))
            .await,
    );
    let holder = made.competitor.unwrap();
    for taken in [named("ａｂｂ中国", &[]), named("乙", &["阿西布朗"])] {
        let refused = refused(competitors.create_competitor(creating(taken)).await);
        assert_eq!(metadata(&refused, "name").as_ref(), Some(&holder.name));
    }
    let other = world.competitor("乙").await;
    let taking = Competitor {
        aliases: vec!["abb中国".to_owned()],
        ..other.clone()
    };
    let taking = updating(taking, &["aliases"]);
    let refused = competitors.update_competitor(taking.clone()).await;
    assert_eq!(reason_of(refused), "COMPETITOR_NAME_TAKEN");
    let renamed = Competitor {
        display_name: "ABB".to_owned(),
        ..holder
    };
    take(
        competitors
            .update_competitor(updating(renamed, &["display_name"]))
            .await,
    );
    take(competitors.update_competitor(taking).await);
    let known_as = ListCompetitorsRequest {
        known_as: " ABB 中国".to_owned(),
        ..Default::default()
    };
    let found = take(competitors.list_competitors(known_as).await).competitors;
    assert_eq!(
        found.iter().map(|it| &it.name).collect::<Vec<_>>(),
        [&other.name]
    );
}

#[tokio::test]
async fn of_many_who_take_a_name_at_once_one_gets_it() {
    let world = World::new().await;
    world.warm_up().await;
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let mut competitors = world.competitors(&world.admin);
            let request = creating(named("Acme", &[]));
            tokio::spawn(async move { competitors.create_competitor(request).await })
        })
        .collect();
    let mut added = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(_) => added += 1,
            refused => assert_eq!(reason_of(refused), "COMPETITOR_NAME_TAKEN"),
        }
    }
    assert_eq!(added, 1);
}

#[tokio::test]
async fn an_import_finds_a_competitor_by_its_key() {
    let world = World::new().await;
    let mut competitors = world.competitors(&world.admin);
    let first = take(
        competitors
            .upsert_competitor(upserting(keyed("Acme", "1")))
            .await,
    );
    let made = first.competitor.unwrap();
    assert!(first.created);
    let same = take(
        competitors
            .upsert_competitor(upserting(keyed("Acme", "1")))
            .await,
    );
    assert_eq!(
        (same.created, same.competitor.as_ref()),
        (false, Some(&made))
    );
    take(competitors.delete_competitor(deleting(&made.name)).await);
    let renamed = take(
        competitors
            .upsert_competitor(upserting(keyed("Acme 2", "1")))
            .await,
    );
    let renamed = renamed.competitor.unwrap();
    assert_eq!(
        (&renamed.name, renamed.display_name.as_str()),
        (&made.name, "Acme 2")
    );
    assert!(renamed.archive_time.is_none(), "in use again");
    let taken = competitors
        .upsert_competitor(upserting(keyed("Acme 2", "2")))
        .await;
    assert_eq!(reason_of(taken), "COMPETITOR_NAME_TAKEN");
    let twice = refused(
        competitors
            .create_competitor(creating(keyed("乙", "1")))
            .await,
    );
    assert_eq!(metadata(&twice, "name"), Some(made.name.clone()));
    let other = world.competitor("乙").await;
    let keyed = Competitor {
        name: other.name,
        ..keyed("乙", "1")
    };
    let refused = competitors
        .update_competitor(updating(keyed, &["external_key"]))
        .await;
    assert_eq!(reason_of(refused), "EXTERNAL_KEY_TAKEN");
    let request = UpsertCompetitorRequest {
        validate_only: true,
        ..upserting(self::keyed("丙", "3"))
    };
    let checked = take(competitors.upsert_competitor(request).await)
        .competitor
        .unwrap();
    assert!(world.events(&checked.name).await.is_empty());
    assert_eq!(world.events(&made.name).await.len(), 3);
}

#[tokio::test]
async fn an_archived_competitor_keeps_its_names_and_is_listed_no_more() {
    let world = World::new().await;
    let mut competitors = world.competitors(&world.admin);
    let made = world.competitor("Acme").await;
    let stale = DeleteCompetitorRequest {
        etag: "9".to_owned(),
        ..deleting(&made.name)
    };
    let stale = competitors.delete_competitor(stale).await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");
    let archived = take(competitors.delete_competitor(deleting(&made.name)).await);
    let again = take(competitors.delete_competitor(deleting(&made.name)).await);
    assert_eq!(archived, again);
    let list = ListCompetitorsRequest::default();
    let listed = take(competitors.list_competitors(list.clone()).await).competitors;
    assert!(listed.is_empty());
    let all = ListCompetitorsRequest {
        show_archived: true,
        ..list
    };
    let listed = take(competitors.list_competitors(all).await).competitors;
    assert_eq!(listed, [archived.competitor.unwrap()]);
    let taken = competitors
        .create_competitor(creating(named("acme", &[])))
        .await;
    assert_eq!(reason_of(taken), "COMPETITOR_NAME_TAKEN");
    let check = CreateCompetitorRequest {
        validate_only: true,
        ..creating(named("乙", &[]))
    };
    let checked = take(competitors.create_competitor(check).await)
        .competitor
        .unwrap();
    let get = GetCompetitorRequest { name: checked.name };
    let lost = competitors.get_competitor(get).await;
    assert_eq!(reason_of(lost), "COMPETITOR_NOT_FOUND");
}

#[tokio::test]
async fn competitors_come_in_pages_and_batches_and_stay_in_their_tenant() {
    let world = World::new().await;
    let mut competitors = world.competitors(&world.admin);
    let mut names = Vec::new();
    for name in ["甲", "乙", "丙"] {
        names.push(world.competitor(name).await.name);
    }
    let mut list = ListCompetitorsRequest {
        page_size: 2,
        ..Default::default()
    };
    let first = take(competitors.list_competitors(list.clone()).await);
    list.page_token = first.next_page_token;
    let second = take(competitors.list_competitors(list.clone()).await);
    let listed = first.competitors.into_iter().chain(second.competitors);
    assert_eq!(listed.map(|it| it.name).collect::<Vec<_>>(), names);
    list.show_archived = true;
    let other = competitors.list_competitors(list).await;
    assert_eq!(reason_of(other), "PAGE_TOKEN_INVALID");

    names.reverse();
    let batch = BatchGetCompetitorsRequest {
        names: names.clone(),
    };
    let read = take(competitors.batch_get_competitors(batch.clone()).await).competitors;
    assert_eq!(
        read.into_iter().map(|it| it.name).collect::<Vec<_>>(),
        names
    );
    let bad = BatchGetCompetitorsRequest {
        names: vec!["x".to_owned()],
    };
    let bad = competitors.batch_get_competitors(bad).await;
    assert_eq!(bad_fields(bad), ["names[0]"]);
    let other = world.settle(tenant()).await;
    let mut foreign = world.competitors(&other);
    let refused = foreign.batch_get_competitors(batch).await;
    assert_eq!(reason_of(refused), "COMPETITOR_NOT_FOUND");
    let change = Competitor {
        name: names[0].clone(),
        notes: "x".to_owned(),
        ..Competitor::default()
    };
    let refused = foreign.update_competitor(updating(change, &[])).await;
    assert_eq!(reason_of(refused), "COMPETITOR_NOT_FOUND");
    let refused = foreign.delete_competitor(deleting(&names[0])).await;
    assert_eq!(reason_of(refused), "COMPETITOR_NOT_FOUND");
}
