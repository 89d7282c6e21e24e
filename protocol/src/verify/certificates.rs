//! Checks of the signer's certificate: time stamps, chain, usage, validity and revocation.

use beid_pki::{Certificate, Chain, ChainError, Reason, Status, Trust};
use jiff::{SignedDuration, Timestamp};

use super::{CheckName, Context, Objection, Outcome, Verification};
use crate::long_term::RevocationValues;
use crate::timestamp::Token;

/// Upper limit on time stamps, so that a hostile signature stays cheap to judge.
const MOST_TIME_STAMPS: usize = 8;

/// Evidence that came with a signature and is not signed by it.
pub(crate) struct Evidence<'a> {
    /// Certificates, in any order.
    pub(crate) certificates: &'a [Certificate],
    /// The time stamps; none if they cannot be read.
    pub(crate) time_stamps: Option<Vec<Stamp>>,
    /// Revocation values that were kept.
    pub(crate) revocation: &'a RevocationValues,
}

/// A time stamp that came along.
pub(crate) struct Stamp {
    /// The token, a CMS.
    pub(crate) token: Vec<u8>,
    /// The octets it must be about, if we know how to write them.
    pub(crate) stamped: Option<Vec<u8>>,
}

/// Adds the checks of time stamps, chain, key usage, validity and revocation.
pub(crate) fn add_checks(
    verification: &mut Verification,
    signer: &Certificate,
    evidence: &Evidence<'_>,
    context: &Context<'_>,
) {
    verification.signer = Some(signer.clone());
    let others = [evidence.certificates, context.certificates].concat();
    // First, because a time stamp decides at what time the rest is judged.
    let (outcome, stamped_at) = check_time_stamps(evidence, &others, context);
    verification.stamped_at = stamped_at;
    verification.add(CheckName::TimeStamp, outcome);

    let known = stamped_at.or(verification.signing_time);
    let at = known.unwrap_or(context.now);
    let chain = context.roots.chain(signer, &others, at);
    verification.chain = chain.as_ref().map_or(Trust::None, |chain| chain.trust);
    let outcome = match &chain {
        Ok(_) => Outcome::Passed,
        // It may have been made while all were valid, and nothing says when it was. (EN 319 102-1: OUT_OF_BOUNDS_NO_POE)
        Err(ChainError::OutsideValidity) if known.is_none() => Outcome::Unknown(Reason::OutsideValidity),
        Err(error) => Objection::from(*error).into(),
    };
    verification.add(CheckName::Chain, outcome);
    let binding = signer.key_usage().map(|usage| usage.non_repudiation);
    // A certificate that names no usage leaves it open. (RFC 5280, 4.2.1.3)
    let usage = match binding {
        _ if is_of_a_service(signer) => Outcome::Failed(Reason::WrongKeyUsage),
        None => Outcome::Unknown(Reason::UsageNotStated),
        Some(binding) => Outcome::when(binding, Reason::WrongKeyUsage),
    };
    verification.add(CheckName::KeyUsage, usage);
    let validity = check_validity(signer, verification.signing_time, stamped_at, context.now);
    verification.add(CheckName::ValidityAtSigningTime, validity);
    let revocation = match &chain {
        _ if evidence.revocation.is_empty() => Outcome::Unknown(Reason::NotEmbedded),
        Ok(chain) => check_revocation(chain, evidence.revocation, stamped_at, at, context.now),
        Err(_) => Outcome::Unknown(Reason::NoChain),
    };
    verification.add(CheckName::Revocation, revocation);
}

/// Returns true if the key is for time stamps or OCSP answers and nothing else: its other usages, of which such
/// certificates often state the binding one, are for these alone. (RFC 5280, 4.2.1.12)
fn is_of_a_service(certificate: &Certificate) -> bool {
    const SERVICES: [&str; 2] = ["1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"];
    let usages = certificate.extended_key_usages();
    !usages.is_empty() && usages.iter().all(|usage| SERVICES.contains(&usage.as_str()))
}

/// Returns the worst outcome of all tokens, and the earliest time of those that are believed: each proves by itself that
/// the signature was there.
fn check_time_stamps(
    evidence: &Evidence<'_>,
    others: &[Certificate],
    context: &Context<'_>,
) -> (Outcome, Option<Timestamp>) {
    let Some(tokens) = &evidence.time_stamps else {
        return (Outcome::Failed(Reason::Malformed), None);
    };
    if tokens.len() > MOST_TIME_STAMPS {
        return (Outcome::Unknown(Reason::TooManyTimeStamps), None);
    }
    if tokens.is_empty() {
        return (Outcome::Unknown(Reason::NotEmbedded), None);
    }
    let (mut worst, mut first) = (Outcome::Passed, None);
    for Stamp { token, stamped } in tokens {
        let judged = match stamped {
            Some(stamped) => Token::judge(token, stamped, context.tsa_roots, others, context.now),
            None => Err(Objection::Unknown(Reason::CanonicalFormNotSupported)),
        };
        match judged {
            Ok(token) => first = Some(first.map_or(token.time(), |first: Timestamp| first.min(token.time()))),
            Err(refusal) => worst = worst.or_worse(refusal.into()),
        }
    }
    (worst, first)
}

/// Checks that nothing below the root was revoked at `at`. A revocation after the signature counts too unless a time stamp
/// proves the order: the signer's own clock proves nothing.
fn check_revocation(
    chain: &Chain,
    values: &RevocationValues,
    stamped_at: Option<Timestamp>,
    at: Timestamp,
    now: Timestamp,
) -> Outcome {
    let mut doubt = None;
    // The root, last in the chain, has nobody above it who could revoke it.
    for pair in chain.certificates.windows(2) {
        let [certificate, issuer] = pair else { continue };
        match values.about(certificate, issuer, at, now) {
            Ok(statement) => match statement.status {
                Status::Good => {}
                Status::Revoked { at: revoked, .. } if stamped_at.is_some_and(|stamped| stamped < revoked) => {}
                revoked @ Status::Revoked { .. } => return revoked.outcome(),
            },
            Err(reason) => doubt = doubt.or(Some(reason.reason())),
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
        (Some(signed), _) if is_behind(signed, now) => Outcome::Failed(Reason::SignedInTheFuture),
        (Some(signed), Some(stamped)) if is_behind(signed, stamped) => Outcome::Failed(Reason::SignedAfterTimeStamp),
        (_, Some(at)) | (Some(at), None) if at < signer.not_before() => Outcome::Failed(Reason::NotYetValid),
        (_, Some(at)) | (Some(at), None) => Outcome::when(at <= signer.not_after(), Reason::Expired),
        (None, None) => Outcome::Unknown(Reason::NoSigningTime),
    }
}
