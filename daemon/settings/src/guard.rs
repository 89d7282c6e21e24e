//! Comparison of later sources with `/etc`: what would widen its settings is refused, and its list of origins is kept.

use super::ConfigError;
use super::table::{ROWS, Settings, Trust};
use super::values::Origin;
use beid_issuers::revocation::RevocationSettings;
use std::path::Path;
use toml::{Table, Value};

/// Settings of `/etc` that limit later sources.
pub(super) struct Guard {
    origins: Option<Vec<Origin>>,
    etc: Settings,
    /// Sections that the files have: the defaults of others are not the administrator's word.
    sections: Vec<String>,
}

impl Guard {
    /// Takes the settings of `/etc`; `table` tells which sections its files have.
    pub(super) fn new(etc: Settings, table: &Table) -> Self {
        Self {
            origins: table.contains_key("origin").then(|| etc.origin.clone()),
            etc,
            sections: table.keys().cloned().collect(),
        }
    }

    /// Checks the settings `later`, from `place`.
    ///
    /// # Errors
    /// [`ConfigError`] names the first key that would widen what `/etc` says.
    pub(super) fn check(&self, later: &Settings, place: &str) -> Result<(), ConfigError> {
        let has = |section: &str| self.sections.iter().any(|one| one == section);
        let mut rows = ROWS.iter();
        let wider = rows.find(|row| !row.limit.admits(&self.etc, later, has(row.section)));
        wider.map_or(Ok(()), |row| {
            let reason = format!(
                "{}.{} may only narrow what /etc/beidd says; allowed: {}",
                row.section, row.key, row.limit.words
            );
            Err(ConfigError::new(place, reason))
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

impl Trust {
    /// Returns the settings for revocation, with defaults for absent ones.
    pub(super) fn revocation_settings(&self) -> RevocationSettings {
        let usual = RevocationSettings::default();
        RevocationSettings {
            policy: self.revocation(),
            ocsp_urls: self.ocsp_urls.clone().unwrap_or(usual.ocsp_urls),
            crl_urls: self.crl_urls.clone().unwrap_or(usual.crl_urls),
            cache: self.cache(),
            ..usual
        }
    }
}
