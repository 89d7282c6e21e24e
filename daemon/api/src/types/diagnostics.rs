//! Members about the state of the computer: the doctor's findings.

use crate::words::{FindingArea, FindingOutcome};
use schemars::JsonSchema;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Request for the doctor's findings.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiagnosticsRequest {
    /// True to ask the servers about revocation and for time stamps too: they learn that this computer exists, and
    /// nothing of a card. False if left out.
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub network: Option<bool>,
}

/// The doctor's findings.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticsAnswer {
    /// The worst outcome: `problem`, else `notice`, else `ok`. What is unknown does not count.
    pub outcome: FindingOutcome,
    /// Each finding, by areas.
    pub findings: Vec<FindingAnswer>,
}

/// A finding, in words and in facts.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingAnswer {
    /// Stable code, such as `reader-none`.
    pub code: String,
    /// Part of the computer that it is about.
    pub area: FindingArea,
    /// Worth of the finding.
    pub outcome: FindingOutcome,
    /// Text for people, in the language of the call.
    pub text: String,
    /// Next step for people, where there is something to do or to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Facts in the texts.
    pub facts: Vec<FactAnswer>,
}

/// A fact in the texts of a finding.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FactAnswer {
    /// Name of the fact.
    pub name: String,
    /// Its value.
    pub value: String,
    /// True for names of readers, files and programs, which may name a person: only callers on the bus and the page of beidd
    /// get them, and no support bundle has them.
    pub private: bool,
}

impl DiagnosticsAnswer {
    /// Collects findings, by areas, and states the worst outcome among them.
    #[must_use]
    pub fn new(mut findings: Vec<FindingAnswer>) -> Self {
        let place = |finding: &FindingAnswer| {
            let mut areas = FindingArea::WORDS.iter();
            areas.position(|word| *word == finding.area.word())
        };
        // Stable: within an area the order is that in which they were found.
        findings.sort_by_key(place);
        let has = |outcome: FindingOutcome| findings.iter().any(|finding| finding.outcome == outcome);
        let worst = [FindingOutcome::Problem, FindingOutcome::Notice]
            .into_iter()
            .find(|outcome| has(outcome.clone()));
        Self {
            outcome: worst.unwrap_or(FindingOutcome::Ok),
            findings,
        }
    }
}

/// Reads true or false; as text too, because queries have nothing else.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    deserializer.deserialize_any(FlagVisitor).map(Some)
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a boolean")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<bool, E> {
        Ok(flag)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;
    use serde_json::json;

    #[test]
    fn a_flag_is_read_from_a_query_too() {
        for (value, expected) in [
            (json!({"network": true}), Some(true)),
            (json!({"network": "true"}), Some(true)),
            (json!({"network": "false"}), Some(false)),
            (json!({}), None),
        ] {
            let request: DiagnosticsRequest = parse(value.clone()).unwrap();
            assert_eq!(request.network, expected, "{value}");
        }
        for wrong in [
            json!({"network": "85051402418"}),
            json!({"network": 1}),
            json!({"network": null}),
        ] {
            assert!(parse::<DiagnosticsRequest>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_worst_outcome_is_that_of_the_whole_and_areas_stand_together() {
        let finding = |area: FindingArea, outcome: FindingOutcome| FindingAnswer {
            code: "code".to_owned(),
            area,
            outcome,
            text: String::new(),
            next: None,
            facts: Vec::new(),
        };
        let unknown = finding(FindingArea::Card, FindingOutcome::Unknown);
        let notice = finding(FindingArea::Clock, FindingOutcome::Notice);
        let problem = finding(FindingArea::Service, FindingOutcome::Problem);
        for (findings, expected) in [
            (vec![], "ok"),
            (vec![unknown.clone()], "ok"),
            (vec![unknown.clone(), notice.clone()], "notice"),
            (vec![notice, unknown, problem], "problem"),
        ] {
            let answer = DiagnosticsAnswer::new(findings);
            assert_eq!(answer.outcome.word(), expected);
            let areas: Vec<_> = answer.findings.iter().map(|finding| finding.area.word()).collect();
            assert!(areas.is_sorted_by_key(|area| FindingArea::WORDS.iter().position(|word| word == area)));
        }
    }
}
