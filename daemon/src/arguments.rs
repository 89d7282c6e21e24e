//! Command line of the daemon.

use beid_settings::Flag;
use beid_simulator::{CITIZENS, Citizen};
use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;
use std::path::PathBuf;

/// Text of `--help`, of which the manual page is made too.
pub const HELP: &str = include_str!("help.txt");

/// What a command line asks for.
#[derive(Debug)]
pub enum DaemonOrder {
    /// To run, or to check the settings.
    Run(DaemonArguments),
    /// To make the tables of evidence in a database.
    PrepareEvidence {
        /// Address of the database.
        url: String,
        /// File with the password of its owner.
        password_file: Option<PathBuf>,
    },
    /// To copy the records of this user's desk.
    BackUpEvidence {
        /// Directory of the copy.
        copy: PathBuf,
    },
    /// To print the help.
    Help,
    /// To print the version.
    Version,
}

/// Options of a daemon that runs, or that checks its settings.
#[derive(Debug, Default)]
pub struct DaemonArguments {
    /// Settings to read last.
    pub config: Option<PathBuf>,
    /// Port for HTTPS.
    pub https_port: Option<u16>,
    /// True if the daemon stays off D-Bus.
    pub no_dbus: bool,
    /// Ids of the people whose cards are simulated.
    pub simulate: Vec<String>,
    /// True if the settings are only checked.
    pub check_config: bool,
    /// True if the settings are printed too.
    pub print: bool,
}

impl DaemonOrder {
    /// Reads a command line, without the name of the program.
    ///
    /// # Errors
    /// A sentence about the first argument that is not right.
    pub fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let mut parser = Parser::from_args(line);
        let mut run = DaemonArguments::default();
        let (mut url, mut password_file, mut copy) = (None, None, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("config") => run.config = Some(parser.value()?.into()),
                Arg::Long("https-port") => run.https_port = Some(parser.value()?.parse()?),
                Arg::Long("no-dbus") => run.no_dbus = true,
                Arg::Long("simulate") => run.simulate.extend(parser.value()?.parse_with(people)?),
                Arg::Long("check-config") => run.check_config = true,
                Arg::Long("print") => run.print = true,
                Arg::Long("prepare-evidence") => url = Some(parser.value()?.string()?),
                Arg::Long("password-file") => password_file = Some(PathBuf::from(parser.value()?)),
                Arg::Long("back-up-evidence") => copy = Some(PathBuf::from(parser.value()?)),
                Arg::Long("help") | Arg::Short('h') => return Ok(Self::Help),
                Arg::Long("version") | Arg::Short('V') => return Ok(Self::Version),
                Arg::Long(_) | Arg::Short(_) | Arg::Value(_) => return Err(argument.unexpected()),
            }
        }
        match (url, copy) {
            (Some(_), Some(_)) => Err("--back-up-evidence does not go with --prepare-evidence".into()),
            (Some(_), None) | (None, Some(_)) if run.is_given() => {
                Err("--prepare-evidence and --back-up-evidence go with no other option".into())
            }
            (Some(url), None) => Ok(Self::PrepareEvidence { url, password_file }),
            (None, _) if password_file.is_some() => Err("--password-file goes with --prepare-evidence".into()),
            (None, Some(copy)) => Ok(Self::BackUpEvidence { copy }),
            (None, None) if run.print && !run.check_config => Err("--print goes with --check-config".into()),
            (None, None) => Ok(Self::Run(run)),
        }
    }
}

impl DaemonArguments {
    /// Returns true if one of them is given.
    fn is_given(&self) -> bool {
        let Self {
            config,
            https_port,
            no_dbus,
            simulate,
            check_config,
            print,
        } = self;
        config.is_some() || https_port.is_some() || *no_dbus || !simulate.is_empty() || *check_config || *print
    }

    /// Converts the options that override a setting.
    #[must_use]
    pub fn flags(&self) -> Vec<Flag> {
        let port = self.https_port.map(|port| Flag {
            flag: "--https-port",
            variable: "BEIDD_HTTPS_PORT",
            value: port.to_string(),
        });
        let bus = self.no_dbus.then(|| Flag {
            flag: "--no-dbus",
            variable: "BEIDD_DBUS_BUS",
            value: "none".to_owned(),
        });
        port.into_iter().chain(bus).collect()
    }
}

/// Reads ids of people that `beid-sim --list` names, with commas between them.
fn people(ids: &str) -> Result<Vec<String>, String> {
    let each = ids.split(',').map(|id| match Citizen::find(id) {
        Ok(citizen) => Ok(citizen.id.to_owned()),
        Err(_) => {
            let known: Vec<_> = CITIZENS.iter().map(|citizen| citizen.id).collect();
            Err(format!("{id} is nobody; there is {}", known.join(", ")))
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<DaemonOrder, String> {
        DaemonOrder::parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_read_in_both_forms() {
        for line in [
            "--simulate jan,anna --https-port 0 --no-dbus --config desk.toml --check-config --print",
            "--simulate=jan --simulate=anna --https-port=0 --no-dbus --config=desk.toml --check-config --print",
        ] {
            let DaemonOrder::Run(run) = parse(line).unwrap() else {
                panic!("{line}")
            };
            assert_eq!((run.simulate.join("+").as_str(), run.https_port), ("jan+anna", Some(0)));
            assert!(run.no_dbus && run.check_config && run.print);
            let flags = run
                .flags()
                .into_iter()
                .map(|flag| format!("{} {}", flag.variable, flag.value));
            let flags: Vec<_> = flags.collect();
            assert_eq!(flags, ["BEIDD_HTTPS_PORT 0", "BEIDD_DBUS_BUS none"]);
        }
        assert!(matches!(
            parse("--prepare-evidence postgres://db --password-file p"),
            Ok(DaemonOrder::PrepareEvidence { url, password_file: Some(_) }) if url == "postgres://db"
        ));
        assert!(matches!(
            parse("--back-up-evidence /media/copy"),
            Ok(DaemonOrder::BackUpEvidence { copy }) if copy.ends_with("copy")
        ));
        assert!(matches!(parse("--no-dbus -h"), Ok(DaemonOrder::Help)));
        assert!(matches!(parse("--version"), Ok(DaemonOrder::Version)));
    }

    #[test]
    fn wrong_lines_are_refused_with_the_argument_that_is_wrong() {
        for (line, said) in [
            ("--simulat jan", "--simulat"),
            ("jan", "jan"),
            ("--simulate jan,nobody", "nobody is nobody; there is anna"),
            ("--https-port 70000", "70000"),
            ("--https-port", "--https-port"),
            ("--no-dbus=yes", "--no-dbus"),
            ("--print", "goes with --check-config"),
            ("--password-file p", "goes with --prepare-evidence"),
            (
                "--back-up-evidence d --prepare-evidence postgres://db",
                "does not go with",
            ),
        ] {
            let refused = parse(line).unwrap_err();
            assert!(refused.contains(said), "{line}: {refused}");
        }
    }

    #[test]
    fn help_names_every_option() {
        let source = include_str!("arguments.rs");
        let named = source
            .split("Arg::Long(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        let named: Vec<_> = named.collect();
        assert!(named.len() > 9, "{named:?}");
        for option in named {
            assert!(HELP.contains(&format!("--{option} ")), "{option}");
        }
    }
}
