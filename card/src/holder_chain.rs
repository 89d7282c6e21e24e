//! The holder's two certificates: do they lead to a root we know, today, and are they what they should be?

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

/// The same of the signature certificate.
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

/// Holder, citizen or foreigner CA, root.
const CHAIN_LENGTH: usize = 3;

/// Judges the certificate of `key` as it is now: path to a root, validity, basic constraints, key usage, policy, and that
/// it is `identity`'s holder's where that is known. Where the identity is there and its number cannot be read, that is
/// unknown. Whether it was revoked since is another question. Young children have no certificate: unknown, not failed.
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
        // The certificate is as it should be, and nobody can read whose card it is on.
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

/// A certificate for another purpose leads to the same root and must not pass for this one.
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

/// Each key is for one thing, and a signature that binds is never made by logging in.
fn is_for(key: HolderKey, usage: KeyUsage) -> bool {
    match key {
        HolderKey::Authentication => usage.digital_signature && !usage.non_repudiation,
        HolderKey::NonRepudiation => usage.non_repudiation && !usage.digital_signature,
    }
}
