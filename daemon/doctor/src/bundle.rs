//! The support bundle: what of the findings may leave the computer.
//!
//! It is made of a list of what may go in, and nothing is taken out of anything: codes of the table, the facts that are
//! public by how they were made, and the names of settings. There is no log in it, no path, no name of a reader, a file,
//! a user or a website.

use beid_api::FindingCode;
use beid_api::types::DiagnosticsAnswer;
use beid_api::words::FindingOutcome;
use beid_api::{Message, PublicFact};
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of the form of the bundle.
const FORM: u32 = 1;

/// A support bundle.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SupportBundle {
    /// Version of this form.
    pub form: u32,
    /// Version of the program that made it.
    pub version: &'static str,
    /// The worst outcome.
    pub outcome: String,
    /// Each finding.
    pub findings: Vec<BundledFinding>,
    /// Names of the settings that are set, without their values.
    pub settings: Vec<String>,
}

/// A finding without names.
#[derive(Clone, Debug, Serialize)]
pub struct BundledFinding {
    /// Code of the finding.
    pub code: &'static str,
    /// Part of the computer that it is about.
    pub area: String,
    /// Worth of the finding.
    pub outcome: String,
    /// Text for people; names in it are left open.
    pub text: String,
    /// Facts that say nothing of any person.
    pub facts: BTreeMap<&'static str, String>,
}

impl SupportBundle {
    /// Takes what may leave the computer out of an answer; `settings` are rows of the table of settings. Findings that are
    /// newer than this software are left out.
    #[must_use]
    pub fn new(answer: &DiagnosticsAnswer, settings: &[(&str, &str)], render: impl Fn(&Message) -> String) -> Self {
        let known = answer.findings.iter().filter_map(|finding| {
            let code = FindingCode::from_code(&finding.code)?;
            let fact = |name: &&'static str| {
                let mut facts = finding.facts.iter();
                let fact = facts.find(|fact| fact.name == **name && !fact.private)?;
                // Once more as an identifier: an answer is what another process has sent.
                Some((*name, PublicFact::identifier(&fact.value).into_text()))
            };
            let facts: Vec<_> = code.facts().iter().filter_map(fact).collect();
            Some(BundledFinding {
                code: code.code(),
                area: word(&code.area()),
                outcome: word(&code.outcome()),
                text: render(&code.message(&facts)),
                facts: facts.into_iter().collect(),
            })
        });
        let findings: Vec<_> = known.collect();
        let outcomes = [FindingOutcome::Problem, FindingOutcome::Notice];
        let worst = outcomes
            .into_iter()
            .find(|outcome| findings.iter().any(|finding| finding.outcome == outcome.word()));
        Self {
            form: FORM,
            version: env!("CARGO_PKG_VERSION"),
            outcome: worst.unwrap_or(FindingOutcome::Ok).word().to_owned(),
            findings,
            settings: settings
                .iter()
                .map(|(section, key)| format!("{section}.{key}"))
                .collect(),
        }
    }
}

/// Text of a word.
fn word(word: &impl std::fmt::Display) -> String {
    word.to_string()
}
