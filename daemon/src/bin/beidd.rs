//! The daemon. See `beidd --help`.

use beid_card::SecretOctets;
use beid_front_https::HttpsError;
use beid_host::manager::handed_listeners;
use beid_host::paths::Paths;
use beid_host::process;
use beid_prompt::assuan::{default_program, program_at};
use beid_settings::{self, Config, Sources};
use beidd::app::{self, AppError};
use beidd::arguments::{DaemonOrder, HELP};
use beidd::evidence;
use beidd::log::LogWriter;
use beidd::reload::Reloading;
use std::io::{IsTerminal, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Exit code for a wrong command line, as shells and `beidctl` have it.
const EXIT_USAGE: u8 = 2;
/// `EX_CONFIG` of sysexits.h.
const EXIT_CONFIG: u8 = 78;

fn main() -> ExitCode {
    // Before anything is read: from here on neither a core file nor another program can expose data in memory.
    let sealed = process::seal();
    // Before there are other threads, which could be reading the environment that this changes.
    let handed = handed_listeners();
    let arguments = match DaemonOrder::parse(std::env::args_os().skip(1)) {
        Ok(DaemonOrder::Run(arguments)) => arguments,
        Ok(DaemonOrder::PrepareEvidence { url, password_file }) => {
            let prepared = alone(evidence::prepare(&url, password_file.as_deref()));
            return end(
                prepared,
                "the tables are there; give each desk a role that is a member of beidd_desk",
            );
        }
        Ok(DaemonOrder::BackUpEvidence { copy }) => return back_up_evidence(&copy),
        Ok(DaemonOrder::Help) => return print(HELP),
        Ok(DaemonOrder::Version) => return print(concat!("beidd ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(error) => return complain(EXIT_USAGE, &format!("{error}; see beidd --help")),
    };
    let paths = match Paths::from_environment() {
        Ok(paths) => paths,
        Err(error) => return complain(1, &error.to_string()),
    };
    let sources = beid_settings::variables(std::env::vars_os()).map(|environment| Sources {
        etc: PathBuf::from("/etc/beidd"),
        user: paths.config.clone(),
        named: arguments.config.clone(),
        environment,
        flags: arguments.flags(),
    });
    let (sources, mut config) = match sources.and_then(|sources| Ok((Config::load(&sources)?, sources))) {
        Ok((config, sources)) => (sources, config),
        // Without the line itself where the journal would keep it: it may be about a person.
        Err(error) if !arguments.check_config && !std::io::stderr().is_terminal() => {
            return complain(
                EXIT_CONFIG,
                &format!("{}; beidd --check-config shows the line", error.for_log()),
            );
        }
        Err(error) => return complain(EXIT_CONFIG, &error.to_string()),
    };
    config.simulated = !arguments.simulate.is_empty();
    if arguments.check_config {
        return check(&config, arguments.print);
    }
    if let Err(error) = check_certificate(&config) {
        return complain(EXIT_CONFIG, &error.to_string());
    }
    if let Err(error) = evidence::check(&config.settings.evidence) {
        return complain(EXIT_CONFIG, &error.to_string());
    }
    let log = match LogWriter::open(config.settings.log.journald()) {
        Ok(log) => log,
        Err(error) => {
            return complain(
                1,
                &format!("the log cannot be opened: {error}; see log.journald in the settings"),
            );
        }
    };
    let level = log.install(config.settings.log.level().into());
    if let Err(error) = sealed {
        tracing::warn!(%error, "programs of this user, and core files, can read what is in memory");
    }
    if !SecretOctets::zeros(1).is_locked() {
        tracing::warn!(
            "a PIN on its way to the card can be swapped to the disk: raise the limit of locked memory (ulimit -l)"
        );
    }
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let reloading = Reloading { sources, level };
    let outcome = handed
        .map_err(|error| format!("a socket of the service manager: {error}").into())
        .and_then(|handed| run(config, &reloading, &paths, &arguments.simulate, handed));
    if let Err(error) = &outcome {
        log.line(&format!("beidd: {error}"));
    }
    log.end();
    outcome.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn run(
    config: Config,
    reloading: &Reloading,
    paths: &Paths,
    simulate: &[String],
    handed: Vec<TcpListener>,
) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(app::run(config, reloading, paths, simulate, handed));
    // Not dropped, which would wait for blocking calls without a limit: nobody may be reading our standard output.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

/// Copies the records of this user's desk.
fn back_up_evidence(copy: &Path) -> ExitCode {
    let copied = Paths::from_environment().map_err(AppError::from);
    let copied = copied.and_then(|paths| alone(evidence::back_up(&paths.state, copy)));
    end(copied, &format!("the records are copied to {}", copy.display()))
}

/// Does work of which the program consists, without serving anybody.
fn alone(work: impl Future<Output = Result<(), AppError>>) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}

/// Reports the outcome of such work.
fn end(outcome: Result<(), AppError>, success: &str) -> ExitCode {
    match outcome {
        Ok(()) => complain(0, success),
        Err(error) => complain(1, &error.to_string()),
    }
}

/// Reports whether the settings are valid, and whether the certificate and the pinentry program that they name can be used.
fn check(config: &Config, print: bool) -> ExitCode {
    if print && write!(std::io::stdout(), "{}", config.print()).is_err() {
        return ExitCode::FAILURE;
    }
    for warning in &config.warnings {
        complain(0, warning);
    }
    if let Err(error) = check_certificate(config) {
        return complain(EXIT_CONFIG, &error.to_string());
    }
    if let Err(error) = evidence::check(&config.settings.evidence) {
        return complain(EXIT_CONFIG, &error.to_string());
    }
    match config.settings.prompt.pinentry.as_deref().map(program_at) {
        Some(Err(error)) => complain(EXIT_CONFIG, &format!("prompt.pinentry: {error}")),
        None if default_program().is_none() => complain(
            0,
            "the settings are right; but no pinentry program is installed, so nothing that needs a person can be done",
        ),
        Some(Ok(_)) | None => complain(0, "the settings are right"),
    }
}

/// Checks the administrator's certificate for HTTPS, if there is one.
fn check_certificate(config: &Config) -> Result<(), HttpsError> {
    let files = config.settings.https.tls.as_ref();
    files.map_or(Ok(()), beid_front_https::check_certificate)
}

fn print(text: &str) -> ExitCode {
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn complain(code: u8, what: &str) -> ExitCode {
    // If standard error is closed, the exit code still tells.
    drop(writeln!(std::io::stderr(), "beidd: {what}"));
    ExitCode::from(code)
}
