//! Tokens of programs and pages: made, kept, used, ended.

use super::*;
use beid_api::Scope;
use beid_host::random::random_id;

const A: &str = "https://a.example";
const B: &str = "https://b.example";

/// A state directory, removed when dropped.
struct StateDirectory(PathBuf);

impl StateDirectory {
    fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("beidd-tokens-{}", random_id()));
        std::fs::create_dir(&directory).unwrap();
        Self(directory)
    }

    fn open(&self) -> Tokens {
        Tokens::open(&self.0).unwrap()
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap_or_default()
    }
}

impl Drop for StateDirectory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn readers() -> Scopes {
    Scopes::parse(["readers"], "scopes").unwrap()
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn admitted(tokens: &Tokens, origin: &str, ground: PairingGround, at: Timestamp) -> NewPageToken {
    admitted_on(tokens, origin, AdmissionGround::Pairing(ground), at)
}

fn admitted_on(tokens: &Tokens, origin: &str, ground: AdmissionGround, at: Timestamp) -> NewPageToken {
    let admission = PageAdmission {
        id: random_id(),
        origin: origin.to_owned(),
        name: "Desk".to_owned(),
        scopes: readers(),
        ground,
        life: hours(12),
    };
    tokens.admit_page(admission, at).unwrap()
}

fn code(outcome: Result<Caller, ApiError>) -> Option<ErrorCode> {
    outcome.err().map(|error| error.code)
}

#[test]
fn program_token_works_without_origin_only_and_is_not_on_disk() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let token = tokens.create("desk", &readers(), None, now()).unwrap();
    let caller = tokens.caller(&token, None, now()).unwrap();
    assert!(caller.scopes.allow(Scope::Readers) && !caller.scopes.allow(Scope::IdentityBasic));
    assert_eq!(
        code(tokens.caller(&token, Some(A), now())),
        Some(ErrorCode::TokenInvalid)
    );
    assert!(!state.read("tokens.json").contains(&token));
    let reopened = state.open();
    assert!(reopened.caller(&token, None, now()).is_ok());
    assert!(reopened.vouch_for(&caller.id));
    assert_eq!(reopened.revoke("desk").unwrap(), caller.id);
    assert!(!reopened.vouch_for(&caller.id));
    assert_eq!(
        code(reopened.caller(&token, None, now())),
        Some(ErrorCode::TokenInvalid)
    );
}

#[test]
fn page_token_is_good_for_its_own_origin_until_its_end() {
    for ground in [PairingGround::Listed, PairingGround::Allowed, PairingGround::Confirmed] {
        let state = StateDirectory::new();
        let tokens = state.open();
        let page = admitted(&tokens, A, ground, now());
        assert!(tokens.caller(&page.token, Some(A), now()).is_ok());
        for other in [None, Some(B)] {
            assert_eq!(
                code(tokens.caller(&page.token, other, now())),
                Some(ErrorCode::TokenInvalid)
            );
        }
        let late = tokens.caller(&page.token, Some(A), now() + hours(12));
        assert_eq!(code(late), Some(ErrorCode::TokenExpired));
        assert!(
            tokens.knows(A, now() + hours(13)),
            "it may be told that its token has expired"
        );
        assert!(!tokens.knows(A, now() + hours(12) + KEPT_AFTER_END));
    }
}

#[test]
fn only_what_a_person_agreed_to_outlives_the_daemon() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let confirmed = admitted(&tokens, A, PairingGround::Confirmed, now());
    let listed = admitted(&tokens, B, PairingGround::Listed, now());
    tokens.allow("https://c.example", readers()).unwrap();
    let kept = state.read("pairings.json");
    assert!(kept.contains(A) && kept.contains("https://c.example") && !kept.contains(B));
    assert!(!kept.contains(&confirmed.token));
    let reopened = state.open();
    let caller = reopened.caller(&confirmed.token, Some(A), now()).unwrap();
    assert!(reopened.vouch_for(&caller.id));
    assert_eq!(
        code(reopened.caller(&listed.token, Some(B), now())),
        Some(ErrorCode::TokenInvalid)
    );
    assert_eq!(
        reopened.allowed().into_keys().collect::<Vec<_>>(),
        ["https://c.example"]
    );
    assert_eq!(reopened.end_origin(A).unwrap().unwrap(), [caller.id]);
    assert_eq!(reopened.end_origin("https://c.example").unwrap().unwrap(), []);
    assert!(reopened.end_origin("https://c.example").unwrap().is_none());
    let again = state.open();
    assert!(!again.knows(A, now()) && !again.knows("https://c.example", now()));
}

#[test]
fn website_that_is_allowed_less_than_before_loses_the_tokens_that_may_more() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let allowed = admitted(&tokens, A, PairingGround::Allowed, now());
    let caller = tokens.caller(&allowed.token, Some(A), now()).unwrap().id;
    assert_eq!(tokens.allow(A, Scopes::all()).unwrap(), []);
    let less = Scopes::parse(["certificates"], "scopes").unwrap();
    assert_eq!(tokens.allow(A, less).unwrap(), [caller]);
    assert!(tokens.knows(A, now()));
}

#[test]
fn files_can_be_read_by_their_owner_only_and_a_damaged_one_is_set_aside() {
    use std::os::unix::fs::PermissionsExt;
    let state = StateDirectory::new();
    drop(admitted(&state.open(), A, PairingGround::Confirmed, now()));
    let file = state.0.join("pairings.json");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for damaged in [
        "",
        "{",
        "[]",
        r#"{"pairings": [], "allowed": {"https://a.example": ["everything"]}}"#,
    ] {
        std::fs::write(&file, damaged).unwrap();
        assert!(!state.open().knows(A, now()), "{damaged}");
        assert!(!file.exists(), "{damaged}");
    }
    assert!(state.0.join("pairings.json.damaged").exists());
}

#[test]
fn day_of_the_last_use_is_kept_and_no_more_of_it() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let page = admitted(&tokens, A, PairingGround::Confirmed, now());
    let last_used = |tokens: &Tokens| tokens.pairings(None, now())[0].last_used.clone();
    assert_eq!(last_used(&tokens), None);
    tokens.caller(&page.token, Some(A), now() + hours(1)).unwrap();
    assert_eq!(last_used(&state.open()).as_deref(), Some("2026-11-21"));
    assert!(!state.read("pairings.json").contains("13:00"));
}

#[test]
fn first_use_of_a_day_is_kept_and_those_that_follow_write_nothing() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let (desk, other) = ("desk", "other");
    let token = tokens.create(desk, &readers(), None, now()).unwrap();
    tokens.create(other, &readers(), None, now()).unwrap();
    let last_used = |tokens: &Tokens, name| tokens.list()[name].last_used.map(|day| day.to_string());
    assert_eq!(last_used(&tokens, desk), None);
    let uses = [
        (0, "2026-11-21"),
        (11, "2026-11-21"),
        (12, "2026-11-22"),
        (13, "2026-11-22"),
    ];
    let mut writes = Vec::new();
    for (later, day) in uses {
        // A file that was replaced is there again.
        std::fs::remove_file(state.0.join("tokens.json")).unwrap_or_default();
        tokens.caller(&token, None, now() + hours(later)).unwrap();
        assert_eq!(last_used(&tokens, desk).as_deref(), Some(day));
        writes.push(!state.read("tokens.json").is_empty());
    }
    assert_eq!(writes, [true, false, true, false]);
    tokens.caller(&token, None, now() + hours(36)).unwrap();
    let reopened = state.open();
    assert_eq!(last_used(&reopened, desk).as_deref(), Some("2026-11-23"));
    assert_eq!(last_used(&reopened, other), None);
    assert!(
        !state.read("tokens.json").contains("2026-11-23T"),
        "the day and no more"
    );
}

#[test]
fn a_use_that_cannot_be_kept_is_no_reason_to_refuse_and_is_not_tried_again_that_day() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let token = tokens.create("desk", &readers(), None, now()).unwrap();
    let file = state.0.join("tokens.json");
    std::fs::remove_file(&file).unwrap();
    // Neither root nor anybody else replaces a directory that has something in it by a file.
    std::fs::create_dir_all(file.join("in the way")).unwrap();
    tokens.caller(&token, None, now()).unwrap();
    std::fs::remove_dir_all(&file).unwrap();
    tokens.caller(&token, None, now()).unwrap();
    assert!(!file.exists());
}

#[test]
fn tokens_of_earlier_versions_are_read_as_never_used() {
    let state = StateDirectory::new();
    let token = state.open().create("desk", &readers(), None, now()).unwrap();
    let file = state.0.join("tokens.json");
    let mut programs: serde_json::Value = serde_json::from_str(&state.read("tokens.json")).unwrap();
    programs["desk"].as_object_mut().unwrap().remove("lastUsed").unwrap();
    std::fs::write(&file, programs.to_string()).unwrap();
    let tokens = state.open();
    assert_eq!(tokens.list()["desk"].last_used, None);
    assert!(tokens.caller(&token, None, now()).is_ok());
}

#[test]
fn an_origin_has_at_most_32_tokens_and_the_oldest_makes_room() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let listed = |origin| admitted(&tokens, origin, PairingGround::Listed, now());
    let of_b = listed(B);
    let first = listed(A);
    let others: Vec<_> = (1..32).map(|_| listed(A)).collect();
    assert!(others.iter().all(|page| page.ended.is_none()));
    let oldest = tokens.caller(&first.token, Some(A), now()).unwrap().id;
    let last = listed(A);
    assert_eq!(last.ended.as_ref(), Some(&oldest));
    assert!(!tokens.vouch_for(&oldest));
    assert_eq!(
        code(tokens.caller(&first.token, Some(A), now())),
        Some(ErrorCode::TokenInvalid)
    );
    for page in others.iter().chain([&last]) {
        assert!(tokens.caller(&page.token, Some(A), now()).is_ok());
    }
    assert!(
        tokens.caller(&of_b.token, Some(B), now()).is_ok(),
        "another origin loses nothing"
    );
    let later = admitted(&tokens, A, PairingGround::Listed, now() + hours(12));
    assert_eq!(later.ended, None, "tokens that are over make room by themselves");
}

#[test]
fn one_call_is_no_pairing_and_takes_no_place_of_one() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let one_call = |origin| admitted_on(&tokens, origin, AdmissionGround::OneCall, now());
    let of_b = one_call(B);
    assert!(!tokens.knows(B, now()) && tokens.pairings(None, now()).is_empty());
    let pairings: Vec<_> = (0..32)
        .map(|_| admitted(&tokens, A, PairingGround::Confirmed, now()))
        .collect();
    let kept = state.read("pairings.json");
    for _ in 0..40 {
        assert_eq!(one_call(A).ended, None);
    }
    assert!(state.read("pairings.json") == kept, "calls are not on disk");
    for page in &pairings {
        assert!(tokens.caller(&page.token, Some(A), now()).is_ok());
    }
    assert_eq!(tokens.pairings(Some(A), now()).len(), 32);
    // The next pairing takes the place of the oldest pairing, and of no call.
    let oldest = tokens.caller(&pairings[0].token, Some(A), now()).unwrap().id;
    assert_eq!(
        admitted(&tokens, A, PairingGround::Confirmed, now()).ended,
        Some(oldest)
    );
    // Whoever takes a website's access takes that for its calls too.
    let caller = tokens.caller(&of_b.token, Some(B), now()).unwrap().id;
    assert!(tokens.vouch_for(&caller));
    assert_eq!(tokens.end_origin(B).unwrap().unwrap(), std::slice::from_ref(&caller));
    assert!(!tokens.vouch_for(&caller));
}

fn scopes(words: &[&str]) -> Scopes {
    Scopes::parse(words.iter().copied(), "scopes").unwrap()
}

/// Caller of a page's token.
fn id_of(tokens: &Tokens, page: &NewPageToken, origin: &str) -> CallerId {
    tokens.caller(&page.token, Some(origin), now()).unwrap().id
}

#[test]
fn names_of_programs_are_short_and_printable_and_given_once() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let longest = "é".repeat(64);
    for name in ["desk", longest.as_str()] {
        assert!(tokens.create(name, &readers(), None, now()).is_ok(), "{name}");
    }
    let too_long = "x".repeat(65);
    for name in ["", too_long.as_str(), "a\nb", "\u{7}", "desk"] {
        let refused = tokens.create(name, &readers(), None, now()).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidRequest, "{name:?}");
    }
    assert_eq!(
        tokens.list().into_keys().collect::<Vec<_>>(),
        ["desk", longest.as_str()]
    );
}

#[test]
fn program_token_is_good_for_its_days_and_then_makes_room() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let token = tokens.create("desk", &readers(), Some(3), now()).unwrap();
    let end = now() + hours(72);
    let just_before = end - SignedDuration::from_secs(1);
    assert_eq!(tokens.caller(&token, None, just_before).unwrap().valid_until, Some(end));
    assert_eq!(code(tokens.caller(&token, None, end)), Some(ErrorCode::TokenExpired));
    let names = || tokens.list().into_keys().collect::<Vec<_>>();
    tokens.create("other", &readers(), None, just_before).unwrap();
    assert_eq!(names(), ["desk", "other"]);
    tokens.create("third", &readers(), None, end).unwrap();
    assert_eq!(names(), ["other", "third"], "one that never ends stays");
}

#[test]
fn a_caller_is_vouched_for_by_its_own_token_alone() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let (one, other) = (
        admitted(&tokens, A, PairingGround::Listed, now()),
        admitted(&tokens, B, PairingGround::Listed, now()),
    );
    let program = tokens.create("desk", &readers(), None, now()).unwrap();
    let program = tokens.caller(&program, None, now()).unwrap().id;
    let (one, other) = (id_of(&tokens, &one, A), id_of(&tokens, &other, B));
    assert_eq!(tokens.pages(), [one.clone(), other.clone()]);
    for caller in [
        &one,
        &other,
        &program,
        &CallerId::Anonymous,
        &CallerId::Bus(":1.1".to_owned()),
    ] {
        assert!(tokens.vouch_for(caller), "{caller:?}");
    }
    let CallerId::Page { pairing, .. } = &one else {
        panic!("a page")
    };
    for stranger in [
        CallerId::Page {
            origin: B.to_owned(),
            pairing: pairing.clone(),
        },
        CallerId::Page {
            origin: A.to_owned(),
            pairing: random_id(),
        },
        CallerId::Token(digest("beidd_x")),
        CallerId::OwnPage("session".to_owned()),
    ] {
        assert!(!tokens.vouch_for(&stranger), "{stranger:?}");
    }
}

#[test]
fn ending_one_pairing_ends_and_uses_no_other() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let pages = [A, A, B].map(|origin| (origin, admitted(&tokens, origin, PairingGround::Confirmed, now())));
    let ids: Vec<String> = tokens.pairings(None, now()).into_iter().map(|page| page.id).collect();
    tokens.caller(&pages[1].1.token, Some(A), now()).unwrap();
    assert_eq!(
        ids.iter().map(|id| tokens.is_used(id)).collect::<Vec<_>>(),
        [false, true, false]
    );
    let first = id_of(&tokens, &pages[0].1, A);
    assert_eq!(tokens.end_pairing(&ids[0], Some(B)).unwrap(), None, "another website's");
    assert_eq!(tokens.end_pairing("0", None).unwrap(), None);
    assert_eq!(tokens.end_pairing(&ids[0], Some(A)).unwrap(), Some(first));
    assert_eq!(tokens.end_pairing(&ids[0], None).unwrap(), None, "once");
    let left = |origin| {
        tokens
            .pairings(origin, now())
            .into_iter()
            .map(|page| page.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (left(Some(A)), left(Some(B)), left(None)),
        (vec![ids[1].clone()], vec![ids[2].clone()], ids[1..].to_vec())
    );
}

#[test]
fn single_calls_of_a_website_end_without_its_pairings_and_without_anothers() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let pairing = admitted(&tokens, A, PairingGround::Confirmed, now());
    let calls = [A, B].map(|origin| admitted_on(&tokens, origin, AdmissionGround::OneCall, now()));
    let (of_a, of_b) = (id_of(&tokens, &calls[0], A), id_of(&tokens, &calls[1], B));
    assert_eq!(tokens.end_single_calls(A).unwrap(), [of_a]);
    assert!(tokens.vouch_for(&of_b) && tokens.vouch_for(&id_of(&tokens, &pairing, A)));
}

#[test]
fn other_terms_for_a_website_end_what_it_was_given_on_the_old_ones_and_may_no_more() {
    let (less, more) = (scopes(&["certificates"]), scopes(&["readers", "certificates"]));
    let state = StateDirectory::new();
    let tokens = state.open();
    let page = |origin, ground| id_of(&tokens, &admitted(&tokens, origin, ground, now()), origin);
    let (allowed, listed, confirmed) = (
        page(A, PairingGround::Allowed),
        page(A, PairingGround::Listed),
        page(A, PairingGround::Confirmed),
    );
    let (allowed_of_b, listed_of_b) = (page(B, PairingGround::Allowed), page(B, PairingGround::Listed));
    assert_eq!(tokens.allow(A, more.clone()).unwrap(), []);
    assert_eq!(tokens.allow(A, less.clone()).unwrap(), [allowed]);
    let terms = |listed: &str| (listed == A).then(|| more.clone());
    assert_eq!(tokens.end_listed(terms), [listed_of_b], "no longer listed");
    let terms = |_: &str| Some(less.clone());
    assert_eq!(tokens.end_listed(terms), [listed], "listed with less");
    assert_eq!(tokens.pages(), [confirmed, allowed_of_b]);
    assert_eq!(tokens.allowed(), [(A.to_owned(), less)].into());
}

#[test]
fn ended_tokens_are_remembered_if_a_person_agreed_and_for_thirty_days() {
    for (ground, remembered) in [
        (PairingGround::Confirmed, hours(30 * 24)),
        (PairingGround::Allowed, SignedDuration::ZERO),
        (PairingGround::Listed, SignedDuration::ZERO),
    ] {
        let state = StateDirectory::new();
        let tokens = state.open();
        let page = admitted(&tokens, A, ground.clone(), now());
        let gone = page.expires_at + remembered;
        for (at, expected) in [
            (gone - SignedDuration::from_secs(1), ErrorCode::TokenExpired),
            (gone, ErrorCode::TokenInvalid),
        ] {
            // What has ended makes room when another comes.
            drop(admitted(&tokens, B, PairingGround::Listed, at));
            let seen = tokens.caller(&page.token, Some(A), at.max(page.expires_at));
            assert_eq!(code(seen), Some(expected), "{ground:?}");
        }
    }
}

#[test]
fn a_pairing_that_has_just_ended_is_in_no_list_and_takes_no_place() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let pages: Vec<_> = (0..32)
        .map(|_| admitted(&tokens, A, PairingGround::Confirmed, now()))
        .collect();
    let end = pages[0].expires_at;
    assert_eq!(tokens.pairings(None, end - SignedDuration::from_secs(1)).len(), 32);
    assert_eq!(tokens.pairings(None, end).len(), 0);
    assert_eq!(admitted(&tokens, A, PairingGround::Confirmed, end).ended, None);
}

#[test]
fn uses_of_tokens_that_are_in_no_file_write_none() {
    for ground in [PairingGround::Listed, PairingGround::Allowed] {
        let state = StateDirectory::new();
        let tokens = state.open();
        let page = admitted(&tokens, A, ground, now());
        tokens.caller(&page.token, Some(A), now()).unwrap();
        assert!(!state.0.join("pairings.json").exists());
    }
}

#[test]
fn programs_are_known_by_their_name_and_by_the_digest_of_their_token() {
    let state = StateDirectory::new();
    let tokens = state.open();
    for name in ["desk", "other"] {
        let token = tokens.create(name, &readers(), None, now()).unwrap();
        let sha256 = digest(&token);
        assert_eq!(tokens.digest_of(name), Some(sha256.clone()));
        assert_eq!(tokens.program_called(&sha256).as_deref(), Some(name));
    }
    assert_eq!(tokens.digest_of("third"), None);
    assert_eq!(tokens.program_called(&digest("beidd_x")), None);
}

#[test]
fn a_caller_is_called_as_its_token_was_given_out() {
    let state = StateDirectory::new();
    let tokens = state.open();
    let program = tokens.create("desk", &readers(), None, now()).unwrap();
    let asker = tokens.caller(&program, None, now()).unwrap().asker;
    assert_eq!(asker, Asker::Program("desk".to_owned()));
    let page = admitted(&tokens, A, PairingGround::Listed, now());
    let asker = tokens.caller(&page.token, Some(A), now()).unwrap().asker;
    assert_eq!(asker, Asker::Origin(A.to_owned()));
}
