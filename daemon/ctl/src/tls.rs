//! `beidctl tls`: the trust of browsers and system in beidd's certificate for `https://localhost`.
//!
//! Stores are changed here and not by the daemon: some belong to root, who has no bus to this user's daemon. Only a
//! rotation asks the daemon, which makes the certificates.

mod report;
mod rotation;

pub(super) use report::{RemovalReport, RotationReport};

use super::CommandFailure;
use super::arguments::{Arguments, StoreSelection, TlsCommand};
use super::failure::FailureKind;
use super::input::{SMALL, read_file};
use super::output::Printer;
use super::render;
use super::session::Session;
use beid_api::types::{EndpointAnswer, TlsStatusAnswer, TrustStoreAnswer};
use beid_api::words::TrustStoreType;
use beid_client::{Discovery, examine_endpoint};
use beid_host::paths::Paths;
use beid_host::process::own_user;
use beid_stores::report::{
    TrustAnchor, administrator_status, authority_status, remove_from_store, survey_store, survey_stores,
};
use beid_stores::{CertificateStore, CreateDatabases, LocalAuthority, StoreAccount, StoreType};
use beid_texts::{Language, Message, Render};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) async fn run(
    command: &TlsCommand,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitCode, CommandFailure> {
    let language = arguments.language();
    match command {
        TlsCommand::Install(selection) => install(selection, printer, language),
        TlsCommand::Status(selection) => status(selection, printer).await,
        TlsCommand::Rotate { force } => {
            let session = Session::connect(arguments).await?;
            rotation::rotate(&session, *force, printer, language).await
        }
        TlsCommand::Remove(selection) => remove(selection, printer),
    }
}

/// Finds the certificate that clients trust: the file that was named, else that of this user's daemon. `None` if no daemon
/// of this user has made one yet.
fn find_anchor(named: Option<&Path>) -> Result<Option<TrustAnchor>, CommandFailure> {
    if let Some(file) = named {
        let authority = LocalAuthority::parse(&read_file(file, SMALL)?);
        let authority = authority.map_err(|error| CommandFailure::file(file, error))?;
        return Ok(Some(TrustAnchor::Local(authority, absolute(file))));
    }
    let file = match Discovery::of_this_user() {
        Ok(discovery) => discovery.ca_certificate,
        Err(_) => Paths::from_environment().map_err(home_missing)?.tls().join("ca.pem"),
    };
    if !file.exists() {
        return Ok(None);
    }
    let content = read_file(&file, SMALL)?;
    Ok(Some(TrustAnchor::from_file(file, &content)))
}

/// Root works elsewhere than the user who typed the path.
fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

fn home_missing(error: impl std::fmt::Display) -> CommandFailure {
    CommandFailure::local(error.to_string())
}

impl StoreSelection {
    /// Finds the stores of the types that were chosen. Databases that Chromium has not made yet are made for the daemon's
    /// own user only.
    fn stores(&self, create: CreateDatabases) -> Result<Vec<CertificateStore>, CommandFailure> {
        let account = StoreAccount::from_environment().map_err(home_missing)?;
        let types = if self.types.is_empty() {
            &StoreType::ALL[..]
        } else {
            &self.types
        };
        let create = if self.ca.is_some() { CreateDatabases::No } else { create };
        Ok(beid_stores::find(&account, types, create))
    }

    /// Returns true if the command fails when this store is not as it should be. Stores of everybody are root's business,
    /// unless they were named.
    fn counts(&self, store_type: &TrustStoreType) -> bool {
        let mut all = StoreType::ALL.into_iter();
        let known = all.find(|one| one.word() == store_type.word());
        known.is_none_or(|one| !one.is_for_everybody() || own_user() == 0 || self.types.contains(&one))
    }
}

fn install(selection: &StoreSelection, printer: &Printer, language: Language) -> Result<ExitCode, CommandFailure> {
    let anchor = find_anchor(selection.ca.as_deref())?;
    let (authority, file) = match &anchor {
        Some(TrustAnchor::Local(authority, file)) => (authority, file),
        Some(TrustAnchor::Administrator(file)) => {
            return print(&administrator_status(file), Installed::No, selection, printer);
        }
        None => return Err(no_certificate(language)),
    };
    // Once for all stores, each of which would say the same.
    let purpose = authority.check_purpose();
    purpose.map_err(|error| CommandFailure::file(file, error))?;
    let stores = selection.stores(CreateDatabases::Yes)?;
    let each = stores.iter().map(|store| {
        let fault = store.trust(authority).err();
        survey_store(store, Some(authority), fault)
    });
    let status = authority_status(authority, file, each.collect());
    print(&status, Installed::Yes, selection, printer)
}

fn no_certificate(language: Language) -> CommandFailure {
    let text = if own_user() == 0 {
        "ctl-no-certificate-root"
    } else {
        "ctl-no-certificate"
    };
    CommandFailure::new(FailureKind::NotRunning, Message::new(text).render(language))
}

async fn status(selection: &StoreSelection, printer: &Printer) -> Result<ExitCode, CommandFailure> {
    let anchor = find_anchor(selection.ca.as_deref())?;
    let stores = selection.stores(CreateDatabases::Yes)?;
    let endpoint = match selection.ca {
        // Another user's daemon answers to that user alone.
        Some(_) => None,
        None => Some(examine_endpoint().await),
    };
    let status = TlsStatusAnswer {
        endpoint,
        ..survey_stores(anchor.as_ref(), &stores)
    };
    print(&status, Installed::No, selection, printer)
}

/// Report on this user's daemon and stores, for the doctor.
///
/// # Errors
/// [`CommandFailure`] if no daemon of this user has made a certificate yet, or there is no home.
pub(super) async fn own_status(language: Language) -> Result<TlsStatusAnswer, CommandFailure> {
    let anchor = find_anchor(None)?.ok_or_else(|| no_certificate(language))?;
    let account = StoreAccount::from_environment().map_err(home_missing)?;
    let stores = beid_stores::find(&account, &StoreType::ALL, CreateDatabases::Yes);
    Ok(TlsStatusAnswer {
        endpoint: Some(examine_endpoint().await),
        ..survey_stores(Some(&anchor), &stores)
    })
}

/// Change of the stores by this command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Installed {
    /// They were changed just now, so that open browsers do not know yet.
    Yes,
    /// They are as they were.
    No,
}

fn print(
    status: &TlsStatusAnswer,
    installed: Installed,
    selection: &StoreSelection,
    printer: &Printer,
) -> Result<ExitCode, CommandFailure> {
    printer.print_own(
        || serde_json::to_value(status).map_err(Into::into),
        |paint| render::trust(status, installed, *paint),
    )?;
    let stores = status.stores.iter();
    let is_good = status.endpoint.as_ref().is_none_or(EndpointAnswer::is_good)
        && stores
            .filter(|store| selection.counts(&store.store))
            .all(TrustStoreAnswer::is_good);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Removes the named authority, or else every one of ours from this user's stores. In stores of everybody, an ordinary user
/// is told of the own one only: the others are other users'.
fn remove(selection: &StoreSelection, printer: &Printer) -> Result<ExitCode, CommandFailure> {
    let anchor = find_anchor(selection.ca.as_deref())?;
    let own = anchor.as_ref().and_then(TrustAnchor::local);
    let concerns = |store: &CertificateStore, authority: &LocalAuthority| {
        let every = selection.ca.is_none() && (own_user() == 0 || !store.store_type().is_for_everybody());
        every || own == Some(authority)
    };
    let stores = selection.stores(CreateDatabases::No)?;
    let removed = stores
        .iter()
        .filter_map(|store| remove_from_store(store, |authority| concerns(store, authority)));
    let report = RemovalReport {
        stores: removed.collect(),
    };
    printer.print_own(
        || serde_json::to_value(&report).map_err(Into::into),
        |paint| render::removal(&report, *paint),
    )?;
    let is_good = report.stores.iter().all(TrustStoreAnswer::is_good);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
