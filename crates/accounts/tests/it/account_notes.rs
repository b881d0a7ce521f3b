use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;

use super::world::{World, bad_fields, id, mask, nobody, reason_of, request_id, take};

fn noting(account: &str, text: &str) -> CreateAccountNoteRequest {
    CreateAccountNoteRequest {
        account_note: Some(AccountNote {
            account: account.to_owned(),
            text: text.to_owned(),
            ..AccountNote::default()
        }),
        ..Default::default()
    }
}

fn changing(note: &AccountNote, paths: &[&str]) -> UpdateAccountNoteRequest {
    UpdateAccountNoteRequest {
        account_note: Some(note.clone()),
        update_mask: mask(paths),
        ..Default::default()
    }
}

fn deleting(note: &AccountNote) -> DeleteAccountNoteRequest {
    DeleteAccountNoteRequest {
        name: note.name.clone(),
        etag: note.etag.clone(),
        ..Default::default()
    }
}

fn of(account: &str) -> ListAccountNotesRequest {
    ListAccountNotesRequest {
        account: account.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_note_is_made_pinned_listed_and_taken_away() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let account = world.account(&seller, "宁夏化工").await;
    let mut notes = world.notes(&seller);
    let made = take(
        notes
            .create_account_note(noting(&account.name, " 总工喜欢钓鱼 "))
            .await,
    )
    .account_note
    .unwrap();
    assert_eq!(
        (made.text.as_str(), made.author.clone()),
        ("总工喜欢钓鱼", seller.person_name())
    );
    take(
        notes
            .create_account_note(noting(&account.name, "另一条"))
            .await,
    );
    let wanted = AccountNote {
        pinned: true,
        text: "不取".to_owned(),
        ..made.clone()
    };
    let pinned = take(
        notes
            .update_account_note(changing(&wanted, &["pinned"]))
            .await,
    )
    .account_note
    .unwrap();
    assert_eq!(
        (pinned.text.clone(), pinned.pinned),
        (made.text.clone(), true)
    );
    let request = ListAccountNotesRequest {
        pinned_only: true,
        ..of(&account.name)
    };
    assert_eq!(
        take(notes.list_account_notes(request).await).account_notes,
        std::slice::from_ref(&pinned)
    );
    take(notes.delete_account_note(deleting(&pinned)).await);
    let left = take(notes.list_account_notes(of(&account.name)).await).account_notes;
    assert_eq!(left.len(), 1);
    let events = world.events(&made.name).await;
    let last: AccountNoteChanged = events[2].message();
    assert_eq!((last.before, last.after), (Some(pinned.clone()), None));
    let again = notes.delete_account_note(deleting(&pinned)).await;
    assert_eq!(reason_of(again), "ACCOUNT_NOTE_NOT_FOUND");
}

#[tokio::test]
async fn who_does_not_see_the_account_does_not_see_its_notes() {
    let world = World::new().await;
    let team = world.team("华北", "", "").await;
    let owner = world.seller(&team.name).await;
    let account = world.account(&owner, "宁夏化工").await;
    let made = take(
        world
            .notes(&owner)
            .create_account_note(noting(&account.name, "内线是调度"))
            .await,
    )
    .account_note
    .unwrap();
    let in_team = world.seller(&team.name).await.in_team(id(&team.name));
    let seen = take(
        world
            .notes(&in_team)
            .list_account_notes(of(&account.name))
            .await,
    );
    assert_eq!(seen.account_notes, std::slice::from_ref(&made));
    let colleague = world.seller(&team.name).await;
    let stranger = world.settle(tenant()).await;
    for caller in [&colleague, &stranger] {
        let mut notes = world.notes(caller);
        for answer in [
            reason_of(notes.list_account_notes(of(&account.name)).await),
            reason_of(notes.create_account_note(noting(&account.name, "x")).await),
        ] {
            assert_eq!(answer, "ACCOUNT_NOT_FOUND");
        }
        for answer in [
            reason_of(
                notes
                    .update_account_note(changing(&made, &["pinned"]))
                    .await,
            ),
            reason_of(notes.delete_account_note(deleting(&made)).await),
        ] {
            assert_eq!(answer, "ACCOUNT_NOTE_NOT_FOUND");
        }
    }
}

#[tokio::test]
async fn bad_fields_of_notes_are_named_at_once() {
    let world = World::new().await;
    let mut notes = world.notes(&world.admin);
    let bad = noting("x", &"长".repeat(10_001));
    assert_eq!(
        bad_fields(notes.create_account_note(bad).await),
        ["account_note.account", "account_note.text"]
    );
    assert_eq!(
        bad_fields(notes.list_account_notes(of("x")).await),
        ["account"]
    );
    let nameless = DeleteAccountNoteRequest::default();
    assert_eq!(
        bad_fields(notes.delete_account_note(nameless).await),
        ["name"]
    );
    let account = world.account(&world.admin, "宁夏化工").await;
    let made = take(notes.create_account_note(noting(&account.name, "x")).await)
        .account_note
        .unwrap();
    let moved = AccountNote {
        account: nobody("accounts"),
        text: String::new(),
        ..made
    };
    assert_eq!(
        bad_fields(
            notes
                .update_account_note(changing(&moved, &["text", "author"]))
                .await
        ),
        ["account_note.account", "account_note.text", "update_mask"]
    );
}

#[tokio::test]
async fn repeats_checks_pages_and_stale_etags_of_notes() {
    let world = World::new().await;
    let mut notes = world.notes(&world.admin);
    let account = world.account(&world.admin, "宁夏化工").await;
    let checked = CreateAccountNoteRequest {
        validate_only: true,
        ..noting(&account.name, "checked")
    };
    take(notes.create_account_note(checked).await);
    let request = CreateAccountNoteRequest {
        request_id: request_id(),
        ..noting(&account.name, "first")
    };
    let first = take(notes.create_account_note(request.clone()).await);
    assert_eq!(
        take(notes.create_account_note(request.clone()).await),
        first
    );
    let other = CreateAccountNoteRequest {
        request_id: request.request_id,
        ..noting(&account.name, "second")
    };
    assert_eq!(
        reason_of(notes.create_account_note(other).await),
        "REQUEST_ID_REUSED"
    );
    take(
        notes
            .create_account_note(noting(&account.name, "second"))
            .await,
    );
    let page = ListAccountNotesRequest {
        page_size: 1,
        ..of(&account.name)
    };
    let one = take(notes.list_account_notes(page.clone()).await);
    let first = first.account_note.unwrap();
    assert_eq!(one.account_notes, std::slice::from_ref(&first));
    let two = ListAccountNotesRequest {
        page_token: one.next_page_token.clone(),
        ..page.clone()
    };
    assert_eq!(
        take(notes.list_account_notes(two).await).next_page_token,
        ""
    );
    let foreign = ListAccountNotesRequest {
        page_token: one.next_page_token,
        pinned_only: true,
        ..page
    };
    assert_eq!(
        reason_of(notes.list_account_notes(foreign).await),
        "PAGE_TOKEN_INVALID"
    );

    let changed = AccountNote {
        text: "changed".to_owned(),
        ..first.clone()
    };
    take(
        notes
            .update_account_note(changing(&changed, &["text"]))
            .await,
    );
    let stale = notes
        .update_account_note(changing(&changed, &["text"]))
        .await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");
    assert_eq!(
        reason_of(notes.delete_account_note(deleting(&first)).await),
        "ETAG_MISMATCH"
    );
}
