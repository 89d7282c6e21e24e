//! Typed calls to a running beidd, over D-Bus or HTTPS.
//!
//! ```no_run
//! use beid_api::operations::ReadIdentity;
//! use beid_api::types::IdentityRequest;
//! use beid_api::Language;
//! use beid_client::{Client, ClientError, MessageBus};
//!
//! # async fn family_name() -> Result<(), ClientError> {
//! let client = Client::on_bus(MessageBus::Session, Language::Nl).await?;
//! let request = IdentityRequest { card_id: "current".to_owned(), fields: None };
//! let identity = client.call::<ReadIdentity>(&request).await?.answer;
//! println!("{:?}, checks: {}", identity.members.family_name, identity.members.authenticity.outcome);
//! # Ok(())
//! # }
//! ```
//!
//! Over HTTPS a token is needed ([`Client::over_https`]); programs of the same user need none on the bus. Some calls wait
//! for a person; an [`Attendant`] follows such a call and can give it up. A call that can ask for a PIN is sent again if its
//! connection is lost, under an `Idempotency-Key`, so that the person is asked once.

mod attendant;
mod bus;
mod endpoint;
mod error;
mod https;

pub use attendant::{Attendant, WaitingAttendant};
pub use beid_bus::MessageBus;
pub use endpoint::examine_endpoint;
pub use error::{ClientError, FileFault};
pub use https::Discovery;

use beid_api::{Language, Octets, Operation};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Connection to a running beidd.
pub struct Client(ClientTransport);

enum ClientTransport {
    Bus(bus::BusClient),
    Https(https::HttpsClient),
}

/// Answer of an operation.
#[derive(Debug)]
pub struct Reply<T> {
    /// Members that this version of the interface knows.
    pub answer: T,
    /// Every member as it came, those of a newer daemon included.
    pub members: Value,
}

impl Client {
    /// Connects to a bus. No token is needed there: the bus says which user calls.
    ///
    /// Calls offer the terminal and display of this process for the PIN dialog, to a daemon that has none; the daemon takes
    /// only what is its own user's.
    ///
    /// # Errors
    /// [`ClientError::NoBus`].
    pub async fn on_bus(bus: MessageBus, language: Language) -> Result<Self, ClientError> {
        let client = bus::BusClient::connect(bus, language).await?;
        Ok(Self(ClientTransport::Bus(client)))
    }

    /// Prepares calls over HTTPS with a token. Only the daemon's own authority is trusted.
    ///
    /// # Errors
    /// [`ClientError::File`] if the certificate of that authority cannot be read.
    pub fn over_https(discovery: &Discovery, token: String, language: Language) -> Result<Self, ClientError> {
        let client = https::HttpsClient::new(discovery, token, language)?;
        Ok(Self(ClientTransport::Https(client)))
    }

    /// Calls an operation and waits for its answer, however long a person takes.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if the daemon refuses; [`ClientError::Unreadable`] if the answer is none of this operation.
    pub async fn call<O: Operation<Answer: DeserializeOwned>>(
        &self,
        request: &O::Request,
    ) -> Result<Reply<O::Answer>, ClientError> {
        self.call_with::<O>(request, &mut WaitingAttendant).await
    }

    /// Calls an operation; `attendant` follows it and can give it up.
    ///
    /// # Errors
    /// As [`call`](Self::call), and [`ClientError::GivenUp`].
    pub async fn call_with<O: Operation<Answer: DeserializeOwned>>(
        &self,
        request: &O::Request,
        attendant: &mut impl Attendant,
    ) -> Result<Reply<O::Answer>, ClientError> {
        let members = members_of::<O>(request)?;
        let members = match &self.0 {
            ClientTransport::Bus(client) => client.call(O::ROW, members, attendant).await?,
            ClientTransport::Https(client) => client.call(O::ROW, members, attendant).await?,
        };
        Reply::from_members(members)
    }

    /// Calls an operation that answers octets of the card.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn octets<O: Operation<Answer = Octets>>(
        &self,
        request: &O::Request,
        attendant: &mut impl Attendant,
    ) -> Result<Vec<u8>, ClientError> {
        let members = members_of::<O>(request)?;
        match &self.0 {
            ClientTransport::Bus(client) => client.octets(O::ROW, members, None).await,
            ClientTransport::Https(client) => client.octets(O::ROW, members, None, attendant).await,
        }
    }

    /// Calls an operation for its answer in the form of `media_type`, one of those of its row, and returns the octets.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn form<O: Operation>(
        &self,
        request: &O::Request,
        media_type: &'static str,
        attendant: &mut impl Attendant,
    ) -> Result<Vec<u8>, ClientError> {
        let members = members_of::<O>(request)?;
        let form = Some(media_type);
        match &self.0 {
            ClientTransport::Bus(client) => client.octets(O::ROW, members, form).await,
            ClientTransport::Https(client) => client.octets(O::ROW, members, form, attendant).await,
        }
    }

    /// Hands the name and the ids of every event to `each`, until `attendant` stops.
    ///
    /// # Errors
    /// [`ClientError::Ended`] if the daemon ends; the first error of `each`.
    pub async fn watch<E: From<ClientError>>(
        &self,
        attendant: &mut impl Attendant,
        each: impl FnMut(&str, Value) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.0 {
            ClientTransport::Bus(client) => client.watch(attendant, each).await,
            ClientTransport::Https(client) => client.watch(attendant, each).await,
        }
    }
}

impl<T: DeserializeOwned> Reply<T> {
    fn from_members(members: Value) -> Result<Self, ClientError> {
        match T::deserialize(&members) {
            Ok(answer) => Ok(Self { answer, members }),
            Err(error) => Err(ClientError::Unreadable {
                reason: error.to_string(),
                members,
            }),
        }
    }
}

/// Members of a request.
fn members_of<O: Operation>(request: &O::Request) -> Result<Map<String, Value>, ClientError> {
    match serde_json::to_value(request) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(ClientError::Failed(format!(
            "the request of {} has no members",
            O::ROW.name
        ))),
        Err(error) => Err(ClientError::Failed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::types::ReadersAnswer;
    use serde_json::json;

    #[test]
    fn members_of_a_newer_daemon_stay_beside_the_answer() {
        let members = json!({"readers": [], "colour": "of tomorrow"});
        let reply = Reply::<ReadersAnswer>::from_members(members.clone()).unwrap();
        assert!(reply.answer.readers.is_empty());
        assert_eq!(reply.members, members);
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_not_lost() {
        let sent = json!({"readers": "none"});
        match Reply::<ReadersAnswer>::from_members(sent.clone()) {
            Err(ClientError::Unreadable { members, .. }) => assert_eq!(members, sent),
            other => panic!("{other:?}"),
        }
    }
}
