//! Whose certificate is it, and was it good for this?

use beid_pki::{Certificate, ChainError, Trust};
use jiff::{SignedDuration, Timestamp};

use super::{CheckName, Context, Outcome, Verification};

/// Chain, key usage and validity.
pub(crate) fn add_checks(
    verification: &mut Verification,
    signer: &Certificate,
    certificates: &[Certificate],
    context: &Context<'_>,
) {
    let now = context.now;
    let chain = context
        .roots
        .chain(signer, certificates, verification.signing_time.unwrap_or(now));
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
