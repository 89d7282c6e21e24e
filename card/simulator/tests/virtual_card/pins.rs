//! The PIN: tries, changes, and the commands that it allows.

use super::*;

#[test]
fn three_wrong_pins_block_the_card_and_a_right_one_resets_the_count() {
    let mut card = card("anna");
    check(
        &mut card,
        &[
            (STATUS, 0x63C3),
            (WRONG, 0x63C2),
            (WRONG, 0x63C1),
            (VERIFY, 0x9000),
            (STATUS, 0x9000),
        ],
    );
    check(
        &mut card,
        &[(WRONG, 0x63C2), (STATUS, 0x63C2), (WRONG, 0x63C1), (WRONG, 0x6983)],
    );
    check(&mut card, &[(WRONG, 0x6983), (VERIFY, 0x6983), (STATUS, 0x6983)]);
    card.reset();
    check(&mut card, &[(VERIFY, 0x6983)]);
    assert_eq!(card.tries_left(), 0);
}

#[test]
fn pin_can_be_changed() {
    let mut card = card("jan");
    check(
        &mut card,
        &[
            ("0024000110 241234FFFFFFFFFF 255678 9FFFFFFFFF", 0x9000),
            ("0024000110 241234FFFFFFFFFF 241234FFFFFFFFFF", 0x63C2),
            ("0024000110 2556789FFFFFFFFF 231234FFFFFFFFFF", 0x6A80),
            ("0024000108 2556789FFFFFFFFF", 0x6700),
            ("0020000108 2556789FFFFFFFFF", 0x9000),
            (VERIFY, 0x63C2),
        ],
    );
}

#[test]
fn signature_on_17_needs_the_pin_in_the_command_before() {
    let sign = pso(0x33);
    let mut card = card("anna");
    check(
        &mut card,
        &[
            (IDENTITY, 0x9000),
            (MSE_SIGN_17, 0x9000),
            (VERIFY, 0x9000),
            (&sign, 0x6100),
            (&sign, 0x6982),
        ],
    );
    check(&mut card, &[(VERIFY, 0x9000), (READ, 0x9000), (&sign, 0x6982)]);
    // That PIN has become one for authentication.
    check(&mut card, &[(MSE_AUTH_17, 0x9000), (&sign, 0x6100), (&sign, 0x6100)]);
}

#[test]
fn signature_on_18_allows_one_command_after_the_pin() {
    let sign = pso(48);
    let mut card = card("jan");
    check(&mut card, &[(IDENTITY, 0x9000), (MSE_SIGN_18, 0x9000)]);
    check(
        &mut card,
        &[(VERIFY, 0x9000), (READ, 0x9000), (&sign, 0x6160), (&sign, 0x6982)],
    );
    check(
        &mut card,
        &[(VERIFY, 0x9000), (READ, 0x9000), (READ, 0x9000), (&sign, 0x6982)],
    );
}

#[test]
fn pin_for_a_signature_does_not_serve_authentication() {
    for (id, sign_key, auth_key, hash) in [
        ("anna", MSE_SIGN_17, MSE_AUTH_17, 51),
        ("jan", MSE_SIGN_18, MSE_AUTH_18, 48),
    ] {
        let mut card = card(id);
        let more = if id == "anna" { 0x6100 } else { 0x6160 };
        check(&mut card, &[(sign_key, 0x9000), (VERIFY, 0x9000), (&pso(hash), more)]);
        check(
            &mut card,
            &[
                (auth_key, 0x9000),
                (&pso(hash), 0x6982),
                (VERIFY, 0x9000),
                (&pso(hash), more),
            ],
        );
        check(
            &mut card,
            &[
                (DF_BELPIC, 0x9000),
                (&pso(hash), more),
                (WRONG, 0x63C2),
                (&pso(hash), 0x6982),
            ],
        );
    }
}

#[test]
fn failed_signature_uses_the_pin_up() {
    let mut card = card("jan");
    check(
        &mut card,
        &[
            (MSE_SIGN_18, 0x9000),
            (VERIFY, 0x9000),
            (&pso(47), 0x6700),
            (&pso(48), 0x6982),
        ],
    );
}

#[test]
fn log_off_reset_and_selecting_the_applet_forget_the_pin() {
    for forget in ["80E60000", "80E6000000", "00A4040C0F A00000003029057000AD13100101FF"] {
        let mut card = card("anna");
        check(
            &mut card,
            &[
                (MSE_AUTH_17, 0x9000),
                (VERIFY, 0x9000),
                (&pso(51), 0x6100),
                (forget, 0x9000),
            ],
        );
        check(
            &mut card,
            &[
                (STATUS, 0x63C3),
                (&pso(51), 0x6985),
                (MSE_AUTH_17, 0x9000),
                (&pso(51), 0x6982),
            ],
        );
    }
}
