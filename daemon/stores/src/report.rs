//! Reports on stores: what each trusts of ours, and the reason where that is not as it should be.

use super::{CertificateStore, LocalAuthority, StoreEntry, StoreFault, StoreType};
use beid_api::types::{MissingToolAnswer, StoredAuthorityAnswer, TlsStatusAnswer, TrustStoreAnswer};
use beid_api::words::{TrustStoreReason, TrustStoreState, TrustStoreType};
use std::path::{Path, PathBuf};

/// The certificate that clients of a daemon trust.
#[derive(Debug)]
pub enum TrustAnchor {
    /// The daemon's own authority, with its file.
    Local(LocalAuthority, PathBuf),
    /// The administrator's, in this file.
    Administrator(PathBuf),
}

impl TrustAnchor {
    /// Tells by the content of the file that the daemon names as its authority whose it is.
    #[must_use]
    pub fn from_file(file: PathBuf, content: &[u8]) -> Self {
        match LocalAuthority::parse(content) {
            Ok(authority) => Self::Local(authority, file),
            Err(_) => Self::Administrator(file),
        }
    }

    /// Returns the daemon's own authority.
    #[must_use]
    pub fn local(&self) -> Option<&LocalAuthority> {
        match self {
            Self::Local(authority, _) => Some(authority),
            Self::Administrator(_) => None,
        }
    }
}

/// Looks into every store; `anchor` is absent before the daemon has made its certificate. The endpoint is not looked at.
#[must_use]
pub fn survey_stores(anchor: Option<&TrustAnchor>, stores: &[CertificateStore]) -> TlsStatusAnswer {
    let local = anchor.and_then(TrustAnchor::local);
    let surveyed = stores.iter().map(|store| survey_store(store, local, None));
    let mut stores: Vec<_> = surveyed.collect();
    credit_policy(&mut stores);
    match anchor {
        Some(TrustAnchor::Local(authority, file)) => TlsStatusAnswer {
            rotation_unfinished: is_rotating(file),
            ..authority_status(authority, file, stores)
        },
        Some(TrustAnchor::Administrator(file)) => administrator_status(file),
        None => TlsStatusAnswer {
            stores,
            ..TlsStatusAnswer::default()
        },
    }
}

/// Report on stores that should trust `authority`.
#[must_use]
pub fn authority_status(authority: &LocalAuthority, file: &Path, stores: Vec<TrustStoreAnswer>) -> TlsStatusAnswer {
    TlsStatusAnswer {
        authority: Some(StoredAuthorityAnswer {
            file: Some(file.display().to_string()),
            ..described(authority)
        }),
        stores,
        ..TlsStatusAnswer::default()
    }
}

/// Report where the administrator's certificate is in use: stores are the administrator's business.
#[must_use]
pub fn administrator_status(file: &Path) -> TlsStatusAnswer {
    TlsStatusAnswer {
        administrator: Some(file.display().to_string()),
        ..TlsStatusAnswer::default()
    }
}

/// Looks into a store; `fault` is why it could not be changed just before.
#[must_use]
pub fn survey_store(
    store: &CertificateStore,
    current: Option<&LocalAuthority>,
    fault: Option<StoreFault>,
) -> TrustStoreAnswer {
    match store.entries() {
        Ok(entries) => {
            let state = state_of(store.store_type(), &entries, current);
            let fault = fault.filter(|_| state != TrustStoreState::Trusted);
            answer(store, state, fault, &entries)
        }
        Err(StoreFault::NeverStarted) => {
            let fault = Some(StoreFault::NeverStarted);
            answer(store, TrustStoreState::NeverStarted, fault, &[])
        }
        Err(unread) => answer(store, TrustStoreState::Unknown, Some(unread), &[]),
    }
}

/// Removes the authorities that `concerns` names; `None` if the store has none of them.
pub fn remove_from_store(
    store: &CertificateStore,
    concerns: impl Fn(&LocalAuthority) -> bool,
) -> Option<TrustStoreAnswer> {
    let concerned = |entries: Vec<StoreEntry>| {
        let entries = entries.into_iter();
        entries.filter(|entry| concerns(&entry.authority)).collect::<Vec<_>>()
    };
    let found = match store.entries() {
        Ok(entries) => concerned(entries),
        Err(StoreFault::NeverStarted) => return None,
        Err(fault) => return Some(answer(store, TrustStoreState::Unknown, Some(fault), &[])),
    };
    if found.is_empty() {
        return None;
    }
    let mut each = found.iter();
    let removed = each.try_for_each(|entry| store.forget(&entry.authority));
    Some(match removed {
        Ok(()) => answer(store, TrustStoreState::Removed, None, &found),
        Err(fault) => answer(store, TrustStoreState::Trusted, Some(fault), &found),
    })
}

/// Describes an authority as stores hold it.
#[must_use]
pub fn described(authority: &LocalAuthority) -> StoredAuthorityAnswer {
    StoredAuthorityAnswer {
        name: authority.name().to_owned(),
        sha256: authority.sha256(),
        not_after: authority.not_after().to_string(),
        file: None,
    }
}

/// Returns true if sets of before or after a rotation lie beside the authority's `file`.
fn is_rotating(file: &Path) -> bool {
    let directory = file.parent();
    directory.is_some_and(|directory| ["next", "previous"].iter().any(|set| directory.join(set).exists()))
}

/// State of a store by what it holds. In one of everybody, other authorities are most likely other users'.
fn state_of(store_type: StoreType, entries: &[StoreEntry], current: Option<&LocalAuthority>) -> TrustStoreState {
    let mut trusted = entries
        .iter()
        .filter(|entry| entry.trusted)
        .map(|entry| &entry.authority);
    if trusted.clone().any(|authority| Some(authority) == current) {
        TrustStoreState::Trusted
    } else if trusted.next().is_some() && !store_type.is_for_everybody() {
        TrustStoreState::OldAuthority
    } else {
        TrustStoreState::NotTrusted
    }
}

fn answer(
    store: &CertificateStore,
    state: TrustStoreState,
    fault: Option<StoreFault>,
    entries: &[StoreEntry],
) -> TrustStoreAnswer {
    let was_removed = state == TrustStoreState::Removed;
    let held = entries.iter().filter(|entry| entry.trusted || was_removed);
    let answer = TrustStoreAnswer {
        store: TrustStoreType::from_word(store.store_type().word()),
        name: store.label().to_owned(),
        place: store.place().display().to_string(),
        state,
        reason: None,
        detail: fault.as_ref().map(ToString::to_string),
        user: None,
        tool: None,
        policies: None,
        authorities: held.map(|entry| described(&entry.authority)).collect(),
    };
    match fault {
        Some(fault) => with_reason(answer, fault),
        None => answer,
    }
}

/// Adds the word for a fault, which programs can rely on, and the facts that belong to it.
fn with_reason(mut answer: TrustStoreAnswer, fault: StoreFault) -> TrustStoreAnswer {
    answer.reason = Some(match fault {
        StoreFault::NeedsRoot => TrustStoreReason::NeedsRoot,
        StoreFault::NeverStarted => TrustStoreReason::NeverStarted,
        StoreFault::Password => TrustStoreReason::Password,
        StoreFault::OtherUser(user) => {
            answer.user = Some(user);
            TrustStoreReason::OtherUser
        }
        StoreFault::ToolMissing { program, package } => {
            let (program, package) = (program.to_owned(), package.to_owned());
            answer.tool = Some(MissingToolAnswer { program, package });
            TrustStoreReason::ToolMissing
        }
        StoreFault::PoliciesElsewhere(policies) => {
            answer.policies = Some(policies.display().to_string());
            TrustStoreReason::PoliciesElsewhere
        }
        StoreFault::Unusable(_) => TrustStoreReason::Unusable,
    });
    answer
}

/// Counts profiles of Firefox as trusting where the policy file does: each start of Firefox applies it. A Flatpak does not
/// see that file.
fn credit_policy(stores: &mut [TrustStoreAnswer]) {
    let by_policy = |store: &TrustStoreAnswer| {
        store.store == TrustStoreType::FirefoxPolicy && store.state == TrustStoreState::Trusted
    };
    if !stores.iter().any(by_policy) {
        return;
    }
    let profiles = stores.iter_mut().filter(|store| store.store == TrustStoreType::Firefox);
    for profile in profiles.filter(|profile| !profile.name.contains("Flatpak")) {
        if matches!(
            profile.state,
            TrustStoreState::NotTrusted | TrustStoreState::OldAuthority | TrustStoreState::NeverStarted
        ) {
            profile.state = TrustStoreState::Trusted;
            profile.reason = Some(TrustStoreReason::ByPolicy);
            profile.detail = None;
        }
    }
}
