use keynode_kit::testing::Caller;
use keynode_proto::scoring::v1::DiagnoseOpportunityRequest;
use tonic::Code;

use crate::world::{World, an_opportunity, bad_fields, reason};

fn diagnosing(opportunity: impl ToString) -> DiagnoseOpportunityRequest {
    DiagnoseOpportunityRequest {
        opportunity: opportunity.to_string(),
    }
}

#[tokio::test]
async fn without_the_facts_there_is_no_diagnosis() {
    let world = World::new().await;
    let mut client = world.diagnoses(&Caller::seller(world.tenant));
    let refused = client
        .diagnose_opportunity(diagnosing(an_opportunity()))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::Unavailable, "UNAVAILABLE".to_owned())
    );
    assert!(
        refused.message().contains("pipeline"),
        "{}",
        refused.message()
    );
}

#[tokio::test]
async fn what_is_no_opportunity_is_refused() {
    let world = World::new().await;
    let mut client = world.diagnoses(&world.manager());
    let refused = client
        .diagnose_opportunity(diagnosing("accounts/1"))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::InvalidArgument, "INVALID_REQUEST".to_owned())
    );
    assert_eq!(bad_fields(&refused), ["opportunity"]);
}
