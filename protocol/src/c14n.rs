//! Exclusive canonical XML 1.0 without comments: the one form of a document, or of a part of it, that is hashed.
//!
//! Two documents that say the same may differ in bytes: in quotes, in the order of attributes, in where a namespace is
//! declared. A signature over XML is over the canonical form. "Exclusive" means that a part says of its surroundings only
//! what its names need, so that it stays the same when it is wrapped into something else.
//!
//! The parser must be a conforming one, and line ends are replaced before it sees them ([`markup`](crate::markup)). The
//! walk does not call itself: no depth of a document can exhaust the stack.
//!
//! Source: Exclusive XML Canonicalization 1.0 (W3C, 18 July 2002), 3; Canonical XML 1.0 (W3C, 15 March 2001), 2.

use std::collections::BTreeMap;

use roxmltree::{Attribute, Document, Node};

/// What this form is called in signatures.
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// The whole document.
#[must_use]
pub fn document(document: &Document<'_>) -> Vec<u8> {
    subtree(document.root(), &[])
}

/// `apex` and everything in it, in place: what is declared outside counts where it is used inside.
///
/// `inclusive` is the `PrefixList` of `InclusiveNamespaces`: prefixes that are written where they are declared rather than
/// where they are used. `#default` stands for no prefix. We never write such a list; others' signatures may.
#[must_use]
pub fn subtree(apex: Node<'_, '_>, inclusive: &[&str]) -> Vec<u8> {
    let mut canonical = Canonical {
        out: String::new(),
        inclusive,
        written: BTreeMap::new(),
        replaced: Vec::new(),
        marks: Vec::new(),
        behind_root: false,
    };
    let mut node = apex;
    loop {
        canonical.begin(node);
        if let Some(child) = node.first_child() {
            node = child;
            continue;
        }
        loop {
            canonical.end(node);
            if node == apex {
                return canonical.out.into_bytes();
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else {
                return canonical.out.into_bytes();
            };
            node = parent;
        }
    }
}

/// What is written so far, and which declarations hold where we are.
struct Canonical<'a, 'p> {
    out: String,
    inclusive: &'p [&'p str],
    /// Namespaces by prefix (`""`: none), as the elements written around here declare them.
    written: BTreeMap<&'a str, &'a str>,
    /// What `written` was before: for each declaration written, its prefix and what that stood for.
    replaced: Vec<(&'a str, Option<&'a str>)>,
    /// For each element that is open, how long `replaced` was before it.
    marks: Vec<usize>,
    /// Whether the root element is complete.
    behind_root: bool,
}

impl<'a> Canonical<'a, '_> {
    fn begin(&mut self, node: Node<'a, 'a>) {
        if node.is_element() {
            self.start_tag(node);
        } else if node.is_text() {
            escape(&mut self.out, node.text().unwrap_or_default(), text_escape);
        } else if node.is_pi() {
            self.instruction(node);
        }
    }

    fn end(&mut self, node: Node<'a, 'a>) {
        if !node.is_element() {
            return;
        }
        self.out.push_str("</");
        self.out.push_str(qualified_name(node));
        self.out.push('>');
        let mark = self.marks.pop().unwrap_or_default();
        for (prefix, before) in self.replaced.drain(mark..).rev() {
            match before {
                None => self.written.remove(prefix),
                Some(uri) => self.written.insert(prefix, uri),
            };
        }
        self.behind_root = self.marks.is_empty();
    }

    fn start_tag(&mut self, node: Node<'a, 'a>) {
        self.marks.push(self.replaced.len());
        self.out.push('<');
        self.out.push_str(qualified_name(node));
        let mut attributes: Vec<Attribute<'a, 'a>> = node.attributes().collect();
        attributes.sort_by_key(|attribute| (attribute.namespace().unwrap_or_default(), attribute.name()));
        for prefix in self.prefixes(node, &attributes) {
            self.declare(node, prefix);
        }
        for attribute in attributes {
            self.attribute(attribute_name(node, &attribute), attribute.value());
        }
        self.out.push('>');
    }

    /// The prefixes that may have to be declared here, sorted, each once: those of the names, and those on the list.
    fn prefixes(&self, node: Node<'a, 'a>, attributes: &[Attribute<'a, 'a>]) -> Vec<&'a str> {
        let qualified = attributes.iter().filter(|attribute| attribute.namespace().is_some());
        let mut prefixes: Vec<_> = qualified
            .map(|attribute| prefix(attribute_name(node, attribute)))
            .collect();
        prefixes.push(prefix(qualified_name(node)));
        if !self.inclusive.is_empty() {
            let in_scope = node.namespaces().map(|namespace| namespace.name().unwrap_or_default());
            prefixes.extend(in_scope.filter(|name| {
                let name = if name.is_empty() { "#default" } else { name };
                self.inclusive.contains(&name)
            }));
            if self.inclusive.contains(&"#default") {
                prefixes.push("");
            }
        }
        // It is never declared, for it cannot be anything else.
        prefixes.retain(|prefix| *prefix != "xml");
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }

    /// Writes what `prefix` stands for, unless that is what an element around here says already.
    fn declare(&mut self, node: Node<'a, 'a>, prefix: &'a str) {
        let name = (!prefix.is_empty()).then_some(prefix);
        let uri = node.lookup_namespace_uri(name).unwrap_or_default();
        if self.written.get(prefix).copied().unwrap_or_default() == uri {
            return;
        }
        if prefix.is_empty() {
            self.attribute("xmlns", uri);
        } else {
            self.attribute(&format!("xmlns:{prefix}"), uri);
        }
        let before = self.written.insert(prefix, uri);
        self.replaced.push((prefix, before));
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(&mut self.out, value, attribute_escape);
        self.out.push('"');
    }

    /// A processing instruction; beside the root element it has a line of its own.
    fn instruction(&mut self, node: Node<'a, 'a>) {
        let Some(instruction) = node.pi() else { return };
        let beside_root = node.parent().is_some_and(|parent| parent.is_root());
        if beside_root && self.behind_root {
            self.out.push('\n');
        }
        self.out.push_str("<?");
        self.out.push_str(instruction.target);
        if let Some(value) = instruction.value.filter(|value| !value.is_empty()) {
            self.out.push(' ');
            self.out.push_str(value);
        }
        self.out.push_str("?>");
        if beside_root && !self.behind_root {
            self.out.push('\n');
        }
    }
}

/// The name of an element as it is written; the parser keeps namespace and local name only.
fn qualified_name<'a>(node: Node<'a, 'a>) -> &'a str {
    // Behind the `<`.
    written_name(node, node.range().start + 1)
}

fn attribute_name<'a>(node: Node<'a, 'a>, attribute: &Attribute<'a, 'a>) -> &'a str {
    written_name(node, attribute.range().start)
}

fn written_name<'a>(node: Node<'a, 'a>, at: usize) -> &'a str {
    let rest = node.document().input_text().get(at..).unwrap_or_default();
    rest.split([' ', '\t', '\n', '/', '>', '=']).next().unwrap_or_default()
}

fn prefix(qualified_name: &str) -> &str {
    qualified_name.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// Text as it stands between tags.
pub(crate) fn escaped_text(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text, text_escape);
    out
}

/// Text as it stands in an attribute, between double quotes.
pub(crate) fn escaped_attribute(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text, attribute_escape);
    out
}

fn escape(out: &mut String, text: &str, escape_of: fn(char) -> Option<&'static str>) {
    let mut rest = text;
    while let Some((at, special)) = rest
        .char_indices()
        .find_map(|(at, c)| escape_of(c).map(|escape| (at, escape)))
    {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(special);
        // All that are escaped are one byte long.
        rest = tail.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

fn text_escape(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        _ => None,
    }
}

fn attribute_escape(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markup::Source;

    #[track_caller]
    fn check(xml: &str, expected: &str) {
        let source = Source::read(xml.as_bytes()).unwrap();
        let canonical = document(&source.parse().unwrap());
        assert_eq!(String::from_utf8(canonical).unwrap(), expected);
    }

    /// The first element called `name`, in place.
    #[track_caller]
    fn check_part(xml: &str, name: &str, inclusive: &[&str], expected: &str) {
        let source = Source::read(xml.as_bytes()).unwrap();
        let document = source.parse().unwrap();
        let mut found = document.descendants().filter(|node| node.tag_name().name() == name);
        let canonical = subtree(found.next().unwrap(), inclusive);
        assert_eq!(String::from_utf8(canonical).unwrap(), expected);
    }

    #[test]
    fn namespaces_stand_where_they_are_used() {
        check(
            "<a xmlns:n='urn:n' xmlns='urn:d'><b><n:c/><n:d n:e='f'/></b></a>",
            "<a xmlns=\"urn:d\"><b><n:c xmlns:n=\"urn:n\"></n:c><n:d xmlns:n=\"urn:n\" n:e=\"f\"></n:d></b></a>",
        );
    }

    #[test]
    fn a_default_namespace_is_taken_back() {
        check(
            "<a xmlns='urn:d'><b xmlns=''><c xmlns='urn:d'/></b></a>",
            "<a xmlns=\"urn:d\"><b xmlns=\"\"><c xmlns=\"urn:d\"></c></b></a>",
        );
    }

    #[test]
    fn instructions_beside_the_root_have_lines_of_their_own_and_comments_go() {
        check(
            "<?xml version='1.0'?>\r\n<?a  b?><!-- c --><d><!-- e --><?f?></d><?g?>",
            "<?a b?>\n<d><?f?></d>\n<?g?>",
        );
    }

    #[test]
    fn listed_prefixes_stand_where_they_are_declared() {
        let xml = "<a xmlns:n='urn:n' xmlns='urn:d'><n:b xmlns=''><c n:d='e'/></n:b></a>";
        check_part(xml, "c", &[], "<c xmlns:n=\"urn:n\" n:d=\"e\"></c>");
        let xml = "<a xmlns:n='urn:n' xmlns='urn:d' xmlns:u='urn:u'><n:b><n:c/></n:b></a>";
        check_part(
            xml,
            "b",
            &["u", "#default", "absent"],
            "<n:b xmlns=\"urn:d\" xmlns:n=\"urn:n\" xmlns:u=\"urn:u\"><n:c></n:c></n:b>",
        );
    }
}
