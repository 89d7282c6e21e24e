//! Reading XML strictly: in the order of the schema, and with nothing left over.

use jiff::civil::{Date, Time};
use roxmltree::Node;

use crate::error::ProtocolError;
use crate::markup::Source;

/// Longest document we read, in bytes.
pub(crate) const LONGEST_INPUT: usize = 1 << 20;

/// Parses a document without document type or anything beside its root, and reads it.
pub(crate) fn with_root<T>(
    bytes: &[u8],
    read: impl FnOnce(Node<'_, '_>) -> Result<T, ProtocolError>,
) -> Result<T, ProtocolError> {
    if bytes.len() > LONGEST_INPUT {
        return Err(ProtocolError::malformed("longer than a document of this kind can be"));
    }
    let source = Source::read(bytes)?;
    let document = source.parse()?;
    // What stands beside the root has no place in a summary, and could be signed without being shown.
    if document.root().children().count() != 1 {
        return Err(ProtocolError::malformed(
            "comments or instructions beside the root element",
        ));
    }
    read(document.root_element())
}

/// Returns `node`, if that is its name.
pub(crate) fn named<'a, 'i>(node: Node<'a, 'i>, namespace: &str, name: &str) -> Result<Node<'a, 'i>, ProtocolError> {
    if node.has_tag_name((namespace, name)) {
        Ok(node)
    } else {
        Err(ProtocolError::malformed("unexpected root element"))
    }
}

/// Returns the text of an element that holds nothing else. A comment inside would split it, so that is refused too.
pub(crate) fn text(node: Node<'_, '_>) -> Result<String, ProtocolError> {
    if node.children().all(|child| child.is_text()) {
        Ok(node.children().filter_map(|child| child.text()).collect())
    } else {
        Err(ProtocolError::malformed("something else than text where text belongs"))
    }
}

/// The child elements of a node, taken one after the other in the order of the schema.
pub(crate) struct Children<'a, 'i>(std::iter::Peekable<std::vec::IntoIter<Node<'a, 'i>>>);

impl<'a, 'i> Children<'a, 'i> {
    /// Takes the child elements of `node`; anything else between them than white space is an error.
    pub(crate) fn new(node: Node<'a, 'i>) -> Result<Self, ProtocolError> {
        Self::among(node.children())
    }

    fn among(children: impl Iterator<Item = Node<'a, 'i>>) -> Result<Self, ProtocolError> {
        let blank =
            |child: &Node<'_, '_>| child.is_text() && child.text().is_none_or(|text| text.trim_ascii().is_empty());
        let children: Vec<_> = children.filter(|child| !blank(child)).collect();
        if children.iter().all(Node::is_element) {
            Ok(Self(children.into_iter().peekable()))
        } else {
            Err(ProtocolError::malformed(
                "something else than elements where elements belong",
            ))
        }
    }

    /// Takes the child elements of `node` and skips comments between them: for documents that others sign.
    pub(crate) fn beside_comments(node: Node<'a, 'i>) -> Result<Self, ProtocolError> {
        Self::among(node.children().filter(|child| !child.is_comment()))
    }

    /// Takes the next element, if it has this name.
    pub(crate) fn optional(&mut self, namespace: &str, name: &str) -> Option<Node<'a, 'i>> {
        self.0.next_if(|node| node.has_tag_name((namespace, name)))
    }

    /// Takes the next element, which must have this name.
    pub(crate) fn one(&mut self, namespace: &str, name: &str) -> Result<Node<'a, 'i>, ProtocolError> {
        self.optional(namespace, name)
            .ok_or(ProtocolError::malformed("an element is missing or out of place"))
    }

    /// Reads all next elements of this name.
    pub(crate) fn many<T>(
        &mut self,
        namespace: &str,
        name: &str,
        read: impl Fn(Node<'a, 'i>) -> Result<T, ProtocolError>,
    ) -> Result<Vec<T>, ProtocolError> {
        std::iter::from_fn(|| self.optional(namespace, name))
            .map(read)
            .collect()
    }

    /// Refuses elements that are left.
    pub(crate) fn end(mut self) -> Result<(), ProtocolError> {
        match self.0.next() {
            None => Ok(()),
            Some(_) => Err(ProtocolError::malformed("an element we do not know, or one too many")),
        }
    }
}

/// Reads an `xsd:date`. An offset is checked and dropped: it says nothing about a day.
pub(crate) fn date(node: Node<'_, '_>) -> Result<Date, ProtocolError> {
    let text = text(node)?;
    let (date, offset) = text.split_at_checked(10).ok_or(MALFORMED_DATE)?;
    if !is_offset(offset) || !has_shape(date, "0000-00-00") {
        return Err(MALFORMED_DATE);
    }
    Date::strptime("%Y-%m-%d", date).map_err(|_| MALFORMED_DATE)
}

/// Reads an `xsd:time`. Fraction and offset are checked and dropped.
pub(crate) fn time(node: Node<'_, '_>) -> Result<Time, ProtocolError> {
    let text = text(node)?;
    let (time, rest) = text.split_at_checked(8).ok_or(MALFORMED_DATE)?;
    let offset = rest.strip_prefix('.').map_or(rest, |fraction| {
        fraction.trim_start_matches(|c: char| c.is_ascii_digit())
    });
    if !is_offset(offset) || !has_shape(time, "00:00:00") {
        return Err(MALFORMED_DATE);
    }
    Time::strptime("%H:%M:%S", time).map_err(|_| MALFORMED_DATE)
}

const MALFORMED_DATE: ProtocolError = ProtocolError::MalformedDocument {
    reason: "a malformed date or time",
};

/// Returns true for nothing, `Z`, or `+hh:mm` and `-hh:mm`.
fn is_offset(text: &str) -> bool {
    matches!(text, "" | "Z")
        || text
            .strip_prefix(['+', '-'])
            .is_some_and(|offset| has_shape(offset, "00:00"))
}

/// Returns true if `text` has digits where `shape` has zeros, and is the same elsewhere. (`strptime` alone would accept
/// a sign.)
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(found, expected)| {
        if expected == b'0' {
            u8::is_ascii_digit(&found)
        } else {
            found == expected
        }
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}
