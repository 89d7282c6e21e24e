//! The daemon's own page: plain modules and native elements, served from this program, in which they are compressed.
//!
//! The files are public and the same for everybody, so they need no token. Everything that the page shows it asks for over
//! the interface, with the token of its session (`beid_service::page`).

use super::access;
use super::response::{self, Response};
use beid_api::{ApiError, ErrorCode};
use beid_texts::{Language, packed};
use flate2::read::GzDecoder;
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG};
use hyper::header::{HeaderMap, HeaderName, IF_NONE_MATCH, VARY};
use hyper::http::request::Parts;
use sha2::{Digest, Sha256};
use std::io::{self, Read};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
/// Fluent has no registered media type.
const FLUENT: &str = "text/plain; charset=utf-8";

/// Content security policy of the page: its own files and the interface, and images that it makes itself (the photo).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";
/// Value of `Allow` for every file.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// One file of the page.
pub(super) struct PageFile {
    /// Path of the file.
    pub(super) path: &'static str,
    media_type: &'static str,
    /// The file, compressed by `build.rs` (RFC 1952).
    packed: &'static [u8],
}

macro_rules! files {
    ($($path:literal $media_type:ident $file:literal)*) => {
        &[
            $(file($path, $media_type, include_bytes!(concat!(env!("OUT_DIR"), "/page/", $file, ".gz"))),)*
            file("/page/locales/nl.ftl", FLUENT, packed(Language::Nl)),
            file("/page/locales/fr.ftl", FLUENT, packed(Language::Fr)),
            file("/page/locales/de.ftl", FLUENT, packed(Language::De)),
            file("/page/locales/en.ftl", FLUENT, packed(Language::En)),
        ]
    };
}

/// Every file of the page.
pub(super) static FILES: &[PageFile] = files! {
    "/" HTML "index.html"
    "/favicon.ico" SVG "icon.svg"
    "/page/style.css" CSS "style.css"
    "/page/announce.js" JAVASCRIPT "announce.js"
    "/page/api.js" JAVASCRIPT "api.js"
    "/page/app.js" JAVASCRIPT "app.js"
    "/page/chart.js" JAVASCRIPT "chart.js"
    "/page/desk.js" JAVASCRIPT "desk.js"
    "/page/dom.js" JAVASCRIPT "dom.js"
    "/page/empty.js" JAVASCRIPT "empty.js"
    "/page/events.js" JAVASCRIPT "events.js"
    "/page/files.js" JAVASCRIPT "files.js"
    "/page/reviews.js" JAVASCRIPT "reviews.js"
    "/page/texts.js" JAVASCRIPT "texts.js"
    "/page/waiting.js" JAVASCRIPT "waiting.js"
    "/page/views/card.js" JAVASCRIPT "views/card.js"
    "/page/views/checks.js" JAVASCRIPT "views/checks.js"
    "/page/views/access.js" JAVASCRIPT "views/access.js"
    "/page/views/answer.js" JAVASCRIPT "views/answer.js"
    "/page/views/consent.js" JAVASCRIPT "views/consent.js"
    "/page/views/evidence.js" JAVASCRIPT "views/evidence.js"
    "/page/views/doctor.js" JAVASCRIPT "views/doctor.js"
    "/page/views/exclusion.js" JAVASCRIPT "views/exclusion.js"
    "/page/views/exports.js" JAVASCRIPT "views/exports.js"
    "/page/views/holder.js" JAVASCRIPT "views/holder.js"
    "/page/views/link.js" JAVASCRIPT "views/link.js"
    "/page/views/people.js" JAVASCRIPT "views/people.js"
    "/page/views/reading.js" JAVASCRIPT "views/reading.js"
    "/page/views/record.js" JAVASCRIPT "views/record.js"
    "/page/views/recorded.js" JAVASCRIPT "views/recorded.js"
    "/page/views/report.js" JAVASCRIPT "views/report.js"
    "/page/views/sign.js" JAVASCRIPT "views/sign.js"
    "/page/views/trust.js" JAVASCRIPT "views/trust.js"
    "/page/views/verdict.js" JAVASCRIPT "views/verdict.js"
    "/page/views/verify.js" JAVASCRIPT "views/verify.js"
    "/page/fluent/builtins.js" JAVASCRIPT "fluent/builtins.js"
    "/page/fluent/bundle.js" JAVASCRIPT "fluent/bundle.js"
    "/page/fluent/index.js" JAVASCRIPT "fluent/index.js"
    "/page/fluent/memoizer.js" JAVASCRIPT "fluent/memoizer.js"
    "/page/fluent/resolver.js" JAVASCRIPT "fluent/resolver.js"
    "/page/fluent/resource.js" JAVASCRIPT "fluent/resource.js"
    "/page/fluent/scope.js" JAVASCRIPT "fluent/scope.js"
    "/page/fluent/types.js" JAVASCRIPT "fluent/types.js"
};

const fn file(path: &'static str, media_type: &'static str, packed: &'static [u8]) -> PageFile {
    PageFile {
        path,
        media_type,
        packed,
    }
}

impl PageFile {
    /// Answers a request for this file.
    pub(super) fn respond(&'static self, head: &Parts, port: u16, language: Language) -> Response {
        if let Err(error) = admitted(&head.headers, port) {
            return response::problem(&error, language);
        }
        let mut answered = match head.method {
            Method::GET | Method::HEAD => self.file(&head.headers),
            Method::OPTIONS => response::octets(204, self.media_type, ""),
            _ => response::problem(&ErrorCode::MethodNotAllowed.into(), language),
        };
        response::add(&mut answered, ALLOW, METHODS);
        answered
    }

    /// The file, or 304 if the browser has it already.
    fn file(&'static self, headers: &HeaderMap) -> Response {
        let zipped = takes_gzip(headers);
        let tag = self.tag(zipped);
        let mut answered = if knows(headers, &tag) {
            response::octets(304, self.media_type, "")
        } else if zipped {
            response::octets(200, self.media_type, Bytes::from_static(self.packed))
        } else {
            match self.unpacked() {
                Ok(bytes) => response::octets(200, self.media_type, bytes),
                Err(error) => return response::problem(&ApiError::internal(error), Language::En),
            }
        };
        if zipped {
            response::add(&mut answered, CONTENT_ENCODING, "gzip");
        }
        response::add(&mut answered, ETAG, &tag);
        // Kept, but never used unasked: after an update of the daemon its files must not meet older ones.
        response::add(&mut answered, CACHE_CONTROL, "no-cache");
        response::add(&mut answered, VARY, "Origin, Accept-Encoding");
        response::add(&mut answered, CONTENT_SECURITY_POLICY, POLICY);
        // No other window may hold a handle to the page.
        let opener = HeaderName::from_static("cross-origin-opener-policy");
        response::add(&mut answered, opener, "same-origin");
        answered
    }

    fn unpacked(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        GzDecoder::new(self.packed).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Strong entity tag of one of its forms, from the beginning of a SHA-256.
    fn tag(&self, zipped: bool) -> String {
        let digest = Sha256::digest(self.packed);
        let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let form = if zipped { "-gzip" } else { "" };
        format!("\"{hex}{form}\"")
    }
}

/// Admits programs, the page itself, and navigations of a whole tab; not parts of other pages: neither frames nor scripts.
///
/// # Errors
/// `origin-not-paired`.
fn admitted(headers: &HeaderMap, port: u16) -> Result<(), ApiError> {
    let field = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let own_site = matches!(field("sec-fetch-site"), None | Some("none" | "same-origin"));
    let navigates = field("sec-fetch-mode") == Some("navigate") && field("sec-fetch-dest") == Some("document");
    if access::has_no_other_origin(headers, port) && (own_site || navigates) {
        Ok(())
    } else {
        Err(ErrorCode::OriginNotPaired.into())
    }
}

/// Returns true if the caller accepts gzip (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lists = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|list| list.to_str().ok());
    let mut codings = lists
        .flat_map(|list| list.split(','))
        .map(|coding| coding.replace(' ', ""));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(";q=").unwrap_or((&coding, "1"));
        name.eq_ignore_ascii_case("gzip") && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
    })
}

/// Returns true if the caller has the form with this tag (RFC 9110, 13.1.2).
fn knows(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|list| list.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
