//! Files that viewers of eID cards saved, read to be shown.
//!
//! What is read here never becomes a holder: documents and signatures take a card that is in a reader, and there is no way
//! from these answers to one.

use crate::certificates::certificate_answer;
use crate::patients::{check_answer, identity_members, outcome_word};
use crate::{Context, Service};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::ApiError;
use beid_api::types as t;
use beid_api::words::CheckOutcome;
use beid_card::{Address, CERTIFICATES, CardCheck, Identity, Outcome, Register, photo_hash};
use beid_pki::Certificate;
use beid_records::viewer::{self, CardFiles, Export, StatedRecord};
use std::sync::Arc;

pub(crate) async fn read_export(
    context: Context,
    request: t::ExportRequest,
) -> Result<t::ExportedRecordAnswer, ApiError> {
    let service = Arc::clone(&context.service);
    let work = move || read(&context.service, &request.content);
    service.files.run(context.caller.party(), work).await?
}

fn read(service: &Service, content: &str) -> Result<t::ExportedRecordAnswer, ApiError> {
    let content = BASE64
        .decode(content)
        .map_err(|_| ApiError::invalid("content", "must be base64"))?;
    match viewer::read(&content)? {
        Export::Stated(record) => Ok(stated(*record)),
        Export::CardFiles(files) => card_files(service, *files),
    }
}

/// Describes data in words. Nothing in them can be checked.
fn stated(record: StatedRecord) -> t::ExportedRecordAnswer {
    t::ExportedRecordAnswer {
        format: record.format,
        authenticity: t::AuthenticityAnswer {
            outcome: CheckOutcome::Unknown,
            checks: Vec::new(),
        },
        identity: record.identity,
        address: record.address,
        photo: record.photo.map(|photo| BASE64.encode(photo)),
        certificates: certificate_answers(&record.certificates),
    }
}

/// Describes a card's own files, with the checks that their signatures allow.
fn card_files(service: &Service, files: CardFiles) -> Result<t::ExportedRecordAnswer, ApiError> {
    // Not as of a card, whose data would be malformed: this is about what was sent.
    let identity = Identity::parse(&files.identity).map_err(|_| viewer::no_export())?;
    let checks = checks(service, &files, &identity);
    let failed = checks.iter().find(|check| check.outcome.is_failed());
    let outcome = match failed.or_else(|| checks.iter().find(|check| check.outcome != Outcome::Passed)) {
        Some(check) => outcome_word(check.outcome),
        None if checks.is_empty() => CheckOutcome::Unknown,
        None => CheckOutcome::Passed,
    };
    let now = service.now();
    let authenticity = t::AuthenticityAnswer {
        outcome,
        checks: checks.iter().map(|check| check_answer(check, now)).collect(),
    };
    let address = files.address.as_deref().map(Address::parse);
    let address = address.map(|address| t::ExportedAddress {
        street_and_number: address.street_and_number,
        postal_code: address.postal_code,
        municipality: address.municipality,
    });
    let certificates = certificate_answers(&files.certificates);
    Ok(t::ExportedRecordAnswer {
        format: t::ExportFormat::CardFiles,
        identity: exported(identity_members(&identity, authenticity.clone())),
        authenticity,
        address: address.unwrap_or_default(),
        photo: files.photo.map(|photo| BASE64.encode(photo)),
        certificates,
    })
}

/// Checks the register's signatures, its certificate and the photo, as far as the file has them. That the chip is the card's
/// own cannot be told from files: it is no check here.
fn checks(service: &Service, files: &CardFiles, identity: &Identity) -> Vec<CardCheck> {
    let certificate = |name| files.certificate(name).and_then(|der| Certificate::parse(der).ok());
    let Some(signature) = &files.identity_signature else {
        return Vec::new();
    };
    let root = certificate("root");
    let register = Register::judge(
        certificate("national-register"),
        root.as_slice(),
        service.trust(),
        identity.valid_from,
        service.now(),
    );
    let signed = register.identity_signature(&files.identity, signature);
    let mut checks = vec![signed.clone(), register.chain_check()];
    if let Some(address) = &files.address {
        // Anybody can write an address into a file: without its signature the sum must not be that all passed.
        let over = files.address_signature.as_deref().unwrap_or_default();
        checks.push(register.address_signature(address, over, signature));
    }
    checks.extend(files.photo.as_ref().map(|photo| photo_hash(identity, photo, &signed)));
    checks
}

/// Members of an identity as a file says.
fn exported(identity: t::IdentityAnswer) -> t::ExportedIdentity {
    t::ExportedIdentity {
        card_number: identity.card_number,
        chip_number: identity.chip_number,
        valid_from: identity.valid_from,
        valid_until: identity.valid_until,
        issuing_municipality: identity.issuing_municipality,
        national_number: identity.national_number,
        family_name: identity.family_name,
        given_names: identity.given_names,
        third_given_name_initial: identity.third_given_name_initial,
        nationality: identity.nationality,
        birth_place: identity.birth_place,
        birth_date: identity.birth_date,
        birth_date_precision: identity.birth_date_precision,
        gender: identity.gender,
        noble_condition: identity.noble_condition,
        document_type: identity.document_type,
        special_status: identity.special_status,
        duplicate: identity.duplicate,
        member_of_family: identity.member_of_family,
        date_and_country_of_protection: identity.date_and_country_of_protection,
        work_permit: identity.work_permit,
        employer_vat: identity.employer_vat,
        regional_file_number: identity.regional_file_number,
        brexit: identity.brexit,
        card_mentions: identity.card_mentions,
    }
}

fn certificate_answers(certificates: &[(&'static str, Vec<u8>)]) -> Vec<t::CertificateAnswer> {
    let answers = certificates.iter().filter_map(|(name, der)| {
        let file = CERTIFICATES.into_iter().find(|file| file.name == *name)?;
        Some(certificate_answer(file, der))
    });
    answers.collect()
}
