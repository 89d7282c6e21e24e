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
    /// What the link rests on, a code of CD-THERAPEUTICLINKTYPE.
    #[arg(long = "type", value_name = "TYPE", value_parser = link_types())]
    pub(crate) link_type: String,
    /// How it is proved; left out for hubs and for citizens.
    #[arg(long, value_name = "PROOF", value_parser = proofs())]
    pub(crate) proof: Option<String>,
    /// Why no card was read, for eidencoding_….
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// What the signature covers, and in which octets.
    #[arg(long, value_name = "PROFILE", value_parser = ["connector", "connector-exact", "strict"])]
    pub(crate) profile: Option<String>,
    /// How long such a link usually lasts; not to end one.
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
    /// Who is concerned.
    #[command(flatten)]
    pub(crate) about: LinkConcern,
}

/// Which links are asked for.
#[derive(Args, Debug)]
pub(crate) struct LinkQuestion {
    /// Of this type; may be repeated. Any if left out.
    #[arg(long = "type", value_name = "TYPE", value_parser = link_types())]
    pub(crate) types: Vec<String>,
    /// That hold on this day or later.
    #[arg(long, value_name = "DAY")]
    pub(crate) begin: Option<String>,
    /// That hold before this day.
    #[arg(long, value_name = "DAY")]
    pub(crate) end: Option<String>,
    /// In this state.
    #[arg(long, value_name = "STATUS", value_parser = ["active", "inactive", "all"])]
    pub(crate) status: Option<String>,
    /// At most so many, 1 to 1000.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_rows: Option<u16>,
    /// A proof that goes along.
    #[arg(long, value_name = "PROOF", value_parser = proofs())]
    pub(crate) proof: Option<String>,
    /// Who is concerned.
    #[command(flatten)]
    pub(crate) about: LinkConcern,
}

/// Whether there is a link.
#[derive(Args, Debug)]
pub(crate) struct HasLink {
    /// Of this type; may be repeated. Any if left out.
    #[arg(long = "type", value_name = "TYPE", value_parser = link_types())]
    pub(crate) types: Vec<String>,
    /// Who is concerned.
    #[command(flatten)]
    pub(crate) about: LinkConcern,
}

/// Several links to register.
#[derive(Args, Debug)]
pub(crate) struct SeveralLinks {
    /// A list of links with the members of the REST interface: [{"type": "gpconsultation", …}, …].
    #[arg(value_name = "LINKS.json")]
    pub(crate) links: PathBuf,
    /// How those are proved that do not say it themselves.
    #[arg(long, value_name = "PROOF", value_parser = proofs())]
    pub(crate) proof: Option<String>,
    /// What their signatures cover, and in which octets.
    #[arg(long, value_name = "PROFILE", value_parser = ["connector", "connector-exact", "strict"])]
    pub(crate) profile: Option<String>,
    /// Who is concerned, where a link does not say it itself.
    #[command(flatten)]
    pub(crate) about: LinkConcern,
}

/// Who is concerned, and where the request goes.
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
    /// Who asks, as JSON; the practice of the configuration if left out.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) author: Option<PathBuf>,
    /// The provider concerned, as JSON; the author's first party if left out.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) hc_party: Option<PathBuf>,
    /// Who acts for the patient, as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) representative: Option<PathBuf>,
    /// What it is written in.
    #[arg(long, value_parser = ["national", "hub"])]
    pub(crate) dialect: Option<String>,
    /// Why access is forced without a link; for hubs.
    #[arg(long, value_name = "TEXT")]
    pub(crate) break_the_glass: Option<String>,
    /// Write the request to this file.
    #[arg(long, short, value_name = "FILE.xml")]
    pub(crate) out: Option<PathBuf>,
    /// How files are written.
    #[command(flatten)]
    pub(crate) writing: Writing,
    /// Which card.
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
        /// Who is concerned.
        #[command(flatten)]
        about: ExclusionArguments,
    },
}

/// Who excludes whom.
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
    /// In what capacity the citizen acts for the patient, as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) representative: Option<PathBuf>,
    /// Write the request to this file.
    #[arg(long, short, value_name = "FILE.xml")]
    pub(crate) out: Option<PathBuf>,
    /// How files are written.
    #[command(flatten)]
    pub(crate) writing: Writing,
    /// Which card.
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
