//! The members of requests and answers about long-running calls.

use crate::Problem;
use crate::words::CallState;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Request about a long-running call.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperationRequest {
    /// Id of the call.
    pub id: String,
}

/// State of a long-running call.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OperationAnswer {
    /// Id of the call.
    pub id: String,
    /// Name of the operation.
    pub kind: String,
    /// `waitingForCard`, `waitingForConfirmation`, `waitingForPin`, `working`, `succeeded`, `failed` or `cancelled`.
    pub state: CallState,
    /// Answer of the call, once it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = "object"))]
    pub result: Option<serde_json::Value>,
    /// Error of the call, once it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
}
