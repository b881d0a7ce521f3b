//! Counts what rows came to. Pure.

use keynode_proto::accounts::v1::{ImportCounts, ImportOutcome, ImportResult};

/// Adds what came of one account or contact; what is not there counts for nothing.
fn add(counts: &mut ImportCounts, outcome: ImportOutcome) {
    let count = match outcome {
        ImportOutcome::Unspecified => return,
        ImportOutcome::Created => &mut counts.created,
        ImportOutcome::Updated => &mut counts.updated,
        ImportOutcome::Unchanged => &mut counts.unchanged,
        ImportOutcome::Linked => &mut counts.linked,
        ImportOutcome::Skipped => &mut counts.skipped,
        ImportOutcome::Failed => &mut counts.failed,
    };
    *count += 1;
    counts.received += 1;
}

/// Adds what came of the rows to the counts of accounts and contacts.
pub fn add_all(accounts: &mut ImportCounts, contacts: &mut ImportCounts, results: &[ImportResult]) {
    for result in results {
        add(accounts, result.outcome());
        for contact in &result.contacts {
            add(contacts, contact.outcome());
        }
    }
}

/// Whether everything that was received came to one end.
pub fn is_whole(counts: &ImportCounts) -> bool {
    let ends = counts.created
        + counts.updated
        + counts.unchanged
        + counts.linked
        + counts.skipped
        + counts.failed;
    counts.received == ends
}

/// Whether anything of the row was refused.
pub fn has_failed(result: &ImportResult) -> bool {
    let failed = ImportOutcome::Failed;
    result.outcome() == failed || result.contacts.iter().any(|it| it.outcome() == failed)
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::ImportContactResult;
    use proptest::prelude::*;

    use super::*;

    fn result(outcome: i32, contacts: &[i32]) -> ImportResult {
        let contact = |outcome: &i32| ImportContactResult {
            outcome: *outcome,
            ..Default::default()
        };
        ImportResult {
            outcome,
            contacts: contacts.iter().map(contact).collect(),
            ..Default::default()
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_of_rows_the_counts_are_whole_and_miss_none(
            rows in proptest::collection::vec((0..7, proptest::collection::vec(1..7, 0..4)), 0..40)
        ) {
            let results: Vec<_> = rows.iter().map(|(own, contacts)| result(*own, contacts)).collect();
            let (mut accounts, mut contacts) = Default::default();
            add_all(&mut accounts, &mut contacts, &results);
            prop_assert!(is_whole(&accounts) && is_whole(&contacts));
            let with_account = rows.iter().filter(|(own, _)| *own > 0).count();
            prop_assert_eq!(accounts.received, with_account as i64);
            let sent: usize = rows.iter().map(|(_, contacts)| contacts.len()).sum();
            prop_assert_eq!(contacts.received, sent as i64);
        }
    }

    #[test]
    fn a_row_failed_when_its_account_or_a_contact_did() {
        let failed = ImportOutcome::Failed.into();
        assert!(has_failed(&result(failed, &[])));
        assert!(has_failed(&result(1, &[2, failed])));
        assert!(!has_failed(&result(1, &[2, 5])));
    }
}
