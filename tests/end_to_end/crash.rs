//! Processes are killed while clients write: what was acknowledged is there, once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keynode_proto::notification::v1::{ListEventsRequest, ListNoticesRequest};
use keynode_proto::pipeline::v1::{
    CreateOpportunityRequest, ListOpportunitiesRequest, Opportunity,
};
use keynode_tests::{Client, Deployment, Organisation};
use uuid::Uuid;

use crate::deal;

const WRITERS: usize = 4;
const ROUNDS: usize = 3;

/// What one client was told: request id → name of the deal that was made.
type Acknowledged = HashMap<String, String>;

fn request(request_id: &str) -> CreateOpportunityRequest {
    let opportunity = Opportunity {
        display_name: request_id.into(),
        ..Opportunity::default()
    };
    CreateOpportunityRequest {
        opportunity: Some(opportunity),
        request_id: request_id.into(),
        validate_only: false,
    }
}

/// Creates deals until told to stop, noting what was acknowledged and what is unclear.
async fn write(mut client: Client, stop: Arc<AtomicBool>) -> (Acknowledged, Vec<String>) {
    let (mut acknowledged, mut unclear) = (Acknowledged::new(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let id = deal::id();
        match client.opportunities.create_opportunity(request(&id)).await {
            Ok(answer) => {
                let made = answer.into_inner().opportunity.unwrap();
                acknowledged.insert(id, made.name);
            }
            Err(_) => unclear.push(id),
        }
    }
    (acknowledged, unclear)
}

async fn all_deals(client: &mut Client) -> HashMap<String, Vec<String>> {
    let (mut found, mut page_token) = (HashMap::<String, Vec<String>>::new(), String::new());
    loop {
        let request = ListOpportunitiesRequest {
            page_size: 1000,
            page_token,
            ..Default::default()
        };
        let page = client
            .opportunities
            .list_opportunities(request)
            .await
            .unwrap()
            .into_inner();
        for deal in page.opportunities {
            found.entry(deal.display_name).or_default().push(deal.name);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

/// Every claim that the clients hold against what is stored; empty when all is well.
fn faults(
    acknowledged: &Acknowledged,
    unclear: &[String],
    stored: &HashMap<String, Vec<String>>,
) -> Vec<String> {
    let lost = acknowledged
        .iter()
        .filter(|(id, name)| {
            stored
                .get(*id)
                .is_none_or(|names| names != &vec![(*name).clone()])
        })
        .map(|(id, name)| format!("acknowledged {id} as {name}, stored {:?}", stored.get(id)));
    let doubled = unclear
        .iter()
        .filter(|id| stored.get(*id).is_some_and(|names| names.len() > 1))
        .map(|id| format!("unclear {id} was stored more than once"));
    lost.chain(doubled).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_once() {
    let mut deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| tokio::spawn(write(people.administrator.clone(), stop.clone())))
        .collect();
    for round in 0..ROUNDS {
        tokio::time::sleep(Duration::from_millis(300)).await;
        // One replica, then both, then the Directory that knows the callers.
        let mut victims = deployment.replicas("pipeline");
        match round {
            0 => victims.truncate(1),
            1 => {}
            _ => victims = deployment.replicas("accounts"),
        }
        victims.iter().for_each(|index| deployment.kill(*index));
        tokio::time::sleep(Duration::from_millis(100)).await;
        for index in victims {
            deployment.restart(index).await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let (mut acknowledged, mut unclear) = (Acknowledged::new(), Vec::new());
    for writer in writers {
        let (done, open) = writer.await.unwrap();
        acknowledged.extend(done);
        unclear.extend(open);
    }
    assert!(
        acknowledged.len() > 20,
        "the writers got work done: {}",
        acknowledged.len()
    );

    // A client that heard nothing asks again with the same id: it happens once in all.
    for id in &unclear {
        let made = people
            .administrator
            .opportunities
            .create_opportunity(request(id))
            .await
            .unwrap();
        acknowledged.insert(id.clone(), made.into_inner().opportunity.unwrap().name);
    }
    let stored = all_deals(&mut people.administrator).await;
    assert_eq!(
        faults(&acknowledged, &unclear, &stored),
        Vec::<String>::new()
    );
    assert_eq!(
        stored.len(),
        acknowledged.len(),
        "nothing is stored that nobody asked for"
    );

    // The checker can see: a deal that is taken away, and one stored twice.
    let mut tampered = stored.clone();
    let first = acknowledged.keys().next().unwrap();
    tampered.remove(first);
    assert_eq!(faults(&acknowledged, &unclear, &tampered).len(), 1);
    tampered.insert(
        first.clone(),
        vec![acknowledged[first].clone(), "opportunities/other".into()],
    );
    assert_eq!(faults(&acknowledged, &unclear, &tampered).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_service_killed_while_it_reacts_tells_everyone_once() {
    const DEALS: usize = 12;
    let mut deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let account = deal::account(&mut people.seller, "钢厂").await;
    let mut names = Vec::new();
    for n in 0..DEALS {
        names.push(
            deal::opportunity(&mut people.seller, &account, &format!("项目 {n}"))
                .await
                .name,
        );
    }
    let notification = deployment.replicas("notification")[0];
    for (n, name) in names.iter().enumerate() {
        deal::buying_step(&mut people.seller, name, 2).await;
        if n % 4 == 3 {
            deployment.kill(notification);
            deployment.restart(notification).await;
        }
    }
    let mut told = Vec::new();
    for _ in 0..1000 {
        let request = ListNoticesRequest {
            page_size: 1000,
            ..Default::default()
        };
        told = people
            .seller
            .inbox
            .list_notices(request)
            .await
            .unwrap()
            .into_inner()
            .notices;
        if told.len() >= DEALS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut subjects: Vec<_> = told.into_iter().map(|notice| notice.subject).collect();
    subjects.sort();
    names.sort();
    assert_eq!(subjects, names, "one notice for each deal");

    let request = ListEventsRequest {
        page_size: 1000,
        ..Default::default()
    };
    let events = people
        .administrator
        .feed
        .list_events(request)
        .await
        .unwrap()
        .into_inner()
        .events;
    let mut next: HashMap<String, i64> = HashMap::new();
    for event in events {
        let expected = next.entry(event.subject.clone()).or_insert(1);
        assert_eq!(
            event.sequence, *expected,
            "no gap and no repeat in {}",
            event.subject
        );
        *expected += 1;
        assert!(Uuid::try_parse(&event.id).is_ok());
    }
}
