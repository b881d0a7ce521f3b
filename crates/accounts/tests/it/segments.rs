use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::segment_criterion::{Condition, OneOfNames};
use keynode_proto::accounts::v1::*;

use super::market::{creating, criterion, industry, staff, within};
use super::world::{
    World, bad_fields, mask, metadata, nobody, reason_of, refused, request_id, take,
};

fn updating(segment: Segment, paths: &[&str]) -> UpdateSegmentRequest {
    UpdateSegmentRequest {
        segment: Some(segment),
        update_mask: mask(paths),
        ..Default::default()
    }
}

fn deleting(name: &str) -> DeleteSegmentRequest {
    DeleteSegmentRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

fn under(parent: &str) -> CreateSegmentRequest {
    let mut request = creating(vec![staff(1)]);
    request.segment.as_mut().unwrap().parent = parent.to_owned();
    request
}

#[tokio::test]
async fn a_segment_is_declared_once_read_and_changed() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    let mut request = CreateSegmentRequest {
        request_id: request_id(),
        ..creating(vec![industry("化工"), staff(100)])
    };
    let first = take(segments.create_segment(request.clone()).await);
    assert_eq!(take(segments.create_segment(request.clone()).await), first);
    request.segment.as_mut().unwrap().description = "其他".to_owned();
    assert_eq!(
        reason_of(segments.create_segment(request).await),
        "REQUEST_ID_REUSED"
    );
    let made = first.segment.unwrap();
    assert_eq!((made.etag.as_str(), made.criteria.len()), ("1", 2));
    let get = GetSegmentRequest {
        name: made.name.clone(),
    };
    assert_eq!(
        take(segments.get_segment(get).await).segment.as_ref(),
        Some(&made)
    );

    let described = Segment {
        description: "宁夏".to_owned(),
        criteria: vec![],
        ..made.clone()
    };
    let changed = take(
        segments
            .update_segment(updating(described, &["description"]))
            .await,
    );
    let changed = changed.segment.unwrap();
    assert_eq!(
        (changed.etag.as_str(), &changed.criteria),
        ("2", &made.criteria)
    );
    let stale = Segment {
        description: String::new(),
        ..made.clone()
    };
    let stale = segments
        .update_segment(updating(stale, &["description"]))
        .await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");
    let same = segments
        .update_segment(updating(changed.clone(), &["description"]))
        .await;
    assert_eq!(take(same).segment.as_ref(), Some(&changed));

    let events = world.events(&made.name).await;
    let change: SegmentChanged = events[1].message();
    assert_eq!(
        (events.len(), change.before, change.after),
        (2, Some(made), Some(changed))
    );
}

#[tokio::test]
async fn every_bad_field_of_a_segment_is_named() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    let bad = Segment {
        description: "长".repeat(4001),
        criteria: vec![SegmentCriterion::default(), industry("")],
        parent: "accounts/1".to_owned(),
        ..Segment::default()
    };
    let request = CreateSegmentRequest {
        segment: Some(bad),
        ..Default::default()
    };
    let expected = [
        "segment.criteria[0]",
        "segment.criteria[1].industry.values[0]",
        "segment.description",
        "segment.display_name",
        "segment.parent",
    ];
    assert_eq!(bad_fields(segments.create_segment(request).await), expected);
    let segment = world.segment(vec![staff(1)]).await;
    let nameless = updating(
        Segment {
            display_name: String::new(),
            ..segment
        },
        &["display_name", "etag"],
    );
    let expected = ["segment.display_name", "update_mask"];
    assert_eq!(
        bad_fields(segments.update_segment(nameless).await),
        expected
    );
    let unnamed = updating(Segment::default(), &[]);
    assert_eq!(
        bad_fields(segments.update_segment(unnamed).await),
        ["segment.name"]
    );
    assert_eq!(
        bad_fields(segments.delete_segment(deleting("x")).await),
        ["name"]
    );
    let get = GetSegmentRequest {
        name: "x".to_owned(),
    };
    assert_eq!(bad_fields(segments.get_segment(get).await), ["name"]);
    let list = ListSegmentsRequest {
        parent: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(bad_fields(segments.list_segments(list).await), ["parent"]);
}

#[tokio::test]
async fn a_criterion_names_only_what_is_there() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    let names = |collection: &str| OneOfNames {
        names: vec![nobody(collection)],
    };
    for (condition, reason) in [
        (Condition::Within(names("accounts")), "ACCOUNT_NOT_FOUND"),
        (Condition::Owner(names("people")), "PERSON_NOT_FOUND"),
        (Condition::Team(names("teams")), "TEAM_NOT_FOUND"),
    ] {
        let request = creating(vec![criterion(condition)]);
        assert_eq!(reason_of(segments.create_segment(request).await), reason);
    }
    let orphan = segments.create_segment(under(&nobody("segments"))).await;
    assert_eq!(reason_of(orphan), "SEGMENT_NOT_FOUND");
    let account = world.account(&world.admin, "宁夏化工").await;
    let segment = world.segment(vec![within(&account.name)]).await;
    let lost = Segment {
        criteria: vec![within(&nobody("accounts"))],
        ..segment
    };
    let lost = segments.update_segment(updating(lost, &["criteria"])).await;
    assert_eq!(reason_of(lost), "ACCOUNT_NOT_FOUND");
}

#[tokio::test]
async fn what_is_only_checked_is_not_stored() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    let check = CreateSegmentRequest {
        validate_only: true,
        ..creating(vec![staff(1)])
    };
    let checked = take(segments.create_segment(check).await).segment.unwrap();
    let get = GetSegmentRequest { name: checked.name };
    assert_eq!(
        reason_of(segments.get_segment(get).await),
        "SEGMENT_NOT_FOUND"
    );
    let segment = world.segment(vec![staff(1)]).await;
    let check = DeleteSegmentRequest {
        validate_only: true,
        ..deleting(&segment.name)
    };
    take(segments.delete_segment(check).await);
    let update = updating(
        Segment {
            description: "新".to_owned(),
            ..segment.clone()
        },
        &[],
    );
    let check = UpdateSegmentRequest {
        validate_only: true,
        ..update
    };
    take(segments.update_segment(check).await);
    assert_eq!(world.events(&segment.name).await.len(), 1);
}

#[tokio::test]
async fn no_segment_is_a_part_of_itself() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    let whole = world.segment(vec![staff(1)]).await;
    let part = take(segments.create_segment(under(&whole.name)).await)
        .segment
        .unwrap();
    let turned = Segment {
        parent: part.name.clone(),
        etag: String::new(),
        ..whole.clone()
    };
    let refused = refused(segments.update_segment(updating(turned, &["parent"])).await);
    assert_eq!(metadata(&refused, "loop").unwrap().split(" > ").count(), 3);
    let delete = segments.delete_segment(deleting(&whole.name)).await;
    assert_eq!(reason_of(delete), "SEGMENT_HAS_PARTS");
    let list = ListSegmentsRequest {
        parent: whole.name.clone(),
        ..Default::default()
    };
    let parts = take(segments.list_segments(list).await).segments;
    assert_eq!(parts, [part]);
}

#[tokio::test]
async fn an_archived_segment_is_only_read() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    let segment = world.segment(vec![staff(1)]).await;
    let stale = DeleteSegmentRequest {
        etag: "7".to_owned(),
        ..deleting(&segment.name)
    };
    assert_eq!(
        reason_of(segments.delete_segment(stale).await),
        "ETAG_MISMATCH"
    );
    let archived = take(segments.delete_segment(deleting(&segment.name)).await)
        .segment
        .unwrap();
    assert!(archived.archive_time.is_some());
    let again = take(segments.delete_segment(deleting(&segment.name)).await).segment;
    assert_eq!(again.as_ref(), Some(&archived));
    let change = updating(
        Segment {
            name: segment.name.clone(),
            description: "x".to_owned(),
            ..Segment::default()
        },
        &[],
    );
    assert_eq!(
        reason_of(segments.update_segment(change).await),
        "SEGMENT_ARCHIVED"
    );
    let part = segments.create_segment(under(&segment.name)).await;
    assert_eq!(reason_of(part), "SEGMENT_ARCHIVED");
    let list = ListSegmentsRequest::default();
    assert!(
        take(segments.list_segments(list.clone()).await)
            .segments
            .is_empty()
    );
    let all = ListSegmentsRequest {
        show_archived: true,
        ..list
    };
    assert_eq!(take(segments.list_segments(all).await).segments, [archived]);
    assert_eq!(world.events(&segment.name).await.len(), 2);
}

#[tokio::test]
async fn other_tenants_and_roles_are_kept_out() {
    let world = World::new().await;
    let segment = world.segment(vec![staff(1)]).await;
    let other = world.settle(tenant()).await;
    let mut foreign = world.segments(&other);
    let get = GetSegmentRequest {
        name: segment.name.clone(),
    };
    assert_eq!(
        reason_of(foreign.get_segment(get.clone()).await),
        "SEGMENT_NOT_FOUND"
    );
    let change = updating(
        Segment {
            description: "x".to_owned(),
            ..segment.clone()
        },
        &[],
    );
    assert_eq!(
        reason_of(foreign.update_segment(change).await),
        "SEGMENT_NOT_FOUND"
    );
    let delete = foreign.delete_segment(deleting(&segment.name)).await;
    assert_eq!(reason_of(delete), "SEGMENT_NOT_FOUND");
    let part = foreign.create_segment(under(&segment.name)).await;
    assert_eq!(reason_of(part), "SEGMENT_NOT_FOUND");

    let seller = world.seller("").await;
    let mut reader = world.segments(&seller);
    take(reader.get_segment(get).await);
    let written = reader.create_segment(creating(vec![staff(1)])).await;
    assert_eq!(reason_of(written), "PERMISSION_DENIED");
}

#[tokio::test]
async fn of_two_who_change_a_segment_at_once_one_reads_again() {
    let world = World::new().await;
    let segment = world.segment(vec![staff(1)]).await;
    world.warm_up().await;
    let writers = ["甲", "乙"].map(|text| {
        let mut segments = world.segments(&world.admin);
        let change = updating(
            Segment {
                description: text.to_owned(),
                ..segment.clone()
            },
            &[],
        );
        tokio::spawn(async move { segments.update_segment(change).await })
    });
    let mut stored = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(_) => stored += 1,
            refused => assert_eq!(reason_of(refused), "ETAG_MISMATCH"),
        }
    }
    assert_eq!((stored, world.feed(&segment.name).await), (1, vec![1, 2]));
}
