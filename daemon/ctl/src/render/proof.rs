//! An offline verification: of a signature, or of a request with its proofs.

use super::{CheckRow, Page, Paint};
use crate::report::{ProofCheck, ProofReport};
use beid_pki::{CheckName, Outcome, Reason, Trust};
use beid_protocol::verify::Verdict;

/// The verdict; then every check, of each signature if there are several, and what is signed.
pub(crate) fn proof(report: &ProofReport, paint: Paint) -> String {
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
    page.row("Documents", &report.documents.join(", "));
    if !report.not_judged.is_empty() {
        // Each in quotes of its own would be louder than it is worth.
        page.row("Also there", &format!("{} (not judged)", report.not_judged.join(", ")));
    }
    // One line that scripts look for, in the same words always.
    page.line(format!("trust: {}", worth(report.trust, paint)));
    page.0
}

/// The checks of one signature, and what it says of itself.
fn one_signature(report: &ProofReport, page: &mut Page, paint: Paint) {
    for check in &report.checks {
        page.check(&CheckRow {
            name: check.name.name(),
            outcome: check.outcome.name(),
            mark: mark(check.outcome, paint),
            reason: check.reason().map(Reason::word),
            trust: None,
            source: None,
        });
    }
    if let Some(time) = &report.signing_time {
        page.row("Signed at", &format!("{time} (by the signer's own clock)"));
    }
    if let Some(time) = &report.stamped_at {
        page.row("Stamped at", &format!("{time} (by the authority's clock)"));
    }
    page.row("Covers", report.covers.unwrap_or_default());
}

/// The verdict in words, and what to do about it.
fn verdict(report: &ProofReport, paint: Paint) -> String {
    match report.verdict {
        Verdict::Valid => paint.good("VALID"),
        Verdict::ValidTestCard => paint.doubtful("VALID (test card)"),
        Verdict::NotSigned => format!("{}: nothing here proves who made it", paint.doubtful("NOT SIGNED")),
        Verdict::NotChecked => format!("{}: {}", paint.doubtful("NOT CHECKED"), not_checked(report)),
        Verdict::Invalid => {
            let failed = report.checks.iter().filter(|check| check.outcome.is_failed());
            let failed: Vec<&str> = failed.map(|check| check.name.name()).collect();
            format!("{}: {}", paint.bad("INVALID"), failed.join(", "))
        }
    }
}

/// One link of several: its worth, and what was wrong with it.
fn one_link(number: usize, link: &ProofReport, paint: Paint) -> String {
    let reasons = link
        .checks
        .iter()
        .filter_map(|check| Some((check.name, check.reason()?)));
    // What is missing says nothing where something is wrong.
    let reasons = reasons.filter(|(_, reason)| *reason != Reason::NotEmbedded);
    let reasons = reasons.map(|(name, reason)| format!("{}: {}", name.name(), reason.word()));
    let mark = match link.verdict {
        Verdict::Valid | Verdict::ValidTestCard => paint.good("✔"),
        Verdict::Invalid => paint.bad("✘"),
        Verdict::NotSigned | Verdict::NotChecked => paint.doubtful("?"),
    };
    let trust = worth(link.trust, paint);
    let line = format!("  {mark} {:<25} {trust}", format!("link {number}"));
    std::iter::once(line).chain(reasons).collect::<Vec<_>>().join(", ")
}

fn mark(outcome: Outcome, paint: Paint) -> String {
    match outcome {
        Outcome::Passed => paint.good("✔"),
        Outcome::Failed(_) => paint.bad("✘"),
        Outcome::Unknown(_) => paint.doubtful("?"),
    }
}

fn worth(trust: Trust, paint: Paint) -> String {
    match trust {
        Trust::Genuine => paint.good(trust.name()),
        Trust::Test => paint.doubtful(trust.name()),
        Trust::None => paint.bad(trust.name()),
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

fn not_checked(report: &ProofReport) -> &'static str {
    let is_open = |check: &&ProofCheck| {
        // A time stamp that cannot be judged is as good as none, and its roots are others.
        matches!(check.outcome, Outcome::Unknown(_)) && check.name != CheckName::TimeStamp
    };
    let open: Vec<_> = report.checks.iter().filter(is_open).collect();
    let next = NEXT.iter();
    let mut next = next.filter(|(reason, _)| open.iter().any(|check| check.reason() == Some(*reason)));
    next.next()
        .map_or("a question could not be answered here, see below", |(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_texts::Language;

    fn check(name: CheckName, outcome: Outcome) -> ProofCheck {
        ProofCheck { name, outcome }
    }

    fn report<const N: usize>(verdict: Verdict, trust: Trust, checks: [ProofCheck; N]) -> ProofReport {
        ProofReport {
            verdict,
            checks: checks.into(),
            trust,
            signing_time: None,
            stamped_at: None,
            documents: Vec::new(),
            links: Vec::new(),
            signatures: Vec::new(),
            not_judged: Vec::new(),
            covers: None,
        }
    }

    fn page(report: &ProofReport) -> String {
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
        let broken = check(CheckName::Signature, Outcome::Failed(Reason::KeyTooWeak));
        let passed = check(CheckName::Signature, Outcome::Passed);
        for (verdict, check, expected) in [
            (Verdict::Valid, passed, "VALID"),
            (Verdict::ValidTestCard, passed, "VALID (test card)"),
            (
                Verdict::NotSigned,
                passed,
                "NOT SIGNED: nothing here proves who made it",
            ),
            (
                Verdict::NotChecked,
                beside,
                "NOT CHECKED: it stands beside what was signed; name that file with --content",
            ),
            (
                Verdict::NotChecked,
                stranger,
                "NOT CHECKED: the signer's root is not known here; name it with --root if you trust it",
            ),
            (
                Verdict::NotChecked,
                passed,
                "NOT CHECKED: a question could not be answered here, see below",
            ),
            (Verdict::Invalid, broken, "INVALID: signature"),
        ] {
            let page = page(&report(verdict, Trust::None, [check]));
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
        let report = ProofReport {
            stamped_at: Some("2026-11-21T12:00:00Z".to_owned()),
            signing_time: Some("2026-11-21T11:59:00Z".to_owned()),
            covers: Some("the content"),
            ..report(Verdict::Valid, Trust::Genuine, checks)
        };
        let expected = "VALID

  ✔ time-stamp                passed
  - revocation                none
  ✘ chain                     failed: expired
  Signed at         2026-11-21T11:59:00Z (by the signer's own clock)
  Stamped at        2026-11-21T12:00:00Z (by the authority's clock)
  Covers            the content
trust: genuine
";
        assert_eq!(page(&report), expected);
    }

    #[test]
    fn each_of_several_signatures_has_a_report_and_what_is_not_judged_is_named() {
        let broken = check(CheckName::Signature, Outcome::Failed(Reason::KeyTooWeak));
        let passed = check(CheckName::Signature, Outcome::Passed);
        let report = ProofReport {
            not_judged: vec!["evidence-record", "pdf"],
            documents: vec!["consent"],
            signatures: vec![
                report(Verdict::ValidTestCard, Trust::Test, [passed]),
                report(Verdict::Invalid, Trust::Test, [broken]),
            ],
            ..report(Verdict::Invalid, Trust::None, [broken])
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
        let report = ProofReport {
            links: vec![
                report(Verdict::ValidTestCard, Trust::Test, [no_stamp]),
                report(Verdict::Invalid, Trust::None, [several]),
                report(Verdict::NotSigned, Trust::None, [unsigned]),
            ],
            ..report(Verdict::Invalid, Trust::None, [])
        };
        let expected = "  ✔ link 1                    test\n  ✘ link 2                    none, proof: several-proofs\n  ? \
                        link 3                    none, proof: not-signed\ntrust: none\n";
        let page = page(&report);
        assert!(page.ends_with(expected), "{page}");
    }
}
