//! One call: find the object, find the row of the table, translate there and back.

use super::error::{Failure, Refusal};
use super::introspection;
use super::objects::{self, Object, Place};
use super::terminal;
use super::{Front, Known};
use crate::api::twice::SaidTwice;
use crate::api::{AnswerForm, ApiError, ErrorCode, Interface, Member, OPERATIONS, Octets, OperationRow};
use crate::host::process::own_user;
use crate::host::terminal::Terminal;
use crate::service::Call;
use crate::service::caller::{Caller, CallerId};
use crate::texts::Language;
use beid_bus::convert::{Dict, to_dict, to_members};
use beid_bus::{CARD, MANAGER, OPERATION, operation_path};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use zbus::fdo::{self, DBusProxy};
use zbus::message::{Flags, Header};
use zbus::names::BusName;
use zbus::{Message, ObjectPath, Signature, Type, Variant};

/// The interface anybody may ask whether somebody is there.
const PEER: &str = "org.freedesktop.DBus.Peer";

/// Search for a member that is said twice in the arguments of a call, which are `a{sv}`.
#[derive(Deserialize)]
#[serde(transparent)]
struct TwiceInDict(SaidTwice);

impl Type for TwiceInDict {
    const SIGNATURE: &'static Signature = <BTreeMap<String, Variant<'static>> as Type>::SIGNATURE;
}

/// A connection that has called us, until it leaves.
pub(super) struct Sender {
    /// Its unique name.
    pub(super) name: String,
    /// Ends what it waits for.
    pub(super) left: CancellationToken,
    /// Its program; `None` if it runs as another user than we do.
    program: OnceCell<Option<Program>>,
}

/// A program of our own user, as far as the system tells.
struct Program {
    /// What it calls itself; empty if nobody knows.
    name: String,
    /// Its file.
    executable: Option<PathBuf>,
}

impl Sender {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            left: CancellationToken::new(),
            program: OnceCell::new(),
        }
    }

    /// Whether it has called us and is of our own user.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self.program.get(), Some(Some(_)))
    }

    /// The caller, with the name of its program for dialogs: asked once per connection.
    ///
    /// # Errors
    /// `policy-denied` for another user: on the machine's bus anybody can call, and only our own user may do everything.
    async fn caller(&self, front: &Front) -> Result<Caller, ApiError> {
        let program = self.program.get_or_init(|| program_of(front, &self.name)).await;
        let program = program.as_ref().ok_or(ErrorCode::PolicyDenied)?;
        Ok(Caller {
            executable: program.executable.clone(),
            ..Caller::on_bus(&self.name, &program.name)
        })
    }
}

/// The program behind a connection of our own user.
async fn program_of(front: &Front, name: &str) -> Option<Program> {
    let bus = DBusProxy::new(&front.connection).await.ok()?;
    let user = bus.get_connection_unix_user(BusName::try_from(name).ok()?).await.ok()?;
    if user != own_user() {
        return None;
    }
    let process = bus
        .get_connection_unix_process_id(BusName::try_from(name).ok()?)
        .await
        .ok()?;
    let called = tokio::fs::read_to_string(format!("/proc/{process}/comm")).await;
    Some(Program {
        name: called.unwrap_or_default().trim().to_owned(),
        executable: tokio::fs::read_link(format!("/proc/{process}/exe")).await.ok(),
    })
}

/// Answers one call. If the caller leaves meanwhile, whatever it waits for is dropped where it stands.
pub(super) async fn answer(front: Arc<Front>, message: Message, sender: Arc<Sender>) {
    let header = message.header();
    let outcome = tokio::select! {
        biased;
        () = sender.left.cancelled() => return,
        outcome = front.dispatch(&message, &header, &sender) => outcome,
    };
    if header.primary().flags().contains(Flags::NO_REPLY_EXPECTED) {
        return;
    }
    let reply = outcome.or_else(|refusal| refusal.to_reply(&header));
    let sent = match reply {
        Ok(reply) => front.connection.send(&reply).await,
        Err(error) => Err(error),
    };
    if let Err(error) = sent {
        tracing::debug!(%error, "reply not sent");
    }
}

impl Front {
    async fn dispatch(&self, message: &Message, header: &Header<'_>, sender: &Sender) -> Result<Message, Refusal> {
        let path = header.path().map(|path| path.as_str()).unwrap_or_default();
        let member = header.member().map(|member| member.as_str()).unwrap_or_default();
        if member == "Ping" && header.interface().is_none_or(|interface| interface == PEER) {
            return Ok(Message::method_return(header).build(&())?);
        }
        // Before anything else is said, that there is nothing at a path included.
        let caller = sender.caller(self).await;
        let caller = caller.map_err(|error| Failure::new(error, Language::default()))?;
        let place = Place::of(path);
        let unknown_method = || fdo::Error::UnknownMethod(format!("{path} has no method {member}"));
        // The interface may be left out of a call; every method name here is on one interface only.
        let interface = match header.interface() {
            Some(interface) => interface.as_str(),
            None => interface_with(place, member).ok_or_else(unknown_method)?,
        };
        match (interface, member) {
            (PEER, "GetMachineId") => machine_id(header).await,
            ("org.freedesktop.DBus.Introspectable", "Introspect") => self.introspect(path, header, sender),
            ("org.freedesktop.DBus.Properties", "Get") => self.property(place, message, header, sender),
            ("org.freedesktop.DBus.Properties", "GetAll") => self.properties(place, message, header, sender),
            ("org.freedesktop.DBus.Properties", "Set") => {
                Err(fdo::Error::PropertyReadOnly("every property here is read-only".to_owned()).into())
            }
            ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects") if place == Place::Manager => {
                self.managed_objects(header, sender)
            }
            (OPERATION, "Cancel" | "Result") => self.operation(place, member, header, sender),
            (MANAGER, method) if place == Place::Manager => {
                let row = row(Interface::Manager, method).ok_or_else(unknown_method)?;
                self.call(row, None, message, sender, caller).await
            }
            (CARD, method) => {
                let Place::Card(card) = place else {
                    return Err(unknown_method().into());
                };
                let row = row(Interface::Card, method).ok_or_else(unknown_method)?;
                self.call(row, Some(card), message, sender, caller).await
            }
            _ if place == Place::Nowhere => Err(fdo::Error::UnknownObject(format!("nothing is at {path}")).into()),
            _ => Err(unknown_method().into()),
        }
    }

    /// A row of the table, with the members of the call and, on a card, the card of the path.
    async fn call(
        &self,
        operation: &'static OperationRow,
        card: Option<&str>,
        message: &Message,
        sender: &Sender,
        mut caller: Caller,
    ) -> Result<Message, Refusal> {
        let header = message.header();
        let mut members = arguments(message)?;
        let language = language(&mut members)?;
        let refuse = |error: ApiError| Failure::new(error, language);
        let detached = respond_async(&mut members, operation).map_err(refuse)?;
        let terminal = terminal::offered(&mut members).map_err(refuse)?;
        if let Some(card) = card
            && members.insert("cardId".to_owned(), card.into()).is_some()
        {
            return Err(refuse(ApiError::invalid(
                "cardId",
                "must be left out: the object's path says which card",
            ))
            .into());
        }
        caller.terminal = match terminal {
            Some(offer) if operation.long_running && self.service.takes_a_terminal() => {
                self.borne_out(offer, sender).await
            }
            _ => None,
        };
        let call = Call { members, language };
        if detached {
            let id = self.service.start(operation, caller, call).map_err(refuse)?;
            let answer = self.started(&id, language, sender);
            return Ok(Message::method_return(&header).build(&answer)?);
        }
        let answer = self.service.call(operation, caller, call).await.map_err(refuse)?;
        Ok(Message::method_return(&header).build(&outgoing(answer))?)
    }

    /// The terminal that a caller of our own user offers, as far as the system says that it is the caller's.
    async fn borne_out(&self, offer: Terminal, sender: &Sender) -> Option<Terminal> {
        let bus = DBusProxy::new(&self.connection).await.ok()?;
        let name = BusName::try_from(sender.name.as_str()).ok()?;
        let process = bus.get_connection_unix_process_id(name).await.ok()?;
        let taken = terminal::borne_out(offer, process, own_user());
        tracing::info!(taken = taken.is_some(), "a caller offers its terminal");
        taken
    }

    /// `{operation o}`.
    fn started(&self, id: &str, language: Language, sender: &Sender) -> Dict {
        let known = || Known {
            owner: sender.name.clone(),
            language,
            announced: None,
        };
        self.operations().entry(id.to_owned()).or_insert_with(known).language = language;
        if sender.left.is_cancelled() {
            // Left between its call and now, when there was nothing to cancel yet.
            self.left(sender);
        }
        let path = ObjectPath::try_from(operation_path(id)).unwrap_or_default();
        Dict::from([("operation".to_owned(), Variant::from(path))])
    }

    /// `Cancel` and `Result` of an operation, for its owner.
    fn operation(
        &self,
        place: Place<'_>,
        member: &str,
        header: &Header<'_>,
        sender: &Sender,
    ) -> Result<Message, Refusal> {
        let owner = CallerId::Bus(sender.name.clone());
        let Place::Operation(id) = place else {
            return Err(fdo::Error::UnknownObject("no operation is here".to_owned()).into());
        };
        let language = self
            .operations()
            .get(id)
            .map_or_else(Language::default, |known| known.language);
        let refuse = |error: ApiError| Failure::new(error, language);
        let running = &self.service.running;
        if member == "Cancel" {
            running
                .cancel(id, &owner)
                .ok_or_else(|| refuse(ErrorCode::NotFound.into()))?;
            return Ok(Message::method_return(header).build(&())?);
        }
        let view = running
            .collect(id, &owner)
            .ok_or_else(|| refuse(ErrorCode::NotFound.into()))?;
        let not_yet = || Err(ErrorCode::OperationInProgress.into());
        let result = view.outcome.unwrap_or_else(not_yet).map_err(refuse)?;
        Ok(Message::method_return(header).build(&outgoing(AnswerForm::Members(result)))?)
    }

    /// The object at `place`, as the caller may see it.
    fn object(&self, place: Place<'_>, sender: &Sender) -> Result<Object, Refusal> {
        let nothing = || fdo::Error::UnknownObject("no such object".to_owned());
        let refuse = |error: ApiError| Failure::new(error, Language::default());
        match place {
            Place::Manager => Ok(objects::manager(self.https_port)),
            Place::Card(id) => Ok(objects::card(id, &self.service.registry).map_err(refuse)?),
            Place::Reader(id) => {
                let mut readers = objects::of_registry(&self.service.registry);
                Ok(readers.remove(&beid_bus::reader_path(id)).ok_or_else(nothing)?)
            }
            Place::Operation(id) => {
                let owner = CallerId::Bus(sender.name.clone());
                let found = objects::operation(id, &owner, &self.service);
                Ok(found.ok_or_else(|| refuse(ErrorCode::NotFound.into()))?)
            }
            Place::Branch | Place::Nowhere => Err(nothing().into()),
        }
    }

    fn property(
        &self,
        place: Place<'_>,
        message: &Message,
        header: &Header<'_>,
        sender: &Sender,
    ) -> Result<Message, Refusal> {
        let body = message.body();
        let (interface, name): (&str, &str) = body.deserialize().map_err(wrong_arguments)?;
        let object = self.object(place, sender)?;
        let value = Some(&object).filter(|object| object.interface == interface);
        let value = value.and_then(|object| object.properties.get(name));
        let value = value.ok_or_else(|| fdo::Error::UnknownProperty(format!("no property {interface}.{name}")))?;
        Ok(Message::method_return(header).build(&value.to_variant())?)
    }

    fn properties(
        &self,
        place: Place<'_>,
        message: &Message,
        header: &Header<'_>,
        sender: &Sender,
    ) -> Result<Message, Refusal> {
        let body = message.body();
        let interface: &str = body.deserialize().map_err(wrong_arguments)?;
        let object = self.object(place, sender)?;
        let properties = if interface == object.interface {
            object.to_dict()
        } else if interface.starts_with("org.freedesktop.DBus.") {
            Dict::new()
        } else {
            return Err(fdo::Error::UnknownInterface(format!("no interface {interface} here")).into());
        };
        Ok(Message::method_return(header).build(&properties)?)
    }

    /// Readers, cards, and the caller's own operations.
    fn visible(&self, sender: &Sender) -> objects::Objects {
        let mut visible = objects::of_registry(&self.service.registry);
        visible.extend(self.operations_of(&sender.name));
        visible
    }

    fn managed_objects(&self, header: &Header<'_>, sender: &Sender) -> Result<Message, Refusal> {
        let visible = self.visible(sender);
        let mut managed = BTreeMap::new();
        for (path, object) in &visible {
            managed.insert(
                ObjectPath::try_from(path.as_str())?,
                HashMap::from([(object.interface, object.to_dict())]),
            );
        }
        Ok(Message::method_return(header).build(&managed)?)
    }

    fn introspect(&self, path: &str, header: &Header<'_>, sender: &Sender) -> Result<Message, Refusal> {
        if Place::of(path) == Place::Nowhere {
            return Err(fdo::Error::UnknownObject(format!("nothing is at {path}")).into());
        }
        let known = introspection::known(self.visible(sender).keys());
        Ok(Message::method_return(header).build(&introspection::of(path, &known))?)
    }
}

fn row(interface: Interface, method: &str) -> Option<&'static OperationRow> {
    let here = |member: &Member| member.interface == interface && member.method == method;
    OPERATIONS
        .iter()
        .copied()
        .find(|operation| operation.dbus.as_ref().is_some_and(here))
}

/// The interface of the object at `place` that has `member`.
fn interface_with(place: Place<'_>, member: &str) -> Option<&'static str> {
    match member {
        "GetMachineId" => Some(PEER),
        "Introspect" => Some("org.freedesktop.DBus.Introspectable"),
        "Get" | "GetAll" | "Set" => Some("org.freedesktop.DBus.Properties"),
        "GetManagedObjects" => Some("org.freedesktop.DBus.ObjectManager"),
        _ => place.interface(),
    }
}

/// The members of a call; the one argument is `a{sv}`.
fn arguments(message: &Message) -> Result<Map<String, Value>, Refusal> {
    let body = message.body();
    if body.signature().to_string() != "a{sv}" {
        return Err(wrong_arguments("the argument is one a{sv}").into());
    }
    let refuse = |error: ApiError| Failure::new(error, Language::default());
    if let TwiceInDict(SaidTwice(Some(name))) = body.deserialize().map_err(wrong_arguments)? {
        return Err(refuse(ApiError::said_twice(&name)).into());
    }
    let members: BTreeMap<String, Variant<'_>> = body.deserialize().map_err(wrong_arguments)?;
    Ok(to_members(members).map_err(refuse)?)
}

fn wrong_arguments(why: impl ToString) -> fdo::Error {
    fdo::Error::InvalidArgs(why.to_string())
}

/// Takes `language` out of the members; one we do not speak is answered in our own.
fn language(members: &mut Map<String, Value>) -> Result<Language, Failure> {
    match members.remove("language") {
        None => Ok(Language::default()),
        Some(Value::String(tag)) => Ok(Language::from_tag(&tag).unwrap_or_default()),
        Some(_) => Err(Failure::new(
            ApiError::invalid("language", "must be nl, fr, de or en"),
            Language::default(),
        )),
    }
}

/// Takes `respondAsync` out of the members; only what may wait for a person can be left to run on.
fn respond_async(members: &mut Map<String, Value>, operation: &OperationRow) -> Result<bool, ApiError> {
    match members.remove("respondAsync") {
        None | Some(Value::Bool(false)) => Ok(false),
        Some(Value::Bool(true)) if operation.long_running => Ok(true),
        Some(Value::Bool(true)) => Err(ApiError::invalid(
            "respondAsync",
            "must be left out: this call never waits for a person",
        )),
        Some(_) => Err(ApiError::invalid("respondAsync", "must be true or false")),
    }
}

fn outgoing(answer: AnswerForm) -> Dict {
    match answer {
        AnswerForm::Members(members) | AnswerForm::Several { members, .. } => match members {
            Value::Object(members) => to_dict(&members),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Dict::new(),
        },
        AnswerForm::Octets(Octets {
            card_id,
            media_type,
            data,
        }) => Dict::from([
            ("cardId".to_owned(), Variant::from(card_id)),
            ("mediaType".to_owned(), Variant::from(media_type)),
            ("data".to_owned(), Variant::from(data)),
        ]),
    }
}

/// The machine's id, as the bus library of the C world gives it.
async fn machine_id(header: &Header<'_>) -> Result<Message, Refusal> {
    for file in ["/var/lib/dbus/machine-id", "/etc/machine-id"] {
        if let Ok(id) = tokio::fs::read_to_string(file).await {
            return Ok(Message::method_return(header).build(&id.trim())?);
        }
    }
    Err(fdo::Error::Failed("this machine has no id".to_owned()).into())
}
