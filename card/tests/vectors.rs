//! Files of official specimen cards, as published with the middleware and the card libraries: their contents and their
//! signatures. (V6, a dialogue, is in `card/simulator/tests/virtual_card/commands.rs`.)

#![expect(clippy::indexing_slicing, reason = "what fails here, helpers included, fails a test")]

use beid_card::{Address, DocumentType, Gender, Identity, KnownBirthDate, NationalNumberKind, signed_by_register};
use beid_pki::{HashAlgorithm, PublicKey};
use beid_testkit::from_hex;
use jiff::civil::date;

fn padded(hex: &str, len: usize) -> Vec<u8> {
    let mut file = from_hex(hex);
    assert!(file.len() < len);
    file.resize(len, 0);
    file
}

/// V1: applet 1.1, 179 bytes.
const ALICE: &str = "010C3030303030303132323135370210534C494E336600296CFF293B2A122219030A32332E30372E32303039040A3233\
    2E30372E323031340509416E7477657270656E060B3731373135313030303730070853504543494D454E0812416C6963652047656C6469676\
    56B616172740901410A0442454C470B0C48616D6F6E742D416368656C0C0B3031204A414E20313937310D01560E000F013110013011142\
    8F3EC532102B0CCD93C7BDF58ED83400A899790";

/// V2: applet 1.7 with keys of the EC hierarchy, 176 bytes.
const NORA: &str = "010c3030303030313234313630300210534c4790025100002239288f12920363030a30352e30372e32303232040a30352e30\
    372e3230333205074272757373656c060b3031303530333939393633070853706563696d656e080c4e6f726120416e67c3a86c6509000a\
    0442454c470b064c657576656e0c0b3033204d454920323030310d01560e000f01311001301120476a2c4072f5fb07642e256d5edfd79c\
    6a675fc69262d327f9979051517b0801";
const NORA_IDENTITY_SIGNATURE: &str = "306502305dcdf87a721fdce670495bbe7b862ee321ec254d665d9e7b6a316e40c632efc270d40e\
    3b79286113284d88fc2c76356f023100d11e05eccd5985ce80e6264d686d9ed91e3ebc988563f7180c748742db77e2deb5fc22abd4fb211302\
    efb07bfe05accf";
const NORA_ADDRESS: &str = "011153706563696d656e73747261617420313202043130303003074272757373656c";
const NORA_ADDRESS_SIGNATURE: &str = "30660231008a6d2fc217abc6097ac6c610f392d43b84bd6ee99055f3b98729955403eae3e225b5\
    e23e0e705e41bb90aede7ebae96f023100d1cfd0f35e00f5334c5884436fb2aa4d69d88c7b9e73195560887c718247c2997efd03e34bd2dc\
    6537c511fccc0f76c5";
const NORA_REGISTER_KEY: &str = "3076301006072a8648ce3d020106052b8104002203620004654dec937076ebc2f3797a589e03ecb7d362e\
    11e85ca1c498854df87fdc1d434f2d0ad1c266394d07abcc9fdffacc2c2868ccde9de7e2879b4ff6d6a3e008083b4f2c125c44ed10d896a2c55\
    d652d7786a12ce2c20b93f0bfe86ba077eb2b443";

/// V3: applet 1.7, RSA-2048, 184 bytes.
const BERT: &str = "010c303030303031303134373539 0210534c479070650000b445186c12927130 030a33302e30352e32303137\
    040a33302e30352e32303237 05064c657576656e 060b3938303832313030303239 071253706563696d656e206549442031382d3735\
    080a416c6963652042657274 090143 0a0442454c47 0b064c657576656e 0c0b32312041554720 31393938 0d0156 0e00 0f0131\
    100130 1120476a2c4072f5fb07642e256d5edfd79c6a675fc69262d327f9979051517b0801";
const BERT_IDENTITY_SIGNATURE: &str = "4ffa4257887e58cbdcaa96a8182365393a1fd92f0ff9334dd8b660429fb0949d7d733b21dcaed4\
    45dab76a5f021c3d838a5c95d997afda0c69ef568e1d036d8843697e432ef634dd00636a69bb156c3a32660c011015b50f016e328c6996b96d\
    20dd24634b3980f59ba2987a8ff97ab55532aa2b76c5d40486493f89a6b08ed85e31d1e16dd3f2281eca605c287a376baa7ea1acfd3f8cfd0e\
    9bd5b98d24e03d67e590ca0017ec7f7fa167bb8fc38ce84e60527c7dfe5e66aacc5ca25d3e40f55766507be434066e8bdf68adf60addd07a77\
    79909cb5e238aadb22007f91bd5f899ad1fb229693de44bf224cc75ce543afd23ad0462289bf658fc5d13e25f52e";
/// A SubjectPublicKeyInfo, built round the published modulus (e = 65537).
const BERT_REGISTER_KEY: &str = "30820122300d06092a864886f70d01010105000382010f003082010a0282010100\
    A0CAD95E52191E9C3B14DDB9704282597CB720282C57EECFAEFDAF9F55C9B7E07C32AA18A49FB445EECF180031B4444F89B9479A31961BC035\
    38A9A40B4BC7496CEEF4D2DD3B671FDDE45A1DC4905FCA944AA97507F9EB6E285EF8F1204BE2B0D43E516245657E1267AA4850EB1B79077D98\
    FE99A31AA5A8BE99D1432C89C1A173280525F65ABD2087F8B25734F7C168F045F1BB4C4EC8127DCD592BF84923BD3C01AC4F7B06D0B68E0CF3\
    1B867E7C45A4F56565424B2381D9C1F2190C355ECAAA9F06EAAAA4F59247AE21D1FF17284B65ABC0227564E8D8C585EB90403BF2871909F2D9\
    94968A6653C1C56BE6F44D30B5588E1653D8967E34CEC7A99648E24B0203010001";
const BERT_ADDRESS: &str = "011153706563696d656e73747261617420313202043030303003 0655746f706961";

#[test]
fn v1_alice_of_applet_1_1_is_read() {
    let file = from_hex(ALICE);
    assert_eq!(file.len(), 179);
    let alice = Identity::parse(&file).unwrap();
    assert_eq!(alice.complete().unwrap().card_number.as_str(), "000000122157");
    assert_eq!(alice.chip_number.unwrap().to_hex(), "534C494E336600296CFF293B2A122219");
    assert_eq!(
        (alice.valid_from, alice.valid_until),
        (Some(date(2009, 7, 23)), Some(date(2014, 7, 23)))
    );
    assert_eq!(alice.issuing_municipality.as_deref(), Some("Antwerpen"));
    assert_eq!(alice.complete().unwrap().national_number.as_str(), "71715100070");
    assert_eq!(
        alice.complete().unwrap().national_number.kind(),
        NationalNumberKind::Nrn
    );
    assert_eq!(alice.family_name.as_deref(), Some("SPECIMEN"));
    assert_eq!(alice.given_names.as_deref(), Some("Alice Geldigekaart"));
    assert_eq!(alice.given_name_list().collect::<Vec<_>>(), ["Alice", "Geldigekaart"]);
    assert_eq!(alice.third_given_name_initial.as_deref(), Some("A"));
    assert_eq!(alice.nationality.as_deref(), Some("BELG"));
    assert_eq!(alice.birth_place.as_deref(), Some("Hamont-Achel"));
    let birth = alice.birth_date.unwrap();
    assert_eq!(
        (birth.text.as_str(), birth.known),
        ("01 JAN 1971", Some(KnownBirthDate::Day(date(1971, 1, 1))))
    );
    assert_eq!(alice.gender, Gender::Female);
    assert_eq!(alice.noble_condition, None);
    assert_eq!(alice.document_type, Some(DocumentType(1)));
    assert_eq!(alice.photo_digest.unwrap().algorithm, HashAlgorithm::Sha1);
    assert_eq!(alice.other, []);
    assert_eq!(
        HashAlgorithm::Sha1.digest(&file),
        from_hex("0951cffe6d6cd6dbdd8d6f6a939e32e0e2d8f804")
    );
}

#[test]
fn v2_nora_of_the_ec_hierarchy_is_read() {
    let file = from_hex(NORA);
    assert_eq!(file.len(), 176);
    let nora = Identity::parse(&file).unwrap();
    assert_eq!(nora.complete().unwrap().card_number.as_str(), "000001241600");
    assert_eq!(nora.complete().unwrap().national_number.as_str(), "01050399963");
    assert_eq!(nora.given_names.as_deref(), Some("Nora Angèle"));
    assert_eq!(nora.third_given_name_initial, None);
    assert_eq!(
        nora.birth_date.unwrap().known,
        Some(KnownBirthDate::Day(date(2001, 5, 3)))
    );
    assert_eq!(nora.photo_digest.unwrap().algorithm, HashAlgorithm::Sha256);
    let address = Address::parse(&padded(NORA_ADDRESS, 121));
    assert_eq!(address.street_and_number.as_deref(), Some("Specimenstraat 12"));
    assert_eq!(address.postal_code.as_deref(), Some("1000"));
    assert_eq!(address.municipality.as_deref(), Some("Brussel"));
    assert_eq!(address.other, []);
}

#[test]
fn v2_both_ec_signatures_hold_over_whole_identity_and_trimmed_address() {
    let key = PublicKey::from_spki(&from_hex(NORA_REGISTER_KEY)).unwrap();
    let (identity, signature) = (from_hex(NORA), padded(NORA_IDENTITY_SIGNATURE, 256));
    let check = |signed: &[u8], by: &[u8]| signed_by_register(&key, HashAlgorithm::Sha256, signed, by);
    assert_eq!(check(&identity, &signature), Some(HashAlgorithm::Sha384));
    let address_signature = padded(NORA_ADDRESS_SIGNATURE, 256);
    let signed = [from_hex(NORA_ADDRESS), signature.clone()].concat();
    assert_eq!(check(&signed, &address_signature), Some(HashAlgorithm::Sha384));
    // The readings the documents could be taken for: padded address, and signature cut to its DER length.
    assert_eq!(
        check(&[padded(NORA_ADDRESS, 121), signature].concat(), &address_signature),
        None
    );
    let cut = [from_hex(NORA_ADDRESS), from_hex(NORA_IDENTITY_SIGNATURE)].concat();
    assert_eq!(check(&cut, &address_signature), None);
}

#[test]
fn v3_bert_of_rsa_2048_is_read_and_signed() {
    let file = from_hex(BERT);
    assert_eq!(file.len(), 184);
    let bert = Identity::parse(&file).unwrap();
    assert_eq!(bert.complete().unwrap().card_number.as_str(), "000001014759");
    assert_eq!(bert.family_name.as_deref(), Some("Specimen eID 18-75"));
    assert_eq!(bert.complete().unwrap().national_number.as_str(), "98082100029");
    assert_eq!(
        bert.birth_date.unwrap().known,
        Some(KnownBirthDate::Day(date(1998, 8, 21)))
    );
    let key = PublicKey::from_spki(&from_hex(BERT_REGISTER_KEY)).unwrap();
    let signature = from_hex(BERT_IDENTITY_SIGNATURE);
    // The fitting hash is found for either hash of the register's own certificate.
    for hint in [HashAlgorithm::Sha256, HashAlgorithm::Sha1] {
        assert_eq!(
            signed_by_register(&key, hint, &file, &signature),
            Some(HashAlgorithm::Sha256)
        );
    }
    let address = Address::parse(&padded(BERT_ADDRESS, 121));
    assert_eq!(address.municipality.as_deref(), Some("Utopia"));
    let signed = [from_hex(BERT_ADDRESS), signature].concat();
    let expected = from_hex("2ff4e918909e97536d9db73c498354b10934fa5adb4ebb6a117cf84d87bc1ee8");
    assert_eq!(HashAlgorithm::Sha256.digest(&signed), expected);
}

#[test]
fn a_changed_byte_breaks_the_signature() {
    let key = PublicKey::from_spki(&from_hex(BERT_REGISTER_KEY)).unwrap();
    let mut file = from_hex(BERT);
    file[60] ^= 1;
    assert_eq!(
        signed_by_register(&key, HashAlgorithm::Sha256, &file, &from_hex(BERT_IDENTITY_SIGNATURE)),
        None
    );
}

/// Start of every identity file: V3 without its last fields.
fn head() -> Vec<u8> {
    let file = from_hex(BERT);
    let end = file.len() - (2 + 32) - 3 - 3 - 2 - 3;
    file[..end].to_vec()
}

#[test]
fn v4_foreigners_tail_is_read_to_its_last_zero() {
    let tail = format!(
        "0D014D 0E00 0F023131 100130 1120{} 12023031 130135 1400 1500 160139 1700 1800 1900",
        "AB".repeat(32)
    );
    let file = [head(), from_hex(&tail)].concat();
    let foreigner = Identity::parse(&file).unwrap();
    assert_eq!(foreigner.gender, Gender::Male);
    assert_eq!(foreigner.document_type, Some(DocumentType(11)));
    assert_eq!(foreigner.duplicate.as_deref(), Some("01"));
    assert_eq!(foreigner.special_organisation.as_deref(), Some("5"));
    assert!(foreigner.member_of_family);
    assert_eq!(foreigner.date_and_country_of_protection, None);
    assert_eq!(foreigner.work_permit.as_deref(), Some("9"));
    assert!(foreigner.employer_vat.is_empty());
    assert_eq!(foreigner.regional_file_number, None);
    assert_eq!(foreigner.other, []);
}

#[test]
fn v5_newer_tags_are_read_and_unknown_ones_kept() {
    let file = [
        from_hex(BERT),
        from_hex("1B0141 1C0143 1D0149 1E014B 1F0A32322E30312E32303233 2A0299FF"),
    ]
    .concat();
    let foreigner = Identity::parse(&file).unwrap();
    assert_eq!(foreigner.brexit, ["A", "C"]);
    assert_eq!(foreigner.card_mentions, ["I", "K"]);
    assert_eq!(foreigner.eu_start_date, Some(date(2023, 1, 22)));
    assert_eq!(foreigner.other, [(0x2A, vec![0x99, 0xFF])]);
    assert!(!foreigner.member_of_family);
}

#[test]
fn file_cut_anywhere_says_what_it_holds_and_what_is_missing() {
    let file = from_hex(BERT);
    let whole = Identity::parse(&file).unwrap();
    for end in 0..file.len() {
        let cut = Identity::parse(&file[..end]);
        assert_eq!(cut.is_err(), end < 14, "{end}: the first field has twelve bytes");
        let Ok(cut) = cut else { continue };
        assert_eq!(cut.malformed.is_empty(), is_between_optional_fields(end), "{end}");
        assert!(cut.card_number == whole.card_number && cut != whole, "{end}");
        assert_eq!(cut.complete().is_ok(), is_between_optional_fields(end), "{end}");
        match cut.complete() {
            Ok(complete) => assert_eq!(Some(complete.family_name), whole.family_name.as_deref(), "{end}"),
            Err(field) => assert!(cut.malformed.iter().any(|malformed| malformed.error == field), "{end}"),
        }
    }
}

/// Returns true if V3 cut at `end` is a whole file of a card with fewer fields.
fn is_between_optional_fields(end: usize) -> bool {
    let file = from_hex(BERT);
    let (mut at, mut tag) = (0, 0);
    while at < end {
        tag = file[at];
        at += 2 + usize::from(file[at + 1]);
    }
    at == end && tag >= 0x07
}
