//! The service inside our own process, for programs that count and measure what it does.

use beid_testkit::test_trust;
use beidd::config::{Config, Sources};
use beidd::front::dbus;
use beidd::issuers::revocation::{Checker, RevocationSettings};
use beidd::prompt::Prompter;
use beidd::service::cards::Registry;
use beidd::service::events::Events;
use beidd::service::tokens::Tokens;
use beidd::service::{Parts, Service};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use zbus::zvariant::OwnedVariant;

/// Error of programs that use the service in their own process.
pub type SetupFailure = Box<dyn Error + Send + Sync>;

/// A service with no readers, no settings and no experience, that trusts the roots of the virtual cards as test roots and
/// keeps its files in `directory`.
///
/// # Errors
/// If it cannot be set up.
pub fn service(directory: &Path, prompter: Prompter) -> Result<Arc<Service>, SetupFailure> {
    let sources = Sources {
        etc: directory.join("etc"),
        user: None,
        named: None,
        environment: Vec::new(),
        flags: Vec::new(),
    };
    let events = Events::new();
    Ok(Service::new(Parts {
        registry: Registry::new(events.clone(), BTreeMap::new(), Arc::default()),
        events,
        tokens: Tokens::open(directory.join("tokens.json"))?,
        prompter,
        trust: test_trust().clone(),
        revocation: Checker::new(RevocationSettings::default(), directory, Timestamp::now),
        config: Config::load(&sources)?,
        clock: Timestamp::now,
        keeper: beidd::keeper::keeper(directory.to_path_buf()),
    }))
}

/// The members of an answer over D-Bus, as JSON.
///
/// # Errors
/// If JSON has nothing like it.
pub fn plain(members: HashMap<String, OwnedVariant>) -> Result<Value, SetupFailure> {
    let members = members.into_iter().map(|(name, value)| (name, value.into()));
    dbus::convert::to_members(members)
        .map(Value::Object)
        .map_err(|_| "no JSON".into())
}
