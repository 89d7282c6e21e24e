//! Shapes of requests and answers (JSON Schema 2020-12), made from the types that are parsed and written.

use super::types::IDENTITY_MEMBERS;
use crate::{ErrorCode, Scope};
use beid_pki::CheckName;
use beid_protocol::codes::{CallerCode, Proof};
use schemars::generate::{Contract, SchemaSettings};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// Generator of shapes whose parts refer to each other under `definitions`.
///
/// The contract decides what is required: a member of an answer that is left out when it is empty is not, and neither is
/// one of a request that has a default.
pub fn generator(definitions: &'static str, contract: Contract) -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = definitions.into();
    settings.contract = contract;
    settings.into_generator()
}

/// Rewrites a shape for generators of clients, which understand less than JSON Schema has:
///
/// - a choice of constants becomes a plain `enum`: several generators take the first constant for the only one;
/// - a member that may be absent is not also `null`: answers leave it out, and requests need say nothing.
pub fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let required = members
                .get("required")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            if let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) {
                let optional = properties
                    .iter_mut()
                    .filter(|(name, _)| !required.contains(&json!(name)));
                optional.for_each(|(_, property)| never_null(property));
            }
            plain_enum(schema);
            if let Value::Object(members) = schema {
                members.values_mut().for_each(tidy);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes the null out of what a member can be.
fn never_null(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    let null = json!({ "type": "null" });
    if let Some(kinds) = members.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            members.insert("type".to_owned(), kind);
        }
    }
    if let Some(values) = members.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
    if let Some(choices) = members.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| *choice != null);
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            members.remove("anyOf");
            members.extend(only);
        }
    }
    // Said by the member's absence from `required`.
    if members.get("default").is_some_and(Value::is_null) {
        members.remove("default");
    }
}

/// Makes one `enum` of a choice of constants, and one description of theirs.
fn plain_enum(schema: &mut Value) {
    let Some(choices) = schema.get("oneOf").and_then(Value::as_array) else {
        return;
    };
    let mut words = Vec::new();
    let mut lines = Vec::new();
    for choice in choices {
        let one = choice.get("const").map(|word| vec![word.clone()]);
        let Some(found) = one.or_else(|| choice.get("enum").and_then(Value::as_array).cloned()) else {
            return;
        };
        if let (Some(text), [Value::String(word)]) =
            (choice.get("description").and_then(Value::as_str), found.as_slice())
        {
            lines.push(format!("- `{word}`: {text}"));
        }
        words.extend(found);
    }
    let Some(members) = schema.as_object_mut() else { return };
    members.remove("oneOf");
    let said = members.get("description").and_then(Value::as_str).map(str::to_owned);
    let text = [said, Some(lines.join("\n")).filter(|lines| !lines.is_empty())];
    let text: Vec<String> = text.into_iter().flatten().collect();
    if !text.is_empty() {
        members.insert("description".to_owned(), text.join("\n\n").into());
    }
    members.insert("type".to_owned(), "string".into());
    members.insert("enum".to_owned(), Value::Array(words));
}

/// Shape of one of `words`, for the items of a list.
pub fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// Words of CD-PROOFTYPE that clients send.
pub fn proofs() -> Vec<&'static str> {
    Proof::codes()
}

/// Names of the checks of a card.
pub fn card_checks() -> Vec<&'static str> {
    CheckName::OF_CARD.into_iter().map(CheckName::name).collect()
}

/// Names of the checks that answers about a card tell: those that can be asked for, and the one that nobody here can make.
pub fn told_checks() -> Vec<&'static str> {
    let not_made = CheckName::DocumentNotStopped.name();
    card_checks().into_iter().chain([not_made]).collect()
}

/// Words of the scopes.
pub fn scopes() -> Vec<&'static str> {
    Scope::ALL.iter().map(|scope| scope.word()).collect()
}

/// Codes of the errors.
pub fn error_codes() -> Vec<&'static str> {
    ErrorCode::ALL.iter().map(|code| code.code()).collect()
}

/// Shape of a whole number of any size.
pub fn integer(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer" })
}

/// A list of members of the identity.
pub fn identity_fields(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": { "type": "string", "enum": IDENTITY_MEMBERS } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mut given: Value, expected: &Value) {
        tidy(&mut given);
        assert_eq!(given, *expected);
    }

    #[test]
    fn members_of_the_identity_are_listed_in_their_order() {
        let shape = schemars::schema_for!(crate::types::IdentityAnswer).to_value();
        let members: Vec<_> = shape["properties"].as_object().unwrap().keys().collect();
        assert_eq!(members, IDENTITY_MEMBERS);
    }

    #[test]
    fn constants_become_one_enum() {
        check(
            json!({ "description": "What to do.", "oneOf": [
                { "type": "string", "const": "put", "description": "Register it." },
                { "type": "string", "enum": ["get", "has"] },
            ] }),
            &json!({ "description": "What to do.\n\n- `put`: Register it.", "type": "string", "enum": ["put", "get", "has"] }),
        );
    }

    #[test]
    fn a_choice_of_shapes_stays_one() {
        let choice = json!({ "oneOf": [{ "type": "string", "const": "a" }, { "type": "integer" }] });
        check(choice.clone(), &choice);
    }

    #[test]
    fn what_may_be_absent_is_not_null_and_what_is_required_may_be() {
        check(
            json!({ "type": "object", "required": ["card"], "properties": {
                "card": { "anyOf": [{ "$ref": "#/x" }, { "type": "null" }] },
                "other": { "description": "d", "anyOf": [{ "$ref": "#/x" }, { "type": "null" }], "default": null },
                "text": { "type": ["string", "null"], "enum": ["a", null] },
            } }),
            &json!({ "type": "object", "required": ["card"], "properties": {
                "card": { "anyOf": [{ "$ref": "#/x" }, { "type": "null" }] },
                "other": { "description": "d", "$ref": "#/x" },
                "text": { "type": "string", "enum": ["a"] },
            } }),
        );
    }
}
