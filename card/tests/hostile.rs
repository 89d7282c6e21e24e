//! Hostile cards and answers: no answer causes a panic, and every call ends.
//!
//! The targets are those of `fuzz/`. Here each runs over its corpus and over changes of it that are the same on every
//! run; libFuzzer, which searches for relevant changes, is run by hand (`fuzz/README.md`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here, helpers included, fails a test"
)]

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is reached by the programs for libFuzzer")]
mod fuzz;

#[path = "../../fuzz/src/changes.rs"]
mod changes;

use beid_card::{Card, CardError, ElementaryFile, Exchange, FILES, IDENTITY, Reconnect, Transport, TransportError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn no_target_fails_on_its_corpus_or_on_changes_of_it() {
    changes::run(fuzz::TARGETS);
}

/// Answer to READ BINARY of an otherwise correct card, for an offset and a number of bytes.
type Reads = fn(usize, usize) -> Vec<u8>;

/// A card that answers READ BINARY in its own way and counts the commands.
struct HostileCard {
    reads: Reads,
    asked: Arc<AtomicUsize>,
}

impl Exchange for HostileCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(match *command {
            [0x80, 0xE4, ..] => [&[0x17; 28][..], &[0x90, 0x00]].concat(),
            [0x00, 0xA4, ..] => vec![0x90, 0x00],
            [0x00, 0xB0, high, low, len] => {
                let want = if len == 0 { 256 } else { usize::from(len) };
                (self.reads)(usize::from(u16::from_be_bytes([high, low])), want)
            }
            // GET RESPONSE too: more is always announced, and nothing comes.
            _ => vec![0x61, 0x01],
        })
    }

    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Err(TransportError::Unsupported)
    }
}

impl Transport for HostileCard {
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

/// Reads `file` from such a card; also returns the number of commands.
fn read(file: &'static ElementaryFile, reads: Reads) -> (Result<Vec<u8>, CardError>, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let reader = HostileCard {
        reads,
        asked: Arc::clone(&asked),
    };
    let mut card = Card::recognise(reader).unwrap().unwrap();
    let read = card.read(|session| session.read_file(file));
    (read, asked.load(Ordering::Relaxed))
}

fn ok(data: Vec<u8>) -> Vec<u8> {
    [data, vec![0x90, 0x00]].concat()
}

/// Start of a certificate of 65535 bytes that never ends.
fn endless(offset: usize, len: usize) -> Vec<u8> {
    let start = [0x30, 0x82, 0xFF, 0xFF];
    (offset..offset + len)
        .map(|at| start.get(at).copied().unwrap_or(0x55))
        .collect()
}

#[test]
fn a_file_that_never_ends_is_cut_off_at_its_ceiling() {
    for file in FILES {
        let (read, asked) = read(file, |offset, want| ok(endless(offset, want)));
        assert_eq!(read, Err(CardError::Endless { file: file.name }));
        assert!(asked <= file.ceiling / 256 + 4, "{}: {asked}", file.name);
    }
}

#[test]
fn a_file_that_comes_by_the_drop_is_cut_off() {
    for file in FILES {
        let (read, asked) = read(file, |offset, _| ok(endless(offset, 1)));
        assert!(read.is_err(), "{}", file.name);
        assert!(asked <= file.ceiling / 32 + 20, "{}: {asked}", file.name);
    }
}

#[test]
fn a_file_whose_end_is_told_again_and_again_is_cut_off() {
    for file in FILES {
        let (read, asked) = read(file, |offset, want| {
            // The announced length is always smaller than the requested one.
            if want == 256 {
                vec![0x6C, 0x08]
            } else {
                ok(endless(offset, want))
            }
        });
        assert!(read.is_err(), "{}", file.name);
        assert!(asked <= file.ceiling / 16 + 40, "{}: {asked}", file.name);
    }
}

#[test]
fn a_card_that_always_has_more_to_say_is_not_asked_for_ever() {
    let (read, asked) = read(&IDENTITY, |_, _| vec![0x61, 0xFF]);
    assert!(read.is_err());
    assert!(asked <= 40, "{asked}");
}
