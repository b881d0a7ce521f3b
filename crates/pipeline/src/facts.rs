//! `GetOpportunityFacts` and `BatchGetOpportunityFacts`: everything that pipeline knows of deals,
//! for judging them.

mod gather;

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{
    BatchGetOpportunityFactsRequest, BatchGetOpportunityFactsResponse, GetOpportunityFactsRequest,
    GetOpportunityFactsResponse, Process,
};

use crate::error::Error;
use crate::ids::OpportunityId;
use crate::{Pipeline, opportunity};

const MAX_BATCH: usize = 100;

pub async fn facts(
    pipeline: &Pipeline,
    call: &Call,
    request: GetOpportunityFactsRequest,
) -> Result<GetOpportunityFactsResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let found = gather::gather(pipeline, call, &[id]).await?.pop();
    found.ok_or(Error::OpportunityNotFound(id))
}

pub async fn batch(
    pipeline: &Pipeline,
    call: &Call,
    request: BatchGetOpportunityFactsRequest,
) -> Result<BatchGetOpportunityFactsResponse, Error> {
    let ids = read(&request)?;
    let mut facts = gather::gather(pipeline, call, &ids).await?;
    let mut processes: Vec<Process> = Vec::new();
    let mut told = HashSet::new();
    for one in &mut facts {
        let process = one.process.take();
        processes.extend(process.filter(|it| told.insert((it.name.clone(), it.version))));
    }
    let found: HashSet<&str> = facts.iter().map(name_of).collect();
    let not_found = request
        .names
        .iter()
        .filter(|name| !found.contains(name.as_str()));
    Ok(BatchGetOpportunityFactsResponse {
        not_found: not_found.cloned().collect(),
        facts,
        processes,
    })
}

fn read(request: &BatchGetOpportunityFactsRequest) -> Result<Vec<OpportunityId>, Error> {
    let mut bad = Violations::default();
    let count = request.names.len();
    if !(1..=MAX_BATCH).contains(&count) {
        bad.add("names", format!("must be 1 to {MAX_BATCH}, are {count}"));
    }
    let (mut seen, mut ids) = (HashSet::new(), Vec::new());
    for (index, name) in request.names.iter().take(MAX_BATCH).enumerate() {
        let field = format!("names[{index}]");
        ids.push(bad.name(&field, name));
        if !seen.insert(name) {
            bad.add(field, "must be named once");
        }
    }
    bad.finish()?;
    Ok(ids)
}

fn name_of(facts: &GetOpportunityFactsResponse) -> &str {
    facts.opportunity.as_ref().map_or("", |it| it.name.as_str())
}
