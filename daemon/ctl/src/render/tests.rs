//! Pages as a person sees them.

use super::*;
use beid_texts::Language;
use serde::de::DeserializeOwned;
use serde_json::json;

/// The page for an answer with these members.
fn page<T: DeserializeOwned>(write: fn(&T, &Paint) -> String, members: &Value) -> String {
    write(&visible_answer(members).unwrap(), &PLAIN)
}

const PLAIN: Paint = Paint {
    colour: false,
    language: Language::En,
};

fn anna() -> Value {
    json!({
        "cardId": "a", "cardNumber": "591000000106", "validFrom": "2020-01-01", "validUntil": "9999-12-31",
        "nationalNumber": "85051402418", "familyName": "Testaert", "givenNames": ["Anna", "Petronella"],
        "thirdGivenNameInitial": "V", "birthDate": "1985-05-14", "birthDatePrecision": "day",
        "birthDateText": "14 MEI 1985", "birthPlace": "Antwerpen", "gender": "female", "simulated": true,
        "documentType": {"code": 1, "name": "belgian-citizen"},
        "specialStatus": {"whiteCane": true, "extendedMinority": false, "yellowCane": false},
        "authenticity": {"outcome": "passed", "checks": [
            {"name": "identity-signature", "outcome": "passed", "trust": "test",
             "checkedAt": "2026-11-20T10:08:02Z", "source": "card"},
            {"name": "national-register-chain", "outcome": "unknown", "reason": "no-root", "trust": "none",
             "checkedAt": "2026-11-20T10:08:02Z", "source": "none"}]}
    })
}

#[test]
fn identity_is_laid_out_for_a_desk() {
    let expected = "  *** SIMULATED CARD: an invented person, good for nothing but trying ***

  TESTAERT  Anna Petronella V.

  Born              1985-05-14 (14 MEI 1985), Antwerpen
  National number   85.05.14-024.18
  Gender            female
  Special status    white cane
  Card              591000000106, belgian-citizen
  Valid             2020-01-01 to 9999-12-31

  ✔ identity-signature        passed (test)
  ? national-register-chain   unknown: no-root

  Consistent, but a test card: its root is trusted for tests only.
";
    assert_eq!(page(identity, &anna()), expected);
}

#[test]
fn card_that_is_expired_or_false_says_so_loudly() {
    let mut card = anna();
    card["validUntil"] = json!("2021-01-01");
    card["authenticity"]["outcome"] = json!("failed");
    let text = page(identity, &card);
    assert!(text.contains("EXPIRED") && text.contains("NOT AUTHENTIC"), "{text}");
}

#[test]
fn colours_come_only_when_wanted() {
    assert!(!page(identity, &anna()).contains('\x1b'));
    assert!(identity(&visible_answer(&anna()).unwrap(), &Paint::new(true, Language::En)).contains("\x1b[1mTESTAERT"));
}

#[test]
fn card_cannot_send_control_characters_to_the_terminal() {
    let mut card = anna();
    card["familyName"] = json!("\u{1b}[2JTest\u{202e}aert\n");
    assert!(page(identity, &card).contains("  [2JTESTAERT  Anna"));
}

#[test]
fn birth_date_may_be_a_year_only() {
    let born_of = |members: [(&str, Value); 3]| {
        let mut card = anna();
        members.into_iter().for_each(|(name, value)| card[name] = value);
        born(&visible_answer(&card).unwrap())
    };
    let year = [
        ("birthDate", json!("1984")),
        ("birthDatePrecision", json!("year")),
        ("birthDateText", json!(null)),
    ];
    assert_eq!(born_of(year), "1984 (day unknown)");
    let words = [
        ("birthDate", json!(null)),
        ("birthDatePrecision", json!(null)),
        ("birthDateText", json!("00.00.0000")),
    ];
    assert_eq!(born_of(words), "00.00.0000");
}

#[test]
fn number_that_is_no_national_number_stays_as_it_is() {
    assert_eq!(national_number("85051402418"), "85.05.14-024.18");
    assert_eq!(national_number("B0123456"), "B0123456");
}

#[test]
fn readers_show_what_is_in_them() {
    let answer = json!({"readers": [
            {"id": "0", "name": "Desk", "pinPad": true, "role": "patient", "card": null},
            {"id": "1", "name": "Own", "pinPad": false, "role": "provider",
             "card": {"id": "ab", "reader": "1", "kind": "beid", "applet": "1.8", "status": "ready", "simulated": true}}]});
    let expected = "  0  Desk\n     for patients' cards, with PIN pad\n     empty\n  1  Own\n     for the provider's own \
                        card\n     ready: Belgian eID 1.8, simulated, card ab\n";
    assert_eq!(page(readers, &answer), expected);
    assert_eq!(page(readers, &json!({"readers": []})), "No reader is connected.\n");
}

#[test]
fn pin_is_right_or_changed_and_roles_are_in_words() {
    let answer = json!({"cardId": "a", "outcome": "verified", "triesLeft": 3});
    assert_eq!(page(pin, &answer), "The PIN is right.\nTries left: 3\n");
    assert_eq!(
        page(pin, &json!({"cardId": "a", "outcome": "changed"})),
        "The PIN is changed.\n"
    );
    let answer = json!({"reader": "0", "name": "ACME 00 00", "role": "patient"});
    assert_eq!(page(reader_role, &answer), "ACME 00 00\n     for patients' cards\n");
}

#[test]
fn certificates_are_a_table() {
    let answer = json!({"cardId": "a", "certificates": [
            {"name": "authentication", "present": true, "der": "MAA=", "publicKey": "RSA-2048",
             "subject": "C=BE, CN=Anna Testaert (Authentication), SN=Testaert", "notAfter": "2034-01-15T22:59:59Z"},
            {"name": "signature", "present": false},
            {"name": "root", "present": true, "der": "MAA="}]});
    let expected = "  certificate        valid until key       of
  authentication     2034-01-15  RSA-2048  Anna Testaert (Authentication)
  signature          none on this card
  root                                     cannot be read by this software
";
    assert_eq!(page(certificates, &answer), expected);
    assert_eq!(common_name("O=Nobody"), "O=Nobody");
}

#[test]
fn what_was_checked_with_an_earlier_cards_certificate_says_so() {
    let check = |source| {
        json!({"cardId": "a", "checks": [{"name": "signature-chain", "outcome": "passed", "trust": "test",
            "checkedAt": "2026-11-20T10:08:02Z", "source": source}]})
    };
    let cached = page(verifications, &check("cache"));
    assert!(
        cached.starts_with("  ✔ signature-chain           passed (test, cache)\n\n  cache: "),
        "{cached}"
    );
    assert_eq!(
        page(verifications, &check("card")),
        "  ✔ signature-chain           passed (test)\n"
    );
}

#[test]
fn fields_of_foreigners_are_shown_when_there_are_any() {
    let mut card = anna();
    assert!(!page(identity, &card).contains("Brexit"));
    for (member, value, line) in [
        ("workPermit", json!("5"), "  Work permit       5\n"),
        (
            "employerVat",
            json!(["0999.999.922", "0888.888.844"]),
            "  Employers (VAT)   0999.999.922, 0888.888.844\n",
        ),
        ("brexit", json!(["B"]), "  Brexit            B\n"),
        ("memberOfFamily", json!(true), "  Member of family  yes\n"),
        (
            "otherFields",
            json!([{"tag": 32, "value": ""}]),
            "  Unknown fields    32\n",
        ),
    ] {
        card[member] = value;
        let page = page(identity, &card);
        assert!(page.contains(line), "{line}: {page}");
    }
}

#[test]
fn fields_that_cannot_be_read_are_named() {
    let mut card = anna();
    for member in ["validUntil", "nationalNumber"] {
        card.as_object_mut().unwrap().remove(member);
    }
    card["malformedFields"] = json!([
        {"member": "validUntil", "tag": 4, "reason": "a date DD.MM.YYYY"},
        {"tag": 32, "reason": "there once"},
    ]);
    let page = page(identity, &card);
    let line = "  Malformed         validUntil (should be a date DD.MM.YYYY), tag 32 (should be there once)\n";
    assert!(page.contains(line), "{page}");
    assert!(!page.contains("EXPIRED") && !page.contains("National number"), "{page}");
}

#[test]
fn token_stands_alone() {
    assert_eq!(page(token, &json!({"token": "beidd_x"})), "beidd_x\n");
}

#[test]
fn event_is_one_line() {
    let ids = json!({"readerId": "0", "cardId": "ab"});
    assert_eq!(event("card.ready", &ids), "card.ready         readerId 0  cardId ab\n");
    assert_eq!(event("resync", &json!({})), "resync\n");
}

#[test]
fn signatures_say_how_they_were_made_and_where_they_are() {
    let answer = json!({"cardId": "a", "format": "cades", "algorithm": "ES384", "certificates": [], "warnings": [], "signatures": [
        {"name": "a.pdf.p7s", "mediaType": "application/pkcs7-signature", "data": "MII="}]});
    let expected = "  Signed with       cades, ES384\n";
    assert_eq!(page(signatures, &answer), expected);
    let files = ["out/a.pdf.p7s", "b\u{1b}.p7s"].map(PathBuf::from);
    assert_eq!(
        written(&files),
        "  Written           out/a.pdf.p7s\n  Written           b.p7s\n"
    );
    let mut simulated = answer;
    simulated["simulated"] = json!(true);
    assert!(page(signatures, &simulated).contains("SIMULATED CARD"));
}

#[test]
fn a_consent_says_what_was_agreed_to_and_who_signed_nothing() {
    let warnings = json!([{"field": "patient", "code": "no-signature-certificate"}]);
    let mut answer = json!({"requestId": "19999816004.1", "xml": "<a/>", "warnings": warnings});
    let expected = "  Consent request, ready to send

  Request           19999816004.1
  Evidence          none: nobody has signed
  Warning           At sixteen or seventeen no card has a certificate to sign with. (patient)
";
    assert_eq!(page(consent, &answer), expected);
    answer["warnings"] = json!([]);
    answer["simulated"] = json!(true);
    answer["evidence"] = json!({"format": "cades", "mediaType": "application/pkcs7-signature", "data": "MA=="});
    answer["consentText"] = json!({"id": "text\u{1b}[2J", "language": "nl", "version": "2018", "sha256": "e47b"});
    let page = page(consent, &answer);
    for words in [
        "SIMULATED CARD",
        "nl, version 2018",
        "SHA-256           e47b",
        "cades, application/pkcs7-signature",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains('\u{1b}') && !page.contains("MA=="), "{page}");
}
