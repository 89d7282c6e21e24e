//! Survey of who trusts this daemon, made as its clients would: by a handshake, and a look into each store.

use beid_api::ApiError;
use beid_api::types::TlsStatusAnswer;
use beid_client::examine_endpoint;
use beid_service::tls::TrustSurvey;
use beid_stores::report::{TrustAnchor, survey_stores};
use beid_stores::{CreateDatabases, StoreAccount, StoreType, find};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The stores of this user and of everybody.
pub struct StoreSurvey {
    account: StoreAccount,
    /// File of the authority that clients should trust.
    ca_certificate: PathBuf,
}

impl StoreSurvey {
    /// Names the places; `None` without a home directory, which has no browsers.
    #[must_use]
    pub fn new(ca_certificate: PathBuf) -> Option<Self> {
        let account = StoreAccount::from_environment().ok()?;
        Some(Self {
            account,
            ca_certificate,
        })
    }
}

impl TrustSurvey for StoreSurvey {
    fn survey(&self) -> BoxFuture<'static, Result<TlsStatusAnswer, ApiError>> {
        let (account, file) = (self.account.clone(), self.ca_certificate.clone());
        async move {
            let endpoint = examine_endpoint().await;
            // A program runs for each database, and may have to wait for a browser.
            let surveyed = tokio::task::spawn_blocking(move || look(&account, &file)).await;
            Ok(TlsStatusAnswer {
                endpoint: Some(endpoint),
                ..surveyed.map_err(ApiError::internal)?.map_err(ApiError::internal)?
            })
        }
        .boxed()
    }
}

fn look(account: &StoreAccount, file: &Path) -> io::Result<TlsStatusAnswer> {
    let anchor = match fs::read(file) {
        Ok(content) => Some(TrustAnchor::from_file(file.to_owned(), &content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let stores = find(account, &StoreType::ALL, CreateDatabases::Yes);
    Ok(survey_stores(anchor.as_ref(), &stores))
}
