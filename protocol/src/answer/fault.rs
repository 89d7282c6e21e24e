//! SOAP: the envelope around an answer, and the fault that comes instead of one.

use roxmltree::Node;

use super::reading::{AnswerElement, AnswerReader, UnknownPart, XML};
use super::refusal::AnswerRefusal;

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
    fn from_element(node: Node<'_, '_>, name: &str) -> Option<Self> {
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
pub struct SoapFault {
    /// Version of SOAP.
    pub soap: Soap,
    /// The code, then its subcodes, each as written: `soap:Server`.
    pub codes: Vec<String>,
    /// Reasons, in words.
    pub reasons: Vec<LanguageText>,
    /// The reporting node: `faultactor`, or `Role` and else `Node`.
    pub actor: Option<String>,
    /// `detail`, as the XML it is.
    pub detail: Option<String>,
    /// Parts that this software has no name for.
    pub other: Vec<UnknownPart>,
}

// A detail may repeat the request.
redacted_debug!(SoapFault);

/// Words, and their language if it is given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LanguageText {
    /// `nl`, `fr`...
    pub language: Option<String>,
    /// The words.
    pub text: String,
}

/// Takes the element out of the body if `root` is an envelope, else returns `root`. Headers are the transport's and are
/// not read.
pub(super) fn unwrapped<'a, 'i>(root: Node<'a, 'i>) -> Result<Node<'a, 'i>, AnswerRefusal> {
    let Some(soap) = Soap::from_element(root, "Envelope") else {
        return Ok(root);
    };
    let mut bodies = root
        .children()
        .filter(|node| node.has_tag_name((soap.namespace(), "Body")));
    // To take one of two bodies for the answer would be a guess.
    let (Some(body), None) = (bodies.next(), bodies.next()) else {
        return Err(AnswerRefusal::NotOneBody);
    };
    let mut elements = body.children().filter(Node::is_element);
    match (elements.next(), elements.next()) {
        (Some(element), None) => Ok(element),
        (None, _) | (Some(_), Some(_)) => Err(AnswerRefusal::NotOneBody),
    }
}

/// Reads the fault that `node` is, if it is one.
pub(super) fn fault(node: Node<'_, '_>, xml: &str) -> Result<Option<SoapFault>, AnswerRefusal> {
    let Some(soap) = Soap::from_element(node, "Fault") else {
        return Ok(None);
    };
    let reading = AnswerReader::new(xml);
    let mut fault = reading.root(node, |element| match soap {
        Soap::V1_1 => fault_1_1(element),
        Soap::V1_2 => fault_1_2(element),
    })?;
    fault.other = reading.left();
    Ok(Some(fault))
}

fn fault_1_1(element: &mut AnswerElement<'_, '_, '_>) -> Result<SoapFault, AnswerRefusal> {
    // Its children have no namespace.
    Ok(SoapFault {
        soap: Soap::V1_1,
        codes: element.many("", "faultcode", &[], trimmed)?,
        reasons: element.many("", "faultstring", &["xml:lang"], words)?,
        actor: element.optional("", "faultactor", &[], trimmed)?,
        detail: element.optional("", "detail", &[], whole)?,
        other: Vec::new(),
    })
}

fn fault_1_2(element: &mut AnswerElement<'_, '_, '_>) -> Result<SoapFault, AnswerRefusal> {
    let soap = Soap::V1_2.namespace();
    let reasons = element.optional(soap, "Reason", &[], |reason| {
        reason.many(soap, "Text", &["xml:lang"], words)
    })?;
    let mut codes = Vec::new();
    element.optional(soap, "Code", &[], |element| code(element, &mut codes))?;
    let role = element.optional(soap, "Role", &[], trimmed)?;
    let node = element.optional(soap, "Node", &[], trimmed)?;
    Ok(SoapFault {
        soap: Soap::V1_2,
        codes,
        reasons: reasons.unwrap_or_default(),
        actor: role.or(node),
        detail: element.optional(soap, "Detail", &[], whole)?,
        other: Vec::new(),
    })
}

/// Reads `Value` of a code, then that of its subcode, and so on, as deep as an answer may be.
fn code(element: &mut AnswerElement<'_, '_, '_>, codes: &mut Vec<String>) -> Result<(), AnswerRefusal> {
    let soap = Soap::V1_2.namespace();
    codes.extend(element.optional(soap, "Value", &[], trimmed)?);
    // Each level calls this function once more. `guard::document` has limited the depth of the answer.
    element.optional(soap, "Subcode", &[], |subcode| code(subcode, codes))?;
    Ok(())
}

fn trimmed(element: &mut AnswerElement<'_, '_, '_>) -> Result<String, AnswerRefusal> {
    Ok(element.text().trim().to_owned())
}

fn whole(element: &mut AnswerElement<'_, '_, '_>) -> Result<String, AnswerRefusal> {
    Ok(element.whole())
}

fn words(element: &mut AnswerElement<'_, '_, '_>) -> Result<LanguageText, AnswerRefusal> {
    Ok(LanguageText {
        language: element.node.attribute((XML, "lang")).map(str::to_owned),
        text: element.text(),
    })
}
