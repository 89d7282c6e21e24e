//! The same card, other programs: OpenSC at work in a loop, a program that does not let go, resets, foreign cards, and a
//! `pcscd` that starts anew. Every answer is right or says why not; nobody's work fails because of us.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

use beid_e2e::{
    BusCallError, DaemonOptions, Desk, FinishedCommand, LIMIT, Neighbour, Readers, Scratch, ScriptedAnswer,
    ScriptedPinentry, SessionBus, SetOnDrop, Slot, eventually, link, run,
};
use beid_simulator::{Citizen, TEST_PIN};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// SELECT of the card manager: the Belgian applet is not selected any more. (GlobalPlatform Card Specification 2.1.1)
const SELECT_CARD_MANAGER: &str = "00A4040007A0000000030000";
const OK: &str = "9000";

fn family_name(citizen: &str) -> &'static str {
    Citizen::find(citizen).unwrap_or_else(|error| panic!("{error}")).surname
}

/// The answer to the shortest question; with the holder it must name.
fn read_identity(desk: &Desk, card: &str) -> Result<Value, BusCallError> {
    desk.card(card, "ReadIdentity", &json!({}))
}

#[track_caller]
fn is_of(citizen: &str, identity: &Value) {
    assert_eq!(identity["familyName"], family_name(citizen), "{identity}");
    assert_eq!(identity["authenticity"]["outcome"], "passed", "{identity}");
}

/// Everything a caller can ask of a card, right each time; what is read is read from the card, not remembered, for a
/// proof. Returns how often we have sent a PIN.
fn ask_everything(desk: &Desk, card: &str, citizen: &str) -> usize {
    let name = family_name(citizen);
    let summary = answered(desk.card(card, "ReadSummary", &json!({})));
    if let Some(summary) = summary {
        is_of(citizen, &summary["identity"]);
    }
    if let Some(verified) = answered(desk.card(card, "VerifyCard", &json!({}))) {
        for check in verified["checks"].as_array().expect("checks") {
            let unknown = check["name"] == "card-genuine" && check["reason"].is_string();
            assert!(check["outcome"] == "passed" || unknown, "{check}");
        }
    }
    let mut signed = 0;
    for proof in ["eidreading", "eidsigning"] {
        if proof == "eidsigning" {
            desk.pinentry.will(ScriptedAnswer::pin(TEST_PIN));
        }
        if let Some(answer) = answered(desk.manager("TherapeuticLink", &link(proof))) {
            assert!(answer["xml"].as_str().is_some_and(|xml| xml.contains(name)), "{answer}");
            signed += usize::from(proof == "eidsigning");
        }
    }
    signed
}

/// An answer, or none because another program had the card.
fn answered(outcome: Result<Value, BusCallError>) -> Option<Value> {
    match outcome {
        Ok(answer) => Some(answer),
        Err(error) => {
            assert_eq!(error.code(), "card-busy", "{error:?}");
            None
        }
    }
}

/// OpenSC's programs, with a home of their own.
struct OpenScLoop<'d> {
    readers: &'d Readers,
    scratch: Scratch,
}

impl<'d> OpenScLoop<'d> {
    fn at(readers: &'d Readers) -> Self {
        let scratch = Scratch::new("opensc");
        std::fs::write(scratch.path().join("message"), "an invented challenge").expect("a message");
        Self { readers, scratch }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> FinishedCommand {
        let home = self.scratch.path();
        let mut command = self.readers.client(program);
        command.args(arguments).env("HOME", home).env_remove("OPENSC_CONF");
        run(command.current_dir(home))
    }

    /// One round of what it can do with a card; signing only where it knows the keys (RSA).
    fn work(&self, rsa: bool) {
        let named = self.run("opensc-tool", &["-n"]).ok();
        assert_eq!(named.trim(), "Belpic cards");
        let certificate = self.run("pkcs15-tool", &["--read-certificate", "02"]).ok();
        assert!(certificate.contains("BEGIN CERTIFICATE"), "{certificate}");
        if rsa {
            let sign = ["--login", "--pin", TEST_PIN, "--sign", "--id", "02"];
            let how = ["--mechanism", "SHA256-RSA-PKCS"];
            let files = ["--input-file", "message", "--output-file", "signature"];
            self.run("pkcs11-tool", &[&sign[..], &how, &files].concat()).ok();
        }
    }
}

/// Both sides at work until each has done enough.
fn side_by_side(citizen: &str, rsa: bool) {
    const ROUNDS: usize = 3;
    let desk = Desk::of_practice();
    let card = desk.insert(citizen);
    let opensc_is_done = AtomicBool::new(false);
    let signed = thread::scope(|scope| {
        let (readers, done) = (&desk.readers, &opensc_is_done);
        let opensc = scope.spawn(move || {
            let _done = SetOnDrop(done);
            let opensc = OpenScLoop::at(readers);
            (0..ROUNDS).for_each(|_| opensc.work(rsa));
        });
        let (mut rounds, mut signed) = (0, 0);
        while rounds < ROUNDS || !opensc_is_done.load(Ordering::Relaxed) {
            signed += ask_everything(&desk, &card, citizen);
            rounds += 1;
        }
        opensc.join().expect("OpenSC's work never fails because of us");
        signed
    });
    assert!(signed > 0, "{citizen}: at least one signature came through");
    let slot = desk.readers.first();
    assert_eq!(slot.tries_left(), 3, "{citizen}");
    let log_offs = log_offs_after_our_own_verify(slot);
    assert!(
        log_offs >= signed,
        "{citizen}: {signed} signatures, {log_offs} times LOG OFF"
    );
}

/// Number of LOG OFF commands; fails where one did not follow a VERIFY within the same signature.
fn log_offs_after_our_own_verify(slot: &Slot) -> usize {
    let log = slot.log();
    let mut log_offs = 0;
    for (at, _) in log.iter().enumerate().filter(|(_, line)| line.starts_with("80E6")) {
        let mut before = log[..at].iter().rev();
        // PSO: CDS and its GET RESPONSE may have come between.
        let verify = before.find(|line| !line.starts_with("00C0") && !line.starts_with("002A"));
        let verify = verify.expect("a command before LOG OFF");
        assert!(
            verify.starts_with("00200001 lc=8"),
            "LOG OFF follows {verify}, which opened nothing"
        );
        log_offs += 1;
    }
    log_offs
}

#[test]
fn opensc_and_we_work_the_same_rsa_card_side_by_side() {
    side_by_side("anna", true);
}

#[test]
fn opensc_and_we_work_the_same_ec_card_side_by_side() {
    side_by_side("jan", false);
}

#[test]
fn what_another_program_selects_does_not_lead_us_astray() {
    for citizen in ["anna", "jan"] {
        let desk = Desk::of_practice();
        let card = desk.insert(citizen);
        let mut neighbour = Neighbour::sharing(&desk.readers, desk.readers.first());
        let token_info = "00A4080C063F00DF005032";
        for select in [SELECT_CARD_MANAGER, token_info, SELECT_CARD_MANAGER] {
            assert_eq!(neighbour.send(select), OK);
            assert_eq!(ask_everything(&desk, &card, citizen), 1, "{citizen} after {select}");
        }
        assert_eq!(desk.readers.first().tries_left(), 3);
        assert_eq!(log_offs_after_our_own_verify(desk.readers.first()), 3);
    }
}

#[test]
fn nothing_is_logged_off_that_we_have_not_opened() {
    let desk = Desk::of_practice();
    let card = desk.insert("anna");
    let mut neighbour = Neighbour::sharing(&desk.readers, desk.readers.first());
    assert_eq!(neighbour.send("0020000108241234FFFFFFFFFF"), OK);
    is_of("anna", &read_identity(&desk, &card).expect("an identity"));
    let reading = desk.manager("TherapeuticLink", &link("eidreading"));
    assert!(reading.is_ok(), "{reading:?}");
    // The neighbour's PIN is still good: VERIFY without data says so and takes no try. (Manual 1.7, 6.5)
    assert_eq!(neighbour.send("00200001"), OK);
    assert_eq!(log_offs_after_our_own_verify(desk.readers.first()), 0);
}

#[test]
fn a_card_that_another_program_holds_is_busy_until_it_lets_go() {
    let desk = Desk::of_practice();
    let card = desk.insert("jan");
    let mut neighbour = Neighbour::sharing(&desk.readers, desk.readers.first());
    neighbour.hold();
    for method in ["ReadSummary", "VerifyCard"] {
        let refused = desk.card(&card, method, &json!({})).expect_err("held by another");
        assert_eq!(refused.code(), "card-busy", "{method}: {refused:?}");
    }
    let before = desk.readers.first().log().len();
    assert_eq!(neighbour.send("80E400001C"), OK, "the card is the neighbour's alone");
    assert_eq!(desk.readers.first().log().len(), before + 1);
    neighbour.let_go();
    eventually("the card answers again", LIMIT, || {
        read_identity(&desk, &card).ok().map(|identity| is_of("jan", &identity))
    });
    ask_everything(&desk, &card, "jan");
}

#[test]
fn a_card_that_is_taken_exclusively_when_we_meet_it_becomes_ready_when_it_is_released() {
    let readers = Readers::start();
    readers.first().insert("jan");
    let neighbour = Neighbour::excluding_others(&readers, readers.first());
    let (bus, pinentry) = (SessionBus::start(), ScriptedPinentry::new());
    let options = DaemonOptions::new().readers(&readers).bus(&bus).pinentry(&pinentry);
    let desk = Desk {
        daemon: options.start(),
        pinentry,
        bus,
        readers,
    };
    let status = |wanted: &str| {
        let what = format!("the card is {wanted}");
        eventually(&what, LIMIT, || {
            let card = desk.card_in(desk.readers.first())?;
            (card["status"] == wanted).then(|| card["id"].as_str().map(str::to_owned))?
        })
    };
    let card = status("busy");
    let refused = read_identity(&desk, &card).expect_err("another program's alone");
    assert_eq!(refused.code(), "card-busy", "{refused:?}");
    assert_eq!(desk.readers.first().log(), [""; 0], "not one command from us");
    drop(neighbour);
    assert_eq!(status("ready"), card, "the same insertion");
    is_of("jan", &read_identity(&desk, &card).expect("an identity"));
}

#[test]
fn after_a_reset_by_another_program_the_next_answer_is_right() {
    for citizen in ["anna", "jan"] {
        let desk = Desk::of_practice();
        let card = desk.insert(citizen);
        let mut neighbour = Neighbour::sharing(&desk.readers, desk.readers.first());
        for _ in 0..3 {
            neighbour.reset();
            assert_eq!(ask_everything(&desk, &card, citizen), 1, "{citizen}");
        }
        assert_eq!(desk.readers.first().tries_left(), 3);
    }
}

#[test]
fn a_reset_in_the_middle_of_our_reading_gives_no_wrong_answer() {
    for citizen in ["anna", "jan"] {
        let desk = Desk::of_practice();
        let mut neighbour = None;
        for round in 0..4_usize {
            // A new insertion each time: nothing is remembered of it.
            drop(neighbour.take());
            let card = desk.insert(citizen);
            let slot = desk.readers.first();
            let other = neighbour.insert(Neighbour::sharing(&desk.readers, slot));
            slot.answer_in_real_time();
            let before = slot.log().len();
            let path = format!("/org/beidd1/card/{card}");
            let pending = desk.bus.begin(&path, "org.beidd1.Card", "VerifyCard", &json!({}));
            eventually("reading has begun", LIMIT, || {
                (slot.log().len() > before + 3 * round).then_some(())
            });
            other.reset();
            let verified = pending.finish().unwrap_or_else(|error| panic!("{citizen}: {error:?}"));
            let checks = verified["checks"].as_array().expect("checks");
            let failed: Vec<_> = checks.iter().filter(|check| check["outcome"] == "failed").collect();
            assert!(failed.is_empty() && checks.len() > 3, "{citizen}: {failed:?}");
        }
        assert_eq!(desk.readers.first().tries_left(), 3);
    }
}

#[test]
fn others_can_use_the_card_while_a_person_types() {
    let desk = Desk::of_practice();
    desk.insert("anna");
    let gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin(TEST_PIN));
    let interface = "org.beidd1.Manager";
    let pending = desk
        .bus
        .begin("/org/beidd1", interface, "TherapeuticLink", &link("eidsigning"));
    desk.pinentry.next_shown();
    // Its own signature included: had we a transaction, it would wait for us until it gave up.
    OpenScLoop::at(&desk.readers).work(true);
    gate.open();
    let signed = pending.finish().expect("a signature");
    assert_eq!(signed["proof"]["type"], "eidsigning");
    assert_eq!(desk.readers.first().tries_left(), 3);
    log_offs_after_our_own_verify(desk.readers.first());
}

#[test]
fn a_foreign_card_is_left_alone() {
    let desk = Desk::start();
    let reader = desk.readers.second();
    let foreign = reader.insert_foreign();
    let card = eventually("the card is looked at", LIMIT, || {
        let card = desk.card_in(reader)?;
        (card["status"] != "reading").then_some(card)
    });
    assert_eq!(
        (&card["status"], &card["kind"]),
        (&json!("unsupported"), &json!("unknown"))
    );
    let id = card["id"].as_str().expect("an id");
    let refused = read_identity(&desk, id).expect_err("no Belgian eID");
    assert_eq!(refused.code(), "unsupported-card", "{refused:?}");
    // GET CARD DATA, and SELECT of the Belgian applet: nothing that changes a card, and no second time.
    let asked: Vec<String> = foreign.commands().iter().map(|hex| hex[..8].to_owned()).collect();
    let select = asked.last().map(String::as_str);
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(
        asked[0] == "80E40000" && select.is_some_and(|select| select.starts_with("00A404")),
        "{asked:?}"
    );
    // `current` means the Belgian card, whatever else is in other readers.
    desk.insert("jan");
    is_of(
        "jan",
        &desk
            .daemon
            .rest(&["identity.full"])
            .get("/v1/cards/current/identity")
            .ok(),
    );
}

#[test]
fn with_two_cards_a_caller_says_which_or_the_role_of_the_reader_does() {
    let desk = Desk::start();
    let cards = [("anna", desk.readers.first()), ("jan", desk.readers.second())];
    let cards = cards.map(|(citizen, slot)| (citizen, desk.insert_into(slot, citizen)));
    let rest = desk.daemon.rest(&["readers", "identity.full"]);
    assert_eq!(rest.get("/v1/cards/current/identity").problem(), "several-cards");
    for (citizen, card) in &cards {
        is_of(citizen, &read_identity(&desk, card).expect("an identity"));
        is_of(citizen, &rest.get(&format!("/v1/cards/{card}/identity")).ok());
    }
    desk.readers.first().remove();
    eventually("the other card is the only one", LIMIT, || {
        let reply = rest.get("/v1/cards/current/identity");
        (reply.status == 200).then(|| is_of("jan", &reply.json()))
    });
    let [(_, gone), _] = &cards;
    let refused = read_identity(&desk, gone).expect_err("pulled out");
    assert_eq!(refused.code(), "card-removed", "{refused:?}");
}

#[test]
fn the_card_in_the_providers_reader_is_never_the_current_one() {
    let desk = Desk::start_with(|options| options.set("pcsc", "roles", r#"{ "PCD 00 00" = "provider" }"#));
    let rest = desk.daemon.rest(&["readers", "identity.full"]);
    desk.insert_into(desk.readers.first(), "anna");
    assert_eq!(rest.get("/v1/cards/current/identity").problem(), "no-card");
    desk.insert_into(desk.readers.second(), "jan");
    is_of("jan", &rest.get("/v1/cards/current/identity").ok());
}

#[test]
fn when_pcscd_starts_anew_so_do_we() {
    let mut desk = Desk::start();
    let card = desk.insert("jan");
    is_of("jan", &read_identity(&desk, &card).expect("an identity"));
    desk.readers.restart_pcscd();
    let code = eventually("the old card is missed", LIMIT, || read_identity(&desk, &card).err());
    assert_eq!(code.code(), "card-removed", "{code:?}");
    eventually("the readers are back", LIMIT, || {
        let listed = match desk.manager("ListReaders", &json!({})) {
            Err(error) if error.code() == "pcsc-unavailable" => return None,
            listed => listed.expect("readers"),
        };
        let readers = listed["readers"].as_array().expect("readers");
        let empty = |reader: &&Value| !reader["card"].is_object();
        (readers.len() == 2 && readers.iter().filter(empty).count() == 2).then_some(())
    });
    for citizen in ["anna", "jan"] {
        let card = desk.insert(citizen);
        is_of(citizen, &read_identity(&desk, &card).expect("an identity"));
    }
}

#[test]
fn as_many_readers_as_pcsc_has_room_for_are_followed_like_fewer() {
    let (readers, bus, pinentry) = (Readers::start_full(), SessionBus::start(), ScriptedPinentry::new());
    let options = DaemonOptions::new().readers(&readers).bus(&bus).pinentry(&pinentry);
    let desk = Desk {
        daemon: options.start(),
        pinentry,
        bus,
        readers,
    };
    eventually("all readers", LIMIT, || {
        let listed = desk.manager("ListReaders", &json!({})).expect("readers");
        (listed["readers"].as_array().expect("readers").len() == 16).then_some(())
    });
    // A second later they are still there, and were never missed. (vpcd has one pair of cards for all of its readers.)
    thread::sleep(Duration::from_secs(1));
    let rest = desk.daemon.rest(&["readers", "identity.full"]);
    assert_eq!(rest.get("/v1/cards/current/identity").problem(), "no-card");
    assert!(
        !desk.daemon.log().contains("no smart card service"),
        "{}",
        desk.daemon.log()
    );
}

#[test]
fn a_card_that_falls_silent_stops_neither_its_callers_nor_another_reader_nor_the_daemon() {
    let desk = Desk::start();
    let slot = desk.readers.first();
    let answering = desk.insert_into(desk.readers.second(), "jan");
    let silent = desk.insert("anna");
    slot.mute_after(2);
    let path = format!("/org/beidd1/card/{silent}");
    let begin = || desk.bus.begin(&path, "org.beidd1.Card", "ReadIdentity", &json!({}));
    let pending = [begin(), begin()];
    eventually("the silence", LIMIT, || (slot.status().contains("mute")).then_some(()));
    is_of("jan", &read_identity(&desk, &answering).expect("an identity"));
    for call in pending {
        let refused = call.finish().expect_err("no answer");
        assert_eq!(refused.code(), "card-error", "{refused:?}");
        assert!(format!("{refused:?}").contains(slot.name()), "{refused:?}");
    }
    let card = desk.card_in(slot).expect("a card");
    assert_eq!((&card["id"], &card["status"]), (&json!(silent), &json!("mute")));
    // Neither has to be restarted: the next card is read.
    slot.remove();
    for citizen in ["claire", "anna"] {
        let card = desk.insert(citizen);
        is_of(citizen, &read_identity(&desk, &card).expect("an identity"));
    }
    assert_eq!(slot.tries_left(), 3);
    slot.mute_after(1);
    let card = desk.card_in(slot).expect("a card");
    let path = format!("/org/beidd1/card/{}", card["id"].as_str().expect("an id"));
    let _pending = desk.bus.begin(&path, "org.beidd1.Card", "ReadPhoto", &json!({}));
    eventually("the silence", LIMIT, || (slot.status().contains("mute")).then_some(()));
    // Within two seconds.
    drop(desk.daemon.stop());
}

#[test]
fn a_card_put_in_right_after_another_is_there_and_is_itself() {
    let desk = Desk::start();
    for round in 0..8 {
        for citizen in ["anna", "jan"] {
            let card = desk.insert(citizen);
            // Every other time nobody has asked for the card before it is replaced.
            if round % 2 == 0 {
                is_of(citizen, &read_identity(&desk, &card).expect("an identity"));
            }
        }
    }
}
