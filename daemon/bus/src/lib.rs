//! D-Bus as both ends of `org.beidd1` use it: names, members, and the connection to the bus.
//!
//! ```
//! use serde_json::json;
//!
//! let members = json!({"cardId": "current", "fields": ["familyName"]});
//! let dict = beid_bus::convert::to_dict(members.as_object().unwrap());
//! assert_eq!(dict["fields"].value_signature().to_string(), "as");
//! assert_eq!(beid_bus::card_path("current"), "/org/beidd1/card/current");
//! ```

use beid_api as api;
#[cfg(test)]
use beid_texts as texts;

mod connect;
pub mod convert;
mod names;

pub use connect::{ConnectError, MessageBus, connect};
pub use names::{
    CARD, ERROR_PREFIX, MANAGER, NAME, OPERATION, READER, ROOT, card_path, interface, operation_path, reader_path,
};
