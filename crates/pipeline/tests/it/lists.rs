//! Lists of deals: every filter, every order, every page.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::world::*;

type Request = ListOpportunitiesRequest;

/// The names for people of everything that is listed, page by page.
pub async fn listed(client: &mut Opportunities, request: Request) -> Vec<String> {
    let mut request = Request {
        page_size: 2,
        ..request
    };
    let mut names = Vec::new();
    loop {
        let answer = client
            .list_opportunities(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(answer.opportunities.len() <= 2);
        names.extend(answer.opportunities.into_iter().map(|it| it.display_name));
        if answer.next_page_token.is_empty() {
            return names;
        }
        request.page_token = answer.next_page_token;
    }
}

async fn priced(client: &mut Opportunities, name: &str, units: i64, month: i32) {
    let deal = Opportunity {
        amount: money(units, 0).filter(|_| units > 0),
        expected_close_date: date(2026, month, 1).filter(|_| month > 0),
        ..named(name)
    };
    create(client, deal).await;
}

#[tokio::test]
async fn every_order_goes_through_all_pages_once() {
    let world = world().await;
    let mut client = world.manager();
    for (name, units, month) in [
        ("a", 5, 9),
        ("b", 0, 7),
        ("c", 9, 0),
        ("d", 5, 7),
        ("e", 7, 0),
        ("f", 0, 12),
        ("g", 9, 7),
    ] {
        priced(&mut client, name, units, month).await;
    }
    let by = |order_by: OpportunityOrder| Request {
        order_by: order_by.into(),
        currency: match order_by {
            OpportunityOrder::Amount => "CNY".to_owned(),
            _ => String::new(),
        },
        ..Default::default()
    };
    for (order, expected) in [
        (OpportunityOrder::Unspecified, "abcdefg"),
        (OpportunityOrder::ExpectedCloseDate, "bdgafce"),
        (OpportunityOrder::Amount, "gceda"),
        (OpportunityOrder::UpdateTime, "gfedcba"),
    ] {
        assert_eq!(
            listed(&mut client, by(order)).await.concat(),
            expected,
            "{order:?}"
        );
    }
    // Nor does a token of one order lead on in another.
    let first = Request {
        page_size: 1,
        ..by(OpportunityOrder::UpdateTime)
    };
    let token = client
        .list_opportunities(first)
        .await
        .unwrap()
        .into_inner()
        .next_page_token;
    let other = Request {
        page_size: 1,
        page_token: token,
        ..by(OpportunityOrder::ExpectedCloseDate)
    };
    assert_eq!(
        reason(client.list_opportunities(other).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn every_filter_finds_what_fits_and_nothing_else() {
    let world = world().await;
    publish(&world, "short", "").await;
    let mut client = world.manager();
    let fits = Opportunity {
        process: "processes/short".to_owned(),
        amount: money(100, 500_000_000),
        expected_close_date: date(2026, 7, 15),
        competitors: vec!["横河电机".to_owned()],
        product: "智能 仪表".to_owned(),
        external_key: key("1"),
        ..named("宁夏化工(集团)项目")
    };
    let fits = create(&mut client, fits).await;
    let plain = create(&mut client, named("plain")).await;
    let step = RecordBuyingStepRequest {
        name: fits.name.clone(),
        step: 2,
        evidence: "x".to_owned(),
        ..Default::default()
    };
    client.record_buying_step(step).await.unwrap();
    let all = Request::default;
    let both: Vec<String> = vec![fits.display_name.clone(), plain.display_name];
    assert_eq!(listed(&mut client, all()).await, both);
    let day = |month, day| date(2026, month, day);
    let text = |text: &str| Request {
        text: text.to_owned(),
        ..all()
    };
    let requests = vec![
        Request {
            process: "processes/short".to_owned(),
            ..all()
        },
        Request {
            stage: "meet".to_owned(),
            ..all()
        },
        Request {
            buying_step: 2,
            ..all()
        },
        Request {
            min_lag: 1,
            ..all()
        },
        Request {
            expected_close_from: day(7, 15),
            ..all()
        },
        Request {
            expected_close_until: day(7, 15),
            ..all()
        },
        Request {
            expected_close_from: day(1, 1),
            expected_close_until: day(12, 31),
            ..all()
        },
        Request {
            currency: "CNY".to_owned(),
            ..all()
        },
        Request {
            amount_from: money(100, 500_000_000),
            ..all()
        },
        Request {
            amount_until: money(100, 500_000_000),
            ..all()
        },
        Request {
            source_system: "crm".to_owned(),
            ..all()
        },
        Request {
            owner: fits.owner.clone(),
            stage: "meet".to_owned(),
            ..all()
        },
        text("宁夏"),
        text("化工集团"),
        text("智能仪表"),
        text("横河"),
        text("宁"),
    ];
    for request in requests {
        let found = listed(&mut client, request.clone()).await;
        assert_eq!(found, both[..1], "{request:?}");
    }
    let requests = vec![
        Request {
            process: "processes/other".to_owned(),
            ..all()
        },
        Request {
            stage: "sign".to_owned(),
            ..all()
        },
        Request {
            buying_step: 1,
            ..all()
        },
        Request {
            min_lag: 2,
            ..all()
        },
        Request {
            grade: "A".to_owned(),
            ..all()
        },
        Request {
            expected_close_from: day(7, 16),
            ..all()
        },
        Request {
            expected_close_until: day(7, 14),
            ..all()
        },
        Request {
            currency: "EUR".to_owned(),
            ..all()
        },
        Request {
            amount_from: money(100, 510_000_000),
            ..all()
        },
        Request {
            amount_until: money(100, 490_000_000),
            ..all()
        },
        Request {
            forced: Some(true),
            ..all()
        },
        Request {
            paused: Some(true),
            ..all()
        },
        Request {
            status: OpportunityStatus::Lost.into(),
            ..all()
        },
        // Of two texts, neither of one.
        text("项目智能"),
        text("夏宁"),
    ];
    for request in requests {
        assert!(
            listed(&mut client, request.clone()).await.is_empty(),
            "{request:?}"
        );
    }
    for request in [
        Request {
            forced: Some(false),
            ..all()
        },
        Request {
            paused: Some(false),
            ..all()
        },
        Request {
            status: OpportunityStatus::Open.into(),
            ..all()
        },
    ] {
        assert_eq!(listed(&mut client, request).await, both);
    }
    force(&mut client, &fits.name, "赶进度").await.unwrap();
    let forced = Request {
        forced: Some(true),
        ..all()
    };
    assert_eq!(listed(&mut client, forced).await, both[..1]);
}

#[tokio::test]
async fn a_text_is_found_as_it_is_now_and_in_every_order() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("Old Valve")).await;
    create(&mut client, named("other")).await;
    let asked = |text: &str, order_by: OpportunityOrder| Request {
        text: text.to_owned(),
        order_by: order_by.into(),
        ..Default::default()
    };
    let order = OpportunityOrder::UpdateTime;
    assert_eq!(
        listed(&mut client, asked("oldVALVE", order)).await,
        ["Old Valve"]
    );
    let renamed = Opportunity {
        name: deal.name.clone(),
        ..named("新阀门")
    };
    update(&mut client, renamed, &["display_name"])
        .await
        .unwrap();
    assert!(listed(&mut client, asked("valve", order)).await.is_empty());
    let order = OpportunityOrder::ExpectedCloseDate;
    assert_eq!(listed(&mut client, asked("新阀", order)).await, ["新阀门"]);
    let mut stranger = world.opportunities(&Caller::seller(world.tenant));
    assert!(listed(&mut stranger, asked("新阀", order)).await.is_empty());
    let row = OpportunityRow {
        opportunity: Some(Opportunity {
            external_key: key("1"),
            ..named("批量阀门")
        }),
        ..Default::default()
    };
    upsert(&mut world.importer(), vec![row]).await.unwrap();
    assert_eq!(
        listed(&mut client, asked("批量", order)).await,
        ["批量阀门"]
    );
}
