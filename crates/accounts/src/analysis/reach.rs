//! How our side reaches the decision makers and the purchase criteria (R23).

use std::cell::LazyCell;
use std::cmp::Reverse;

use keynode_proto::accounts::v1::{Advocacy, CriterionReach, DecisionMakerReach};

use super::Settings;
use super::nearest_miss::Misses;
use super::network::Network;
use super::ways::Ways;

/// Every decision maker with the strongest way from our side, or what comes nearest to one.
pub fn of_decision_makers(
    network: &Network,
    ours: &Ways,
    settings: &Settings,
) -> Vec<DecisionMakerReach> {
    let misses = LazyCell::new(|| Misses::new(network));
    let people = network.people.iter().enumerate();
    people
        .filter(|(_, person)| person.decides())
        .map(|(node, person)| {
            let way = ours.best(node);
            DecisionMakerReach {
                contact: person.contact.clone(),
                display_name: person.display_name.clone(),
                path: way.map(|way| ours.path(network, way)),
                nearest_miss: way.is_none().then(|| misses.nearest_to(node)),
                advocacy: Some(advocacy(network, node, settings)),
                ..DecisionMakerReach::default()
            }
        })
        .collect()
}

/// Every purchase criterion with the strongest way from our side.
pub fn of_criteria(network: &Network, ours: &Ways) -> Vec<CriterionReach> {
    let criteria = network.criteria.iter().enumerate();
    criteria
        .map(|(index, criterion)| CriterionReach {
            criterion: criterion.id.clone(),
            display_name: criterion.display_name.clone(),
            path: ours
                .best(network.criterion(index))
                .map(|way| ours.path(network, way)),
        })
        .collect()
}

/// Who is there for us when the decision maker decides and we are not.
fn advocacy(network: &Network, decision_maker: usize, settings: &Settings) -> Advocacy {
    let mut advocates = network.influencers(decision_maker);
    advocates.retain(|(node, _)| *node != decision_maker && network.people[*node].is_on_our_side());
    advocates.sort_by_key(|(node, strength)| (Reverse(*strength), *node));
    let missed: f64 = advocates
        .iter()
        .map(|(_, strength)| 1.0 - f64::from(*strength) / 100.0)
        .product();
    Advocacy {
        advocates: advocates
            .iter()
            .map(|(node, _)| network.people[*node].contact.clone())
            .collect(),
        activity_without_us: settings.activity_without_us,
        presence: 1.0 - missed,
        unattended: settings.activity_without_us * missed,
    }
}
