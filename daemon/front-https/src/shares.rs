//! Shares of something that calls hold at once: limits in all, for each user, and for each website, so that neither one user
//! nor one page keeps the others out.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Highest numbers of shares.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShareLimits {
    /// Limit for all callers together.
    pub(super) total: usize,
    /// Limit for one user of this machine.
    pub(super) of_a_user: usize,
    /// Limit for all pages of one website, whichever user runs the browser.
    pub(super) of_a_website: usize,
}

/// Sender of a call, as far as shares are concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallSource<'c> {
    /// User at the other end of the connection.
    pub(super) user: u32,
    /// Origin of the page that calls; `None` for a program.
    pub(super) website: Option<&'c str>,
}

/// Every share that is taken.
pub(super) struct Shares {
    limits: ShareLimits,
    taken: Mutex<TakenShares>,
}

#[derive(Default)]
struct TakenShares {
    total: usize,
    users: HashMap<u32, usize>,
    websites: HashMap<String, usize>,
}

/// One share; free again when dropped.
pub(super) struct Share {
    shares: Arc<Shares>,
    user: u32,
    website: Option<String>,
}

impl Shares {
    /// All shares are free.
    pub(super) fn new(limits: ShareLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            taken: Mutex::default(),
        })
    }

    /// Takes a share; `None` if there is none left for this user or website.
    pub(super) fn take(self: &Arc<Self>, source: CallSource<'_>) -> Option<Share> {
        let mut taken = self.lock();
        let website = source.website.map(str::to_owned);
        let of_website = website.as_ref().map_or(0, |website| number(&taken.websites, website));
        let is_full = taken.total >= self.limits.total
            || number(&taken.users, &source.user) >= self.limits.of_a_user
            || of_website >= self.limits.of_a_website;
        if is_full {
            return None;
        }
        taken.total += 1;
        *taken.users.entry(source.user).or_default() += 1;
        if let Some(website) = &website {
            *taken.websites.entry(website.clone()).or_default() += 1;
        }
        drop(taken);
        Some(Share {
            shares: Arc::clone(self),
            user: source.user,
            website,
        })
    }

    fn lock(&self) -> MutexGuard<'_, TakenShares> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.lock();
        taken.total = taken.total.saturating_sub(1);
        one_less(&mut taken.users, &self.user);
        if let Some(website) = &self.website {
            one_less(&mut taken.websites, website);
        }
    }
}

fn number<K: Eq + Hash>(of: &HashMap<K, usize>, key: &K) -> usize {
    of.get(key).copied().unwrap_or_default()
}

/// Counts one less of `key`, and forgets it with the last one.
fn one_less<K: Eq + Hash>(of: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = of.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            of.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: CallSource<'_> = CallSource {
        user: 1,
        website: Some("https://a.example"),
    };
    const B: CallSource<'_> = CallSource {
        user: 1,
        website: Some("https://b.example"),
    };
    const PROGRAM: CallSource<'_> = CallSource { user: 1, website: None };
    const ELSEWHERE: CallSource<'_> = CallSource {
        user: 2,
        website: Some("https://a.example"),
    };
    const OTHER: CallSource<'_> = CallSource { user: 2, website: None };

    #[test]
    fn neither_a_website_nor_a_user_takes_what_is_left_for_others() {
        let shares = Shares::new(ShareLimits {
            total: 6,
            of_a_user: 4,
            of_a_website: 2,
        });
        // Callers in turn, and whether each finds a share.
        #[rustfmt::skip] // one row a line
        let rows = [
            (A, true), (A, true), (A, false), (ELSEWHERE, false),
            (B, true), (PROGRAM, true), (PROGRAM, false), (B, false),
            (OTHER, true), (OTHER, true), (OTHER, false),
        ];
        let mut held = Vec::new();
        for (number, (source, finds)) in rows.into_iter().enumerate() {
            let share = shares.take(source);
            assert_eq!(share.is_some(), finds, "{number} {source:?}");
            held.extend(share);
        }
        drop(held.remove(0));
        assert!(shares.take(PROGRAM).is_some() && shares.take(A).is_some(), "free again");
        drop(held);
        let taken = shares.lock();
        assert_eq!((taken.total, taken.users.len(), taken.websites.len()), (0, 0, 0));
    }
}
