//! The daemon. See `beidd --help`.

use beid_front_https::HttpsError;
use beid_host::paths::Paths;
use beid_host::process;
use beid_prompt::assuan::{default_program, program_at};
use beid_settings::{self, Config, Flag, Sources};
use beid_simulator::{CITIZENS, Citizen};
use beidd::app::{self, AppError};
use beidd::evidence;
use beidd::log::LogWriter;
use clap::Parser;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Reads Belgian eID cards for care: verified identities and therapeutic-relation proofs, over D-Bus and HTTPS.
#[derive(Parser)]
#[command(version)]
struct DaemonArguments {
    /// Settings to read last, on top of /etc/beidd/beidd.toml and the user's own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// HTTPS port; 0 for any free one.
    #[arg(long, value_name = "N")]
    https_port: Option<u16>,
    /// Stay off D-Bus.
    #[arg(long)]
    no_dbus: bool,
    /// Use simulated cards of these invented people instead of real readers (`beid-sim --list` names them).
    #[arg(long, value_name = "PERSONA[,PERSONA…]", value_delimiter = ',', value_parser = persona)]
    simulate: Vec<String>,
    /// Read the settings, say whether they are right, and end.
    #[arg(long)]
    check_config: bool,
    /// Print every setting too, with the source it is from: with --check-config.
    #[arg(long, requires = "check_config")]
    print: bool,
    /// Make or update the tables of evidence in this PostgreSQL database, as its owner, and end.
    #[arg(long, value_name = "URL")]
    prepare_evidence: Option<String>,
    /// File with the owner's password: with --prepare-evidence.
    #[arg(long, value_name = "FILE", requires = "prepare_evidence")]
    password_file: Option<PathBuf>,
}

/// `EX_CONFIG` of sysexits.h.
const EXIT_CONFIG: u8 = 78;

fn main() -> ExitCode {
    // Before anything is read: from here on neither a core file nor another program can expose data in memory.
    let sealed = process::seal();
    let arguments = DaemonArguments::parse();
    if let Some(url) = &arguments.prepare_evidence {
        return prepare_evidence(url, arguments.password_file.as_deref());
    }
    let paths = match Paths::from_environment() {
        Ok(paths) => paths,
        Err(error) => return complain(1, &error.to_string()),
    };
    let load = || {
        Config::load(&Sources {
            etc: PathBuf::from("/etc/beidd"),
            user: paths.config.clone(),
            named: arguments.config.clone(),
            environment: beid_settings::variables(std::env::vars_os())?,
            flags: flags(&arguments),
        })
    };
    let mut config = match load() {
        Ok(config) => config,
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
    let log = match LogWriter::to(std::io::stderr()) {
        Ok(log) => log,
        Err(error) => return complain(1, &format!("no thread for the log: {error}")),
    };
    log.install(config.settings.log.level().into());
    if let Err(error) = sealed {
        tracing::warn!(%error, "programs of this user, and core files, can read what is in memory");
    }
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let outcome = run(config, &paths, &arguments.simulate);
    if let Err(error) = &outcome {
        log.line(&format!("beidd: {error}"));
    }
    log.end();
    outcome.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn run(config: Config, paths: &Paths, simulate: &[String]) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(app::run(config, paths, simulate));
    // Not dropped, which would wait for blocking calls without a limit: nobody may be reading our standard output.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

/// Makes the tables of evidence in a database of the institution.
fn prepare_evidence(url: &str, password_file: Option<&Path>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let prepared = match runtime {
        Ok(runtime) => runtime.block_on(evidence::prepare(url, password_file)),
        Err(error) => Err(error.into()),
    };
    match prepared {
        Ok(()) => complain(
            0,
            "the tables are there; give each desk a role that is a member of beidd_desk",
        ),
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

/// Reads the id of a person that `beid-sim --list` names.
fn persona(id: &str) -> Result<String, String> {
    match Citizen::find(id) {
        Ok(citizen) => Ok(citizen.id.to_owned()),
        Err(_) => {
            let known: Vec<_> = CITIZENS.iter().map(|citizen| citizen.id).collect();
            Err(format!("there is {}", known.join(", ")))
        }
    }
}

/// Converts the flags that override a setting.
fn flags(arguments: &DaemonArguments) -> Vec<Flag> {
    let port = arguments.https_port.map(|port| Flag {
        flag: "--https-port",
        variable: "BEIDD_HTTPS_PORT",
        value: port.to_string(),
    });
    let bus = arguments.no_dbus.then(|| Flag {
        flag: "--no-dbus",
        variable: "BEIDD_DBUS_BUS",
        value: "none".to_owned(),
    });
    port.into_iter().chain(bus).collect()
}

fn complain(code: u8, what: &str) -> ExitCode {
    // If standard error is closed, the exit code still tells.
    drop(writeln!(std::io::stderr(), "beidd: {what}"));
    ExitCode::from(code)
}
