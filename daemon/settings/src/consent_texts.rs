//! Official texts of the consent in other languages than Dutch, from files that a deployment installs.
//!
//! A file is JSON. Patients sign its `plain_text`, so that must agree with its pieces and its digest. Only the
//! installer can vouch for its being official.

use beid_host::foreign;
use beid_protocol::ProtocolError;
use beid_protocol::consent_text::{ConsentText, ConsentTextFields, Guarantee, Term};
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::Path;

/// Maximum length of a file, in bytes.
const LONGEST: u64 = 1 << 20;

/// Reason why a file has no usable text. The caller adds the name of the file.
#[derive(Debug, thiserror::Error)]
pub enum ConsentTextError {
    /// The file cannot be read.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The file is longer than 1 MiB.
    #[error("longer than any text is")]
    TooLong,
    /// The file is not JSON of this shape.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The members contradict each other, or a text in this language is installed already.
    #[error("{0}")]
    Text(#[from] ProtocolError),
}

/// Members of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentTextFile {
    id: Option<String>,
    language: String,
    version: Option<String>,
    /// Sort and origin of the text, for people; not used.
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

/// Reads the text in the file at `path`.
///
/// # Errors
/// [`ConsentTextError`] if it cannot be read, or its members contradict each other.
pub fn read_consent_text(path: &Path) -> Result<ConsentText, ConsentTextError> {
    let bytes = match foreign::read(path, LONGEST) {
        Err(error) if error.kind() == ErrorKind::FileTooLarge => return Err(ConsentTextError::TooLong),
        read => read?,
    };
    let file: ConsentTextFile = serde_json::from_slice(&bytes)?;
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

    /// Makes a text in the shape of an official one, which nobody has ever agreed to.
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
        let path = std::env::temp_dir().join(format!("beidd-text-{}.json", beid_host::random::random_id()));
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
            // To the stream itself: the test runner hides the output of passing tests.
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
