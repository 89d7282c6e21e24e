//! The log: lines on standard error, which systemd gives to the journal.
//!
//! A thread of its own writes them. Whoever logs hands a line over and goes on, a card's thread in the middle of a
//! signature included: the terminal may have been closed, the disk may be full, and a pipe whose reader has stopped takes
//! nothing and reports nothing. A line that cannot be written is dropped, and the next one that can says how many were.
//!
//! The crate `tracing-appender` does the same, but waits up to 1.1 s for a stalled reader at the end; two seconds are
//! promised for all of it.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Number of lines that may wait to be written.
const QUEUE: usize = 4096;
/// Time that the last lines get at the end.
const FAREWELL: Duration = Duration::from_millis(100);

/// The writing end of the log.
#[derive(Clone, Debug)]
pub struct Log {
    orders: SyncSender<Order>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Order {
    Write(Vec<u8>),
    /// Answered when all before it is written.
    Flush(SyncSender<()>),
}

impl Log {
    /// Begins to write to `sink`.
    ///
    /// # Errors
    /// If there can be no thread for it.
    pub fn to(sink: impl Write + Send + 'static) -> io::Result<Self> {
        let (orders, taken) = sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let log = Self {
            orders,
            lost: Arc::clone(&lost),
        };
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_all(sink, &taken, &lost))?;
        Ok(log)
    }

    /// Makes this the place of everything that is traced, and of panics: our own lines at `level`; other people's libraries
    /// only when they warn, for at lower levels they print what passes through them.
    pub fn install(&self, level: &str) {
        let filter = format!("warn,beidd={level},beid_card={level},beid_protocol={level},beid_pki={level}");
        let log = self.clone();
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter))
            .with_writer(move || log.clone())
            // It would print to standard error, and panic where that fails.
            .log_internal_errors(false)
            .with_ansi(false)
            .with_target(false)
            .init();
        // The usual message quotes data: a slice of a string that was cut in the wrong place would be somebody's name.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            tracing::error!(place, "panicked: a mistake in this program, please report it");
        }));
    }

    /// Hands over one line, or drops it. Never waits.
    pub fn line(&self, text: &str) {
        self.hand_over(format!("{text}\n").into_bytes());
    }

    /// Waits until everything is written, or a moment.
    pub fn end(self) {
        let (done, wait) = sync_channel(1);
        if self.orders.try_send(Order::Flush(done)).is_ok() {
            // What nobody takes by then is lost with us.
            let _in_time = wait.recv_timeout(FAREWELL).is_ok();
        }
    }

    fn hand_over(&self, line: Vec<u8>) {
        if self.orders.try_send(Order::Write(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// One write is one line: `tracing_subscriber::fmt` composes it first.
impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.hand_over(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(mut sink: impl Write, orders: &Receiver<Order>, lost: &AtomicU64) {
    for order in orders {
        match order {
            Order::Write(line) => {
                let before = lost.swap(0, Ordering::Relaxed);
                let told = match before {
                    0 => Ok(()),
                    _ => writeln!(
                        sink,
                        "beidd: {before} lines of the log could not be written and are lost"
                    ),
                };
                if told.and_then(|()| sink.write_all(&line)).is_err() {
                    lost.fetch_add(before + 1, Ordering::Relaxed);
                }
            }
            // Whoever asked may have stopped waiting.
            Order::Flush(done) => drop(done.try_send(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// A sink that takes nothing while it is full.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<(bool, Vec<u8>)>>);

    impl Disk {
        fn state(&self) -> MutexGuard<'_, (bool, Vec<u8>)> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut state = self.state();
            if state.0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            state.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns when the thread has seen all that came before.
    fn settle(log: &Log) {
        let (done, wait) = sync_channel(1);
        log.orders.send(Order::Flush(done)).unwrap();
        wait.recv().unwrap();
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_and_the_next_ones_come() {
        let disk = Disk::default();
        let log = Log::to(disk.clone()).unwrap();
        log.line("first");
        settle(&log);
        disk.state().0 = true;
        log.line("second");
        log.line("third");
        settle(&log);
        disk.state().0 = false;
        log.line("fourth");
        settle(&log);
        let text = String::from_utf8(disk.state().1.clone()).unwrap();
        let lost = "beidd: 2 lines of the log could not be written and are lost";
        assert_eq!(text.lines().collect::<Vec<_>>(), ["first", lost, "fourth"]);
    }

    #[test]
    fn a_reader_who_takes_nothing_holds_nobody_up() {
        let (reader, writer) = io::pipe().unwrap();
        let log = Log::to(writer).unwrap();
        // Many times what a pipe and the queue hold.
        for _ in 0..10 * QUEUE {
            log.line(&"x".repeat(100));
        }
        assert!(log.lost.load(Ordering::Relaxed) > 0);
        log.end();
        drop(reader);
    }
}
