//! Examples of calls: one for each operation, for the OpenAPI document.

use crate::OperationRow;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Example of a call: its request and its answer. Long values in base64 are cut.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationExample {
    /// Members of the request, those of the path included.
    pub request: Map<String, Value>,
    /// Members of the answer; absent if that is octets.
    pub answer: Option<Value>,
}

impl OperationRow {
    /// Reads the example.
    ///
    /// # Errors
    /// Those of JSON; a test shows that no example of the table has one.
    pub fn example(&self) -> Result<OperationExample, serde_json::Error> {
        serde_json::from_str(self.description().example)
    }
}

/// Checks that both sides of an example are read and written by their types, without a member lost or added.
#[cfg(test)]
pub(super) fn check<Request, Answer>(row: &OperationRow)
where
    Request: serde::de::DeserializeOwned + serde::Serialize,
    Answer: ReadAnswer,
{
    let example = row.example().unwrap();
    let request = Value::Object(example.request);
    let read: Request = crate::parse::parse(request.clone()).unwrap_or_else(|error| panic!("request: {error:?}"));
    assert_eq!(serde_json::to_value(read).unwrap(), request);
    assert_eq!(Answer::again(example.answer.clone()), example.answer);
}

/// Answer that a client can read.
#[cfg(test)]
pub(super) trait ReadAnswer {
    /// Reads the members of an answer, and writes them anew.
    fn again(members: Option<Value>) -> Option<Value>;
}

#[cfg(test)]
impl<T: serde::de::DeserializeOwned + crate::TypedAnswer> ReadAnswer for T {
    fn again(members: Option<Value>) -> Option<Value> {
        let read: T = serde_json::from_value(members.unwrap()).unwrap();
        match read.into_form().unwrap() {
            crate::AnswerForm::Members(members)
            | crate::AnswerForm::Begun(members)
            | crate::AnswerForm::Several { members, .. } => Some(members),
            crate::AnswerForm::Octets(_) => None,
        }
    }
}

#[cfg(test)]
impl ReadAnswer for crate::Octets {
    fn again(_: Option<Value>) -> Option<Value> {
        None
    }
}
