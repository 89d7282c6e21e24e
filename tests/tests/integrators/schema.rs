//! Real answers of every kind of card, held against `docs/openapi.json` by a validator nobody here wrote.

use crate::{file, page, timed};
use beid_e2e::{
    Daemon, DaemonOptions, Rest, RestReply, Scratch, SessionBus, eventually, run, test_tools, willing_pinentry,
};
use beid_simulator::CITIZENS;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

/// Time within which a card must be recognised, and a link written.
const LIMIT: Duration = Duration::from_secs(20);

/// A daemon, and everything it has answered.
struct Sampler {
    daemon: Daemon,
    rest: Rest,
    samples: RefCell<Vec<Value>>,
    scratch: Scratch,
    _bus: SessionBus,
}

impl Sampler {
    fn open(citizens: &str) -> Self {
        let (scratch, bus) = (Scratch::new("schema"), SessionBus::start());
        let pinentry = willing_pinentry(&scratch).display().to_string();
        let options = DaemonOptions::new().simulate(citizens).practice().bus(&bus);
        let options = options.set("policy", "native_log_in", "true");
        let daemon = options.set("prompt", "pinentry", &format!("{pinentry:?}")).start();
        let scopes = beid_api::Scope::ALL.iter().map(|scope| scope.word());
        let rest = daemon.rest(&scopes.collect::<Vec<_>>());
        Self {
            daemon,
            rest,
            samples: RefCell::default(),
            scratch,
            _bus: bus,
        }
    }

    /// Keeps what `template` (a path of the document) answered.
    fn keep(&self, method: &str, template: &str, request: Option<&Value>, reply: &RestReply) -> Value {
        let media_type = reply.header("content-type").unwrap_or_default().to_owned();
        let body = if media_type.contains("json") {
            reply.json()
        } else {
            Value::Null
        };
        self.samples.borrow_mut().push(json!({
            "method": method, "path": template, "request": request,
            "status": reply.status, "mediaType": media_type, "body": body.clone(),
        }));
        body
    }

    /// GET, by somebody who may do everything.
    fn get(&self, template: &str, path: &str) -> Value {
        self.keep("GET", template, None, &self.rest.get(path))
    }

    fn get_as(&self, template: &str, path: &str, accept: &str) {
        let header = format!("Accept: {accept}");
        let reply = self.rest.begin("GET", path, &[&header], None).finish();
        assert_eq!(reply.header("content-type"), Some(accept), "{path}");
        drop(self.keep("GET", template, None, &reply));
    }

    fn post(&self, template: &str, path: &str, body: &Value) -> Value {
        let reply = self.rest.post(path, body);
        self.keep("POST", template, Some(body), &reply)
    }

    /// Like [`post`](Self::post), for requests that must succeed.
    #[track_caller]
    fn done(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, path, body);
        assert!(answer.get("code").is_none(), "{path} {body}: {answer}");
        answer
    }

    /// Holds everything against the document.
    fn check(&self) {
        let samples = self.samples.borrow();
        let file_of_samples = self.scratch.path().join("samples.json");
        fs::write(&file_of_samples, json!(*samples).to_string()).expect("samples are written");
        let mut validator = timed(test_tools().join("bin/python3"));
        validator
            .arg(file("tests/tools/conforms.py"))
            .arg(file("docs/openapi.json"));
        let done = run(validator.arg(file_of_samples));
        let said = done.ok();
        assert!(said.contains(&format!("{} samples, 0 faults", samples.len())), "{done}");
    }
}

/// A file of the viewer with hardly anything in it: `<eid><identity dateofbirth="19620000"/></eid>`.
const EXPORT: &str = "PGVpZD48aWRlbnRpdHkgZGF0ZW9mYmlydGg9IjE5NjIwMDAwIi8+PC9laWQ+";

const IDENTITY: &str = "/v1/cards/{cardId}/identity";

/// Each card's id, once all are recognised.
fn cards(sampler: &Sampler, count: usize) -> Vec<String> {
    eventually("every card is recognised", LIMIT, || {
        let listed = sampler.rest.get("/v1/cards").ok();
        let cards = listed["cards"].as_array()?;
        let ready = cards.iter().filter(|card| card["status"] != "reading");
        let ids: Vec<String> = ready
            .filter_map(|card| card["id"].as_str().map(str::to_owned))
            .collect();
        (ids.len() == count).then_some(ids)
    })
}

#[test]
fn whatever_is_read_of_any_citizens_card_is_as_the_document_says() {
    let everybody: Vec<&str> = CITIZENS.iter().map(|citizen| citizen.id).collect();
    let sampler = Sampler::open(&everybody.join(","));
    let basic = sampler.daemon.rest(&["identity.basic", "certificates"]);
    for id in cards(&sampler, everybody.len()) {
        let at = |part: &str| format!("/v1/cards/{id}{part}");
        drop(sampler.get("/v1/cards/{cardId}", &at("")));
        drop(sampler.get(IDENTITY, &at("/identity")));
        drop(sampler.keep("GET", IDENTITY, None, &basic.get(&at("/identity"))));
        for part in ["address", "summary", "certificates"] {
            drop(sampler.get(&format!("/v1/cards/{{cardId}}/{part}"), &at(&format!("/{part}"))));
        }
        let certificates = basic.get(&at("/certificates"));
        drop(sampler.keep("GET", "/v1/cards/{cardId}/certificates", None, &certificates));
        for name in ["signature", "national-register"] {
            drop(sampler.get(
                "/v1/cards/{cardId}/certificates/{name}",
                &at(&format!("/certificates/{name}")),
            ));
        }
        drop(sampler.get("/v1/cards/{cardId}/files/{name}", &at("/files/basic-public-key")));
        drop(sampler.post("/v1/cards/{cardId}/verifications", &at("/verifications"), &json!({})));
    }
    sampler.check();
}

#[test]
fn every_operation_and_every_selection_of_members_answers_as_the_document_says() {
    let sampler = Sampler::open("jan");
    drop(cards(&sampler, 1));
    let document: Value = serde_json::from_str(&page("docs/openapi.json")).expect("JSON");
    let names = &document["components"]["schemas"]["IdentityAnswer"]["properties"];
    for name in names.as_object().expect("members").keys() {
        let one = sampler.get(IDENTITY, &format!("/v1/cards/current/identity?fields={name}"));
        assert!(one["authenticity"].is_object(), "{name}: {one}");
    }
    for wrong in [
        "?fields=",
        "?fields=shoeSize",
        "?field=gender",
        "?fields=gender&fields=gender",
    ] {
        drop(sampler.get(IDENTITY, &format!("/v1/cards/current/identity{wrong}")));
    }
    reading(&sampler);
    documents(&sampler);
    identity_readings(&sampler);
    records(&sampler);
    signing(&sampler);
    refusals(&sampler);
    let seen = sampler.samples.borrow();
    let seen: BTreeSet<String> = seen
        .iter()
        .map(|sample| {
            format!("{} {}", sample["method"], sample["path"])
                .replace('"', "")
                .to_lowercase()
        })
        .collect();
    for (path, verbs) in document["paths"].as_object().expect("paths") {
        // The stream never ends, and the document is not in itself.
        for verb in verbs.as_object().expect("verbs").keys() {
            let call = format!("{verb} {path}").to_lowercase();
            let apart = ["/v1/events", "/v1/openapi.json"].contains(&path.as_str());
            assert!(apart || seen.contains(&call), "{call} was not tried");
        }
    }
    sampler.check();
}

/// Reads records of what was done before, and what the doctor finds.
fn records(sampler: &Sampler) {
    drop(sampler.get("/v1/diagnostics", "/v1/diagnostics"));
    let listed = sampler.get("/v1/evidence", "/v1/evidence?kind=therapeutic-link");
    let id = listed["evidence"][0]["id"]
        .as_str()
        .expect("a link was recorded")
        .to_owned();
    drop(sampler.get("/v1/evidence/{id}", &format!("/v1/evidence/{id}")));
    drop(sampler.get("/v1/evidence/{id}/content", &format!("/v1/evidence/{id}/content")));
    for wrong in ["?after=nowhere", "?kind=nothing", "?from=2026-02-30"] {
        drop(sampler.get("/v1/evidence", &format!("/v1/evidence{wrong}")));
    }
}

/// Reads everything besides the identity, in every form.
fn reading(sampler: &Sampler) {
    let stranger = sampler.daemon.rest_without_token();
    drop(sampler.get("/v1/status", "/v1/status"));
    drop(sampler.keep("GET", "/v1/status", None, &stranger.get("/v1/status")));
    for list in ["/v1/readers", "/v1/cards"] {
        drop(sampler.get(list, list));
        drop(sampler.keep("GET", list, None, &stranger.get(list)));
    }
    drop(sampler.get("/v1/cards/{cardId}", "/v1/cards/current"));
    for part in ["address", "summary", "photo", "certificates"] {
        drop(sampler.get(
            &format!("/v1/cards/{{cardId}}/{part}"),
            &format!("/v1/cards/current/{part}"),
        ));
    }
    let one = "/v1/cards/{cardId}/certificates/{name}";
    for form in ["application/json", "application/pkix-cert", "application/x-pem-file"] {
        sampler.get_as(one, "/v1/cards/current/certificates/root", form);
    }
    drop(sampler.get("/v1/cards/{cardId}/files/{name}", "/v1/cards/current/files/photo"));
    drop(sampler.get("/v1/cards/{cardId}/files/{name}", "/v1/cards/current/files/identity"));
    let summary = "/v1/cards/{cardId}/summary";
    sampler.get_as(summary, "/v1/cards/current/summary", "application/x-beid-eid+xml");
    let exports = "/v1/exported-records";
    drop(sampler.done(exports, &json!({ "content": EXPORT })));
    drop(sampler.post(exports, exports, &json!({ "content": "aGVsbG8=" })));
    let some = json!({ "checks": ["identity-signature", "card-genuine", "signature-revocation"], "language": "de" });
    drop(sampler.post(
        "/v1/cards/{cardId}/verifications",
        "/v1/cards/current/verifications",
        &some,
    ));
}

/// Every kind of request and answer of the platform.
fn documents(sampler: &Sampler) {
    let links = "/v1/therapeutic-links";
    for proof in ["eidreading", "eidsigning"] {
        let link = json!({ "operation": "put", "type": "gpconsultation", "proof": proof });
        drop(sampler.done(links, &link));
    }
    let patient = json!({ "nationalNumber": "90022805737", "isiCardNumber": "1234567890" });
    let isi = json!({ "operation": "put", "type": "gpconsultation", "proof": "isireading", "patient": patient });
    drop(sampler.post(links, links, &isi));
    let bulk = json!({
        "operation": "put-bulk", "type": "gpconsultation", "proof": "eidreading", "links": [{}],
    });
    drop(sampler.post(links, links, &bulk));
    for operation in ["get", "has"] {
        drop(sampler.post(
            links,
            links,
            &json!({ "operation": operation, "type": "gpconsultation" }),
        ));
        drop(sampler.post(
            links,
            links,
            &json!({ "operation": operation, "types": ["gpconsultation"] }),
        ));
    }
    drop(sampler.get("/v1/therapeutic-links/types", "/v1/therapeutic-links/types"));
    let period = "/v1/therapeutic-links/period";
    for query in ["?type=gpconsultation", "?type=gpconsultation&endDate=2000-01-01", ""] {
        drop(sampler.get(period, &format!("{period}{query}")));
    }
    for language in ["nl", "fr"] {
        let text = format!("/v1/consent-texts/{language}");
        drop(sampler.get("/v1/consent-texts/{textLanguage}", &text));
    }
    let consents = "/v1/consents";
    for evidence in ["none", "cades", "xades", "asice"] {
        let consent = sampler.done(consents, &json!({ "operation": "put", "evidence": evidence }));
        if let Some(evidence) = consent["evidence"]["data"].as_str() {
            drop(sampler.done("/v1/verifications", &json!({ "file": evidence })));
        }
    }
    drop(sampler.done(consents, &json!({ "operation": "status" })));
    let rules = "/v1/consents/preview";
    drop(sampler.done(rules, &json!({})));
    drop(sampler.done(rules, &json!({ "nationalNumber": "00123199630" })));
    drop(sampler.post(rules, rules, &json!({ "nationalNumber": "1" })));
    let program =
        json!({ "parties": [{ "type": "application", "applicationId": "1990000332", "name": "App" }], "patient": {} });
    let excluded =
        json!({ "type": "persphysician", "ssin": "85061599888", "firstName": "Testo", "familyName": "ARTS" });
    let exclusions = "/v1/therapeutic-exclusions";
    drop(sampler.post(
        exclusions,
        exclusions,
        &json!({ "operation": "put", "author": program, "hcParty": excluded }),
    ));
    drop(sampler.post(exclusions, exclusions, &json!({ "operation": "get" })));
    let responses = "/v1/responses";
    for folder in ["v2", "v3"] {
        for entry in fs::read_dir(file(&format!("protocol/tests/answers/{folder}"))).expect("answers") {
            let xml = fs::read_to_string(entry.expect("an answer").path()).expect("XML");
            drop(sampler.done(responses, &json!({ "xml": xml })));
        }
    }
    let envelope = "http://schemas.xmlsoap.org/soap/envelope/";
    let fault = format!(
        "<s:Envelope xmlns:s='{envelope}'><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring>\
         </s:Fault></s:Body></s:Envelope>"
    );
    drop(sampler.done(responses, &json!({ "xml": fault })));
    drop(sampler.post(responses, responses, &json!({ "xml": "no XML" })));
}

/// Records of how patients were identified, and what is known of those of before.
fn identity_readings(sampler: &Sampler) {
    let readings = "/v1/identity-readings";
    let chip = json!({ "way": "chip", "encodings": ["efact", "eattest", "fhir"] });
    let recorded = sampler.done(readings, &chip);
    let itsme = json!({ "way": "itsme", "support": "itsme", "nationalNumber": "90022805737" });
    drop(sampler.done(readings, &itsme));
    let forgotten = json!({
        "way": "manual", "support": "eid", "serialNumber": "593000000363", "nationalNumber": "90022805737",
        "manualReason": "forgotten", "serviceDate": "2026-01-05", "reference": "visit 17",
    });
    drop(sampler.done(readings, &forgotten));
    for (way, support) in [("chip", "vignette"), ("manual", "eid")] {
        drop(sampler.post(readings, readings, &json!({ "way": way, "support": support })));
    }
    for query in ["", "?from=2026-01-01&to=2999-12-31", "?after=x"] {
        drop(sampler.get(readings, &format!("{readings}{query}")));
    }
    for part in ["counts", "codes"] {
        let path = format!("{readings}/{part}");
        drop(sampler.get(&path, &path));
    }
    let id = recorded["evidenceId"].as_str().expect("a record");
    for id in [id, "0"] {
        drop(sampler.get("/v1/identity-readings/{id}", &format!("{readings}/{id}")));
    }
}

/// Signatures, PINs, and a call that is left to run.
fn signing(sampler: &Sampler) {
    let signatures = "/v1/signatures";
    let letter = json!({ "name": "letter.txt", "mediaType": "text/plain", "content": "SGVsbG8=" });
    for format in ["raw", "cades", "xades", "asice"] {
        let signed = sampler.done(signatures, &json!({ "format": format, "documents": [letter] }));
        let file = &signed["signatures"][0]["data"];
        for verified in [
            json!({ "file": file }),
            json!({ "file": file, "content": letter["content"] }),
        ] {
            drop(sampler.done("/v1/verifications", &verified));
        }
    }
    drop(sampler.post(signatures, signatures, &json!({ "format": "cades", "documents": [] })));
    let log_ins = "/v1/authentications";
    let nonce = "a".repeat(44);
    drop(sampler.done(
        log_ins,
        &json!({ "challengeNonce": nonce, "audience": "https://praktijk.example" }),
    ));
    drop(sampler.post(log_ins, log_ins, &json!({ "challengeNonce": nonce })));
    let pins = "/v1/cards/{cardId}/pin-operations";
    let verified = sampler.post(pins, "/v1/cards/current/pin-operations", &json!({ "type": "verify" }));
    assert_eq!(verified["outcome"], "verified");
    let links = "/v1/therapeutic-links";
    let link = json!({ "operation": "put", "type": "gpconsultation", "proof": "eidreading" });
    let begun = sampler
        .rest
        .begin("POST", links, &["Prefer: respond-async"], Some(&link))
        .finish();
    assert_eq!(begun.status, 202);
    let id = sampler.keep("POST", links, Some(&link), &begun)["id"].clone();
    let there = format!("/v1/operations/{}", id.as_str().expect("an id"));
    eventually("it ends", LIMIT, || {
        let operation = sampler.get("/v1/operations/{id}", &there);
        (operation["state"] == "succeeded").then_some(())
    });
    let deleted = sampler.rest.delete(&there);
    drop(sampler.keep("DELETE", "/v1/operations/{id}", None, &deleted));
}

/// Errors of every sort.
fn refusals(sampler: &Sampler) {
    let links = "/v1/therapeutic-links";
    let link = json!({ "operation": "put", "type": "gpconsultation", "proof": "eidreading" });
    let with = |name: &str, value: Value| {
        let mut changed = link.clone();
        changed[name] = value;
        changed
    };
    for wrong in [
        with("type", json!("nothing")),
        with("startDate", json!("2999-01-01")),
        with("endDate", json!("tomorrow")),
        with("patient", json!({ "nationalNumber": "85051402418" })),
        with("patient", json!({ "nationalNumber": "1" })),
        with("proof", json!("sisreading")),
        with("pin", json!("1234")),
        with("cardId", json!("00000000000000000000000000000000")),
        with("author", json!({ "parties": [] })),
        json!({}),
    ] {
        let answer = sampler.post(links, links, &wrong);
        assert!(answer["code"].is_string(), "{wrong}: {answer}");
    }
    let lacking = sampler.daemon.rest(&["readers"]);
    for part in ["identity", "address", "photo", "summary"] {
        let (template, path) = (
            format!("/v1/cards/{{cardId}}/{part}"),
            format!("/v1/cards/current/{part}"),
        );
        drop(sampler.keep("GET", &template, None, &lacking.get(&path)));
    }
    drop(sampler.keep("POST", links, None, &lacking.post(links, &link)));
    drop(sampler.get("/v1/operations/{id}", "/v1/operations/0"));
    drop(sampler.get(
        "/v1/cards/{cardId}/certificates/{name}",
        "/v1/cards/current/certificates/none",
    ));
    // A program is no page; how pages, beidd's own among them, come in is tried elsewhere.
    drop(sampler.get("/v1/tokens", "/v1/tokens"));
    drop(sampler.get("/v1/tls", "/v1/tls"));
    drop(sampler.get("/v1/reports", "/v1/reports?from=2026-01&to=2026-02"));
    for own in [
        "/v1/evidence-exports",
        "/v1/patient-evidence-exports",
        "/v1/evidence-verifications",
        "/v1/evidence-heads",
    ] {
        drop(sampler.post(own, own, &json!({})));
    }
    drop(sampler.get("/v1/reviews", "/v1/reviews"));
    drop(sampler.get("/v1/reviews/{id}/documents/{number}", "/v1/reviews/0/documents/0"));
    drop(sampler.post("/v1/verifications", "/v1/verifications", &json!({ "file": "?" })));
    drop(sampler.keep(
        "DELETE",
        "/v1/tokens/{name}",
        None,
        &sampler.rest.delete("/v1/tokens/emr"),
    ));
    drop(sampler.keep(
        "DELETE",
        "/v1/silenced/{caller}",
        None,
        &sampler.rest.delete("/v1/silenced/https%3A%2F%2Fads.example"),
    ));
    let code = json!({ "code": "0123456789abcdef" });
    drop(sampler.post("/v1/page-sessions", "/v1/page-sessions", &code));
    let pairing = json!({ "name": "x", "scopes": ["readers"] });
    drop(sampler.post("/v1/pairings", "/v1/pairings", &pairing));
    drop(sampler.get("/v1/pairings", "/v1/pairings"));
    drop(sampler.get("/v1/pairings/{id}", "/v1/pairings/0"));
    let deleted = sampler.rest.delete("/v1/pairings/0");
    drop(sampler.keep("DELETE", "/v1/pairings/{id}", None, &deleted));
    let removed = sampler.daemon.beidctl(&["sim", "remove"]);
    assert_eq!(removed.code, Some(0), "{removed}");
    for part in ["identity", "photo", "summary"] {
        let answer = sampler.get(
            &format!("/v1/cards/{{cardId}}/{part}"),
            &format!("/v1/cards/current/{part}"),
        );
        assert_eq!(answer["code"], "no-card");
    }
    drop(sampler.post(links, links, &link));
}
