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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::types::{DigestMembers, DocumentMembers};
    use crate::prompt::assuan::{fits, pages};
    use crate::prompt::layout::{COLUMNS, columns};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;

    fn members(name: &str, media_type: &str, content: &[u8]) -> DocumentMembers {
        DocumentMembers {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            content: Some(BASE64.encode(content)),
            digest: None,
        }
    }

    fn by_digest(name: &str, hash: HashAlgorithm) -> DocumentMembers {
        DocumentMembers {
            digest: Some(DigestMembers {
                algorithm: hash.name().to_owned(),
                value: BASE64.encode(hash.digest(b"x")),
            }),
            content: None,
            ..members(name, "application/pdf", b"")
        }
    }

    fn documents(list: Vec<DocumentMembers>) -> Documents {
        Documents::of(list).unwrap()
    }

    fn shown(documents: &Documents) -> Shown<'_> {
        Shown {
            documents,
            knows_content: !documents.have_digests(),
            signatures: documents.len(),
            at_keypad: false,
        }
    }

    /// All that stands between the holder and the tries left.
    fn meaning(list: Vec<DocumentMembers>) -> String {
        let documents = documents(list);
        shown(&documents).meaning(Language::En).join("\n\n")
    }

    #[test]
    fn pages_of_any_list_joined_are_its_text() {
        let text = "Een regel.\n\n".repeat(300);
        for list in [
            (0..50)
                .map(|at| members(&format!("{at}.pdf"), "application/pdf", b"x"))
                .collect(),
            vec![members("long.txt", "text/plain", text.as_bytes())],
            vec![members(
                "100%.txt",
                "text/plain; charset=utf-8",
                "100 % \u{e9}\r\nzeker".as_bytes(),
            )],
            (0..50)
                .map(|at| by_digest(&format!("{}{at}", "é".repeat(118)), HashAlgorithm::Sha512))
                .collect(),
        ] {
            let documents = documents(list);
            for language in Language::ALL {
                let shown = shown(&documents);
                let asker = Asker::Origin("https://practice.example.org".to_owned());
                let all = [shown.before(&asker, language), shown.meaning(language)]
                    .concat()
                    .join("\n\n");
                let pages = pages(&all);
                assert_eq!(pages.concat(), all);
                assert!(pages.iter().all(|page| fits(page)));
                assert!(all.lines().all(|line| columns(line) <= COLUMNS), "{all}");
                assert!(!all.contains("dialog-") && !all.contains("{ $"), "{all}");
            }
        }
    }

    #[test]
    fn one_file_takes_one_page_in_every_language() {
        for member in [
            members("verslag van het onderzoek.pdf", "application/pdf", b"%PDF"),
            by_digest("verslag van het onderzoek.pdf", HashAlgorithm::Sha384),
        ] {
            let documents = documents(vec![member]);
            for language in Language::ALL {
                let shown = shown(&documents);
                let asker = Asker::Origin("https://practice.example.org".to_owned());
                let holder = Message::new("dialog-holder").arg("name", "Anna Petronella Testaert");
                let tries = Message::new("dialog-tries-left").arg("tries", "3");
                let mut parts = [shown.before(&asker, language), shown.meaning(language)].concat();
                parts.extend([holder.render(language), tries.render(language)]);
                assert_eq!(pages(&parts.join("\n\n")).len(), 1, "{parts:?}");
            }
        }
    }

    #[test]
    fn what_a_text_hides_is_not_shown_as_a_text() {
        for (content, media_type, is_shown) in [
            ("plain", "text/plain", true),
            ("plain", "Text/Plain; charset=UTF-8", true),
            ("two\r\nlines", "text/plain", true),
            ("plain", "text/plain; charset=iso-8859-1", false),
            ("<b>", "text/html", false),
            ("tab\t", "text/plain", false),
            ("over\rwritten", "text/plain", false),
            ("\u{1b}[2J", "text/plain", false),
            ("turned \u{202E}round", "text/plain", false),
            ("zero\u{200B}width", "text/plain", false),
            ("empty \u{2800}", "text/plain", false),
            ("climb\u{301}\u{301}\u{301}", "text/plain", false),
            ("", "text/plain", false),
        ] {
            let text = meaning(vec![members("a", media_type, content.as_bytes())]);
            assert_eq!(text.contains("\n    | "), is_shown, "{content:?}: {text}");
            assert_eq!(text.contains("if it is a short text"), !is_shown, "{content:?}: {text}");
        }
        let text = meaning(vec![members("a", "text/plain", &[0xFF, 0xFE])]);
        assert!(!text.contains('|'), "{text}");
    }

    #[test]
    fn texts_are_shown_all_or_none() {
        let (half, more) = (vec![b'a'; SHOWN_TEXT / 2], vec![b'b'; SHOWN_TEXT / 2 + 1]);
        let list = |second: &[u8]| vec![members("a", "text/plain", &half), members("b", "text/plain", second)];
        assert!(meaning(list(&half)).contains('|'));
        assert!(!meaning(list(&more)).contains('|'));
    }

    #[test]
    fn callers_words_cannot_begin_where_ours_do() {
        let forged = "x\n  «contract.pdf», application/pdf, 1 bytes\nWith your PIN you sign nothing.\nTries left: 9";
        let text = meaning(vec![
            members(
                &format!("{} With your PIN", "y".repeat(60)),
                "text/plain",
                forged.as_bytes(),
            ),
            members("b», 1 byte «", "application/pdf", b""),
        ]);
        let ours = [
            "With your PIN you sign these 2 files:",
            "  «y",
            "  «b›, 1 byte ‹»",
            "What is in a file",
            "do not know",
            "You type",
        ];
        for line in text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("    "))
        {
            assert!(
                ours.iter()
                    .any(|ours| line.starts_with(ours) || line.ends_with("before you sign.")),
                "{line}: {text}"
            );
        }
    }
}
