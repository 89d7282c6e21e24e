//! Revocation of certificates: asks the issuer by OCSP first, and fetches the revocation list if that fails.
//!
//! Answers are fetched and kept here, and judged by `beid_pki`. [`Checker::check`] always returns a [`Finding`]: it is
//! `unknown`, with a reason, unless a statement signed by the issuer says otherwise. Callers that need a good
//! certificate to go on use [`Checker::must_be_good`], which applies the policy.
//!
//! The addresses of responder and list are in the certificate itself, so a chain is checked one certificate at a time,
//! each with its own issuer; both must have been chained to a trusted root before. A request tells the issuer which
//! card is in use here and now: that is why nothing is asked unless the settings say so, and why answers are kept.

mod cache;
mod finding;
mod servers;

pub use crate::fetch::{AllowedUrl, Proxies, ProxyUrl};
pub use finding::{Finding, RevocationSource};
pub use servers::ServerReach;

use crate::fetch::{FetchRequest, HttpAddress, Limits, fetch};
use beid_host::random::random_bytes;
use beid_pki::{Certificate, Doubt, Question, Reason, Statement, judge_crl};
use beid_protocol::long_term::RevocationValues;
use cache::{Cache, CacheId};
use finding::UnknownReason;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Limits of an OCSP answer, which usually has one or two kilobytes, with the responder's certificate.
const OCSP: Limits = Limits {
    bytes: 64 << 10,
    time: Duration::from_secs(5),
};

/// Limits of a revocation list. Those of the citizens' authorities grow to some megabytes.
const CRL: Limits = Limits {
    bytes: 32 << 20,
    time: Duration::from_secs(20),
};

/// Maximum length in bytes of a list that is embedded in a signature. Lists of authorities' certificates are shorter;
/// those of citizens' certificates would make every signature megabytes long.
const LONGEST_EMBEDDED: usize = 64 << 10;

/// Maximum number of responders, and of lists, that are tried for one certificate.
const TRIES: usize = 2;

/// Addresses of the Belgian authorities' OCSP responders.
const BELGIAN_RESPONDERS: [&str; 2] = ["http://ocsp.eid.belgium.be", "http://ocsp.eidpki.belgium.be"];
/// Addresses of the Belgian authorities' revocation lists.
const BELGIAN_LISTS: [&str; 2] = ["http://crl.eid.belgium.be", "http://crl.eidpki.belgium.be"];

/// Required certainty about revocation, in ascending order.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum RevocationPolicy {
    /// Issuers are not asked.
    #[default]
    Off,
    /// A revoked certificate is refused; one of unknown status is not.
    Soft,
    /// Only a certificate that is known to be good is accepted.
    Require,
}

impl TryFrom<String> for RevocationPolicy {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        match word.as_str() {
            "off" => Ok(Self::Off),
            "soft" => Ok(Self::Soft),
            "require" => Ok(Self::Require),
            _ => Err("should be off, soft or require"),
        }
    }
}

/// Settings of [`Checker`].
#[derive(Clone, Debug)]
pub struct RevocationSettings {
    /// Required certainty.
    pub policy: RevocationPolicy,
    /// OCSP responders that may be asked.
    pub ocsp_urls: Vec<AllowedUrl>,
    /// Addresses from which revocation lists may be fetched.
    pub crl_urls: Vec<AllowedUrl>,
    /// True if answers and lists are kept on disk.
    pub cache: bool,
    /// Proxy through which they are asked.
    pub proxies: Proxies,
}

impl Default for RevocationSettings {
    fn default() -> Self {
        let known = |urls: [&str; 2]| urls.iter().filter_map(|url| AllowedUrl::parse(url)).collect();
        Self {
            policy: RevocationPolicy::Off,
            ocsp_urls: known(BELGIAN_RESPONDERS),
            crl_urls: known(BELGIAN_LISTS),
            cache: true,
            proxies: Proxies::default(),
        }
    }
}

/// Asks issuers about their certificates.
pub struct Checker {
    settings: RevocationSettings,
    cache: Option<Arc<Cache>>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Held while a list is fetched. Certificates of one card name the same list: the second check waits here and then
    /// finds it in the cache.
    lists: Mutex<()>,
}

impl Checker {
    /// Prepares the checker. Answers are kept in `revocation/` of the state directory `state`; that directory is
    /// removed if the cache or revocation is off.
    #[must_use]
    pub fn new(
        settings: RevocationSettings,
        state: &Path,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        let keeps = settings.cache && settings.policy != RevocationPolicy::Off;
        let directory = state.join("revocation");
        if !keeps {
            // Answers that an earlier run kept tell whose cards were here.
            drop(std::fs::remove_dir_all(&directory));
        }
        let cache = keeps.then(|| Cache::open(&directory, clock()));
        let cache = cache.and_then(|opened| {
            opened
                .inspect_err(|error| tracing::warn!(%error, "answers about revocation cannot be kept"))
                .ok()
        });
        Self {
            settings,
            cache: cache.map(Arc::new),
            clock: Box::new(clock),
            lists: Mutex::new(()),
        }
    }

    /// Returns the required certainty about revocation.
    #[must_use]
    pub fn policy(&self) -> RevocationPolicy {
        self.settings.policy
    }

    /// Finds out whether `certificate`, which `issuer` issued, is revoked.
    ///
    /// Needs no request if an answer is kept. At worst it takes as long as the limits of two responders and two lists
    /// (fifty seconds), after any other check that is fetching a list. Dropping the future closes the connection.
    pub async fn check(&self, certificate: &Certificate, issuer: &Certificate) -> Finding {
        self.check_and_keep(certificate, issuer).await.0
    }

    /// Checks as [`check`](Self::check) does, for callers that need a certificate which the policy accepts. Returns the
    /// answer or list that proves it, to be embedded in a signature; empty if the status is unknown or the list too
    /// long.
    ///
    /// # Errors
    /// The [`Finding`] that the policy does not accept: revoked, or under [`RevocationPolicy::Require`] unknown.
    pub async fn must_be_good(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Result<RevocationValues, Finding> {
        let (finding, kept) = self.check_and_keep(certificate, issuer).await;
        if finding.is_enough_for(self.settings.policy) {
            Ok(kept)
        } else {
            Err(finding)
        }
    }

    async fn check_and_keep(&self, certificate: &Certificate, issuer: &Certificate) -> (Finding, RevocationValues) {
        let found = self.find(certificate, issuer).await;
        let now = (self.clock)();
        let (finding, kept) = match found {
            Ok(found) => (Finding::new(found.statement, found.source, now), found.kept),
            Err(why) => (Finding::unknown(why, now), RevocationValues::default()),
        };
        let (outcome, source) = (finding.outcome.name(), finding.source.name());
        let reason = finding.outcome.reason().map(Reason::word);
        tracing::debug!(outcome, reason, source, "revocation");
        (finding, kept)
    }

    async fn find(&self, certificate: &Certificate, issuer: &Certificate) -> Result<JudgedStatement, UnknownReason> {
        if self.settings.policy == RevocationPolicy::Off {
            return Err(UnknownReason::PolicyOff);
        }
        // Serial numbers are unique per issuer: another one would answer about somebody else's certificate.
        if certificate.verify_issued_by(issuer).is_err() {
            return Err(UnknownReason::WrongIssuer);
        }
        let mut why = UnknownReason::NoSource;
        for inquiry in self.inquiries(certificate, issuer) {
            let found = match inquiry {
                Ok(inquiry) => self.ask(Arc::new(inquiry)).await,
                Err(reason) => Err(reason),
            };
            match found {
                Ok(found) => return Ok(found),
                Err(reason) => why = why.or(reason),
            }
        }
        Err(why)
    }

    /// Lists the possible inquiries in the order in which they are made, each with the reason if it may not be made.
    fn inquiries(&self, certificate: &Certificate, issuer: &Certificate) -> Vec<Result<Inquiry, UnknownReason>> {
        let responders = certificate.ocsp_urls().iter().take(TRIES).map(|url| {
            let address = allowed(&self.settings.ocsp_urls, url)?;
            let question = Question::about(certificate, issuer).map_err(UnknownReason::Doubt)?;
            Ok(Inquiry::Responder { address, question })
        });
        let lists = certificate.crl_urls().iter().take(TRIES).map(|url| {
            Ok(Inquiry::List {
                address: allowed(&self.settings.crl_urls, url)?,
                url: url.clone(),
                certificate: certificate.clone(),
                issuer: issuer.clone(),
            })
        });
        responders.chain(lists).collect()
    }

    async fn ask(&self, inquiry: Arc<Inquiry>) -> Result<JudgedStatement, UnknownReason> {
        let _turn = match *inquiry {
            Inquiry::Responder { .. } => None,
            Inquiry::List { .. } => Some(self.lists.lock().await),
        };
        if let Some(found) = self.kept(&inquiry).await? {
            return Ok(found);
        }
        let nonce = random_bytes::<32>();
        let body = inquiry.request(&nonce)?;
        let answer = fetch(inquiry.address(), body, inquiry.limits(), &self.settings.proxies)
            .await
            .map_err(UnknownReason::NotFetched)?;
        // The time after fetching, which may have taken twenty seconds.
        let (now, cache, source) = ((self.clock)(), self.cache.clone(), inquiry.source());
        blocking(move || {
            // Judged before it is kept: what is not believed must not push out an answer that is.
            let statement = inquiry
                .judge(&answer, Some(&nonce), now)
                .map_err(UnknownReason::Doubt)?;
            if let Some(cache) = cache {
                cache.keep(inquiry.cache_id(), &answer, statement.next_update, now);
            }
            Ok(inquiry.found(statement, source, answer))
        })
        .await?
    }

    /// Finds a kept answer and judges it again, because files on disk are not trusted.
    async fn kept(&self, inquiry: &Arc<Inquiry>) -> Result<Option<JudgedStatement>, UnknownReason> {
        let Some(cache) = self.cache.clone() else {
            return Ok(None);
        };
        let (now, inquiry) = ((self.clock)(), Arc::clone(inquiry));
        blocking(move || {
            let answer = cache.find(inquiry.cache_id(), inquiry.limits().bytes, now)?;
            let statement = inquiry.judge(&answer, None, now).ok()?;
            Some(inquiry.found(statement, RevocationSource::Cache, answer))
        })
        .await
    }
}

/// Statement of an issuer, with its source and the octets it was read from.
struct JudgedStatement {
    statement: Statement,
    source: RevocationSource,
    kept: RevocationValues,
}

/// Question to one responder, or request for one list.
enum Inquiry {
    Responder {
        address: HttpAddress,
        question: Question,
    },
    List {
        address: HttpAddress,
        url: String,
        certificate: Certificate,
        issuer: Certificate,
    },
}

impl Inquiry {
    fn address(&self) -> &HttpAddress {
        match self {
            Self::Responder { address, .. } | Self::List { address, .. } => address,
        }
    }

    fn limits(&self) -> Limits {
        match self {
            Self::Responder { .. } => OCSP,
            Self::List { .. } => CRL,
        }
    }

    fn source(&self) -> RevocationSource {
        match self {
            Self::Responder { .. } => RevocationSource::Ocsp,
            Self::List { .. } => RevocationSource::Crl,
        }
    }

    fn cache_id(&self) -> CacheId<'_> {
        match self {
            Self::Responder { question, .. } => CacheId::Answer(question.id()),
            Self::List { url, .. } => CacheId::List(url.as_bytes()),
        }
    }

    /// Builds the request to send.
    fn request(&self, nonce: &[u8]) -> Result<FetchRequest, UnknownReason> {
        match self {
            Self::Responder { question, .. } => question
                .request(nonce)
                .map(FetchRequest::Ocsp)
                .map_err(UnknownReason::Doubt),
            Self::List { .. } => Ok(FetchRequest::File),
        }
    }

    fn found(&self, statement: Statement, source: RevocationSource, answer: Vec<u8>) -> JudgedStatement {
        let mut kept = RevocationValues::default();
        match self {
            Self::Responder { .. } => kept.ocsp.push(answer),
            Self::List { .. } if answer.len() <= LONGEST_EMBEDDED => kept.crls.push(answer),
            Self::List { .. } => {}
        }
        JudgedStatement {
            statement,
            source,
            kept,
        }
    }

    fn judge(&self, answer: &[u8], nonce: Option<&[u8]>, at: Timestamp) -> Result<Statement, Doubt> {
        match self {
            Self::Responder { question, .. } => question.judge(answer, nonce, at),
            Self::List {
                certificate, issuer, ..
            } => judge_crl(answer, certificate, issuer, at),
        }
    }
}

fn allowed(list: &[AllowedUrl], url: &str) -> Result<HttpAddress, UnknownReason> {
    let address = HttpAddress::parse(url).ok_or(UnknownReason::NotAllowed)?;
    if list.iter().any(|one| one.allows(&address)) {
        Ok(address)
    } else {
        Err(UnknownReason::NotAllowed)
    }
}

/// Runs `work` on the pool for blocking tasks: it reads files and verifies signatures over megabytes, which would hold
/// up the async tasks of other callers.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, UnknownReason> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| UnknownReason::Stopping)
}
