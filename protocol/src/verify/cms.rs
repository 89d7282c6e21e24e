//! Did the key of the signer's certificate sign this content?

use beid_pki::{Certificate, HashAlgorithm, PublicKey};
use der::Encode;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use rsa::traits::PublicKeyParts;

use super::{CheckName, Context, Outcome, Verification, certificates};
use crate::asn1::{IssuerAndSerialNumber, oids};
use crate::signed_data::{Signed, SignerInfo};
use crate::summary::{self, SignedSummary};

/// The checks on a CMS, and what its content says if it is a therapeutic link.
pub(super) fn verify(der: &[u8], context: &Context<'_>) -> (Verification, Option<SignedSummary>) {
    let Some(cms) = Signed::parse(der) else {
        return (
            Verification::of(CheckName::Structure, Outcome::Failed("not-a-cms-of-one-signer")),
            None,
        );
    };
    // Whoever gives the content asks about that, and not about what the signature may carry instead.
    let content = context.content.or(cms.content);
    let mut verification = Verification::of(CheckName::Structure, Outcome::Passed);
    verification.add(CheckName::ContentDigest, check_digest(&cms, content));
    verification.signing_time = cms.signer.signing_time();
    let content = content.and_then(|content| summary::of_content(content).ok());
    verification.profile = content.as_ref().map(|content| content.profile);

    let is_signer = |certificate: &&Certificate| IssuerAndSerialNumber::of(certificate) == Ok(cms.signer.sid);
    match cms.certificates.iter().find(is_signer) {
        None => {
            verification.add(CheckName::Signature, Outcome::Unknown("certificate-missing"));
            verification.add(CheckName::SigningCertificate, Outcome::Failed("certificate-missing"));
        }
        Some(signer) => {
            verification.add(CheckName::Signature, check_signature(&cms.signer, signer));
            verification.add(
                CheckName::SigningCertificate,
                check_signing_certificate(&cms.signer, signer),
            );
            certificates::add_checks(&mut verification, signer, &cms.certificates, context);
            verification.add(CheckName::SubjectIsPatient, check_subject(signer, content.as_ref()));
        }
    }
    (verification, content)
}

fn check_digest(cms: &Signed<'_>, content: Option<&[u8]>) -> Outcome {
    let Some(content) = content else {
        return Outcome::Unknown("content-not-given");
    };
    if cms.content.is_some_and(|carried| carried != content) {
        return Outcome::Failed("content-differs");
    }
    let Some(hash) = cms.signer.hash() else {
        return Outcome::Failed("algorithm-not-accepted");
    };
    let content_type = cms.signer.attribute::<ObjectIdentifier>(oids::CONTENT_TYPE);
    if content_type != Some(Ok(oids::DATA)) {
        return Outcome::Failed("content-type-differs");
    }
    match cms.signer.attribute::<OctetStringRef<'_>>(oids::MESSAGE_DIGEST) {
        Some(Ok(digest)) => Outcome::when(digest.as_bytes() == hash.digest(content), "digest-differs"),
        Some(Err(_)) | None => Outcome::Failed("digest-missing"),
    }
}

fn check_signature(info: &SignerInfo<'_>, signer: &Certificate) -> Outcome {
    let Some(hash) = info.hash().filter(|hash| is_accepted(info, signer.public_key(), *hash)) else {
        return Outcome::Failed("algorithm-not-accepted");
    };
    if !info.algorithms_as_signed() {
        return Outcome::Failed("algorithms-differ-from-signed");
    }
    // The octets as they came, behind the tag of a SET OF; sorting or re-encoding them would verify something else.
    let Ok(signed) = info.signed_attributes.to_der() else {
        return Outcome::Failed("too-long");
    };
    let verified = signer
        .public_key()
        .verify_digest(hash, &hash.digest(&signed), info.signature.as_bytes());
    Outcome::when(verified.is_ok(), "signature-does-not-verify")
}

/// Whether the algorithm named is one for this key, and over this hash. Plain `rsaEncryption` leaves the hash open.
fn is_accepted(info: &SignerInfo<'_>, key: &PublicKey, hash: HashAlgorithm) -> bool {
    let (rsa, ecdsa) = match hash {
        HashAlgorithm::Sha1 | HashAlgorithm::Sha3_256 | HashAlgorithm::Sha3_384 | HashAlgorithm::Sha3_512 => {
            return false;
        }
        HashAlgorithm::Sha256 => (oids::RSA_SHA256, oids::ECDSA_SHA256),
        HashAlgorithm::Sha384 => (oids::RSA_SHA384, oids::ECDSA_SHA384),
        HashAlgorithm::Sha512 => (oids::RSA_SHA512, oids::ECDSA_SHA512),
    };
    match key {
        PublicKey::Rsa(key) => key.size() >= 256 && [rsa, oids::RSA].contains(&info.signature_algorithm.oid),
        PublicKey::P256(_) | PublicKey::P384(_) => info.signature_algorithm.oid == ecdsa,
    }
}

fn check_signing_certificate(info: &SignerInfo<'_>, signer: &Certificate) -> Outcome {
    match info.names_certificate(signer) {
        None => Outcome::Unknown("attribute-absent"),
        Some(same) => Outcome::when(same, "certificate-differs"),
    }
}

fn check_subject(signer: &Certificate, content: Option<&SignedSummary>) -> Outcome {
    let Some(content) = content else {
        return Outcome::Unknown("content-not-readable");
    };
    match (signer.subject_serial_number(), content.link.patient.ssin()) {
        (Some(holder), Some(patient)) => Outcome::when(holder == patient, "another-person"),
        (None, _) => Outcome::Failed("holder-without-number"),
        (_, None) => Outcome::Failed("patient-without-number"),
    }
}
