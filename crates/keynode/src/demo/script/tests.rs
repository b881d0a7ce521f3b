use super::*;

fn script() -> Script {
    Script::embedded().expect("the embedded demo")
}

#[test]
fn the_demo_is_whole_and_its_keys_are_unique() {
    let script = script();
    let keys: BTreeSet<&str> = script.deals.iter().map(|d| d.key.as_str()).collect();
    assert_eq!(keys.len(), script.deals.len());
    assert!(script.deals.len() > 30);
}

/// A seller sees the own accounts only, and the map of a deal through its account.
#[test]
fn every_seller_owns_the_accounts_of_the_own_deals_and_of_their_people() {
    let script = script();
    for deal in &script.deals {
        let cast = script.cast(deal);
        let employers = cast.contacts.iter().map(|contact| &contact.account);
        for key in employers
            .filter(|key| !key.is_empty())
            .chain([&deal.account])
        {
            let account = script.accounts.iter().find(|a| a.key == *key).unwrap();
            let owner = script.owner_of(account).map(|person| person.key.as_str());
            assert_eq!(owner, Some(deal.owner.as_str()), "{}: {key}", deal.key);
        }
    }
}

#[test]
fn the_zhang_case_holds_what_the_essay_tells_and_no_more() {
    let script = script();
    let case = script
        .deals
        .iter()
        .find(|d| d.key == "ningxia-instruments")
        .unwrap();
    assert_eq!(
        (case.customer, case.advances, case.competitors.len()),
        (2, 0, 3)
    );
    assert!(
        case.answers.is_empty()
            && case.evidence.is_empty()
            && case.non_standard.is_none()
            && case.amount.is_none()
    );
    let partly: Vec<bool> = script
        .facts(case)
        .iter()
        .map(|f| f.starts_with('?'))
        .collect();
    assert_eq!(partly, [false, true, false, true, false, false]);
    assert!(
        script
            .facts(case)
            .iter()
            .all(|f| f.is_empty() || f.starts_with('?')),
        "nothing is fully known"
    );

    let cast = script.cast(case);
    let has = |role| cast.contacts.iter().any(|c| c.roles.contains(&role));
    assert!(
        !has(StakeholderRole::Coach) && !has(StakeholderRole::Purchasing),
        "no coach, no commercial department"
    );
    let friends: Vec<&str> = cast
        .contacts
        .iter()
        .filter(|c| c.attitude == Attitude::Favourable)
        .map(|c| c.key.as_str())
        .collect();
    assert_eq!(friends, ["designer"]);
    let decides = cast
        .contacts
        .iter()
        .find(|c| c.roles.contains(&StakeholderRole::DecisionMaker))
        .unwrap();
    assert_eq!(decides.coverage, Coverage::NoContact);
    let open: Vec<bool> = case.activities.iter().map(|a| a.next.is_empty()).collect();
    assert_eq!(
        open,
        [false, false, false, false, false, false, true],
        "only the last leaves nothing to do next"
    );
}

#[test]
fn every_key_node_that_is_claimed_has_its_facts() {
    const KINDS: [&[&str]; 6] = [
        &[],
        &["selected_as_candidate"],
        &["purchase_criteria_set", "purchase_criteria_favourable"],
        &["bid_submitted", "negotiated_tender_held"],
        &["contract_approved", "contract_signed"],
        &["acceptance", "project_closed"],
    ];
    let script = script();
    for deal in script.deals.iter().filter(|d| d.advances > 0) {
        let facts = script.facts(deal);
        assert!(
            facts.iter().all(|f| !f.is_empty() && !f.starts_with('?')),
            "{}: all elements known",
            deal.key
        );
        let score: i32 = deal.answers.iter().sum();
        assert!(
            deal.answers.len() == 9 && score * 100 >= 75 * 45,
            "{}: grade A",
            deal.key
        );
        for kinds in KINDS
            .iter()
            .take(usize::try_from(deal.advances).unwrap())
            .filter(|k| !k.is_empty())
        {
            let recorded = kinds
                .iter()
                .filter(|kind| deal.evidence.contains_key(**kind))
                .count();
            let one_is_enough = kinds.contains(&"bid_submitted");
            assert!(
                recorded == kinds.len() || (one_is_enough && recorded > 0),
                "{}: {kinds:?}",
                deal.key
            );
        }
        if deal.advances > 1 {
            let cast = script.cast(deal);
            assert!(
                cast.contacts
                    .iter()
                    .any(|c| c.roles.contains(&StakeholderRole::Coach)),
                "{}: a coach",
                deal.key
            );
        }
    }
}

#[test]
fn no_activity_or_evidence_lies_in_the_future() {
    for deal in script().deals {
        let days = deal
            .evidence
            .values()
            .copied()
            .chain(deal.activities.iter().map(|a| a.day))
            .chain(deal.known_since);
        for day in days {
            assert!(
                !matches!(day, Day::FromLoad(days) if days > 0),
                "{}: {day:?}",
                deal.key
            );
        }
    }
}
