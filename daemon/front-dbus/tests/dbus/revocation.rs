//! Issuers asked about the certificates of a simulated card, with `openssl ocsp` as their responder.

use crate::authentications::{NATIVE, log_in};
use crate::pin::call;
use beid_issuers::revocation::{AllowedUrl, RevocationPolicy, RevocationSettings};
use beid_simulator::{Citizen, TEST_PIN, TestPki, Urls};
use beid_testkit::daemon::{Desk, DeskSetup, Person};
use beid_testkit::{OcspResponder, RunningProgram, Scratch, free_port, test_pki_directory};
use beid_texts::{ErrorTexts, Language};
use serde_json::{Value, json};

const MANAGER: &str = "org.beidd1.Manager";
const CARD: &str = "org.beidd1.Card";

/// Names of Jan's certificates in the index.
const SIGNATURE: &str = "jan-signature";
const AUTHENTICATION: &str = "jan-authentication";

/// The authority that issued Jan's certificates, answering for them.
struct Responder {
    _openssl: RunningProgram,
    _scratch: Scratch,
    port: u16,
}

impl Responder {
    /// Starts a responder that answers from an index in which that one of Jan's certificates is `revoked`, if one is.
    fn start(port: u16, revoked: Option<&str>) -> Self {
        let scratch = Scratch::new("ocsp");
        let file = |name: &str| scratch.path().join(name);
        let citizens = [Citizen::find("jan").unwrap()];
        pki(port).export(scratch.path(), &citizens).unwrap();
        let index = file("ec-citizen-ca.index.txt");
        if let Some(revoked) = revoked {
            let lines = std::fs::read_to_string(&index).unwrap();
            let changed = lines.lines().map(|line| match line.contains(revoked) {
                true => revoked_line(line),
                false => format!("{line}\n"),
            });
            std::fs::write(&index, changed.collect::<String>()).unwrap();
        }
        let responder = OcspResponder {
            directory: scratch.path(),
            index: "ec-citizen-ca.index.txt",
            issuer: "ec-citizen-ca.crt.pem",
            signer: &file("ec-citizen-ca.crt.pem"),
            key: &file("ec-citizen-ca.key.pem"),
        };
        Self {
            _openssl: responder.start(port),
            port,
            _scratch: scratch,
        }
    }
}

/// Line of the index for a revoked certificate: `R`, end of validity, date and reason of revocation, and the rest.
fn revoked_line(line: &str) -> String {
    let mut fields: Vec<_> = line.split('\t').collect();
    (fields[0], fields[2]) = ("R", "260101000000Z,keyCompromise");
    fields.join("\t") + "\n"
}

fn pki(port: u16) -> TestPki {
    let base = format!("http://127.0.0.1:{port}");
    let urls = Urls {
        ocsp: base.clone(),
        crl: base,
    };
    TestPki::open_with(test_pki_directory(), urls).unwrap()
}

async fn desk(port: u16, policy: RevocationPolicy) -> Desk {
    let ours = AllowedUrl::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let revocation = RevocationSettings {
        policy,
        ocsp_urls: vec![ours],
        crl_urls: Vec::new(),
        cache: false,
        ..RevocationSettings::default()
    };
    Desk::furnish(DeskSetup {
        pki: pki(port),
        revocation,
        settings: NATIVE,
        ..DeskSetup::new(Person::Types(TEST_PIN))
    })
    .await
}

async fn check(desk: &Desk, name: &str) -> Value {
    let card = format!("/org/beidd1/card/{}", desk.insert("jan").await);
    let answer = desk.call(&card, CARD, "VerifyCard", &["a{sv}", "1", "checks", "as", "1", name]);
    answer["checks"][0].clone()
}

const LINK: [&str; 14] = [
    "a{sv}",
    "4",
    "operation",
    "s",
    "put",
    "type",
    "s",
    "gpconsultation",
    "proof",
    "s",
    "eidsigning",
    "language",
    "s",
    "en",
];

const FILE: [&str; 19] = [
    "a{sv}",
    "2",
    "format",
    "s",
    "cades",
    "documents",
    "av",
    "1",
    "a{sv}",
    "3",
    "name",
    "s",
    "a",
    "mediaType",
    "s",
    "text/plain",
    "content",
    "s",
    "eA==",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_the_responder_says_is_what_verify_card_says() {
    let good = Responder::start(free_port(), None);
    let found = check(&desk(good.port, RevocationPolicy::Soft).await, "signature-revocation").await;
    assert_eq!(
        (&found["outcome"], &found["trust"], &found["source"]),
        (&"passed".into(), &"test".into(), &"ocsp".into()),
        "{found}"
    );
    let port = good.port;
    drop(good);
    let revoked = Responder::start(port, Some(SIGNATURE));
    let found = check(
        &desk(revoked.port, RevocationPolicy::Soft).await,
        "signature-revocation",
    )
    .await;
    assert_eq!(
        (&found["outcome"], &found["reason"], &found["trust"]),
        (&"failed".into(), &"revoked".into(), &"none".into()),
        "{found}"
    );
    // The other certificate is as good as before.
    let found = check(
        &desk(revoked.port, RevocationPolicy::Soft).await,
        "authentication-revocation",
    )
    .await;
    assert_eq!(found["outcome"], "passed", "{found}");
    drop(revoked);
    let found = check(&desk(port, RevocationPolicy::Soft).await, "signature-revocation").await;
    assert_eq!(
        (&found["outcome"], &found["reason"]),
        (&"unknown".into(), &"offline".into())
    );
    let found = check(&desk(port, RevocationPolicy::Off).await, "signature-revocation").await;
    assert_eq!(
        (&found["outcome"], &found["reason"]),
        (&"unknown".into(), &"policy-off".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_to_sign_with_a_revoked_certificate() {
    let revoked = Responder::start(free_port(), Some(SIGNATURE));
    let desk = desk(revoked.port, RevocationPolicy::Soft).await;
    desk.insert("jan").await;
    for (method, arguments) in [("TherapeuticLink", &LINK[..]), ("Sign", &FILE)] {
        let said = desk.refused("/org/beidd1", MANAGER, method, arguments);
        assert!(
            said.contains("signature certificate on this card has been revoked"),
            "{method}: {said}"
        );
    }
    let link = json!({"operation": "put", "type": "gpconsultation", "proof": "eidsigning"});
    let refused = call(&desk, "therapeutic-link", link).await.unwrap_err();
    assert_eq!(refused.code.code(), "certificate-not-valid");
    assert!(!desk.dir.join("asked").exists());
    assert_eq!(desk.reader.slot().tries_left(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_to_log_in_with_a_revoked_certificate() {
    for (revoked, word) in [(AUTHENTICATION, "certificate for log-ins"), (SIGNATURE, "")] {
        let responder = Responder::start(free_port(), Some(revoked));
        let desk = desk(responder.port, RevocationPolicy::Soft).await;
        desk.insert("jan").await;
        let outcome = call(&desk, "authenticate", log_in()).await;
        if word.is_empty() {
            // The key for log-ins has a certificate of its own.
            assert_eq!(outcome.unwrap()["format"], "web-eid:1.0");
            continue;
        }
        let refused = outcome.unwrap_err();
        assert_eq!(refused.code.code(), "certificate-not-valid");
        assert!(refused.detail(Language::En).contains(word));
        assert!(!desk.dir.join("asked").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_requires_an_answer_does_not_go_on_without_one() {
    let nobody = free_port();
    let strict = desk(nobody, RevocationPolicy::Require).await;
    strict.insert("jan").await;
    for (method, arguments) in [("TherapeuticLink", &LINK[..]), ("Sign", &FILE)] {
        let said = strict.refused("/org/beidd1", MANAGER, method, arguments);
        assert!(
            said.contains("offline") || said.contains("could not be confirmed"),
            "{method}: {said}"
        );
    }
    assert!(!strict.dir.join("asked").exists());
    // The soft policy goes on without an answer.
    let soft = desk(nobody, RevocationPolicy::Soft).await;
    soft.insert("jan").await;
    let link = soft.call("/org/beidd1", MANAGER, "TherapeuticLink", &LINK);
    assert_eq!(link["proof"]["type"], "eidsigning");
    let file = soft.call("/org/beidd1", MANAGER, "Sign", &FILE);
    assert_eq!(file["signatures"][0]["name"], "a.p7s");
}
