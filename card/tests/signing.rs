//! Signatures and PIN operations on the virtual card: what is offered, what is refused before a PIN is sent, and how
//! often a PIN is sent when exchanges fail.
#![expect(clippy::unwrap_used, reason = "what fails here, helpers included, fails a test")]

use HolderKey::{Authentication, NonRepudiation};
use SignatureAlgorithm::{Es3_256, Es3_384, Es3_512, Es256, Es384, Es512, Ps256, Rs256, Rs384, Rs512};
use beid_card::{
    AUTHENTICATION_CERTIFICATE, Applet, Batch, Card, CardError, CardSigner, Exchange, ExchangeFault, Faulty, HolderKey,
    NotABatch, PadLanguage, Pin, PinChange, PinEntry, PinPad, Reconnect, SIGNATURE_CERTIFICATE, SignatureAlgorithm,
    StatusWord, Transport, TransportError,
};
use beid_pki::HashAlgorithm;
use beid_simulator::{Gesture, Keypad, KeypadKind, TEST_PIN, VirtualConnection, VirtualKeypad, VirtualSlot};
use beid_testkit::{recognise, slot_with, virtual_card};
use std::sync::{Arc, Mutex};

const ALGORITHMS: [SignatureAlgorithm; 10] = [
    Rs256, Rs384, Rs512, Ps256, Es256, Es384, Es512, Es3_256, Es3_384, Es3_512,
];
const KEYS: [HolderKey; 2] = [Authentication, NonRepudiation];

const VERIFY: u8 = 0x20;
const CHANGE: u8 = 0x24;
const PSO: u8 = 0x2A;
const LOG_OFF: u8 = 0xE6;
const CARD_DATA: u8 = 0xE4;

fn pin(digits: &str) -> Pin {
    Pin::from_digits(digits.as_bytes()).unwrap()
}

fn typed(digits: &str) -> PinEntry {
    PinEntry::Typed(pin(digits))
}

fn always() -> bool {
    true
}

fn signer(card: &mut Card<impl Transport>, key: HolderKey, algorithm: SignatureAlgorithm) -> CardSigner {
    let file = match key {
        Authentication => &AUTHENTICATION_CERTIFICATE,
        NonRepudiation => &SIGNATURE_CERTIFICATE,
    };
    let certificate = card.read(|session| session.read_certificate(file)).unwrap().unwrap();
    CardSigner {
        key,
        algorithm,
        certificate,
    }
}

fn digest_for(signer: &CardSigner, message: &[u8]) -> Vec<u8> {
    signer.algorithm.hash().digest(message)
}

fn batch_of(signer: &CardSigner, count: u8) -> Batch {
    let digests = (0..count).map(|number| digest_for(signer, &[number])).collect();
    Batch::new(signer.clone(), digests).unwrap()
}

/// Records the instruction bytes of every command the card receives, in order.
fn observed(slot: &VirtualSlot) -> Arc<Mutex<Vec<u8>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&seen);
    slot.observe(move |[_, ins, ..]| into.lock().unwrap().push(ins));
    seen
}

fn count(seen: &Mutex<Vec<u8>>, instructions: &[u8]) -> usize {
    let seen = seen.lock().unwrap();
    seen.iter().filter(|ins| instructions.contains(ins)).count()
}

/// Answer of the card to VERIFY without a PIN: 9000 while an earlier one still gives a right. (Must not be sent to 1.1,
/// where it counts as a wrong PIN.)
fn pin_state(slot: &VirtualSlot) -> Vec<u8> {
    let mut answer = Vec::new();
    let mut other = slot.connect().unwrap();
    other
        .exclusive(&mut |exchange| answer = exchange.transmit(&[0x00, VERIFY, 0x00, 0x01]).unwrap())
        .unwrap();
    answer
}

#[test]
fn every_row_of_the_table_signs_on_its_cards() {
    let rsa = &[Rs256, Rs384, Rs512, Ps256][..];
    let ec = &[Es384, Es256, Es512, Es3_256, Es3_384, Es3_512][..];
    for (id, applet, offered) in [
        // Keys of 1024 bits serve log-in only.
        ("odile", Applet::V1_1, [&[Rs256][..], &[]]),
        ("anna", Applet::V1_7, [rsa, rsa]),
        // RSA keys under an authority with a P-384 key.
        ("nele", Applet::V1_7, [rsa, rsa]),
        ("jan", Applet::V1_8, [ec, ec]),
        ("nova", Applet::Other(0x19), [&[], &[]]),
    ] {
        let slot = slot_with(id);
        let mut card = recognise(&slot);
        assert_eq!(card.applet(), applet);
        for (key, offered) in KEYS.into_iter().zip(offered) {
            assert!(applet.algorithms(key).eq(offered.iter().copied()), "{id} {key:?}");
            for algorithm in applet.algorithms(key) {
                let signer = signer(&mut card, key, algorithm);
                let digest = digest_for(&signer, b"to be signed");
                let signature = card.sign(&signer, &digest, typed(TEST_PIN), &always).unwrap();
                let verify = |digest: &[u8]| algorithm.verify(signer.certificate.public_key(), digest, &signature);
                assert_eq!(verify(&digest), Ok(()), "{id} {}", algorithm.name());
                assert!(verify(&digest_for(&signer, b"to be sighed")).is_err());
                if applet != Applet::V1_1 {
                    assert_eq!(pin_state(&slot), [0x63, 0xC3], "{id} {key:?}: open behind us");
                }
            }
        }
    }
}

#[test]
fn what_is_not_in_the_table_is_refused_before_anything_is_sent() {
    for id in ["odile", "anna", "nele", "jan", "nova"] {
        let slot = slot_with(id);
        let mut card = recognise(&slot);
        for key in KEYS {
            let offered: Vec<_> = card.applet().algorithms(key).collect();
            for algorithm in ALGORITHMS.into_iter().filter(|algorithm| !offered.contains(algorithm)) {
                let signer = signer(&mut card, key, algorithm);
                let (digest, before) = (digest_for(&signer, b""), slot.apdus());
                let outcome = card.sign(&signer, &digest, typed(TEST_PIN), &always);
                assert_eq!(
                    outcome,
                    Err(CardError::UnsupportedAlgorithm),
                    "{id} {}",
                    algorithm.name()
                );
                assert_eq!(slot.apdus(), before);
            }
        }
    }
}

#[test]
fn weak_hashes_have_no_name_here() {
    for algorithm in ALGORITHMS {
        assert_ne!(algorithm.hash(), HashAlgorithm::Sha1, "{}", algorithm.name());
        assert!(algorithm.hash().digest_len() >= 32);
    }
}

#[test]
fn digest_and_certificate_must_be_for_the_algorithm() {
    let slot = slot_with("anna");
    let mut card = recognise(&slot);
    let right = signer(&mut card, NonRepudiation, Rs256);
    let of_ec_card = signer(&mut recognise(&slot_with("jan")), NonRepudiation, Es384);
    let other_key = CardSigner {
        certificate: of_ec_card.certificate,
        ..right.clone()
    };
    let before = slot.apdus();
    for (signer, len) in [(&right, 20), (&right, 48), (&right, 0), (&other_key, 32)] {
        let outcome = card.sign(signer, &vec![1; len], typed(TEST_PIN), &always);
        assert_eq!(outcome, Err(CardError::UnsupportedAlgorithm), "{len}");
    }
    assert_eq!(slot.apdus(), before);
}

#[test]
fn signature_is_six_commands_with_one_verify_just_before_it() {
    for (id, algorithm, length) in [("anna", Rs256, 256), ("jan", Es384, 96)] {
        for key in KEYS {
            let slot = slot_with(id);
            let mut card = recognise(&slot);
            let signer = signer(&mut card, key, algorithm);
            let seen = observed(&slot);
            let digest = digest_for(&signer, b"to be signed");
            let signature = card.sign(&signer, &digest, typed(TEST_PIN), &always).unwrap();
            assert_eq!(signature.len(), length);
            // SELECT, MSE: SET, VERIFY, PSO: CDS, GET RESPONSE, LOG OFF
            let expected = [0xA4, 0x22, VERIFY, PSO, 0xC0, LOG_OFF];
            assert_eq!(*seen.lock().unwrap(), expected, "{id} {key:?}");
        }
    }
}

#[test]
fn signature_by_another_key_is_thrown_away() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    let mut wrong = signer(&mut card, NonRepudiation, Es384);
    wrong.certificate = signer(&mut card, Authentication, Es384).certificate;
    let digest = digest_for(&wrong, b"");
    let outcome = card.sign(&wrong, &digest, typed(TEST_PIN), &always);
    assert_eq!(outcome, Err(CardError::WrongSignature));
}

#[test]
fn wrong_pin_tells_the_tries_left_and_the_last_one_blocks() {
    for id in ["anna", "jan"] {
        let slot = slot_with(id);
        let mut card = recognise(&slot);
        let algorithm = card.applet().algorithms(NonRepudiation).next().unwrap();
        let signer = signer(&mut card, NonRepudiation, algorithm);
        let digest = digest_for(&signer, b"");
        let mut attempt = |digits| card.sign(&signer, &digest, typed(digits), &always).map(|_| ());
        assert_eq!(attempt("9999"), Err(CardError::WrongPin { tries_left: 2 }));
        assert_eq!(attempt("9999"), Err(CardError::WrongPin { tries_left: 1 }));
        assert_eq!(attempt("9999"), Err(CardError::PinBlocked));
        assert_eq!(attempt(TEST_PIN), Err(CardError::PinBlocked));
    }
}

#[test]
fn another_applet_left_selected_is_no_obstacle() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    let signer = signer(&mut card, NonRepudiation, Es384);
    select_card_manager(&slot);
    let digest = digest_for(&signer, b"");
    assert!(card.sign(&signer, &digest, typed(TEST_PIN), &always).is_ok());
    select_card_manager(&slot);
    assert_eq!(card.verify_pin(typed(TEST_PIN), &always), Ok(3));
}

/// Selects another applet, as another program would: our commands are answered 6D00 until ours is selected again.
fn select_card_manager(slot: &VirtualSlot) {
    let select = [0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00];
    let mut other = slot.connect().unwrap();
    other
        .exclusive(&mut |exchange| drop(exchange.transmit(&select).unwrap()))
        .unwrap();
}

#[test]
fn whoever_gave_up_before_the_pin_was_sent_has_spent_nothing() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    let signer = signer(&mut card, NonRepudiation, Es384);
    let digest = digest_for(&signer, b"");
    let seen = observed(&slot);
    let gone = || false;
    let change = PinChange::Typed {
        old: pin("9999"),
        new: pin("4321"),
    };
    let outcomes = [
        card.sign(&signer, &digest, typed("9999"), &gone).map(|_| 0),
        card.verify_pin(typed("9999"), &gone),
        card.change_pin(change, &gone),
    ];
    assert!(outcomes.iter().all(|outcome| *outcome == Err(CardError::Abandoned)));
    // The rights of other programs are left alone.
    assert_eq!(count(&seen, &[VERIFY, CHANGE, LOG_OFF]), 0);
    assert_eq!(slot.tries_left(), Some(3));
}

/// One use of a PIN that was entered once.
type Use = fn(&mut Card<Faulty<beid_simulator::VirtualConnection>>, &CardSigner) -> Result<(), CardError>;

const USES: [(&str, Use); 3] = [
    ("sign", |card, signer| {
        let digest = digest_for(signer, b"x");
        let signature = card.sign(signer, &digest, typed(TEST_PIN), &always)?;
        // No fault may lead to a wrong signature.
        let verified = signer
            .algorithm
            .verify(signer.certificate.public_key(), &digest, &signature);
        assert_eq!(verified, Ok(()));
        Ok(())
    }),
    ("verify", |card, _| {
        card.verify_pin(typed(TEST_PIN), &always).map(|_| ())
    }),
    ("change", |card, _| {
        let (old, new) = (pin(TEST_PIN), pin("56789"));
        card.change_pin(PinChange::Typed { old, new }, &always).map(|_| ())
    }),
];

#[test]
fn whatever_fails_at_whichever_command_a_pin_is_sent_at_most_once() {
    let faults = [
        ExchangeFault::Fail(TransportError::Reset),
        ExchangeFault::Fail(TransportError::Comm("data lost".to_owned())),
        ExchangeFault::Fail(TransportError::Mute),
        ExchangeFault::Fail(TransportError::Busy),
        ExchangeFault::Fail(TransportError::Removed),
        ExchangeFault::Answer(vec![0x69, 0x82]),
        ExchangeFault::Answer(vec![0x6D, 0x00]),
        ExchangeFault::Answer(vec![0x6A, 0x80]),
        ExchangeFault::Answer(vec![0x67, 0x00]),
        ExchangeFault::Answer(vec![0x61, 0x10]),
        ExchangeFault::Answer(vec![0x6C, 0x10]),
        ExchangeFault::Answer(vec![0x90, 0x00]),
        ExchangeFault::Answer(vec![0x90]),
        ExchangeFault::Answer(vec![]),
    ];
    for (id, algorithm) in [("anna", Rs256), ("jan", Es384)] {
        for key in KEYS {
            let signer = signer(&mut recognise(&slot_with(id)), key, algorithm);
            for (name, used) in USES {
                for (fault, at) in faults.iter().flat_map(|fault| (1..10).map(move |at| (fault, at))) {
                    let slot = slot_with(id);
                    let seen = observed(&slot);
                    let faulty = Faulty::new(slot.connect().unwrap(), [(at, fault.clone())]);
                    let mut card = Card::recognise(faulty).unwrap().unwrap();
                    let outcome = used(&mut card, &signer);
                    let context = format!("{id} {key:?} {name}: {fault:?} at {at}: {outcome:?}");
                    assert!(count(&seen, &[VERIFY, CHANGE]) <= 1, "{context}");
                    // A right PIN is never counted as a wrong one, and its right never stays open.
                    assert_eq!(slot.tries_left(), Some(3), "{context}");
                    assert_ne!(pin_state(&slot), [0x90, 0x00], "{context}");
                }
            }
        }
    }
}

#[test]
fn a_wrong_pin_is_sent_at_most_once_too() {
    let slot = slot_with("jan");
    let signer = signer(&mut recognise(&slot), NonRepudiation, Es384);
    for at in 1..8 {
        for fault in [
            ExchangeFault::Fail(TransportError::Comm("data lost".to_owned())),
            ExchangeFault::Answer(vec![]),
            ExchangeFault::Answer(vec![0x6D, 0x00]),
        ] {
            let slot = slot_with("jan");
            let faulty = Faulty::new(slot.connect().unwrap(), [(at, fault.clone())]);
            let mut card = Card::recognise(faulty).unwrap().unwrap();
            let digest = digest_for(&signer, b"");
            assert!(card.sign(&signer, &digest, typed("9999"), &always).is_err());
            assert!(slot.tries_left() >= Some(2), "{fault:?} at {at}");
        }
    }
}

#[test]
fn a_lost_answer_to_verify_is_followed_by_log_off() {
    let slot = slot_with("jan");
    let signer = signer(&mut recognise(&slot), NonRepudiation, Es384);
    let seen = observed(&slot);
    // GET CARD DATA at recognition, then SELECT, MSE: SET, and the answer to VERIFY is lost.
    let faulty = Faulty::new(slot.connect().unwrap(), [(3, ExchangeFault::Answer(vec![]))]);
    let mut card = Card::recognise(faulty).unwrap().unwrap();
    let digest = digest_for(&signer, b"");
    assert!(card.sign(&signer, &digest, typed(TEST_PIN), &always).is_err());
    let counted = [VERIFY, PSO, LOG_OFF].map(|ins| count(&seen, &[ins]));
    assert_eq!(counted, [1, 0, 1]);
}

#[test]
fn fifty_are_a_batch_and_fifty_one_or_none_are_not() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    let signer = signer(&mut card, NonRepudiation, Es384);
    let seen = observed(&slot);
    let batch = batch_of(&signer, 50);
    let made = card.sign_batch(&batch, typed(TEST_PIN), &always).unwrap();
    assert_eq!(made.len(), 50);
    for (number, signature) in (0_u8..).zip(&made) {
        let key = signer.certificate.public_key();
        assert_eq!(Es384.verify(key, &digest_for(&signer, &[number]), signature), Ok(()));
    }
    // Each with the VERIFY that the card requires, and no right left open in between.
    let counted = [VERIFY, PSO, LOG_OFF].map(|ins| count(&seen, &[ins]));
    assert_eq!((counted, seen.lock().unwrap().len()), ([50; 3], 300));
    for digests in [vec![vec![1; 48]; 51], vec![], vec![vec![1; 48], vec![1; 32]]] {
        assert_eq!(Batch::new(signer.clone(), digests).err(), Some(NotABatch));
    }
}

#[test]
fn the_first_wrong_pin_ends_a_batch() {
    for key in KEYS {
        let slot = slot_with("anna");
        let mut card = recognise(&slot);
        let signer = signer(&mut card, key, Rs256);
        let seen = observed(&slot);
        let failed = card
            .sign_batch(&batch_of(&signer, 5), typed("9999"), &always)
            .unwrap_err();
        assert_eq!(
            (failed.made.len(), failed.cause),
            (0, CardError::WrongPin { tries_left: 2 })
        );
        assert_eq!((count(&seen, &[VERIFY]), slot.tries_left()), (1, Some(2)));
    }
}

#[test]
fn a_batch_the_card_cannot_sign_costs_nothing() {
    let slot = slot_with("anna");
    let mut card = recognise(&slot);
    let signer = signer(&mut card, NonRepudiation, Es384);
    let before = slot.apdus();
    let failed = card
        .sign_batch(&batch_of(&signer, 5), typed(TEST_PIN), &always)
        .unwrap_err();
    assert_eq!(failed.cause, CardError::UnsupportedAlgorithm);
    assert_eq!(slot.apdus(), before);
}

#[test]
fn a_card_pulled_out_ends_a_batch_and_what_was_made_is_told() {
    for after in 1..30 {
        let slot = slot_with("jan");
        let mut card = recognise(&slot);
        let signer = signer(&mut card, NonRepudiation, Es384);
        slot.remove_after(after);
        let failed = card
            .sign_batch(&batch_of(&signer, 5), typed(TEST_PIN), &always)
            .unwrap_err();
        assert_eq!(failed.cause, CardError::Removed, "after {after}");
        // The signature is out before LOG OFF, the last of six.
        let made = usize::try_from(after).unwrap() / 6;
        assert_eq!(failed.made.len(), made, "after {after}");
    }
}

#[test]
fn whoever_leaves_during_a_batch_stops_it() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    let signer = signer(&mut card, NonRepudiation, Es384);
    let seen = observed(&slot);
    let still_wanted = || count(&seen, &[LOG_OFF]) < 3;
    let failed = card
        .sign_batch(&batch_of(&signer, 5), typed(TEST_PIN), &still_wanted)
        .unwrap_err();
    assert_eq!((failed.made.len(), failed.cause), (3, CardError::Abandoned));
    assert_eq!(count(&seen, &[VERIFY]), 3);
}

/// A reader in which other programs act after each of our transactions.
struct Crowded<T> {
    inner: T,
    others: Box<dyn FnMut() + Send>,
}

impl<T: Transport> Transport for Crowded<T> {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let outcome = self.inner.exclusive(work);
        (self.others)();
        outcome
    }
    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        self.inner.reconnect(how)
    }
    fn present(&mut self) -> Result<(), TransportError> {
        self.inner.present()
    }
}

#[test]
fn other_programs_between_two_signatures_of_a_batch_do_not_disturb_it() {
    let signer = signer(&mut recognise(&slot_with("jan")), NonRepudiation, Es384);
    let check = |slot: &VirtualSlot, others: Box<dyn FnMut() + Send>| {
        let inner = slot.connect().unwrap();
        let mut card = Card::recognise(Crowded { inner, others }).unwrap().unwrap();
        card.sign_batch(&batch_of(&signer, 4), typed(TEST_PIN), &always)
    };
    let slot = slot_with("jan");
    let other = slot.clone();
    assert_eq!(
        check(&slot, Box::new(move || select_card_manager(&other)))
            .unwrap()
            .len(),
        4
    );
    // After a reset the chip number is asked before a PIN is sent.
    let (slot, seen) = (slot_with("jan"), Arc::new(Mutex::new(Vec::new())));
    let (other, into) = (slot.clone(), Arc::clone(&seen));
    slot.observe(move |[_, ins, ..]| into.lock().unwrap().push(ins));
    assert_eq!(check(&slot, Box::new(move || other.reset())).unwrap().len(), 4);
    assert_eq!(count(&seen, &[CARD_DATA]), 1 + 4);
    // Another card in its place gets no PIN.
    let (slot, swapped) = (slot_with("jan"), Arc::new(Mutex::new(0)));
    let (other, turns) = (slot.clone(), Arc::clone(&swapped));
    let swap = move || {
        let mut turn = turns.lock().unwrap();
        *turn += 1;
        // After recognition and two signatures.
        if *turn == 3 {
            drop(other.insert(virtual_card("claire")));
        }
    };
    let failed = check(&slot, Box::new(swap)).unwrap_err();
    assert_eq!((failed.made.len(), failed.cause), (2, CardError::Removed));
}

#[test]
fn verified_pin_opens_nothing_and_tells_the_tries_left() {
    for id in ["anna", "jan"] {
        let slot = slot_with(id);
        let mut card = recognise(&slot);
        let wrong = card.verify_pin(typed("9999"), &always);
        assert_eq!(wrong, Err(CardError::WrongPin { tries_left: 2 }));
        let seen = observed(&slot);
        assert_eq!(card.verify_pin(typed(TEST_PIN), &always), Ok(3));
        // SELECT, so that no other applet is given the PIN; VERIFY; LOG OFF.
        assert_eq!(*seen.lock().unwrap(), [0xA4, VERIFY, LOG_OFF]);
        assert_eq!((pin_state(&slot), slot.tries_left()), (vec![0x63, 0xC3], Some(3)));
    }
}

#[test]
fn changed_pin_is_right_from_then_on_and_the_old_one_wrong() {
    for id in ["anna", "jan"] {
        let slot = slot_with(id);
        let mut card = recognise(&slot);
        let seen = observed(&slot);
        let (old, new) = (pin(TEST_PIN), pin("56789"));
        assert_eq!(card.change_pin(PinChange::Typed { old, new }, &always), Ok(3));
        assert_eq!(*seen.lock().unwrap(), [0xA4, CHANGE, LOG_OFF]);
        assert_eq!(pin_state(&slot), [0x63, 0xC3]);
        let old = card.verify_pin(typed(TEST_PIN), &always);
        assert_eq!(old, Err(CardError::WrongPin { tries_left: 2 }));
        assert_eq!(card.verify_pin(typed("56789"), &always), Ok(3));
        let algorithm = card.applet().algorithms(NonRepudiation).next().unwrap();
        let signer = signer(&mut card, NonRepudiation, algorithm);
        let digest = digest_for(&signer, b"");
        assert!(card.sign(&signer, &digest, typed("56789"), &always).is_ok());
    }
}

#[test]
fn a_wrong_old_pin_changes_nothing_and_counts_like_any_other() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    let mut attempt = || {
        let (old, new) = (pin("9999"), pin("56789"));
        card.change_pin(PinChange::Typed { old, new }, &always)
    };
    assert_eq!(attempt(), Err(CardError::WrongPin { tries_left: 2 }));
    assert_eq!(attempt(), Err(CardError::WrongPin { tries_left: 1 }));
    assert_eq!(card.verify_pin(typed(TEST_PIN), &always), Ok(3));
    let mut attempt = || {
        let (old, new) = (pin("9999"), pin("56789"));
        card.change_pin(PinChange::Typed { old, new }, &always)
    };
    assert!((0..2).all(|_| attempt().is_err()));
    assert_eq!(attempt(), Err(CardError::PinBlocked));
    assert_eq!(slot.tries_left(), Some(0));
}

#[test]
fn a_new_pin_the_card_will_not_have_is_told_from_a_wrong_old_one() {
    let slot = slot_with("jan");
    let seen = observed(&slot);
    // GET CARD DATA at recognition, SELECT, CHANGE REFERENCE DATA.
    let faulty = Faulty::new(slot.connect().unwrap(), [(2, ExchangeFault::Answer(vec![0x6A, 0x80]))]);
    let mut card = Card::recognise(faulty).unwrap().unwrap();
    let (old, new) = (pin(TEST_PIN), pin("56789"));
    let outcome = card.change_pin(PinChange::Typed { old, new }, &always);
    assert_eq!(outcome, Err(CardError::NewPinRefused));
    assert_eq!([CHANGE, LOG_OFF].map(|ins| count(&seen, &[ins])), [1, 1]);
    // The same answer to VERIFY has another meaning.
    let faulty = Faulty::new(slot.connect().unwrap(), [(2, ExchangeFault::Answer(vec![0x6A, 0x80]))]);
    let mut card = Card::recognise(faulty).unwrap().unwrap();
    let refused = CardError::Refused {
        command: "VERIFY",
        sw: StatusWord(0x6A80),
    };
    assert_eq!(card.verify_pin(typed("56789"), &always), Err(refused));
}

/// A card in a reader with a keypad, and the keypad as found.
struct SigningDesk {
    slot: VirtualSlot,
    keypad: VirtualKeypad,
    pad: PinPad,
}

impl SigningDesk {
    fn new(kind: KeypadKind) -> Self {
        let (slot, keypad) = (slot_with("jan"), VirtualKeypad::new(kind));
        let reader = match kind {
            KeypadKind::Ppdu => "VASCO DIGIPASS 870 00 00",
            KeypadKind::Direct | KeypadKind::StartFinish | KeypadKind::Absent => "Vendor Keypad Reader 00 00",
        };
        let mut pad = None;
        keypad
            .around(slot.connect().unwrap())
            .exclusive(&mut |exchange| pad = PinPad::discover(reader, exchange).unwrap())
            .unwrap();
        let pad = pad.unwrap();
        Self { slot, keypad, pad }
    }

    fn card(&self) -> Card<Keypad<VirtualConnection>> {
        let connection = self.slot.connect().unwrap();
        Card::recognise(self.keypad.around(connection)).unwrap().unwrap()
    }

    /// An entry in which the person makes these gestures.
    fn entry(&self, gestures: &[Gesture]) -> PinEntry {
        gestures.iter().for_each(|gesture| self.keypad.expect(*gesture));
        PinEntry::Keypad(self.pad.clone(), PadLanguage::Fr)
    }
}

const RIGHT: Gesture = Gesture::Types(TEST_PIN);
const WRONG: Gesture = Gesture::Types("9999");

#[test]
fn a_pin_typed_on_the_reader_signs_with_the_same_six_commands() {
    for kind in [KeypadKind::Direct, KeypadKind::StartFinish, KeypadKind::Ppdu] {
        let desk = SigningDesk::new(kind);
        let mut card = desk.card();
        for key in KEYS {
            let signer = signer(&mut card, key, Es384);
            let digest = digest_for(&signer, b"to be signed");
            let seen = observed(&desk.slot);
            let signature = card.sign(&signer, &digest, desk.entry(&[RIGHT]), &always).unwrap();
            assert_eq!(
                Es384.verify(signer.certificate.public_key(), &digest, &signature),
                Ok(())
            );
            let expected = [0xA4, 0x22, VERIFY, PSO, 0xC0, LOG_OFF];
            assert_eq!(*seen.lock().unwrap(), expected, "{kind:?} {key:?}");
        }
    }
}

#[test]
fn at_a_keypad_a_batch_takes_one_entry_for_each_signature_and_ends_with_the_first_that_fails() {
    let desk = SigningDesk::new(KeypadKind::Direct);
    let mut card = desk.card();
    let signer = signer(&mut card, NonRepudiation, Es384);
    let entry = desk.entry(&[RIGHT; 3]);
    assert_eq!(card.sign_batch(&batch_of(&signer, 3), entry, &always).unwrap().len(), 3);
    for (last, cause) in [
        (WRONG, CardError::WrongPin { tries_left: 2 }),
        (Gesture::Cancels, CardError::PadCancelled),
        (Gesture::Leaves, CardError::PadTimedOut),
    ] {
        let before = desk.keypad.told().len();
        let entry = desk.entry(&[RIGHT, RIGHT, last]);
        let failed = card.sign_batch(&batch_of(&signer, 5), entry, &always).unwrap_err();
        assert_eq!((failed.made.len(), failed.cause), (2, cause));
        assert_eq!(desk.keypad.told().len() - before, 3);
    }
}

#[test]
fn what_ends_at_the_keypad_costs_nothing_and_takes_nothing_from_others() {
    let desk = SigningDesk::new(KeypadKind::Direct);
    let mut card = desk.card();
    let signer = signer(&mut card, NonRepudiation, Es384);
    let digest = digest_for(&signer, b"");
    for (gesture, error) in [
        (Gesture::Cancels, CardError::PadCancelled),
        (Gesture::Leaves, CardError::PadTimedOut),
        (Gesture::Types("123"), CardError::PadPinLength),
    ] {
        let seen = observed(&desk.slot);
        let signed = card.sign(&signer, &digest, desk.entry(&[gesture]), &always);
        assert_eq!(signed, Err(error.clone()));
        assert_eq!(card.verify_pin(desk.entry(&[gesture]), &always), Err(error));
        assert_eq!(count(&seen, &[VERIFY, PSO, LOG_OFF]), 0);
    }
    assert_eq!(desk.slot.tries_left(), Some(3));
}

#[test]
fn who_left_while_the_pin_was_typed_gets_no_signature_made() {
    let desk = SigningDesk::new(KeypadKind::Direct);
    let mut card = desk.card();
    let signer = signer(&mut card, NonRepudiation, Es384);
    let digest = digest_for(&signer, b"");
    let seen = observed(&desk.slot);
    let typed = || desk.keypad.told().iter().any(|(feature, _)| *feature == 0x06);
    let outcome = card.sign(&signer, &digest, desk.entry(&[RIGHT]), &|| !typed());
    assert_eq!(outcome, Err(CardError::Abandoned));
    assert_eq!([VERIFY, PSO, LOG_OFF].map(|ins| count(&seen, &[ins])), [1, 0, 1]);
    assert_eq!(pin_state(&desk.slot), [0x63, 0xC3]);
}

#[test]
fn the_pin_is_verified_and_changed_on_the_reader() {
    for kind in [KeypadKind::Direct, KeypadKind::StartFinish, KeypadKind::Ppdu] {
        let desk = SigningDesk::new(kind);
        let mut card = desk.card();
        let (old, new) = (TEST_PIN, "567890");
        let mut change = |again| {
            desk.keypad.expect(Gesture::Changes { old, new, again });
            card.change_pin(PinChange::Keypad(desk.pad.clone(), PadLanguage::De), &always)
        };
        assert_eq!(change("567891"), Err(CardError::PadNewPinsDiffer));
        assert_eq!(change(new), Ok(3));
        assert_eq!(change(new), Err(CardError::WrongPin { tries_left: 2 }));
        assert_eq!(card.verify_pin(desk.entry(&[Gesture::Types(new)]), &always), Ok(3));
        assert_eq!(pin_state(&desk.slot), [0x63, 0xC3], "{kind:?}");
    }
}
