//! What a person is shown before signing files: each by its name, its kind and its digest, made from the very bytes that
//! are signed; a short text itself.
//!
//! Whole digests take room, and in a long list pages. They are what can be compared with something else, and a part of
//! one proves nothing.

use super::documents::{Body, Document, Documents};
use crate::prompt::Wording;
use crate::prompt::layout::{barred, paragraph, quoted, wrapped};
use crate::service::caller::Asker;
use crate::service::pin::{Asking, holder_line};
use crate::texts::{Language, Message};
use beid_card::Identity;
use beid_pki::HashAlgorithm;
use beid_protocol::name::{accents_are_borne, is_filler, is_format};

/// How many bytes of text are shown, of all files together: about ten pages.
const SHOWN_TEXT: usize = 8 * 1024;

/// What dialogs of a signature say around their text.
const SIGN: Wording = Wording {
    title: "dialog-title",
    in_short: "dialog-pin-after-pages",
    prompt: "dialog-pin",
    ok: "dialog-sign",
    keypad: "dialog-keypad",
};

/// What those of several signatures on a keypad say.
const SIGN_SEVERAL: Wording = Wording {
    keypad: "dialog-keypad-several",
    ..SIGN
};

/// Everything a person should know of it.
pub(super) struct Shown<'d> {
    pub(super) documents: &'d Documents,
    /// Whether we have the files, and what is signed is nothing else than they.
    pub(super) knows_content: bool,
    /// How many signatures the card makes.
    pub(super) signatures: usize,
    pub(super) at_keypad: bool,
}

impl Shown<'_> {
    pub(super) fn wording(&self) -> &'static Wording {
        if self.signatures == 1 { &SIGN } else { &SIGN_SEVERAL }
    }

    /// Who asks, whose card it is, every file, and how often the PIN is typed.
    pub(super) fn text(&self, asker: &Asker, asking: &Asking<'_>, holder: &Identity) -> String {
        let language = asking.language();
        let mut parts = self.before(asker, language);
        parts.push(holder_line(holder, language));
        parts.extend(self.meaning(language));
        parts.extend(asking.tries_left());
        parts.join("\n\n")
    }

    /// What nobody can show is said first.
    fn before(&self, asker: &Asker, language: Language) -> Vec<String> {
        let unknown = (!self.knows_content).then(|| say("dialog-content-unknown", language));
        let asked = wrapped(&asker.asks("dialog-asked").render(language), 0);
        unknown.into_iter().chain([asked]).collect()
    }

    fn meaning(&self, language: Language) -> Vec<String> {
        let count = self.documents.len();
        let counted = |id: &str, count: usize| {
            let text = Message::new(id).arg("count", count.to_string());
            paragraph(&text.render(language))
        };
        let mut parts = vec![match count {
            1 => say("dialog-file-one", language),
            _ => counted("dialog-files", count),
        }];
        let texts = self.texts();
        // Each apart from the others, so that pages end between them.
        for (document, text) in self.documents.iter().zip(&texts) {
            let described = wrapped(&described(document, language), 2);
            let text = text.iter().map(|text| barred(text));
            parts.push(std::iter::once(described).chain(text).collect::<Vec<_>>().join("\n"));
        }
        if self.knows_content && texts.iter().any(Option::is_none) {
            parts.push(say("dialog-content-not-shown", language));
        }
        match (self.signatures, self.at_keypad) {
            (1, _) => {}
            (several, true) => parts.push(counted("dialog-pin-each", several)),
            (several, false) => parts.push(counted("dialog-pin-once", several)),
        }
        parts
    }

    /// The texts that are shown themselves: of all files that are text, or of none if that would be too long to read.
    fn texts(&self) -> Vec<Option<&str>> {
        let texts: Vec<_> = self.documents.iter().map(|document| readable(document)).collect();
        let length: usize = texts.iter().flatten().map(|text| text.len()).sum();
        if self.knows_content && length <= SHOWN_TEXT {
            texts
        } else {
            vec![None; texts.len()]
        }
    }
}

/// `«letter.pdf», application/pdf, 1234 bytes, SHA-256 9f86d081 …`
fn described(document: &Document, language: Language) -> String {
    let text = match document.body() {
        Body::Content(content) => Message::new("dialog-file").arg("size", content.len().to_string()).arg(
            "digest",
            digest(HashAlgorithm::Sha256, &HashAlgorithm::Sha256.digest(content)),
        ),
        Body::Digest(hash, value) => Message::new("dialog-file-by-digest").arg("digest", digest(*hash, value)),
    };
    text.arg("name", quoted(document.name()))
        .arg("type", document.media_type())
        .render(language)
}

/// Its name, and all of it in groups of eight digits.
fn digest(hash: HashAlgorithm, value: &[u8]) -> String {
    let groups = value.chunks(4).map(|group| {
        let digits = group.iter().map(|byte| format!("{byte:02x}"));
        digits.collect::<String>()
    });
    format!("{} {}", hash.name(), groups.collect::<Vec<_>>().join(" "))
}

/// The text, if it is one and nothing in it hides what it says.
fn readable(document: &Document) -> Option<&str> {
    let text = str::from_utf8(document.content()?).ok()?;
    let hides = |c: char| (c.is_control() && c != '\n') || is_format(c) || is_filler(c);
    let fine = is_plain_text(document.media_type())
        && !text.trim().is_empty()
        && !text.replace("\r\n", "\n").contains(hides)
        && accents_are_borne(text);
    fine.then_some(text)
}

/// Whether it is text that others, too, read as UTF-8. (RFC 2046, 4.1.2)
fn is_plain_text(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().as_deref() == Some("text/plain")
        && parts.all(|parameter| matches!(parameter.as_str(), "charset=utf-8" | "charset=us-ascii"))
}

fn say(id: &str, language: Language) -> String {
    paragraph(&Message::new(id).render(language))
}
