//! Chains from a certificate to a trusted root.

use crate::roots::{self, BELGIAN_ROOTS};
use crate::{Certificate, PkiError, PublicKey, Reason, same_name};
use jiff::Timestamp;
use rsa::traits::PublicKeyParts;

/// Upper limit on the length of a chain, leaf and root included. Belgian chains have three; those of time-stamping authorities and
/// of other countries up to five.
const MAX_CHAIN: usize = 6;

/// Upper limit on the signatures that are checked in search of one chain.
const MOST_SIGNATURES: usize = 64;

/// Worth of a root.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trust {
    /// A pinned root of the Belgian State.
    Genuine,
    /// A root that was configured for test or pilot cards, or that the virtual card made: never genuine.
    Test,
    /// No trusted root.
    None,
}

impl Trust {
    /// Stable word for answers: `genuine`, `test` or `none`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::Test => "test",
            Self::None => "none",
        }
    }
}

/// Trusted roots: the pinned Belgian ones, and test roots that somebody configured. Cheap to clone: the Belgian ones are
/// read once per process.
#[derive(Clone, Debug, Default)]
pub struct TrustStore {
    test_roots: Vec<Certificate>,
}

/// Chain that ends in a trusted root.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Certificates, leaf first, root last.
    pub certificates: Vec<Certificate>,
    /// Worth of its root; never [`Trust::None`].
    pub trust: Trust,
}

/// Reason why no chain could be built. Of several paths that were tried, the greatest counts, in the order below: what
/// breaks a path whose signatures hold says more than a path without an end.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, thiserror::Error)]
pub enum ChainError {
    /// No issuer among the certificates at hand leads to a root we trust.
    #[error("no chain to a trusted root")]
    Untrusted,
    /// An issuer has a key, or signed with an algorithm, that is not known here: the chain may be as good as any.
    #[error("a key or an algorithm in the chain is not supported")]
    UnsupportedAlgorithm,
    /// A signature in the chain does not match its issuer's key.
    #[error("a signature in the chain does not match")]
    BadSignature,
    /// A certificate in the chain is not, or no longer, valid at the time asked about.
    #[error("a certificate in the chain is outside its validity")]
    OutsideValidity,
    /// An issuer in the chain is no authority, or has more below it than it may.
    #[error("an issuer in the chain may not issue certificates")]
    NotAnAuthority,
    /// A certificate in the chain says something critical that nobody here understands.
    #[error("a certificate in the chain has an unknown critical extension")]
    UnknownExtension,
}

impl ChainError {
    /// Returns the reason that checks give for this error. Whether it makes them fail is theirs to say.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::Untrusted => Reason::RootNotTrusted,
            Self::UnsupportedAlgorithm => Reason::AlgorithmNotSupported,
            Self::BadSignature => Reason::SignatureDoesNotVerify,
            Self::OutsideValidity => Reason::OutsideValidity,
            Self::NotAnAuthority => Reason::IssuerNotAnAuthority,
            Self::UnknownExtension => Reason::UnknownCriticalExtension,
        }
    }
}

impl TrustStore {
    /// Creates a store with the pinned roots of the Belgian State only.
    #[must_use]
    pub fn belgian() -> Self {
        Self::default()
    }

    /// Adds a root for test or pilot cards. Whatever it vouches for is [`Trust::Test`], whatever it calls itself.
    #[must_use]
    pub fn with_test_root(mut self, root: Certificate) -> Self {
        if !self.test_roots.contains(&root) {
            self.test_roots.push(root);
        }
        self
    }

    /// Returns the worth of `root` itself. A pinned root is known by its subject's common name and the SHA-256 of its key.
    #[must_use]
    pub fn trust_in(&self, root: &Certificate) -> Trust {
        // Test roots first: a configured root never counts as genuine, not even one that copies a pinned key.
        if self.test_roots.iter().any(|known| same_root(known, root)) {
            return Trust::Test;
        }
        if BELGIAN_ROOTS.iter().any(|pin| pin.is(root)) {
            Trust::Genuine
        } else {
            Trust::None
        }
    }

    /// Builds the chain from `leaf` over `others` (in any order) to a trusted root, as it stood at `at`. The root need
    /// not be among `others`: the Belgian ones and the test roots are known here.
    ///
    /// Checks each signature, the validity and the critical extensions of every certificate but the root (a trust anchor
    /// is a name and a key, RFC 5280 6.1.1 d; Root CA2 exists with two validities), and that every issuer is an authority
    /// with room below it and a key of 2048 bits or more, if RSA.
    ///
    /// # Errors
    /// [`ChainError`] says what broke; a chain without a trusted root is an error, not a weak success.
    pub fn chain(&self, leaf: &Certificate, others: &[Certificate], at: Timestamp) -> Result<Chain, ChainError> {
        let candidates: Vec<&Certificate> = others
            .iter()
            .chain(&self.test_roots)
            .chain(roots::certificates())
            .collect();
        let mut search = Search {
            store: self,
            candidates: &candidates,
            at,
            signatures_left: MOST_SIGNATURES,
            error: ChainError::Untrusted,
        };
        let mut path = vec![leaf];
        match search.extend(&mut path) {
            Some(trust) => Ok(Chain {
                certificates: path.into_iter().cloned().collect(),
                trust,
            }),
            None => Err(search.error),
        }
    }
}

/// A search for a path to a trusted root, depth first. An authority may have several certificates under one name, with
/// other keys, other issuers or other days of validity, so that one of them that leads nowhere is not the end.
struct Search<'s> {
    store: &'s TrustStore,
    candidates: &'s [&'s Certificate],
    at: Timestamp,
    /// Signatures that may still be checked: certificates that all bear one name could otherwise cost the square, and
    /// the cube, of their number.
    signatures_left: usize,
    /// Greatest error met so far.
    error: ChainError,
}

impl<'s> Search<'s> {
    /// Lengthens `path`, whose last certificate is still without issuer, up to a trusted root; otherwise `path` is as
    /// before, and [`Search::error`] says what was met.
    fn extend(&mut self, path: &mut Vec<&'s Certificate>) -> Option<Trust> {
        let current = *path.last()?;
        if let Err(error) = self.usable(current) {
            self.note(error);
            return None;
        }
        if path.len() >= MAX_CHAIN {
            return None;
        }
        // Namesakes that did not sign say something only where nobody of that name did.
        let (mut has_issuer, mut doubt) = (false, None);
        for candidate in self.candidates {
            // Authorities may have certified each other, and would lead in a circle.
            if path.contains(candidate) || !same_name(candidate.subject_der(), current.issuer_der()) {
                continue;
            }
            let Some(left) = self.signatures_left.checked_sub(1) else {
                // Anybody can add certificates to a signature: not having looked at all of them is no finding.
                doubt = None;
                break;
            };
            self.signatures_left = left;
            match current.verify_issued_by(candidate) {
                Ok(()) => has_issuer = true,
                Err(PkiError::UnsupportedKey | PkiError::UnsupportedAlgorithm(_)) => {
                    doubt = doubt.max(Some(ChainError::UnsupportedAlgorithm));
                    continue;
                }
                // Namesakes have keys of their own, and say nothing of what the other signed.
                Err(_) if current.names_another_key(candidate) => continue,
                Err(_) => {
                    doubt = doubt.max(Some(ChainError::BadSignature));
                    continue;
                }
            }
            if let Err(error) = may_issue(candidate, path.len() - 1) {
                self.note(error);
                continue;
            }
            path.push(candidate);
            let trust = match self.store.trust_in(candidate) {
                // A root that is not trusted leads nowhere.
                Trust::None if candidate.is_self_issued() => None,
                Trust::None => self.extend(path),
                trust @ (Trust::Genuine | Trust::Test) => Some(trust),
            };
            if trust.is_some() {
                return trust;
            }
            path.pop();
        }
        if let Some(doubt) = doubt.filter(|_| !has_issuer) {
            self.note(doubt);
        }
        None
    }

    fn usable(&self, certificate: &Certificate) -> Result<(), ChainError> {
        if !certificate.is_valid_at(self.at) {
            Err(ChainError::OutsideValidity)
        } else if certificate.has_unknown_critical_extension() {
            Err(ChainError::UnknownExtension)
        } else {
            Ok(())
        }
    }

    fn note(&mut self, error: ChainError) {
        self.error = self.error.max(error);
    }
}

/// Checks that `issuer` may issue certificates. `below`: number of authorities between it and the leaf.
fn may_issue(issuer: &Certificate, below: usize) -> Result<(), ChainError> {
    let may_sign = issuer.key_usage().is_none_or(|usage| usage.key_cert_sign);
    let has_room = issuer
        .path_len()
        .is_none_or(|len| usize::try_from(len).is_ok_and(|len| below <= len));
    if issuer.is_ca() && may_sign && has_room && is_strong(issuer.public_key()) {
        Ok(())
    } else {
        Err(ChainError::NotAnAuthority)
    }
}

/// Returns true if the key is long enough that nobody is expected to find the private one. (ETSI TS 119 312)
fn is_strong(key: &PublicKey) -> bool {
    match key {
        PublicKey::Rsa(key) => key.size() >= 2048 / 8,
        PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_) | PublicKey::Ed25519(_) => true,
        PublicKey::Other(_) => false,
    }
}

fn same_root(a: &Certificate, b: &Certificate) -> bool {
    a.spki_der() == b.spki_der() && same_name(a.subject_der(), b.subject_der())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Party, authority, but, certificate, holder, issued, root};
    use rcgen::{BasicConstraints, CertificateParams, CustomExtension, IsCa, KeyUsagePurpose, date_time_ymd};
    use rsa::{BigUint, RsaPublicKey};

    fn now() -> Timestamp {
        "2026-11-20T10:02:00+01:00".parse().unwrap()
    }

    fn lena() -> CertificateParams {
        holder("Lena D'HAEN (Signature)", "80000000031")
    }

    /// Builds the chain of the last of `parties`, when all are at hand and the first is a test root.
    fn chain(parties: &[&Party]) -> Result<Chain, ChainError> {
        let certificates: Vec<_> = parties.iter().map(|party| certificate(party)).collect();
        let [first, .., last] = certificates.as_slice() else {
            panic!("a chain has two ends")
        };
        let store = TrustStore::belgian().with_test_root(first.clone());
        store.chain(last, &certificates, now())
    }

    /// Checks the error for a leaf of an authority of a root.
    #[track_caller]
    fn check(
        root_says: CertificateParams,
        ca_says: CertificateParams,
        leaf_says: CertificateParams,
        expected: ChainError,
    ) {
        let root = root(root_says);
        let ca = issued(ca_says, &root);
        let leaf = issued(leaf_says, &ca);
        assert_eq!(chain(&[&root, &ca, &leaf]).unwrap_err(), expected);
    }

    #[test]
    fn trust_has_words() {
        let words = [Trust::Genuine, Trust::Test, Trust::None].map(Trust::name);
        assert_eq!(words, ["genuine", "test", "none"]);
    }

    #[test]
    fn leaf_leads_over_its_authority_to_a_test_root() {
        let root = root(authority("Proef Root CA"));
        let ca = issued(authority("Proef Citizen CA"), &root);
        let leaf = issued(lena(), &ca);
        let chain = chain(&[&root, &ca, &leaf]).unwrap();
        assert_eq!(chain.trust, Trust::Test);
        assert_eq!(chain.certificates, [&leaf, &ca, &root].map(certificate));
    }

    #[test]
    fn test_root_need_not_come_along() {
        let root = root(authority("Proef Root CA"));
        let ca = issued(authority("Proef Citizen CA"), &root);
        let store = TrustStore::belgian().with_test_root(certificate(&root));
        let chain = store.chain(&certificate(&issued(lena(), &ca)), &[certificate(&ca)], now());
        assert_eq!(chain.unwrap().certificates.len(), 3);
    }

    #[test]
    fn unknown_root_is_not_trusted() {
        let root = root(authority("Proef Root CA"));
        let ca = issued(authority("Proef Citizen CA"), &root);
        let (leaf, others) = (certificate(&issued(lena(), &ca)), [&ca, &root].map(certificate));
        let untrusted = TrustStore::belgian().chain(&leaf, &others, now());
        assert_eq!(untrusted.unwrap_err(), ChainError::Untrusted);
        let alone = TrustStore::belgian()
            .with_test_root(certificate(&root))
            .chain(&leaf, &[], now());
        assert_eq!(alone.unwrap_err(), ChainError::Untrusted);
    }

    #[test]
    fn name_of_a_pinned_root_is_not_enough() {
        for pin in BELGIAN_ROOTS {
            let imitation = root(authority(pin.common_name));
            let leaf = certificate(&issued(lena(), &imitation));
            let imitation = certificate(&imitation);
            let belgian = TrustStore::belgian();
            assert_eq!(belgian.trust_in(&imitation), Trust::None);
            let chain = belgian.chain(&leaf, std::slice::from_ref(&imitation), now());
            assert_eq!(chain.unwrap_err(), ChainError::Untrusted);
            // Not even somebody who configures it makes it genuine.
            assert_eq!(
                belgian.with_test_root(imitation.clone()).trust_in(&imitation),
                Trust::Test
            );
        }
    }

    #[test]
    fn root_of_the_same_name_with_another_key_is_another_root() {
        let (known, other) = (root(authority("Proef Root CA")), root(authority("Proef Root CA")));
        let store = TrustStore::belgian().with_test_root(certificate(&known));
        assert_eq!(store.trust_in(&certificate(&other)), Trust::None);
    }

    #[test]
    fn expired_or_future_certificates_break_the_chain() {
        let expired = |params| but(params, |params| params.not_after = date_time_ymd(2026, 11, 19));
        let future = |params| but(params, |params| params.not_before = date_time_ymd(2026, 11, 21));
        let (root, ca) = (|| authority("Proef Root CA"), || authority("Proef Citizen CA"));
        check(root(), ca(), expired(lena()), ChainError::OutsideValidity);
        check(root(), ca(), future(lena()), ChainError::OutsideValidity);
        check(root(), expired(ca()), lena(), ChainError::OutsideValidity);
    }

    #[test]
    fn root_outlives_its_own_validity() {
        let old = but(authority("Proef Root CA"), |params| {
            params.not_after = date_time_ymd(2021, 1, 1)
        });
        let root = root(old);
        let leaf = issued(lena(), &root);
        assert_eq!(chain(&[&root, &leaf]).unwrap().trust, Trust::Test);
    }

    #[test]
    fn only_authorities_issue() {
        let root = || authority("Proef Root CA");
        let ca = || authority("Proef Citizen CA");
        let no_constraints = but(ca(), |params| params.is_ca = IsCa::NoCa);
        let no_authority = but(ca(), |params| params.is_ca = IsCa::ExplicitNoCa);
        let no_key_cert_sign = but(ca(), |params| params.key_usages = vec![KeyUsagePurpose::CrlSign]);
        for ca in [no_constraints, no_authority, no_key_cert_sign] {
            check(root(), ca, lena(), ChainError::NotAnAuthority);
        }
        let short = but(root(), |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))
        });
        check(short, ca(), lena(), ChainError::NotAnAuthority);
    }

    #[test]
    fn what_is_critical_must_be_understood() {
        let with = |params, critical| {
            but(params, |params| {
                let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![0x05, 0x00]);
                extension.set_criticality(critical);
                params.custom_extensions.push(extension);
            })
        };
        let (root_says, ca_says) = (|| authority("Proef Root CA"), || authority("Proef Citizen CA"));
        check(root_says(), ca_says(), with(lena(), true), ChainError::UnknownExtension);
        check(root_says(), with(ca_says(), true), lena(), ChainError::UnknownExtension);
        let root = root(root_says());
        let ca = issued(with(ca_says(), false), &root);
        assert!(chain(&[&root, &ca, &issued(with(lena(), false), &ca)]).is_ok());
    }

    #[test]
    fn short_keys_issue_nothing() {
        let key = |bytes: usize| {
            let modulus = BigUint::from_bytes_be(&vec![0xFF; bytes]);
            PublicKey::Rsa(RsaPublicKey::new(modulus, BigUint::from(65537_u32)).unwrap())
        };
        assert!(!is_strong(&key(128)) && !is_strong(&key(255)) && is_strong(&key(256)));
        assert!(is_strong(certificate(&root(lena())).public_key()));
    }

    #[test]
    fn path_length_counts_authorities_only() {
        let short = but(authority("Proef Citizen CA"), |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))
        });
        let root = root(authority("Proef Root CA"));
        let ca = issued(short, &root);
        assert!(chain(&[&root, &ca, &issued(lena(), &ca)]).is_ok());
        let below = issued(authority("Proef Sub CA"), &ca);
        let too_deep = chain(&[&root, &ca, &below, &issued(lena(), &below)]);
        assert_eq!(too_deep.unwrap_err(), ChainError::NotAnAuthority);
    }

    #[test]
    fn chain_of_seven_is_too_long() {
        let root = root(authority("Proef Root CA"));
        let mut parties = vec![root];
        for number in 1..=MAX_CHAIN - 2 {
            let below = issued(authority(&format!("Proef CA {number}")), parties.last().unwrap());
            parties.push(below);
        }
        let ends = |parties: &[Party]| {
            let leaf = issued(lena(), parties.last().unwrap());
            let all: Vec<&Party> = parties.iter().chain([&leaf]).collect();
            chain(&all)
        };
        assert_eq!(ends(&parties).unwrap().certificates.len(), MAX_CHAIN);
        let below = issued(authority("Proef CA below"), parties.last().unwrap());
        parties.push(below);
        assert_eq!(ends(&parties).unwrap_err(), ChainError::Untrusted);
    }

    #[test]
    fn every_certificate_of_an_authority_is_tried() {
        let (root, stranger) = (root(authority("Proef Root CA")), root(authority("Proef Other Root CA")));
        let ca = issued(authority("Proef Citizen CA"), &root);
        let leaf = certificate(&issued(lena(), &ca));
        // The same name and key under a root nobody trusts, first among the others; and one that has ended.
        let cross = recertified(&ca, authority("Proef Citizen CA"), &stranger);
        let ended = but(authority("Proef Citizen CA"), |params| {
            params.not_after = date_time_ymd(2021, 1, 1)
        });
        let ended = recertified(&ca, ended, &root);
        let store = TrustStore::belgian().with_test_root(certificate(&root));
        let others = [cross.clone(), certificate(&stranger), ended.clone(), certificate(&ca)];
        let found = store.chain(&leaf, &others, now()).unwrap();
        assert_eq!(found.certificates, [leaf.clone(), certificate(&ca), certificate(&root)]);
        let error = store.chain(&leaf, &[cross, certificate(&stranger), ended], now());
        assert_eq!(error.unwrap_err(), ChainError::OutsideValidity);
    }

    #[test]
    fn authorities_that_vouch_for_each_other_are_no_chain() {
        let (one, two) = (root(authority("Proef CA 1")), root(authority("Proef CA 2")));
        let round = [
            recertified(&one, authority("Proef CA 1"), &two),
            recertified(&two, authority("Proef CA 2"), &one),
        ];
        let leaf = certificate(&issued(lena(), &one));
        let error = TrustStore::belgian().chain(&leaf, &round, now());
        assert_eq!(error.unwrap_err(), ChainError::Untrusted);
    }

    #[test]
    fn many_certificates_of_one_name_do_not_cost_their_square() {
        let root = root(authority("Proef CA"));
        let leaf = certificate(&issued(authority("Proef CA"), &root));
        let others: Vec<_> = (0..MOST_SIGNATURES * 2)
            .map(|_| certificate(&issued(authority("Proef CA"), &root)))
            .collect();
        let error = TrustStore::belgian().chain(&leaf, &others, now());
        assert_eq!(error.unwrap_err(), ChainError::Untrusted);
    }

    #[test]
    fn a_namesake_with_another_key_is_no_bad_signature_where_the_issuer_s_key_is_named() {
        let (root, namesake) = (root(authority("Proef Root CA")), root(authority("Proef Root CA")));
        let named = but(lena(), |params| params.use_authority_key_identifier_extension = true);
        let leaf = certificate(&issued(named, &root));
        let store = TrustStore::belgian().with_test_root(certificate(&namesake));
        assert_eq!(store.chain(&leaf, &[], now()).unwrap_err(), ChainError::Untrusted);
        assert!(
            store
                .with_test_root(certificate(&root))
                .chain(&leaf, &[], now())
                .is_ok()
        );
    }

    /// Issues a further certificate for the key of `authority`.
    fn recertified(authority: &Party, params: CertificateParams, issuer: &Party) -> Certificate {
        let certificate = params.signed_by(authority.key(), issuer).unwrap();
        Certificate::parse(certificate.der()).unwrap()
    }

    #[test]
    fn right_names_do_not_make_up_for_a_wrong_signature() {
        let root = root(authority("Proef Root CA"));
        let ca = issued(authority("Proef Citizen CA"), &root);
        let namesake = issued(authority("Proef Citizen CA"), &root);
        let leaf = issued(lena(), &namesake);
        assert_eq!(chain(&[&root, &ca, &leaf]).unwrap_err(), ChainError::BadSignature);
        assert!(chain(&[&root, &ca, &namesake, &leaf]).is_ok());
    }
}
