//! OpenAPI 3.1 description of this interface, made from the table of operations.

use super::routes::{Endpoint, EndpointTarget, endpoints};
use beid_api::{ErrorCode, JSON, OperationRow, PEM, Problem, refusals, schema};
use beid_texts::Language;
use schemars::SchemaGenerator;
use schemars::generate::Contract;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Description of the daemon, as in its package; that of this crate is about HTTPS alone.
const SUMMARY: &str =
    "The Belgian eID daemon for care: verified identities and therapeutic-relation proofs over D-Bus and HTTPS";
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
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "beidd",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": SUMMARY,
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": format!("https://localhost:{port}") }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "Token of a program, created with beidctl and sent without Origin; or token of a web page, obtained by pairing and sent with its Origin.",
            } },
            "parameters": parameters(),
            "schemas": shapes.into_components(),
        },
    });
    schema::tidy(&mut document);
    document
}

/// Operation object of an endpoint.
fn described(endpoint: &Endpoint, shapes: &mut Shapes) -> Value {
    let mut described = match endpoint.target {
        EndpointTarget::Operation(operation) => table_operation(endpoint, operation, shapes),
        EndpointTarget::Events => json!({
            "operationId": "events",
            "summary": "Sends events as they happen, with ids only. Events of an operation reach its owner only, those of a pairing the pages of its website.",
            "parameters": [{ "$ref": "#/components/parameters/LastEventId" }],
            "responses": { "200": {
                "description": "Server-sent events: reader.added, reader.removed, card.inserted, card.ready, card.removed, operation.updated, pairing.changed, service.draining, resync.",
                "content": { "text/event-stream": { "schema": { "type": "string" } } },
            } },
        }),
        // Not among the endpoints of the interface.
        EndpointTarget::Page(_) => json!({}),
        EndpointTarget::OpenApi => json!({
            "operationId": "openapi",
            "summary": "Returns this document. Programs and listed web pages need no token for it.",
            "responses": { "200": {
                "description": "OpenAPI 3.1.",
                "content": { "application/json": { "schema": { "type": "object" } } },
            } },
        }),
    };
    if let Some(members) = described.as_object_mut() {
        if let Some(scope) = endpoint.scope() {
            members.insert("x-scope".to_owned(), scope.word().into());
        }
        if endpoint.needs_no_token() {
            members.insert("security".to_owned(), json!([{}, { "bearer": [] }]));
        }
        if let Some(responses) = members.get_mut("responses").and_then(Value::as_object_mut) {
            for (status, codes) in refused(endpoint) {
                responses.insert(status.to_string(), problem(&codes));
            }
        }
    }
    described
}

/// Every error that the endpoint can answer with, by status.
fn refused(endpoint: &Endpoint) -> BTreeMap<u16, Vec<ErrorCode>> {
    let route = endpoint.route;
    let mut groups = vec![refusals::EVERY_CALL];
    groups.push(if endpoint.needs_no_token() {
        refusals::OPTIONAL_TOKEN
    } else {
        refusals::TOKEN
    });
    groups.push(refusals::MEDIA_TYPE);
    if route.method == "POST" {
        groups.push(refusals::BODY);
    }
    if let EndpointTarget::Operation(operation) = endpoint.target {
        groups.extend(operation.refuses);
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
fn problem(codes: &[ErrorCode]) -> Value {
    let words: Vec<&str> = codes.iter().map(|code| code.code()).collect();
    json!({
        "description": format!("`{}`.", words.join("`, `")),
        "x-codes": words,
        "content": { "application/problem+json": { "schema": reference("Problem") } },
    })
}

/// Operation object of a row. Members of its request become parameters, or with POST, members of the body.
fn table_operation(endpoint: &Endpoint, operation: &OperationRow, shapes: &mut Shapes) -> Value {
    let path = endpoint.route.path;
    let request = shapes.request(operation);
    let (in_path, elsewhere): (Vec<_>, Vec<_>) = request
        .members
        .into_iter()
        .partition(|(name, _)| path.contains(&format!("{{{name}}}")));
    let is_required = |name: &str| request.required.iter().any(|required| required == name);
    let mut parameters = vec![json!({ "$ref": "#/components/parameters/AcceptLanguage" })];
    parameters.extend(
        in_path
            .into_iter()
            .map(|(name, schema)| parameter(&name, "path", true, schema)),
    );
    let has_body = endpoint.route.method == "POST";
    let mut body = Map::new();
    if has_body {
        body.insert("language".to_owned(), language());
    }
    for (name, schema) in elsewhere {
        if has_body {
            body.insert(name, schema);
        } else {
            parameters.push(parameter(&name, "query", is_required(&name), schema));
        }
    }
    if operation.long_running {
        parameters.push(json!({ "$ref": "#/components/parameters/Prefer" }));
    }
    let mut described = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses(endpoint, operation, shapes),
    });
    if has_body && let Some(members) = described.as_object_mut() {
        let required: Vec<_> = request
            .required
            .iter()
            .filter(|name| body.contains_key(*name))
            .collect();
        let needed = !required.is_empty();
        let mut schema = Map::from_iter([("type".to_owned(), Value::from("object"))]);
        schema.extend(request.description.map(|text| ("description".to_owned(), text)));
        if needed {
            schema.insert("required".to_owned(), json!(required));
        }
        schema.insert("properties".to_owned(), Value::Object(body));
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
        let content = json!({
            "required": needed,
            "content": { "application/json": { "schema": reference(&request.name) } },
        });
        shapes.bodies.insert(request.name, Value::Object(schema));
        members.insert("requestBody".to_owned(), content);
    }
    described
}

/// Schema of `language`, a member of every body.
fn language() -> Value {
    json!({
        "type": "string",
        "description": "Language of texts for people; takes precedence over Accept-Language.",
        "enum": Language::ALL.map(Language::tag),
    })
}

fn responses(endpoint: &Endpoint, operation: &OperationRow, shapes: &mut Shapes) -> Value {
    let mut content = Map::new();
    for media_type in endpoint.route.media {
        let schema = match operation.answer {
            Some(answer) if *media_type == JSON => answer(&mut shapes.answers).to_value(),
            Some(_) if *media_type == PEM => json!({ "type": "string" }),
            Some(_) | None => json!({ "type": "string", "format": "binary" }),
        };
        content.insert((*media_type).to_owned(), json!({ "schema": schema }));
    }
    let mut headers = Map::new();
    if endpoint.route.path.contains("{cardId}") {
        let location = json!({
            "description": "Path of this answer, with the id of the card's insertion in place of current.",
            "schema": { "type": "string" },
        });
        headers.insert("Content-Location".to_owned(), location);
    }
    let mut responses = Map::new();
    let success = json!({ "description": operation.summary, "headers": headers, "content": content });
    if endpoint.route.may_begin {
        let mut begun = success.clone();
        if let Some(members) = begun.as_object_mut() {
            members.insert(
                "description".to_owned(),
                "It has begun; the answer says how far it is.".into(),
            );
        }
        responses.insert("202".to_owned(), begun);
    }
    responses.insert(endpoint.route.status.to_string(), success);
    if operation.long_running {
        let answer = OperationRow::named("operation").and_then(|operation| operation.answer);
        let schema = answer.map(|answer| answer(&mut shapes.answers));
        let begun = json!({
            "description": "Returned with Prefer: respond-async. The operation has begun and continues in the background.",
            "headers": { "Location": { "description": "Path of the operation, for its state and its result.", "schema": { "type": "string" } } },
            "content": { "application/json": { "schema": schema } },
        });
        responses.insert("202".to_owned(), begun);
    }
    Value::Object(responses)
}

fn parameter(name: &str, place: &str, required: bool, mut schema: Value) -> Value {
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let schema = if place == "query" { as_text(schema) } else { schema };
    let mut parameter = json!({ "name": name, "in": place, "required": required, "schema": schema });
    if let (Some(members), Some(description)) = (parameter.as_object_mut(), description) {
        members.insert("description".to_owned(), description);
    }
    parameter
}

/// Schema of a list in a query, which is one text with commas. It is described as such and not by `explode: false`, which
/// client generators ignore: they would repeat the member.
fn as_text(schema: Value) -> Value {
    let words = schema.pointer("/items/enum").and_then(Value::as_array);
    let Some(words) = words else { return schema };
    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
    let one = format!("({})", words.join("|"));
    json!({ "type": "string", "pattern": format!("^{one}(,{one})*$") })
}

fn parameters() -> Value {
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "required": false, "description": description, "schema": { "type": "string" } });
    json!({
        "AcceptLanguage": header("Accept-Language", "Language of texts for people: nl, fr, de or en."),
        "Prefer": header("Prefer", "respond-async: answer 202 at once, and continue in the background."),
        "LastEventId": header("Last-Event-ID", "Id of the last event received. Past events are not kept, so the stream begins with resync."),
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#{SCHEMAS}/{name}") })
}

/// Schemas of requests and answers, collected while operations are described.
struct Shapes {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
    /// Bodies: the members of a request that are not in its path.
    bodies: Map<String, Value>,
    /// Names of requests, whose members went into parameters and bodies: they are no components themselves.
    spread: Vec<String>,
}

/// The members of a request.
struct RequestShape {
    name: String,
    description: Option<Value>,
    members: Map<String, Value>,
    required: Vec<String>,
}

impl Shapes {
    fn new() -> Self {
        let mut answers = schema::generator(SCHEMAS, Contract::Serialize);
        answers.subschema_for::<Problem>();
        Self {
            requests: schema::generator(SCHEMAS, Contract::Deserialize),
            answers,
            bodies: Map::new(),
            spread: Vec::new(),
        }
    }

    fn request(&mut self, operation: &OperationRow) -> RequestShape {
        let schema = (operation.request)(&mut self.requests);
        let referred = schema.get("$ref").and_then(Value::as_str);
        let name = referred
            .and_then(|path| path.rsplit('/').next())
            .unwrap_or_default()
            .to_owned();
        let mut shape = self
            .requests
            .definitions()
            .get(&name)
            .unwrap_or(schema.as_value())
            .clone();
        // Parameters leave the shape that says which of its members may be absent.
        schema::tidy(&mut shape);
        let members = shape.get("properties").and_then(Value::as_object).cloned();
        let required = shape.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        let request = RequestShape {
            description: shape.get("description").cloned(),
            members: members.unwrap_or_default(),
            required: required.map(str::to_owned).collect(),
            name: name.clone(),
        };
        self.spread.push(name);
        request
    }

    fn into_components(mut self) -> Map<String, Value> {
        let mut components = self.requests.take_definitions(true);
        components.retain(|name, _| !self.spread.contains(name));
        components.extend(self.answers.take_definitions(true));
        components.extend(self.bodies);
        components.sort_keys();
        components
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_protocol::codes::{Capacity, LinkStatus, Situation};
    use beid_protocol::dialect::Dialect;
    use beid_protocol::therlink::ProofProfile;
    use std::collections::BTreeSet;

    /// Port of a daemon without settings.
    const DEFAULT_PORT: u16 = 32032;

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
            .flat_map(|endpoint| refused(&endpoint).into_values().flatten())
            .map(ErrorCode::code)
            .collect();
        // A wrong verb belongs to no operation; idempotency keys are refused altogether, so that none can mismatch.
        let nobodys = ["method-not-allowed", "idempotency-mismatch"];
        for code in ErrorCode::ALL.iter().map(|code| code.code()) {
            assert_eq!(told.contains(code), !nobodys.contains(&code), "{code}");
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
