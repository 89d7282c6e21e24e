//! One call: finding the object and the row of the table, and translating there and back.

use super::error::{Refusal, ServiceFailure};
use super::introspection;
use super::objects::{self, Object, PathTarget};
use super::terminal;
use super::{BusFront, KnownOperation};
use beid_api::twice::SaidTwice;
use beid_api::{AnswerForm, ApiError, ErrorCode, Interface, JSON, Member, OPERATIONS, Octets, OperationRow};
use beid_bus::convert::{BusDict, to_dict, to_members};
use beid_bus::{CARD, MANAGER, OPERATION, operation_path};
use beid_host::process::own_user;
use beid_host::terminal::Terminal;
use beid_service::Call;
use beid_service::caller::{Caller, CallerId};
use beid_texts::Language;
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

/// Interface by which every connection answers that it is there, on any path.
const PEER: &str = "org.freedesktop.DBus.Peer";

/// Search for a member that is given twice in the arguments of a call, which are `a{sv}`.
#[derive(Deserialize)]
#[serde(transparent)]
struct TwiceInDict(SaidTwice);

impl Type for TwiceInDict {
    const SIGNATURE: &'static Signature = <BTreeMap<String, Variant<'static>> as Type>::SIGNATURE;
}

/// A connection that has called us, until it leaves.
pub(super) struct Sender {
    /// Its unique name on the bus.
    pub(super) name: String,
    /// Cancelled when it leaves, which ends what it waits for.
    pub(super) left: CancellationToken,
    /// Its program; `None` if it runs as another user than we do.
    program: OnceCell<Option<Program>>,
}

/// A program of our own user, as far as the system tells.
struct Program {
    /// Name of its process (`/proc/PID/comm`), which it can choose itself; empty if that cannot be read.
    name: String,
    /// Its executable; `None` if that cannot be read.
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

    /// Returns true if it has called us and belongs to our own user.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self.program.get(), Some(Some(_)))
    }

    /// Caller with the name of its program, for dialogs; looked up once per connection.
    ///
    /// # Errors
    /// `policy-denied` for another user: on the machine's bus anybody can call, and only our own user may do everything.
    async fn caller(&self, front: &BusFront) -> Result<Caller, ApiError> {
        let program = self.program.get_or_init(|| program_of(front, &self.name)).await;
        let program = program.as_ref().ok_or(ErrorCode::PolicyDenied)?;
        Ok(Caller {
            executable: program.executable.clone(),
            ..Caller::on_bus(&self.name, &program.name)
        })
    }
}

/// Program behind a connection, if that belongs to our own user.
async fn program_of(front: &BusFront, name: &str) -> Option<Program> {
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

/// Answers one call. If the caller leaves meanwhile, the work for it is dropped wherever it stands.
pub(super) async fn answer(front: Arc<BusFront>, message: Message, sender: Arc<Sender>) {
    let header = message.header();
    let outcome = tokio::select! {
        // Biased, so that nothing is done for a caller that has left already.
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

impl BusFront {
    async fn dispatch(&self, message: &Message, header: &Header<'_>, sender: &Sender) -> Result<Message, Refusal> {
        let path = header.path().map(|path| path.as_str()).unwrap_or_default();
        let member = header.member().map(|member| member.as_str()).unwrap_or_default();
        if member == "Ping" && header.interface().is_none_or(|interface| interface == PEER) {
            return Ok(Message::method_return(header).build(&())?); // to every user: it tells nothing
        }
        // Before any other answer, even that nothing is at a path: another user must not learn which objects there are.
        let caller = sender.caller(self).await;
        let caller = caller.map_err(|error| ServiceFailure::new(error, Language::default()))?;
        let target = PathTarget::parse(path);
        let unknown_method = || fdo::Error::UnknownMethod(format!("{path} has no method {member}"));
        // The interface may be left out of a call; every method name here is on one interface only.
        let interface = match header.interface() {
            Some(interface) => interface.as_str(),
            None => interface_with(target, member).ok_or_else(unknown_method)?,
        };
        match (interface, member) {
            (PEER, "GetMachineId") => machine_id(header).await,
            ("org.freedesktop.DBus.Introspectable", "Introspect") => self.introspect(path, header, sender),
            ("org.freedesktop.DBus.Properties", "Get") => self.property(target, message, header, sender),
            ("org.freedesktop.DBus.Properties", "GetAll") => self.properties(target, message, header, sender),
            ("org.freedesktop.DBus.Properties", "Set") => {
                Err(fdo::Error::PropertyReadOnly("every property here is read-only".to_owned()).into())
            }
            ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects") if target == PathTarget::Manager => {
                self.managed_objects(header, sender)
            }
            (OPERATION, "Cancel" | "Result") => self.operation(target, member, header, sender),
            (MANAGER, method) if target == PathTarget::Manager => {
                let row = row(Interface::Manager, method).ok_or_else(unknown_method)?;
                self.call(row, None, message, sender, caller).await
            }
            (CARD, method) => {
                let PathTarget::Card(card) = target else {
                    return Err(unknown_method().into());
                };
                let row = row(Interface::Card, method).ok_or_else(unknown_method)?;
                self.call(row, Some(card), message, sender, caller).await
            }
            _ if target == PathTarget::Nowhere => {
                Err(fdo::Error::UnknownObject(format!("nothing is at {path}")).into())
            }
            _ => Err(unknown_method().into()),
        }
    }

    /// Calls a row of the table with the members of the message and, for a card, the card of the path.
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
        let refuse = |error: ApiError| ServiceFailure::new(error, language);
        let detached = respond_async(&mut members, operation).map_err(refuse)?;
        let form = accepted(&mut members, operation).map_err(refuse)?;
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
        // The system is asked about an offer only if a dialog may open and has no screen of the daemon's own.
        caller.terminal = match terminal {
            Some(offer) if operation.long_running && self.service.takes_a_terminal() => {
                self.borne_out(offer, sender).await
            }
            _ => None,
        };
        let call = Call {
            members,
            language,
            form,
            ..Call::default()
        };
        if detached {
            let id = self.service.start(operation, caller, call).map_err(refuse)?;
            let answer = self.started(&id, language, sender);
            return Ok(Message::method_return(&header).build(&answer)?);
        }
        let answer = self.service.call(operation, caller, call).await.map_err(refuse)?;
        Ok(Message::method_return(&header).build(&outgoing(answer, form))?)
    }

    /// Terminal that a caller of our own user offers, as far as the system confirms that it is the caller's.
    async fn borne_out(&self, offer: Terminal, sender: &Sender) -> Option<Terminal> {
        let bus = DBusProxy::new(&self.connection).await.ok()?;
        let name = BusName::try_from(sender.name.as_str()).ok()?;
        let process = bus.get_connection_unix_process_id(name).await.ok()?;
        let taken = terminal::borne_out(offer, process, own_user());
        tracing::info!(taken = taken.is_some(), "a caller offers its terminal");
        taken
    }

    /// Answer with the path of an operation that has begun: `{operation o}`.
    fn started(&self, id: &str, language: Language, sender: &Sender) -> BusDict {
        let known = || KnownOperation {
            owner: sender.name.clone(),
            language,
            announced: None,
        };
        // The announcer may have met the operation first; it does not know the language.
        self.operations().entry(id.to_owned()).or_insert_with(known).language = language;
        if sender.left.is_cancelled() {
            // It left after its call had come in and before there was an operation that could be cancelled.
            self.left(sender);
        }
        let path = ObjectPath::try_from(operation_path(id)).unwrap_or_default();
        BusDict::from([("operation".to_owned(), Variant::from(path))])
    }

    /// Answers `Cancel` and `Result` of an operation, for its owner.
    fn operation(
        &self,
        target: PathTarget<'_>,
        member: &str,
        header: &Header<'_>,
        sender: &Sender,
    ) -> Result<Message, Refusal> {
        let owner = CallerId::Bus(sender.name.clone());
        let PathTarget::Operation(id) = target else {
            return Err(fdo::Error::UnknownObject("no operation is here".to_owned()).into());
        };
        let language = self
            .operations()
            .get(id)
            .map_or_else(Language::default, |known| known.language);
        let refuse = |error: ApiError| ServiceFailure::new(error, language);
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
        Ok(Message::method_return(header).build(&outgoing(AnswerForm::Members(result), None))?)
    }

    /// The object at `target`, if the caller may see it.
    fn object(&self, target: PathTarget<'_>, sender: &Sender) -> Result<Object, Refusal> {
        let nothing = || fdo::Error::UnknownObject("no such object".to_owned());
        let refuse = |error: ApiError| ServiceFailure::new(error, Language::default());
        match target {
            PathTarget::Manager => Ok(objects::manager(self.https_port)),
            PathTarget::Card(id) => Ok(objects::card(id, &self.service.registry).map_err(refuse)?),
            PathTarget::Reader(id) => {
                let mut readers = objects::from_registry(&self.service.registry);
                Ok(readers.remove(&beid_bus::reader_path(id)).ok_or_else(nothing)?)
            }
            PathTarget::Operation(id) => {
                let owner = CallerId::Bus(sender.name.clone());
                let found = objects::operation(id, &owner, &self.service);
                Ok(found.ok_or_else(|| refuse(ErrorCode::NotFound.into()))?)
            }
            PathTarget::Branch | PathTarget::Nowhere => Err(nothing().into()),
        }
    }

    fn property(
        &self,
        target: PathTarget<'_>,
        message: &Message,
        header: &Header<'_>,
        sender: &Sender,
    ) -> Result<Message, Refusal> {
        let body = message.body();
        let (interface, name): (&str, &str) = body.deserialize().map_err(wrong_arguments)?;
        let object = self.object(target, sender)?;
        let value = Some(&object).filter(|object| object.interface == interface);
        let value = value.and_then(|object| object.properties.get(name));
        let value = value.ok_or_else(|| fdo::Error::UnknownProperty(format!("no property {interface}.{name}")))?;
        Ok(Message::method_return(header).build(&value.to_variant())?)
    }

    fn properties(
        &self,
        target: PathTarget<'_>,
        message: &Message,
        header: &Header<'_>,
        sender: &Sender,
    ) -> Result<Message, Refusal> {
        let body = message.body();
        let interface: &str = body.deserialize().map_err(wrong_arguments)?;
        let object = self.object(target, sender)?;
        let properties = if interface == object.interface {
            object.to_dict()
        } else if interface.starts_with("org.freedesktop.DBus.") {
            BusDict::new()
        } else {
            return Err(fdo::Error::UnknownInterface(format!("no interface {interface} here")).into());
        };
        Ok(Message::method_return(header).build(&properties)?)
    }

    /// Objects that the caller may see: readers, cards, and its own operations.
    fn visible(&self, sender: &Sender) -> objects::Objects {
        let mut visible = objects::from_registry(&self.service.registry);
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
        if PathTarget::parse(path) == PathTarget::Nowhere {
            return Err(fdo::Error::UnknownObject(format!("nothing is at {path}")).into());
        }
        let known = introspection::known(self.visible(sender).keys());
        Ok(Message::method_return(header).build(&introspection::describe(path, &known))?)
    }
}

fn row(interface: Interface, method: &str) -> Option<&'static OperationRow> {
    let here = |member: &Member| member.interface == interface && member.method == method;
    OPERATIONS
        .iter()
        .copied()
        .find(|operation| operation.dbus.as_ref().is_some_and(here))
}

/// Interface of the object at `target` that has `member`.
fn interface_with(target: PathTarget<'_>, member: &str) -> Option<&'static str> {
    match member {
        "GetMachineId" => Some(PEER),
        "Introspect" => Some("org.freedesktop.DBus.Introspectable"),
        "Get" | "GetAll" | "Set" => Some("org.freedesktop.DBus.Properties"),
        "GetManagedObjects" => Some("org.freedesktop.DBus.ObjectManager"),
        _ => target.interface(),
    }
}

/// Members of a call, whose one argument is `a{sv}`.
fn arguments(message: &Message) -> Result<Map<String, Value>, Refusal> {
    let body = message.body();
    if body.signature().to_string() != "a{sv}" {
        return Err(wrong_arguments("the argument is one a{sv}").into());
    }
    let refuse = |error: ApiError| ServiceFailure::new(error, Language::default());
    if let TwiceInDict(SaidTwice(Some(name))) = body.deserialize().map_err(wrong_arguments)? {
        return Err(refuse(ApiError::said_twice(&name)).into());
    }
    let members: BTreeMap<String, Variant<'_>> = body.deserialize().map_err(wrong_arguments)?;
    Ok(to_members(members).map_err(refuse)?)
}

fn wrong_arguments(why: impl ToString) -> fdo::Error {
    fdo::Error::InvalidArgs(why.to_string())
}

/// Takes `language` out of the members. A language without texts is answered in the default one.
fn language(members: &mut Map<String, Value>) -> Result<Language, ServiceFailure> {
    match members.remove("language") {
        None => Ok(Language::default()),
        Some(Value::String(tag)) => Ok(Language::from_tag(&tag).unwrap_or_default()),
        Some(_) => Err(ServiceFailure::new(
            ApiError::invalid("language", "must be nl, fr, de or en"),
            Language::default(),
        )),
    }
}

/// Takes `respondAsync` out of the members. Only an operation that may wait for a person takes it.
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

/// Takes `accept` out of the members: the media type of the answer, as the header of that name on HTTPS. None if that is the
/// members' own.
fn accepted(members: &mut Map<String, Value>, operation: &OperationRow) -> Result<Option<&'static str>, ApiError> {
    let offered = operation.http.map(|route| route.media).unwrap_or_default();
    match members.remove("accept") {
        None => Ok(None),
        Some(Value::String(wanted)) => {
            let found = offered.iter().find(|media_type| **media_type == wanted);
            let found = found.ok_or(ErrorCode::NotAcceptable)?;
            Ok(Some(*found).filter(|media_type| *media_type != JSON))
        }
        Some(_) => Err(ApiError::invalid("accept", "must be text")),
    }
}

/// Builds the answer: as members, or in the `form` that was asked for.
fn outgoing(answer: AnswerForm, form: Option<&'static str>) -> BusDict {
    match answer {
        AnswerForm::Several { members, octets } if form.is_some() => {
            let card_id = members
                .get("cardId")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let wanted = octets.into_iter().find(|(media_type, _)| Some(*media_type) == form);
            let mut answer = BusDict::from([("cardId".to_owned(), Variant::from(card_id))]);
            if let Some((media_type, data)) = wanted {
                answer.insert("mediaType".to_owned(), Variant::from(media_type));
                answer.insert("data".to_owned(), Variant::from(data));
            }
            answer
        }
        AnswerForm::Members(members) | AnswerForm::Begun(members) | AnswerForm::Several { members, .. } => {
            match members {
                Value::Object(members) => to_dict(&members),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => BusDict::new(),
            }
        }
        AnswerForm::Octets(Octets {
            card_id,
            media_type,
            data,
        }) => BusDict::from([
            ("cardId".to_owned(), Variant::from(card_id)),
            ("mediaType".to_owned(), Variant::from(media_type)),
            ("data".to_owned(), Variant::from(data)),
        ]),
    }
}

/// Answers with the machine's id, from the files in which libdbus looks for it.
async fn machine_id(header: &Header<'_>) -> Result<Message, Refusal> {
    for file in ["/var/lib/dbus/machine-id", "/etc/machine-id"] {
        if let Ok(id) = tokio::fs::read_to_string(file).await {
            return Ok(Message::method_return(header).build(&id.trim())?);
        }
    }
    Err(fdo::Error::Failed("this machine has no id".to_owned()).into())
}
