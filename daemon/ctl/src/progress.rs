//! Progress of a reading, for a person at a terminal: older cards take seconds.

use beid_api::OperationKey;
use beid_texts::{Language, Message, Render};
use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, interval_at};

/// Time after which a reading is worth a line. Most are over by then.
const PATIENCE: Duration = Duration::from_millis(300);
/// Interval at which the seconds are counted.
const STEP: Duration = Duration::from_secs(1);
/// Beginning of the line, with everything behind it erased (ECMA-48, EL).
const ERASE: &str = "\r\x1b[K";

/// Texts of the operations that read a card and ask nobody.
const READINGS: [(OperationKey, &str); 6] = [
    (OperationKey::ReadIdentity, "ctl-reading-identity"),
    (OperationKey::ReadAddress, "ctl-reading-address"),
    (OperationKey::ReadPhoto, "ctl-reading-photo"),
    (OperationKey::ReadSummary, "ctl-reading-summary"),
    (OperationKey::ReadCertificates, "ctl-reading-certificates"),
    (OperationKey::VerifyCard, "ctl-reading-checks"),
];

/// True while a line stands on the terminal.
static DRAWN: AtomicBool = AtomicBool::new(false);

/// Way of showing progress: on standard error, or not at all.
#[derive(Clone, Copy)]
pub(super) enum Progress {
    /// In a line that is erased at the end.
    Line(Language),
    /// Nowhere: nobody looks, or not at a terminal that can erase.
    Hidden,
}

impl Progress {
    /// Chooses the way for this process; programs that read JSON need none.
    pub(super) fn choose(json: bool, language: Language) -> Self {
        let can_erase = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        if !json && can_erase && io::stderr().is_terminal() {
            Self::Line(language)
        } else {
            Self::Hidden
        }
    }

    /// Waits for the outcome of `operation`, and shows meanwhile what is read and for how long already.
    pub(super) async fn of<R>(self, operation: OperationKey, outcome: impl Future<Output = R>) -> R {
        let text = READINGS.iter().find(|(key, _)| *key == operation);
        let (Self::Line(language), Some((_, text))) = (self, text) else {
            return outcome.await;
        };
        let text = Message::new(*text).render(language);
        let begin = Instant::now();
        let mut steps = interval_at(begin + PATIENCE, STEP);
        let mut outcome = pin!(outcome);
        loop {
            tokio::select! {
                biased;
                outcome = &mut outcome => {
                    erase();
                    return outcome;
                }
                _ = steps.tick() => draw(&text, begin.elapsed().as_secs()),
            }
        }
    }
}

fn draw(text: &str, seconds: u64) {
    let count = if seconds == 0 {
        String::new()
    } else {
        format!(" {seconds} s")
    };
    DRAWN.store(true, Ordering::Relaxed);
    // Nobody to read it: then nobody misses it.
    drop(write!(io::stderr(), "{ERASE}beidctl: {text} …{count}"));
}

/// Erases the line, if there is one, before something else is printed.
pub(super) fn erase() {
    if DRAWN.swap(false, Ordering::Relaxed) {
        drop(write!(io::stderr(), "{ERASE}"));
    }
}
