//! Lists and boards of teams with those below them, which accounts knows.

use keynode_proto::pipeline::v1::*;

use crate::lists::listed;
use crate::market::Market;
use crate::world::*;

fn asking(teams: &[&String], with_subteams: bool) -> ListOpportunitiesRequest {
    ListOpportunitiesRequest {
        teams: teams.iter().copied().cloned().collect(),
        with_subteams,
        ..Default::default()
    }
}

async fn counted(client: &mut Opportunities, request: GetBoardRequest) -> i64 {
    let board = client.get_board(request).await.unwrap().into_inner();
    board.stages.iter().map(|it| it.opportunity_count).sum()
}

#[tokio::test]
async fn a_list_and_a_board_take_in_the_teams_below() {
    let market = Market::new().await;
    let region = market.team().await;
    let office = market.team_below(&region).await;
    let group = market.team_below(&office).await;
    let other = market.team().await;
    let mut all = market.world.opportunities(&market.admin);
    for (name, team) in [("r", &region), ("o", &office), ("g", &group), ("x", &other)] {
        let deal = Opportunity {
            team: team.clone(),
            ..named(name)
        };
        create(&mut all, deal).await;
    }
    for (teams, with_subteams, expected) in [
        (vec![&region], false, "r"),
        (vec![&region], true, "rog"),
        (vec![&office, &other], true, "ogx"),
        (vec![&group], true, "g"),
    ] {
        let found = listed(&mut all, asking(&teams, with_subteams)).await;
        assert_eq!(found.concat(), expected);
        let request = GetBoardRequest {
            teams: teams.into_iter().cloned().collect(),
            with_subteams,
            ..Default::default()
        };
        assert_eq!(counted(&mut all, request).await, expected.len() as i64);
    }
    // A team that nobody knows has no deals, not all.
    let unknown = format!("teams/{}", uuid::Uuid::now_v7());
    assert!(listed(&mut all, asking(&[&unknown], true)).await.is_empty());
    // What one does not see stays so.
    let seller = market.seller(&office).await;
    let mut theirs = market.world.opportunities(&seller);
    create(&mut theirs, named("own")).await;
    let found = listed(&mut theirs, asking(&[&region], true)).await;
    assert_eq!(found, ["own"]);
}

#[tokio::test]
async fn teams_below_none_and_below_what_is_no_team_are_refused() {
    let world = world().await;
    let mut client = world.manager();
    let none = client.list_opportunities(asking(&[], true)).await;
    assert_eq!(fields(none), ["teams"]);
    let word = "x".to_owned();
    let bad = client.list_opportunities(asking(&[&word], true)).await;
    assert_eq!(fields(bad), ["teams[0]"]);
    let request = GetBoardRequest {
        with_subteams: true,
        ..Default::default()
    };
    assert_eq!(fields(client.get_board(request).await), ["teams"]);
    // Where accounts does not answer, nothing is left out unsaid.
    let team = format!("teams/{}", uuid::Uuid::now_v7());
    let refused = client.list_opportunities(asking(&[&team], true)).await;
    assert_eq!(refused.unwrap_err().code(), tonic::Code::Unavailable);
}
