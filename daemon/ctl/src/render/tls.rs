//! Pages about the trust in beidd's certificate.

use super::page::{Page, Paint, visible};
use crate::tls::{Installed, RemovalReport, RotationReport};
use beid_api::types::{EndpointAnswer, TlsStatusAnswer, TrustStoreAnswer};
use beid_api::words::{EndpointState, TrustStoreReason, TrustStoreState, TrustStoreType};
use beid_texts::{Language, Message, Render};

/// The program that answers, and the stores that trust it.
pub(crate) fn trust(report: &TlsStatusAnswer, installed: Installed, paint: Paint) -> String {
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
        page.line(say(Message::new("tls-administrator").arg("file", file.as_str())));
    }
    let file = report
        .authority
        .as_ref()
        .and_then(|authority| authority.file.as_deref());
    if let Some(authority) = &report.authority {
        let text = Message::new("tls-authority").arg("name", authority.name.as_str());
        page.line(say(text.arg("file", file.unwrap_or_default())));
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
    if installed == Installed::Yes
        && report
            .stores
            .iter()
            .any(|store| store.state == TrustStoreState::Trusted)
    {
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

fn endpoint(endpoint: &EndpointAnswer, paint: Paint) -> String {
    let port = endpoint.port.unwrap_or_default().to_string();
    let detail = endpoint.detail.as_deref().unwrap_or_default();
    let said = match &endpoint.state {
        EndpointState::Trusted => {
            let end = endpoint.not_after.as_deref().unwrap_or_default();
            let text = Message::new("tls-answers").arg("port", port).arg("date", day(end));
            return paint.good(&text.render(paint.language()));
        }
        EndpointState::NotRunning => Message::new("ctl-not-running-detail"),
        EndpointState::AnotherProgram => Message::new("ctl-another-program-detail")
            .arg("port", port)
            .arg("reason", detail),
        EndpointState::Dates => Message::new("ctl-certificate-dates-detail"),
        EndpointState::Failed | EndpointState::Other(_) => return paint.bad(&visible(detail)),
    };
    paint.bad(&visible(&said.render(paint.language())))
}

/// Adds a store: its name, its state, its place, and what to do.
fn store(page: &mut Page, store: &TrustStoreAnswer, file: Option<&str>, paint: Paint) {
    let language = paint.language();
    let (id, mark) = match &store.state {
        TrustStoreState::Trusted => ("tls-store-trusted", paint.good("✔")),
        TrustStoreState::Removed => ("tls-store-removed", paint.good("✔")),
        TrustStoreState::NotTrusted => ("tls-store-not-trusted", paint.bad("✘")),
        TrustStoreState::OldAuthority => ("tls-store-old-authority", paint.bad("✘")),
        TrustStoreState::NeverStarted => ("tls-store-never-started", "-".to_owned()),
        TrustStoreState::Unknown | TrustStoreState::Other(_) => ("tls-store-unknown", paint.doubtful("?")),
    };
    let name = store_name(store, language);
    let state = Message::new(id).render(language);
    page.line(format!("{mark} {}: {state}", paint.bold(&visible(&name))));
    page.line(format!("    {}", visible(&store.place)));
    if let Some(advice) = advice(store, file, language) {
        page.line(format!("    → {}", visible(&advice)));
    }
}

/// Name of a store for people.
pub(crate) fn store_name(store: &TrustStoreAnswer, language: Language) -> String {
    match &store.store {
        TrustStoreType::System => Message::new("tls-name-system").render(language),
        TrustStoreType::FirefoxPolicy => Message::new("tls-name-firefox-policy").render(language),
        TrustStoreType::Chromium | TrustStoreType::Firefox | TrustStoreType::Other(_) => store.name.clone(),
    }
}

/// Advice on a store, if there is anything to do or to know; `file` has the certificate that it should trust, absent if it
/// should not.
pub(crate) fn advice(store: &TrustStoreAnswer, file: Option<&str>, language: Language) -> Option<String> {
    let for_everybody = matches!(store.store, TrustStoreType::System | TrustStoreType::FirefoxPolicy);
    let message = match (&store.reason, &store.state) {
        (Some(reason), _) => match about_reason(reason, store, file) {
            Some(message) => message,
            None => return store.detail.clone(),
        },
        (None, TrustStoreState::NotTrusted | TrustStoreState::OldAuthority) if for_everybody => {
            about_reason(&TrustStoreReason::NeedsRoot, store, file)?
        }
        (None, TrustStoreState::NotTrusted) => Message::new("tls-do-install"),
        (None, TrustStoreState::OldAuthority) => Message::new("tls-do-install-anew"),
        (
            None,
            TrustStoreState::Trusted
            | TrustStoreState::Removed
            | TrustStoreState::NeverStarted
            | TrustStoreState::Unknown
            | TrustStoreState::Other(_),
        ) => return None,
    };
    Some(message.render(language))
}

fn about_reason(reason: &TrustStoreReason, store: &TrustStoreAnswer, file: Option<&str>) -> Option<Message> {
    let ca = file.map(quoted).unwrap_or_default();
    Some(match (reason, file) {
        (TrustStoreReason::NeedsRoot, Some(_)) => Message::new("tls-needs-root")
            .arg("file", ca)
            .arg("store", store.store.word()),
        (TrustStoreReason::NeedsRoot, None) => {
            Message::new("tls-needs-root-to-remove").arg("store", store.store.word())
        }
        (TrustStoreReason::NeverStarted, _) => Message::new("tls-never-started"),
        (TrustStoreReason::Password, _) => Message::new("tls-password").arg("file", ca),
        (TrustStoreReason::OtherUser, _) => {
            let user = store.user.map(|user| user.to_string());
            Message::new("tls-other-user").arg("user", user.unwrap_or_default())
        }
        (TrustStoreReason::ToolMissing, _) => {
            let (program, package) = store.tool.clone().map(|tool| (tool.program, tool.package)).unzip();
            Message::new("tls-tool-missing")
                .arg("program", program.unwrap_or_default())
                .arg("package", package.unwrap_or_default())
        }
        (TrustStoreReason::PoliciesElsewhere, _) => Message::new("tls-policies-elsewhere")
            .arg("policies", store.policies.clone().unwrap_or_default())
            .arg("file", ca),
        (TrustStoreReason::ByPolicy, _) => Message::new("tls-by-policy"),
        // The detail says what.
        (TrustStoreReason::Unusable | TrustStoreReason::Other(_), _) => return None,
    })
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
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
    use beid_api::types::{MissingToolAnswer, StoredAuthorityAnswer};

    fn store(store: &str, state: TrustStoreState, reason: Option<&str>) -> TrustStoreAnswer {
        TrustStoreAnswer {
            store: TrustStoreType::from_word(store),
            name: "Firefox: ab\u{1b}[2J".to_owned(),
            place: "/home/a b".to_owned(),
            state,
            reason: reason.map(TrustStoreReason::from_word),
            detail: Some("/a/cert9.db: damaged".to_owned()),
            user: Some(1001),
            tool: Some(MissingToolAnswer {
                program: "certutil".to_owned(),
                package: "libnss3-tools".to_owned(),
            }),
            policies: Some("/opt/policies.json".to_owned()),
            authorities: Vec::new(),
        }
    }

    #[test]
    fn every_state_and_reason_has_words_in_every_language() {
        for language in Language::ALL {
            let paint = Paint::new(false, language);
            let mut pages = Vec::new();
            for store_type in TrustStoreType::WORDS {
                let states = TrustStoreState::WORDS.iter();
                let by_state = states.map(|state| store(store_type, TrustStoreState::from_word(state), None));
                let reasons = TrustStoreReason::WORDS.iter();
                let by_reason = reasons.map(|reason| store(store_type, TrustStoreState::NotTrusted, Some(reason)));
                let stores: Vec<_> = by_state.chain(by_reason).collect();
                let authority = StoredAuthorityAnswer {
                    name: "beidd local authority 1a2b3c4d".to_owned(),
                    sha256: "ab".repeat(32),
                    not_after: "2029-03-01T19:18:37Z".to_owned(),
                    file: Some("/state/it's/ca.pem".to_owned()),
                };
                let report = TlsStatusAnswer {
                    authority: Some(authority.clone()),
                    rotation_unfinished: true,
                    stores,
                    ..TlsStatusAnswer::default()
                };
                pages.push(trust(&report, Installed::Yes, paint));
                let administrator = TlsStatusAnswer {
                    administrator: Some("/etc/ca.pem".to_owned()),
                    ..TlsStatusAnswer::default()
                };
                pages.push(trust(&administrator, Installed::No, paint));
                for state in EndpointState::WORDS {
                    let endpoint = Some(EndpointAnswer {
                        state: EndpointState::from_word(state),
                        port: Some(32032),
                        detail: Some("why".to_owned()),
                        not_after: None,
                        days_left: Some(1),
                    });
                    let report = TlsStatusAnswer {
                        endpoint,
                        ..TlsStatusAnswer::default()
                    };
                    pages.push(trust(&report, Installed::No, paint));
                }
                pages.push(rotation(
                    &RotationReport {
                        authority: authority.clone(),
                        previous: Some(authority),
                        stores: vec![store(store_type, TrustStoreState::Trusted, None)],
                    },
                    paint,
                ));
                let stores = vec![store(store_type, TrustStoreState::Trusted, Some("needs-root"))];
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
