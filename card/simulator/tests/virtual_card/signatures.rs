//! Signatures by the keys of the card.

use super::*;

#[test]
fn le_after_data_gets_the_signature_at_once() {
    let mut card = card("jan");
    check(&mut card, &[(MSE_SIGN_18, 0x9000), (VERIFY, 0x9000)]);
    assert_eq!(send(&mut card, &format!("{}00", pso(48))).0.len(), 96);
    check(
        &mut card,
        &[
            (VERIFY, 0x9000),
            (&pso(48), 0x6160),
            ("00C0000000", 0x6C60),
            ("00C0000040", 0x6120),
        ],
    );
    assert_eq!(send(&mut card, "00C0000020").0.len(), 32);
}

#[test]
fn signatures_verify_with_the_certificate_of_the_holder() {
    let hash = Sha256::digest(b"to sign");
    for (alg, data) in [
        ("08", hash.to_vec()),
        (
            "01",
            [from_hex("3031300D060960864801650304020105000420"), hash.to_vec()].concat(),
        ),
    ] {
        let mut card = card("anna");
        let text: String = data.iter().map(|b| format!("{b:02X}")).collect();
        check(
            &mut card,
            &[(&format!("002241B605 0480{alg}8483"), 0x9000), (VERIFY, 0x9000)],
        );
        let signature = send(&mut card, &format!("002A9E9A{:02X}{text}00", data.len())).0;
        assert!(is_signed(
            &spki(&certificate(&mut card, "5039")),
            b"to sign",
            &signature
        ));
    }
    let mut card = card("jan");
    for len in [20_usize, 28, 32, 48, 64] {
        check(
            &mut card,
            &[("002241B605 0480408482", 0x9000), (VERIFY, 0x9000), (&pso(len), 0x6160)],
        );
        let raw = send(&mut card, "00C0000060").0;
        use p384::pkcs8::DecodePublicKey;
        let key = p384::ecdsa::VerifyingKey::from_public_key_der(&spki(&certificate(&mut card, "5038"))).unwrap();
        let mut hash = vec![0; 48_usize.saturating_sub(len)];
        hash.resize(hash.len() + len, 0x5A);
        key.verify_prehash(&hash, &p384::ecdsa::Signature::from_slice(&raw).unwrap())
            .unwrap();
    }
}

#[test]
fn challenge_is_signed_as_a_hash_by_the_key_of_ef_4040() {
    use p384::pkcs8::DecodePublicKey;
    let mut card = card("jan");
    let challenge = [0x5A; 48];
    let command = format!("00880281329430{}", "5A".repeat(48));
    check(&mut card, &[(MSE_AUTH_18, 0x9000), (&command, 0x6160)]);
    let raw = send(&mut card, "00C0000060").0;
    let basic = read(&mut card, "3F00DF014040");
    let key = p384::ecdsa::VerifyingKey::from_public_key_der(&basic).unwrap();
    key.verify_prehash(&challenge, &p384::ecdsa::Signature::from_slice(&raw).unwrap())
        .unwrap();
    let identity = read(&mut card, "3F00DF014031");
    assert_eq!(field(&identity, 0x1A).unwrap(), Sha384::digest(&basic).to_vec());
    // It clears the security environment.
    check(&mut card, &[(VERIFY, 0x9000), (&pso(48), 0x6985)]);
}
