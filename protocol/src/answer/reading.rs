//! Reading an element leniently: known children are taken by name, the rest is kept as it was.

use std::cell::RefCell;

use roxmltree::{Attribute, Node};

use super::refusal::AnswerRefusal;

/// Namespace of `xml:lang`.
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A part of an answer that this software has no name for, as it was written.
#[derive(Clone, Eq, PartialEq)]
pub struct UnknownPart {
    /// Its place: names of elements below the answer's root, and at the end `name`, `@name`, `text()`, `comment()` or
    /// `processing-instruction()`.
    pub path: String,
    /// The namespace of an element or attribute.
    pub namespace: Option<String>,
    /// The piece of XML.
    pub xml: String,
}

redacted_debug!(UnknownPart);

/// The text of an answer, and the parts of it that nobody took.
pub(super) struct AnswerReader<'i> {
    xml: &'i str,
    // In a cell: elements that are being read, one inside the other, all share the reader.
    left: RefCell<Vec<(usize, UnknownPart)>>,
}

/// An element being read: its children are taken out by name.
pub(super) struct AnswerElement<'r, 'a, 'i> {
    reader: &'r AnswerReader<'i>,
    /// The element.
    pub(super) node: Node<'a, 'i>,
    path: String,
    children: Vec<Option<Node<'a, 'i>>>,
}

impl<'i> AnswerReader<'i> {
    pub(super) fn new(xml: &'i str) -> Self {
        Self {
            xml,
            left: RefCell::default(),
        }
    }

    /// Reads the answer's root.
    pub(super) fn root<T>(
        &self,
        node: Node<'_, 'i>,
        read: impl FnOnce(&mut AnswerElement<'_, '_, 'i>) -> Result<T, AnswerRefusal>,
    ) -> Result<T, AnswerRefusal> {
        self.element(node, String::new(), &[], read)
    }

    /// Parts that nobody took, in the order of the answer.
    pub(super) fn left(self) -> Vec<UnknownPart> {
        let mut left = self.left.into_inner();
        // An element is done after those inside it, so what is left of its children is kept last.
        left.sort_by_key(|(at, _)| *at);
        left.into_iter().map(|(_, unknown)| unknown).collect()
    }

    /// The XML of `node`, as it is written.
    pub(super) fn source(&self, node: Node<'_, '_>) -> String {
        self.xml.get(node.range()).unwrap_or_default().to_owned()
    }

    fn element<T>(
        &self,
        node: Node<'_, 'i>,
        path: String,
        attributes: &[&str],
        read: impl FnOnce(&mut AnswerElement<'_, '_, 'i>) -> Result<T, AnswerRefusal>,
    ) -> Result<T, AnswerRefusal> {
        for attribute in node.attributes() {
            if !is_known(attribute, attributes) {
                let xml = self.xml.get(attribute.range()).unwrap_or_default();
                let place = (below(&path, &format!("@{}", attribute.name())), attribute.namespace());
                self.keep(attribute.range().start, place, xml.to_owned());
            }
        }
        let mut element = AnswerElement {
            reader: self,
            node,
            path,
            children: node.children().map(Some).collect(),
        };
        let value = read(&mut element)?;
        for node in element.children.into_iter().flatten() {
            self.keep_node(node, &element.path);
        }
        Ok(value)
    }

    fn keep_node(&self, node: Node<'_, '_>, parent: &str) {
        let (name, namespace) = match node.node_type() {
            roxmltree::NodeType::Element => (node.tag_name().name(), node.tag_name().namespace()),
            roxmltree::NodeType::Text if is_blank(node) => return,
            roxmltree::NodeType::Text => ("text()", None),
            roxmltree::NodeType::Comment => ("comment()", None),
            roxmltree::NodeType::PI | roxmltree::NodeType::Root => ("processing-instruction()", None),
        };
        self.keep(node.range().start, (below(parent, name), namespace), self.source(node));
    }

    fn keep(&self, at: usize, (path, namespace): (String, Option<&str>), xml: String) {
        let namespace = namespace.map(str::to_owned);
        self.left.borrow_mut().push((at, UnknownPart { path, namespace, xml }));
    }
}

impl<'a, 'i> AnswerElement<'_, 'a, 'i> {
    /// Reads every child of this name.
    pub(super) fn many<T>(
        &mut self,
        namespace: &str,
        name: &'static str,
        attributes: &[&str],
        mut read: impl FnMut(&mut AnswerElement<'_, '_, 'i>) -> Result<T, AnswerRefusal>,
    ) -> Result<Vec<T>, AnswerRefusal> {
        let path = below(&self.path, name);
        let reader = self.reader;
        let found = self.take(namespace, name)?;
        found
            .into_iter()
            .map(|node| reader.element(node, path.clone(), attributes, &mut read))
            .collect()
    }

    /// Reads the child of this name, if there is one.
    pub(super) fn optional<T>(
        &mut self,
        namespace: &str,
        name: &'static str,
        attributes: &[&str],
        read: impl FnOnce(&mut AnswerElement<'_, '_, 'i>) -> Result<T, AnswerRefusal>,
    ) -> Result<Option<T>, AnswerRefusal> {
        let mut found = self.take(namespace, name)?.into_iter();
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(node), None) => {
                let path = below(&self.path, name);
                self.reader.element(node, path, attributes, read).map(Some)
            }
            (Some(_), Some(_)) => Err(AnswerRefusal::Repeated { element: name }),
        }
    }

    /// Reads the child of this name.
    pub(super) fn one<T>(
        &mut self,
        namespace: &str,
        name: &'static str,
        attributes: &[&str],
        read: impl FnOnce(&mut AnswerElement<'_, '_, 'i>) -> Result<T, AnswerRefusal>,
    ) -> Result<T, AnswerRefusal> {
        self.optional(namespace, name, attributes, read)?
            .ok_or(AnswerRefusal::Missing { element: name })
    }

    /// Takes all its text, without comments: cut at a comment, a text could mean something else.
    pub(super) fn text(&mut self) -> String {
        let mut text = String::new();
        for child in &mut self.children {
            if let Some(piece) = child.filter(Node::is_text).and_then(|node| node.text()) {
                text.push_str(piece);
                *child = None;
            }
        }
        text
    }

    /// Value of an attribute without namespace.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.node.attribute(name).map(str::to_owned)
    }

    /// Takes the element whole, as the XML it is, with everything in it.
    pub(super) fn whole(&mut self) -> String {
        // Nothing inside is left over: all of it is in what is returned.
        self.children.clear();
        self.reader.source(self.node)
    }

    fn take(&mut self, namespace: &str, name: &'static str) -> Result<Vec<Node<'a, 'i>>, AnswerRefusal> {
        let mut found = Vec::new();
        for child in &mut self.children {
            let Some(node) = child.filter(|node| node.is_element() && node.tag_name().name() == name) else {
                continue;
            };
            if node.tag_name().namespace().unwrap_or_default() != namespace {
                // Kept as an unknown part, it would make a value that is there look absent.
                return Err(AnswerRefusal::WrongNamespace { element: name });
            }
            found.extend(child.take());
        }
        Ok(found)
    }
}

/// Returns true if the attribute is one of `attributes`: names without namespace, or `xml:lang`.
fn is_known(attribute: Attribute<'_, '_>, attributes: &[&str]) -> bool {
    match attribute.namespace() {
        None => attributes.contains(&attribute.name()),
        Some(XML) => attribute.name() == "lang" && attributes.contains(&"xml:lang"),
        Some(_) => false,
    }
}

fn below(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}/{name}")
    }
}

fn is_blank(node: Node<'_, '_>) -> bool {
    node.text().is_none_or(|text| text.trim_ascii().is_empty())
}
