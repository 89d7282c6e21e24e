//! What a caller sent, made into a request: every member by its name, and nothing of a value in what is said of it.

use super::{ApiError, ErrorCode};
use crate::texts::Message;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads members into a request, or says which one is wrong.
///
/// # Errors
/// `invalid-request`.
pub(crate) fn parse<R: DeserializeOwned + JsonSchema>(members: Value) -> Result<R, ApiError> {
    let invalid = |reason: String| {
        let text = Message::new("detail-invalid-request").arg("reason", reason);
        ApiError::new(ErrorCode::InvalidRequest, text)
    };
    // Only what nests can have members without names.
    let nests = |value: &Value| value.is_array() || value.is_object();
    let nested = members.as_object().is_some_and(|members| members.values().any(nests));
    if nested {
        let schema = schemars::schema_for!(R).to_value();
        if !lists_are_lists(&members, &schema, &schema) {
            return Err(invalid("a list or an object where something else belongs".to_owned()));
        }
    }
    serde_json::from_value(members).map_err(|error| invalid(without_value(&error.to_string())))
}

/// Whether lists and objects stand where `schema`, a part of `root`, has them. Of a list in the place of an object, serde
/// would take the values without their names.
fn lists_are_lists(value: &Value, schema: &Value, root: &Value) -> bool {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let named = name.strip_prefix('#').and_then(|path| root.pointer(path));
        return named.is_none_or(|named| lists_are_lists(value, named, root));
    }
    let choices = schema
        .get("anyOf")
        .or_else(|| schema.get("oneOf"))
        .and_then(Value::as_array);
    if let Some(choices) = choices {
        return choices.iter().any(|one| lists_are_lists(value, one, root));
    }
    let may_be = |kind: &str| {
        schema.get("type").is_none_or(|kinds| {
            let kinds = kinds.as_array().map_or(std::slice::from_ref(kinds), Vec::as_slice);
            kinds.iter().any(|one| one == kind)
        })
    };
    match value {
        Value::Array(items) => {
            let each = schema.get("items").unwrap_or(&Value::Null);
            may_be("array") && items.iter().all(|item| lists_are_lists(item, each, root))
        }
        Value::Object(members) => {
            let properties = schema.get("properties");
            let known = |name: &str| properties.and_then(|properties| properties.get(name));
            let fits = |(name, member): (&String, &Value)| {
                known(name).is_none_or(|schema| lists_are_lists(member, schema, root))
            };
            may_be("object") && members.iter().all(fits)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// Says what a value is and not which: a national number sent as an integer is as personal as one in quotes.
fn without_value(reason: &str) -> String {
    let mistyped = ["invalid type: ", "invalid value: "]
        .into_iter()
        .find_map(|wrong| Some((wrong, reason.strip_prefix(wrong)?.rsplit_once(", expected ")?)));
    match mistyped {
        Some((wrong, (found, expected))) => {
            let kind = found.split(['`', '"']).next().unwrap_or_default().trim_end();
            format!("{wrong}{kind}, expected {expected}")
        }
        None => reason.to_owned(),
    }
}

/// The names of `T`'s members.
pub(crate) fn member_names<T: JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T);
    let members = schema.get("properties").and_then(Value::as_object);
    members
        .map(|members| members.keys().cloned().collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::types::{SignRequest, TherapeuticLinkRequest};
    use serde_json::json;

    #[test]
    fn values_without_names_are_no_members() {
        let link = |more: Value| {
            let mut members = json!({"operation": "put"});
            members
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            parse::<TherapeuticLinkRequest>(members)
        };
        let party = json!({"type": "persphysician", "nihii": "19999816004"});
        assert!(link(json!({"author": {"parties": [party]}, "types": ["gpconsultation"]})).is_ok());
        assert!(link(json!({"patient": {"givenNames": ["Anna", "Maria"]}, "links": [{"type": "delivery"}]})).is_ok());
        for nameless in [
            json!({"patient": ["85051402418"]}),
            json!({"author": [[["19999816004", null, null, null, "persphysician"]]]}),
            json!({"author": {"parties": [["19999816004", null, null, null, "persphysician"]]}}),
            json!({"links": [["delivery"]]}),
        ] {
            let error = link(nameless.clone()).err().unwrap_or_else(|| panic!("{nameless}"));
            assert_eq!(error.code, ErrorCode::InvalidRequest, "{nameless}");
        }
        let digest =
            json!({"format": "raw", "documents": [{"name": "a", "mediaType": "b", "digest": ["SHA-256", "AA=="]}]});
        assert!(parse::<SignRequest>(digest).is_err());
    }
}
