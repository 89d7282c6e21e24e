//! Pages about the trust in beidd's certificate.

use super::page::{Page, Paint, visible};
use crate::tls::{
    BY_POLICY, EndpointReport, EndpointState, RemovalReport, RotationReport, StoreReport, StoreState, TrustReport,
};
use beid_stores::{StoreFault, StoreType};
use beid_texts::{Language, Message, Render};
use std::path::Path;

/// The program that answers, and the stores that trust it.
pub(crate) fn trust(report: &TrustReport, paint: Paint) -> String {
    let mut page = Page::default();
    let say = |message: Message| message.render(paint.language());
    if let Some(endpoint) = &report.endpoint {
        page.line(self::endpoint(endpoint, paint));
        if let Some(days) = endpoint.ends_soon() {
            let text = match days {
                1 => Message::new("tls-ends-soon-one"),
                days => Message::new("tls-ends-soon").arg("days", days.to_string()),
            };
            page.line(paint.doubtful(&say(text)));
        }
    }
    if let Some(file) = &report.administrator {
        page.line(say(Message::new("tls-administrator").arg("file", shown(file))));
    }
    let file = report
        .authority
        .as_ref()
        .and_then(|authority| authority.file.as_deref());
    if let Some(authority) = &report.authority {
        let text = Message::new("tls-authority").arg("name", authority.name.as_str());
        page.line(say(text.arg("file", file.map(shown).unwrap_or_default())));
        page.line(format!("SHA-256 {}", authority.sha256));
    }
    if report.rotation_unfinished {
        page.line(paint.doubtful(&say(Message::new("tls-rotation-unfinished"))));
    }
    if !report.stores.is_empty() {
        page.line(String::new());
    }
    for store in &report.stores {
        self::store(&mut page, store, file, paint);
    }
    if report.installed && report.stores.iter().any(|store| store.state == StoreState::Trusted) {
        page.line(String::new());
        page.line(say(Message::new("tls-restart-browsers")));
    }
    page.0
}

/// Stores from which authorities were removed.
pub(crate) fn removal(report: &RemovalReport, paint: Paint) -> String {
    let mut page = Page::default();
    if report.stores.is_empty() {
        page.line(Message::new("tls-nothing-to-remove").render(paint.language()));
    }
    for store in &report.stores {
        self::store(&mut page, store, None, paint);
    }
    page.0
}

/// The certificate after a rotation.
pub(crate) fn rotation(report: &RotationReport, paint: Paint) -> String {
    let mut page = Page::default();
    let say = |message: Message| message.render(paint.language());
    let text = Message::new("tls-rotated").arg("name", report.authority.name.as_str());
    page.line(paint.good(&say(text.arg("date", day(&report.authority.not_after)))));
    if let Some(previous) = &report.previous {
        let file = previous.file.as_deref().map(quoted).unwrap_or_default();
        let text = Message::new("tls-previous-left").arg("name", previous.name.as_str());
        page.line(paint.doubtful(&say(text.arg("file", file))));
    }
    for store in &report.stores {
        self::store(&mut page, store, None, paint);
    }
    page.0
}

fn endpoint(endpoint: &EndpointReport, paint: Paint) -> String {
    match endpoint.state {
        EndpointState::Trusted => {
            let text = Message::new("tls-answers");
            let text = text.arg("port", endpoint.port.unwrap_or_default().to_string());
            let end = endpoint.not_after.as_deref().unwrap_or_default();
            paint.good(&text.arg("date", day(end)).render(paint.language()))
        }
        EndpointState::NotRunning | EndpointState::AnotherProgram | EndpointState::Dates | EndpointState::Failed => {
            paint.bad(&visible(endpoint.detail.as_deref().unwrap_or_default()))
        }
    }
}

/// Adds a store: its name, its state, its place, and what to do.
fn store(page: &mut Page, store: &StoreReport, file: Option<&Path>, paint: Paint) {
    let language = paint.language();
    let (id, mark) = match store.state {
        StoreState::Trusted => ("tls-store-trusted", paint.good("✔")),
        StoreState::Removed => ("tls-store-removed", paint.good("✔")),
        StoreState::NotTrusted => ("tls-store-not-trusted", paint.bad("✘")),
        StoreState::OldAuthority => ("tls-store-old-authority", paint.bad("✘")),
        StoreState::NeverStarted => ("tls-store-never-started", "-".to_owned()),
        StoreState::Unknown => ("tls-store-unknown", paint.doubtful("?")),
    };
    let name = store_name(store.store, &store.name, language);
    let state = Message::new(id).render(language);
    page.line(format!("{mark} {}: {state}", paint.bold(&visible(&name))));
    page.line(format!("    {}", visible(&shown(&store.place))));
    let advice = match (&store.fault, store.reason) {
        (Some(fault), _) => advice(fault, store.store, file, language),
        (None, Some(BY_POLICY)) => Message::new("tls-by-policy").render(language),
        (None, _) => match store.state {
            StoreState::NotTrusted | StoreState::OldAuthority if store.store.is_for_everybody() => {
                self::advice(&StoreFault::NeedsRoot, store.store, file, language)
            }
            StoreState::NotTrusted => Message::new("tls-do-install").render(language),
            StoreState::OldAuthority => Message::new("tls-do-install-anew").render(language),
            StoreState::Trusted | StoreState::Removed | StoreState::NeverStarted | StoreState::Unknown => return,
        },
    };
    page.line(format!("    → {}", visible(&advice)));
}

/// Name of a store for people.
pub(crate) fn store_name(store_type: StoreType, label: &str, language: Language) -> String {
    match store_type {
        StoreType::System => Message::new("tls-name-system").render(language),
        StoreType::FirefoxPolicy => Message::new("tls-name-firefox-policy").render(language),
        StoreType::Chromium | StoreType::Firefox => label.to_owned(),
    }
}

/// Advice on a fault; `file` has the certificate that the store should trust, absent if it should not.
pub(crate) fn advice(fault: &StoreFault, store_type: StoreType, file: Option<&Path>, language: Language) -> String {
    let ca = file.map(quoted).unwrap_or_default();
    let message = match (fault, file) {
        (StoreFault::NeedsRoot, Some(_)) => Message::new("tls-needs-root")
            .arg("file", ca)
            .arg("store", store_type.word()),
        (StoreFault::NeedsRoot, None) => Message::new("tls-needs-root-to-remove").arg("store", store_type.word()),
        (StoreFault::NeverStarted, _) => Message::new("tls-never-started"),
        (StoreFault::Password, _) => Message::new("tls-password").arg("file", ca),
        (StoreFault::OtherUser(user), _) => Message::new("tls-other-user").arg("user", user.to_string()),
        (StoreFault::ToolMissing { program, package }, _) => Message::new("tls-tool-missing")
            .arg("program", *program)
            .arg("package", *package),
        (StoreFault::PoliciesElsewhere(policies), _) => Message::new("tls-policies-elsewhere")
            .arg("policies", shown(policies))
            .arg("file", ca),
        (StoreFault::Unusable(reason), _) => return reason.clone(),
    };
    message.render(language)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = shown(path);
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:".contains(c);
    if path.chars().all(plain) {
        path
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// The day of a time in ISO 8601.
fn day(time: &str) -> String {
    time.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::AuthorityReport;
    use std::path::PathBuf;

    fn faults() -> Vec<Option<StoreFault>> {
        let tool = StoreFault::ToolMissing {
            program: "certutil",
            package: "libnss3-tools",
        };
        vec![
            None,
            Some(StoreFault::NeedsRoot),
            Some(StoreFault::NeverStarted),
            Some(StoreFault::Password),
            Some(StoreFault::OtherUser(1001)),
            Some(tool),
            Some(StoreFault::PoliciesElsewhere(PathBuf::from("/opt/policies.json"))),
            Some(StoreFault::Unusable("/a/cert9.db: damaged".to_owned())),
        ]
    }

    fn store(store: StoreType, state: StoreState, fault: Option<StoreFault>) -> StoreReport {
        StoreReport {
            store,
            name: "Firefox: ab\u{1b}[2J".to_owned(),
            place: PathBuf::from("/home/a b"),
            state,
            reason: None,
            detail: None,
            authorities: Vec::new(),
            fault,
        }
    }

    #[test]
    fn every_state_and_reason_has_words_in_every_language() {
        use StoreState::{NeverStarted, NotTrusted, OldAuthority, Removed, Trusted, Unknown};
        let states = [Trusted, NotTrusted, OldAuthority, NeverStarted, Unknown, Removed];
        for language in Language::ALL {
            let paint = Paint::new(false, language);
            let mut pages = Vec::new();
            for store_type in StoreType::ALL {
                let by_state = states.map(|state| store(store_type, state, None));
                let by_fault = faults().into_iter().map(|fault| store(store_type, NotTrusted, fault));
                let mut stores: Vec<_> = by_state.into_iter().chain(by_fault).collect();
                stores.push(StoreReport {
                    reason: Some(BY_POLICY),
                    ..store(store_type, Trusted, None)
                });
                let authority = AuthorityReport {
                    name: "beidd local authority 1a2b3c4d".to_owned(),
                    sha256: "ab".repeat(32),
                    not_after: "2029-03-01T19:18:37Z".to_owned(),
                    file: Some(PathBuf::from("/state/it's/ca.pem")),
                };
                let report = TrustReport {
                    authority: Some(authority.clone()),
                    rotation_unfinished: true,
                    installed: true,
                    stores,
                    ..TrustReport::default()
                };
                pages.push(trust(&report, paint));
                pages.push(trust(
                    &TrustReport::from_administrator(PathBuf::from("/etc/ca.pem")),
                    paint,
                ));
                pages.push(rotation(
                    &RotationReport {
                        authority: authority.clone(),
                        previous: Some(authority),
                        stores: vec![store(store_type, Trusted, None)],
                    },
                    paint,
                ));
                let fault = Some(StoreFault::NeedsRoot);
                let stores = vec![store(store_type, Trusted, fault)];
                pages.push(removal(&RemovalReport { stores }, paint));
                pages.push(removal(&RemovalReport { stores: Vec::new() }, paint));
            }
            let all = pages.concat();
            for line in all.lines() {
                let id = line.split_whitespace().find(|word| word.starts_with("tls-"));
                assert!(id.is_none(), "{}: no words: {line}", language.tag());
                assert!(!line.contains(['{', '\u{1b}']), "{}: {line}", language.tag());
            }
            let words = [
                "libnss3-tools",
                "1001",
                "/opt/policies.json",
                "2029-03-01",
                r"--ca '/state/it'\''s/ca.pem' --store system",
            ];
            for words in words {
                assert!(all.contains(words), "{}: {words}", language.tag());
            }
        }
    }
}
