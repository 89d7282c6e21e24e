//! Members of a request: from its path, its query and its body.

use beid_api::twice::SaidTwice;
use beid_api::{ApiError, ErrorCode};
use beid_texts::{Language, Message};
use hyper::Method;
use hyper::http::request::Parts;
use serde_json::{Map, Value};

/// Collects the members of path, query and body. POST takes members from its body, other verbs from their query.
///
/// # Errors
/// `invalid-request` if a member is given twice, or stands where the verb takes none.
pub(super) fn members(head: &Parts, path: Map<String, Value>, body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let mut members = path;
    let in_query = head.method != Method::POST;
    for (name, value) in pairs(head.uri.query().unwrap_or_default())? {
        if !in_query {
            return Err(ApiError::invalid(
                "query",
                "must be empty: members of this request go into the body",
            ));
        }
        add(&mut members, name, Value::String(value))?;
    }
    if body.is_empty() {
        return Ok(members);
    }
    if in_query {
        return Err(ApiError::invalid("body", "must be empty"));
    }
    for (name, value) in object(body)? {
        add(&mut members, name, value)?;
    }
    Ok(members)
}

/// Takes `language` out of the members, as on the bus. A language without texts counts as none.
pub(super) fn language(members: &mut Map<String, Value>) -> Result<Option<Language>, ApiError> {
    match members.remove("language") {
        None => Ok(None),
        Some(Value::String(tag)) => Ok(Language::from_tag(&tag)),
        Some(_) => Err(ApiError::invalid("language", "must be nl, fr, de or en")),
    }
}

fn add(members: &mut Map<String, Value>, name: String, value: Value) -> Result<(), ApiError> {
    if members.contains_key(&name) {
        return Err(ApiError::said_twice(&name));
    }
    members.insert(name, value);
    Ok(())
}

/// Decodes the fields of a form.
///
/// # Errors
/// `invalid-request` if it is malformed.
pub(super) fn form(body: &[u8]) -> Result<Vec<(String, String)>, ApiError> {
    let malformed = || ApiError::invalid("body", "has a wrong percent-encoding");
    pairs(str::from_utf8(body).map_err(|_| malformed())?).map_err(|_| malformed())
}

/// Decodes a segment of a path (RFC 3986, 2.1); one with a wrong encoding stays as it is, and names nothing.
pub(super) fn segment(text: &str) -> String {
    // A plus sign is a blank in forms, and itself in paths.
    decode(&text.replace('+', "%2B")).unwrap_or_else(|| text.to_owned())
}

/// Parses a JSON object. The error gives line and column, and never the content, which may be about a patient.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let invalid = |reason: String| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            Message::new("detail-invalid-request").arg("reason", Message::from(reason)),
        )
    };
    let malformed = |error: serde_json::Error| {
        invalid(format!(
            "the body is not well-formed JSON (line {}, column {})",
            error.line(),
            error.column()
        ))
    };
    // Parsed twice: `Value` keeps the last of two members with one name, where another parser may keep the first.
    if let SaidTwice(Some(name)) = serde_json::from_slice(body).map_err(malformed)? {
        return Err(ApiError::said_twice(&name));
    }
    let Value::Object(members) = serde_json::from_slice(body).map_err(malformed)? else {
        return Err(invalid("the body is not a JSON object".to_owned()));
    };
    Ok(members)
}

/// Decodes a query (`application/x-www-form-urlencoded`).
fn pairs(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    let malformed = || ApiError::invalid("query", "has a wrong percent-encoding");
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((
                decode(name).ok_or_else(malformed)?,
                decode(value).ok_or_else(malformed)?,
            ))
        })
        .collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_texts::ErrorTexts;

    #[test]
    fn segments_of_paths_are_decoded_or_left_alone() {
        for (written, meant) in [
            ("abc", "abc"),
            ("https%3A%2F%2Fa.example", "https://a.example"),
            ("a+b%20%C3%A9", "a+b é"),
            ("%", "%"),
            ("%FF", "%FF"),
        ] {
            assert_eq!(segment(written), meant);
        }
    }

    #[test]
    fn queries_are_decoded_or_refused() {
        let check = |query: &str| pairs(query).ok();
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert_eq!(check(""), Some(vec![]));
        assert_eq!(check("fields=a%2Cb+c"), Some(pair("fields", "a,b c")));
        assert_eq!(check("x"), Some(pair("x", "")));
        assert_eq!(check("x=%C3%A9"), Some(pair("x", "é")));
        for wrong in ["x=%", "x=%4", "x=%zz", "x=%FF", "x=%+1"] {
            assert_eq!(check(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn malformed_json_is_placed_but_not_repeated() {
        let error = object(b"{\"a\": secret}").unwrap_err();
        let detail = error.detail(Language::En);
        assert!(
            detail.contains("line 1, column 7") && !detail.contains("secret"),
            "{detail}"
        );
        assert!(object(b"[]").is_err() && object(b"\xFF").is_err());
        let twice = object(br#"{"patient":{"nationalNumber":"1","nationalNumber":"2"}}"#).unwrap_err();
        let detail = twice.detail(Language::En);
        assert!(
            detail.contains("nationalNumber") && detail.contains("twice"),
            "{detail}"
        );
    }
}
