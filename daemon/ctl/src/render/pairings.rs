//! Page about websites that have access, and callers that may not ask.

use super::last_used;
use super::page::{Page, Paint, visible};
use beid_api::types as t;
use beid_api::words::PairingGround;

pub(crate) fn pairings(answer: &t::PairingsAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    for pairing in &answer.pairings {
        page.line(paint.bold(&visible(&pairing.origin)));
        page.row("name", &visible(&pairing.name));
        page.row("id", &pairing.id);
        page.row("may", &pairing.scopes.join(" "));
        let used = last_used(&pairing.last_used);
        page.row("good", &format!("until {}, {used}", pairing.expires_at));
        page.row("because", because(&pairing.ground));
    }
    for allowed in answer.allowed.iter().flatten() {
        page.line(paint.bold(&visible(&allowed.origin)));
        page.row("let in", because(&allowed.ground));
        page.row("may have", &allowed.scopes.join(" "));
    }
    for silenced in answer.silenced.iter().flatten() {
        page.line(paint.bold(&visible(&silenced.caller)));
        let until = silenced.until.as_ref();
        let until = until.map_or_else(|| "until it is taken back".to_owned(), |end| format!("until {end}"));
        page.row("may not ask", &format!("{until}, since {}", silenced.since));
    }
    if page.0.is_empty() {
        return "No website has access, and no caller is silenced.\n".to_owned();
    }
    page.0
}

/// Reason for which a website has access.
fn because(ground: &PairingGround) -> &str {
    match ground {
        PairingGround::Confirmed => "a person agreed in a dialog",
        PairingGround::Listed => "the settings list it",
        PairingGround::Allowed => "allowed with beidctl pair allow",
        PairingGround::Other(word) => word,
    }
}

/// Page of an answer that says only that the call succeeded.
pub(crate) fn nothing(_: &t::Done, _: &Paint) -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_texts::Language;
    use serde_json::json;

    fn page(answer: serde_json::Value) -> String {
        let answer = serde_json::from_value(answer).unwrap();
        pairings(&answer, &Paint::new(false, Language::En))
    }

    #[test]
    fn websites_and_silenced_callers_are_listed_with_what_they_may() {
        let answer = json!({
            "pairings": [{"id": "ab", "origin": "https://emr.example", "name": "Desk\u{1b}", "scopes": ["readers", "sign"],
                "ground": "confirmed", "createdAt": "2026-11-21T12:00:00Z", "expiresAt": "2027-02-19T12:00:00Z",
                "lastUsed": "2026-11-22"}],
            "allowed": [{"origin": "https://b.example", "scopes": ["readers"], "ground": "listed"}],
            "silenced": [{"caller": "/usr/bin/emr", "since": "2026-11-21T12:00:00Z"}],
        });
        let expected = "https://emr.example
  name              Desk
  id                ab
  may               readers sign
  good              until 2027-02-19T12:00:00Z, last used on 2026-11-22
  because           a person agreed in a dialog
https://b.example
  let in            the settings list it
  may have          readers
/usr/bin/emr
  may not ask       until it is taken back, since 2026-11-21T12:00:00Z
";
        assert_eq!(page(answer), expected);
        assert_eq!(
            page(json!({"pairings": [], "allowed": [], "silenced": []})),
            "No website has access, and no caller is silenced.\n"
        );
    }
}
