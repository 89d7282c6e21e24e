//! An offline verification: of a signature, or of a request with its proofs.

use super::page::visible;
use super::{CheckRow, Page, Paint};
use beid_api::types::{FileCheckAnswer, FileVerificationAnswer, SignerAnswer};
use beid_api::words::{CheckOutcome, CoveredData, FileVerdict, PlatformDocument, RootTrust};
use beid_pki::{CheckName, Reason};

/// The verdict; then every check, of each signature if there are several, and what is signed.
pub(crate) fn proof(report: &FileVerificationAnswer, paint: Paint) -> String {
    let mut page = Page::default();
    page.line(paint.bold(&verdict(report, paint)));
    page.line(String::new());
    if report.signatures.is_empty() {
        one_signature(report, &mut page, paint);
    }
    for (number, signature) in report.signatures.iter().enumerate() {
        let of = format!("  Signature {} of {}", number + 1, report.signatures.len());
        page.line(format!("{of}: {}", verdict(signature, paint)));
        one_signature(signature, &mut page, paint);
        page.line(String::new());
    }
    for (number, link) in report.links.iter().enumerate() {
        page.line(one_link(number + 1, link, paint));
    }
    let documents: Vec<&str> = report.documents.iter().map(PlatformDocument::word).collect();
    page.row("Documents", &documents.join(", "));
    if !report.not_judged.is_empty() {
        // Each in quotes of its own would be louder than it is worth.
        page.row("Also there", &format!("{} (not judged)", report.not_judged.join(", ")));
    }
    // One line that scripts look for, in the same words always.
    page.line(format!("trust: {}", worth(&report.trust, paint)));
    page.0
}

/// The checks of one signature, and what it says of itself.
fn one_signature(report: &FileVerificationAnswer, page: &mut Page, paint: Paint) {
    for check in &report.checks {
        page.check(&CheckRow {
            name: &check.name,
            outcome: check.outcome.word(),
            mark: mark(&check.outcome, paint),
            reason: check.reason.as_deref(),
            trust: None,
            source: None,
        });
    }
    if let Some(SignerAnswer { name: Some(name), .. }) = &report.signer {
        page.row("Signed by", &visible(name));
    }
    if let Some(time) = &report.signing_time {
        page.row("Signed at", &format!("{time} (by the signer's own clock)"));
    }
    if let Some(time) = &report.stamped_at {
        page.row("Stamped at", &format!("{time} (by the authority's clock)"));
    }
    page.row("Covers", report.covers.as_ref().map_or("", covered));
}

/// Data that a signature covers, in words.
fn covered(data: &CoveredData) -> &str {
    match data {
        CoveredData::PatientProviderDay => "patient, provider, day",
        CoveredData::WholeLink => "patient, provider, type, period, remark",
        CoveredData::Content => "the content",
        CoveredData::Nothing => "nothing",
        CoveredData::Other(word) => word,
    }
}

/// The verdict in words, and what to do about it.
fn verdict(report: &FileVerificationAnswer, paint: Paint) -> String {
    match &report.verdict {
        FileVerdict::Valid => paint.good("VALID"),
        FileVerdict::ValidTestCard => paint.doubtful("VALID (test card)"),
        FileVerdict::NotSigned => format!("{}: nothing here proves who made it", paint.doubtful("NOT SIGNED")),
        FileVerdict::NotChecked => format!("{}: {}", paint.doubtful("NOT CHECKED"), not_checked(report)),
        FileVerdict::Invalid => {
            let failed = report
                .checks
                .iter()
                .filter(|check| check.outcome == CheckOutcome::Failed);
            let failed: Vec<&str> = failed.map(|check| check.name.as_str()).collect();
            format!("{}: {}", paint.bad("INVALID"), failed.join(", "))
        }
        FileVerdict::Other(word) => paint.doubtful(word),
    }
}

/// One link of several: its worth, and what was wrong with it.
fn one_link(number: usize, link: &FileVerificationAnswer, paint: Paint) -> String {
    let reasons = link
        .checks
        .iter()
        // What is missing says nothing where something is wrong.
        .filter(|check| !check.is_for(Reason::NotEmbedded))
        .filter_map(|check| Some(format!("{}: {}", check.name, check.reason.as_deref()?)));
    let mark = match &link.verdict {
        FileVerdict::Valid | FileVerdict::ValidTestCard => paint.good("✔"),
        FileVerdict::Invalid => paint.bad("✘"),
        FileVerdict::NotSigned | FileVerdict::NotChecked | FileVerdict::Other(_) => paint.doubtful("?"),
    };
    let trust = worth(&link.trust, paint);
    let line = format!("  {mark} {:<25} {trust}", format!("link {number}"));
    std::iter::once(line).chain(reasons).collect::<Vec<_>>().join(", ")
}

fn mark(outcome: &CheckOutcome, paint: Paint) -> String {
    match outcome {
        CheckOutcome::Passed => paint.good("✔"),
        CheckOutcome::Failed => paint.bad("✘"),
        CheckOutcome::Unknown | CheckOutcome::Other(_) => paint.doubtful("?"),
    }
}

fn worth(trust: &RootTrust, paint: Paint) -> String {
    match trust {
        RootTrust::Genuine => paint.good(trust.word()),
        RootTrust::Test => paint.doubtful(trust.word()),
        RootTrust::None | RootTrust::Other(_) => paint.bad(trust.word()),
    }
}

/// Advice on what to do about a question that could not be answered, by the reason why.
const NEXT: [(Reason, &str); 3] = [
    (
        Reason::ContentNotGiven,
        "it stands beside what was signed; name that file with --content",
    ),
    (
        Reason::SignerCertificateMissing,
        "the signer's certificate is not in it; name it with --certificate",
    ),
    (
        Reason::RootNotTrusted,
        "the signer's root is not known here; name it with --root if you trust it",
    ),
];

fn not_checked(report: &FileVerificationAnswer) -> &'static str {
    let is_open = |check: &&FileCheckAnswer| {
        // A time stamp that cannot be judged is as good as none, and its roots are others.
        check.outcome == CheckOutcome::Unknown && check.name != CheckName::TimeStamp.name()
    };
    let open: Vec<_> = report.checks.iter().filter(is_open).collect();
    let next = NEXT.iter();
    let mut next = next.filter(|(reason, _)| open.iter().any(|check| check.is_for(*reason)));
    next.next()
        .map_or("a question could not be answered here, see below", |(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_pki::{Check, Outcome};
    use beid_texts::Language;

    fn check(name: CheckName, outcome: Outcome) -> FileCheckAnswer {
        FileCheckAnswer::from(&Check { name, outcome })
    }

    fn report<const N: usize>(
        verdict: FileVerdict,
        trust: RootTrust,
        checks: [FileCheckAnswer; N],
    ) -> FileVerificationAnswer {
        FileVerificationAnswer {
            verdict,
            checks: checks.into(),
            trust,
            signer: None,
            signing_time: None,
            stamped_at: None,
            documents: Vec::new(),
            contents: Vec::new(),
            links: Vec::new(),
            signatures: Vec::new(),
            not_judged: Vec::new(),
            covers: None,
        }
    }

    fn page(report: &FileVerificationAnswer) -> String {
        let language = Language::En;
        proof(
            report,
            Paint {
                colour: false,
                language,
            },
        )
    }

    #[test]
    fn the_first_line_is_the_verdict_and_what_to_do() {
        let beside = check(CheckName::ContentDigest, Outcome::Unknown(Reason::ContentNotGiven));
        let stranger = check(CheckName::Chain, Outcome::Unknown(Reason::RootNotTrusted));
        let broken = || check(CheckName::Signature, Outcome::Failed(Reason::KeyTooWeak));
        let passed = || check(CheckName::Signature, Outcome::Passed);
        for (verdict, check, expected) in [
            (FileVerdict::Valid, passed(), "VALID"),
            (FileVerdict::ValidTestCard, passed(), "VALID (test card)"),
            (
                FileVerdict::NotSigned,
                passed(),
                "NOT SIGNED: nothing here proves who made it",
            ),
            (
                FileVerdict::NotChecked,
                beside,
                "NOT CHECKED: it stands beside what was signed; name that file with --content",
            ),
            (
                FileVerdict::NotChecked,
                stranger,
                "NOT CHECKED: the signer's root is not known here; name it with --root if you trust it",
            ),
            (
                FileVerdict::NotChecked,
                passed(),
                "NOT CHECKED: a question could not be answered here, see below",
            ),
            (FileVerdict::Invalid, broken(), "INVALID: signature"),
        ] {
            let page = page(&report(verdict, RootTrust::None, [check.clone()]));
            assert_eq!(page.lines().next(), Some(expected));
        }
    }

    #[test]
    fn what_is_not_there_is_no_doubt() {
        let checks = [
            check(CheckName::TimeStamp, Outcome::Passed),
            check(CheckName::Revocation, Outcome::Unknown(Reason::NotEmbedded)),
            check(CheckName::Chain, Outcome::Failed(Reason::Expired)),
        ];
        let report = FileVerificationAnswer {
            stamped_at: Some("2026-11-21T12:00:00Z".to_owned()),
            signing_time: Some("2026-11-21T11:59:00Z".to_owned()),
            signer: Some(SignerAnswer {
                name: Some("Jan Proefman (Signature)".to_owned()),
                issuer: None,
            }),
            covers: Some(CoveredData::Content),
            ..report(FileVerdict::Valid, RootTrust::Genuine, checks)
        };
        let expected = "VALID

  ✔ time-stamp                passed
  - revocation                none
  ✘ chain                     failed: expired
  Signed by         Jan Proefman (Signature)
  Signed at         2026-11-21T11:59:00Z (by the signer's own clock)
  Stamped at        2026-11-21T12:00:00Z (by the authority's clock)
  Covers            the content
trust: genuine
";
        assert_eq!(page(&report), expected);
    }

    #[test]
    fn each_of_several_signatures_has_a_report_and_what_is_not_judged_is_named() {
        let broken = || check(CheckName::Signature, Outcome::Failed(Reason::KeyTooWeak));
        let passed = || check(CheckName::Signature, Outcome::Passed);
        let report = FileVerificationAnswer {
            not_judged: vec!["evidence-record".to_owned(), "pdf".to_owned()],
            documents: vec![PlatformDocument::Consent],
            signatures: vec![
                report(FileVerdict::ValidTestCard, RootTrust::Test, [passed()]),
                report(FileVerdict::Invalid, RootTrust::Test, [broken()]),
            ],
            ..report(FileVerdict::Invalid, RootTrust::None, [broken()])
        };
        let expected = "INVALID: signature

  Signature 1 of 2: VALID (test card)
  ✔ signature                 passed

  Signature 2 of 2: INVALID: signature
  ✘ signature                 failed: key-too-weak

  Documents         consent
  Also there        evidence-record, pdf (not judged)
trust: none
";
        assert_eq!(page(&report), expected);
    }

    #[test]
    fn each_of_several_links_says_what_it_is_worth_and_why() {
        let no_stamp = check(CheckName::TimeStamp, Outcome::Unknown(Reason::NotEmbedded));
        let several = check(CheckName::Proof, Outcome::Failed(Reason::SeveralProofs));
        let unsigned = check(CheckName::Proof, Outcome::Unknown(Reason::NotSigned));
        let report = FileVerificationAnswer {
            links: vec![
                report(FileVerdict::ValidTestCard, RootTrust::Test, [no_stamp]),
                report(FileVerdict::Invalid, RootTrust::None, [several]),
                report(FileVerdict::NotSigned, RootTrust::None, [unsigned]),
            ],
            ..report(FileVerdict::Invalid, RootTrust::None, [])
        };
        let expected = "  ✔ link 1                    test\n  ✘ link 2                    none, proof: several-proofs\n  ? \
                        link 3                    none, proof: not-signed\ntrust: none\n";
        let page = page(&report);
        assert!(page.ends_with(expected), "{page}");
    }
}
