//! Calls of pages whose browser does not let them call: the whole tab comes with the call, and leaves with its answer.
//!
//! Browsers hold back what a page sends to this computer, but not a form that takes the tab along. The browser names the
//! page's origin with it, the person is asked in a dialog, and the answer goes back to that origin in the fragment of an
//! address, sealed for a key that only the page has. docs/redirect.md weighs the threats.

use super::body::ExpectedBody;
use super::places::ConnectionPlace;
use super::request::{HttpsFront, answered};
use super::response::{self, Response};
use super::routes::EndpointTarget;
use super::sealed::{PageKey, Recipient};
use super::shares::CallSource;
use super::{access, headers, members};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_api::{ApiError, BODY, ErrorCode, JSON};
use beid_service::Call;
use beid_texts::{ErrorTexts, Language, Message};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use hyper::header::{ALLOW, CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use hyper::http::request::Parts;
use hyper::{Method, Request};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::pin::Pin;

/// Path to which forms are sent.
pub(super) const PATH: &str = "/v1/redirect";
/// Media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";
/// Upper limit on the address of the page that gets the answer, in bytes.
const LONGEST_ADDRESS: usize = 2048;
/// Upper limit on a sealed answer, in bytes: Chromium takes 256 KiB of response headers, Firefox 384 KiB.
const LONGEST_ANSWER: usize = 192 * 1024;
/// Media type of what a person sees in the tab.
const TEXT: &str = "text/plain; charset=utf-8";
/// Headers of a navigation of the whole tab that a person has begun (W3C Fetch Metadata).
const NAVIGATION: [(&str, &str); 3] = [
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-user", "?1"),
];

/// Content of the form's only field, `request`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RedirectForm {
    /// Verb of the call.
    method: String,
    /// Path of the call, with its query.
    path: String,
    /// Members of the call.
    #[serde(default)]
    body: Map<String, Value>,
    /// Address that the tab goes to afterwards, of the page's own origin.
    return_to: String,
    /// Key for which the answer is sealed.
    key: PageKey,
}

/// A call that may be answered: everything about its way back is checked.
struct CarriedCall {
    origin: String,
    /// User of the system whose browser it is.
    user: u32,
    form: RedirectForm,
    recipient: Recipient,
}

/// Way of an answer out of here.
enum WayBack {
    /// The tab goes to this address, with the answer in it.
    Address(String),
    /// The person saves the answer as a file, because it is too long for an address and holds a signature, which cannot
    /// be made again without the PIN.
    File(Value),
}

/// Answer of a call that a tab brought.
struct CarriedAnswer {
    response: Response,
    /// True if it may hold a signature.
    is_signed: bool,
    /// Language of the call.
    language: Language,
}

impl CarriedAnswer {
    /// Refusal of a call, or of an answer.
    fn refused(error: &ApiError, language: Language) -> Self {
        Self {
            response: response::problem(error, language),
            is_signed: false,
            language,
        }
    }
}

/// Answers a form that has brought a tab here, with the way back to its page. If there is none, the person sees the reason
/// in the tab.
pub(super) async fn respond<B>(front: &HttpsFront, head: &Parts, body: Pin<&mut B>, place: &ConnectionPlace) -> Response
where
    B: Body<Data = Bytes>,
{
    let language = headers::language(&head.headers);
    let mut answered = match way_back(front, head, body, place, language).await {
        Ok(WayBack::Address(address)) => {
            let mut response = response::octets(303, TEXT, "");
            response::add(&mut response, LOCATION, &address);
            response
        }
        Ok(WayBack::File(answer)) => {
            let mut response = response::octets(200, JSON, answer.to_string());
            let disposition = "attachment; filename=\"beidd-answer.json\"";
            response::add(&mut response, CONTENT_DISPOSITION, disposition);
            response
        }
        Err(error) => {
            let (title, detail) = (error.title(language), error.detail(language));
            response::octets(error.code.status(), TEXT, format!("beidd: {title}\n\n{detail}\n"))
        }
    };
    if answered.status() == hyper::StatusCode::METHOD_NOT_ALLOWED {
        response::add(&mut answered, ALLOW, "POST");
    }
    answered
}

/// Makes the call that a form brings, and returns the way back of its answer.
///
/// # Errors
/// Those after which there is no way back. All others are sealed for the page, like answers.
async fn way_back<B>(
    front: &HttpsFront,
    head: &Parts,
    body: Pin<&mut B>,
    place: &ConnectionPlace,
    language: Language,
) -> Result<WayBack, ApiError>
where
    B: Body<Data = Bytes>,
{
    access::host(head, front.port)?;
    // Where strangers may not learn that the daemon is here, they cannot put a dialog on the desk either.
    let known = |origin: &str| front.service.knows_origin(origin);
    let origin = access::origin(&head.headers, front.answers_anybody(), known)?.ok_or(ErrorCode::OriginNotPaired)?;
    if head.method != Method::POST {
        return Err(ErrorCode::MethodNotAllowed.into());
    }
    let said = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    for (name, expected) in NAVIGATION {
        if said(name) != Some(expected) {
            return Err(ApiError::invalid(
                name,
                "must be that of a tab that a person sends here",
            ));
        }
    }
    if said(CONTENT_TYPE.as_str()) != Some(FORM) {
        return Err(ErrorCode::UnsupportedMediaType.into());
    }
    let length = headers::length(&head.headers, BODY)?;
    let source = CallSource {
        user: place.user(),
        website: Some(&origin),
    };
    let _share = front.share(place, source)?;
    let expected = ExpectedBody {
        length,
        limit: BODY,
        source,
        large: &front.large_bodies,
    };
    let body = expected.read(&head.headers, body).await?;
    let carried = CarriedCall::parse((origin, place.user()), &body)?;
    let answered = carried.answer(front, language).await;
    let answered = answered.unwrap_or_else(|error| CarriedAnswer::refused(&error, language));
    carried.way_back(answered).await
}

impl CarriedCall {
    /// Reads the form that a page of `origin` sent.
    ///
    /// # Errors
    /// `invalid-request` if it is malformed, or leads back to another origin.
    fn parse((origin, user): (String, u32), body: &[u8]) -> Result<Self, ApiError> {
        let mut fields = members::form(body)?;
        // A field's name is the site's own text, and this answer stands in a tab of ours: it is not repeated.
        let request = match (fields.pop(), fields.is_empty()) {
            (Some((name, request)), true) if name == "request" => request,
            _ => return Err(ApiError::invalid("request", "must be the only field")),
        };
        let members = members::object(request.as_bytes())?;
        let form: RedirectForm = beid_api::parse::parse(Value::Object(members))?;
        if !leads_to(&form.return_to, &origin) {
            return Err(ApiError::invalid(
                "returnTo",
                "must be an address of the page's own origin, without fragment",
            ));
        }
        let recipient = form.key.recipient()?;
        Ok(Self {
            origin,
            user,
            form,
            recipient,
        })
    }

    /// Makes the call, once a person has agreed.
    async fn answer(&self, front: &HttpsFront, language: Language) -> Result<CarriedAnswer, ApiError> {
        let target = Request::builder()
            .method(self.form.method.as_str())
            .uri(&self.form.path)
            .body(());
        let target = target.map_err(|_| ApiError::invalid("path", "must be the path of an operation"))?;
        let (head, ()) = target.into_parts();
        let found = front.routes.find(head.method.as_str(), head.uri.path());
        let endpoint = found.endpoint()?;
        endpoint.admit(false)?;
        let EndpointTarget::Operation(operation) = endpoint.target else {
            return Err(ErrorCode::NotFound.into());
        };
        let body = if self.form.body.is_empty() {
            Vec::new()
        } else {
            serde_json::to_vec(&self.form.body).map_err(ApiError::internal)?
        };
        let mut members = members::members(&head, found.members.clone(), &body)?;
        let language = members::language(&mut members)?.unwrap_or(language);
        let wished = headers::choice(&head.headers, endpoint.route.media)?;
        let call = Call {
            members,
            language,
            ..Call::default()
        };
        let answer = front
            .service
            .call_once((&self.origin, self.user), operation, call)
            .await;
        let answered = answer.and_then(|answer| answered(&head, endpoint, &found.members, wished, answer));
        Ok(match answered {
            Ok(response) => CarriedAnswer {
                response,
                is_signed: operation.may_sign(),
                language,
            },
            // In the language of the call, which is not known further out.
            Err(error) => CarriedAnswer::refused(&error, language),
        })
    }

    /// Seals an answer for the page. One that is too long for an address is refused, and asked for again in another way;
    /// a signature is left with the person instead.
    async fn way_back(&self, answered: CarriedAnswer) -> Result<WayBack, ApiError> {
        let answer = in_members(answered.response).await;
        match self.sealed(&answer)? {
            Some(address) => Ok(WayBack::Address(address)),
            // A file that nobody has sealed: never for what a card says about its holder.
            None if answered.is_signed => Ok(WayBack::File(answer)),
            None => {
                let too_long = ApiError::new(ErrorCode::TooLarge, Message::new("detail-answer-too-long"));
                let refused = in_members(response::problem(&too_long, answered.language)).await;
                let address = self.sealed(&refused)?;
                address.map(WayBack::Address).ok_or(too_long)
            }
        }
    }

    /// Address with the answer sealed in it; `None` if that is too long.
    fn sealed(&self, answer: &Value) -> Result<Option<String>, ApiError> {
        let sealed = self.recipient.seal(answer.to_string().as_bytes());
        let sealed = sealed.map_err(|_| ApiError::internal("an answer that cannot be sealed"))?;
        let fits = sealed.len() <= LONGEST_ANSWER;
        Ok(fits.then(|| format!("{}#beidd={sealed}", self.form.return_to)))
    }
}

/// Returns true if `address` is one of `origin`, and can be sent in a header.
fn leads_to(address: &str, origin: &str) -> bool {
    let path = address.strip_prefix(origin).unwrap_or_default();
    // The origin ends where the path begins, so nothing of the address is read as another host, port or user.
    path.starts_with('/')
        && address.len() <= LONGEST_ADDRESS
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// Status, media type and content of an answer; octets in base64.
async fn in_members(answered: Response) -> Value {
    let status = answered.status().as_u16();
    let media_type = answered
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_owned();
    let content = answered
        .into_body()
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    match serde_json::from_slice::<Value>(&content) {
        Ok(body) if media_type.ends_with("json") => json!({ "status": status, "body": body }),
        _ => json!({ "status": status, "mediaType": media_type, "data": STANDARD.encode(&content) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_go_back_to_the_pages_own_origin() {
        let origin = "https://emr.example";
        for own in ["/", "/back", "/back?state=1&x=%20", "//x", "/@evil.example/"] {
            assert!(leads_to(&format!("{origin}{own}"), origin), "{own}");
        }
        for others in [
            "https://emr.example",
            "https://emr.example.evil.example/",
            "https://emr.example:444/",
            "https://emr.example@evil.example/",
            "https://emr.example\\@evil.example/",
            "http://emr.example/",
            "https://EMR.example/",
            "//emr.example/",
            "/back",
            "javascript:alert(1)",
            "https://emr.example/#x",
            "https://emr.example/a b",
            "https://emr.example/\r\nSet-Cookie: a=b",
            "https://emr.example/é",
        ] {
            assert!(!leads_to(others, origin), "{others}");
        }
    }

    #[tokio::test]
    async fn signatures_too_long_for_an_address_stay_with_the_person_and_other_answers_are_refused() {
        // The base point of P-256 (SEC 2, 2.4.2).
        let key = json!({
            "kty": "EC", "crv": "P-256",
            "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
            "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
        });
        let call = json!({ "method": "GET", "path": "/v1/cards", "returnTo": "https://a.example/", "key": key });
        let form = format!("request={}", call.to_string().replace('"', "%22"));
        let carried = CarriedCall::parse(("https://a.example".to_owned(), 1000), form.as_bytes()).unwrap();
        let body = |length: usize| json!({ "data": "x".repeat(length) });
        // Sealed octets are a third longer, and the refusal has less than a thousand.
        #[rustfmt::skip] // one row a line
        let rows = [
            (0, false, Some(0..1_000)),
            (0, true, Some(0..1_000)),
            (140 * 1024, false, Some(140 * 1024..LONGEST_ANSWER + 100)),
            (140 * 1024, true, Some(140 * 1024..LONGEST_ANSWER + 100)),
            (150 * 1024, false, Some(0..1_500)),
            (150 * 1024, true, None),
        ];
        for (length, is_signed, in_address) in rows {
            let answered = CarriedAnswer {
                response: response::octets(200, JSON, body(length).to_string()),
                is_signed,
                language: Language::En,
            };
            match (carried.way_back(answered).await.unwrap(), in_address) {
                (WayBack::Address(address), Some(expected)) => {
                    assert!(address.starts_with("https://a.example/#beidd="));
                    assert!(
                        expected.contains(&address.len()),
                        "{length} {is_signed}: {}",
                        address.len()
                    );
                }
                (WayBack::File(answer), None) => {
                    assert_eq!(answer, json!({ "status": 200, "body": body(length) }))
                }
                (WayBack::Address(_), None) | (WayBack::File(_), Some(_)) => panic!("{length} {is_signed}"),
            }
        }
    }
}
