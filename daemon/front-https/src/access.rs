//! Checks of the caller: host, origin, token. Their order is in [`request`](super::request).

use beid_api::{ApiError, ErrorCode};
use beid_service::Service;
use beid_service::caller::{Asker, Caller};
use beid_settings::fault_of_origin;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::http::request::Parts;
use zeroize::Zeroizing;

/// Names of this machine, as in the certificate.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Refuses requests for another host: a foreign name that resolves to this machine is not ours (DNS rebinding).
///
/// # Errors
/// `wrong-host`.
pub(super) fn host(head: &Parts, port: u16) -> Result<(), ApiError> {
    let fields = head.headers.get_all(HOST).iter().map(|host| host.to_str().ok());
    // Absolute targets, and `:authority` of HTTP/2.
    let authority = head.uri.authority().map(|authority| Some(authority.as_str()));
    let mut said = authority.into_iter().chain(fields).peekable();
    // A request without any name does not show whom it was meant for.
    let somewhere = said.peek().is_some();
    if somewhere && said.all(|host| host.is_some_and(|host| is_ours(host, port))) {
        Ok(())
    } else {
        Err(ErrorCode::WrongHost.into())
    }
}

fn is_ours(host: &str, port: u16) -> bool {
    NAMES.iter().any(|name| match host.get(name.len()..) {
        Some(rest)
            if host
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name)) =>
        {
            (rest.is_empty() && port == 443) || rest.strip_prefix(':') == Some(port.to_string().as_str())
        }
        _ => false,
    })
}

/// Origin of the web page that calls; `None` for a program. If `open`, any https or loopback origin may call; otherwise
/// only those that are `known`: listed, or let in by a person.
///
/// # Errors
/// `origin-not-paired`.
pub(super) fn origin(
    headers: &HeaderMap,
    open: bool,
    known: impl FnOnce(&str) -> bool,
) -> Result<Option<String>, ApiError> {
    let refused = || Err(ErrorCode::OriginNotPaired.into());
    let site = only(headers, &HeaderName::from_static("sec-fetch-site")).map(Option::unwrap_or_default);
    // Typed into the address bar, or opened from another program: no page stands behind it (W3C Fetch Metadata).
    let navigated = site == Some("none");
    let origin = match only(headers, &ORIGIN) {
        None if navigated && !open => return refused(),
        // An image, a script or a link in a page: browsers send its origin only with requests whose answer it may read.
        None if matches!(site, Some(site) if site != "none" && site != "same-origin") => return refused(),
        None => return Ok(None),
        Some(origin) => origin.unwrap_or_default(),
    };
    let may = if open {
        // Over https, or http on this machine, in the form in which browsers send it.
        fault_of_origin(origin).is_none()
    } else {
        !navigated && known(origin)
    };
    if may { Ok(Some(origin.to_owned())) } else { refused() }
}

/// Returns true if the daemon's own page calls: the browser vouches for it with `Sec-Fetch-Site` (W3C Fetch Metadata), and
/// sends with a GET no `Origin` at all.
pub(super) fn is_own_page(headers: &HeaderMap, port: u16) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin") && has_no_other_origin(headers, port)
}

/// Returns true if there is no `Origin`, or the one of the daemon's own page.
pub(super) fn has_no_other_origin(headers: &HeaderMap, port: u16) -> bool {
    match only(headers, &ORIGIN) {
        None => true,
        Some(origin) => origin
            .and_then(|origin| origin.strip_prefix("https://"))
            .is_some_and(|host| is_ours(host, port)),
    }
}

/// The only value of a field: `None` if it is absent, `Some(None)` if it is there more than once or is no text.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Option<&'h str>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(match values.next() {
        None => first.to_str().ok(),
        Some(_) => None,
    })
}

/// Token that a caller shows, and origin of the page that shows it.
pub(super) struct Credentials {
    token: Option<Zeroizing<String>>,
    origin: Option<String>,
    /// True if the daemon's own page shows it.
    own_page: bool,
}

impl Credentials {
    /// Reads the token from a request; `origin` has been checked.
    ///
    /// # Errors
    /// `token-invalid` if `Authorization` is not one bearer token.
    pub(super) fn from_headers(headers: &HeaderMap, origin: Option<String>) -> Result<Self, ApiError> {
        let token = match only(headers, &AUTHORIZATION) {
            None => None,
            Some(value) => {
                let bearer = value.and_then(|value| value.split_once(' '));
                match bearer {
                    Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
                        Some(Zeroizing::new(token.trim().to_owned()))
                    }
                    _ => return Err(ErrorCode::TokenInvalid.into()),
                }
            }
        };
        Ok(Self {
            token,
            origin,
            own_page: false,
        })
    }

    /// The same credentials, if `own_page` as those of the daemon's own page.
    pub(super) fn on_own_page(self, own_page: bool) -> Self {
        Self { own_page, ..self }
    }

    /// Caller with these credentials at this moment; tokens end, so a stream asks again. If `open`, no token is needed.
    ///
    /// # Errors
    /// `token-missing`, `token-invalid`, `token-expired`.
    pub(super) fn caller(&self, service: &Service, open: bool) -> Result<Caller, ApiError> {
        match (&self.token, &self.origin) {
            // A session's token is good on the page alone, and no other token is good there.
            (Some(token), _) if self.own_page => service.pages.caller(token, service.now()),
            (Some(token), origin) => service.caller(token, origin.as_deref()),
            (None, Some(origin)) if open => Ok(Caller {
                asker: Asker::Origin(origin.clone()),
                ..Caller::anonymous()
            }),
            (None, None) if open => Ok(Caller::anonymous()),
            (None, _) => Err(ErrorCode::TokenMissing.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_with_our_port_are_us() {
        for ours in ["localhost:32032", "LocalHost:32032", "127.0.0.1:32032", "[::1]:32032"] {
            assert!(is_ours(ours, 32032), "{ours}");
        }
        for others in [
            "",
            "localhost",
            "localhost:",
            "localhost:443",
            "localhost:032032",
            "localhost:32032.",
            "localhost.:32032",
            "localhost.evil.example:32032",
            "evil.example:32032",
            "user@localhost:32032",
            "127.0.0.2:32032",
            "::1:32032",
            "é",
        ] {
            assert!(!is_ours(others, 32032), "{others}");
        }
        assert!(is_ours("localhost", 443) && is_ours("localhost:443", 443));
    }

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn origins_come_as_far_as_they_may() {
        // Rows of header fields, the outcome where only known origins may call, and the one where any may.
        const A: (&str, &str) = ("origin", "https://a.example");
        const B: (&str, &str) = ("origin", "https://b.example");
        const TYPED: (&str, &str) = ("sec-fetch-site", "none");
        type Outcome = Option<Option<&'static str>>;
        type Row = (&'static [(&'static str, &'static str)], Outcome, Outcome);
        let rows: &[Row] = &[
            (&[], Some(None), Some(None)),
            (&[A], Some(Some(A.1)), Some(Some(A.1))),
            (&[B], None, Some(Some(B.1))),
            (&[A, A], None, None),
            (&[("origin", "null")], None, None),
            (&[("origin", "file://")], None, None),
            (&[("origin", "chrome-extension://abc")], None, None),
            (&[("origin", "https://a.example/")], None, None),
            (&[("origin", "http://localhost.b.example")], None, None),
            (&[("origin", "http://b.example")], None, None),
            (
                &[("origin", "http://localhost:1")],
                None,
                Some(Some("http://localhost:1")),
            ),
            (&[A, TYPED], None, Some(Some(A.1))),
            (&[TYPED], None, Some(None)),
            (&[A, ("sec-fetch-site", "cross-site")], Some(Some(A.1)), Some(Some(A.1))),
            // Images and scripts of a page: no origin, and no program either.
            (&[("sec-fetch-site", "cross-site")], None, None),
            (&[("sec-fetch-site", "same-site")], None, None),
            (&[("sec-fetch-site", "same-origin")], Some(None), Some(None)),
        ];
        for (fields, closed, open) in rows {
            let headers = headers(fields);
            for (is_open, expected) in [(false, closed), (true, open)] {
                let got = origin(&headers, is_open, |origin| origin == A.1);
                let got = got.as_ref().ok().map(Option::as_deref);
                assert_eq!(got, *expected, "{fields:?} open: {is_open}");
            }
        }
    }

    #[test]
    fn authorization_is_one_bearer_token() {
        let read = |fields: &[_]| Credentials::from_headers(&headers(fields), None).map(|found| found.token.is_some());
        assert!(!read(&[]).unwrap());
        assert!(read(&[("authorization", "bearer x")]).unwrap());
        for wrong in ["Basic eDp5", "Bearer", "Bearer ", "x"] {
            assert!(read(&[("authorization", wrong)]).is_err(), "{wrong}");
        }
        assert!(read(&[("authorization", "Bearer x"), ("authorization", "Bearer y")]).is_err());
    }
}
