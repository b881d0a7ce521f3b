//! Exchange rates: put, listed, and used for the day that is named.

use keynode_kit::testing::Caller;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::*;

use crate::world::*;

fn rate(from: &str, to: &str, day: i32, rate: &str) -> ExchangeRate {
    ExchangeRate {
        from_currency: from.to_owned(),
        to_currency: to.to_owned(),
        valid_from_date: date(2026, 3, day),
        rate: rate.to_owned(),
        source: "中国人民银行".to_owned(),
        ..Default::default()
    }
}

fn putting(rates: Vec<ExchangeRate>) -> PutExchangeRatesRequest {
    PutExchangeRatesRequest {
        rates,
        ..Default::default()
    }
}

fn converting(currency: &str, units: i64, to: &str, day: i32) -> GetConversionRequest {
    GetConversionRequest {
        amount: Some(Money {
            currency_code: currency.to_owned(),
            units,
            nanos: 0,
        }),
        to_currency: to.to_owned(),
        date: date(2026, 3, day),
    }
}

fn manager(world: &World) -> Caller {
    Caller::person(world.tenant, "sales_manager")
}

#[tokio::test]
async fn the_rate_of_the_day_is_used_and_where_there_is_none_nothing_is_converted() {
    let world = world().await;
    let mut client = world.rates(&manager(&world));
    let put = putting(vec![
        rate("USD", "CNY", 1, "7.2"),
        rate("USD", "CNY", 5, "7"),
    ]);
    client.put_exchange_rates(put).await.unwrap();
    let early = client.get_conversion(converting("USD", 10, "CNY", 4)).await;
    let early = early.unwrap().into_inner();
    assert_eq!(early.amount, money(72, 0));
    assert_eq!(
        (early.rate.unwrap().rate.as_str(), early.inverse),
        ("7.2", false)
    );
    let back = client
        .get_conversion(converting("CNY", 100, "USD", 5))
        .await;
    let back = back.unwrap().into_inner();
    assert_eq!(
        back.amount.unwrap().nanos,
        290_000_000,
        "14.2857… to the cent"
    );
    assert!(back.inverse && back.rate.unwrap().rate == "7");
    let own = client.get_conversion(converting("CNY", 5, "CNY", 1)).await;
    assert_eq!(own.unwrap().into_inner().amount, money(5, 0));
    let day_before = GetConversionRequest {
        date: date(2026, 2, 28),
        ..converting("USD", 10, "CNY", 1)
    };
    for missing in [day_before, converting("EUR", 1, "CNY", 9)] {
        let refused = client.get_conversion(missing).await;
        assert_eq!(reason(refused), "EXCHANGE_RATE_NOT_FOUND");
    }
    let large = client
        .get_conversion(converting("USD", i64::MAX / 2, "CNY", 9))
        .await;
    assert_eq!(reason(large), "AMOUNT_TOO_LARGE");
    let bare = client.get_conversion(GetConversionRequest::default()).await;
    assert_eq!(fields(bare), ["amount", "to_currency"]);
}

#[tokio::test]
async fn rates_are_put_all_or_none_and_a_day_has_one() {
    let world = world().await;
    let mut client = world.rates(&manager(&world));
    let bad = putting(vec![
        ExchangeRate::default(),
        rate("USD", "USD", 1, "1"),
        rate("USD", "CNY", 1, "0"),
        rate("USD", "CNY", 1, "7"),
    ]);
    assert_eq!(
        fields(client.put_exchange_rates(bad).await),
        [
            "rates[0].from_currency",
            "rates[0].to_currency",
            "rates[0].to_currency",
            "rates[0].valid_from_date",
            "rates[0].rate",
            "rates[1].to_currency",
            "rates[2].rate",
            "rates[3]",
        ]
    );
    let none = client.put_exchange_rates(putting(Vec::new())).await;
    assert_eq!(fields(none), ["rates"]);
    let many = (0..1001).map(|_| rate("USD", "CNY", 1, "7")).collect();
    assert_eq!(
        fields(client.put_exchange_rates(putting(many)).await),
        ["rates"]
    );
    let check = PutExchangeRatesRequest {
        validate_only: true,
        ..putting(vec![rate("USD", "CNY", 1, "7.1")])
    };
    client.put_exchange_rates(check).await.unwrap();
    assert_eq!(world.events("ExchangeRatesChanged").await, 0);
    let request = PutExchangeRatesRequest {
        request_id: request_id(),
        ..putting(vec![
            rate("USD", "CNY", 1, "7.1"),
            rate("EUR", "CNY", 1, "7.9"),
        ])
    };
    let once = client
        .put_exchange_rates(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = client
        .put_exchange_rates(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(once, again);
    assert!(!once.rates[0].recorder.is_empty() && once.rates[0].record_time.is_some());
    let corrected = putting(vec![
        rate("USD", "CNY", 1, "7.15"),
        rate("EUR", "CNY", 1, "7.9"),
    ]);
    client.put_exchange_rates(corrected).await.unwrap();
    let (subject, data) = world.last_event("ExchangeRatesChanged").await;
    let event: ExchangeRatesChanged = prost::Message::decode(data.as_slice()).unwrap();
    assert_eq!(subject, "exchangeRates/-");
    assert_eq!(
        (event.before.len(), event.after.len()),
        (1, 1),
        "the other one stays"
    );
    assert_eq!(world.sequences(&subject).await, [1, 2]);

    let page = |token: &str| ListExchangeRatesRequest {
        page_size: 1,
        page_token: token.to_owned(),
        ..Default::default()
    };
    let first = client
        .list_exchange_rates(page(""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.rates[0].rate, "7.15");
    let next = page(&first.next_page_token);
    let second = client.list_exchange_rates(next).await.unwrap().into_inner();
    assert_eq!(
        (
            second.rates[0].from_currency.as_str(),
            second.next_page_token.as_str()
        ),
        ("EUR", "")
    );
    let euros = ListExchangeRatesRequest {
        from_currency: "EUR".to_owned(),
        ..Default::default()
    };
    let euros = client
        .list_exchange_rates(euros)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(euros.rates.len(), 1);
    let foreign = ListExchangeRatesRequest {
        to_currency: "USD".to_owned(),
        page_token: first.next_page_token,
        ..Default::default()
    };
    assert_eq!(
        reason(client.list_exchange_rates(foreign).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn rates_are_a_tenants_own_and_sellers_only_read_them() {
    let world = world().await;
    let put = putting(vec![rate("USD", "CNY", 1, "7")]);
    world
        .rates(&manager(&world))
        .put_exchange_rates(put.clone())
        .await
        .unwrap();
    let mut seller = world.rates(&Caller::seller(world.tenant));
    let denied = seller.put_exchange_rates(put).await;
    assert_eq!(reason(denied), "PERMISSION_DENIED");
    assert!(
        seller
            .get_conversion(converting("USD", 1, "CNY", 1))
            .await
            .is_ok()
    );
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "sales_manager");
    let unseen = world
        .rates(&elsewhere)
        .get_conversion(converting("USD", 1, "CNY", 1))
        .await;
    assert_eq!(reason(unseen), "EXCHANGE_RATE_NOT_FOUND");
}
