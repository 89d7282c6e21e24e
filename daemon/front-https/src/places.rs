//! Places for connections: a limit on their number, and the choice of the one that is closed when it is reached.
//!
//! A program that connects and sends nothing must not keep others out. A connection that has shown a valid token is
//! never closed for another; of the rest the oldest goes, first that of the user with the most connections. If there is
//! none to close, a few more connections are kept standing: each of their requests is told that there are too many.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Highest number of connections at once, of all users together.
const PLACES: usize = 256;
/// Highest number of connections at once of one user, so that another user whom the settings admit still finds room.
pub(super) const PLACES_OF_A_USER: usize = 192;

/// Highest number of connections that are kept standing. One more takes the place of the oldest of them.
const STANDING: usize = 16;

/// Every place that is taken, shared by all connections.
#[derive(Default)]
pub(super) struct ConnectionPlaces(Mutex<TakenPlaces>);

#[derive(Default)]
struct TakenPlaces {
    /// By number, and thereby by age: numbers only grow.
    taken: BTreeMap<u64, Taken>,
    last: u64,
}

struct Taken {
    user: u32,
    /// True once a valid token has come over this connection.
    known: bool,
    /// True while there is no place for it.
    standing: bool,
    leave: CancellationToken,
}

/// Limit on connections that is reached.
enum FullFor {
    User,
    Everybody,
}

/// Place of one connection; free again when dropped.
pub(super) struct ConnectionPlace {
    places: Arc<ConnectionPlaces>,
    user: u32,
    number: u64,
    leave: CancellationToken,
}

impl ConnectionPlaces {
    /// Takes a place for a connection of `user`, if need be that of an older one that has shown no token. If every
    /// connection that could make room has shown one, the new one [stands](ConnectionPlace::is_seated).
    pub(super) fn take(self: &Arc<Self>, user: u32) -> ConnectionPlace {
        let (number, leave) = self.lock().take(user);
        ConnectionPlace {
            places: Arc::clone(self),
            user,
            number,
            leave,
        }
    }

    fn lock(&self) -> MutexGuard<'_, TakenPlaces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TakenPlaces {
    fn take(&mut self, user: u32) -> (u64, CancellationToken) {
        let goes = match self.full_for(user) {
            // A user at the limit makes room among the own connections, and not among those of another user.
            Some(FullFor::User) => self.oldest_unknown(|taken| taken.user == user),
            Some(FullFor::Everybody) => self.oldest_unknown(|_| true),
            None => None,
        };
        if let Some(goes) = goes {
            self.close(goes);
        }
        let standing = self.full_for(user).is_some();
        if standing && self.taken.values().filter(|taken| taken.standing).count() >= STANDING {
            let oldest = self
                .taken
                .iter()
                .find(|(_, taken)| taken.standing)
                .map(|(number, _)| *number);
            oldest.into_iter().for_each(|oldest| self.close(oldest));
        }
        self.last += 1;
        let leave = CancellationToken::new();
        let taken = Taken {
            user,
            known: false,
            standing,
            leave: leave.clone(),
        };
        self.taken.insert(self.last, taken);
        (self.last, leave)
    }

    /// The limit that one more connection of `user` would exceed.
    fn full_for(&self, user: u32) -> Option<FullFor> {
        if self.count_of(user) >= PLACES_OF_A_USER {
            Some(FullFor::User)
        } else if self.seated().count() >= PLACES {
            Some(FullFor::Everybody)
        } else {
            None
        }
    }

    fn seated(&self) -> impl Iterator<Item = (&u64, &Taken)> {
        self.taken.iter().filter(|(_, taken)| !taken.standing)
    }

    fn close(&mut self, number: u64) {
        if let Some(left) = self.taken.remove(&number) {
            tracing::debug!(left.user, "connection without a token closed: others need its place");
            left.leave.cancel();
        }
    }

    fn count_of(&self, user: u32) -> usize {
        self.seated().filter(|(_, taken)| taken.user == user).count()
    }

    /// Number of the connection to close: of those that are `among` and have shown no token, the oldest of the user with
    /// the most connections.
    fn oldest_unknown(&self, among: impl Fn(&Taken) -> bool) -> Option<u64> {
        let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
        for (_, taken) in self.seated() {
            *sizes.entry(taken.user).or_default() += 1;
        }
        let unknown = self.seated().filter(|(_, taken)| !taken.known && among(taken));
        let order = |(number, taken): &(&u64, &Taken)| (Reverse(sizes.get(&taken.user).copied()), **number);
        unknown.min_by_key(order).map(|(number, _)| *number)
    }
}

impl ConnectionPlace {
    /// User at the other end of the connection.
    pub(super) fn user(&self) -> u32 {
        self.user
    }

    /// Returns true if the connection has a place. One that stands is given a place that has become free.
    pub(super) fn is_seated(&self) -> bool {
        let mut places = self.places.lock();
        let is_full = places.full_for(self.user).is_some();
        let Some(taken) = places.taken.get_mut(&self.number) else {
            return false;
        };
        taken.standing &= is_full;
        !taken.standing
    }

    /// Notes that a valid token has come over this connection, which keeps its place from now on.
    pub(super) fn shows_token(&self) {
        if let Some(taken) = self.places.lock().taken.get_mut(&self.number) {
            taken.known = true;
        }
    }

    /// Completes when another connection has been given this place.
    pub(super) async fn lost(&self) {
        self.leave.cancelled().await;
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        self.places.lock().taken.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: u32 = 1000;
    const OTHER: u32 = 1001;

    /// Opens `count` connections of `user`, the first `known` of which show a token.
    fn connect(places: &Arc<ConnectionPlaces>, user: u32, count: usize, known: usize) -> Vec<ConnectionPlace> {
        let all: Vec<ConnectionPlace> = (0..count).map(|_| places.take(user)).collect();
        all.iter().take(known).for_each(ConnectionPlace::shows_token);
        all
    }

    fn lost(places: &[ConnectionPlace]) -> Vec<usize> {
        let lost = places
            .iter()
            .enumerate()
            .filter(|(_, place)| place.leave.is_cancelled());
        lost.map(|(index, _)| index).collect()
    }

    #[test]
    fn the_oldest_without_a_token_makes_room() {
        let places = Arc::default();
        let own = connect(&places, OWN, PLACES_OF_A_USER, 3);
        let more = connect(&places, OWN, 2, 0);
        assert_eq!((lost(&own), lost(&more)), (vec![3, 4], vec![]));
        assert_eq!(places.lock().taken.len(), PLACES_OF_A_USER);
    }

    #[test]
    fn nobody_who_has_shown_a_token_makes_room() {
        let places = Arc::default();
        let own = connect(&places, OWN, PLACES_OF_A_USER, PLACES_OF_A_USER);
        let standing = connect(&places, OWN, STANDING + 1, 0);
        assert!(lost(&own).is_empty() && standing.iter().all(|place| !place.is_seated()));
        assert_eq!(lost(&standing), vec![0], "only so many stand");
        assert!(places.take(OTHER).is_seated(), "another user has places left");
        drop(own);
        assert!(standing[1].is_seated(), "it has found a place");
    }

    #[test]
    fn another_user_finds_room_and_the_greediest_makes_it() {
        let places = Arc::default();
        let own = connect(&places, OWN, 10, 1);
        let other = connect(&places, OTHER, PLACES_OF_A_USER, 0);
        let rest = connect(&places, 1002, PLACES - PLACES_OF_A_USER - 10, 0);
        assert_eq!(places.lock().taken.len(), PLACES);
        let more = connect(&places, OWN, 2, 0);
        assert_eq!(
            (lost(&own), lost(&other), lost(&rest), lost(&more)),
            (vec![], vec![0, 1], vec![], vec![])
        );
    }
}
