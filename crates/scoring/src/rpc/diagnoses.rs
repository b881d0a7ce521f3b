use keynode_kit::call::Call;
use keynode_proto::scoring::v1::diagnoses_service_server::DiagnosesService;
use keynode_proto::scoring::v1::{DiagnoseOpportunityRequest, DiagnoseOpportunityResponse};
use tonic::{Request, Response, Status};

use crate::{Scoring, diagnose_opportunity};

#[tonic::async_trait]
impl DiagnosesService for Scoring {
    async fn diagnose_opportunity(
        &self,
        request: Request<DiagnoseOpportunityRequest>,
    ) -> Result<Response<DiagnoseOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            diagnose_opportunity::diagnose(self, &call, request.into_inner()).await?,
        ))
    }
}
