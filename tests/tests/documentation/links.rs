//! Links of every Markdown file: those to files and their headings lead there, others are well-formed.

use crate::{MarkdownPage, markdown_below, pages};
use beid_e2e::workspace;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders with further pages, besides those of `docs/`.
const FOLDERS: [&str; 3] = ["examples", "fuzz", "tests/browsers"];
/// Single further pages.
const FILES: [&str; 6] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "RELEASING.md",
    "SECURITY.md",
    "card/FAULTS.md",
];

/// A page without its fenced blocks.
fn prose(text: &str) -> String {
    let mut inside = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !fence && !inside
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The text without what stands between back quotes, where brackets and parentheses are no links.
fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// Targets of inline links and images, `[text](target)`, of links in angle brackets, and of attributes `href` and `src`.
fn targets(text: &str) -> Vec<String> {
    let text = without_code(&prose(text));
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let attributes = ["href=\"", "src=\""]
        .into_iter()
        .flat_map(|name| text.split(name).skip(1));
    let attributes = attributes.filter_map(|rest| rest.split('"').next());
    let bare = text.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    let bare = bare.filter(|target| target.starts_with("http"));
    inline.chain(attributes).chain(bare).map(str::to_owned).collect()
}

/// Anchors of a page: those of its headings, as GitHub makes them, and those written as `<a id="…">`.
fn anchors(text: &str) -> BTreeSet<String> {
    let text = prose(text);
    let mut found = BTreeSet::new();
    for heading in text.lines().filter(|line| line.starts_with('#')) {
        let heading = heading.trim_start_matches('#').trim().replace('`', "");
        // Only the text of a link is seen.
        let heading = heading.split("](").enumerate().map(|(number, part)| match number {
            0 => part.to_owned(),
            _ => part
                .split_once(')')
                .map(|(_, rest)| rest.to_owned())
                .unwrap_or_default(),
        });
        let slug: String = heading
            .collect::<String>()
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                _ if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                _ => None,
            })
            .collect();
        let again = (0..).map(|number| {
            if number == 0 {
                slug.clone()
            } else {
                format!("{slug}-{number}")
            }
        });
        let free = again.into_iter().find(|slug| !found.contains(slug));
        found.extend(free);
    }
    let written = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    found.extend(written.map(str::to_owned));
    found
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => plain.push(part),
        }
    }
    plain
}

/// Reason why a link leads nowhere, if it does.
fn fault(page: &MarkdownPage, target: &str) -> Option<String> {
    if target.starts_with("http://") || target.starts_with("https://") || target.starts_with("mailto:") {
        let host = target.split("://").nth(1).and_then(|rest| rest.split('/').next());
        let fine = target.is_ascii()
            && !target.contains(' ')
            && host.is_none_or(|host| host.contains('.') || host == "localhost");
        return (!fine).then(|| "no address".to_owned());
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let own = workspace().join(&page.path);
    let path = match file {
        "" => own,
        _ => plain(&own.parent()?.join(file)),
    };
    if !path.exists() {
        return Some("no such file".to_owned());
    }
    if anchor.is_empty() || path.extension().is_none_or(|extension| extension != "md") {
        return None;
    }
    let there = anchors(&fs::read_to_string(&path).ok()?);
    (!there.contains(anchor)).then(|| "no such heading".to_owned())
}

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let mut all = pages();
    let further = FOLDERS.into_iter().flat_map(markdown_below);
    let further = further.chain(FILES.map(|file| workspace().join(file)));
    let further = further.filter(|path| !path.components().any(|part| part.as_os_str() == "node_modules"));
    all.extend(further.map(|path| MarkdownPage::read(&path)));
    let (mut links, mut faults) = (0, Vec::new());
    for page in &all {
        for target in targets(&page.text) {
            links += 1;
            faults.extend(fault(page, &target).map(|why| format!("{}: {target}: {why}", page.path)));
        }
    }
    println!("{links} links on {} pages", all.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(links > 300, "{links}");
}

#[test]
fn every_page_is_reached_from_the_map() {
    let all = pages();
    let map = all.iter().find(|page| page.path == "docs/README.md").expect("a map");
    let known: Vec<_> = targets(&map.text)
        .iter()
        .map(|target| {
            plain(
                &workspace()
                    .join("docs")
                    .join(target.split('#').next().unwrap_or_default()),
            )
        })
        .collect();
    for page in all.iter().filter(|page| page.path != map.path) {
        assert!(
            known.contains(&plain(&workspace().join(&page.path))),
            "docs/README.md has no row for {}",
            page.path
        );
    }
}

#[test]
fn links_and_anchors_are_read_as_browsers_show_them() {
    let page =
        "# A `code` & more: x\n[a](b.md#c) `[no](link)`\n```\n[no](either)\n# nor this\n```\n<https://x.be>\n## [T](u)";
    assert_eq!(targets(page), ["b.md#c", "u", "https://x.be"]);
    let anchors: Vec<_> = anchors(page).into_iter().collect();
    assert_eq!(anchors, ["a-code--more-x", "t"]);
}
