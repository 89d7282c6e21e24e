//! Answers: as types for those who make them, and in a form that does not depend on the operation for the fronts.

use super::ApiError;
use super::description::shape;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// An answer on its way to a front, which gives it in its own way.
#[derive(Debug)]
pub enum AnswerForm {
    /// Members, as the table says.
    Members(Value),
    /// Members of something that has begun and is not done: 202 over HTTPS.
    Begun(Value),
    /// Octets of the card.
    Octets(Octets),
    /// The same in several forms, of which a front gives one.
    Several {
        /// As members.
        members: Value,
        /// As octets, by media type.
        octets: Vec<(&'static str, Vec<u8>)>,
    },
}

/// Octets of a card, as they are.
#[derive(Debug)]
pub struct Octets {
    /// The insertion they were read from.
    pub card_id: String,
    /// Their media type: `image/jpeg`.
    pub media_type: &'static str,
    /// The octets.
    pub data: Vec<u8>,
}

/// Members, and the same as octets of some media types.
#[derive(Debug)]
pub struct InForms<T> {
    /// As members.
    pub members: T,
    /// As octets, by media type.
    pub octets: Vec<(&'static str, Vec<u8>)>,
}

/// Members of something that is done, or those of something that has only begun.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum DoneOrBegun<D, B> {
    /// It is done.
    Done(D),
    /// It goes on, and the members say how far it is.
    Begun(B),
}

/// An answer of an operation.
pub trait TypedAnswer: Sized {
    /// Shape of its members; `None` if it has none.
    const SCHEMA: Option<fn(&mut SchemaGenerator) -> Schema>;

    /// Shape of its members if something has only begun; `None` if nothing ever does.
    const BEGUN: Option<fn(&mut SchemaGenerator) -> Schema> = None;

    /// Gives it the form in which fronts take it.
    ///
    /// # Errors
    /// `internal` if it cannot be written as members.
    fn into_form(self) -> Result<AnswerForm, ApiError>;
}

impl<T: Serialize + JsonSchema> TypedAnswer for T {
    const SCHEMA: Option<fn(&mut SchemaGenerator) -> Schema> = Some(shape::<T>);

    fn into_form(self) -> Result<AnswerForm, ApiError> {
        Ok(AnswerForm::Members(to_members(&self)?))
    }
}

impl TypedAnswer for Octets {
    const SCHEMA: Option<fn(&mut SchemaGenerator) -> Schema> = None;

    fn into_form(self) -> Result<AnswerForm, ApiError> {
        Ok(AnswerForm::Octets(self))
    }
}

impl<T: Serialize + JsonSchema> TypedAnswer for InForms<T> {
    const SCHEMA: Option<fn(&mut SchemaGenerator) -> Schema> = Some(shape::<T>);

    fn into_form(self) -> Result<AnswerForm, ApiError> {
        Ok(AnswerForm::Several {
            members: to_members(&self.members)?,
            octets: self.octets,
        })
    }
}

impl<D: Serialize + JsonSchema, B: Serialize + JsonSchema> TypedAnswer for DoneOrBegun<D, B> {
    const SCHEMA: Option<fn(&mut SchemaGenerator) -> Schema> = Some(shape::<D>);
    const BEGUN: Option<fn(&mut SchemaGenerator) -> Schema> = Some(shape::<B>);

    fn into_form(self) -> Result<AnswerForm, ApiError> {
        Ok(match self {
            Self::Done(members) => AnswerForm::Members(to_members(&members)?),
            Self::Begun(members) => AnswerForm::Begun(to_members(&members)?),
        })
    }
}

/// Reads the members, which are all that a client asks for.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for InForms<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = T::deserialize(deserializer)?;
        let octets = Vec::new();
        Ok(Self { members, octets })
    }
}

fn to_members(answer: &impl Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(answer).map_err(ApiError::internal)
}
