//! Genuine certificates of the Belgian State's authorities: none of a person, all published.
//!
//! | file | issued by |
//! |---|---|
//! | `citizen-ca-202002.pem`, `foreigner-ca-202001.pem` | Root CA6 (eid-mw, samples of the applet 1.8 documents) |
//! | `citizen-ca-201803.pem` | Root CA4 (comes with OCSP answers about certificates of that authority) |
//! | `citizen-ca-201204.pem`, `national-register-2012.pem` | Root CA2 (come with what cards of 2012 signed) |
//! | `belgium-root-ca4-2028.pem` | itself: the older certificate of Root CA4 (eid-mw, viewer) |
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may fail on the spot")]

use beid_pki::{Certificate, ChainError, HashAlgorithm, Trust, TrustStore};
use jiff::Timestamp;
use x509_parser::pem::parse_x509_pem;

macro_rules! certificate {
    ($file:literal) => {
        certificate(include_str!($file))
    };
}

fn certificate(pem: &str) -> Certificate {
    Certificate::parse(&parse_x509_pem(pem.as_bytes()).unwrap().1.contents).unwrap()
}

fn citizen_ca() -> Certificate {
    certificate!("authorities/citizen-ca-202002.pem")
}

fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

/// Checks that `subject` leads straight to the root called `root`, which is not at hand.
#[track_caller]
fn check(subject: &Certificate, day: &str, root: &str) {
    let chain = TrustStore::belgian().chain(subject, &[], at(day)).unwrap();
    assert_eq!(chain.trust, Trust::Genuine);
    let [first, last] = chain.certificates.as_slice() else {
        panic!("{} certificates", chain.certificates.len())
    };
    assert_eq!((first, last.common_name()), (subject, Some(root)));
}

#[test]
fn authorities_lead_to_roots_nobody_brought() {
    check(&citizen_ca(), "2026-11-20", "Belgium Root CA6");
    let foreigner_ca = certificate!("authorities/foreigner-ca-202001.pem");
    check(&foreigner_ca, "2026-11-20", "Belgium Root CA6");
    let citizen_ca = certificate!("authorities/citizen-ca-201803.pem");
    check(&citizen_ca, "2026-11-20", "Belgium Root CA4");
    let citizen_ca = certificate!("authorities/citizen-ca-201204.pem");
    check(&citizen_ca, "2018-05-01", "Belgium Root CA2");
}

#[test]
fn national_register_of_2012_with_its_short_key_leads_to_its_root() {
    let register = certificate!("authorities/national-register-2012.pem");
    assert_eq!(register.public_key().name(), "RSA-1024");
    assert_eq!(register.signature_hash(), Some(HashAlgorithm::Sha1));
    check(&register, "2018-05-01", "Belgium Root CA2");
}

#[test]
fn a_root_that_was_brought_is_taken_first() {
    let older = certificate!("authorities/belgium-root-ca4-2028.pem");
    assert_eq!(TrustStore::belgian().trust_in(&older), Trust::Genuine);
    let citizen_ca = certificate!("authorities/citizen-ca-201803.pem");
    let chain = TrustStore::belgian().chain(&citizen_ca, std::slice::from_ref(&older), at("2026-11-20"));
    assert_eq!(chain.unwrap().certificates, [citizen_ca, older]);
}

#[test]
fn authorities_say_what_they_are() {
    let citizen_ca = citizen_ca();
    assert_eq!(citizen_ca.common_name(), Some("Citizen CA"));
    assert_eq!(citizen_ca.subject_serial_number(), Some("202002"));
    assert_eq!(citizen_ca.public_key().name(), "P-384");
    assert_eq!((citizen_ca.is_ca(), citizen_ca.path_len()), (true, Some(0)));
    let usage = citizen_ca.key_usage().unwrap();
    assert!(usage.key_cert_sign && usage.crl_sign && !usage.digital_signature && !usage.non_repudiation);
    assert_eq!(citizen_ca.policies(), ["2.5.29.32.0"]);
    let older = certificate!("authorities/citizen-ca-201803.pem");
    assert_eq!(older.subject_serial_number(), Some("201803"));
    assert_eq!(older.public_key().name(), "RSA-4096");
    assert_eq!(older.policies(), ["2.16.56.12.1.1.2"]);
}

#[test]
fn a_changed_authority_is_refused() {
    let genuine = citizen_ca();
    let mut der = genuine.der().to_vec();
    let number = der.windows(6).rposition(|window| window == b"202002").unwrap();
    *der.get_mut(number).unwrap() = b'3';
    let changed = Certificate::parse(&der).unwrap();
    assert_eq!(changed.subject_serial_number(), Some("302002"));
    let chain = TrustStore::belgian().chain(&changed, &[], at("2026-11-20"));
    assert_eq!(chain.unwrap_err(), ChainError::BadSignature);
}

#[test]
fn an_authority_has_its_time() {
    let chain = |day| TrustStore::belgian().chain(&citizen_ca(), &[], at(day));
    assert_eq!(chain("2020-06-02").unwrap_err(), ChainError::OutsideValidity);
    assert!(chain("2020-06-04").is_ok());
    assert_eq!(chain("2032-06-04").unwrap_err(), ChainError::OutsideValidity);
}

#[test]
fn a_belgian_root_configured_as_test_root_vouches_for_tests_only() {
    let root = certificate!("../src/roots/belgium-root-ca6.pem");
    let store = TrustStore::belgian().with_test_root(root);
    let chain = store.chain(&citizen_ca(), &[], at("2026-11-20"));
    assert_eq!(chain.unwrap().trust, Trust::Test);
}

#[test]
fn no_bit_of_a_certificate_can_be_changed_unnoticed() {
    let ec = (citizen_ca(), certificate!("../src/roots/belgium-root-ca6.pem"));
    let rsa = (
        certificate!("authorities/citizen-ca-201803.pem"),
        certificate!("../src/roots/belgium-root-ca4.pem"),
    );
    for (genuine, root) in [ec, rsa] {
        genuine.verify_issued_by(&root).unwrap();
        let unnoticed = |(at, bit): &(usize, u8)| {
            let mut der = genuine.der().to_vec();
            *der.get_mut(*at).unwrap() ^= 1 << bit;
            Certificate::parse(&der).is_ok_and(|changed| changed.verify_issued_by(&root).is_ok())
        };
        let places = (0..genuine.der().len()).flat_map(|at| (0..8).map(move |bit| (at, bit)));
        assert_eq!(places.filter(unnoticed).collect::<Vec<_>>(), []);
    }
}
