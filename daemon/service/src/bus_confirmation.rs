//! Confirmation of programs on the bus, once for each connection, where the settings want it.

use crate::Context;
use crate::caller::CallerId;
use beid_api::{ApiError, OperationKey};
use beid_prompt::layout::paragraph;
use beid_settings::ConfirmBus;
use beid_texts::{Message, Render};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Connections on the bus that a person has confirmed, by their unique names, which a bus never gives twice.
#[derive(Default)]
pub(crate) struct ConfirmedConnections(Mutex<HashSet<String>>);

impl ConfirmedConnections {
    fn has(&self, connection: &str) -> bool {
        self.lock().contains(connection)
    }

    fn add(&self, connection: &str) {
        self.lock().insert(connection.to_owned());
    }

    /// Forgets a connection that has left.
    pub(crate) fn forget(&self, caller: &CallerId) {
        if let CallerId::Bus(connection) = caller {
            self.lock().remove(connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connection of the caller, if it is on the bus.
fn connection(context: &Context) -> Option<&str> {
    match &context.caller.id {
        CallerId::Bus(connection) => Some(connection),
        CallerId::Token(_) | CallerId::Page { .. } | CallerId::OwnPage(_) | CallerId::Anonymous => None,
    }
}

/// Returns true if a person must confirm the caller before its call.
pub(crate) fn is_needed(context: &Context, operation: OperationKey) -> bool {
    // Neither tells anything of a card, and both are asked before a person sits at the desk.
    let is_harmless = matches!(operation, OperationKey::Status | OperationKey::GetOperation);
    let policy = context.service.config().settings.policy.confirm_bus();
    policy == ConfirmBus::Once
        && !is_harmless
        && connection(context).is_some_and(|connection| !context.service.confirmed.has(connection))
}

/// Asks a person whether the caller may use the card reader until it leaves the bus.
///
/// # Errors
/// As [`Context::turn`]; `user-declined`, `user-timeout`, or `policy-denied` if nobody can be asked.
pub(crate) async fn ask(context: &Context) -> Result<(), ApiError> {
    let turn = context.turn()?;
    let service = &context.service;
    let until = Message::new("dialog-bus-until").render(service.prompter.language());
    let text = format!("{}\n\n{}", context.asks("dialog-asked-for-bus"), paragraph(&until));
    turn.confirm(&Message::new("dialog-bus-title"), &text).await?;
    if let Some(connection) = connection(context) {
        service.confirmed.add(connection);
    }
    Ok(())
}
