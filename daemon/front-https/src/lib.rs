//! HTTPS on the loopback addresses, for web pages and native programs.
//!
//! A connection is looked at before TLS begins (`peer`): only our own user, and those the settings name, get any
//! further. It needs a place (`places`), of which there is a number. A request then passes the checks of `request`, in one fixed order, and is handed to the service by the table
//! of operations. What comes back becomes a response in `response`; nothing here decides anything about cards.

use beid_api as api;
use beid_host as host;
use beid_service as service;
use beid_settings as config;
use beid_texts as texts;

mod listen;
mod tls;

mod peer;

mod places;

mod connection;

mod http2;

mod routes;

mod access;

mod request;

mod headers;

mod members;

mod response;

mod events;
mod openapi;

#[cfg(test)]
mod tests;

use crate::service::Service;
use listen::Listeners;
use peer::Doorkeeper;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tls::Tls;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// What HTTPS needs to know before it starts.
#[derive(Clone, Debug)]
pub struct HttpsSettings {
    /// The port to listen on; 0: any free one.
    pub port: u16,
    /// Whether only that port will do. Otherwise the 31 after it are tried too.
    pub port_is_fixed: bool,
    /// Users besides our own that may connect.
    pub allow_users: Vec<u32>,
    /// Where certificates and key are kept; made at first start.
    pub tls_directory: PathBuf,
}

/// Why HTTPS cannot start.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// Another program has it.
    #[error("port {port} cannot be used: {source}")]
    Port {
        /// The port somebody chose.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// Every port we may try is taken.
    #[error("no port from {first} to {last} is free")]
    NoFreePort {
        /// First one tried.
        first: u16,
        /// Last one tried.
        last: u16,
    },
    /// Certificates or key can be neither read nor written. The error names the file or directory.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// Certificates cannot be made.
    #[error("certificates cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS refuses the certificates just made.
    #[error("certificates cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// Two rows of the table of operations have the same path.
    #[error("operations cannot be told apart by their paths: {0}")]
    Table(#[from] matchit::InsertError),
}

/// HTTPS with its port taken and its certificates ready; nobody is answered yet.
pub struct Https {
    listeners: Listeners,
    tls: Tls,
    doorkeeper: Doorkeeper,
    routes: routes::Routes,
}

impl Https {
    /// Takes the port on both loopback addresses and makes the certificates if need be.
    ///
    /// # Errors
    /// [`HttpsError`] says which file or port.
    pub async fn bind(settings: HttpsSettings) -> Result<Self, HttpsError> {
        Self::bind_as(crate::host::process::own_user(), settings).await
    }

    /// As if we were `own_user`, so that a test can be a stranger.
    async fn bind_as(own_user: u32, settings: HttpsSettings) -> Result<Self, HttpsError> {
        Ok(Self {
            routes: routes::Routes::new()?,
            tls: Tls::open(&settings.tls_directory)?,
            doorkeeper: Doorkeeper::new(own_user, settings.allow_users),
            listeners: Listeners::bind(settings.port, settings.port_is_fixed).await?,
        })
    }

    /// The port that was taken.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.listeners.port()
    }

    /// The certificate that clients must trust, PEM.
    #[must_use]
    pub fn ca_certificate(&self) -> &Path {
        self.tls.ca_certificate()
    }

    /// Answers callers until `stop`; then lets those it is talking to finish, for less than a second.
    pub async fn serve(self, service: Arc<Service>, stop: CancellationToken) {
        let front = Arc::new(request::Front {
            service,
            routes: self.routes,
            port: self.listeners.port(),
            large_bodies: Semaphore::new(request::LARGE_BODIES),
            stop: stop.clone(),
            description: std::sync::OnceLock::new(),
        });
        connection::serve(&self.listeners, &self.tls.acceptor(), &self.doorkeeper, &front, &stop).await;
    }
}
