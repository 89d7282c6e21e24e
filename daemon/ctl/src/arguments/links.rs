//! Options of the commands about therapeutic links and exclusions.

use super::{CardArgument, Writing, codes};
use beid_protocol::codes::{LINK_TYPES, PROOF_TYPES};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Therapeutic links.
#[derive(Debug, Subcommand)]
pub(crate) enum LinkCommand {
    /// Build the request that registers a link, with its proof from the patient's card.
    Put(Box<LinkChange>),
    /// Build the request that ends a link; repeats what it was registered with.
    Revoke(Box<LinkChange>),
    /// Build the request that asks for links.
    Get(Box<LinkQuestion>),
    /// Build the request that asks whether there is a link.
    Has(Box<HasLink>),
    /// Build the request that registers several links; signatures take one PIN.
    PutBulk(Box<SeveralLinks>),
}

/// A link to register or to end.
#[derive(Args, Debug)]
pub(crate) struct LinkChange {
    /// Type of the link, a code of CD-THERAPEUTICLINKTYPE.
    #[arg(long = "type", value_name = "TYPE", value_parser = link_types())]
    pub(crate) link_type: String,
    /// Proof of the link; left out for hubs and for citizens.
    #[arg(long, value_name = "PROOF", value_parser = proofs())]
    pub(crate) proof: Option<String>,
    /// Reason why no card was read, for eidencoding_….
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Profile of the signature: the data it covers, and its form.
    #[arg(long, value_name = "PROFILE", value_parser = ["connector", "connector-exact", "strict"])]
    pub(crate) profile: Option<String>,
    /// Usual duration of such a link; not to end one.
    #[arg(long, value_name = "SITUATION", value_parser = ["long-term", "occasional", "emergency"])]
    pub(crate) situation: Option<String>,
    /// First day, such as 2026-11-21; today if left out.
    #[arg(long, value_name = "DAY")]
    pub(crate) start: Option<String>,
    /// First day after.
    #[arg(long, value_name = "DAY")]
    pub(crate) end: Option<String>,
    /// Free text for the record.
    #[arg(long)]
    pub(crate) comment: Option<String>,
    /// Write the signature to this file.
    #[arg(long, value_name = "FILE.p7m")]
    pub(crate) cms: Option<PathBuf>,
    /// Persons concerned.
    #[command(flatten)]
    pub(crate) about: LinkConcern,
}

/// Question about links.
#[derive(Args, Debug)]
pub(crate) struct LinkQuestion {
    /// Type of the links; may be repeated. Any if left out.
    #[arg(long = "type", value_name = "TYPE", value_parser = link_types())]
    pub(crate) types: Vec<String>,
    /// First day: links that hold on it or later.
    #[arg(long, value_name = "DAY")]
    pub(crate) begin: Option<String>,
    /// Last day, exclusive: links that hold before it.
    #[arg(long, value_name = "DAY")]
    pub(crate) end: Option<String>,
    /// State of the links.
    #[arg(long, value_name = "STATUS", value_parser = ["active", "inactive", "all"])]
    pub(crate) status: Option<String>,
    /// At most so many, 1 to 1000.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_rows: Option<u16>,
    /// A proof that goes along.
    #[arg(long, value_name = "PROOF", value_parser = proofs())]
    pub(crate) proof: Option<String>,
    /// Persons concerned.
    #[command(flatten)]
    pub(crate) about: LinkConcern,
}

/// Question if there is a link.
#[derive(Args, Debug)]
pub(crate) struct HasLink {
    /// Type of the links; may be repeated. Any if left out.
    #[arg(long = "type", value_name = "TYPE", value_parser = link_types())]
    pub(crate) types: Vec<String>,
    /// Persons concerned.
    #[command(flatten)]
    pub(crate) about: LinkConcern,
}

/// Several links to register.
#[derive(Args, Debug)]
pub(crate) struct SeveralLinks {
    /// A list of links with the members of the REST interface: [{"type": "gpconsultation", …}, …].
    #[arg(value_name = "LINKS.json")]
    pub(crate) links: PathBuf,
    /// Proof of the links that name none themselves.
    #[arg(long, value_name = "PROOF", value_parser = proofs())]
    pub(crate) proof: Option<String>,
    /// Profile of their signatures: the data they cover, and their form.
    #[arg(long, value_name = "PROFILE", value_parser = ["connector", "connector-exact", "strict"])]
    pub(crate) profile: Option<String>,
    /// Persons concerned, where a link does not name them itself.
    #[command(flatten)]
    pub(crate) about: LinkConcern,
}

/// Persons concerned, and the file for the request.
#[derive(Args, Debug)]
pub(crate) struct LinkConcern {
    /// The patient's national number: whose card it must be, or who it is where no card is read.
    #[arg(long, value_name = "SSIN")]
    pub(crate) patient: Option<String>,
    /// The number of the patient's eID, where it is typed.
    #[arg(long, value_name = "NUMBER", requires = "patient")]
    pub(crate) card_number: Option<String>,
    /// The number of the patient's ISI+ card.
    #[arg(long, value_name = "NUMBER", requires = "patient")]
    pub(crate) isi: Option<String>,
    /// The patient's family name, where no card is read.
    #[arg(long, value_name = "NAME", requires = "patient")]
    pub(crate) family_name: Option<String>,
    /// The patient's given names, where no card is read.
    #[arg(long, value_name = "NAMES", requires = "family_name")]
    pub(crate) given_names: Option<String>,
    /// Author of the request, as JSON; the practice of the settings if left out.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) author: Option<PathBuf>,
    /// The provider concerned, as JSON; the author's first party if left out.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) hc_party: Option<PathBuf>,
    /// Person who acts for the patient, as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) representative: Option<PathBuf>,
    /// Word of your own for it, by which its record is found: without names and national numbers.
    #[arg(long)]
    pub(crate) reference: Option<String>,
    /// Dialect of the request.
    #[arg(long, value_parser = ["national", "hub"])]
    pub(crate) dialect: Option<String>,
    /// Reason for access without a link; for hubs.
    #[arg(long, value_name = "TEXT")]
    pub(crate) break_the_glass: Option<String>,
    /// Write the request to this file.
    #[arg(long, short, value_name = "FILE.xml")]
    pub(crate) out: Option<PathBuf>,
    /// Options for files.
    #[command(flatten)]
    pub(crate) writing: Writing,
    /// The card.
    #[command(flatten)]
    pub(crate) card: CardArgument,
}

/// Providers whom a citizen shuts out.
#[derive(Debug, Subcommand)]
pub(crate) enum ExclusionCommand {
    /// Build the request that excludes a provider.
    Put(ExclusionArguments),
    /// Build the request that takes that back.
    Revoke(ExclusionArguments),
    /// Build the request that asks who is excluded.
    Get(ExclusionArguments),
    /// Build the request that asks who was excluded when.
    History {
        /// From this day.
        #[arg(long, value_name = "DAY")]
        begin: Option<String>,
        /// To this day.
        #[arg(long, value_name = "DAY")]
        end: Option<String>,
        /// Persons concerned.
        #[command(flatten)]
        about: ExclusionArguments,
    },
}

/// Provider who is excluded, and the citizen who excludes.
#[derive(Args, Debug)]
pub(crate) struct ExclusionArguments {
    /// The provider, as JSON: a person by national number, an organisation by NIHII. Any if left out of a question.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) hc_party: Option<PathBuf>,
    /// The citizen and his program, as JSON: {"parties": [{"type": "application", …}], "patient": {}}.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) author: PathBuf,
    /// The patient's national number, if that is not the citizen.
    #[arg(long, value_name = "SSIN")]
    pub(crate) patient: Option<String>,
    /// Capacity in which the citizen acts for the patient, as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) representative: Option<PathBuf>,
    /// Word of your own for it, by which its record is found: without names and national numbers.
    #[arg(long)]
    pub(crate) reference: Option<String>,
    /// Write the request to this file.
    #[arg(long, short, value_name = "FILE.xml")]
    pub(crate) out: Option<PathBuf>,
    /// Options for files.
    #[command(flatten)]
    pub(crate) writing: Writing,
    /// The card.
    #[command(flatten)]
    pub(crate) card: CardArgument,
}

fn link_types() -> PossibleValuesParser {
    codes(LINK_TYPES.iter().map(|row| (row.code, row.description)))
}

/// The proofs that clients send.
fn proofs() -> PossibleValuesParser {
    let sent = PROOF_TYPES.iter().filter(|row| row.refused.is_none());
    codes(sent.map(|row| (row.code, row.description)))
}
