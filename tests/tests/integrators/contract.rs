//! The contract only grows: callers of the last release are callers of this one.

use crate::page;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Side of the contract that a schema is on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum SchemaSide {
    /// Callers write it.
    Request,
    /// Callers read it.
    Answer,
}

/// The description of the last release beside that of now, and every break between them.
struct ContractComparison<'d> {
    released: &'d Value,
    now: &'d Value,
    breaks: Vec<String>,
    /// Named schemas that have been compared.
    seen: BTreeSet<(String, SchemaSide)>,
}

fn breaks(released: &Value, now: &Value) -> Vec<String> {
    let mut comparison = ContractComparison {
        released,
        now,
        breaks: Vec::new(),
        seen: BTreeSet::new(),
    };
    comparison.operations();
    comparison.breaks
}

/// Follows `$ref`.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).expect("a reference that leads somewhere"),
        None => value,
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn words(value: &Value) -> Vec<&str> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

impl<'d> ContractComparison<'d> {
    fn broken(&mut self, place: &str, what: &str) {
        self.breaks.push(format!("{place}: {what}"));
    }

    fn operations(&mut self) {
        let (released, now) = (self.released, self.now);
        for (path, verbs) in members(&released["paths"]) {
            for (verb, before) in members(verbs) {
                let (place, after) = (format!("{verb} {path}"), &now["paths"][path][verb]);
                if after.is_null() {
                    self.broken(&place, "is gone");
                    continue;
                }
                if before["operationId"] != after["operationId"] {
                    self.broken(&place, "has another operationId");
                }
                self.parameters(&place, before, after);
                self.body(&place, &before["requestBody"], &after["requestBody"]);
                self.answers(&place, &before["responses"], &after["responses"]);
            }
        }
    }

    fn parameters(&mut self, place: &str, before: &'d Value, after: &'d Value) {
        let of = |document: &'d Value, operation: &'d Value| {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let named = |one: &'d Value| {
                let one = resolved(document, one);
                (format!("{} {}", one["in"], one["name"]).replace('"', ""), one)
            };
            parameters.map(named).collect::<Vec<_>>()
        };
        let (before, after) = (of(self.released, before), of(self.now, after));
        for (name, was) in &before {
            let place = format!("{place}, {name}");
            match after.iter().find(|(other, _)| other == name) {
                None => self.broken(&place, "is gone"),
                Some((_, is)) => {
                    if is["required"] == true && was["required"] != true {
                        self.broken(&place, "is needed now");
                    }
                    self.schema(&place, &was["schema"], &is["schema"], SchemaSide::Request);
                }
            }
        }
        let new = after
            .iter()
            .filter(|(name, _)| !before.iter().any(|(other, _)| other == name));
        for (name, _) in new.filter(|(_, is)| is["required"] == true) {
            self.broken(&format!("{place}, {name}"), "is new and needed");
        }
    }

    fn body(&mut self, place: &str, before: &'d Value, after: &'d Value) {
        if after["required"] == true && before["required"] != true {
            self.broken(place, "needs a body now");
        }
        for (media_type, was) in members(&before["content"]) {
            let is = &after["content"][media_type];
            if is.is_null() {
                self.broken(place, &format!("takes no {media_type}"));
            } else {
                self.schema(place, &was["schema"], &is["schema"], SchemaSide::Request);
            }
        }
    }

    fn answers(&mut self, place: &str, before: &'d Value, after: &'d Value) {
        for (status, was) in members(before) {
            let (place, is) = (format!("{place}, {status}"), &after[status]);
            // Which errors there are may change; how they are written may not.
            if is.is_null() {
                if status.starts_with('2') {
                    self.broken(&place, "is gone");
                }
                continue;
            }
            for (media_type, was) in members(&was["content"]) {
                let is = &is["content"][media_type];
                if is.is_null() {
                    self.broken(&place, &format!("has no {media_type}"));
                } else {
                    self.schema(&place, &was["schema"], &is["schema"], SchemaSide::Answer);
                }
            }
        }
    }

    fn schema(&mut self, place: &str, before: &'d Value, after: &'d Value, side: SchemaSide) {
        if let Some(name) = before["$ref"].as_str()
            && !self.seen.insert((name.to_owned(), side))
        {
            return;
        }
        let (before, after) = (resolved(self.released, before), resolved(self.now, after));
        if !before["type"].is_null() && !after["type"].is_null() && before["type"] != after["type"] {
            self.broken(place, "has another type");
        }
        // A request may take any word where it took some; an answer never says any.
        if !before["enum"].is_null() && (!after["enum"].is_null() || side == SchemaSide::Answer) {
            let kept = words(&after["enum"]);
            for word in words(&before["enum"]).iter().filter(|word| !kept.contains(word)) {
                self.broken(place, &format!("has no {word}"));
            }
        }
        self.required(place, before, after, side);
        for (name, was) in members(&before["properties"]) {
            let (place, is) = (format!("{place}.{name}"), &after["properties"][name]);
            if is.is_null() {
                self.broken(&place, "is gone");
            } else {
                self.schema(&place, was, is, side);
            }
        }
        if before["items"].is_object() {
            self.schema(&format!("{place}[]"), &before["items"], &after["items"], side);
        }
        for choice in ["oneOf", "anyOf", "allOf"] {
            let choices = before[choice].as_array().into_iter().flatten();
            for (number, was) in choices.enumerate() {
                let (place, is) = (format!("{place} {choice} {number}"), &after[choice][number]);
                if is.is_null() {
                    self.broken(&place, "is gone");
                } else {
                    self.schema(&place, was, is, side);
                }
            }
        }
    }

    fn required(&mut self, place: &str, before: &Value, after: &Value, side: SchemaSide) {
        let (was, is) = (words(&before["required"]), words(&after["required"]));
        let (from, to, what) = match side {
            SchemaSide::Request => (is, was, "is needed now"),
            SchemaSide::Answer => (was, is, "is no longer in every answer"),
        };
        for name in from.iter().filter(|name| !to.contains(name)) {
            self.broken(&format!("{place}.{name}"), what);
        }
    }
}

fn document(path: &str) -> Value {
    serde_json::from_str(&page(path)).expect("JSON")
}

#[test]
fn whoever_calls_the_last_release_can_call_this_one() {
    let (released, now) = (document("docs/openapi-released.json"), document("docs/openapi.json"));
    let breaks = breaks(&released, &now);
    assert!(
        breaks.is_empty(),
        "docs/openapi.json breaks callers of the last release:\n{}",
        breaks.join("\n")
    );
    assert!(members(&released["paths"]).count() > 10, "it is a description");
}

#[test]
fn every_sort_of_break_is_found() {
    let released = document("docs/openapi.json");
    let schema = |name: &str, rest: &str| format!("/components/schemas/{name}{rest}");
    let link = schema("TherapeuticLinkRequest", "");
    // Place that is changed, member that is set there (null: removed), and a part of what is found.
    #[rustfmt::skip] // one row a line
    let rows = [
        ("/paths".to_owned(), "/v1/readers", Value::Null, "get /v1/readers: is gone"),
        ("/paths/~1v1~1status/get".to_owned(), "operationId", json!("state"), "another operationId"),
        ("/paths/~1v1~1status/get/responses".to_owned(), "200", Value::Null, "get /v1/status, 200: is gone"),
        ("/paths/~1v1~1consents/post/responses".to_owned(), "202", Value::Null, "202: is gone"),
        ("/paths/~1v1~1consents/post/requestBody/content".to_owned(), "application/json", Value::Null, "takes no"),
        ("/paths/~1v1~1cards~1{cardId}~1verifications/post/requestBody".to_owned(), "required", json!(true), "needs a body"),
        ("/components/parameters/Prefer".to_owned(), "name", json!("Prefers"), "header Prefer: is gone"),
        ("/components/parameters/Prefer".to_owned(), "required", json!(true), "header Prefer: is needed now"),
        (format!("{link}/properties"), "comment", Value::Null, ".comment: is gone"),
        (format!("{link}/properties/situation"), "enum", json!(["long-term"]), ".situation: has no emergency"),
        (format!("{link}/properties/comment"), "type", json!("integer"), ".comment: has another type"),
        (link, "required", json!(["operation", "comment"]), ".comment: is needed now"),
        (schema("AddressAnswer", "/properties"), "postalCode", Value::Null, ".postalCode: is gone"),
        (schema("AddressAnswer", ""), "required", json!([]), "is no longer in every answer"),
        (schema("Problem", "/properties/code"), "enum", json!(["no-card"]), ".code: has no internal"),
        (schema("CardAnswer", "/properties/status"), "enum", json!(["reading"]), ".status: has no ready"),
    ];
    for (place, name, value, expected) in rows {
        let mut now = released.clone();
        let changed = now.pointer_mut(&place).and_then(Value::as_object_mut);
        let changed = changed.unwrap_or_else(|| panic!("no {place}"));
        if value.is_null() {
            changed.remove(name);
        } else {
            changed.insert(name.to_owned(), value);
        }
        let breaks = breaks(&released, &now);
        assert!(
            breaks.iter().any(|one| one.contains(expected)),
            "{place} {name}: {breaks:?}"
        );
    }
    assert!(breaks(&released, &released).is_empty());
}
