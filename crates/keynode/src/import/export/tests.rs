use std::fs;

use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::OpportunityStatus;
use serde_json::Value;

use super::super::summary::Summary;
use super::super::{mapping, public_data};
use super::*;

const FILES: [(&str, &str); 4] = [
    ("products.csv", "product,series,sales_price\nGTX,G,550\n"),
    (
        "sales_teams.csv",
        "sales_agent,manager,regional_office\nAnna,Dustin,Central\nBen,Dustin,Central\n",
    ),
    (
        "accounts.csv",
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n\
         Small,retail,2001,0.5,10,Kenya,Large\nLarge,retail,1996,1100.04,2822,Kenya,\n",
    ),
    (
        "sales_pipeline.csv",
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n\
         1,Anna,GTX,Small,Won,2016-10-20,2017-03-01,1054.50\n2,Anna,XXX,,Prospecting,,,\n",
    ),
];

/// Reads the small export with some texts replaced.
fn read_with(changes: &[(&str, &str)]) -> anyhow::Result<(Export, Report)> {
    let folder = tempfile::tempdir()?;
    for (name, text) in FILES {
        let text = changes
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        fs::write(folder.path().join(name), text)?;
    }
    let mut report = Report::default();
    let export = read(folder.path(), &mapping::load("maven")?, &mut report)?;
    export.check_references(&mut report);
    Ok((export, report))
}

#[test]
fn rows_become_what_the_mapping_says() {
    let (export, report) = read_with(&[]).unwrap();
    assert!(report.bad().is_empty(), "{:?}", report.bad());
    let order: Vec<&str> = export.accounts.iter().map(AccountDraft::key).collect();
    assert_eq!(order, ["Large", "Small"], "parents first");
    let revenue = export.accounts[0]
        .row
        .account
        .as_ref()
        .unwrap()
        .annual_revenue
        .clone()
        .unwrap();
    assert_eq!(
        revenue,
        Money {
            currency_code: "USD".into(),
            units: 1_100_040_000,
            nanos: 0
        }
    );

    let won = &export.opportunities[0];
    assert_eq!(
        (won.row.status(), &*won.row.stage),
        (OpportunityStatus::Won, "implementation")
    );
    assert_eq!(won.row.close_time.map(|t| t.seconds), Some(1_488_326_400));
    assert_eq!(
        won.row.stage_enter_time.map(|t| t.seconds),
        Some(1_476_921_600)
    );
    let amount = won
        .row
        .opportunity
        .as_ref()
        .unwrap()
        .amount
        .clone()
        .unwrap();
    assert_eq!((amount.units, amount.nanos), (1054, 500_000_000));

    let open = &export.opportunities[1];
    let fields = open.row.opportunity.as_ref().unwrap();
    assert_eq!(
        (open.row.status(), &*open.row.stage),
        (OpportunityStatus::Open, "development")
    );
    assert!(
        fields.amount.is_none()
            && open.row.close_time.is_none()
            && open.row.stage_enter_time.is_none()
    );
    let seller = Seller {
        manager: "Dustin".into(),
        office: "Central".into(),
    };
    assert_eq!(export.organisation.sellers["Ben"], seller);
}

#[test]
fn bad_rows_are_told_by_line_and_all_of_them() {
    let changes = [
        (
            "2,Anna,XXX,,Prospecting",
            "2,Nobody,XXX,Nowhere,Prospecting",
        ),
        ("0.5,10", "half,10"),
        ("Ben,Dustin,Central", "Ben"),
    ];
    let (_, report) = read_with(&changes).unwrap();
    let expected = [
        "accounts.csv line 2 (Small): AnnualRevenue: `half` is no number",
        "sales_pipeline.csv line 2 (1): account `Small` is not in the list of accounts",
        "sales_pipeline.csv line 3 (2): owner `Nobody` is not in the list of people; account `Nowhere` is not in the list of accounts",
        "sales_teams.csv line 3: 1 fields instead of 3",
    ];
    assert_eq!(report.bad(), expected);
}

#[test]
fn a_stage_or_an_end_that_is_not_known_rejects_the_row() {
    let (_, report) = read_with(&[("Prospecting", "Dreaming"), ("2017-03-01", "")]).unwrap();
    let bad = report.bad().join("\n");
    assert!(
        bad.contains("Closed: is empty, but `Won` is closed"),
        "{bad}"
    );
    assert!(bad.contains("stage `Dreaming` is not among"), "{bad}");
}

#[test]
fn a_key_twice_is_rejected_once() {
    let (export, report) = read_with(&[("2,Anna,XXX", "1,Anna,XXX")]).unwrap();
    assert_eq!(export.opportunities.len(), 1);
    assert_eq!(
        report.bad(),
        ["sales_pipeline.csv line 3 (1): this external id is there twice"]
    );
}

/// All that is wrong with the rows of the small export with some texts replaced.
fn bad_with(changes: &[(&str, &str)]) -> Vec<String> {
    read_with(changes).unwrap().1.bad()
}

#[test]
fn texts_that_the_server_would_refuse_are_rejected_by_line() {
    let long = "长".repeat(201);
    let bad = bad_with(&[("Small,retail", &format!("Small,{long}"))]);
    assert_eq!(
        bad[0],
        "accounts.csv line 2 (Small): Industry: has 201 characters, at most 200"
    );
    let bad = bad_with(&[("Ben,Dustin,", &format!("{long},Dustin,"))]);
    assert!(
        bad[0].starts_with("sales_teams.csv line 3 (长")
            && bad[0].ends_with("…): Person: has 201 characters, at most 200"),
        "{bad:?}"
    );
    let id = "7".repeat(257);
    let bad = bad_with(&[("\n2,Anna", &format!("\n{id},Anna"))]);
    assert!(
        bad[0].starts_with("sales_pipeline.csv line 3")
            && bad[0].contains("ExternalId: has 257 characters, at most 256"),
        "{bad:?}"
    );
    let bad = bad_with(&[("2,Anna,XXX", "2,Anna,X\0X")]);
    assert!(bad[0].contains("Product: holds a NUL character"), "{bad:?}");
}

#[test]
fn a_row_that_no_message_holds_is_rejected_and_told_in_short() {
    let huge = "x".repeat(2 << 20);
    for cell in [
        ("2,Anna,XXX", format!("2,Anna,{huge}")),
        ("0.5,10", format!("{huge},10")),
    ] {
        let bad = bad_with(&[(cell.0, &cell.1)]);
        assert!(
            bad[0].contains(" line ") && bad[0].len() < 1000,
            "{} bytes",
            bad[0].len()
        );
    }
}

#[test]
fn negative_amounts_and_counts_are_rejected() {
    let changes = [
        ("0.5,10", "-0.5,-10"),
        ("1996,", "0,"),
        ("1054.50", "-1054.50"),
    ];
    let bad = bad_with(&changes);
    let expected = [
        "accounts.csv line 2 (Small): AnnualRevenue: -500000 is negative; EmployeeCount: -10 is not 0 to 1000000000",
        "accounts.csv line 3 (Large): FoundedYear: 0 is not 1 to 9999",
        "sales_pipeline.csv line 2 (1): Amount: -1054.5 is negative",
    ];
    assert_eq!(bad, expected);
}

#[test]
fn a_deal_that_ends_before_it_begins_is_rejected() {
    let bad = bad_with(&[("2017-03-01", "2016-10-19")]);
    let expected = "sales_pipeline.csv line 2 (1): Closed: 2016-10-19 lies before KnownSince 2016-10-20; \
                    Closed: 2016-10-19 lies before StageEntered 2016-10-20";
    assert_eq!(bad, [expected]);
    assert!(bad_with(&[("2017-03-01", "2016-10-20")]).is_empty());
}

#[test]
fn an_account_without_a_way_up_to_the_top_is_rejected_with_all_that_hangs_on_it() {
    let bad = bad_with(&[("Kenya,Large", "Kenya,Nobody")]);
    assert_eq!(
        bad,
        [
            "accounts.csv line 2 (Small): parent `Nobody` is not in the list of accounts",
            "sales_pipeline.csv line 2 (1): its account `Small` is rejected"
        ]
    );
    let bad = bad_with(&[("2822,Kenya,", "2822,Kenya,Large")]);
    let expected = [
        "accounts.csv line 2 (Small): its parent `Large` is rejected",
        "accounts.csv line 3 (Large): it is its own parent",
    ];
    assert_eq!(bad[..2], expected);
    let bad = bad_with(&[("2822,Kenya,", "2822,Kenya,Small")]);
    let expected = [
        "accounts.csv line 2 (Small): its parents go in a circle: Small < Large < Small",
        "accounts.csv line 3 (Large): its parents go in a circle: Large < Small < Large",
    ];
    assert_eq!(bad[..2], expected);
}

#[test]
fn a_missing_or_unexpected_column_stops_everything() {
    let missing = read_with(&[("deal_stage", "phase")])
        .unwrap_err()
        .to_string();
    assert!(
        missing.contains("sales_pipeline.csv has no column [\"deal_stage\"]")
            && missing.contains("phase"),
        "{missing}"
    );
    let unexpected = read_with(&[("close_value\n", "close_value,margin\n")])
        .unwrap_err()
        .to_string();
    assert!(
        unexpected.contains("[\"margin\"]") && unexpected.contains("ignore"),
        "{unexpected}"
    );
}

#[test]
fn the_public_export_counts_as_its_truth_says() {
    let Some(data) = public_data() else { return };
    let mut report = Report::default();
    let export = read(
        &data.join("import/maven"),
        &mapping::load("maven").unwrap(),
        &mut report,
    )
    .unwrap();
    export.check_references(&mut report);
    assert!(report.bad().is_empty(), "{:?}", report.bad());
    let truth: Value =
        serde_json::from_slice(&fs::read(data.join("import/import_truth.json")).unwrap()).unwrap();
    let summary: Value =
        serde_json::from_str(&serde_json::to_string(&Summary::of(&export)).unwrap()).unwrap();
    assert_eq!(summary, truth["maven"]);
}

const CUSTOMERS: &str = r#"
source_system = "sap"
[files.accounts]
name = "customers.csv"
[files.accounts.fields]
external_id = "编号"
display_name = "客户名称"
legal_name = "全称"
short_names = { column = "简称", split = "、" }
former_names = "曾用名"
kind = { column = "类型", values = { "设计院" = "design_institute", "客户" = "customer" } }
level = "级别"
tags = { column = "标签", split = "、" }
employee_count = { column = "人数", thousands = "," }
credit_rating = "信用"
credit_limit = { column = "额度", currency = "CNY", thousands = "," }
credit_source = { template = "SAP" }
credit_as_of = "日期"
[files.contacts]
name = "people.csv"
[files.contacts.fields]
external_id = "id"
display_name = "name"
account = "customer"
function = "function"
email = "mail"
mobile = { column = "mobile", split = "/" }
manager = "boss"
"#;

fn customers(accounts: &str, people: &str) -> (Export, Report) {
    let folder = tempfile::tempdir().unwrap();
    let head = "编号,客户名称,全称,简称,曾用名,类型,级别,标签,人数,信用,额度,日期\n";
    let text = format!("{head}{accounts}");
    let (accounts, _, _) = encoding_rs::GB18030.encode(&text);
    fs::write(folder.path().join("customers.csv"), accounts).unwrap();
    let people = format!("id,name,customer,function,mail,mobile,boss\n{people}");
    fs::write(folder.path().join("people.csv"), people).unwrap();
    let file = folder.path().join("mapping.toml");
    fs::write(&file, CUSTOMERS).unwrap();
    let mut report = Report::default();
    let mapping = mapping::load(file.to_str().unwrap()).unwrap();
    let export = read(folder.path(), &mapping, &mut report).unwrap();
    export.check_references(&mut report);
    (export, report)
}

#[test]
fn customers_and_their_people_are_read_from_files_written_differently() {
    let (export, report) = customers(
        "1,宏力,上海宏力半导体制造有限公司,宏力、GSMC,宏力微电子,客户,plant,重点、华东,\"１,２００\",AA-,\"5,000\",2026-01-31\n2,院,,,,设计院,,,,,,\n",
        "a,张三,1,technical,z@x.cn,138 0000 0000/139 0000 0000,\nb,李四,1,,,,a\nc,王五,9,,,,\n",
    );
    assert!(report.bad().is_empty(), "{:?}", report.bad());
    let account = export.accounts[0].row.account.clone().unwrap();
    let names: Vec<_> = account
        .names
        .iter()
        .map(|it| (it.kind, it.text.as_str()))
        .collect();
    assert_eq!(names, [(1, "宏力"), (1, "GSMC"), (2, "宏力微电子")]);
    assert_eq!(
        (account.kind, account.level, account.employee_count),
        (1, 3, Some(1200))
    );
    assert_eq!(account.tags, ["重点", "华东"]);
    let credit = account.credit.unwrap();
    assert_eq!(
        (credit.source.as_str(), credit.limit.unwrap().units),
        ("SAP", 5000)
    );
    let second = export.accounts[1].row.account.clone().unwrap();
    assert_eq!((second.kind, second.credit), (2, None));
    let people: Vec<_> = export
        .contacts
        .iter()
        .map(|it| (it.key(), it.account.as_str()))
        .collect();
    assert_eq!(people, [("a", "1"), ("b", "1"), ("c", "9")]);
    let first = export.contacts[0].row.contact.clone().unwrap();
    assert_eq!((first.function, first.details.len()), (2, 3));
    assert_eq!(export.contacts[1].row.manager_external_id, "a");
}

#[test]
fn bad_customers_and_people_are_told_by_line() {
    let (_, report) = customers(
        "1,宏力,,,,客户,factory,,,AA,,\n2,院,,,,外星,,,,,,\n",
        "a,张三,1,boss,,,\na,李四,2,,,,\nb,,2,,,,\n",
    );
    let bad = report.bad().join("\n");
    for part in [
        "customers.csv line 2 (1): Level: `factory` is no value that keynode knows; CreditRating: needs CreditSource",
        "customers.csv line 3 (2): Kind: `外星` is not among",
        "people.csv line 2 (a): Function: `boss` is no value",
        "people.csv line 4 (b): DisplayName: is empty",
    ] {
        assert!(bad.contains(part), "{part} is missing in:\n{bad}");
    }
    let (_, report) = customers("1,,,,,,,,,,,\n", "a,张三,1,,,,\n");
    assert_eq!(
        report.bad().len(),
        1,
        "an account that is not read may be on the server"
    );
}
