//! Description of an operation for integrators: the shapes of its members, and an example.
//!
//! It is apart from the row, because programs that serve the operations have no use for it: the linker leaves it out of them.

use super::OperationRow;
use super::answer::TypedAnswer;
use super::operations::DESCRIPTIONS;
use super::row::Operation;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Shapes of an operation's members, and its example.
#[derive(Debug)]
pub struct OperationDescription {
    /// Shape of its members, those of the path included.
    pub request: fn(&mut SchemaGenerator) -> Schema,
    /// Shape of its answer; `None` for octets of the card.
    pub answer: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// Shape of its answer if it has only begun something; `None` if it never does.
    pub begun: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// Text of the example, `examples/{name}.json`: an object with `request` and `answer`.
    pub(super) example: &'static str,
}

impl OperationDescription {
    pub(super) const fn new<O: Operation>(example: &'static str) -> Self {
        Self {
            request: shape::<O::Request>,
            answer: O::Answer::SCHEMA,
            begun: O::Answer::BEGUN,
            example,
        }
    }
}

impl OperationRow {
    /// Description of the operation.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "both tables have an entry for every key, in its order"
    )]
    pub fn description(&self) -> &'static OperationDescription {
        &DESCRIPTIONS[self.key as usize]
    }
}

/// Shape of `T`, among the definitions of the generator.
pub(super) fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
