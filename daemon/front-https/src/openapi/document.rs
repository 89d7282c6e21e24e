//! The description, made from the table of operations.

mod answers;
mod requests;
mod shapes;

use crate::routes::{Endpoint, EndpointTarget, endpoints};
use beid_api::{JSON, OperationRow, schema};
use serde_json::{Map, Value, json};
use shapes::Shapes;

/// Description of the daemon, as in its package; that of this crate is about HTTPS alone.
const SUMMARY: &str =
    "The Belgian eID daemon for care: verified identities and therapeutic-relation proofs over D-Bus and HTTPS";
/// Rules of every call.
const RULES: &str = "The service listens on this computer only. Native programs send a token that `beidctl token create` \
    made, and no `Origin`. Web pages send the token of their pairing, and their browser sends the `Origin`.\n\n\
    Errors are `application/problem+json` (RFC 9457); `code` is stable, and each status below names the codes that it can \
    have. HEAD is answered wherever GET is, OPTIONS everywhere, and another verb with 405 `method-not-allowed`. A head of \
    more than 16 KiB is answered with 431 and no body.\n\n\
    Examples are about an invented person; long values in base64 are cut.";
/// Groups of operations: name, description, and the first part of their paths after `/v1/`.
const TAGS: &[(&str, &str, &[&str])] = &[
    (
        "service",
        "The service itself, its events, the state of this computer, and this document.",
        &["status", "events", "diagnostics", "openapi.json"],
    ),
    (
        "access",
        "Admission of web pages and programs, and the daemon's own page.",
        &["pairings", "silenced", "tokens", "page-sessions", "reviews", "tls"],
    ),
    (
        "cards",
        "Readers, the cards in them, and files that viewers of cards saved.",
        &["readers", "cards", "exported-records"],
    ),
    (
        "documents",
        "Consents, therapeutic links and exclusions, and the platform's answers about them.",
        &[
            "consents",
            "consent-texts",
            "therapeutic-links",
            "therapeutic-exclusions",
            "responses",
        ],
    ),
    (
        "identity-readings",
        "Records of how patients were identified, for the sickness insurance.",
        &["identity-readings"],
    ),
    (
        "signatures",
        "Signatures over files, and files that are verified.",
        &["signatures", "verifications"],
    ),
    (
        "log-ins",
        "Log-ins of a card's holder to a website.",
        &["authentications"],
    ),
    (
        "evidence",
        "Records of what was read and signed, and reports about them.",
        &[
            "evidence",
            "evidence-exports",
            "patient-evidence-exports",
            "evidence-verifications",
            "evidence-heads",
            "reports",
        ],
    ),
    ("operations", "Calls that run in the background.", &["operations"]),
];
/// JSON pointer to the schemas.
const SCHEMAS: &str = "/components/schemas";

/// The whole document; `port` is the port of HTTPS.
pub(super) fn document(port: u16) -> Value {
    let mut shapes = Shapes::new();
    let mut paths = Map::new();
    for endpoint in endpoints() {
        let here = paths
            .entry(endpoint.route.path)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(here) = here.as_object_mut() {
            let verb = endpoint.route.method.to_ascii_lowercase();
            here.insert(verb, described(&endpoint, &mut shapes));
        }
    }
    let tag = |(name, description, _): &(&str, &str, _)| json!({ "name": name, "description": description });
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "beidd",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": SUMMARY,
            "description": RULES,
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{
            "url": format!("https://localhost:{port}"),
            "description": "This computer. The port is the first free one from 32032 to 32063, or that of the settings; `https.json` in the runtime directory names it.",
        }],
        "security": [{ "bearer": [] }],
        "tags": TAGS.iter().map(tag).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "Token of a program, created with beidctl and sent without Origin; or token of a web page, obtained by pairing and sent with its Origin.",
            } },
            "parameters": requests::parameters(),
            "headers": answers::headers(),
            "examples": answers::examples(),
            "schemas": shapes.into_components(),
        },
    });
    if let Some(schemas) = document.pointer_mut(SCHEMAS) {
        schema::tidy(schemas);
    }
    if let Some(paths) = document.get_mut("paths") {
        schema::tidy(paths);
    }
    document
}

/// Operation object of an endpoint.
fn described(endpoint: &Endpoint, shapes: &mut Shapes) -> Value {
    let mut described = match endpoint.target {
        EndpointTarget::Operation(operation) => table_operation(endpoint, operation, shapes),
        EndpointTarget::Events => events(),
        EndpointTarget::OpenApi => openapi(),
        // Not among the endpoints of the interface.
        EndpointTarget::Page(_) => json!({}),
    };
    if let Some(members) = described.as_object_mut() {
        members.extend(tag(endpoint.route.path).map(|tag| ("tags".to_owned(), json!([tag]))));
        if let Some(scope) = endpoint.scope() {
            members.insert("x-scope".to_owned(), scope.word().into());
        }
        if endpoint.needs_no_token() {
            members.insert("security".to_owned(), json!([{}, { "bearer": [] }]));
        }
        if let Some(responses) = members.get_mut("responses").and_then(Value::as_object_mut) {
            for (status, codes) in answers::refused(endpoint) {
                responses.insert(status.to_string(), answers::problem(&codes));
            }
        }
    }
    described
}

/// Group that a path belongs to.
fn tag(path: &str) -> Option<&'static str> {
    let first = path.strip_prefix("/v1/")?.split('/').next()?;
    let tag = TAGS.iter().find(|(_, _, parts)| parts.contains(&first));
    tag.map(|(name, _, _)| *name)
}

/// Operation object of a row.
fn table_operation(endpoint: &Endpoint, operation: &OperationRow, shapes: &mut Shapes) -> Value {
    let example = operation.example().ok();
    let request = requests::describe(endpoint, operation, example.as_ref(), shapes);
    let mut described = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": request.parameters,
        "responses": answers::of_success(endpoint, operation, example, shapes),
    });
    if let (Some(body), Some(members)) = (request.body, described.as_object_mut()) {
        members.insert("requestBody".to_owned(), body);
    }
    described
}

/// Operation object of the stream of events.
fn events() -> Value {
    let example = "id: 5e0c7f1b9a3d4e26-17\nevent: card.ready\ndata: {\"readerId\":\"0\",\"cardId\":\"4f8c1d0a6be24b7f9a3e5c7d21b0f684\"}\n\n";
    json!({
        "operationId": "events",
        "summary": "Sends events as they happen, with ids only. Events of an operation reach its owner only, those of a pairing the pages of its website, those of a review the page of beidd.",
        "parameters": [parameter_reference("AcceptLanguage"), parameter_reference("LastEventId")],
        "responses": { "200": {
            "description": "Server-sent events: reader.added, reader.removed, card.inserted, card.ready, card.removed, operation.updated, pairing.changed, review.changed, service.draining, resync. The stream ends when the client leaves, its token ends, or the daemon stops. Between events nothing is sent.",
            "content": { "text/event-stream": { "schema": { "type": "string" }, "example": example } },
        } },
    })
}

/// Operation object of this document.
fn openapi() -> Value {
    json!({
        "operationId": "openapi",
        "summary": "Returns this document. Programs and listed web pages need no token for it.",
        "parameters": [parameter_reference("AcceptLanguage")],
        "responses": { "200": {
            "description": "OpenAPI 3.1.",
            "content": { JSON: { "schema": { "type": "object" }, "example": { "info": { "title": "beidd" } } } },
        } },
    })
}

fn schema_reference(name: &str) -> Value {
    json!({ "$ref": format!("#{SCHEMAS}/{name}") })
}

fn parameter_reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

fn header_reference(name: &str) -> (String, Value) {
    (
        name.to_owned(),
        json!({ "$ref": format!("#/components/headers/{name}") }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::DEFAULT_PORT;
    use beid_api::ErrorCode;
    use beid_protocol::codes::{Capacity, LinkStatus, Situation};
    use beid_protocol::dialect::Dialect;
    use beid_protocol::therlink::ProofProfile;
    use std::collections::BTreeSet;

    #[test]
    fn shipped_document_is_what_runs() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let runs = format!("{:#}\n", document(DEFAULT_PORT));
        if std::env::var_os("BEIDD_WRITE_DOCS").is_some() {
            std::fs::write(file, &runs).unwrap();
        }
        let shipped = std::fs::read_to_string(file).unwrap_or_default();
        // Too long to be shown whole.
        let differs = shipped
            .lines()
            .zip(runs.lines())
            .find(|(shipped, runs)| shipped != runs);
        assert!(
            shipped == runs,
            "docs/openapi.json is old: run `make api-docs`; first difference: {differs:?}"
        );
    }

    #[test]
    fn every_error_can_come_of_some_call() {
        let told: BTreeSet<&str> = endpoints()
            .flat_map(|endpoint| answers::refused(&endpoint).into_values().flatten())
            .map(ErrorCode::code)
            .collect();
        // A wrong verb belongs to no operation.
        for code in ErrorCode::ALL.iter().map(|code| code.code()) {
            assert_eq!(told.contains(code), code != "method-not-allowed", "{code}");
        }
    }

    #[test]
    fn every_operation_has_a_tag_and_examples_of_what_it_takes_and_answers() {
        let document = document(DEFAULT_PORT);
        for endpoint in endpoints() {
            let (path, verb) = (endpoint.route.path, endpoint.route.method.to_ascii_lowercase());
            let here = &document["paths"][path][&verb];
            assert!(here["tags"].is_array(), "{path}: a tag in TAGS");
            let body = &here["requestBody"]["content"][JSON];
            assert!(verb != "post" || body["example"].is_object(), "{verb} {path}");
            let in_path = here["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["in"] == "path");
            assert!(in_path.clone().all(|one| one["example"].is_string()), "{verb} {path}");
            let content = &here["responses"][endpoint.route.status.to_string()]["content"];
            for (media_type, described) in content.as_object().unwrap() {
                let octets = described["schema"]["format"] == "binary";
                assert!(octets || !described["example"].is_null(), "{verb} {path} {media_type}");
            }
        }
    }

    /// The words of `member` in the shape called `name`.
    fn words(document: &Value, name: &str, member: &str) -> Vec<String> {
        let shape = &document["components"]["schemas"][name]["properties"][member];
        let words = shape
            .get("enum")
            .or_else(|| shape["items"].get("enum"))
            .and_then(Value::as_array);
        let words = words.unwrap_or_else(|| panic!("{name}.{member}: {shape}"));
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn words_of_the_document_are_taken() {
        let document = document(DEFAULT_PORT);
        let check = |name: &str, member: &str, takes: fn(&str) -> bool| {
            let words = words(&document, name, member);
            assert!(
                words.len() > 1 && words.iter().all(|word| takes(word)),
                "{name}.{member}: {words:?}"
            );
        };
        check("TherapeuticLinkRequest", "situation", |word| {
            Situation::parse(word).is_ok()
        });
        check("TherapeuticLinkRequest", "status", |word| {
            LinkStatus::parse(word).is_ok()
        });
        check("TherapeuticLinkRequest", "dialect", |word| Dialect::parse(word).is_ok());
        check("TherapeuticLinkRequest", "proofProfile", |word| {
            ProofProfile::parse(word).is_ok()
        });
        check("LinkMembers", "situation", |word| Situation::parse(word).is_ok());
        check("RepresentativeMembers", "capacity", |word| {
            Capacity::parse(word).is_ok()
        });
        check("PartyMembers", "type", |word| {
            beid_protocol::codes::HcPartyType::parse(word).is_ok()
        });
        let operations = &document["components"]["schemas"]["LinkOperation"]["enum"];
        assert_eq!(*operations, json!(["put", "revoke", "get", "has", "put-bulk"]));
    }
}
