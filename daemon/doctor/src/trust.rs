//! The report on the endpoint and on the stores of browsers, as findings.

use beid_api::types::{EndpointAnswer, TlsStatusAnswer, TrustStoreAnswer};
use beid_api::words::{EndpointState, TrustStoreState, TrustStoreType};
use beid_api::{DoctorFinding, FindingCode};
use std::path::Path;

/// Says of each part of the report how it is.
#[must_use]
pub fn about_trust(status: &TlsStatusAnswer) -> Vec<DoctorFinding> {
    let mut findings: Vec<_> = status.endpoint.iter().filter_map(endpoint).collect();
    let ends = status.endpoint.as_ref().and_then(EndpointAnswer::ends_soon);
    findings.extend(ends.map(|days| DoctorFinding::new(FindingCode::CertificateEnds).word("days", days)));
    if status.rotation_unfinished {
        findings.push(DoctorFinding::new(FindingCode::RotationUnfinished));
    }
    if let Some(file) = &status.administrator {
        findings.push(DoctorFinding::new(FindingCode::AdministratorCertificate).name("file", file.as_str()));
        return findings;
    }
    if !status.stores.iter().any(|store| !is_for_everybody(store)) {
        findings.push(DoctorFinding::new(FindingCode::StoreNone));
    }
    findings.extend(status.stores.iter().map(store));
    findings
}

/// Finding about the handshake; none where no daemon runs, which is a finding of its own.
fn endpoint(endpoint: &EndpointAnswer) -> Option<DoctorFinding> {
    let port = endpoint.port.unwrap_or_default();
    let detail = endpoint.detail.as_deref().unwrap_or_default();
    Some(match &endpoint.state {
        EndpointState::Trusted => DoctorFinding::new(FindingCode::EndpointAnswers).word("port", port),
        EndpointState::NotRunning => return None,
        EndpointState::AnotherProgram => DoctorFinding::new(FindingCode::EndpointAnother)
            .word("port", port)
            .name("reason", detail),
        EndpointState::Dates => DoctorFinding::new(FindingCode::EndpointDates),
        EndpointState::Failed | EndpointState::Other(_) => {
            DoctorFinding::new(FindingCode::EndpointFails).name("reason", detail)
        }
    })
}

fn store(store: &TrustStoreAnswer) -> DoctorFinding {
    let code = match &store.state {
        TrustStoreState::Trusted => FindingCode::StoreTrusts,
        TrustStoreState::NotTrusted | TrustStoreState::OldAuthority | TrustStoreState::Removed
            if is_for_everybody(store) =>
        {
            FindingCode::StoreOptional
        }
        TrustStoreState::NotTrusted if is_absent(store) => FindingCode::StoreUnused,
        TrustStoreState::NotTrusted | TrustStoreState::Removed => FindingCode::StoreDistrusts,
        TrustStoreState::OldAuthority => FindingCode::StoreOutdated,
        TrustStoreState::NeverStarted => FindingCode::StoreUnused,
        TrustStoreState::Unknown | TrustStoreState::Other(_) => FindingCode::StoreUnreadable,
    };
    // Profiles are named by people, often after themselves.
    let finding = DoctorFinding::new(code).name("store", name(store));
    if code == FindingCode::StoreUnreadable {
        return finding.name("reason", store.detail.as_deref().unwrap_or_default());
    }
    finding
}

fn name(store: &TrustStoreAnswer) -> &str {
    match store.store {
        TrustStoreType::System => "ca-certificates",
        TrustStoreType::FirefoxPolicy => "Firefox (policies.json)",
        TrustStoreType::Chromium | TrustStoreType::Firefox | TrustStoreType::Other(_) => &store.name,
    }
}

/// Returns true for a database that Chromium has not made yet, perhaps because it is not installed at all.
fn is_absent(store: &TrustStoreAnswer) -> bool {
    store.store == TrustStoreType::Chromium && !Path::new(&store.place).join("cert9.db").exists()
}

fn is_for_everybody(store: &TrustStoreAnswer) -> bool {
    matches!(store.store, TrustStoreType::System | TrustStoreType::FirefoxPolicy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_in(store: &str, state: &str) -> TrustStoreAnswer {
        TrustStoreAnswer {
            store: TrustStoreType::from_word(store),
            name: "Firefox: Anna".to_owned(),
            place: "/home/anna/.mozilla/firefox/x".to_owned(),
            state: TrustStoreState::from_word(state),
            reason: None,
            detail: None,
            user: None,
            tool: None,
            policies: None,
            authorities: Vec::new(),
        }
    }

    #[test]
    fn each_state_of_a_store_has_its_finding() {
        #[rustfmt::skip] // one row a line
        let rows = [
            ("firefox", "trusted", "store-trusts"),
            ("firefox", "not-trusted", "store-distrusts"),
            ("chromium", "old-authority", "store-outdated"),
            ("chromium", "never-started", "store-unused"),
            ("chromium", "not-trusted", "store-unused"),
            ("firefox", "unknown", "store-unreadable"),
            ("system", "not-trusted", "store-optional"),
            ("firefox-policy", "trusted", "store-trusts"),
        ];
        for (store_type, state, expected) in rows {
            let found = store(&store_in(store_type, state));
            assert_eq!(found.code().code(), expected, "{store_type} {state}");
            let answer = found.to_answer(|_| String::new());
            assert!(answer.facts.iter().all(|fact| fact.private), "{store_type} {state}");
        }
    }

    #[test]
    fn each_state_of_the_endpoint_has_its_finding_and_one_that_does_not_run_has_none() {
        for (state, expected) in [
            ("trusted", Some("endpoint-answers")),
            ("not-running", None),
            ("another-program", Some("endpoint-another")),
            ("dates", Some("endpoint-dates")),
            ("failed", Some("endpoint-fails")),
        ] {
            let status = TlsStatusAnswer {
                endpoint: Some(EndpointAnswer {
                    state: EndpointState::from_word(state),
                    port: Some(32032),
                    detail: None,
                    not_after: None,
                    days_left: Some(40),
                }),
                administrator: Some("/etc/beidd/ca.pem".to_owned()),
                ..TlsStatusAnswer::default()
            };
            let found = about_trust(&status);
            let codes: Vec<_> = found.iter().map(|finding| finding.code().code()).collect();
            let expected: Vec<_> = expected.into_iter().chain(["administrator-certificate"]).collect();
            assert_eq!(codes, expected, "{state}");
        }
    }

    #[test]
    fn what_ends_soon_or_is_half_done_is_noticed() {
        let status = TlsStatusAnswer {
            endpoint: Some(EndpointAnswer {
                state: EndpointState::Trusted,
                port: Some(32032),
                detail: None,
                not_after: None,
                days_left: Some(3),
            }),
            rotation_unfinished: true,
            ..TlsStatusAnswer::default()
        };
        let found = about_trust(&status);
        let codes: Vec<_> = found.iter().map(|finding| finding.code().code()).collect();
        let expected = [
            "endpoint-answers",
            "certificate-ends",
            "rotation-unfinished",
            "store-none",
        ];
        assert_eq!(codes, expected);
    }
}
