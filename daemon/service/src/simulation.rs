//! Movement of the cards of a simulated daemon, so that integrators can try insertion, removal and exchange.

use crate::{Context, Service};
use beid_api::types as t;
use beid_api::words::CardStatus;
use beid_api::{ApiError, ErrorCode};
use beid_simulator::CITIZENS;
use beid_texts::Message;
use std::time::Duration;
use t::SimulatedAction;

/// The simulated readers of this daemon, where it has no others.
pub trait Simulation: Send + Sync {
    /// Puts the card of `citizen` into an empty reader: this one, or the first. Returns the reader.
    ///
    /// # Errors
    /// [`NotMoved`] with the reason.
    fn insert(&self, reader: Option<u32>, citizen: &str) -> Result<u32, NotMoved>;
    /// Takes the card out of this reader, or of the first that has one.
    ///
    /// # Errors
    /// [`NotMoved`] with the reason.
    fn remove(&self, reader: Option<u32>) -> Result<u32, NotMoved>;
    /// Puts the card of `citizen` in the place of the one that is there, in the same instant.
    ///
    /// # Errors
    /// [`NotMoved`] with the reason.
    fn swap(&self, reader: Option<u32>, citizen: &str) -> Result<u32, NotMoved>;
}

/// Reason for which no simulated card was moved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotMoved {
    /// There is no such reader.
    NoReader,
    /// There is no card to take out.
    Empty,
    /// There is a card already.
    Occupied,
    /// No simulated citizen has this id.
    Nobody,
    /// The card is in another reader: there is one of each.
    Elsewhere,
}

/// Interval between looks at whether an inserted card has been recognised.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Upper limit on such looks: five seconds in all.
const LOOKS: u32 = 500;

pub(crate) async fn simulate(context: Context, request: t::SimulateRequest) -> Result<t::SimulateAnswer, ApiError> {
    let service = &context.service;
    let not_simulated = || ApiError::new(ErrorCode::PolicyDenied, Message::new("detail-not-simulated"));
    let simulation = service.simulation.get().ok_or_else(not_simulated)?;
    let reader = request
        .reader
        .as_deref()
        .map(|id| id.parse().map_err(|_| ErrorCode::NotFound));
    let reader = reader.transpose()?;
    let moved = match (request.action, request.citizen.as_deref()) {
        (SimulatedAction::Insert, Some(citizen)) => simulation.insert(reader, citizen),
        (SimulatedAction::Swap, Some(citizen)) => simulation.swap(reader, citizen),
        (SimulatedAction::Remove, None) => simulation.remove(reader),
        (SimulatedAction::Insert | SimulatedAction::Swap, None) => {
            return Err(ApiError::invalid("citizen", "is needed"));
        }
        (SimulatedAction::Remove, Some(_)) => {
            return Err(ApiError::invalid("citizen", "means nothing with this operation"));
        }
    };
    let reader = recognised(service, &moved?.to_string()).await?;
    Ok(t::SimulateAnswer {
        reader: reader.id,
        name: reader.name,
        card: reader.card,
        simulated: true,
    })
}

/// Waits until the card in a reader has been recognised, because the caller will read it next; returns the reader.
async fn recognised(service: &Service, id: &str) -> Result<t::ReaderAnswer, ApiError> {
    let find = || service.registry.readers().into_iter().find(|reader| reader.id == id);
    let mut reader = find().ok_or(ErrorCode::NotFound)?;
    for _ in 0..LOOKS {
        if reader
            .card
            .as_ref()
            .is_none_or(|card| card.status != CardStatus::Reading)
        {
            break;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
        reader = find().ok_or(ErrorCode::NotFound)?;
    }
    Ok(reader)
}

impl From<NotMoved> for ApiError {
    fn from(why: NotMoved) -> Self {
        match why {
            NotMoved::NoReader => ErrorCode::NotFound.into(),
            NotMoved::Empty => Self::new(ErrorCode::NoCard, Message::new("detail-simulated-empty")),
            NotMoved::Occupied => Self::invalid("reader", "has a card already: remove it first, or swap"),
            NotMoved::Elsewhere => Self::invalid("citizen", "has the card in another reader: there is one of each"),
            NotMoved::Nobody => {
                let known: Vec<&str> = CITIZENS.iter().map(|citizen| citizen.id).collect();
                let reason = format!("must be one of {}", known.join(", "));
                Self::invalid("citizen", reason)
            }
        }
    }
}
