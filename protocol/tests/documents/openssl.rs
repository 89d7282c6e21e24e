//! OpenSSL accepts what we sign, as CMS and as CAdES.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_protocol::therlink::{ContentProfile, ProofProfile};

use crate::citizens::{CitizenSigner, PATIENT, PHYSICIAN, PKI, consultation, now, put};
use beid_testkit::{Scratch, run};

pub(crate) fn pem(der: &[u8]) -> Vec<u8> {
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap());
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem.into_bytes()
}

#[track_caller]
fn check_accepted(profile: ContentProfile, signer: &CitizenSigner) {
    let document = PKI.signed(profile, signer);
    let cms = document.proof().cms().unwrap();
    let folder = Scratch::new("protocol");
    let done = run(Command::new("openssl")
        .args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in"])
        .arg(folder.write("proof.p7m", cms.der()))
        .arg("-CAfile")
        .arg(folder.write("root.pem", &pem(PKI.root.der())))
        .arg("-out")
        .arg(folder.path().join("content.xml")));
    let said = done.said();
    assert!(
        done.succeeded() && said.contains("CAdES Verification successful"),
        "{said}"
    );
    assert_eq!(
        std::fs::read(folder.path().join("content.xml")).unwrap(),
        cms.content().unwrap()
    );
}

#[track_caller]
fn check_print(signer: &CitizenSigner, expected: &[&str]) {
    let document = PKI.signed(ContentProfile::Connector, signer);
    let folder = Scratch::new("protocol");
    let done = run(Command::new("openssl")
        .args(["cms", "-cmsout", "-noout", "-print", "-inform", "DER", "-in"])
        .arg(folder.write("proof.p7m", document.proof().cms().unwrap().der())));
    let said = done.said();
    assert!(done.succeeded(), "{done}");
    for line in expected {
        assert!(said.contains(line), "no {line:?} in\n{said}");
    }
}

#[test]
fn an_rsa_signature_is_cades() {
    check_accepted(ContentProfile::Connector, &PKI.rsa);
    check_accepted(ContentProfile::Strict, &PKI.rsa);
}

#[test]
fn an_ec_signature_is_cades() {
    check_accepted(ContentProfile::Connector, &PKI.ec);
    check_accepted(ContentProfile::Strict, &PKI.ec);
}

#[test]
fn openssl_prints_the_attributes_and_algorithms() {
    let attributes = [
        "UTCTIME:Nov 20 09:02:00 2026 GMT",
        "(1.2.840.113549.1.9.52)",
        "(1.2.840.113549.1.9.4)",
        "id-smime-aa-signingCertificateV2 (1.2.840.113549.1.9.16.2.47)",
    ];
    check_print(
        &PKI.rsa,
        &[&attributes[..], &["sha256WithRSAEncryption (1.2.840.113549.1.1.11)"]].concat(),
    );
    check_print(
        &PKI.ec,
        &[&attributes[..], &["ecdsa-with-SHA384 (1.2.840.10045.4.3.3)"]].concat(),
    );
}

#[test]
fn without_signing_certificate_it_is_plain_cms() {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ProofProfile::ConnectorExact)
        .unwrap();
    let chain = [PKI.authority.clone()];
    let pending = prepared.cms(&PKI.ec.certificate, &chain, now()).unwrap();
    let signature = PKI.ec.sign(pending.digest());
    let cms = pending.finish(signature).unwrap();
    let folder = Scratch::new("protocol");
    let (proof, root) = (
        folder.write("proof.p7m", cms.der()),
        folder.write("root.pem", &pem(PKI.root.der())),
    );
    let verify = |extra: &[&str]| {
        let mut command = Command::new("openssl");
        command
            .args(["cms", "-verify", "-binary", "-inform", "DER", "-in"])
            .arg(&proof)
            .arg("-CAfile")
            .arg(&root);
        run(command.args(extra).arg("-out").arg(folder.path().join("content.xml")))
    };
    assert!(verify(&[]).succeeded());
    assert!(!verify(&["-cades"]).succeeded());
}
