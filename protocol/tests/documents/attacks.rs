//! Attacks by somebody who holds a good signature: nothing made of it is trusted.

use beid_pki::{Certificate, HashAlgorithm, Trust, ecdsa_raw_to_der};
use beid_protocol::cms::{Cms, SigningCertificate};
use beid_protocol::signature::RawSignature;
use beid_protocol::verify::{CheckName, Outcome, Reason, Verification, verify, verify_detached};
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{CertificateSet, SignedData, SignerInfo, SignerInfos};
use x509_cert::attr::Attribute;
use x509_cert::der::asn1::{ObjectIdentifier, OctetString, OctetStringRef, SetOfVec};
use x509_cert::der::{Any, Decode, Encode};

use crate::citizens::{PKI, now};

const CONTENT: &[u8] = b"I agree.";
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

fn signed(attribute: SigningCertificate) -> Vec<u8> {
    let chain = [PKI.authority.clone(), PKI.root.clone()];
    let pending = Cms::attached(CONTENT.to_vec(), &PKI.ec.certificate, &chain, now(), attribute).unwrap();
    let signature = PKI.ec.sign(pending.digest());
    pending.finish(signature).unwrap().der().to_vec()
}

/// Takes a signature apart, changes it, and puts it together again.
pub(crate) fn rewritten(der: &[u8], change: impl FnOnce(&mut SignedData)) -> Vec<u8> {
    let info = ContentInfo::from_der(der).unwrap();
    let mut signed_data = info.content.decode_as::<SignedData>().unwrap();
    change(&mut signed_data);
    let content = Any::encode_from(&signed_data).unwrap();
    ContentInfo { content, ..info }.to_der().unwrap()
}

pub(crate) fn change_signer(signed_data: &mut SignedData, change: impl FnOnce(&mut SignerInfo)) {
    let mut signer = signed_data.signer_infos.0.get(0).unwrap().clone();
    change(&mut signer);
    signed_data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
}

fn with_certificates(signed_data: &mut SignedData, certificates: &[&Certificate]) {
    let choice = |certificate: &&Certificate| {
        CertificateChoices::Certificate(x509_cert::Certificate::from_der(certificate.der()).unwrap())
    };
    let choices: Vec<_> = certificates.iter().map(choice).collect();
    signed_data.certificates = Some(CertificateSet(SetOfVec::try_from(choices).unwrap()));
}

fn judge(der: &[u8]) -> Verification {
    verify(der, &PKI.roots(), now())
}

#[track_caller]
fn check(der: &[u8], name: CheckName, expected: Outcome) {
    let verification = judge(der);
    assert_eq!(verification.outcome(name), Some(expected), "{verification:?}");
    assert_eq!(verification.trust(), Trust::None);
}

#[test]
fn signed_attributes_do_not_become_content() {
    // The signature is over the attributes: without them, those octets as content would be signed as well.
    let whole = signed(SigningCertificate::Included);
    assert_eq!(judge(&whole).trust(), Trust::Test);
    let stripped = rewritten(&whole, |signed_data| {
        let mut attributes = None;
        change_signer(signed_data, |signer| attributes = signer.signed_attrs.take());
        let octets = attributes.unwrap().to_der().unwrap();
        let content = Any::encode_from(&OctetStringRef::new(&octets).unwrap()).unwrap();
        signed_data.encap_content_info.econtent = Some(content);
    });
    let refused = Outcome::Failed(Reason::ContentIsSignedAttributes);
    check(&stripped, CheckName::ContentDigest, refused);
    // Nor when they are given beside it.
    let mut attributes = Vec::new();
    let outside = rewritten(&stripped, |signed_data| {
        let content = signed_data.encap_content_info.econtent.take().unwrap();
        attributes = content.value().to_vec();
    });
    let verification = verify_detached(&outside, &attributes, &PKI.roots(), now());
    assert_eq!(verification.outcome(CheckName::ContentDigest), Some(refused));
    assert_eq!(verification.trust(), Trust::None);
}

#[test]
fn a_signature_around_a_signature_is_no_signature_on_its_content() {
    let whole = signed(SigningCertificate::Included);
    let wrapped = rewritten(&whole, |signed_data| {
        signed_data.encap_content_info.econtent_type = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
    });
    let differs = Outcome::Failed(Reason::ContentTypeDiffers);
    check(&wrapped, CheckName::ContentDigest, differs);
}

#[test]
fn another_digest_algorithm_is_noticed() {
    let sha_256 = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
    let whole = signed(SigningCertificate::Included);
    let outside = rewritten(&whole, |signed_data| {
        change_signer(signed_data, |signer| signer.digest_alg.oid = sha_256);
    });
    let unlisted = Outcome::Failed(Reason::DigestAlgorithmNotListed);
    check(&outside, CheckName::Structure, unlisted);
    let both = rewritten(&whole, |signed_data| {
        change_signer(signed_data, |signer| signer.digest_alg.oid = sha_256);
        let mut algorithm = signed_data.digest_algorithms.get(0).unwrap().clone();
        algorithm.oid = sha_256;
        signed_data.digest_algorithms = SetOfVec::try_from(vec![algorithm]).unwrap();
    });
    check(&both, CheckName::ContentDigest, Outcome::Failed(Reason::DigestDiffers));
    let differ = Outcome::Failed(Reason::AlgorithmsDifferFromSigned);
    check(&both, CheckName::Signature, differ);
}

#[test]
fn a_certificate_of_the_same_number_is_not_the_one_that_was_signed_along() {
    let twin = PKI.twin();
    assert_eq!(twin.serial(), PKI.ec.certificate.serial());
    let whole = signed(SigningCertificate::Included);
    let swapped = rewritten(&whole, |signed_data| {
        with_certificates(signed_data, &[&twin, &PKI.authority])
    });
    check(&swapped, CheckName::Signature, Outcome::Passed);
    let differs = Outcome::Failed(Reason::CertificateDiffers);
    check(&swapped, CheckName::SigningCertificate, differs);
    // With both there, in either order, it is the holder's.
    let both = rewritten(&whole, |signed_data| {
        with_certificates(signed_data, &[&twin, &PKI.ec.certificate, &PKI.authority]);
    });
    assert_eq!(judge(&both).trust(), Trust::Test);
}

#[test]
fn no_number_of_certificates_makes_a_chain_slow() {
    let usage = x509_cert::ext::pkix::KeyUsages::KeyCertSign;
    let others: Vec<_> = (0..30)
        .map(|_| PKI.another("CN=Proef Root CA,C=BE", usage).certificate)
        .collect();
    let ours = [&PKI.ec.certificate, &PKI.authority];
    let with = |many: usize| {
        let all: Vec<_> = ours.into_iter().chain(&others[..many]).collect();
        rewritten(&signed(SigningCertificate::Included), |signed_data| {
            with_certificates(signed_data, &all)
        })
    };
    assert_eq!(judge(&with(30)).trust(), Trust::Test);
    let one_more = rewritten(&with(30), |signed_data| {
        let mut choices = signed_data.certificates.take().unwrap().0;
        let root = x509_cert::Certificate::from_der(PKI.root.der()).unwrap();
        choices.insert(CertificateChoices::Certificate(root)).unwrap();
        signed_data.certificates = Some(CertificateSet(choices));
    });
    let too_many = Outcome::Unknown(Reason::TooManyCertificates);
    check(&one_more, CheckName::Structure, too_many);
}

#[test]
fn without_the_attribute_nobody_knows_whose_certificate_it_was() {
    let whole = signed(SigningCertificate::Omitted);
    let unknown = Some(Outcome::Unknown(Reason::AttributeAbsent));
    assert_eq!(judge(&whole).outcome(CheckName::SigningCertificate), unknown);
    let swapped = rewritten(&whole, |signed_data| {
        with_certificates(signed_data, &[&PKI.twin(), &PKI.authority])
    });
    assert_eq!(judge(&swapped).outcome(CheckName::SigningCertificate), unknown);
}

#[test]
fn the_attribute_counts_only_where_it_is_signed() {
    let named = signed(SigningCertificate::Included);
    let mut attribute: Option<Attribute> = None;
    let removed = rewritten(&named, |signed_data| {
        change_signer(signed_data, |signer| {
            let attributes = signer.signed_attrs.take().unwrap();
            let (ours, others): (Vec<_>, Vec<_>) = attributes
                .iter()
                .cloned()
                .partition(|one| one.oid == SIGNING_CERTIFICATE_V2);
            attribute = ours.into_iter().next();
            signer.signed_attrs = Some(SetOfVec::try_from(others).unwrap());
        });
    });
    check(
        &removed,
        CheckName::SigningCertificate,
        Outcome::Unknown(Reason::AttributeAbsent),
    );
    check(
        &removed,
        CheckName::Signature,
        Outcome::Failed(Reason::SignatureDoesNotVerify),
    );
    let moved = rewritten(&signed(SigningCertificate::Omitted), |signed_data| {
        change_signer(signed_data, |signer| {
            signer.unsigned_attrs = Some(SetOfVec::try_from(vec![attribute.unwrap()]).unwrap());
        });
    });
    let unknown = Some(Outcome::Unknown(Reason::AttributeAbsent));
    assert_eq!(judge(&moved).outcome(CheckName::SigningCertificate), unknown);
}

/// A signature over one attribute more.
fn signed_with(named: SigningCertificate, more: Attribute) -> Vec<u8> {
    rewritten(&signed(named), |signed_data| {
        change_signer(signed_data, |signer| {
            let mut attributes = signer.signed_attrs.take().unwrap();
            attributes.insert(more).unwrap();
            let digest = HashAlgorithm::Sha384.digest(&attributes.to_der().unwrap());
            let RawSignature::Ecdsa(raw) = PKI.ec.sign(&digest) else {
                panic!("an EC key")
            };
            signer.signature = OctetString::new(ecdsa_raw_to_der(&raw).unwrap()).unwrap();
            signer.signed_attrs = Some(attributes);
        });
    })
}

#[test]
fn the_older_attribute_cannot_name_another_certificate() {
    // SigningCertificate { certs { ESSCertID { SHA-1 of the certificate } } }: RFC 2634, 5.4.
    let naming = |certificate: &Certificate| {
        let hash = HashAlgorithm::Sha1.digest(certificate.der());
        let value = [&[0x30, 26, 0x30, 24, 0x30, 22, 0x04, 20][..], &hash].concat();
        Attribute {
            oid: ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12"),
            values: SetOfVec::try_from(vec![Any::from_der(&value).unwrap()]).unwrap(),
        }
    };
    let (ours, twin) = (PKI.ec.certificate.clone(), PKI.twin());
    let differs = Outcome::Failed(Reason::CertificateDiffers);
    for named in [SigningCertificate::Included, SigningCertificate::Omitted] {
        let right = signed_with(named, naming(&ours));
        assert_eq!(judge(&right).trust(), Trust::Test);
        let by_sha_1 = match named {
            SigningCertificate::Included => Outcome::Passed,
            SigningCertificate::Omitted => Outcome::Unknown(Reason::AlgorithmTooWeak),
        };
        assert_eq!(judge(&right).outcome(CheckName::SigningCertificate), Some(by_sha_1));
        check(
            &signed_with(named, naming(&twin)),
            CheckName::SigningCertificate,
            differs,
        );
    }
    let right = signed_with(SigningCertificate::Omitted, naming(&ours));
    let both = rewritten(&right, |signed_data| {
        with_certificates(signed_data, &[&twin, &ours, &PKI.authority]);
    });
    assert_eq!(judge(&both).trust(), Trust::Test, "it says which of the two");
}

#[test]
fn the_content_of_one_is_not_signed_by_another() {
    let swapped = rewritten(&signed(SigningCertificate::Included), |signed_data| {
        let content = Any::encode_from(&OctetStringRef::new(b"I refuse.").unwrap()).unwrap();
        signed_data.encap_content_info.econtent = Some(content);
    });
    check(
        &swapped,
        CheckName::ContentDigest,
        Outcome::Failed(Reason::DigestDiffers),
    );
}
