//! Fenced blocks of pages.

use crate::{MarkdownPage, pages};
use beid_e2e::workspace;
use std::fs;

/// A fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    /// Page and line, for messages.
    pub(crate) place: String,
    /// First word behind the fence.
    pub(crate) language: String,
    /// The words after it.
    pub(crate) note: String,
    /// The block, without the fence and without the indentation of the fence.
    pub(crate) text: String,
}

impl Fence {
    /// Reason why the block is not run, if its note gives one.
    pub(crate) fn not_run(&self) -> Option<&str> {
        self.note.strip_prefix("not-run: ")
    }

    /// True if it holds commands, of a shell or of a database.
    pub(crate) fn is_commands(&self) -> bool {
        ["sh", "sql"].contains(&self.language.as_str())
    }
}

/// Blocks in other languages, and those in these that need more than a desk: page, language, and the test that tries them.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("docs/dbus.md", "python", "tests/tests/integrators/pages.rs"),
    (
        "docs/documents/consents.md",
        "json",
        "protocol/tests/documents/pages.rs",
    ),
    ("docs/documents/consents.md", "xml", "protocol/tests/documents/pages.rs"),
    (
        "docs/documents/therapeutic-exclusions.md",
        "json",
        "protocol/tests/documents/pages.rs",
    ),
    (
        "docs/documents/therapeutic-exclusions.md",
        "xml",
        "protocol/tests/documents/pages.rs",
    ),
    (
        "docs/documents/therapeutic-links.md",
        "json",
        "protocol/tests/documents/pages.rs",
    ),
    (
        "docs/documents/therapeutic-links.md",
        "xml",
        "protocol/tests/documents/pages.rs",
    ),
    ("docs/exports.md", "json", "daemon/front-https/src/tests/records.rs"),
    ("docs/integrating.md", "js", "tests/tests/integrators/js_client.rs"),
    (
        "docs/operations/consents.md",
        "json",
        "daemon/front-https/src/tests/consents.rs",
    ),
    (
        "docs/operations/consents.md",
        "xml",
        "daemon/front-https/src/tests/consents.rs",
    ),
    (
        "docs/operations/responses.md",
        "json",
        "daemon/front-https/src/tests/responses.rs",
    ),
    (
        "docs/operations/responses.md",
        "xml",
        "daemon/front-https/src/tests/responses.rs",
    ),
    (
        "docs/operations/therapeutic-exclusions.md",
        "json",
        "daemon/front-dbus/tests/dbus/links/pages.rs",
    ),
    (
        "docs/operations/therapeutic-exclusions.md",
        "xml",
        "daemon/front-dbus/tests/dbus/links/pages.rs",
    ),
    (
        "docs/operations/therapeutic-links.md",
        "json",
        "daemon/front-dbus/tests/dbus/links/pages.rs",
    ),
    (
        "docs/operations/therapeutic-links.md",
        "xml",
        "daemon/front-dbus/tests/dbus/links/pages.rs",
    ),
    ("docs/redirect.md", "html", "tests/browsers/scenarios/redirect.mjs"),
    ("docs/redirect.md", "js", "tests/browsers/scenarios/redirect.mjs"),
    ("docs/scaling.md", "sql", "daemon/evidence/src/tests/partitions.rs"),
    ("docs/trust.md", "sh", "tests/tests/tls/page.rs"),
];

/// Languages that this suite tries.
const HERE: [&str; 5] = ["sh", "sql", "text", "toml", "json"];

/// Lists the blocks of a page.
pub(crate) fn fences(page: &MarkdownPage) -> Vec<Fence> {
    let (mut found, mut open): (Vec<Fence>, Option<(Fence, usize)>) = (Vec::new(), None);
    for (number, line) in page.text.lines().enumerate() {
        let indentation = line.len() - line.trim_start().len();
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(info)) => {
                let (language, note) = info.split_once(' ').unwrap_or((info, ""));
                let fence = Fence {
                    place: format!("{}:{}", page.path, number + 1),
                    language: language.to_owned(),
                    note: note.trim().to_owned(),
                    text: String::new(),
                };
                open = Some((fence, indentation));
            }
            (Some(_), Some(_)) => found.extend(open.take().map(|(fence, _)| fence)),
            (Some((fence, margin)), None) => {
                fence
                    .text
                    .push_str(line.get(indentation.min(*margin)..).unwrap_or_default());
                fence.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{open:?} has no end");
    found
}

/// True if another suite tries the blocks of this language on this page.
pub(crate) fn is_tried_elsewhere(page: &MarkdownPage, language: &str) -> bool {
    ELSEWHERE
        .iter()
        .any(|(path, its, _)| *path == page.path && *its == language)
}

#[test]
fn every_block_is_tried_or_says_why_not() {
    for page in pages() {
        for fence in fences(&page) {
            let elsewhere = is_tried_elsewhere(&page, &fence.language);
            let known = HERE.contains(&fence.language.as_str()) || elsewhere || fence.not_run().is_some();
            assert!(known, "{}: nothing tries {:?}", fence.place, fence.language);
            let reason = fence.not_run().map(str::len);
            assert!(reason.is_none_or(|length| length > 9), "{}: no reason", fence.place);
        }
    }
}

#[test]
fn blocks_that_another_suite_tries_are_named_there() {
    for (path, language, suite) in ELSEWHERE {
        let page = MarkdownPage::read(&workspace().join(path));
        assert!(
            fences(&page).iter().any(|fence| fence.language == *language),
            "{path} {language}"
        );
        let source = fs::read_to_string(workspace().join(suite)).expect("a suite");
        let name = path.rsplit('/').next().unwrap_or(path);
        assert!(source.contains(name), "{suite} does not name {name}");
    }
}

#[test]
fn fences_are_read_with_their_notes_and_without_their_indentation() {
    let page = MarkdownPage {
        path: "a.md".to_owned(),
        text: "x\n```sh not-run: needs the moon\nls\n```\n  ```toml\n  [a]\n    b = 1\n  ```\n".to_owned(),
    };
    let found = fences(&page);
    let [first, second] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((first.place.as_str(), first.text.as_str()), ("a.md:2", "ls\n"));
    assert_eq!(first.not_run(), Some("needs the moon"));
    assert_eq!(
        (second.language.as_str(), second.text.as_str()),
        ("toml", "[a]\n  b = 1\n")
    );
}
