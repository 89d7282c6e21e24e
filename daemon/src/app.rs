//! Assembles the daemon, runs it and shuts it down.

use crate::authorities;
use crate::evidence::{self, Housekeeping};
use crate::manager;
use crate::reload::Reloading;
use crate::trust::StoreSurvey;
use beid_front_dbus as dbus_front;
use beid_front_https::{Https, HttpsSettings};
use beid_host::manager::{ServiceManager, ServiceState};
use beid_host::paths::Paths;
use beid_host::private;
use beid_host::process::{ProcessSignal, ProcessSignals, started_by_bus};
use beid_host::terminal::Terminal;
use beid_issuers::revocation::Checker;
use beid_metrics::{MetricsEndpoint, MetricsPlace};
use beid_pki::{Certificate, TrustStore};
use beid_prompt::Prompter;
use beid_prompt::assuan::{Pinentry, default_program, program_at};
use beid_service::cards::{Registry, Roles};
use beid_service::events::Events;
use beid_service::keeper;
use beid_service::readings::ReadingCounts;
use beid_service::silences::Silences;
use beid_service::tokens::Tokens;
use beid_service::{Parts, Service};
use beid_settings::roots::{RootFiles, VerificationRoots, read_roots};
use beid_settings::{Bus, Config, MetricsListen, Settings};
use beid_simulator::TestPki;
use beid_sources::pcsc::PcscWatch;
use beid_sources::simulated::SimulatedDesk;
use jiff::Timestamp;
use std::error::Error;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Maximum time for all operations to end at shutdown. Two seconds are promised; the rest is for the runtime.
const FAREWELL: Duration = Duration::from_millis(1600);

/// Reason why the daemon could not start or go on.
pub type AppError = Box<dyn Error + Send + Sync>;

/// Runs the daemon until it is told to stop. `handed` are sockets for HTTPS that a service manager has opened, if any.
///
/// # Errors
/// If it cannot start: no directory for its files, another daemon in it, no port, no bus, no such simulated person; or
/// if the bus goes away while it runs.
pub async fn run(
    config: Config,
    reloading: &Reloading,
    paths: &Paths,
    simulate: &[String],
    handed: Vec<TcpListener>,
) -> Result<(), AppError> {
    paths.make()?;
    let manager = ServiceManager::from_environment().map_err(|error| format!("NOTIFY_SOCKET: {error}"))?;
    let state = paths.state.display();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %state, "starting");
    // Before any state is read, and to the end.
    let _taken = paths.take_state()?;
    let pki = if simulate.is_empty() {
        None
    } else {
        Some(TestPki::open(&paths.simulator())?)
    };
    let events = Events::new();
    let experience = Arc::new(authorities::load(&paths.authorities()));
    let roles = Roles::open(config.settings.pcsc.rules(), paths.state.join("roles.json"))?;
    let recorder = evidence::recorder(&config.settings.evidence, &paths.state)?;
    let registry = Registry::new(events.clone(), roles, Arc::clone(&experience));
    let service = Service::new(Parts {
        registry: Arc::clone(&registry),
        events,
        tokens: Tokens::open(&paths.state)?,
        silences: Silences::open(&paths.state)?,
        readings: ReadingCounts::open(&paths.state)?,
        prompter: prompter(&config),
        trust: trust(&config, pki.as_ref())?,
        verification: verification_roots(&config, paths)?,
        revocation: Checker::new(config.revocation.clone(), &paths.state, Timestamp::now),
        config,
        clock: Timestamp::now,
        keeper: keeper::keeper(paths.state.clone()),
        evidence: recorder,
    });
    let housekeeping = Housekeeping::begin(&service).await?;
    let cards = CardSource::begin(&service, pki, simulate)?;
    let stop = CancellationToken::new();
    // Before readiness is announced: with the default action, a signal right after it would end the process without
    // cleanup.
    let signals = ProcessSignals::catch()?;
    serve_metrics(&service, &stop).await;
    let fronts = Fronts::open(&service, paths, handed, &stop).await;
    let told = match &fronts {
        Ok(fronts) => {
            announce(fronts, manager.as_ref());
            let feeding = manager
                .clone()
                .map(|manager| manager::feed_watchdog(manager, Arc::clone(&service), fronts.port, fronts.echo.clone()));
            let _feeding = feeding.map(|feeding| AbortOnDropHandle::new(tokio::spawn(feeding)));
            told_to_stop(signals, &fronts.bus_lost, || reloading.reload(&service)).await
        }
        Err(_) => Ok(()),
    };
    let deadline = Instant::now() + FAREWELL;
    tracing::info!("stopping");
    if let Some(manager) = &manager {
        manager::tell(manager, ServiceState::Stopping);
    }
    // Before the fronts close, so that a signature that is being made can still be handed over.
    service.wind_up(deadline).await;
    stop.cancel();
    // The cards are released also if a front could not be opened.
    let opened = match fronts {
        Ok(fronts) => {
            fronts.close(paths, deadline).await;
            Ok(())
        }
        Err(error) => Err(error),
    };
    cards.end();
    registry.wait_for_threads(deadline.saturating_duration_since(Instant::now()));
    // After the fronts: nothing more is recorded.
    housekeeping.end(&service).await;
    // After the threads, which add to them, have ended.
    authorities::save(&paths.authorities(), &experience);
    tracing::info!(%state, "stopped");
    opened.and(told)
}

fn prompter(config: &Config) -> Prompter {
    if started_by_bus() && std::env::var_os("BEIDD_PROMPT_PINENTRY").is_some() {
        tracing::warn!(
            "BEIDD_PROMPT_PINENTRY is ignored: a bus started beidd, and every program on it can set variables"
        );
    }
    let program = config.settings.prompt.pinentry.clone().or_else(default_program);
    if let Some(Err(error)) = program.as_deref().map(program_at) {
        tracing::warn!(%error, "nothing that needs a person can be done");
    }
    let pinentry = program.map(|program| Pinentry {
        program,
        terminal: Terminal::from_this_process(),
    });
    if pinentry.is_none() {
        tracing::warn!("no pinentry program found: nothing that needs a person can be done");
    }
    let prompt = &config.settings.prompt;
    Prompter::new(pinentry, prompt.language().0, prompt.timeout_s().0)
}

/// Serves figures where the settings say so.
async fn serve_metrics(service: &Arc<Service>, stop: &CancellationToken) {
    let place = match service.config().settings.metrics.listen.clone() {
        None => return,
        Some(MetricsListen::Tcp(address)) => MetricsPlace::Tcp(address),
        Some(MetricsListen::Unix(path)) => MetricsPlace::Unix(path),
    };
    let seen = Arc::clone(service);
    let state = move || seen.desk_state();
    match MetricsEndpoint::open(&place, Arc::clone(service.metrics()), state).await {
        Ok(endpoint) => drop(tokio::spawn(endpoint.serve(stop.clone()))),
        // Another user's beidd may have the place. Cards are read all the same.
        Err(error) => tracing::warn!(%error, "no figures are served"),
    }
}

/// Returns the pinned Belgian roots, the configured roots of test cards, and the roots of our simulated cards.
fn trust(config: &Config, pki: Option<&TestPki>) -> Result<TrustStore, AppError> {
    let mut trust = TrustStore::belgian();
    // As test roots, whoever configured them: `genuine` is for the pinned ones alone.
    for path in &config.settings.trust.extra_roots() {
        for root in roots_in(path)? {
            trust = trust.with_test_root(root);
        }
    }
    for root in pki.map(TestPki::roots).unwrap_or_default() {
        trust = trust.with_test_root(Certificate::parse(&root)?);
    }
    Ok(trust)
}

/// Returns the roots for signatures in files: those that `beidctl verify` takes, so that both say the same.
fn verification_roots(config: &Config, paths: &Paths) -> Result<VerificationRoots, AppError> {
    RootFiles::from_settings(&config.settings.trust, Some(&paths.simulator())).load(roots_in)
}

fn roots_in(path: &Path) -> Result<Vec<Certificate>, AppError> {
    let roots = read_roots(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(roots.warned(path))
}

/// Source of this daemon's cards.
enum CardSource {
    Real(PcscWatch),
    Simulated(Arc<SimulatedDesk>),
}

impl CardSource {
    fn begin(service: &Service, pki: Option<TestPki>, simulate: &[String]) -> Result<Self, AppError> {
        let Some(pki) = pki else {
            return Ok(Self::Real(PcscWatch::begin(Arc::clone(&service.registry))?));
        };
        let desk = SimulatedDesk::furnish(&service.registry, pki, simulate)?;
        service.simulates(desk.clone());
        Ok(Self::Simulated(desk))
    }

    fn end(self) {
        match self {
            Self::Real(watch) => watch.stop(),
            Self::Simulated(desk) => desk.clear(),
        }
    }
}

/// Both fronts, open.
struct Fronts {
    port: u16,
    https: tokio::task::JoinHandle<()>,
    bus: Option<tokio::task::JoinHandle<()>>,
    /// `None` without a bus.
    echo: Option<dbus_front::Echo>,
    /// Cancelled when the bus goes away.
    bus_lost: CancellationToken,
}

impl Fronts {
    async fn open(
        service: &Arc<Service>,
        paths: &Paths,
        handed: Vec<TcpListener>,
        stop: &CancellationToken,
    ) -> Result<Self, AppError> {
        let config = service.config();
        let Settings { https, dbus, .. } = &config.settings;
        let settings = HttpsSettings {
            port: https.port(),
            // A port from the settings is meant exactly: no other is tried.
            port_is_fixed: https.port.is_some(),
            allow_users: https.allow_users(),
            tls_directory: paths.tls(),
            certificate: https.tls.clone(),
        };
        let https = Https::bind_handed(settings, handed).await?;
        let port = https.port();
        service.serves_https_with(https.certificates());
        if let Some(survey) = StoreSurvey::new(https.ca_certificate().to_owned()) {
            service.surveys_trust_with(Arc::new(survey));
        }
        // Cannot fail: `Paths::make` refuses directories that are not UTF-8.
        let ca_certificate = https.ca_certificate().to_str();
        let ca_certificate = ca_certificate
            .ok_or("the path of the certificate is not UTF-8")?
            .to_owned();
        let bus_lost = CancellationToken::new();
        let (bus, echo) = match dbus.bus() {
            Bus::None => (None, None),
            which @ (Bus::Session | Bus::System) => {
                let bus = dbus_front::Bus::connect(Arc::clone(service), which, port).await?;
                let (stop, lost, echo) = (stop.clone(), bus_lost.clone(), bus.echo());
                let served = tokio::spawn(async move {
                    bus.serve(stop).await;
                    lost.cancel();
                });
                (Some(served), Some(echo))
            }
        };
        let discovery = serde_json::json!({
            "port": port,
            "caCertificate": ca_certificate,
            "pid": std::process::id(),
        });
        let https = tokio::spawn(https.serve(Arc::clone(service), stop.clone()));
        // Last, so that whoever reads it finds a daemon that listens.
        private::write(&paths.discovery(), discovery.to_string().as_bytes())?;
        Ok(Self {
            port,
            https,
            bus,
            echo,
            bus_lost,
        })
    }

    async fn close(self, paths: &Paths, deadline: Instant) {
        // First, so that no client is sent to a port that closes.
        take_discovery_away(&paths.discovery());
        let both = async {
            drop(self.https.await);
            if let Some(bus) = self.bus {
                drop(bus.await);
            }
        };
        drop(tokio::time::timeout_at(deadline.into(), both).await);
    }
}

/// Removes the file that tells clients our port, if it still names this process: a daemon with another state directory
/// but the same runtime directory may have replaced it.
fn take_discovery_away(path: &Path) {
    let said = private::read(path).ok().flatten().unwrap_or_default();
    let said: serde_json::Value = serde_json::from_slice(&said).unwrap_or_default();
    if said.get("pid").and_then(serde_json::Value::as_u64) == Some(u64::from(std::process::id())) {
        // Fails if another program has removed it meanwhile, which is just as well.
        drop(std::fs::remove_file(path));
    }
}

/// Announces that the daemon is ready: to the service manager, or else with a line on standard output, for which scripts wait.
fn announce(fronts: &Fronts, manager: Option<&ServiceManager>) {
    if let Some(manager) = manager {
        return manager::tell(manager, ServiceState::Ready);
    }
    let bus = if fronts.bus.is_some() { "org.beidd1" } else { "none" };
    let line = format!("beidd ready https://localhost:{} dbus={bus}\n", fronts.port);
    // Not awaited: there may be no reader, and a full disk or pipe must neither end nor block the daemon.
    tokio::task::spawn_blocking(move || {
        let mut out = std::io::stdout().lock();
        drop(out.write_all(line.as_bytes()).and_then(|()| out.flush()));
    });
}

/// Waits for the end, and calls `reload` whenever the settings are to be read again.
async fn told_to_stop(
    mut signals: ProcessSignals,
    bus_lost: &CancellationToken,
    reload: impl Fn(),
) -> Result<(), AppError> {
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                ProcessSignal::Stop => return Ok(()),
                ProcessSignal::Reload => reload(),
            },
            // An error, so that systemd restarts the daemon, with the next bus.
            () = bus_lost.cancelled() => return Err("the bus has gone".into()),
        }
    }
}
