//! What each command does: ask, print.

use super::arguments::{Arguments, CardArgument, Command, Pin, ReaderChange, Token};
use super::input::{self, STANDARD};
use super::place::{Delivery, Place};
use super::render::{self, Paint};
use super::{Failure, bus, consents, links, rest, sign, simulation, verify};
use crate::api::OperationRow;
use crate::config::{Config, ConfigError, Sources, variables};
use crate::host::paths::Paths;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Does what was typed.
///
/// # Errors
/// [`Failure`], whose exit code is the process's.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let output = Output::new(&arguments);
    if let Command::Verify(verify) = &arguments.command {
        return verify::run(verify, &output);
    }
    let client = Client::connect(&arguments).await?;
    match &arguments.command {
        Command::Status => client.show("status", Map::new(), &output, render::status).await?,
        Command::Readers { change: None } => {
            client
                .show("list-readers", Map::new(), &output, render::readers)
                .await?
        }
        Command::Readers { change: Some(change) } => readers(&client, change, &output).await?,
        Command::Watch => client.watch(&output).await?,
        Command::Identity { photo, writing, card } => {
            let photo = Place::maybe(photo.as_deref(), writing.force)?;
            identity(&client, photo, card, &output).await?
        }
        Command::Address(card) => {
            client
                .show("read-address", about(card), &output, render::address)
                .await?
        }
        Command::Certificates { pem, writing, card } => {
            let places = pem.as_deref().map(|directory| pem_places(directory, writing.force));
            certificates(&client, places.transpose()?.unwrap_or_default(), card, &output).await?
        }
        Command::VerifyCard { checks, card } => {
            let mut request = about(card);
            if !checks.is_empty() {
                request.insert("checks".to_owned(), checks.as_slice().into());
            }
            let answer = client.call("verify-card", request).await?;
            output.print(&answer, render::verifications)?;
            // Whoever names a check wants it passed; of all of them, some cannot be made on every card.
            let short = !checks.is_empty() && !render::all_passed(&answer);
            return Ok(if short || render::any_failed(&answer) {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            });
        }
        Command::Pin(pin) => self::pin(&client, pin, &output).await?,
        Command::Therlink(link) => links::therlink(&client, link, &output).await?,
        Command::Exclusion(exclusion) => links::exclusion(&client, exclusion, &output).await?,
        Command::Consent(consent) => consents::run(&client, consent, &output).await?,
        Command::Sign(files) => sign::run(&client, files, &output).await?,
        Command::Response { file } => return response(&client, file, &output).await,
        Command::Token(token) => self::token(&client, token, &output).await?,
        Command::Sim(movement) => simulation::run(&client, movement, &output).await?,
        Command::Verify(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// How answers are printed.
pub(super) struct Output {
    json: bool,
    paint: Paint,
    /// Pages for people give way where a result goes to standard output.
    pages: Pages,
}

#[derive(Clone, Copy)]
enum Pages {
    Stdout,
    Stderr,
}

impl Output {
    fn new(arguments: &Arguments) -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self {
            json: arguments.json,
            paint: Paint::new(colour, arguments.language()),
            pages: Pages::Stdout,
        }
    }

    /// The same, where results go to these places besides.
    ///
    /// # Errors
    /// [`Failure`] if two of them are one, or standard output is wanted for two things.
    pub(super) fn beside(&self, places: &[&Place]) -> Result<Self, Failure> {
        let mut seen = Vec::new();
        for place in places {
            let spot = place.spot();
            if seen.contains(&spot) {
                let twice = format!("{} is named for two things", place.path().display());
                return Err(Failure::usage(twice));
            }
            seen.push(spot);
        }
        let takes_stdout = places.iter().any(|place| place.is_stdout());
        if takes_stdout && self.json {
            return Err(Failure::usage(
                "--json is printed on standard output, so no file can be written to it",
            ));
        }
        Ok(Self {
            json: self.json,
            paint: Paint::new(self.paint.has_colour() && !takes_stdout, self.paint.language()),
            pages: if takes_stdout { Pages::Stderr } else { self.pages },
        })
    }

    /// As JSON if that was asked for, else as `human` puts it.
    pub(super) fn print(&self, answer: &Value, human: fn(&Value, &Paint) -> String) -> Result<(), Failure> {
        Ok(self.show(answer, human)?)
    }

    fn show(&self, answer: &Value, human: fn(&Value, &Paint) -> String) -> io::Result<()> {
        let text = if self.json {
            format!("{answer:#}\n")
        } else {
            human(answer, &self.paint)
        };
        self.write(&text)
    }

    /// The same, once `delivery` has what goes into files. A signed answer that cannot be printed as JSON is kept as well.
    pub(super) fn print_delivered(
        &self,
        answer: &Value,
        mut delivery: Delivery,
        human: fn(&Value, &Paint) -> String,
    ) -> Result<(), Failure> {
        let printed = self.show(answer, human);
        if let (Err(error), true) = (&printed, self.json && delivery.is_signed()) {
            let text = format!("{answer:#}\n");
            delivery.keep(Path::new(STANDARD), "answer.json", text.as_bytes(), input::words(error));
        }
        let written = delivery.close()?;
        printed?;
        self.say_written(&written)
    }

    /// Says which files were written.
    pub(super) fn say_written(&self, files: &[PathBuf]) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        Ok(self.write(&render::written(files))?)
    }

    /// Whether answers are printed whole: then nothing of them is lost that is not written to a file.
    pub(super) fn is_whole(&self) -> bool {
        self.json
    }

    /// Adds a word for people; programs that read JSON do not need it.
    pub(super) fn remark(&self, words: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { Ok(self.write(words)?) }
    }

    /// Tells something that is no part of the answer, on standard error.
    pub(super) fn warn(&self, words: &str) {
        if !self.json {
            // Nobody to read it: then nobody misses it.
            drop(writeln!(io::stderr(), "beidctl: {words}"));
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        match self.pages {
            Pages::Stdout => print(text),
            Pages::Stderr => {
                // The result itself is written by now.
                drop(io::stderr().write_all(text.as_bytes()));
                Ok(())
            }
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Either way to the service.
pub(super) enum Client {
    Bus(bus::Client),
    Rest(rest::Client),
}

impl Client {
    async fn connect(arguments: &Arguments) -> Result<Self, Failure> {
        let language = arguments.language();
        if arguments.https {
            return Ok(Self::Rest(rest::Client::discover(language)?));
        }
        Ok(Self::Bus(
            bus::Client::connect(config()?.settings.dbus.bus(), language).await?,
        ))
    }

    pub(super) async fn call(&self, operation: &str, members: Map<String, Value>) -> Result<Value, Failure> {
        match self {
            Self::Bus(client) => client.call(row(operation)?, members).await,
            Self::Rest(client) => client.call(row(operation)?, members).await,
        }
    }

    async fn octets(&self, operation: &str, members: Map<String, Value>) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Bus(client) => client.octets(row(operation)?, members).await,
            Self::Rest(client) => client.octets(row(operation)?, members).await,
        }
    }

    pub(super) async fn show(
        &self,
        operation: &str,
        members: Map<String, Value>,
        output: &Output,
        human: fn(&Value, &Paint) -> String,
    ) -> Result<(), Failure> {
        output.print(&self.call(operation, members).await?, human)
    }

    async fn watch(&self, output: &Output) -> Result<(), Failure> {
        let each = |name: &str, ids: Value| {
            let line = if output.json {
                // One line each, for programs that read line by line.
                format!("{}\n", json!({"event": name, "data": ids}))
            } else {
                render::event(name, &ids)
            };
            Ok(print(&line)?)
        };
        match self {
            Self::Bus(client) => client.watch(each).await,
            Self::Rest(client) => client.watch(each).await,
        }
    }
}

fn row(name: &str) -> Result<&'static OperationRow, Failure> {
    OperationRow::named(name).ok_or_else(|| Failure::local(format!("{name} is not in the table of operations")))
}

/// The members that say which card.
pub(super) fn about(card: &CardArgument) -> Map<String, Value> {
    Map::from_iter([("cardId".to_owned(), Value::from(card.id.as_str()))])
}

async fn identity(client: &Client, photo: Option<Place>, card: &CardArgument, output: &Output) -> Result<(), Failure> {
    let output = output.beside(&photo.iter().collect::<Vec<_>>())?;
    let identity = client.call("read-identity", about(card)).await?;
    let mut written = None;
    if let Some(place) = photo {
        // Of the very card whose identity this is: should it have been swapped, this fails.
        let same = identity.get("cardId").cloned().unwrap_or_default();
        let octets = client
            .octets("read-photo", Map::from_iter([("cardId".to_owned(), same)]))
            .await?;
        written = place.fill(&octets)?;
    }
    output.print(&identity, render::identity)?;
    output.say_written(written.as_slice())
}

async fn readers(client: &Client, change: &ReaderChange, output: &Output) -> Result<(), Failure> {
    let ReaderChange::Role { reader, role } = change;
    let members = [("reader", reader), ("role", role)].map(|(name, value)| (name.to_owned(), value.as_str().into()));
    client
        .show("set-reader-role", Map::from_iter(members), output, render::reader_role)
        .await
}

async fn pin(client: &Client, pin: &Pin, output: &Output) -> Result<(), Failure> {
    let (operation, card) = match pin {
        Pin::Verify(card) => ("verify", card),
        Pin::Change(card) => ("change", card),
    };
    let mut members = about(card);
    members.insert("type".to_owned(), operation.into());
    client.show("pin-operation", members, output, render::pin).await
}

/// What the platform answered; success only if what was asked for was done, or there was nothing to find.
async fn response(client: &Client, file: &Path, output: &Output) -> Result<ExitCode, Failure> {
    // The service says the same of longer ones.
    let xml = input::read(file, beid_protocol::answer::LONGEST)?;
    let xml = String::from_utf8(xml).map_err(|_| Failure::file(file, "is no text in UTF-8"))?;
    let members = Map::from_iter([("xml".to_owned(), xml.into())]);
    let answer = client.call("parse-response", members).await?;
    output.print(&answer, render::response)?;
    Ok(if render::was_not_done(&answer) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// A place for each certificate that a card may have; one for all if they go to standard output.
fn pem_places(directory: &Path, force: bool) -> Result<Vec<(&'static str, Place)>, Failure> {
    if directory == Path::new(STANDARD) {
        return Ok(vec![("", Place::open(directory, force)?)]);
    }
    std::fs::create_dir_all(directory).map_err(|error| Failure::file(directory, input::words(&error)))?;
    let files = beid_card::CERTIFICATES.iter();
    files
        .map(|file| {
            let place = Place::open(&directory.join(format!("{}.pem", file.name)), force)?;
            Ok((file.name, place))
        })
        .collect()
}

async fn certificates(
    client: &Client,
    places: Vec<(&'static str, Place)>,
    card: &CardArgument,
    output: &Output,
) -> Result<(), Failure> {
    let output = output.beside(&places.iter().map(|(_, place)| place).collect::<Vec<_>>())?;
    let answer = client.call("read-certificates", about(card)).await?;
    let mut written = Vec::new();
    for (name, place) in places {
        let pem = pem(&answer, name)?;
        // What this card does not have gets no file.
        if !pem.is_empty() {
            written.extend(place.fill(pem.as_bytes())?);
        }
    }
    output.print(&answer, render::certificates)?;
    output.say_written(&written)
}

/// The certificate called `name` as PEM; all of them if that is empty.
fn pem(answer: &Value, name: &str) -> Result<String, Failure> {
    let certificates = answer.get("certificates").and_then(Value::as_array);
    let certificates = certificates.into_iter().flatten();
    let wanted = certificates.filter(|one| name.is_empty() || one.get("name").is_some_and(|known| known == name));
    let ders = wanted.filter_map(|one| one.get("der").and_then(Value::as_str));
    let pems = ders.map(|der| Ok(crate::host::pem::certificate(&octets(der)?)));
    pems.collect()
}

/// What the service wrote in base64.
pub(super) fn octets(base64: &str) -> Result<Vec<u8>, Failure> {
    BASE64
        .decode(base64)
        .map_err(|error| Failure::local(format!("the service's answer: {error}")))
}

/// The members of a request out of several parts; nulls are members that are not there.
pub(super) fn members<const N: usize>(parts: [Value; N]) -> Map<String, Value> {
    let parts = parts.into_iter().filter_map(|part| match part {
        Value::Object(members) => Some(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    });
    parts.flatten().filter(|(_, value)| !value.is_null()).collect()
}

async fn token(client: &Client, token: &Token, output: &Output) -> Result<(), Failure> {
    let members = |members: Value| members.as_object().cloned().unwrap_or_default();
    match token {
        Token::Create { name, scopes, days } => {
            let mut request = members(json!({"name": name, "scopes": scopes}));
            request.extend(days.map(|days| ("days".to_owned(), days.into())));
            let made = client.call("create-token", request).await?;
            // It is shown only now: what nobody has read opens nothing.
            output.print(&made, render::token).map_err(|_| {
                let next = format!("take it back with «beidctl token revoke {name}», and make another");
                Failure::local(format!("the token could not be written to standard output; {next}"))
            })
        }
        Token::List => client.show("list-tokens", Map::new(), output, render::tokens).await,
        Token::Revoke { name } => {
            let request = members(json!({"name": name}));
            client.show("revoke-token", request, output, |_, _| String::new()).await
        }
    }
}

/// The daemon's own settings, as this user's daemon reads them.
pub(super) fn config() -> Result<Config, Failure> {
    let wrong = |error: ConfigError| Failure::local(format!("configuration: {error}"));
    let sources = Sources {
        etc: PathBuf::from("/etc/beidd"),
        user: Paths::from_environment().ok().and_then(|paths| paths.config),
        named: None,
        environment: variables(std::env::vars_os()).map_err(wrong)?,
        flags: Vec::new(),
    };
    Config::load(&sources).map_err(wrong)
}
