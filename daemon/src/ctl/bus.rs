//! Asking over D-Bus.

use super::Failure;
use crate::api::operations::{Interface, Member};
use crate::api::{ErrorCode, Operation};
use crate::config;
use crate::front::dbus::convert::{to_dict, to_members};
use crate::front::dbus::{BusError, ERROR_PREFIX, NAME, ROOT, card_path, connect};
use crate::texts::Language;
use futures_util::StreamExt;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;
use zbus::fdo::{self, DBusProxy};
use zbus::{Connection, Message, MessageStream, OwnedObjectPath, OwnedVariant, Variant, message};

type Dict = HashMap<String, OwnedVariant>;

const OPERATION: Option<&str> = Some("org.beidd1.Operation");
/// Should a signal be lost, this looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// A connection to the bus.
pub(super) struct Client {
    connection: Connection,
    language: Language,
}

impl Client {
    pub(super) async fn connect(which: config::Bus, language: Language) -> Result<Self, Failure> {
        match connect(which).await {
            Ok(connection) => Ok(Self { connection, language }),
            Err(BusError::NoBus) => Err(Failure::local("the configuration says no bus; try --https")),
            Err(error) => Err(Failure::local(error.to_string())),
        }
    }

    /// One row of the table.
    pub(super) async fn call(&self, operation: &Operation, members: Map<String, Value>) -> Result<Value, Failure> {
        let members = if operation.human {
            self.wait_for(operation, members).await?
        } else {
            self.method(operation, members, &[]).await?
        };
        let mut members = to_members(variants(members)).map_err(|error| Failure::local(error.detail(self.language)))?;
        restore_nulls(&mut members);
        Ok(Value::Object(members))
    }

    /// One row of the table that answers octets.
    pub(super) async fn octets(&self, operation: &Operation, members: Map<String, Value>) -> Result<Vec<u8>, Failure> {
        let mut answer = self.method(operation, members, &[]).await?;
        let data = answer.remove("data").and_then(|data| Vec::try_from(data).ok());
        data.ok_or_else(|| Failure::local("the service's answer has no octets"))
    }

    async fn method(
        &self,
        operation: &Operation,
        mut members: Map<String, Value>,
        more: &[(&str, Variant<'static>)],
    ) -> Result<Dict, Failure> {
        let missing = || Failure::local(format!("{} is not on D-Bus", operation.name));
        let Member { interface, method } = operation.dbus.ok_or_else(missing)?;
        let (path, interface) = match interface {
            Interface::Manager => (ROOT.to_owned(), "org.beidd1.Manager"),
            Interface::Card => {
                let card = members.remove("cardId");
                let card = card.as_ref().and_then(Value::as_str).unwrap_or("current");
                (card_path(card), "org.beidd1.Card")
            }
        };
        let mut arguments = to_dict(&members);
        arguments.insert("language".to_owned(), Variant::from(self.language.tag()));
        for (name, value) in more {
            let value = value.try_clone().map_err(|error| Failure::local(error.to_string()))?;
            arguments.insert((*name).to_owned(), value);
        }
        let reply = self
            .connection
            .call_method(Some(NAME), path, Some(interface), method, &arguments)
            .await;
        self.members(reply)
    }

    /// Starts what waits for a person, and waits; Ctrl-C gives up.
    async fn wait_for(&self, operation: &Operation, members: Map<String, Value>) -> Result<Dict, Failure> {
        // Both before the start, so that nothing that comes early is missed.
        let mut signals = MessageStream::from(&self.connection);
        let mut interrupt = super::interrupt()?;
        let mut answer = self
            .method(operation, members, &[("respondAsync", Variant::from(true))])
            .await?;
        let path = answer
            .remove("operation")
            .and_then(|path| OwnedObjectPath::try_from(path).ok());
        let path = path.ok_or_else(|| Failure::local("the service's answer names no operation"))?;
        let mut hint = Hint::default();
        loop {
            let state = self.state(&path).await?;
            if matches!(state.as_str(), "succeeded" | "failed" | "cancelled") {
                let result = self
                    .connection
                    .call_method(Some(NAME), &path, OPERATION, "Result", &())
                    .await;
                return self.members(result);
            }
            hint.show(&state);
            tokio::select! {
                () = told_of(&mut signals, &path) => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                _ = interrupt.recv() => {
                    let cancelled = self.connection.call_method(Some(NAME), &path, OPERATION, "Cancel", &()).await;
                    cancelled.map_err(|error| self.failure(error))?;
                }
            }
        }
    }

    async fn state(&self, path: &OwnedObjectPath) -> Result<String, Failure> {
        let properties = Some("org.freedesktop.DBus.Properties");
        let body = ("org.beidd1.Operation", "State");
        let reply = self
            .connection
            .call_method(Some(NAME), path, properties, "Get", &body)
            .await;
        let state = reply.and_then(|reply| reply.body().deserialize::<OwnedVariant>());
        let state = state.map_err(|error| self.failure(error))?;
        String::try_from(state).map_err(|error| self.failure(error))
    }

    /// Hands every event to `each` until Ctrl-C; the service leaving the bus is a failure.
    pub(super) async fn watch(&self, mut each: impl FnMut(&str, Value) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut interrupt = super::interrupt()?;
        let bus = DBusProxy::new(&self.connection)
            .await
            .map_err(|error| self.failure(error))?;
        let mut signals = MessageStream::from(&self.connection);
        for rule in [
            "type='signal',sender='org.beidd1',interface='org.beidd1.Manager',member='Event'",
            "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.beidd1',arg2=''",
        ] {
            let rule = rule.try_into().map_err(|error: zbus::Error| self.failure(error))?;
            bus.add_match_rule(rule)
                .await
                .map_err(|error| self.failure(error.into()))?;
        }
        let name = NAME.try_into().map_err(|error: zbus::Error| self.failure(error))?;
        if !bus
            .name_has_owner(name)
            .await
            .map_err(|error| self.failure(error.into()))?
        {
            return Err(not_running());
        }
        loop {
            let message = tokio::select! {
                message = signals.next() => message,
                _ = interrupt.recv() => return Ok(()),
            };
            let message = message.ok_or_else(not_running)?.map_err(|error| self.failure(error))?;
            match message.header().member().map(|member| member.as_str()) {
                Some("Event") => {
                    let body = message.body();
                    let (name, ids): (&str, Dict) = body.deserialize().map_err(|error| self.failure(error))?;
                    let ids = to_members(variants(ids)).map_err(|error| Failure::local(error.detail(self.language)))?;
                    each(name, Value::Object(ids))?;
                }
                Some("NameOwnerChanged") => return Err(Failure::local("beidd has ended")),
                _ => {}
            }
        }
    }

    fn members(&self, reply: zbus::Result<Message>) -> Result<Dict, Failure> {
        let reply = reply.map_err(|error| self.failure(error))?;
        reply.body().deserialize().map_err(|error| self.failure(error))
    }

    fn failure(&self, error: zbus::Error) -> Failure {
        if let zbus::Error::FDO(standard) = &error
            && matches!(**standard, fdo::Error::ServiceUnknown(_))
        {
            return not_running();
        }
        let zbus::Error::MethodError(name, description, message) = &error else {
            return Failure::local(format!("bus: {error}"));
        };
        let row = name.strip_prefix(ERROR_PREFIX).and_then(|rest| rest.strip_prefix('.'));
        let row = row.and_then(|row| ErrorCode::ALL.iter().find(|code| code.dbus_name() == row));
        let detail = match message.body().deserialize::<(String, Dict)>() {
            Ok((detail, _)) => detail,
            Err(_) => description.clone().unwrap_or_default(),
        };
        match row {
            Some(row) => Failure::refused(row.code(), detail, self.language),
            None => Failure::local(format!("{name}: {detail}")),
        }
    }
}

fn not_running() -> Failure {
    Failure::local("beidd does not run on this bus")
}

/// Tells once that a dialog waits; what it asks is the daemon's business.
#[derive(Default)]
struct Hint(bool);

impl Hint {
    fn show(&mut self, state: &str) {
        if matches!(state, "waitingForPin" | "waitingForConfirmation") && !std::mem::replace(&mut self.0, true) {
            let hint = "beidctl: answer the dialog that beidd shows (Ctrl-C gives up)";
            // Nobody to read it: then nobody misses it.
            drop(writeln!(std::io::stderr(), "{hint}"));
        }
    }
}

/// Ends at the next signal about `path`.
async fn told_of(signals: &mut MessageStream, path: &OwnedObjectPath) {
    while let Some(Ok(message)) = signals.next().await {
        let header = message.header();
        let about = header.path().is_some_and(|of| of == &**path);
        if message.message_type() == message::Type::Signal && about {
            return;
        }
    }
    // The bus is lost: whoever asks next hears it.
    std::future::pending().await
}

fn variants(dict: Dict) -> impl Iterator<Item = (String, Variant<'static>)> {
    dict.into_iter().map(|(name, value)| (name, Variant::from(value)))
}

/// An empty reader has `card: null` in REST, and no such member on the bus.
fn restore_nulls(members: &mut Map<String, Value>) {
    let Some(readers) = members.get_mut("readers").and_then(Value::as_array_mut) else {
        return;
    };
    for reader in readers.iter_mut().filter_map(Value::as_object_mut) {
        reader.entry("card").or_insert(Value::Null);
    }
}
