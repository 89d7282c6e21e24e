//! Exclusion of a provider by a patient, so that no therapeutic link between them can be made again.
//!
//! Only citizens exclude: the patient, a parent, a mandatary. A practitioner is excluded by national number, hence in
//! all professions at once; an organisation by the number of the sickness insurance institute. Hubs know no exclusions.

use jiff::civil::Date;

use crate::author::Actor;
use crate::codes::PartyKind;
use crate::document::Document;
use crate::error::{ProtocolError, Warning, WarningKind};
use crate::operation::PlatformOperation;
use crate::party::HcParty;
use crate::patient::Patient;
use crate::request::Request;
use crate::therlink::query::{check_dates, write_dates};
use crate::xml::{Vocabulary, XmlWriter};

/// A request to exclude `party`.
///
/// # Errors
/// [`ProtocolError::InvalidRequest`] on `author.patient` if no citizen asks, on `hcParty.ssin`, `hcParty.nihii` or
/// `hcParty.type` if the provider cannot be excluded by what is known of him, on `representative` or `dialect`;
/// [`ProtocolError::PatientMismatch`] if the representative is not the citizen who asks.
///
/// Source: hubservices protocol 2.3, `PutTherapeuticExclusionRequest`.
pub fn put(request: &Request, patient: &Patient, party: &HcParty) -> Result<Document, ProtocolError> {
    change(request, PlatformOperation::PutExclusion, patient, party)
}

/// A request to admit `party` again.
///
/// # Errors
/// As [`put`].
///
/// Source: hubservices protocol 2.3, `RevokeTherapeuticExclusionRequest`.
pub fn revoke(request: &Request, patient: &Patient, party: &HcParty) -> Result<Document, ProtocolError> {
    change(request, PlatformOperation::RevokeExclusion, patient, party)
}

/// A request for the patient's exclusions, or whether `party` is among them.
///
/// # Errors
/// As [`put`].
///
/// Source: hubservices protocol 2.3, `GetTherapeuticExclusionRequest`.
pub fn get(request: &Request, patient: &Patient, party: Option<&HcParty>) -> Result<Document, ProtocolError> {
    ask(request, PlatformOperation::GetExclusions, patient, party, (None, None))
}

/// A request for the patient's exclusions as they were from `begin` to `end`.
///
/// # Errors
/// As [`put`], and [`ProtocolError::PeriodNotAllowed`] on `end` if it lies before `begin`.
///
/// Source: hubservices protocol 2.3, `GetTherapeuticExclusionHistoryRequest`.
pub fn history(
    request: &Request,
    patient: &Patient,
    party: Option<&HcParty>,
    begin: Option<Date>,
    end: Option<Date>,
) -> Result<Document, ProtocolError> {
    check_dates(begin, end)?;
    ask(
        request,
        PlatformOperation::ExclusionHistory,
        patient,
        party,
        (begin, end),
    )
}

fn change(
    request: &Request,
    operation: PlatformOperation,
    patient: &Patient,
    party: &HcParty,
) -> Result<Document, ProtocolError> {
    check(request, operation, patient, Some(party))?;
    let mut xml = request.begin(operation, None)?;
    xml.element("therapeuticexclusion", &[], |xml| {
        write(xml, request, patient, Some(party))
    })?;
    Document::new(
        request,
        operation,
        xml,
        Vec::new(),
        warnings(request, patient, Some(party)),
    )
}

fn ask(
    request: &Request,
    operation: PlatformOperation,
    patient: &Patient,
    party: Option<&HcParty>,
    (begin, end): (Option<Date>, Option<Date>),
) -> Result<Document, ProtocolError> {
    check(request, operation, patient, party)?;
    let mut xml = request.begin(operation, None)?;
    xml.element("select", &[], |xml| {
        write(xml, request, patient, party)?;
        write_dates(xml, request, begin, end)
    })?;
    Document::new(request, operation, xml, Vec::new(), warnings(request, patient, party))
}

/// Writes the patient, and `hcparty` in KMEHR's type.
///
/// Source: hubservices core 2.3, `TherapeuticExclusionType`.
fn write(
    xml: &mut XmlWriter,
    request: &Request,
    patient: &Patient,
    party: Option<&HcParty>,
) -> Result<(), ProtocolError> {
    patient.write(xml, request.dialect())?;
    party.map_or(Ok(()), |party| {
        party.write(xml, Vocabulary::KmehrInside, request.dialect())
    })
}

fn check(
    request: &Request,
    operation: PlatformOperation,
    patient: &Patient,
    party: Option<&HcParty>,
) -> Result<(), ProtocolError> {
    request.dialect().must_have(operation)?;
    if request.author().actor() != Actor::Citizen {
        return Err(ProtocolError::invalid(
            "author.patient",
            "is needed: only patients and who acts for them manage exclusions",
        ));
    }
    request.check_citizen(patient)?;
    party.map_or(Ok(()), must_be_excludable)
}

fn must_be_excludable(party: &HcParty) -> Result<(), ProtocolError> {
    match party.party_type().kind {
        PartyKind::Person if party.ssin().is_none() => Err(ProtocolError::invalid(
            "hcParty.ssin",
            "is needed: a person is excluded by national number",
        )),
        PartyKind::Organisation if party.nihii().is_none() => Err(ProtocolError::invalid(
            "hcParty.nihii",
            "is needed: an organisation is excluded by it",
        )),
        PartyKind::Application | PartyKind::Other => Err(ProtocolError::invalid(
            "hcParty.type",
            "must be that of a person or an organisation",
        )),
        PartyKind::Person | PartyKind::Organisation => Ok(()),
    }
}

fn warnings(request: &Request, patient: &Patient, party: Option<&HcParty>) -> Vec<Warning> {
    let of_patient = patient.warnings().into_iter().map(|w| w.under("patient"));
    let of_party = party
        .into_iter()
        .flat_map(HcParty::warnings)
        .map(|w| w.under("hcParty"));
    let unlisted = party.is_some_and(|party| !party.party_type().has_links());
    let unlisted = unlisted.then(|| Warning::new("hcParty", WarningKind::UnusualParty));
    let all = request.warnings().into_iter().chain(of_patient).chain(of_party);
    all.chain(unlisted).collect()
}
