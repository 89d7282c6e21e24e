//! Dialog of files: each by its name, its kind and its digest, made from the very bytes that are signed; a short text
//! itself.
//!
//! Digests are shown whole, because a part of one proves nothing to a person who compares it. They take room, in a long
//! list pages, so they come last; the numbers of the list tell which file each belongs to.

use super::documents::{Documents, FileBody, FileToSign};
use crate::pin::Asking;
use beid_api::types::LeftOutDocument;
use beid_card::Identity;
use beid_pki::HashAlgorithm;
use beid_prompt::layout::{barred, paragraph, quoted, wrapped};
use beid_protocol::name::{accents_are_borne, is_filler, is_format};
use beid_texts::{Language, Message, Render};

/// Upper limit on text that is shown, in bytes of all files together: about ten pages.
const SHOWN_TEXT: usize = 8 * 1024;
/// Upper limit on its lines in a dialog: about twenty pages, for texts with short lines.
const SHOWN_LINES: usize = 260;

/// Content of the dialog, apart from caller and holder.
pub(super) struct FilesDialog<'d> {
    pub(super) documents: &'d Documents,
    /// True if we have the files, and nothing else than they is signed.
    pub(super) knows_content: bool,
    /// Number of signatures that the card makes.
    pub(super) signatures: usize,
    pub(super) at_keypad: bool,
    /// Number of the one file, and of all, if it is shown by itself.
    pub(super) place: Option<(usize, usize)>,
    /// True if a no to the one file is a no to all.
    pub(super) all_or_none: bool,
}

impl FilesDialog<'_> {
    /// Renders the caller, the holder of the card, every file, and how often the PIN is typed.
    pub(super) fn text(&self, asking: &Asking<'_>, holder: &Identity) -> String {
        let language = asking.language();
        let mut parts = self.before(asking.asks("dialog-asked", Some(holder)), language);
        parts.extend(self.meaning(language));
        parts.join("\n\n")
    }

    /// The first paragraphs: that the content cannot be shown, if so, and who asks.
    fn before(&self, asks: String, language: Language) -> Vec<String> {
        let unknown = (!self.knows_content).then(|| say("dialog-content-unknown", language));
        unknown.into_iter().chain([asks]).collect()
    }

    /// Renders the last dialog after every file was shown by itself: those that stay, by their `numbers` in the list,
    /// and those that were left out.
    pub(super) fn in_short(
        &self,
        asking: &Asking<'_>,
        holder: &Identity,
        numbers: &[usize],
        left_out: &[LeftOutDocument],
    ) -> String {
        let language = asking.language();
        let line = |at: usize, name: &str| wrapped(&format!("{}. {}", at + 1, quoted(name, language)), 2);
        let listed = |heading: String, lines: Vec<String>| [vec![heading], lines].concat().join("\n");
        let stay = self.documents.iter().zip(numbers);
        let stay = stay.map(|(document, at)| line(*at, document.name())).collect();
        let mut parts = self.before(asking.asks("dialog-asked", Some(holder)), language);
        parts.push(listed(self.heading(language), stay));
        if !left_out.is_empty() {
            let out = left_out.iter().map(|one| line(one.index, &one.name)).collect();
            parts.push(listed(say("dialog-left-out", language), out));
        }
        parts.extend(self.entries(language));
        parts.join("\n\n")
    }

    /// The sentence above the files.
    fn heading(&self, language: Language) -> String {
        match (self.place, self.documents.len()) {
            (Some((number, count)), _) => {
                let text = Message::new("dialog-file-of").arg("number", number.to_string());
                paragraph(&text.arg("count", count.to_string()).render(language))
            }
            (None, 1) => say("dialog-file-one", language),
            (None, count) => counted("dialog-files", count, language),
        }
    }

    /// Number of times that the PIN is typed, where there are several signatures.
    fn entries(&self, language: Language) -> Option<String> {
        match (self.signatures, self.at_keypad) {
            (1, _) => None,
            (several, true) => Some(counted("dialog-pin-each", several, language)),
            (several, false) => Some(counted("dialog-pin-once", several, language)),
        }
    }

    fn meaning(&self, language: Language) -> Vec<String> {
        let count = self.documents.len();
        let heading = self.heading(language);
        let texts = self.texts(language);
        let numbered = |at: usize, line: String| match count {
            1 => wrapped(&line, 2),
            _ => wrapped(&format!("{}. {line}", at + 1), 2),
        };
        let described = self
            .documents
            .iter()
            .zip(&texts)
            .enumerate()
            .map(|(at, (document, text))| {
                let described = numbered(at, described(document, language));
                match text {
                    Some(text) => format!("{described}\n{text}"),
                    None => described,
                }
            });
        // Texts apart from each other, so that pages end between them.
        let apart = if texts.iter().any(Option::is_some) {
            "\n\n"
        } else {
            "\n"
        };
        let described = described.collect::<Vec<_>>().join(apart);
        let mut parts = vec![format!("{heading}\n{described}")];
        if self.knows_content && texts.iter().any(Option::is_none) {
            parts.push(say("dialog-content-not-shown", language));
        }
        if let Some((_, count)) = self.place.filter(|_| self.all_or_none) {
            parts.push(counted("dialog-all-or-none", count, language));
        }
        parts.extend(self.entries(language));
        let heading = Message::new("dialog-digests").render(language);
        parts.push(match self.documents.only() {
            Some(only) => wrapped(&format!("{heading} {}", digest_of(only)), 0),
            None => {
                let digests = self.documents.iter().enumerate();
                let digests = digests.map(|(at, document)| numbered(at, digest_of(document)));
                std::iter::once(wrapped(&heading, 0))
                    .chain(digests)
                    .collect::<Vec<_>>()
                    .join("\n")
            }
        });
        parts
    }

    /// Renders the texts of all files that are text, or of none if they would be too long to read.
    fn texts(&self, language: Language) -> Vec<Option<String>> {
        let texts: Vec<_> = self.documents.iter().map(|document| readable(document)).collect();
        let length: usize = texts.iter().flatten().map(|text| text.len()).sum();
        if !self.knows_content || length > SHOWN_TEXT {
            return vec![None; texts.len()];
        }
        let shown = texts.into_iter().map(|text| text.map(|text| barred(text, language)));
        let shown: Vec<Option<String>> = shown.collect();
        let lines: usize = shown.iter().flatten().map(|text| text.lines().count()).sum();
        if lines > SHOWN_LINES {
            return vec![None; shown.len()];
        }
        shown
    }
}

/// Renders the dialog that asks for the PIN after the list was read.
pub(super) fn after_list(language: Language) -> String {
    say("dialog-pin-after-pages", language)
}

/// `“letter.pdf”, PDF, 1234 bytes`
fn described(document: &FileToSign, language: Language) -> String {
    let text = match document.body() {
        FileBody::Content(content) => Message::new("dialog-file").arg("size", content.len().to_string()),
        FileBody::Digest(..) => Message::new("dialog-file-by-digest"),
    };
    text.arg("name", quoted(document.name(), language))
        .arg("type", type_name(document.media_type(), language))
        .render(language)
}

/// Usual word for a type of file; the media type where there is none.
fn type_name(media_type: &str, language: Language) -> String {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "text/plain" => Message::new("dialog-file-text").render(language),
        "application/pdf" => "PDF".to_owned(),
        "application/xml" | "text/xml" => "XML".to_owned(),
        "application/json" => "JSON".to_owned(),
        "image/jpeg" => "JPEG".to_owned(),
        "image/png" => "PNG".to_owned(),
        "application/msword" | "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => {
            "Word".to_owned()
        }
        _ => media_type.to_owned(),
    }
}

fn digest_of(document: &FileToSign) -> String {
    match document.body() {
        FileBody::Content(content) => digest(HashAlgorithm::Sha256, &HashAlgorithm::Sha256.digest(content)),
        FileBody::Digest(hash, value) => digest(*hash, value),
    }
}

/// Its name, and all of it in groups of eight digits.
fn digest(hash: HashAlgorithm, value: &[u8]) -> String {
    let groups = value.chunks(4).map(|group| {
        let digits = group.iter().map(|byte| format!("{byte:02x}"));
        digits.collect::<String>()
    });
    format!("{} {}", hash.name(), groups.collect::<Vec<_>>().join(" "))
}

/// Content of a document, if it is text without characters that hide what it says.
fn readable(document: &FileToSign) -> Option<&str> {
    let text = str::from_utf8(document.content()?).ok()?;
    let hides = |c: char| (c.is_control() && c != '\n') || is_format(c) || is_filler(c);
    let fine = is_plain_text(document.media_type())
        && !text.trim().is_empty()
        // A CR alone hides text: a terminal writes over what stands before it.
        && !text.replace("\r\n", "\n").contains(hides)
        && accents_are_borne(text);
    fine.then_some(text)
}

/// True if it is text that others, too, read as UTF-8. (RFC 2046, 4.1.2)
fn is_plain_text(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().as_deref() == Some("text/plain")
        && parts.all(|parameter| matches!(parameter.as_str(), "charset=utf-8" | "charset=us-ascii"))
}

fn counted(id: &str, count: usize, language: Language) -> String {
    let text = Message::new(id).arg("count", count.to_string());
    paragraph(&text.render(language))
}

fn say(id: &str, language: Language) -> String {
    paragraph(&Message::new(id).render(language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Asker;
    use crate::pin::tries_left_text;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use beid_api::types::{DigestMembers, DocumentMembers};
    use beid_prompt::layout::{COLUMNS, columns};
    use beid_prompt::pages::{LINES, Room, pages};

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
        Documents::parse(list).unwrap()
    }

    fn shown(documents: &Documents) -> FilesDialog<'_> {
        FilesDialog {
            documents,
            knows_content: !documents.have_digests(),
            signatures: documents.len(),
            at_keypad: false,
            place: None,
            all_or_none: false,
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
                let asks = wrapped(&asker.asks("dialog-asked", language), 0);
                let all = [shown.before(asks, language), shown.meaning(language)]
                    .concat()
                    .join("\n\n");
                let room = Room::new(LINES[0]).beside("A heading\n\n");
                let pages = pages(&all, room);
                assert_eq!(pages.concat(), all);
                assert!(pages.iter().all(|page| room.fits(page)));
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
                let asks = wrapped(&asker.asks("dialog-asked", language), 0);
                let asks = format!("{asks}\n{}", holder.render(language));
                let mut parts = [shown.before(asks, language), shown.meaning(language)].concat();
                parts.push(tries_left_text(3).render(language));
                assert!(Room::new(LINES[0]).fits(&parts.join("\n\n")), "{parts:?}");
            }
        }
    }

    #[test]
    fn digests_come_last_and_the_numbers_say_whose_they_are() {
        let text = meaning(vec![
            members("a.pdf", "application/pdf", b"%PDF"),
            members("b.txt", "text/plain; charset=utf-8", b"words"),
        ]);
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        let digest = digest(HashAlgorithm::Sha256, &HashAlgorithm::Sha256.digest(b"words"));
        let (first, _) = digest.split_at(40);
        for pair in [
            "  1. “a.pdf”, PDF, 4 bytes",
            "  2. “b.txt”, text, 5 bytes",
            "    | words",
            "You type your PIN once",
            "Fingerprints, to compare:",
            "  1. SHA-256 ",
            &format!("  2. {first}"),
        ]
        .windows(2)
        {
            assert!(at(pair[0]) < at(pair[1]), "{pair:?}: {text}");
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
        let (short, long) = ("a\n".repeat(SHOWN_LINES), "a\n".repeat(SHOWN_LINES + 1));
        let one = |text: &str| meaning(vec![members("a", "text/plain", text.as_bytes())]);
        assert!(
            one(&short).contains('|') && !one(&long).contains('|'),
            "too many short lines"
        );
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
            "  1. “y",
            "  2. “b›, 1 byte ‹”",
            "  1. SHA-256 ",
            "  2. SHA-256 ",
            "Fingerprints, to compare:",
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
