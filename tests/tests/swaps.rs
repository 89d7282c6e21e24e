//! Cards swapped under concurrent callers, through a real pcscd: no answer of one card reaches whoever asked another's.

#![expect(clippy::panic, clippy::indexing_slicing, reason = "what fails here fails the test")]

use beid_e2e::{BusCallError, Desk, SetOnDrop};
use beid_simulator::Citizen;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

const SWAPS: usize = 60;
const QUICK_SWAPS: usize = 15;

fn family_name(citizen: &str) -> &'static str {
    Citizen::find(citizen).unwrap_or_else(|error| panic!("{error}")).surname
}

#[test]
fn sixty_swaps_through_pcscd_mix_nothing_up() {
    let desk = Desk::start();
    let holders: Mutex<HashMap<String, &'static str>> = Mutex::default();
    let answers: Mutex<Vec<(String, Value)>> = Mutex::default();
    let (done, refused) = (AtomicBool::new(false), AtomicUsize::new(0));
    let rest = desk.daemon.rest(&["readers", "identity.full"]);
    thread::scope(|scope| {
        for caller in 0..8_usize {
            let (desk, rest, done, refused, answers) = (&desk, &rest, &done, &refused, &answers);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let outcome = if caller.is_multiple_of(2) {
                        over_https(rest, caller)
                    } else {
                        over_bus(desk)
                    };
                    match outcome {
                        Ok(answer) => answers.lock().expect("answers").push(answer),
                        Err(code) => {
                            let expected = ["card-removed", "no-card"];
                            assert!(expected.contains(&code.as_str()), "{code}");
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
        // However this ends, the callers must end too.
        let _done = SetOnDrop(&done);
        for swap in 0..SWAPS {
            let citizen = ["anna", "jan"][swap % 2];
            let reader = desk.readers.first();
            if swap > 0 {
                reader.remove();
            }
            let card = desk.insert(citizen);
            holders.lock().expect("holders").insert(card, family_name(citizen));
        }
    });
    let (holders, answers) = (
        holders.into_inner().expect("holders"),
        answers.into_inner().expect("answers"),
    );
    for (card, identity) in &answers {
        assert_eq!(
            identity["cardId"],
            card.as_str(),
            "the answer is of the card that was asked"
        );
        let holder = holders.get(card).unwrap_or_else(|| panic!("no such insertion: {card}"));
        assert_eq!(identity["familyName"], *holder, "the holder is the card's");
    }
    assert!(answers.len() >= SWAPS, "only {} answers", answers.len());
    let refused = refused.load(Ordering::Relaxed);
    drop(std::io::Write::write_all(
        &mut std::io::stderr(),
        format!(
            "{SWAPS} swaps through pcscd: {} answers, 0 mixed up, {refused} refused\n",
            answers.len()
        )
        .as_bytes(),
    ));
}

/// Half of them ask for whatever card is there, half for one they know.
fn over_https(rest: &beid_e2e::Rest, caller: usize) -> Result<(String, Value), String> {
    let id = if caller.is_multiple_of(4) {
        "current".to_owned()
    } else {
        let cards = rest.get("/v1/cards").ok();
        cards["cards"][0]["id"].as_str().ok_or("no-card")?.to_owned()
    };
    let reply = rest.get(&format!("/v1/cards/{id}/identity"));
    if reply.status != 200 {
        return Err(reply.problem());
    }
    let identity = reply.json();
    let card = if id == "current" {
        identity["cardId"].as_str().unwrap_or_default().to_owned()
    } else {
        id
    };
    Ok((card, identity))
}

fn over_bus(desk: &Desk) -> Result<(String, Value), String> {
    let listed = desk.manager("ListCards", &json!({})).map_err(|error| code_of(&error))?;
    let card = listed["cards"][0]["id"].as_str().ok_or("no-card")?.to_owned();
    let identity = desk
        .card(&card, "ReadIdentity", &json!({}))
        .map_err(|error| code_of(&error))?;
    Ok((card, identity))
}

fn code_of(error: &BusCallError) -> String {
    error.code().to_owned()
}

#[test]
fn a_swapped_card_is_never_answered_for_from_memory_over_a_kept_connection() {
    let desk = Desk::start();
    let mut connection = desk.daemon.kept_connection(&["readers", "identity.full"]);
    let mut ask = || {
        let reply = connection.request("/v1/cards/current/identity", "").expect("an answer");
        let members: Value = serde_json::from_slice(&reply.body).expect("JSON");
        (reply.status == 200).then(|| members["familyName"].as_str().unwrap_or_default().to_owned())
    };
    let reader = desk.readers.first();
    for swap in 0..QUICK_SWAPS {
        let citizen = ["anna", "jan"][swap % 2];
        desk.insert(citizen);
        // The first reads the card; the others are answered from memory, and the last of them just before the swap.
        for _ in 0..20 {
            assert_eq!(ask().as_deref(), Some(family_name(citizen)));
        }
        reader.remove();
        // PC/SC has seen that it is gone; whether the daemon has been told does not matter.
        assert_eq!(ask(), None, "removed");
        reader.insert(["jan", "anna"][swap % 2]);
        let answer = ask();
        assert_ne!(answer.as_deref(), Some(family_name(citizen)), "another card is there");
        reader.remove();
    }
}

#[test]
fn twenty_thousand_swaps_in_memory_mix_nothing_up() {
    let bus = beid_e2e::PrivateBus::start();
    let mill = beid_e2e::built("swap-mill");
    let mut command = std::process::Command::new(mill);
    let outcome = beid_e2e::run(command.arg("20000").env("DBUS_SESSION_BUS_ADDRESS", bus.address()));
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let report = outcome.json();
    assert_eq!(report["mixedUp"], 0, "{report}");
    assert_eq!(report["unexpected"], json!([]), "{report}");
    let count = |member: &str| report[member].as_u64().unwrap_or_default();
    assert_eq!((count("swaps"), count("callers")), (20_000, 8));
    // Enough of either to mean something.
    assert!(count("answers") >= 1000 && count("refused") >= 100, "{report}");
    drop(std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("in memory: {report}\n").as_bytes(),
    ));
}
