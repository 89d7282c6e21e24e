//! Certificates that could be taken for the National Register's: each of the marks of the real one must be there.
#![expect(clippy::unwrap_used, reason = "what fails here, helpers included, fails a test")]

use beid_card::{Outcome, Reason, Register};
use beid_pki::{Certificate, Trust, TrustStore};
use beid_testkit::now;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P384_SHA384, date_time_ymd,
};

type Party = CertifiedIssuer<'static, KeyPair>;
type Change = fn(&mut CertificateParams);

/// Policy of the register under Belgium Root CA4, 2.16.56.12.1.1.4, as content octets of an object identifier.
const REGISTER: &[u8] = &[0x60, 56, 12, 1, 1, 4];
/// Policy of the register on official test cards, 2.16.56.1.40.40.40.1.
const TEST_REGISTER: &[u8] = &[0x60, 56, 1, 40, 40, 40, 1];
/// Policy of a citizen's signature under the same root, 2.16.56.12.1.1.2.1.
const CITIZEN: &[u8] = &[0x60, 56, 12, 1, 1, 2, 1];

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap()
}

fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2039, 12, 31));
    params
}

fn authority(common_name: &str) -> CertificateParams {
    let mut params = named(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Gives a certificate one policy. (RFC 5280, 4.2.1.4)
fn policy(params: &mut CertificateParams, oid: &[u8]) {
    let length = |extra: usize| u8::try_from(oid.len() + extra).unwrap();
    let header = [0x30, length(4), 0x30, length(2), 0x06, length(0)];
    let content = [&header, oid].concat();
    params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 32], content)];
}

/// Parameters of the register's certificate.
fn register() -> CertificateParams {
    let mut params = named("RRN PROEF");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    policy(&mut params, REGISTER);
    params
}

fn parse(party: &Party) -> Certificate {
    Certificate::parse(party.der()).unwrap()
}

/// Judges a certificate issued by `issuer`, when `root` is a test root.
fn judged(params: CertificateParams, issuer: &Party, root: &Party) -> Register {
    let certificate = parse(&Party::signed_by(params, key(), issuer).unwrap());
    let store = TrustStore::belgian().with_test_root(parse(root));
    let issued = "2025-01-01".parse().ok();
    Register::judge(Some(certificate), &[parse(issuer)], &store, issued, now())
}

#[test]
fn a_register_has_both_key_usages_and_the_policy_and_is_no_authority() {
    let root = Party::self_signed(authority("Proef Root CA"), key()).unwrap();
    let passed = Outcome::Passed;
    let refused = Outcome::Failed(Reason::NotARegisterCertificate);
    #[rustfmt::skip] // one row a line
    let rows: [(&str, Change, Outcome); 9] = [
        ("a register", |_| {}, passed),
        ("a register of test cards", |params| policy(params, TEST_REGISTER), passed),
        ("for log-ins only", |params| params.key_usages = vec![KeyUsagePurpose::DigitalSignature], refused),
        ("for signatures only", |params| params.key_usages = vec![KeyUsagePurpose::ContentCommitment], refused),
        ("for another purpose", |params| params.key_usages = vec![KeyUsagePurpose::KeyAgreement], refused),
        ("for no stated purpose", |params| params.key_usages.clear(), refused),
        ("with a citizen's policy", |params| policy(params, CITIZEN), refused),
        ("without a policy", |params| params.custom_extensions.clear(), refused),
        ("an authority", |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained), refused),
    ];
    for (what, change, expected) in rows {
        let mut params = register();
        change(&mut params);
        let register = judged(params, &root, &root);
        let check = register.chain_check();
        let trust = if expected == passed { Trust::Test } else { Trust::None };
        assert_eq!((check.outcome, check.trust), (expected, trust), "{what}");
        assert_eq!(register.is_trusted(), expected == passed, "{what}");
    }
}

#[test]
fn a_register_is_issued_by_the_root_itself() {
    let root = Party::self_signed(authority("Proef Root CA"), key()).unwrap();
    let below = Party::signed_by(authority("Proef Citizen CA"), key(), &root).unwrap();
    for (issuer, expected) in [
        (&root, Outcome::Passed),
        (&below, Outcome::Failed(Reason::NotARegisterCertificate)),
    ] {
        assert_eq!(judged(register(), issuer, &root).chain_check().outcome, expected);
    }
}
