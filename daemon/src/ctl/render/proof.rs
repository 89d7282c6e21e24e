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
pub(in crate::ctl) fn lacks_content(answer: &Value) -> bool {
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
