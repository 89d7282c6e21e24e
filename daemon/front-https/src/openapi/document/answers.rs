//! Answers in the OpenAPI document: those of success, and every error by its status.

use super::shapes::Shapes;
use super::{header_reference, schema_reference};
use crate::routes::{Endpoint, EndpointTarget};
use beid_api::{ApiError, CSV, EID_XML, ErrorCode, FHIR, JSON, OperationExample, OperationRow, PEM, refusals};
use beid_texts::{ErrorTexts, Language};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Media type of errors (RFC 9457).
const PROBLEM: &str = "application/problem+json";

/// Describes the answers of success of a row of the table.
pub(super) fn of_success(
    endpoint: &Endpoint,
    operation: &OperationRow,
    example: Option<OperationExample>,
    shapes: &mut Shapes,
) -> Map<String, Value> {
    let route = endpoint.route;
    let answer = example.and_then(|example| example.answer);
    let mut content = Map::new();
    for media_type in route.media {
        let described = match operation.description().answer {
            Some(schema) if *media_type == JSON => {
                let schema = schema(&mut shapes.answers).to_value();
                match &answer {
                    Some(example) => json!({ "schema": schema, "example": example }),
                    None => json!({ "schema": schema }),
                }
            }
            Some(_) if *media_type == PEM => json!({
                "schema": { "type": "string" },
                "example": "-----BEGIN CERTIFICATE-----\nMIIDzjCC…\n-----END CERTIFICATE-----\n",
            }),
            Some(_) if *media_type == FHIR => json!({
                "schema": { "type": "object" },
                "example": { "resourceType": "Patient", "name": [{ "use": "official", "family": "Proefman" }] },
            }),
            Some(_) if *media_type == EID_XML => json!({
                "schema": { "type": "string" },
                "example": "<?xml version=\"1.0\" encoding=\"UTF-8\"?><eid version=\"4.3\">…</eid>",
            }),
            Some(_) if *media_type == CSV => json!({
                "schema": { "type": "string" },
                "example": "1;eid;;01;Jan Nep;Proefman;M;28 FEB 1990;Leuven;…",
            }),
            Some(_) | None => json!({ "schema": { "type": "string", "format": "binary" } }),
        };
        content.insert((*media_type).to_owned(), described);
    }
    let mut headers = Map::new();
    if route.path.contains("{cardId}") {
        headers.extend([header_reference("Content-Location")]);
    }
    if operation.long_running {
        headers.extend([header_reference("Preference-Applied")]);
    }
    let done = json!({ "description": operation.summary, "headers": headers, "content": content });
    let mut responses = Map::from_iter([(route.status.to_string(), done)]);
    if operation.long_running {
        responses.insert("202".to_owned(), begun(operation, shapes));
    }
    if let Some(schema) = operation.description().begun {
        let schema = schema(&mut shapes.answers).to_value();
        responses.insert("202".to_owned(), waiting_for_a_person(&schema));
    }
    responses
}

/// Answer to a call that runs on.
fn begun(operation: &OperationRow, shapes: &mut Shapes) -> Value {
    let answer = OperationRow::named("operation").and_then(|operation| operation.description().answer);
    let schema = answer.map(|answer| answer(&mut shapes.answers));
    let example = json!({ "id": "9b1f6a2c4d7e48c0a5b3e1f20d6c7a84", "kind": operation.name, "state": "working" });
    json!({
        "description": "Returned with `Prefer: respond-async`, and with `Prefer: wait=N` after N seconds. The operation has begun and continues in the background.",
        "headers": Map::from_iter([header_reference("Location"), header_reference("Preference-Applied")]),
        "content": { JSON: { "schema": schema, "example": example } },
        "links": {
            "state": link("operation", "State of the operation, and its result."),
            "cancel": link("cancel-operation", "Cancels the operation."),
        },
    })
}

/// Link to another operation on the same running call.
fn link(operation: &str, description: &str) -> Value {
    json!({
        "operationId": operation,
        "parameters": { "id": "$response.body#/id" },
        "description": description,
    })
}

/// Answer that something has begun, whose state has a place of its own.
fn waiting_for_a_person(schema: &Value) -> Value {
    let example = json!({ "id": "c1a7e93b5d2048f6b0e4a8d7f3921c65", "state": "waitingForUser", "matchCode": "471" });
    json!({
        "description": "A person is asked on this computer. Ask for the state by the id.",
        "content": { JSON: { "schema": schema, "example": example } },
    })
}

/// Every error that the endpoint can answer with, by status.
pub(super) fn refused(endpoint: &Endpoint) -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut groups = vec![refusals::EVERY_CALL, refusals::BODY, refusals::MEDIA_TYPE];
    groups.push(if endpoint.needs_no_token() {
        refusals::OPTIONAL_TOKEN
    } else {
        refusals::TOKEN
    });
    if let EndpointTarget::Operation(operation) = endpoint.target {
        groups.extend(operation.refuses);
        if operation.keyed {
            groups.push(refusals::KEYED);
        }
    }
    let mut statuses: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in ErrorCode::ALL {
        if groups.iter().any(|group| group.contains(code)) {
            statuses.entry(code.status()).or_default().push(*code);
        }
    }
    statuses
}

/// Response object of an error that has one of `codes`.
pub(super) fn problem(codes: &[ErrorCode]) -> Value {
    let words: Vec<&str> = codes.iter().map(|code| code.code()).collect();
    let example = |word: &&str| {
        (
            (*word).to_owned(),
            json!({ "$ref": format!("#/components/examples/{word}") }),
        )
    };
    let examples: Map<String, Value> = words.iter().map(example).collect();
    let mut headers = Map::from_iter([header_reference("Content-Language")]);
    if codes.iter().any(|code| code.retriable()) {
        headers.extend([header_reference("Retry-After")]);
    }
    if codes.iter().any(|code| code.status() == 401) {
        headers.extend([header_reference("WWW-Authenticate")]);
    }
    json!({
        "description": format!("`{}`.", words.join("`, `")),
        "x-codes": words,
        "headers": headers,
        "content": { PROBLEM: { "schema": schema_reference("Problem"), "examples": examples } },
    })
}

/// One example for each error code.
pub(super) fn examples() -> Map<String, Value> {
    let example = |code: &ErrorCode| {
        let mut error = ApiError::from(*code);
        error.tries_left = (*code == ErrorCode::PinIncorrect).then_some(2);
        let problem = error.to_problem(Language::En);
        (
            code.code().to_owned(),
            json!({ "summary": problem.title.clone(), "value": problem }),
        )
    };
    // A wrong verb belongs to no operation.
    let told = ErrorCode::ALL
        .iter()
        .filter(|code| **code != ErrorCode::MethodNotAllowed);
    told.map(example).collect()
}

/// Header fields of answers.
pub(super) fn headers() -> Value {
    let header = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    json!({
        "Location": header(
            "Path of the operation, for its state and its result.",
            "/v1/operations/9b1f6a2c4d7e48c0a5b3e1f20d6c7a84",
        ),
        "Content-Location": header(
            "Path of this answer, with the id of the card's insertion in place of current.",
            "/v1/cards/4f8c1d0a6be24b7f9a3e5c7d21b0f684/identity",
        ),
        "Preference-Applied": header(
            "Preferences that were followed (RFC 7240).",
            "respond-async, wait=20",
        ),
        "Retry-After": json!({
            "description": "Seconds after which the same call can succeed. Sent with errors that are retriable.",
            "schema": { "type": "integer", "minimum": 1 },
            "example": 2,
        }),
        "Content-Language": header("Language of title and detail.", "nl"),
        "WWW-Authenticate": header("Kind of token that is needed.", "Bearer"),
    })
}
