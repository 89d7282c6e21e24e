//! Requests for links, and for whether there is one.

use jiff::civil::Date;

use super::link::{concerned, must_have_card};
use super::proof;
use crate::codes::{LinkStatus, LinkType, PlainProof};
use crate::document::Document;
use crate::error::{ProtocolError, Warning};
use crate::operation::PlatformOperation;
use crate::party::HcParty;
use crate::patient::Patient;
use crate::request::Request;
use crate::xml::{Vocabulary, XmlWriter};

/// Criteria by which links are asked for.
#[derive(Clone, Default)]
pub struct LinkQuery<'a> {
    /// The patient.
    pub patient: Option<Patient>,
    /// The providers.
    pub parties: Vec<HcParty>,
    /// Types of the links; any type if there are none.
    pub types: &'a [&'static LinkType],
    /// First day asked about: links that hold on it or later.
    pub begin: Option<Date>,
    /// First day after the time asked about: links that hold before it.
    pub end: Option<Date>,
    /// Status of the links; the platform's default if absent.
    pub status: Option<LinkStatus>,
    /// Most links in the answer, 1 to 1000.
    pub max_rows: Option<u16>,
    /// Proof that goes along.
    pub proof: Option<PlainProof>,
}

/// A request for links.
///
/// # Errors
/// [`ProtocolError::InvalidRequest`] on `patient` if neither patient nor provider is named, on `maxRows`, `hcParty`
/// or `dialect`; [`ProtocolError::PeriodNotAllowed`] on `end`; [`ProtocolError::ProofNotAllowed`] if
/// the patient lacks the card number that the proof speaks of.
///
/// Source: hubservices protocol 2.3, `GetTherapeuticLinkRequest` (`GetTherapeuticLinkSelectType`); 3.5
/// (`SelectGetHCPartyPatientConsentType`).
pub fn get(request: &Request, query: LinkQuery<'_>) -> Result<Document, ProtocolError> {
    let rules = request.dialect().rules();
    if query.status.is_some() && !rules.wide_queries {
        return Err(ProtocolError::invalid(
            "dialect",
            "has no status of links, only national has",
        ));
    }
    if query.parties.len() > 1 && !rules.wide_queries {
        return Err(ProtocolError::invalid("dialect", "asks for one provider at a time"));
    }
    if query.patient.is_none() && query.parties.is_empty() {
        return Err(ProtocolError::invalid("patient", "patient or hcParty is needed"));
    }
    if query.max_rows.is_some_and(|rows| !(1..=1000).contains(&rows)) {
        return Err(ProtocolError::invalid("maxRows", "must be 1 to 1000"));
    }
    check_dates(query.begin, query.end)?;
    if let (Some(patient), Some(proof)) = (&query.patient, query.proof) {
        must_have_card(patient, proof.card())?;
    }
    let warnings = warnings(request, query.patient.as_ref(), &query.parties);

    let mut xml = request.begin(PlatformOperation::GetLinks, query.max_rows)?;
    xml.element("select", &[], |xml| {
        write_concerned(xml, request, query.patient.as_ref(), &query.parties)?;
        write_types(xml, request, query.types)?;
        write_dates(xml, request, query.begin, query.end)?;
        query
            .status
            .map_or(Ok(()), |status| xml.text("therapeuticlinkstatus", &[], status.code()))
    })?;
    if let Some(plain) = query.proof.filter(|_| rules.proofs) {
        proof::write_plain(&mut xml, plain)?;
    }
    Document::new(request, PlatformOperation::GetLinks, xml, Vec::new(), warnings)
}

/// A request that asks whether a link of one of `types` holds between `patient` and a provider, the author's first party
/// unless `party` is another.
///
/// # Errors
/// [`ProtocolError::InvalidRequest`] on `hcParty` or `dialect`: hubs do not have it.
///
/// Source: hubservices protocol 2.3, `HasTherapeuticLinkRequest`.
pub fn has(
    request: &Request,
    patient: &Patient,
    party: Option<HcParty>,
    types: &[&'static LinkType],
) -> Result<Document, ProtocolError> {
    let parties = [concerned(request, party)?];
    let mut xml = request.begin(PlatformOperation::HasLink, None)?;
    xml.element("select", &[], |xml| {
        write_concerned(xml, request, Some(patient), &parties)?;
        write_types(xml, request, types)
    })?;
    let warnings = warnings(request, Some(patient), &parties);
    Document::new(request, PlatformOperation::HasLink, xml, Vec::new(), warnings)
}

/// Writes the days asked about, if there are any.
pub(crate) fn write_dates(
    xml: &mut XmlWriter,
    request: &Request,
    begin: Option<Date>,
    end: Option<Date>,
) -> Result<(), ProtocolError> {
    for (name, day) in [("begindate", begin), ("enddate", end)] {
        let Some(day) = day else { continue };
        xml.text(name, &[], &request.day(day)?)?;
    }
    Ok(())
}

/// Refuses a period that ends before it begins.
pub(crate) fn check_dates(begin: Option<Date>, end: Option<Date>) -> Result<(), ProtocolError> {
    match (begin, end) {
        (Some(begin), Some(end)) if end < begin => Err(ProtocolError::PeriodNotAllowed {
            field: "end".to_owned(),
            reason: "the end must not lie before the begin",
        }),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

fn write_concerned(
    xml: &mut XmlWriter,
    request: &Request,
    patient: Option<&Patient>,
    parties: &[HcParty],
) -> Result<(), ProtocolError> {
    patient.map_or(Ok(()), |patient| patient.write(xml, request.dialect()))?;
    parties
        .iter()
        .try_for_each(|party| party.write(xml, Vocabulary::Core, request.dialect()))
}

fn write_types(xml: &mut XmlWriter, request: &Request, types: &[&LinkType]) -> Result<(), ProtocolError> {
    let table = [
        ("S", "CD-THERAPEUTICLINKTYPE"),
        ("SV", request.dialect().rules().link_table),
    ];
    types.iter().try_for_each(|one| xml.text("cd", &table, one.code))
}

fn warnings(request: &Request, patient: Option<&Patient>, parties: &[HcParty]) -> Vec<Warning> {
    let of_patient = patient
        .into_iter()
        .flat_map(Patient::warnings)
        .map(|w| w.under("patient"));
    let of_parties = parties.iter().flat_map(HcParty::warnings).map(|w| w.under("hcParty"));
    request
        .warnings()
        .into_iter()
        .chain(of_patient)
        .chain(of_parties)
        .collect()
}
