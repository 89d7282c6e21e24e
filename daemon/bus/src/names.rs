//! Names on the bus: the service, its objects, their interfaces, and its errors.

use crate::api::Interface;

/// Well-known name of the service.
pub const NAME: &str = "org.beidd1";

/// Path of the manager, above all others.
pub const ROOT: &str = "/org/beidd1";

/// Prefix of the names of errors; the rest is [`ErrorCode::dbus_name`](crate::api::ErrorCode::dbus_name).
pub const ERROR_PREFIX: &str = "org.beidd1.Error";

/// Interface of the object at [`ROOT`].
pub const MANAGER: &str = "org.beidd1.Manager";

/// Interface of a reader.
pub const READER: &str = "org.beidd1.Reader";

/// Interface of a card.
pub const CARD: &str = "org.beidd1.Card";

/// Interface of a long-running call.
pub const OPERATION: &str = "org.beidd1.Operation";

/// Name of an interface with methods of the table of operations.
#[must_use]
pub fn interface(interface: Interface) -> &'static str {
    match interface {
        Interface::Manager => MANAGER,
        Interface::Card => CARD,
    }
}

/// Path of the reader called `id`.
#[must_use]
pub fn reader_path(id: &str) -> String {
    format!("{ROOT}/reader/{id}")
}

/// Path of the card called `id`.
#[must_use]
pub fn card_path(id: &str) -> String {
    format!("{ROOT}/card/{id}")
}

/// Path of the long-running call called `id`.
#[must_use]
pub fn operation_path(id: &str) -> String {
    format!("{ROOT}/operation/{id}")
}
