//! Access that there must be after some steps: a plain list of requests and tokens.

use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;
use std::collections::BTreeSet;

/// Origins of the websites; the settings list the last.
pub(super) const SITES: [&str; 4] = [
    "https://a.example",
    "https://b.example",
    "https://c.example:8443",
    "https://listed.example",
];
/// Place of the listed one.
pub(super) const LISTED: usize = 3;
/// Life in hours of a token for which nobody was asked.
const LIFE_UNASKED: i64 = 12;
/// Hours for which an ended token of a confirmed pairing is remembered, and a website known.
const REMEMBERED: i64 = 30 * 24;

/// Answer of a person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PersonsAnswer {
    Yes,
    No,
    Never,
    Nothing,
}

/// One thing that happens. Numbers of requests and tokens are places in the lists.
#[derive(Clone, Debug)]
pub(super) enum AccessStep {
    /// A page asks; a person will answer so.
    Ask {
        site: usize,
        days: i64,
        answer: PersonsAnswer,
    },
    /// The person answers.
    Answer,
    /// A page of a website takes a request back.
    Withdraw { request: usize, site: usize },
    /// A page of a website asks how far a request is.
    Look { request: usize, site: usize },
    /// A token is shown by a page of a website, or by a program.
    Use { token: usize, site: Option<usize> },
    /// The clock goes on by a number of hours.
    Wait { hours: i64 },
    /// The time passes in which tokens can be collected.
    WaitForCollection,
    /// The user ends a pairing, or the page with the token `by` does.
    RevokePairing { token: usize, by: Option<usize> },
    /// The user ends the access of a website.
    RevokeOrigin { site: usize },
    /// The user allows a website.
    Allow { site: usize },
    /// The user silences a website.
    Silence { site: usize },
    /// The user lets a website ask again.
    Unsilence { site: usize },
    /// The daemon ends, and another starts.
    Restart,
}

/// Outcome of a step, for who did it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    Done,
    /// The page has its token.
    Granted,
    /// State of a request, and whether its token is told.
    Seen(&'static str, bool),
    /// Code of the error.
    Refused(&'static str),
}

/// Reason why a page has its token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ground {
    Listed,
    Allowed,
    Confirmed,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum RequestEnd {
    Waiting,
    /// The token, and whether it was told.
    Granted {
        token: usize,
        collected: bool,
        wiped: bool,
    },
    Refused,
    Expired,
}

/// A request about which a person is asked.
#[derive(Clone, Debug)]
pub(super) struct ExpectedRequest {
    pub(super) site: usize,
    days: i64,
    pub(super) answer: PersonsAnswer,
    end: RequestEnd,
    /// True once the daemon that knew it has ended.
    forgotten: bool,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct ExpectedToken {
    pub(super) site: usize,
    pub(super) ground: Ground,
    pub(super) ends: i64,
    /// Request from which it came.
    pub(super) request: Option<usize>,
    /// True while the daemon knows it.
    pub(super) kept: bool,
    /// True once its page was told it.
    told: bool,
    used: bool,
}

/// Access to a daemon.
#[derive(Clone, Debug)]
pub(super) struct ExpectedAccess {
    pub(super) hour: i64,
    pub(super) requests: Vec<ExpectedRequest>,
    pub(super) tokens: Vec<ExpectedToken>,
    pub(super) allowed: BTreeSet<usize>,
    /// The oldest first.
    pub(super) silenced: Vec<usize>,
    /// Request about which a dialog is open.
    pub(super) open: Option<usize>,
    /// Websites about which dialogs opened since the daemon started; twice if the page closed its own.
    dialogs: Vec<usize>,
    /// Number of those dialogs.
    opened: usize,
    /// Websites that have to pause.
    pausing: BTreeSet<usize>,
    /// Outcome of the last step.
    pub(super) outcome: Outcome,
}

impl ExpectedAccess {
    /// Returns true if the daemon knows pages of this website.
    pub(super) fn knows(&self, site: usize) -> bool {
        let lately = |token: &ExpectedToken| token.kept && token.site == site && token.ends + REMEMBERED > self.hour;
        site == LISTED || self.allowed.contains(&site) || self.tokens.iter().any(lately)
    }

    fn is_let_in(&self, site: usize) -> bool {
        site == LISTED || self.allowed.contains(&site)
    }

    fn is_waiting(&self, site: usize) -> bool {
        let open = self.open.map(|open| &self.requests[open]);
        open.is_some_and(|request| request.site == site)
    }

    fn is_good(&self, token: usize) -> bool {
        let token = &self.tokens[token];
        token.kept && token.ends > self.hour
    }

    fn ask(&mut self, site: usize, days: i64, answer: PersonsAnswer) -> Outcome {
        if self.is_let_in(site) {
            let ground = if site == LISTED {
                Ground::Listed
            } else {
                Ground::Allowed
            };
            self.admit(site, ground, LIFE_UNASKED, None);
            return Outcome::Granted;
        }
        if self.is_waiting(site) {
            return Outcome::Refused("too-many-requests");
        }
        if self.silenced.contains(&site) {
            return Outcome::Refused("policy-denied");
        }
        if self.open.is_some() {
            return Outcome::Refused("operation-in-progress");
        }
        self.open = Some(self.requests.len());
        self.opened += 1;
        self.dialogs.push(site);
        self.requests.push(ExpectedRequest {
            site,
            days,
            answer,
            end: RequestEnd::Waiting,
            forgotten: false,
        });
        Outcome::Seen("waitingForUser", false)
    }

    fn admit(&mut self, site: usize, ground: Ground, life: i64, request: Option<usize>) -> usize {
        for token in &mut self.tokens {
            let remembered = if token.ground == Ground::Confirmed {
                REMEMBERED
            } else {
                0
            };
            token.kept &= token.ends + remembered > self.hour;
        }
        self.tokens.push(ExpectedToken {
            site,
            ground,
            ends: self.hour + life,
            request,
            kept: true,
            told: request.is_none(),
            used: false,
        });
        self.tokens.len() - 1
    }

    fn answer(&mut self) -> Outcome {
        let number = self.open.take().unwrap();
        let ExpectedRequest { site, days, answer, .. } = self.requests[number];
        self.requests[number].end = match answer {
            PersonsAnswer::Yes => RequestEnd::Granted {
                token: self.admit(site, Ground::Confirmed, 24 * days, Some(number)),
                collected: false,
                wiped: false,
            },
            PersonsAnswer::No | PersonsAnswer::Never => RequestEnd::Refused,
            PersonsAnswer::Nothing => RequestEnd::Expired,
        };
        if answer != PersonsAnswer::Yes {
            self.pausing.insert(site);
        }
        if answer == PersonsAnswer::Never {
            self.silence(site);
        }
        Outcome::Done
    }

    fn silence(&mut self, site: usize) {
        self.silenced.retain(|known| *known != site);
        self.silenced.push(site);
    }

    /// Closes the dialog about a website; returns true if there was one.
    fn close(&mut self, site: usize) -> bool {
        let was_open = self.is_waiting(site);
        if was_open && let Some(open) = self.open.take() {
            self.requests[open].end = RequestEnd::Expired;
        }
        was_open
    }

    fn withdraw(&mut self, request: usize, site: usize) -> Outcome {
        if self.open != Some(request) || self.requests[request].site != site {
            // A page without a token, and nothing of its own to take back.
            return Outcome::Refused("token-missing");
        }
        self.close(site);
        self.dialogs.push(site);
        Outcome::Done
    }

    fn look(&mut self, request: usize, site: usize) -> Outcome {
        let seen = &mut self.requests[request];
        if seen.forgotten || seen.site != site {
            return Outcome::Refused("not-found");
        }
        match &mut seen.end {
            RequestEnd::Waiting => Outcome::Seen("waitingForUser", false),
            RequestEnd::Refused => Outcome::Seen("refused", false),
            RequestEnd::Expired => Outcome::Seen("expired", false),
            RequestEnd::Granted {
                token,
                collected,
                wiped,
            } => {
                let token = &mut self.tokens[*token];
                let was_used = token.kept && token.used;
                let is_told = !*wiped && !was_used;
                *collected |= is_told;
                token.told |= is_told;
                Outcome::Seen("granted", is_told)
            }
        }
    }

    fn use_token(&mut self, number: usize, site: Option<usize>) -> Outcome {
        let is_good = self.is_good(number);
        let token = &mut self.tokens[number];
        if !token.kept || site != Some(token.site) {
            return Outcome::Refused("token-invalid");
        }
        if !is_good {
            return Outcome::Refused("token-expired");
        }
        token.used = true;
        Outcome::Done
    }

    fn wait_for_collection(&mut self) {
        for request in &mut self.requests {
            let RequestEnd::Granted {
                token,
                collected,
                wiped,
            } = &mut request.end
            else {
                continue;
            };
            if request.forgotten || *wiped {
                continue;
            }
            if *collected {
                *wiped = true;
            } else {
                self.tokens[*token].kept = false;
                request.end = RequestEnd::Expired;
            }
        }
    }

    fn revoke_pairing(&mut self, number: usize, by: Option<usize>) -> Outcome {
        if let Some(by) = by {
            self.tokens[by].used = true;
        }
        let is_own = by.is_none_or(|by| self.tokens[by].site == self.tokens[number].site);
        let token = &mut self.tokens[number];
        if token.kept && is_own {
            token.kept = false;
            Outcome::Done
        } else {
            Outcome::Refused("not-found")
        }
    }

    fn revoke_origin(&mut self, site: usize) -> Outcome {
        let closed = self.close(site);
        let was_allowed = self.allowed.remove(&site);
        let of_site = self.tokens.iter_mut().filter(|token| token.kept && token.site == site);
        let ended = of_site.map(|token| token.kept = false).count();
        if closed || was_allowed || ended > 0 {
            Outcome::Done
        } else {
            Outcome::Refused("not-found")
        }
    }

    fn restart(&mut self) {
        self.open = None;
        self.requests.iter_mut().for_each(|request| request.forgotten = true);
        // Only what a person agreed to outlives the daemon.
        for token in &mut self.tokens {
            token.kept &= token.ground == Ground::Confirmed;
        }
        self.dialogs.clear();
        self.opened = 0;
        self.pausing.clear();
    }

    /// Returns true if no limit on dialogs can hold for this website now.
    fn may_open_a_dialog(&self, site: usize) -> bool {
        let of_site = self.dialogs.iter().filter(|known| **known == site).count();
        self.opened < 3 && of_site < 2 && !self.pausing.contains(&site)
    }
}

impl ReferenceStateMachine for ExpectedAccess {
    type State = Self;
    type Transition = AccessStep;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self {
            hour: 0,
            requests: Vec::new(),
            tokens: Vec::new(),
            allowed: BTreeSet::new(),
            silenced: Vec::new(),
            open: None,
            dialogs: Vec::new(),
            opened: 0,
            pausing: BTreeSet::new(),
            outcome: Outcome::Done,
        })
        .boxed()
    }

    fn transitions(access: &Self) -> BoxedStrategy<AccessStep> {
        let site = || 0..SITES.len();
        let answer = prop_oneof![
            5 => Just(PersonsAnswer::Yes),
            1 => Just(PersonsAnswer::No),
            1 => Just(PersonsAnswer::Never),
            1 => Just(PersonsAnswer::Nothing),
        ];
        let ask = (site(), 1..4_i64, answer).prop_map(|(site, days, answer)| AccessStep::Ask { site, days, answer });
        let hours = select(&[1, 11, 12, 24, 48, 31 * 24][..]);
        let mut steps = vec![
            (6, ask.boxed()),
            (2, hours.prop_map(|hours| AccessStep::Wait { hours }).boxed()),
            (1, site().prop_map(|site| AccessStep::RevokeOrigin { site }).boxed()),
            (1, site().prop_map(|site| AccessStep::Allow { site }).boxed()),
            (1, site().prop_map(|site| AccessStep::Silence { site }).boxed()),
            (1, site().prop_map(|site| AccessStep::Unsilence { site }).boxed()),
            (2, Just(AccessStep::Restart).boxed()),
        ];
        if access.open.is_some() {
            steps.push((8, Just(AccessStep::Answer).boxed()));
        } else {
            steps.push((1, Just(AccessStep::WaitForCollection).boxed()));
        }
        if !access.requests.is_empty() {
            let owners: Vec<usize> = access.requests.iter().map(|request| request.site).collect();
            // Mostly by a page of its own website, and mostly about the latest.
            let request = (0..owners.len(), 0..owners.len(), site(), any::<bool>());
            let request = request.prop_map(move |(one, other, site, is_own)| {
                let request = one.max(other);
                (request, if is_own { owners[request] } else { site })
            });
            let look = request
                .clone()
                .prop_map(|(request, site)| AccessStep::Look { request, site });
            let withdraw = request.prop_map(|(request, site)| AccessStep::Withdraw { request, site });
            steps.extend([(5, look.boxed()), (1, withdraw.boxed())]);
        }
        if !access.tokens.is_empty() {
            let owners: Vec<usize> = access.tokens.iter().map(|token| token.site).collect();
            let token = || 0..access.tokens.len();
            let shown = (
                token(),
                prop_oneof![3 => Just(None), 1 => site().prop_map(Some), 1 => Just(Some(SITES.len()))],
            );
            let shown = shown.prop_map(move |(token, site)| AccessStep::Use {
                token,
                // By its own website, another, or a program.
                site: site.map_or(Some(owners[token]), |site| (site < SITES.len()).then_some(site)),
            });
            let revoke = (token(), prop::option::of(token()));
            let revoke = revoke.prop_map(|(token, by)| AccessStep::RevokePairing { token, by });
            steps.extend([(6, shown.boxed()), (2, revoke.boxed())]);
        }
        prop::strategy::Union::new_weighted(steps).boxed()
    }

    fn preconditions(access: &Self, step: &AccessStep) -> bool {
        let has_request = |request: &usize| *request < access.requests.len();
        let is_told = |token: &usize| access.tokens.get(*token).is_some_and(|token| token.told);
        match step {
            AccessStep::Ask { site, .. } => {
                access.is_let_in(*site) || access.is_waiting(*site) || access.may_open_a_dialog(*site)
            }
            AccessStep::Answer => access.open.is_some(),
            AccessStep::WaitForCollection => access.open.is_none(),
            AccessStep::Look { request, .. } | AccessStep::Withdraw { request, .. } => has_request(request),
            AccessStep::Use { token, .. } => is_told(token),
            AccessStep::RevokePairing { token, by } => {
                *token < access.tokens.len() && by.is_none_or(|by| is_told(&by) && access.is_good(by))
            }
            AccessStep::Wait { .. }
            | AccessStep::RevokeOrigin { .. }
            | AccessStep::Allow { .. }
            | AccessStep::Silence { .. }
            | AccessStep::Unsilence { .. }
            | AccessStep::Restart => true,
        }
    }

    fn apply(mut access: Self, step: &AccessStep) -> Self {
        access.outcome = match step {
            AccessStep::Ask { site, days, answer } => access.ask(*site, *days, *answer),
            AccessStep::Answer => access.answer(),
            AccessStep::Withdraw { request, site } => access.withdraw(*request, *site),
            AccessStep::Look { request, site } => access.look(*request, *site),
            AccessStep::Use { token, site } => access.use_token(*token, *site),
            AccessStep::RevokePairing { token, by } => access.revoke_pairing(*token, *by),
            AccessStep::RevokeOrigin { site } => access.revoke_origin(*site),
            AccessStep::Wait { hours } => {
                access.hour += hours;
                Outcome::Done
            }
            AccessStep::WaitForCollection => {
                access.wait_for_collection();
                Outcome::Done
            }
            AccessStep::Allow { site } => {
                access.allowed.insert(*site);
                Outcome::Done
            }
            AccessStep::Silence { site } => {
                access.close(*site);
                access.silence(*site);
                Outcome::Done
            }
            AccessStep::Unsilence { site } => {
                let before = access.silenced.len();
                access.silenced.retain(|known| known != site);
                if access.silenced.len() < before {
                    Outcome::Done
                } else {
                    Outcome::Refused("not-found")
                }
            }
            AccessStep::Restart => {
                access.restart();
                Outcome::Done
            }
        };
        access
    }
}
