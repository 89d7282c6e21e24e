//! XML that may come from anybody, made ready for the parser.
//!
//! The parser keeps to XML 1.0, but has no ceiling for depth, and takes time that grows with the square of the
//! attributes of an element and with the cube of the prefixes in scope. So the text is first walked through once, tag
//! by tag, and refused where it goes beyond what any document of ours needs. The same walk refuses what the parser lets
//! pass: a default namespace declared twice or by an attribute that is only called `xmlns`, a prefix declared as
//! nothing, references to numbers that are no characters; and what libraries read differently: a namespace that is no
//! absolute URI (canonical XML cannot be made of it).
//!
//! Source: XML 1.0, 2.11 (line ends) and 4.3.3 (encoding); Namespaces in XML 1.0, 2.2 and 5; Canonical XML 1.0, 1.3.

use roxmltree::{Document, ParsingOptions};

use crate::error::ProtocolError;

/// Longest document, in bytes.
pub const LONGEST: usize = 8 << 20;
/// Deepest element; the root is at 1.
const DEEPEST: usize = 200;
/// Most attributes of one element, declarations of namespaces included.
const MOST_ATTRIBUTES: usize = 256;
/// Most declarations of namespaces that hold at one place, and in a whole document.
const MOST_IN_SCOPE: usize = 64;
const MOST_DECLARATIONS: usize = 10_000;
/// Most nodes: elements, texts, comments and instructions.
const MOST_NODES: u32 = 100_000;

/// Text that may be parsed: UTF-8, with the line ends of XML, without a document type, and within limits.
pub struct Source(String);

impl Source {
    /// Checks the text.
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] for what is too long, too deep or too rich in attributes, for encodings
    /// other than UTF-8, and for document types.
    pub fn read(bytes: &[u8]) -> Result<Self, ProtocolError> {
        if bytes.len() > LONGEST {
            return Err(ProtocolError::malformed("longer than a document may be"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ProtocolError::malformed("not UTF-8"))?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        // Before parsing: inside attributes, CDATA sections and instructions the parser leaves CR as it is.
        let text = if text.contains('\r') {
            text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text.to_owned()
        };
        check_declaration(&text)?;
        check_references(&text)?;
        Walk::default().over(&text)?;
        Ok(Self(text))
    }

    /// Parses it.
    ///
    /// # Errors
    /// [`ProtocolError::MalformedDocument`] for what is no well-formed XML, and for too many nodes.
    pub fn parse(&self) -> Result<Document<'_>, ProtocolError> {
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: MOST_NODES,
            ..ParsingOptions::default()
        };
        Document::parse_with_options(&self.0, options).map_err(|_| NOT_WELL_FORMED)
    }
}

/// Documents are personal.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({} bytes)", self.0.len())
    }
}

/// Reason for which a document is refused that declares a type: entities, or attributes that do not stand there.
pub(crate) const DOCUMENT_TYPE: &str = "a document type";

const NOT_WELL_FORMED: ProtocolError = ProtocolError::MalformedDocument { reason: NO_XML };

/// Reason for which a document is refused that is no XML to anybody. All other reasons are limits of ours.
pub(crate) const NO_XML: &str = "not well-formed XML";

/// A document without byte order mark and XML declaration.
pub(crate) fn body(text: &str) -> &str {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    declaration(text).map_or(text, |(_, body)| body)
}

/// The pseudo-attributes of the XML declaration, and what follows it.
fn declaration(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("<?xml")?;
    // `<?xml-stylesheet` is an instruction like any other.
    rest.starts_with(|c: char| c.is_ascii_whitespace())
        .then(|| rest.split_once("?>"))
        .flatten()
}

/// The bytes were read as UTF-8, so a declaration may not say otherwise.
fn check_declaration(text: &str) -> Result<(), ProtocolError> {
    let Some((attributes, _)) = declaration(text) else {
        return Ok(());
    };
    let value = |name: &str| {
        let (_, rest) = attributes.split_once(name)?;
        let rest = rest.trim_ascii_start().strip_prefix('=')?.trim_ascii_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?.split(quote).next()
    };
    if value("version") != Some("1.0") {
        return Err(ProtocolError::malformed("not XML 1.0"));
    }
    match value("encoding") {
        None => Ok(()),
        Some(name)
            if ["UTF-8", "US-ASCII"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name)) =>
        {
            Ok(())
        }
        Some(_) => Err(ProtocolError::malformed("not UTF-8")),
    }
}

/// A reference by number must be to a character that XML has. (In a comment or a CDATA section it is no reference; who
/// writes such a thing there may be refused as well.)
fn check_references(text: &str) -> Result<(), ProtocolError> {
    for reference in text.split("&#").skip(1) {
        let number = reference
            .split_once(';')
            .and_then(|(number, _)| match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => number.parse().ok(),
            });
        if !number.and_then(char::from_u32).is_some_and(is_character) {
            return Err(NOT_WELL_FORMED);
        }
    }
    Ok(())
}

/// `Char` of XML 1.0, 2.2.
pub(crate) fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Position of a walk through a text: for each open element, the number of its declarations.
#[derive(Default)]
struct Walk {
    open: Vec<usize>,
    in_scope: usize,
    declarations: usize,
}

impl Walk {
    fn over(mut self, text: &str) -> Result<(), ProtocolError> {
        // The declaration looks like an instruction, and is none.
        let mut rest = declaration(text).map_or(text, |(_, body)| body);
        while let Some((characters, markup)) = rest.split_once('<') {
            if characters.contains("]]>") {
                return Err(NOT_WELL_FORMED);
            }
            rest = if let Some(comment) = markup.strip_prefix("!--") {
                // XML 1.0, 2.5: two dashes end a comment, so what follows them may only be the end.
                let (_, end) = comment.split_once("--").ok_or(NOT_WELL_FORMED)?;
                end.strip_prefix('>').ok_or(NOT_WELL_FORMED)?
            } else if let Some(section) = markup.strip_prefix("![CDATA[") {
                after(section, "]]>")?
            } else if let Some(instruction) = markup.strip_prefix('?') {
                let (instruction, rest) = instruction.split_once("?>").ok_or(NOT_WELL_FORMED)?;
                check_target(instruction)?;
                rest
            } else if markup.starts_with('!') {
                return Err(ProtocolError::malformed(DOCUMENT_TYPE));
            } else if let Some(end) = markup.strip_prefix('/') {
                self.close()?;
                after(end, ">")?
            } else {
                self.start_tag(markup)?
            };
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), ProtocolError> {
        self.in_scope -= self.open.pop().ok_or(NOT_WELL_FORMED)?;
        Ok(())
    }

    /// Takes a start tag, from behind its `<`; gives what follows it.
    fn start_tag<'t>(&mut self, tag: &'t str) -> Result<&'t str, ProtocolError> {
        let name = tag.find(['/', '>', ' ', '\t', '\n']).ok_or(NOT_WELL_FORMED)?;
        let (name, mut rest) = tag.split_at(name);
        check_name(name)?;
        let (mut attributes, mut declared) = (0_usize, Vec::new());
        loop {
            rest = rest.trim_ascii_start();
            if let Some(tail) = rest.strip_prefix("/>") {
                return self.opened(declared.len()).and_then(|()| self.close()).map(|()| tail);
            }
            if let Some(tail) = rest.strip_prefix('>') {
                return self.opened(declared.len()).map(|()| tail);
            }
            let (name, value) = rest.split_once('=').ok_or(NOT_WELL_FORMED)?;
            let (name, value) = (name.trim_ascii(), value.trim_ascii_start());
            check_name(name)?;
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (value, tail) = quote
                .and_then(|quote| value.get(1..)?.split_once(quote))
                .ok_or(NOT_WELL_FORMED)?;
            attributes += 1;
            if attributes > MOST_ATTRIBUTES {
                return Err(ProtocolError::malformed("an element with too many attributes"));
            }
            // The parser takes it for a declaration of the default namespace.
            if name.ends_with(":xmlns") {
                return Err(ProtocolError::malformed("an attribute called xmlns in a namespace"));
            }
            if name == "xmlns" || name.starts_with("xmlns:") {
                check_namespace(name, value)?;
                if declared.contains(&name) {
                    return Err(NOT_WELL_FORMED);
                }
                declared.push(name);
            }
            rest = tail;
        }
    }

    fn opened(&mut self, declared: usize) -> Result<(), ProtocolError> {
        self.open.push(declared);
        self.in_scope += declared;
        self.declarations += declared;
        if self.open.len() > DEEPEST {
            return Err(ProtocolError::malformed("elements within elements, too deep"));
        }
        if self.in_scope > MOST_IN_SCOPE || self.declarations > MOST_DECLARATIONS {
            return Err(ProtocolError::malformed("too many namespaces"));
        }
        Ok(())
    }
}

fn after<'t>(text: &'t str, end: &str) -> Result<&'t str, ProtocolError> {
    text.split_once(end).map(|(_, rest)| rest).ok_or(NOT_WELL_FORMED)
}

/// An instruction begins with its target: a name without colon, and not `xml`. (XML 1.0, 2.6; Namespaces in XML 1.0, 7)
fn check_target(instruction: &str) -> Result<(), ProtocolError> {
    let target = instruction.split([' ', '\t', '\n']).next().unwrap_or_default();
    if is_name(target) && !target.eq_ignore_ascii_case("xml") {
        Ok(())
    } else {
        Err(NOT_WELL_FORMED)
    }
}

/// `QName`: a name, or a prefix, a colon and a name. (Namespaces in XML 1.0, 4)
fn check_name(name: &str) -> Result<(), ProtocolError> {
    let (prefix, local) = name.split_once(':').unwrap_or(("xml", name));
    if is_name(prefix) && is_name(local) {
        Ok(())
    } else {
        Err(NOT_WELL_FORMED)
    }
}

/// `NCName`: `Name` of XML 1.0, 2.3, without colon.
fn is_name(text: &str) -> bool {
    let is_start = |c: char| {
        matches!(c, 'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
            | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}' | '\u{200D}' | '\u{2070}'..='\u{218F}'
            | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
            | '\u{10000}'..='\u{EFFFF}')
    };
    let is_part = |c: char| {
        is_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}' | '\u{2040}')
    };
    text.starts_with(is_start) && text.chars().all(is_part)
}

/// Tells whether a URI reference begins with a scheme. (RFC 3986, 3.1)
pub(crate) fn has_scheme(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| {
        let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_of_scheme)
    })
}

/// Tells whether a URI has nothing but the characters of one, each in its place as far as that is told by characters.
/// (RFC 3986, 2) Others would have to be escaped, which the canonical XML of libxml2 forgets.
fn is_of_uri(uri: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$'()*+,;=%".contains(c);
    let is_escaped = |rest: &str| {
        let digits = rest.get(..2);
        digits.is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()))
    };
    let authority = uri
        .split_once("://")
        .map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    // What is in brackets is an address of IPv6.
    let is_port = authority.ends_with(']') || port.chars().all(|c| c.is_ascii_digit());
    uri.chars().all(is_allowed) && uri.split('%').skip(1).all(is_escaped) && uri.matches('#').count() < 2 && is_port
}

/// Refuses a namespace that is no absolute URI; the empty one is allowed for names without prefix.
fn check_namespace(name: &str, uri: &str) -> Result<(), ProtocolError> {
    if name == "xmlns:" {
        return Err(NOT_WELL_FORMED);
    }
    if (uri.is_empty() && name == "xmlns") || (has_scheme(uri) && is_of_uri(uri)) {
        Ok(())
    } else {
        Err(ProtocolError::malformed("a namespace that is no absolute URI"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(text: &str) {
        let parsed = Source::read(text.as_bytes()).and_then(|source| source.parse().map(drop));
        assert!(
            matches!(parsed, Err(ProtocolError::MalformedDocument { .. })),
            "{text:.80}"
        );
    }

    #[track_caller]
    fn check_read(text: &str) {
        let source = Source::read(text.as_bytes()).unwrap();
        source.parse().unwrap();
    }

    fn nested(depth: usize) -> String {
        "<a>".repeat(depth) + &"</a>".repeat(depth)
    }

    fn with_attributes(count: usize) -> String {
        let attributes: String = (0..count).map(|number| format!(" a{number}='>'")).collect();
        format!("<a{attributes}/>")
    }

    fn with_namespaces(count: usize) -> String {
        let declared: String = (0..count)
            .map(|number| format!(" xmlns:n{number}='urn:{number}'"))
            .collect();
        format!("<a{declared}/>")
    }

    #[test]
    fn limits_are_kept_and_no_more() {
        check_read(&nested(DEEPEST));
        check_refused(&nested(DEEPEST + 1));
        check_read(&with_attributes(MOST_ATTRIBUTES));
        check_refused(&with_attributes(MOST_ATTRIBUTES + 1));
        check_read(&with_namespaces(MOST_IN_SCOPE));
        check_refused(&with_namespaces(MOST_IN_SCOPE + 1));
        check_refused(&format!(
            "<a>{}</a>",
            "<b xmlns='urn:b'/>".repeat(MOST_DECLARATIONS + 1)
        ));
        check_refused(&format!("<a>{}</a>", "<b/>".repeat(100_000)));
        check_refused(&" ".repeat(LONGEST + 1));
    }

    #[test]
    fn elements_beside_each_other_are_not_deep() {
        check_read(&format!("<a>{}</a>", "<b><c d='/>b>'/></b>".repeat(DEEPEST * 2)));
        check_read("<a><!-- <b><b> --><![CDATA[<b><b>]]><?b <b><b>?></a>");
    }

    #[test]
    fn what_the_parser_would_let_pass_is_refused() {
        check_refused("<a xmlns='urn:a' xmlns='urn:b'/>");
        check_refused("<a xmlns:b='urn:b'><c xmlns:b=''/></a>");
        check_refused("<a xmlns='relative'/>");
        check_refused("<a b:xmlns='urn:c' xmlns:b='urn:b'/>");
        check_refused("<a xmlns:xmlns='urn:a'/>");
        check_refused("<a>&#xD800;</a>");
        check_refused("<a b='&#0;'/>");
        check_refused("<a xmlns='/a:b'/>");
        check_refused("<a xmlns='urn:a?b&amp;c'/>");
        check_refused("<a xmlns=' urn:a'/>");
        check_refused("<?a=\"b\"?><a/>");
        check_refused("<a><?b/?></a>");
        check_refused("<?XML b?><a/>");
        check_refused("<? b?><a/>");
        check_refused("<?a:b c?><a/>");
        check_refused("<a><!-- b -- c --></a>");
        check_refused("<!-- b ---><a/>");
        check_refused("<a>]]></a>");
        check_refused("<:a/>");
        check_refused("<a :b=''/>");
        check_refused("<a xmlns='htt=p://a/'/>");
        check_refused("<a xmlns='http://a:b/'/>");
        check_refused("<a xmlns='urn:a#b#c'/>");
    }

    #[test]
    fn only_utf_8_and_xml_1_0_without_document_type() {
        check_read("<?xml version='1.0' encoding='utf-8'?><a/>");
        check_read("\u{FEFF}<?xml version=\"1.0\"?><a/>");
        check_refused("<?xml version='1.0' encoding='ISO-8859-1'?><a/>");
        check_refused("<?xml version='1.1'?><a/>");
        check_refused("<!DOCTYPE a><a/>");
        check_refused("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>");
        assert!(Source::read(b"<a>\xFF</a>").is_err());
        assert!(Source::read(b"\xFF\xFE<\0a\0/\0>\0").is_err());
    }

    #[test]
    fn what_breaks_off_is_refused() {
        let whole = "<?xml version='1.0'?><!-- a --><a b='c'><![CDATA[d]]><?e f?></a>";
        check_read(whole);
        for end in 0..whole.len() {
            check_refused(&whole[..end]);
        }
    }

    #[test]
    fn debug_shows_no_text() {
        assert_eq!(format!("{:?}", Source::read(b"<a/>").unwrap()), "Source(4 bytes)");
    }
}
