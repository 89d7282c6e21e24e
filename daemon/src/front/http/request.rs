//! From a request to a call: the checks, in their order, and the members.

use super::access::{self, Credentials};
use super::routes::{Endpoint, Found, Routes, Target};
use super::{events, openapi, response};
use crate::api::{Answer, ApiError, ErrorCode, Operation};
use crate::service::caller::Caller;
use crate::service::{Call, Service};
use crate::texts::{Language, Message};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use hyper::http::request::Parts;
use hyper::{Method, Request};
use response::Response;
use serde_json::{Map, Value};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How large a body may be, in bytes.
const BODY: usize = 64 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every connection answers from.
pub(super) struct Front {
    pub(super) service: Arc<Service>,
    pub(super) routes: Routes,
    pub(super) port: u16,
    pub(super) stop: CancellationToken,
}

impl Front {
    /// Answers one request. Dropping the future, as is done when the client goes, cancels what it waits for.
    pub(super) async fn respond<B>(&self, request: Request<B>) -> Response
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let started = Instant::now();
        let (head, body) = request.into_parts();
        let found = self.routes.find(intended(&head), head.uri.path());
        let mut answered = self.checked(&head, body, &found).await;
        response::harden(&mut answered);
        tracing::debug!(
            method = %head.method,
            route = found.template(),
            status = answered.status().as_u16(),
            milliseconds = started.elapsed().as_millis(),
            "request"
        );
        answered
    }

    /// Every check, in the order of the contract; the first that fails answers.
    async fn checked<B>(&self, head: &Parts, body: B, found: &Found<'_>) -> Response
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let language = language(&head.headers);
        let listed = &self.service.config().origins;
        // Before it is known that a page may call, it may not see why not either: no CORS headers.
        let origin = match access::host(head, self.port) // 421
            .and_then(|()| access::origin(&head.headers, found.is_open(), listed)) // 403
        {
            Err(error) => return response::problem(&error, language),
            Ok(origin) => origin,
        };
        if head.method == Method::OPTIONS && found.is_somewhere() {
            return response::options(head, origin.as_deref(), &found.allow());
        }
        let passed = async {
            let endpoint = found.endpoint()?; // 404, 405
            media_type(&head.headers)?; // 415
            let body = whole(&head.headers, body).await?; // 413
            let credentials = Credentials::of(&head.headers, origin.clone())?; // 401
            let caller = credentials.caller(&self.service, found.is_open())?; // 401
            caller.may(endpoint.scope())?; // 403
            no_idempotency_key(&head.headers)?; // 400
            self.reached(head, endpoint, found, &body, caller, credentials).await
        };
        let mut answered = match passed.await {
            Ok(answered) => answered,
            Err(error) => response::problem(&error, language),
        };
        if answered.status() == hyper::StatusCode::METHOD_NOT_ALLOWED {
            response::add(&mut answered, hyper::header::ALLOW, &found.allow());
        }
        if let Some(origin) = &origin {
            response::share_with(&mut answered, origin);
        }
        answered
    }

    /// Does what the endpoint is for.
    async fn reached(
        &self,
        head: &Parts,
        endpoint: &Endpoint,
        found: &Found<'_>,
        body: &[u8],
        caller: Caller,
        credentials: Credentials,
    ) -> Result<Response, ApiError> {
        match endpoint.target {
            Target::Events => {
                acceptable(&head.headers, "text/event-stream")?;
                let resumed = head.headers.contains_key("last-event-id");
                let service = Arc::clone(&self.service);
                Ok(events::stream(
                    service,
                    credentials,
                    caller.id,
                    resumed,
                    self.stop.clone(),
                ))
            }
            Target::OpenApi => {
                acceptable(&head.headers, response::JSON)?;
                Ok(response::json(200, &openapi::document(self.port)))
            }
            Target::Operation(operation) => {
                if operation.answer.is_some() {
                    acceptable(&head.headers, response::JSON)?;
                }
                let call = Call {
                    members: members(head, found.members.clone(), body)?,
                    language: language(&head.headers),
                };
                if operation.human && prefers_async(&head.headers) {
                    return self.started(operation, caller, call);
                }
                let answer = self.service.call(operation, caller, call).await?;
                answered(head, endpoint, answer)
            }
        }
    }

    /// Begins what a person must be waited for, and says where to look.
    fn started(&self, operation: &'static Operation, caller: Caller, call: Call) -> Result<Response, ApiError> {
        let (owner, language) = (caller.id.clone(), call.language);
        let id = self.service.start(operation, caller, call)?;
        let view = self.service.running.view(&id, &owner).ok_or(ErrorCode::NotFound)?;
        let members = serde_json::to_value(view.to_answer(language)).map_err(ApiError::internal)?;
        Ok(response::accepted(&id, &members))
    }
}

/// The verb, or the one a preflight asks about.
fn intended(head: &Parts) -> &str {
    let asked = head.headers.get("access-control-request-method");
    match asked.and_then(|asked| asked.to_str().ok()) {
        Some(asked) if head.method == Method::OPTIONS => asked,
        _ => head.method.as_str(),
    }
}

fn answered(head: &Parts, endpoint: &Endpoint, answer: Answer) -> Result<Response, ApiError> {
    let (mut response, card_id) = match answer {
        Answer::Members(members) => {
            let card_id = members.get("cardId").and_then(Value::as_str).map(str::to_owned);
            (response::json(endpoint.route.status, &members), card_id)
        }
        Answer::Octets {
            card_id,
            media_type,
            data,
        } => {
            acceptable(&head.headers, media_type)?;
            (response::octets(endpoint.route.status, media_type, data), Some(card_id))
        }
    };
    if let (true, Some(card_id)) = (endpoint.route.path.contains("{cardId}"), card_id) {
        let mut location = endpoint.route.path.replace("{cardId}", &card_id);
        if let Some(query) = head.uri.query() {
            location = format!("{location}?{query}");
        }
        response::add(&mut response, hyper::header::CONTENT_LOCATION, &location);
    }
    Ok(response)
}

/// The caller's language, for texts.
fn language(headers: &HeaderMap) -> Language {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|asked| asked.to_str().ok());
    asked.and_then(Language::of_accept_language).unwrap_or_default()
}

/// A body is JSON, and says so: a form of a foreign page cannot.
fn media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let refused = Err(ErrorCode::UnsupportedMediaType.into());
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return refused;
    }
    let has_body = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0")
        || headers.contains_key(hyper::header::TRANSFER_ENCODING);
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (None, _) if has_body => refused,
        (None, _) => Ok(()),
        (Some(said), None) if said.to_str().is_ok_and(is_json) => Ok(()),
        (Some(_), _) => refused,
    }
}

fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case(response::JSON));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

/// The body, whole, if it is not too large. HTTP/2 may come without a length, so bytes are counted as well.
async fn whole<B>(headers: &HeaderMap, body: B) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length.is_some_and(|length| length.parse::<usize>().is_ok_and(|length| length > BODY)) {
        return Err(ErrorCode::TooLarge.into());
    }
    let cut = || ApiError::invalid("body", "it did not arrive whole");
    let collected = tokio::time::timeout(PATIENCE, Limited::new(body, BODY).collect()).await;
    let collected = collected.map_err(|_| cut())?;
    let collected = collected.map_err(|error| match error.downcast::<LengthLimitError>() {
        Ok(_) => ErrorCode::TooLarge.into(),
        Err(_) => cut(),
    })?;
    let body = collected.to_bytes();
    if body.is_empty() || headers.contains_key(CONTENT_TYPE) {
        Ok(body)
    } else {
        Err(ErrorCode::UnsupportedMediaType.into()) // HTTP/2 with a body, without its length or type
    }
}

/// We could not keep what the key promises, so it is refused rather than ignored.
fn no_idempotency_key(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key("idempotency-key") {
        let text = Message::new("detail-idempotency-key");
        return Err(ApiError::new(ErrorCode::InvalidRequest, text));
    }
    Ok(())
}

/// Whether the caller would rather be told at once where to look (RFC 7240). `wait` is a wish we do not know yet.
fn prefers_async(headers: &HeaderMap) -> bool {
    let wishes = headers
        .get_all("prefer")
        .iter()
        .filter_map(|wishes| wishes.to_str().ok());
    wishes
        .flat_map(|wishes| wishes.split(','))
        .any(|wish| wish.trim().eq_ignore_ascii_case("respond-async"))
}

/// Whether `offered` is among the media types the caller takes (RFC 9110, 12.5.1). The nearest range decides.
fn acceptable(headers: &HeaderMap, offered: &str) -> Result<(), ApiError> {
    let (group, _) = offered.split_once('/').unwrap_or_default();
    let group = format!("{group}/*");
    let mut nearest: Option<(usize, bool)> = None;
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
            nearest = Some((nearness, weight.unwrap_or(1.0) > 0.0));
        }
    }
    match nearest {
        Some((_, true)) => Ok(()),
        None if !asked => Ok(()),
        Some((_, false)) | None => Err(ErrorCode::NotAcceptable.into()),
    }
}

/// Members of path, query and body, each said once.
fn members(head: &Parts, path: Map<String, Value>, body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let mut members = path;
    let in_query = head.method != Method::POST;
    for (name, value) in pairs(head.uri.query().unwrap_or_default())? {
        if !in_query {
            return Err(ApiError::invalid("query", "members of this request go into the body"));
        }
        add(&mut members, name, Value::String(value))?;
    }
    if body.is_empty() {
        return Ok(members);
    }
    if in_query {
        return Err(ApiError::invalid("body", "this request has none"));
    }
    for (name, value) in object(body)? {
        add(&mut members, name, value)?;
    }
    Ok(members)
}

fn add(members: &mut Map<String, Value>, name: String, value: Value) -> Result<(), ApiError> {
    if members.contains_key(&name) {
        return Err(ApiError::invalid(shown(&name), "said twice"));
    }
    members.insert(name, value);
    Ok(())
}

/// A caller's own word, short and plain enough to say back.
fn shown(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect()
}

/// A JSON object, or where it goes wrong; never what stands there.
fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let invalid = |reason: String| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            Message::new("detail-invalid-request").arg("reason", reason),
        )
    };
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(invalid("the body is not a JSON object".to_owned())),
        Err(error) => Err(invalid(format!(
            "the body is not well-formed JSON (line {}, column {})",
            error.line(),
            error.column()
        ))),
    }
}

/// `application/x-www-form-urlencoded`, as in queries.
fn pairs(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    let malformed = || ApiError::invalid("query", "its percent-encoding is wrong");
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
                acceptable(&headers("accept", accept), "application/json").is_ok(),
                fits,
                "{accept:?}"
            );
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
    fn prefer_is_a_list_in_any_case() {
        for (prefer, wished) in [
            (None, false),
            (Some("respond-async"), true),
            (Some("wait=10, Respond-Async"), true),
            (Some("wait=10"), false),
        ] {
            assert_eq!(prefers_async(&headers("prefer", prefer)), wished, "{prefer:?}");
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
    }
}
