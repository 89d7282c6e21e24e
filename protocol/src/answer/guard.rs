//! Limits that an answer must keep before anything in it is read.
//!
//! The parser refuses document types, and so entities. It walks without recursion, but an element with very many
//! attributes or namespaces would cost it the square of their number, so those are counted first, on the bare text.
//! Quotes and comments cannot mislead that count: a tag has no `<` inside, so all of it lies between two of them.

use std::collections::HashSet;

use roxmltree::{Document, Node, ParsingOptions};

use super::refusal::AnswerRefusal;

/// Longest answer, in bytes: a list of three hundred links with a signature each.
pub const LONGEST: usize = 1 << 20;
/// Most elements, texts, comments and instructions together.
const NODES: u32 = 100_000;
/// Most levels of elements. The schema has eleven; SOAP adds two.
const DEPTH: usize = 64;
/// Most attributes on one element, namespace declarations included.
const ATTRIBUTES: usize = 32;
/// Most different namespace declarations in the whole answer.
const NAMESPACES: usize = 64;
/// Longest namespace declaration, in bytes: name and value.
const NAMESPACE: usize = 256;

/// Takes `bytes` as text, if they are UTF-8 and declare no other encoding.
pub(super) fn text(bytes: &[u8]) -> Result<&str, AnswerRefusal> {
    if bytes.len() > LONGEST {
        return Err(AnswerRefusal::TooLong);
    }
    let xml = std::str::from_utf8(bytes).map_err(|_| AnswerRefusal::NotUtf8)?;
    match declared_encoding(xml) {
        None => Ok(xml),
        Some(name) if ["utf-8", "utf8", "us-ascii"].contains(&name.to_ascii_lowercase().as_str()) => Ok(xml),
        Some(_) => Err(AnswerRefusal::NotUtf8),
    }
}

/// Encoding in the XML declaration.
fn declared_encoding(xml: &str) -> Option<&str> {
    let xml = xml.strip_prefix('\u{FEFF}').unwrap_or(xml);
    let (declaration, _) = xml.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, behind) = declaration.split_once("encoding")?;
    let value = behind.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.strip_prefix(quote)?.split(quote).next()
}

/// Parses `xml`, within every limit.
pub(super) fn document(xml: &str) -> Result<Document<'_>, AnswerRefusal> {
    // Checked again: `parse_text` does not come through `text`.
    if xml.len() > LONGEST {
        return Err(AnswerRefusal::TooLong);
    }
    // Before parsing: it is the parser that takes the square of the number of attributes.
    count_attributes(xml)?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(xml, options).map_err(refusal)?;
    // After parsing, which does not recurse, so depth costs it nothing.
    limit_depth(&document)?;
    identifiers_are_unique(&document)?;
    Ok(document)
}

fn refusal(error: roxmltree::Error) -> AnswerRefusal {
    use roxmltree::Error::{DtdDetected, NamespacesLimitReached, NodesLimitReached};
    if matches!(error, DtdDetected) {
        AnswerRefusal::DocumentType
    } else if matches!(error, NodesLimitReached) {
        AnswerRefusal::TooManyNodes
    } else if matches!(error, NamespacesLimitReached) {
        AnswerRefusal::TooManyNamespaces
    } else {
        AnswerRefusal::NotWellFormed
    }
}

fn count_attributes(xml: &str) -> Result<(), AnswerRefusal> {
    let mut namespaces = HashSet::new();
    let starts = |tag: &&str| !tag.starts_with(['!', '?', '/']);
    for tag in xml.split('<').skip(1).filter(starts) {
        let mut quoted = 0;
        let mut rest = tag;
        while let Some((before, quote, behind)) = next_quote(rest) {
            // The tag has ended: what follows is text, where quotes mean nothing.
            if before.contains('>') {
                break;
            }
            // A value has no `<` in it, so this is no tag, or a malformed one, which the parser refuses.
            let Some((value, behind)) = behind.split_once(quote) else {
                break;
            };
            quoted += 1;
            if quoted > ATTRIBUTES {
                return Err(AnswerRefusal::TooManyAttributes);
            }
            // Behind the last blank: the first attribute comes after the element's own name.
            let name = before.trim_ascii_end().trim_end_matches('=').trim_ascii_end();
            let name = name
                .rsplit(|c: char| c.is_ascii_whitespace())
                .next()
                .unwrap_or_default();
            if name.starts_with("xmlns") {
                if name.len() + value.len() > NAMESPACE {
                    return Err(AnswerRefusal::TooManyNamespaces);
                }
                namespaces.insert((name, value));
            }
            rest = behind;
        }
        if namespaces.len() > NAMESPACES {
            return Err(AnswerRefusal::TooManyNamespaces);
        }
    }
    Ok(())
}

/// Splits `text` at its first quote: the text before it, the quote, and the text behind.
fn next_quote(text: &str) -> Option<(&str, char, &str)> {
    let at = text.find(['"', '\''])?;
    let (before, from) = text.split_at(at);
    let quote = from.chars().next()?;
    Some((before, quote, from.strip_prefix(quote)?))
}

fn limit_depth(document: &Document<'_>) -> Result<(), AnswerRefusal> {
    // To count the ancestors of each element anew would cost the square of the depth.
    let mut above: Vec<Node<'_, '_>> = Vec::new();
    for node in document.root().descendants().filter(Node::is_element) {
        let parent = node.parent();
        while above.last().is_some_and(|last| Some(*last) != parent) {
            above.pop();
        }
        above.push(node);
        if above.len() > DEPTH {
            return Err(AnswerRefusal::TooDeep);
        }
    }
    Ok(())
}

/// Refuses two elements with one `Id`, `ID` or `id`, of whatever namespace: XML signatures, WS-Security and `xml:id`
/// each have their own.
fn identifiers_are_unique(document: &Document<'_>) -> Result<(), AnswerRefusal> {
    let mut seen = HashSet::new();
    let attributes = document.root().descendants().flat_map(|node| node.attributes());
    let mut identifiers = attributes.filter(|attribute| attribute.name().eq_ignore_ascii_case("id"));
    if identifiers.all(|identifier| seen.insert(identifier.value())) {
        Ok(())
    } else {
        Err(AnswerRefusal::RepeatedIdentifier)
    }
}
