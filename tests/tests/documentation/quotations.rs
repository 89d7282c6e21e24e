//! Quotations on the pages for patients are what the windows and the page of beidd say in that language.
//!
//! Bold letters are for buttons, which are quoted whole; italics for other texts, of which a part may be quoted. Bold letters
//! that end with a full stop begin a paragraph and quote nothing.

use crate::MarkdownPage;
use beid_e2e::workspace;
use std::fs;

/// Languages of the pages and of the texts, by the names of their files.
const LANGUAGES: [&str; 4] = ["nl", "fr", "de", "en"];

/// Texts of a language, without their ids.
fn texts(source: &str) -> Vec<&str> {
    let texts = source.lines().filter(|line| !line.starts_with('#'));
    texts
        .filter_map(|line| line.split_once(" = ").map(|(_, text)| text))
        .collect()
}

/// The parts of a page in bold letters, and those in italics, each on one line.
fn quotations(page: &str) -> (Vec<String>, Vec<String>) {
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut bold, mut italic) = (Vec::new(), Vec::new());
    for (number, part) in page.split("**").enumerate() {
        if number % 2 == 1 {
            bold.push(part.to_owned());
        } else {
            italic.extend(part.split('*').skip(1).step_by(2).map(str::to_owned));
        }
    }
    (bold, italic)
}

#[test]
fn pages_for_patients_quote_what_is_shown() {
    for language in LANGUAGES {
        let page = MarkdownPage::read(&workspace().join(format!("docs/people/{language}.md")));
        let source = workspace().join(format!("daemon/texts/locales/{language}.ftl"));
        let source = fs::read_to_string(source).expect("texts of the language");
        let (texts, (bold, italic)) = (texts(&source), quotations(&page.text));
        let buttons = bold.iter().filter(|quoted| !quoted.ends_with('.'));
        let strange: Vec<_> = buttons
            .filter(|quoted| !texts.contains(&quoted.as_str()))
            .chain(
                italic
                    .iter()
                    .filter(|quoted| !texts.iter().any(|text| text.contains(quoted.as_str()))),
            )
            .collect();
        assert!(strange.is_empty(), "{}: shown nowhere: {strange:?}", page.path);
        assert!(
            bold.len() > 10 && italic.len() > 4,
            "{}: {bold:?} {italic:?}",
            page.path
        );
    }
}

#[test]
fn quotations_are_read_over_the_ends_of_lines() {
    let (bold, italic) = quotations("a **b\nc** d *e\nf* **g.** h");
    assert_eq!(bold, ["b c", "g."]);
    assert_eq!(italic, ["e f"]);
    assert_eq!(texts("# x = y\na = b\nc = d = e\n"), ["b", "d = e"]);
}
