//! The description of this interface, made from the table of operations: OpenAPI 3.1.

use super::routes::{Endpoint, Target, endpoints};
use crate::api::operations::{JSON, Openness};
use crate::api::{ErrorCode, Operation};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Where shapes are kept.
const SCHEMAS: &str = "/components/schemas";

/// The whole document; `port` is where we are.
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
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "beidd",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": format!("https://localhost:{port}") }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A program's token, made with beidctl and sent without Origin; or a page's, from its pairing, sent with its Origin.",
            } },
            "parameters": parameters(),
            "responses": { "Problem": {
                "description": "What went wrong; code is stable.",
                "content": { "application/problem+json": { "schema": reference("Problem") } },
            } },
            "schemas": shapes.into_components(),
        },
    })
}

/// One operation object.
fn described(endpoint: &Endpoint, shapes: &mut Shapes) -> Value {
    let mut described = match endpoint.target {
        Target::Operation(operation) => of_table(endpoint, operation, shapes),
        Target::Events => json!({
            "operationId": "events",
            "summary": "What happens, as it happens: ids only. Operations are told to their owner only.",
            "parameters": [{ "$ref": "#/components/parameters/LastEventId" }],
            "responses": { "200": {
                "description": "Events: reader.added, reader.removed, card.inserted, card.ready, card.removed, operation.updated, service.draining, resync.",
                "content": { "text/event-stream": { "schema": { "type": "string" } } },
            } },
        }),
        Target::OpenApi => json!({
            "operationId": "openapi",
            "summary": "This document.",
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
        if endpoint.route.open == Openness::AnyOrigin {
            members.insert("security".to_owned(), json!([{}, { "bearer": [] }]));
        }
        if let Some(responses) = members.get_mut("responses").and_then(Value::as_object_mut) {
            responses.insert(
                "default".to_owned(),
                json!({ "$ref": "#/components/responses/Problem" }),
            );
        }
    }
    described
}

fn of_table(endpoint: &Endpoint, operation: &Operation, shapes: &mut Shapes) -> Value {
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
        let language =
            json!({ "type": "string", "description": "Language of texts for people, before Accept-Language." });
        body.insert("language".to_owned(), language);
    }
    for (name, schema) in elsewhere {
        if has_body {
            body.insert(name, schema);
        } else {
            parameters.push(parameter(&name, "query", is_required(&name), schema));
        }
    }
    if operation.human {
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
        let mut schema = json!({ "type": "object", "properties": body, "additionalProperties": false });
        if !required.is_empty()
            && let Some(schema) = schema.as_object_mut()
        {
            schema.insert("required".to_owned(), json!(required));
        }
        let needed = !required.is_empty();
        let content = json!({ "required": needed, "content": { "application/json": { "schema": schema } } });
        members.insert("requestBody".to_owned(), content);
    }
    described
}

fn responses(endpoint: &Endpoint, operation: &Operation, shapes: &mut Shapes) -> Value {
    let mut content = Map::new();
    for media_type in endpoint.route.media {
        let form = match operation.answer {
            Some(answer) if *media_type == JSON => json!({ "schema": answer(&mut shapes.generator) }),
            Some(_) | None => json!({}),
        };
        content.insert((*media_type).to_owned(), form);
    }
    let mut headers = Map::new();
    if endpoint.route.path.contains("{cardId}") {
        let location = json!({
            "description": "The same, with the insertion's id in place of current.",
            "schema": { "type": "string" },
        });
        headers.insert("Content-Location".to_owned(), location);
    }
    let mut responses = Map::new();
    responses.insert(
        endpoint.route.status.to_string(),
        json!({ "description": operation.summary, "headers": headers, "content": content }),
    );
    if operation.human {
        let answer = Operation::named("operation").and_then(|operation| operation.answer);
        let schema = answer.map(|answer| answer(&mut shapes.generator));
        let begun = json!({
            "description": "With respond-async: it has begun, and runs on by itself.",
            "headers": { "Location": { "description": "Where to look.", "schema": { "type": "string" } } },
            "content": { "application/json": { "schema": schema } },
        });
        responses.insert("202".to_owned(), begun);
    }
    Value::Object(responses)
}

fn parameter(name: &str, place: &str, required: bool, mut schema: Value) -> Value {
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let mut parameter = json!({ "name": name, "in": place, "required": required, "schema": schema });
    if let Some(members) = parameter.as_object_mut() {
        if let Some(description) = description {
            members.insert("description".to_owned(), description);
        }
        if place == "query" {
            // Lists are one text with commas.
            members.insert("style".to_owned(), "form".into());
            members.insert("explode".to_owned(), false.into());
        }
    }
    parameter
}

fn parameters() -> Value {
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "description": description, "schema": { "type": "string" } });
    json!({
        "AcceptLanguage": header("Accept-Language", "Language of texts for people: nl, fr, de or en."),
        "Prefer": header("Prefer", "respond-async: answer 202 at once, and run on."),
        "LastEventId": header("Last-Event-ID", "Past events are not kept: a resync comes first."),
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#{SCHEMAS}/{name}") })
}

/// Shapes of requests and answers, as they come up.
struct Shapes {
    generator: SchemaGenerator,
    /// Requests: spread over parameters and bodies, so no components of their own.
    requests: Vec<String>,
}

/// The members of a request.
struct Request {
    members: Map<String, Value>,
    required: Vec<String>,
}

impl Shapes {
    fn new() -> Self {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = SCHEMAS.into();
        Self {
            generator: settings.into_generator(),
            requests: Vec::new(),
        }
    }

    fn request(&mut self, operation: &Operation) -> Request {
        let schema = (operation.request)(&mut self.generator);
        let referred = schema.get("$ref").and_then(Value::as_str);
        let name = referred
            .and_then(|path| path.rsplit('/').next())
            .unwrap_or_default()
            .to_owned();
        let shape = self.generator.definitions().get(&name).unwrap_or(schema.as_value());
        let members = shape.get("properties").and_then(Value::as_object).cloned();
        let required = shape.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        let request = Request {
            members: members.unwrap_or_default(),
            required: required.map(str::to_owned).collect(),
        };
        self.requests.push(name);
        request
    }

    fn into_components(mut self) -> Map<String, Value> {
        let mut components = self.generator.take_definitions(true);
        components.retain(|name, _| !self.requests.contains(name));
        let codes: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.code()).collect();
        let problem = json!({
            "type": "object",
            "description": "RFC 9457.",
            "required": ["type", "title", "status", "detail", "code", "retriable"],
            "properties": {
                "type": { "type": "string" },
                "title": { "type": "string", "description": "What happened, for people." },
                "status": { "type": "integer" },
                "detail": { "type": "string", "description": "To what, and what to do next." },
                "code": { "type": "string", "enum": codes },
                "retriable": { "type": "boolean", "description": "Whether the same call may succeed a little later." },
                "triesLeft": { "type": "integer", "description": "PIN tries left, for pin-incorrect." },
            },
        });
        components.insert("Problem".to_owned(), problem);
        components
    }
}
