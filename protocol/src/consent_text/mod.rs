//! The statement a patient agrees to, word for word.
//!
//! A consent is to a text, so evidence of one names the text: its identifier, language, version and SHA-256. Only official
//! texts can be signed. The Dutch one is built in; a deployment can install those of other languages ([`InstalledTexts`]).
//! It is never translated: beside it there may stand an [`explanation`] in the patient's language, which says itself that
//! it is not the legal text.

mod explained;

pub use explained::{Explanation, explanation};

use beid_pki::HashAlgorithm;

use crate::error::ProtocolError;

/// Identifier of the official statement in every language.
const ID: &str = "ehealth-informed-consent";
/// Longest text that is installed, in bytes.
const LONGEST: usize = 64 * 1024;

/// The statement of 2018, when the Information Security Committee took over from the sectoral one. The wording, with its
/// slip in the third guarantee, is the source's.
const DUTCH: &str = include_str!("nl.txt");
const DUTCH_SHA256: &str = "e47bcd9ec2f264c335b95b8882e53d64eee22fbb85bf9f14a0b4d4b2cefd6680";

/// The seven guarantees, in the order of the statement.
pub const GUARANTEES: [&str; 7] = [
    "committee-approval",
    "care-relation-only",
    "relevance",
    "withhold-data",
    "exclude-provider",
    "access-verification",
    "withdraw-any-time",
];

/// Words of the Dutch statement that a patient may ask about; not part of it.
const DUTCH_GLOSSARY: [(&str, &str); 3] = [
    (
        "zorgrelatie",
        "de zorgverlener behandelt of verzorgt u persoonlijk; voor artsen, apothekers, verpleegkundigen en andere \
         zorgverleners heet dat ook een therapeutische relatie",
    ),
    (
        "verwijzingsrepertorium",
        "een lijst van de plaatsen waar gegevens over u bestaan; er staan zelf geen medische gegevens in",
    ),
    (
        "informatieveiligheidscomité",
        "het comité van de overheid dat beslist of zulke gegevens uitgewisseld mogen worden, en waarvoor",
    ),
];

/// One of the guarantees.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Guarantee {
    /// One of [`GUARANTEES`].
    pub id: String,
    /// The words.
    pub text: String,
}

/// A word, and what it means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Term {
    /// The word.
    pub term: String,
    /// Its meaning.
    pub meaning: String,
}

/// A text as a file has it, not yet checked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConsentTextFields {
    /// Identifier of the text; absent: the informed consent of the platform.
    pub id: Option<String>,
    /// Two letters: `fr`.
    pub language: String,
    /// Version of the wording; absent: the beginning of its digest.
    pub version: Option<String>,
    /// Sentences that the patient agrees to, by paragraph.
    pub agreement: Vec<String>,
    /// Text above the guarantees.
    pub guarantees_intro: String,
    /// The guarantees.
    pub guarantees: Vec<Guarantee>,
    /// Text below the guarantees.
    pub closing: String,
    /// Words explained.
    pub glossary: Vec<Term>,
    /// The whole text, as it is shown and hashed.
    pub plain_text: String,
    /// SHA-256 of `plain_text` in UTF-8, lower-case hex.
    pub plain_text_sha256: String,
}

/// An official text, as it is shown and hashed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentText {
    id: String,
    version: String,
    fields: ConsentTextFields,
}

impl ConsentText {
    /// The Dutch statement.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] if its file was changed; a test says it was not.
    pub fn dutch() -> Result<Self, ProtocolError> {
        // The parts are cut out of the one file, so that they cannot differ from the text that is hashed.
        let lines: Vec<&str> = DUTCH.lines().collect();
        let guarantees: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("- ")).collect();
        let others: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with("- ")).collect();
        let [agreement @ .., intro, closing] = others.as_slice() else {
            return Err(ProtocolError::invalid(
                "plain_text",
                "must have an introduction and an end",
            ));
        };
        Self::parse(ConsentTextFields {
            id: Some(ID.to_owned()),
            language: "nl".to_owned(),
            version: Some("2018".to_owned()),
            agreement: agreement.iter().map(|&line| line.to_owned()).collect(),
            guarantees_intro: (*intro).to_owned(),
            guarantees: GUARANTEES
                .iter()
                .zip(&guarantees)
                .map(|(&id, &text)| Guarantee {
                    id: id.to_owned(),
                    text: text.to_owned(),
                })
                .collect(),
            closing: (*closing).to_owned(),
            glossary: DUTCH_GLOSSARY
                .iter()
                .map(|&(term, meaning)| Term {
                    term: term.to_owned(),
                    meaning: meaning.to_owned(),
                })
                .collect(),
            plain_text: DUTCH.to_owned(),
            plain_text_sha256: DUTCH_SHA256.to_owned(),
        })
    }

    /// Checks a text: its parts must make up the whole, and the whole must have the given digest. People judge whether
    /// it is official.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on the member at fault.
    pub fn parse(fields: ConsentTextFields) -> Result<Self, ProtocolError> {
        let wrong = |member: &str, rule: &str| Err(ProtocolError::invalid(member, rule));
        let is_language = fields.language.len() == 2 && fields.language.bytes().all(|byte| byte.is_ascii_lowercase());
        if !is_language {
            return wrong("language", "must be two lower-case letters");
        }
        if fields.plain_text.len() > LONGEST {
            return wrong("plain_text", "is longer than anybody reads");
        }
        if fields
            .plain_text
            .chars()
            // With them a person could be shown another text than the one that is hashed.
            .any(|c| (c.is_control() && c != '\n') || crate::name::is_format(c))
        {
            return wrong("plain_text", "must have no characters that hide or move others");
        }
        if fields.agreement.is_empty() {
            return wrong("agreement", "must say what is agreed to");
        }
        if !fields.guarantees.iter().map(|one| one.id.as_str()).eq(GUARANTEES) {
            return wrong("guarantees", "must be the seven, in their order");
        }
        if composed(&fields) != fields.plain_text {
            return wrong(
                "plain_text",
                "must be what the other members say, a line each, guarantees behind \"- \"",
            );
        }
        let sha256 = sha256(&fields.plain_text);
        if fields.plain_text_sha256 != sha256 {
            return wrong(
                "plain_text_sha256",
                "must be the SHA-256 of plain_text in lower-case hex",
            );
        }
        let named = |name: &Option<String>| name.as_ref().filter(|name| !name.trim().is_empty()).cloned();
        Ok(Self {
            id: named(&fields.id).unwrap_or_else(|| ID.to_owned()),
            version: named(&fields.version).unwrap_or_else(|| sha256.chars().take(16).collect()),
            fields,
        })
    }

    /// Identifier of the text: the same in every language and version.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Two letters: `nl`.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.fields.language
    }

    /// Version of the wording.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The whole text, as it is shown and hashed: a paragraph or guarantee a line, with a line feed behind each.
    #[must_use]
    pub fn plain_text(&self) -> &str {
        &self.fields.plain_text
    }

    /// SHA-256 of [`plain_text`](Self::plain_text) in UTF-8, lower-case hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.fields.plain_text_sha256
    }

    /// Sentences that the patient agrees to, by paragraph.
    #[must_use]
    pub fn agreement(&self) -> &[String] {
        &self.fields.agreement
    }

    /// Text above the guarantees.
    #[must_use]
    pub fn guarantees_intro(&self) -> &str {
        &self.fields.guarantees_intro
    }

    /// The seven guarantees.
    #[must_use]
    pub fn guarantees(&self) -> &[Guarantee] {
        &self.fields.guarantees
    }

    /// Text below the guarantees.
    #[must_use]
    pub fn closing(&self) -> &str {
        &self.fields.closing
    }

    /// Words explained; no part of what is signed.
    #[must_use]
    pub fn glossary(&self) -> &[Term] {
        &self.fields.glossary
    }
}

/// The official texts of this deployment, one for a language. Nothing else can be signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstalledTexts {
    dutch: ConsentText,
    others: Vec<ConsentText>,
}

impl InstalledTexts {
    /// Takes the Dutch text, and `others`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `language` if two are of the same: then nobody could say which one was signed.
    pub fn new(others: Vec<ConsentText>) -> Result<Self, ProtocolError> {
        let mut languages = vec!["nl"];
        for text in &others {
            if languages.contains(&text.language()) {
                return Err(ProtocolError::invalid(
                    "language",
                    "must be one for which no text is installed yet",
                ));
            }
            languages.push(text.language());
        }
        Ok(Self {
            dutch: ConsentText::dutch()?,
            others,
        })
    }

    /// Every text, the Dutch one first.
    pub fn texts(&self) -> impl Iterator<Item = &ConsentText> {
        std::iter::once(&self.dutch).chain(&self.others)
    }

    /// The Dutch text: the one that is shown if nobody asks for another.
    #[must_use]
    pub fn dutch(&self) -> &ConsentText {
        &self.dutch
    }

    /// The text for `language` (`fr`, `fr-BE`), if one is installed.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Option<&ConsentText> {
        let wanted = primary(language);
        self.texts().find(|text| text.language() == wanted)
    }
}

/// Language without its region: `fr` of `fr-BE`.
fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// Joins the parts to the whole text.
fn composed(fields: &ConsentTextFields) -> String {
    let guarantees = fields.guarantees.iter().map(|one| format!("- {}", one.text));
    let lines = fields
        .agreement
        .iter()
        .cloned()
        .chain([fields.guarantees_intro.clone()])
        .chain(guarantees)
        .chain([fields.closing.clone()]);
    lines.map(|line| line + "\n").collect()
}

fn sha256(text: &str) -> String {
    let digest = HashAlgorithm::Sha256.digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
