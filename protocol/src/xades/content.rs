//! Signed content: objects inside the signature, or files beside it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{DS, XADES};
use crate::c14n;
use crate::error::ProtocolError;
use crate::markup::{self, Source, is_character};

/// Most objects or files in one signature.
const MOST: usize = 64;

/// Something that a signature holds and signs.
#[derive(Clone, Copy)]
pub struct DataObject<'a> {
    /// Name, as a part of its identifier: a letter, then letters, digits, `-`, `_` and `.`.
    pub name: &'a str,
    /// `application/xml`, `text/plain`...
    pub media_type: &'a str,
    /// Content.
    pub content: Content<'a>,
}

/// Content of a [`DataObject`].
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// A document. It becomes part of the signature's document as it is, without its XML declaration.
    Xml(&'a [u8]),
    /// Text that people read, of characters that XML has.
    Text(&'a str),
    /// Anything else, written as base64.
    Octets(&'a [u8]),
}

/// A file that a signature names and signs.
#[derive(Clone, Copy)]
pub struct DataFile<'a> {
    /// Path, seen from the signature or from the container's root: `request.xml`, `annex/photo.jpg`.
    pub name: &'a str,
    /// `application/xml`, `application/pdf`...
    pub media_type: &'a str,
    /// Octets or digest.
    pub content: FileContent<'a>,
}

/// Known part of a [`DataFile`].
#[derive(Clone, Copy)]
pub enum FileContent<'a> {
    /// All of it.
    Octets(&'a [u8]),
    /// The digest of it, of the hash that the signer's key signs with
    /// ([`Algorithm::hash`](crate::signature::Algorithm::hash)).
    Digest(&'a [u8]),
}

redacted_debug!(DataObject<'_> DataFile<'_>);

impl DataObject<'_> {
    /// Checks what can be said of one object by itself.
    pub(super) fn check(&self) -> Result<(), ProtocolError> {
        check_media_type(self.media_type)?;
        let mut characters = self.name.chars();
        let begins = characters.next().is_some_and(|c| c.is_ascii_alphabetic());
        if !begins || self.name.len() > 64 || !characters.all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
            return Err(ProtocolError::invalid(
                "name",
                "a letter, then up to 63 letters, digits, dashes, underscores and dots",
            ));
        }
        Ok(())
    }

    /// The `Encoding` of the object, if it has one.
    pub(super) fn encoding(&self) -> Option<&'static str> {
        match self.content {
            Content::Xml(_) | Content::Text(_) => None,
            Content::Octets(_) => Some(super::BASE64),
        }
    }

    /// The text inside `ds:Object`.
    pub(super) fn markup(&self) -> Result<String, ProtocolError> {
        match self.content {
            Content::Xml(document) => embedded(document),
            Content::Text(text) if text.chars().all(is_character) => Ok(c14n::escaped_text(text)),
            Content::Text(_) => Err(ProtocolError::invalid("content", "a character that XML does not have")),
            Content::Octets(octets) => Ok(STANDARD.encode(octets)),
        }
    }
}

impl DataFile<'_> {
    /// Checks what can be said of one file by itself.
    pub(crate) fn check(&self) -> Result<(), ProtocolError> {
        check_media_type(self.media_type)?;
        if self.name.len() > 255 || !is_file_name(self.name) {
            return Err(ProtocolError::invalid(
                "name",
                "a file name of up to 255 bytes, seen from the signature",
            ));
        }
        Ok(())
    }

    /// Refuses names that a container has for parts of its own (EN 319 162-1, 4.4).
    pub(crate) fn check_in_container(&self) -> Result<(), ProtocolError> {
        let first = self.name.split('/').next().unwrap_or_default();
        if ["mimetype", "META-INF"]
            .iter()
            .any(|taken| taken.eq_ignore_ascii_case(first))
        {
            return Err(ProtocolError::invalid(
                "name",
                "a name that the container needs for itself",
            ));
        }
        Ok(())
    }

    /// The name as a URI reference (RFC 3986, 4.2): nothing in it is taken for a scheme, a query or a fragment.
    pub(crate) fn uri(&self) -> String {
        let mut uri = String::new();
        for byte in self.name.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                uri.push_str(&format!("%{byte:02X}"));
            }
        }
        uri
    }
}

/// Tells whether a signature or a container may name a file so, whoever made it: a path that leads downwards. A colon
/// is a letter like any other.
pub(crate) fn is_file_name(name: &str) -> bool {
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..");
    let is_plain = |c: char| !c.is_control() && c != '\\' && is_character(c);
    name.split('/').all(is_segment) && name.chars().all(is_plain)
}

/// The file that a URI reference names: a relative path, downwards only. No scheme, no host, no query, no fragment.
///
/// A colon that ends no scheme, as in `12:30.txt`, should have been escaped (RFC 3986, 4.2), and cannot be taken for
/// anything but a part of the name.
pub(crate) fn file_name(uri: &str) -> Option<String> {
    if markup::has_scheme(uri) || uri.contains(['?', '#', '\\']) {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || {
                char::from(rest.next()?)
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            };
            bytes.push(digit()? << 4 | digit()?);
        } else {
            bytes.push(byte);
        }
    }
    // Checked once decoded: `%2F` and `%2E` could lead elsewhere.
    String::from_utf8(bytes).ok().filter(|name| is_file_name(name))
}

/// Refuses an empty list, too many names, and a name that occurs twice.
pub(super) fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), ProtocolError> {
    // One more than allowed is enough to see that there are too many.
    let mut names: Vec<_> = names.take(MOST + 1).collect();
    if names.is_empty() || names.len() > MOST {
        return Err(ProtocolError::invalid(
            "content",
            format!("from 1 to {MOST} things to sign"),
        ));
    }
    names.sort_unstable();
    if names
        .windows(2)
        .any(|pair| matches!(pair, [one, other] if one == other))
    {
        return Err(ProtocolError::invalid("name", "a name that occurs twice"));
    }
    Ok(())
}

/// `type/subtype`, and parameters if need be (RFC 2045, 5.1).
fn check_media_type(text: &str) -> Result<(), ProtocolError> {
    let is_token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let well_formed = essence
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    if text.len() <= 127 && well_formed && parameters.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        Ok(())
    } else {
        Err(ProtocolError::invalid("mediaType", "a type, a slash and a subtype"))
    }
}

/// Prepares a document for being put into another: its declaration and what white space is around it fall away.
fn embedded(document: &[u8]) -> Result<String, ProtocolError> {
    let refused = |reason: &'static str| move |_| ProtocolError::invalid("content", reason);
    let source = Source::read(document).map_err(refused("no XML, or more of it than can be signed"))?;
    let parsed = source
        .parse()
        .map_err(refused("no XML, or more of it than can be signed"))?;
    for node in parsed.descendants() {
        // The canonical form leaves them out: what they say would stand in the signature and not be signed.
        if node.is_comment() {
            return Err(ProtocolError::invalid(
                "content",
                "a comment, which would not be signed",
            ));
        }
        if node.is_element() && [Some(DS), Some(XADES)].contains(&node.tag_name().namespace()) {
            return Err(ProtocolError::invalid("content", "parts of another signature"));
        }
    }
    // Not the text that was parsed, whose line ends were changed: the octets are to stay what they are.
    let text = std::str::from_utf8(document).map_err(|_| ProtocolError::malformed("not UTF-8"))?;
    Ok(markup::body(text).trim_ascii().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> DataFile<'_> {
        DataFile {
            name,
            media_type: "text/plain",
            content: FileContent::Octets(b""),
        }
    }

    #[test]
    fn a_name_is_read_back_from_its_uri() {
        for (name, uri) in [
            ("request.xml", "request.xml"),
            ("annex/a b.pdf", "annex/a%20b.pdf"),
            ("c:d#e?f%g", "c%3Ad%23e%3Ff%25g"),
            ("verslag 12:30.txt", "verslag%2012%3A30.txt"),
            ("Zoë", "Zo%C3%AB"),
        ] {
            file(name).check().unwrap();
            assert_eq!(file(name).uri(), uri);
            assert_eq!(file_name(uri).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_colon_that_ends_no_scheme_is_part_of_the_name() {
        for (uri, name) in [
            ("12:30.txt", Some("12:30.txt")),
            ("verslag 12:30.txt", Some("verslag 12:30.txt")),
            ("map/a:b", Some("map/a:b")),
            ("a:b", None),
            ("urn:a", None),
            (":a", Some(":a")),
        ] {
            assert_eq!(file_name(uri).as_deref(), name, "{uri}");
        }
    }

    #[test]
    fn ways_out_of_the_folder_are_no_names() {
        for name in ["", "/a", "../a", "a/../b", "a//b", ".", "a\\b", "a\nb"] {
            assert!(file(name).check().is_err(), "{name:?}");
            assert_eq!(file_name(&file(name).uri()), None, "{name:?}");
        }
        for uri in [
            "file:///etc/passwd",
            "http://a/b",
            "//a/b",
            "a?b",
            "a#b",
            "a%2",
            "a%zz",
            "%2e%2e/a",
            "a%00",
        ] {
            assert_eq!(file_name(uri), None, "{uri}");
        }
    }

    #[test]
    fn a_container_keeps_names_for_itself() {
        for name in ["mimetype", "META-INF/manifest.xml", "meta-inf/signatures.xml"] {
            assert!(file(name).check_in_container().is_err(), "{name}");
        }
        assert!(file("request.xml").check_in_container().is_ok());
    }

    #[test]
    fn media_types_have_two_parts() {
        for good in ["application/xml", "text/plain; charset=UTF-8", "image/svg+xml"] {
            assert!(check_media_type(good).is_ok(), "{good}");
        }
        for bad in ["", "xml", "a/", "/b", "a/b c", "a/b/c", "a/b;\n"] {
            assert!(check_media_type(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_occur_once_and_there_is_one() {
        assert!(check_names(["a", "b"].into_iter()).is_ok());
        assert!(check_names(["a", "b", "a"].into_iter()).is_err());
        assert!(check_names([].into_iter()).is_err());
        assert!(check_names(std::iter::repeat_n("a", MOST + 1)).is_err());
    }

    #[test]
    fn documents_lose_their_declaration_and_nothing_else() {
        let document = b"\xEF\xBB\xBF<?xml version=\"1.0\"?>\r\n<?b c?><a>\r\n</a>\n";
        assert_eq!(embedded(document).unwrap(), "<?b c?><a>\r\n</a>");
    }

    #[test]
    fn what_would_not_be_signed_or_is_a_signature_is_refused() {
        for document in [
            &b"<a><!-- b --></a>"[..],
            b"<!-- b --><a/>",
            b"<a><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/></a>",
            b"<a>",
            b"",
        ] {
            assert!(embedded(document).is_err());
        }
    }
}
