//! Cost of reading, counted on the card, and the results when an exchange goes wrong.
#![expect(clippy::unwrap_used, reason = "what fails here, helpers included, fails a test")]

use beid_card::{
    ADDRESS, ADDRESS_SIGNATURE, AUTHENTICATION_CERTIFICATE, Card, CardError, CheckName, Courtesy, ElementaryFile,
    ExchangeFault, Experience, Faulty, Holder, HolderCertificate, HolderKey, IDENTITY, IDENTITY_SIGNATURE, Identity,
    Outcome, PHOTO, REGISTER_CERTIFICATE, Reason, SIGNATURE_CERTIFICATE, Source, TOKEN_INFO, Transport, TransportError,
    Wanted, holder_chain,
};
use beid_pki::Trust;
use beid_simulator::{Citizen, Oddities, VirtualSlot};
use beid_testkit::{judge, recognise, slot_with, slot_with_odd, virtual_card};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const TEXT: Wanted = Wanted {
    address: true,
    photo: false,
    fresh: false,
};
const ALL: Wanted = Wanted { photo: true, ..TEXT };

fn meet(slot: &VirtualSlot, experience: &Arc<Experience>) -> Card<impl Transport + use<>> {
    Card::recognise_in(slot.connect().unwrap(), "", Arc::clone(experience))
        .unwrap()
        .unwrap()
}

/// Counts the commands that `work` takes.
fn counted<R>(slot: &VirtualSlot, work: impl FnOnce() -> R) -> (u64, R) {
    let before = slot.apdus();
    let done = work();
    (slot.apdus() - before, done)
}

/// Reads identity, address, photo, both signatures, both certificates of the holder, and the chain to a root.
fn everything(card: &mut Card<impl Transport>) -> (Holder, [Option<HolderCertificate>; 2]) {
    let holder = card.holder(ALL, judge(), &mut ()).unwrap();
    let certificates = [&AUTHENTICATION_CERTIFICATE, &SIGNATURE_CERTIFICATE]
        .map(|file| card.holder_certificate(file, judge(), &mut ()).unwrap());
    (holder, certificates)
}

/// Commands of a plain reading: one SELECT for each of the ten files, one READ for each chunk, and five more for files
/// that tell their length.
fn plain_floor(card: &mut Card<impl Transport>) -> u64 {
    let (holder, _) = everything(card);
    let text = [
        "identity",
        "identity-signature",
        "address",
        "address-signature",
        "photo",
    ];
    let files = beid_card::FILES.iter().filter(|file| text.contains(&file.name));
    let text: Vec<usize> = files.map(|file| card.file(file, &mut ()).unwrap().len()).collect();
    let certificates = card.certificates(&mut ()).unwrap();
    let sizes = certificates.iter().map(|(_, der)| der.len()).chain(text);
    assert_eq!(holder.outcome(), Outcome::Passed);
    sizes
        .map(|size| 1 + u64::try_from(size.div_ceil(256)).unwrap())
        .sum::<u64>()
        + 5
}

#[track_caller]
fn check_cost(id: &str, what: &str, cost: u64, most: u64) {
    assert!(cost <= most, "{id}: {what} took {cost} commands, {most} are enough");
}

#[test]
fn recognition_is_one_command() {
    for id in ["anna", "jan"] {
        let slot = slot_with(id);
        assert_eq!(counted(&slot, || recognise(&slot)).0, 1);
    }
}

#[test]
fn text_costs_no_more_than_it_must() {
    for (id, identity, known, first) in [("anna", 3, 12, 18), ("jan", 4, 13, 18)] {
        let slot = slot_with(id);
        let (cost, _) = counted(&slot, || recognise(&slot).identity_text(&mut ()).unwrap());
        check_cost(id, "recognition and identity text", cost, 1 + identity);

        let experience = Arc::default();
        let mut card = meet(&slot, &experience);
        let (cost, holder) = counted(&slot, || card.holder(TEXT, judge(), &mut ()).unwrap());
        assert_eq!(holder.outcome(), Outcome::Passed);
        check_cost(id, "verified text, register unknown", cost, first);

        let other = slot_with(if id == "anna" { "bram" } else { "claire" });
        let mut card = meet(&other, &experience);
        let (cost, holder) = counted(&other, || card.holder(TEXT, judge(), &mut ()).unwrap());
        assert!(holder.checks.iter().any(|check| check.source == Source::Cache));
        check_cost(id, "verified text, register known", cost, known);
    }
}

#[test]
fn everything_costs_less_each_time() {
    for (id, known_authorities, known_lengths) in [("anna", 46, 41), ("jan", 42, 37)] {
        let slot = slot_with(id);
        let floor = plain_floor(&mut recognise(&slot));
        let experience = Arc::default();
        let (cost, first) = counted(&slot, || everything(&mut meet(&slot, &experience)));
        check_cost(id, "everything, for the first time", cost, 1 + floor);
        let (cost, again) = counted(&slot, || everything(&mut meet(&slot, &experience)));
        check_cost(id, "everything of a card that was here", cost, 1 + known_lengths);
        assert!(first.0.identity == again.0.identity && first.1.map(der) == again.1.map(der));

        let other = slot_with(if id == "anna" { "bram" } else { "claire" });
        let (cost, _) = counted(&other, || everything(&mut meet(&other, &experience)));
        check_cost(id, "everything, authorities known", cost, 1 + known_authorities);
    }
}

fn der(certificate: Option<HolderCertificate>) -> Option<Vec<u8>> {
    certificate.map(|found| found.certificate.der().to_vec())
}

#[test]
fn nothing_is_read_twice_of_one_insertion() {
    for id in ["anna", "jan", "lotte"] {
        let slot = slot_with(id);
        let mut card = recognise(&slot);
        let first = everything(&mut card);
        let (cost, again) = counted(&slot, || everything(&mut card));
        assert_eq!(cost, 0, "{id}");
        assert!(first.0.identity == again.0.identity && first.0.photo == again.0.photo);
        let (cost, _) = counted(&slot, || {
            card.holder(Wanted { fresh: true, ..TEXT }, judge(), &mut ()).unwrap()
        });
        assert!(
            (4..=6).contains(&cost),
            "{id}: a proof reads identity and signature again, {cost}"
        );
    }
}

#[test]
fn what_was_verified_of_an_insertion_is_verified_once() {
    for id in ["anna", "jan", "claire"] {
        let slot = slot_with(id);
        let mut card = recognise(&slot);
        let (first, own) = everything(&mut card);
        let (again, own_again) = everything(&mut card);
        assert!(first == again && own == own_again, "{id}");
        // A certificate remembers which signatures it was found to have made. The same objects, not equal ones, are
        // asked again: nothing is parsed and nothing is calculated.
        let line = |holder: &Holder, own: &[Option<HolderCertificate>]| -> Vec<*const [u8]> {
            let found = own.iter().flatten();
            let own = found.flat_map(|found| std::iter::once(&found.certificate).chain(&found.authorities));
            holder
                .register
                .iter()
                .chain(own)
                .map(|one| std::ptr::from_ref(one.der()))
                .collect()
        };
        let seen = line(&first, &own);
        assert!(seen.len() >= 2 + 3 + 3, "{id}: {}", seen.len());
        assert_eq!(seen, line(&again, &own_again), "{id}");
    }
}

#[test]
fn a_card_without_a_file_is_judged_by_the_others() {
    use CheckName::{AddressSignature, IdentitySignature, NationalRegisterChain, PhotoHash};
    type AbsentFiles = &'static [&'static ElementaryFile];
    type UnknownChecks = &'static [(CheckName, Reason)];
    const ABSENT: Reason = Reason::NotOnThisCard;
    const NO_SIGNER: Reason = Reason::CertificateMissing;
    const NOT_SIGNED: Reason = Reason::IdentityNotAuthentic;
    #[rustfmt::skip] // one row a line
    const CASES: &[(AbsentFiles, UnknownChecks)] = &[
        (&[&PHOTO], &[(PhotoHash, ABSENT)]),
        (&[&ADDRESS], &[(AddressSignature, ABSENT)]),
        (&[&ADDRESS_SIGNATURE], &[(AddressSignature, ABSENT)]),
        (&[&IDENTITY_SIGNATURE], &[(IdentitySignature, ABSENT), (AddressSignature, ABSENT), (PhotoHash, NOT_SIGNED)]),
        (&[&REGISTER_CERTIFICATE], &[(NationalRegisterChain, ABSENT), (IdentitySignature, NO_SIGNER), (AddressSignature, NO_SIGNER), (PhotoHash, NOT_SIGNED)]),
    ];
    let check = |absent: AbsentFiles, expected: UnknownChecks| {
        let oddities = Oddities {
            absent,
            ..Oddities::NONE
        };
        for id in ["anna", "jan"] {
            let slot = slot_with_odd(id, &oddities);
            let mut card = recognise(&slot);
            let holder = card.holder(ALL, judge(), &mut ()).unwrap();
            for made in &holder.checks {
                let unknown = expected.iter().find(|(name, _)| *name == made.name);
                let outcome = unknown.map_or(Outcome::Passed, |(_, reason)| Outcome::Unknown(*reason));
                assert_eq!((made.outcome, made.remark), (outcome, None), "{id} {:?}", made.name);
            }
            assert_eq!(holder.checks.len(), 4);
            assert!(holder.identity.complete().is_ok());
            assert_eq!(holder.address.is_none(), absent.contains(&&ADDRESS), "{id}");
            assert_eq!(holder.photo.is_none(), absent.contains(&&PHOTO), "{id}");
            // An absent file is asked for twice, because a reader may have garbled the first answer, and then never
            // again.
            let (cost, again) = counted(&slot, || card.holder(ALL, judge(), &mut ()).unwrap());
            assert!(cost == 0 && again == holder, "{id}: {cost}");
            for file in absent {
                let missing = card.file(file, &mut ());
                assert_eq!(missing.err(), Some(CardError::NoSuchFile { file: file.name }), "{id}");
            }
        }
    };
    for (absent, expected) in CASES {
        check(absent, expected);
    }
}

#[test]
fn a_card_without_an_identity_or_a_certificate_is_told_apart_from_a_broken_one() {
    const NO_IDENTITY: Oddities = Oddities {
        absent: &[&IDENTITY],
        ..Oddities::NONE
    };
    const NO_CERTIFICATE: Oddities = Oddities {
        absent: &[&SIGNATURE_CERTIFICATE],
        ..Oddities::NONE
    };
    let mut card = recognise(&slot_with_odd("jan", &NO_IDENTITY));
    let absent = Some(CardError::NoSuchFile { file: IDENTITY.name });
    assert_eq!(card.holder(TEXT, judge(), &mut ()).err(), absent);
    assert_eq!(card.identity_text(&mut ()).err(), absent);
    let mut card = recognise(&slot_with_odd("jan", &NO_CERTIFICATE));
    let found = card.holder_certificate(&SIGNATURE_CERTIFICATE, judge(), &mut ());
    assert_eq!(found, Ok(None));
    let all = card.certificates(&mut ()).unwrap();
    let empty = all.iter().filter(|(_, der)| der.is_empty()).map(|(file, _)| file.name);
    assert_eq!(empty.collect::<Vec<_>>(), ["signature"]);
}

#[test]
fn one_bad_field_of_a_signed_identity_hides_nothing_and_proves_nothing() {
    let check = |identity: &'static [(u8, &'static [u8])], reason: &str| {
        let oddities = Oddities {
            identity,
            ..Oddities::NONE
        };
        let mut card = recognise(&slot_with_odd("jan", &oddities));
        let holder = card.holder(ALL, judge(), &mut ()).unwrap();
        let [malformed] = &holder.identity.malformed[..] else {
            panic!("{reason}: {:?}", holder.identity.malformed)
        };
        assert_eq!((malformed.tag, malformed.error.expected), (identity[0].0, reason));
        assert!(
            holder.checks.iter().all(|check| check.outcome == Outcome::Passed),
            "{reason}"
        );
        assert_eq!(
            holder.outcome(),
            Outcome::Unknown(Reason::IdentityIncomplete),
            "{reason}"
        );
        assert_eq!(holder.identity.complete().err().as_ref(), Some(&malformed.error));
        assert_eq!(
            holder.identity.birth_place.as_deref(),
            Some(Citizen::find("jan").unwrap().birth_place)
        );
        assert!(holder.address.is_some() && holder.photo.is_some());
    };
    check(&[(0x01, b"B 12")], "1 to 12 letters or digits");
    check(&[(0x04, b"31.02.2030")], "a date DD.MM.YYYY");
    check(&[(0x06, b"1234567890123")], "11 digits");
    check(&[(0x06, b"98082100029"), (0x06, b"98082100029")], "there once");
    check(&[(0x07, &[0xFF; 300])], "UTF-8 text");
    check(&[(0x08, &[0xFF])], "UTF-8 text");
    // A malformed field that no proof needs is listed, and has no other effect.
    const TYPE: Oddities = Oddities {
        identity: &[(0x0F, b"ABC")],
        ..Oddities::NONE
    };
    let holder = recognise(&slot_with_odd("jan", &TYPE))
        .holder(TEXT, judge(), &mut ())
        .unwrap();
    assert_eq!(holder.identity.malformed.len(), 1);
    assert_eq!(holder.outcome(), Outcome::Passed);
    // Without a readable national number, the owner of the certificate is unknown too.
    const NUMBER: Oddities = Oddities {
        identity: &[(0x06, b"1234567890123")],
        ..Oddities::NONE
    };
    let mut card = recognise(&slot_with_odd("jan", &NUMBER));
    let holder = card.holder(TEXT, judge(), &mut ()).unwrap();
    let found = card
        .holder_certificate(&SIGNATURE_CERTIFICATE, judge(), &mut ())
        .unwrap();
    let chain = holder_chain(
        HolderKey::NonRepudiation,
        found.as_ref(),
        Some(&holder.identity),
        judge(),
    );
    assert_eq!(chain.outcome, Outcome::Unknown(Reason::NationalNumberUnreadable));
    // An unreadable chip number does not tie the identity to this chip.
    const CHIP: Oddities = Oddities {
        identity: &[(0x02, b"SL")],
        ..Oddities::NONE
    };
    let mut card = recognise(&slot_with_odd("jan", &CHIP));
    let holder = card.holder(TEXT, judge(), &mut ()).unwrap();
    let signed = holder.check(CheckName::IdentitySignature).unwrap();
    assert_eq!(signed.outcome, Outcome::Failed(Reason::ChipMismatch));
    assert!(matches!(card.identity_text(&mut ()), Err(CardError::Malformed(_))));
}

#[test]
fn blanks_that_pad_a_field_are_signed_and_not_shown() {
    const PADDED: Oddities = Oddities {
        identity: &[(0x06, b"90022805737  "), (0x07, b"Proefman    "), (0x0B, b"   ")],
        address: &[(0x01, b"Examplestreet 123                        "), (0x03, b" ")],
        ..Oddities::NONE
    };
    let mut card = recognise(&slot_with_odd("jan", &PADDED));
    let holder = card.holder(TEXT, judge(), &mut ()).unwrap();
    assert_eq!(holder.outcome(), Outcome::Passed);
    let complete = holder.identity.complete().unwrap();
    assert_eq!(
        (complete.national_number.as_str(), complete.family_name),
        ("90022805737", "Proefman")
    );
    assert_eq!(holder.identity.birth_place, None);
    let address = holder.address.unwrap();
    assert_eq!(address.street_and_number.as_deref(), Some("Examplestreet 123"));
    assert_eq!(address.municipality, None);
    assert!(holder.identity.malformed.is_empty() && address.malformed.is_empty());
    // The file is as the register signed it.
    let raw = card.file(&ADDRESS, &mut ()).unwrap();
    assert!(raw.starts_with(b"\x01\x29Examplestreet 123                        "));
}

#[test]
fn official_test_cards_are_believed_under_roots_that_are_for_tests() {
    const TEST_CARD: Oddities = Oddities {
        register_policy: Some("2.16.56.1.40.40.40.1"),
        ..Oddities::NONE
    };
    const OTHER: Oddities = Oddities {
        register_policy: Some("2.16.56.1.40.40.40.2"),
        ..Oddities::NONE
    };
    let chain = |oddities| {
        let holder = recognise(&slot_with_odd("anna", oddities))
            .holder(TEXT, judge(), &mut ())
            .unwrap();
        let check = holder.check(CheckName::NationalRegisterChain).unwrap();
        (check.outcome, check.trust)
    };
    assert_eq!(chain(&TEST_CARD), (Outcome::Passed, Trust::Test));
    assert_eq!(
        chain(&OTHER),
        (Outcome::Failed(Reason::NotARegisterCertificate), Trust::None)
    );
}

#[test]
fn what_was_read_is_not_answered_for_a_card_that_has_gone() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    everything(&mut card);
    slot.insert(virtual_card("claire"));
    let gone = card.holder(TEXT, judge(), &mut ());
    assert_eq!(gone.err(), Some(CardError::Removed));
    let gone = card.certificates(&mut ());
    assert_eq!(gone.err(), Some(CardError::Removed));
}

#[test]
fn a_reset_card_is_asked_who_it_is_and_read_again() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    let first = everything(&mut card);
    slot.reset();
    let (cost, again) = counted(&slot, || everything(&mut card));
    assert!(cost > 20 && first.0.identity == again.0.identity);
}

#[test]
fn a_known_length_that_is_wrong_misleads_nobody() {
    // As after a visit to the municipality: the same chip, but files of other lengths than last time.
    let experience = Arc::default();
    let slot = slot_with("jan");
    everything(&mut meet(&slot, &experience));
    for spoiled in 0..40 {
        let faulty = Faulty::new(slot.connect().unwrap(), [(spoiled, ExchangeFault::Change(shorter))]);
        let mut card = Card::recognise_in(faulty, "", Arc::clone(&experience)).unwrap();
        let Some(card) = card.as_mut() else { continue };
        let holder = card.holder(ALL, judge(), &mut ()).unwrap();
        assert_eq!(holder.outcome(), Outcome::Passed, "spoiled at {spoiled}");
    }
}

#[test]
fn urgent_work_goes_first_between_two_chunks() {
    struct Urgent<'s> {
        slot: &'s VirtualSlot,
        /// Number of commands after which the urgent work is waiting.
        from: u64,
        served: Vec<(u64, Identity)>,
    }
    impl<T: Transport> Courtesy<T> for Urgent<'_> {
        fn is_wanted(&self) -> bool {
            self.served.is_empty() && self.slot.apdus() >= self.from
        }
        fn serve(&mut self, card: &mut Card<T>) {
            let holder = card.holder(TEXT, judge(), &mut ()).unwrap();
            self.served.push((self.slot.apdus(), holder.identity));
        }
    }
    let slot = slot_with("anna");
    let mut card = recognise(&slot);
    let text = card.holder(TEXT, judge(), &mut ()).unwrap();
    let (from, served) = (slot.apdus() + 4, Vec::new());
    let mut urgent = Urgent {
        slot: &slot,
        from,
        served,
    };
    let holder = card.holder(ALL, judge(), &mut urgent).unwrap();
    assert_eq!(holder.outcome(), Outcome::Passed);
    let [(at, identity)] = urgent.served.as_slice() else {
        panic!("served {} times", urgent.served.len())
    };
    assert!(*identity == text.identity);
    assert!(
        *at <= from + 1 && slot.apdus() > from + 3,
        "served in the middle of the photo"
    );
}

fn shorter(mut answer: Vec<u8>) -> Vec<u8> {
    let data = answer.len().saturating_sub(2);
    answer.drain(data / 2..data);
    answer
}

fn longer(mut answer: Vec<u8>) -> Vec<u8> {
    let data = answer.len().saturating_sub(2);
    answer.splice(data..data, [0xA5; 16]);
    answer
}

fn garbled(mut answer: Vec<u8>) -> Vec<u8> {
    let data = answer.len().saturating_sub(2);
    answer
        .iter_mut()
        .take(data)
        .for_each(|byte| *byte = byte.wrapping_mul(31) ^ 0x55);
    answer
}

fn one_bit(mut answer: Vec<u8>) -> Vec<u8> {
    let middle = answer.len().saturating_sub(2) / 2;
    if let Some(byte) = answer.get_mut(middle).filter(|_| middle > 0) {
        *byte ^= 0x04;
    }
    answer
}

/// Every fault that can replace an answer.
fn faults() -> Vec<(&'static str, ExchangeFault)> {
    let answer = |bytes: &[u8]| ExchangeFault::Answer(bytes.to_vec());
    let fail = ExchangeFault::Fail;
    let lost = "data lost".to_owned();
    let change = ExchangeFault::Change;
    vec![
        ("6700 wrong length", answer(&[0x67, 0x00])),
        ("6982 not allowed", answer(&[0x69, 0x82])),
        ("6986 no file selected", answer(&[0x69, 0x86])),
        ("6A82 no such file", answer(&[0x6A, 0x82])),
        ("6A87 Lc and P1-P2", answer(&[0x6A, 0x87])),
        ("6B00 behind the end", answer(&[0x6B, 0x00])),
        ("6C10 exactly 16 bytes", answer(&[0x6C, 0x10])),
        ("6CFF exactly 255 bytes", answer(&[0x6C, 0xFF])),
        ("6110 16 bytes more", answer(&[0x61, 0x10])),
        ("6D00 unknown command", answer(&[0x6D, 0x00])),
        ("6F00 no diagnosis", answer(&[0x6F, 0x00])),
        ("9000 without data", answer(&[0x90, 0x00])),
        ("nothing at all", answer(&[])),
        ("one byte", answer(&[0x90])),
        ("half the data", change(shorter)),
        ("too much data", change(longer)),
        ("other data", change(garbled)),
        ("one bit changed", change(one_bit)),
        ("card removed", fail(TransportError::Removed)),
        ("card reset", fail(TransportError::Reset)),
        ("sharing violation", fail(TransportError::Busy)),
        ("card mute", fail(TransportError::Mute)),
        ("communication error", fail(TransportError::Comm(lost))),
        ("service gone", fail(TransportError::Service("stopped".to_owned()))),
    ]
}

/// Data of a whole visit. Two visits of the same card must be equal, whatever happened in between.
#[derive(PartialEq)]
struct Visit {
    holder: Holder,
    certificates: [Option<Vec<u8>>; 2],
    as_on_card: Vec<Vec<u8>>,
    token_info: Vec<u8>,
}

fn visit(card: &mut Card<impl Transport>) -> Result<Visit, CardError> {
    let mut holder = card.holder(ALL, judge(), &mut ())?;
    // A second reading finds the register's certificate in the cache: only the origin differs.
    holder.checks.iter_mut().for_each(|check| check.source = Source::Card);
    let mut certificate = |file| card.holder_certificate(file, judge(), &mut ()).map(der);
    Ok(Visit {
        certificates: [
            certificate(&AUTHENTICATION_CERTIFICATE)?,
            certificate(&SIGNATURE_CERTIFICATE)?,
        ],
        holder,
        as_on_card: card.certificates(&mut ())?.into_iter().map(|(_, der)| der).collect(),
        token_info: card.file(&TOKEN_INFO, &mut ())?,
    })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    clippy::panic,
    reason = "no other is an error of a reading"
)]
fn word(error: &CardError) -> &'static str {
    match error {
        CardError::Removed => "removed",
        CardError::Reset => "reset",
        CardError::Busy => "busy",
        CardError::Mute => "mute",
        CardError::Comm(_) => "communication",
        CardError::Service(_) => "service",
        CardError::Refused { .. } => "refused",
        CardError::UnexpectedLength { .. } => "unexpected length",
        CardError::Endless { .. } => "endless",
        CardError::Malformed(_) => "malformed",
        other => panic!("{other} is no error of a reading"),
    }
}

/// Spoils every exchange of a visit once, in every way; returns the outcomes by kind of fault.
fn outcomes(id: &str) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let slot = slot_with(id);
    let (exchanges, undisturbed) = counted(&slot, || visit(&mut recognise(&slot)).unwrap());
    let exchanges = usize::try_from(exchanges).unwrap();
    let mut outcomes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (name, fault) in faults() {
        // The first exchange is recognition, which decides if this is a card at all.
        for at in 1..exchanges {
            let slot = slot_with(id);
            let faulty = Faulty::new(slot.connect().unwrap(), [(at, fault.clone())]);
            let mut card = Card::recognise(faulty).unwrap().unwrap();
            let (cost, outcome) = counted(&slot, || visit(&mut card));
            let outcome = match outcome {
                Ok(visit) => {
                    assert!(visit == undisturbed, "{id}: {name} at {at} gave a wrong answer");
                    "right answer"
                }
                Err(error) => word(&error),
            };
            assert!(cost < 4 * 100, "{id}: {name} at {at} took {cost} commands");
            assert_eq!(slot.tries_left(), Some(3), "{id}: {name} at {at} spent a try");
            outcomes.entry(name).or_default().insert(outcome);
        }
    }
    outcomes
}

#[test]
fn whatever_goes_wrong_once_the_answer_is_right_or_an_error() {
    let mut table = String::from("| instead of one answer | what the caller gets |\n|---|---|\n");
    let (rsa, ec) = std::thread::scope(|scope| {
        let rsa = scope.spawn(|| outcomes("anna"));
        (outcomes("jan"), rsa.join().unwrap())
    });
    for (name, _) in faults() {
        let both: BTreeSet<_> = rsa[name].union(&ec[name]).copied().collect();
        let words: Vec<_> = both.into_iter().collect();
        table += &format!("| {name} | {} |\n", words.join(", "));
    }
    let documented = include_str!("../FAULTS.md");
    assert!(documented.contains(&table), "FAULTS.md should say:\n{table}");
}

#[test]
fn unproved_text_is_right_or_an_error_as_long_as_no_byte_of_it_was_changed() {
    for id in ["anna", "jan"] {
        let undisturbed = recognise(&slot_with(id)).identity_text(&mut ()).unwrap();
        let changes_bytes = ["other data", "one bit changed"];
        for (name, fault) in faults().into_iter().filter(|(name, _)| !changes_bytes.contains(name)) {
            for at in 1..5 {
                let faulty = Faulty::new(slot_with(id).connect().unwrap(), [(at, fault.clone())]);
                let mut card = Card::recognise(faulty).unwrap().unwrap();
                if let Ok(identity) = card.identity_text(&mut ()) {
                    assert!(identity == undisturbed, "{id}: {name} at {at}");
                }
            }
        }
    }
}

#[test]
fn a_file_that_never_ends_is_cut_off() {
    fn full(mut answer: Vec<u8>) -> Vec<u8> {
        // Answers every READ BINARY with 256 bytes and leaves all other answers unchanged.
        if answer.len() > 34 || answer == [0x6B, 0x00] || answer.first() == Some(&0x6C) {
            answer = [vec![0x31; 256], vec![0x90, 0x00]].concat();
        }
        answer
    }
    let slot = slot_with("jan");
    let endless = (1..5000).map(|at| (at, ExchangeFault::Change(full)));
    let mut card = Card::recognise(Faulty::new(slot.connect().unwrap(), endless))
        .unwrap()
        .unwrap();
    let (cost, photo) = counted(&slot, || card.file(&PHOTO, &mut ()));
    assert_eq!(photo.err(), Some(CardError::Endless { file: "photo" }));
    assert!(cost < 200, "{cost}");
}
