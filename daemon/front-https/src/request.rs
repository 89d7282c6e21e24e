//! One request: the checks in their order, the members, the call to the service.

use super::access::{self, Credentials};
use super::places::ConnectionPlace;
use super::routes::{Endpoint, EndpointTarget, Found, Routes};
use super::{events, headers, members, openapi, redirect, response};
use beid_api::{AnswerForm, ApiError, ErrorCode, Octets, OperationRow};
use beid_api::{BODY, JSON};
use beid_service::caller::Caller;
use beid_service::{Call, Service};
use beid_settings::StatusFor;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_TYPE, EXPECT, HeaderMap};
use hyper::http::request::Parts;
use hyper::{Method, Request};
use response::Response;
use serde_json::{Map, Value};
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Time limit for the body of a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// Highest number of large bodies that are read at once, so that memory is bounded even if every caller sends files. One
/// more is refused at once: on HTTP/2, a body that waits would fill the window that those being read need.
pub(super) const LARGE_BODIES: usize = 8;

/// Number of bytes that are still taken of a body on which the answer no longer depends.
const REST: usize = 16 * 1024 * 1024;
/// Time limit for taking them.
const PATIENCE_WHEN_REFUSED: Duration = Duration::from_secs(1);

/// State that every connection shares.
pub(super) struct HttpsFront {
    pub(super) service: Arc<Service>,
    pub(super) routes: Routes,
    pub(super) port: u16,
    pub(super) large_bodies: Semaphore,
    pub(super) stop: CancellationToken,
    /// The OpenAPI document, made at the first request for it.
    pub(super) description: OnceLock<String>,
}

impl HttpsFront {
    /// Returns true unless the settings keep it from strangers that the daemon is here.
    pub(super) fn answers_anybody(&self) -> bool {
        self.service.config().settings.https.status() == StatusFor::Any
    }

    /// Answers one request. Dropping the future, as happens when the client goes, cancels what it waits for.
    pub(super) async fn respond<B>(&self, request: Request<B>, place: &ConnectionPlace) -> Response
    where
        B: Body<Data = Bytes>,
    {
        let started = Instant::now();
        let (head, body) = request.into_parts();
        let mut body = pin!(body);
        let found = self.routes.find(intended(&head), head.uri.path());
        let (mut answered, route) = if head.uri.path() == redirect::PATH {
            (redirect::respond(self, &head, body.as_mut()).await, redirect::PATH)
        } else {
            let answered = self.checked(&head, body.as_mut(), &found, place).await;
            (answered, found.template())
        };
        // A client that expects «100 Continue» sends nothing before it is told to, so there is nothing to drain.
        if !head.headers.contains_key(EXPECT) {
            drop(timeout(PATIENCE_WHEN_REFUSED, drain(body)).await);
        }
        if head.method == Method::HEAD {
            response::headers_only(&mut answered);
        }
        response::harden(&mut answered);
        tracing::debug!(
            method = %head.method,
            route,
            status = answered.status().as_u16(),
            milliseconds = started.elapsed().as_millis(),
            "request"
        );
        answered
    }

    /// Makes every check in the order of the contract; the first that fails gives the answer.
    async fn checked<B>(&self, head: &Parts, body: Pin<&mut B>, found: &Found<'_>, place: &ConnectionPlace) -> Response
    where
        B: Body<Data = Bytes>,
    {
        let language = headers::language(&head.headers);
        let open = found.is_open() && self.answers_anybody();
        let known = |origin: &str| self.service.knows_origin(origin);
        // A page whose origin is refused may not even read the reason, so that answer has no CORS headers.
        let origin = match access::host(head, self.port) // 421
            .and_then(|()| access::origin(&head.headers, open, known)) // 403
        {
            Err(error) => return response::problem(&error, language),
            Ok(origin) => origin,
        };
        // A preflight never has a token (Fetch, "CORS-preflight fetch"), so it is answered before tokens are checked.
        if head.method == Method::OPTIONS && found.is_somewhere() {
            return response::options(head, origin.as_deref(), &found.allow());
        }
        let passed = async {
            let endpoint = found.endpoint()?; // 404, 405
            headers::media_type(&head.headers)?; // 415
            let length = headers::length(&head.headers, endpoint.route.body)?; // 413
            let credentials = Credentials::from_headers(&head.headers, origin.clone())?; // 401
            let caller = credentials.caller(&self.service, endpoint.needs_no_token())?; // 401
            if caller.is_known() {
                place.shows_token();
            }
            caller.may(endpoint.scope())?; // 403
            // Read only now, so that nothing is kept in memory for a caller that may not send it.
            let body = self.whole(&head.headers, body, length, endpoint.route.body).await?; // 413
            headers::no_idempotency_key(&head.headers)?; // 400
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

    /// Reads the whole body, of `limit` bytes at most; `length` is what its head states. Over HTTP/2 a body may come
    /// without a length, so bytes are counted as well.
    pub(super) async fn whole<B>(
        &self,
        headers: &HeaderMap,
        body: Pin<&mut B>,
        length: Option<usize>,
        limit: usize,
    ) -> Result<Vec<u8>, ApiError>
    where
        B: Body<Data = Bytes>,
    {
        if body.is_end_stream() {
            return Ok(Vec::new());
        }
        // A body that states no length may turn out to be as long as the limit.
        let _room = if length.unwrap_or(limit) > BODY {
            let room = self.large_bodies.try_acquire();
            Some(room.map_err(|_| ErrorCode::TooManyRequests)?)
        } else {
            None
        };
        let collected = timeout(PATIENCE, collected(body, length, limit)).await;
        let body = collected.map_err(|_| cut_off())??;
        if body.is_empty() || headers.contains_key(CONTENT_TYPE) {
            Ok(body)
        } else {
            Err(ErrorCode::UnsupportedMediaType.into()) // HTTP/2 with a body, without its length or type
        }
    }

    /// Answers a request that has passed the checks of the caller.
    async fn reached(
        &self,
        head: &Parts,
        endpoint: &Endpoint,
        found: &Found<'_>,
        body: &[u8],
        caller: Caller,
        credentials: Credentials,
    ) -> Result<Response, ApiError> {
        let wished = headers::choice(&head.headers, endpoint.route.media)?; // 406
        match endpoint.target {
            EndpointTarget::Events => {
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
            EndpointTarget::OpenApi => {
                let document = self
                    .description
                    .get_or_init(|| openapi::document(self.port).to_string());
                Ok(response::octets(200, JSON, document.clone()))
            }
            EndpointTarget::Operation(operation) => {
                let mut members = members::members(head, found.members.clone(), body)?;
                let language = members::language(&mut members)?;
                let language = language.unwrap_or_else(|| headers::language(&head.headers));
                let call = Call { members, language };
                let answered = if operation.long_running && headers::prefers_async(&head.headers) {
                    self.started(operation, caller, call)
                } else {
                    let answer = self.service.call(operation, caller, call).await;
                    answer.and_then(|answer| answered(head, endpoint, &found.members, wished, answer))
                };
                // In the language of the call, which may stand among its members and is not known further out.
                Ok(answered.unwrap_or_else(|error| response::problem(&error, language)))
            }
        }
    }

    /// Starts an operation in the background, and answers with its place.
    fn started(&self, operation: &'static OperationRow, caller: Caller, call: Call) -> Result<Response, ApiError> {
        let (owner, language) = (caller.id.clone(), call.language);
        let id = self.service.start(operation, caller, call)?;
        let view = self.service.running.view(&id, &owner).ok_or(ErrorCode::NotFound)?;
        let members = serde_json::to_value(view.to_answer(language)).map_err(ApiError::internal)?;
        Ok(response::accepted(&id, &members))
    }
}

/// Verb of the request; for a preflight, the verb that it asks about.
fn intended(head: &Parts) -> &str {
    let asked = head.headers.get("access-control-request-method");
    match asked.and_then(|asked| asked.to_str().ok()) {
        Some(asked) if head.method == Method::OPTIONS => asked,
        _ => head.method.as_str(),
    }
}

/// Turns an answer into a response, of the media type `wished` for if there are several.
pub(super) fn answered(
    head: &Parts,
    endpoint: &Endpoint,
    in_path: &Map<String, Value>,
    wished: &'static str,
    answer: AnswerForm,
) -> Result<Response, ApiError> {
    let status = endpoint.route.status;
    let named = |members: &Value| members.get("cardId").and_then(Value::as_str).map(str::to_owned);
    let (mut response, card_id) = match answer {
        AnswerForm::Members(members) => (response::json(status, &members), named(&members)),
        AnswerForm::Begun(members) => (response::json(202, &members), named(&members)),
        AnswerForm::Octets(Octets {
            card_id,
            media_type,
            data,
        }) => {
            headers::choice(&head.headers, &[media_type])?;
            (response::octets(status, media_type, data), Some(card_id))
        }
        AnswerForm::Several { members, octets } => {
            let wished = octets.into_iter().find(|(media_type, _)| *media_type == wished);
            let response = match wished {
                Some((media_type, data)) => response::octets(status, media_type, data),
                None => response::json(status, &members),
            };
            (response, named(&members))
        }
    };
    if let (true, Some(card_id)) = (endpoint.route.path.contains("{cardId}"), card_id) {
        let location = location(endpoint.route.path, &card_id, in_path, head.uri.query());
        response::add(&mut response, hyper::header::CONTENT_LOCATION, &location);
    }
    Ok(response)
}

/// Value of `Content-Location`: the path that was asked for, with the insertion's own id in place of `current`.
fn location(template: &str, card_id: &str, in_path: &Map<String, Value>, query: Option<&str>) -> String {
    let mut path = template.replace("{cardId}", card_id);
    for (name, value) in in_path {
        path = path.replace(&format!("{{{name}}}"), value.as_str().unwrap_or_default());
    }
    match query {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

/// Reads every octet of a body. If `length` is known, memory is allocated once.
async fn collected<B: Body<Data = Bytes>>(
    mut body: Pin<&mut B>,
    length: Option<usize>,
    limit: usize,
) -> Result<Vec<u8>, ApiError> {
    let mut octets = Vec::with_capacity(length.unwrap_or_default());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| cut_off())?;
        let Some(data) = frame.data_ref() else { continue };
        if octets.len().saturating_add(data.len()) > limit {
            return Err(ErrorCode::TooLarge.into());
        }
        octets.extend_from_slice(data);
    }
    Ok(octets)
}

fn cut_off() -> ApiError {
    ApiError::invalid("body", "did not arrive whole")
}

/// Takes the rest of a body that was refused before it was read: clients that are still sending when the connection or
/// stream ends report that, and not our answer.
async fn drain<B: Body<Data = Bytes>>(mut body: Pin<&mut B>) {
    let mut taken = 0_usize;
    while let Some(Ok(frame)) = body.frame().await {
        taken = taken.saturating_add(frame.data_ref().map_or(0, Bytes::len));
        if taken > REST {
            return;
        }
    }
}
