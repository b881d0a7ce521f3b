//! Costs, prices, approvals, the contract, and what the pursuit costs.

use keynode_proto::pipeline::v1::approvals_service_client::ApprovalsServiceClient;
use keynode_proto::pipeline::v1::contracts_service_client::ContractsServiceClient;
use keynode_proto::pipeline::v1::exchange_rates_service_client::ExchangeRatesServiceClient;
use keynode_proto::pipeline::v1::pricing_service_client::PricingServiceClient;
use keynode_proto::pipeline::v1::pursuit_costs_service_client::PursuitCostsServiceClient;
use keynode_proto::pipeline::v1::*;
use keynode_tests::{Client, Organisation};

use crate::deal::{id, in_days};
use crate::dossier::{done, reason, yuan};

/// The manager knows the costs and sets a floor; the seller goes below it with the manager's leave.
pub async fn agree(people: &mut Organisation, name: &str) {
    rates(&people.administrator).await;
    let mut manager = PricingServiceClient::new(people.manager.pipeline.clone());
    let mut seller = PricingServiceClient::new(people.seller.pipeline.clone());
    let sheet = PutCostSheetRequest {
        name: name.into(),
        cost_sheet: Some(CostSheet {
            lines: vec![CostLine {
                text: "控制器".into(),
                category: CostCategory::Material.into(),
                quantity: "100".into(),
                unit_cost: Some(keynode_proto::google::r#type::Money {
                    currency_code: "USD".into(),
                    units: 1500,
                    nanos: 0,
                }),
                ..CostLine::default()
            }],
            wished_margin_percent: "25".into(),
            ..CostSheet::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    let denied = seller.put_cost_sheet(sheet.clone()).await;
    assert_eq!(reason(denied), "PERMISSION_DENIED");
    done(manager.put_cost_sheet(sheet).await);
    let floor = SetPriceFloorRequest {
        name: name.into(),
        floor: Some(PriceFloor {
            amount: yuan(1_450_000),
            ..PriceFloor::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    done(manager.set_price_floor(floor).await);
    let propose = ProposePriceRequest {
        name: name.into(),
        proposal: Some(PriceProposal {
            price: yuan(1_400_000),
            list_price: yuan(1_600_000),
            rank: PriceRank::BelowAverage.into(),
            reasoning: "甲公司预计 145 万".into(),
            ..PriceProposal::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    let proposal = done(seller.propose_price(propose).await).proposal.unwrap();
    assert_eq!(proposal.state(), PriceState::PendingApproval);
    approve(&people.manager, &proposal.approval).await;
    let request = GetPricingRequest {
        name: name.into(),
        ..Default::default()
    };
    let seen = done(seller.get_pricing(request.clone()).await);
    assert!(seen.masked, "{seen:?}");
    let pricing = seen.pricing.unwrap();
    assert_eq!((pricing.floor, pricing.cost_sheet), (None, None));
    assert_eq!(pricing.proposal.unwrap().state(), PriceState::Approved);
    let figures = done(manager.get_pricing(request).await).figures.unwrap();
    // 100 × 1,500 USD at 7.
    assert_eq!(
        (figures.cost_total, figures.margin),
        (yuan(1_050_000), yuan(350_000))
    );
    assert_eq!(figures.below_floor, Some(true));
}

async fn rates(administrator: &Client) {
    let mut client = ExchangeRatesServiceClient::new(administrator.pipeline.clone());
    let request = PutExchangeRatesRequest {
        rates: vec![ExchangeRate {
            from_currency: "USD".into(),
            to_currency: "CNY".into(),
            valid_from_date: Some(in_days(-30)),
            rate: "7".into(),
            source: "财务".into(),
            ..ExchangeRate::default()
        }],
        request_id: id(),
        ..Default::default()
    };
    done(client.put_exchange_rates(request).await);
}

async fn approve(client: &Client, approval: &str) {
    let mut approvals = ApprovalsServiceClient::new(client.pipeline.clone());
    let waiting = done(
        approvals
            .list_pending_approvals(ListPendingApprovalsRequest::default())
            .await,
    );
    assert!(waiting.approvals.iter().any(|it| it.name == approval));
    let request = DecideApprovalRequest {
        name: approval.into(),
        verdict: ApprovalVerdict::Approve.into(),
        request_id: id(),
        ..Default::default()
    };
    done(approvals.decide_approval(request).await);
}

/// Terms, returned once, approved by two and signed.
pub async fn contract(people: &mut Organisation, name: &str) {
    let mut client = ContractsServiceClient::new(people.seller.pipeline.clone());
    let contract_name = name.to_owned();
    let term = |percent: &str, condition: &str| PaymentTerm {
        percent: percent.into(),
        condition: condition.into(),
        ..PaymentTerm::default()
    };
    let request = UpdateContractRequest {
        contract: Some(Contract {
            name: contract_name.clone(),
            number: "HT-2026-12".into(),
            parties: "化工集团与我公司".into(),
            amount: yuan(1_400_000),
            list_price: yuan(1_600_000),
            payment_terms: vec![term("30", "签订"), term("60", "到货"), term("10", "验收")],
            warranty_months: Some(12),
            ..Contract::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    done(client.update_contract(request).await);
    let sign = SignContractRequest {
        name: contract_name.clone(),
        signature: Some(ContractSignature {
            sign_date: Some(in_days(0)),
            our_signatory: "总经理".into(),
            customer_signatory: "项目经理".into(),
            ..ContractSignature::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    assert!(
        client.sign_contract(sign.clone()).await.is_err(),
        "not approved"
    );
    let submitted = submit(&mut client, &contract_name).await;
    let mut approvals = ApprovalsServiceClient::new(people.manager.pipeline.clone());
    let back = DecideApprovalRequest {
        name: submitted.approval,
        verdict: ApprovalVerdict::Return.into(),
        comment: "付款条件".into(),
        request_id: id(),
        ..Default::default()
    };
    done(approvals.decide_approval(back).await);
    let submitted = submit(&mut client, &contract_name).await;
    approve(&people.manager, &submitted.approval).await;
    assert!(
        client.sign_contract(sign.clone()).await.is_err(),
        "approved by one"
    );
    approve(&people.administrator, &submitted.approval).await;
    let sign = SignContractRequest {
        request_id: id(),
        ..sign
    };
    let signed = done(client.sign_contract(sign).await).contract.unwrap();
    assert_eq!(signed.state(), ContractState::Signed);
}

async fn submit(
    client: &mut ContractsServiceClient<keynode_kit::client::Channel>,
    contract: &str,
) -> Contract {
    let request = SubmitContractForApprovalRequest {
        name: contract.into(),
        request_id: id(),
        ..Default::default()
    };
    done(client.submit_contract_for_approval(request).await)
        .contract
        .unwrap()
}

/// What the pursuit cost, against the margin (T6).
pub async fn pursuit(people: &mut Organisation, name: &str) {
    let mut client = PursuitCostsServiceClient::new(people.seller.pipeline.clone());
    for (stage, spent) in [("development", 20_000), ("bid", 30_000)] {
        let request = CreatePursuitCostRequest {
            parent: name.into(),
            cost: Some(PursuitCost {
                date: Some(in_days(-1)),
                stage: stage.into(),
                category: PursuitCategory::Travel.into(),
                amount: yuan(spent),
                ..PursuitCost::default()
            }),
            request_id: id(),
            ..Default::default()
        };
        done(client.create_pursuit_cost(request).await);
    }
    let mut manager = PursuitCostsServiceClient::new(people.manager.pipeline.clone());
    let request = GetPursuitSummaryRequest { name: name.into() };
    let summary = done(manager.get_pursuit_summary(request).await)
        .summary
        .unwrap();
    assert_eq!(summary.total, yuan(50_000));
    assert_eq!(summary.alarm(), PursuitAlarm::Warn, "50,000 of 350,000");
}
