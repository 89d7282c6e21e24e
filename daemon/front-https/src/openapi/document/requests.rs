//! Requests in the OpenAPI document: members of a request become parameters, or with POST, members of the body.

use super::shapes::{RequestShape, Shapes};
use super::{parameter_reference, schema_reference};
use crate::routes::Endpoint;
use beid_api::{JSON, OperationExample, OperationRow};
use serde_json::{Map, Value, json};

/// Parameters and body of an operation's requests.
pub(super) struct DescribedRequest {
    /// Parameters, by reference if others have them too.
    pub(super) parameters: Vec<Value>,
    /// Body; `None` where members go into the query.
    pub(super) body: Option<Value>,
}

/// Describes the request of a row of the table.
pub(super) fn describe(
    endpoint: &Endpoint,
    operation: &OperationRow,
    example: Option<&OperationExample>,
    shapes: &mut Shapes,
) -> DescribedRequest {
    let route = endpoint.route;
    let mut request = shapes.request(operation);
    let members = std::mem::take(&mut request.members);
    let (in_path, elsewhere): (Map<_, _>, Map<_, _>) = members
        .into_iter()
        .partition(|(name, _)| route.path.contains(&format!("{{{name}}}")));
    let example_of = |name: &str| example.and_then(|example| example.request.get(name));
    let mut parameters = vec![parameter_reference("AcceptLanguage")];
    for (name, schema) in in_path {
        let example = example_of(&name);
        parameters.push(parameter(&name, "path", true, schema, example));
    }
    if operation.long_running {
        parameters.push(parameter_reference("Prefer"));
    }
    if operation.keyed {
        parameters.push(parameter_reference("IdempotencyKey"));
    }
    if route.method != "POST" {
        for (name, schema) in elsewhere {
            let (required, example) = (request.required.contains(&name), example_of(&name).map(listed));
            parameters.push(parameter(&name, "query", required, schema, example.as_ref()));
        }
        return DescribedRequest { parameters, body: None };
    }
    let mut example: Map<String, Value> = example.map(|example| example.request.clone()).unwrap_or_default();
    example.retain(|name, _| elsewhere.contains_key(name));
    let body = body(request, elsewhere, route.body, &example, shapes);
    DescribedRequest {
        parameters,
        body: Some(body),
    }
}

/// Body with `members`, as a component of its own.
fn body(
    request: RequestShape,
    members: Map<String, Value>,
    limit: usize,
    example: &Map<String, Value>,
    shapes: &mut Shapes,
) -> Value {
    let required: Vec<_> = request
        .required
        .into_iter()
        .filter(|name| members.contains_key(name))
        .collect();
    let needed = !required.is_empty();
    let mut schema = Map::from_iter([("type".to_owned(), Value::from("object"))]);
    schema.extend(request.description.map(|text| ("description".to_owned(), text)));
    if needed {
        schema.insert("required".to_owned(), json!(required));
    }
    let mut properties = Map::from_iter([("language".to_owned(), language())]);
    properties.extend(members);
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    let body = json!({
        "description": format!("At most {} KiB. No member may stand there twice.", limit / 1024),
        "required": needed,
        "content": { JSON: { "schema": schema_reference(&request.name), "example": example } },
    });
    shapes.bodies.insert(request.name, Value::Object(schema));
    body
}

/// Schema of `language`, a member of every body.
fn language() -> Value {
    json!({
        "type": "string",
        "description": "Language of texts for people: nl, fr, de or en. Takes precedence over Accept-Language; a language without texts counts as none.",
    })
}

fn parameter(name: &str, place: &str, required: bool, mut schema: Value, example: Option<&Value>) -> Value {
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let schema = if place == "query" { as_text(schema) } else { schema };
    let mut parameter = json!({ "name": name, "in": place, "required": required, "schema": schema });
    if let Some(members) = parameter.as_object_mut() {
        members.extend(description.map(|description| ("description".to_owned(), description)));
        members.extend(example.map(|example| ("example".to_owned(), example.clone())));
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

/// Value of a member in a query: items of a list are separated by commas.
fn listed(value: &Value) -> Value {
    let Some(items) = value.as_array() else {
        return value.clone();
    };
    let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    items.join(",").into()
}

/// Header fields that several operations take.
pub(super) fn parameters() -> Value {
    let header = |name: &str, description: &str, schema: Value, example: &str| {
        json!({
            "name": name, "in": "header", "required": false, "description": description, "schema": schema,
            "example": example,
        })
    };
    let text = || json!({ "type": "string" });
    let key = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7E]+$" });
    json!({
        "AcceptLanguage": header(
            "Accept-Language",
            "Language of texts for people: nl, fr, de or en.",
            text(),
            "nl-BE, fr;q=0.5",
        ),
        "Prefer": header(
            "Prefer",
            "Preferences of RFC 7240. `respond-async`: answer 202 at once, and continue in the background. `wait=N`: answer 202 after N seconds, unless the call has ended before. Without them the answer comes when the call has ended, and a client that leaves before it cancels the call.",
            text(),
            "respond-async, wait=20",
        ),
        "IdempotencyKey": header(
            "Idempotency-Key",
            "Key of the caller's choice, for one request. The same request sent again with the same key gets the same operation, and asks nobody twice. Another request, or another card in the reader, is refused with idempotency-mismatch. A call that ended before a PIN was sent frees its key.",
            key,
            "9f1c2b7e-6f0a-4c1d-8e35-0b7a4d2c9e61",
        ),
        "LastEventId": header(
            "Last-Event-ID",
            "Id of the last event received. The stream continues after it, or begins with resync if what came after it is no longer kept.",
            text(),
            "5e0c7f1b9a3d4e26-17",
        ),
    })
}
