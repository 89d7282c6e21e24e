//! What each command does: ask, print.

use super::arguments::{Arguments, CardArgument, Command, Pin, ReaderChange, Token};
use super::render::{self, Paint};
use super::{Failure, bus, consents, links, rest, sign, simulation, verify};
use crate::api::Operation;
use crate::config::{Config, ConfigError, Sources, variables};
use crate::paths::Paths;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Does what was typed.
///
/// # Errors
/// [`Failure`], whose exit code is the process's.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let output = Output {
        json: arguments.json,
        paint: Paint::new(std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()),
    };
    if let Command::Verify {
        file,
        content,
        root,
        tsa_root,
    } = &arguments.command
    {
        let trusted = verify::Trusted { root, tsa_root };
        return verify::run(file, content.as_deref(), trusted, &output);
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
        Command::Identity { photo, card } => identity(&client, photo.as_deref(), card, &output).await?,
        Command::Address(card) => {
            client
                .show("read-address", about(card), &output, render::address)
                .await?
        }
        Command::Certificates { pem, card } => certificates(&client, pem.as_deref(), card, &output).await?,
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
        Command::Verify { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// How answers are printed.
pub(super) struct Output {
    json: bool,
    paint: Paint,
}

impl Output {
    /// As JSON if that was asked for, else as `human` puts it.
    pub(super) fn print(&self, answer: &Value, human: fn(&Value, &Paint) -> String) -> Result<(), Failure> {
        let text = if self.json {
            format!("{answer:#}\n")
        } else {
            human(answer, &self.paint)
        };
        write(&text)
    }

    /// Whether answers are printed whole: then nothing of them is lost that is not written to a file.
    pub(super) fn is_whole(&self) -> bool {
        self.json
    }

    /// Adds a word for people; programs that read JSON do not need it.
    pub(super) fn remark(&self, words: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { write(words) }
    }
}

fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
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
        Ok(Self::Bus(bus::Client::connect(config()?.bus, language).await?))
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
            if output.json {
                // One line each, for programs that read line by line.
                write(&format!("{}\n", json!({"event": name, "data": ids})))
            } else {
                write(&render::event(name, &ids))
            }
        };
        match self {
            Self::Bus(client) => client.watch(each).await,
            Self::Rest(client) => client.watch(each).await,
        }
    }
}

fn row(name: &str) -> Result<&'static Operation, Failure> {
    Operation::named(name).ok_or_else(|| Failure::local(format!("{name} is not in the table of operations")))
}

/// The members that say which card.
pub(super) fn about(card: &CardArgument) -> Map<String, Value> {
    Map::from_iter([("cardId".to_owned(), Value::from(card.id.as_str()))])
}

async fn identity(client: &Client, photo: Option<&Path>, card: &CardArgument, output: &Output) -> Result<(), Failure> {
    let identity = client.call("read-identity", about(card)).await?;
    if let Some(file) = photo {
        // Of the very card whose identity this is: should it have been swapped, this fails.
        let same = identity.get("cardId").cloned().unwrap_or_default();
        let octets = client
            .octets("read-photo", Map::from_iter([("cardId".to_owned(), same)]))
            .await?;
        write_file(file, &octets)?;
    }
    output.print(&identity, render::identity)
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
    let xml = std::fs::read_to_string(file).map_err(|error| Failure::file(file, error))?;
    let members = Map::from_iter([("xml".to_owned(), xml.into())]);
    let answer = client.call("parse-response", members).await?;
    output.print(&answer, render::response)?;
    Ok(if render::was_not_done(&answer) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn certificates(
    client: &Client,
    directory: Option<&Path>,
    card: &CardArgument,
    output: &Output,
) -> Result<(), Failure> {
    let answer = client.call("read-certificates", about(card)).await?;
    if let Some(directory) = directory {
        std::fs::create_dir_all(directory).map_err(|error| Failure::file(directory, error))?;
        for certificate in answer
            .get("certificates")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            write_pem(directory, certificate)?;
        }
    }
    output.print(&answer, render::certificates)
}

/// Writes the certificate, if there is one, to `NAME.pem`; its name is one of the card's files.
fn write_pem(directory: &Path, certificate: &Value) -> Result<(), Failure> {
    let member = |name: &str| certificate.get(name).and_then(Value::as_str);
    let known = |name: &&str| beid_card::CERTIFICATES.iter().any(|file| file.name == *name);
    let (Some(name), Some(der)) = (member("name").filter(known), member("der")) else {
        return Ok(());
    };
    let der = BASE64
        .decode(der)
        .map_err(|error| Failure::local(format!("the service's answer: {error}")))?;
    let file = directory.join(format!("{name}.pem"));
    write_file(&file, crate::pem::certificate(&der).as_bytes())
}

/// The members of a request out of several parts; nulls are members that are not there.
pub(super) fn members<const N: usize>(parts: [Value; N]) -> Map<String, Value> {
    let parts = parts.into_iter().filter_map(|part| match part {
        Value::Object(members) => Some(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    });
    parts.flatten().filter(|(_, value)| !value.is_null()).collect()
}

/// What stands in a file, as JSON.
pub(super) fn json_of(file: &Path) -> Result<Value, Failure> {
    let text = std::fs::read(file).map_err(|error| Failure::file(file, error))?;
    serde_json::from_slice(&text).map_err(|error| Failure::file(file, error))
}

async fn token(client: &Client, token: &Token, output: &Output) -> Result<(), Failure> {
    let members = |members: Value| members.as_object().cloned().unwrap_or_default();
    match token {
        Token::Create { name, scopes, days } => {
            let mut request = members(json!({"name": name, "scopes": scopes}));
            request.extend(days.map(|days| ("days".to_owned(), days.into())));
            client.show("create-token", request, output, render::token).await
        }
        Token::List => client.show("list-tokens", Map::new(), output, render::tokens).await,
        Token::Revoke { name } => {
            let request = members(json!({"name": name}));
            client.show("revoke-token", request, output, |_, _| String::new()).await
        }
    }
}

/// Readable by its owner only: it is about a patient.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| Failure::file(path, error))
}

/// The daemon's own settings, as this user's daemon reads them.
pub(super) fn config() -> Result<Config, Failure> {
    let wrong = |error: ConfigError| Failure::local(format!("configuration: {error}"));
    let sources = Sources {
        etc: PathBuf::from("/etc/beidd"),
        user: Paths::of_environment().ok().and_then(|paths| paths.config),
        named: None,
        environment: variables(std::env::vars_os()).map_err(wrong)?,
    };
    Config::load(&sources).map_err(wrong)
}
