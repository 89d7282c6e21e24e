//! What a document says, read back from its very bytes.
//!
//! A person signs after having read a dialog; so the dialog must tell what the bytes say, not what we meant to write.
//! The reading is strict: whatever has no place in a summary (an unknown element, a comment, text between elements) is
//! an error, for it would be signed and not be shown.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::{Date, Time};
use roxmltree::Node;

use crate::error::ProtocolError;
use crate::name::Name;
use crate::read::{Children, date, named, text, time, with_root};
use crate::therlink::Profile;
use crate::xml::{CORE_V2, KMEHR, PROTOCOL_V2};

/// An `id` element: under which scheme, and what.
#[derive(Clone, Eq, PartialEq)]
pub struct Identifier {
    /// `S`: `INSS`, `ID-HCPARTY`, `EID-CARDNO`...
    pub scheme: String,
    /// The number.
    pub value: String,
}

/// A patient, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct PatientSummary {
    /// Identifiers, in order.
    pub ids: Vec<Identifier>,
    /// What the patient is called.
    pub name: Option<Name>,
}

impl PatientSummary {
    /// The national number.
    #[must_use]
    pub fn ssin(&self) -> Option<&str> {
        value_of(&self.ids, "INSS")
    }

    /// The number of the eID.
    #[must_use]
    pub fn card_number(&self) -> Option<&str> {
        value_of(&self.ids, "EID-CARDNO")
    }
}

/// A party, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct PartySummary {
    /// Identifiers, in order.
    pub ids: Vec<Identifier>,
    /// Codes of CD-HCPARTY.
    pub codes: Vec<String>,
    /// What the party is called.
    pub name: Option<Name>,
}

impl PartySummary {
    /// The national number.
    #[must_use]
    pub fn ssin(&self) -> Option<&str> {
        value_of(&self.ids, "INSS")
    }

    /// The number of the sickness insurance institute, or the enterprise number: they share a scheme.
    #[must_use]
    pub fn nihii(&self) -> Option<&str> {
        value_of(&self.ids, "ID-HCPARTY")
    }
}

/// A link, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct LinkSummary {
    /// The patient.
    pub patient: PatientSummary,
    /// The providers concerned.
    pub parties: Vec<PartySummary>,
    /// Code of CD-THERAPEUTICLINKTYPE, or `ignored`.
    pub link_type: String,
    /// First day.
    pub start: Option<Date>,
    /// First day after.
    pub end: Option<Date>,
    /// Free text.
    pub comment: Option<String>,
}

/// What a signature covers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedSummary {
    /// The link it covers.
    pub link: LinkSummary,
    /// Whether that is the throw-away link of the official client, whose type and end mean nothing, or a real one.
    pub profile: Profile,
}

/// What a request asks.
#[derive(Clone, Eq, PartialEq)]
pub struct RequestSummary {
    /// Its identifier.
    pub request_id: String,
    /// Who asks.
    pub author: Vec<PartySummary>,
    /// The citizen who asks, with software of his own.
    pub author_patient: Option<PatientSummary>,
    /// The day it was made.
    pub date: Date,
    /// The time it was made.
    pub time: Time,
    /// The link to register.
    pub link: LinkSummary,
    /// The proofs; none while it is being made.
    pub proofs: Vec<ProofSummary>,
}

/// A proof, as a document has it.
#[derive(Clone, Eq, PartialEq)]
pub struct ProofSummary {
    /// Code of CD-PROOFTYPE.
    pub code: String,
    /// The CMS, if there is one.
    pub cms: Option<Vec<u8>>,
}

/// Reads back the content of an `eidsigning` signature.
///
/// # Errors
/// [`ProtocolError::MalformedDocument`] for anything but one `therapeuticlink` and nothing else.
///
/// Source: hubservices core 2.3, `TherapeuticLinkType`.
pub fn of_content(bytes: &[u8]) -> Result<SignedSummary, ProtocolError> {
    with_root(bytes, |root| {
        let link = link(named(root, CORE_V2, "therapeuticlink")?)?;
        let profile = if link.link_type == "ignored" {
            Profile::Connector
        } else {
            Profile::Strict
        };
        Ok(SignedSummary { link, profile })
    })
}

/// Reads back a `PutTherapeuticLinkRequest`, with or without its proof.
///
/// # Errors
/// [`ProtocolError::MalformedDocument`] for anything else, or if it holds what a summary has no place for.
///
/// Source: hubservices protocol 2.3, `PutTherapeuticLinkRequest`.
pub fn of_request(bytes: &[u8]) -> Result<RequestSummary, ProtocolError> {
    with_root(bytes, |root| {
        let mut children = Children::of(named(root, PROTOCOL_V2, "PutTherapeuticLinkRequest")?)?;
        let mut request = Children::of(children.one(CORE_V2, "request")?)?;
        let request_id = text(request.one(CORE_V2, "id")?)?;
        let mut author = Children::of(request.one(CORE_V2, "author")?)?;
        let date = date(request.one(CORE_V2, "date")?)?;
        let time = time(request.one(CORE_V2, "time")?)?;
        request.end()?;

        let parties = author.many(KMEHR, "hcparty", |node| party(node, KMEHR))?;
        let author_patient = author.optional(CORE_V2, "patient").map(patient).transpose()?;
        author.end()?;

        let link = link(children.one(CORE_V2, "therapeuticlink")?)?;
        let proofs = children.many(CORE_V2, "proof", proof)?;
        children.end()?;
        Ok(RequestSummary {
            request_id,
            author: parties,
            author_patient,
            date,
            time,
            link,
            proofs,
        })
    })
}

fn link(node: Node<'_, '_>) -> Result<LinkSummary, ProtocolError> {
    let mut children = Children::of(node)?;
    let summary = LinkSummary {
        patient: patient(children.one(CORE_V2, "patient")?)?,
        parties: children.many(CORE_V2, "hcparty", |node| party(node, CORE_V2))?,
        link_type: text(children.one(CORE_V2, "cd")?)?,
        start: children.optional(CORE_V2, "startdate").map(date).transpose()?,
        end: children.optional(CORE_V2, "enddate").map(date).transpose()?,
        comment: children.optional(CORE_V2, "comment").map(text).transpose()?,
    };
    children.end()?;
    if summary.parties.is_empty() {
        return Err(ProtocolError::malformed("a link without a party"));
    }
    Ok(summary)
}

fn patient(node: Node<'_, '_>) -> Result<PatientSummary, ProtocolError> {
    let mut children = Children::of(node)?;
    let ids = children.many(CORE_V2, "id", identifier)?;
    let name = name(&mut children, CORE_V2)?;
    children.end()?;
    Ok(PatientSummary { ids, name })
}

fn party(node: Node<'_, '_>, namespace: &str) -> Result<PartySummary, ProtocolError> {
    let mut children = Children::of(node)?;
    let ids = children.many(namespace, "id", identifier)?;
    let codes = children.many(namespace, "cd", text)?;
    let name = name(&mut children, namespace)?;
    children.end()?;
    Ok(PartySummary { ids, codes, name })
}

fn name(children: &mut Children<'_, '_>, namespace: &str) -> Result<Option<Name>, ProtocolError> {
    if let Some(single) = children.optional(namespace, "name") {
        return Ok(Some(Name::Single(text(single)?)));
    }
    let Some(first) = children.optional(namespace, "firstname") else {
        return Ok(None);
    };
    Ok(Some(Name::Person {
        first: text(first)?,
        family: text(children.one(namespace, "familyname")?)?,
    }))
}

fn identifier(node: Node<'_, '_>) -> Result<Identifier, ProtocolError> {
    let scheme = node
        .attribute("S")
        .ok_or(ProtocolError::malformed("an identifier without a scheme"))?;
    Ok(Identifier {
        scheme: scheme.to_owned(),
        value: text(node)?,
    })
}

fn proof(node: Node<'_, '_>) -> Result<ProofSummary, ProtocolError> {
    let mut children = Children::of(node)?;
    let code = text(children.one(CORE_V2, "cd")?)?;
    let cms = children
        .optional(CORE_V2, "binaryproof")
        .map(binary_proof)
        .transpose()?;
    children.end()?;
    Ok(ProofSummary { code, cms })
}

fn binary_proof(node: Node<'_, '_>) -> Result<Vec<u8>, ProtocolError> {
    let mut children = Children::of(node)?;
    if text(children.one(KMEHR, "cd")?)? != "CMS" {
        return Err(ProtocolError::malformed("a binary proof that is no CMS"));
    }
    // xsd:base64Binary may be broken into lines.
    let base64: String = text(children.one(KMEHR, "Base64EncryptedValue")?)?
        .split_ascii_whitespace()
        .collect();
    children.end()?;
    STANDARD
        .decode(base64)
        .map_err(|_| ProtocolError::malformed("a binary proof that is not base64"))
}

fn value_of<'a>(ids: &'a [Identifier], scheme: &str) -> Option<&'a str> {
    ids.iter().find(|id| id.scheme == scheme).map(|id| id.value.as_str())
}

redacted_debug!(Identifier PatientSummary PartySummary LinkSummary RequestSummary ProofSummary);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::LONGEST_INPUT;

    const LINK: &str = "<therapeuticlink xmlns=\"http://www.ehealth.fgov.be/hubservices/core/v2\">\
        <patient><id S=\"INSS\" SV=\"1.0\">79010199757</id><firstname>Testa</firstname>\
        <familyname>D&apos;Hondt</familyname></patient>\
        <hcparty><id S=\"ID-HCPARTY\" SV=\"1.0\">19999816004</id><cd S=\"CD-HCPARTY\" SV=\"1.1\">persphysician</cd></hcparty>\
        <cd S=\"CD-THERAPEUTICLINKTYPE\" SV=\"1.0\">ignored</cd>\
        <startdate>2026-11-20+01:00</startdate><enddate>2026-11-20Z</enddate></therapeuticlink>";

    #[track_caller]
    fn check_refused(replace: &str, with: &str) {
        let changed = LINK.replacen(replace, with, 1);
        assert_ne!(changed, LINK);
        assert!(
            matches!(
                of_content(changed.as_bytes()),
                Err(ProtocolError::MalformedDocument { .. })
            ),
            "{changed}"
        );
    }

    #[test]
    fn a_link_is_read_back() {
        let SignedSummary { link, profile } = of_content(LINK.as_bytes()).unwrap();
        assert_eq!(profile, Profile::Connector);
        assert_eq!(link.patient.ssin(), Some("79010199757"));
        assert_eq!(
            link.patient.name,
            Some(Name::Person {
                first: "Testa".into(),
                family: "D'Hondt".into()
            })
        );
        assert_eq!(link.parties[0].nihii(), Some("19999816004"));
        assert_eq!(link.start, Some(jiff::civil::date(2026, 11, 20)));
        assert_eq!(link.end, link.start);
    }

    #[test]
    fn what_a_summary_would_not_show_is_refused() {
        check_refused("<hcparty>", "<hcparty><!-- hidden -->");
        check_refused("Testa", "Te<!-- hidden -->sta");
        check_refused("Testa", "<b>Testa</b>");
        check_refused("</patient>", "</patient>and more");
        check_refused("</patient>", "</patient><patient/>");
        check_refused("</hcparty>", "<address/></hcparty>");
        check_refused("<therapeuticlink", "<!-- hidden --><therapeuticlink");
        check_refused("</therapeuticlink>", "<extra/></therapeuticlink>");
    }

    #[test]
    fn another_namespace_is_another_document() {
        check_refused("core/v2", "core/v3");
    }

    #[test]
    fn a_document_type_is_refused() {
        check_refused("<therapeuticlink", "<!DOCTYPE a [<!ENTITY b \"c\">]><therapeuticlink");
    }

    #[test]
    fn malformed_dates_are_refused() {
        for date in [
            "2026-11-31",
            "2026-11-20+1:00",
            "20261120",
            "2026-11-20T10:00:00",
            "2026-11-2é",
            "+026-11-20",
        ] {
            check_refused("2026-11-20+01:00", date);
        }
    }

    #[test]
    fn deep_and_endless_input_is_refused() {
        let deep = "<a>".repeat(20_000) + &"</a>".repeat(20_000);
        assert!(of_content(deep.as_bytes()).is_err());
        assert!(of_content(&vec![b' '; LONGEST_INPUT + 1]).is_err());
        assert!(of_content(b"\xFF").is_err());
    }

    #[test]
    fn debug_shows_no_person() {
        let shown = format!("{:?}", of_content(LINK.as_bytes()).unwrap());
        assert_eq!(shown, "SignedSummary { link: LinkSummary(..), profile: Connector }");
    }
}
