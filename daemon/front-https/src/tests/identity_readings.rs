//! Records of how patients were identified: what the chip attests, what the caller states, what is kept, and who sees it.

use super::bench::{Bench, Reply, Setup, bearer, until};
use super::page::{OWN, session};
use beid_api::Scope;
use beid_card::IDENTITY_SIGNATURE;
use beid_evidence::{EvidenceId, RecordContent};
use beid_simulator::Oddities;
use beid_testkit::{odd_card, virtual_card};
use serde_json::{Value, json};
use std::fs;

const READINGS: &str = "/v1/identity-readings";
const PRACTICE: &str = "[[provider.parties]]\ntype = 'persnurse'\nnihii = '41234502401'\nssin = '85061599888'\n\
    firstName = 'Testo'\nfamilyName = 'ARTS'\n";
/// Members of a reading, each of which is either attested or stated.
const MEMBERS: [&str; 11] = [
    "way",
    "support",
    "serialNumber",
    "nationalNumber",
    "manualReason",
    "vignetteReason",
    "readAt",
    "serviceDate",
    "provider",
    "profession",
    "reference",
];

async fn desk() -> Bench {
    Bench::with(Setup {
        records: true,
        real: true,
        settings: PRACTICE,
        ..Setup::default()
    })
    .await
}

async fn record(bench: &Bench, authorization: &str, request: &Value) -> Reply {
    bench.post(READINGS, request, &["-H", authorization]).await
}

/// A reading that is typed because the chip does not work.
fn typed() -> Value {
    json!({"way": "manual", "support": "eid", "serialNumber": "593000000363", "nationalNumber": "90022805737",
        "manualReason": "chip-defective"})
}

fn with(mut request: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(more);
    request
}

/// Content of the record of an answer.
async fn content(bench: &Bench, answer: &Value) -> String {
    let store = bench
        .service
        .evidence
        .store(bench.service.now())
        .await
        .unwrap()
        .unwrap();
    let id = EvidenceId::parse(answer["evidenceId"].as_str().unwrap()).unwrap();
    let RecordContent::Text(text) = store.show(&id).await.unwrap().unwrap().content else {
        panic!("a content")
    };
    text.to_string()
}

fn words(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect()
}

fn codes(answer: &Value) -> Vec<&str> {
    let warnings = answer["warnings"].as_array().unwrap().iter();
    warnings.map(|warning| warning["code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chip_attests_what_it_says_and_the_record_names_nobody_by_name() {
    let bench = desk().await;
    let request = json!({"way": "chip", "patient": {"nationalNumber": "90022805737"}, "reference": "visit 17",
        "encodings": ["efact", "eattest", "fhir"]});
    let reply = record(&bench, &bench.authorization(), &request).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer = reply.json();
    assert_eq!(
        words(&answer["attested"]),
        ["way", "support", "serialNumber", "nationalNumber", "readAt"]
    );
    assert_eq!(words(&answer["stated"]), ["provider", "profession", "reference"]);
    assert_eq!(
        (&answer["support"], &answer["serialNumber"], &answer["nationalNumber"]),
        (&json!("eid"), &json!("593000000363"), &json!("90022805737"))
    );
    assert_eq!(
        (&answer["provider"]["nihii"], &answer["profession"]),
        (&json!("41234502401"), &json!("persnurse"))
    );
    assert_eq!(
        (&answer["counts"], &answer["simulated"]),
        (&json!("electronic"), &json!(true))
    );
    let check = &answer["checks"][0];
    assert_eq!(
        (&check["name"], &check["outcome"]),
        (&json!("identity-signature"), &json!("passed"))
    );
    // What cannot be told without the State is said, too.
    let last = answer["checks"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["name"], &last["outcome"], &last["reason"]),
        (
            &json!("document-not-stopped"),
            &json!("unknown"),
            &json!("state-not-asked")
        )
    );
    let zones = &answer["encodings"]["efact"];
    assert_eq!(
        (&zones["z3"], &zones["z8"], &zones["z9"], &zones["z10"], &zones["z16"]),
        (
            &json!("0"),
            &json!("0090022805737"),
            &json!("1"),
            &json!("1"),
            &json!("593000000363   ")
        )
    );
    assert_eq!(answer["encodings"]["eattest"]["inputType"], 1);
    let fhir = &answer["encodings"]["fhir"];
    assert!(
        fhir["url"]
            .as_str()
            .unwrap()
            .ends_with("be-ext-patientidentitydocument"),
        "{fhir}"
    );
    let kept = content(&bench, &answer).await;
    let members: Value = serde_json::from_str(&kept).unwrap();
    for digest in ["identitySha256", "identitySignatureSha256", "registerCertificateSha256"] {
        assert_eq!(members["document"][digest].as_str().map(str::len), Some(64), "{digest}");
    }
    assert_eq!(
        (&members["document"]["type"], &members["timeZone"]),
        (&json!(1), &json!("Europe/Brussels"))
    );
    assert_eq!(
        (&members["card"]["reader"], &members["simulated"]),
        (&json!("Virtual reader"), &Value::Null)
    );
    assert_eq!(members["answer"]["encodings"], answer["encodings"]);
    for word in ["Proefman", "1990-02-28", "Jan Nep", "familyName", "street"] {
        assert!(!kept.contains(word), "{word}: {kept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_is_the_callers_word_and_every_member_has_one_who_vouches() {
    let bench = desk().await;
    let authorization = bench.authorization();
    let yesterday = (bench.service.now() - jiff::SignedDuration::from_hours(24)).strftime("%Y-%m-%d");
    let now = bench.service.now().to_string();
    let isi =
        json!({"way": "datamatrix", "support": "isi", "serialNumber": "9990000123", "nationalNumber": "90022805737"});
    let vignette = json!({"way": "barcode", "support": "vignette", "nationalNumber": "90022805737"});
    let late = with(
        typed(),
        json!({"manualReason": "forgotten", "serviceDate": yesterday.to_string()}),
    );
    let itsme = json!({"way": "itsme", "support": "itsme", "nationalNumber": "90022805737"});
    #[rustfmt::skip] // one row a line
    let rows = [
        (typed(), "other", "readAt", "4100", json!([4, 1])),
        (with(typed(), json!({"readAt": now})), "other", "", "4100", json!([4, 1])),
        (late, "other", "", "4100", Value::Null),
        (isi, "electronic", "readAt", "3400", json!([3, 4])),
        (with(vignette, json!({"vignetteReason": "no-valid-document"})), "other", "readAt", "2720", json!([2, 7])),
        (itsme, "electronic", "readAt", "AA00", json!(["A", "A"])),
    ];
    for (request, group, attested, zones, attestation) in rows {
        let reply = record(&bench, &authorization, &request).await;
        assert_eq!(reply.status, 200, "{request}: {reply:?}");
        let answer = reply.json();
        assert_eq!(answer["counts"], group, "{request}");
        assert_eq!(words(&answer["attested"]).concat(), attested, "{request}");
        let vouched = [words(&answer["attested"]), words(&answer["stated"])].concat();
        for member in MEMBERS {
            let times = vouched.iter().filter(|one| **one == member).count();
            assert_eq!(times, usize::from(answer.get(member).is_some()), "{request}: {member}");
        }
        let efact = &answer["encodings"]["efact"];
        let found = [&efact["z9"], &efact["z10"], &efact["z11"]]
            .map(|zone| zone.as_str().unwrap())
            .concat();
        assert_eq!(format!("{found}0"), zones, "{request}");
        let eattest = &answer["encodings"]["eattest"];
        let found = if eattest.is_null() {
            Value::Null
        } else {
            json!([eattest["inputType"], eattest["mediaType"]])
        };
        assert_eq!(found, attestation, "{request}");
        assert_eq!(answer["checks"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_insurers_refuse_is_refused_with_its_rule() {
    let bench = desk().await;
    let authorization = bench.authorization();
    let at = |minutes: i64| (bench.service.now() - jiff::SignedDuration::from_mins(minutes)).to_string();
    #[rustfmt::skip] // one row a line
    let rows = [
        (json!({"way": "chip", "nationalNumber": "90022805737"}), "invalid-request", "nationalNumber: is read from the card"),
        (json!({"way": "chip", "serialNumber": "593000000363"}), "invalid-request", "serialNumber: is read from the card"),
        (json!({"way": "chip", "readAt": at(0)}), "invalid-request", "readAt: is read from the card"),
        (json!({"way": "chip", "manualReason": "forgotten"}), "invalid-request", "manualReason: does not go with"),
        (json!({"way": "chip", "support": "foreigner"}), "invalid-request", "support: is not what the card says"),
        (json!({"way": "chip", "patient": {"nationalNumber": "69082101287"}}), "patient-mismatch", ""),
        (json!({"way": "chip", "patient": {"nationalNumber": "69082101288"}}), "invalid-national-number", ""),
        (json!({"way": "magic"}), "invalid-request", "way: unknown code, expected one of chip, barcode"),
        (with(typed(), json!({"cardId": "current"})), "invalid-request", "cardId: goes with the way chip only"),
        (with(typed(), json!({"support": "itsme"})), "reading-not-allowed", "cannot be read in this way"),
        (with(typed(), json!({"way": "barcode"})), "reading-not-allowed", "manualReason goes with manual entries only"),
        (with(typed(), json!({"readAt": at(6)})), "reading-not-allowed", "more than five minutes ago"),
        (with(typed(), json!({"readAt": at(-6)})), "reading-not-allowed", "in the future"),
        (with(typed(), json!({"readAt": "2026-11-28"})), "invalid-request", "readAt: must be a time such as"),
        (with(typed(), json!({"manualReason": "forgotten"})), "invalid-request", "serviceDate: is needed"),
        (with(typed(), json!({"manualReason": "no-document"})), "reading-not-allowed", "go together only"),
        (with(typed(), json!({"nationalNumber": "90022805738"})), "invalid-national-number", ""),
        (with(typed(), json!({"serialNumber": "593-0000003-63"})), "invalid-request", "serialNumber: must be the 12 digits"),
        (with(typed(), json!({"provider": {"nihii": "1"}})), "invalid-request", "provider.nihii: must be 8 or 11 digits"),
        (with(typed(), json!({"reference": "90.02.28-057.37"})), "invalid-request", "reference: must not contain a national number"),
        (with(typed(), json!({"patient": {"nationalNumber": "69082101287"}})), "patient-mismatch", ""),
        (json!({"way": "manual", "support": "eid", "manualReason": "no-chip", "nationalNumber": "90022805737"}), "reading-not-allowed", "which is missing"),
    ];
    for (request, code, words) in rows {
        let reply = record(&bench, &authorization, &request).await;
        assert_eq!(reply.code(), code, "{request}");
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(words), "{request}: {detail}");
        assert!(!detail.contains("90022805737"), "{detail}");
    }
    let listed = bench.curl(READINGS, &["-H", &authorization]).await.json();
    assert_eq!(listed["readings"], json!([]));
    let counts = bench
        .curl("/v1/identity-readings/counts", &["-H", &authorization])
        .await
        .json();
    let refused = counts["counts"][0]["refused"].clone();
    assert_eq!(
        (&refused["patient-mismatch"], counts["counts"][0]["other"].as_u64()),
        (&json!(2), Some(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_proves_nothing_today_is_no_reading() {
    const BOOTSTRAP: Oddities = Oddities {
        identity: &[(0x0F, b"7")],
        ..Oddities::NONE
    };
    const NEWER: Oddities = Oddities {
        identity: &[(0x0F, b"99")],
        ..Oddities::NONE
    };
    const UNSIGNED: Oddities = Oddities {
        absent: &[&IDENTITY_SIGNATURE],
        ..Oddities::NONE
    };
    let bench = desk().await;
    let authorization = bench.authorization();
    let chip = json!({"way": "chip"});
    let confirmed = json!({"way": "chip", "support": "foreigner"});
    #[rustfmt::skip] // one row a line
    let rows = [
        (virtual_card("karel"), &chip, "card-expired"),
        (virtual_card("odile"), &chip, "card-expired"),
        (odd_card("jan", &UNSIGNED), &chip, "identity-not-authentic"),
        (odd_card("jan", &BOOTSTRAP), &chip, "unsupported-card"),
        (odd_card("jan", &BOOTSTRAP), &confirmed, "unsupported-card"),
        (odd_card("jan", &NEWER), &chip, "unsupported-card"),
        (odd_card("jan", &NEWER), &confirmed, ""),
        (virtual_card("maria"), &chip, ""),
        (virtual_card("sam"), &chip, ""),
    ];
    for (at, (card, request, code)) in rows.into_iter().enumerate() {
        bench.reader.remove();
        bench.reader.insert(card);
        until("a card that is ready", || bench.is_ready()).await;
        let reply = record(&bench, &authorization, request).await;
        assert_eq!(reply.code(), code, "row {at}: {reply:?}");
        if reply.status == 200 {
            let answer = reply.json();
            let is_stated = words(&answer["stated"]).contains(&"support");
            assert_eq!(is_stated, *request == confirmed, "row {at}");
            let expected = if at == 8 { "eid" } else { "foreigner" };
            assert_eq!(answer["support"], expected, "row {at}");
        }
    }
    bench.reader.remove();
    assert_eq!(record(&bench, &authorization, &chip).await.code(), "no-card");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_is_seen_by_its_caller_and_at_the_desk_and_by_nobody_else() {
    let bench = desk().await;
    let scopes = [Scope::IdentityReading];
    let (theirs, others) = (bearer(&bench.token(&scopes)), bearer(&bench.token(&scopes)));
    let recorded = record(&bench, &theirs, &typed()).await.json();
    let second = record(&bench, &theirs, &with(typed(), json!({"manualReason": "no-chip"})))
        .await
        .json();
    let path = format!("{READINGS}/{}", recorded["evidenceId"].as_str().unwrap());
    let own = session(&bench).await;
    let page: &[&str] = &["-H", OWN[1], "-H", &own];
    let (with_theirs, with_others) = (["-H", theirs.as_str()], ["-H", others.as_str()]);
    for (headers, seen) in [(&with_theirs[..], true), (&with_others[..], false), (page, true)] {
        let one = bench.curl(&path, headers).await;
        assert_eq!(one.status, if seen { 200 } else { 404 }, "{headers:?}");
        let listed = bench.curl(READINGS, headers).await.json();
        let readings = listed["readings"].as_array().unwrap();
        assert_eq!(readings.len(), if seen { 2 } else { 0 }, "{headers:?}");
        if seen {
            // The latest first, as it was answered.
            assert_eq!(readings[0]["evidenceId"], second["evidenceId"]);
            assert_eq!(readings[1]["encodings"], recorded["encodings"]);
            assert_eq!(one.json()["nationalNumber"], "90022805737");
        }
        let counts = bench.curl("/v1/identity-readings/counts", headers).await.json();
        assert_eq!(
            counts["counts"].as_array().unwrap().len(),
            usize::from(seen),
            "{headers:?}"
        );
    }
    let none = bearer(&bench.token(&[Scope::IdentityFull, Scope::Evidence]));
    assert_eq!(record(&bench, &none, &typed()).await.code(), "scope-missing");
    for (query, status, count) in [
        ("?from=2000-01-01&to=2000-12-31", 200, 0),
        ("?from=2000-01-01", 200, 2),
        ("?after=x", 400, 0),
        ("?from=yesterday", 400, 0),
    ] {
        let reply = bench.curl(&format!("{READINGS}{query}"), &with_theirs).await;
        assert_eq!(reply.status, status, "{query}");
        if status == 200 {
            assert_eq!(reply.json()["readings"].as_array().unwrap().len(), count, "{query}");
        }
    }
    let missing = bench
        .curl(&format!("{READINGS}/{}", "0".repeat(32)), &with_theirs)
        .await;
    assert_eq!(missing.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sent_again_is_one_reading_and_a_second_click_is_remarked() {
    let bench = desk().await;
    let authorization = bench.authorization();
    let send = async |key: &str| {
        let key = format!("Idempotency-Key: {key}");
        let reply = bench
            .post(READINGS, &typed(), &["-H", &authorization, "-H", &key])
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    };
    let (first, again, other) = (send("a").await, send("a").await, send("b").await);
    assert_eq!(first["evidenceId"], again["evidenceId"]);
    assert_ne!(first["evidenceId"], other["evidenceId"]);
    assert!(!codes(&first).contains(&"card-number-duplicate"), "{first}");
    assert!(codes(&other).contains(&"card-number-duplicate"), "{other}");
    assert_eq!(other["share"]["other"], 2);
    assert!(codes(&other).contains(&"other-share-exceeded"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_outlive_the_daemon_and_simulated_readings_are_none() {
    let bench = desk().await;
    let authorization = bench.authorization();
    let isi =
        json!({"way": "barcode", "support": "isi", "serialNumber": "9990000123", "nationalNumber": "90022805737"});
    for request in [&isi, &typed(), &json!({"way": "chip"})] {
        assert_eq!(record(&bench, &authorization, request).await.status, 200, "{request}");
    }
    let again = bench.again(Setup {
        records: true,
        real: true,
        settings: PRACTICE,
        ..Setup::default()
    });
    let bench = again.await;
    let share = record(&bench, &authorization, &isi).await.json()["share"].clone();
    assert_eq!(
        (&share["electronic"], &share["other"], &share["otherPerMille"]),
        (&json!(2), &json!(1), &json!(334))
    );
    let counts = bench
        .curl("/v1/identity-readings/counts", &["-H", &authorization])
        .await
        .json();
    let row = &counts["counts"][0];
    assert_eq!(
        (&row["simulated"], &row["byWay"]),
        (&json!(1), &json!({"barcode": 2, "manual": 1}))
    );
    assert_eq!(row["provider"], "41234502401");
    // Another desk of the same provider counts for itself, and one that is simulated counts nothing.
    for (real, other, simulated) in [(true, 1, Value::Null), (false, 0, json!(true))] {
        let setup = Setup {
            real,
            settings: PRACTICE,
            ..Setup::default()
        };
        let desk = Bench::with(setup).await;
        let answer = record(&desk, &desk.authorization(), &typed()).await.json();
        assert_eq!(answer["share"]["other"], other, "{answer}");
        assert_eq!(answer["simulated"], simulated, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_cannot_be_recorded_is_not_answered_and_not_counted() {
    let bench = desk().await;
    let authorization = bench.authorization();
    let place = bench.directory().join("evidence/evidence.db");
    fs::create_dir_all(&place).unwrap();
    assert_eq!(
        record(&bench, &authorization, &typed()).await.code(),
        "evidence-unavailable"
    );
    fs::remove_dir(&place).unwrap();
    let counts = bench
        .curl("/v1/identity-readings/counts", &["-H", &authorization])
        .await
        .json();
    assert_eq!(counts["counts"], json!([]));
    // Where the practice records nothing, the answer says so.
    let bench = Bench::with(Setup {
        real: true,
        ..Setup::default()
    })
    .await;
    let answer = record(&bench, &bench.authorization(), &typed()).await.json();
    assert!(codes(&answer).contains(&"not-stored"), "{answer}");
    assert_eq!(answer.get("evidenceId"), None);
    assert_eq!(bench.get(READINGS).await.json(), json!({"readings": [], "withheld": 0}));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_tables_offer_is_accepted() {
    let bench = desk().await;
    let authorization = bench.authorization();
    let tables = bench
        .curl("/v1/identity-readings/codes", &["-H", &authorization])
        .await
        .json();
    let today = bench.service.now().strftime("%Y-%m-%d").to_string();
    let row = |list: &str, word: &str| {
        let rows = tables[list].as_array().unwrap().iter();
        rows.clone().find(|row| row["word"] == word).unwrap().clone()
    };
    let mut accepted = 0;
    for way in tables["ways"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|way| way["word"] != "chip")
    {
        for support in words(&way["supports"]) {
            let rules = row("supports", support);
            let mut request = json!({"way": way["word"], "support": support, "nationalNumber": "90022805737"});
            if rules["serialNumber"] == "required" {
                request["serialNumber"] = json!("593000000363");
            }
            if rules["needsVignetteReason"] == true {
                request["vignetteReason"] = json!("no-valid-document");
            }
            let reasons = if way["needsManualReason"] == true {
                words(&rules["manualReasons"])
            } else {
                vec![""]
            };
            for reason in reasons {
                let mut request = request.clone();
                if !reason.is_empty() {
                    request["manualReason"] = json!(reason);
                    if row("manualReasons", reason)["deferred"] == true {
                        request["serviceDate"] = json!(today);
                    }
                }
                let reply = record(&bench, &authorization, &request).await;
                assert_eq!(reply.status, 200, "{request}: {reply:?}");
                accepted += 1;
            }
        }
    }
    assert_eq!(accepted, 4 + 4 + 6 * 5 + 1 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_manual_has_the_tables_of_the_program() {
    let bench = desk().await;
    let tables = bench.get("/v1/identity-readings/codes").await.json();
    let page = fs::read_to_string(beid_testkit::workspace().join("docs/identity-readings.md")).unwrap();
    let rows = page.lines().filter_map(|line| {
        let mut cells = line
            .strip_prefix("| `")?
            .split('|')
            .map(|cell| cell.trim_matches([' ', '`']));
        Some((
            cells.next()?.to_owned(),
            cells.next()?.to_owned(),
            cells.next().unwrap_or_default().to_owned(),
        ))
    });
    // Rows of the table of supports have the rule for the number, those of reasons when they are entered.
    let mut expected = Vec::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for way in tables["ways"].as_array().unwrap() {
        expected.push((text(&way["word"]), text(&way["code"])));
    }
    for support in tables["supports"].as_array().unwrap() {
        expected.push((text(&support["word"]), text(&support["code"])));
    }
    for list in ["manualReasons", "vignetteReasons"] {
        for reason in tables[list].as_array().unwrap() {
            expected.push((text(&reason["word"]), text(&reason["code"])));
        }
    }
    let rows: Vec<_> = rows.collect();
    let found: Vec<_> = rows
        .iter()
        .map(|(word, code, _)| (word.clone(), code.clone()))
        .collect();
    assert_eq!(found, expected);
    let ways = tables["ways"].as_array().unwrap().len();
    for (support, (_, _, rule)) in tables["supports"].as_array().unwrap().iter().zip(&rows[ways..]) {
        assert_eq!(support["serialNumber"], rule.as_str(), "{support}");
    }
    let reasons = ways + tables["supports"].as_array().unwrap().len();
    for (reason, (_, _, entered)) in tables["manualReasons"].as_array().unwrap().iter().zip(&rows[reasons..]) {
        assert_eq!(reason["deferred"], entered == "later", "{reason}");
    }
}
