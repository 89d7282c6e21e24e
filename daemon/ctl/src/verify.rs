//! Judging a proof offline: the service is not called, so a proof can be checked where there is none.

use super::arguments::VerifyArguments;
use super::input::{self, SMALL, read};
use super::output::Printer;
use super::report::ProofReport;
use super::session::config;
use super::{CommandFailure, render};
use beid_host::paths::Paths;
use beid_pki::{Certificate, TrustStore};
use beid_protocol::verify::{Context, DocumentKind, Verdict, verify_with};
use beid_settings::Config;
use beid_settings::roots::read_roots;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Upper limit on the input, in bytes: a container with files.
const LONGEST: usize = 64 << 20;

/// Prints the verdict on a file and every check that led to it; the exit code says the verdict too.
pub(super) fn run(verify: &VerifyArguments, printer: &Printer) -> Result<ExitCode, CommandFailure> {
    let input = read(&verify.file, LONGEST)?;
    let content = verify.content.as_deref().map(|content| read(content, LONGEST));
    let content = content.transpose()?;
    let certificates = verify.certificate.iter().map(|file| certificates(file));
    let certificates = certificates.collect::<Result<Vec<_>, _>>()?.concat();
    let config = config()?;
    let roots = roots(&config, &verify.root, printer)?;
    // Roots of signers say nothing of clocks: a stamp moves the time of judgement, so that only its own roots vouch for it.
    let tsa_roots = with(
        TrustStore::belgian(),
        config.settings.trust.timestamp_roots().iter().chain(&verify.tsa_root),
        printer,
    )?;
    let context = Context {
        content: content.as_deref(),
        tsa_roots: &tsa_roots,
        certificates: &certificates,
        ..Context::new(&roots, Timestamp::now())
    };
    let verification = verify_with(&input, &context);
    let report = ProofReport::from(&verification);
    let members = || Ok(serde_json::to_value(&report)?);
    printer.print_own(members, |paint| render::proof(&report, *paint))?;
    let wanted = [
        (verify.consent, DocumentKind::Consent, "consent"),
        (verify.link, DocumentKind::Link, "therapeutic link"),
    ];
    for (asked, kind, words) in wanted {
        if asked && !verification.documents().contains(&kind) {
            let shown = input::shown(&verify.file);
            return Err(CommandFailure::usage(format!(
                "{shown} is not about a {words}, or does not say what it is about"
            )));
        }
    }
    Ok(ExitCode::from(exit_code(verification.verdict())))
}

/// Exit code of a verdict, as [`EXIT_CODES`](super::failure::EXIT_CODES) says.
fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Valid | Verdict::ValidTestCard => 0,
        Verdict::Invalid => 1,
        Verdict::NotSigned => 6,
        Verdict::NotChecked => 7,
    }
}

/// The certificates of a file: one in DER, or some in PEM.
fn certificates(file: &Path) -> Result<Vec<Certificate>, CommandFailure> {
    let octets = read(file, SMALL)?;
    let none = || CommandFailure::file(file, "there is no certificate in it, in PEM or DER");
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
        .map_err(|error| CommandFailure::file(file, error))
}

/// The pinned Belgian roots; as test roots those of this user's simulator, of the configuration, and `more`.
fn roots(config: &Config, more: &[PathBuf], printer: &Printer) -> Result<TrustStore, CommandFailure> {
    let simulator = Paths::from_environment().ok().map(|paths| paths.simulator());
    let simulated = simulator.map(|directory| ["rsa-root.pem", "ec-root.pem"].map(|name| directory.join(name)));
    let simulated: Vec<_> = simulated.into_iter().flatten().filter(|path| path.exists()).collect();
    let configured = config.settings.trust.extra_roots();
    let files = simulated.iter().chain(&configured).chain(more);
    with(TrustStore::belgian(), files, printer)
}

/// Adds all roots of these files to the store. One with a key of an unknown kind does not keep the others out.
fn with<'p>(
    mut store: TrustStore,
    files: impl Iterator<Item = &'p PathBuf>,
    printer: &Printer,
) -> Result<TrustStore, CommandFailure> {
    for path in files {
        input::must_fit(path, SMALL)?;
        let roots = read_roots(path).map_err(|error| CommandFailure::file(path, error))?;
        for kind in &roots.left_out {
            let path = path.display();
            printer.warn(&format!(
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
    fn every_verdict_has_an_exit_code_of_the_list() {
        for (verdict, expected) in [
            (Verdict::Valid, 0),
            (Verdict::ValidTestCard, 0),
            (Verdict::Invalid, 1),
            (Verdict::NotSigned, 6),
            (Verdict::NotChecked, 7),
        ] {
            assert_eq!(exit_code(verdict), expected);
            assert!(crate::failure::EXIT_CODES.iter().any(|(code, _)| *code == expected));
        }
    }
}
