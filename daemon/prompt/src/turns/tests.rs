//! Order of the parties, pauses after a no, and places in line.

use super::*;

fn page(name: &str) -> AskingParty {
    AskingParty::Origin(format!("https://{name}.example"))
}

impl TurnState {
    /// Takes the turn, as callers with a token do.
    fn ask(&mut self, party: &AskingParty, now: Instant) -> Result<(), Refused> {
        self.take(party, WhenBusy::Queue, now)
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn each_no_makes_the_pause_longer_and_a_yes_ends_it() {
    let (mut state, mut now, party) = (TurnState::default(), Instant::now(), page("a"));
    for pause in [2, 5, 15, 60, 60] {
        state.ask(&party, now).unwrap();
        state.give_back(&party, TurnOutcome::No, now);
        assert_eq!(state.ask(&party, now), Err(Refused::Pause(seconds(pause))));
        // Somebody else is not held up.
        state.ask(&page("b"), now).unwrap();
        state.give_back(&page("b"), TurnOutcome::Yes, now);
        now += seconds(pause);
    }
    state.ask(&party, now).unwrap();
    assert!(state.has_refused(&party));
    state.give_back(&party, TurnOutcome::Yes, now);
    state.ask(&party, now).unwrap();
    state.give_back(&party, TurnOutcome::No, now);
    assert_eq!(state.ask(&party, now), Err(Refused::Pause(seconds(2))));
}

#[test]
fn a_no_is_forgotten_after_ten_minutes() {
    let (mut state, mut now, party) = (TurnState::default(), Instant::now(), page("a"));
    state.ask(&party, now).unwrap();
    state.give_back(&party, TurnOutcome::No, now);
    assert_eq!(state.ask(&party, now), Err(Refused::Pause(seconds(2))));
    now += seconds(2) + MEMORY;
    state.ask(&party, now).unwrap();
    assert!(!state.has_refused(&party) && state.records.is_empty());
}

#[test]
fn closing_its_own_dialogs_again_and_again_counts_as_a_no() {
    let (mut state, now, party) = (TurnState::default(), Instant::now(), page("a"));
    for _ in 0..3 {
        state.ask(&party, now).unwrap();
        state.give_back(&party, TurnOutcome::Asking, now);
    }
    assert_eq!(state.ask(&party, now), Err(Refused::Pause(seconds(2))));
    let (mut state, card_pulled) = (TurnState::default(), TurnOutcome::Nothing);
    for _ in 0..9 {
        state.ask(&party, now).unwrap();
        state.give_back(&party, card_pulled, now);
    }
}

#[test]
fn whoever_was_refused_the_turn_is_next() {
    let (mut state, now) = (TurnState::default(), Instant::now());
    let (a, b, c) = (page("a"), page("b"), page("c"));
    state.ask(&a, now).unwrap();
    // More requests of the one that has the turn do not stand in line.
    for party in [&a, &b, &a, &c] {
        assert_eq!(state.ask(party, now), Err(Refused::Busy));
    }
    state.give_back(&a, TurnOutcome::Yes, now);
    for (party, others) in [(&b, [&a, &c]), (&c, [&a, &b]), (&a, [&b, &c])] {
        for other in others {
            assert_eq!(state.ask(other, now), Err(Refused::Busy), "{other:?}");
        }
        state.ask(party, now).unwrap();
        state.give_back(party, TurnOutcome::Yes, now);
    }
}

#[test]
fn a_place_in_line_is_lost_by_not_asking_and_the_line_has_an_end() {
    let (mut state, mut now) = (TurnState::default(), Instant::now());
    let (a, b) = (page("a"), page("b"));
    state.ask(&a, now).unwrap();
    assert_eq!(state.ask(&b, now), Err(Refused::Busy));
    now += STAYS_IN_LINE;
    state.give_back(&a, TurnOutcome::Yes, now);
    state.ask(&a, now).unwrap();
    for number in 0..100 {
        assert_eq!(state.ask(&page(&number.to_string()), now), Err(Refused::Busy));
    }
    assert_eq!(state.line.len(), LINE);
}

#[test]
fn parties_that_leave_when_busy_hold_nobody_up_however_many_they_are() {
    let (mut state, mut now) = (TurnState::default(), Instant::now());
    let (holder, waits) = (page("holder"), page("waits"));
    let strangers: Vec<_> = (0..200).map(|number| page(&format!("s{number}"))).collect();
    state.ask(&holder, now).unwrap();
    for stranger in &strangers {
        assert_eq!(state.take(stranger, WhenBusy::Leave, now), Err(Refused::Busy));
    }
    assert!(state.line.is_empty());
    state.give_back(&holder, TurnOutcome::Yes, now);
    // Nobody waits: whoever asks now is next, with a place in line or without.
    state.ask(&waits, now).unwrap();
    state.give_back(&waits, TurnOutcome::Yes, now);
    state.take(&strangers[0], WhenBusy::Leave, now).unwrap();
    // Those that stand in line come first, also where a stranger asks for the same party.
    assert_eq!(state.ask(&waits, now), Err(Refused::Busy));
    state.give_back(&strangers[0], TurnOutcome::Yes, now);
    for stranger in strangers.iter().chain([&waits]) {
        assert_eq!(state.take(stranger, WhenBusy::Leave, now), Err(Refused::Busy));
    }
    state.ask(&waits, now).unwrap();
    state.give_back(&waits, TurnOutcome::Yes, now);
    // A place that is not used is over for them too.
    state.ask(&holder, now).unwrap();
    assert_eq!(state.ask(&waits, now), Err(Refused::Busy));
    state.give_back(&holder, TurnOutcome::Yes, now);
    now += STAYS_IN_LINE;
    state.take(&strangers[1], WhenBusy::Leave, now).unwrap();
}

#[test]
fn pauses_are_told_in_whole_seconds_rounded_up() {
    let turns = Arc::new(Turns::default());
    turns.take(&page("a"), WhenBusy::Leave).unwrap().refused();
    let error = turns.take(&page("a"), WhenBusy::Leave).unwrap_err();
    assert_eq!((error.code, error.retry_after), (ErrorCode::TooManyRequests, Some(2)));
}
