//! Responses, and the headers they all carry.

use beid_api::ApiError;
use beid_api::{CSV, FHIR, JSON};
use beid_texts::{ErrorTexts, Language};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::StatusCode;
use hyper::body::{Body, Bytes};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use serde_json::Value;
use std::convert::Infallible;

/// Response with a body of any kind.
pub(super) type Response = hyper::Response<UnsyncBoxBody<Bytes, Infallible>>;

/// Headers of every response. HSTS is left out: it holds for a host with all its ports (RFC 6797, 8.3), so it would bind
/// every other service on localhost too.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    // Foreign pages cannot have answers as images, scripts or the like, nor learn that there was one. Requests with CORS,
    // which is how listed pages ask, are not touched by it (Fetch, 3.7).
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::VARY, "Origin"),
];

/// Adds the headers that every response has, unless it has its own.
pub(super) fn harden(response: &mut Response) {
    for (name, value) in ALWAYS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

/// Sets one header; a value that no header can have is left out.
pub(super) fn add(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Lets a page of `origin` read the response.
pub(super) fn share_with(response: &mut Response, origin: &str) {
    add(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    add(
        response,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "Location, Content-Location, Preference-Applied, Retry-After",
    );
}

/// A response of `status`, with octets of `media_type`.
pub(super) fn octets(status: u16, media_type: &str, data: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Full::new(data.into()).boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    add(&mut response, header::CONTENT_TYPE, media_type);
    response
}

/// Value of `Content-Type` for `media_type`: with the parameters that its readers need.
pub(super) fn content_type(media_type: &'static str) -> &'static str {
    match media_type {
        // FHIR R4, "Version Parameter".
        FHIR => "application/fhir+json; fhirVersion=4.0",
        CSV => "text/csv; charset=utf-8; header=absent",
        other => other,
    }
}

/// A response of `status`, with `members`.
pub(super) fn json(status: u16, members: &Value) -> Response {
    octets(status, JSON, members.to_string())
}

/// Answer to a call that has begun: 202, the operation's members, and its place.
pub(super) fn accepted(operation_id: &str, members: &Value) -> Response {
    let mut response = json(202, members);
    add(
        &mut response,
        header::LOCATION,
        &format!("/v1/operations/{operation_id}"),
    );
    response
}

/// Problem document for an error (RFC 9457).
pub(super) fn problem(error: &ApiError, language: Language) -> Response {
    let (status, problem) = (error.code.status(), error.to_problem(language));
    let mut response = octets(
        status,
        "application/problem+json",
        serde_json::to_string(&problem).unwrap_or_default(),
    );
    add(&mut response, header::CONTENT_LANGUAGE, language.tag());
    if let Some(seconds) = problem.retry_after {
        add(&mut response, header::RETRY_AFTER, &seconds.to_string());
    }
    if status == StatusCode::UNAUTHORIZED.as_u16() {
        add(&mut response, header::WWW_AUTHENTICATE, "Bearer");
    }
    response
}

/// Makes the answer to HEAD from that to GET: the same headers, the length included, without body (RFC 9110, 9.3.2).
pub(super) fn headers_only(response: &mut Response) {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    *response.body_mut() = Empty::new().boxed_unsync();
}

/// Answer to OPTIONS. A page that may call is also told what it may send (CORS preflight).
pub(super) fn options(head: &Parts, origin: Option<&str>, allow: &str) -> Response {
    let mut response = Response::new(Empty::new().boxed_unsync());
    *response.status_mut() = StatusCode::NO_CONTENT;
    add(&mut response, header::ALLOW, allow);
    let Some(origin) = origin else {
        return response;
    };
    share_with(&mut response, origin);
    add(&mut response, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE");
    add(
        &mut response,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, Content-Type, Prefer, Idempotency-Key, Accept-Language, Last-Event-ID",
    );
    add(&mut response, header::ACCESS_CONTROL_MAX_AGE, "600");
    // Chromium asks this for pages of the internet that call an address of the local computer.
    if head.headers.contains_key("access-control-request-private-network") {
        let name = HeaderName::from_static("access-control-allow-private-network");
        add(&mut response, name, "true");
    }
    response
}
