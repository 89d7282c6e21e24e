//! Content of the files: signed by the register, and as long as on real cards.

use super::*;

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
