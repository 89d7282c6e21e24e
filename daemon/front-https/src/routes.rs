//! Which verb and path is which operation.

use crate::api::{ApiError, ErrorCode, OPERATIONS, OperationRow, Scope};
use crate::api::{BODY, JSON, Openness, Route};
use hyper::Method;
use matchit::{InsertError, Router};
use serde_json::{Map, Value};

/// What is behind a verb and path.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// A row of the table.
    Operation(&'static OperationRow),
    /// The stream of events: each front delivers them in its own way, so it is no row.
    Events,
    /// The description of this interface.
    OpenApi,
}

/// A verb and path, and what is behind it.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    pub(super) route: Route,
    pub(super) target: Target,
}

/// Every endpoint: the table's, then those only HTTPS has.
pub(super) fn endpoints() -> impl Iterator<Item = Endpoint> {
    let rows = OPERATIONS.iter().filter_map(|operation| {
        Some(Endpoint {
            route: operation.http?,
            target: Target::Operation(operation),
        })
    });
    let own: [(_, &[&str], _, _); 2] = [
        ("/v1/events", &["text/event-stream"], Openness::Token, Target::Events),
        // The same for everybody, and what one needs before there is a token.
        ("/v1/openapi.json", &[JSON], Openness::KnownOrigin, Target::OpenApi),
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

impl Endpoint {
    /// Whether any https or loopback origin may call.
    pub(super) fn is_open(&self) -> bool {
        self.route.open == Openness::AnyOrigin
    }

    /// Whether a call without a token is answered.
    pub(super) fn needs_no_token(&self) -> bool {
        match self.route.open {
            Openness::Token => false,
            Openness::KnownOrigin | Openness::AnyOrigin => true,
        }
    }

    /// What the caller must be allowed.
    pub(super) fn scope(&self) -> Option<Scope> {
        match self.target {
            Target::Operation(operation) => operation.scope,
            Target::Events => Some(Scope::Readers),
            Target::OpenApi => None,
        }
    }
}

/// Finds endpoints.
pub(super) struct Routes(Router<Vec<Endpoint>>);

/// What a verb and path lead to.
pub(super) struct Found<'r> {
    /// Everything at this path.
    here: &'r [Endpoint],
    /// What the verb picks of it.
    picked: Option<&'r Endpoint>,
    /// Members in the path.
    pub(super) members: Map<String, Value>,
}

impl Routes {
    /// Takes the endpoints in.
    ///
    /// # Errors
    /// If two paths cannot be told apart.
    pub(super) fn new() -> Result<Self, InsertError> {
        let mut paths: Vec<(&'static str, Vec<Endpoint>)> = Vec::new();
        for endpoint in endpoints() {
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

    /// What `method` and `path` lead to. HEAD is answered wherever GET is (RFC 9110, 9.1).
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
                    .map(|(name, value)| (name.to_owned(), value.into()))
                    .collect(),
            },
        }
    }
}

impl<'r> Found<'r> {
    /// Whether any https or loopback origin may come to this path, with whatever verb: a page may see that it was wrong.
    pub(super) fn is_open(&self) -> bool {
        self.here.iter().any(Endpoint::is_open)
    }

    /// The endpoint.
    ///
    /// # Errors
    /// `not-found`, `method-not-allowed`.
    pub(super) fn endpoint(&self) -> Result<&'r Endpoint, ApiError> {
        match (self.picked, self.here) {
            (Some(endpoint), _) => Ok(endpoint),
            (None, []) => Err(ErrorCode::NotFound.into()),
            (None, _) => Err(ErrorCode::MethodNotAllowed.into()),
        }
    }

    /// Whether there is anything here.
    pub(super) fn is_somewhere(&self) -> bool {
        !self.here.is_empty()
    }

    /// The verbs that do something here, for `Allow`.
    pub(super) fn allow(&self) -> String {
        let verbs = self.here.iter().flat_map(|endpoint| match endpoint.route.method {
            "GET" => ["GET", "HEAD"].as_slice(),
            _ => std::slice::from_ref(&endpoint.route.method),
        });
        let verbs = verbs.copied().chain([Method::OPTIONS.as_str()]);
        verbs.collect::<Vec<_>>().join(", ")
    }

    /// The path as the table has it, for the log: without ids.
    pub(super) fn template(&self) -> &'static str {
        self.here.first().map_or("(none)", |endpoint| endpoint.route.path)
    }
}
