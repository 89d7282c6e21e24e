//! Answers about a holder in other forms than members: FHIR, and the files of the government's viewer.

use crate::Context;
use crate::caller::CallerId;
use crate::cards::{Insertion, Lane};
use crate::patients::not_on_card;
use beid_api::types as t;
use beid_api::{ApiError, CSV, EID_XML, ErrorCode, FHIR, Scope};
use beid_card::{
    AUTHENTICATION_CERTIFICATE, CA_CERTIFICATE, ElementaryFile, Holder, PHOTO, REGISTER_CERTIFICATE, ROOT_CERTIFICATE,
    SIGNATURE_CERTIFICATE,
};
use beid_host::random::random_bytes;
use beid_records::fhir::{self, FhirSource, ReadingStamp};
use beid_records::viewer::{self, ViewerCertificates, ViewerRecord};
use beid_settings::ExportForm;
use beid_texts::Message;
use serde_json::Value;
use std::sync::Arc;

/// Octets of an answer by media type; one form at most, because the others would be made in vain.
type FormOctets = Vec<(&'static str, Vec<u8>)>;

/// The form that the caller wants, if it is one that the settings rule.
fn wanted(context: &Context) -> Option<ExportForm> {
    match context.form? {
        FHIR => Some(ExportForm::Fhir),
        EID_XML => Some(ExportForm::Eid),
        CSV => Some(ExportForm::Csv),
        _ => None,
    }
}

/// Returns true if the wanted form is a file of the viewer, which has photo and certificates in it.
pub(super) fn has_photo(context: &Context) -> bool {
    matches!(wanted(context), Some(ExportForm::Eid | ExportForm::Csv))
}

/// Refuses a form before the card is read.
///
/// # Errors
/// `policy-denied` if the settings do not allow it; `scope-missing` if it holds what the caller may not see.
pub(super) fn must_be_allowed(context: &Context) -> Result<(), ApiError> {
    let Some(form) = wanted(context) else { return Ok(()) };
    if !context.service.config().settings.policy.exports().allow(form) {
        let text = Message::new("detail-form-not-allowed");
        return Err(ApiError::new(ErrorCode::PolicyDenied, text));
    }
    if has_photo(context) {
        context.caller.may(Some(Scope::IdentityPhoto))?;
        context.caller.may(Some(Scope::Certificates))?;
    }
    Ok(())
}

/// Refuses the photo where the settings do not let it be taken along. The daemon's own page gets it all the same, to show
/// whose card it is; it saves none then.
///
/// # Errors
/// `policy-denied`.
pub(crate) fn photo_must_be_allowed(context: &Context) -> Result<(), ApiError> {
    let is_shown_only = matches!(context.caller.id, CallerId::OwnPage(_));
    if is_shown_only
        || context
            .service
            .config()
            .settings
            .policy
            .exports()
            .allow(ExportForm::Photo)
    {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::PolicyDenied,
        Message::new("detail-form-not-allowed"),
    ))
}

/// Writes the identity in the wanted form.
///
/// # Errors
/// `internal` if a resource cannot be written.
pub(super) fn of_identity(
    context: &Context,
    identity: &t::IdentityAnswer,
    is_subset: bool,
) -> Result<FormOctets, ApiError> {
    if context.form != Some(FHIR) {
        return Ok(Vec::new());
    }
    let source = FhirSource {
        identity,
        address: None,
        is_subset,
        language: context.language,
    };
    json(&fhir::patient(&source))
}

/// Photo and certificates, which the viewer's files have besides the text.
pub(super) struct ViewerParts {
    given_names: String,
    photo: Vec<u8>,
    certificates: Vec<(&'static ElementaryFile, Vec<u8>)>,
}

impl ViewerParts {
    /// Reads them if the wanted form needs them.
    ///
    /// # Errors
    /// As [`Insertion::run`]; `not-found` if the card has no photo.
    pub(super) async fn read(
        context: &Context,
        card: &Arc<Insertion>,
        holder: &mut Holder,
    ) -> Result<Option<Self>, ApiError> {
        if !has_photo(context) {
            return Ok(None);
        }
        let photo = holder.photo.take().ok_or_else(|| not_on_card(&PHOTO))?;
        // Of the same insertion: a card that was changed meanwhile ends this one.
        let read = card.run(Lane::Long, |card, around| card.certificates(around)).await?;
        Ok(Some(Self {
            given_names: holder.identity.given_names.clone().unwrap_or_default(),
            photo,
            certificates: read.into_parts().1,
        }))
    }

    fn certificate(&self, file: &ElementaryFile) -> &[u8] {
        let found = self.certificates.iter().find(|(known, _)| *known == file);
        found.map(|(_, der)| der.as_slice()).unwrap_or_default()
    }

    fn record<'r>(&'r self, summary: &'r t::SummaryAnswer) -> ViewerRecord<'r> {
        ViewerRecord {
            identity: &summary.identity,
            given_names: &self.given_names,
            address: &summary.address,
            photo: &self.photo,
            certificates: ViewerCertificates {
                authentication: self.certificate(&AUTHENTICATION_CERTIFICATE),
                signature: self.certificate(&SIGNATURE_CERTIFICATE),
                intermediate: self.certificate(&CA_CERTIFICATE),
                root: self.certificate(&ROOT_CERTIFICATE),
                national_register: self.certificate(&REGISTER_CERTIFICATE),
            },
        }
    }
}

/// Writes the summary in the wanted form.
///
/// # Errors
/// `not-acceptable` if the form cannot carry what is on the card.
pub(super) fn of_summary(
    context: &Context,
    summary: &t::SummaryAnswer,
    parts: Option<&ViewerParts>,
) -> Result<FormOctets, ApiError> {
    match (wanted(context), parts) {
        (None, _) => Ok(Vec::new()),
        (Some(ExportForm::Fhir), _) => {
            let source = FhirSource {
                identity: &summary.identity,
                address: Some(&summary.address),
                is_subset: false,
                language: context.language,
            };
            let stamp = ReadingStamp {
                at: context.service.now(),
                random: [random_bytes(), random_bytes()],
            };
            json(&fhir::bundle(&source, &stamp))
        }
        (Some(ExportForm::Eid), Some(parts)) => Ok(vec![(EID_XML, viewer::write_xml(&parts.record(summary))?)]),
        (Some(ExportForm::Csv), Some(parts)) => Ok(vec![(CSV, viewer::write_csv(&parts.record(summary))?)]),
        (Some(ExportForm::Eid | ExportForm::Csv), None) => Err(ApiError::internal("a file without its parts")),
        (Some(ExportForm::Photo | ExportForm::Json | ExportForm::Print), _) => {
            Err(ApiError::internal("no form of the summary"))
        }
    }
}

fn json(resource: &Value) -> Result<FormOctets, ApiError> {
    Ok(vec![(FHIR, serde_json::to_vec(resource).map_err(ApiError::internal)?)])
}
