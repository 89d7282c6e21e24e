//! Checking a document or a signature, offline, from nothing but its bytes and the roots we trust.
//!
//! Nothing is hidden behind one verdict: each question has its own check, with an outcome and a reason. "Unknown" means
//! that the question could not be asked, and is never a yes.

mod asic;
pub(crate) mod certificates;
mod cms;
mod request;
pub(crate) mod xades;

use beid_pki::{Trust, TrustStore};
use jiff::Timestamp;

use crate::read::LONGEST_INPUT;
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
    /// Was the signature there when an authority says it was?
    TimeStamp,
    /// Does it lead to a root we trust?
    Chain,
    /// Is it for signatures that bind their maker?
    KeyUsage,
    /// Was it valid when, by the time stamp's or else the signer's own word, it was used?
    ValidityAtSigningTime,
    /// Does what was kept with the signature say that it was not revoked by then?
    Revocation,
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
            Self::TimeStamp => "time-stamp",
            Self::Chain => "chain",
            Self::KeyUsage => "key-usage",
            Self::ValidityAtSigningTime => "validity-at-signing-time",
            Self::Revocation => "revocation",
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

    /// Of two answers the heavier is the worse.
    fn weight(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Unknown(_) => 1,
            Self::Failed(_) => 2,
        }
    }

    pub(crate) fn when(holds: bool, otherwise: &'static str) -> Self {
        if holds { Self::Passed } else { Self::Failed(otherwise) }
    }
}

impl From<Result<(), &'static str>> for Outcome {
    fn from(result: Result<(), &'static str>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(reason) => Self::Failed(reason),
        }
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
    stamped_at: Option<Timestamp>,
    content_hints: Option<String>,
    profile: Option<Profile>,
    links: Vec<Verification>,
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
            // Without the content, nobody knows what was signed.
            Kind::Cms => passed(CheckName::ContentDigest) && passed(CheckName::Signature),
            Kind::Request => {
                passed(CheckName::Proof)
                    && passed(CheckName::SubjectIsPatient)
                    && passed(CheckName::ProofMatchesRequest)
            }
        };
        if about_this && !failed { self.chain } else { Trust::None }
    }

    /// The time of signing, by the signer's own word.
    #[must_use]
    pub fn signing_time(&self) -> Option<Timestamp> {
        self.signing_time
    }

    /// The time of the first time stamp over the signature, if all there are can be believed.
    #[must_use]
    pub fn stamped_at(&self) -> Option<Timestamp> {
        self.stamped_at
    }

    /// What the signer says in words of what is signed (content-hints), as signed.
    #[must_use]
    pub fn content_hints(&self) -> Option<&str> {
        self.content_hints.as_deref()
    }

    /// What the signature covers, if its content can be read: with [`Profile::Connector`] patient, provider and day, and
    /// neither type nor period nor remark; with [`Profile::Strict`] the whole link.
    #[must_use]
    pub fn profile(&self) -> Option<Profile> {
        self.profile
    }

    /// Of a request for several links: what was found of each, in their order. The checks of the whole are the worst of
    /// these, and the whole is worth what the least of them is.
    #[must_use]
    pub fn links(&self) -> &[Self] {
        &self.links
    }

    /// Whether there was a signature to check, whatever it covers and whatever it is worth.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.outcome(CheckName::ContentDigest).is_some()
    }

    pub(crate) fn new() -> Self {
        Self {
            checks: Vec::new(),
            kind: Kind::Cms,
            chain: Trust::None,
            signing_time: None,
            stamped_at: None,
            content_hints: None,
            profile: None,
            links: Vec::new(),
        }
    }

    pub(crate) fn of(name: CheckName, outcome: Outcome) -> Self {
        let mut verification = Self::new();
        verification.add(name, outcome);
        verification
    }

    /// Of a request for several links: of each question the worst answer, the first of two alike.
    fn of_links(links: Vec<Self>) -> Self {
        let mut whole = Self::new();
        whole.kind = Kind::Request;
        for check in links.iter().flat_map(|link| &link.checks) {
            let known = whole.checks.iter_mut().find(|known| known.name == check.name);
            match known {
                None => whole.checks.push(*check),
                Some(known) if check.outcome.weight() > known.outcome.weight() => *known = *check,
                Some(_) => {}
            }
        }
        let all = |trust| links.iter().all(|link| link.trust() == trust);
        let any = |trust| links.iter().any(|link| link.trust() == trust);
        whole.chain = if all(Trust::Genuine) {
            Trust::Genuine
        } else if any(Trust::None) {
            Trust::None
        } else {
            Trust::Test
        };
        let profiles: Option<Vec<_>> = links.iter().map(Self::profile).collect();
        whole.profile = profiles.map(|profiles| {
            let strict = profiles.iter().all(|profile| *profile == Profile::Strict);
            if strict { Profile::Strict } else { Profile::Connector }
        });
        whole.links = links;
        whole
    }

    /// Answers anew a question that was asked already; no other is added.
    fn replace(&mut self, name: CheckName, outcome: Outcome) {
        for check in self.checks.iter_mut().filter(|check| check.name == name) {
            check.outcome = outcome;
        }
    }

    pub(crate) fn add(&mut self, name: CheckName, outcome: Outcome) {
        self.checks.push(Check { name, outcome });
    }
}

/// What is known besides the input.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The roots that a signer's certificate may lead to.
    pub roots: &'a TrustStore,
    /// The roots that a time-stamping authority's certificate may lead to.
    pub tsa_roots: &'a TrustStore,
    /// When it is judged.
    pub now: Timestamp,
    /// What was signed, if the signature does not carry it.
    pub content: Option<&'a [u8]>,
}

impl<'a> Context<'a> {
    /// Nothing but roots, those of time stamps included, and a clock.
    #[must_use]
    pub fn new(roots: &'a TrustStore, now: Timestamp) -> Self {
        Self {
            roots,
            tsa_roots: roots,
            now,
            content: None,
        }
    }
}

/// Checks a signature with its content inside (CMS, XML, container) or a request with its proofs, as seen at `now`.
///
/// Source: RFC 5652, 5.4 and 5.6; RFC 5035, 5.4; ETSI EN 319 122-1.
#[must_use]
pub fn verify(input: &[u8], roots: &TrustStore, now: Timestamp) -> Verification {
    verify_with(input, &Context::new(roots, now))
}

/// Checks a signature over `content`, which it need not carry, as seen at `now`.
#[must_use]
pub fn verify_detached(signature: &[u8], content: &[u8], roots: &TrustStore, now: Timestamp) -> Verification {
    let context = Context {
        content: Some(content),
        ..Context::new(roots, now)
    };
    verify_with(signature, &context)
}

/// Checks whatever `input` turns out to be.
#[must_use]
pub fn verify_with(input: &[u8], context: &Context<'_>) -> Verification {
    match input {
        [] => Verification::of(CheckName::Structure, Outcome::Failed("empty")),
        [0x30, ..] => cms::verify(input, context).0,
        [b'P', b'K', ..] => asic::verify(input, context),
        xml => xades::verify_any(xml, context).unwrap_or_else(|| match xml.len() {
            ..=LONGEST_INPUT => request::verify(xml, context),
            _ => Verification::of(CheckName::Structure, Outcome::Failed("too-long")),
        }),
    }
}
