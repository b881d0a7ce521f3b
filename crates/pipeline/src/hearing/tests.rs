use jiff::Timestamp;
use keynode_proto::pipeline::v1::Knowledge;
use uuid::Uuid;

use super::*;
use crate::element;
use crate::opportunity::Element;
use crate::process;
use crate::stage::{Move, Status, decide};
use crate::terms::Terms;

/// A deal that was imported at a position.
fn imported(process: &Process, position: i32) -> Opportunity {
    let entered = Timestamp::UNIX_EPOCH;
    let carry = Move::Carry {
        position,
        status: Status::Open,
        entered,
    };
    let moved = decide(process.track(), carry, entered).unwrap();
    Opportunity::enter(
        OpportunityId(Uuid::nil()),
        Terms::default(),
        process,
        &moved,
        entered,
    )
}

fn know_all(opportunity: &mut Opportunity) {
    for element in element::ALL {
        let state = Element {
            knowledge: Knowledge::Known,
            value: String::new(),
            source: String::new(),
            person: None,
            details: None,
            learned: None,
            recorder: String::new(),
            recorded: Timestamp::UNIX_EPOCH,
        };
        opportunity.elements.insert(element, state);
    }
}

fn process() -> Process {
    process::shipped()
}

#[test]
fn a_deal_that_changed_since_may_need_other_facts() {
    let process = process();
    let opportunity = imported(&process, 3);
    let prepared = Prepared {
        opportunity: opportunity.clone(),
        process: Arc::new(process.clone()),
        fetched: Fetched::default(),
    };
    assert!(
        prepared
            .hear(&opportunity, Dossier::default(), &process)
            .is_ok()
    );
    let hear = |now: &Opportunity| prepared.hear(now, Dossier::default(), &process).map(|_| ());
    let mut changed = opportunity.clone();
    changed.touch(Timestamp::UNIX_EPOCH);
    assert!(hear(&changed).is_ok(), "it needs what it needed");
    know_all(&mut changed);
    assert!(
        matches!(hear(&changed), Err(Error::Conflict(_))),
        "the first key node is within reach, and its evaluation not fetched"
    );
    let mut moved = imported(&process, 4);
    moved.touch(Timestamp::UNIX_EPOCH);
    assert!(matches!(hear(&moved), Err(Error::Conflict(_))));
}

#[test]
fn what_own_facts_rule_out_is_not_asked_for() {
    let process = process();
    let mut opportunity = imported(&process, 3);
    assert_eq!(
        needs(&process, &opportunity, Dossier::default()).unwrap(),
        Needs::default()
    );
    know_all(&mut opportunity);
    let owed = needs(&process, &opportunity, Dossier::default()).unwrap();
    assert_eq!(
        owed,
        Needs {
            map: false,
            evaluation: true
        },
        "the first key node may be reached by now"
    );
}

#[test]
fn the_current_key_node_gets_all_its_facts() {
    let process = process();
    let entry = imported(&process, 2);
    assert_eq!(
        needs(&process, &entry, Dossier::default()).unwrap(),
        Needs {
            map: true,
            evaluation: false
        }
    );
}

#[test]
fn an_owed_key_node_is_made_up_only_when_it_is_reached() {
    let process = process();
    let mut opportunity = imported(&process, 3);
    know_all(&mut opportunity);
    let judgement = Judgement {
        name: "opportunities/x/evaluations/y".to_owned(),
        model_version: 1,
        outcome: gate::Outcome::Go,
        grade: "A".to_owned(),
    };
    let fetched = Fetched {
        map: None,
        evaluation: Some(Evaluation::Made(judgement)),
    };
    let prepared = Prepared {
        opportunity: opportunity.clone(),
        process: Arc::new(process.clone()),
        fetched,
    };
    let hearing = prepared
        .hear(&opportunity, Dossier::default(), &process)
        .unwrap();
    assert_eq!(
        hearing.gates().made_up,
        [1],
        "the second was not reached, and its facts not fetched"
    );
    assert_eq!(hearing.grade().as_deref(), Some("A"));
}
