//! Command lines of `beid-sim` and `beid-scripted-pinentry`, of which their manual pages and completions are made too.

use crate::Timing;
use crate::vpcd::DEFAULT_ADDRESS;
use clap::{ArgGroup, Parser};
use std::path::PathBuf;

/// Puts a simulated Belgian eID card into the virtual reader of pcscd (vpcd). The persons are invented, and no real
/// verifier accepts the certificates.
#[derive(Parser)]
#[command(
    name = "beid-sim",
    version,
    after_help = "Exit status: 0 done, 1 failed, 2 wrong usage."
)]
pub struct SimOptions {
    /// Person whose card is inserted; see --list
    #[arg(required_unless_present_any = ["list", "control"])]
    pub citizen: Option<String>,
    /// Persons of your own, in a TOML file, besides those of --list
    #[arg(long, value_name = "FILE")]
    pub persons: Option<PathBuf>,
    /// List the invented persons and exit
    #[arg(long)]
    pub list: bool,
    /// Address at which vpcd listens
    #[arg(long, value_name = "HOST:PORT", default_value = DEFAULT_ADDRESS)]
    pub vpcd: String,
    /// Directory that keeps the test keys [default: $XDG_STATE_HOME/beidd/simulator]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Answer at once, or in the time a real card takes (bytes at the speed of the card, and assumed times for what it
    /// computes)
    #[arg(long, value_parser = Timing::parse, default_value = "instant", value_name = "instant|real")]
    pub timing: Timing,
    /// Append a line to FILE for each command and answer: header, lengths, status word and bytes on the wire, never data
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Take commands from standard input: insert ID, remove, remove-after N, mute-after N, timing instant|real, status, quit. Each is
    /// answered by one line, `ok ..` or `error ..`
    #[arg(long)]
    pub control: bool,
}

/// Answers the dialogs of a simulated beidd by a script, instead of a person. It shows no window.
///
/// A daemon starts its pinentry without arguments: name a program of two lines in `[prompt] pinentry` that does
/// `exec beid-scripted-pinentry --script DIR`.
#[derive(Parser)]
#[command(name = "beid-scripted-pinentry", version, group(ArgGroup::new("person").required(true)), after_help = ANSWERS)]
pub struct PinentryOptions {
    /// Directory with the file `answers`, one line a dialog; what was shown is added to `shown.jsonl` there
    #[arg(long, value_name = "DIR", group = "person")]
    pub script: Option<PathBuf>,
    /// Print each dialog on standard error, say yes, and type this PIN: for demonstrations
    #[arg(long, value_name = "PIN", group = "person")]
    pub demo_pin: Option<String>,
    /// Also answer a daemon that has real readers: for tests with virtual cards in them. A real card loses a try with
    /// each wrong PIN, and a PIN in a file is no secret any more
    #[arg(long)]
    pub any_daemon: bool,
}

/// Explains the file `answers`.
const ANSWERS: &str = "Answers: sign 1234 (yes to every page, then this PIN) | pin 1234 | ok | no | third (the third button) | cancel | timeout | hang | die | pause-until FILE ANSWER
(the answer once FILE is in the directory). A dialog that finds no answer is cancelled.";
