//! Classes of target customers (R15): winter jasmine 迎春花 opens a market, wintersweet 腊梅花
//! carries us through a winter. Each has three traits; what is unknown is not "no".

use keynode_proto::accounts::v1::CustomerTraitKind::{
    AdvancedIdeas, Demanding, PriceSensitive, RealNeed, SoundFinancesAndMarket, TimeRequirement,
};
use keynode_proto::accounts::v1::{
    CustomerClass, CustomerClassVerdict, CustomerTraitKind, TraitValue,
};

/// Whether a customer is of a class, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub class: CustomerClass,
    pub verdict: CustomerClassVerdict,
    /// All three for yes, those that are not there for no.
    pub deciding: Vec<CustomerTraitKind>,
    pub unknown: Vec<CustomerTraitKind>,
}

const CLASSES: [(CustomerClass, [CustomerTraitKind; 3]); 2] = [
    (
        CustomerClass::WinterJasmine,
        [AdvancedIdeas, Demanding, PriceSensitive],
    ),
    (
        CustomerClass::Wintersweet,
        [RealNeed, TimeRequirement, SoundFinancesAndMarket],
    ),
];

/// Judges every class by what is known of the traits; a customer may be of both.
pub fn classify(value_of: impl Fn(CustomerTraitKind) -> TraitValue) -> Vec<Finding> {
    CLASSES
        .iter()
        .map(|(class, traits)| judge(*class, traits, &value_of))
        .collect()
}

fn judge(
    class: CustomerClass,
    traits: &[CustomerTraitKind],
    value_of: &impl Fn(CustomerTraitKind) -> TraitValue,
) -> Finding {
    let of = |value| {
        let of_value = traits.iter().copied().filter(|t| value_of(*t) == value);
        of_value.collect::<Vec<_>>()
    };
    let (there, missing, unknown) = (
        of(TraitValue::Yes),
        of(TraitValue::No),
        of(TraitValue::Unspecified),
    );
    let (verdict, deciding) = match (missing.is_empty(), unknown.is_empty()) {
        (false, _) => (CustomerClassVerdict::No, missing),
        (true, true) => (CustomerClassVerdict::Yes, there),
        (true, false) => (CustomerClassVerdict::Undetermined, Vec::new()),
    };
    Finding {
        class,
        verdict,
        deciding,
        unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn verdicts(known: &[(CustomerTraitKind, TraitValue)]) -> Vec<Finding> {
        let known: HashMap<_, _> = known.iter().copied().collect();
        classify(|kind| known.get(&kind).copied().unwrap_or_default())
    }

    #[test]
    fn nothing_known_is_undetermined() {
        for finding in verdicts(&[]) {
            assert_eq!(finding.verdict, CustomerClassVerdict::Undetermined);
            assert_eq!((finding.deciding.len(), finding.unknown.len()), (0, 3));
        }
    }

    #[test]
    fn a_customer_may_be_of_both_classes() {
        let all = CLASSES.iter().flat_map(|(_, traits)| traits);
        let known: Vec<_> = all.map(|kind| (*kind, TraitValue::Yes)).collect();
        for finding in verdicts(&known) {
            assert_eq!(finding.verdict, CustomerClassVerdict::Yes);
            assert_eq!((finding.deciding.len(), finding.unknown.len()), (3, 0));
        }
    }

    #[test]
    fn one_missing_trait_decides_also_when_others_are_unknown() {
        let findings = verdicts(&[
            (PriceSensitive, TraitValue::No),
            (RealNeed, TraitValue::Yes),
        ]);
        assert_eq!(
            findings,
            [
                Finding {
                    class: CustomerClass::WinterJasmine,
                    verdict: CustomerClassVerdict::No,
                    deciding: vec![PriceSensitive],
                    unknown: vec![AdvancedIdeas, Demanding],
                },
                Finding {
                    class: CustomerClass::Wintersweet,
                    verdict: CustomerClassVerdict::Undetermined,
                    deciding: Vec::new(),
                    unknown: vec![TimeRequirement, SoundFinancesAndMarket],
                },
            ]
        );
    }

    fn value() -> impl Strategy<Value = TraitValue> {
        prop_oneof![
            Just(TraitValue::Unspecified),
            Just(TraitValue::Yes),
            Just(TraitValue::No)
        ]
    }

    proptest! {
        /// Learning more may settle what was undetermined, but never overturns a verdict.
        #[test]
        fn a_verdict_stands_whatever_else_becomes_known(
            values in proptest::array::uniform3(value()),
            learned in proptest::array::uniform3(value()),
        ) {
            let (class, kinds) = CLASSES[0];
            let verdict_of = |values: [TraitValue; 3]| {
                let known: HashMap<_, _> = kinds.into_iter().zip(values).collect();
                judge(class, &kinds, &|kind| known[&kind]).verdict
            };
            let later = std::array::from_fn(|i| match values[i] {
                TraitValue::Unspecified => learned[i],
                known => known,
            });
            let before = verdict_of(values);
            if before != CustomerClassVerdict::Undetermined {
                prop_assert_eq!(verdict_of(later), before);
            }
        }
    }
}
