use keynode_proto::accounts::v1::*;

use super::market::{creating, staff};
use super::world::{World, bad_fields, id, nobody, reason_of, take};

#[tokio::test]
async fn segments_come_in_pages_and_batches() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(world.segment(vec![staff(1)]).await.name);
    }
    let mut list = ListSegmentsRequest {
        page_size: 2,
        ..Default::default()
    };
    let first = take(segments.list_segments(list.clone()).await);
    list.page_token = first.next_page_token;
    let second = take(segments.list_segments(list.clone()).await);
    let listed = first.segments.into_iter().chain(second.segments);
    assert_eq!(listed.map(|it| it.name).collect::<Vec<_>>(), names);
    list.show_archived = true;
    assert_eq!(
        reason_of(segments.list_segments(list).await),
        "PAGE_TOKEN_INVALID"
    );

    names.reverse();
    let batch = |names: &[String]| BatchGetSegmentsRequest {
        names: names.to_vec(),
    };
    let read = take(segments.batch_get_segments(batch(&names)).await).segments;
    assert_eq!(
        read.into_iter().map(|it| it.name).collect::<Vec<_>>(),
        names
    );
    let none = segments.batch_get_segments(batch(&[])).await;
    assert_eq!(bad_fields(none), ["names"]);
    let bad = ["x", "y"].map(str::to_owned);
    assert_eq!(
        bad_fields(segments.batch_get_segments(batch(&bad)).await),
        ["names[0]", "names[1]"]
    );
    let lost = [names[0].clone(), nobody("segments")];
    let lost = segments.batch_get_segments(batch(&lost)).await;
    assert_eq!(reason_of(lost), "SEGMENT_NOT_FOUND");
}

#[tokio::test]
async fn there_is_a_limit_to_segments() {
    let world = World::new().await;
    let segment = world.segment(vec![staff(1)]).await;
    let sql = format!(
        "insert into accounts.segment
         select tenant_id, gen_random_uuid(), 1, now(), now(), 'x', '', null, '', null
         from accounts.segment, generate_series(1, 499) where id = '{}'",
        id(&segment.name)
    );
    world.execute(&sql).await;
    let mut segments = world.segments(&world.admin);
    let one_more = segments.create_segment(creating(vec![staff(1)])).await;
    assert_eq!(reason_of(one_more), "SEGMENTS_TOO_MANY");
    let delete = DeleteSegmentRequest {
        name: segment.name,
        ..Default::default()
    };
    take(segments.delete_segment(delete).await);
    take(segments.create_segment(creating(vec![staff(1)])).await);
}
