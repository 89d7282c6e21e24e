//! Whose certificate is it, and was it good for this?

use beid_pki::{Certificate, Chain, ChainError, Status, Trust};
use jiff::{SignedDuration, Timestamp};

use super::{CheckName, Context, Outcome, Verification};
use crate::long_term::RevocationValues;
use crate::timestamp::Token;
use crate::verify::Objection;

/// Upper limit on time stamps, so that a hostile signature stays cheap to judge.
const MOST_TIME_STAMPS: usize = 8;

/// A canonical form of XML that we cannot write.
const UNKNOWN_FORM: &str = "canonical-form-not-supported";

/// What came with a signature and is not signed by it.
pub(crate) struct Evidence<'a> {
    /// Certificates, in any order.
    pub(crate) certificates: &'a [Certificate],
    /// The time stamps; none if they cannot be read.
    pub(crate) time_stamps: Option<Vec<Stamp>>,
    /// What was kept on revocation.
    pub(crate) revocation: &'a RevocationValues,
}

/// A time stamp that came along.
pub(crate) struct Stamp {
    /// The token, a CMS.
    pub(crate) token: Vec<u8>,
    /// The octets it must be about, if we know how to write them.
    pub(crate) stamped: Option<Vec<u8>>,
}

/// Time stamps, chain, key usage, validity and revocation.
pub(crate) fn add_checks(
    verification: &mut Verification,
    signer: &Certificate,
    evidence: &Evidence<'_>,
    context: &Context<'_>,
) {
    verification.signer = Some(signer.clone());
    let others = [evidence.certificates, context.certificates].concat();
    let (outcome, stamped_at) = check_time_stamps(evidence, &others, context);
    verification.stamped_at = stamped_at;
    verification.add(CheckName::TimeStamp, outcome);

    let known = stamped_at.or(verification.signing_time);
    let at = known.unwrap_or(context.now);
    let chain = context.roots.chain(signer, &others, at);
    verification.chain = chain.as_ref().map_or(Trust::None, |chain| chain.trust);
    let outcome = match &chain {
        Ok(_) => Outcome::Passed,
        // What nobody here can follow is no fault of the signature. (ETSI EN 319 102-1: NO_CERTIFICATE_CHAIN_FOUND)
        Err(ChainError::Untrusted) => Outcome::Unknown("root-not-trusted"),
        Err(ChainError::UnsupportedAlgorithm) => Outcome::Unknown("algorithm-not-supported"),
        Err(ChainError::UnknownExtension) => Outcome::Unknown("unknown-critical-extension"),
        Err(ChainError::BadSignature) => Outcome::Failed("bad-signature"),
        // It may have been made while all were valid, and nothing says when it was. (There: OUT_OF_BOUNDS_NO_POE)
        Err(ChainError::Expired) if known.is_none() => Outcome::Unknown("expired"),
        Err(ChainError::Expired) => Outcome::Failed("expired"),
        Err(ChainError::NotAnAuthority) => Outcome::Failed("issuer-is-no-authority"),
    };
    verification.add(CheckName::Chain, outcome);
    let binding = signer.key_usage().map(|usage| usage.non_repudiation);
    // A certificate that names no usage leaves it open. (RFC 5280, 4.2.1.3)
    let usage = match binding {
        _ if is_of_a_service(signer) => Outcome::Failed("not-for-signatures"),
        None => Outcome::Unknown("usage-not-stated"),
        Some(binding) => Outcome::when(binding, "not-for-signatures"),
    };
    verification.add(CheckName::KeyUsage, usage);
    let validity = check_validity(signer, verification.signing_time, stamped_at, context.now);
    verification.add(CheckName::ValidityAtSigningTime, validity);
    let revocation = match &chain {
        _ if evidence.revocation.is_empty() => Outcome::Unknown("not-embedded"),
        Ok(chain) => check_revocation(chain, evidence.revocation, stamped_at, at, context.now),
        Err(_) => Outcome::Unknown("no-chain"),
    };
    verification.add(CheckName::Revocation, revocation);
}

/// Whether the key is for time stamps or OCSP answers and nothing else: its other usages, of which such certificates often
/// state the binding one, are for these alone. (RFC 5280, 4.2.1.12)
fn is_of_a_service(certificate: &Certificate) -> bool {
    const SERVICES: [&str; 2] = ["1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"];
    let usages = certificate.extended_key_usages();
    !usages.is_empty() && usages.iter().all(|usage| SERVICES.contains(&usage.as_str()))
}

/// The worst of all tokens, and the time of the first that is believed: each proves by itself that the signature was there.
fn check_time_stamps(
    evidence: &Evidence<'_>,
    others: &[Certificate],
    context: &Context<'_>,
) -> (Outcome, Option<Timestamp>) {
    let Some(tokens) = &evidence.time_stamps else {
        return (Outcome::Failed("malformed"), None);
    };
    if tokens.len() > MOST_TIME_STAMPS {
        return (Outcome::Unknown("too-many-time-stamps"), None);
    }
    if tokens.is_empty() {
        return (Outcome::Unknown("not-embedded"), None);
    }
    let (mut worst, mut first) = (Outcome::Passed, None);
    for Stamp { token, stamped } in tokens {
        let judged = match stamped {
            Some(stamped) => Token::judge(token, stamped, context.tsa_roots, others, context.now),
            None => Err(Objection::Unknown(UNKNOWN_FORM)),
        };
        match judged {
            Ok(token) => first = Some(first.map_or(token.time(), |first: Timestamp| first.min(token.time()))),
            Err(refusal) => worst = worst.or_worse(refusal.into()),
        }
    }
    (worst, first)
}

/// Whether nothing below the root was revoked at `at`. Without a time stamp, anybody could have signed before a
/// revocation by saying so.
fn check_revocation(
    chain: &Chain,
    values: &RevocationValues,
    stamped_at: Option<Timestamp>,
    at: Timestamp,
    now: Timestamp,
) -> Outcome {
    let mut doubt = None;
    for pair in chain.certificates.windows(2) {
        let [certificate, issuer] = pair else { continue };
        match values.about(certificate, issuer, at, now) {
            Ok(statement) => match statement.status {
                Status::Good => {}
                Status::Revoked { at: revoked, .. } if stamped_at.is_some_and(|stamped| stamped < revoked) => {}
                Status::Revoked { .. } => return Outcome::Failed("revoked"),
            },
            Err(reason) => doubt = doubt.or(Some(reason.name())),
        }
    }
    doubt.map_or(Outcome::Passed, Outcome::Unknown)
}

fn check_validity(
    signer: &Certificate,
    signing_time: Option<Timestamp>,
    stamped_at: Option<Timestamp>,
    now: Timestamp,
) -> Outcome {
    // Two clocks never agree to the second.
    const SKEW: SignedDuration = SignedDuration::from_mins(5);
    let is_behind = |later: Timestamp, earlier: Timestamp| later.duration_since(earlier) > SKEW;
    match (signing_time, stamped_at) {
        (Some(signed), _) if is_behind(signed, now) => Outcome::Failed("signed-in-the-future"),
        (Some(signed), Some(stamped)) if is_behind(signed, stamped) => Outcome::Failed("signed-after-time-stamp"),
        (_, Some(at)) | (Some(at), None) if at < signer.not_before() => Outcome::Failed("not-yet-valid"),
        (_, Some(at)) | (Some(at), None) => Outcome::when(at <= signer.not_after(), "expired"),
        (None, None) => Outcome::Unknown("no-signing-time"),
    }
}
