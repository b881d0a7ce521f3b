//! Contracts: written, approved by rules, signed, amended; and what criteria read of them.

use keynode_kit::testing::Caller;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::*;
use prost_types::FieldMask;

use crate::world::*;

pub fn terms(name: &str) -> Contract {
    let term = |percent: &str, condition: &str| PaymentTerm {
        percent: percent.to_owned(),
        condition: condition.to_owned(),
        ..Default::default()
    };
    Contract {
        name: name.to_owned(),
        number: "HT-2026-012".to_owned(),
        parties: "宁夏化工;我方".to_owned(),
        amount: money(800_000, 0),
        payment_terms: vec![
            term("30", "预付"),
            term("60.5", "到货"),
            term("9.5", "质保期满"),
        ],
        delivery_terms: "银川交货".to_owned(),
        warranty_months: Some(12),
        valid_from_date: date(2026, 7, 1),
        valid_until_date: date(2027, 6, 30),
        documents: vec![FileReference {
            reference: "dms:12".to_owned(),
            ..Default::default()
        }],
        list_price: money(1_000_000, 0),
        ..Default::default()
    }
}

pub fn updating(contract: Contract) -> UpdateContractRequest {
    UpdateContractRequest {
        contract: Some(contract),
        ..Default::default()
    }
}

pub fn submitting(name: &str) -> SubmitContractForApprovalRequest {
    SubmitContractForApprovalRequest {
        name: name.to_owned(),
        note: "请审批".to_owned(),
        ..Default::default()
    }
}

pub fn signature() -> Option<ContractSignature> {
    Some(ContractSignature {
        sign_date: date(2026, 7, 1),
        our_signatory: "张".to_owned(),
        customer_signatory: "李".to_owned(),
        ..Default::default()
    })
}

pub fn signing(name: &str) -> SignContractRequest {
    SignContractRequest {
        name: name.to_owned(),
        signature: signature(),
        ..Default::default()
    }
}

pub fn amending(name: &str, change: Option<Money>) -> CreateContractAmendmentRequest {
    CreateContractAmendmentRequest {
        parent: name.to_owned(),
        amendment: Some(ContractAmendment {
            text: "增加两台".to_owned(),
            amount_change: change,
            effective_date: date(2026, 8, 1),
            ..Default::default()
        }),
        ..Default::default()
    }
}

async fn decide(world: &World, caller: &Caller, name: &str, verdict: ApprovalVerdict) -> Approval {
    let request = DecideApprovalRequest {
        name: name.to_owned(),
        verdict: verdict.into(),
        comment: "见附注".to_owned(),
        ..Default::default()
    };
    let answer = world
        .approvals(caller)
        .decide_approval(request)
        .await
        .unwrap();
    answer.into_inner().approval.unwrap()
}

pub async fn read(world: &World, caller: &Caller, name: &str) -> Contract {
    let request = GetContractRequest {
        name: name.to_owned(),
    };
    let answer = world.contracts(caller).get_contract(request).await.unwrap();
    answer.into_inner().contract.unwrap()
}

/// Those who approve: a manager, then an administrator.
struct Chain(Caller, Caller);

fn chain(world: &World) -> Chain {
    let [one, two] = ["sales_manager", "administrator"].map(|it| Caller::person(world.tenant, it));
    Chain(one, two)
}

/// Has the contract approved; its costs are unknown, so that both are asked.
pub async fn approved(world: &World, caller: &Caller, name: &str) -> Opportunity {
    let mut client = world.contracts(caller);
    client.update_contract(updating(terms(name))).await.unwrap();
    let sent = client
        .submit_contract_for_approval(submitting(name))
        .await
        .unwrap();
    let approval = sent.into_inner().contract.unwrap().approval;
    let Chain(one, two) = chain(world);
    decide(world, &one, &approval, ApprovalVerdict::Approve).await;
    let last = decide(world, &two, &approval, ApprovalVerdict::Approve).await;
    assert_eq!(last.state(), ApprovalState::Approved);
    get(&mut world.manager(), name).await.unwrap()
}

pub async fn deal(world: &World) -> (String, Caller) {
    let seller = Caller::seller(world.tenant);
    let deal = create(&mut world.opportunities(&seller), named("宁夏项目")).await;
    (deal.name, seller)
}

pub fn kinds(deal: &Opportunity) -> Vec<&str> {
    deal.evidence.iter().map(|it| it.kind.as_str()).collect()
}

#[tokio::test]
async fn a_contract_is_approved_signed_and_counts_for_its_key_node() {
    let world = world().await;
    let name = imported(&world, "negotiation").await;
    let author = Caller::person(world.tenant, "seller");
    let deal = approved(&world, &author, &name).await;
    assert_eq!(kinds(&deal), ["contract_approved"]);
    let mut client = world.contracts(&author);
    let request = SignContractRequest {
        request_id: request_id(),
        ..signing(&name)
    };
    let once = client
        .sign_contract(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client.sign_contract(request).await.unwrap().into_inner(),
        once
    );
    let signed = once.contract.unwrap();
    assert_eq!(signed.state(), ContractState::Signed);
    assert!(!signed.signature.unwrap().recorder.is_empty());
    let deal = once.opportunity.unwrap();
    assert_eq!(kinds(&deal), ["contract_approved", "contract_signed"]);
    let day = deal.evidence.iter().find(|it| it.kind == "contract_signed");
    assert_eq!(day.unwrap().date, date(2026, 7, 1));
    let win = WinOpportunityRequest {
        name,
        ..Default::default()
    };
    world.moving().win_opportunity(win).await.unwrap();
}

#[tokio::test]
async fn what_changes_after_approval_is_not_approved_any_more() {
    let world = world().await;
    let (name, seller) = deal(&world).await;
    approved(&world, &seller, &name).await;
    let mut client = world.contracts(&seller);
    let same = client
        .update_contract(updating(terms(&name)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        same.contract.unwrap().state(),
        ContractState::Approved,
        "nothing changed"
    );
    let more = Contract {
        amount: money(790_000, 0),
        ..Contract::default()
    };
    let request = UpdateContractRequest {
        update_mask: Some(FieldMask {
            paths: vec!["amount".to_owned()],
        }),
        ..updating(Contract {
            name: name.clone(),
            ..more
        })
    };
    let changed = client.update_contract(request).await.unwrap().into_inner();
    let contract = changed.contract.unwrap();
    assert_eq!(
        (contract.state(), contract.number.as_str()),
        (ContractState::Draft, "HT-2026-012")
    );
    assert!(kinds(&changed.opportunity.unwrap()).is_empty());
    assert!(
        get(&mut world.manager(), &name)
            .await
            .unwrap()
            .evidence
            .is_empty()
    );
    assert_eq!(
        reason(client.sign_contract(signing(&name)).await),
        "CONTRACT_STATE_UNFIT"
    );
}

#[tokio::test]
async fn while_it_is_approved_nothing_of_it_changes_and_it_may_come_back() {
    let world = world().await;
    let (name, seller) = deal(&world).await;
    let mut client = world.contracts(&seller);
    let early = client.submit_contract_for_approval(submitting(&name)).await;
    assert_eq!(reason(early), "CONTRACT_STATE_UNFIT");
    let number = Contract {
        name: name.clone(),
        number: "1".to_owned(),
        ..Default::default()
    };
    client.update_contract(updating(number)).await.unwrap();
    let bare = client.submit_contract_for_approval(submitting(&name)).await;
    assert_eq!(fields(bare), ["contract.amount", "contract.parties"]);
    client
        .update_contract(updating(terms(&name)))
        .await
        .unwrap();
    let check = SubmitContractForApprovalRequest {
        validate_only: true,
        ..submitting(&name)
    };
    client.submit_contract_for_approval(check).await.unwrap();
    assert_eq!(
        read(&world, &seller, &name).await.state(),
        ContractState::Draft
    );
    let sent = client
        .submit_contract_for_approval(submitting(&name))
        .await
        .unwrap();
    let approval = sent.into_inner().contract.unwrap().approval;
    for refused in [
        reason(client.update_contract(updating(terms(&name))).await),
        reason(client.submit_contract_for_approval(submitting(&name)).await),
        reason(client.sign_contract(signing(&name)).await),
        reason(
            client
                .create_contract_amendment(amending(&name, None))
                .await,
        ),
    ] {
        assert_eq!(refused, "CONTRACT_STATE_UNFIT");
    }
    let Chain(manager, _) = chain(&world);
    decide(&world, &manager, &approval, ApprovalVerdict::Return).await;
    assert_eq!(
        read(&world, &seller, &name).await.state(),
        ContractState::Returned
    );
    let sent = client
        .submit_contract_for_approval(submitting(&name))
        .await
        .unwrap();
    let second = sent.into_inner().contract.unwrap().approval;
    assert_ne!(second, approval);
    let withdraw = WithdrawApprovalRequest {
        name: second,
        reason: "改付款条件".to_owned(),
        ..Default::default()
    };
    world
        .approvals(&seller)
        .withdraw_approval(withdraw)
        .await
        .unwrap();
    assert_eq!(
        read(&world, &seller, &name).await.state(),
        ContractState::Draft
    );
}

#[tokio::test]
async fn a_known_margin_asks_fewer_and_a_thin_one_more() {
    let world = world().await;
    let (name, seller) = deal(&world).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    world
        .contracts(&seller)
        .update_contract(updating(terms(&name)))
        .await
        .unwrap();
    for (cost, steps) in [(700_000, 1), (750_000, 2)] {
        let line = CostLine {
            text: "成本".to_owned(),
            category: CostCategory::Other.into(),
            quantity: "1".to_owned(),
            unit_cost: money(cost, 0),
            ..Default::default()
        };
        let costs = PutCostSheetRequest {
            name: name.clone(),
            cost_sheet: Some(CostSheet {
                lines: vec![line],
                ..Default::default()
            }),
            ..Default::default()
        };
        world.pricing(&manager).put_cost_sheet(costs).await.unwrap();
        let mut client = world.contracts(&seller);
        let sent = client
            .submit_contract_for_approval(submitting(&name))
            .await
            .unwrap();
        let approval = sent.into_inner().contract.unwrap().approval;
        let back = decide(&world, &manager, &approval, ApprovalVerdict::Return).await;
        assert_eq!(back.steps.len(), steps, "{cost}");
    }
}

#[tokio::test]
async fn what_is_signed_changes_by_amendments_only() {
    let world = world().await;
    let (name, seller) = deal(&world).await;
    approved(&world, &seller, &name).await;
    let mut client = world.contracts(&seller);
    client.sign_contract(signing(&name)).await.unwrap();
    let bare = CreateContractAmendmentRequest::default();
    let bare = client.create_contract_amendment(bare).await;
    assert_eq!(
        fields(bare),
        ["parent", "amendment.text", "amendment.effective_date"]
    );
    let all = client
        .create_contract_amendment(amending(&name, money(-800_000, 0)))
        .await;
    assert_eq!(fields(all), ["amendment.amount_change"]);
    let made = client
        .create_contract_amendment(amending(&name, money(300_000, 0)))
        .await;
    let made = made.unwrap().into_inner().amendment.unwrap();
    assert_eq!(made.state(), ContractState::InApproval);
    let sign = |name: &str| SignContractAmendmentRequest {
        name: name.to_owned(),
        signature: signature(),
        ..Default::default()
    };
    let early = client.sign_contract_amendment(sign(&made.name)).await;
    assert_eq!(reason(early), "CONTRACT_STATE_UNFIT");
    let unknown = format!("{name}/contractAmendments/{}", request_id());
    let unknown = client.sign_contract_amendment(sign(&unknown)).await;
    assert_eq!(reason(unknown), "AMENDMENT_NOT_FOUND");
    let Chain(one, two) = chain(&world);
    let first = decide(&world, &one, &made.approval, ApprovalVerdict::Approve).await;
    assert_eq!(
        (first.rule.as_str(), first.amount),
        ("large_contract", money(1_100_000, 0))
    );
    decide(&world, &two, &made.approval, ApprovalVerdict::Approve).await;
    assert_eq!(
        read(&world, &seller, &name).await.amended_amount,
        money(800_000, 0)
    );
    client
        .sign_contract_amendment(sign(&made.name))
        .await
        .unwrap();
    let contract = read(&world, &seller, &name).await;
    assert_eq!(contract.amended_amount, money(1_100_000, 0));
    assert_eq!(
        (contract.state(), contract.amendments[0].state()),
        (ContractState::Signed, ContractState::Signed)
    );
    let returned = client
        .create_contract_amendment(amending(&name, None))
        .await
        .unwrap();
    let returned = returned.into_inner().amendment.unwrap();
    decide(&world, &one, &returned.approval, ApprovalVerdict::Return).await;
    let contract = read(&world, &seller, &name).await;
    assert_eq!(
        (contract.state(), contract.amendments[1].state()),
        (ContractState::Signed, ContractState::Returned)
    );
}
