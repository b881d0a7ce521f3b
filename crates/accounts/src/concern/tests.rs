use keynode_proto::google::r#type::Date as WireDate;
use proptest::prelude::*;

use super::*;

fn concern(id: &str, zh: &str, weight: Option<i32>) -> Concern {
    Concern {
        id: id.to_owned(),
        zh: zh.to_owned(),
        en: String::new(),
        weight,
        evidence: String::new(),
        evidence_date: None,
        rule: String::new(),
    }
}

fn told(effective: &[proto::EffectiveConcern]) -> Vec<(String, String, ConcernSource)> {
    let one = |e: &proto::EffectiveConcern| {
        let concern = e.concern.clone().unwrap();
        let text = concern.text.clone().unwrap_or_default();
        (concern.id, text.zh_cn, e.source())
    };
    effective.iter().map(one).collect()
}

fn bad_fields(sent: &[proto::Concern]) -> Vec<String> {
    let mut bad = Violations::default();
    read("concerns", sent, Date::MAX, &mut bad);
    match bad.finish() {
        Ok(()) => Vec::new(),
        Err(fault) => fault.fields().map(|(field, _)| field.to_owned()).collect(),
    }
}

#[test]
fn an_own_concern_replaces_the_usual_one_and_others_are_added() {
    let usual = [
        concern("price", "采购价格", None),
        concern("delivery", "交货期", None),
    ];
    let own = [
        concern("colour", "外观", Some(10)),
        concern("price", "", Some(60)),
    ];
    let source = ConcernSource::FunctionDefault;
    let effective = effective(&own, &usual, source);
    let expected = [
        ("price", "采购价格", ConcernSource::Own),
        ("delivery", "交货期", source),
        ("colour", "外观", ConcernSource::Own),
    ];
    assert_eq!(
        told(&effective),
        expected.map(|(id, zh, source)| (id.to_owned(), zh.to_owned(), source))
    );
    assert_eq!(effective[0].concern.as_ref().unwrap().weight, Some(60));
}

#[test]
fn a_shipped_id_needs_no_words_and_keeps_them_where_it_is_not_usual() {
    let own = [concern("after_sales", "", None)];
    let effective = effective(&own, &[], ConcernSource::TenantDefault);
    assert_eq!(
        told(&effective),
        [(
            "after_sales".to_owned(),
            "售后服务".to_owned(),
            ConcernSource::Own
        )]
    );
}

#[test]
fn every_bad_field_is_named() {
    let nameless = proto::Concern {
        id: "Colour".to_owned(),
        weight: Some(101),
        evidence_date: Some(WireDate {
            year: 1,
            month: 1,
            day: 1,
        }),
        ..proto::Concern::default()
    };
    let fields = bad_fields(&[nameless.clone(), nameless]);
    let of = |index| {
        ["evidence_date", "id", "text", "weight"].map(|field| format!("concerns[{index}].{field}"))
    };
    let mut expected: Vec<String> = of(0).into_iter().chain(of(1)).collect();
    expected.extend(["concerns[1].id".to_owned(), "concerns".to_owned()]);
    expected.sort();
    let mut fields = fields;
    fields.sort();
    assert_eq!(fields, expected);
}

#[test]
fn weights_of_a_list_total_at_most_a_hundred() {
    let weighing = |first, second| {
        let of = |id: &str, weight| concern(id, "词", Some(weight)).to_proto();
        bad_fields(&[of("a", first), of("b", second)])
    };
    assert!(weighing(40, 60).is_empty());
    assert_eq!(weighing(41, 60), ["concerns"]);
}

#[test]
fn more_than_thirty_are_refused() {
    let many: Vec<_> = (0..31)
        .map(|n| concern(&format!("c{n}"), "词", None).to_proto())
        .collect();
    assert_eq!(bad_fields(&many), ["concerns"]);
    assert!(bad_fields(&many[1..]).is_empty());
}

proptest! {
    #[test]
    fn every_concern_counts_once_and_every_own_one_does(
        own in proptest::collection::btree_set("[a-f]", 0..6),
        usual in proptest::collection::btree_set("[a-f]", 0..6),
    ) {
        let concerns = |ids: &std::collections::BTreeSet<String>| {
            ids.iter().map(|id| concern(id, id, None)).collect::<Vec<_>>()
        };
        let effective = told(&effective(
            &concerns(&own),
            &concerns(&usual),
            ConcernSource::FunctionDefault,
        ));
        let ids: Vec<_> = effective.iter().map(|(id, ..)| id.clone()).collect();
        let all: std::collections::BTreeSet<_> = own.union(&usual).cloned().collect();
        prop_assert_eq!(ids.len(), all.len());
        for (id, _, source) in effective {
            prop_assert_eq!(source == ConcernSource::Own, own.contains(&id));
        }
    }
}
