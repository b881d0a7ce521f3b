//! What the comments of the contracts promise is what the contracts say.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::collections::{BTreeMap, BTreeSet};

use keynode_proto::{DEFAULT_POLICIES, DESCRIPTOR_SET, METHODS};
use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

/// Field numbers of descriptor.proto, of which source locations are made.
const SERVICE: i32 = 6;
const METHOD: i32 = 2;

fn files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap();
    set.file
        .into_iter()
        .filter(|file| file.package().starts_with("keynode."))
        .collect()
}

/// gRPC path → comment.
fn method_comments() -> BTreeMap<String, String> {
    let mut comments = BTreeMap::new();
    for file in files() {
        let locations = &file.source_code_info.as_ref().unwrap().location;
        for (s, service) in file.service.iter().enumerate() {
            for (m, method) in service.method.iter().enumerate() {
                let path = [SERVICE, s as i32, METHOD, m as i32];
                let comment = locations
                    .iter()
                    .find(|l| l.path == path)
                    .map(|l| l.leading_comments().to_owned());
                let name = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                comments.insert(name, comment.unwrap_or_default());
            }
        }
    }
    comments
}

/// Package → its reasons without prefix.
fn reasons() -> BTreeMap<String, BTreeSet<String>> {
    let mut reasons: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files() {
        for values in file.enum_type.iter().filter(|e| e.name() == "ErrorReason") {
            let names = values
                .value
                .iter()
                .map(|v| v.name().trim_start_matches("ERROR_REASON_").to_owned());
            reasons
                .entry(file.package().to_owned())
                .or_default()
                .extend(names);
        }
    }
    reasons
}

const CODES: [&str; 16] = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The words in capitals of a comment's `Errors:` section.
fn promised(comment: &str) -> BTreeSet<String> {
    let section = comment.split("Errors:").nth(1).unwrap_or_default();
    let section = section
        .split("Requires permission:")
        .next()
        .unwrap_or_default();
    let words = section.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    words
        .filter(|w| w.len() > 3 && w.contains('_'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_method_says_the_permission_that_it_requires() {
    let comments = method_comments();
    assert_eq!(comments.len(), METHODS.len());
    for method in METHODS {
        let said = comments[method.path]
            .lines()
            .rev()
            .find_map(|l| l.trim().strip_prefix("Requires permission: "));
        assert_eq!(said, Some(method.permission), "{}", method.path);
    }
}

/// `service.collection.verb`.
fn is_permission(text: &str) -> bool {
    let words: Vec<&str> = text.split('.').collect();
    let is_word = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_alphabetic())
    };
    words.len() == 3 && words.iter().all(is_word)
}

#[test]
fn permissions_are_a_service_a_collection_and_a_verb() {
    for method in METHODS {
        assert!(is_permission(method.permission), "{}", method.path);
    }
}

#[test]
fn what_reveals_is_a_permission_of_the_service_that_policies_know_and_no_method_requires() {
    let revealing: Vec<_> = METHODS
        .iter()
        .filter_map(|method| Some((method, method.reveals?)))
        .collect();
    assert!(!revealing.is_empty());
    for (method, reveals) in revealing {
        assert!(is_permission(reveals), "{}: {reveals}", method.path);
        let service = |permission: &str| permission.split('.').next().map(str::to_owned);
        assert_eq!(service(reveals), service(method.permission));
        assert!(METHODS.iter().all(|other| other.permission != reveals));
        let group = reveals.rsplit_once('.').unwrap().0;
        assert!(
            DEFAULT_POLICIES.contains(&format!("Action::\"{group}\"")),
            "no policy speaks of {group}"
        );
    }
}

#[test]
fn every_error_that_a_method_promises_is_a_documented_reason() {
    let reasons = reasons();
    for (path, comment) in method_comments() {
        let package = path.trim_start_matches('/').rsplit_once('.').unwrap().0;
        for word in promised(&comment)
            .iter()
            .filter(|w| !CODES.contains(&w.as_str()))
        {
            let known = [package, "keynode.common.v1"]
                .iter()
                .any(|p| reasons[*p].contains(word));
            let named_value =
                word.starts_with("FEED_START") || ["GO", "NO_GO"].contains(&word.as_str());
            assert!(
                known || named_value,
                "{path} promises {word}, which no ErrorReason knows"
            );
        }
    }
}

#[test]
fn every_reason_of_a_service_is_promised_by_a_method_of_it() {
    let comments = method_comments();
    for (package, reasons) in reasons()
        .into_iter()
        .filter(|(package, _)| package != "keynode.common.v1")
    {
        let of_package = comments
            .iter()
            .filter(|(path, _)| path.starts_with(&format!("/{package}.")));
        let promised: BTreeSet<_> = of_package
            .flat_map(|(_, comment)| promised(comment))
            .collect();
        for reason in reasons.iter().filter(|r| *r != "UNSPECIFIED") {
            assert!(
                promised.contains(reason),
                "{package} {reason} is promised by no method"
            );
        }
    }
}

#[test]
fn reading_methods_change_nothing_and_others_can_be_repeated() {
    for method in METHODS {
        let name = method.path.rsplit('/').next().unwrap();
        let reads = [
            "Get",
            "List",
            "BatchGet",
            "BatchAnalyze",
            "Check",
            "Count",
            "Analyze",
            "Diagnose",
            "Resolve",
            "Subscribe",
            "Export",
            "Find",
            "Search",
        ];
        // By their whole name: `EvaluateOpportunity` stores what it judges.
        let whole = ["Score", "BatchScore", "Explain", "WhatIf", "Evaluate"];
        assert_eq!(
            method.reads,
            reads.iter().any(|verb| name.starts_with(verb)) || whole.contains(&name),
            "{}",
            method.path
        );
    }
}
