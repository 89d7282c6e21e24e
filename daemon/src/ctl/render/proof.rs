//! An offline verification: of a signature, or of a request with its proofs.

use super::{Page, Paint, clean, items, joined, list, text};
use beid_pki::{CheckName, Reason};
use serde_json::Value;

/// The verdict; then every check, of each signature if there are several, and what is signed.
pub(in crate::ctl) fn proof(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    page.line(paint.bold(&verdict(answer, *paint)));
    page.line(String::new());
    let signatures = items(answer, "signatures");
    if signatures.is_empty() {
        of_one(answer, &mut page, *paint);
    }
    for (number, signature) in signatures.iter().enumerate() {
        page.line(format!(
            "  Signature {} of {}: {}",
            number + 1,
            signatures.len(),
            verdict(signature, *paint)
        ));
        of_one(signature, &mut page, *paint);
        page.line(String::new());
    }
    for (number, link) in items(answer, "links").iter().enumerate() {
        page.line(of_link(number + 1, link, *paint));
    }
    page.row("Documents", &list(answer, "documents", ", "));
    // Each in quotes of its own would be louder than it is worth.
    page.row("Also there", &also_there(answer));
    // One line that scripts look for, in the same words always.
    page.line(format!("trust: {}", worth(&text(answer, "trust"), *paint)));
    page.0
}

/// The checks of one signature, and what it says of itself.
fn of_one(answer: &Value, page: &mut Page, paint: Paint) {
    page.checks(answer, paint);
    if let Some(time) = answer.get("signingTime") {
        page.row("Signed at", &format!("{} (by the signer's own clock)", clean(time)));
    }
    if let Some(time) = answer.get("stampedAt") {
        page.row("Stamped at", &format!("{} (by the authority's clock)", clean(time)));
    }
    page.row("Covers", &text(answer, "covers"));
}

/// The verdict in words, and what to do about it.
fn verdict(answer: &Value, paint: Paint) -> String {
    match text(answer, "verdict").as_str() {
        "valid" => paint.good("VALID"),
        "valid-test-card" => paint.doubtful("VALID (test card)"),
        "not-signed" => format!("{}: nothing here proves who made it", paint.doubtful("NOT SIGNED")),
        "not-checked" => format!("{}: {}", paint.doubtful("NOT CHECKED"), not_checked(answer)),
        _ => {
            let failed = items(answer, "checks")
                .iter()
                .filter(|check| text(check, "outcome") == "failed");
            let failed: Vec<String> = failed.map(|check| text(check, "name")).collect();
            format!("{}: {}", paint.bad("INVALID"), joined(&failed))
        }
    }
}

/// What is there and was not judged: nothing here says that it is good, or that it is not.
fn also_there(answer: &Value) -> String {
    match list(answer, "notJudged", ", ") {
        none if none.is_empty() => none,
        words => format!("{words} (not judged)"),
    }
}

/// One link of several: what it is worth, and what was wrong with it.
fn of_link(number: usize, link: &Value, paint: Paint) -> String {
    let found = items(link, "checks")
        .iter()
        .filter(|check| !text(check, "reason").is_empty());
    let reasons = found.map(|check| (text(check, "name"), text(check, "reason")));
    // What is missing says nothing where something is wrong.
    let reasons = reasons.filter(|(_, reason)| reason != super::NOTHING_THERE);
    let reasons = reasons.map(|(name, reason)| format!("{name}: {reason}"));
    let verdict = text(link, "verdict");
    let outcome = match verdict.as_str() {
        "valid" | "valid-test-card" => "passed",
        "invalid" => "failed",
        _ => "unknown",
    };
    let trust = worth(&text(link, "trust"), paint);
    let line = format!(
        "  {} {:<25} {trust}",
        super::mark(outcome, paint),
        format!("link {number}")
    );
    std::iter::once(line).chain(reasons).collect::<Vec<_>>().join(", ")
}

fn worth(trust: &str, paint: Paint) -> String {
    match trust {
        "genuine" => paint.good(trust),
        "test" => paint.doubtful(trust),
        _ => paint.bad(trust),
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

fn not_checked(answer: &Value) -> String {
    let checks = || {
        items(answer, "checks")
            .iter()
            .filter(|check| text(check, "outcome") == "unknown")
            // A time stamp that cannot be judged is as good as none, and its roots are others.
            .filter(|check| text(check, "name") != CheckName::TimeStamp.name())
    };
    let next = NEXT
        .iter()
        .find(|(reason, _)| checks().any(|check| text(check, "reason") == reason.word()));
    next.map_or_else(
        || "a question could not be answered here, see below".to_owned(),
        |(_, words)| (*words).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use serde_json::json;

    const PLAIN: Paint = Paint {
        colour: false,
        language: Language::En,
    };

    fn check(name: &str, outcome: &str, reason: &str) -> Value {
        match reason {
            "" => json!({"name": name, "outcome": outcome}),
            reason => json!({"name": name, "outcome": outcome, "reason": reason}),
        }
    }

    #[test]
    fn the_first_line_is_the_verdict_and_what_to_do() {
        let beside = check("content-digest", "unknown", "content-not-given");
        let stranger = check("chain", "unknown", "root-not-trusted");
        let broken = check("signature", "failed", "not-by-this-key");
        for (verdict, check, expected) in [
            ("valid", None, "VALID"),
            ("valid-test-card", None, "VALID (test card)"),
            ("not-signed", None, "NOT SIGNED: nothing here proves who made it"),
            (
                "not-checked",
                Some(beside),
                "NOT CHECKED: it stands beside what was signed; name that file with --content",
            ),
            (
                "not-checked",
                Some(stranger),
                "NOT CHECKED: the signer's root is not known here; name it with --root if you trust it",
            ),
            (
                "not-checked",
                None,
                "NOT CHECKED: a question could not be answered here, see below",
            ),
            ("invalid", Some(broken), "INVALID: signature"),
        ] {
            let checks: Vec<_> = check.into_iter().collect();
            let page = proof(&json!({"verdict": verdict, "trust": "none", "checks": checks}), &PLAIN);
            assert_eq!(page.lines().next(), Some(expected));
        }
    }

    #[test]
    fn what_is_not_there_is_no_doubt() {
        let answer = json!({"verdict": "valid", "trust": "genuine", "stampedAt": "2026-11-21T12:00:00Z",
            "signingTime": "2026-11-21T11:59:00Z", "covers": "the content", "checks": [
            check("time-stamp", "passed", ""), check("revocation", "unknown", "not-embedded"),
            check("chain", "failed", "expired")]});
        let expected = "VALID

  ✔ time-stamp                passed
  - revocation                none
  ✘ chain                     failed: expired
  Signed at         2026-11-21T11:59:00Z (by the signer's own clock)
  Stamped at        2026-11-21T12:00:00Z (by the authority's clock)
  Covers            the content
trust: genuine
";
        assert_eq!(proof(&answer, &PLAIN), expected);
    }

    #[test]
    fn each_of_several_signatures_has_a_report_and_what_is_not_judged_is_named() {
        let one = |verdict: &str, check: Value| json!({"verdict": verdict, "trust": "test", "checks": [check]});
        let answer = json!({"verdict": "invalid", "trust": "none", "notJudged": ["evidence-record", "pdf"],
            "documents": ["consent"], "checks": [check("signature", "failed", "x")], "signatures": [
                one("valid-test-card", check("signature", "passed", "")),
                one("invalid", check("signature", "failed", "x"))]});
        let expected = "INVALID: signature

  Signature 1 of 2: VALID (test card)
  ✔ signature                 passed

  Signature 2 of 2: INVALID: signature
  ✘ signature                 failed: x

  Documents         consent
  Also there        evidence-record, pdf (not judged)
trust: none
";
        assert_eq!(proof(&answer, &PLAIN), expected);
    }

    #[test]
    fn each_of_several_links_says_what_it_is_worth_and_why() {
        let answer = json!({"verdict": "invalid", "trust": "none", "checks": [], "links": [
            {"verdict": "valid-test-card", "trust": "test", "checks": [check("time-stamp", "unknown", "not-embedded")]},
            {"verdict": "invalid", "trust": "none", "checks": [check("proof", "failed", "several-proofs")]},
            {"verdict": "not-signed", "trust": "none", "checks": [check("proof", "unknown", "not-signed")]}]});
        let expected = "  ✔ link 1                    test\n  ✘ link 2                    none, proof: several-proofs\n  ? \
                        link 3                    none, proof: not-signed\ntrust: none\n";
        let page = proof(&answer, &PLAIN);
        assert!(page.ends_with(expected), "{page}");
    }
}
