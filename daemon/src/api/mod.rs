//! The outside: members of requests and answers, errors, scopes, and the one table of operations.
//!
//! Both fronts serve this table; neither knows an operation by name.

pub mod error;
pub mod operations;
pub(crate) mod parse;
pub mod refusals;
pub(crate) mod schema;
pub mod scope;
pub(crate) mod twice;
pub mod types;

pub use error::{ApiError, ErrorCode};
pub use operations::{Answer, OPERATIONS, Operation};
pub use scope::{Scope, Scopes};
