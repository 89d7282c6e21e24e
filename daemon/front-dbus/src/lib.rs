//! D-Bus: `org.beidd1`, the same operations as HTTPS with the same members.
//!
//! Every method of `org.beidd1.Manager` and `org.beidd1.Card` is a row of the table of operations, so there is one
//! piece of code for all of them (`calls`), and a new row is a new method. Messages are taken from the connection
//! directly rather than through zbus's object server: a card's path must be answered after the card has gone
//! (`CardRemoved`), and an operation's object exists for its owner only, in listings and signals too; the object server
//! can express neither. Objects are computed from the registry for every question; what was announced is kept only to
//! know what to announce next (`signals`).

mod calls;
mod error;
pub mod introspection;
mod objects;
mod signals;
mod terminal;

pub use beid_bus::{NAME, ROOT, card_path, convert, operation_path, reader_path};
pub use error::BusError;

use beid_bus::MessageBus;
use beid_service::Service;
use beid_service::caller::CallerId;
use beid_service::events::Listener;
use beid_texts::Language;
use calls::Sender;
use futures_util::{FutureExt, StreamExt};
use signals::Announcer;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zbus::fdo::{DBusProxy, RequestNameFlags, RequestNameReply};
use zbus::message::Flags;
use zbus::names::WellKnownName;
use zbus::{Connection, MatchRule, Message, MessageStream, connection, message};

/// Time that calls get to be answered when the service ends.
const FAREWELL: Duration = Duration::from_millis(500);

/// A connection to the bus that owns our name.
pub struct Bus {
    front: Arc<BusFront>,
    messages: MessageStream,
    events: Listener,
}

/// The way of a call over the bus to this daemon, for the daemon itself.
#[derive(Clone)]
pub struct Echo(Arc<BusFront>);

impl Echo {
    /// Sends a call to ourselves, and waits until it is taken from the bus: for ever, if nothing takes calls.
    ///
    /// # Errors
    /// If the bus does not take the call.
    pub async fn heard(&self) -> Result<(), BusError> {
        let Self(front) = self;
        let call = Message::method_call(ROOT, "Ping").destination(NAME);
        let call = call.with_flags(Flags::NO_REPLY_EXPECTED | Flags::NO_AUTO_START);
        front.connection.send(&call.build(&())?).await?;
        front.heard_ourselves.notified().await;
        Ok(())
    }
}

/// Receivers of signals about readers and cards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Audience {
    /// Everybody on the bus who listens, by broadcast: on a session bus that is our own user.
    Everybody,
    /// Programs of our own user that have called us on this connection, each by itself: on the machine's bus a broadcast
    /// would tell every user when a card comes and goes.
    OwnCallers,
}

/// State that all calls share.
struct BusFront {
    service: Arc<Service>,
    connection: Connection,
    https_port: u16,
    audience: Audience,
    /// Connections that have called us, by unique name, until they leave.
    callers: Mutex<HashMap<String, Arc<Sender>>>,
    operations: Mutex<HashMap<String, KnownOperation>>,
    /// Told when a call of our own has come back over the bus.
    heard_ourselves: Notify,
}

/// An operation that was begun over the bus.
struct KnownOperation {
    /// Unique name of the only connection that may see it.
    owner: String,
    /// Language of its error's texts.
    language: Language,
    /// Object as it was last announced to the owner.
    announced: Option<objects::Object>,
}

impl Bus {
    /// Connects and takes the name; calls that come from then on wait until [`serve`](Self::serve).
    ///
    /// # Errors
    /// [`BusError::NameTaken`] if another program has the name: we neither queue nor push it out.
    pub async fn connect(service: Arc<Service>, which: beid_settings::Bus, https_port: u16) -> Result<Self, BusError> {
        let (bus, audience) = match which {
            beid_settings::Bus::Session => (MessageBus::Session, Audience::Everybody),
            beid_settings::Bus::System => (MessageBus::System, Audience::OwnCallers),
            beid_settings::Bus::None => return Err(BusError::NoBus),
        };
        Self::open(service, beid_bus::connect(bus).await?, audience, https_port).await
    }

    /// As [`connect`](Self::connect), to the bus at `address` (`unix:path=…`), whose users are `audience`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_to(
        service: Arc<Service>,
        address: &str,
        audience: Audience,
        https_port: u16,
    ) -> Result<Self, BusError> {
        let connection = connection::Builder::address(address).build().await?;
        Self::open(service, connection, audience, https_port).await
    }

    async fn open(
        service: Arc<Service>,
        connection: Connection,
        audience: Audience,
        port: u16,
    ) -> Result<Self, BusError> {
        // All of this before the name is taken: from then on calls come, and callers leave.
        let (messages, events) = (MessageStream::from(&connection), service.events.listen());
        let bus = DBusProxy::new(&connection).await?;
        bus.add_match_rule(somebody_leaves()?)
            .await
            .map_err(zbus::Error::from)?;
        let name = WellKnownName::from_static_str(NAME)?;
        let reply = bus.request_name(name, RequestNameFlags::DO_NOT_QUEUE).await;
        if reply.map_err(zbus::Error::from)? != RequestNameReply::PrimaryOwner {
            return Err(BusError::NameTaken(NAME));
        }
        tracing::info!(name = NAME, "on the bus");
        let front = BusFront {
            service,
            connection,
            https_port: port,
            audience,
            callers: Mutex::default(),
            operations: Mutex::default(),
            heard_ourselves: Notify::new(),
        };
        Ok(Self {
            front: Arc::new(front),
            messages,
            events,
        })
    }

    /// The way over the bus to what [`serve`](Self::serve) answers.
    #[must_use]
    pub fn echo(&self) -> Echo {
        Echo(Arc::clone(&self.front))
    }

    /// Answers calls and announces what happens, until `stop`, or until the bus is lost.
    pub async fn serve(self, stop: CancellationToken) {
        let Self {
            front,
            mut messages,
            mut events,
        } = self;
        let tasks = TaskTracker::new();
        let mut announcer = Announcer::new(Arc::clone(&front));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                message = messages.next() => match message {
                    Some(Ok(message)) => front.receive(message, &tasks),
                    Some(Err(error)) => {
                        tracing::error!(%error, "the bus is lost");
                        return front.everybody_left();
                    }
                    None => {
                        tracing::error!("the bus is lost");
                        return front.everybody_left();
                    }
                },
                event = events.next() => match event {
                    Some(event) => announcer.follow(&event).await,
                    None => break,
                },
            }
        }
        // Callers that still wait must be told: the service has cancelled their calls, or does so now.
        while let Some(Some(event)) = events.next().now_or_never() {
            announcer.follow(&event).await;
        }
        tasks.close();
        drop(tokio::time::timeout(FAREWELL, tasks.wait()).await);
        tracing::info!(name = NAME, "off the bus");
    }
}

/// Rule for `NameOwnerChanged` without a new owner: a connection has left the bus.
fn somebody_leaves() -> Result<MatchRule<'static>, zbus::Error> {
    MatchRule::builder()
        .msg_type(message::Type::Signal)
        .sender("org.freedesktop.DBus")
        .interface("org.freedesktop.DBus")
        .member("NameOwnerChanged")
        .arg(2, "")
        .build()
}

impl BusFront {
    /// Takes one message without waiting: a call gets a task of its own, a caller who left is noted.
    fn receive(self: &Arc<Self>, message: Message, tasks: &TaskTracker) {
        let header = message.header();
        let Some(sender) = header.sender().map(ToString::to_string) else {
            return;
        };
        match message.message_type() {
            message::Type::MethodCall if self.is_ourselves(&sender) => self.heard_ourselves.notify_one(),
            message::Type::MethodCall => {
                let caller = {
                    let mut callers = self.callers();
                    let known = callers.entry(sender.clone());
                    Arc::clone(known.or_insert_with(|| Arc::new(Sender::new(sender))))
                };
                tasks.spawn(calls::answer(Arc::clone(self), message, caller));
            }
            // From the bus alone, which sets the sender: any program could send a signal of this name about another.
            message::Type::Signal if sender == "org.freedesktop.DBus" => {
                let changed = message.body();
                if let Ok((name, _, "")) = changed.deserialize::<(&str, &str, &str)>() {
                    let left = self.callers().remove(name);
                    if let Some(caller) = left {
                        self.left(&caller);
                    }
                }
            }
            message::Type::Signal | message::Type::MethodReturn | message::Type::Error => {}
        }
    }

    fn is_ourselves(&self, sender: &str) -> bool {
        self.connection.unique_name().is_some_and(|own| own.as_str() == sender)
    }

    /// Cancels what a caller who is gone waited for, and forgets its operations, which nobody else may see.
    fn left(&self, caller: &Sender) {
        caller.left.cancel();
        self.service.caller_left(&CallerId::Bus(caller.name.clone()));
        self.operations().retain(|_, known| known.owner != caller.name);
    }

    /// Treats every caller as gone: without a bus, none of them can be answered.
    fn everybody_left(&self) {
        let callers = std::mem::take(&mut *self.callers());
        callers.values().for_each(|caller| self.left(caller));
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<String, Arc<Sender>>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Receivers of signals for everybody, by unique name; `None` stands for a broadcast.
    fn listeners(&self) -> Vec<Option<String>> {
        match self.audience {
            Audience::Everybody => vec![None],
            Audience::OwnCallers => {
                let callers = self.callers();
                let ours = callers.values().filter(|caller| caller.is_ours());
                ours.map(|caller| Some(caller.name.clone())).collect()
            }
        }
    }

    fn operations(&self) -> MutexGuard<'_, HashMap<String, KnownOperation>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Operations that `owner` may see, by path.
    fn operations_of(&self, owner: &str) -> objects::Objects {
        // Collected first, so that our lock is not held while the service takes its own.
        let ids: Vec<String> = {
            let operations = self.operations();
            let own = operations.iter().filter(|(_, known)| known.owner == owner);
            own.map(|(id, _)| id.clone()).collect()
        };
        let caller = CallerId::Bus(owner.to_owned());
        let object = |id: String| Some((operation_path(&id), objects::operation(&id, &caller, &self.service)?));
        ids.into_iter().filter_map(object).collect()
    }
}
