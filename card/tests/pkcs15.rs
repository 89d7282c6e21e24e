//! The PKCS#15 directory files: as documented, as on the virtual card, and cut or changed.
#![expect(clippy::unwrap_used, reason = "what fails here, helpers included, fails a test")]

use beid_card::pkcs15::{
    CertificateObject, DirectoryFile, DirectoryKind, KeyObject, PinObject, TokenInfo, certificates, directories, keys,
    pins,
};
use beid_card::{AODF, CDF, ElementaryFile, ODF, PRKDF, TOKEN_INFO};
use beid_testkit::{from_hex, recognise, slot_with};

// Card content 4.01 (1.7) and 5.4 (1.8), chapters 5 and 6; EF(ODF) is that of a real card.
const ODF_HEX: &str = "A00A300804063F00DF005035A40A300804063F00DF005037A80A300804063F00DF005034";
const AODF_HEX: &str = "3033300F0C0942617369632050494E030206C03003040101A11B30190302020C0A0100020104020108800101\
    0401FF300404023F00";
const PRKDF_18_HEX: &str = "A03A30170C0E41757468656E7469636174696F6E030206C0040101300F04010203020520030203B802020082\
    A10E300C300604043F00DF0002020180A03930150C095369676E6174757265030206C004010102010130100401030303060040030203B802020083\
    A10E300C300604043F00DF0002020180";
const CDF_18_HEX: &str = "302F30170C0E41757468656E7469636174696F6E030206400401013006040102830100A10C300A300804063F00DF0050\
    38302A30120C095369676E6174757265030206400401013006040103830100A10C300A300804063F00DF0050393026300B0C024341030206400401\
    0130090401040101FF830100A10C300A300804063F00DF00503A3028300D0C04526F6F740302064004010130090401060101FF830100A10C300A30\
    0804063F00DF00503B";

fn on_card(id: &str, file: &'static ElementaryFile) -> Vec<u8> {
    recognise(&slot_with(id))
        .read(|session| session.read_file(file))
        .unwrap()
}

fn key(label: &str, id: u8, reference: u8, user_consent: Option<u32>, bits: u32) -> KeyObject {
    KeyObject {
        label: Some(label.to_owned()),
        id: vec![id],
        reference,
        pin_id: Some(vec![1]),
        user_consent,
        bits: Some(bits),
    }
}

fn certificate(label: &str, id: u8, authority: bool, file: u16) -> CertificateObject {
    CertificateObject {
        label: Some(label.to_owned()),
        id: vec![id],
        authority,
        path: vec![0x3F00, 0xDF00, file],
    }
}

#[test]
fn object_directory_names_the_other_three() {
    let expected = [
        (DirectoryKind::PrivateKeys, 0x5035),
        (DirectoryKind::Certificates, 0x5037),
        (DirectoryKind::Pins, 0x5034),
    ];
    let expected = expected.map(|(kind, file)| DirectoryFile {
        kind,
        path: vec![0x3F00, 0xDF00, file],
    });
    for file in [from_hex(ODF_HEX), on_card("anna", &ODF), on_card("jan", &ODF)] {
        assert_eq!(directories(&file).unwrap(), expected);
    }
    // Unknown kinds are kept.
    let unknown = directories(&from_hex("A10A300804063F00DF005036")).unwrap();
    assert_eq!(unknown.first().unwrap().kind, DirectoryKind::Other(0xA1));
}

#[test]
fn pin_directory_tells_reference_and_lengths() {
    let expected = PinObject {
        label: Some("Basic PIN".to_owned()),
        id: vec![1],
        reference: 1,
        min_len: 4,
        max_len: None,
        stored_len: 8,
    };
    for file in [from_hex(AODF_HEX), on_card("anna", &AODF), on_card("jan", &AODF)] {
        assert_eq!(pins(&file).unwrap(), std::slice::from_ref(&expected));
    }
    // The same with maxLength 12.
    let with_max = from_hex(
        "3036300F0C0942617369632050494E030206C03003040101A11E301C0302020C0A010002010402010802010C8001010401FF300404023F00",
    );
    assert_eq!(pins(&with_max).unwrap().first().unwrap().max_len, Some(12));
}

#[test]
fn key_directory_tells_both_keys_of_either_kind() {
    for (file, bits) in [
        (from_hex(PRKDF_18_HEX), 384),
        (on_card("jan", &PRKDF), 384),
        (on_card("anna", &PRKDF), 2048),
        (on_card("odile", &PRKDF), 1024),
    ] {
        let expected = [
            key("Authentication", 2, 0x82, None, bits),
            key("Signature", 3, 0x83, Some(1), bits),
        ];
        assert_eq!(keys(&file).unwrap(), expected);
    }
}

#[test]
fn certificate_directory_tells_what_there_is() {
    let expected = [
        certificate("Authentication", 2, false, 0x5038),
        certificate("Signature", 3, false, 0x5039),
        certificate("CA", 4, true, 0x503A),
        certificate("Root", 6, true, 0x503B),
    ];
    for file in [from_hex(CDF_18_HEX), on_card("jan", &CDF), on_card("anna", &CDF)] {
        assert_eq!(certificates(&file).unwrap(), expected);
    }
    // A child's card lists the authorities, then zeros.
    let [.., ca, root] = expected;
    assert_eq!(certificates(&on_card("lotte", &CDF)).unwrap(), [ca, root]);
    assert_eq!(certificates(&[0; 175]).unwrap(), []);
}

#[test]
fn token_info_tells_chip_and_versions() {
    for id in ["odile", "anna", "jan", "nova"] {
        let info = TokenInfo::parse(&on_card(id, &TOKEN_INFO)).unwrap();
        assert!(info.chip_number == recognise(&slot_with(id)).chip());
        assert_eq!(info.label.as_deref(), Some("BELPIC"));
    }
    let file = from_hex("30270201000410534C494E336600296CFF293B2A122219800642454C504943030204309E0403040040");
    let info = TokenInfo::parse(&file).unwrap();
    let versions = (info.graphical_version, info.electrical_version, info.interface_version);
    assert_eq!(versions, (3, 4, 0));
    for wrong in ["", "3000", "30060201009E0100", "30090201009E0403040040"] {
        assert!(TokenInfo::parse(&from_hex(wrong)).is_err(), "{wrong}");
    }
}

/// Reads `file` as each of the five, which must return and not panic.
fn read_as_everything(file: &[u8]) -> [bool; 5] {
    [
        directories(file).is_ok(),
        certificates(file).is_ok(),
        keys(file).is_ok(),
        pins(file).is_ok(),
        TokenInfo::parse(file).is_ok(),
    ]
}

#[test]
fn cut_files_are_refused_unless_cut_between_two_entries() {
    for (file, index) in [(ODF_HEX, 0), (CDF_18_HEX, 1), (PRKDF_18_HEX, 2), (AODF_HEX, 3)] {
        let whole = from_hex(file);
        let mut between = 0;
        for len in 0..whole.len() {
            if read_as_everything(whole.get(..len).unwrap()).get(index) == Some(&true) {
                between += 1;
            }
        }
        let entries = [3, 4, 2, 1].get(index).copied();
        assert_eq!(Some(between), entries, "{file}");
    }
}

#[test]
fn no_changed_byte_brings_a_panic() {
    for file in [ODF_HEX, CDF_18_HEX, PRKDF_18_HEX, AODF_HEX] {
        let whole = from_hex(file);
        let mut refused = 0;
        for (at, value) in (0..whole.len()).flat_map(|at| (0..=u8::MAX).map(move |value| (at, value))) {
            let mut changed = whole.clone();
            *changed.get_mut(at).unwrap() = value;
            refused += usize::from(read_as_everything(&changed) == [false; 5]);
        }
        assert!(refused > 0, "{file}");
    }
}
