//! SOAP: the envelope around an answer, and the fault that comes instead of one.

use roxmltree::Node;

use super::reading::{Element, Reading, Unknown, XML};
use super::refusal::Refusal;

/// Version of SOAP, by its namespace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Soap {
    /// SOAP 1.1.
    V1_1,
    /// SOAP 1.2.
    V1_2,
}

impl Soap {
    fn namespace(self) -> &'static str {
        match self {
            Self::V1_1 => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::V1_2 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    /// Version of SOAP in which `node` is the element `name`.
    fn of(node: Node<'_, '_>, name: &str) -> Option<Self> {
        let versions = [Self::V1_1, Self::V1_2];
        versions
            .into_iter()
            .find(|version| node.has_tag_name((version.namespace(), name)))
    }
}

/// SOAP fault in the place of an answer: the call itself failed, at the gateway or before it.
///
/// Source: SOAP 1.1, 4.4; SOAP 1.2 part 1, 5.4.
#[derive(Clone, Eq, PartialEq)]
pub struct Fault {
    /// Version of SOAP.
    pub soap: Soap,
    /// The code, then its subcodes, each as written: `soap:Server`.
    pub codes: Vec<String>,
    /// Reasons, in words.
    pub reasons: Vec<Text>,
    /// The reporting node: `faultactor`, or `Role` and else `Node`.
    pub actor: Option<String>,
    /// `detail`, as the XML it is.
    pub detail: Option<String>,
    /// Parts that this software has no name for.
    pub other: Vec<Unknown>,
}

// A detail may repeat the request.
redacted_debug!(Fault);

/// Words, and their language if it is given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text {
    /// `nl`, `fr`...
    pub language: Option<String>,
    /// The words.
    pub text: String,
}

/// Takes the element out of the body if `root` is an envelope, else returns `root`. Headers are the transport's and are
/// not read.
pub(super) fn unwrapped<'a, 'i>(root: Node<'a, 'i>) -> Result<Node<'a, 'i>, Refusal> {
    let Some(soap) = Soap::of(root, "Envelope") else {
        return Ok(root);
    };
    let mut bodies = root
        .children()
        .filter(|node| node.has_tag_name((soap.namespace(), "Body")));
    let (Some(body), None) = (bodies.next(), bodies.next()) else {
        return Err(Refusal::NotOneBody);
    };
    let mut elements = body.children().filter(Node::is_element);
    match (elements.next(), elements.next()) {
        (Some(element), None) => Ok(element),
        (None, _) | (Some(_), Some(_)) => Err(Refusal::NotOneBody),
    }
}

/// Reads the fault that `node` is, if it is one.
pub(super) fn fault(node: Node<'_, '_>, xml: &str) -> Result<Option<Fault>, Refusal> {
    let Some(soap) = Soap::of(node, "Fault") else {
        return Ok(None);
    };
    let reading = Reading::of(xml);
    let mut fault = reading.root(node, |element| match soap {
        Soap::V1_1 => of_1_1(element),
        Soap::V1_2 => of_1_2(element),
    })?;
    fault.other = reading.left();
    Ok(Some(fault))
}

fn of_1_1(element: &mut Element<'_, '_, '_>) -> Result<Fault, Refusal> {
    // Its children have no namespace.
    Ok(Fault {
        soap: Soap::V1_1,
        codes: element.many("", "faultcode", &[], trimmed)?,
        reasons: element.many("", "faultstring", &["xml:lang"], words)?,
        actor: element.optional("", "faultactor", &[], trimmed)?,
        detail: element.optional("", "detail", &[], whole)?,
        other: Vec::new(),
    })
}

fn of_1_2(element: &mut Element<'_, '_, '_>) -> Result<Fault, Refusal> {
    let soap = Soap::V1_2.namespace();
    let reasons = element.optional(soap, "Reason", &[], |reason| {
        reason.many(soap, "Text", &["xml:lang"], words)
    })?;
    let mut codes = Vec::new();
    element.optional(soap, "Code", &[], |element| code(element, &mut codes))?;
    let role = element.optional(soap, "Role", &[], trimmed)?;
    let node = element.optional(soap, "Node", &[], trimmed)?;
    Ok(Fault {
        soap: Soap::V1_2,
        codes,
        reasons: reasons.unwrap_or_default(),
        actor: role.or(node),
        detail: element.optional(soap, "Detail", &[], whole)?,
        other: Vec::new(),
    })
}

/// Reads `Value` of a code, then that of its subcode, and so on, as deep as an answer may be.
fn code(element: &mut Element<'_, '_, '_>, codes: &mut Vec<String>) -> Result<(), Refusal> {
    let soap = Soap::V1_2.namespace();
    codes.extend(element.optional(soap, "Value", &[], trimmed)?);
    element.optional(soap, "Subcode", &[], |subcode| code(subcode, codes))?;
    Ok(())
}

fn trimmed(element: &mut Element<'_, '_, '_>) -> Result<String, Refusal> {
    Ok(element.text().trim().to_owned())
}

fn whole(element: &mut Element<'_, '_, '_>) -> Result<String, Refusal> {
    Ok(element.whole())
}

fn words(element: &mut Element<'_, '_, '_>) -> Result<Text, Refusal> {
    Ok(Text {
        language: element.node.attribute((XML, "lang")).map(str::to_owned),
        text: element.text(),
    })
}
