//! Offline checks of a document or a signature, from nothing but its bytes and the trusted roots.
//!
//! Nothing is hidden behind one verdict: each question has its own check, with an outcome and a reason. "Unknown" means
//! that the question could not be answered, and is never a yes.

mod asic;
pub(crate) mod certificates;
mod cms;
mod objection;
mod request;
mod wrapped;
pub(crate) mod xades;

use beid_pki::{Certificate, Trust, TrustStore};
pub use beid_pki::{Check, CheckName, Outcome, Reason};
use jiff::Timestamp;
pub(crate) use objection::Objection;
use wrapped::Wrapping;

use crate::read::LONGEST_INPUT;
use crate::recognise::{Recognised, recognise};
use crate::summary::{RequestSummary, SignedSummary};
use crate::therlink::ContentProfile;

/// Verdict on the whole. The words are in order: of several signatures the greatest is that of the whole.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// Every check that counts passed, and the signer's certificate leads to a pinned root of the Belgian State.
    Valid,
    /// The same, under a root that was configured for test or pilot cards.
    ValidTestCard,
    /// There is a signature, and nobody can say here whether it is good: its content was not given, its certificate leads
    /// to no root that is known here, or its form is one that is not judged. (ETSI EN 319 102-1, INDETERMINATE)
    NotChecked,
    /// There is no signature.
    NotSigned,
    /// A check failed.
    Invalid,
}

impl Verdict {
    /// The stable word for programs: `valid`, `valid-test-card`, `not-checked`, `not-signed` or `invalid`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::ValidTestCard => "valid-test-card",
            Self::NotChecked => "not-checked",
            Self::NotSigned => "not-signed",
            Self::Invalid => "invalid",
        }
    }
}

/// Document of the platform that was found, whole and readable, in what is signed or requested.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum DocumentKind {
    /// A therapeutic link: a request to declare or end one, or the content that proves it.
    Link,
    /// A request to give or withdraw consent.
    Consent,
    /// A request to exclude a provider or end that.
    Exclusion,
    /// A request that asks and changes nothing.
    Query,
}

/// Content of a document of the platform, read back from its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DocumentContent {
    /// A request.
    Request(Box<RequestSummary>),
    /// The content of a proof, without the request that it belongs to.
    Signed(SignedSummary),
}

/// Checks of one input and what was found with them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verification {
    checks: Vec<Check>,
    purpose: Purpose,
    chain: Trust,
    signer: Option<Certificate>,
    signing_time: Option<Timestamp>,
    stamped_at: Option<Timestamp>,
    content_hints: Option<String>,
    profile: Option<ContentProfile>,
    documents: Vec<DocumentKind>,
    contents: Vec<DocumentContent>,
    not_judged: Vec<&'static str>,
    links: Vec<Verification>,
    signatures: Vec<Verification>,
}

/// Kind of input, which decides what must be known before anything is trusted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    /// A signature by itself, whatever it is over.
    Signature,
    /// A request, whose proof must be about this very link.
    Request,
}

impl Verification {
    /// The checks, in the order in which they were made.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Returns the outcome of one check, if it was made.
    #[must_use]
    pub fn outcome(&self, name: CheckName) -> Option<Outcome> {
        self.checks
            .iter()
            .find(|check| check.name == name)
            .map(|check| check.outcome)
    }

    /// Returns the worth of the whole: that of its root, but none as soon as one check failed, nor for a request whose proof
    /// is not known to be its patient's and about this link, nor for documents of the platform under a seal.
    #[must_use]
    pub fn trust(&self) -> Trust {
        let passed = |name| self.outcome(name) == Some(Outcome::Passed);
        // Without the content, nobody knows what was signed; and what cannot be judged is not trusted.
        let is_signed = [CheckName::Structure, CheckName::ContentDigest, CheckName::Signature]
            .into_iter()
            .all(passed);
        let about_this = match self.purpose {
            // Nobody has agreed to a document of the platform by a seal.
            Purpose::Signature => {
                self.outcome(CheckName::SubjectIsPatient) != Some(Outcome::Unknown(Reason::HolderWithoutNumber))
            }
            Purpose::Request => {
                passed(CheckName::Proof)
                    && passed(CheckName::SubjectIsPatient)
                    && passed(CheckName::ProofMatchesRequest)
            }
        };
        if is_signed && about_this && !self.has_failed() {
            self.chain
        } else {
            Trust::None
        }
    }

    /// Returns true if a check failed that says something of the signature.
    ///
    /// A time stamp that does not hold is as good as none: anybody can add one to a signature or take one away, so it
    /// is told by its own check and spoils nothing. (ETSI EN 319 102-1, 5.5.4: such tokens are left out)
    fn has_failed(&self) -> bool {
        self.checks
            .iter()
            .any(|check| check.outcome.is_failed() && check.name != CheckName::TimeStamp)
    }

    /// Returns the verdict; of several signatures or links, the worst.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let own = match self.trust() {
            _ if self.has_failed() => Verdict::Invalid,
            Trust::Genuine => Verdict::Valid,
            Trust::Test => Verdict::ValidTestCard,
            Trust::None if self.lacks_signature() => Verdict::NotSigned,
            Trust::None => Verdict::NotChecked,
        };
        let parts = self.links.iter().chain(&self.signatures).map(Self::verdict);
        parts.fold(own, Verdict::max)
    }

    /// Returns true if the input was read, and nothing in it is a signature.
    fn lacks_signature(&self) -> bool {
        let not_signed = matches!(
            self.outcome(CheckName::Proof),
            Some(Outcome::Unknown(Reason::NoProof | Reason::NotSigned))
        );
        let no_signature = self.outcome(CheckName::Structure) == Some(Outcome::Unknown(Reason::NoSignature));
        !self.is_signed() && self.not_judged.is_empty() && (not_signed || no_signature)
    }

    /// The time of signing, by the signer's own word.
    #[must_use]
    pub fn signing_time(&self) -> Option<Timestamp> {
        self.signing_time
    }

    /// The time of the first time stamp over the signature that can be believed.
    #[must_use]
    pub fn stamped_at(&self) -> Option<Timestamp> {
        self.stamped_at
    }

    /// The signer's certificate, if it is known and one signature was judged. The signature is its key's only if
    /// [`CheckName::Signature`] passed.
    #[must_use]
    pub fn signer(&self) -> Option<&Certificate> {
        self.signer.as_ref()
    }

    /// Description by the signer of what is signed (content-hints), as signed.
    #[must_use]
    pub fn content_hints(&self) -> Option<&str> {
        self.content_hints.as_deref()
    }

    /// Profile of the signed content, if it can be read. With [`ContentProfile::Connector`] the signature covers patient,
    /// provider and day, and neither type nor period nor remark; with [`ContentProfile::Strict`] the whole link.
    #[must_use]
    pub fn profile(&self) -> Option<ContentProfile> {
        self.profile
    }

    /// Verifications of each link of a request for several, in their order. The checks of the whole are the worst of these,
    /// and the whole is worth what the least of them is.
    #[must_use]
    pub fn links(&self) -> &[Self] {
        &self.links
    }

    /// Verifications of each signature of an input with several signatures or signers, in their order. The checks of the
    /// whole are the worst of these, and the whole is worth what the least of them is. Empty if there is at most one.
    #[must_use]
    pub fn signatures(&self) -> &[Self] {
        &self.signatures
    }

    /// Parts that are also there and were not judged, in stable words and each once: `archive-time-stamp`, `evidence-record`,
    /// `counter-signature`, `jws`, `pdf`... Nothing here says that it is good, or that it is not.
    #[must_use]
    pub fn not_judged(&self) -> &[&'static str] {
        &self.not_judged
    }

    /// Documents of the platform that the request or the signed content is, each kind once. Empty if no document of the
    /// platform could be read there, whatever it looks like.
    #[must_use]
    pub fn documents(&self) -> &[DocumentKind] {
        &self.documents
    }

    /// Contents of these documents, each once. A request that has a proof stands here by itself: what its proof covers is
    /// compared with it by [`CheckName::ProofMatchesRequest`].
    #[must_use]
    pub fn contents(&self) -> &[DocumentContent] {
        &self.contents
    }

    /// Returns true if there was a signature to check, whatever it covers and whatever it is worth.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.outcome(CheckName::ContentDigest).is_some()
    }

    pub(crate) fn new() -> Self {
        Self {
            checks: Vec::new(),
            purpose: Purpose::Signature,
            chain: Trust::None,
            signer: None,
            signing_time: None,
            stamped_at: None,
            content_hints: None,
            profile: None,
            documents: Vec::new(),
            contents: Vec::new(),
            not_judged: Vec::new(),
            links: Vec::new(),
            signatures: Vec::new(),
        }
    }

    pub(crate) fn with(name: CheckName, outcome: Outcome) -> Self {
        let mut verification = Self::new();
        verification.add(name, outcome);
        verification
    }

    /// Verification of input that nobody signed in a way that is known here.
    pub(crate) fn without_signature() -> Self {
        Self::with(CheckName::Structure, Outcome::Unknown(Reason::NoSignature))
    }

    /// Verification of input in a form that is known by name, and not judged.
    pub(crate) fn not_judged_at_all(form: &'static str) -> Self {
        let mut verification = Self::with(CheckName::Structure, Outcome::Unknown(Reason::FormNotJudged));
        verification.leave(form);
        verification
    }

    /// Joins the verifications of a request for several links.
    fn of_links(links: Vec<Self>) -> Self {
        let mut whole = Self::worst(&links);
        whole.purpose = Purpose::Request;
        let profiles: Option<Vec<_>> = links.iter().map(Self::profile).collect();
        whole.profile = profiles.map(|profiles| {
            // One throw-away link is enough for the request not to be covered whole.
            let strict = profiles.iter().all(|profile| *profile == ContentProfile::Strict);
            if strict {
                ContentProfile::Strict
            } else {
                ContentProfile::Connector
            }
        });
        whole.links = links;
        whole
    }

    /// Joins the verifications of an input with several signatures; of one, it is that one.
    pub(crate) fn of_signatures(mut signatures: Vec<Self>) -> Self {
        if signatures.len() == 1
            && let Some(only) = signatures.pop()
        {
            return only;
        }
        let mut whole = Self::worst(&signatures);
        // They are over the same content, if each knows what it is over.
        let mut profiles = signatures.iter().map(Self::profile);
        whole.profile = profiles.next().flatten();
        if profiles.any(|other| other != whole.profile) {
            whole.profile = None;
        }
        whole.signatures = signatures;
        whole
    }

    /// Takes the worst outcome of each check, the first of two alike, and of several roots the one that is worth least.
    fn worst(parts: &[Self]) -> Self {
        let mut whole = Self::new();
        for part in parts {
            for check in &part.checks {
                let known = whole.checks.iter_mut().find(|known| known.name == check.name);
                match known {
                    None => whole.checks.push(*check),
                    Some(known) => known.outcome = known.outcome.or_worse(check.outcome),
                }
            }
            part.not_judged.iter().for_each(|word| whole.leave(word));
            whole.found(part.documents.iter().copied());
            whole.hold(part.contents.iter().cloned());
        }
        let all = |trust| parts.iter().all(|part| part.trust() == trust);
        let any = |trust| parts.iter().any(|part| part.trust() == trust);
        whole.chain = if parts.is_empty() || any(Trust::None) {
            Trust::None
        } else if all(Trust::Genuine) {
            Trust::Genuine
        } else {
            Trust::Test
        };
        whole
    }

    /// Notes a part that is also there and is not judged here.
    pub(crate) fn leave(&mut self, word: &'static str) {
        if !self.not_judged.contains(&word) {
            self.not_judged.push(word);
        }
    }

    /// Notes which documents of the platform were found.
    fn found(&mut self, documents: impl IntoIterator<Item = DocumentKind>) {
        self.documents.extend(documents);
        self.documents.sort_unstable();
        self.documents.dedup();
    }

    /// Notes the contents of documents of the platform.
    fn hold(&mut self, contents: impl IntoIterator<Item = DocumentContent>) {
        for content in contents {
            if !self.contents.contains(&content) {
                self.contents.push(content);
            }
        }
    }

    /// Replaces the outcome of a check that was made already; adds none.
    fn replace(&mut self, name: CheckName, outcome: Outcome) {
        for check in self.checks.iter_mut().filter(|check| check.name == name) {
            *check = Check::new(name, outcome);
        }
    }

    pub(crate) fn add(&mut self, name: CheckName, outcome: Outcome) {
        self.checks.push(Check::new(name, outcome));
    }
}

/// Roots, time and further input that a verification is made with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The roots that a signer's certificate may lead to.
    pub roots: &'a TrustStore,
    /// The roots that a time-stamping authority's certificate may lead to.
    pub tsa_roots: &'a TrustStore,
    /// Time of judgement.
    pub now: Timestamp,
    /// Content that was signed, if the signature does not carry it.
    pub content: Option<&'a [u8]>,
    /// Certificates that a signer may have, if the signature does not carry them. They prove nothing by being here: each
    /// is judged like one that came along.
    pub certificates: &'a [Certificate],
}

impl<'a> Context<'a> {
    /// Creates a context of roots, also used for time stamps, and a time.
    #[must_use]
    pub fn new(roots: &'a TrustStore, now: Timestamp) -> Self {
        Self {
            roots,
            tsa_roots: roots,
            now,
            content: None,
            certificates: &[],
        }
    }
}

/// Checks a signature with its content inside (CMS, also as PEM, base64 or S/MIME; XML; container) or a request with its
/// proofs, as seen at `now`.
///
/// Source: RFC 5652, 5.4 and 5.6; RFC 5035, 5.4; ETSI EN 319 122-1; EN 319 102-1 (what is no fault and what is unknown).
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
        [] => Verification::with(CheckName::Structure, Outcome::Failed(Reason::Empty)),
        // A text that begins with "0", or with "PK", is none.
        [0x30, length, ..] if *length >= 0x80 || usize::from(*length) + 2 == input.len() => {
            cms::verify(input, context).0
        }
        [b'P', b'K', 1..=8, ..] => asic::verify(input, context),
        [b'%', b'P', b'D', b'F', b'-', ..] => Verification::not_judged_at_all("pdf"),
        jws if is_jws(jws) => Verification::not_judged_at_all("jws"),
        other => match wrapped::unwrap(other) {
            Some(Ok(Wrapping::Cms(unwrapped))) => cms::verify_unwrapped(&unwrapped, context),
            Some(Ok(Wrapping::Other(name))) => Verification::not_judged_at_all(name),
            Some(Err(refusal)) => Verification::with(CheckName::Structure, refusal.into()),
            None => verify_xml(other, context),
        },
    }
}

/// Returns true if `input` looks like a JSON Web Signature: three parts, of which the first is JSON in base64url, or JSON with
/// the members of one.
///
/// Source: RFC 7515, 7.1 and 7.2.
fn is_jws(input: &[u8]) -> bool {
    let has = |member: &[u8]| input.windows(member.len()).any(|window| window == member);
    match input.trim_ascii_start() {
        [b'e', b'y', b'J', ..] => true,
        [b'{', ..] => has(br#""payload""#) && has(br#""signature"#),
        _ => false,
    }
}

fn verify_xml(xml: &[u8], context: &Context<'_>) -> Verification {
    xades::verify_any(xml, context).unwrap_or_else(|| match xml.len() {
        _ if recognise(xml) != Recognised::Platform => Verification::without_signature(),
        ..=LONGEST_INPUT => request::verify(xml, context),
        _ => Verification::with(CheckName::Structure, Outcome::Failed(Reason::TooLong)),
    })
}

#[cfg(test)]
mod tests;
