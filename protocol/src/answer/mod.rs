//! Answers of the platform.
//!
//! An answer says whether it is complete and what was wrong if it is not, repeats the head of the request, and may
//! carry a consent, links, exclusions or a yes or no. Others write it, so it is read leniently: an element without a
//! name here is kept as it was written, with its place ([`Unknown`]), and is no error. Facts that decide something are
//! read strictly: a known name in a foreign namespace, a repeated value or a malformed boolean is a [`Refusal`],
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
mod kinds;
mod parts;
mod reading;
mod refusal;
mod values;

pub use fault::{Fault, Soap, Text};
pub use guard::LONGEST;
pub use kinds::{Generation, KINDS, Kind, Payload};
pub use parts::{
    Author, Binary, Code, Consent, Exclusion, Head, Id, Link, Names, Operation, OperationContext, Party, PatientId,
    Person, Proof, Status,
};
pub use reading::Unknown;
pub use refusal::Refusal;
pub use values::Moment;

use roxmltree::Node;

use crate::error::ProtocolError;
use crate::xml::KMEHR;
use kinds::Carries;
use parts::{Parts, code, text};
use reading::{Element, Reading};

/// Result of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PlatformAnswer {
    /// An answer of the service.
    Answer(Box<Answer>),
    /// A SOAP fault.
    Fault(Fault),
}

/// An answer of the service.
#[derive(Clone, Eq, PartialEq)]
pub struct Answer {
    /// The operation that was asked for.
    pub kind: &'static Kind,
    /// The dialect in which it is written.
    pub generation: Generation,
    /// Its own head: author, time, and the request it answers.
    pub header: Header,
    /// `iscomplete`: true if the platform says that the answer is complete.
    pub is_complete: bool,
    /// Errors that the platform reports.
    pub errors: Vec<Error>,
    /// The payload.
    pub payload: Payload,
    /// Parts that this software has no name for.
    pub other: Vec<Unknown>,
}

/// The head of an answer.
#[derive(Clone, Eq, PartialEq)]
pub struct Header {
    /// Its ID-KMEHR.
    pub id: String,
    /// The platform's service that answered.
    pub author: Author,
    /// Time of the answer.
    pub at: Moment,
    /// The head of the request it answers.
    pub request: Head,
}

/// One error, in the platform's words.
#[derive(Clone, Eq, PartialEq)]
pub struct Error {
    /// Identifiers of the part at fault: in a bulk request, of the link.
    pub ids: Vec<Id>,
    /// Codes, from `CD-ERROR` or a local table.
    pub codes: Vec<Code>,
    /// Descriptions, each with its language.
    pub descriptions: Vec<Text>,
    /// Address of further information.
    pub url: Option<String>,
}

redacted_debug!(Answer Header Error);

/// Outcome of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Complete, and nothing was wrong.
    Complete,
    /// There is no such link. The platform reports that as an error; here it is none.
    NothingFound,
    /// Not complete, or with errors; the HTTP status is 200 either way.
    Failed,
}

/// The platform's *no therapeutic link found*.
const NO_LINK: &str = "NIP.META.TlServiceBean";

impl Answer {
    /// Outcome of the request.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let is_no_link =
            |error: &Error| !error.codes.is_empty() && error.codes.iter().all(|code| code.value == NO_LINK);
        if self.errors.is_empty() {
            if self.is_complete {
                Outcome::Complete
            } else {
                Outcome::Failed
            }
        } else if self.kind.can_find_nothing && self.errors.iter().all(is_no_link) {
            Outcome::NothingFound
        } else {
            Outcome::Failed
        }
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

fn read(xml: &str) -> Result<PlatformAnswer, Refusal> {
    let document = guard::document(xml)?;
    let root = fault::unwrapped(document.root_element())?;
    if let Some(fault) = fault::fault(root, xml)? {
        return Ok(PlatformAnswer::Fault(fault));
    }
    let (kind, generation) = recognised(root)?;
    let reading = Reading::of(xml);
    let mut answer = reading.root(root, |element| whole(element, kind, generation))?;
    answer.other = reading.left();
    Ok(PlatformAnswer::Answer(Box::new(answer)))
}

fn recognised(root: Node<'_, '_>) -> Result<(&'static Kind, Generation), Refusal> {
    let namespace = root.tag_name().namespace();
    let generation = Generation::ALL
        .into_iter()
        .find(|one| Some(one.protocol()) == namespace);
    let generation = generation.ok_or(Refusal::NotAnAnswer)?;
    let fits = |kind: &&Kind| kind.root == root.tag_name().name() && (generation == Generation::V2 || kind.in_v3);
    let kind = KINDS.iter().find(fits).ok_or(Refusal::NotAnAnswer)?;
    Ok((kind, generation))
}

fn whole(element: &mut Element<'_, '_, '_>, kind: &'static Kind, generation: Generation) -> Result<Answer, Refusal> {
    let (core, parts) = (generation.core(), Parts::of(generation));
    let header = element.one(core, "response", &[], |response| {
        Ok(Header {
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
    Ok(Answer {
        kind,
        generation,
        header,
        is_complete,
        errors,
        payload: payload(element, kind.carries, parts, core)?,
        other: Vec::new(),
    })
}

fn payload(element: &mut Element<'_, '_, '_>, carries: Carries, parts: Parts, core: &str) -> Result<Payload, Refusal> {
    let consent = |element: &mut Element<'_, '_, '_>, with_status| {
        let found = element.optional(core, "consent", &[], |one| parts.consent(one, with_status))?;
        Ok(found.map_or(Payload::Nothing, |consent| Payload::Consent(Box::new(consent))))
    };
    match carries {
        Carries::Nothing => Ok(Payload::Nothing),
        Carries::Consent => consent(element, false),
        Carries::ConsentStatus => consent(element, true),
        Carries::Value => {
            let found = element.optional(core, "value", &[], |value| values::boolean("value", value))?;
            Ok(found.map_or(Payload::Nothing, Payload::Value))
        }
        Carries::Links => {
            let found = element.optional(core, "therapeuticlinklist", &[], |list| {
                list.many(core, "therapeuticlink", &[], |link| parts.link(link))
            })?;
            Ok(Payload::Links(found.unwrap_or_default()))
        }
        Carries::Exclusions => {
            let found = element.optional(core, "therapeuticexclusionlist", &[], |list| {
                list.many(core, "therapeuticexclusion", &[], |exclusion| {
                    parts.exclusion(exclusion)
                })
            })?;
            Ok(Payload::Exclusions(found.unwrap_or_default()))
        }
    }
}

fn error(element: &mut Element<'_, '_, '_>) -> Result<Error, Refusal> {
    let words = |element: &mut Element<'_, '_, '_>| {
        Ok(Text {
            language: element.attribute("L"),
            text: element.text(),
        })
    };
    Ok(Error {
        ids: element.many(KMEHR, "id", &["S", "SV", "SL"], parts::id)?,
        codes: element.many(KMEHR, "cd", &["S", "SV", "SL", "DN", "L"], code)?,
        descriptions: element.many(KMEHR, "description", &["L"], words)?,
        url: element.optional(KMEHR, "url", &[], text)?,
    })
}
