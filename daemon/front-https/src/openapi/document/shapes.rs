//! Schemas of requests and answers in the OpenAPI document.

use super::SCHEMAS;
use beid_api::{OperationRow, Problem, schema};
use schemars::SchemaGenerator;
use schemars::generate::Contract;
use serde_json::{Map, Value};

/// Schemas of requests and answers, collected while operations are described.
pub(super) struct Shapes {
    requests: SchemaGenerator,
    pub(super) answers: SchemaGenerator,
    /// Bodies: the members of a request that are not in its path.
    pub(super) bodies: Map<String, Value>,
    /// Names of requests, whose members went into parameters and bodies: they are no components themselves.
    spread: Vec<String>,
}

/// The members of a request.
pub(super) struct RequestShape {
    pub(super) name: String,
    pub(super) description: Option<Value>,
    pub(super) members: Map<String, Value>,
    pub(super) required: Vec<String>,
}

impl Shapes {
    /// Nothing is described yet but errors.
    pub(super) fn new() -> Self {
        let mut answers = schema::generator(SCHEMAS, Contract::Serialize);
        answers.subschema_for::<Problem>();
        Self {
            requests: schema::generator(SCHEMAS, Contract::Deserialize),
            answers,
            bodies: Map::new(),
            spread: Vec::new(),
        }
    }

    /// The members of an operation's request.
    pub(super) fn request(&mut self, operation: &OperationRow) -> RequestShape {
        let schema = (operation.description().request)(&mut self.requests);
        let referred = schema.get("$ref").and_then(Value::as_str);
        let name = referred
            .and_then(|path| path.rsplit('/').next())
            .unwrap_or_default()
            .to_owned();
        let mut shape = self
            .requests
            .definitions()
            .get(&name)
            .unwrap_or(schema.as_value())
            .clone();
        // Parameters leave the shape that says which of its members may be absent.
        schema::tidy(&mut shape);
        let members = shape.get("properties").and_then(Value::as_object).cloned();
        let required = shape.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        let request = RequestShape {
            description: shape.get("description").cloned(),
            members: members.unwrap_or_default(),
            required: required.map(str::to_owned).collect(),
            name: name.clone(),
        };
        self.spread.push(name);
        request
    }

    /// Every schema by its name.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        let mut components = self.requests.take_definitions(true);
        components.retain(|name, _| !self.spread.contains(name));
        components.extend(self.answers.take_definitions(true));
        components.extend(self.bodies);
        components.sort_keys();
        components
    }
}
