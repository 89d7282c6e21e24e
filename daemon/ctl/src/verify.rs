//! Judging a proof offline: the service is not called, so a proof can be checked where there is none.

use super::arguments::VerifyArguments;
use super::input::{self, SMALL, read};
use super::output::Printer;
use super::session::config;
use super::{CommandFailure, render};
use beid_api::types::FileVerificationAnswer;
use beid_host::paths::Paths;
use beid_pki::Certificate;
use beid_protocol::verify::{Context, DocumentKind, Verdict, verify_with};
use beid_settings::roots::{RootFiles, VerificationRoots, read_roots};
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
    let roots = known_roots(&verify.root, &verify.tsa_root, printer)?;
    let context = Context {
        content: content.as_deref(),
        tsa_roots: &roots.time_stamps,
        certificates: &certificates,
        ..Context::new(&roots.signers, Timestamp::now())
    };
    let verification = verify_with(&input, &context);
    let answer = FileVerificationAnswer::from(&verification);
    let members = || Ok(serde_json::to_value(&answer)?);
    printer.print_own(members, |paint| render::proof(&answer, *paint))?;
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

/// Roots of the Belgian State; as test roots those of this user's simulator, of the configuration, and of the command line.
pub(super) fn known_roots(
    signers: &[PathBuf],
    time_stamps: &[PathBuf],
    printer: &Printer,
) -> Result<VerificationRoots, CommandFailure> {
    let simulator = Paths::from_environment().ok().map(|paths| paths.simulator());
    let mut files = RootFiles::from_settings(&config()?.settings.trust, simulator.as_deref());
    files.signers.extend(signers.iter().cloned());
    files.time_stamps.extend(time_stamps.iter().cloned());
    files.load(|path| roots_in(path, printer))
}

/// Reads the roots in a file. One with a key of an unknown kind does not keep the others out.
fn roots_in(path: &Path, printer: &Printer) -> Result<Vec<Certificate>, CommandFailure> {
    input::must_fit(path, SMALL)?;
    let roots = read_roots(path).map_err(|error| CommandFailure::file(path, error))?;
    for kind in &roots.left_out {
        let path = path.display();
        printer.warn(&format!(
            "{path}: a root has a key of a kind that is not known here ({kind}) and is left out"
        ));
    }
    Ok(roots.certificates)
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
