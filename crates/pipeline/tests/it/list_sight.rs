//! Lists of those who see some deals: what they own and that of their teams.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;
use uuid::Uuid;

use crate::lists::listed;
use crate::market::Market;
use crate::world::*;

type Request = ListOpportunitiesRequest;

#[tokio::test]
async fn whoever_sees_some_gets_the_same_orders_over_what_they_own_and_their_teams() {
    let market = Market::new().await;
    let world = &market.world;
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    let lead = Caller {
        visible_teams: vec![one, two],
        ..market.seller("").await.in_team(one)
    };
    let mut manager = world.manager();
    for (n, team) in [one, two, Uuid::now_v7(), two, one].into_iter().enumerate() {
        let n = n as i32;
        let deal = Opportunity {
            team: format!("teams/{team}"),
            expected_close_date: date(2026, 12 - n, 1),
            amount: money(10 + i64::from(n), 0),
            ..named(&n.to_string())
        };
        create(&mut manager, deal).await;
    }
    let own = Opportunity {
        owner: lead.person_name(),
        team: format!("teams/{one}"),
        expected_close_date: date(2026, 1, 1),
        amount: money(1, 0),
        ..named("own")
    };
    create(&mut manager, own).await;
    let mut client = world.opportunities(&lead);
    let by = |order: OpportunityOrder, teams: Vec<Uuid>| Request {
        order_by: order.into(),
        currency: "CNY".to_owned(),
        teams: teams.iter().map(|team| format!("teams/{team}")).collect(),
        ..Default::default()
    };
    for (order, expected) in [
        (OpportunityOrder::Unspecified, "0134own"),
        (OpportunityOrder::ExpectedCloseDate, "own4310"),
        (OpportunityOrder::Amount, "4310own"),
        (OpportunityOrder::UpdateTime, "own4310"),
    ] {
        let found = listed(&mut client, by(order, Vec::new())).await;
        assert_eq!(found.concat(), expected, "{order:?}");
        let of_team: String = found
            .iter()
            .filter(|name| ["0", "4", "own"].contains(&name.as_str()))
            .cloned()
            .collect();
        for client in [&mut client, &mut manager] {
            let found = listed(client, by(order, vec![one, one])).await.concat();
            assert_eq!(found, of_team, "{order:?}");
        }
    }
    let mine = Request {
        mine: true,
        ..Default::default()
    };
    assert_eq!(listed(&mut client, mine).await, ["own"]);
    let foreign = by(OpportunityOrder::Unspecified, vec![Uuid::now_v7()]);
    assert!(listed(&mut client, foreign).await.is_empty());
}

#[tokio::test]
async fn of_one_team_or_of_many_a_filter_finds_the_same_as_of_all_that_is_seen() {
    let market = Market::new().await;
    let world = &market.world;
    let teams: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
    let lead = Caller {
        visible_teams: teams[..5].to_vec(),
        ..market.seller("").await.in_team(teams[0])
    };
    let mut manager = world.manager();
    let fits = |n: &usize| (n / 6).is_multiple_of(2);
    // Six teams in turn, of which the lead sees five, and owns some of the sixth's; every second
    // round has amounts.
    for n in 0..24_usize {
        let deal = Opportunity {
            team: format!("teams/{}", teams[n % 6]),
            owner: if n % 12 == 5 {
                lead.person_name()
            } else {
                String::new()
            },
            expected_close_date: date(2026, 12 - (n / 2) as i32, 1),
            amount: money(100 - n as i64, 0).filter(|_| fits(&n)),
            ..named(&format!("{n:02}"))
        };
        create(&mut manager, deal).await;
    }
    let seen = |n: &usize| n % 6 < 5 || n % 12 == 5;
    let names = |found: Vec<usize>| found.iter().map(|n| format!("{n:02}")).collect::<Vec<_>>();
    let mut client = world.opportunities(&lead);
    let asked = |order: OpportunityOrder, teams: &[Uuid]| Request {
        order_by: order.into(),
        currency: "CNY".to_owned(),
        teams: teams.iter().map(|team| format!("teams/{team}")).collect(),
        ..Default::default()
    };
    let all: Vec<usize> = (0..24).filter(seen).filter(fits).collect();
    let found = listed(&mut client, asked(OpportunityOrder::Unspecified, &[])).await;
    assert_eq!(found, names(all.clone()));
    let found = listed(&mut client, asked(OpportunityOrder::Amount, &[])).await;
    assert_eq!(
        found,
        names(all.clone()),
        "each is worth less than the one before"
    );
    let mut found = listed(&mut client, asked(OpportunityOrder::ExpectedCloseDate, &[])).await;
    let month = |name: &String| std::cmp::Reverse(name.parse::<usize>().unwrap() / 2);
    assert!(found.is_sorted_by_key(month), "{found:?}");
    found.sort();
    assert_eq!(found, names(all.clone()));
    for some in [1, 3, 4, 5] {
        let of_teams: Vec<usize> = all.iter().copied().filter(|n| n % 6 < some).collect();
        for client in [&mut client, &mut manager] {
            let found = listed(client, asked(OpportunityOrder::Amount, &teams[..some])).await;
            assert_eq!(found, names(of_teams.clone()), "{some} teams");
        }
    }
}
