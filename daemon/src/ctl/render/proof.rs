//! An offline verification: of a signature, or of a request with its proofs.

use super::{Page, Paint, any_failed, clean, items, mark, text};
use serde_json::Value;

/// Every check, what the signature covers, and what all of it is worth.
pub(in crate::ctl) fn proof(answer: &Value, paint: &Paint) -> String {
    let mut page = Page::default();
    page.checks(answer, *paint);
    for (number, link) in items(answer, "links").iter().enumerate() {
        page.line(of_link(number + 1, link, *paint));
    }
    if let Some(time) = answer.get("signingTime") {
        page.row("signed at", &format!("{} (by the signer's own clock)", clean(time)));
    }
    if let Some(time) = answer.get("stampedAt") {
        page.row("stamped at", &format!("{} (by the authority's clock)", clean(time)));
    }
    if let Some(covers) = answer.get("covers") {
        page.row("signature covers", &clean(covers));
    }
    if lacks_content(answer) {
        let told = "what was signed is not in here: name it with --content, or nothing is known of it";
        page.line(paint.bad(told));
    }
    if is_unsigned(answer) {
        page.line(paint.doubtful("not signed: nothing here proves who made it"));
    }
    let trust = text(answer, "trust");
    let shown = worth(&trust, *paint);
    page.line(format!("trust: {shown}"));
    page.0
}

/// One link of several: what it is worth, and what was wrong with it.
fn of_link(number: usize, link: &Value, paint: Paint) -> String {
    let found = items(link, "checks")
        .iter()
        .filter(|check| !text(check, "reason").is_empty());
    let reasons = found.map(|check| format!("{}: {}", text(check, "name"), text(check, "reason")));
    // What is missing says nothing where something is wrong.
    let reasons: Vec<_> = reasons
        .filter(|reason| !reason.ends_with(super::NOTHING_THERE))
        .collect();
    let outcome = match text(link, "trust").as_str() {
        "none" if any_failed(link) => "failed",
        "none" => "unknown",
        _ => "passed",
    };
    let trust = worth(&text(link, "trust"), paint);
    let line = format!("  {} {:<25} {trust}", mark(outcome, paint), format!("link {number}"));
    std::iter::once(line).chain(reasons).collect::<Vec<_>>().join(", ")
}

fn worth(trust: &str, paint: Paint) -> String {
    match trust {
        "genuine" => paint.good(trust),
        "test" => paint.doubtful(trust),
        _ => paint.bad(trust),
    }
}

/// Whether a signature was verified that stands beside something nobody gave.
fn lacks_content(answer: &Value) -> bool {
    is_unknown(answer, "content-digest")
}

/// Whether what was verified is whole, but bears no signature.
fn is_unsigned(answer: &Value) -> bool {
    is_unknown(answer, "proof")
}

fn is_unknown(answer: &Value, name: &str) -> bool {
    let mut checks = items(answer, "checks").iter();
    checks.any(|check| text(check, "name") == name && text(check, "outcome") == "unknown")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PLAIN: Paint = Paint { colour: false };

    #[test]
    fn what_is_not_there_is_no_doubt() {
        let answer = json!({"trust": "genuine", "stampedAt": "2026-11-21T12:00:00Z", "checks": [
            {"name": "time-stamp", "outcome": "passed"},
            {"name": "revocation", "outcome": "unknown", "reason": "not-embedded"}]});
        let expected = "  ✔ time-stamp                passed\n  - revocation                none\n  stamped at        \
                        2026-11-21T12:00:00Z (by the authority's clock)\ntrust: genuine\n";
        assert_eq!(proof(&answer, &PLAIN), expected);
    }

    #[test]
    fn signature_without_its_content_says_so() {
        let check = json!({"name": "content-digest", "outcome": "unknown", "reason": "content-not-given"});
        let answer = json!({"trust": "none", "checks": [check]});
        assert!(lacks_content(&answer));
        let told = "what was signed is not in here: name it with --content, or nothing is known of it\n";
        assert!(proof(&answer, &PLAIN).contains(told));
    }

    #[test]
    fn each_of_several_links_says_what_it_is_worth_and_why() {
        let check = |outcome: &str, reason: &str| json!({"name": "proof", "outcome": outcome, "reason": reason});
        let answer = json!({"trust": "none", "checks": [], "links": [
            {"trust": "test", "checks": [{"name": "time-stamp", "outcome": "unknown", "reason": "not-embedded"}]},
            {"trust": "none", "checks": [check("failed", "several-proofs")]},
            {"trust": "none", "checks": [check("unknown", "not-signed")]}]});
        let expected = "  ✔ link 1                    test\n  ✘ link 2                    none, proof: several-proofs\n  ? \
                        link 3                    none, proof: not-signed\ntrust: none\n";
        assert_eq!(proof(&answer, &PLAIN), expected);
    }
}
