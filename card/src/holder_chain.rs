//! Checks of the holder's two certificates: chain to a known root, validity today, and profile.

use crate::algorithms::HolderKey;
use crate::authenticity::CardCheck;
use crate::certificates::HolderCertificate;
use crate::holder::Judge;
use crate::identity::Identity;
use beid_pki::{Certificate, Chain, ChainError, CheckName, KeyUsage, Reason};

/// Policies of the holder's authentication certificate under each root: citizens', then foreigners'. (jTrust, and seen
/// in certificates)
const AUTHENTICATION_POLICIES: &[&str] = &[
    "2.16.56.1.1.1.2.2",
    "2.16.56.9.1.1.2.2",
    "2.16.56.10.1.1.2.2",
    "2.16.56.12.1.1.2.2",
    "2.16.56.13.6.1.1.1000",
    "2.16.56.1.1.1.7.2",
    "2.16.56.9.1.1.7.2",
    "2.16.56.10.1.1.7.2",
    "2.16.56.12.1.1.7.2",
    "2.16.56.13.6.2.1.1000",
];

/// Policies of the holder's signature certificate, likewise.
const SIGNATURE_POLICIES: &[&str] = &[
    "2.16.56.1.1.1.2.1",
    "2.16.56.9.1.1.2.1",
    "2.16.56.10.1.1.2.1",
    "2.16.56.12.1.1.2.1",
    "2.16.56.13.6.1.2.1000",
    "2.16.56.1.1.1.7.1",
    "2.16.56.9.1.1.7.1",
    "2.16.56.10.1.1.7.1",
    "2.16.56.12.1.1.7.1",
    "2.16.56.13.6.2.2.1000",
];

/// Length of the chain: holder, citizen or foreigner CA, root.
const CHAIN_LENGTH: usize = 3;

/// Judges the certificate of `key` as of now: chain to a root, validity, basic constraints, key usage, policy, and,
/// where the identity is known, that it is the same holder's. If the identity's number cannot be read, the outcome is
/// unknown. Revocation is a separate check. Young children have no certificate: that is unknown, not failed.
#[must_use]
pub fn holder_chain(
    key: HolderKey,
    found: Option<&HolderCertificate>,
    identity: Option<&Identity>,
    judge: Judge<'_>,
) -> CardCheck {
    let name = match key {
        HolderKey::Authentication => CheckName::AuthenticationChain,
        HolderKey::NonRepudiation => CheckName::SignatureChain,
    };
    let Some(found) = found else {
        return CardCheck::unknown(name, Reason::CertificateMissing);
    };
    let certificate = &found.certificate;
    let chain = judge
        .trust
        .chain(certificate, &found.authorities, judge.now)
        .map_err(ChainError::reason);
    let check = match chain.and_then(|chain| profile(key, certificate, &chain, identity).map(|()| chain.trust)) {
        // The certificate fits, but the identity does not say whose card it is on.
        Ok(_) if identity.is_some_and(|identity| identity.national_number.is_none()) => {
            CardCheck::unknown(name, Reason::NationalNumberUnreadable)
        }
        Ok(trust) => CardCheck::passed(name, trust),
        Err(reason) => CardCheck::failed(name, reason),
    };
    CardCheck {
        source: found.source,
        ..check
    }
}

/// Checks the purpose: a certificate for another one leads to the same root and must not pass for this one.
fn profile(
    key: HolderKey,
    certificate: &Certificate,
    chain: &Chain,
    identity: Option<&Identity>,
) -> Result<(), Reason> {
    let policies = match key {
        HolderKey::Authentication => AUTHENTICATION_POLICIES,
        HolderKey::NonRepudiation => SIGNATURE_POLICIES,
    };
    let policy = |policy: &String| policies.contains(&policy.as_str());
    let holder = |identity: &Identity| {
        identity.national_number.is_none() || identity.has_national_number(certificate.subject_serial_number())
    };
    let rules = [
        (
            chain.certificates.len() == CHAIN_LENGTH && !certificate.is_ca(),
            Reason::NotAHolderCertificate,
        ),
        (
            certificate.key_usage().is_some_and(|usage| is_for(key, usage)),
            Reason::WrongKeyUsage,
        ),
        (certificate.policies().iter().any(policy), Reason::WrongPolicy),
        (identity.is_none_or(holder), Reason::AnotherPerson),
    ];
    let broken = rules.into_iter().find(|(kept, _)| !kept);
    broken.map_or(Ok(()), |(_, reason)| Err(reason))
}

/// Returns true if `usage` is that of `key` alone: logging in must never be able to make a binding signature.
fn is_for(key: HolderKey, usage: KeyUsage) -> bool {
    match key {
        HolderKey::Authentication => usage.digital_signature && !usage.non_repudiation,
        HolderKey::NonRepudiation => usage.non_repudiation && !usage.digital_signature,
    }
}
