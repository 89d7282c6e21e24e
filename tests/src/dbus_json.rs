//! Between plain JSON and what `busctl` reads and prints.

use serde_json::{Map, Value};

/// Arguments of `busctl` for one `a{sv}`, signature first: integers `x`, lists of strings `as`, other lists `av`.
pub(crate) fn arguments(members: &Value) -> Vec<String> {
    let mut words = vec!["a{sv}".to_owned()];
    push_object(
        &mut words,
        members.as_object().expect("the argument of a method is an object"),
    );
    words
}

fn push_object(words: &mut Vec<String>, members: &Map<String, Value>) {
    words.push(members.len().to_string());
    for (name, value) in members {
        words.push(name.clone());
        push_variant(words, value);
    }
}

fn push_variant(words: &mut Vec<String>, value: &Value) {
    let mut simple = |signature: &str, value: String| words.extend([signature.to_owned(), value]);
    match value {
        Value::Bool(value) => simple("b", value.to_string()),
        Value::Number(value) if value.is_f64() => simple("d", value.to_string()),
        Value::Number(value) => simple("x", value.to_string()),
        Value::String(value) => simple("s", value.clone()),
        Value::Object(members) => {
            words.push("a{sv}".to_owned());
            push_object(words, members);
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
            simple("as", items.len().to_string());
            words.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        Value::Array(items) => {
            simple("av", items.len().to_string());
            items.iter().for_each(|item| push_variant(words, item));
        }
        Value::Null => panic!("D-Bus has no null"),
    }
}

/// The arguments of a message as `busctl --json` prints them, without the types.
pub(crate) fn plain_arguments(payload: &Value) -> Vec<Value> {
    let mut signature = payload.get("type").and_then(Value::as_str).unwrap_or_default();
    let mut values = Vec::new();
    for data in payload.get("data").and_then(Value::as_array).into_iter().flatten() {
        let (first, rest) = signature.split_at(type_len(signature));
        values.push(plain(first, data));
        signature = rest;
    }
    values
}

/// One value of type `signature`, without the types of the variants in it.
fn plain(signature: &str, data: &Value) -> Value {
    match (signature, data) {
        ("v", Value::Object(variant)) => {
            let signature = variant.get("type").and_then(Value::as_str).unwrap_or_default();
            plain(signature, variant.get("data").unwrap_or(&Value::Null))
        }
        (dictionary, Value::Object(members)) => {
            // a{sv}: the values are behind the key, a single letter.
            let value = dictionary
                .get(3..dictionary.len().saturating_sub(1))
                .unwrap_or_default();
            members
                .iter()
                .map(|(name, member)| (name.clone(), plain(value, member)))
                .collect()
        }
        (list, Value::Array(items)) if list.starts_with('a') => {
            let item = list.get(1..).unwrap_or_default();
            items.iter().map(|value| plain(item, value)).collect()
        }
        (structure, Value::Array(items)) => {
            let mut members = structure.get(1..).unwrap_or_default();
            let next = |value| {
                let (first, rest) = members.split_at(type_len(members));
                members = rest;
                plain(first, value)
            };
            items.iter().map(next).collect()
        }
        _ => data.clone(),
    }
}

/// Length of the first complete type of a signature.
fn type_len(signature: &str) -> usize {
    let mut depth = 0_i32;
    for (at, letter) in signature.char_indices() {
        match letter {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            // What it is a list of comes next.
            'a' => continue,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    signature.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_become_typed_words() {
        let members = json!({ "n": -1, "on": true, "names": ["a", "b c"], "in": { "s": "x" }, "list": [1, "y"] });
        let words = "a{sv} 5 n x -1 on b true names as 2 a|b c in a{sv} 1 s s x list av 2 x 1 s y";
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let found = arguments(&members).join(" ").replace("a b c", "a|b c");
        assert_eq!(found, words.join(" "));
        assert_eq!(arguments(&json!({})), ["a{sv}", "0"]);
    }

    fn check(payload: Value, expected: Value) {
        assert_eq!(Value::Array(plain_arguments(&payload)), expected);
    }

    #[test]
    fn types_are_taken_away() {
        let inner = json!({ "type": { "type": "s", "data": "t" }, "data": { "type": "ay", "data": [1, 2] } });
        check(
            json!({ "type": "a{sv}", "data": [{ "inner": { "type": "a{sv}", "data": inner } }] }),
            json!([{ "inner": { "type": "t", "data": [1, 2] } }]),
        );
        check(
            json!({ "type": "sa{sv}", "data": ["gone", { "code": { "type": "s", "data": "card-removed" } }] }),
            json!(["gone", { "code": "card-removed" }]),
        );
        check(
            json!({ "type": "av(sv)x", "data": [[{ "type": "x", "data": 1 }], ["a", { "type": "b", "data": true }], 7] }),
            json!([[1], ["a", true], 7]),
        );
        check(
            json!({ "type": "a{oa{sa{sv}}}", "data": [{ "/p": { "i": { "P": { "type": "q", "data": 3 } } } }] }),
            json!([{ "/p": { "i": { "P": 3 } } }]),
        );
        check(json!({ "type": "", "data": [] }), json!([]));
    }
}
