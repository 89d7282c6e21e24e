//! The virtual card answers as the manuals and logs of real cards say.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here, helpers included, fails a test"
)]

use beid_card::{Exchange, Reconnect, Transport, TransportError};
use beid_simulator::{CHIP_SERIAL_PREFIX, CITIZENS, Citizen, TestPki, VirtualCard, VirtualSlot};
use beid_testkit::{Scratch, from_hex, judge, run, test_pki, tool, virtual_card as card};
use p384::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{Pkcs1v15Sign, RsaPublicKey};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, Encode, SliceReader, asn1::AnyRef};
use x509_cert::ext::pkix::{BasicConstraints, CertificatePolicies, KeyUsage};

const VERIFY: &str = "0020000108 241234FFFFFFFFFF";
const WRONG: &str = "0020000108 249999FFFFFFFFFF";
const STATUS: &str = "00200001";
const READ: &str = "00B0000001";
const MSE_AUTH_17: &str = "002241B605 0480018482";
const MSE_SIGN_17: &str = "002241B605 0480018483";
const MSE_AUTH_18: &str = "002241B605 0480028482";
const MSE_SIGN_18: &str = "002241B605 0480028483";
const DF_BELPIC: &str = "00A4080C04 3F00DF00";
const IDENTITY: &str = "00A4080C06 3F00DF014031";

fn send(card: &mut VirtualCard, command: &str) -> (Vec<u8>, u16) {
    let mut answer = card.apdu(&from_hex(command));
    let sw = answer.split_off(answer.len() - 2);
    (answer, u16::from_be_bytes([sw[0], sw[1]]))
}

/// Sends each command and compares only status words.
fn check(card: &mut VirtualCard, script: &[(&str, u16)]) {
    for (step, (command, sw)) in script.iter().enumerate() {
        let got = send(card, command).1;
        assert_eq!(got, *sw, "step {step}, {command}: {got:04X}, not {sw:04X}");
    }
}

fn pso(hash_len: usize) -> String {
    format!("002A9E9A{hash_len:02X}{}", "5A".repeat(hash_len))
}

fn read(card: &mut VirtualCard, path: &str) -> Vec<u8> {
    assert_eq!(
        send(card, &format!("00A4080C{:02X}{path}", path.len() / 2)).1,
        0x9000,
        "{path}"
    );
    let mut file = Vec::new();
    loop {
        let offset = file.len();
        match send(card, &format!("00B0{offset:04X}00")) {
            (data, 0x9000) => file.extend(data),
            (_, sw @ 0x6C01..=0x6CFF) => {
                file.extend(send(card, &format!("00B0{offset:04X}{:02X}", sw & 0xFF)).0);
                return file;
            }
            (_, sw) => {
                assert_eq!(sw, 0x6B00);
                return file;
            }
        }
    }
}

/// The first TLV of a file: DER without the padding after it.
fn first_der(file: &[u8]) -> &[u8] {
    let mut reader = SliceReader::new(file).unwrap();
    let len = AnyRef::decode(&mut reader).unwrap().encoded_len().unwrap();
    &file[..usize::try_from(len).unwrap()]
}

fn certificate(card: &mut VirtualCard, file: &str) -> Certificate {
    Certificate::from_der(first_der(&read(card, &format!("3F00DF00{file}")))).unwrap()
}

fn spki(certificate: &Certificate) -> Vec<u8> {
    certificate.tbs_certificate.subject_public_key_info.to_der().unwrap()
}

/// Returns true if the key of `spki` signed `message` as Belgian authorities do. An ECDSA signature may be padded.
fn is_signed(spki: &[u8], message: &[u8], signature: &[u8]) -> bool {
    use rsa::pkcs8::DecodePublicKey;
    if let Ok(key) = RsaPublicKey::from_public_key_der(spki) {
        let sha256 = key.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature);
        let sha1 = || key.verify(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(message), signature);
        return sha256.or_else(|_| sha1()).is_ok();
    }
    let key = p384::ecdsa::VerifyingKey::from_public_key_der(spki).unwrap();
    let signature = p384::ecdsa::Signature::from_der(first_der(signature)).unwrap();
    key.verify_prehash(&Sha384::digest(message), &signature).is_ok()
}

fn field(identity: &[u8], tag: u8) -> Option<Vec<u8>> {
    let mut rest = identity;
    while let [t, len, tail @ ..] = rest {
        let (value, tail) = tail.split_at(usize::from(*len));
        if *t == tag {
            return Some(value.to_vec());
        }
        rest = tail;
    }
    None
}

#[test]
fn script_of_a_real_session_runs_on_17() {
    let mut card = card("anna");
    assert_eq!(send(&mut card, "80E400001C").0.len(), 28);
    check(&mut card, &[(IDENTITY, 0x9000)]);
    let (_, sw) = send(&mut card, "00B00000FC");
    let size = sw & 0xFF;
    assert_eq!(sw & 0xFF00, 0x6C00);
    assert_eq!(
        send(&mut card, &format!("00B00000{size:02X}")).0.len(),
        usize::from(size)
    );
    check(
        &mut card,
        &[
            (&format!("00B0{size:04X}FC"), 0x6B00),
            ("00A4020C02 5038", 0x6A82),
            ("00A4020C02 3F00", 0x9000),
            ("00A4020C02 DF00", 0x9000),
            ("00A4020C02 5038", 0x9000),
            (MSE_AUTH_17, 0x9000),
            (&pso(0x33), 0x6982),
            (VERIFY, 0x9000),
            (&pso(0x33), 0x6100),
        ],
    );
    assert_eq!(send(&mut card, "00C0000000").0.len(), 256);
}

#[test]
fn card_data_names_applet_and_chip() {
    let mut old = card("anna");
    check(
        &mut old,
        &[
            ("80E400001F", 0x6C1C),
            ("80E400011F", 0x6B00),
            ("80E4000000", 0x6C1C),
            ("80E4000010", 0x610C),
        ],
    );
    assert_eq!(send(&mut old, "00C000000C").0.len(), 12);
    let mut new = card("jan");
    check(
        &mut new,
        &[(WRONG, 0x63C2), ("80E400011C", 0x6103), ("80E4000120", 0x6C1F)],
    );
    let data = send(&mut new, "80E400011F").0;
    assert_eq!((data[21], &data[28..]), (0x18, &[0x02, 0xFF, 0xFF][..]));
    let token_info = read(&mut new, "3F00DF005032");
    let identity = read(&mut new, "3F00DF014031");
    assert!(data.starts_with(CHIP_SERIAL_PREFIX.as_bytes()));
    assert_eq!(token_info[7..23], data[..16]);
    assert_eq!(field(&identity, 0x02).unwrap(), data[..16]);
}

#[test]
fn read_binary_never_gives_less_than_asked() {
    let mut card = card("anna");
    check(
        &mut card,
        &[
            (READ, 0x6986),
            ("00A4080C06 3F00DF015038", 0x6A82),
            ("00A4080C04 DF005031", 0x9000),
            ("00B0000000", 0x6C24),
            ("00B0000025", 0x6C24),
            ("00B0000024", 0x9000),
            ("00B0002301", 0x9000),
            ("00B0002302", 0x6C01),
            ("00B0002401", 0x6B00),
            ("00B0800001", 0x6B00),
            (DF_BELPIC, 0x9000),
            (READ, 0x6986),
        ],
    );
}

#[test]
fn wrong_commands_get_their_status_words() {
    let mut card = card("anna");
    check(
        &mut card,
        &[
            ("00A4", 0x6700),
            ("00FF0000", 0x6D00),
            ("C0A40000", 0x6E00),
            ("01A4040C0F A000000030290570 00AD13100101FF", 0x6999),
            ("01B0000001", 0x6881),
            ("00A4000C02 3F00", 0x6A86),
            ("00A4020C01 3F", 0x6A87),
            ("00C0000000", 0x6985),
            ("002A9E9A01 00", 0x6985),
            ("002241B604 04800184", 0x6700),
            ("002241B605 0480408482", 0x6A80),
            ("002241B605 0480018481", 0x6A88),
            ("002200B605 0480018482", 0x6B00),
            ("0020000208 241234FFFFFFFFFF", 0x6A88),
            ("0020010108 241234FFFFFFFFFF", 0x6A86),
            ("0020000107 241234FFFFFFFF", 0x6700),
            ("80B20C0C00", 0x6D00),
            ("0088028132 9430", 0x6700),
            ("0084000008", 0x9000),
        ],
    );
}

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
fn applet_and_directories_are_found_by_aid() {
    let mut card = card("jan");
    check(
        &mut card,
        &[
            ("00A4040C0C A000000177504B43532D3135", 0x9000),
            ("00A4020C02 5031", 0x9000),
            ("00A404000C A000000177496446696C6573", 0x9000),
            ("00A4020C02 4031", 0x9000),
            ("00A4040C05 A000000099", 0x6A82),
            (READ, 0x9000),
            ("00A40400", 0x9000),
            (READ, 0x6D00),
            ("00A404000F A00000003029057000AD13100101FF", 0x9000),
            (IDENTITY, 0x9000),
            (READ, 0x9000),
        ],
    );
}

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

#[test]
fn records_can_be_read_by_tag_on_18() {
    let mut card = card("jan");
    check(&mut card, &[("80B2070700", 0x6986), (IDENTITY, 0x9000)]);
    let (record, sw) = send(&mut card, "80B2070800");
    assert_eq!(
        (record.as_slice(), sw),
        (&b"\x07\x08Proefman\x08\x07Jan Nep"[..], 0x9000)
    );
    check(
        &mut card,
        &[("80B2070714", 0x6C0A), ("80B2080700", 0x6A83), ("80B2121200", 0x6A83)],
    );
}

#[test]
fn records_longer_than_256_bytes_go_on_in_get_response() {
    let mut card = card("maria");
    let identity = read(&mut card, "3F00DF014031");
    let (mut records, sw) = send(&mut card, "80B2011F00");
    assert_eq!((records.len(), usize::from(sw)), (256, 0x6100 + identity.len() - 256));
    records.extend(send(&mut card, &format!("00C00000{:02X}", sw & 0xFF)).0);
    assert_eq!(records, identity);
}

#[test]
fn every_card_carries_what_its_register_signed() {
    for citizen in CITIZENS {
        let mut card = card(citizen.id);
        let [identity, identity_signature, mut address, address_signature, photo] =
            ["4031", "4032", "4033", "4034", "4035"].map(|f| read(&mut card, &format!("3F00DF01{f}")));
        let register = spki(&certificate(&mut card, "503C"));
        assert!(is_signed(&register, &identity, &identity_signature), "{}", citizen.id);
        assert_eq!(address.len(), 121);
        address.truncate(address.iter().rposition(|b| *b != 0).unwrap() + 1);
        assert!(
            is_signed(&register, &[address, identity_signature].concat(), &address_signature),
            "{}",
            citizen.id
        );
        let hash = field(&identity, 0x11).unwrap();
        let hashes = [
            Sha1::digest(&photo).to_vec(),
            Sha256::digest(&photo).to_vec(),
            Sha384::digest(&photo).to_vec(),
        ];
        assert!(hashes.contains(&hash), "{}", citizen.id);
        // JPEG: start and end of image; and it says what it is.
        assert!(photo.starts_with(&[0xFF, 0xD8]) && photo.ends_with(&[0xFF, 0xD9]));
        assert!(photo.windows(4).any(|word| word == b"TEST"));
        assert_eq!(field(&identity, 0x06).unwrap(), citizen.national_number.as_bytes());
    }
}

#[test]
fn certificates_chain_to_the_roots_in_their_profiles() {
    for (id, root_index, holder) in [
        ("anna", 0, true),
        ("jan", 1, true),
        ("maria", 1, true),
        ("lotte", 1, false),
    ] {
        let mut card = card(id);
        let root = test_pki().roots()[root_index].clone();
        assert_eq!(certificate(&mut card, "503B").to_der().unwrap(), root);
        let root = Certificate::from_der(&root).unwrap();
        let ca = certificate(&mut card, "503A");
        issued(&root, &root);
        issued(&ca, &root);
        issued(&certificate(&mut card, "503C"), &root);
        let constraints = ca.tbs_certificate.get::<BasicConstraints>().unwrap().unwrap().1;
        assert_eq!((constraints.ca, constraints.path_len_constraint), (true, Some(0)));
        for (file, is_signature) in [("5038", false), ("5039", true)] {
            if !holder {
                assert_eq!(read(&mut card, &format!("3F00DF00{file}")), [0; 2500]);
                continue;
            }
            let leaf = certificate(&mut card, file);
            issued(&leaf, &ca);
            let (critical, usage) = leaf.tbs_certificate.get::<KeyUsage>().unwrap().unwrap();
            assert!(critical && usage.non_repudiation() == is_signature && usage.digital_signature() != is_signature);
            assert!(leaf.tbs_certificate.get::<CertificatePolicies>().unwrap().is_some());
            assert!(leaf.tbs_certificate.issuer.to_string().contains("TEST"));
            assert!(
                leaf.tbs_certificate
                    .subject
                    .to_string()
                    .contains(Citizen::find(id).unwrap().national_number)
            );
        }
    }
}

fn issued(certificate: &Certificate, issuer: &Certificate) {
    assert_eq!(certificate.tbs_certificate.issuer, issuer.tbs_certificate.subject);
    let tbs = certificate.tbs_certificate.to_der().unwrap();
    assert!(is_signed(&spki(issuer), &tbs, certificate.signature.raw_bytes()));
}

#[test]
fn children_have_no_keys_to_sign_with() {
    check(&mut card("lotte"), &[(MSE_AUTH_18, 0x6A88), (VERIFY, 0x9000)]);
}

#[test]
fn openers_of_one_fresh_directory_agree() {
    let scratch = Scratch::new("fresh-pki");
    let dir = scratch.path().join("pki");
    let open = || {
        let pki = TestPki::open(&dir).unwrap();
        let mut card = VirtualCard::new(Citizen::find("jan").unwrap(), &pki).unwrap();
        (
            pki.roots(),
            read(&mut card, "3F00DF005038"),
            read(&mut card, "3F00DF014034"),
        )
    };
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(open);
        (open(), other.join().unwrap())
    });
    assert!(one == other);
    let pki = TestPki::open(&dir).unwrap();
    for (path, root) in pki.root_paths().iter().zip(pki.roots()) {
        let pem = std::fs::read(path).unwrap();
        assert_eq!(Certificate::from_pem(pem).unwrap().to_der().unwrap(), root);
    }
    use std::os::unix::fs::PermissionsExt;
    for entry in std::fs::read_dir(&dir).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// One APDU in a transaction of its own.
fn transmit(connection: &mut dyn Transport, command: &str) -> Result<Vec<u8>, TransportError> {
    let mut answer = Err(TransportError::Mute);
    connection.exclusive(&mut |card: &mut dyn Exchange| answer = card.transmit(&from_hex(command)))?;
    answer
}

#[test]
fn connection_ends_with_its_card() {
    let slot = VirtualSlot::new();
    assert!(slot.connect().is_none());
    slot.insert(card("anna"));
    let mut old = slot.connect().unwrap();
    assert_eq!(transmit(&mut old, "80E400001C").unwrap().len(), 30);
    slot.insert(card("jan"));
    assert_eq!(transmit(&mut old, "80E400001C"), Err(TransportError::Removed));
    assert_eq!(old.reconnect(Reconnect::Leave), Err(TransportError::Removed));
    let mut new = slot.connect().unwrap();
    assert_eq!(transmit(&mut new, "80E400001C").unwrap()[21], 0x18);
    let jan = slot.remove().unwrap();
    slot.insert(jan);
    assert_eq!(transmit(&mut new, "80E400001C"), Err(TransportError::Removed));
    assert_eq!(slot.changes(), 4);
}

#[test]
fn card_vanishes_at_the_apdu_asked_for() {
    let slot = VirtualSlot::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    slot.observe(move |header| log.lock().unwrap().push(header));
    slot.insert(card("anna"));
    let mut connection = slot.connect().unwrap();
    slot.remove_after(2);
    assert!(transmit(&mut connection, IDENTITY).is_ok());
    assert_eq!(transmit(&mut connection, READ), Err(TransportError::Removed));
    assert!(slot.connect().is_none());
    assert_eq!(slot.apdus(), 2);
    assert_eq!(
        *seen.lock().unwrap(),
        [[0x00, 0xA4, 0x08, 0x0C], [0x00, 0xB0, 0x00, 0x00]]
    );
}

#[test]
fn reset_is_told_once_to_everybody_else() {
    let slot = VirtualSlot::new();
    slot.insert(card("anna"));
    let (mut one, mut other) = (slot.connect().unwrap(), slot.connect().unwrap());
    transmit(&mut one, IDENTITY).unwrap();
    one.reconnect(Reconnect::Reset).unwrap();
    assert_eq!(transmit(&mut other, READ), Err(TransportError::Reset));
    other.reconnect(Reconnect::Leave).unwrap();
    assert_eq!(transmit(&mut other, READ).unwrap(), [0x69, 0x86]);
    assert_eq!(transmit(&mut one, READ).unwrap(), [0x69, 0x86]);
    slot.reset();
    assert_eq!(transmit(&mut one, READ), Err(TransportError::Reset));
}

#[test]
fn exclusive_use_excludes_others_until_it_ends() {
    let slot = VirtualSlot::new();
    slot.insert(card("jan"));
    let (mut one, mut other) = (slot.connect().unwrap(), slot.connect().unwrap());
    let order = Mutex::new(Vec::new());
    let (begun, wait) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let order = &order;
        scope.spawn(move || {
            wait.recv().unwrap();
            transmit(&mut other, READ).unwrap();
            order.lock().unwrap().push("other");
        });
        one.exclusive(&mut |_| {
            begun.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(50));
            order.lock().unwrap().push("one");
        })
        .unwrap();
    });
    assert_eq!(*order.lock().unwrap(), ["one", "other"]);
}

#[test]
fn waiting_for_a_change_ends_with_it_or_in_time() {
    let slot = VirtualSlot::new();
    assert_eq!(slot.wait_change(0, Duration::from_millis(10)), 0);
    let other = slot.clone();
    let waiter = std::thread::spawn(move || other.wait_change(0, Duration::from_secs(30)));
    slot.insert(card("jan"));
    assert_eq!(waiter.join().unwrap(), 1);
}

#[test]
fn twenty_thousand_swaps_take_no_time_and_leak_nothing() {
    let slot = VirtualSlot::new();
    for id in ["anna", "jan"].iter().cycle().take(20_000) {
        slot.insert(card(id));
        let mut connection = slot.connect().unwrap();
        let expected = if *id == "anna" { 0x17 } else { 0x18 };
        assert_eq!(transmit(&mut connection, "80E400001C").unwrap()[21], expected);
    }
}

#[test]
fn nothing_sent_makes_the_card_panic() {
    let mut card = card("jan");
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..20_000 {
        let command: Vec<u8> = (0..seed % 12)
            .map(|_| {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                [
                    0x00, 0x80, 0xA4, 0xB0, 0xB2, 0xC0, 0x22, 0x20, 0x24, 0x2A, 0x88, 0x01, 0x02, 0x9E, 0x9A, 0xFF,
                ][usize::from(seed.to_be_bytes()[0] & 0x0F)]
            })
            .collect();
        seed = seed.wrapping_add(1).rotate_left(7);
        assert!(card.apdu(&command).len() >= 2);
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

/// A file, and how long it is on real cards; certificates without padding.
type Length = (&'static str, std::ops::Range<usize>);

/// Measurements rely on this: the length of a file decides how many READ BINARY commands it takes.
#[test]
fn files_are_as_long_as_on_real_cards() {
    let expected: [(&str, [Length; 9]); 4] = [
        (
            "odile",
            [
                ("4031", 170..210),
                ("4032", 128..129),
                ("4035", 2629..2630),
                ("5038", 1040..1080),
                ("5039", 1060..1100),
                ("503A", 980..1060),
                ("503B", 1400..1430),
                ("503C", 810..860),
                ("4034", 128..129),
            ],
        ),
        (
            "anna",
            [
                ("4031", 170..210),
                ("4032", 256..257),
                ("4035", 3028..3029),
                ("5038", 1440..1470),
                ("5039", 1480..1510),
                ("503A", 1490..1520),
                ("503B", 1400..1430),
                ("503C", 1210..1240),
                ("4034", 256..257),
            ],
        ),
        (
            "nele",
            [
                ("4031", 170..210),
                ("4032", 256..257),
                ("4035", 3028..3029),
                ("5038", 1100..1280),
                ("5039", 1100..1280),
                ("503A", 1100..1280),
                ("503B", 850..1000),
                ("503C", 600..1000),
                ("4034", 256..257),
            ],
        ),
        (
            "jan",
            [
                ("4031", 200..257),
                ("4032", 104..105),
                ("4035", 3200..3201),
                ("5038", 700..1050),
                ("5039", 700..1100),
                ("503A", 1100..1280),
                ("503B", 850..1000),
                ("503C", 600..1000),
                ("4034", 104..105),
            ],
        ),
    ];
    for (id, files) in expected {
        let mut card = card(id);
        for (file, range) in files {
            let (directory, is_certificate) = if file < "5000" { ("DF01", false) } else { ("DF00", true) };
            let content = read(&mut card, &format!("3F00{directory}{file}"));
            let len = if is_certificate {
                first_der(&content).len()
            } else {
                content.len()
            };
            assert!(range.contains(&len), "{id} {file}: {len}");
        }
    }
    assert!(read(&mut card("mina"), "3F00DF014031").len() > 256);
}

/// `openssl` needs to find its way from a certificate to whoever tells its revocation.
#[test]
fn certificates_tell_where_revocation_is_told_and_the_export_is_what_openssl_takes() {
    use beid_simulator::Urls;
    let scratch = Scratch::new("export");
    let urls = Urls {
        ocsp: "http://127.0.0.1:1/ocsp".to_owned(),
        crl: "http://127.0.0.1:2".to_owned(),
    };
    let pki = TestPki::open_with(&scratch.dir("pki"), urls).unwrap();
    let jan = Citizen::find("jan").unwrap();
    let out = scratch.path().join("out");
    pki.export(&out, &[jan, jan]).unwrap();
    let mut card = VirtualCard::new(jan, &pki).unwrap();
    let der = certificate(&mut card, "5038").to_der().unwrap();
    let contains = |text: &str| der.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(contains("http://127.0.0.1:1/ocsp/ec-citizen-ca"));
    assert!(contains("http://127.0.0.1:2/ec-citizen-ca.crl"));
    assert!(contains("http://127.0.0.1:2/ec-citizen-ca.crt"));
    let index = std::fs::read_to_string(out.join("ec-citizen-ca.index.txt")).unwrap();
    let serial = certificate(&mut card, "5038").tbs_certificate.serial_number;
    let serial: String = serial.as_bytes().iter().map(|b| format!("{b:02X}")).collect();
    assert_eq!(index.lines().count(), 2);
    assert!(index.contains(&format!(
        "V\t340115235959Z\t\t{serial}\tunknown\t/CN=ec-jan-authentication\n"
    )));
    let ocsp = |arguments: &[&str]| {
        let about = [
            "-issuer",
            "ec-citizen-ca.crt.pem",
            "-cert",
            "ec-jan-authentication.crt.pem",
        ];
        let mut openssl = Command::new(tool("openssl"));
        run(openssl.current_dir(&out).arg("ocsp").args(about).args(arguments)).text()
    };
    let index = ["-index", "ec-citizen-ca.index.txt", "-CA", "ec-citizen-ca.crt.pem"];
    let signer = ["-rsigner", "ec-citizen-ca.crt.pem", "-rkey", "ec-citizen-ca.key.pem"];
    ocsp(&[&index[..], &signer, &["-respout", "response", "-no_nonce"]].concat());
    let told = ocsp(&["-respin", "response", "-CAfile", "ec-root.crt.pem", "-no_nonce"]);
    assert!(told.contains("ec-jan-authentication.crt.pem: good"), "{told}");
}

#[test]
fn log_has_each_exchange_and_its_bytes_but_nothing_of_what_was_said() {
    let slot = VirtualSlot::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = heard.clone();
    slot.listen(move |exchanged| listener.lock().unwrap().push(*exchanged));
    slot.insert(card("jan"));
    let mut connection = slot.connect().unwrap();
    transmit(&mut connection, "80E400001C").unwrap();
    slot.clear_log();
    for command in [IDENTITY, "00B0000000", VERIFY] {
        transmit(&mut connection, command).unwrap();
    }
    let lines: Vec<String> = slot.log().iter().map(ToString::to_string).collect();
    let size = slot.log()[1].sw & 0xFF;
    assert_eq!(
        lines,
        [
            "00A4080C lc=6 le=- data=0 sw=9000 wire=14".to_owned(),
            format!("00B00000 lc=0 le=256 data=0 sw=6C{size:02X} wire=7"),
            "00200001 lc=8 le=- data=0 sw=9000 wire=16".to_owned(),
        ]
    );
    assert_eq!((slot.apdus(), slot.wire_bytes()), (4, 36 + 14 + 7 + 16));
    assert_eq!(heard.lock().unwrap()[1..], slot.log());
}

#[test]
fn real_timing_takes_its_time_and_a_pulled_card_does_not() {
    use std::time::Instant;
    let slot = VirtualSlot::new();
    slot.set_timing(beid_simulator::Timing::Real);
    slot.insert(card("jan"));
    let mut connection = slot.connect().unwrap();
    let begin = Instant::now();
    transmit(&mut connection, IDENTITY).unwrap();
    // Answer to reset and speed, 14 bytes and a command.
    assert!(begin.elapsed() >= Duration::from_micros(28 * 1116 + 4000 + 14 * 48));
    for command in [MSE_SIGN_18, VERIFY] {
        transmit(&mut connection, command).unwrap();
    }
    let other = slot.clone();
    let begin = Instant::now();
    let hand = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        other.remove()
    });
    assert_eq!(transmit(&mut connection, &pso(48)), Err(TransportError::Removed));
    // In the middle of the signature.
    assert!(begin.elapsed() < Duration::from_millis(350));
    hand.join().unwrap().unwrap();
}

/// Sends a message of `vpcd`: length, then a control code or an APDU.
fn say(stream: &mut std::net::TcpStream, message: &[u8]) {
    use std::io::Write;
    let len = u16::try_from(message.len()).unwrap().to_be_bytes();
    stream.write_all(&[&len, message].concat()).unwrap();
}

/// Receives an answer of the card; `None` if it has hung up.
fn hear(stream: &mut std::net::TcpStream) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut len = [0; 2];
    stream.read_exact(&mut len).ok()?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
    stream.read_exact(&mut message).unwrap();
    Some(message)
}

#[test]
fn a_card_without_power_tells_its_answer_to_reset_and_nothing_else() {
    use beid_simulator::vpcd::{Served, Vpcd};
    const CARD_DATA: &[u8] = &[0x80, 0xE4, 0x00, 0x00, 0x1C];
    let (off, on, reset, atr) = (&[0_u8][..], &[1][..], &[2][..], &[4][..]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let slot = VirtualSlot::new();
    slot.insert(card("jan"));
    for (power, answers) in [
        (&[][..], false),
        (&[on][..], true),
        (&[reset], true),
        (&[on, off], false),
        (&[on, off, reset], true),
    ] {
        let mut connection = slot.connect().unwrap();
        let sitting = Vpcd::connect(&address, Duration::from_secs(5)).unwrap();
        let served = std::thread::spawn(move || sitting.serve(&mut connection).unwrap());
        let (mut stream, _) = listener.accept().unwrap();
        say(&mut stream, atr);
        assert_eq!(hear(&mut stream).unwrap(), card("jan").atr());
        power.iter().for_each(|code| say(&mut stream, code));
        say(&mut stream, CARD_DATA);
        assert_eq!(
            hear(&mut stream).map(|answer| answer.len()),
            answers.then_some(30),
            "{power:?}"
        );
        drop(stream);
        let expected = if answers { Served::Ended } else { Served::Unpowered };
        assert_eq!(served.join().unwrap(), expected, "{power:?}");
    }
}

#[test]
fn every_card_is_found_genuine_under_the_test_roots() {
    use beid_card::{Card, Outcome, Wanted};
    let wanted = Wanted {
        address: true,
        photo: true,
        fresh: false,
    };
    for citizen in CITIZENS {
        let mut card = Card::recognise(card(citizen.id)).unwrap().unwrap();
        let holder = card.holder(wanted, judge(), &mut ()).unwrap();
        assert_eq!(holder.outcome(), Outcome::Passed, "{}", citizen.id);
        assert_eq!(holder.identity.family_name.as_deref(), Some(citizen.surname));
        assert_eq!(holder.identity.malformed, [], "{}", citizen.id);
        assert!(holder.identity.other.is_empty(), "{}", citizen.id);
        let code = citizen.document_type.parse().unwrap();
        assert_eq!(holder.identity.document_type.map(|kind| kind.0), Some(code));
    }
}
