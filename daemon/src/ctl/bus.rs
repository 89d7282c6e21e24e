//! Asking over D-Bus.

use super::Failure;
use super::failure::Kind;
use super::wait::{Interrupts, Waiting, has_ended};
use crate::api::{ErrorCode, OperationRow, Problem};
use crate::api::{Interface, Member};
use crate::config;
use crate::front::dbus::convert::{to_dict, to_members};
use crate::front::dbus::{BusError, ERROR_PREFIX, NAME, ROOT, card_path, connect};
use crate::host::terminal::Terminal;
use crate::texts::{ErrorTexts, Language, Message as Text, Render};
use futures_util::StreamExt;
use serde_json::{Map, Value};
use std::collections::HashMap;
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
            Err(BusError::NoBus) => Err(Failure::local("the settings say that there is no bus; try --https")),
            Err(error) => Err(Failure::of(Kind::NotRunning, format!("{error}; or try --https"))),
        }
    }

    /// One row of the table.
    pub(super) async fn call(&self, operation: &OperationRow, members: Map<String, Value>) -> Result<Value, Failure> {
        let members = if operation.long_running {
            self.wait_for(operation, members).await?
        } else {
            self.method(operation, members, &[]).await?
        };
        let mut members = to_members(variants(members)).map_err(|error| Failure::local(error.detail(self.language)))?;
        restore_nulls(&mut members);
        Ok(Value::Object(members))
    }

    /// One row of the table that answers octets.
    pub(super) async fn octets(
        &self,
        operation: &OperationRow,
        members: Map<String, Value>,
    ) -> Result<Vec<u8>, Failure> {
        let mut answer = self.method(operation, members, &[]).await?;
        let data = answer.remove("data").and_then(|data| Vec::try_from(data).ok());
        data.ok_or_else(|| Failure::local("the service's answer has no octets"))
    }

    async fn method(
        &self,
        operation: &OperationRow,
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
            .call_method(Some(NAME), path.as_str(), Some(interface), method, &arguments)
            .await;
        let refused = match self.members(reply) {
            Err(Failure::Refused(problem)) => problem,
            answered => return answered,
        };
        Err(Failure::Refused(self.with_tries_left(refused, &path).await))
    }

    /// A wrong PIN with the tries that are left, which are a property of the card on the bus.
    async fn with_tries_left(&self, problem: Problem, path: &str) -> Problem {
        if problem.tries_left.is_some() || problem.code != ErrorCode::PinIncorrect.code() {
            return problem;
        }
        let tries = self.property(path, "org.beidd1.Card", "PinTriesLeft").await;
        let tries = tries.ok().and_then(|tries| i16::try_from(tries).ok());
        Problem {
            tries_left: tries.and_then(|tries| u8::try_from(tries).ok()),
            ..problem
        }
    }

    /// Starts what waits for a person, and waits; Ctrl-C gives up.
    async fn wait_for(&self, operation: &OperationRow, members: Map<String, Value>) -> Result<Dict, Failure> {
        // Both before the start, so that nothing that comes early is missed.
        let mut signals = MessageStream::from(&self.connection);
        let mut interrupts = Interrupts::listen()?;
        let card = members.get("cardId").and_then(Value::as_str).unwrap_or("current");
        let card = card_path(card);
        let mut more = vec![("respondAsync", Variant::from(true))];
        more.extend(terminal().map(|terminal| ("terminal", Variant::from(to_dict(&terminal)))));
        let mut answer = self.method(operation, members, &more).await?;
        let path = answer
            .remove("operation")
            .and_then(|path| OwnedObjectPath::try_from(path).ok());
        let path = path.ok_or_else(|| Failure::local("the service's answer names no operation"))?;
        let mut waiting = Waiting::default();
        loop {
            let state = self.state(&path).await?;
            if has_ended(&state) {
                let result = self
                    .connection
                    .call_method(Some(NAME), &path, OPERATION, "Result", &())
                    .await;
                return match self.members(result) {
                    Err(Failure::Refused(problem)) => Err(Failure::Refused(self.with_tries_left(problem, &card).await)),
                    result => result,
                };
            }
            waiting.sees(&state);
            tokio::select! {
                () = told_of(&mut signals, &path) => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = interrupts.next() => {
                    // The state may have gone on since it was asked for.
                    if waiting.gives_up(&self.state(&path).await?) {
                        let cancelled = self.connection.call_method(Some(NAME), &path, OPERATION, "Cancel", &()).await;
                        cancelled.map_err(|error| self.failure(error))?;
                    }
                }
            }
        }
    }

    async fn state(&self, path: &OwnedObjectPath) -> Result<String, Failure> {
        let state = self.property(path, "org.beidd1.Operation", "State").await;
        let state = state.map_err(|error| self.failure(error))?;
        String::try_from(state).map_err(|error| self.failure(error))
    }

    async fn property(&self, path: &str, interface: &str, name: &str) -> zbus::Result<OwnedVariant> {
        let properties = Some("org.freedesktop.DBus.Properties");
        let body = (interface, name);
        let reply = self
            .connection
            .call_method(Some(NAME), path, properties, "Get", &body)
            .await;
        reply.and_then(|reply| reply.body().deserialize::<OwnedVariant>())
    }

    /// Hands every event to `each` until Ctrl-C; the service leaving the bus is a failure.
    pub(super) async fn watch(&self, mut each: impl FnMut(&str, Value) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut interrupts = Interrupts::listen()?;
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
            return Err(self.not_running());
        }
        // On the machine's bus only those who have called are told.
        let manager = Some("org.freedesktop.DBus.ObjectManager");
        self.connection
            .call_method(Some(NAME), ROOT, manager, "GetManagedObjects", &())
            .await
            .map_err(|error| self.failure(error))?;
        loop {
            let message = tokio::select! {
                message = signals.next() => message,
                () = interrupts.next() => return Ok(()),
            };
            let message = message
                .ok_or_else(|| self.not_running())?
                .map_err(|error| self.failure(error))?;
            match message.header().member().map(|member| member.as_str()) {
                Some("Event") => {
                    let body = message.body();
                    let (name, ids): (&str, Dict) = body.deserialize().map_err(|error| self.failure(error))?;
                    let ids = to_members(variants(ids)).map_err(|error| Failure::local(error.detail(self.language)))?;
                    each(name, Value::Object(ids))?;
                }
                Some("NameOwnerChanged") => return Err(Failure::of(Kind::NotRunning, "beidd has ended")),
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
            return self.not_running();
        }
        let zbus::Error::MethodError(name, description, _) = &error else {
            return Failure::local(format!("bus: {error}"));
        };
        let row = name.strip_prefix(ERROR_PREFIX).and_then(|rest| rest.strip_prefix('.'));
        let row = row.and_then(|row| ErrorCode::ALL.iter().find(|code| code.dbus_name() == row));
        let detail = description.clone().unwrap_or_default();
        match row {
            Some(row) => Failure::refused(row.code(), detail, self.language),
            None => Failure::local(format!("{name}: {detail}")),
        }
    }

    fn not_running(&self) -> Failure {
        Failure::of(
            Kind::NotRunning,
            Text::new("ctl-not-running-detail").render(self.language),
        )
    }
}

/// The terminal or display we were started on, for a daemon that has none of its own to ask on.
fn terminal() -> Option<Map<String, Value>> {
    let own = Terminal::from_command();
    let members = [
        ("tty", own.ttyname),
        ("type", own.ttytype),
        ("display", own.display),
        ("waylandDisplay", own.wayland_display),
    ];
    let members = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    let members: Map<String, Value> = members.collect();
    (!members.is_empty()).then_some(members)
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
