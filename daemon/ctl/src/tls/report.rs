//! Reports on the trust in beidd's certificate, as `--json` prints them.

use beid_client::ClientError;
use beid_stores::{CertificateStore, LocalAuthority, StoreEntry, StoreFault, StoreType};
use beid_texts::{Language, Message, Render};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::path::PathBuf;

/// Number of days before its end from which the certificate should be replaced.
const ENDS_SOON: i64 = 30;

/// Report on the trust in the daemon's certificate.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrustReport {
    /// Program that answers on the daemon's port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<EndpointReport>,
    /// The daemon's own authority; absent where the administrator's certificate is in use, or none is there yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authority: Option<AuthorityReport>,
    /// File of the administrator's certificate, where that is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) administrator: Option<PathBuf>,
    /// True if a rotation has begun and not ended.
    pub(crate) rotation_unfinished: bool,
    /// Each store.
    pub(crate) stores: Vec<StoreReport>,
    /// True if the stores were changed just now, so that open browsers do not know yet.
    #[serde(skip)]
    pub(crate) installed: bool,
}

/// Result of a handshake on the daemon's port.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointReport {
    /// State of the endpoint.
    pub(crate) state: EndpointState,
    /// Port of the daemon, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    /// Reason, where the state is not `trusted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// End of the certificate, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_after: Option<String>,
    /// Days until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) days_left: Option<i64>,
}

/// State of the endpoint, by a handshake that trusts the daemon's authority alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EndpointState {
    /// The daemon answers with its certificate.
    Trusted,
    /// No daemon runs.
    NotRunning,
    /// Another program answers on its port.
    AnotherProgram,
    /// The certificate has ended, or has not begun.
    Dates,
    /// Anything else.
    Failed,
}

/// An authority of ours.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorityReport {
    /// Name under which stores list it.
    pub(crate) name: String,
    /// SHA-256 of its certificate, in hex.
    pub(crate) sha256: String,
    /// End of its validity, ISO 8601.
    pub(crate) not_after: String,
    /// File with its certificate; absent for those that only a store holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<PathBuf>,
}

/// A store, and what it trusts of ours.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoreReport {
    /// Type of the store, by its word.
    #[serde(serialize_with = "store_word")]
    pub(crate) store: StoreType,
    /// Browser and profile; empty for stores of everybody.
    pub(crate) name: String,
    /// File or directory of the store.
    pub(crate) place: PathBuf,
    /// State of the store.
    pub(crate) state: StoreState,
    /// Reason of the state, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'static str>,
    /// Reason in English words, with the names that matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// Every authority of ours that it trusts.
    pub(crate) authorities: Vec<AuthorityReport>,
    /// The reason itself, for pages.
    #[serde(skip)]
    pub(crate) fault: Option<StoreFault>,
}

/// State of a store.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StoreState {
    /// It trusts the authority in use.
    Trusted,
    /// It trusts no authority of ours.
    NotTrusted,
    /// It trusts another authority of ours, most likely one that was replaced.
    OldAuthority,
    /// A profile that was never used, and has no store yet.
    NeverStarted,
    /// It cannot be read.
    Unknown,
    /// The authorities of ours that it had are removed.
    Removed,
}

/// Stores from which authorities were removed.
#[derive(Debug, Serialize)]
pub(crate) struct RemovalReport {
    /// Each of them.
    pub(crate) stores: Vec<StoreReport>,
}

/// Result of a rotation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RotationReport {
    /// Authority in use now.
    pub(crate) authority: AuthorityReport,
    /// Authority that was replaced, as long as a store trusts it that this user cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<AuthorityReport>,
    /// Stores that trust the one in use.
    pub(crate) stores: Vec<StoreReport>,
}

impl TrustReport {
    pub(crate) fn from_authority(authority: &LocalAuthority, file: PathBuf, stores: Vec<StoreReport>) -> Self {
        Self {
            authority: Some(AuthorityReport {
                file: Some(file),
                ..AuthorityReport::from(authority)
            }),
            stores,
            ..Self::default()
        }
    }

    pub(crate) fn from_administrator(file: PathBuf) -> Self {
        Self {
            administrator: Some(file),
            ..Self::default()
        }
    }

    pub(crate) fn from_stores(stores: Vec<StoreReport>) -> Self {
        Self {
            stores,
            ..Self::default()
        }
    }
}

impl EndpointReport {
    /// Describes the result of a handshake: port and end of the certificate, or the error.
    pub(crate) fn new(shown: Result<(u16, Timestamp), ClientError>, language: Language) -> Self {
        let failed = |state, port, detail| Self {
            state,
            port,
            detail: Some(detail),
            not_after: None,
            days_left: None,
        };
        let text = |id: &str| Message::new(id).render(language);
        match shown {
            Ok((port, end)) => Self {
                state: EndpointState::Trusted,
                port: Some(port),
                detail: None,
                not_after: Some(end.to_string()),
                days_left: Some(end.duration_since(Timestamp::now()).as_hours() / 24),
            },
            Err(ClientError::NotRunning | ClientError::Unreachable(_)) => {
                failed(EndpointState::NotRunning, None, text("ctl-not-running-detail"))
            }
            Err(ClientError::AnotherProgram { port, reason }) => {
                let said = Message::new("ctl-another-program-detail").arg("port", port.to_string());
                let said = said.arg("reason", reason).render(language);
                failed(EndpointState::AnotherProgram, Some(port), said)
            }
            Err(ClientError::CertificateDates(_)) => {
                failed(EndpointState::Dates, None, text("ctl-certificate-dates-detail"))
            }
            Err(error) => failed(EndpointState::Failed, None, error.to_string()),
        }
    }

    /// Returns true if the daemon answers.
    pub(crate) fn is_good(&self) -> bool {
        self.state == EndpointState::Trusted
    }

    /// Returns the days until the end of the certificate, if they are few.
    pub(crate) fn ends_soon(&self) -> Option<i64> {
        self.days_left.filter(|days| *days < ENDS_SOON)
    }
}

impl From<&LocalAuthority> for AuthorityReport {
    fn from(authority: &LocalAuthority) -> Self {
        Self {
            name: authority.name().to_owned(),
            sha256: authority.sha256(),
            not_after: authority.not_after().to_string(),
            file: None,
        }
    }
}

impl StoreReport {
    /// Looks into a store; `fault` is why it could not be changed just before.
    pub(crate) fn new(store: &CertificateStore, current: Option<&LocalAuthority>, fault: Option<StoreFault>) -> Self {
        match store.entries() {
            Ok(entries) => {
                let state = state_of(store.store_type(), &entries, current);
                let fault = fault.filter(|_| state != StoreState::Trusted);
                Self::from_state(store, state, fault, &entries)
            }
            Err(StoreFault::NeverStarted) => {
                Self::from_state(store, StoreState::NeverStarted, Some(StoreFault::NeverStarted), &[])
            }
            Err(unread) => Self::from_state(store, StoreState::Unknown, Some(unread), &[]),
        }
    }

    /// Removes the authorities that `concerns` names; `None` if the store has none of them.
    pub(crate) fn remove(store: &CertificateStore, concerns: impl Fn(&LocalAuthority) -> bool) -> Option<Self> {
        let concerned = |entries: Vec<StoreEntry>| {
            let entries = entries.into_iter();
            entries.filter(|entry| concerns(&entry.authority)).collect::<Vec<_>>()
        };
        let found = match store.entries() {
            Ok(entries) => concerned(entries),
            Err(StoreFault::NeverStarted) => return None,
            Err(fault) => return Some(Self::from_state(store, StoreState::Unknown, Some(fault), &[])),
        };
        if found.is_empty() {
            return None;
        }
        let mut each = found.iter();
        let removed = each.try_for_each(|entry| store.forget(&entry.authority));
        Some(match removed {
            Ok(()) => Self::from_state(store, StoreState::Removed, None, &found),
            Err(fault) => Self::from_state(store, StoreState::Trusted, Some(fault), &found),
        })
    }

    fn from_state(
        store: &CertificateStore,
        state: StoreState,
        fault: Option<StoreFault>,
        entries: &[StoreEntry],
    ) -> Self {
        Self {
            store: store.store_type(),
            name: store.label().to_owned(),
            place: store.place().to_owned(),
            state,
            reason: fault.as_ref().map(reason_word),
            detail: fault.as_ref().map(ToString::to_string),
            authorities: entries
                .iter()
                .filter(|entry| entry.trusted || state == StoreState::Removed)
                .map(|entry| AuthorityReport::from(&entry.authority))
                .collect(),
            fault,
        }
    }

    /// Returns true if there is nothing to do about it. A profile that was never used cannot be changed yet.
    pub(crate) fn is_good(&self) -> bool {
        match self.state {
            StoreState::Trusted => self.fault.is_none(),
            StoreState::NeverStarted | StoreState::Removed => true,
            StoreState::NotTrusted | StoreState::OldAuthority | StoreState::Unknown => false,
        }
    }
}

/// State of a store by what it holds. In one of everybody, other authorities are most likely other users'.
fn state_of(store_type: StoreType, entries: &[StoreEntry], current: Option<&LocalAuthority>) -> StoreState {
    let mut trusted = entries
        .iter()
        .filter(|entry| entry.trusted)
        .map(|entry| &entry.authority);
    if trusted.clone().any(|authority| Some(authority) == current) {
        StoreState::Trusted
    } else if trusted.next().is_some() && !store_type.is_for_everybody() {
        StoreState::OldAuthority
    } else {
        StoreState::NotTrusted
    }
}

/// Word for a fault, which programs can rely on.
fn reason_word(fault: &StoreFault) -> &'static str {
    match fault {
        StoreFault::NeedsRoot => "needs-root",
        StoreFault::NeverStarted => "never-started",
        StoreFault::Password => "password",
        StoreFault::OtherUser(_) => "other-user",
        StoreFault::ToolMissing { .. } => "tool-missing",
        StoreFault::PoliciesElsewhere(_) => "policies-elsewhere",
        StoreFault::Unusable(_) => "unusable",
    }
}

/// Reason of profiles that trust the authority because the policy file says so.
pub(crate) const BY_POLICY: &str = "by-policy";

/// Counts profiles of Firefox as trusting where the policy file does: each start of Firefox applies it. A Flatpak does not
/// see that file.
pub(crate) fn credit_policy(stores: &mut [StoreReport]) {
    let by_policy = |store: &StoreReport| store.store == StoreType::FirefoxPolicy && store.state == StoreState::Trusted;
    if !stores.iter().any(by_policy) {
        return;
    }
    let profiles = stores.iter_mut().filter(|store| store.store == StoreType::Firefox);
    for profile in profiles.filter(|profile| !profile.name.contains("Flatpak")) {
        if matches!(
            profile.state,
            StoreState::NotTrusted | StoreState::OldAuthority | StoreState::NeverStarted
        ) {
            profile.state = StoreState::Trusted;
            profile.reason = Some(BY_POLICY);
            (profile.detail, profile.fault) = (None, None);
        }
    }
}

fn store_word<S: Serializer>(store: &StoreType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(store.word())
}
