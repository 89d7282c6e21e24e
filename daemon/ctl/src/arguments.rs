//! The command line: commands and options.

mod consents;
mod doctor;
mod evidence;
mod links;
mod readings;
mod reports;
mod tls;

pub(super) use consents::{ConsentCommand, ConsentQuestion, EvidenceArguments};
pub(super) use doctor::DoctorArguments;
pub(super) use evidence::{EvidenceCommand, EvidenceExport, EvidencePurge, EvidenceQuestion, EvidenceVerification};
pub(super) use links::{ExclusionArguments, ExclusionCommand, LinkChange, LinkCommand, LinkConcern};
pub(super) use readings::{ReadingCommand, ReadingPeriod, ReadingPut};
pub(super) use reports::{ReportArguments, ReportForm};
pub(super) use tls::{StoreSelection, TlsCommand};

use super::failure::{CommandFailure, EXIT_CODES};
use super::pairings::PairCommand;
use super::simulation::CardMovement;
use beid_api::names::SIGNATURE_ALGORITHMS;
use beid_api::types::{RoleChoice, SignatureFormat};
use beid_api::{CSV, EID_XML, FHIR, Scope};
use beid_pki::CheckName;
use beid_texts::Language;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};
use std::ffi::OsString;
use std::path::PathBuf;

/// Columns that help takes at most; fewer on a terminal that has fewer.
const WIDEST: usize = 100;
/// Heads the options that every command has.
const GLOBAL: &str = "Global options";

/// Reads, checks and proves with Belgian eID cards, through a running beidd.
///
/// A file called - is standard input where something is read, and standard output where something is written.
#[derive(Debug, Parser)]
#[command(name = "beidctl", version, about, max_term_width = WIDEST, after_help = exit_codes())]
pub(crate) struct Arguments {
    /// Print the same objects as the REST interface, as JSON, and errors as its problems.
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,
    /// Ask over HTTPS instead of D-Bus, with the token in the file that BEIDCTL_TOKEN_FILE names.
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) https: bool,
    /// Language of messages; the session's if left out.
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "LANGUAGE", value_parser = language())]
    pub(crate) lang: Option<Language>,
    /// Command.
    #[command(subcommand)]
    pub(crate) command: CliCommand,
}

/// Command of the command line.
#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    /// Show version, abilities and state of the service.
    Status,
    /// List the readers and their cards, or change the role of one.
    Readers {
        /// Change, instead of the list.
        #[command(subcommand)]
        change: Option<ReaderChange>,
    },
    /// Print events, one a line, until Ctrl-C.
    Watch,
    /// Show the holder's identity, and check that the National Register signed it.
    Identity {
        /// Also write the photo (JPEG) to this file.
        #[arg(long, value_name = "FILE")]
        photo: Option<PathBuf>,
        /// Print a FHIR Patient instead, without address and photo.
        #[arg(long, conflicts_with_all = ["photo", "export", "json"])]
        fhir: bool,
        /// Also write identity and address, and with them what the form holds besides, to this file: FILE.eid and FILE.csv as
        /// the government's viewer does, FILE.json as a FHIR Bundle.
        #[arg(long, value_name = "FILE", value_parser = export_place)]
        export: Option<ExportPlace>,
        /// Options for files.
        #[command(flatten)]
        writing: Writing,
        /// The card.
        #[command(flatten)]
        card: CardArgument,
    },
    /// Show the holder's address.
    Address(CardArgument),
    /// Show a file that a viewer of eID cards saved (.eid, .xml, .csv). It proves nothing: anybody could have changed it.
    ShowExport {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List the certificates on the card: the holder's, their authority's, the root's and the register's.
    Certificates {
        /// Also write each, as PEM, to NAME.pem in this directory, which is made if need be.
        #[arg(long, value_name = "DIR")]
        pem: Option<PathBuf>,
        /// Options for files.
        #[command(flatten)]
        writing: Writing,
        /// The card.
        #[command(flatten)]
        card: CardArgument,
    },
    /// Check the card's data, each check by name.
    VerifyCard {
        /// Make this check only; may be repeated. All that need no network if left out.
        #[arg(long = "check", value_name = "NAME", value_parser = checks())]
        checks: Vec<String>,
        /// The card.
        #[command(flatten)]
        card: CardArgument,
    },
    /// The card's PIN: typed on the reader or in a dialog, never here.
    #[command(subcommand)]
    Pin(PinCommand),
    /// Therapeutic links.
    #[command(subcommand)]
    Therlink(LinkCommand),
    /// Consents to share health data.
    #[command(subcommand)]
    Consent(ConsentCommand),
    /// Providers whom a citizen shuts out.
    #[command(subcommand)]
    Exclusion(ExclusionCommand),
    /// Records of how patients were identified, for the sickness insurance.
    #[command(subcommand)]
    Reading(ReadingCommand),
    /// Have the holder sign files, all with one PIN.
    Sign(Box<SignArguments>),
    /// Check a signature, a proof or a request, offline: the verdict first, then each check by name.
    #[command(after_help = exit_codes())]
    Verify(Box<VerifyArguments>),
    /// Explain an answer of the platform; fails if it says that the request was not done.
    Response {
        /// The answer, or the SOAP envelope around it (XML, UTF-8).
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Records of what was read and signed.
    #[command(subcommand, after_help = exit_codes())]
    Evidence(EvidenceCommand),
    /// Show numbers of what was done, by month, profession and calling software; small ones are not shown.
    Report(ReportArguments),
    /// Open the page of beidd in the browser; the address works once, for one minute.
    Open {
        /// Print the address instead.
        #[arg(long)]
        print: bool,
    },
    /// Websites that have access, and callers that may not ask.
    #[command(subcommand)]
    Pair(PairCommand),
    /// Tokens of native programs that call over HTTPS.
    #[command(subcommand)]
    Token(TokenCommand),
    /// The trust of browsers and system in beidd's own certificate for https://localhost.
    #[command(subcommand)]
    Tls(TlsCommand),
    /// Look at everything that beidd needs on this computer, and say what to do; without a running beidd too.
    #[command(after_help = exit_codes())]
    Doctor(DoctorArguments),
    /// Move the cards of a simulated daemon (`beidd --simulate`).
    #[command(subcommand)]
    Sim(CardMovement),
}

/// File for a holder's data, and the form that its name asks for.
#[derive(Clone, Debug)]
pub(crate) struct ExportPlace {
    /// The file.
    pub(crate) path: PathBuf,
    /// Media type of the form.
    pub(crate) form: &'static str,
}

/// Choice of a card.
#[derive(Args, Debug)]
pub(crate) struct CardArgument {
    /// The card's id, when more than one is in.
    #[arg(long = "card", value_name = "ID", default_value = "current", value_parser = card_id)]
    pub(crate) id: String,
}

impl CardArgument {
    /// Id of a card that was named; without one, the service says which card is current, and if one is read at all.
    pub(super) fn named(&self) -> Option<String> {
        (self.id != "current").then(|| self.id.clone())
    }
}

/// Change of a reader.
#[derive(Debug, Subcommand)]
pub(crate) enum ReaderChange {
    /// Change the role of a reader. A person is asked first, and the choice is kept by the reader's name.
    Role {
        /// The reader's id, as `beidctl readers` shows it.
        #[arg(value_name = "ID")]
        reader: String,
        /// Role; `default` is the role of the settings.
        #[arg(value_parser = word::<RoleChoice>(&["patient", "provider", "any", "default"]))]
        role: RoleChoice,
    },
}

/// Operation on the PIN.
#[derive(Debug, Subcommand)]
pub(crate) enum PinCommand {
    /// Have the card compare it.
    Verify(CardArgument),
    /// Have the card take another one.
    Change(CardArgument),
}

/// Options for files that are written.
#[derive(Args, Debug)]
pub(crate) struct Writing {
    /// Replace files that are there already.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Options of `verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// A signature (CMS, XML, ASiC-E) or a request (XML).
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The signed file, for a detached signature.
    #[arg(long, value_name = "FILE")]
    pub(crate) content: Option<PathBuf>,
    /// End with status 2 unless it is about a consent.
    #[arg(long, conflicts_with = "link")]
    pub(crate) consent: bool,
    /// End with status 2 unless it is about a therapeutic link.
    #[arg(long)]
    pub(crate) link: bool,
    /// The signer's certificate (PEM or DER), for a signature that does not carry it; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Vec<PathBuf>,
    /// Also trust the roots in this PEM file, as test roots; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Vec<PathBuf>,
    /// Also believe time stamps of authorities under the roots in this PEM file; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) tsa_root: Vec<PathBuf>,
}

/// Files to sign.
#[derive(Args, Debug)]
pub(crate) struct SignArguments {
    /// The files, 1 to 50. Larger ones than 6 MiB are signed by their digest.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Format of the signatures.
    #[arg(long, default_value = "cades", value_parser = word::<SignatureFormat>(&["cades", "xades", "asice", "raw"]))]
    pub(crate) format: SignatureFormat,
    /// Make detached signatures, beside their files; the default.
    #[arg(long, conflicts_with = "attached")]
    pub(crate) detached: bool,
    /// Make signatures with their files inside.
    #[arg(long)]
    pub(crate) attached: bool,
    /// Let the person leave no file out: all are signed, or none.
    #[arg(long)]
    pub(crate) all_or_none: bool,
    /// Algorithm of raw signatures; the card's usual one if left out.
    #[arg(long, value_name = "ALGORITHM", value_parser = algorithms())]
    pub(crate) algorithm: Option<String>,
    /// Media type of the files, such as application/pdf; chosen by their names if left out.
    #[arg(long, value_name = "TYPE")]
    pub(crate) media_type: Option<String>,
    /// Word of your own for it, by which its record is found: without names and national numbers.
    #[arg(long)]
    pub(crate) reference: Option<String>,
    /// Name of standard input, in the dialog and in the signature.
    #[arg(long, value_name = "NAME", default_value = "stdin")]
    pub(crate) name: String,
    /// Write the signature to this file; several, to this directory. This directory if left out; standard output if that
    /// is what standard input gives.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Options for files.
    #[command(flatten)]
    pub(crate) writing: Writing,
    /// The card.
    #[command(flatten)]
    pub(crate) card: CardArgument,
}

/// Tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make one and print it, alone; it is shown only now.
    Create {
        /// Name of the token.
        name: String,
        /// Permission of the token; several are comma-separated or repeated.
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = scopes())]
        scopes: Vec<String>,
        /// Days until it expires; it lasts until it is revoked if left out.
        #[arg(long)]
        days: Option<u16>,
    },
    /// List the tokens, without the tokens themselves.
    List,
    /// Revoke one.
    Revoke {
        /// Name of the token.
        name: String,
    },
}

/// Result of reading a command line.
#[derive(Debug)]
pub(crate) enum ParsedLine {
    /// A command.
    Command(Box<Arguments>),
    /// Help or the version was asked for: this is it.
    Help(clap::Error),
    /// The command line is not right.
    Wrong {
        /// The failure.
        failure: CommandFailure,
        /// The same for people, with how it should be.
        shown: clap::Error,
        /// True if a program asked.
        json: bool,
    },
}

impl Arguments {
    /// Reads a command line, the program's name first.
    #[must_use]
    pub(crate) fn read(line: Vec<OsString>) -> ParsedLine {
        let json = line.iter().any(|word| word == "--json");
        let matches = Self::command().try_get_matches_from(line);
        match matches.and_then(|mut matches| Self::from_arg_matches_mut(&mut matches)) {
            Ok(arguments) => ParsedLine::Command(Box::new(arguments)),
            Err(shown) if shown.use_stderr() => {
                let text = shown.to_string();
                let said = text.trim().strip_prefix("error: ").unwrap_or(&text);
                let failure = CommandFailure::usage(said);
                ParsedLine::Wrong { failure, shown, json }
            }
            Err(help) => ParsedLine::Help(help),
        }
    }

    /// The language of messages: asked for, or the person's own.
    #[must_use]
    pub(crate) fn language(&self) -> Language {
        self.lang.unwrap_or_else(Language::from_environment)
    }
}

/// The table of exit codes, for help.
fn exit_codes() -> String {
    let rows = EXIT_CODES.iter().map(|(code, words)| format!("  {code}  {words}\n"));
    format!("Exit codes:\n{}", rows.collect::<String>())
}

/// Endings of names, and the forms that they ask for.
const EXPORT_FORMS: [(&str, &str); 3] = [("eid", EID_XML), ("csv", CSV), ("json", FHIR)];

fn export_place(path: &str) -> Result<ExportPlace, String> {
    let path = PathBuf::from(path);
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let form = EXPORT_FORMS
        .iter()
        .find(|(known, _)| ending.eq_ignore_ascii_case(known));
    match form {
        Some((_, form)) => Ok(ExportPlace { path, form }),
        None => Err("the name should end in .eid, .csv or .json".to_owned()),
    }
}

fn language() -> impl TypedValueParser<Value = Language> {
    let tags = PossibleValuesParser::new(Language::ALL.map(Language::tag));
    tags.map(|tag| Language::from_tag(&tag).unwrap_or_default())
}

/// Parser of the scopes.
pub(super) fn scopes() -> PossibleValuesParser {
    Scope::ALL.iter().map(|scope| scope.word()).collect::<Vec<_>>().into()
}

fn checks() -> PossibleValuesParser {
    CheckName::OF_CARD
        .iter()
        .map(|check| check.name())
        .collect::<Vec<_>>()
        .into()
}

fn algorithms() -> PossibleValuesParser {
    let names = SIGNATURE_ALGORITHMS.iter().map(|(name, _)| *name);
    names.collect::<Vec<_>>().into()
}

/// Parser of the codes of a table, each with its meaning where help is long.
pub(super) fn codes(rows: impl Iterator<Item = (&'static str, &'static str)>) -> PossibleValuesParser {
    let values = rows.map(|(code, meaning)| PossibleValue::new(code).help(meaning));
    values.collect::<Vec<_>>().into()
}

/// Parser of a word of the API, one of `words`.
pub(super) fn word<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    words: &'static [&'static str],
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words).try_map(|word| {
        let word: StrDeserializer<'_, serde::de::value::Error> = word.as_str().into_deserializer();
        T::deserialize(word)
    })
}

/// Parser of a card's id, which becomes part of a path.
fn card_id(text: &str) -> Result<String, String> {
    let fine = text == "current" || (text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if fine {
        Ok(text.to_owned())
    } else {
        Err("32 hex digits, as `beidctl readers` shows them".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    fn help(line: &[&str]) -> String {
        let ParsedLine::Help(help) = Arguments::read(line.iter().map(OsString::from).collect()) else {
            panic!("no help for {line:?}")
        };
        help.to_string()
    }

    #[test]
    fn help_lists_values_and_exit_codes_and_is_at_most_a_hundred_columns_wide() {
        for (line, words) in [
            (
                &["beidctl", "--help"][..],
                &["Exit codes:", "  6  of verify: NOT SIGNED", "Global options:"][..],
            ),
            (
                &["beidctl", "verify", "--help"],
                &["Exit codes:", "--certificate", "Global options:"],
            ),
            (
                &["beidctl", "sign", "--help"],
                &["cades", "ES3-384", "--force", "-o, --out"],
            ),
            (
                &["beidctl", "therlink", "put", "--help"],
                &["gpconsultation", "eidsigning", "long-term", "-o, --out"],
            ),
            (
                &["beidctl", "therlink", "get", "-h"],
                &["gpconsultation", "eidreading", "inactive"],
            ),
            (&["beidctl", "consent", "put", "-h"], &["-o, --out", "asice"]),
            (&["beidctl", "exclusion", "put", "-h"], &["-o, --out"]),
            (&["beidctl", "token", "create", "-h"], &["identity.full", "sign.digest"]),
            (&["beidctl", "verify-card", "-h"], &["card-genuine"]),
            (
                &["beidctl", "tls", "install", "-h"],
                &["--ca", "firefox-policy", "chromium"],
            ),
        ] {
            let help = help(line);
            for word in words {
                assert!(help.contains(word), "{line:?} {word}: {help}");
            }
            let widest = help.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(WIDEST), "{line:?} {widest:?}: {help}");
        }
    }

    #[test]
    fn the_manual_has_every_exit_code_command_and_option_of_verify() {
        let manual = include_str!("../../../docs/beidctl.md");
        for (code, words) in EXIT_CODES {
            assert!(manual.contains(&format!("| {code} | {words} |")), "{code}");
        }
        let command = Arguments::command();
        for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
            let name = one.get_name();
            assert!(
                [format!("| `{name}`"), format!("| `{name} ")]
                    .iter()
                    .any(|row| manual.contains(row)),
                "{name}"
            );
        }
        let verify = command.find_subcommand("verify").unwrap();
        for option in verify.get_arguments().filter_map(clap::Arg::get_long) {
            assert!(manual.contains(&format!("`--{option}")), "{option}");
        }
    }

    #[test]
    fn a_wrong_line_is_a_usage_failure_that_says_what_is_wrong() {
        for (line, words, is_json) in [
            (&["beidctl", "identity", "--colour"][..], "--colour", false),
            (&["beidctl", "--json", "sign"], "<FILE>", true),
            (
                &["beidctl", "token", "create", "x", "--scope", "everything"],
                "identity.full",
                false,
            ),
            (&["beidctl", "verify", "x", "--consent", "--link"], "--link", false),
        ] {
            let ParsedLine::Wrong { failure, json, .. } = Arguments::read(line.iter().map(OsString::from).collect())
            else {
                panic!("{line:?} is fine")
            };
            assert_eq!((failure.exit_code(), json), (2, is_json), "{line:?}");
            let problem = failure.to_problem(Language::En);
            let detail = problem.problem.detail;
            assert!(detail.contains(words) && !detail.starts_with("error"), "{detail}");
        }
    }

    #[test]
    fn scopes_may_be_repeated_or_listed() {
        let line = [
            "beidctl",
            "token",
            "create",
            "desk",
            "--scope",
            "readers,identity.full",
            "--scope",
            "proof.therlink",
        ];
        let CliCommand::Token(TokenCommand::Create { scopes, .. }) = Arguments::try_parse_from(line).unwrap().command
        else {
            panic!("another command")
        };
        assert_eq!(scopes, ["readers", "identity.full", "proof.therlink"]);
    }

    #[test]
    fn card_that_is_no_id_is_a_usage_error() {
        for id in ["../../x", "12", ""] {
            assert!(Arguments::try_parse_from(["beidctl", "address", "--card", id]).is_err());
        }
    }
}
