//! The PIN, checked and changed through a real pcscd, over both fronts; and what a reader is for.

use beid_e2e::{Desk, DialogKind, OnScreen, ScriptedAnswer};
use serde_json::json;

const TEST_PIN: &str = "1234";
const NEW_PIN: &str = "567890";

fn types(desk: &Desk, pins: &[&str]) {
    pins.iter().for_each(|pin| desk.pinentry.will(ScriptedAnswer::pin(pin)));
}

#[test]
fn pin_is_checked_and_changed_over_both_fronts() {
    // Applets 1.1, 1.7 and 1.8: the first cannot be asked its tries.
    for citizen in ["odile", "anna", "jan"] {
        let desk = Desk::start();
        let card = desk.insert(citizen);
        let rest = desk.daemon.rest(&["pin.manage"]);
        let path = format!("/v1/cards/{card}/pin-operations");
        let over_bus = |what: &str| desk.card(&card, "PinOperation", &json!({ "type": what }));
        let over_rest = |what: &str| rest.post(&path, &json!({ "type": what }));

        types(&desk, &[TEST_PIN, TEST_PIN]);
        let expected = |outcome: &str| json!({ "cardId": card, "outcome": outcome, "triesLeft": 3 });
        assert_eq!(over_bus("verify").expect("right"), expected("verified"), "{citizen}");
        let reply = over_rest("verify");
        assert_eq!(reply.header("content-location"), Some(path.as_str()), "{citizen}");
        assert_eq!(reply.ok(), expected("verified"), "{citizen}");

        types(&desk, &[TEST_PIN, NEW_PIN, NEW_PIN]);
        assert_eq!(over_rest("change").ok(), expected("changed"), "{citizen}");
        types(&desk, &[TEST_PIN]);
        let wrong = over_bus("verify").expect_err("the old one");
        assert_eq!(wrong.code(), "pin-incorrect", "{citizen}");
        assert_eq!(desk.readers.first().tries_left(), 2, "{citizen}");
        types(&desk, &[NEW_PIN, TEST_PIN, TEST_PIN]);
        assert_eq!(
            over_bus("change").expect("changed back"),
            expected("changed"),
            "{citizen}"
        );
        assert_eq!(desk.readers.first().tries_left(), 3, "{citizen}");

        let shown = desk.pinentry.shown();
        assert!(shown.iter().all(|dialog| dialog.kind == DialogKind::Pin));
        assert!(shown.iter().all(|dialog| !format!("{dialog:?}").contains(NEW_PIN)));
        assert_eq!((shown.len(), desk.pinentry.answers_left()), (9, 0), "{citizen}");
    }
}

#[test]
fn scope_is_needed_and_a_caller_who_leaves_spends_nothing() {
    let desk = Desk::start();
    let card = desk.insert("jan");
    let path = format!("/v1/cards/{card}/pin-operations");
    let stranger = desk.daemon.rest(&["readers", "identity.full", "proof.therlink"]);
    assert_eq!(
        stranger.post(&path, &json!({ "type": "verify" })).problem(),
        "scope-missing"
    );
    assert!(desk.pinentry.shown().is_empty());

    let rest = desk.daemon.rest(&["pin.manage"]);
    for what in ["verify", "change"] {
        let _gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin(TEST_PIN));
        let pending = rest.begin("POST", &path, &[], Some(&json!({ "type": what })));
        let dialog = desk.pinentry.next_shown();
        pending.abandon();
        dialog.wait_closed();
    }
    assert_eq!(desk.readers.first().tries_left(), 3);
}

#[test]
fn removal_while_a_pin_is_checked_or_changed_is_card_removed() {
    let desk = Desk::start();
    let reader = desk.readers.first();
    for (what, pins) in [("verify", &[TEST_PIN][..]), ("change", &[TEST_PIN, NEW_PIN, NEW_PIN])] {
        // SELECT, and the PIN itself.
        for after in 1..=2 {
            let card = desk.insert("jan");
            let (last, first) = pins.split_last().expect("PINs");
            types(&desk, first);
            let gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin(last));
            let path = format!("/org/beidd1/card/{card}");
            let pending = desk
                .bus
                .begin(&path, "org.beidd1.Card", "PinOperation", &json!({ "type": what }));
            pins.iter().for_each(|_| drop(desk.pinentry.next_shown()));
            reader.remove_after(after);
            gate.open();
            let code = pending.finish().expect_err("removed").code().to_owned();
            assert_eq!(code, "card-removed", "{what} after {after}");
            reader.wait_removed();
        }
    }
}

#[test]
fn role_is_confirmed_and_kept() {
    let desk = Desk::start();
    let readers = desk.manager("ListReaders", &json!({})).expect("readers");
    let reader = readers.pointer("/readers/0/id").expect("an id");
    let role = |role: &str| desk.manager("SetReaderRole", &json!({ "reader": reader, "role": role }));
    desk.pinentry.will(ScriptedAnswer::No);
    assert_eq!(role("provider").expect_err("declined").code(), "user-declined");
    // As long as whoever heard a no waits.
    std::thread::sleep(std::time::Duration::from_secs(2));
    desk.pinentry.will(ScriptedAnswer::Ok);
    assert_eq!(
        role("provider").expect("agreed to").get("role"),
        Some(&json!("provider"))
    );
    let readers = desk.manager("ListReaders", &json!({})).expect("readers");
    assert_eq!(readers.pointer("/readers/0/role"), Some(&json!("provider")));
}
