//! Certificates of the test PKI, and its directory.

use super::*;

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
