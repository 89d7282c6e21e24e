//! Putting DER together and taking it apart without decoding what has to stay as it is.
//!
//! Certificates, names and signed attributes are hashed and compared as octets. A decoder that re-encodes them (and
//! sorts sets on the way) would change what was signed, so lengths and tags are [`der`]'s and the octets stay untouched.

use der::asn1::{Any, AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, SliceReader, Tag, TagNumber};

use crate::error::ProtocolError;

/// One DER element.
pub(crate) fn element(tag: Tag, contents: &[&[u8]]) -> Result<Vec<u8>, ProtocolError> {
    Any::new(tag, contents.concat())
        .and_then(|any| any.to_der())
        .map_err(|_| ProtocolError::Internal {
            reason: "DER element too long",
        })
}

/// `SEQUENCE { contents }`.
pub(crate) fn sequence(contents: &[&[u8]]) -> Result<Vec<u8>, ProtocolError> {
    element(Tag::Sequence, contents)
}

/// `[number] { contents }`: EXPLICIT around one element, IMPLICIT in place of a SEQUENCE or SET.
pub(crate) fn context(number: TagNumber, contents: &[&[u8]]) -> Result<Vec<u8>, ProtocolError> {
    element(context_tag(number), contents)
}

/// The tag of [`context`].
pub(crate) fn context_tag(number: TagNumber) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number,
    }
}

/// The contents of a `SET OF`: elements in the order of their encodings, as DER wants.
pub(crate) fn sorted(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    elements.concat()
}

/// `OBJECT IDENTIFIER`.
pub(crate) fn oid(oid: ObjectIdentifier) -> Result<Vec<u8>, ProtocolError> {
    element(Tag::ObjectIdentifier, &[oid.as_bytes()])
}

/// An element that was read, with all its octets.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    /// Its tag.
    pub(crate) tag: Tag,
    /// Tag, length and contents.
    pub(crate) octets: &'a [u8],
    /// Contents alone.
    pub(crate) contents: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads the one element that `octets` is.
    pub(crate) fn parse(octets: &'a [u8]) -> Option<Self> {
        let mut elements = Elements::of(octets)?;
        let element = elements.next_any()?;
        elements.end()?;
        Some(element)
    }

    /// What is inside.
    pub(crate) fn inside(self) -> Option<Elements<'a>> {
        Elements::of(self.contents)
    }

    /// Its value, if it is an object identifier.
    pub(crate) fn as_oid(self) -> Option<ObjectIdentifier> {
        ObjectIdentifier::from_der(self.octets).ok()
    }
}

/// The elements inside another, one after the other. DER only: an indefinite length is an error.
pub(crate) struct Elements<'a>(SliceReader<'a>);

impl<'a> Elements<'a> {
    fn of(octets: &'a [u8]) -> Option<Self> {
        SliceReader::new(octets).ok().map(Self)
    }

    /// The next element, whatever it is.
    pub(crate) fn next_any(&mut self) -> Option<Element<'a>> {
        let octets = self.0.tlv_bytes().ok()?;
        let any = AnyRef::from_der(octets).ok()?;
        Some(Element {
            tag: der::Tagged::tag(&any),
            octets,
            contents: any.value(),
        })
    }

    /// The next element, if its tag is `tag`.
    pub(crate) fn next(&mut self, tag: Tag) -> Option<Element<'a>> {
        if self.0.peek_tag().ok()? == tag {
            self.next_any()
        } else {
            None
        }
    }

    /// All that are left.
    pub(crate) fn rest(mut self) -> Option<Vec<Element<'a>>> {
        let mut elements = Vec::new();
        while !self.0.is_finished() {
            elements.push(self.next_any()?);
        }
        Some(elements)
    }

    /// Something if nothing is left.
    pub(crate) fn end(&self) -> Option<()> {
        self.0.is_finished().then_some(())
    }
}
