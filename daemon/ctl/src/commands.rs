//! The commands: each asks, and prints.

use super::CommandFailure;
use super::arguments::{Arguments, CardArgument, CliCommand, ExportPlace, PinCommand, ReaderChange, TokenCommand};
use super::input::{self, STANDARD};
use super::output::Printer;
use super::place::OutputPlace;
use super::session::Session;
use super::{
    consents, doctor, evidence, links, open, pairings, readings, render, reports, sign, simulation, tls, verify,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::FHIR;
use beid_api::names::CARD_CERTIFICATES;
use beid_api::operations::{
    CreateToken, ListReaders, ListTokens, ParseResponse, PinOperation, ReadAddress, ReadCertificates, ReadExport,
    ReadIdentity, ReadPhoto, ReadSummary, RevokeToken, SetReaderRole, Status, VerifyCard,
};
use beid_api::types as t;
use beid_api::words::{CheckOutcome, PlatformOutcome};
use std::path::Path;
use std::process::ExitCode;

/// Longest file of a viewer, in bytes: what a body of 1 MiB holds in base64. Such files have some 40 KiB.
const LONGEST_EXPORT: usize = 700 * 1024;

/// Runs the command that was typed.
///
/// # Errors
/// [`CommandFailure`], whose exit code is the process's.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, CommandFailure> {
    let printer = Printer::new(&arguments);
    if let CliCommand::Verify(verify) = &arguments.command {
        return verify::run(verify, &printer);
    }
    if let CliCommand::Tls(tls) = &arguments.command {
        return tls::run(tls, &arguments, &printer).await;
    }
    if let CliCommand::Evidence(evidence) = &arguments.command {
        return evidence::run(evidence, &arguments, &printer).await;
    }
    if let CliCommand::Doctor(options) = &arguments.command {
        return doctor::run(options, &arguments, &printer).await;
    }
    let session = Session::connect(&arguments).await?;
    let none = t::NoMembers {};
    match &arguments.command {
        CliCommand::Status => session.show::<Status>(&none, &printer, render::status).await?,
        CliCommand::Readers { change: None } => session.show::<ListReaders>(&none, &printer, render::readers).await?,
        CliCommand::Readers { change: Some(change) } => readers(&session, change, &printer).await?,
        CliCommand::Watch => session.watch(&printer).await?,
        CliCommand::Identity { fhir: true, card, .. } => fhir(&session, card, &printer).await?,
        CliCommand::Identity {
            photo,
            export,
            writing,
            card,
            fhir: false,
        } => {
            let photo = OutputPlace::maybe(photo.as_deref(), writing.force)?;
            let export = export
                .as_ref()
                .map(|export| export_place(export, writing.force))
                .transpose()?;
            identity(&session, photo, export, card, &printer).await?
        }
        CliCommand::ShowExport { file } => show_export(&session, file, &printer).await?,
        CliCommand::Address(card) => {
            let request = card.request();
            session.show::<ReadAddress>(&request, &printer, render::address).await?
        }
        CliCommand::Certificates { pem, writing, card } => {
            let places = pem.as_deref().map(|directory| pem_places(directory, writing.force));
            certificates(&session, places.transpose()?.unwrap_or_default(), card, &printer).await?
        }
        CliCommand::VerifyCard { checks, card } => return verify_card(&session, checks, card, &printer).await,
        CliCommand::Pin(pin) => self::pin(&session, pin, &printer).await?,
        CliCommand::Therlink(link) => links::therlink(&session, link, &printer).await?,
        CliCommand::Exclusion(exclusion) => links::exclusion(&session, exclusion, &printer).await?,
        CliCommand::Consent(consent) => consents::run(&session, consent, &printer).await?,
        CliCommand::Reading(reading) => readings::run(&session, reading, &printer).await?,
        CliCommand::Report(report) => reports::run(&session, report, &printer).await?,
        CliCommand::Sign(files) => return sign::run(&session, files, &printer).await,
        CliCommand::Response { file } => return response(&session, file, &printer).await,
        CliCommand::Open { print } => open::run(&session, *print, &printer).await?,
        CliCommand::Pair(pair) => pairings::run(&session, pair, &printer).await?,
        CliCommand::Token(token) => self::token(&session, token, &printer).await?,
        CliCommand::Sim(movement) => simulation::run(&session, movement, &printer).await?,
        CliCommand::Verify(_) | CliCommand::Tls(_) | CliCommand::Evidence(_) | CliCommand::Doctor(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

impl CardArgument {
    /// Request about this card.
    fn request(&self) -> t::CardRequest {
        t::CardRequest {
            card_id: self.id.clone(),
        }
    }
}

/// Place for a holder's data, with the form that goes there.
type OpenedExport = (OutputPlace, &'static str);

fn export_place(export: &ExportPlace, replace: bool) -> Result<OpenedExport, CommandFailure> {
    Ok((OutputPlace::open(&export.path, replace)?, export.form))
}

/// Prints the daemon's own document.
async fn fhir(session: &Session, card: &CardArgument, printer: &Printer) -> Result<(), CommandFailure> {
    let request = t::IdentityRequest {
        card_id: card.id.clone(),
        fields: None,
    };
    let patient = session.form::<ReadIdentity>(&request, FHIR).await?;
    let patient = String::from_utf8_lossy(&patient);
    Ok(printer.print_line(&format!("{patient}\n"))?)
}

async fn show_export(session: &Session, file: &Path, printer: &Printer) -> Result<(), CommandFailure> {
    let content = BASE64.encode(input::read(file, LONGEST_EXPORT)?);
    let request = t::ExportRequest { content };
    session
        .show::<ReadExport>(&request, printer, render::exported_record)
        .await
}

async fn identity(
    session: &Session,
    photo: Option<OutputPlace>,
    export: Option<OpenedExport>,
    card: &CardArgument,
    printer: &Printer,
) -> Result<(), CommandFailure> {
    let places = photo.iter().chain(export.iter().map(|(place, _)| place));
    let printer = printer.beside(&places.collect::<Vec<_>>())?;
    let request = t::IdentityRequest {
        card_id: card.id.clone(),
        fields: None,
    };
    let identity = session.call::<ReadIdentity>(&request).await?;
    let mut written = Vec::new();
    // Of the very card whose identity this is: should it have been swapped, this fails.
    let card_id = identity.answer.members.card_id.clone();
    let same_card = t::CardRequest { card_id };
    if let Some(place) = photo {
        let octets = session.octets::<ReadPhoto>(&same_card).await?;
        written.extend(place.fill(&octets)?);
    }
    if let Some((place, form)) = export {
        let octets = session.form::<ReadSummary>(&same_card, form).await?;
        written.extend(place.fill(&octets)?);
    }
    printer.print(&identity, |answer, paint| render::identity(&answer.members, paint))?;
    printer.say_written(&written)
}

async fn readers(session: &Session, change: &ReaderChange, printer: &Printer) -> Result<(), CommandFailure> {
    let ReaderChange::Role { reader, role } = change;
    let request = t::ReaderRoleRequest {
        reader: reader.clone(),
        role: *role,
    };
    session
        .show::<SetReaderRole>(&request, printer, render::reader_role)
        .await
}

/// Succeeds if no check failed and, of checks that were named, each passed.
async fn verify_card(
    session: &Session,
    checks: &[String],
    card: &CardArgument,
    printer: &Printer,
) -> Result<ExitCode, CommandFailure> {
    let request = t::VerificationsRequest {
        card_id: card.id.clone(),
        checks: (!checks.is_empty()).then(|| checks.to_vec()),
    };
    let reply = session.call::<VerifyCard>(&request).await?;
    printer.print(&reply, render::verifications)?;
    let mut made = reply.answer.checks.iter();
    // Whoever names a check wants it passed; of all of them, some cannot be made on every card.
    let is_good = if checks.is_empty() {
        made.all(|check| check.outcome != CheckOutcome::Failed)
    } else {
        made.all(|check| check.outcome == CheckOutcome::Passed)
    };
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn pin(session: &Session, pin: &PinCommand, printer: &Printer) -> Result<(), CommandFailure> {
    let (operation, card) = match pin {
        PinCommand::Verify(card) => (t::PinOperationType::Verify, card),
        PinCommand::Change(card) => (t::PinOperationType::Change, card),
    };
    let request = t::PinOperationRequest {
        card_id: card.id.clone(),
        operation,
    };
    session.show::<PinOperation>(&request, printer, render::pin).await
}

/// Prints an answer of the platform; succeeds only if what was asked for was done, or there was nothing to find.
async fn response(session: &Session, file: &Path, printer: &Printer) -> Result<ExitCode, CommandFailure> {
    // The service says the same of longer ones.
    let xml = input::read(file, beid_protocol::answer::LONGEST)?;
    let xml = String::from_utf8(xml).map_err(|_| CommandFailure::file(file, "is no text in UTF-8"))?;
    let reply = session.call::<ParseResponse>(&t::ResponseRequest { xml }).await?;
    printer.print(&reply, render::response)?;
    Ok(match reply.answer.outcome {
        PlatformOutcome::Failed | PlatformOutcome::Fault => ExitCode::FAILURE,
        PlatformOutcome::Complete | PlatformOutcome::NothingFound | PlatformOutcome::Other(_) => ExitCode::SUCCESS,
    })
}

/// Opens a place for each certificate that a card may have; one for all if they go to standard output.
fn pem_places(directory: &Path, force: bool) -> Result<Vec<(&'static str, OutputPlace)>, CommandFailure> {
    if directory == Path::new(STANDARD) {
        return Ok(vec![("", OutputPlace::open(directory, force)?)]);
    }
    std::fs::create_dir_all(directory).map_err(|error| CommandFailure::file(directory, input::words(&error)))?;
    let open = |name: &&'static str| {
        let place = OutputPlace::open(&directory.join(format!("{name}.pem")), force)?;
        Ok((*name, place))
    };
    CARD_CERTIFICATES.iter().map(open).collect()
}

async fn certificates(
    session: &Session,
    places: Vec<(&'static str, OutputPlace)>,
    card: &CardArgument,
    printer: &Printer,
) -> Result<(), CommandFailure> {
    let printer = printer.beside(&places.iter().map(|(_, place)| place).collect::<Vec<_>>())?;
    let reply = session.call::<ReadCertificates>(&card.request()).await?;
    let mut written = Vec::new();
    for (name, place) in places {
        let pem = pem(&reply.answer, name)?;
        // What this card does not have gets no file.
        if !pem.is_empty() {
            written.extend(place.fill(pem.as_bytes())?);
        }
    }
    printer.print(&reply, render::certificates)?;
    printer.say_written(&written)
}

/// Returns the certificate called `name` as PEM; all of them if that is empty.
fn pem(answer: &t::CertificatesAnswer, name: &str) -> Result<String, CommandFailure> {
    let certificates = answer.certificates.iter();
    let wanted = certificates.filter(|one| name.is_empty() || one.name == name);
    let ders = wanted.filter_map(|one| one.der.as_deref());
    let pems = ders.map(|der| Ok(beid_host::pem::certificate(&octets(der)?)));
    pems.collect()
}

/// Decodes what the service wrote in base64.
pub(super) fn octets(base64: &str) -> Result<Vec<u8>, CommandFailure> {
    BASE64
        .decode(base64)
        .map_err(|error| CommandFailure::local(format!("the service's answer: {error}")))
}

async fn token(session: &Session, token: &TokenCommand, printer: &Printer) -> Result<(), CommandFailure> {
    match token {
        TokenCommand::Create { name, scopes, days } => {
            let request = t::TokenCreateRequest {
                name: name.clone(),
                scopes: scopes.clone(),
                days: *days,
            };
            let made = session.call::<CreateToken>(&request).await?;
            // It is shown only now: what nobody has read opens nothing.
            printer.print(&made, render::token).map_err(|_| {
                let next = format!("take it back with «beidctl token revoke {name}», and make another");
                CommandFailure::local(format!("the token could not be written to standard output; {next}"))
            })
        }
        TokenCommand::List => {
            session
                .show::<ListTokens>(&t::NoMembers {}, printer, render::tokens)
                .await
        }
        TokenCommand::Revoke { name } => {
            let request = t::TokenRevokeRequest { name: name.clone() };
            session.show::<RevokeToken>(&request, printer, render::nothing).await
        }
    }
}
