//! Differences between the generations of cards.

use super::*;

#[test]
fn only_the_newest_generation_knows_its_new_commands_and_none_can_be_unblocked() {
    for (id, unblock, record, challenge, tries) in [
        ("odile", 0x6A88, 0x6D00, 0x6D00, 0x6B00),
        ("anna", 0x6A88, 0x6D00, 0x6D00, 0x6B00),
        ("nele", 0x6A88, 0x6D00, 0x6D00, 0x6B00),
        ("jan", 0x6D00, 0x9000, 0x6160, 0x9000),
    ] {
        check(
            &mut card(id),
            &[
                ("002C000108 2C123456654321FF", unblock),
                (IDENTITY, 0x9000),
                ("80B2070700", record),
                (&format!("00880281329430{}", "5A".repeat(48)), challenge),
                ("80E400011F", tries),
            ],
        );
    }
}

#[test]
fn first_generation_has_no_question_about_the_pin_and_signs_with_sha1() {
    let mut card = card("odile");
    let data = send(&mut card, "80E400001C").0;
    assert_eq!(data[16..], from_hex("A50301010111000200010 10F"));
    check(
        &mut card,
        &[
            // An empty PIN is a wrong one.
            (STATUS, 0x63C2),
            ("0020000100", 0x63C1),
            (VERIFY, 0x9000),
            ("80E400011F", 0x6B00),
            (IDENTITY, 0x9000),
            ("80B2070700", 0x6D00),
            ("0088028116 9414 5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A", 0x6D00),
            ("00A4080C06 3F00DF014040", 0x6A82),
            ("002241B605 0480088483", 0x9484),
            ("002241B605 0480018483", 0x9000),
            (VERIFY, 0x9000),
            (&pso(118), 0x6700),
            (VERIFY, 0x9000),
            (&pso(117), 0x6180),
            ("002241B605 0480028483", 0x9000),
            (VERIFY, 0x9000),
        ],
    );
    let text: String = Sha1::digest(b"to sign").iter().map(|b| format!("{b:02X}")).collect();
    let signature = send(&mut card, &format!("002A9E9A14{text}00")).0;
    assert_eq!(signature.len(), 128);
    assert!(is_signed(
        &spki(&certificate(&mut card, "5039")),
        b"to sign",
        &signature
    ));
    assert_eq!(read(&mut card, "3F00DF014032").len(), 128);
    assert_eq!(field(&read(&mut card, "3F00DF014031"), 0x11).unwrap().len(), 20);
}

#[test]
fn rekeyed_card_signs_with_rsa_under_the_authorities_of_18() {
    let mut card = card("nele");
    assert_eq!(send(&mut card, "80E400001C").0[21], 0x17);
    check(&mut card, &[("002241B605 0480088483", 0x9000), (VERIFY, 0x9000)]);
    let text: String = Sha256::digest(b"to sign").iter().map(|b| format!("{b:02X}")).collect();
    let signature = send(&mut card, &format!("002A9E9A20{text}00")).0;
    let leaf = certificate(&mut card, "5039");
    assert!(is_signed(&spki(&leaf), b"to sign", &signature));
    issued(&leaf, &certificate(&mut card, "503A"));
    assert_eq!(certificate(&mut card, "503B").to_der().unwrap(), test_pki().roots()[1]);
    for file in ["4032", "4034"] {
        let content = read(&mut card, &format!("3F00DF01{file}"));
        let signature = first_der(&content).len();
        assert!(content.len() == 256 && signature <= 104 && content[signature..].iter().all(|byte| *byte == 0));
    }
}

#[test]
fn card_to_come_says_so_and_does_what_18_does() {
    let mut card = card("nova");
    let challenge = format!("00880281329430{}", "5A".repeat(48));
    assert_eq!(send(&mut card, "80E400011F").0[21], 0x19);
    check(
        &mut card,
        &[
            (&challenge, 0x6160),
            (MSE_SIGN_18, 0x9000),
            (VERIFY, 0x9000),
            (&pso(48), 0x6160),
        ],
    );
    assert!(beid_card::atr::known(card.atr()).is_none());
}

#[test]
fn answers_to_reset_are_those_of_the_generation() {
    for citizen in CITIZENS.iter().filter(|citizen| citizen.id != "nova") {
        let what = beid_card::atr::known(card(citizen.id).atr()).unwrap().what;
        assert!(
            what.contains(&citizen.applet.to_string()[..3]),
            "{}: {what}",
            citizen.id
        );
    }
}

#[test]
fn minors_authenticate_and_do_not_sign() {
    for id in ["finn", "sam"] {
        let mut card = card(id);
        check(
            &mut card,
            &[
                (MSE_SIGN_18, 0x6A88),
                (MSE_AUTH_18, 0x9000),
                (VERIFY, 0x9000),
                (&pso(48), 0x6160),
            ],
        );
        assert_eq!(read(&mut card, "3F00DF005039"), [0; 2500]);
    }
}
