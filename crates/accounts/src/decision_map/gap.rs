//! What a draft still lacks (R21). Pure.

use keynode_proto::accounts::v1::map_gap::Kind;
use keynode_proto::accounts::v1::{MapGap, StakeholderRole};

use super::{DecisionMap, WHOLE};

/// The gaps of a draft; none of a map that is declared complete.
pub fn of(map: &DecisionMap) -> Vec<MapGap> {
    if map.header.complete {
        return Vec::new();
    }
    let people = &map.stakeholders;
    let mut gaps = Vec::new();
    if people.is_empty() {
        gaps.push(gap(Kind::NoStakeholder));
    }
    if !people
        .iter()
        .any(|person| person.plays(StakeholderRole::DecisionMaker))
    {
        gaps.push(gap(Kind::NoDecisionMaker));
    }
    let weightless = people.iter().filter(|person| person.weight.is_none());
    gaps.extend(weightless.map(|person| MapGap {
        contact: person.name().to_string(),
        ..gap(Kind::WeightUnknown)
    }));
    let total = map.total_weight();
    if total != WHOLE {
        gaps.push(MapGap {
            total: i32::try_from(total).unwrap_or(i32::MAX),
            ..gap(Kind::WeightsTotal)
        });
    }
    gaps
}

fn gap(kind: Kind) -> MapGap {
    MapGap {
        kind: kind.into(),
        ..MapGap::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::stakeholder::Stakeholder;
    use super::super::stakeholder::example::{map, person};
    use super::*;

    fn weighing(number: u128, weight: Option<i32>) -> Stakeholder {
        Stakeholder {
            weight,
            ..person(number)
        }
    }

    fn deciding(stakeholder: Stakeholder) -> Stakeholder {
        Stakeholder {
            roles: vec![StakeholderRole::DecisionMaker.into()],
            ..stakeholder
        }
    }

    fn kinds(map: &DecisionMap) -> Vec<Kind> {
        of(map).iter().map(MapGap::kind).collect()
    }

    #[test]
    fn an_empty_map_lacks_people_a_decision_maker_and_weights() {
        assert_eq!(
            kinds(&map(Vec::new())),
            [
                Kind::NoStakeholder,
                Kind::NoDecisionMaker,
                Kind::WeightsTotal
            ]
        );
    }

    #[test]
    fn whose_weight_is_unknown_is_named_and_the_total_told() {
        let map = map(vec![
            deciding(weighing(1, Some(60))),
            weighing(2, None),
            weighing(3, Some(0)),
        ]);
        let gaps = of(&map);
        assert_eq!(kinds(&map), [Kind::WeightUnknown, Kind::WeightsTotal]);
        assert_eq!(gaps[0].contact, map.stakeholders[1].name().to_string());
        assert_eq!((gaps[1].total, gaps[1].contact.as_str()), (60, ""));
    }

    #[test]
    fn weights_of_99_and_101_are_gaps_and_of_100_is_none() {
        for (other, lacks) in [(39, true), (40, false), (41, true)] {
            let map = map(vec![
                deciding(weighing(1, Some(60))),
                weighing(2, Some(other)),
            ]);
            assert_eq!(kinds(&map).contains(&Kind::WeightsTotal), lacks, "{other}");
        }
    }

    #[test]
    fn a_complete_map_lacks_nothing() {
        let mut map = map(vec![weighing(1, Some(100))]);
        assert_eq!(kinds(&map), [Kind::NoDecisionMaker]);
        map.header.complete = true;
        assert!(of(&map).is_empty());
    }
}
