//! One request: the checks in their order, the members, the call to the service.

use super::access::{self, Credentials};
use super::body::{ExpectedBody, drain};
use super::events::SseStream;
use super::places::ConnectionPlace;
use super::prefer::Preferences;
use super::routes::{Endpoint, EndpointTarget, Found, Routes};
use super::shares::{CallSource, Share, ShareLimits, Shares};
use super::{events, headers, members, openapi, redirect, response};
use beid_api::JSON;
use beid_api::{AnswerForm, ApiError, ErrorCode, Octets, OperationRow};
use beid_service::caller::{Caller, CallerId};
use beid_service::running::IdempotencyKey;
use beid_service::{Call, Called, Service};
use beid_settings::StatusFor;
use beid_texts::{Language, Message};
use hyper::body::{Body, Bytes};
use hyper::header::EXPECT;
use hyper::http::request::Parts;
use hyper::{Method, Request};
use response::Response;
use serde_json::{Map, Value};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Highest numbers of calls at once; streams of events count too, as long as they are open.
pub(super) const CALLS: ShareLimits = ShareLimits {
    total: 4096,
    of_a_user: 3072,
    of_a_website: 128,
};

/// State that every connection shares.
pub(super) struct HttpsFront {
    pub(super) service: Arc<Service>,
    pub(super) routes: Routes,
    pub(super) port: u16,
    /// Shares of the calls at once.
    pub(super) calls: Arc<Shares>,
    /// Shares of the large bodies that are read at once.
    pub(super) large_bodies: Arc<Shares>,
    pub(super) stop: CancellationToken,
}

/// A request that has passed the checks of its caller.
struct Admitted {
    caller: Caller,
    credentials: Credentials,
    key: Option<IdempotencyKey>,
    /// Share of the calls at once, as long as the call lasts.
    share: Share,
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
            (
                redirect::respond(self, &head, body.as_mut(), place).await,
                redirect::PATH,
            )
        } else {
            let answered = self.checked(&head, body.as_mut(), &found, place).await;
            (answered, found.template())
        };
        // A client that expects «100 Continue» sends nothing before it is told to, so there is nothing to drain.
        if !head.headers.contains_key(EXPECT) {
            drain(body).await;
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
        if let Err(error) = access::host(head, self.port) {
            return response::problem(&error, language); // 421
        }
        if let Some(file) = found.file() {
            return file.respond(head, self.port, language);
        }
        let is_own_page = access::is_own_page(&head.headers, self.port);
        // A page whose origin is refused may not even read the reason, so that answer has no CORS headers.
        let origin = if is_own_page {
            None
        } else {
            match access::origin(&head.headers, open, known) {
                Err(error) => return response::problem(&error, language), // 403
                Ok(origin) => origin,
            }
        };
        // A preflight never has a token (Fetch, "CORS-preflight fetch"), so it is answered before tokens are checked.
        if head.method == Method::OPTIONS && found.is_somewhere() {
            return response::options(head, origin.as_deref(), &found.allow());
        }
        let source = CallSource {
            user: place.user(),
            website: origin.as_deref(),
        };
        let passed = async {
            let share = self.share(place, source)?; // 429
            let endpoint = found.endpoint()?; // 404, 405
            headers::media_type(&head.headers)?; // 415
            let length = headers::length(&head.headers, endpoint.route.body)?; // 413
            let credentials = Credentials::from_headers(&head.headers, origin.clone())?; // 401
            let credentials = credentials.on_own_page(is_own_page);
            let caller = Caller {
                user: Some(place.user()),
                ..credentials.caller(&self.service, endpoint.needs_no_token())? // 401
            };
            if caller.is_known() {
                place.shows_token();
            }
            endpoint.admit(is_own_page)?; // 403
            caller.may(endpoint.scope())?; // 403
            // Read only now, so that nothing is kept in memory for a caller that may not send it.
            let expected = ExpectedBody {
                length,
                limit: endpoint.route.body,
                source,
                large: &self.large_bodies,
            };
            let body = expected.read(&head.headers, body).await?; // 413, 429
            let key = idempotency_key(head, endpoint, &body)?; // 400
            let admitted = Admitted {
                caller,
                credentials,
                key,
                share,
            };
            self.reached(head, endpoint, found, &body, admitted).await
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

    /// Share of the calls at once, for a call on a connection that has a place.
    ///
    /// # Errors
    /// `too-many-requests`.
    pub(super) fn share(&self, place: &ConnectionPlace, source: CallSource<'_>) -> Result<Share, ApiError> {
        let share = place.is_seated().then(|| self.calls.take(source)).flatten();
        share.ok_or_else(|| ErrorCode::TooManyRequests.into())
    }

    /// Answers a request that has passed the checks of the caller.
    async fn reached(
        &self,
        head: &Parts,
        endpoint: &Endpoint,
        found: &Found<'_>,
        body: &[u8],
        admitted: Admitted,
    ) -> Result<Response, ApiError> {
        let Admitted {
            caller,
            credentials,
            key,
            share,
        } = admitted;
        let wished = headers::choice(&head.headers, endpoint.route.media)?; // 406
        match endpoint.target {
            EndpointTarget::Events => {
                let (service, stop) = (Arc::clone(&self.service), self.stop.clone());
                let stream = SseStream::new(service, credentials, &head.headers, stop)?;
                Ok(events::stream(stream, share))
            }
            EndpointTarget::OpenApi => {
                let description = openapi::unpack(self.port).map_err(ApiError::internal)?;
                Ok(response::octets(200, JSON, description))
            }
            EndpointTarget::Page(file) => Ok(file.respond(head, self.port, headers::language(&head.headers))),
            EndpointTarget::Operation(operation) => {
                let mut members = members::members(head, found.members.clone(), body)?;
                let language = members::language(&mut members)?;
                let language = language.unwrap_or_else(|| headers::language(&head.headers));
                let call = Call {
                    members,
                    language,
                    key,
                    form: Some(wished).filter(|_| endpoint.route.media.len() > 1),
                };
                let (owner, preferences) = (caller.id.clone(), Preferences::from_headers(&head.headers));
                let called = self.called(preferences, operation, caller, call).await;
                let answered = called.and_then(|called| match called {
                    Called::Done(answer) => answered(head, endpoint, &found.members, wished, answer),
                    Called::RunsOn(id) => self.accepted(&id, &owner, language),
                });
                // In the language of the call, which may stand among its members and is not known further out.
                let mut response = answered.unwrap_or_else(|error| response::problem(&error, language));
                if operation.long_running {
                    preferences.note_applied(&mut response);
                }
                Ok(response)
            }
        }
    }

    /// Calls the service, and waits as long as the caller prefers.
    async fn called(
        &self,
        preferences: Preferences,
        operation: &'static OperationRow,
        caller: Caller,
        call: Call,
    ) -> Result<Called, ApiError> {
        match preferences.patience() {
            Some(Duration::ZERO) if operation.long_running => {
                self.service.start(operation, caller, call).map(Called::RunsOn)
            }
            Some(patience) => self.service.call_within(patience, operation, caller, call).await,
            None => self.service.call(operation, caller, call).await.map(Called::Done),
        }
    }

    /// Answer to a call that runs on: its state, and its place.
    fn accepted(&self, id: &str, owner: &CallerId, language: Language) -> Result<Response, ApiError> {
        let view = self.service.running.view(id, owner).ok_or(ErrorCode::NotFound)?;
        let members = serde_json::to_value(view.to_answer(language)).map_err(ApiError::internal)?;
        Ok(response::accepted(id, &members))
    }
}

/// Key of a request that may have one, bound to the request.
///
/// # Errors
/// `invalid-request` if the operation takes no key: ignoring one would break the promise that the caller relies on.
fn idempotency_key(head: &Parts, endpoint: &Endpoint, body: &[u8]) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut keys = head.headers.get_all("idempotency-key").iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let text = match (endpoint.is_keyed(), keys.next()) {
        (false, _) => "detail-idempotency-key",
        (true, Some(_)) => "detail-idempotency-key-form",
        (true, None) => {
            let key = IdempotencyKey::parse(key.as_bytes(), head.method.as_str(), head.uri.path(), body)?;
            return Ok(Some(key));
        }
    };
    Err(ApiError::new(ErrorCode::InvalidRequest, Message::new(text)))
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
                Some((media_type, data)) => response::octets(status, response::content_type(media_type), data),
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
