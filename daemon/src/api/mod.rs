//! The contract of both fronts: operations and their members, errors and scopes.
//!
//! Both fronts serve the table of operations; neither knows an operation by name.

mod answer;
pub mod error;
pub mod operations;
pub(crate) mod parse;
pub mod refusals;
mod row;
pub(crate) mod schema;
pub mod scope;
mod strict;
pub(crate) mod twice;
pub mod types;
pub mod words;

pub use answer::{AnswerForm, InForms, Octets, TypedAnswer};
pub use error::{ApiError, ErrorCode};
pub use operations::{OPERATIONS, OperationKey};
pub use row::{BODY, DER, Interface, JPEG, JSON, Member, OCTETS, Openness, Operation, OperationRow, PEM, Route};
pub use scope::{Scope, Scopes};
