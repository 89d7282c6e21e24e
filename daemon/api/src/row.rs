//! A row of the table of operations: where an operation is, and what its caller must be allowed.

use super::answer::TypedAnswer;
use super::operations::OperationKey;
use super::refusals::SIGNING;
use super::{ErrorCode, OPERATIONS, Scope};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One thing that callers can ask for, as a type: its row in the table, its request and its answer.
pub trait Operation: 'static {
    /// Members that a caller sends, those of the path included.
    type Request: DeserializeOwned + Serialize + JsonSchema + Send + 'static;
    /// Answer to that.
    type Answer: TypedAnswer + Send + 'static;
    /// Row of the table.
    const ROW: &'static OperationRow;
}

/// Everything about an operation that both fronts need.
#[derive(Debug)]
pub struct OperationRow {
    /// Which operation it is.
    pub key: OperationKey,
    /// Stable name, also the `kind` of a running operation: `therapeutic-link`.
    pub name: &'static str,
    /// Purpose, in one sentence for integrators.
    pub summary: &'static str,
    /// Place on HTTPS; `None` for what only a local program on the bus may ask.
    pub http: Option<Route>,
    /// Place on D-Bus; `None` for what makes no sense there.
    pub dbus: Option<Member>,
    /// Permission that the caller needs. With `None`, the operation decides by what is asked, or needs none.
    pub scope: Option<Scope>,
    /// True if the call may take long, because it waits for a person or for servers of others. Such a call can be watched,
    /// cancelled, and left to run on.
    pub long_running: bool,
    /// True if callers may send an `Idempotency-Key` with it: the same request with the same key gets the same operation,
    /// and asks nobody twice.
    pub keyed: bool,
    /// True if it is recorded before its answer leaves. A function that is bound to such an operation gives its answer
    /// together with what is to be recorded, or the build stops.
    pub recorded: bool,
    /// Errors it can answer besides those of any call, in groups.
    pub refuses: &'static [&'static [ErrorCode]],
    /// True if its answer is octets of the card, and no members.
    pub octets: bool,
}

impl OperationRow {
    /// Returns true if over HTTPS only the daemon's own page may call it.
    #[must_use]
    pub fn is_own_pages(&self) -> bool {
        self.http.is_some_and(|route| route.open.is_own_page())
    }
}

/// Verb and path; parts in braces are members of the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Route {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// `/v1/cards/{cardId}/identity`.
    pub path: &'static str,
    /// Status of success.
    pub status: u16,
    /// Callers that reach the operation's own checks; the order of the checks is the same for all.
    pub open: Openness,
    /// Media types that its answers can have; where there are several, a caller's `Accept` decides, and the first is the
    /// default if the caller sends no `Accept`.
    pub media: &'static [&'static str],
    /// Upper limit of the body, in bytes.
    pub body: usize,
}

/// Callers that come as far as a route's own checks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Openness {
    /// A known origin or program, with its token.
    Token,
    /// A known origin or program, without a token.
    KnownOrigin,
    /// Any https or loopback origin, without a token; with one the answer may say more.
    AnyOrigin,
    /// The daemon's own page and nobody else, without a token.
    OwnPage,
    /// The daemon's own page and nobody else, with the token of its session.
    OwnPageSession,
}

impl Openness {
    /// Returns true if no website and no program with a token may call, whatever it was granted.
    #[must_use]
    pub const fn is_own_page(self) -> bool {
        match self {
            Self::OwnPage | Self::OwnPageSession => true,
            Self::Token | Self::KnownOrigin | Self::AnyOrigin => false,
        }
    }
}

/// Interface and method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Member {
    /// Interface that has the method.
    pub interface: Interface,
    /// `ReadIdentity`.
    pub method: &'static str,
}

/// The interfaces with methods of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interface {
    /// `org.beidd1.Manager`, at the root.
    Manager,
    /// `org.beidd1.Card`: the path says which card.
    Card,
}

/// Upper limit of a body that only says what is wanted, in bytes.
pub const BODY: usize = 64 * 1024;
/// Upper limit of a body that brings an answer of the platform along, in bytes: lists can be long.
pub(super) const BODY_WITH_ANSWER: usize = 1024 * 1024;
/// Upper limit of a body that brings the files along, in bytes.
///
/// In base64 the files themselves take up to 8 MiB.
pub(super) const BODY_WITH_FILES: usize = 9 * 1024 * 1024;

/// Media type of members on HTTPS.
pub const JSON: &str = "application/json";
/// Media type of a certificate in DER (RFC 2585).
pub const DER: &str = "application/pkix-cert";
/// Media type of a certificate in PEM, under the name that browsers and OpenSSL's users know.
pub const PEM: &str = "application/x-pem-file";
/// Media type of a resource in FHIR (R4, "JSON representation of resources").
pub const FHIR: &str = "application/fhir+json";
/// Media type of the XML file of the government's viewer, `.eid`, from version 4 on. None is registered.
pub const EID_XML: &str = "application/x-beid-eid+xml";
/// Media type of the line of text that the viewer wrote until version 4.0 (RFC 4180 has the name; the line has no quotes).
pub const CSV: &str = "text/csv";
/// Media type of a photo.
pub const JPEG: &str = "image/jpeg";
/// Media type of any other file of a card.
pub const OCTETS: &str = "application/octet-stream";

impl OperationRow {
    /// Returns true if its answer may hold a signature, which cannot be made again without the person and the PIN.
    #[must_use]
    pub fn may_sign(&self) -> bool {
        self.refuses.contains(&SIGNING)
    }

    /// Finds the operation called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().copied().find(|row| row.name == name)
    }

    /// A row that is nowhere yet, needs nothing, and answers at once.
    pub(super) const fn new<O: Operation>(key: OperationKey, name: &'static str, summary: &'static str) -> Self {
        Self {
            key,
            name,
            summary,
            http: None,
            dbus: None,
            scope: None,
            long_running: false,
            keyed: false,
            recorded: false,
            refuses: &[],
            octets: O::Answer::SCHEMA.is_none(),
        }
    }

    pub(super) const fn get(self, path: &'static str) -> Self {
        self.route("GET", path)
    }

    pub(super) const fn post(self, path: &'static str) -> Self {
        self.route("POST", path)
    }

    pub(super) const fn delete(self, path: &'static str) -> Self {
        self.route("DELETE", path)
    }

    const fn route(self, method: &'static str, path: &'static str) -> Self {
        let (status, open, media, body) = (200, Openness::Token, &[JSON], BODY);
        self.on(Route {
            method,
            path,
            status,
            open,
            media,
            body,
        })
    }

    const fn on(mut self, route: Route) -> Self {
        self.http = Some(route);
        self
    }

    /// The route that was named before; the build stops at a row that names none.
    #[expect(clippy::panic, reason = "only the compiler runs this")]
    const fn there(&self) -> Route {
        match self.http {
            Some(route) => route,
            None => panic!("name the route first"),
        }
    }

    pub(super) const fn status(self, status: u16) -> Self {
        let route = self.there();
        self.on(Route { status, ..route })
    }

    pub(super) const fn open(self, open: Openness) -> Self {
        let route = self.there();
        self.on(Route { open, ..route })
    }

    pub(super) const fn media(self, media: &'static [&'static str]) -> Self {
        let route = self.there();
        self.on(Route { media, ..route })
    }

    pub(super) const fn body(self, body: usize) -> Self {
        let route = self.there();
        self.on(Route { body, ..route })
    }

    pub(super) const fn manager(self, method: &'static str) -> Self {
        self.member(Interface::Manager, method)
    }

    pub(super) const fn card(self, method: &'static str) -> Self {
        self.member(Interface::Card, method)
    }

    const fn member(mut self, interface: Interface, method: &'static str) -> Self {
        self.dbus = Some(Member { interface, method });
        self
    }

    pub(super) const fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    pub(super) const fn long_running(mut self) -> Self {
        self.long_running = true;
        self
    }

    pub(super) const fn keyed(mut self) -> Self {
        self.keyed = true;
        self
    }

    pub(super) const fn recorded(mut self) -> Self {
        self.recorded = true;
        self
    }

    pub(super) const fn refuses(mut self, groups: &'static [&'static [ErrorCode]]) -> Self {
        self.refuses = groups;
        self
    }
}
