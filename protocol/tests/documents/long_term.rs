//! Statements of authorities, kept in the signature: B-LT.

use std::process::Command;

use beid_pki::{Certificate, HashAlgorithm, Trust};
use beid_protocol::ProtocolError;
use beid_protocol::cms::{Cms, SigningCertificate};
use beid_protocol::long_term::RevocationValues;
use beid_protocol::timestamp::Token;
use beid_protocol::verify::{CheckName, Context, Outcome, Reason, verify_with};
use jiff::{SignedDuration, Timestamp};
use p384::ecdsa::SigningKey;
use p384::ecdsa::signature::Signer as _;
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::Attribute;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::der::asn1::{BitString, GeneralizedTime, Null, ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use x509_cert::der::{Any, DateTime, Decode, Encode, Length};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspResponse, ResponderId, ResponseData, RevokedInfo,
    SingleResponse, Version,
};

use crate::attacks::{change_signer, rewritten};
use crate::citizens::PKI;
use crate::tsa::{Oddity, TSA, tsa_roots};
use beid_testkit::{Scratch, run};

/// Time of the signature: a day in the past, long before it is judged.
const SIGNED: &str = "2025-03-03T10:00:00Z";

fn signed() -> Timestamp {
    SIGNED.parse().unwrap()
}

fn minutes(number: i64) -> Timestamp {
    signed().checked_add(SignedDuration::from_mins(number)).unwrap()
}

fn date(at: Timestamp) -> DateTime {
    DateTime::try_from(std::time::SystemTime::from(at)).unwrap()
}

fn generalized(at: Timestamp) -> OcspGeneralizedTime {
    OcspGeneralizedTime(GeneralizedTime::from_date_time(date(at)))
}

fn ecdsa() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
        parameters: None,
    }
}

fn signature(key: &SigningKey, octets: &[u8]) -> BitString {
    let signature: p384::ecdsa::DerSignature = key.sign(octets);
    BitString::from_bytes(signature.as_bytes()).unwrap()
}

/// Answer of the issuer's responder so many minutes after the signature, for a certificate that may be revoked by then.
fn answer(
    certificate: &Certificate,
    issuer: &Certificate,
    key: &SigningKey,
    made: i64,
    revoked: Option<i64>,
) -> Vec<u8> {
    let subject = Name::from_der(issuer.subject_der()).unwrap();
    let parsed = x509_cert::Certificate::from_der(issuer.der()).unwrap();
    let bits = parsed.tbs_certificate.subject_public_key_info.subject_public_key;
    let hashed = |octets: &[u8]| OctetString::new(HashAlgorithm::Sha1.digest(octets)).unwrap();
    let single = SingleResponse {
        cert_id: CertId {
            hash_algorithm: AlgorithmIdentifierOwned {
                oid: ObjectIdentifier::new_unwrap("1.3.14.3.2.26"),
                parameters: Some(Null.into()),
            },
            issuer_name_hash: hashed(issuer.subject_der()),
            issuer_key_hash: hashed(bits.raw_bytes()),
            serial_number: SerialNumber::new(certificate.serial()).unwrap(),
        },
        cert_status: revoked.map_or_else(CertStatus::good, |at| {
            CertStatus::Revoked(RevokedInfo {
                revocation_time: generalized(minutes(at)),
                revocation_reason: None,
            })
        }),
        this_update: generalized(minutes(made)),
        next_update: Some(generalized(minutes(made + 60))),
        single_extensions: None,
    };
    let data = ResponseData {
        version: Version::V1,
        responder_id: ResponderId::ByName(subject),
        produced_at: generalized(minutes(made)),
        responses: vec![single],
        response_extensions: None,
    };
    let basic = BasicOcspResponse {
        signature: signature(key, &data.to_der().unwrap()),
        tbs_response_data: data,
        signature_algorithm: ecdsa(),
        certs: None,
    };
    OcspResponse::successful(basic).unwrap().to_der().unwrap()
}

/// The issuer's list of so many minutes after the signature.
fn list(issuer: &Certificate, key: &SigningKey, made: i64, revoked: Option<(&Certificate, i64)>) -> Vec<u8> {
    let time = |at: Timestamp| Time::UtcTime(UtcTime::from_date_time(date(at)).unwrap());
    let tbs = TbsCertList {
        version: x509_cert::Version::V2,
        signature: ecdsa(),
        issuer: Name::from_der(issuer.subject_der()).unwrap(),
        this_update: time(minutes(made)),
        next_update: Some(time(minutes(made + 60))),
        revoked_certificates: revoked.map(|(certificate, at)| {
            vec![RevokedCert {
                serial_number: SerialNumber::new(certificate.serial()).unwrap(),
                revocation_date: time(minutes(at)),
                crl_entry_extensions: None,
            }]
        }),
        crl_extensions: None,
    };
    let list = CertificateList {
        signature: signature(key, &tbs.to_der().unwrap()),
        tbs_cert_list: tbs,
        signature_algorithm: ecdsa(),
    };
    list.to_der().unwrap()
}

/// OCSP answer about the holder's certificate.
fn holders(made: i64, revoked: Option<i64>) -> Vec<u8> {
    answer(&PKI.ec.certificate, &PKI.authority, &PKI.authority_key, made, revoked)
}

/// Revocation list of the root, about the authority's certificate.
fn authoritys() -> Vec<u8> {
    list(&PKI.root, &PKI.root_key, 5, None)
}

fn values(ocsp: Vec<Vec<u8>>, crls: Vec<Vec<u8>>) -> RevocationValues {
    RevocationValues { ocsp, crls }
}

fn made() -> Cms {
    let (chain, omitted) = ([PKI.authority.clone()], SigningCertificate::Included);
    let pending = Cms::attached(b"content".to_vec(), &PKI.ec.certificate, &chain, signed(), omitted).unwrap();
    let signature = PKI.ec.sign(pending.digest());
    pending.finish(signature).unwrap()
}

fn stamped(cms: Cms) -> Cms {
    let (signature, time) = (cms.stamped().unwrap(), Some(minutes(1)));
    let token = TSA.token(
        &signature,
        &Oddity {
            time,
            ..Oddity::default()
        },
    );
    cms.with_time_stamp(&Token::verify(&token, &signature, &tsa_roots(), Timestamp::now()).unwrap())
        .unwrap()
}

#[track_caller]
fn check(cms: Cms, values: &RevocationValues, expected: Outcome) {
    let cms = cms.with_revocation(values).unwrap();
    let (roots, tsa_roots) = (PKI.roots(), tsa_roots());
    let context = Context {
        tsa_roots: &tsa_roots,
        ..Context::new(&roots, "2030-01-01T00:00:00Z".parse().unwrap())
    };
    let verification = verify_with(cms.der(), &context);
    assert_eq!(
        verification.outcome(CheckName::Revocation),
        Some(expected),
        "{verification:?}"
    );
    let is_failed = matches!(expected, Outcome::Failed(_));
    assert_eq!(verification.trust(), if is_failed { Trust::None } else { Trust::Test });
}

#[test]
fn years_later_nobody_need_be_asked() {
    check(made(), &values(vec![], vec![]), Outcome::Unknown(Reason::NotEmbedded));
    for made_at in [-30, 5, 3 * 24 * 60] {
        let values = values(vec![holders(made_at, None)], vec![authoritys()]);
        check(stamped(made()), &values, Outcome::Passed);
        check(made(), &values, Outcome::Passed);
    }
    let lists = vec![list(&PKI.authority, &PKI.authority_key, 5, None), authoritys()];
    check(stamped(made()), &values(vec![], lists), Outcome::Passed);
}

#[test]
fn a_revocation_before_the_signature_spoils_it() {
    let before = values(vec![holders(5, Some(-1))], vec![authoritys()]);
    check(stamped(made()), &before, Outcome::Failed(Reason::Revoked));
    let listed = list(&PKI.authority, &PKI.authority_key, 5, Some((&PKI.ec.certificate, -1)));
    let both = values(vec![holders(2, None)], vec![listed, authoritys()]);
    check(stamped(made()), &both, Outcome::Failed(Reason::Revoked));
    let authority = list(&PKI.root, &PKI.root_key, 5, Some((&PKI.authority, -1)));
    check(
        stamped(made()),
        &values(vec![holders(5, None)], vec![authority]),
        Outcome::Failed(Reason::Revoked),
    );
}

#[test]
fn a_revocation_afterwards_counts_only_without_a_time_stamp() {
    // The time stamp is of the first minute; at that very moment is not after it.
    for (minute, outcome) in [
        (100, Outcome::Passed),
        (2, Outcome::Passed),
        (1, Outcome::Failed(Reason::Revoked)),
    ] {
        let after = values(vec![holders(120, Some(minute))], vec![authoritys()]);
        check(stamped(made()), &after, outcome);
        check(made(), &after, Outcome::Failed(Reason::Revoked));
    }
}

#[test]
fn what_does_not_speak_of_these_certificates_says_nothing() {
    let unknown = |ocsp: Vec<u8>, reason| {
        check(
            stamped(made()),
            &values(vec![ocsp], vec![authoritys()]),
            Outcome::Unknown(reason),
        );
    };
    let other = answer(&PKI.rsa.certificate, &PKI.authority, &PKI.authority_key, 5, None);
    unknown(other, Reason::OtherCertificate);
    let foreign = answer(&PKI.ec.certificate, &PKI.authority, &PKI.root_key, 5, None);
    unknown(foreign, Reason::SignatureDoesNotVerify);
    unknown(holders(-120, None), Reason::Stale);
    check(
        stamped(made()),
        &values(vec![holders(5, None)], vec![]),
        Outcome::Unknown(Reason::OtherCertificate),
    );
}

/// Adds an unsigned attribute to a signature.
fn with_attribute(cms: &[u8], last: &str, value: &[u8]) -> Vec<u8> {
    rewritten(cms, |signed_data| {
        change_signer(signed_data, |signer| {
            let attribute = Attribute {
                oid: ObjectIdentifier::new_unwrap(&format!("1.2.840.113549.1.9.16.2.{last}")),
                values: SetOfVec::try_from(vec![Any::from_der(value).unwrap()]).unwrap(),
            };
            let mut attributes = signer.unsigned_attrs.take().unwrap_or_default();
            attributes.insert(attribute).unwrap();
            signer.unsigned_attrs = Some(attributes);
        });
    })
}

/// An element around others.
fn around(tag: u8, inside: &[u8]) -> Vec<u8> {
    let length = Length::try_from(inside.len()).unwrap().to_der().unwrap();
    [&[tag], length.as_slice(), inside].concat()
}

#[test]
fn values_in_attributes_count_like_others() {
    // RevocationValues { crlVals [0] SEQUENCE OF, ocspVals [1] SEQUENCE OF BasicOCSPResponse }: RFC 5126, 6.3.4.
    let values = |answer: &[u8], list: &[u8]| {
        let response = OcspResponse::from_der(answer).unwrap();
        let basic = response.response_bytes.unwrap().response;
        let lists = around(0xA0, &around(0x30, list));
        let answers = around(0xA1, &around(0x30, basic.as_bytes()));
        around(0x30, &[lists, answers].concat())
    };
    let judge = |answer: &[u8]| {
        let values = values(
            answer,
            &list(&PKI.root, &PKI.root_key, 5, Some((&PKI.rsa.certificate, -1))),
        );
        let cms = with_attribute(stamped(made()).der(), "24", &values);
        let (roots, tsa_roots) = (PKI.roots(), tsa_roots());
        let context = Context {
            tsa_roots: &tsa_roots,
            ..Context::new(&roots, "2030-01-01T00:00:00Z".parse().unwrap())
        };
        verify_with(&cms, &context).outcome(CheckName::Revocation)
    };
    assert_eq!(judge(&holders(5, None)), Some(Outcome::Passed));
    assert_eq!(judge(&holders(5, Some(-1))), Some(Outcome::Failed(Reason::Revoked)));
}

#[test]
fn certificates_in_attributes_make_chains_like_others() {
    let alone = |certificates: &[Certificate]| {
        let included = SigningCertificate::Included;
        let pending = Cms::attached(
            b"content".to_vec(),
            &PKI.ec.certificate,
            certificates,
            signed(),
            included,
        );
        let pending = pending.unwrap();
        let signature = PKI.ec.sign(pending.digest());
        pending.finish(signature).unwrap().der().to_vec()
    };
    let chain = |cms: &[u8]| verify_with(cms, &Context::new(&PKI.roots(), Timestamp::now())).outcome(CheckName::Chain);
    let cms = alone(&[]);
    assert_eq!(chain(&cms), Some(Outcome::Unknown(Reason::RootNotTrusted)));
    let with = with_attribute(&cms, "23", &around(0x30, PKI.authority.der()));
    assert_eq!(chain(&with), Some(Outcome::Passed));
}

#[test]
fn values_that_are_no_der_are_not_embedded() {
    for bad in [
        values(vec![vec![1, 2, 3]], vec![]),
        values(vec![], vec![vec![0x30, 0x80, 0, 0]]),
    ] {
        let refused = made().with_revocation(&bad).unwrap_err();
        assert!(matches!(refused, ProtocolError::MalformedDocument { .. }));
    }
    let shown = format!("{:?}", values(vec![holders(5, None)], vec![]));
    assert_eq!(shown, "RevocationValues(1 answers, 0 lists)");
}

#[test]
fn openssl_reads_what_is_embedded() {
    let values = values(vec![holders(5, None)], vec![authoritys()]);
    let cms = stamped(made()).with_revocation(&values).unwrap();
    let folder = Scratch::new("protocol");
    let done = run(Command::new("openssl")
        .args(["cms", "-cmsout", "-noout", "-print", "-inform", "DER", "-in"])
        .arg(folder.write("signature.p7m", cms.der())));
    let said = done.said();
    assert!(done.succeeded(), "{done}");
    for line in [
        "d.crl:",
        "d.other:",
        "1.3.6.1.5.5.7.16.2",
        "id-smime-aa-timeStampToken",
        "version: 5",
    ] {
        assert!(said.contains(line), "no {line:?} in\n{said}");
    }
}
