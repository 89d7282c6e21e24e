//! A desk that records: its daemon with a simulated card, a person who types the PIN, and all that was answered.

use beid_e2e::{
    Daemon, DaemonOptions, FinishedCommand, Home, PendingReply, RestReply, Scratch, ScriptedAnswer, ScriptedPinentry,
    SessionBus, link, run, tool,
};
use beid_simulator::TEST_PIN;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Work that is recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RecordedWork {
    /// Recording how the patient was identified: nobody is asked.
    Reading,
    /// Registering a therapeutic link: the person types the PIN.
    Link,
}

/// A desk, and what its daemons have answered.
pub(crate) struct RecordingDesk {
    pub(crate) options: DaemonOptions,
    pub(crate) pinentry: ScriptedPinentry,
    pub(crate) scratch: Scratch,
    daemon: Option<Daemon>,
    token: String,
    /// Records that answers have named.
    answered: BTreeSet<String>,
    /// Number of requests without an answer.
    unanswered: usize,
    _bus: SessionBus,
}

impl RecordingDesk {
    /// Sets it up, and starts its daemon.
    pub(crate) fn start() -> Self {
        Self::start_with(|options| options)
    }

    /// Sets it up with a daemon that is configured otherwise.
    pub(crate) fn start_with(configure: impl FnOnce(DaemonOptions) -> DaemonOptions) -> Self {
        let (bus, pinentry) = (SessionBus::start(), ScriptedPinentry::new());
        let options = DaemonOptions::new().simulate("anna").bus(&bus).pinentry(&pinentry);
        let options = configure(options.practice());
        let daemon = options.start();
        let token = daemon.token(&["readers", "identity.reading", "proof.therlink"]);
        Self {
            options,
            pinentry,
            scratch: Scratch::new("recording"),
            daemon: Some(daemon),
            token,
            answered: BTreeSet::new(),
            unanswered: 0,
            _bus: bus,
        }
    }

    pub(crate) fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().expect("a daemon runs between two tests of it")
    }

    /// Ends the daemon in good order, and returns its home.
    pub(crate) fn stop(&mut self) -> Home {
        self.daemon.take().expect("a daemon runs").stop()
    }

    /// Returns the home of a daemon that was killed, or that is left to itself.
    pub(crate) fn take_home(&mut self) -> Home {
        self.daemon.take().expect("a daemon runs").into_home()
    }

    /// Tells the daemon to end, however it does, and returns its home.
    pub(crate) fn end(&mut self) -> Home {
        self.daemon.take().expect("a daemon runs").end()
    }

    /// Forgets what was answered, because the store was removed.
    pub(crate) fn forget(&mut self) {
        self.answered.clear();
        self.unanswered = 0;
    }

    /// Starts a daemon in the home of the last one.
    pub(crate) fn start_in(&mut self, home: Home) {
        self.daemon = Some(self.options.start_in(home));
    }

    /// Takes over a daemon that was started otherwise.
    pub(crate) fn take_over(&mut self, daemon: Daemon) {
        self.daemon = Some(daemon);
    }

    /// Ends the daemon, lets `act` at its files, and starts it again.
    pub(crate) fn between_runs(&mut self, act: impl FnOnce(&Home)) {
        let home = self.stop();
        act(&home);
        self.start_in(home);
    }

    /// Begins work.
    pub(crate) fn begin(&self, work: RecordedWork) -> PendingReply {
        let rest = self.daemon().rest_without_token().with_token(&self.token);
        let (path, request) = match work {
            RecordedWork::Reading => ("/v1/identity-readings", json!({ "way": "chip" })),
            RecordedWork::Link => {
                // One that was left over is for this dialog.
                if self.pinentry.answers_left() == 0 {
                    self.pinentry.will(ScriptedAnswer::pin(TEST_PIN));
                }
                ("/v1/therapeutic-links", link("eidsigning"))
            }
        };
        rest.begin("POST", path, &[], Some(&request))
    }

    /// Does work, and notes the record that the answer names; `None` if the connection ended without an answer.
    pub(crate) fn attempt(&mut self, work: RecordedWork) -> Option<RestReply> {
        let reply = self.begin(work).outcome().ok();
        match &reply {
            Some(answer) if answer.status == 200 => {
                let answer = answer.json();
                let id = answer["evidenceId"].as_str().expect("an answer names its record");
                assert!(self.answered.insert(id.to_owned()), "{id} was named before");
            }
            _ => self.unanswered += 1,
        }
        reply
    }

    /// Does work that must succeed.
    pub(crate) fn work(&mut self, work: RecordedWork) {
        let reply = self.attempt(work).expect("an answer");
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    /// Fails unless work is refused because it cannot be recorded, with these words, and without a dialog.
    pub(crate) fn is_refused(&mut self, work: RecordedWork, words: &[&str]) {
        let dialogs = self.pinentry.shown().len();
        let reply = self.attempt(work).expect("an answer");
        assert_eq!(
            (reply.status, reply.problem()),
            (503, "evidence-unavailable".to_owned()),
            "{}",
            reply.text()
        );
        let detail = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
        for word in words {
            assert!(detail.contains(word), "{word}: {detail}");
        }
        assert_eq!(self.pinentry.shown().len(), dialogs, "somebody was asked in vain");
    }

    /// Runs `beidctl`.
    pub(crate) fn beidctl(&self, arguments: &[&str]) -> FinishedCommand {
        self.daemon().beidctl(arguments)
    }

    /// Exports the chains, verifies the file without the service, and returns its lines.
    pub(crate) fn export(&self) -> Vec<Value> {
        let file = self.scratch.path().join("evidence.jsonl");
        let place = file.display().to_string();
        self.beidctl(&["evidence", "export", "--out", &place, "--force"]).ok();
        let verified = self.beidctl(&["evidence", "verify", &place]).ok();
        assert!(verified.contains("INTACT"), "{verified}");
        read_lines(&file)
    }

    /// Fails unless one chain is here and intact, in which every record that was answered stands, and beside them no
    /// more than attempts that were not answered. Returns the number of its records.
    pub(crate) fn must_have_recorded(&self) -> usize {
        let verified = self.beidctl(&["evidence", "verify"]).ok();
        assert!(verified.contains("INTACT"), "{verified}");
        let lines = self.export();
        assert_eq!(lines.iter().filter(|line| line["genesis"].is_string()).count(), 1);
        let records = ids(&lines);
        let missing: Vec<_> = self.answered.difference(&records).collect();
        assert!(missing.is_empty(), "answered without a record: {missing:?}");
        let beside = records.len() - self.answered.len();
        assert!(
            beside <= self.unanswered,
            "{beside} records, {} unanswered",
            self.unanswered
        );
        records.len()
    }
}

/// Runs a program in Python, with paths as its arguments, and returns what it prints.
pub(crate) fn python(program: &str, paths: &[&Path]) -> String {
    run(Command::new(tool("python3")).args(["-c", program]).args(paths)).ok()
}

/// Ids of the records in an export.
pub(crate) fn ids(lines: &[Value]) -> BTreeSet<String> {
    let headers = lines.iter().filter_map(|line| line["record"].as_str());
    let id = |header: &str| {
        let header: Value = serde_json::from_str(header).expect("a header");
        header["id"].as_str().expect("an id").to_owned()
    };
    headers.map(id).collect()
}

fn read_lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).expect("an export");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}
