//! Official texts of the consent in other languages than Dutch, from files that a deployment has installed.
//!
//! A file is JSON. What a patient signs is its `plain_text`, so that must be what the pieces say and what the digest says;
//! that it is official is the word of whoever installed it.

use beid_protocol::ProtocolError;
use beid_protocol::consent_text::{ConsentText, ConsentTextFields, Guarantee, Term};
use serde::Deserialize;
use std::path::Path;

/// Longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// Why a file gave no text. Whoever reports it names the file.
#[derive(Debug, thiserror::Error)]
pub enum ConsentTextError {
    /// It cannot be read.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// No text is as long.
    #[error("longer than any text is")]
    TooLong,
    /// It is not the JSON it should be.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Its members do not fit together, or a text in its language is installed already.
    #[error("{0}")]
    Text(#[from] ProtocolError),
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Option<String>,
    language: String,
    version: Option<String>,
    /// What sort of text it is, and where it is from: for people.
    #[serde(rename = "kind")]
    _kind: Option<String>,
    #[serde(rename = "source")]
    _source: Option<String>,
    agreement: Vec<String>,
    guarantees_intro: String,
    guarantees: Vec<GuaranteeEntry>,
    closing: String,
    #[serde(default)]
    glossary: Vec<TermEntry>,
    plain_text: String,
    plain_text_sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuaranteeEntry {
    id: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermEntry {
    term: String,
    meaning: String,
}

/// The text in the file at `path`.
///
/// # Errors
/// [`ConsentTextError`] if there is none, or its members do not say the same.
pub fn read_consent_text(path: &Path) -> Result<ConsentText, ConsentTextError> {
    if std::fs::metadata(path)?.len() > LONGEST {
        return Err(ConsentTextError::TooLong);
    }
    let file: File = serde_json::from_slice(&std::fs::read(path)?)?;
    let guarantees = file.guarantees.into_iter();
    let glossary = file.glossary.into_iter();
    Ok(ConsentText::parse(ConsentTextFields {
        id: file.id,
        language: file.language,
        version: file.version,
        agreement: file.agreement,
        guarantees_intro: file.guarantees_intro,
        guarantees: guarantees
            .map(|GuaranteeEntry { id, text }| Guarantee { id, text })
            .collect(),
        closing: file.closing,
        glossary: glossary
            .map(|TermEntry { term, meaning }| Term { term, meaning })
            .collect(),
        plain_text: file.plain_text,
        plain_text_sha256: file.plain_text_sha256,
    })?)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use beid_protocol::consent_text::GUARANTEES;
    use serde_json::{Value, json};
    use sha2::{Digest, Sha256};
    use std::io::Write;
    use std::path::PathBuf;

    /// A text in the shape of an official one, that nobody has ever agreed to.
    pub(crate) fn text(language: &str) -> Value {
        let guarantees = GUARANTEES.map(|id| json!({"id": id, "text": format!("TEST {id} ;")}));
        let listed: String = GUARANTEES.iter().map(|id| format!("- TEST {id} ;\n")).collect();
        let plain_text = format!("TEST accord.\nTEST garanties :\n{listed}TEST fin.\n");
        let digest = Sha256::digest(plain_text.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "language": language, "kind": "test", "source": "nobody", "agreement": ["TEST accord."],
            "guarantees_intro": "TEST garanties :", "guarantees": guarantees, "closing": "TEST fin.",
            "plain_text": plain_text, "plain_text_sha256": digest,
        })
    }

    pub(crate) fn written(text: &Value) -> PathBuf {
        let path = std::env::temp_dir().join(format!("beidd-text-{}.json", crate::host::random::random_id()));
        std::fs::write(&path, text.to_string()).unwrap();
        path
    }

    fn refused(change: impl FnOnce(&mut Value)) -> String {
        let mut text = text("fr");
        change(&mut text);
        read_consent_text(&written(&text)).unwrap_err().to_string()
    }

    #[test]
    fn a_text_is_read_if_its_members_say_the_same() {
        let mut full = text("de");
        full["version"] = json!("2027");
        full["glossary"] = json!([{"term": "accord", "meaning": "TEST"}]);
        let read = read_consent_text(&written(&full)).unwrap();
        assert_eq!((read.language(), read.version()), ("de", "2027"));
        assert_eq!(read.plain_text(), full["plain_text"].as_str().unwrap());
        assert_eq!(read.glossary()[0].term, "accord");
    }

    #[test]
    fn a_text_that_says_two_things_is_refused() {
        let zeros = "0".repeat(64);
        let other = refused(|text| text["plain_text_sha256"] = json!(zeros));
        assert!(other.contains("plain_text_sha256"), "{other}");
        let other = refused(|text| text["closing"] = json!("TEST autre fin."));
        assert!(other.starts_with("plain_text: must be what"), "{other}");
        let other = refused(|text| text["guarantees"][6] = json!({"id": "other", "text": "x"}));
        assert!(other.contains("the seven"), "{other}");
        let other = refused(|text| text["plain_txt"] = json!(""));
        assert!(other.contains("plain_txt") && other.contains("line 1"), "{other}");
        assert!(matches!(
            read_consent_text(Path::new("/nonexistent/a.json")),
            Err(ConsentTextError::File(_))
        ));
        let long = written(&json!("x".repeat(1 << 20)));
        assert!(matches!(read_consent_text(&long), Err(ConsentTextError::TooLong)));
    }

    #[test]
    fn the_platforms_own_dutch_file_has_this_shape() {
        let Some(schemas) = std::env::var_os("BEIDD_EHEALTH_XSD") else {
            // Straight to the terminal: the test runner keeps what passing tests print.
            let _unsaid = writeln!(
                std::io::stderr(),
                "sample of the consent text: not read, BEIDD_EHEALTH_XSD is not set"
            );
            return;
        };
        let sample = Path::new(&schemas).join("../samples/consent-text.nl.json");
        let read = read_consent_text(&sample).unwrap();
        assert_eq!(read.plain_text(), ConsentText::dutch().unwrap().plain_text());
    }
}
