//! Answers of the platform.
//!
//! An answer says whether it is complete and what was wrong if it is not, repeats the head of the request, and may
//! carry a consent, links, exclusions or a yes or no. Others write it, so it is read leniently: an element without a
//! name here is kept as it was written, with its place ([`UnknownPart`]), and is no error. Facts that decide something are
//! read strictly: a known name in a foreign namespace, a repeated value or a malformed boolean is an [`AnswerRefusal`],
//! because any reading of it would be a guess.
//!
//! A SOAP envelope around an answer is opened, since callers have answers as they came; a fault in it is an outcome of
//! its own.
//!
//! ```
//! use beid_protocol::answer::{self, PlatformAnswer};
//!
//! let xml = r#"<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><Fault>
//!     <faultcode xmlns="">soap:Server</faultcode><faultstring xmlns="">try again</faultstring>
//! </Fault></Body></Envelope>"#;
//! let PlatformAnswer::Fault(fault) = answer::parse(xml.as_bytes())? else { unreachable!() };
//! assert_eq!(fault.codes, ["soap:Server"]);
//! # Ok::<(), beid_protocol::ProtocolError>(())
//! ```
//!
//! Source: hubservices core 2.3 and 3.5, `…ResponseType`, `AcknowledgeType`; KMEHR, `errorType`.

mod fault;
mod guard;
mod parts;
mod payload;
mod reading;
mod refusal;
mod values;

pub use fault::{LanguageText, Soap, SoapFault};
pub use guard::LONGEST;
pub use parts::{
    AnswerAuthor, AnswerNames, AnswerParty, AnswerPerson, Binary, Code, ConsentStatus, Id, OperationContext, PatientId,
    RecordedOperation, RecordedProof, RegisteredConsent, RegisteredExclusion, RegisteredLink, RequestHead,
};
pub use payload::Payload;
pub use reading::UnknownPart;
pub use refusal::AnswerRefusal;
pub use values::Moment;

use roxmltree::Node;

use crate::dialect::Dialect;
use crate::error::ProtocolError;
use crate::operation::PlatformOperation;
use crate::xml::KMEHR;
use parts::{PartReader, code, text};
use payload::PayloadType;
use reading::{AnswerElement, AnswerReader};

/// Result of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PlatformAnswer {
    /// An answer of the service.
    Answer(Box<ServiceAnswer>),
    /// A SOAP fault.
    Fault(SoapFault),
}

/// An answer of the service.
#[derive(Clone, Eq, PartialEq)]
pub struct ServiceAnswer {
    /// The operation that was asked for.
    pub operation: PlatformOperation,
    /// The dialect in which it is written.
    pub dialect: Dialect,
    /// Its own head: author, time, and the request it answers.
    pub header: AnswerHeader,
    /// `iscomplete`: true if the platform says that the answer is complete.
    pub is_complete: bool,
    /// Errors that the platform reports.
    pub errors: Vec<PlatformError>,
    /// The payload.
    pub payload: Payload,
    /// Parts that this software has no name for.
    pub other: Vec<UnknownPart>,
}

/// The head of an answer.
#[derive(Clone, Eq, PartialEq)]
pub struct AnswerHeader {
    /// Its ID-KMEHR.
    pub id: String,
    /// The platform's service that answered.
    pub author: AnswerAuthor,
    /// Time of the answer.
    pub at: Moment,
    /// The head of the request it answers.
    pub request: RequestHead,
}

/// One error, in the platform's words.
#[derive(Clone, Eq, PartialEq)]
pub struct PlatformError {
    /// Identifiers of the part at fault: in a bulk request, of the link.
    pub ids: Vec<Id>,
    /// Codes, from `CD-ERROR` or a local table.
    pub codes: Vec<Code>,
    /// Descriptions, each with its language.
    pub descriptions: Vec<LanguageText>,
    /// Address of further information.
    pub url: Option<String>,
}

redacted_debug!(ServiceAnswer AnswerHeader PlatformError);

/// Outcome of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnswerOutcome {
    /// Complete, and nothing was wrong.
    Complete,
    /// There is no such link. The platform reports that as an error; here it is none.
    NothingFound,
    /// Not complete, or with errors; the HTTP status is 200 either way.
    Failed,
}

/// The platform's *no therapeutic link found*.
const NO_LINK: &str = "NIP.META.TlServiceBean";

impl ServiceAnswer {
    /// Outcome of the request.
    #[must_use]
    pub fn outcome(&self) -> AnswerOutcome {
        let is_no_link =
            // `all` holds for no codes, too, but an error without a code says nothing about links.
            |error: &PlatformError| !error.codes.is_empty() && error.codes.iter().all(|code| code.value == NO_LINK);
        if self.errors.is_empty() {
            if self.is_complete {
                AnswerOutcome::Complete
            } else {
                AnswerOutcome::Failed
            }
        } else if self.can_find_nothing() && self.errors.iter().all(is_no_link) {
            AnswerOutcome::NothingFound
        } else {
            AnswerOutcome::Failed
        }
    }

    /// Returns true if "no therapeutic link found" answers the request: it looks links up.
    fn can_find_nothing(&self) -> bool {
        matches!(
            self.operation,
            PlatformOperation::GetLinks | PlatformOperation::RevokeLink
        )
    }
}

/// Reads an answer, or a SOAP envelope with one.
///
/// # Errors
/// [`ProtocolError::RefusedAnswer`], which says why.
pub fn parse(bytes: &[u8]) -> Result<PlatformAnswer, ProtocolError> {
    Ok(read(guard::text(bytes)?)?)
}

/// Reads an answer that is text already: the encoding in its XML declaration is that of another copy, and is ignored.
///
/// # Errors
/// As [`parse`].
pub fn parse_text(xml: &str) -> Result<PlatformAnswer, ProtocolError> {
    Ok(read(xml)?)
}

fn read(xml: &str) -> Result<PlatformAnswer, AnswerRefusal> {
    let document = guard::document(xml)?;
    let root = fault::unwrapped(document.root_element())?;
    if let Some(fault) = fault::fault(root, xml)? {
        return Ok(PlatformAnswer::Fault(fault));
    }
    let (operation, dialect) = recognised(root)?;
    let reader = AnswerReader::new(xml);
    let mut answer = reader.root(root, |element| whole(element, operation, dialect))?;
    answer.other = reader.left();
    Ok(PlatformAnswer::Answer(Box::new(answer)))
}

fn recognised(root: Node<'_, '_>) -> Result<(PlatformOperation, Dialect), AnswerRefusal> {
    let dialect = root.tag_name().namespace().and_then(Dialect::from_namespace);
    let operation = PlatformOperation::from_answer_root(root.tag_name().name());
    let (dialect, operation) = dialect.zip(operation).ok_or(AnswerRefusal::NotAnAnswer)?;
    // Each may be known by itself: an operation that only the other dialect has is no answer.
    if dialect.has(operation) {
        Ok((operation, dialect))
    } else {
        Err(AnswerRefusal::NotAnAnswer)
    }
}

fn whole(
    element: &mut AnswerElement<'_, '_, '_>,
    operation: PlatformOperation,
    dialect: Dialect,
) -> Result<ServiceAnswer, AnswerRefusal> {
    let (core, parts) = (dialect.rules().core, PartReader::new(dialect));
    let header = element.one(core, "response", &[], |response| {
        Ok(AnswerHeader {
            id: response.one(core, "id", &["S", "SV", "SL"], text)?,
            author: response.one(core, "author", &[], |author| parts.author(author))?,
            at: parts.moment(response)?,
            request: response.one(core, "request", &[], |request| parts.head(request))?,
        })
    })?;
    let (is_complete, errors) = element.one(core, "acknowledge", &[], |acknowledge| {
        let is_complete = acknowledge.one(core, "iscomplete", &[], |it| values::boolean("iscomplete", it))?;
        Ok((is_complete, acknowledge.many(core, "error", &[], error)?))
    })?;
    Ok(ServiceAnswer {
        operation,
        dialect,
        header,
        is_complete,
        errors,
        payload: payload(element, PayloadType::for_operation(operation), parts, core)?,
        other: Vec::new(),
    })
}

fn payload(
    element: &mut AnswerElement<'_, '_, '_>,
    payload: PayloadType,
    parts: PartReader,
    core: &str,
) -> Result<Payload, AnswerRefusal> {
    let consent = |element: &mut AnswerElement<'_, '_, '_>, with_status| {
        let found = element.optional(core, "consent", &[], |one| parts.consent(one, with_status))?;
        Ok(found.map_or(Payload::Nothing, |consent| Payload::Consent(Box::new(consent))))
    };
    match payload {
        PayloadType::Nothing => Ok(Payload::Nothing),
        PayloadType::Consent => consent(element, false),
        PayloadType::ConsentStatus => consent(element, true),
        PayloadType::Value => {
            let found = element.optional(core, "value", &[], |value| values::boolean("value", value))?;
            Ok(found.map_or(Payload::Nothing, Payload::Value))
        }
        PayloadType::Links => {
            let found = element.optional(core, "therapeuticlinklist", &[], |list| {
                list.many(core, "therapeuticlink", &[], |link| parts.link(link))
            })?;
            Ok(Payload::Links(found.unwrap_or_default()))
        }
        PayloadType::Exclusions => {
            let found = element.optional(core, "therapeuticexclusionlist", &[], |list| {
                list.many(core, "therapeuticexclusion", &[], |exclusion| {
                    parts.exclusion(exclusion)
                })
            })?;
            Ok(Payload::Exclusions(found.unwrap_or_default()))
        }
    }
}

fn error(element: &mut AnswerElement<'_, '_, '_>) -> Result<PlatformError, AnswerRefusal> {
    let words = |element: &mut AnswerElement<'_, '_, '_>| {
        Ok(LanguageText {
            language: element.attribute("L"),
            text: element.text(),
        })
    };
    Ok(PlatformError {
        ids: element.many(KMEHR, "id", &["S", "SV", "SL"], parts::id)?,
        codes: element.many(KMEHR, "cd", &["S", "SV", "SL", "DN", "L"], code)?,
        descriptions: element.many(KMEHR, "description", &["L"], words)?,
        url: element.optional(KMEHR, "url", &[], text)?,
    })
}
