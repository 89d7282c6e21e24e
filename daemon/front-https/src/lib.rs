//! HTTPS on the loopback addresses, for web pages and native programs.
//!
//! The modules, in the order in which a request meets them; none of them decides anything about cards:
//!
//! | module | purpose |
//! |---|---|
//! | `listen` | the port, on 127.0.0.1 and ::1 |
//! | `tls` | certificates for `localhost`, and TLS with them |
//! | `peer` | user who owns the client's socket; other users than those admitted are cut off before TLS begins |
//! | `places` | limit on connections, and the choice of the one that is closed when it is reached |
//! | `connection` | life of a connection: handshake, time limits, HTTP/1.1 |
//! | `plain` | answer to clients that speak no TLS |
//! | `http2` | HTTP/2 |
//! | `shares` | limits on calls at once, for each user and website |
//! | `routes` | verb and path to operation |
//! | `access` | checks of host, origin and token |
//! | `request` | every check of a request, in one fixed order, and the call to the service |
//! | `redirect` | calls that a whole tab brings, because its page may not call |
//! | `sealed` | answers that only the page can open |
//! | `body` | bodies, within limits |
//! | `headers` | language and media types |
//! | `prefer` | preferences: to answer at once, or to wait |
//! | `members` | members from path, query and body |
//! | `response` | responses, and the headers that all of them have |
//! | `events` | stream of server-sent events |
//! | `page` | files of the daemon's own page |
//! | `openapi` | OpenAPI description |

mod access;
mod body;
mod connection;
mod events;
mod headers;
mod http2;
mod listen;
mod members;
mod openapi;
mod page;
mod peer;
mod places;
mod plain;
mod prefer;
mod redirect;
mod request;
mod response;
mod routes;
mod sealed;
mod shares;
mod tls;

#[cfg(test)]
mod tests;

use beid_service::Service;
use beid_service::tls::HttpsCertificates;
use beid_settings::HttpsCertificate;
use listen::Listeners;
use peer::Doorkeeper;
use shares::Shares;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tls::Tls;
use tokio_util::sync::CancellationToken;

/// Settings of HTTPS, read once at the start.
#[derive(Clone, Debug)]
pub struct HttpsSettings {
    /// Port to listen on; 0 takes any free one.
    pub port: u16,
    /// True if only that port will do; otherwise the 31 ports after it are tried too.
    pub port_is_fixed: bool,
    /// Users besides our own that may connect.
    pub allow_users: Vec<u32>,
    /// Directory of certificates and key, which are made at the first start.
    pub tls_directory: PathBuf,
    /// Certificate of the administrator's own, in place of those.
    pub certificate: Option<HttpsCertificate>,
}

/// Reason why HTTPS cannot start.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// The port cannot be bound, most often because another program has it.
    #[error("port {port} cannot be used: {source}")]
    Port {
        /// Port that was tried.
        port: u16,
        /// Error of the system.
        source: std::io::Error,
    },
    /// Every port that may be tried is taken.
    #[error("no port from {first} to {last} is free")]
    NoFreePort {
        /// First one tried.
        first: u16,
        /// Last one tried.
        last: u16,
    },
    /// A socket that the service manager handed over is not one that may be served.
    #[error("the socket that the service manager hands over {0}; see ListenStream= in beidd.socket")]
    Handed(String),
    /// Certificates or key can be neither read nor written. The error names the file or directory.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The administrator's certificate cannot be used.
    #[error("https.tls: {}: {reason}", path.display())]
    Administrator {
        /// File at fault.
        path: PathBuf,
        /// Fault, and what to do.
        reason: String,
    },
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

/// HTTPS with its port taken and its certificates ready; requests are answered once it [serves](Self::serve).
pub struct Https {
    listeners: Listeners,
    tls: Arc<Tls>,
    doorkeeper: Doorkeeper,
    routes: routes::Routes,
}

impl Https {
    /// Takes the port on both loopback addresses and makes the certificates if need be.
    ///
    /// # Errors
    /// [`HttpsError`] says which file or port.
    pub async fn bind(settings: HttpsSettings) -> Result<Self, HttpsError> {
        Self::bind_handed(settings, Vec::new()).await
    }

    /// Takes the sockets that a service manager has opened, or if there are none [binds](Self::bind) as the settings say.
    ///
    /// # Errors
    /// [`HttpsError`] says which file, port or socket.
    pub async fn bind_handed(settings: HttpsSettings, handed: Vec<TcpListener>) -> Result<Self, HttpsError> {
        Self::bind_as(beid_host::process::own_user(), settings, handed).await
    }

    /// Binds as if the daemon ran as `own_user`, so that a test can be another user.
    async fn bind_as(own_user: u32, settings: HttpsSettings, handed: Vec<TcpListener>) -> Result<Self, HttpsError> {
        let tls = match &settings.certificate {
            Some(files) => Tls::from_files(files)?,
            None => Tls::open(&settings.tls_directory)?,
        };
        Ok(Self {
            routes: routes::Routes::new()?,
            tls: Arc::new(tls),
            doorkeeper: Doorkeeper::new(own_user, settings.allow_users),
            listeners: Listeners::open(handed, settings.port, settings.port_is_fixed).await?,
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

    /// The certificates, for the operation that replaces them.
    #[must_use]
    pub fn certificates(&self) -> Arc<dyn HttpsCertificates> {
        Arc::clone(&self.tls) as Arc<dyn HttpsCertificates>
    }

    /// Answers requests until `stop`; those under way then get less than a second to end.
    pub fn serve(self, service: Arc<Service>, stop: CancellationToken) -> impl Future<Output = ()> + Send {
        // Before the first request, so that the page can be opened as soon as this returns.
        service.pages.serve_at(self.listeners.port());
        async move {
            let front = Arc::new(request::HttpsFront {
                service,
                routes: self.routes,
                port: self.listeners.port(),
                calls: Shares::new(request::CALLS),
                large_bodies: Shares::new(body::LARGE_BODIES),
                stop: stop.clone(),
            });
            tokio::select! {
                () = connection::serve(&self.listeners, &self.tls, &self.doorkeeper, &front, &stop) => {}
                () = watch_the_end(&self.tls) => {}
            }
        }
    }
}

/// Warns once a day of the end of the certificate, if it is near.
async fn watch_the_end(tls: &Tls) {
    loop {
        tls.warn_before_the_end();
        tokio::time::sleep(tls::LOOK_AGAIN).await;
    }
}

/// Checks a certificate of the administrator's own, as a start would.
///
/// # Errors
/// [`HttpsError::Administrator`] names the file and what is wrong with it.
pub fn check_certificate(files: &HttpsCertificate) -> Result<(), HttpsError> {
    Tls::from_files(files).map(drop)
}
