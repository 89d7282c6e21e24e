//! The contract of beidd with its callers: operations and their members, errors, scopes, and words.
//!
//! Both fronts serve the [table of operations](operations), the service binds each operation to the function that does it,
//! and clients call the same types. Texts for people have their ids here and their words elsewhere.

mod answer;
mod description;
pub mod error;
mod example;
pub mod file_formats;
pub mod findings;
mod language;
mod message;
pub mod names;
pub mod operations;
pub mod parse;
mod problem;
pub mod refusals;
mod row;
pub mod schema;
pub mod scope;
mod strict;
pub mod twice;
pub mod types;
mod values;
pub mod words;

pub use answer::{AnswerForm, DoneOrBegun, InForms, Octets, TypedAnswer};
pub use description::OperationDescription;
pub use error::{ApiError, ErrorCode};
pub use example::OperationExample;
pub use findings::{DoctorFinding, FindingCode, PublicFact};
pub use language::Language;
pub use message::{Gap, Message, MessageSource};
pub use operations::{OPERATIONS, OperationKey};
pub use problem::Problem;
pub use row::{
    BODY, CSV, DER, EID_XML, FHIR, Interface, JPEG, JSON, Member, OCTETS, Openness, Operation, OperationRow, PEM, Route,
};
pub use scope::{Scope, Scopes};
pub use values::{CalendarDay, CalendarMonth, Coded, EvidenceReference, PointInTime};
