//! Cards and answers that mean harm: whatever they say, nothing panics, and everything comes to an end.
//!
//! The targets are those of `fuzz/`. Here each gets its corpus, and changes of it that are the same on every run; libFuzzer,
//! which looks for changes that matter, is run by hand (`fuzz/README.md`).

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

/// How a card that is otherwise polite answers READ BINARY: the offset, and how many bytes are wanted.
type Reads = fn(usize, usize) -> Vec<u8>;

/// It answers READ BINARY its own way, and counts what it is asked.
struct Reader {
    reads: Reads,
    asked: Arc<AtomicUsize>,
}

impl Exchange for Reader {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(match *command {
            [0x80, 0xE4, ..] => [&[0x17; 28][..], &[0x90, 0x00]].concat(),
            [0x00, 0xA4, ..] => vec![0x90, 0x00],
            [0x00, 0xB0, high, low, len] => {
                let want = if len == 0 { 256 } else { usize::from(len) };
                (self.reads)(usize::from(u16::from_be_bytes([high, low])), want)
            }
            // GET RESPONSE among them: there is always more, and never anything.
            _ => vec![0x61, 0x01],
        })
    }

    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Err(TransportError::Unsupported)
    }
}

impl Transport for Reader {
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

/// Reads `file` from a card that answers like that; also says how many commands it took.
fn read(file: &'static ElementaryFile, reads: Reads) -> (Result<Vec<u8>, CardError>, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let reader = Reader {
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

/// Something that could be the start of a certificate of 65535 bytes, and goes on.
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
            // What it promises is always less than what it was asked for.
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
