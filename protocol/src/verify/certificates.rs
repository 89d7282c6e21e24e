//! Whose certificate is it, and was it good for this?

use beid_pki::{Certificate, Chain, ChainError, Status, Trust};
use jiff::{SignedDuration, Timestamp};

use super::{CheckName, Context, Outcome, Verification};
use crate::long_term::RevocationValues;
use crate::timestamp::{Token, UNKNOWN_AUTHORITY};

/// Whoever wants more than eight time stamps judged wants something else.
const MOST_TIME_STAMPS: usize = 8;

/// A canonical form of XML other than those we write.
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
    let (outcome, stamped_at) = check_time_stamps(evidence, context);
    verification.stamped_at = stamped_at;
    verification.add(CheckName::TimeStamp, outcome);

    let at = stamped_at.or(verification.signing_time).unwrap_or(context.now);
    let chain = context.roots.chain(signer, evidence.certificates, at);
    verification.chain = chain.as_ref().map_or(Trust::None, |chain| chain.trust);
    let outcome = match &chain {
        Ok(_) => Outcome::Passed,
        Err(ChainError::Untrusted) => Outcome::Failed("root-not-trusted"),
        Err(ChainError::BadSignature) => Outcome::Failed("bad-signature"),
        Err(ChainError::Expired) => Outcome::Failed("expired"),
        Err(ChainError::NotAnAuthority) => Outcome::Failed("issuer-is-no-authority"),
        Err(ChainError::UnsupportedAlgorithm) => Outcome::Unknown("algorithm-not-supported"),
        Err(ChainError::UnknownExtension) => Outcome::Failed("unknown-critical-extension"),
    };
    verification.add(CheckName::Chain, outcome);
    let binding = signer.key_usage().is_some_and(|usage| usage.non_repudiation);
    verification.add(CheckName::KeyUsage, Outcome::when(binding, "not-for-signatures"));
    let validity = check_validity(signer, verification.signing_time, stamped_at, context.now);
    verification.add(CheckName::ValidityAtSigningTime, validity);
    let revocation = match &chain {
        _ if evidence.revocation.is_empty() => Outcome::Unknown("not-embedded"),
        Ok(chain) => check_revocation(chain, evidence.revocation, stamped_at, at, context.now),
        Err(_) => Outcome::Unknown("no-chain"),
    };
    verification.add(CheckName::Revocation, revocation);
}

/// Every token must hold; the time is that of the first.
fn check_time_stamps(evidence: &Evidence<'_>, context: &Context<'_>) -> (Outcome, Option<Timestamp>) {
    let Some(tokens) = evidence
        .time_stamps
        .as_ref()
        .filter(|tokens| tokens.len() <= MOST_TIME_STAMPS)
    else {
        return (Outcome::Failed("malformed"), None);
    };
    let times: Result<Vec<_>, _> = tokens
        .iter()
        .map(|Stamp { token, stamped }| {
            let stamped = stamped.as_ref().ok_or(UNKNOWN_FORM)?;
            Token::judge(token, stamped, context.tsa_roots, context.now)
        })
        .map(|judged| judged.map(|token| token.time()))
        .collect();
    match times {
        Ok(times) => match times.into_iter().min() {
            Some(first) => (Outcome::Passed, Some(first)),
            None => (Outcome::Unknown("not-embedded"), None),
        },
        // The token may be as good as any: we cannot tell, and are left with the signer's word.
        Err(reason @ (UNKNOWN_AUTHORITY | UNKNOWN_FORM)) => (Outcome::Unknown(reason), None),
        Err(reason) => (Outcome::Failed(reason), None),
    }
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
