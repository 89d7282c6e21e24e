//! What the platform answers.
//!
//! An answer says whether it is complete, what was wrong if it is not, repeats the head of the request, and may carry a
//! consent, links, exclusions or a yes or no. It is somebody else's text, so it is read leniently: an element that we have
//! no name for is kept, as it was written and with the place where it was ([`Unknown`]), and is no error. What decides is
//! read strictly all the same. A known name in a foreign namespace, a value said twice, a boolean that is none: each is a
//! [`Refusal`], for whatever we made of it would be a guess.
//!
//! Callers have answers as they came, so a SOAP envelope around one is looked into, and a fault in it is an outcome of its
//! own.
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

/// What comes back from a call.
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
    /// Which one.
    pub kind: &'static Kind,
    /// By which schema.
    pub generation: Generation,
    /// Its own head: who answered, when, and to what.
    pub header: Header,
    /// What it says of itself: `iscomplete`.
    pub is_complete: bool,
    /// What was wrong.
    pub errors: Vec<Error>,
    /// What it carries.
    pub payload: Payload,
    /// What we have no name for.
    pub other: Vec<Unknown>,
}

/// The head of an answer.
#[derive(Clone, Eq, PartialEq)]
pub struct Header {
    /// Its ID-KMEHR.
    pub id: String,
    /// Who answered.
    pub author: Author,
    /// When.
    pub at: Moment,
    /// The head of the request it answers.
    pub request: Head,
}

/// One thing that was wrong, in the platform's words.
#[derive(Clone, Eq, PartialEq)]
pub struct Error {
    /// Identifiers of what it is about: in a bulk request, which link.
    pub ids: Vec<Id>,
    /// Codes, under `CD-ERROR` or a local table.
    pub codes: Vec<Code>,
    /// What happened, with the language it is said in.
    pub descriptions: Vec<Text>,
    /// Where to read more.
    pub url: Option<String>,
}

redacted_debug!(Answer Header Error);

/// What became of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Complete, and nothing was wrong.
    Complete,
    /// There is no such link: the platform calls that an error, and it is none.
    NothingFound,
    /// Not complete, or something was wrong; HTTP says 200 either way.
    Failed,
}

/// The platform's *no therapeutic link found*.
const NO_LINK: &str = "NIP.META.TlServiceBean";

impl Answer {
    /// What became of the request.
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

/// Reads an answer that is text already, so that what its XML declaration says of its encoding is about another copy.
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
