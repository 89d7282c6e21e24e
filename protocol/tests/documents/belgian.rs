//! Genuine certificates of the Belgian State in our signatures: they must go in as they came, byte for byte.

use beid_pki::Certificate;
use beid_protocol::ProtocolError;
use beid_protocol::cms::{Cms, SigningCertificate};
use beid_protocol::signature::{Algorithm, Pending};

use crate::citizens::{PKI, now};

macro_rules! files {
    ($($file:literal),* $(,)?) => {
        [$(($file, include_str!(concat!("../../../pki/", $file)))),*]
    };
}

/// The pinned roots, and authorities below them: RSA with SHA-1 and SHA-256, and P-384.
const GENUINE: [(&str, &str); 11] = files![
    "src/roots/belgium-root-ca.pem",
    "src/roots/belgium-root-ca2.pem",
    "src/roots/belgium-root-ca3.pem",
    "src/roots/belgium-root-ca4.pem",
    "src/roots/belgium-root-ca6.pem",
    "tests/authorities/belgium-root-ca4-2028.pem",
    "tests/authorities/citizen-ca-201204.pem",
    "tests/authorities/citizen-ca-201803.pem",
    "tests/authorities/citizen-ca-202002.pem",
    "tests/authorities/foreigner-ca-202001.pem",
    "tests/authorities/national-register-2012.pem",
];

fn parse(pem: &str) -> Certificate {
    let (_, der) = der::pem::decode_vec(pem.as_bytes()).unwrap();
    Certificate::parse(&der).unwrap()
}

fn pending(signer: &Certificate, chain: &[Certificate]) -> Result<Pending<Cms>, ProtocolError> {
    Cms::attached(b"proof".to_vec(), signer, chain, now(), SigningCertificate::Included)
}

#[test]
fn genuine_authorities_are_carried_as_they_came() {
    for (file, pem) in GENUINE {
        let authority = parse(pem);
        let pending = pending(&PKI.ec.certificate, std::slice::from_ref(&authority)).expect(file);
        let signature = PKI.ec.sign(pending.digest());
        let cms = pending.finish(signature).unwrap();
        let carried = cms
            .der()
            .windows(authority.der().len())
            .any(|window| window == authority.der());
        assert!(carried, "{file}");
    }
}

#[test]
fn genuine_certificates_can_be_named_as_signer() {
    for (file, pem) in GENUINE {
        let signer = parse(pem);
        match (signer.public_key().name().as_str(), pending(&signer, &[])) {
            // The National Register's key of 2012 was short; those of holders were too.
            ("RSA-1024", Err(ProtocolError::UnsupportedAlgorithm { .. })) => {}
            ("RSA-2048" | "RSA-4096", Ok(pending)) => assert_eq!(pending.algorithm(), Algorithm::RsaSha256, "{file}"),
            ("P-384", Ok(pending)) => assert_eq!(pending.algorithm(), Algorithm::EcdsaSha384, "{file}"),
            (key, other) => panic!("{file}, {key}: {other:?}"),
        }
    }
}
