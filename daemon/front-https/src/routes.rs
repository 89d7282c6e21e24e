//! Routes: from verb and path to operation.

use super::members::segment;
use super::page::{self, PageFile};
use beid_api::{ApiError, ErrorCode, OPERATIONS, OperationRow, Scope};
use beid_api::{BODY, JSON, Openness, Route};
use hyper::Method;
use matchit::{InsertError, Router};
use serde_json::{Map, Value};

/// Operation or document that an endpoint stands for.
#[derive(Clone, Copy)]
pub(super) enum EndpointTarget {
    /// A row of the table of operations.
    Operation(&'static OperationRow),
    /// The stream of events, which is no row: each front delivers events in its own way.
    Events,
    /// The description of this interface.
    OpenApi,
    /// A file of the daemon's own page.
    Page(&'static PageFile),
}

/// A verb and path, and what they stand for.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    pub(super) route: Route,
    pub(super) target: EndpointTarget,
}

/// Every endpoint of the interface: those of the table, then those that only HTTPS has.
pub(super) fn endpoints() -> impl Iterator<Item = Endpoint> {
    let rows = OPERATIONS.iter().filter_map(|operation| {
        Some(Endpoint {
            route: operation.http?,
            target: EndpointTarget::Operation(operation),
        })
    });
    let own: [(_, &[&str], _, _); 2] = [
        (
            "/v1/events",
            &["text/event-stream"],
            Openness::Token,
            EndpointTarget::Events,
        ),
        // Holds nothing secret, and integrators need it before they have a token.
        (
            "/v1/openapi.json",
            &[JSON],
            Openness::KnownOrigin,
            EndpointTarget::OpenApi,
        ),
    ];
    rows.chain(own.into_iter().map(|(path, media, open, target)| Endpoint {
        route: Route {
            method: "GET",
            path,
            status: 200,
            open,
            media,
            body: BODY,
        },
        target,
    }))
}

/// The files of the daemon's own page, which are no part of the interface.
fn files() -> impl Iterator<Item = Endpoint> {
    page::FILES.iter().map(|file| Endpoint {
        route: Route {
            method: "GET",
            path: file.path,
            status: 200,
            open: Openness::OwnPage,
            media: &[],
            body: BODY,
        },
        target: EndpointTarget::Page(file),
    })
}

impl Endpoint {
    /// Returns true if any https or loopback origin may call.
    pub(super) fn is_open(&self) -> bool {
        self.route.open == Openness::AnyOrigin
    }

    /// Returns true if a call without a token is answered.
    pub(super) fn needs_no_token(&self) -> bool {
        match self.route.open {
            Openness::Token | Openness::OwnPageSession => false,
            Openness::KnownOrigin | Openness::AnyOrigin | Openness::OwnPage => true,
        }
    }

    /// Returns true if a caller may send an `Idempotency-Key`.
    pub(super) fn is_keyed(&self) -> bool {
        matches!(self.target, EndpointTarget::Operation(operation) if operation.keyed)
    }

    /// Scope that the caller must have, if any.
    pub(super) fn scope(&self) -> Option<Scope> {
        match self.target {
            EndpointTarget::Operation(operation) => operation.scope,
            EndpointTarget::Events => Some(Scope::Readers),
            EndpointTarget::OpenApi | EndpointTarget::Page(_) => None,
        }
    }

    /// Refuses other callers where only the daemon's own page may call.
    ///
    /// # Errors
    /// `origin-not-paired`.
    pub(super) fn admit(&self, is_own_page: bool) -> Result<(), ApiError> {
        if self.route.open.is_own_page() && !is_own_page {
            return Err(ErrorCode::OriginNotPaired.into());
        }
        Ok(())
    }
}

/// Router from paths to endpoints.
pub(super) struct Routes(Router<Vec<Endpoint>>);

/// Result of looking up a verb and path.
pub(super) struct Found<'r> {
    /// Every endpoint at this path.
    here: &'r [Endpoint],
    /// The one of them that has the verb.
    picked: Option<&'r Endpoint>,
    /// Members in the path.
    pub(super) members: Map<String, Value>,
}

impl Routes {
    /// Builds the router from the [`endpoints`] and the [`files`].
    ///
    /// # Errors
    /// [`InsertError`] if two paths cannot be told apart.
    pub(super) fn new() -> Result<Self, InsertError> {
        let mut paths: Vec<(&'static str, Vec<Endpoint>)> = Vec::new();
        for endpoint in endpoints().chain(files()) {
            match paths.iter_mut().find(|(path, _)| *path == endpoint.route.path) {
                Some((_, here)) => here.push(endpoint),
                None => paths.push((endpoint.route.path, vec![endpoint])),
            }
        }
        let mut router = Router::new();
        for (path, here) in paths {
            router.insert(path, here)?;
        }
        Ok(Self(router))
    }

    /// Looks up `method` and `path`. HEAD is answered wherever GET is (RFC 9110, 9.1).
    pub(super) fn find(&self, method: &str, path: &str) -> Found<'_> {
        let method = if method == Method::HEAD { "GET" } else { method };
        match self.0.at(path) {
            Err(_) => Found {
                here: &[],
                picked: None,
                members: Map::new(),
            },
            Ok(found) => Found {
                here: found.value,
                picked: found.value.iter().find(|endpoint| endpoint.route.method == method),
                members: found
                    .params
                    .iter()
                    .map(|(name, value)| (name.to_owned(), segment(value).into()))
                    .collect(),
            },
        }
    }
}

impl<'r> Found<'r> {
    /// Returns true if any https or loopback origin may call this path with some verb. Which verb was asked for does not
    /// count, so that a page may read that it was the wrong one.
    pub(super) fn is_open(&self) -> bool {
        self.here.iter().any(Endpoint::is_open)
    }

    /// The endpoint for the verb that was asked for.
    ///
    /// # Errors
    /// `not-found` if the path has no endpoint, `method-not-allowed` if it has others only.
    pub(super) fn endpoint(&self) -> Result<&'r Endpoint, ApiError> {
        match (self.picked, self.here) {
            (Some(endpoint), _) => Ok(endpoint),
            (None, []) => Err(ErrorCode::NotFound.into()),
            (None, _) => Err(ErrorCode::MethodNotAllowed.into()),
        }
    }

    /// Returns true if the path has an endpoint for any verb.
    pub(super) fn is_somewhere(&self) -> bool {
        !self.here.is_empty()
    }

    /// Verbs of this path, for `Allow`.
    pub(super) fn allow(&self) -> String {
        let verbs = self.here.iter().flat_map(|endpoint| match endpoint.route.method {
            "GET" => ["GET", "HEAD"].as_slice(),
            _ => std::slice::from_ref(&endpoint.route.method),
        });
        let verbs = verbs.copied().chain([Method::OPTIONS.as_str()]);
        verbs.collect::<Vec<_>>().join(", ")
    }

    /// The file of the daemon's own page that this path is.
    pub(super) fn file(&self) -> Option<&'static PageFile> {
        self.here.iter().find_map(|endpoint| match endpoint.target {
            EndpointTarget::Page(file) => Some(file),
            EndpointTarget::Operation(_) | EndpointTarget::Events | EndpointTarget::OpenApi => None,
        })
    }

    /// Path as the table has it, without ids, for the log.
    pub(super) fn template(&self) -> &'static str {
        self.here.first().map_or("(none)", |endpoint| endpoint.route.path)
    }
}
