//! The connection of one command to the daemon.

use super::CommandFailure;
use super::arguments::Arguments;
use super::input::{SMALL, read_file};
use super::output::Printer;
use super::place;
use super::progress::Progress;
use super::render::{self, Paint};
use super::wait::TerminalAttendant;
use beid_api::{Octets, Operation, OperationKey};
use beid_client::{Client, ClientError, Discovery, MessageBus, Reply};
use beid_host::paths::Paths;
use beid_settings::{Bus, Config, ConfigError, Sources, variables};
use beid_texts::Language;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;

/// Connection of one command to the daemon, with the language of its messages.
pub(super) struct Session {
    client: Client,
    language: Language,
    progress: Progress,
}

/// An event as `--json` prints it.
#[derive(Serialize)]
struct EventLine<'e> {
    event: &'e str,
    data: &'e Value,
}

impl Session {
    pub(super) async fn connect(arguments: &Arguments) -> Result<Self, CommandFailure> {
        let language = arguments.language();
        let connected = if arguments.https {
            let discovery = Discovery::of_this_user().map_err(|error| CommandFailure::from_client(error, language))?;
            Client::over_https(&discovery, token()?, language)
        } else {
            let bus = match config()?.settings.dbus.bus() {
                Bus::Session => MessageBus::Session,
                Bus::System => MessageBus::System,
                Bus::None => {
                    let none = "the settings say that there is no bus; try --https";
                    return Err(CommandFailure::local(none));
                }
            };
            Client::on_bus(bus, language).await
        };
        let client = connected.map_err(|error| CommandFailure::from_client(error, language))?;
        Ok(Self {
            client,
            language,
            progress: Progress::choose(arguments.json, language),
        })
    }

    /// Calls an operation; Ctrl-C gives a call up that takes long.
    pub(super) async fn call<O: Operation<Answer: DeserializeOwned>>(
        &self,
        request: &O::Request,
    ) -> Result<Reply<O::Answer>, CommandFailure> {
        let mut attendant = TerminalAttendant::default();
        let called = self.client.call_with::<O>(request, &mut attendant);
        let called = self.progress.of(O::ROW.key, called).await;
        called.map_err(|error| match (error, O::ROW.key) {
            // Somebody may have signed it: it is kept, whatever is wrong with it.
            (
                ClientError::Unreadable { members, reason },
                OperationKey::Sign | OperationKey::Consent | OperationKey::TherapeuticLink,
            ) => place::keep_unreadable(&members, &reason),
            (error, _) => CommandFailure::from_client(error, self.language),
        })
    }

    /// Calls an operation that answers octets of the card.
    pub(super) async fn octets<O: Operation<Answer = Octets>>(
        &self,
        request: &O::Request,
    ) -> Result<Vec<u8>, CommandFailure> {
        let mut attendant = TerminalAttendant::default();
        let called = self.client.octets::<O>(request, &mut attendant);
        let called = self.progress.of(O::ROW.key, called).await;
        called.map_err(|error| CommandFailure::from_client(error, self.language))
    }

    /// Calls an operation for its answer in another form than members.
    pub(super) async fn form<O: Operation>(
        &self,
        request: &O::Request,
        media_type: &'static str,
    ) -> Result<Vec<u8>, CommandFailure> {
        let mut attendant = TerminalAttendant::default();
        let called = self.client.form::<O>(request, media_type, &mut attendant);
        let called = self.progress.of(O::ROW.key, called).await;
        called.map_err(|error| CommandFailure::from_client(error, self.language))
    }

    /// Calls an operation and prints its answer.
    pub(super) async fn show<O: Operation<Answer: DeserializeOwned>>(
        &self,
        request: &O::Request,
        printer: &Printer,
        page: fn(&O::Answer, &Paint) -> String,
    ) -> Result<(), CommandFailure> {
        printer.print(&self.call::<O>(request).await?, page)
    }

    /// Prints every event until Ctrl-C.
    pub(super) async fn watch(&self, printer: &Printer) -> Result<(), CommandFailure> {
        let each = |event: &str, data: Value| {
            let line = if printer.is_whole() {
                // One line each, for programs that read line by line.
                let line = EventLine { event, data: &data };
                serde_json::to_string(&line).map_err(std::io::Error::other)? + "\n"
            } else {
                render::event(event, &data)
            };
            Ok(printer.print_line(&line)?)
        };
        let mut attendant = TerminalAttendant::default();
        let watched = self.client.watch::<EndOfEvents>(&mut attendant, each).await;
        watched.map_err(|end| match end {
            EndOfEvents::Client(error) => CommandFailure::from_client(error, self.language),
            EndOfEvents::Printing(failure) => failure,
        })
    }
}

/// Reason why events are not printed any more.
enum EndOfEvents {
    Client(ClientError),
    Printing(CommandFailure),
}

impl From<ClientError> for EndOfEvents {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<std::io::Error> for EndOfEvents {
    fn from(error: std::io::Error) -> Self {
        Self::Printing(error.into())
    }
}

/// The token in the file that the environment names.
fn token() -> Result<String, CommandFailure> {
    let file = std::env::var_os("BEIDCTL_TOKEN_FILE").map(PathBuf::from);
    let file = file.ok_or_else(|| CommandFailure::usage(no_token("BEIDCTL_TOKEN_FILE names no file with a token")))?;
    let token = String::from_utf8(read_file(&file, SMALL)?).ok();
    let token = token.map(|token| token.trim().to_owned());
    let token = token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    token.ok_or_else(|| CommandFailure::file(&file, no_token("there is no token in it")))
}

fn no_token(found: &str) -> String {
    format!("{found}. Make one: (umask 077; beidctl token create NAME --scope SCOPE,… > FILE)")
}

/// The daemon's own settings, as this user's daemon reads them.
pub(super) fn config() -> Result<Config, CommandFailure> {
    let wrong = |error: ConfigError| CommandFailure::local(format!("configuration: {error}"));
    let sources = Sources {
        etc: PathBuf::from("/etc/beidd"),
        user: Paths::from_environment().ok().and_then(|paths| paths.config),
        named: None,
        environment: variables(std::env::vars_os()).map_err(wrong)?,
        flags: Vec::new(),
    };
    Config::load(&sources).map_err(wrong)
}
