//! What can be typed.

mod consents;
mod links;

pub(super) use consents::{Consent, ConsentQuestion, Evidence};
pub(super) use links::{About, Exclusion, ExclusionArguments, Put, Therlink};

use super::simulation::Sim;
use crate::texts::Language;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Reads, checks and proves with Belgian eID cards, through a running beidd.
#[derive(Debug, Parser)]
#[command(name = "beidctl", version, about)]
pub struct Arguments {
    /// Print the same objects as the REST interface, as JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Ask over HTTPS instead of D-Bus, with the token in the file that BEIDCTL_TOKEN_FILE names.
    #[arg(long, global = true)]
    pub https: bool,
    /// Language of messages: nl, fr, de or en.
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = language)]
    pub lang: Option<Language>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What the service is and can do.
    Status,
    /// Every reader, and what is in it.
    Readers {
        /// Rather change something.
        #[command(subcommand)]
        change: Option<ReaderChange>,
    },
    /// What happens, until Ctrl-C.
    Watch,
    /// Who the holder of the card is, and whether the National Register says so.
    Identity {
        /// Also write the photo (JPEG) to this file.
        #[arg(long, value_name = "FILE")]
        photo: Option<PathBuf>,
        /// Which card.
        #[command(flatten)]
        card: CardArgument,
    },
    /// Where the holder lives.
    Address(CardArgument),
    /// The certificates on the card: the holder's, their authority's, the root's and the register's.
    Certificates {
        /// Also write each, as PEM, to NAME.pem in this directory.
        #[arg(long, value_name = "DIR")]
        pem: Option<PathBuf>,
        /// Which card.
        #[command(flatten)]
        card: CardArgument,
    },
    /// Check the card's data, each check by name.
    VerifyCard {
        /// Make this check only, such as identity-signature; may be repeated. All that need no network if left out.
        #[arg(long = "check", value_name = "NAME")]
        checks: Vec<String>,
        /// Which card.
        #[command(flatten)]
        card: CardArgument,
    },
    /// The card's PIN: typed on the reader or in a dialog, never here.
    #[command(subcommand)]
    Pin(Pin),
    /// Therapeutic links.
    #[command(subcommand)]
    Therlink(Therlink),
    /// Consents to share health data.
    #[command(subcommand)]
    Consent(Consent),
    /// Providers whom a citizen shuts out.
    #[command(subcommand)]
    Exclusion(Exclusion),
    /// Have the holder sign files, all with one PIN.
    Sign(Box<Sign>),
    /// Check a proof or a request, offline, each check by name.
    Verify {
        /// A signature (CMS, XML, ASiC-E) or a request (XML).
        file: PathBuf,
        /// What was signed, for a signature that stands beside it.
        #[arg(long, value_name = "FILE")]
        content: Option<PathBuf>,
        /// Also trust the roots in this PEM file, as test roots.
        #[arg(long, value_name = "FILE")]
        root: Vec<PathBuf>,
        /// Also believe time stamps of authorities under the roots in this PEM file.
        #[arg(long, value_name = "FILE")]
        tsa_root: Vec<PathBuf>,
    },
    /// What an answer of the platform says; fails if what was asked for was not done.
    Response {
        /// The answer, or the SOAP envelope around it (XML, UTF-8).
        file: PathBuf,
    },
    /// Tokens of native programs that call over HTTPS.
    #[command(subcommand)]
    Token(Token),
    /// Move the cards of a simulated daemon (`beidd --simulate`).
    #[command(subcommand)]
    Sim(Sim),
}

/// Which card is meant.
#[derive(Args, Debug)]
pub struct CardArgument {
    /// The card's id, when more than one is in.
    #[arg(long = "card", value_name = "ID", default_value = "current", value_parser = card_id)]
    pub id: String,
}

/// What to change about a reader.
#[derive(Debug, Subcommand)]
pub enum ReaderChange {
    /// What it is for; a person is asked first, and the choice is kept by the reader's name.
    Role {
        /// The reader's id, as `beidctl readers` shows it.
        #[arg(value_name = "ID")]
        reader: String,
        /// What for; `default` is what the settings say.
        #[arg(value_parser = ["patient", "provider", "any", "default"])]
        role: String,
    },
}

/// What to do with the PIN.
#[derive(Debug, Subcommand)]
pub enum Pin {
    /// Have the card compare it.
    Verify(CardArgument),
    /// Have the card take another one.
    Change(CardArgument),
}

/// Files to sign.
#[derive(Args, Debug)]
pub struct Sign {
    /// The files, 1 to 50.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What the signatures are to be.
    #[arg(long, default_value = "cades", value_parser = ["cades", "xades", "asice", "raw"])]
    pub format: String,
    /// Signatures that stand beside their files: what is made if nothing is said.
    #[arg(long, conflicts_with = "attached")]
    pub detached: bool,
    /// Signatures that carry their files inside.
    #[arg(long)]
    pub attached: bool,
    /// PS256, RS384, ES3-256 …, for raw signatures; the card's usual one if left out.
    #[arg(long)]
    pub algorithm: Option<String>,
    /// What the files are, such as application/pdf; judged by their names if left out.
    #[arg(long, value_name = "TYPE")]
    pub media_type: Option<String>,
    /// Write the signature to this file; several, to this directory. This directory if left out.
    #[arg(long, short, value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// Which card.
    #[command(flatten)]
    pub card: CardArgument,
}

/// Tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make one and print it, alone; it is shown only now.
    Create {
        /// What to call it.
        name: String,
        /// What it may do, comma-separated or repeated.
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
        scopes: Vec<String>,
        /// For how many days; until revoked if left out.
        #[arg(long)]
        days: Option<u16>,
    },
    /// Every token, without the tokens themselves.
    List,
    /// Make one worthless.
    Revoke {
        /// What it is called.
        name: String,
    },
}

impl Arguments {
    /// The language of messages: asked for, or the person's own.
    #[must_use]
    pub fn language(&self) -> Language {
        self.lang.unwrap_or_else(Language::of_environment)
    }
}

fn language(text: &str) -> Result<Language, String> {
    Language::of_tag(text).ok_or_else(|| "nl, fr, de or en".to_owned())
}

/// It becomes part of a path.
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
        let Command::Token(Token::Create { scopes, .. }) = Arguments::try_parse_from(line).unwrap().command else {
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
