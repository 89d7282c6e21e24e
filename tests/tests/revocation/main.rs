//! Revocation with others at the far end: `openssl ocsp` as responder, lists of `openssl ca` on a file server, and servers
//! that behave badly.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod authority;
mod proxy;
mod server;

use authority::{Keys, OpensslAuthority};
use beid_e2e::{LIMIT, Scratch, free_port};
use beid_issuers::revocation::{
    AllowedUrl, Checker, Finding, Proxies, RevocationPolicy, RevocationSettings, RevocationSource,
};
use beid_pki::{Certificate, Outcome, Reason};
use jiff::{SignedDuration, Timestamp};
use server::{Server, ServerManner};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

/// A clock that can be put forward.
#[derive(Clone, Default)]
struct MovableClock(Arc<AtomicI64>);

impl MovableClock {
    fn forward(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60, Ordering::SeqCst);
    }

    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A daemon's checker with its state and its clock.
struct CheckerDesk {
    scratch: Scratch,
    clock: MovableClock,
    settings: RevocationSettings,
}

impl CheckerDesk {
    /// One that may ask at these addresses, for answers and for lists.
    fn asking(urls: &[&str]) -> Self {
        let allowed: Vec<_> = urls
            .iter()
            .map(|url| AllowedUrl::parse(url).expect("an address"))
            .collect();
        Self {
            scratch: Scratch::new("revocation"),
            clock: MovableClock::default(),
            settings: RevocationSettings {
                policy: RevocationPolicy::Soft,
                ocsp_urls: allowed.clone(),
                crl_urls: allowed,
                cache: true,
                proxies: Proxies::default(),
            },
        }
    }

    /// Makes a new checker over the files of the one before, as after a restart.
    fn checker(&self) -> Checker {
        let clock = self.clock.clone();
        Checker::new(self.settings.clone(), self.scratch.path(), move || clock.now())
    }

    async fn check(&self, certificate: &Certificate, issuer: &OpensslAuthority) -> Finding {
        self.checker().check(certificate, &issuer.certificate()).await
    }

    /// Files with what issuers said.
    fn kept(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.scratch.path().join("revocation"));
        let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        paths.filter(|path| !path.ends_with("key")).collect()
    }
}

/// A responder's address before it is there.
fn place() -> (u16, String) {
    let port = free_port();
    (port, format!("http://127.0.0.1:{port}/eid"))
}

fn says(finding: &Finding) -> (&'static str, Option<&'static str>, &'static str) {
    (
        finding.outcome.name(),
        finding.outcome.reason().map(Reason::word),
        finding.source.name(),
    )
}

const PASSED: (&str, Option<&str>, &str) = ("passed", None, "ocsp");

fn unknown(reason: &'static str) -> (&'static str, Option<&'static str>, &'static str) {
    ("unknown", Some(reason), "none")
}

#[tokio::test]
async fn responder_says_good_revoked_on_hold_or_unknown() {
    for keys in [Keys::Ec, Keys::Rsa] {
        let authority = OpensslAuthority::new(keys);
        let (port, url) = place();
        let [good, revoked, held, forgotten] =
            ["good", "revoked", "held", "forgotten"].map(|name| authority.issue_naming(name, &[&url], &[]));
        authority.forget_last();
        authority.revoke("revoked", "keyCompromise");
        authority.revoke("held", "certificateHold");
        let _responder = authority.respond(port, &authority);
        let desk = CheckerDesk::asking(&[&url]);
        for (certificate, expected) in [
            (&good, PASSED),
            (&revoked, ("failed", Some("revoked"), "ocsp")),
            (&held, ("failed", Some("on-hold"), "ocsp")),
            (&forgotten, unknown("responder-unknown")),
        ] {
            let finding = desk.check(certificate, &authority).await;
            assert_eq!(says(&finding), expected, "{keys:?}");
            assert_eq!(finding.revoked_at.is_some(), finding.outcome.is_failed());
            assert_eq!(
                finding.this_update.is_some(),
                !matches!(finding.outcome, Outcome::Unknown(_))
            );
        }
    }
}

#[tokio::test]
async fn responder_of_another_authority_proves_nothing() {
    let (authority, stranger) = (OpensslAuthority::new(Keys::Ec), OpensslAuthority::new(Keys::Ec));
    let (port, url) = place();
    let good = authority.issue_naming("good", &[&url], &[]);
    let _responder = authority.respond(port, &stranger);
    let desk = CheckerDesk::asking(&[&url]);
    assert_eq!(says(&desk.check(&good, &authority).await), unknown("wrong-signer"));
    assert_eq!(says(&desk.check(&good, &stranger).await), unknown("wrong-issuer"));
    assert!(desk.kept().is_empty());
}

#[tokio::test]
async fn answer_of_another_time_proves_nothing() {
    let authority = OpensslAuthority::new(Keys::Ec);
    let (port, url) = place();
    let good = authority.issue_naming("good", &[&url], &[]);
    let _responder = authority.respond(port, &authority);
    for (minutes, expected) in [
        (62, PASSED),
        (66, unknown("stale")),
        (-4, PASSED),
        (-6, unknown("from-the-future")),
    ] {
        let desk = CheckerDesk::asking(&[&url]);
        desk.clock.forward(minutes);
        assert_eq!(
            says(&desk.check(&good, &authority).await),
            expected,
            "{minutes} minutes"
        );
    }
}

#[tokio::test]
async fn servers_that_behave_badly_prove_nothing() {
    let authority = OpensslAuthority::new(Keys::Ec);
    let cases = [
        (ServerManner::Silent, "timeout"),
        (ServerManner::Trickle, "timeout"),
        (ServerManner::Announced((64 << 10) + 1), "too-large"),
        (ServerManner::Endless(1 << 20), "too-large"),
        (ServerManner::CutOff, "cut-off"),
        (ServerManner::Babble, "cut-off"),
        (ServerManner::File(Vec::new()), "malformed"),
        (ServerManner::File(b"<html>Please log in</html>".to_vec()), "malformed"),
        (
            ServerManner::File(vec![0x30, 0x03, 0x0A, 0x01, 0x03]),
            "responder-refused",
        ),
        (ServerManner::Status("500 Internal Server Error"), "http-status"),
        (
            ServerManner::Status("302 Found\r\nLocation: http://127.0.0.1/"),
            "http-status",
        ),
    ];
    for (manner, reason) in cases {
        let server = Server::start(manner);
        let good = authority.issue_naming("good", &[&server.url()], &[]);
        let desk = CheckerDesk::asking(&[&server.url()]);
        let began = Instant::now();
        assert_eq!(says(&desk.check(&good, &authority).await), unknown(reason));
        assert!(began.elapsed() < LIMIT, "{reason}");
        assert_eq!((server.asked(), desk.kept().len()), (1, 0), "{reason}");
    }
}

#[tokio::test]
async fn nobody_there_is_offline_and_no_pass() {
    let authority = OpensslAuthority::new(Keys::Ec);
    let (_, url) = place();
    let good = authority.issue_naming("good", &[&url], &[&url]);
    let mut desk = CheckerDesk::asking(&[&url]);
    assert_eq!(says(&desk.check(&good, &authority).await), unknown("offline"));
    let issuer = authority.certificate();
    assert!(desk.checker().must_be_good(&good, &issuer).await.is_ok());
    desk.settings.policy = RevocationPolicy::Require;
    let refused = desk.checker().must_be_good(&good, &issuer).await;
    assert_eq!(refused.map_err(|finding| says(&finding)), Err(unknown("offline")));
}

#[tokio::test]
async fn nobody_is_asked_who_is_not_listed_or_when_it_is_off() {
    let authority = OpensslAuthority::new(Keys::Ec);
    let server = Server::start(ServerManner::Status("500 Internal Server Error"));
    let url = server.url();
    let user = url.replace("http://", "http://ocsp.eid.belgium.be@");
    let good = authority.issue_naming("good", &[&url, &user], &[&url]);
    let elsewhere = CheckerDesk::asking(&["http://ocsp.eid.belgium.be", &format!("{url}/below")]);
    assert_eq!(says(&elsewhere.check(&good, &authority).await), unknown("not-allowed"));
    let mut off = CheckerDesk::asking(&[&url]);
    off.settings.policy = RevocationPolicy::Off;
    assert_eq!(says(&off.check(&good, &authority).await), unknown("policy-off"));
    assert!(!off.scratch.path().join("revocation").exists());
    let silent = authority.issue_naming("silent", &[], &[]);
    let desk = CheckerDesk::asking(&[&url]);
    assert_eq!(
        says(&desk.check(&silent, &authority).await),
        unknown("no-revocation-source")
    );
    assert_eq!(server.asked(), 0);
}

/// A file server, and what an authority issued that names it for its list; some of that is revoked since.
struct ListedAuthority {
    authority: OpensslAuthority,
    server: Server,
    desk: CheckerDesk,
    good: Certificate,
    revoked: Certificate,
    held: Certificate,
}

impl ListedAuthority {
    /// `responders`: whom the certificates name besides.
    fn new(keys: Keys, responders: &[&str]) -> Self {
        let authority = OpensslAuthority::new(keys);
        let server = Server::start(ServerManner::Status("404 Not Found"));
        let url = server.url();
        let issue = |name| authority.issue_naming(name, responders, &[&url]);
        let (good, revoked, held) = (issue("good"), issue("revoked"), issue("held"));
        authority.revoke("revoked", "keyCompromise");
        authority.revoke("held", "certificateHold");
        server.becomes(ServerManner::File(authority.list()));
        let desk = CheckerDesk::asking(&[&[url.as_str()], responders].concat());
        Self {
            authority,
            server,
            desk,
            good,
            revoked,
            held,
        }
    }
}

#[tokio::test]
async fn list_says_good_revoked_or_on_hold() {
    for keys in [Keys::Ec, Keys::Rsa] {
        let mut listed = ListedAuthority::new(keys, &[]);
        listed.desk.settings.cache = false;
        for (certificate, expected) in [
            (&listed.good, ("passed", None, "crl")),
            (&listed.revoked, ("failed", Some("revoked"), "crl")),
            (&listed.held, ("failed", Some("on-hold"), "crl")),
        ] {
            let finding = listed.desk.check(certificate, &listed.authority).await;
            assert_eq!(says(&finding), expected, "{keys:?}");
        }
        assert_eq!(listed.server.asked(), 3);
    }
}

#[tokio::test]
async fn list_answers_where_the_responder_does_not() {
    let (_, nobody) = place();
    let listed = ListedAuthority::new(Keys::Ec, &[&nobody]);
    let finding = listed.desk.check(&listed.revoked, &listed.authority).await;
    assert_eq!(says(&finding), ("failed", Some("revoked"), "crl"));
    listed.server.becomes(ServerManner::File(b"no list".to_vec()));
    listed.desk.clock.forward(120);
    let finding = listed.desk.check(&listed.revoked, &listed.authority).await;
    assert_eq!(
        says(&finding),
        unknown("malformed"),
        "what was said tells more than who was away"
    );
}

#[tokio::test]
async fn list_that_is_old_cut_too_long_or_anothers_proves_nothing() {
    let listed = ListedAuthority::new(Keys::Ec, &[]);
    let (list, of_another) = (listed.authority.list(), OpensslAuthority::new(Keys::Ec).list());
    let half = list.split_at(list.len() / 2).0.to_vec();
    for (manner, minutes, reason) in [
        (ServerManner::File(list), 66, "stale"),
        (ServerManner::File(of_another), 0, "signature-does-not-verify"),
        (ServerManner::File(half), 0, "malformed"),
        (ServerManner::CutOff, 0, "cut-off"),
        (ServerManner::Announced((32 << 20) + 1), 0, "too-large"),
        (ServerManner::Endless((32 << 20) + 1), 0, "too-large"),
        (ServerManner::Status("404 Not Found"), 0, "http-status"),
    ] {
        listed.server.becomes(manner);
        let desk = CheckerDesk::asking(&[&listed.server.url()]);
        desk.clock.forward(minutes);
        let finding = desk.check(&listed.good, &listed.authority).await;
        assert_eq!(says(&finding), unknown(reason));
        assert!(desk.kept().is_empty(), "{reason}");
    }
}

#[tokio::test]
async fn list_is_fetched_once_for_all_certificates_that_name_it() {
    let listed = ListedAuthority::new(Keys::Ec, &[]);
    let (checker, issuer) = (listed.desk.checker(), listed.authority.certificate());
    let (good, revoked, held) = tokio::join!(
        checker.check(&listed.good, &issuer),
        checker.check(&listed.revoked, &issuer),
        checker.check(&listed.held, &issuer),
    );
    assert_eq!(listed.server.asked(), 1);
    assert_eq!(says(&good), ("passed", None, "crl"));
    assert_eq!(says(&revoked), ("failed", Some("revoked"), "cache"));
    assert_eq!(says(&held), ("failed", Some("on-hold"), "cache"));
}

#[tokio::test]
async fn answer_is_kept_until_the_next_and_over_a_restart() {
    let authority = OpensslAuthority::new(Keys::Ec);
    let (port, url) = place();
    let [good, revoked] = ["good", "revoked"].map(|name| authority.issue_naming(name, &[&url], &[]));
    authority.revoke("revoked", "superseded");
    let responder = authority.respond(port, &authority);
    let desk = CheckerDesk::asking(&[&url]);
    let mut forgetful = CheckerDesk::asking(&[&url]);
    forgetful.settings.cache = false;
    for certificate in [&good, &revoked] {
        assert_eq!(desk.check(certificate, &authority).await.source, RevocationSource::Ocsp);
        assert_eq!(
            forgetful.check(certificate, &authority).await.source,
            RevocationSource::Ocsp
        );
    }
    drop(responder);
    let first = desk.check(&good, &authority).await;
    assert_eq!(says(&first), ("passed", None, "cache"));
    assert_eq!(
        says(&desk.check(&revoked, &authority).await),
        ("failed", Some("revoked"), "cache")
    );
    assert_eq!(says(&forgetful.check(&good, &authority).await), unknown("offline"));
    desk.clock.forward(50);
    assert_eq!(desk.check(&good, &authority).await.this_update, first.this_update);
    desk.clock.forward(11);
    assert_eq!(says(&desk.check(&good, &authority).await), unknown("offline"));
}

#[tokio::test]
async fn changed_files_are_not_believed() {
    let mut listed = ListedAuthority::new(Keys::Ec, &[]);
    let (port, url) = place();
    let good = listed.authority.issue_naming("answered", &[&url], &[]);
    listed.desk.settings.ocsp_urls = vec![AllowedUrl::parse(&url).expect("an address")];
    let responder = listed.authority.respond(port, &listed.authority);
    let certificates = [&good, &listed.good];
    for certificate in certificates {
        let finding = listed.desk.check(certificate, &listed.authority).await;
        assert_eq!(finding.outcome, Outcome::Passed);
    }
    drop(responder);
    listed.server.becomes(ServerManner::Status("404 Not Found"));
    let kept = listed.desk.kept();
    assert_eq!(kept.len(), 2);
    for path in &kept {
        flip(path);
    }
    for (certificate, reason) in certificates.into_iter().zip(["offline", "http-status"]) {
        let finding = listed.desk.check(certificate, &listed.authority).await;
        assert_eq!(says(&finding), unknown(reason));
    }
    // And believed again as they were.
    for path in &kept {
        flip(path);
    }
    for certificate in certificates {
        let finding = listed.desk.check(certificate, &listed.authority).await;
        assert_eq!(says(&finding), ("passed", None, "cache"));
    }
}

/// Changes one bit of what an issuer signed.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("a kept file");
    let middle = bytes.len() / 2;
    bytes.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 1);
    fs::write(path, bytes).expect("a kept file");
}
