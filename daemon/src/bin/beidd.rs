//! The daemon. See `beidd --help`.

use beid_card::simulator::{CITIZENS, Citizen};
use beidd::app;
use beidd::config::{self, Bus, Config, Sources};
use beidd::paths::Paths;
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Reads Belgian eID cards for care: verified identities and therapeutic-relation proofs, over D-Bus and HTTPS.
#[derive(Parser)]
#[command(version)]
struct Arguments {
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
}

/// `EX_CONFIG` of sysexits.h.
const EXIT_CONFIG: u8 = 78;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let paths = match Paths::of_environment() {
        Ok(paths) => paths,
        Err(error) => return complain(1, &error.to_string()),
    };
    let load = || {
        Config::load(&Sources {
            etc: PathBuf::from("/etc/beidd"),
            user: paths.config.clone(),
            named: arguments.config.clone(),
            environment: config::variables(std::env::vars_os())?,
        })
    };
    let config = match load() {
        Ok(config) => with_flags(config, &arguments),
        Err(error) => return complain(EXIT_CONFIG, &error.to_string()),
    };
    if arguments.check_config {
        return complain(0, "the settings are right");
    }
    log_to_stderr(&config.log_level);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return complain(1, &error.to_string()),
    };
    let outcome = runtime.block_on(app::run(config, &paths, &arguments.simulate));
    runtime.shutdown_timeout(Duration::from_millis(100));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(1, &error.to_string()),
    }
}

/// One of the people `beid-sim --list` names.
fn persona(id: &str) -> Result<String, String> {
    match Citizen::find(id) {
        Ok(citizen) => Ok(citizen.id.to_owned()),
        Err(_) => {
            let known: Vec<_> = CITIZENS.iter().map(|citizen| citizen.id).collect();
            Err(format!("there is {}", known.join(", ")))
        }
    }
}

fn with_flags(mut config: Config, arguments: &Arguments) -> Config {
    if let Some(port) = arguments.https_port {
        (config.https_port, config.https_port_is_fixed) = (port, true);
    }
    if arguments.no_dbus {
        config.bus = Bus::None;
    }
    config.simulated = !arguments.simulate.is_empty();
    config
}

/// Our own lines at the level set; other people's libraries only when they warn, for at lower levels they print what
/// passes through them.
fn log_to_stderr(level: &str) {
    let filter = format!("warn,beidd={level},beid_card={level},beid_protocol={level},beid_pki={level}");
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .init();
}

#[expect(clippy::print_stderr, reason = "there is nobody else to tell")]
fn complain(code: u8, what: &str) -> ExitCode {
    eprintln!("beidd: {what}");
    ExitCode::from(code)
}
