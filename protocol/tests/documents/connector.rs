//! The octets of the platform's own connector, held against what BouncyCastle wrote with its defaults, on which the
//! connector rests: `connector/*.p7m`, with invented keys, over octets `x`.

use beid_pki::Certificate;
use beid_protocol::cms::{Attributes, Cms, CmsEncoding, SigningCertificate};
use beid_protocol::signature::RawSignature;
use beid_protocol::therlink::ProofProfile;
use beid_protocol::verify::verify;
use der::Encode;
use jiff::Timestamp;

use crate::citizens::{PATIENT, PHYSICIAN, PKI, consultation, now, put};

const EXACT: Attributes<'static> = Attributes {
    signing_certificate: SigningCertificate::Omitted,
    form: CmsEncoding::Connector,
    content_hints: None,
    mime_type: None,
};

#[track_caller]
fn check(theirs: &[u8], chain: &[u8], content_len: usize, signature: impl Fn(&[u8]) -> RawSignature) {
    let chain: Vec<_> = x509_cert::Certificate::load_pem_chain(chain)
        .unwrap()
        .iter()
        .map(|certificate| Certificate::parse(&certificate.to_der().unwrap()).unwrap())
        .collect();
    let [signer, authorities @ ..] = chain.as_slice() else {
        panic!("a chain has a signer")
    };
    let content = vec![b'x'; content_len];
    let pending = Cms::attached(content, signer, authorities, signing_time(theirs), EXACT).unwrap();
    // Behind the signature come nothing but the ends of three indefinite lengths.
    let signed = theirs.strip_suffix(&[0; 6]).unwrap();
    let ours = pending.finish(signature(signed)).unwrap();
    assert!(
        ours.der() == theirs,
        "{} octets, not {}",
        ours.der().len(),
        theirs.len()
    );
}

/// `signingTime`: the last UTCTime of the file, of 13 octets.
fn signing_time(cms: &[u8]) -> Timestamp {
    let place = cms.windows(2).rposition(|window| window == [0x17, 13]).unwrap();
    let text = str::from_utf8(&cms[place + 2..place + 15]).unwrap();
    let fields: Vec<&str> = (0..12).step_by(2).map(|at| &text[at..at + 2]).collect();
    let [year, month, day, hour, minute, second] = fields.as_slice() else {
        panic!("{text}")
    };
    format!("20{year}-{month}-{day}T{hour}:{minute}:{second}Z")
        .parse()
        .unwrap()
}

#[test]
fn octets_are_those_of_the_connector() {
    let (cms, chain) = (include_bytes!("connector/rsa.p7m"), include_bytes!("connector/rsa.pem"));
    // Longer than one piece, so it comes in two.
    check(cms, chain, 1500, |signed| {
        RawSignature::Rsa(signed[signed.len() - 256..].to_vec())
    });
    let (cms, chain) = (include_bytes!("connector/ec.p7m"), include_bytes!("connector/ec.pem"));
    check(cms, chain, 641, |signed| {
        let start = signed.windows(2).rposition(|window| window == [0x04, 102]).unwrap();
        let signature = p384::ecdsa::Signature::from_der(&signed[start + 2..]).unwrap();
        RawSignature::Ecdsa(signature.to_bytes().to_vec())
    });
}

#[test]
fn a_link_in_the_form_of_the_connector_is_signed_as_any_other() {
    for signer in [&PKI.rsa, &PKI.ec] {
        let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
            .prepare(ProofProfile::ConnectorExact)
            .unwrap();
        let cms = PKI.cms(&prepared, signer);
        assert!(cms.der().starts_with(&[0x30, 0x80]), "indefinite length");
        let leaf = signer.certificate.der();
        let place = |der: &[u8]| cms.der().windows(der.len()).position(|window| window == der);
        assert!(
            place(leaf) < place(PKI.authority.der()),
            "the signer's certificate comes first"
        );
        let document = prepared.with_proof(cms).unwrap();
        let verification = verify(document.xml().as_bytes(), &PKI.roots(), now());
        for check in verification.checks() {
            assert!(
                !matches!(check.outcome, beid_protocol::verify::Outcome::Failed(_)),
                "{:?}",
                check
            );
        }
    }
}
