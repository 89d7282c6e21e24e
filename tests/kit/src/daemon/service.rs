//! The service in the test's own process.

use super::Person;
use crate::cards::test_trust;
use beid_evidence::Recorder;
use beid_issuers::revocation::{Checker, RevocationSettings};
use beid_pki::TrustStore;
use beid_prompt::Prompter;
use beid_service::cards::{Registry, Roles};
use beid_service::events::Events;
use beid_service::keeper::keeper;
use beid_service::readings::ReadingCounts;
use beid_service::silences::Silences;
use beid_service::tokens::Tokens;
use beid_service::{Parts, Service};
use beid_settings::roots::{RootFiles, VerificationRoots, read_roots};
use beid_settings::{Config, Sources};
use beid_texts::Language;
use jiff::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Parts of a service that tests choose, with their usual values.
pub struct ServiceSetup {
    directory: PathBuf,
    /// Settings.
    pub config: Config,
    /// Way of asking a person. There is nobody to ask unless [`person`](Self::person) sets it.
    pub prompter: Prompter,
    /// Roots of authorities: the Belgian ones, and those of the virtual cards as test roots.
    pub trust: TrustStore,
    /// Questions to issuers: none.
    pub revocation: RevocationSettings,
    /// Clock: that of the system.
    pub clock: fn() -> Timestamp,
    /// Records of what is done: none, unless a test is about them.
    pub evidence: Recorder,
}

impl ServiceSetup {
    /// Chooses the usual parts for a service that keeps its files in `directory`, with `settings` as in `beidd.toml`.
    ///
    /// # Panics
    /// If the settings are refused.
    #[must_use]
    pub fn new(directory: &Path, settings: &str) -> Self {
        let file = directory.join("beidd.toml");
        fs::write(&file, settings).expect("the settings can be written");
        let sources = Sources {
            etc: directory.join("etc"),
            user: None,
            named: Some(file),
            environment: Vec::new(),
            flags: Vec::new(),
        };
        Self {
            directory: directory.to_owned(),
            config: Config::load(&sources).unwrap_or_else(|error| panic!("{error}")),
            prompter: Prompter::new(None, Language::En, Duration::from_secs(60)),
            trust: test_trust().clone(),
            revocation: RevocationSettings::default(),
            clock: Timestamp::now,
            evidence: Recorder::Off,
        }
    }

    /// Lets `person` answer the dialogs.
    ///
    /// # Panics
    /// If the pinentry program cannot be written.
    #[must_use]
    pub fn person(self, person: Person) -> Self {
        let pinentry = person.pinentry(&self.directory);
        Self {
            prompter: Prompter::new(Some(pinentry), person.language(), Duration::from_secs(60)),
            ..self
        }
    }

    /// Makes the service. It has no readers yet.
    ///
    /// # Panics
    /// If its files cannot be read.
    #[must_use]
    pub fn start(self) -> Arc<Service> {
        let (directory, events) = (self.directory, Events::new());
        let roles = self.config.settings.pcsc.roles().by_part();
        let roles = Roles::open(roles, directory.join("roles.json")).expect("roles can be read");
        let roots = RootFiles::from_settings(&self.config.settings.trust, None);
        let roots = roots.load(|path| read_roots(path).map(|roots| roots.certificates));
        let roots = roots.expect("roots can be read");
        Service::new(Parts {
            registry: Registry::new(events.clone(), roles, Arc::default()),
            events,
            readings: ReadingCounts::open(&directory).expect("numbers of readings can be read"),
            tokens: Tokens::open(&directory).expect("tokens can be read"),
            silences: Silences::open(&directory).expect("silenced callers can be read"),
            prompter: self.prompter,
            verification: VerificationRoots {
                signers: self.trust.clone(),
                ..roots
            },
            trust: self.trust,
            revocation: Checker::new(self.revocation, &directory, Timestamp::now),
            config: self.config,
            clock: self.clock,
            keeper: keeper(directory),
            evidence: self.evidence,
        })
    }
}
