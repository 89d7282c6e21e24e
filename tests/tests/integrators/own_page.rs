//! The daemon's own page: its texts are those of dialogs, word for word, and its library is the published one.

use super::{file, timed};
use beid_e2e::{Scratch, test_tools, tool};
use beid_texts::{Language, Message, Render, source};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Directory of the page's files.
fn page() -> PathBuf {
    file("daemon/front-https/src/page")
}

/// Names of the files in a directory that end with `.js`.
fn modules(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let names = entries.map(|entry| {
        entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a name in UTF-8")
    });
    names.filter(|name| name.ends_with(".js")).collect()
}

/// A message with values for its gaps.
struct Rendering {
    id: String,
    values: Vec<(String, String)>,
}

/// Every message of a Fluent file, once with each word that it tells apart.
fn renderings(texts: &str) -> Vec<Rendering> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in texts.lines() {
        match (line.split_once(" = "), found.last_mut()) {
            (Some((id, pattern)), _) if !line.starts_with([' ', '#']) => {
                found.push((id.to_owned(), pattern.to_owned()))
            }
            (_, Some((_, pattern))) if line.starts_with(' ') => *pattern += line,
            _ => {}
        }
    }
    let mut all = Vec::new();
    for (id, pattern) in found {
        let gaps: BTreeSet<&str> = pattern
            .split('$')
            .skip(1)
            .filter_map(|rest| rest.split([' ', '}']).next())
            .collect();
        let words = pattern.split('[').skip(1).filter_map(|rest| rest.split(']').next());
        // «1» and a leading nought would be written anew if they were taken for numbers.
        for word in ["007", "1.50", "a & b <i>", "1"].into_iter().chain(words) {
            let values = gaps.iter().map(|gap| ((*gap).to_owned(), word.to_owned())).collect();
            all.push(Rendering { id: id.clone(), values });
        }
    }
    all
}

/// Renders a message as dialogs do.
fn ours(rendering: &Rendering, language: Language) -> String {
    let message = Message::new(rendering.id.clone());
    let values = rendering.values.iter();
    let filled = values.fold(message, |message, (name, value)| {
        message.arg(leaked(name), value.clone())
    });
    filled.render(language)
}

/// A name for as long as the test lives: names of gaps are written in the code.
fn leaked(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

#[test]
fn the_page_renders_every_text_as_dialogs_do() {
    let scratch = Scratch::new("page-texts");
    let copy = |name: &str| {
        fs::copy(page().join(name), scratch.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    };
    fs::create_dir(scratch.path().join("fluent")).expect("a directory");
    modules(&page().join("fluent"))
        .iter()
        .for_each(|name| copy(&format!("fluent/{name}")));
    copy("texts.js");
    scratch.write("package.json", br#"{"type":"module"}"#);
    let script = scratch.write("render.js", RENDER.as_bytes());
    let languages = Language::ALL.iter().map(|language| {
        let texts = source(*language);
        let all = renderings(&texts);
        (*language, texts, all)
    });
    let languages: Vec<_> = languages.collect();
    let orders = languages.iter().map(|(language, texts, all)| {
        let all = all.iter().map(|one| {
            let values: serde_json::Map<_, _> = one
                .values
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            json!([one.id, values])
        });
        json!({ "language": language.tag(), "texts": texts, "renderings": all.collect::<Vec<_>>() })
    });
    let orders = Value::from(orders.collect::<Vec<_>>()).to_string();
    let mut node = timed(tool("node"));
    let mut node = node
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    node.stdin
        .take()
        .expect("its input")
        .write_all(orders.as_bytes())
        .expect("it reads");
    let output = node.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let theirs: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).expect("texts");
    let mut compared = 0;
    for ((language, _, all), theirs) in languages.iter().zip(&theirs) {
        assert_eq!(all.len(), theirs.len());
        for (rendering, theirs) in all.iter().zip(theirs) {
            assert_eq!(
                &ours(rendering, *language),
                theirs,
                "{} in {}",
                rendering.id,
                language.tag()
            );
            compared += 1;
        }
    }
    assert!(compared > 4 * 4 * 500, "{compared}");
}

/// The page's own module, with what it needs of a browser.
const RENDER: &str = r#"
import { readFileSync } from "node:fs";
const orders = JSON.parse(readFileSync(0, "utf8"));
globalThis.document = { documentElement: { lang: "", querySelectorAll: () => [] } };
globalThis.fetch = async (path) => {
    const { texts } = orders.find(({ language }) => path === `/page/locales/${language}.ftl`);
    return { ok: true, text: async () => texts };
};
const { speak, t } = await import("./texts.js");
const all = [];
for (const { language, renderings } of orders) {
    await speak(language);
    all.push(renderings.map(([id, values]) => t(id, values)));
}
process.stdout.write(JSON.stringify(all));
"#;

#[test]
fn the_page_has_the_library_that_was_published() {
    let published = test_tools().join("npm/node_modules/@fluent/bundle");
    let manifest = fs::read_to_string(published.join("package.json")).expect("the package");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let ours = fs::read_to_string(page().join("fluent/README.md")).expect("its page");
    let version = manifest["version"].as_str().expect("a version");
    assert!(ours.starts_with(&format!("# @fluent/bundle {version}\n")));
    assert_eq!(manifest["license"], "Apache-2.0");
    let lock = fs::read_to_string(file("tests/tools/npm/package-lock.json")).expect("the lock");
    let lock: Value = serde_json::from_str(&lock).expect("JSON");
    let integrity = &lock["packages"]["node_modules/@fluent/bundle"]["integrity"];
    assert!(ours.contains(integrity.as_str().expect("an integrity")));
    let (mut ours, mut theirs) = (modules(&page().join("fluent")), modules(&published.join("esm")));
    theirs.retain(|name| name != "ast.js");
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
    for name in ours {
        let (ours, theirs) = (page().join("fluent").join(&name), published.join("esm").join(&name));
        let read = |path: &Path| fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(read(&ours), read(&theirs), "{name}");
    }
}
