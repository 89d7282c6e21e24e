//! Writing of XML whose bytes depend on nothing but the input: no indentation, attributes in the order given.

use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::error::ProtocolError;
use crate::name::Name;

/// Namespace of most elements of hubservices 2.3.
pub(crate) const CORE_V2: &str = "http://www.ehealth.fgov.be/hubservices/core/v2";
/// Namespace of the elements that hubservices borrows from KMEHR.
pub(crate) const KMEHR: &str = "http://www.ehealth.fgov.be/standards/kmehr/schema/v1";

/// Attributes of an element, in the order in which they are written.
pub(crate) type XmlAttributes<'a> = &'a [(&'a str, &'a str)];

/// Namespace of `id`, `cd` and the names of a party. It follows the schema of their *parent*: a party of a link is a
/// core type, the same party as an author is KMEHR's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Vocabulary {
    /// The default namespace, [`CORE_V2`].
    Core,
    /// The prefix `kmehr`, [`KMEHR`].
    Kmehr,
    /// The party of an exclusion: the element itself is hubservices', all in it is KMEHR's.
    KmehrInside,
}

impl Vocabulary {
    /// The element name with the prefix it needs.
    pub(crate) fn qualify(self, local: &str) -> String {
        match self {
            Self::Core => local.to_owned(),
            Self::Kmehr | Self::KmehrInside => format!("kmehr:{local}"),
        }
    }

    /// The name of the element around, with the prefix it needs.
    pub(crate) fn qualify_outer(self, local: &str) -> String {
        match self {
            Self::Core | Self::KmehrInside => local.to_owned(),
            Self::Kmehr => format!("kmehr:{local}"),
        }
    }
}

/// `standalone` in the XML declaration: the official client says `yes` on the content that it signs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standalone {
    /// `standalone="yes"`.
    Yes,
    /// No `standalone`.
    Unsaid,
}

/// A document being written.
pub(crate) struct XmlWriter(Writer<Vec<u8>>);

impl XmlWriter {
    /// Begins a document with its XML declaration.
    pub(crate) fn new(standalone: Standalone) -> Result<Self, ProtocolError> {
        let mut xml = Self(Writer::new(Vec::new()));
        let standalone = (standalone == Standalone::Yes).then_some("yes");
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), standalone)))?;
        Ok(xml)
    }

    /// Continues a document that was written so far.
    pub(crate) fn resume(written: Vec<u8>) -> Self {
        Self(Writer::new(written))
    }

    /// Writes a start tag. Only the root is opened and closed by hand; the rest goes through [`XmlWriter::element`].
    pub(crate) fn open(&mut self, name: &str, attributes: XmlAttributes<'_>) -> Result<(), ProtocolError> {
        self.event(Event::Start(
            BytesStart::new(name).with_attributes(attributes.iter().copied()),
        ))
    }

    /// Writes an end tag.
    pub(crate) fn close(&mut self, name: &str) -> Result<(), ProtocolError> {
        self.event(Event::End(BytesEnd::new(name)))
    }

    /// Writes an element and what `body` writes inside it.
    pub(crate) fn element(
        &mut self,
        name: &str,
        attributes: XmlAttributes<'_>,
        body: impl FnOnce(&mut Self) -> Result<(), ProtocolError>,
    ) -> Result<(), ProtocolError> {
        self.open(name, attributes)?;
        body(self)?;
        self.close(name)
    }

    /// Writes an element that holds text only.
    pub(crate) fn text(&mut self, name: &str, attributes: XmlAttributes<'_>, text: &str) -> Result<(), ProtocolError> {
        // `<`, `>` and `&` only, as the official client does: quotes need no escape outside attributes.
        self.element(name, attributes, |xml| {
            xml.event(Event::Text(BytesText::from_escaped(partial_escape(text))))
        })
    }

    /// Writes `firstname` and `familyname`, or `name`.
    pub(crate) fn name(&mut self, vocabulary: Vocabulary, name: Option<&Name>) -> Result<(), ProtocolError> {
        match name {
            None => Ok(()),
            Some(Name::Single(name)) => self.text(&vocabulary.qualify("name"), &[], name),
            Some(Name::Person { first, family }) => {
                self.text(&vocabulary.qualify("firstname"), &[], first)?;
                self.text(&vocabulary.qualify("familyname"), &[], family)
            }
        }
    }

    /// The bytes written.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_inner()
    }

    fn event(&mut self, event: Event<'_>) -> Result<(), ProtocolError> {
        self.0.write_event(event).map_err(|_| ProtocolError::Internal {
            reason: "writing XML to memory failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_nothing_is_indented() {
        let mut xml = XmlWriter::new(Standalone::Yes).unwrap();
        xml.element("a", &[("b", "\"<")], |xml| xml.text("c", &[], "D'Hondt & <zoon>"))
            .unwrap();
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
                        <a b=\"&quot;&lt;\"><c>D'Hondt &amp; &lt;zoon&gt;</c></a>";
        assert_eq!(String::from_utf8(xml.finish()).unwrap(), expected);
    }
}
