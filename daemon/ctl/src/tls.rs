//! `beidctl tls`: the trust of browsers and system in beidd's certificate for `https://localhost`.
//!
//! Stores are changed here and not by the daemon: some belong to root, who has no bus to this user's daemon. Only a
//! rotation asks the daemon, which makes the certificates.

mod report;
mod rotation;

pub(super) use report::{
    AuthorityReport, BY_POLICY, EndpointReport, EndpointState, RemovalReport, RotationReport, StoreReport, StoreState,
    TrustReport,
};

use super::CommandFailure;
use super::arguments::{Arguments, StoreSelection, TlsCommand};
use super::failure::FailureKind;
use super::input::{SMALL, read_file};
use super::output::Printer;
use super::render;
use super::session::Session;
use beid_client::{ClientError, Discovery};
use beid_host::paths::Paths;
use beid_host::process::own_user;
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
        TlsCommand::Status(selection) => status(selection, printer, language).await,
        TlsCommand::Rotate { force } => {
            let session = Session::connect(arguments).await?;
            rotation::rotate(&session, *force, printer, language).await
        }
        TlsCommand::Remove(selection) => remove(selection, printer),
    }
}

/// The certificate that clients of this daemon trust.
enum TrustAnchor {
    /// The daemon's own authority, with its file.
    Local(LocalAuthority, PathBuf),
    /// The administrator's, in this file.
    Administrator(PathBuf),
}

impl TrustAnchor {
    /// Finds the certificate: the file that was named, else that of this user's daemon. `None` if no daemon of this user
    /// has made one yet.
    fn find(named: Option<&Path>) -> Result<Option<Self>, CommandFailure> {
        if let Some(file) = named {
            let authority = LocalAuthority::parse(&read_file(file, SMALL)?);
            let authority = authority.map_err(|error| CommandFailure::file(file, error))?;
            return Ok(Some(Self::Local(authority, absolute(file))));
        }
        let file = match Discovery::of_this_user() {
            Ok(discovery) => discovery.ca_certificate,
            Err(_) => Paths::from_environment().map_err(home_missing)?.tls().join("ca.pem"),
        };
        if !file.exists() {
            return Ok(None);
        }
        Ok(Some(match LocalAuthority::parse(&read_file(&file, SMALL)?) {
            Ok(authority) => Self::Local(authority, file),
            Err(_) => Self::Administrator(file),
        }))
    }

    fn local(&self) -> Option<&LocalAuthority> {
        match self {
            Self::Local(authority, _) => Some(authority),
            Self::Administrator(_) => None,
        }
    }
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
    fn counts(&self, store_type: StoreType) -> bool {
        !store_type.is_for_everybody() || own_user() == 0 || self.types.contains(&store_type)
    }
}

fn install(selection: &StoreSelection, printer: &Printer, language: Language) -> Result<ExitCode, CommandFailure> {
    let anchor = TrustAnchor::find(selection.ca.as_deref())?;
    let (authority, file) = match &anchor {
        Some(TrustAnchor::Local(authority, file)) => (authority, file),
        Some(TrustAnchor::Administrator(file)) => {
            return print(TrustReport::from_administrator(file.clone()), selection, printer);
        }
        None => return Err(no_certificate(language)),
    };
    // Once for all stores, each of which would say the same.
    let purpose = authority.check_purpose();
    purpose.map_err(|error| CommandFailure::file(file, error))?;
    let stores = selection.stores(CreateDatabases::Yes)?;
    let each = stores.iter().map(|store| {
        let fault = store.trust(authority).err();
        StoreReport::new(store, Some(authority), fault)
    });
    let report = TrustReport {
        installed: true,
        ..TrustReport::from_authority(authority, file.clone(), each.collect())
    };
    print(report, selection, printer)
}

fn no_certificate(language: Language) -> CommandFailure {
    let text = if own_user() == 0 {
        "ctl-no-certificate-root"
    } else {
        "ctl-no-certificate"
    };
    CommandFailure::new(FailureKind::NotRunning, Message::new(text).render(language))
}

async fn status(selection: &StoreSelection, printer: &Printer, language: Language) -> Result<ExitCode, CommandFailure> {
    let endpoint = EndpointReport::new(handshake().await, language);
    let anchor = TrustAnchor::find(selection.ca.as_deref())?;
    let stores = selection.stores(CreateDatabases::Yes)?;
    let local = anchor.as_ref().and_then(TrustAnchor::local);
    let surveyed = stores.iter().map(|store| StoreReport::new(store, local, None));
    let mut stores: Vec<StoreReport> = surveyed.collect();
    report::credit_policy(&mut stores);
    let report = match anchor {
        Some(TrustAnchor::Local(authority, file)) => TrustReport::from_authority(&authority, file, stores),
        Some(TrustAnchor::Administrator(file)) => TrustReport::from_administrator(file),
        None => TrustReport::from_stores(stores),
    };
    let report = TrustReport {
        endpoint: selection.ca.is_none().then_some(endpoint),
        rotation_unfinished: report.authority.as_ref().is_some_and(is_rotating),
        ..report
    };
    print(report, selection, printer)
}

/// Returns true if sets of before or after a rotation lie beside the one in use.
fn is_rotating(authority: &AuthorityReport) -> bool {
    let directory = authority.file.as_deref().and_then(Path::parent);
    directory.is_some_and(|directory| ["next", "previous"].iter().any(|set| directory.join(set).exists()))
}

/// Makes a handshake with this user's daemon; returns its port and the end of its certificate.
async fn handshake() -> Result<(u16, jiff::Timestamp), ClientError> {
    let discovery = Discovery::of_this_user()?;
    let shown = discovery.handshake().await?;
    let certificate = beid_pki::Certificate::parse(&shown).map_err(|error| ClientError::Failed(error.to_string()))?;
    Ok((discovery.port, certificate.not_after()))
}

fn print(report: TrustReport, selection: &StoreSelection, printer: &Printer) -> Result<ExitCode, CommandFailure> {
    printer.print_own(
        || serde_json::to_value(&report).map_err(Into::into),
        |paint| render::trust(&report, *paint),
    )?;
    let stores = report.stores.iter();
    let is_good = report.endpoint.as_ref().is_none_or(EndpointReport::is_good)
        && stores
            .filter(|store| selection.counts(store.store))
            .all(StoreReport::is_good);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Removes the named authority, or else every one of ours from this user's stores. In stores of everybody, an ordinary user
/// is told of the own one only: the others are other users'.
fn remove(selection: &StoreSelection, printer: &Printer) -> Result<ExitCode, CommandFailure> {
    let anchor = TrustAnchor::find(selection.ca.as_deref())?;
    let own = anchor.as_ref().and_then(TrustAnchor::local);
    let concerns = |store: &CertificateStore, authority: &LocalAuthority| {
        let every = selection.ca.is_none() && (own_user() == 0 || !store.store_type().is_for_everybody());
        every || own == Some(authority)
    };
    let stores = selection.stores(CreateDatabases::No)?;
    let removed = stores
        .iter()
        .filter_map(|store| StoreReport::remove(store, |authority| concerns(store, authority)));
    let report = RemovalReport {
        stores: removed.collect(),
    };
    printer.print_own(
        || serde_json::to_value(&report).map_err(Into::into),
        |paint| render::removal(&report, *paint),
    )?;
    let is_good = report.stores.iter().all(StoreReport::is_good);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
