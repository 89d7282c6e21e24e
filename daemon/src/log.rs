//! The log: lines on standard error, which systemd gives to the journal, or entries of the journal itself.
//!
//! A separate thread writes them, so that logging never blocks, for example a card's thread in the middle of a
//! signature: the terminal may have been closed, the disk may be full, and a pipe whose reader has stopped blocks
//! without an error. A line that cannot be written is dropped, and the number of dropped lines is written before the
//! next one.
//!
//! The crate `tracing-appender` does the same, but waits up to 1.1 s for a stalled reader at the end, when the whole
//! daemon has two seconds to stop. The crate `tracing-journald` sends to the journal on the thread that logs, which waits
//! while the journal does not take it.

pub mod journal;

use beid_card::EXCHANGES;
use journal::Journal;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, reload};

/// Number of lines that may wait to be written.
const QUEUE: usize = 4096;
/// Maximum time for writing the last lines at the end.
const FAREWELL: Duration = Duration::from_millis(100);

/// Level of the log, which can be changed while the daemon runs.
#[derive(Clone, Debug)]
pub struct LogLevel(reload::Handle<Targets, Registry>);

impl LogLevel {
    /// Logs from `level` up from now on.
    pub fn set(&self, level: Level) {
        // Fails only after the log has been dropped, at the end of the process.
        drop(self.0.modify(|filter| *filter = from(level)));
    }
}

/// Filter for lines of our crates from `level` up, and of other libraries from warnings up.
fn from(level: Level) -> Targets {
    let exchanges = if level == Level::TRACE {
        Level::DEBUG
    } else {
        Level::WARN
    };
    // A target is a prefix: all our crates are called `beid…`, those to come too.
    Targets::new()
        .with_default(Level::WARN)
        .with_target("beid", level)
        .with_target(EXCHANGES, exchanges)
}

/// Place where the lines of the log go.
pub trait LogSink: Send + 'static {
    /// True if the place notes time and level of each line itself.
    const NOTES_TIME: bool;

    /// Writes one line, with its end.
    ///
    /// # Errors
    /// If the place does not take it; it is lost then.
    fn put(&mut self, level: Level, line: &[u8]) -> io::Result<()>;
}

impl<W: Write + Send + 'static> LogSink for W {
    const NOTES_TIME: bool = false;

    fn put(&mut self, _: Level, line: &[u8]) -> io::Result<()> {
        self.write_all(line)
    }
}

/// Sender of lines to the log's thread.
#[derive(Clone, Debug)]
pub struct LogWriter {
    orders: SyncSender<LogOrder>,
    lost: Arc<AtomicU64>,
    notes_time: bool,
}

#[derive(Debug)]
enum LogOrder {
    Write(Level, Vec<u8>),
    /// Answered once all lines before it are written.
    Flush(SyncSender<()>),
}

impl LogWriter {
    /// Starts the thread that writes to `sink`.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn to<S: LogSink>(sink: S) -> io::Result<Self> {
        let (orders, taken) = sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let log = Self {
            orders,
            lost: Arc::clone(&lost),
            notes_time: S::NOTES_TIME,
        };
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_all(sink, &taken, &lost))?;
        Ok(log)
    }

    /// Starts the log where the settings want it: in the journal, or on standard error.
    ///
    /// # Errors
    /// If there is no journal, or the thread cannot be started.
    pub fn open(in_journal: bool) -> io::Result<Self> {
        if in_journal {
            Self::to(Journal::open()?)
        } else {
            Self::to(io::stderr())
        }
    }

    /// Sends all traces and panics of the process to this log: those of our crates from `level` up, those of other
    /// libraries from warnings up, since at lower levels they print the data that they handle.
    pub fn install(&self, level: Level) -> LogLevel {
        let (filter, handle) = reload::Layer::new(from(level));
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(self.clone())
            // They would go to standard error, and panic if that fails.
            .log_internal_errors(false)
            .with_ansi(false)
            .with_target(false);
        let lines = if self.notes_time {
            lines.without_time().with_level(false).boxed()
        } else {
            lines.boxed()
        };
        tracing_subscriber::registry().with(filter).with(lines).init();
        // The usual message quotes data: a failed slice of a string, for example, would print somebody's name.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            tracing::error!(place, "panicked: a mistake in this program, please report it");
        }));
        LogLevel(handle)
    }

    /// Queues one line about an error, or drops it if the queue is full. Never blocks.
    pub fn line(&self, text: &str) {
        self.hand_over(Level::ERROR, format!("{text}\n").into_bytes());
    }

    /// Waits until all lines are written, for 100 ms at most.
    pub fn end(self) {
        let (done, wait) = sync_channel(1);
        // A queue that is full would hardly be written in time, so it is not waited for.
        if self.orders.try_send(LogOrder::Flush(done)).is_ok() {
            // Lines that the sink has not taken by then are lost.
            let _in_time = wait.recv_timeout(FAREWELL).is_ok();
        }
    }

    fn hand_over(&self, level: Level, line: Vec<u8>) {
        if self.orders.try_send(LogOrder::Write(level, line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<'w> MakeWriter<'w> for LogWriter {
    type Writer = LineWriter<'w>;

    fn make_writer(&'w self) -> Self::Writer {
        LineWriter {
            log: self,
            level: Level::INFO,
        }
    }

    fn make_writer_for(&'w self, event: &Metadata<'_>) -> Self::Writer {
        LineWriter {
            log: self,
            level: *event.level(),
        }
    }
}

/// Writer of the lines of one level.
pub struct LineWriter<'w> {
    log: &'w LogWriter,
    level: Level,
}

/// Each write is one whole line: `tracing_subscriber::fmt` composes it first.
impl Write for LineWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.log.hand_over(self.level, line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(mut sink: impl LogSink, orders: &Receiver<LogOrder>, lost: &AtomicU64) {
    for order in orders {
        match order {
            LogOrder::Write(level, line) => {
                let before = lost.swap(0, Ordering::Relaxed);
                let told = match before {
                    0 => Ok(()),
                    _ => {
                        let told = format!("beidd: {before} lines of the log could not be written and are lost\n");
                        sink.put(Level::WARN, told.as_bytes())
                    }
                };
                if told.and_then(|()| sink.put(level, &line)).is_err() {
                    lost.fetch_add(before + 1, Ordering::Relaxed);
                }
            }
            // The caller may have stopped waiting.
            LogOrder::Flush(done) => drop(done.try_send(())),
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
    fn settle(log: &LogWriter) {
        let (done, wait) = sync_channel(1);
        log.orders.send(LogOrder::Flush(done)).unwrap();
        wait.recv().unwrap();
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_and_the_next_ones_come() {
        let disk = Disk::default();
        let log = LogWriter::to(disk.clone()).unwrap();
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
        let log = LogWriter::to(writer).unwrap();
        // Many times what a pipe and the queue hold.
        for _ in 0..10 * QUEUE {
            log.line(&"x".repeat(100));
        }
        assert!(log.lost.load(Ordering::Relaxed) > 0);
        log.end();
        drop(reader);
    }
}
