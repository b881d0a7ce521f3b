//! Who may do what, as a table; and what scopes leave of it.

use keynode_proto::{DEFAULT_POLICIES, Method};
use uuid::Uuid;

use super::{Policies, Question};
use crate::call::{Principal, TenantId, Visibility};

const ROLES: [&str; 7] = [
    "administrator",
    "sales_manager",
    "seller",
    "integrator",
    "viewer",
    "service",
    "platform",
];

/// `r` = a method that only reads, `w` = one that writes; then one column per role, in
/// the order of `ROLES`: + may, - may not.
#[rustfmt::skip]
const TABLE: &[(&str, char, &str)] = &[
    //                                              A M S I V S P
    ("accounts.tenants.create",               'w', "- - - - - - +"),
    ("accounts.tenants.list",                 'r', "- - - - - + +"),
    ("accounts.principals.resolve",           'r', "- - - - - + +"),
    ("accounts.apiKeys.create",               'w', "+ - - - - - +"),
    ("accounts.apiKeys.list",                 'r', "+ - - - - + +"),
    ("accounts.people.create",                'w', "+ - - + - - +"),
    ("accounts.people.get",                   'r', "+ + + + + + +"),
    ("accounts.accounts.create",              'w', "+ + + + - - +"),
    ("accounts.accounts.get",                 'r', "+ + + + + + +"),
    ("accounts.contacts.update",              'w', "+ + + + - - +"),
    ("accounts.decisionMaps.update",          'w', "+ + + + - - +"),
    ("accounts.insiders.get",                 'w', "+ + + - - - +"),
    ("pipeline.processes.publish",            'w', "+ - - + - - +"),
    ("pipeline.opportunities.get",            'r', "+ + + + + + +"),
    ("pipeline.opportunities.advance",        'w', "+ + + + - - +"),
    ("pipeline.opportunities.forceAdvance",   'w', "+ + - - - - +"),
    ("pipeline.moves.close",                  'w', "+ + + + - - +"),
    ("pipeline.moves.reopen",                 'w', "+ + - + - - +"),
    ("pipeline.work.complete",                'w', "+ + + + - - +"),
    ("pipeline.waivers.create",               'w', "+ + + + - - +"),
    ("pipeline.purchaseCriteria.get",         'r', "+ + + + + + +"),
    ("pipeline.purchaseCriteria.create",      'w', "+ + + + - - +"),
    ("pipeline.purchaseCriteria.reopen",      'w', "+ + + + - - +"),
    ("pipeline.bids.get",                     'r', "+ + + + + + +"),
    ("pipeline.bids.decide",                  'w', "+ + + + - - +"),
    ("pipeline.bids.submit",                  'w', "+ + + + - - +"),
    ("pipeline.implementation.get",           'r', "+ + + + + + +"),
    ("pipeline.implementation.accept",        'w', "+ + + + - - +"),
    ("pipeline.implementation.close",         'w', "+ + + + - - +"),
    ("pipeline.activities.create",            'w', "+ + + + - - +"),
    ("pipeline.activities.settle",            'w', "+ + + + - - +"),
    ("pipeline.needs.create",                 'w', "+ + + + - - +"),
    ("pipeline.needs.list",                   'r', "+ + + + + + +"),
    ("pipeline.objections.settle",            'w', "+ + + + - - +"),
    ("pipeline.objections.list",              'r', "+ + + + + + +"),
    ("pipeline.customerRequests.answer",      'w', "+ + + + - - +"),
    ("pipeline.customerRequests.list",        'r', "+ + + + + + +"),
    ("pipeline.promises.settle",              'w', "+ + + + - - +"),
    ("pipeline.promises.list",                'r', "+ + + + + + +"),
    ("pipeline.exchangeRates.update",         'w', "+ + - + - - +"),
    ("pipeline.exchangeRates.list",           'r', "+ + + + + + +"),
    ("pipeline.costs.update",                 'w', "+ + - - - - +"),
    ("pipeline.costs.view",                   'w', "+ + - - - - +"),
    ("pipeline.priceFloors.update",           'w', "+ + - - - - +"),
    ("pipeline.priceFloors.get",              'r', "+ + - - - - +"),
    ("pipeline.pricing.propose",              'w', "+ + + + - - +"),
    ("pipeline.pricing.get",                  'r', "+ + + + + + +"),
    ("pipeline.approvalRules.update",         'w', "+ - - - - - +"),
    ("pipeline.approvalRules.get",            'r', "+ + + + + + +"),
    ("pipeline.approvals.decide",             'w', "+ + + - - - +"),
    ("pipeline.approvals.delegate",           'w', "+ + + - - - +"),
    ("pipeline.approvals.withdraw",           'w', "+ + + + - - +"),
    ("pipeline.approvals.list",               'r', "+ + + + + + +"),
    ("pipeline.contracts.sign",               'w', "+ + + + - - +"),
    ("pipeline.contracts.get",                'r', "+ + + + + + +"),
    ("pipeline.pursuitCosts.create",          'w', "+ + + + - - +"),
    ("pipeline.pursuitCosts.list",            'r', "+ + + + + + +"),
    ("pipeline.pursuitSettings.update",       'w', "+ + - - - - +"),
    ("pipeline.opportunities.list",           'r', "+ + + + + + +"),
    ("pipeline.attributes.create",            'w', "+ - - + - - +"),
    ("pipeline.attributes.list",              'r', "+ + + + + + +"),
    ("scoring.evaluations.create",            'w', "+ + + + - - +"),
    ("scoring.evaluationModels.create",       'w', "+ + - + - - +"),
    ("scoring.winModels.get",                 'r', "+ + + + + + +"),
    ("scoring.winModels.train",               'w', "+ + - + - - +"),
    ("scoring.winModels.promote",             'w', "+ + - + - - +"),
    ("notification.notices.acknowledge",      'w', "+ + + + - - +"),
    ("notification.subscriptions.create",     'w', "+ - - + - - +"),
];

fn principal(role: &str, scopes: &[&str]) -> Principal {
    Principal {
        tenant: Some(TenantId(Uuid::nil())),
        subject: format!("people/{}", Uuid::nil()),
        person: Some(Uuid::nil()),
        team: None,
        roles: vec![role.to_owned()],
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        visibility: Visibility::All,
    }
}

fn method(permission: &'static str, kind: char) -> Method {
    Method {
        path: "",
        permission,
        reads: kind == 'r',
        reveals: None,
    }
}

fn built_in() -> Policies {
    Policies::parse(DEFAULT_POLICIES).unwrap()
}

#[test]
fn every_role_may_do_what_the_table_says() {
    let policies = built_in();
    for (permission, kind, row) in TABLE {
        let marks: Vec<&str> = row.split(' ').collect();
        assert_eq!(marks.len(), ROLES.len());
        for (role, mark) in ROLES.iter().zip(marks) {
            let permitted = policies.permits(&principal(role, &[]), &method(permission, *kind));
            assert_eq!(permitted, mark == "+", "{role} {permission}");
        }
    }
}

#[test]
fn without_a_known_role_nothing_is_permitted() {
    let policies = built_in();
    for (permission, kind, _) in TABLE {
        assert!(!policies.permits(&principal("stranger", &[]), &method(permission, *kind)));
    }
}

#[test]
fn a_scope_restricts_to_what_it_names() {
    let policies = built_in();
    let may = |scopes: &[&str], permission, kind| {
        policies.permits(
            &principal("sales_manager", scopes),
            &method(permission, kind),
        )
    };
    let (get, advance) = (
        "pipeline.opportunities.get",
        "pipeline.opportunities.advance",
    );
    for scope in ["pipeline", "pipeline.opportunities"] {
        assert!(
            may(&[scope], get, 'r') && may(&[scope], advance, 'w'),
            "{scope}"
        );
        assert!(!may(&[scope], "accounts.accounts.get", 'r'), "{scope}");
    }
    for scope in ["pipeline.read", "pipeline.opportunities.read", "read", get] {
        assert!(
            may(&[scope], get, 'r') && !may(&[scope], advance, 'w'),
            "{scope}"
        );
    }
    assert!(may(&["read"], "accounts.accounts.get", 'r'));
    assert!(!may(&["pipeline.read"], "accounts.accounts.get", 'r'));
    assert!(may(&[advance], advance, 'w') && !may(&[advance], get, 'r'));
    assert!(may(
        &["accounts", "pipeline.read"],
        "accounts.accounts.create",
        'w'
    ));
    assert!(!may(&["pipe", "pipeline.opp", "*", ""], get, 'r'));
}

/// What reads a decision map, and by what its insiders are shown.
const GET_MAP: Method = Method {
    path: "/keynode.accounts.v1.DecisionMapsService/GetDecisionMap",
    permission: "accounts.decisionMaps.get",
    reads: true,
    reveals: Some("accounts.insiders.get"),
};

#[test]
fn everyone_with_a_role_reads_and_few_are_shown_more() {
    let policies = built_in();
    for role in ROLES {
        let shown = ["administrator", "sales_manager", "seller", "platform"].contains(&role);
        let principal = principal(role, &[]);
        assert!(policies.permits(&principal, &GET_MAP), "{role}");
        assert_eq!(policies.reveals(&principal, &GET_MAP), shown, "{role}");
        let plain = Method {
            reveals: None,
            ..GET_MAP
        };
        assert!(!policies.reveals(&principal, &plain), "{role}");
    }
}

#[test]
fn a_restricted_credential_is_shown_more_only_if_a_scope_names_it() {
    let policies = built_in();
    let reveals = |scopes: &[&str]| {
        let seller = principal("seller", scopes);
        assert!(policies.permits(&seller, &GET_MAP), "{scopes:?}");
        policies.reveals(&seller, &GET_MAP)
    };
    for narrow in ["read", "accounts.read", "accounts.decisionMaps"] {
        assert!(!reveals(&[narrow]), "{narrow}");
        assert!(reveals(&[narrow, "accounts.insiders"]), "{narrow}");
        assert!(reveals(&[narrow, "accounts.insiders.get"]), "{narrow}");
    }
    assert!(reveals(&["accounts"]));
    let viewer = principal("viewer", &["accounts"]);
    assert!(!policies.reveals(&viewer, &GET_MAP), "a scope adds nothing");
}

#[test]
fn a_policy_that_lets_somebody_read_everything_does_not_unmask() {
    let text = "permit (principal, action in Action::\"read\", resource);";
    let policies = Policies::parse(text).unwrap();
    let viewer = principal("viewer", &[]);
    assert!(policies.permits(&viewer, &GET_MAP) && !policies.reveals(&viewer, &GET_MAP));
}

#[test]
fn a_scope_gives_nothing_that_the_role_lacks() {
    let viewer = principal("viewer", &["pipeline"]);
    assert!(!built_in().permits(&viewer, &method("pipeline.opportunities.advance", 'w')));
}

#[test]
fn a_role_is_included_in_the_rights_of_who_may_all_that_it_may() {
    let policies = built_in();
    for (who, role, is_included) in [
        ("administrator", "sales_manager", true),
        ("administrator", "integrator", true),
        ("administrator", "administrator", true),
        ("sales_manager", "seller", true),
        ("seller", "sales_manager", false),
        ("integrator", "viewer", true),
        ("integrator", "integrator", true),
        ("integrator", "administrator", false),
        ("integrator", "sales_manager", false),
        // Insiders, which no method requires, are what tells them apart.
        ("integrator", "seller", false),
        ("viewer", "integrator", false),
    ] {
        let included = policies.include(&principal(who, &[]), role);
        assert_eq!(included, is_included, "{who} {role}");
    }
    let narrow = principal("administrator", &["accounts"]);
    assert!(!policies.include(&narrow, "seller"), "a scope narrows");
    assert!(policies.include(&principal("viewer", &[]), "king"));
}

#[test]
fn no_policy_permits_nothing() {
    let none = Policies::parse("").unwrap();
    assert!(!none.permits(
        &principal("platform", &[]),
        &method("accounts.people.get", 'r')
    ));
}

#[test]
fn a_policy_may_name_one_person_and_another_is_not_mistaken_for_them() {
    let text = format!(
        "permit (principal == Principal::\"people/{}\", action, resource);",
        Uuid::nil()
    );
    let policies = Policies::parse(&text).unwrap();
    let get = method("accounts.people.get", 'r');
    let one = principal("seller", &[]);
    let other = Principal {
        subject: format!("people/{}", Uuid::max()),
        ..one.clone()
    };
    assert!(policies.permits(&one, &get));
    assert!(!policies.permits(&other, &get));
}

/// Cedar leaves out a policy that fails; a `forbid` left out would be a permission.
#[test]
fn a_policy_that_fails_denies() {
    let text = "permit (principal, action, resource);
                forbid (principal, action, resource) when { context.region == \"x\" };";
    let policies = Policies::parse(text).unwrap();
    assert!(!policies.permits(
        &principal("seller", &[]),
        &method("accounts.people.get", 'r')
    ));
}

#[test]
fn a_decision_is_made_once() {
    let policies = built_in();
    let advance = method("pipeline.opportunities.advance", 'w');
    let seller = principal("seller", &["pipeline"]);
    assert!(policies.permits(&seller, &advance));
    assert_eq!(policies.0.kept.read().unwrap().len(), 1);

    policies.0.keep(Question::of(&seller, &advance), false);
    assert!(
        !policies.permits(&seller, &advance),
        "the kept decision is the one given"
    );
}
