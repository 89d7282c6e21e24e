//! Answers over D-Bus, for programs that count and measure what a service in their own process does.

use serde_json::Value;
use std::collections::HashMap;
use std::error::Error;
use zbus::zvariant::OwnedVariant;

/// Error of programs that use the service in their own process.
pub type SetupFailure = Box<dyn Error + Send + Sync>;

/// Members of an answer over D-Bus, as JSON.
///
/// # Errors
/// If JSON has nothing like it.
pub fn plain(members: HashMap<String, OwnedVariant>) -> Result<Value, SetupFailure> {
    let members = members.into_iter().map(|(name, value)| (name, value.into()));
    beid_bus::convert::to_members(members)
        .map(Value::Object)
        .map_err(|_| "no JSON".into())
}
