//! A patient's informed consent: given, withdrawn, asked for.
//!
//! A consent carries no proof and no signature: the platform takes the sender's word, and whoever registers a consent
//! must keep evidence. The document has only the number of the patient's card. So a consent is finished at once; a
//! signature over its bytes stands beside it.
//!
//! The list of those who may register one (physicians, dentists, nurses and their groups, pharmacies, hospitals,
//! mutualities, patients and their representatives) comes from public pages; an author outside it gets a warning. A
//! parent cannot act for a patient of sixteen or older: by law minors decide alone from that age. No card has a
//! certificate to sign with before eighteen, so those who decide at sixteen or seventeen cannot sign evidence: a
//! warning says that.
//!
//! ```
//! use beid_protocol::author::Author;
//! use beid_protocol::consent::{self, ConsentFields};
//! use beid_protocol::party::HcPartyFields;
//! use beid_protocol::patient::{Patient, PatientFields};
//! use beid_protocol::request::Request;
//! use beid_protocol::summary::{self, Action};
//!
//! let physician =
//!     HcPartyFields { nihii: Some("10012378004"), party_type: "persphysician", ..HcPartyFields::default() };
//! let patient =
//!     PatientFields { national_number: "98082100029", card_number: Some("599000000132"), ..PatientFields::default() };
//! let now = "2026-11-20T10:02:00+01:00".parse().expect("a time");
//!
//! let request = Request::new(Author::parse(&[physician], None)?, now, "001")?;
//! let document = consent::put(&request, &Patient::parse(patient)?, ConsentFields::default())?;
//! let read = summary::read_request(document.xml().as_bytes())?;
//! assert!(matches!(read.action, Action::Consent(given) if given.types == ["retrospective"]));
//! # Ok::<(), beid_protocol::ProtocolError>(())
//! ```

use jiff::civil::Date;

use crate::author::Actor;
use crate::codes::ConsentType;
use crate::document::Document;
use crate::error::{ProtocolError, Warning, WarningKind};
use crate::operation::PlatformOperation;
use crate::patient::Patient;
use crate::representative::{AgeGroup, check_age, is_newborn};
use crate::request::Request;
use crate::xml::XmlWriter;

/// Members of a consent that a caller gives, besides author and patient.
#[derive(Clone, Copy, Default)]
pub struct ConsentFields {
    /// Type of the consent; `retrospective` if absent.
    pub consent_type: Option<&'static ConsentType>,
    /// The day it was signed: today if absent, unknown if a consent is withdrawn.
    pub sign_date: Option<Date>,
    /// The day it was withdrawn, today if absent. Not for a consent that is given.
    pub revoke_date: Option<Date>,
    /// The patient's day of birth, if a card tells it: else the national number must.
    pub birth_date: Option<Date>,
}

/// A request to register a consent.
///
/// # Errors
/// [`ProtocolError::InvalidRequest`] on `revokeDate`, `representative`, `representative.capacity` or `dialect`;
/// [`ProtocolError::PeriodNotAllowed`] on `signDate` if it lies in the future; [`ProtocolError::PatientMismatch`] if a
/// citizen asks and the representative is another.
///
/// Source: hubservices protocol 2.3 and 3.5, `PutPatientConsentRequest`; core, `ConsentType`.
pub fn put(request: &Request, patient: &Patient, fields: ConsentFields) -> Result<Document, ProtocolError> {
    if fields.revoke_date.is_some() {
        return Err(ProtocolError::invalid("revokeDate", "goes with revoke only"));
    }
    let signed = fields.sign_date.unwrap_or(request.today());
    change(
        request,
        PlatformOperation::PutConsent,
        patient,
        fields,
        (Some(signed), None),
    )
}

/// A request to withdraw a consent. It repeats the consent as it was registered; the card is the one presented now.
///
/// # Errors
/// As [`put`], and [`ProtocolError::PeriodNotAllowed`] on `revokeDate` if it lies in the future or before the signing.
///
/// Source: hubservices protocol 2.3 and 3.5, `RevokePatientConsentRequest`.
pub fn revoke(request: &Request, patient: &Patient, fields: ConsentFields) -> Result<Document, ProtocolError> {
    let revoked = fields.revoke_date.unwrap_or(request.today());
    // The day of signing has no default here: today's would be another consent's. Without it the element is left out.
    let days = (fields.sign_date, Some(revoked));
    change(request, PlatformOperation::RevokeConsent, patient, fields, days)
}

/// A request for a patient's consent.
///
/// # Errors
/// [`ProtocolError::InvalidRequest`] on `dialect`.
///
/// Source: hubservices protocol 2.3 and 3.5, `GetPatientConsentRequest`; core, `SelectGetPatientConsentType`.
pub fn get(
    request: &Request,
    patient: &Patient,
    consent_type: Option<&'static ConsentType>,
) -> Result<Document, ProtocolError> {
    ask(request, PlatformOperation::GetConsent, patient, consent_type)
}

/// A request for the status of a patient's consent: given, revoked, or the patient deceased.
///
/// # Errors
/// As [`get`]: hubs do not have it.
///
/// Source: hubservices protocol 2.3, `GetPatientConsentStatusRequest`.
pub fn status(
    request: &Request,
    patient: &Patient,
    consent_type: Option<&'static ConsentType>,
) -> Result<Document, ProtocolError> {
    ask(request, PlatformOperation::ConsentStatus, patient, consent_type)
}

fn change(
    request: &Request,
    operation: PlatformOperation,
    patient: &Patient,
    fields: ConsentFields,
    (signed, revoked): (Option<Date>, Option<Date>),
) -> Result<Document, ProtocolError> {
    let consent_type = fields.consent_type.unwrap_or(ConsentType::USUAL);
    check_days(request.today(), signed, revoked)?;
    request.check_citizen(patient)?;
    // The card's day first: registers gave out some numbers of other days (`Ssin::birth_date`).
    let born = fields.birth_date.or_else(|| patient.ssin().birth_date());
    let of_age = check_age(born, request.today(), request.representative())?;

    let mut warnings = warnings(request, patient);
    warnings.extend(of_age);
    let registrar = request
        .author()
        .member()
        .is_some_and(|one| one.party_type().registers_consents());
    let by_citizen = request.author().actor() == Actor::Citizen;
    let cannot_sign = AgeGroup::new(born, request.today()) == AgeGroup::UnderEighteen;
    let with_card = operation == PlatformOperation::PutConsent && card_is_missing(request, patient, born);
    let rest = [
        (!consent_type.in_use, "type", WarningKind::TypeNotInUse),
        (!registrar && !by_citizen, "author", WarningKind::AuthorNotListed),
        (cannot_sign, "patient", WarningKind::NoSignatureCertificate),
        (with_card, "patient.cardNumber", WarningKind::CardNumberMissing),
        (
            operation == PlatformOperation::PutConsent && patient.isi_card_number().is_some(),
            "patient.isiCardNumber",
            WarningKind::IsiCardDoubtful,
        ),
    ];
    let holding = rest.into_iter().filter(|(holds, ..)| *holds);
    warnings.extend(holding.map(|(_, field, kind)| Warning::new(field, kind)));

    let mut xml = request.begin(operation, None)?;
    xml.element("consent", &[], |xml| {
        patient.write(xml, request.dialect())?;
        write_type(xml, consent_type)?;
        for (name, day) in [("signdate", signed), ("revokedate", revoked)] {
            let Some(day) = day else { continue };
            xml.text(name, &[], &request.day(day)?)?;
        }
        request.write_author(xml)
    })?;
    Document::new(request, operation, xml, Vec::new(), warnings)
}

fn ask(
    request: &Request,
    operation: PlatformOperation,
    patient: &Patient,
    consent_type: Option<&'static ConsentType>,
) -> Result<Document, ProtocolError> {
    let consent_type = consent_type.unwrap_or(ConsentType::USUAL);
    let mut xml = request.begin(operation, None)?;
    xml.element("select", &[], |xml| {
        patient.write(xml, request.dialect())?;
        xml.element("consent", &[], |xml| write_type(xml, consent_type))
    })?;
    Document::new(request, operation, xml, Vec::new(), warnings(request, patient))
}

fn write_type(xml: &mut XmlWriter, consent_type: &ConsentType) -> Result<(), ProtocolError> {
    xml.text("cd", &[("S", "CD-CONSENTTYPE"), ("SV", "1.0")], consent_type.code)
}

fn warnings(request: &Request, patient: &Patient) -> Vec<Warning> {
    let of_patient = patient.warnings().into_iter().map(|w| w.under("patient"));
    request.warnings().into_iter().chain(of_patient).collect()
}

fn check_days(today: Date, signed: Option<Date>, revoked: Option<Date>) -> Result<(), ProtocolError> {
    let not_allowed = |field: &str, reason| {
        Err(ProtocolError::PeriodNotAllowed {
            field: field.to_owned(),
            reason,
        })
    };
    match (signed, revoked) {
        (Some(signed), _) if signed > today => not_allowed("signDate", "a consent cannot be signed in the future"),
        (_, Some(revoked)) if revoked > today => {
            not_allowed("revokeDate", "a consent cannot be withdrawn in the future")
        }
        (Some(signed), Some(revoked)) if revoked < signed => {
            not_allowed("revokeDate", "a consent cannot be withdrawn before it was signed")
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// Returns true if a provider registers a consent without the card number that the patient must have. Children up to
/// three months have no card yet, and mutualities need the national number only.
fn card_is_missing(request: &Request, patient: &Patient, born: Option<Date>) -> bool {
    let newborn = born.is_some_and(|born| is_newborn(born, request.today()));
    let asked = match request.author().actor() {
        Actor::Professional | Actor::Pharmacy | Actor::Organisation | Actor::Other => true,
        Actor::Mutuality | Actor::Citizen => false,
    };
    asked && !newborn && patient.card_number().is_none() && patient.isi_card_number().is_none()
}
