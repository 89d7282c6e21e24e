//! The one table of what the doctor can find, and the facts of a finding.
//!
//! The texts are `finding-{code}` and, for all that is not well, `finding-{code}-next`: what to do.

use crate::types::{FactAnswer, FindingAnswer};
use crate::words::{FindingArea, FindingOutcome};
use crate::{Gap, Message};

macro_rules! findings {
    ($($(#[doc = $means:literal])+ $name:ident = $area:ident, $outcome:ident, $code:literal, $facts:expr;)*) => {
        /// Everything that the doctor can find. Codes are stable.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum FindingCode { $($(#[doc = $means])+ $name,)* }

        impl FindingCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable word: `reader-none`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Part of the computer that it is about.
            #[must_use]
            pub fn area(self) -> FindingArea {
                match self { $(Self::$name => FindingArea::$area,)* }
            }

            /// Worth of the finding.
            #[must_use]
            pub fn outcome(self) -> FindingOutcome {
                match self { $(Self::$name => FindingOutcome::$outcome,)* }
            }

            /// Names of the facts that fill its texts.
            #[must_use]
            pub fn facts(self) -> &'static [&'static str] {
                match self { $(Self::$name => &$facts,)* }
            }

            /// Meaning, as `docs/doctor.md` has it.
            #[must_use]
            pub fn means(self) -> &'static str {
                match self { $(Self::$name => concat!($($means),+).trim_ascii(),)* }
            }
        }
    };
}

// One row: meaning, variant, area, outcome, code (also the id of its texts, behind `finding-`), facts.
findings! {
    /// The daemon answers this program.
    ServiceAnswers = Service, Ok, "service-answers", ["version", "way"];
    /// No daemon answers this user; what is found besides is found without it.
    ServiceNotRunning = Service, Problem, "service-not-running", [];
    /// A daemon answers, and refuses this program.
    ServiceRefuses = Service, Problem, "service-refuses", ["reason"];
    /// The settings cannot be read, so that no daemon can start with them.
    SettingsUnusable = Service, Problem, "settings-unusable", ["reason"];
    /// The daemon is another version than the command line.
    VersionsDiffer = Service, Notice, "versions-differ", ["version", "own"];
    /// Versions of beidd and of the system.
    Versions = Service, Ok, "versions", ["version", "system"];

    /// The smart card service answers the daemon.
    PcscAnswers = Readers, Ok, "pcsc-answers", [];
    /// The smart card service accepts connections; more is not known without the daemon.
    PcscListens = Readers, Ok, "pcsc-listens", [];
    /// The smart card service is missing, or does not answer.
    PcscUnavailable = Readers, Problem, "pcsc-unavailable", [];
    /// The smart card service lets this user's programs not in.
    PcscNotAuthorised = Readers, Problem, "pcsc-not-authorised", [];
    /// Drivers of readers are installed.
    DriversFound = Readers, Ok, "drivers-found", ["count"];
    /// No driver of readers is installed.
    DriversMissing = Readers, Problem, "drivers-missing", [];
    /// The daemon has simulated readers and no others.
    ReadersSimulated = Readers, Notice, "readers-simulated", [];
    /// A reader is there.
    ReaderFound = Readers, Ok, "reader-found", ["reader", "role"];
    /// No reader is connected.
    ReaderNone = Readers, Problem, "reader-none", [];
    /// A card reader is on USB, and the smart card service has no reader.
    ReaderUnserved = Readers, Problem, "reader-unserved", ["usb"];

    /// A card is in a reader and can be used.
    CardReady = Card, Ok, "card-ready", ["reader"];
    /// A card is being recognised.
    CardReading = Card, Unknown, "card-reading", ["reader"];
    /// No card is in a reader, so that none was looked at.
    CardNone = Card, Unknown, "card-none", [];
    /// A card is no Belgian eID, or none that can be used.
    CardUnsupported = Card, Problem, "card-unsupported", ["reader"];
    /// A card is newer than this software.
    CardNewer = Card, Notice, "card-newer", ["reader"];
    /// A card does not answer.
    CardMute = Card, Problem, "card-mute", ["reader"];
    /// Another program holds a card.
    CardBusy = Card, Notice, "card-busy", ["reader"];

    /// The daemon answers on its port with its certificate.
    EndpointAnswers = Browsers, Ok, "endpoint-answers", ["port"];
    /// Another program answers on the port that the daemon has named.
    EndpointAnother = Browsers, Problem, "endpoint-another", ["port", "reason"];
    /// The certificate has ended, or has not begun.
    EndpointDates = Browsers, Problem, "endpoint-dates", [];
    /// The handshake failed.
    EndpointFails = Browsers, Problem, "endpoint-fails", ["reason"];
    /// The certificate ends within thirty days.
    CertificateEnds = Browsers, Notice, "certificate-ends", ["days"];
    /// A replacement of the certificate has begun and not ended.
    RotationUnfinished = Browsers, Notice, "rotation-unfinished", [];
    /// The administrator's own certificate is in use; trusting it is the administrator's task.
    AdministratorCertificate = Browsers, Ok, "administrator-certificate", ["file"];
    /// A store trusts the daemon's certificate.
    StoreTrusts = Browsers, Ok, "store-trusts", ["store"];
    /// A browser of this user does not trust the daemon's certificate.
    StoreDistrusts = Browsers, Problem, "store-distrusts", ["store"];
    /// A browser of this user trusts an earlier certificate only.
    StoreOutdated = Browsers, Problem, "store-outdated", ["store"];
    /// A store of everybody does not trust the certificate, which browsers of one user do not need.
    StoreOptional = Browsers, Ok, "store-optional", ["store"];
    /// A browser's profile was never used.
    StoreUnused = Browsers, Unknown, "store-unused", ["store"];
    /// A store cannot be read.
    StoreUnreadable = Browsers, Unknown, "store-unreadable", ["store", "reason"];
    /// No browser with a store of its own was found.
    StoreNone = Browsers, Notice, "store-none", [];
    /// The stores were not looked into.
    TrustUnknown = Browsers, Unknown, "trust-unknown", ["reason"];

    /// No policy decides whether websites may reach this computer, so that browsers ask.
    PermissionAsked = Permissions, Ok, "permission-asked", [];
    /// A policy lets websites reach this computer without asking.
    PermissionAllowed = Permissions, Ok, "permission-allowed", ["browser", "policy", "count"];
    /// A policy keeps websites from reaching this computer.
    PermissionBlocked = Permissions, Notice, "permission-blocked", ["browser", "policy", "count"];
    /// A policy file of a browser cannot be read.
    PermissionUnreadable = Permissions, Unknown, "permission-unreadable", ["browser", "file"];

    /// The program for dialogs starts and answers; no dialog was opened.
    PinentryAnswers = Dialogs, Ok, "pinentry-answers", ["program", "flavor"];
    /// No program for dialogs is installed.
    PinentryMissing = Dialogs, Problem, "pinentry-missing", [];
    /// The program for dialogs does not start or does not answer.
    PinentryFails = Dialogs, Problem, "pinentry-fails", ["program", "reason"];
    /// There is neither a display nor a terminal for dialogs.
    PinentryNoScreen = Dialogs, Problem, "pinentry-no-screen", [];

    /// The daemon has the port that clients try first.
    PortUsual = Ports, Ok, "port-usual", ["port"];
    /// The daemon has another port than the first, because a program had that one.
    PortOther = Ports, Notice, "port-other", ["port", "usual", "program"];
    /// No daemon has the port, and it is free.
    PortFree = Ports, Ok, "port-free", ["port"];
    /// No daemon has the port, and another program has it.
    PortTaken = Ports, Notice, "port-taken", ["port", "program"];
    /// Another program has the port that the settings demand, so that the daemon cannot start.
    PortDemanded = Ports, Problem, "port-demanded", ["port", "program"];

    /// The clock fits every certificate that was looked at.
    ClockPlausible = Clock, Ok, "clock-plausible", [];
    /// The clock is before the begin of a certificate that cards carry.
    ClockBehind = Clock, Problem, "clock-behind", [];
    /// The clock is after the end of the certificate of the authority of the card.
    ClockAhead = Clock, Problem, "clock-ahead", [];
    /// No certificate is known that the clock could be compared with.
    ClockUnknown = Clock, Unknown, "clock-unknown", [];
    /// The clock agrees with that of a server.
    ClockAgrees = Clock, Ok, "clock-agrees", [];
    /// The clock differs from that of a server by minutes.
    ClockDiffers = Clock, Problem, "clock-differs", ["minutes"];

    /// The settings say that nothing is recorded.
    EvidenceOff = Evidence, Ok, "evidence-off", [];
    /// The store of evidence can be written.
    EvidenceReady = Evidence, Ok, "evidence-ready", [];
    /// The store of evidence cannot be written, so that proofs are refused.
    EvidenceFails = Evidence, Problem, "evidence-fails", ["reason"];
    /// The institution's server has every record.
    EvidenceDelivered = Evidence, Ok, "evidence-delivered", [];
    /// Records are being brought to the institution's server.
    EvidenceOnItsWay = Evidence, Notice, "evidence-on-its-way", ["count"];
    /// Records wait on this computer, because the institution's server did not take them.
    EvidenceWaits = Evidence, Notice, "evidence-waits", ["count", "reason"];
    /// The store of evidence is an older copy: the institution's server has other records in the place of its latest.
    EvidenceSetBack = Evidence, Notice, "evidence-set-back", ["count"];
    /// A care provider has signed the end of the chain today, as the settings want it.
    EvidenceHeadSigned = Evidence, Ok, "evidence-head-signed", [];
    /// No care provider has signed the end of the chain today, though the settings want it.
    EvidenceHeadMissing = Evidence, Notice, "evidence-head-missing", [];

    /// The settings say that issuers are not asked about revocation.
    RevocationOff = Network, Ok, "revocation-off", [];
    /// A server about revocation answers.
    ServerAnswers = Network, Ok, "server-answers", ["server"];
    /// A server about revocation does not answer.
    ServerSilent = Network, Problem, "server-silent", ["server", "reason"];
    /// The time-stamping authority answers with a stamp that is valid.
    StampsWork = Network, Ok, "stamps-work", [];
    /// The time-stamping authority does not answer with a valid stamp.
    StampsFail = Network, Problem, "stamps-fail", ["reason"];
}

impl FindingCode {
    /// Finds the finding with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }

    /// Returns true if there is something to do or to know: then the texts have a next step.
    #[must_use]
    pub fn has_next(self) -> bool {
        self.outcome() != FindingOutcome::Ok
    }

    /// Message about it; `facts` fill the gaps, and what they lack is left open.
    #[must_use]
    pub fn message(self, facts: &[(&'static str, String)]) -> Message {
        self.filled(format!("finding-{}", self.code()), facts)
    }

    /// Message with the next step, if there is one.
    #[must_use]
    pub fn next(self, facts: &[(&'static str, String)]) -> Option<Message> {
        let id = format!("finding-{}-next", self.code());
        self.has_next().then(|| self.filled(id, facts))
    }

    fn filled(self, id: String, facts: &[(&'static str, String)]) -> Message {
        let value = |name: &str| {
            let mut facts = facts.iter();
            let known = facts.find(|(known, _)| *known == name);
            known.map_or_else(|| OPEN.to_owned(), |(_, value)| value.clone())
        };
        let names = self.facts().iter();
        names.fold(Message::new(id), |message, name| {
            message.arg(name, Gap::Plain(value(name)))
        })
    }
}

/// Text in the place of a fact that is left out.
const OPEN: &str = "…";

/// A finding with its facts.
///
/// Facts are of two sorts, told apart by how they come in: [`word`](Self::word) takes only what this software says itself
/// or counts, and may leave the computer in a support bundle; [`name`](Self::name) takes names and texts of others
/// (readers, files, programs), which may name a person and never do.
#[derive(Clone, Debug)]
pub struct DoctorFinding {
    code: FindingCode,
    facts: Vec<FindingFact>,
}

#[derive(Clone, Debug)]
struct FindingFact {
    name: &'static str,
    value: String,
    private: bool,
}

/// A value that says nothing of any person: a word of ours, a number, or an identifier.
#[derive(Clone, Debug)]
pub struct PublicFact(String);

impl DoctorFinding {
    /// A finding without facts yet.
    #[must_use]
    pub fn new(code: FindingCode) -> Self {
        Self {
            code,
            facts: Vec::new(),
        }
    }

    /// Adds a fact that says nothing of any person.
    #[must_use]
    pub fn word(self, name: &'static str, value: impl Into<PublicFact>) -> Self {
        self.with(name, value.into().0, false)
    }

    /// Adds a name or a text of others, which may name a person.
    #[must_use]
    pub fn name(self, name: &'static str, value: impl Into<String>) -> Self {
        self.with(name, value.into(), true)
    }

    fn with(mut self, name: &'static str, value: String, private: bool) -> Self {
        self.facts.push(FindingFact { name, value, private });
        self
    }

    /// The finding without names: its texts leave them open.
    #[must_use]
    pub fn without_names(mut self) -> Self {
        self.facts.retain(|fact| !fact.private);
        self
    }

    /// Code of the finding.
    #[must_use]
    pub fn code(&self) -> FindingCode {
        self.code
    }

    /// Answer about it; `render` puts messages into the language of the caller.
    #[must_use]
    pub fn to_answer(&self, render: impl Fn(&Message) -> String) -> FindingAnswer {
        let facts: Vec<_> = self.facts.iter().map(|fact| (fact.name, fact.value.clone())).collect();
        let answer = |fact: &FindingFact| FactAnswer {
            name: fact.name.to_owned(),
            value: fact.value.clone(),
            private: fact.private,
        };
        FindingAnswer {
            code: self.code.code().to_owned(),
            area: self.code.area(),
            outcome: self.code.outcome(),
            text: render(&self.code.message(&facts)),
            next: self.code.next(&facts).as_ref().map(&render),
            facts: self.facts.iter().map(answer).collect(),
        }
    }
}

impl PublicFact {
    /// Takes an identifier that another program or file states: letters, digits and `. _ - + :`, forty at most. Anything else
    /// in it is left out, so that no sentence and no path comes along.
    #[must_use]
    pub fn identifier(text: &str) -> Self {
        let plain = |c: &char| c.is_ascii_alphanumeric() || ".-_+:".contains(*c);
        Self(text.chars().filter(plain).take(40).collect())
    }

    /// The value.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

impl From<&'static str> for PublicFact {
    fn from(word: &'static str) -> Self {
        Self(word.to_owned())
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(impl From<$number> for PublicFact {
            fn from(number: $number) -> Self {
                Self(number.to_string())
            }
        })*
    };
}

numbers! { u16 u64 usize i64 }

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_finding_is_in_the_documentation_as_it_is() {
        let documented = include_str!("../../../docs/doctor.md");
        let (_, table) = documented.split_once("| code | area |").unwrap_or_default();
        let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
        let row = |code: &FindingCode| {
            let (word, area, outcome) = (code.code(), code.area(), code.outcome());
            format!("| `{word}` | {area} | {outcome} | {} |", code.means())
        };
        let expected: Vec<_> = FindingCode::ALL.iter().map(row).collect();
        assert_eq!(rows, expected, "docs/doctor.md should have:\n{}", expected.join("\n"));
    }

    #[test]
    fn codes_are_each_ones_own() {
        let codes: BTreeSet<_> = FindingCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes.len(), FindingCode::ALL.len());
        for code in FindingCode::ALL {
            assert_eq!(FindingCode::from_code(code.code()), Some(*code));
        }
    }

    #[test]
    fn names_are_private_and_words_are_not() {
        let finding = DoctorFinding::new(FindingCode::ReaderFound)
            .name("reader", "Reader of Anna 00 00")
            .word("role", "any");
        let answer = finding.to_answer(|message| format!("{:?}", message.gaps()));
        let facts = answer.facts.iter().map(|fact| (fact.name.as_str(), fact.private));
        assert_eq!(facts.collect::<Vec<_>>(), [("reader", true), ("role", false)]);
        assert!(answer.text.contains("Anna") && answer.next.is_none());
        let nameless = finding
            .without_names()
            .to_answer(|message| format!("{:?}", message.gaps()));
        assert_eq!(nameless.facts.len(), 1);
        assert!(nameless.text.contains(OPEN) && !nameless.text.contains("Anna"));
        let PublicFact(plain) = PublicFact::identifier("gnome3:curses /home/anna\n");
        assert_eq!(plain, "gnome3:curseshomeanna");
    }
}
