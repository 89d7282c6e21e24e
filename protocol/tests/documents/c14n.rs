//! Canonical XML, byte for byte as libxml2 makes it, from awkward inputs and from random ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use beid_protocol::c14n;
use beid_protocol::markup::Source;

use crate::python;
use crate::tools::Xorshift;
use beid_testkit::Scratch;

/// Random documents in one run.
const RANDOM: usize = 400;

fn corpus(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/documents/c14n")
        .join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// The canonical forms of a document, by the names that the script has for them.
fn ours(bytes: &[u8]) -> BTreeMap<String, String> {
    let source = Source::read(bytes).unwrap();
    let parsed = source.parse();
    let document = parsed.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)));
    let mut forms = BTreeMap::from([("0".to_owned(), text(c14n::document(&document)))]);
    let included = c14n::subtree(document.root_element(), &["p", "q"]);
    forms.insert("1+".to_owned(), text(included));
    let elements = document.descendants().filter(|node| node.is_element());
    for (number, element) in elements.enumerate().take(40) {
        forms.insert(format!("{}", number + 1), text(c14n::subtree(element, &[])));
    }
    forms
}

fn text(canonical: Vec<u8>) -> String {
    String::from_utf8(canonical).unwrap()
}

/// Canonical forms by lxml of each file, in one run.
fn theirs(files: &[PathBuf]) -> BTreeMap<PathBuf, BTreeMap<String, String>> {
    let mut all: BTreeMap<PathBuf, BTreeMap<String, String>> = BTreeMap::new();
    for line in python::script("c14n.py", files.to_vec()).lines() {
        let [path, part, hex] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let octets = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        let form = text(octets.collect());
        all.entry(path.into()).or_default().insert(part.to_owned(), form);
    }
    all
}

#[track_caller]
fn check_same(files: &[PathBuf]) -> usize {
    let theirs = theirs(files);
    assert_eq!(theirs.len(), files.len());
    let mut forms = 0;
    for (path, theirs) in theirs {
        let input = std::fs::read(&path).unwrap();
        let ours = ours(&input);
        forms += ours.len();
        assert_eq!(ours, theirs, "{} {}", path.display(), String::from_utf8_lossy(&input));
    }
    forms
}

#[test]
fn awkward_documents_come_out_as_with_lxml_whole_and_in_parts() {
    let files = corpus("taken");
    assert!(files.len() >= 40, "{} files", files.len());
    assert!(check_same(&files) > 250);
}

#[test]
fn awkward_documents_come_out_as_with_xmllint() {
    let mut compared = 0;
    for path in corpus("taken") {
        let input = std::fs::read(&path).unwrap();
        // xmllint cannot leave comments out.
        if input.windows(4).any(|window| window == b"<!--") {
            continue;
        }
        let output = Command::new("xmllint")
            .args(["--nonet", "--exc-c14n"])
            .arg(&path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", path.display());
        assert_eq!(ours(&input)["0"], text(output.stdout), "{}", path.display());
        compared += 1;
    }
    assert!(compared >= 40, "{compared} files");
}

#[test]
fn random_documents_come_out_as_with_lxml_whole_and_in_parts() {
    let folder = Scratch::new("protocol");
    let mut dice = Xorshift(0x9E37_79B9_7F4A_7C15);
    let files: Vec<_> = (0..RANDOM)
        .map(|number| folder.write(&format!("{number}.xml"), random(&mut dice).as_bytes()))
        .collect();
    let forms = check_same(&files);
    assert!(forms > 2000, "{forms} forms");
}

#[test]
fn what_lxml_refuses_is_refused() {
    let files = corpus("refused");
    let theirs = theirs(&files);
    let mut by_both = 0;
    for path in files {
        let input = std::fs::read(&path).unwrap();
        let parsed = Source::read(&input).and_then(|source| source.parse().map(drop));
        assert!(parsed.is_err(), "{}", path.display());
        by_both += usize::from(theirs[&path].contains_key("refused"));
    }
    // The rest are document types, encodings and versions that lxml reads and we refuse.
    assert!(by_both >= 35, "{by_both} refused by both");
}

/// Inputs without meaning in XML, or with another one than they seem to have.
const SLIPS: [&str; 48] = [
    "<",
    ">",
    "&",
    "\"",
    "'",
    "=",
    " ",
    "/",
    "?",
    "!",
    "-",
    "--",
    ":",
    "]]>",
    "<!--",
    "-->",
    "<?",
    "?>",
    "<?xml?>",
    "<?xml version=\"1.0\"?>",
    "<?XML a?>",
    "<?a=b?>",
    "<?a:b?>",
    "<? a?>",
    "<!-- a -- b -->",
    "<!-- a --->",
    "&a;",
    "&#0;",
    "&#x;",
    "&#32",
    "&amp",
    "\u{1}",
    "\u{B}",
    "\u{85}",
    "\u{FFFE}",
    "\u{FEFF}",
    "<a:b:c/>",
    "<:a/>",
    "<a:/>",
    "<a b/>",
    "<a b=c/>",
    "<a b='<'/>",
    "<a b='1'c='2'/>",
    "<a b='1' b='2'/>",
    "</a>",
    "<a xmlns:xml='urn:a'/>",
    "<1/>",
    "<-a/>",
];

#[test]
fn whatever_lxml_refuses_of_documents_with_slips_is_refused() {
    let folder = Scratch::new("protocol");
    let mut dice = Xorshift(0x2545_F491_4F6C_DD1D);
    let mut files = Vec::new();
    while files.len() < 1500 {
        let mut xml = random(&mut dice);
        for _ in 0..=dice.below(2) {
            let places: Vec<_> = xml.char_indices().map(|(at, _)| at).collect();
            let at = places[dice.below(places.len())];
            match dice.below(4) {
                0 => drop(xml.remove(at)),
                _ => xml.insert_str(at, dice.one(&SLIPS)),
            }
        }
        files.push(folder.write(&format!("{}.xml", files.len()), xml.as_bytes()));
    }
    let theirs = theirs(&files);
    let refused = files.iter().filter(|path| theirs[*path].contains_key("refused"));
    let inputs: Vec<_> = refused.map(|path| std::fs::read(path).unwrap()).collect();
    let taken = inputs.iter().filter(|input| {
        let parsed = Source::read(input).and_then(|source| source.parse().map(drop));
        parsed.is_ok()
    });
    let taken: Vec<_> = taken.map(|input| String::from_utf8_lossy(input)).collect();
    assert!(taken.is_empty(), "{} taken: {taken:#?}", taken.len());
    assert!(inputs.len() > 500, "{}", inputs.len());
}

const PREFIXES: [&str; 5] = ["", "p", "q", "r", "ds"];
const URIS: [&str; 5] = ["urn:a", "urn:b", "http://example.org/a?b=c;d", "urn:b#", "urn:a#"];
const NAMES: [&str; 6] = ["a", "b", "Id", "c-d", "é", "a.b"];
const TEXTS: [&str; 14] = [
    "text", " ", "\n\t", "\r\n", "\r", "&amp;", "&#xD;", "&#9;", "é", "😀", "'", ">", "&lt;", "]]&gt;",
];

fn random(dice: &mut Xorshift) -> String {
    let mut xml = String::new();
    if dice.below(2) == 0 {
        xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n");
    }
    beside(dice, &mut xml);
    element(dice, &mut xml, &BTreeMap::new(), 0);
    beside(dice, &mut xml);
    xml
}

fn beside(dice: &mut Xorshift, xml: &mut String) {
    for _ in 0..dice.below(3) {
        xml.push_str(dice.one(&["<?i?>", "<?i  j k ?>", "<!-- c -->", "\n", "\r\n"]));
    }
}

/// Writes an element; `scope` has the namespace of each prefix, and no entry for one without a namespace.
fn element(dice: &mut Xorshift, xml: &mut String, scope: &BTreeMap<&'static str, &'static str>, depth: usize) {
    let mut scope = scope.clone();
    let mut declared = BTreeMap::new();
    for _ in 0..dice.below(3) {
        let (prefix, uri) = (dice.one(&PREFIXES), dice.one(&URIS));
        if prefix.is_empty() && dice.below(3) == 0 {
            scope.remove(prefix);
            declared.insert(prefix, "");
        } else {
            scope.insert(prefix, uri);
            declared.insert(prefix, uri);
        }
    }
    let in_scope: Vec<_> = scope.keys().copied().chain([""]).collect();
    let name = qualified(dice.one(&in_scope), dice.one(&NAMES));
    let mut attributes = Vec::new();
    for (prefix, uri) in &declared {
        let name = if prefix.is_empty() {
            "xmlns".to_owned()
        } else {
            format!("xmlns:{prefix}")
        };
        attributes.push(format!("{name}=\"{uri}\""));
    }
    let mut expanded = BTreeSet::new();
    for _ in 0..dice.below(4) {
        let (prefix, local) = (dice.one(&in_scope), dice.one(&NAMES));
        let uri = if prefix.is_empty() { "" } else { scope[prefix] };
        if expanded.insert((uri, local)) {
            let value: String = (0..dice.below(3)).map(|_| dice.one(&TEXTS)).collect();
            attributes.push(format!("{}=\"{value}\"", qualified(prefix, local)));
        }
    }
    if dice.below(6) == 0 {
        attributes.push("xml:lang='nl'".to_owned());
    }
    // In any order.
    for at in (1..attributes.len()).rev() {
        attributes.swap(at, dice.below(at + 1));
    }
    xml.push_str(&format!("<{name}"));
    for attribute in attributes {
        xml.push_str(dice.one(&[" ", "\n", "\t "]));
        xml.push_str(&attribute);
    }
    if dice.below(6) == 0 {
        xml.push_str("/>");
        return;
    }
    xml.push('>');
    for _ in 0..dice.below(5) {
        match dice.below(6) {
            0..=2 if depth < 6 => element(dice, xml, &scope, depth + 1),
            3 => xml.push_str(dice.one(&["<!-- c -->", "<?i j?>", "<![CDATA[<&>\r\n]]>", "<![CDATA[]]>"])),
            _ => xml.push_str(dice.one(&TEXTS)),
        }
    }
    xml.push_str(&format!("</{name}>"));
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() {
        local.to_owned()
    } else {
        format!("{prefix}:{local}")
    }
}
