//! Limits of the administrator: a value in `/etc` may only be narrowed by later sources. Each row of the table has the
//! rule for its setting.

use super::readers::IgnoreReaders;
use super::table::{Settings, Trust};
use super::values::{AllowedProofs, ExportForms};
use beid_issuers::revocation::{AllowedUrl, RevocationPolicy};
use std::path::PathBuf;

/// Rule by which later sources may change a setting that `/etc` sets.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Values that later sources may give, in words.
    pub words: &'static str,
    /// True if the default is a limit too, in case `/etc` has the section and leaves the key out.
    of_section: bool,
    /// Returns true if the second settings ask for no more than the first allow.
    narrows: fn(&Settings, &Settings) -> bool,
}

impl Limit {
    /// Rule of settings that everybody chooses for oneself.
    pub(super) const FREE: Self = Self::new("any", |_, _| true);

    pub(super) const fn new(words: &'static str, narrows: fn(&Settings, &Settings) -> bool) -> Self {
        Self {
            words,
            of_section: false,
            narrows,
        }
    }

    pub(super) const fn in_section(words: &'static str, narrows: fn(&Settings, &Settings) -> bool) -> Self {
        Self {
            of_section: true,
            ..Self::new(words, narrows)
        }
    }

    /// Returns true if a value of `/etc` limits later sources.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.words != Self::FREE.words
    }

    /// Returns true if `later` asks for no more than `etc` allows; `has_section` tells if `/etc` has the section.
    pub(super) fn admits(&self, etc: &Settings, later: &Settings, has_section: bool) -> bool {
        (self.of_section && !has_section) || (self.narrows)(etc, later)
    }
}

/// Makes the limit of a row of the table.
macro_rules! limit {
    ($section:ident $key:ident free) => {
        Limit::FREE
    };
    ($section:ident $key:ident same) => {
        Limit::new("no other", |etc, later| {
            $crate::limits::is_same(&etc.$section.$key, &later.$section.$key)
        })
    };
    ($section:ident $key:ident (same_beside $other:ident)) => {
        Limit::new("no other", |etc, later| {
            $crate::limits::is_same_beside(&etc.$section.$key, &later.$section.$key, &etc.$section.$other)
        })
    };
    ($section:ident $key:ident fewer) => {
        Limit::new("fewer of them", |etc, later| {
            $crate::limits::are_fewer(&etc.$section.$key, &later.$section.$key)
        })
    };
    ($section:ident $key:ident (down $words:literal)) => {
        Limit::new($words, |etc, later| {
            $crate::limits::is_no_higher(&etc.$section.$key, &later.$section.$key)
        })
    };
    ($section:ident $key:ident (by $rule:ident $words:literal)) => {
        Limit::new($words, |etc, later| {
            $crate::limits::both(&etc.$section.$key, &later.$section.$key, $crate::limits::$rule)
        })
    };
    ($section:ident $key:ident (in_section $rule:ident $words:literal)) => {
        Limit::in_section($words, |etc, later| {
            $crate::limits::$rule(&etc.$section, &later.$section)
        })
    };
}
pub(super) use limit;

/// Returns true unless both sources set the key and `rule` refuses the pair.
pub(super) fn both<T>(etc: &Option<T>, later: &Option<T>, rule: fn(&T, &T) -> bool) -> bool {
    match (etc, later) {
        (Some(etc), Some(later)) => rule(etc, later),
        (None, _) | (_, None) => true,
    }
}

pub(super) fn is_same<T: PartialEq>(etc: &Option<T>, later: &Option<T>) -> bool {
    both(etc, later, |etc, later| etc == later)
}

/// Returns true unless a later source changes a setting that `/etc` sets, or whose companion it sets: what one of the two
/// says, the other could take back.
pub(super) fn is_same_beside<T: PartialEq, U>(etc: &Option<T>, later: &Option<T>, companion: &Option<U>) -> bool {
    later.is_none() || etc == later || (etc.is_none() && companion.is_none())
}

pub(super) fn is_no_higher<T: Ord>(etc: &Option<T>, later: &Option<T>) -> bool {
    both(etc, later, |etc, later| later <= etc)
}

pub(super) fn are_fewer<T: PartialEq>(etc: &Option<Vec<T>>, later: &Option<Vec<T>>) -> bool {
    both(etc, later, |etc, later| later.iter().all(|one| etc.contains(one)))
}

pub(super) fn ignores_as_many(etc: &IgnoreReaders, later: &IgnoreReaders) -> bool {
    etc.is_within(later)
}

pub(super) fn exports_no_more(etc: &ExportForms, later: &ExportForms) -> bool {
    later.is_within(etc)
}

pub(super) fn proves_no_otherwise(etc: &AllowedProofs, later: &AllowedProofs) -> bool {
    later.is_within(etc)
}

pub(super) fn extra_roots_are_known(etc: &Trust, later: &Trust) -> bool {
    are_known(&etc.extra_roots, &later.extra_roots)
}

pub(super) fn timestamp_roots_are_known(etc: &Trust, later: &Trust) -> bool {
    are_known(&etc.timestamp_roots, &later.timestamp_roots)
}

fn are_known(known: &Option<Vec<PathBuf>>, roots: &Option<Vec<PathBuf>>) -> bool {
    let known = known.as_deref().unwrap_or_default();
    roots.iter().flatten().all(|root| known.contains(root))
}

/// Digests of signatures go to the administrator's authority, or to none.
pub(super) fn same_authority(etc: &Trust, later: &Trust) -> bool {
    later.timestamp_url.is_none() || later.timestamp_url == etc.timestamp_url
}

pub(super) fn revocation_is_as_strict(etc: &Trust, later: &Trust) -> bool {
    later.revocation.is_none_or(|policy| policy >= etc.revocation())
}

pub(super) fn ocsp_urls_are_known(etc: &Trust, later: &Trust) -> bool {
    urls_are_known(etc, &etc.revocation_settings().ocsp_urls, &later.ocsp_urls)
}

pub(super) fn crl_urls_are_known(etc: &Trust, later: &Trust) -> bool {
    urls_are_known(etc, &etc.revocation_settings().crl_urls, &later.crl_urls)
}

fn urls_are_known(etc: &Trust, known: &[AllowedUrl], later: &Option<Vec<AllowedUrl>>) -> bool {
    let Some(later) = later else { return true };
    // Unless revocation is off, asking fewer sources could let a revoked certificate pass.
    let all_are_asked = || known.iter().all(|one| later.contains(one));
    let none_is_new = later.iter().all(|url| known.iter().any(|one| one.covers(url)));
    none_is_new && (etc.revocation() == RevocationPolicy::Off || all_are_asked())
}

pub(super) fn keeps_no_more(etc: &Trust, later: &Trust) -> bool {
    later.cache.is_none_or(|keep| etc.cache() || !keep)
}
