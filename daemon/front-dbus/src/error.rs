//! Errors on the bus: `org.beidd1.Error.*` for what the service says, the standard names for what is wrong with a call.

use crate::api::ApiError;
use crate::texts::{ErrorTexts, Language};
use beid_bus::{ConnectError, ERROR_PREFIX};
use zbus::message::Header;
use zbus::names::ErrorName;
use zbus::{DBusError, Message, fdo};

/// Why this service is not on the bus.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Somebody else, most likely another beidd of the same user, has our name.
    #[error("the name {0} is taken on this bus; does another beidd run?")]
    NameTaken(&'static str),
    /// The configuration says no bus.
    #[error("no bus is configured")]
    NoBus,
    /// There is no bus where the environment says, or it does not let us in.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The bus cannot be reached, or does not let us in.
    #[error("bus: {0}")]
    Bus(#[from] zbus::Error),
}

/// What a call is answered instead of what it asked for.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The service said so.
    Service(Failure),
    /// The call itself is wrong: no such object, no such method …
    Standard(fdo::Error),
}

/// An error of the service, in the caller's language. Its body is the detail alone, `(s)`: GLib, and what is built on it,
/// drops the text of any other. What else there is to say follows from the name, or is a property of the card.
#[derive(Debug)]
pub(super) struct Failure {
    name: String,
    detail: String,
}

impl Failure {
    pub(super) fn new(error: ApiError, language: Language) -> Self {
        Self {
            name: format!("{ERROR_PREFIX}.{}", error.code.dbus_name()),
            detail: error.detail(language),
        }
    }
}

impl DBusError for Failure {
    fn create_reply(&self, call: &Header<'_>) -> zbus::Result<Message> {
        Message::error(call, self.name()).build(&self.detail)
    }

    fn name(&self) -> ErrorName<'_> {
        // A prefix and a variant's name are a name; a test makes every one.
        ErrorName::try_from(self.name.as_str())
            .unwrap_or_else(|_| ErrorName::from_static_str_unchecked("org.beidd1.Error.Internal"))
    }

    fn description(&self) -> Option<&str> {
        Some(&self.detail)
    }
}

impl Refusal {
    pub(super) fn to_reply(&self, call: &Header<'_>) -> zbus::Result<Message> {
        match self {
            Self::Service(failure) => failure.create_reply(call),
            Self::Standard(error) => error.create_reply(call),
        }
    }
}

impl From<fdo::Error> for Refusal {
    fn from(error: fdo::Error) -> Self {
        Self::Standard(error)
    }
}

impl From<zbus::Error> for Refusal {
    fn from(error: zbus::Error) -> Self {
        Self::Standard(error.into())
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Service(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ErrorCode;

    #[test]
    fn every_code_has_a_name_and_its_detail_is_the_whole_body() {
        let call = Message::method_call("/org/beidd1", "Status").build(&()).unwrap();
        for code in ErrorCode::ALL {
            let mut error = ApiError::from(*code);
            error.tries_left = Some(2);
            let failure = Failure::new(error, Language::En);
            let reply = failure.create_reply(&call.header()).unwrap();
            assert_eq!(
                failure.name().as_str(),
                format!("org.beidd1.Error.{}", code.dbus_name())
            );
            let body = reply.body();
            assert_eq!(body.signature().to_string(), "s");
            assert!(!body.deserialize::<String>().unwrap().is_empty());
        }
    }
}
