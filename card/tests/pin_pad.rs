//! Keypads on readers: the requests they get, their answers, and the effect on the card.
#![expect(clippy::unwrap_used, reason = "what fails here, helpers included, fails a test")]

use beid_card::{CardError, Exchange, PadLanguage, PinPad, StatusWord, Transport, TransportError};
use beid_simulator::{Gesture, Keypad, KeypadKind, TEST_PIN, VirtualConnection, VirtualKeypad, VirtualSlot};
use beid_testkit::virtual_card;
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// A reader without quirks.
const ORDINARY: &str = "Vendor Keypad Reader 00 00";
/// A reader on the list of those that may be sent pseudo-commands.
const PPDU: &str = "VASCO DIGIPASS 870 00 00";
const SPR: &str = "SPRx32 USB Smart Card Reader 0";

const NEW_PIN: &str = "567890";
const WRONG_PIN: &str = "9999";

fn pin(digits: &'static str) -> Gesture {
    Gesture::Types(digits)
}

fn changes(old: &'static str, new: &'static str, again: &'static str) -> Gesture {
    Gesture::Changes { old, new, again }
}

fn always() -> bool {
    true
}

/// A card in a reader with a keypad.
struct PadDesk {
    slot: VirtualSlot,
    keypad: VirtualKeypad,
    reader: &'static str,
}

impl PadDesk {
    fn new(kind: KeypadKind) -> Self {
        let reader = if kind == KeypadKind::Ppdu { PPDU } else { ORDINARY };
        Self::with(VirtualKeypad::new(kind), reader)
    }

    fn with(keypad: VirtualKeypad, reader: &'static str) -> Self {
        let slot = VirtualSlot::new();
        slot.insert(virtual_card("jan"));
        Self { slot, keypad, reader }
    }

    fn transport(&self) -> Keypad<VirtualConnection> {
        self.keypad.around(self.slot.connect().unwrap())
    }

    fn discover(&self) -> Option<PinPad> {
        in_transaction(&mut self.transport(), |exchange| {
            PinPad::discover(self.reader, exchange).unwrap()
        })
    }

    /// The outcome of VERIFY by keypad, and the tries left after it.
    fn verify(&self, gesture: Gesture) -> (Result<StatusWord, CardError>, u8) {
        self.keypad.expect(gesture);
        let pad = self.discover().unwrap();
        let outcome = in_transaction(&mut self.transport(), |exchange| {
            pad.verify(exchange, PadLanguage::Nl, &always)
        });
        (outcome, self.slot.tries_left().unwrap())
    }

    /// The outcome of CHANGE REFERENCE DATA by keypad, and the tries left after it.
    fn modify(&self, gesture: Gesture) -> (Result<StatusWord, CardError>, u8) {
        self.keypad.expect(gesture);
        let pad = self.discover().unwrap();
        assert!(pad.modifies());
        let outcome = in_transaction(&mut self.transport(), |exchange| {
            pad.modify(exchange, PadLanguage::Fr, &always)
        });
        (outcome, self.slot.tries_left().unwrap())
    }
}

fn in_transaction<R>(transport: &mut impl Transport, mut work: impl FnMut(&mut dyn Exchange) -> R) -> R {
    let mut outcome = None;
    transport
        .exclusive(&mut |exchange| outcome = Some(work(exchange)))
        .unwrap();
    outcome.unwrap()
}

const KINDS: [KeypadKind; 3] = [KeypadKind::Direct, KeypadKind::StartFinish, KeypadKind::Ppdu];

#[test]
fn every_kind_of_keypad_verifies_and_wrong_pins_cost_one_try_each() {
    for kind in KINDS {
        let desk = PadDesk::new(kind);
        for (gesture, sw, tries) in [
            (pin(TEST_PIN), 0x9000, 3),
            (pin(WRONG_PIN), 0x63C2, 2),
            (pin(TEST_PIN), 0x9000, 3),
            (pin(WRONG_PIN), 0x63C2, 2),
            (pin(WRONG_PIN), 0x63C1, 1),
            (pin(WRONG_PIN), 0x6983, 0),
            (pin(TEST_PIN), 0x6983, 0),
        ] {
            assert_eq!(
                desk.verify(gesture),
                (Ok(StatusWord(sw)), tries),
                "{kind:?} {gesture:?}"
            );
        }
    }
}

#[test]
fn every_kind_of_keypad_changes_the_pin() {
    for kind in KINDS {
        let desk = PadDesk::new(kind);
        assert_eq!(
            desk.modify(changes(TEST_PIN, NEW_PIN, NEW_PIN)),
            (Ok(StatusWord::OK), 3),
            "{kind:?}"
        );
        assert_eq!(desk.verify(pin(TEST_PIN)), (Ok(StatusWord(0x63C2)), 2), "{kind:?}");
        assert_eq!(desk.verify(pin(NEW_PIN)), (Ok(StatusWord::OK), 3), "{kind:?}");
        let wrong_old = changes(WRONG_PIN, NEW_PIN, NEW_PIN);
        assert_eq!(desk.modify(wrong_old), (Ok(StatusWord(0x63C2)), 2), "{kind:?}");
    }
}

#[test]
fn what_the_reader_does_not_send_is_told_apart_and_costs_no_try() {
    for kind in KINDS {
        let desk = PadDesk::new(kind);
        let sent = desk.slot.apdus();
        for (gesture, error) in [
            (Gesture::Leaves, CardError::PadTimedOut),
            (Gesture::Cancels, CardError::PadCancelled),
            (pin("123"), CardError::PadPinLength),
            (pin("1234567890123"), CardError::PadPinLength),
        ] {
            assert_eq!(desk.verify(gesture), (Err(error), 3), "{kind:?} {gesture:?}");
        }
        for (gesture, error) in [
            (Gesture::Leaves, CardError::PadTimedOut),
            (Gesture::Cancels, CardError::PadCancelled),
            (changes(TEST_PIN, NEW_PIN, "567891"), CardError::PadNewPinsDiffer),
            (changes(TEST_PIN, "567", "567"), CardError::PadPinLength),
        ] {
            assert_eq!(desk.modify(gesture), (Err(error), 3), "{kind:?} {gesture:?}");
        }
        assert_eq!(desk.slot.apdus(), sent, "{kind:?}: nothing reached the card");
    }
}

#[test]
fn a_reader_is_told_where_the_digits_go_and_never_a_digit() {
    let desk = PadDesk::new(KeypadKind::Direct);
    desk.verify(pin(TEST_PIN)).0.unwrap();
    desk.modify(changes(TEST_PIN, NEW_PIN, NEW_PIN)).0.unwrap();
    let told: Vec<_> = desk
        .keypad
        .told()
        .iter()
        .map(|(feature, input)| (*feature, hex(input)))
        .collect();
    let verify = "1E1E8947040C0402011308000000000D00000000200001".to_owned() + "0820FFFFFFFFFFFFFF";
    let modify =
        "1E1E89470400080C040302030C0800010200000015000000".to_owned() + "002400011020FFFFFFFFFFFFFF20FFFFFFFFFFFFFF";
    let asked = (0x00, String::new());
    assert_eq!(told, [asked.clone(), (0x06, verify), asked, (0x07, modify)]);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn readers_without_a_keypad_have_none() {
    assert_eq!(PadDesk::new(KeypadKind::Absent).discover(), None);
}

#[test]
fn pseudo_commands_are_sent_to_listed_readers_only() {
    for (reader, kind, sent) in [
        (ORDINARY, KeypadKind::Absent, false),
        (ORDINARY, KeypadKind::Ppdu, false),
        (PPDU, KeypadKind::Direct, false),
        (PPDU, KeypadKind::Absent, true),
    ] {
        let desk = PadDesk::with(VirtualKeypad::new(kind), reader);
        let reached_the_card = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&reached_the_card);
        desk.slot.observe(move |header| seen.lock().unwrap().push(header));
        assert_eq!(
            desk.discover().is_some(),
            kind == KeypadKind::Direct,
            "{reader} {kind:?}"
        );
        let expected: &[[u8; 4]] = if sent { &[[0xFF, 0xC2, 0x01, 0x00]] } else { &[] };
        assert_eq!(*reached_the_card.lock().unwrap(), expected, "{reader} {kind:?}");
    }
    assert!(PadDesk::new(KeypadKind::Ppdu).discover().is_some());
}

#[test]
fn the_gempc_pinpad_is_not_even_asked() {
    let desk = PadDesk::with(VirtualKeypad::new(KeypadKind::Direct), "Gemplus GemPC Pinpad 00 00");
    assert_eq!(desk.discover(), None);
    assert_eq!(desk.keypad.told(), []);
    assert_eq!(desk.slot.apdus(), 0);
}

#[test]
fn only_old_spr_firmware_is_told_the_old_format() {
    // The keypad refuses the other format, so each answer shows which one was sent.
    for (reader, firmware, format, expected) in [
        (SPR, 0x0505, 0x01, Ok(StatusWord::OK)),
        (SPR, 0x0506, 0x89, Ok(StatusWord::OK)),
        (SPR, 0x0000, 0x89, Ok(StatusWord::OK)),
        (SPR, 0x0505, 0x89, Err(CardError::PadRefused)),
        (ORDINARY, 0x0505, 0x89, Ok(StatusWord::OK)),
    ] {
        let keypad = VirtualKeypad::new(KeypadKind::Direct).with_firmware(firmware, format);
        let outcome = PadDesk::with(keypad, reader).verify(pin(TEST_PIN));
        assert_eq!(outcome, (expected, 3), "{reader} {firmware:04X} {format:02X}");
    }
    let silent = PadDesk::with(VirtualKeypad::new(KeypadKind::Direct), SPR);
    assert_eq!(silent.verify(pin(TEST_PIN)).0, Ok(StatusWord::OK));
}

#[test]
fn an_entry_nobody_waits_for_is_not_begun() {
    for kind in KINDS {
        let desk = PadDesk::new(kind);
        let pad = desk.discover().unwrap();
        desk.keypad.expect(pin(TEST_PIN));
        let told = desk.keypad.told().len();
        let outcome = in_transaction(&mut desk.transport(), |exchange| {
            pad.verify(exchange, PadLanguage::De, &|| false)
        });
        assert_eq!(outcome, Err(CardError::Abandoned), "{kind:?}");
        assert_eq!(desk.keypad.told().len(), told, "{kind:?}");
    }
}

#[test]
fn an_entry_in_steps_is_stopped_when_nobody_waits_any_more() {
    let desk = PadDesk::new(KeypadKind::StartFinish);
    let pad = desk.discover().unwrap();
    desk.keypad.expect(Gesture::Hesitates);
    let patience = Cell::new(2);
    let outcome = in_transaction(&mut desk.transport(), |exchange| {
        pad.verify(exchange, PadLanguage::En, &|| patience.replace(patience.get() - 1) > 0)
    });
    assert_eq!((outcome, desk.slot.tries_left()), (Err(CardError::Abandoned), Some(3)));
    let told: Vec<u8> = desk.keypad.told().iter().map(|(feature, _)| *feature).collect();
    assert_eq!(told, [0x00, 0x01, 0x05, 0x05, 0x0B, 0x02]);
}

#[test]
fn changing_in_steps_waits_for_all_three_entries() {
    let desk = PadDesk::new(KeypadKind::StartFinish);
    desk.modify(changes(TEST_PIN, NEW_PIN, NEW_PIN)).0.unwrap();
    let looks = desk
        .keypad
        .told()
        .iter()
        .filter(|(feature, _)| *feature == 0x05)
        .count();
    assert_eq!(looks, 6);
}

/// A reader with prepared answers, given in order; after them control codes are unsupported and the card is mute.
#[derive(Default)]
struct ByRote {
    controls: VecDeque<Result<Vec<u8>, TransportError>>,
    commands: VecDeque<Result<Vec<u8>, TransportError>>,
    sent: Vec<Vec<u8>>,
}

impl Exchange for ByRote {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent.push(command.to_vec());
        self.commands.pop_front().unwrap_or(Err(TransportError::Mute))
    }
    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.controls.pop_front().unwrap_or(Err(TransportError::Unsupported))
    }
}

/// List of features with VERIFY_PIN_DIRECT alone.
const DIRECT: [u8; 6] = [0x06, 4, 0x42, 0x33, 0x00, 0x06];

#[test]
fn a_keypad_that_answers_nonsense_is_an_error_and_no_status() {
    let wrong_length = |len| CardError::UnexpectedLength { command: "VERIFY", len };
    let no_status = || Err(CardError::Comm("no status word from the keypad".to_owned()));
    let lost = || "lost".to_owned();
    for (answer, expected) in [
        (Ok(vec![]), no_status()),
        (Ok(vec![0x90]), no_status()),
        (Ok(vec![0x24, 0x12, 0x90, 0x00]), Err(wrong_length(2))),
        (Ok(vec![0x6B, 0x80]), Err(CardError::PadRefused)),
        (Ok(vec![0x67, 0x00]), Ok(StatusWord(0x6700))),
        (Err(TransportError::Removed), Err(CardError::Removed)),
        (Err(TransportError::Comm(lost())), Err(CardError::Comm(lost()))),
    ] {
        let mut reader = ByRote {
            controls: [Ok(DIRECT.to_vec()), answer.clone()].into(),
            ..ByRote::default()
        };
        let pad = PinPad::discover(ORDINARY, &mut reader).unwrap().unwrap();
        assert_eq!(
            pad.verify(&mut reader, PadLanguage::En, &always),
            expected,
            "{answer:?}"
        );
        assert!(reader.sent.is_empty(), "{answer:?}");
    }
}

#[test]
fn a_list_of_features_that_is_none_is_no_keypad() {
    for (answer, expected) in [
        (Ok(DIRECT.to_vec()), Ok(true)),
        (Ok(DIRECT[..5].to_vec()), Ok(false)),
        (Ok([&DIRECT[..], &[0x07]].concat()), Ok(false)),
        (Ok(vec![0x06, 3, 0x42, 0x33, 0x00, 0x06]), Ok(false)),
        (Ok(vec![0xFF; 256]), Ok(false)),
        // START without FINISH, and a feature that has nothing to do with PINs.
        (Ok(vec![0x01, 4, 0x42, 0x33, 0x00, 0x01]), Ok(false)),
        (Ok(vec![0x12, 4, 0x42, 0x33, 0x00, 0x12]), Ok(false)),
        (Err(TransportError::Comm("not transacted".to_owned())), Ok(false)),
        (Err(TransportError::Removed), Err(TransportError::Removed)),
        (Err(TransportError::Reset), Err(TransportError::Reset)),
    ] {
        let mut reader = ByRote {
            controls: [answer.clone()].into(),
            ..ByRote::default()
        };
        let found = PinPad::discover(ORDINARY, &mut reader).map(|pad| pad.is_some());
        assert_eq!(found, expected, "{answer:?}");
    }
}

#[test]
fn a_keypad_that_cannot_change_pins_says_so_unasked() {
    let mut reader = ByRote {
        controls: [Ok(DIRECT.to_vec())].into(),
        ..ByRote::default()
    };
    let pad = PinPad::discover(ORDINARY, &mut reader).unwrap().unwrap();
    assert!(!pad.modifies());
    assert_eq!(
        pad.modify(&mut reader, PadLanguage::En, &always),
        Err(CardError::PadRefused)
    );
}

#[test]
fn pseudo_commands_in_steps_are_start_keys_and_finish() {
    let ok = || Ok(vec![0x90, 0x00]);
    let mut reader = ByRote {
        commands: [
            Ok(vec![0x01, 0x02, 0x05, 0x90, 0x00]),
            ok(),
            Ok(vec![0x0D, 0x90, 0x00]),
            Ok(vec![0x63, 0xC2]),
        ]
        .into(),
        ..ByRote::default()
    };
    let pad = PinPad::discover(PPDU, &mut reader).unwrap().unwrap();
    assert_eq!(
        pad.verify(&mut reader, PadLanguage::En, &always),
        Ok(StatusWord(0x63C2))
    );
    let headers: Vec<&[u8]> = reader.sent.iter().map(|command| &command[..5]).collect();
    assert_eq!(
        headers,
        [
            [0xFF, 0xC2, 0x01, 0x00, 0],
            [0xFF, 0xC2, 0x01, 0x01, 32],
            [0xFF, 0xC2, 0x01, 0x05, 0],
            [0xFF, 0xC2, 0x01, 0x02, 0],
        ]
    );
}

#[test]
fn a_listed_reader_that_refuses_pseudo_commands_has_no_keypad() {
    for answer in [vec![0x6E, 0x00], vec![], vec![0x90, 0x00], vec![0x06, 0x6D, 0x00]] {
        let mut reader = ByRote {
            commands: [Ok(answer.clone())].into(),
            ..ByRote::default()
        };
        assert_eq!(PinPad::discover(PPDU, &mut reader), Ok(None), "{answer:02X?}");
    }
}

#[test]
fn a_wrong_pin_sent_just_before_the_stop_is_still_reported() {
    const STEPS: [[u8; 6]; 4] = [
        [0x01, 4, 0, 0, 0, 1],
        [0x02, 4, 0, 0, 0, 2],
        [0x05, 4, 0, 0, 0, 5],
        [0x0B, 4, 0, 0, 0, 11],
    ];
    let nothing_begun = TransportError::Comm("nothing begun".to_owned());
    for (answer, expected) in [
        (Ok(vec![0x63, 0xC1]), Ok(StatusWord(0x63C1))),
        (Ok(vec![0x69, 0x83]), Ok(StatusWord::BLOCKED)),
        (Ok(vec![0x90, 0x00]), Err(CardError::Abandoned)),
        (Ok(vec![0x64, 0x01]), Err(CardError::Abandoned)),
        (Err(nothing_begun), Err(CardError::Abandoned)),
    ] {
        let mut reader = ByRote {
            controls: [
                Ok(STEPS.concat()),
                Ok(vec![]),
                Ok(vec![0x2B]),
                Ok(vec![]),
                answer.clone(),
            ]
            .into(),
            ..ByRote::default()
        };
        let pad = PinPad::discover(ORDINARY, &mut reader).unwrap().unwrap();
        let asked = Cell::new(false);
        let outcome = pad.verify(&mut reader, PadLanguage::En, &|| !asked.replace(true));
        assert_eq!(outcome, expected, "{answer:?}");
    }
}
