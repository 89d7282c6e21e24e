//! The store of evidence: opened by the settings, delivered to the institution, kept in order, and closed at the end.

use crate::app::AppError;
use beid_evidence::{
    Delivery, EvidenceError, EvidenceStore, InstitutionKey, PurgeOrder, Purged, RecordKind, Recorder, Sealing,
    ServerAddress, prepare_server,
};
use beid_host::private;
use beid_service::Service;
use beid_settings::{Evidence, EvidenceSeal, EvidenceUse};
use jiff::{SignedDuration, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Time between two looks for contents whose time is over.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);
/// Time after which a store that could not be opened is tried again.
const REOPENING: Duration = Duration::from_secs(60);

/// Makes the recorder by the settings. The store is opened when it is first needed.
///
/// # Errors
/// If a setting, or a file that it names, cannot be used.
pub(crate) fn recorder(settings: &Evidence, state: &Path) -> Result<Recorder, EvidenceError> {
    match settings.store() {
        EvidenceUse::Off => Ok(Recorder::Off),
        EvidenceUse::On => Ok(Recorder::on(store_directory(state), sealing(settings)?)),
    }
}

/// Checks the settings and the files that they name.
///
/// # Errors
/// As at the start of the daemon, and for the address of the server.
pub fn check(settings: &Evidence) -> Result<(), EvidenceError> {
    sealing(settings)?;
    server(settings).map(|_| ())
}

fn sealing(settings: &Evidence) -> Result<Sealing, EvidenceError> {
    let Some(path) = &settings.seal_to else {
        return Ok(match settings.seal() {
            EvidenceSeal::Desk => Sealing::Desk,
            EvidenceSeal::None => Sealing::Open,
        });
    };
    let pem = private::read_settings(path).map_err(|error| EvidenceError::Setting {
        setting: "seal_to",
        reason: format!("{}: {error}", path.display()),
    })?;
    InstitutionKey::from_pem(pem.as_bytes()).map(Sealing::Institution)
}

fn server(settings: &Evidence) -> Result<Option<ServerAddress>, EvidenceError> {
    let Some(url) = &settings.url else { return Ok(None) };
    let password = settings.password_file.as_deref().map(password).transpose()?;
    ServerAddress::parse(url, password.as_deref()).map(Some)
}

/// Reads the password of a role: the first line of the file.
fn password(path: &Path) -> Result<String, EvidenceError> {
    let read = private::read_ours(path).and_then(|found| found.ok_or_else(|| std::io::ErrorKind::NotFound.into()));
    let wrong = |reason: String| EvidenceError::Setting {
        setting: "password_file",
        reason: format!("{}: {reason}", path.display()),
    };
    let octets = read.map_err(|error| wrong(error.to_string()))?;
    let secret = std::fs::metadata(path).and_then(|about| private::check_secret(&about));
    secret.map_err(|error| wrong(error.to_string()))?;
    let text = String::from_utf8(octets).map_err(|_| wrong("not UTF-8".to_owned()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Makes the tables in the database `url`, for its owner.
///
/// # Errors
/// Those of the address and of the server.
pub async fn prepare(url: &str, password_file: Option<&Path>) -> Result<(), AppError> {
    // Relative to where the owner types it. Every directory on the way is looked at, from the root on.
    let password_file = password_file.map(std::path::absolute).transpose()?;
    let password = password_file.as_deref().map(password).transpose()?;
    prepare_server(&ServerAddress::parse(url, password.as_deref())?).await?;
    Ok(())
}

/// Copies the store of the state directory `state` to the directory `copy`.
///
/// # Errors
/// If there is no store, or the copy cannot be made.
pub async fn back_up(state: &Path, copy: &Path) -> Result<(), AppError> {
    Ok(beid_evidence::back_up(&store_directory(state), copy).await?)
}

fn store_directory(state: &Path) -> PathBuf {
    state.join("evidence")
}

/// Work on the store that goes on beside the service.
pub(crate) struct Housekeeping {
    task: Option<JoinHandle<()>>,
}

impl Housekeeping {
    /// Begins it. A store that cannot be opened is only reported: cards are read without it, as far as nothing is to be
    /// recorded.
    ///
    /// # Errors
    /// If the address of the server cannot be used.
    pub(crate) async fn begin(service: &Arc<Service>) -> Result<Self, AppError> {
        let config = service.config();
        let settings = &config.settings.evidence;
        let server = server(settings)?;
        match service.evidence.store(service.now()).await {
            Ok(None) => {
                return Ok(Self { task: None });
            }
            Ok(Some(_)) => {}
            Err(error) => tracing::error!(%error, "evidence cannot be recorded, so proofs are refused"),
        }
        let (service, keeps) = (Arc::clone(service), settings.keep());
        let task = tokio::spawn(keep_house(service, server, keeps));
        Ok(Self { task: Some(task) })
    }

    /// Ends it, signs the end of the chain and closes the store.
    pub(crate) async fn end(self, service: &Service) {
        if let Some(task) = self.task {
            task.abort();
        }
        let Some(store) = service.evidence.opened() else { return };
        if let Err(error) = store.close(service.now()).await {
            tracing::warn!(%error, "the store of evidence is not closed well");
        }
    }
}

async fn keep_house(service: Arc<Service>, server: Option<ServerAddress>, keeps: bool) {
    let store = loop {
        match service.evidence.store(service.now()).await {
            Ok(Some(store)) => break Arc::clone(store),
            Ok(None) => return,
            // Soon again: a disk that was full has room by then, and what waits is delivered.
            Err(_) => sleep(REOPENING).await,
        }
    };
    let tidying = tidy(Arc::clone(&service), Arc::clone(&store));
    match server {
        Some(server) => {
            let delivery = Delivery::new(store, server, !keeps, Timestamp::now);
            service.delivers_evidence_as(delivery.state());
            tokio::join!(tidying, delivery.run());
        }
        None => tidying.await,
    }
}

/// Drops contents whose time is over, and closes months, now and from time to time.
async fn tidy(service: Arc<Service>, store: Arc<EvidenceStore>) {
    loop {
        for (kind, days) in service.config().settings.evidence.retention().days() {
            // Every kind of the settings is one of the store: a test compares them.
            let Some(kind) = RecordKind::from_word(kind) else {
                continue;
            };
            let age = SignedDuration::from_hours(i64::from(days) * 24);
            let Ok(before) = service.now().checked_sub(age) else {
                continue;
            };
            match store
                .purge(&PurgeOrder::Before(kind, before), "retention", service.now())
                .await
            {
                Ok(Purged { dropped: 0, .. }) => {}
                Ok(Purged { dropped, .. }) => {
                    tracing::info!(kind = kind.word(), dropped, "contents of evidence are past their time");
                }
                Err(error) => tracing::warn!(%error, "contents of evidence past their time are not dropped"),
            }
        }
        // Also where nothing is counted any more: the key of a month that is over is not kept.
        if let Err(error) = store.close_months(service.now()).await {
            tracing::warn!(%error, "the numbers of a month that is over are not closed");
        }
        sleep(HOUSEKEEPING).await;
    }
}
