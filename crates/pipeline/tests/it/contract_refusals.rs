//! What of a contract is refused.

use keynode_kit::testing::Caller;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::*;
use prost_types::FieldMask;

use crate::contracts::{amending, deal, read, signature, signing, submitting, terms, updating};
use crate::world::*;

#[tokio::test]
async fn every_bad_field_of_a_contract_is_named() {
    let world = world().await;
    let (name, seller) = deal(&world).await;
    let mut client = world.contracts(&seller);
    let bad = Contract {
        number: "a\nb".to_owned(),
        parties: "x".repeat(2001),
        amount: money(0, 0),
        payment_terms: vec![PaymentTerm {
            percent: "101".to_owned(),
            ..Default::default()
        }],
        delivery_terms: "x".repeat(4001),
        warranty_months: Some(601),
        penalties: "x".repeat(4001),
        valid_from_date: date(2026, 2, 30),
        valid_until_date: date(2026, 2, 30),
        documents: vec![FileReference::default()],
        list_price: money(-1, 0),
        ..Default::default()
    };
    assert_eq!(
        fields(client.update_contract(updating(bad)).await),
        [
            "contract.name",
            "contract.number",
            "contract.parties",
            "contract.amount",
            "contract.payment_terms[0].percent",
            "contract.payment_terms[0].condition",
            "contract.delivery_terms",
            "contract.warranty_months",
            "contract.penalties",
            "contract.valid_from_date",
            "contract.valid_until_date",
            "contract.documents[0].reference",
            "contract.list_price",
        ]
    );
    let mut short = terms(&name);
    short.payment_terms.pop();
    assert_eq!(
        fields(client.update_contract(updating(short)).await),
        ["contract.payment_terms"]
    );
    let crossed = Contract {
        valid_until_date: date(2026, 6, 30),
        list_price: Some(Money {
            currency_code: "USD".to_owned(),
            units: 1,
            nanos: 0,
        }),
        ..terms(&name)
    };
    let crossed = client.update_contract(updating(crossed)).await;
    assert_eq!(
        fields(crossed),
        ["contract.list_price", "contract.valid_until_date"]
    );
    let masked = UpdateContractRequest {
        update_mask: Some(FieldMask {
            paths: vec!["state".to_owned()],
        }),
        ..updating(terms(&name))
    };
    assert_eq!(
        fields(client.update_contract(masked).await),
        ["update_mask"]
    );
    let bare = client.sign_contract(SignContractRequest::default()).await;
    let expected = [
        "name",
        "signature.sign_date",
        "signature.our_signatory",
        "signature.customer_signatory",
    ];
    assert_eq!(fields(bare), expected);
    let mut early = signing(&name);
    early.signature.as_mut().unwrap().sign_date = date(2099, 1, 1);
    assert_eq!(
        fields(client.sign_contract(early).await),
        ["signature.sign_date"]
    );
    let stale = UpdateContractRequest {
        etag: "9".to_owned(),
        ..updating(terms(&name))
    };
    assert_eq!(reason(client.update_contract(stale).await), "ETAG_MISMATCH");
    let check = UpdateContractRequest {
        validate_only: true,
        ..updating(terms(&name))
    };
    client.update_contract(check).await.unwrap();
    assert_eq!(
        read(&world, &seller, &name).await.state(),
        ContractState::Unspecified
    );
    let request = UpdateContractRequest {
        request_id: request_id(),
        ..updating(terms(&name))
    };
    let once = client
        .update_contract(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client.update_contract(request).await.unwrap().into_inner(),
        once
    );
    assert_eq!(world.events("ContractChanged").await, 1);
}

#[tokio::test]
async fn the_contract_of_a_deal_that_is_not_seen_is_not_there() {
    let world = world().await;
    let (name, _) = deal(&world).await;
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "administrator");
    for caller in [Caller::seller(world.tenant), elsewhere] {
        let mut client = world.contracts(&caller);
        let amendment = SignContractAmendmentRequest {
            name: format!("{name}/contractAmendments/{}", request_id()),
            signature: signature(),
            ..Default::default()
        };
        for refused in [
            reason(
                client
                    .get_contract(GetContractRequest { name: name.clone() })
                    .await,
            ),
            reason(client.update_contract(updating(terms(&name))).await),
            reason(client.submit_contract_for_approval(submitting(&name)).await),
            reason(client.sign_contract(signing(&name)).await),
            reason(
                client
                    .create_contract_amendment(amending(&name, None))
                    .await,
            ),
            reason(client.sign_contract_amendment(amendment).await),
        ] {
            assert_eq!(refused, "OPPORTUNITY_NOT_FOUND");
        }
    }
    let viewer = Caller::person(world.tenant, "viewer");
    let denied = world
        .contracts(&viewer)
        .update_contract(updating(terms(&name)))
        .await;
    assert_eq!(reason(denied), "PERMISSION_DENIED");
}
