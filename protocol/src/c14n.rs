//! Canonical XML: the one form of a document, or of a part of it, that is hashed.
//!
//! Two documents that say the same may differ in bytes: in quotes, in the order of attributes, in where a namespace is
//! declared. A signature over XML is over the canonical form. Two kinds are in use. *Exclusive* means that a part says
//! of its surroundings only what its names need, so that it stays the same when it is wrapped into something else; we
//! write no other. *Inclusive* means that a part also says every namespace that holds where it stands, and the
//! attributes of `xml:` that it inherits. Each kind comes with comments and without.
//!
//! The parser must be a conforming one, and line ends are replaced before it sees them ([`markup`]). The
//! walk does not call itself: no depth of a document can exhaust the stack.
//!
//! Source: Exclusive XML Canonicalization 1.0 (W3C, 18 July 2002), 3; Canonical XML 1.0 (W3C, 15 March 2001), 2;
//! Canonical XML 1.1 (W3C, 2 May 2008), 2.4.

use std::collections::BTreeMap;

use roxmltree::{Attribute, Document, Node};

use crate::markup;

/// Name of the exclusive form in signatures.
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// Name of the inclusive form, and of any form that a signature does not name.
pub const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
/// Name of the inclusive form of 2008.
pub const INCLUSIVE_1_1: &str = "http://www.w3.org/2006/12/xml-c14n11";

/// Namespace of `xml:lang` and its kind.
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A canonical form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CanonicalForm<'p> {
    kind: CanonicalKind<'p>,
    comments: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum CanonicalKind<'p> {
    /// Exclusive, except for these prefixes, which are written where they are declared: the `PrefixList` of
    /// `InclusiveNamespaces`. `#default` stands for no prefix. We never write such a list; others' signatures may.
    Exclusive(Vec<&'p str>),
    /// Inclusive of 2001: every attribute of `xml:` is inherited.
    Inclusive,
    /// Inclusive of 2008: `xml:lang` and `xml:space` are inherited, `xml:id` is not, and `xml:base` is put together anew.
    InclusiveOneOne,
}

impl<'p> CanonicalForm<'p> {
    /// The form that we write: exclusive, without comments.
    #[must_use]
    pub fn exclusive() -> Self {
        Self::exclusive_with(Vec::new())
    }

    /// The exclusive form with a list of prefixes, without comments.
    #[must_use]
    pub fn exclusive_with(prefixes: Vec<&'p str>) -> Self {
        Self {
            kind: CanonicalKind::Exclusive(prefixes),
            comments: false,
        }
    }

    /// The form that signatures mean where they name none: inclusive 1.0, without comments.
    #[must_use]
    pub fn inclusive() -> Self {
        Self {
            kind: CanonicalKind::Inclusive,
            comments: false,
        }
    }

    /// The form that a signature calls `name`; the prefixes count for the exclusive ones only.
    #[must_use]
    pub fn named(name: &str, prefixes: Vec<&'p str>) -> Option<Self> {
        // Exclusive C14N, 4: the name ends in `#` already.
        let (name, comments) = match name.strip_suffix("WithComments") {
            Some(exclusive) if exclusive == EXCLUSIVE => (exclusive, true),
            Some(inclusive) => (inclusive.strip_suffix('#')?, true),
            None => (name, false),
        };
        let kind = match name {
            EXCLUSIVE => CanonicalKind::Exclusive(prefixes),
            INCLUSIVE => CanonicalKind::Inclusive,
            INCLUSIVE_1_1 => CanonicalKind::InclusiveOneOne,
            _ => return None,
        };
        Some(Self { kind, comments })
    }

    pub(crate) fn is_inclusive(&self) -> bool {
        !matches!(self.kind, CanonicalKind::Exclusive(_))
    }

    /// Tells whether the apex of a part inherits this attribute of an element around the part.
    fn inherits(&self, attribute: &Attribute<'_, '_>) -> bool {
        attribute.namespace() == Some(XML)
            && match self.kind {
                CanonicalKind::Exclusive(_) => false,
                CanonicalKind::Inclusive => true,
                CanonicalKind::InclusiveOneOne => matches!(attribute.name(), "lang" | "space"),
            }
    }

    /// Tells whether `apex` stands where 1.1 wants a new `xml:base`, put together of those around it (2.4). Nobody who
    /// signs uses that, and libraries disagree on it, so it is not done here.
    fn needs_new_base(&self, apex: Node<'_, '_>) -> bool {
        self.kind == CanonicalKind::InclusiveOneOne
            && apex.ancestors().skip(1).any(|node| node.has_attribute((XML, "base")))
    }
}

/// Part of a document: a node and everything in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Part<'a> {
    /// The element, or the root of the document.
    pub apex: Node<'a, 'a>,
    /// An element that is left out, with everything in it: a signature that is inside of what it signs.
    pub without: Option<Node<'a, 'a>>,
    /// Comments belong to the part; they are written if they belong to the form, too.
    pub comments: bool,
}

/// Writes the whole document in the exclusive form, without comments.
#[must_use]
pub fn document(document: &Document<'_>) -> Vec<u8> {
    subtree(document.root(), &[])
}

/// Writes `apex` and everything in it in the exclusive form without comments, in place: what is declared outside counts
/// where it is used inside. `inclusive` is the `PrefixList`.
#[must_use]
pub fn subtree(apex: Node<'_, '_>, inclusive: &[&str]) -> Vec<u8> {
    let part = Part {
        apex,
        without: None,
        comments: false,
    };
    // Without a limit `walk` always ends with a result.
    walk(part, &CanonicalForm::exclusive_with(inclusive.to_vec()), usize::MAX).unwrap_or_default()
}

/// Writes a part of a document in a canonical form, in place. `None` if that would need a new `xml:base`, which is not
/// made here, or be much longer than the document is: a namespace that is declared once may be written many times.
#[must_use]
pub fn part(part: Part<'_>, form: &CanonicalForm<'_>) -> Option<Vec<u8>> {
    if form.needs_new_base(part.apex) {
        return None;
    }
    walk(part, form, LONGEST)
}

/// Longest canonical form of what others wrote, in bytes.
const LONGEST: usize = 4 * markup::LONGEST;

fn walk<'a>(part: Part<'a>, form: &CanonicalForm<'_>, longest: usize) -> Option<Vec<u8>> {
    let mut canonical = Canonical {
        out: String::new(),
        apex: part.apex,
        form,
        comments: part.comments && form.comments,
        written: BTreeMap::new(),
        replaced: Vec::new(),
        marks: Vec::new(),
        behind_root: false,
    };
    let is_left_out = |node: Node<'a, 'a>| part.without == Some(node);
    let mut node = part.apex;
    loop {
        if !is_left_out(node) {
            canonical.begin(node);
            // Checked while writing, so that a form that is too long is given up early.
            if canonical.out.len() > longest {
                return None;
            }
            if let Some(child) = node.first_child() {
                node = child;
                continue;
            }
        }
        loop {
            if !is_left_out(node) {
                canonical.end(node);
            }
            if node == part.apex {
                return Some(canonical.out.into_bytes());
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else {
                return Some(canonical.out.into_bytes());
            };
            node = parent;
        }
    }
}

/// Output so far, and the declarations that hold at the current place.
struct Canonical<'a, 'f> {
    out: String,
    apex: Node<'a, 'a>,
    form: &'f CanonicalForm<'f>,
    comments: bool,
    /// Namespaces by prefix (`""`: none), as the elements written around here declare them.
    written: BTreeMap<&'a str, &'a str>,
    /// Earlier state of `written`: for each declaration written, its prefix and what that stood for.
    replaced: Vec<(&'a str, Option<&'a str>)>,
    /// Length of `replaced` before each element that is open.
    marks: Vec<usize>,
    /// True if the root element is complete.
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
        } else if node.is_comment() && self.comments {
            self.beside_root(node, |out| {
                out.push_str("<!--");
                out.push_str(node.text().unwrap_or_default());
                out.push_str("-->");
            });
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
        let mut attributes: Vec<_> = node
            .attributes()
            .map(|attribute| (attribute, attribute_name(node, &attribute)))
            .collect();
        // Below the apex, inherited attributes are inside the part already.
        if node == self.apex {
            self.inherit(node, &mut attributes);
        }
        // By the address of the namespace, not by the prefix; declarations come before attributes. (Canonical XML 1.0,
        // 2.2)
        attributes.sort_by_key(|(attribute, _)| (attribute.namespace().unwrap_or_default(), attribute.name()));
        for prefix in self.prefixes(node, &attributes) {
            self.declare(node, prefix);
        }
        for (attribute, name) in attributes {
            self.attribute(name, attribute.value());
        }
        // Never `/>`: empty elements have two tags. (Canonical XML 1.0, 1.1)
        self.out.push('>');
    }

    /// Adds the attributes that the apex inherits, each from the nearest element that has it.
    fn inherit(&self, apex: Node<'a, 'a>, attributes: &mut Vec<NamedAttribute<'a>>) {
        for ancestor in apex.ancestors().skip(1) {
            for attribute in ancestor.attributes().filter(|attribute| self.form.inherits(attribute)) {
                let is_same = |(known, _): &NamedAttribute<'a>| {
                    (known.namespace(), known.name()) == (attribute.namespace(), attribute.name())
                };
                if !attributes.iter().any(is_same) {
                    attributes.push((attribute, attribute_name(ancestor, &attribute)));
                }
            }
        }
    }

    /// The prefixes that may have to be declared here, sorted, each once: those of the names and those on the list, or
    /// all that hold here.
    fn prefixes(&self, node: Node<'a, 'a>, attributes: &[NamedAttribute<'a>]) -> Vec<&'a str> {
        let in_scope = || node.namespaces().map(|namespace| namespace.name().unwrap_or_default());
        let mut prefixes = Vec::new();
        match &self.form.kind {
            CanonicalKind::Exclusive(listed) => {
                // A default namespace does not hold for attributes without prefix. (Namespaces in XML 1.0, 6.2)
                let qualified = attributes
                    .iter()
                    .filter(|(attribute, _)| attribute.namespace().is_some());
                prefixes.extend(qualified.map(|(_, name)| prefix(name)));
                prefixes.push(prefix(qualified_name(node)));
                if !listed.is_empty() {
                    prefixes.extend(in_scope().filter(|name| {
                        let name = if name.is_empty() { "#default" } else { name };
                        listed.contains(&name)
                    }));
                    if listed.contains(&"#default") {
                        prefixes.push("");
                    }
                }
            }
            CanonicalKind::Inclusive | CanonicalKind::InclusiveOneOne => {
                prefixes.extend(in_scope());
                // A default namespace that is taken back is in no scope.
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
        // None and an empty default namespace are the same: `xmlns=""` is written only to take one back. (Canonical XML
        // 1.0, 2.3)
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

    fn instruction(&mut self, node: Node<'a, 'a>) {
        let Some(instruction) = node.pi() else { return };
        self.beside_root(node, |out| {
            out.push_str("<?");
            out.push_str(instruction.target);
            if let Some(value) = instruction.value.filter(|value| !value.is_empty()) {
                out.push(' ');
                out.push_str(value);
            }
            out.push_str("?>");
        });
    }

    /// Writes an instruction or a comment, which has a line of its own beside the root element.
    fn beside_root(&mut self, node: Node<'a, 'a>, write: impl FnOnce(&mut String)) {
        let beside_root = node.parent().is_some_and(|parent| parent.is_root());
        if beside_root && self.behind_root {
            self.out.push('\n');
        }
        write(&mut self.out);
        if beside_root && !self.behind_root {
            self.out.push('\n');
        }
    }
}

/// An attribute, and its name as it is written.
type NamedAttribute<'a> = (Attribute<'a, 'a>, &'a str);

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
    // `>` is escaped in text and not in attributes; tabs and line feeds the other way round. (Canonical XML 1.0, 2.3)
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

    /// The first element called `name`, in place, in the form of that name.
    #[track_caller]
    fn check_form(xml: &str, name: &str, form: &str, expected: Option<&str>) {
        let source = Source::read(xml.as_bytes()).unwrap();
        let document = source.parse().unwrap();
        let mut found = document.descendants().filter(|node| node.tag_name().name() == name);
        let part = Part {
            apex: found.next().unwrap(),
            without: document.descendants().find(|node| node.has_tag_name("out")),
            comments: true,
        };
        let canonical = super::part(part, &CanonicalForm::named(form, Vec::new()).unwrap());
        assert_eq!(
            canonical.map(|octets| String::from_utf8(octets).unwrap()).as_deref(),
            expected
        );
    }

    #[test]
    fn the_inclusive_forms_say_all_that_holds_and_what_is_inherited() {
        let xml = "<a xmlns:n='urn:n' xmlns='urn:d' xml:lang='nl' xml:id='i'><b xml:space='default'><c xmlns=''>\
                   <!-- d --><out/><e xmlns:n='urn:n'/></c></b></a>";
        check_form(
            xml,
            "c",
            INCLUSIVE,
            Some("<c xmlns:n=\"urn:n\" xml:id=\"i\" xml:lang=\"nl\" xml:space=\"default\"><e></e></c>"),
        );
        check_form(
            xml,
            "c",
            "http://www.w3.org/2006/12/xml-c14n11#WithComments",
            Some("<c xmlns:n=\"urn:n\" xml:lang=\"nl\" xml:space=\"default\"><!-- d --><e></e></c>"),
        );
        check_form(xml, "c", EXCLUSIVE, Some("<c><e></e></c>"));
        check_form(
            xml,
            "c",
            "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
            Some("<c><!-- d --><e></e></c>"),
        );
    }

    #[test]
    fn a_base_is_inherited_or_not_made() {
        let xml = "<a xml:base='http://a/'><b/></a>";
        check_form(xml, "b", INCLUSIVE, Some("<b xml:base=\"http://a/\"></b>"));
        check_form(xml, "b", INCLUSIVE_1_1, None);
        check_form(xml, "a", INCLUSIVE_1_1, Some("<a xml:base=\"http://a/\"><b></b></a>"));
    }

    #[test]
    fn other_names_are_no_forms() {
        for name in [
            "",
            "urn:other",
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315WithComments",
            "#WithComments",
        ] {
            assert_eq!(CanonicalForm::named(name, Vec::new()), None, "{name}");
        }
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
