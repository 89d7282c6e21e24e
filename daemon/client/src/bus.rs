//! Calls over D-Bus.

use crate::attendant::{Attendant, has_ended};
use crate::error::ClientError;
use beid_api::words::CallState;
use beid_api::{ErrorCode, Interface, Language, Member, OperationRow, Problem};
use beid_bus::convert::{to_dict, to_members};
use beid_bus::{CARD, ERROR_PREFIX, MessageBus, NAME, OPERATION, ROOT, card_path, connect, interface};
use beid_host::terminal::Terminal;
use futures_util::StreamExt;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::time::Duration;
use zbus::fdo::{self, DBusProxy};
use zbus::{Connection, Message, MessageStream, OwnedObjectPath, OwnedVariant, Variant, message};

type Dict = HashMap<String, OwnedVariant>;

/// Interval at which the state of a call is read again, in case a signal was lost.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Connection to the bus.
pub(crate) struct BusClient {
    connection: Connection,
    language: Language,
}

impl BusClient {
    pub(crate) async fn connect(bus: MessageBus, language: Language) -> Result<Self, ClientError> {
        let connection = connect(bus).await?;
        Ok(Self { connection, language })
    }

    /// Calls the method of `operation`; waits for the result of one that may take long.
    pub(crate) async fn call(
        &self,
        operation: &OperationRow,
        members: Map<String, Value>,
        attendant: &mut impl Attendant,
    ) -> Result<Value, ClientError> {
        let members = if operation.long_running {
            self.wait_for(operation, members, attendant).await?
        } else {
            self.method(operation, members, &[]).await?
        };
        let mut members = self.json(members)?;
        restore_nulls(&mut members);
        Ok(Value::Object(members))
    }

    /// Calls the method of `operation`, which answers octets; those of `form`, if it has several.
    pub(crate) async fn octets(
        &self,
        operation: &OperationRow,
        members: Map<String, Value>,
        form: Option<&'static str>,
    ) -> Result<Vec<u8>, ClientError> {
        let accept: Vec<_> = form.map(|form| ("accept", Variant::from(form))).into_iter().collect();
        let mut answer = self.method(operation, members, &accept).await?;
        let data = answer.remove("data").and_then(|data| Vec::try_from(data).ok());
        data.ok_or_else(|| failed("the service's answer has no octets"))
    }

    async fn method(
        &self,
        operation: &OperationRow,
        mut members: Map<String, Value>,
        more: &[(&str, Variant<'static>)],
    ) -> Result<Dict, ClientError> {
        let missing = ClientError::NotOnBus(operation.name);
        let Member { interface: of, method } = operation.dbus.ok_or(missing)?;
        let path = match of {
            Interface::Manager => ROOT.to_owned(),
            Interface::Card => path_of_card(members.remove("cardId").as_ref()),
        };
        let mut arguments = to_dict(&members);
        arguments.insert("language".to_owned(), Variant::from(self.language.tag()));
        for (name, value) in more {
            let value = value.try_clone().map_err(failed)?;
            arguments.insert((*name).to_owned(), value);
        }
        let reply = self
            .connection
            .call_method(Some(NAME), path.as_str(), Some(interface(of)), method, &arguments)
            .await;
        let refused = match self.members(reply) {
            Err(ClientError::Refused(problem)) => problem,
            answered => return answered,
        };
        Err(ClientError::Refused(self.with_tries_left(refused, &path).await))
    }

    /// Adds the tries left to a wrong PIN: on the bus they are a property of the card.
    async fn with_tries_left(&self, problem: Problem, path: &str) -> Problem {
        if problem.tries_left.is_some() || problem.code != ErrorCode::PinIncorrect.code() {
            return problem;
        }
        let tries = self.property(path, CARD, "PinTriesLeft").await;
        let tries = tries.ok().and_then(|tries| i16::try_from(tries).ok());
        Problem {
            tries_left: tries.and_then(|tries| u8::try_from(tries).ok()),
            ..problem
        }
    }

    /// Starts a call that may take long, and waits for its result.
    async fn wait_for(
        &self,
        operation: &OperationRow,
        members: Map<String, Value>,
        attendant: &mut impl Attendant,
    ) -> Result<Dict, ClientError> {
        // Both before the start, so that nothing that comes early is missed.
        let mut signals = MessageStream::from(&self.connection);
        attendant.begin().map_err(ClientError::Attendant)?;
        let card = path_of_card(members.get("cardId"));
        let mut more = vec![("respondAsync", Variant::from(true))];
        more.extend(terminal().map(|terminal| ("terminal", Variant::from(to_dict(&terminal)))));
        let mut answer = self.method(operation, members, &more).await?;
        let path = answer
            .remove("operation")
            .and_then(|path| OwnedObjectPath::try_from(path).ok());
        let path = path.ok_or_else(|| failed("the service's answer names no operation"))?;
        loop {
            let state = self.state(&path).await?;
            if has_ended(&state) {
                let result = self
                    .connection
                    .call_method(Some(NAME), &path, Some(OPERATION), "Result", &())
                    .await;
                return match self.members(result) {
                    Err(ClientError::Refused(problem)) => {
                        Err(ClientError::Refused(self.with_tries_left(problem, &card).await))
                    }
                    result => result,
                };
            }
            attendant.sees(&state);
            tokio::select! {
                () = told_of(&mut signals, &path) => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = attendant.stopped() => {
                    // The state may have gone on since it was asked for.
                    if attendant.gives_up(&self.state(&path).await?) {
                        let cancelled = self.connection.call_method(Some(NAME), &path, Some(OPERATION), "Cancel", &()).await;
                        cancelled.map_err(|error| self.failure(error))?;
                    }
                }
            }
        }
    }

    async fn state(&self, path: &OwnedObjectPath) -> Result<CallState, ClientError> {
        let state = self.property(path, OPERATION, "State").await;
        let state = state.map_err(|error| self.failure(error))?;
        let word = String::try_from(state).map_err(|error| self.failure(error))?;
        Ok(CallState::from_word(&word))
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

    /// Hands every event to `each` until `attendant` stops.
    pub(crate) async fn watch<E: From<ClientError>>(
        &self,
        attendant: &mut impl Attendant,
        mut each: impl FnMut(&str, Value) -> Result<(), E>,
    ) -> Result<(), E> {
        attendant.begin().map_err(ClientError::Attendant)?;
        let mut signals = self.events().await?;
        loop {
            let message = tokio::select! {
                message = signals.next() => message,
                () = attendant.stopped() => return Ok(()),
            };
            let message = message.ok_or(ClientError::NotRunning)?;
            let message = message.map_err(|error| self.failure(error))?;
            match message.header().member().map(|member| member.as_str()) {
                Some("Event") => {
                    let body = message.body();
                    let (name, ids): (&str, Dict) = body.deserialize().map_err(|error| self.failure(error))?;
                    each(name, Value::Object(self.json(ids)?))?;
                }
                Some("NameOwnerChanged") => return Err(ClientError::Ended.into()),
                _ => {}
            }
        }
    }

    /// Signals from now on, those of events and of the daemon's end among them.
    async fn events(&self) -> Result<MessageStream, ClientError> {
        let failure = |error| self.failure(error);
        let bus = DBusProxy::new(&self.connection).await.map_err(failure)?;
        let signals = MessageStream::from(&self.connection);
        for rule in [
            "type='signal',sender='org.beidd1',interface='org.beidd1.Manager',member='Event'",
            "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.beidd1',arg2=''",
        ] {
            let rule = rule.try_into().map_err(failure)?;
            bus.add_match_rule(rule).await.map_err(|error| failure(error.into()))?;
        }
        let name = NAME.try_into().map_err(|error: zbus::Error| failure(error))?;
        if !bus.name_has_owner(name).await.map_err(|error| failure(error.into()))? {
            return Err(ClientError::NotRunning);
        }
        // On the machine's bus only those who have called are told.
        let manager = Some("org.freedesktop.DBus.ObjectManager");
        let called = self
            .connection
            .call_method(Some(NAME), ROOT, manager, "GetManagedObjects", &());
        called.await.map_err(failure)?;
        Ok(signals)
    }

    fn members(&self, reply: zbus::Result<Message>) -> Result<Dict, ClientError> {
        let reply = reply.map_err(|error| self.failure(error))?;
        reply.body().deserialize().map_err(|error| self.failure(error))
    }

    fn json(&self, members: Dict) -> Result<Map<String, Value>, ClientError> {
        let members = members.into_iter().map(|(name, value)| (name, Variant::from(value)));
        to_members(members).map_err(|_| failed("the service's answer has a type that means nothing"))
    }

    fn failure(&self, error: zbus::Error) -> ClientError {
        if let zbus::Error::FDO(standard) = &error
            && matches!(**standard, fdo::Error::ServiceUnknown(_))
        {
            return ClientError::NotRunning;
        }
        let zbus::Error::MethodError(name, description, _) = &error else {
            return ClientError::Failed(format!("bus: {error}"));
        };
        let row = name.strip_prefix(ERROR_PREFIX).and_then(|rest| rest.strip_prefix('.'));
        let row = row.and_then(|row| ErrorCode::ALL.iter().find(|code| code.dbus_name() == row));
        let detail = description.clone().unwrap_or_default();
        match row {
            Some(row) => ClientError::refused(*row, detail),
            None => ClientError::Failed(format!("{name}: {detail}")),
        }
    }
}

fn failed(error: impl ToString) -> ClientError {
    ClientError::Failed(error.to_string())
}

/// Path of the card that a request names.
fn path_of_card(id: Option<&Value>) -> String {
    card_path(id.and_then(Value::as_str).unwrap_or("current"))
}

/// Terminal or display of this process, for a daemon that has none of its own to ask on.
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

/// Completes at the next signal about `path`.
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

/// Adds `card: null` to empty readers: HTTPS has that member, and the bus no null.
fn restore_nulls(members: &mut Map<String, Value>) {
    let Some(readers) = members.get_mut("readers").and_then(Value::as_array_mut) else {
        return;
    };
    for reader in readers.iter_mut().filter_map(Value::as_object_mut) {
        reader.entry("card").or_insert(Value::Null);
    }
}
