//! `beidctl pair`: websites that have access, and callers that may not ask.

use super::CommandFailure;
use super::arguments::scopes;
use super::output::Printer;
use super::render;
use super::session::Session;
use beid_api::operations::{AllowOrigin, ListPairings, RevokeOrigin, RevokePairing, Silence, Unsilence};
use beid_api::types as t;
use beid_settings::fault_of_origin;
use clap::Subcommand;

/// Access of websites.
#[derive(Debug, Subcommand)]
pub(super) enum PairCommand {
    /// List the websites that have access or get it without asking, and the callers that may not ask.
    List,
    /// End the access of a website, or one pairing of it.
    Revoke {
        /// Origin of the website, or id of the pairing, as the list shows them.
        #[arg(value_name = "ORIGIN|ID")]
        what: String,
    },
    /// Let a website in without asking from now on.
    Allow {
        /// Origin of the website, as browsers send it: <https://emr.example>.
        #[arg(value_name = "ORIGIN", value_parser = origin)]
        origin: String,
        /// Permission of the website; several are comma-separated or repeated.
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = scopes())]
        scopes: Vec<String>,
    },
    /// Let a caller open no more dialogs.
    Silence {
        /// Origin of a website, path of a program, or token:NAME.
        #[arg(value_name = "CALLER")]
        caller: String,
    },
    /// Let a silenced caller open dialogs again.
    Unsilence {
        /// The caller, as the list shows it.
        #[arg(value_name = "CALLER")]
        caller: String,
    },
}

/// Parser of an origin, which says what is wrong with it.
fn origin(text: &str) -> Result<String, String> {
    fault_of_origin(text).map_or_else(|| Ok(text.to_owned()), Err)
}

pub(super) async fn run(session: &Session, pair: &PairCommand, printer: &Printer) -> Result<(), CommandFailure> {
    match pair {
        PairCommand::List => {
            let none = t::NoMembers {};
            session.show::<ListPairings>(&none, printer, render::pairings).await
        }
        PairCommand::Revoke { what } if what.contains("://") => {
            let origin = what.clone();
            let request = t::OriginRequest { origin };
            session.show::<RevokeOrigin>(&request, printer, render::nothing).await
        }
        PairCommand::Revoke { what } => {
            let request = t::PairingIdRequest { id: what.clone() };
            session.show::<RevokePairing>(&request, printer, render::nothing).await
        }
        PairCommand::Allow { origin, scopes } => {
            let request = t::AllowOriginRequest {
                origin: origin.clone(),
                scopes: scopes.clone(),
            };
            session.show::<AllowOrigin>(&request, printer, render::nothing).await
        }
        PairCommand::Silence { caller } => {
            let caller = caller.clone();
            let request = t::SilenceRequest { caller };
            session.show::<Silence>(&request, printer, render::nothing).await
        }
        PairCommand::Unsilence { caller } => {
            let caller = caller.clone();
            let request = t::SilenceRequest { caller };
            session.show::<Unsilence>(&request, printer, render::nothing).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_that_no_browser_sends_is_refused_with_the_one_that_is_meant() {
        assert_eq!(origin("https://emr.example").as_deref(), Ok("https://emr.example"));
        let refused = origin("https://EMR.example").unwrap_err();
        assert!(refused.contains("https://emr.example"), "{refused}");
    }
}
