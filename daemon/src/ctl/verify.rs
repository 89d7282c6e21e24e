//! Judging a proof offline: nothing is asked of the service, so a proof can be checked where there is none.

use super::arguments::Verify;
use super::commands::{Output, config};
use super::input::{self, SMALL, read};
use super::{Failure, render};
use crate::config::Config;
use crate::host::paths::Paths;
use crate::roots::read_roots;
use beid_pki::{Certificate, TrustStore};
use beid_protocol::therlink::ContentProfile;
use beid_protocol::verify::{CheckName, Context, DocumentKind, Outcome, Verdict, Verification, verify_with};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Number of bytes of the longest input that is judged, a container with files.
const LONGEST: usize = 64 << 20;

/// Prints the verdict on a file and every check that led to it; the exit code says the verdict too.
pub(super) fn run(verify: &Verify, output: &Output) -> Result<ExitCode, Failure> {
    let input = read(&verify.file, LONGEST)?;
    let content = verify.content.as_deref().map(|content| read(content, LONGEST));
    let content = content.transpose()?;
    let certificates = verify.certificate.iter().map(|file| certificates(file));
    let certificates = certificates.collect::<Result<Vec<_>, _>>()?.concat();
    let config = config()?;
    let roots = roots(&config, &verify.root, output)?;
    // Roots of signers say nothing of clocks: a stamp moves the time of judgement, so that only its own roots vouch for it.
    let tsa_roots = with(
        TrustStore::belgian(),
        config.settings.trust.timestamp_roots().iter().chain(&verify.tsa_root),
        output,
    )?;
    let context = Context {
        content: content.as_deref(),
        tsa_roots: &tsa_roots,
        certificates: &certificates,
        ..Context::new(&roots, Timestamp::now())
    };
    let verification = verify_with(&input, &context);
    output.print(&to_json(&verification), render::proof)?;
    let wanted = [
        (verify.consent, DocumentKind::Consent, "consent"),
        (verify.link, DocumentKind::Link, "therapeutic link"),
    ];
    for (asked, kind, words) in wanted {
        if asked && !verification.documents().contains(&kind) {
            let shown = input::shown(&verify.file);
            return Err(Failure::usage(format!(
                "{shown} is not about a {words}, or does not say what it is about"
            )));
        }
    }
    Ok(ExitCode::from(exit_code(verification.verdict())))
}

/// As [`EXIT_CODES`](super::failure::EXIT_CODES) says.
fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Valid | Verdict::ValidTestCard => 0,
        Verdict::Invalid => 1,
        Verdict::NotSigned => 6,
        Verdict::NotChecked => 7,
    }
}

/// The certificates of a file: one in DER, or some in PEM.
fn certificates(file: &Path) -> Result<Vec<Certificate>, Failure> {
    let octets = read(file, SMALL)?;
    let none = || Failure::file(file, "there is no certificate in it, in PEM or DER");
    let ders: Vec<_> = match octets.as_slice() {
        [0x30, ..] => vec![octets],
        text => {
            let parts = CertificateDer::pem_slice_iter(text);
            let parts = parts.map(|part| part.map(|part| part.as_ref().to_vec()));
            parts.collect::<Result<_, _>>().map_err(|_| none())?
        }
    };
    if ders.is_empty() {
        return Err(none());
    }
    let parsed = ders.iter().map(|der| Certificate::parse(der));
    parsed
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::file(file, error))
}

fn to_json(verification: &Verification) -> Value {
    let checks = verification.checks().iter().map(|check| {
        let mut answer = Map::from_iter([
            ("name".to_owned(), check.name.name().into()),
            ("outcome".to_owned(), check.outcome.name().into()),
        ]);
        answer.extend(
            check
                .outcome
                .reason()
                .map(|reason| ("reason".to_owned(), reason.word().into())),
        );
        Value::Object(answer)
    });
    let mut answer = json!({
        "verdict": verification.verdict().name(),
        "checks": checks.collect::<Vec<_>>(),
        "trust": verification.trust().name(),
    });
    let time = verification.signing_time().map(|time| time.to_string());
    let covers = verification.profile().map(|profile| match profile {
        ContentProfile::Connector => "patient, provider, day",
        ContentProfile::Strict => "patient, provider, type, period, remark",
    });
    let covers = covers.or_else(|| covered(verification));
    let stamped = verification.stamped_at().map(|time| time.to_string());
    let documents: Vec<_> = verification.documents().iter().map(|kind| word(*kind)).collect();
    let parts = |parts: &[Verification]| parts.iter().map(to_json).collect::<Vec<_>>();
    let (links, signatures) = (parts(verification.links()), parts(verification.signatures()));
    if let Some(members) = answer.as_object_mut() {
        let mut add = |name: &str, value: Value| {
            let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            if !is_empty {
                members.insert(name.to_owned(), value);
            }
        };
        add("signingTime", time.into());
        add("stampedAt", stamped.into());
        add("documents", documents.into());
        add("links", links.into());
        add("signatures", signatures.into());
        add("notJudged", verification.not_judged().into());
        add("covers", covers.into());
    }
    answer
}

/// What a document is called in answers.
fn word(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Link => "therapeutic-link",
        DocumentKind::Consent => "consent",
        DocumentKind::Exclusion => "therapeutic-exclusion",
        DocumentKind::Query => "query",
    }
}

/// What is covered of something that is no therapeutic link, or of a request it was not signed for.
fn covered(verification: &Verification) -> Option<&'static str> {
    let is_request = verification.outcome(CheckName::Proof).is_some();
    let is_whole = verification.outcome(CheckName::ContentDigest)? == Outcome::Passed;
    Some(if is_whole && !is_request {
        "the content"
    } else {
        "nothing"
    })
}

/// The pinned Belgian roots; as test roots those of this user's simulator, of the configuration, and `more`.
fn roots(config: &Config, more: &[PathBuf], output: &Output) -> Result<TrustStore, Failure> {
    let simulator = Paths::from_environment().ok().map(|paths| paths.simulator());
    let simulated = simulator.map(|directory| ["rsa-root.pem", "ec-root.pem"].map(|name| directory.join(name)));
    let simulated: Vec<_> = simulated.into_iter().flatten().filter(|path| path.exists()).collect();
    let configured = config.settings.trust.extra_roots();
    let files = simulated.iter().chain(&configured).chain(more);
    with(TrustStore::belgian(), files, output)
}

/// The store with all roots of these files. One with a key of an unknown kind does not keep the others out.
fn with<'p>(
    mut store: TrustStore,
    files: impl Iterator<Item = &'p PathBuf>,
    output: &Output,
) -> Result<TrustStore, Failure> {
    for path in files {
        input::must_fit(path, SMALL)?;
        let roots = read_roots(path).map_err(|error| Failure::file(path, error))?;
        for kind in &roots.left_out {
            let path = path.display();
            output.warn(&format!(
                "{path}: a root has a key of a kind that is not known here ({kind}) and is left out"
            ));
        }
        for root in roots.certificates {
            store = store.with_test_root(root);
        }
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_keep_name_outcome_and_reason() {
        let answer = to_json(&verify_with(
            b"<x/>",
            &Context::new(&TrustStore::belgian(), Timestamp::now()),
        ));
        assert_eq!(
            (&answer["trust"], &answer["verdict"]),
            (&json!("none"), &json!("not-signed"))
        );
        assert_eq!(answer["checks"][0]["name"], "structure");
        assert_eq!(answer["checks"][0]["outcome"], "unknown");
        assert_eq!(answer["checks"][0]["reason"], "no-signature");
        assert!(answer.get("covers").is_none(), "there is no signature");
    }

    #[test]
    fn every_verdict_has_an_exit_code_of_the_list() {
        for (verdict, expected) in [
            (Verdict::Valid, 0),
            (Verdict::ValidTestCard, 0),
            (Verdict::Invalid, 1),
            (Verdict::NotSigned, 6),
            (Verdict::NotChecked, 7),
        ] {
            assert_eq!(exit_code(verdict), expected);
            assert!(
                crate::ctl::failure::EXIT_CODES
                    .iter()
                    .any(|(code, _)| *code == expected)
            );
        }
    }
}
