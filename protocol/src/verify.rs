//! Checking a document or a signature, offline, from nothing but its bytes and the roots we trust.
//!
//! Nothing is hidden behind one verdict: each question has its own check, with an outcome and a reason. "Unknown" means
//! that the question could not be asked, and is never a yes.

use beid_pki::{Certificate, ChainError, HashAlgorithm, PublicKey, Trust, TrustStore};
use der::Encode;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use jiff::{SignedDuration, Timestamp};
use rsa::traits::PublicKeyParts;

use crate::asn1::{IssuerAndSerialNumber, oids};
use crate::codes::{PROOF_TYPES, ProofType};
use crate::read::LONGEST_INPUT;
use crate::signed_data::{Signed, SignerInfo};
use crate::summary::{self, LinkSummary, ProofSummary, RequestSummary, SignedSummary};
use crate::therlink::Profile;

/// The questions asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CheckName {
    /// Is it a document, or a CMS, of the form we know, whole and nothing more?
    Structure,
    /// Does the request carry a signature?
    Proof,
    /// Is the content the one whose digest was signed?
    ContentDigest,
    /// Did the key of the signer's certificate sign, with an algorithm that may be believed?
    Signature,
    /// Is that certificate the one that was signed along?
    SigningCertificate,
    /// Does it lead to a root we trust?
    Chain,
    /// Is it for signatures that bind their maker?
    KeyUsage,
    /// Was it valid when, by the signer's own word, it was used?
    ValidityAtSigningTime,
    /// Is its holder the patient?
    SubjectIsPatient,
    /// Is what was signed what is requested?
    ProofMatchesRequest,
}

impl CheckName {
    /// The stable name, for answers: `content-digest`, `subject-is-patient`...
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Proof => "proof",
            Self::ContentDigest => "content-digest",
            Self::Signature => "signature",
            Self::SigningCertificate => "signing-certificate",
            Self::Chain => "chain",
            Self::KeyUsage => "key-usage",
            Self::ValidityAtSigningTime => "validity-at-signing-time",
            Self::SubjectIsPatient => "subject-is-patient",
            Self::ProofMatchesRequest => "proof-matches-request",
        }
    }
}

/// The answer to one question. A reason is a stable word, without personal data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Yes.
    Passed,
    /// No.
    Failed(&'static str),
    /// The question could not be asked.
    Unknown(&'static str),
}

impl Outcome {
    /// `passed`, `failed` or `unknown`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Why not, if not.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Passed => None,
            Self::Failed(reason) | Self::Unknown(reason) => Some(reason),
        }
    }

    fn when(holds: bool, otherwise: &'static str) -> Self {
        if holds { Self::Passed } else { Self::Failed(otherwise) }
    }
}

/// One question and its answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Check {
    /// The question.
    pub name: CheckName,
    /// The answer.
    pub outcome: Outcome,
}

/// All answers about one input.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verification {
    checks: Vec<Check>,
    kind: Kind,
    chain: Trust,
    signing_time: Option<Timestamp>,
    profile: Option<Profile>,
}

/// What was verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// A signature by itself, over whatever it says.
    Cms,
    /// A request, whose proof must be about this very link.
    Request,
}

impl Verification {
    /// The checks, in the order in which they were made.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The answer to one question, if it was asked.
    #[must_use]
    pub fn outcome(&self, name: CheckName) -> Option<Outcome> {
        self.checks
            .iter()
            .find(|check| check.name == name)
            .map(|check| check.outcome)
    }

    /// What the whole is worth: what its root is worth, but nothing as soon as one check failed, nor for a request whose
    /// proof is not known to be its patient's and about this link.
    #[must_use]
    pub fn trust(&self) -> Trust {
        let failed = self
            .checks
            .iter()
            .any(|check| matches!(check.outcome, Outcome::Failed(_)));
        let passed = |name| self.outcome(name) == Some(Outcome::Passed);
        let about_this = match self.kind {
            Kind::Cms => true,
            Kind::Request => passed(CheckName::SubjectIsPatient) && passed(CheckName::ProofMatchesRequest),
        };
        if about_this && !failed { self.chain } else { Trust::None }
    }

    /// The time of signing, by the signer's own word.
    #[must_use]
    pub fn signing_time(&self) -> Option<Timestamp> {
        self.signing_time
    }

    /// What the signature covers, if its content can be read: with [`Profile::Connector`] patient, provider and day, and
    /// neither type nor period nor remark; with [`Profile::Strict`] the whole link.
    #[must_use]
    pub fn profile(&self) -> Option<Profile> {
        self.profile
    }

    /// Whether there was a signature to check, whatever it covers and whatever it is worth.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.outcome(CheckName::ContentDigest).is_some()
    }

    fn new() -> Self {
        Self {
            checks: Vec::new(),
            kind: Kind::Cms,
            chain: Trust::None,
            signing_time: None,
            profile: None,
        }
    }

    fn of(name: CheckName, outcome: Outcome) -> Self {
        let mut verification = Self::new();
        verification.add(name, outcome);
        verification
    }

    /// Answers anew a question that was asked already; no other is added.
    fn replace(&mut self, name: CheckName, outcome: Outcome) {
        for check in self.checks.iter_mut().filter(|check| check.name == name) {
            check.outcome = outcome;
        }
    }

    fn add(&mut self, name: CheckName, outcome: Outcome) {
        self.checks.push(Check { name, outcome });
    }
}

/// Checks a CMS (DER, content inside) or a `PutTherapeuticLinkRequest`, as seen at `now`.
///
/// No time stamp is asked for, so the time of signing is the signer's word; a certificate revoked since is not noticed.
///
/// Source: RFC 5652, 5.4 and 5.6; RFC 5035, 5.4; ETSI EN 319 122-1.
#[must_use]
pub fn verify(input: &[u8], roots: &TrustStore, now: Timestamp) -> Verification {
    match input {
        [] => Verification::of(CheckName::Structure, Outcome::Failed("empty")),
        long if long.len() > LONGEST_INPUT => Verification::of(CheckName::Structure, Outcome::Failed("too-long")),
        [0x30, ..] => verify_cms(input, roots, now).0,
        _ => verify_request(input, roots, now),
    }
}

fn verify_request(xml: &[u8], roots: &TrustStore, now: Timestamp) -> Verification {
    let Ok(request) = summary::of_request(xml) else {
        return Verification::of(CheckName::Structure, Outcome::Failed("not-a-therapeutic-link-request"));
    };
    let unsigned = |outcome| {
        let mut verification = Verification::of(CheckName::Structure, Outcome::Passed);
        verification.add(CheckName::Proof, outcome);
        verification
    };
    let Some(proved) = request.link() else {
        return Verification::of(CheckName::Structure, Outcome::Failed("not-a-therapeutic-link-request"));
    };
    match proved.proofs.as_slice() {
        [] => unsigned(Outcome::Unknown("no-proof")),
        [ProofSummary { code, cms }] => match (code.as_str(), cms) {
            ("eidsigning", Some(cms)) => verify_signed_request(&request, &proved.link, cms, roots, now),
            ("eidsigning", None) => unsigned(Outcome::Failed("signature-missing")),
            (_, Some(_)) => unsigned(Outcome::Failed("signature-unexpected")),
            (code, None) if PROOF_TYPES.iter().any(|row: &ProofType| row.code == code) => {
                unsigned(Outcome::Unknown("not-signed"))
            }
            (_, None) => unsigned(Outcome::Failed("unknown-proof-type")),
        },
        _ => unsigned(Outcome::Failed("several-proofs")),
    }
}

fn verify_signed_request(
    request: &RequestSummary,
    link: &LinkSummary,
    cms: &[u8],
    roots: &TrustStore,
    now: Timestamp,
) -> Verification {
    // For a signature alone, other content leaves questions open. Here it is the answer: it was signed for another purpose.
    const NOT_A_LINK: Outcome = Outcome::Failed("content-not-a-link");
    let (mut verification, signed) = verify_cms(cms, roots, now);
    verification.kind = Kind::Request;
    verification.checks.insert(
        1,
        Check {
            name: CheckName::Proof,
            outcome: Outcome::Passed,
        },
    );
    let matches = signed
        .as_ref()
        .map_or(NOT_A_LINK, |signed| match_request(signed, request, link));
    if signed.is_none() {
        verification.replace(CheckName::SubjectIsPatient, NOT_A_LINK);
    }
    verification.add(CheckName::ProofMatchesRequest, matches);
    verification
}

/// Whether the content speaks of the same patient, the same parties and the same day or link as the request.
fn match_request(signed: &SignedSummary, request: &RequestSummary, link: &LinkSummary) -> Outcome {
    if signed.link.patient != link.patient {
        return Outcome::Failed("patient-differs");
    }
    if signed.link.parties != link.parties {
        return Outcome::Failed("party-differs");
    }
    match signed.profile {
        Profile::Connector => Outcome::when(signed.link.start == Some(request.date), "date-differs"),
        Profile::Strict => Outcome::when(signed.link == *link, "link-differs"),
    }
}

/// The checks on a CMS, and what its content says if it is a therapeutic link.
fn verify_cms(der: &[u8], roots: &TrustStore, now: Timestamp) -> (Verification, Option<SignedSummary>) {
    let Some(cms) = Signed::parse(der) else {
        return (
            Verification::of(CheckName::Structure, Outcome::Failed("not-a-cms-of-one-signer")),
            None,
        );
    };
    let mut verification = Verification::of(CheckName::Structure, Outcome::Passed);
    verification.add(CheckName::ContentDigest, check_digest(&cms));
    verification.signing_time = cms.signer.signing_time();
    let content = summary::of_content(cms.content).ok();
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
            add_certificate_checks(&mut verification, signer, &cms.certificates, roots, now);
            verification.add(CheckName::SubjectIsPatient, check_subject(signer, content.as_ref()));
        }
    }
    (verification, content)
}

fn check_digest(cms: &Signed<'_>) -> Outcome {
    let Some(hash) = cms.signer.hash() else {
        return Outcome::Failed("algorithm-not-accepted");
    };
    let content_type = cms.signer.attribute::<ObjectIdentifier>(oids::CONTENT_TYPE);
    if content_type != Some(Ok(oids::DATA)) {
        return Outcome::Failed("content-type-differs");
    }
    match cms.signer.attribute::<OctetStringRef<'_>>(oids::MESSAGE_DIGEST) {
        Some(Ok(digest)) => Outcome::when(digest.as_bytes() == hash.digest(cms.content), "digest-differs"),
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
        PublicKey::P384(_) => info.signature_algorithm.oid == ecdsa,
    }
}

fn check_signing_certificate(info: &SignerInfo<'_>, signer: &Certificate) -> Outcome {
    match info.names_certificate(signer) {
        None => Outcome::Unknown("attribute-absent"),
        Some(same) => Outcome::when(same, "certificate-differs"),
    }
}

fn add_certificate_checks(
    verification: &mut Verification,
    signer: &Certificate,
    certificates: &[Certificate],
    roots: &TrustStore,
    now: Timestamp,
) {
    let chain = roots.chain(signer, certificates, verification.signing_time.unwrap_or(now));
    verification.chain = chain.as_ref().map_or(Trust::None, |chain| chain.trust);
    let outcome = match chain {
        Ok(_) => Outcome::Passed,
        Err(ChainError::Untrusted) => Outcome::Failed("root-not-trusted"),
        Err(ChainError::BadSignature) => Outcome::Failed("bad-signature"),
        Err(ChainError::Expired) => Outcome::Failed("expired"),
        Err(ChainError::NotAnAuthority) => Outcome::Failed("issuer-is-no-authority"),
    };
    verification.add(CheckName::Chain, outcome);
    let binding = signer.key_usage().is_some_and(|usage| usage.non_repudiation);
    verification.add(CheckName::KeyUsage, Outcome::when(binding, "not-for-signatures"));
    let validity = check_validity(signer, verification.signing_time, now);
    verification.add(CheckName::ValidityAtSigningTime, validity);
}

fn check_validity(signer: &Certificate, signing_time: Option<Timestamp>, now: Timestamp) -> Outcome {
    // Two clocks never agree to the second.
    const SKEW: SignedDuration = SignedDuration::from_mins(5);
    match signing_time {
        None => Outcome::Unknown("no-signing-time"),
        Some(at) if at.duration_since(now) > SKEW => Outcome::Failed("signed-in-the-future"),
        Some(at) if at < signer.not_before() => Outcome::Failed("not-yet-valid"),
        Some(at) => Outcome::when(at <= signer.not_after(), "expired"),
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
