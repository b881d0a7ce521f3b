//! Matching on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::matching_service_server::MatchingService;
use keynode_proto::accounts::v1::{
    FindMatchesRequest, FindMatchesResponse, ListDuplicateCandidatesRequest,
    ListDuplicateCandidatesResponse, ScanDuplicatesRequest, ScanDuplicatesResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::matching;

#[tonic::async_trait]
impl MatchingService for Accounts {
    async fn find_matches(
        &self,
        request: Request<FindMatchesRequest>,
    ) -> Result<Response<FindMatchesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            matching::find::find(self, &call, request.into_inner()).await?,
        ))
    }

    async fn scan_duplicates(
        &self,
        request: Request<ScanDuplicatesRequest>,
    ) -> Result<Response<ScanDuplicatesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            matching::scan::scan(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_duplicate_candidates(
        &self,
        request: Request<ListDuplicateCandidatesRequest>,
    ) -> Result<Response<ListDuplicateCandidatesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            matching::candidate::list(self, &call, request.into_inner()).await?,
        ))
    }
}
