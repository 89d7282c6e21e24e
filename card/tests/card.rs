//! Conversations of `Card` with the virtual card, with faults in between.
#![expect(clippy::unwrap_used, reason = "what fails here, helpers included, fails a test")]

use beid_card::{
    ADDRESS, ADDRESS_SIGNATURE, Applet, CA_CERTIFICATE, Card, CardCheck, CardError, CardSession, CardSigner, Exchange,
    ExchangeFault, Faulty, HolderKey, IDENTITY, IDENTITY_SIGNATURE, Identity, Outcome, PHOTO, Pin, PinEntry,
    REGISTER_CERTIFICATE, ROOT_CERTIFICATE, Reason, Reconnect, Register, SIGNATURE_CERTIFICATE, SignatureAlgorithm,
    Source, Transport, TransportError, photo_hash, signed_by_register,
};
use beid_pki::{Certificate, HashAlgorithm, Trust, TrustStore};
use beid_simulator::VirtualCard;
use beid_testkit::{now, recognise, slot_with, test_trust, virtual_card};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

struct ReadFiles {
    identity: Vec<u8>,
    identity_signature: Vec<u8>,
    address: Vec<u8>,
    address_signature: Vec<u8>,
    photo: Vec<u8>,
    register: Option<Certificate>,
    root: Option<Certificate>,
}

fn read_all(session: &mut CardSession<'_>) -> Result<ReadFiles, CardError> {
    Ok(ReadFiles {
        identity: session.read_file(&IDENTITY)?,
        identity_signature: session.read_file(&IDENTITY_SIGNATURE)?,
        address: session.read_file(&ADDRESS)?,
        address_signature: session.read_file(&ADDRESS_SIGNATURE)?,
        photo: session.read_file(&PHOTO)?,
        register: session.read_certificate(&REGISTER_CERTIFICATE)?,
        root: session.read_certificate(&ROOT_CERTIFICATE)?,
    })
}

#[test]
fn every_citizen_is_read_and_found_genuine_under_the_test_roots_only() {
    for id in ["anna", "bram", "zoe", "karel", "jan", "claire", "maria", "lotte"] {
        let files = recognise(&slot_with(id)).read(read_all).unwrap();
        let identity = Identity::parse(&files.identity).unwrap();
        let judge = |store: &TrustStore| {
            Register::judge(
                files.register.clone(),
                files.root.as_slice(),
                store,
                identity.valid_from,
                now(),
            )
        };
        let register = judge(test_trust());
        for check in [
            register.chain_check(),
            register.identity_signature(&files.identity, &files.identity_signature),
            register.address_signature(&files.address, &files.address_signature, &files.identity_signature),
            photo_hash(
                &identity,
                &files.photo,
                &register.identity_signature(&files.identity, &files.identity_signature),
            ),
        ] {
            assert_eq!(
                (check.outcome, check.trust),
                (Outcome::Passed, Trust::Test),
                "{id}: {:?}",
                check.name
            );
        }
        let stranger = judge(&TrustStore::belgian()).chain_check();
        assert_eq!(stranger.outcome, Outcome::Failed(Reason::RootNotTrusted), "{id}");
    }
}

#[test]
fn a_changed_byte_of_any_signed_file_fails_its_check_and_no_other() {
    let files = recognise(&slot_with("jan")).read(read_all).unwrap();
    let identity = Identity::parse(&files.identity).unwrap();
    let register = Register::judge(
        files.register.clone(),
        files.root.as_slice(),
        test_trust(),
        identity.valid_from,
        now(),
    );
    let flip = |file: &[u8]| {
        let mut file = file.to_vec();
        *file.get_mut(20).unwrap() ^= 1;
        file
    };
    let failed = |check: CardCheck| assert!(check.outcome.is_failed(), "{:?}", check.name);
    failed(register.identity_signature(&flip(&files.identity), &files.identity_signature));
    failed(register.identity_signature(&files.identity, &flip(&files.identity_signature)));
    failed(register.address_signature(
        &flip(&files.address),
        &files.address_signature,
        &files.identity_signature,
    ));
    failed(register.address_signature(
        &files.address,
        &files.address_signature,
        &flip(&files.identity_signature),
    ));
    let genuine = register.identity_signature(&files.identity, &files.identity_signature);
    failed(photo_hash(&identity, &flip(&files.photo), &genuine));
    // A photo that fits an identity not signed by the register proves nothing.
    let forged = register.identity_signature(&flip(&files.identity), &files.identity_signature);
    let photo = photo_hash(&identity, &files.photo, &forged);
    assert_eq!(
        (photo.outcome, photo.trust),
        (Outcome::Unknown(Reason::IdentityNotAuthentic), Trust::None)
    );
    // Files of one card on another.
    let other = recognise(&slot_with("claire")).chip();
    failed(register.identity_of_chip(&identity, other, &files.identity, &files.identity_signature));
    let own = identity.chip_number.unwrap();
    let check = register.identity_of_chip(&identity, own, &files.identity, &files.identity_signature);
    assert_eq!(check.outcome, Outcome::Passed);
}

#[test]
fn a_citizens_own_certificate_is_no_register() {
    let mut card = recognise(&slot_with("jan"));
    let (own, root) = card
        .read(|session| {
            Ok((
                session.read_certificate(&SIGNATURE_CERTIFICATE)?,
                session.read_certificate(&CA_CERTIFICATE)?,
            ))
        })
        .unwrap();
    let issued = "2025-01-01".parse().ok();
    let check = Register::judge(own, root.as_slice(), test_trust(), issued, now()).chain_check();
    assert_eq!(check.outcome, Outcome::Failed(Reason::NotARegisterCertificate));
}

/// Files of a card, and the judgement of its register's certificate for a day of issue, as of a moment.
fn judged(id: &str) -> (ReadFiles, impl Fn(Option<Date>, Timestamp) -> Register) {
    let files = recognise(&slot_with(id)).read(read_all).unwrap();
    let (register, root) = (files.register.clone(), files.root.clone());
    let judge = move |issued, now| Register::judge(register.clone(), root.as_slice(), test_trust(), issued, now);
    (files, judge)
}

fn day_of(time: Timestamp) -> Option<Date> {
    Some(time.to_zoned(TimeZone::UTC).date())
}

#[test]
fn a_register_is_judged_as_of_the_day_of_issue_or_its_own_first_day() {
    let (files, judge) = judged("jan");
    let certificate = files.register.unwrap();
    let (first, last, week) = (
        certificate.not_before(),
        certificate.not_after(),
        SignedDuration::from_hours(7 * 24),
    );
    let issued = Identity::parse(&files.identity).unwrap().valid_from;
    let (passed, noted) = ((Outcome::Passed, None), (Outcome::Passed, Some(Reason::SignerExpired)));
    let unreadable = (Outcome::Unknown(Reason::ValidityUnreadable), None);
    for (what, issued, now, expected) in [
        ("in time", issued, now(), Some(passed)),
        ("ended since", issued, last + week, Some(noted)),
        ("signed again later", day_of(first - week), now(), Some(passed)),
        ("not begun", day_of(first - week), first - week, None),
        ("issued after its end", day_of(last + week), last + week, None),
        ("nobody knows when", None, now(), Some(unreadable)),
    ] {
        let register = judge(issued, now);
        let check = register.chain_check();
        match expected {
            Some(expected) => assert_eq!((check.outcome, check.remark), expected, "{what}"),
            None => assert!(check.outcome.is_failed(), "{what}: {:?}", check.outcome),
        }
        assert_eq!(register.is_trusted(), check.outcome == Outcome::Passed, "{what}");
        assert_eq!(
            register.chain().len(),
            if register.is_trusted() { 2 } else { 0 },
            "{what}"
        );
    }
}

#[test]
fn a_file_or_certificate_that_is_missing_is_named_and_proves_nothing() {
    let (files, judge) = judged("jan");
    let mut identity = Identity::parse(&files.identity).unwrap();
    let register = judge(identity.valid_from, now());
    let not_there = Outcome::Unknown(Reason::NotOnThisCard);
    assert_eq!(register.identity_signature(&files.identity, &[]).outcome, not_there);
    for (address_signature, identity_signature) in [
        (files.address_signature.as_slice(), &[][..]),
        (&[], files.identity_signature.as_slice()),
    ] {
        let check = register.address_signature(&files.address, address_signature, identity_signature);
        assert_eq!(check.outcome, not_there);
    }
    let genuine = register.identity_signature(&files.identity, &files.identity_signature);
    identity.photo_digest = None;
    let photo = photo_hash(&identity, &files.photo, &genuine);
    assert_eq!(photo.outcome, Outcome::Failed(Reason::DigestMissing));
    let missing = Register::judge(None, &[], test_trust(), identity.valid_from, now());
    for check in [
        missing.chain_check(),
        missing.identity_signature(&files.identity, &files.identity_signature),
    ] {
        assert_eq!(
            (check.outcome, check.trust),
            (Outcome::Failed(Reason::CertificateMissing), Trust::None)
        );
    }
    assert_eq!(register.chain_check().source, Source::Card);
    assert_eq!(register.from_cache().chain_check().source, Source::Cache);
}

#[test]
fn the_registers_hash_is_found_whichever_of_its_own_is_tried_first() {
    // Keys of both kinds that the register has had.
    for (id, expected) in [("anna", None), ("jan", Some(HashAlgorithm::Sha384))] {
        let (files, _) = judged(id);
        let certificate = files.register.unwrap();
        let found =
            |hint, signed: &[u8]| signed_by_register(certificate.public_key(), hint, signed, &files.identity_signature);
        let first = found(HashAlgorithm::Sha256, &files.identity).unwrap();
        assert_eq!(expected.unwrap_or(first), first, "{id}");
        assert_eq!(found(HashAlgorithm::Sha1, &files.identity), Some(first), "{id}");
        assert_eq!(found(HashAlgorithm::Sha256, &files.address), None, "{id}");
    }
}

#[test]
fn applet_is_told_and_something_else_is_no_card() {
    assert_eq!(recognise(&slot_with("anna")).applet(), Applet::V1_7);
    assert_eq!(recognise(&slot_with("jan")).applet(), Applet::V1_8);
    let stranger = Faulty::new(
        slot_with("jan").connect().unwrap(),
        (0..9).map(|at| (at, ExchangeFault::Answer(vec![0x6E, 0x00]))),
    );
    assert!(Card::recognise(stranger).unwrap().is_none());
}

/// A reader whose card is replaced during a connection: a swap that PC/SC missed.
struct Swapped {
    cards: Vec<VirtualCard>,
    swap_at: usize,
    exchanges: usize,
    /// Error that PC/SC reports once for the swap; `None` if it missed it.
    said: Option<TransportError>,
}

impl Swapped {
    /// Swaps the card when the exchange is reached; the next one gets `said`.
    fn due(&mut self) -> Result<(), TransportError> {
        if self.exchanges == self.swap_at && self.cards.len() > 1 {
            self.cards.remove(0);
            return self.said.take().map_or(Ok(()), Err);
        }
        Ok(())
    }
}

impl Transport for Swapped {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        work(self);
        Ok(())
    }
    fn reconnect(&mut self, _: Reconnect) -> Result<(), TransportError> {
        Ok(())
    }
    fn present(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

impl Exchange for Swapped {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.due()?;
        self.exchanges += 1;
        Ok(self.cards.first_mut().unwrap().apdu(command))
    }
    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Err(TransportError::Unsupported)
    }
}

#[test]
fn a_swap_nobody_noticed_gives_no_answer_at_whatever_command_it_happens() {
    for (first, second) in [("anna", "bram"), ("jan", "claire")] {
        let mut outcomes = Vec::new();
        for swap_at in 1..80 {
            let cards = vec![virtual_card(first), virtual_card(second)];
            let mut card = Card::recognise(Swapped {
                cards,
                swap_at,
                exchanges: 0,
                said: None,
            })
            .unwrap()
            .unwrap();
            let read = card.read(read_all);
            outcomes.push(read.is_ok());
            match read {
                // The swap came after the last command of the transaction.
                Ok(files) => assert!(Identity::parse(&files.identity).unwrap().is_of_chip(card.chip())),
                Err(error) => assert_eq!(error, CardError::Removed, "swap at {swap_at}"),
            }
        }
        assert!(outcomes.contains(&true) && outcomes.contains(&false));
    }
}

#[test]
fn a_pin_is_not_sent_to_another_chip() {
    let mut card = recognise(&slot_with("jan"));
    let certificate = card.read(|session| session.read_certificate(&SIGNATURE_CERTIFICATE));
    let signer = CardSigner {
        key: HolderKey::NonRepudiation,
        algorithm: SignatureAlgorithm::Es384,
        certificate: certificate.unwrap().unwrap(),
    };
    let said = [
        TransportError::Reset,
        TransportError::Comm("data lost".to_owned()),
        TransportError::Mute,
    ];
    // Recognised, SELECT, MSE: SET: the other card comes before each of what is left until VERIFY.
    for (said, swap_at) in said.iter().flat_map(|said| (1..4).map(move |at| (said, at))) {
        let mut card = Card::recognise(Swapped {
            cards: vec![virtual_card("jan"), virtual_card("claire")],
            swap_at,
            exchanges: 0,
            said: Some(said.clone()),
        })
        .unwrap()
        .unwrap();
        let mut sign = || {
            let entry = PinEntry::Typed(Pin::from_digits(b"9999").unwrap());
            card.sign(&signer, &[1; 48], entry, &|| true)
        };
        // A second attempt sends no PIN either: the chip number is asked first.
        assert!(sign().is_err(), "{said:?} at {swap_at}");
        assert_eq!(sign(), Err(CardError::Removed), "{said:?} at {swap_at}");
    }
}

#[test]
fn reset_by_another_program_is_read_over_and_nothing_is_mixed() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    slot.reset();
    assert!(card.read(|session| session.read_file(&IDENTITY)).is_ok());
}

#[test]
fn removal_in_the_middle_of_a_read_is_removed() {
    for after in 1..30 {
        let slot = slot_with("anna");
        let mut card = recognise(&slot);
        slot.remove_after(after);
        assert_eq!(card.read(read_all).err(), Some(CardError::Removed), "after {after}");
    }
}

#[test]
fn children_have_no_certificate_to_sign_with() {
    let mut card = recognise(&slot_with("lotte"));
    assert!(
        card.read(|session| session.read_certificate(&SIGNATURE_CERTIFICATE))
            .unwrap()
            .is_none()
    );
    assert_eq!(
        card.read(|session| session.pin_tries_left(Applet::V1_8)).unwrap(),
        Some(3)
    );
}

#[test]
fn another_applet_left_selected_is_no_obstacle() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    let mut other = slot.connect().unwrap();
    // The card manager: our commands are answered 6D00 until our applet is selected again.
    other
        .exclusive(&mut |exchange| drop(exchange.transmit(&[0, 0xA4, 4, 0, 7, 0xA0, 0, 0, 0, 3, 0, 0]).unwrap()))
        .unwrap();
    assert!(card.read(|session| session.read_file(&IDENTITY)).is_ok());
}
