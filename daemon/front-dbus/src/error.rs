//! Errors on the bus: `org.beidd1.Error.*` for errors of the service, the standard names for faults of a call itself.

use crate::api::ApiError;
use crate::texts::{ErrorTexts, Language};
use beid_bus::{ConnectError, ERROR_PREFIX};
use zbus::message::Header;
use zbus::names::ErrorName;
use zbus::{DBusError, Message, fdo};

/// Reason why the service is not on the bus.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Our name is taken, most likely by another beidd of the same user.
    #[error("the name {0} is taken on this bus; does another beidd run?")]
    NameTaken(&'static str),
    /// The settings ask for no bus.
    #[error("no bus is configured")]
    NoBus,
    /// There is no connection to the bus.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The bus cannot be reached, or does not let us in.
    #[error("bus: {0}")]
    Bus(#[from] zbus::Error),
}

/// Error with which a call is answered.
#[derive(Debug)]
pub(super) enum Refusal {
    /// An error of the service.
    Service(ServiceFailure),
    /// The call itself is wrong: no such object, no such method …
    Standard(fdo::Error),
}

/// An error of the service, in the caller's language. Its body is the detail alone, `(s)`: GLib, and what is built on it,
/// drops the text of any other. Other facts follow from the name, or are properties of the card.
#[derive(Debug)]
pub(super) struct ServiceFailure {
    name: String,
    detail: String,
}

impl ServiceFailure {
    pub(super) fn new(error: ApiError, language: Language) -> Self {
        Self {
            name: format!("{ERROR_PREFIX}.{}", error.code.dbus_name()),
            detail: error.detail(language),
        }
    }
}

impl DBusError for ServiceFailure {
    fn create_reply(&self, call: &Header<'_>) -> zbus::Result<Message> {
        Message::error(call, self.name()).build(&self.detail)
    }

    fn name(&self) -> ErrorName<'_> {
        // The prefix and a variant's name always are a valid name; a test makes every one.
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

impl From<ServiceFailure> for Refusal {
    fn from(failure: ServiceFailure) -> Self {
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
            let failure = ServiceFailure::new(error, Language::En);
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
