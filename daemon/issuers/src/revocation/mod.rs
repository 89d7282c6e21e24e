//! Whether a certificate has been revoked: asked of its issuer, by OCSP first and by revocation list otherwise.
//!
//! `beid_pki` judges what comes; here it is fetched, kept and counted. [`Checker::check`] answers with a [`Finding`],
//! always: what cannot be found out is `unknown` with its reason, and nothing but a statement signed by the
//! issuer makes it anything else. Whoever may only go on with a good certificate asks [`Checker::must_be_good`], which
//! takes the policy into account.
//!
//! Whom to ask stands in the certificate asked about, so a chain is checked one certificate at a time, each with its
//! own issuer; both must have been chained to a trusted root before. A request tells the issuer which card is in use
//! here and now: that is why nothing is asked unless the settings say so, and why answers are kept.

mod cache;
mod finding;

pub use crate::fetch::AllowedUrl;
pub use finding::{Finding, Source};

use crate::fetch::{Address, Fetched, Limits, fetch};
use beid_host::random::random_bytes;
use beid_pki::{Certificate, Doubt, Question, Reason, Statement, judge_crl};
use beid_protocol::long_term::RevocationValues;
use cache::{Cache, Kind};
use finding::Why;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// An OCSP answer has one or two kilobytes, with the responder's certificate.
const OCSP: Limits = Limits {
    bytes: 64 << 10,
    time: Duration::from_secs(5),
};

/// Lists of Belgian citizens' authorities grow to some megabytes.
const CRL: Limits = Limits {
    bytes: 32 << 20,
    time: Duration::from_secs(20),
};

/// Longest list that is given out to be kept with a signature. Those of authorities' certificates are shorter; those of
/// citizens' would make every signature megabytes long.
const LONGEST_EMBEDDED: usize = 64 << 10;

/// How many responders, and how many lists, of one certificate are tried.
const TRIES: usize = 2;

/// Where the Belgian authorities answer.
const BELGIAN_RESPONDERS: [&str; 2] = ["http://ocsp.eid.belgium.be", "http://ocsp.eidpki.belgium.be"];
/// Where the Belgian authorities publish their lists.
const BELGIAN_LISTS: [&str; 2] = ["http://crl.eid.belgium.be", "http://crl.eidpki.belgium.be"];

/// How much revocation matters, from little to much.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum Policy {
    /// Nobody is asked.
    #[default]
    Off,
    /// A revoked certificate is refused; one that nothing is known of is not.
    Soft,
    /// Only a certificate that is known to be good will do.
    Require,
}

impl TryFrom<String> for Policy {
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

/// What the settings say.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How much it matters.
    pub policy: Policy,
    /// Responders that may be asked.
    pub ocsp_urls: Vec<AllowedUrl>,
    /// Places from which lists may be fetched.
    pub crl_urls: Vec<AllowedUrl>,
    /// Whether answers and lists are kept on disk.
    pub cache: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let known = |urls: [&str; 2]| urls.iter().filter_map(|url| AllowedUrl::parse(url)).collect();
        Self {
            policy: Policy::Off,
            ocsp_urls: known(BELGIAN_RESPONDERS),
            crl_urls: known(BELGIAN_LISTS),
            cache: true,
        }
    }
}

/// Asks issuers about their certificates.
pub struct Checker {
    settings: Settings,
    cache: Option<Arc<Cache>>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Certificates of one card name the same list: it is fetched once, and whoever comes second finds it kept.
    lists: Mutex<()>,
}

impl Checker {
    /// `state`: the daemon's directory; what is kept goes into `revocation/` there, unless nothing is to be kept.
    #[must_use]
    pub fn new(settings: Settings, state: &Path, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let keeps = settings.cache && settings.policy != Policy::Off;
        let directory = state.join("revocation");
        if !keeps {
            // What an earlier run kept says whose cards were here.
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

    /// How much revocation matters here.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.settings.policy
    }

    /// Finds out whether `certificate`, which `issuer` issued, is revoked.
    ///
    /// Takes no time where an answer is kept, and a request otherwise; at worst the limits of two responders and two lists
    /// (fifty seconds), after whoever else waits for a list. Dropping the future closes the connection.
    pub async fn check(&self, certificate: &Certificate, issuer: &Certificate) -> Finding {
        self.check_and_keep(certificate, issuer).await.0
    }

    /// The same, for whoever can only go on with a certificate that the policy lets pass, and keeps what was said of it:
    /// one answer or list, or nothing if nothing is known, or too long for that.
    ///
    /// # Errors
    /// The finding that is not enough: revoked, or under [`Policy::Require`] unknown.
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
            Ok(found) => (Finding::of(found.statement, found.source, now), found.kept),
            Err(why) => (Finding::unknown(why, now), RevocationValues::default()),
        };
        let (outcome, source) = (finding.outcome.name(), finding.source.name());
        let reason = finding.outcome.reason().map(Reason::word);
        tracing::debug!(outcome, reason, source, "revocation");
        (finding, kept)
    }

    async fn find(&self, certificate: &Certificate, issuer: &Certificate) -> Result<Found, Why> {
        if self.settings.policy == Policy::Off {
            return Err(Why::PolicyOff);
        }
        if certificate.verify_issued_by(issuer).is_err() {
            return Err(Why::WrongIssuer);
        }
        let mut why = Why::NoSource;
        for way in self.ways(certificate, issuer) {
            let found = match way {
                Ok(way) => self.ask(Arc::new(way)).await,
                Err(reason) => Err(reason),
            };
            match found {
                Ok(found) => return Ok(found),
                Err(reason) => why = why.or(reason),
            }
        }
        Err(why)
    }

    /// Every way there is, in the order in which they are tried.
    fn ways(&self, certificate: &Certificate, issuer: &Certificate) -> Vec<Result<Way, Why>> {
        let responders = certificate.ocsp_urls().iter().take(TRIES).map(|url| {
            let address = allowed(&self.settings.ocsp_urls, url)?;
            let question = Question::about(certificate, issuer).map_err(Why::Doubt)?;
            Ok(Way::Responder { address, question })
        });
        let lists = certificate.crl_urls().iter().take(TRIES).map(|url| {
            Ok(Way::List {
                address: allowed(&self.settings.crl_urls, url)?,
                url: url.clone(),
                certificate: certificate.clone(),
                issuer: issuer.clone(),
            })
        });
        responders.chain(lists).collect()
    }

    async fn ask(&self, way: Arc<Way>) -> Result<Found, Why> {
        let _turn = match *way {
            Way::Responder { .. } => None,
            Way::List { .. } => Some(self.lists.lock().await),
        };
        if let Some(found) = self.kept(&way).await? {
            return Ok(found);
        }
        let nonce = random_bytes::<32>();
        let body = way.request(&nonce)?;
        let answer = fetch(way.address(), body, way.limits())
            .await
            .map_err(Why::NotFetched)?;
        let (now, cache, source) = ((self.clock)(), self.cache.clone(), way.source());
        blocking(move || {
            let statement = way.judge(&answer, Some(&nonce), now).map_err(Why::Doubt)?;
            if let Some(cache) = cache {
                cache.keep(way.kept_as(), &answer, statement.next_update, now);
            }
            Ok(way.found(statement, source, answer))
        })
        .await?
    }

    /// What was kept, judged again: nothing on disk is believed for lying there.
    async fn kept(&self, way: &Arc<Way>) -> Result<Option<Found>, Why> {
        let Some(cache) = self.cache.clone() else {
            return Ok(None);
        };
        let (now, way) = ((self.clock)(), Arc::clone(way));
        blocking(move || {
            let answer = cache.find(way.kept_as(), way.limits().bytes, now)?;
            let statement = way.judge(&answer, None, now).ok()?;
            Some(way.found(statement, Source::Cache, answer))
        })
        .await
    }
}

/// What was said, by whom, and its very octets.
struct Found {
    statement: Statement,
    source: Source,
    kept: RevocationValues,
}

/// One way to find out.
enum Way {
    Responder {
        address: Address,
        question: Question,
    },
    List {
        address: Address,
        url: String,
        certificate: Certificate,
        issuer: Certificate,
    },
}

impl Way {
    fn address(&self) -> &Address {
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

    fn source(&self) -> Source {
        match self {
            Self::Responder { .. } => Source::Ocsp,
            Self::List { .. } => Source::Crl,
        }
    }

    fn kept_as(&self) -> (Kind, &[u8]) {
        match self {
            Self::Responder { question, .. } => (Kind::Answer, question.id()),
            Self::List { url, .. } => (Kind::List, url.as_bytes()),
        }
    }

    /// What to send, if anything.
    fn request(&self, nonce: &[u8]) -> Result<Fetched, Why> {
        match self {
            Self::Responder { question, .. } => question.request(nonce).map(Fetched::Answer).map_err(Why::Doubt),
            Self::List { .. } => Ok(Fetched::File),
        }
    }

    fn found(&self, statement: Statement, source: Source, answer: Vec<u8>) -> Found {
        let mut kept = RevocationValues::default();
        match self {
            Self::Responder { .. } => kept.ocsp.push(answer),
            Self::List { .. } if answer.len() <= LONGEST_EMBEDDED => kept.crls.push(answer),
            Self::List { .. } => {}
        }
        Found {
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

fn allowed(list: &[AllowedUrl], url: &str) -> Result<Address, Why> {
    let address = Address::parse(url).ok_or(Why::NotAllowed)?;
    if list.iter().any(|one| one.allows(&address)) {
        Ok(address)
    } else {
        Err(Why::NotAllowed)
    }
}

/// Files and signatures over megabytes, away from those who must answer quickly.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Why> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Why::Stopping)
}
