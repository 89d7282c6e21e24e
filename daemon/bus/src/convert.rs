//! JSON and `a{sv}`: the same members, one converter each way.
//!
//! | JSON | D-Bus |
//! |---|---|
//! | integer | `x` (coming in: any integer type) |
//! | boolean, string | `b`, `s` |
//! | object | `a{sv}` |
//! | list of strings, empty list | `as` |
//! | other list | `av` |
//! | null | left out |

use crate::api::ApiError;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use zbus::Variant;

/// Members as they travel, `a{sv}`; in alphabetical order, so that two answers can be compared.
pub type BusDict = BTreeMap<String, Variant<'static>>;

/// Reason of an error about a value of another type.
const ACCEPTED: &str = "must be a text, an integer, a boolean, a list, or members";

/// Converts members on their way out.
#[must_use]
pub fn to_dict(members: &Map<String, Value>) -> BusDict {
    let present = members.iter().filter(|(_, value)| !value.is_null());
    present.map(|(name, value)| (name.clone(), to_variant(value))).collect()
}

fn to_variant(value: &Value) -> Variant<'static> {
    match value {
        // D-Bus has no null. Members that are null have been left out; in a list that would move the items behind it.
        Value::Null => Variant::from(String::new()),
        Value::Bool(flag) => Variant::from(*flag),
        Value::Number(number) => to_number(number),
        Value::String(text) => Variant::from(text.clone()),
        Value::Array(items) => to_list(items),
        Value::Object(members) => Variant::from(to_dict(members)),
    }
}

/// Converts a number. Answers hold integers only; one too large for `x` would become a double.
fn to_number(number: &Number) -> Variant<'static> {
    number
        .as_i64()
        .map_or_else(|| Variant::from(number.as_f64().unwrap_or_default()), Variant::from)
}

fn to_list(items: &[Value]) -> Variant<'static> {
    let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    match texts {
        Some(texts) => Variant::from(texts),
        None => Variant::from(items.iter().map(to_variant).collect::<Vec<_>>()),
    }
}

/// Converts members on their way in.
///
/// # Errors
/// `invalid-request` naming the member whose type has no counterpart: doubles, structures, file descriptors …
pub fn to_members<'v>(dict: impl IntoIterator<Item = (String, Variant<'v>)>) -> Result<Map<String, Value>, ApiError> {
    let member = |(name, value): (String, Variant<'_>)| {
        let value = to_json(&name, &value)?;
        Ok((name, value))
    };
    dict.into_iter().map(member).collect()
}

/// Converts one value on its way in; `member` names it in errors.
///
/// # Errors
/// As [`to_members`].
pub fn to_json(member: &str, value: &Variant<'_>) -> Result<Value, ApiError> {
    Ok(match value {
        Variant::Bool(flag) => Value::Bool(*flag),
        Variant::I16(number) => (*number).into(),
        Variant::U16(number) => (*number).into(),
        Variant::I32(number) => (*number).into(),
        Variant::U32(number) => (*number).into(),
        Variant::I64(number) => (*number).into(),
        Variant::U64(number) => (*number).into(),
        Variant::Str(text) => Value::String(text.as_str().to_owned()),
        Variant::Variant(inner) => to_json(member, inner)?,
        Variant::Array(items) if items.element_signature().to_string() != "y" => {
            let items = items.inner().iter().map(|item| to_json(member, item));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Variant::Dict(entries) => {
            let entry = |(key, value): (&Variant<'_>, &Variant<'_>)| {
                let Variant::Str(key) = key else {
                    return Err(ApiError::invalid(member, ACCEPTED));
                };
                Ok((key.as_str().to_owned(), to_json(key.as_str(), value)?))
            };
            Value::Object(entries.iter().map(entry).collect::<Result<_, ApiError>>()?)
        }
        Variant::U8(_)
        | Variant::F64(_)
        | Variant::Signature(_)
        | Variant::ObjectPath(_)
        | Variant::Array(_)
        | Variant::Structure(_)
        | Variant::Fd(_) => return Err(ApiError::invalid(member, ACCEPTED)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ErrorCode;
    use crate::texts::ErrorTexts;
    use serde_json::json;
    use zbus::ObjectPath;

    fn members(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn signature(value: Value) -> String {
        to_variant(&value).value_signature().to_string()
    }

    #[test]
    fn json_has_one_signature_each() {
        for (value, expected) in [
            (json!(3), "x"),
            (json!(-3), "x"),
            (json!(true), "b"),
            (json!("tekst"), "s"),
            (json!({"a": 1}), "a{sv}"),
            (json!({}), "a{sv}"),
            (json!(["a", "b"]), "as"),
            (json!([]), "as"),
            (json!([{"a": 1}]), "av"),
            (json!([1, "a"]), "av"),
        ] {
            assert_eq!(signature(value.clone()), expected, "{value}");
        }
    }

    #[test]
    fn round_trip_through_the_wire_keeps_members() {
        let sent = members(json!({
            "number": 1_234_567_890_123_i64, "flag": false, "text": "Zoë", "empty": [], "texts": ["a", "b"],
            "objects": [{"name": "x", "inner": {"deep": [1, 2]}}], "object": {"none": {}}
        }));
        let message = zbus::Message::method_call("/a", "B").build(&to_dict(&sent)).unwrap();
        let body = message.body();
        assert_eq!(body.signature().to_string(), "a{sv}");
        let received: BTreeMap<String, Variant<'_>> = body.deserialize().unwrap();
        assert_eq!(Value::Object(to_members(received).unwrap()), Value::Object(sent));
    }

    #[test]
    fn null_members_are_left_out() {
        assert_eq!(to_dict(&members(json!({"card": null, "id": "0"}))).len(), 1);
    }

    #[test]
    fn every_integer_type_and_nested_variants_are_taken() {
        let nested = Variant::Variant(Box::new(Variant::Variant(Box::new(Variant::from("x")))));
        for (given, expected) in [
            (Variant::from(-7_i16), json!(-7)),
            (Variant::from(7_u16), json!(7)),
            (Variant::from(-7_i32), json!(-7)),
            (Variant::from(7_u32), json!(7)),
            (Variant::from(-7_i64), json!(-7)),
            (Variant::from(u64::MAX), json!(u64::MAX)),
            (Variant::from(vec![1_u32, 2]), json!([1, 2])),
            (nested, json!("x")),
        ] {
            assert_eq!(to_json("member", &given).unwrap(), expected);
        }
    }

    #[test]
    fn types_without_meaning_are_refused_by_member() {
        let by_number = Variant::from(BTreeMap::from([(1_u32, "x")]));
        let octets = Variant::from(vec![1_u8, 2]);
        let path = Variant::from(ObjectPath::try_from("/a").unwrap());
        for given in [
            Variant::from(1.5),
            Variant::from(7_u8),
            octets,
            path,
            by_number,
            Variant::from((1, 2)),
        ] {
            let error = to_json("startDate", &given).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidRequest);
            assert!(error.detail(crate::texts::Language::En).contains("startDate"));
        }
    }
}
