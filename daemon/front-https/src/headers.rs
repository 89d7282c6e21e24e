//! Headers of a request: language and media types.

use beid_api::JSON;
use beid_api::{ApiError, ErrorCode};
use beid_texts::Language;
use hyper::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING,
};

/// Language of texts for the caller, from `Accept-Language`.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|asked| asked.to_str().ok());
    asked.and_then(Language::from_accept_language).unwrap_or_default()
}

/// Accepts a body only if it is declared as JSON without a content coding. Forms of foreign pages cannot declare that
/// type without a preflight (Fetch, "CORS-safelisted request-header").
///
/// # Errors
/// `unsupported-media-type`.
pub(super) fn media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let refused = Err(ErrorCode::UnsupportedMediaType.into());
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return refused;
    }
    let has_body =
        headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") || headers.contains_key(TRANSFER_ENCODING);
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (None, _) if has_body => refused,
        (None, _) => Ok(()),
        (Some(said), None) if said.to_str().is_ok_and(is_json) => Ok(()),
        (Some(_), _) => refused,
    }
}

/// Length of the body that the head states, if it states one.
///
/// # Errors
/// `too-large` if that is above `limit`.
pub(super) fn length(headers: &HeaderMap, limit: usize) -> Result<Option<usize>, ApiError> {
    let said = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    // A value that is no number, or too large for one, is refused by the HTTP library, or by counting what arrives.
    let length = said.and_then(|length| length.parse().ok());
    match length {
        Some(length) if length > limit => Err(ErrorCode::TooLarge.into()),
        _ => Ok(length),
    }
}

fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(JSON));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

/// The media type among `offered` that the caller prefers (RFC 9110, 12.5.1); the first one if several weigh the same.
///
/// # Errors
/// `not-acceptable` if the caller accepts none of them.
pub(super) fn choice(headers: &HeaderMap, offered: &[&'static str]) -> Result<&'static str, ApiError> {
    let mut best: Option<(&'static str, f32)> = None;
    for media_type in offered {
        let weight = weight(headers, media_type);
        if weight > best.map_or(0.0, |(_, best)| best) {
            best = Some((media_type, weight));
        }
    }
    best.map(|(media_type, _)| media_type)
        .ok_or_else(|| ErrorCode::NotAcceptable.into())
}

/// Weight of `offered` for the caller, 0 to 1. The most specific range decides; without `Accept`, everything weighs 1.
fn weight(headers: &HeaderMap, offered: &str) -> f32 {
    let (group, _) = offered.split_once('/').unwrap_or_default();
    let group = format!("{group}/*");
    let mut nearest: Option<(usize, f32)> = None;
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|ranges| ranges.to_str().ok());
    let mut asked = false;
    for range in ranges
        .flat_map(|ranges| ranges.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
    {
        asked = true;
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let nearness = ["*/*", group.as_str(), offered]
            .iter()
            .position(|known| name.eq_ignore_ascii_case(known));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        if let Some(nearness) = nearness
            && nearest.is_none_or(|(known, _)| known <= nearness)
        {
            nearest = Some((nearness, weight.unwrap_or(1.0)));
        }
    }
    match nearest {
        Some((_, weight)) => weight,
        None if asked => 0.0,
        None => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: Option<&str>) -> HeaderMap {
        let value = value.map(|value| (hyper::header::HeaderName::from_static(name), value.parse().unwrap()));
        value.into_iter().collect()
    }

    #[test]
    fn accept_excludes_only_what_it_excludes() {
        for (accept, fits) in [
            (None, true),
            (Some("*/*"), true),
            (Some("application/*"), true),
            (Some("text/html, application/json;q=0.1"), true),
            (Some("Application/JSON; charset=utf-8"), true),
            (Some("application/fhir+json"), false),
            (Some("text/*"), false),
            (Some("application/json;q=0, */*"), false),
            (Some("*/*;q=0"), false),
        ] {
            assert_eq!(
                choice(&headers("accept", accept), &["application/json"]).is_ok(),
                fits,
                "{accept:?}"
            );
        }
    }

    #[test]
    fn of_several_forms_the_one_liked_best_is_given() {
        let offered @ [json, der, pem] = ["application/json", "application/pkix-cert", "application/x-pem-file"];
        #[rustfmt::skip] // one row a line
        let rows = [
            (None, Some(json)),
            (Some("*/*"), Some(json)),
            (Some("application/x-pem-file"), Some(pem)),
            (Some("application/json;q=0.5, application/pkix-cert"), Some(der)),
            (Some("application/pkix-cert;q=0.1, application/x-pem-file;q=0.2"), Some(pem)),
            (Some("application/json;q=0, */*;q=0.1"), Some(der)),
            (Some("text/html, image/*"), None),
            (Some("application/pkix-cert;q=0"), None),
        ];
        for (accept, chosen) in rows {
            assert_eq!(choice(&headers("accept", accept), &offered).ok(), chosen, "{accept:?}");
        }
    }

    #[test]
    fn content_type_is_json_in_utf_8() {
        for (said, fits) in [
            (Some("application/json"), true),
            (Some("application/json; charset=UTF-8"), true),
            (Some("application/json; charset=latin1"), false),
            (Some("text/plain"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("application/jsonp"), false),
            (None, true),
        ] {
            assert_eq!(media_type(&headers("content-type", said)).is_ok(), fits, "{said:?}");
        }
        assert!(media_type(&headers("content-length", Some("2"))).is_err());
        assert!(media_type(&headers("content-length", Some("0"))).is_ok());
    }
}
