//! Limits of the administrator: later sources may only narrow the trust, policy, origins and consent texts of `/etc`.

use super::ConfigError;
use super::table::{Settings, Trust};
use super::values::Origin;
use beid_issuers::revocation::{AllowedUrl, RevocationPolicy, RevocationSettings};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Settings of `/etc` that limit later sources.
pub(super) struct Guard {
    trust: Option<Trust>,
    origins: Option<Vec<Origin>>,
    said: Settings,
}

impl Guard {
    /// Takes the settings of `/etc`; `table` tells which sections its files have.
    pub(super) fn new(said: Settings, table: &Table) -> Self {
        Self {
            // A section that `/etc` does not have sets no limits: its defaults are not the administrator's word.
            trust: table.contains_key("trust").then(|| said.trust.clone()),
            origins: table.contains_key("origin").then(|| said.origin.clone()),
            said,
        }
    }

    /// Checks the settings `later`, from `place`.
    ///
    /// # Errors
    /// [`ConfigError`] names the first key that would widen what `/etc` says.
    pub(super) fn check(&self, later: &Settings, place: &str) -> Result<(), ConfigError> {
        let texts_are_known = match (&self.said.consent.texts, &later.consent.texts) {
            (Some(etc), Some(later)) => later.iter().all(|text| etc.contains(text)),
            _ => true,
        };
        let exports_are_within = match (&self.said.policy.exports, &later.policy.exports) {
            (Some(etc), Some(later)) => later.is_within(etc),
            _ => true,
        };
        let checks = [
            (
                "policy.prefetch",
                is_within(self.said.policy.prefetch, later.policy.prefetch),
            ),
            ("policy.exports", exports_are_within),
            (
                "policy.batch_review",
                is_within(self.said.policy.batch_review, later.policy.batch_review),
            ),
            (
                "policy.native_log_in",
                is_within(self.said.policy.native_log_in, later.policy.native_log_in),
            ),
            (
                "policy.pairing",
                is_within(self.said.policy.pairing, later.policy.pairing),
            ),
            (
                "policy.confirm_bus",
                is_within(self.said.policy.confirm_bus, later.policy.confirm_bus),
            ),
            ("https.status", is_within(self.said.https.status, later.https.status)),
            ("consent.texts", texts_are_known),
            (
                "evidence.store",
                is_within(self.said.evidence.store, later.evidence.store),
            ),
            ("evidence.seal", is_within(self.said.evidence.seal, later.evidence.seal)),
            (
                "evidence.seal_to",
                is_same(self.said.evidence.seal_to.as_ref(), later.evidence.seal_to.as_ref()),
            ),
            (
                "evidence.url",
                is_same(self.said.evidence.url.as_ref(), later.evidence.url.as_ref()),
            ),
            (
                "evidence.retention",
                is_same(self.said.evidence.retention.as_ref(), later.evidence.retention.as_ref()),
            ),
        ];
        let trust = self.trust.as_ref().and_then(|etc| widened(etc, &later.trust));
        let wider = trust.or_else(|| checks.into_iter().find(|(_, narrows)| !narrows).map(|(key, _)| key));
        wider.map_or(Ok(()), |key| {
            Err(ConfigError::new(
                place,
                format!("{key} may only narrow what /etc/beidd says"),
            ))
        })
    }

    /// Removes from `table` the origins that `/etc` does not list, or not with as many scopes, and returns a warning
    /// for each. They are no error, because one user's origin must not keep the daemon from reading cards.
    pub(super) fn leave_out(&self, later: &Settings, table: &mut Table, place: &str, etc: &Path) -> Vec<String> {
        let (Some(known), Some(Value::Array(pages))) = (&self.origins, table.get_mut("origin")) else {
            return Vec::new();
        };
        let reasons: Vec<_> = later.origin.iter().map(|page| refusal(known, page)).collect();
        let mut each = reasons.iter();
        // In step with `reasons`: both lists are of the same file, in its order.
        pages.retain(|_| each.next().is_none_or(Option::is_none));
        let left_out: Vec<_> = later
            .origin
            .iter()
            .zip(&reasons)
            .filter_map(|(page, reason)| {
                let (etc, reason) = (etc.display(), reason.as_ref()?);
                Some(format!("{place}: origin {} is left out: {etc} {reason}", page.origin))
            })
            .collect();
        if pages.is_empty() && !left_out.is_empty() {
            // An absent list keeps the origins of `/etc`; an empty one would let no page in.
            table.remove("origin");
        }
        left_out
    }
}

/// Reason why `page` is not let in as it asks; none if it is.
fn refusal(known: &[Origin], page: &Origin) -> Option<String> {
    match known.iter().find(|known| known.origin == page.origin) {
        Some(known) if page.scopes.is_within(&known.scopes) => None,
        Some(known) => Some(format!("gives it no more than {}", known.scopes.words().join(", "))),
        None => {
            let listed: Vec<&str> = known.iter().map(|one| one.origin.as_str()).collect();
            Some(format!("lists only {}", listed.join(", ")))
        }
    }
}

/// Returns true if a later source says nothing else than `/etc`.
fn is_same<T: PartialEq>(etc: Option<T>, later: Option<T>) -> bool {
    !matches!((etc, later), (Some(etc), Some(later)) if later != etc)
}

fn is_within<T: Ord>(etc: Option<T>, later: Option<T>) -> bool {
    !matches!((etc, later), (Some(etc), Some(later)) if later > etc)
}

impl Trust {
    /// Returns the settings for revocation, with defaults for absent ones.
    pub(super) fn revocation_settings(&self) -> RevocationSettings {
        let usual = RevocationSettings::default();
        RevocationSettings {
            policy: self.revocation(),
            ocsp_urls: self.ocsp_urls.clone().unwrap_or(usual.ocsp_urls),
            crl_urls: self.crl_urls.clone().unwrap_or(usual.crl_urls),
            cache: self.cache(),
        }
    }
}

/// Returns the first key with which `later` would trust more than `etc` does.
fn widened(etc: &Trust, later: &Trust) -> Option<&'static str> {
    let among = |known: &Option<Vec<PathBuf>>, roots: &Option<Vec<PathBuf>>| {
        let known = known.as_deref().unwrap_or_default();
        roots.iter().flatten().all(|root| known.contains(root))
    };
    // Digests of signatures go to the administrator's authority, or to none.
    let same_url = later.timestamp_url.is_none() || later.timestamp_url == etc.timestamp_url;
    let narrow = etc.revocation_settings();
    let within = |known: &[AllowedUrl], urls: &Option<Vec<AllowedUrl>>| {
        let mut urls = urls.iter().flatten();
        urls.all(|url| known.iter().any(|one| one.covers(url)))
    };
    // Unless revocation is off, asking fewer sources could let a revoked certificate pass.
    let may_choose = |urls: &Option<Vec<AllowedUrl>>| urls.is_none() || narrow.policy == RevocationPolicy::Off;
    let checks = [
        ("trust.extra_roots", among(&etc.extra_roots, &later.extra_roots)),
        ("trust.timestamp_url", same_url),
        (
            "trust.timestamp_roots",
            among(&etc.timestamp_roots, &later.timestamp_roots),
        ),
        (
            "trust.revocation",
            later.revocation.is_none_or(|policy| policy >= narrow.policy),
        ),
        (
            "trust.ocsp_urls",
            may_choose(&later.ocsp_urls) && within(&narrow.ocsp_urls, &later.ocsp_urls),
        ),
        (
            "trust.crl_urls",
            may_choose(&later.crl_urls) && within(&narrow.crl_urls, &later.crl_urls),
        ),
        ("trust.cache", later.cache.is_none_or(|keep| narrow.cache || !keep)),
    ];
    checks.into_iter().find(|(_, narrows)| !narrows).map(|(key, _)| key)
}
