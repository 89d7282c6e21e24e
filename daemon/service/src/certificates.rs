//! The card's certificates, and its files as they are: always the card's own bytes, never an authority's certificate
//! that another card has brought.

use crate::Context;
use crate::cards::{FromCard, Insertion, Lane};
use crate::evidence::Recording;
use crate::patients::{not_on_card, photo_must_be_allowed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::types as t;
use beid_api::{ApiError, DER, ErrorCode, InForms, JPEG, OCTETS, Octets, PEM, Scope};
use beid_card::{
    AUTHENTICATION_CERTIFICATE, CERTIFICATES, CardError, ElementaryFile, FILES, PHOTO, SIGNATURE_CERTIFICATE,
};
use beid_evidence::{RecordKind, Unrecorded};
use beid_pki::{Certificate, HashAlgorithm, KeyUsage};
use beid_prompt::layout::plain;
use beid_texts::Message;
use serde_json::json;
use std::sync::Arc;

pub(crate) async fn certificates(context: Context, request: t::CardRequest) -> Result<t::CertificatesAnswer, ApiError> {
    let card = context.service.registry.resolve(&request.card_id)?;
    let read = card.run(Lane::Long, |card, around| card.certificates(around)).await?;
    let (card_id, contents) = read.into_parts();
    let visible = contents
        .iter()
        // Left out without an error: the others name no person, and the scope of this operation is enough for them.
        .filter(|(file, _)| context.caller.may(beyond_certificates(file)).is_ok());
    Ok(t::CertificatesAnswer {
        card_id: card_id.as_str().to_owned(),
        certificates: visible.map(|(file, der)| certificate_answer(file, der)).collect(),
        simulated: card.simulated.then_some(true),
    })
}

pub(crate) async fn certificate(
    context: Context,
    request: t::CertificateRequest,
) -> Result<InForms<t::OneCertificateAnswer>, ApiError> {
    let known = CERTIFICATES.into_iter().find(|file| file.name == request.name);
    let file = known.ok_or_else(|| unknown("detail-no-such-certificate", &request.name, &CERTIFICATES))?;
    context.caller.may(beyond_certificates(file))?;
    let card = context.service.registry.resolve(&request.card_id)?;
    let (card_id, der) = read(&card, file).await?.into_parts();
    // Children's cards have the file, with zeros in place of a certificate.
    if der.is_empty() {
        let text = Message::new("detail-no-certificate-there").arg("name", file.name);
        return Err(ApiError::new(ErrorCode::CertificateMissing, text));
    }
    let answer = t::OneCertificateAnswer {
        card_id: card_id.as_str().to_owned(),
        certificate: certificate_answer(file, &der),
        simulated: card.simulated.then_some(true),
    };
    Ok(InForms {
        members: answer,
        octets: vec![(PEM, beid_host::pem::certificate(&der).into_bytes()), (DER, der)],
    })
}

pub(crate) async fn file(context: Context, request: t::FileRequest) -> Result<Unrecorded<Octets>, ApiError> {
    let file = raw_file(&request.name);
    let file = file.ok_or_else(|| {
        unknown(
            "detail-no-such-file-name",
            &request.name,
            &raw_files().collect::<Vec<_>>(),
        )
    })?;
    let is_photo = *file == PHOTO;
    context.caller.may(Some(if is_photo {
        Scope::IdentityPhoto
    } else {
        Scope::IdentityFull
    }))?;
    if is_photo {
        photo_must_be_allowed(&context)?;
    }
    let card = context.service.registry.resolve(&request.card_id)?;
    let (card_id, data) = read(&card, file).await?.into_parts();
    let answer = Octets {
        card_id: card_id.as_str().to_owned(),
        media_type: if is_photo { JPEG } else { OCTETS },
        data,
    };
    let which = format!("file {}", file.name);
    let recording = Recording::new(&context, RecordKind::CardRead)
        .with("data", which.as_str())
        .with("card", json!({"cardId": card_id.as_str(), "simulated": card.simulated}));
    Ok(recording.once_for(&which, &card).without_answer(answer))
}

/// Files that are given out as they are; certificates have an operation of their own.
fn raw_files() -> impl Iterator<Item = &'static ElementaryFile> {
    FILES.iter().copied().filter(|file| !CERTIFICATES.contains(file))
}

fn raw_file(name: &str) -> Option<&'static ElementaryFile> {
    raw_files().find(|file| file.name == name)
}

/// Error for a `name` that there is not; it lists the names there are.
fn unknown(text: &str, name: &str, files: &[&ElementaryFile]) -> ApiError {
    let names: Vec<_> = files.iter().map(|file| file.name).collect();
    let text = Message::new(text)
        .arg("name", plain(name))
        .arg("names", names.join(", "));
    ApiError::new(ErrorCode::NotFound, text)
}

/// Scope that the holder's own certificates need besides `certificates`, because name and national number are in them.
fn beyond_certificates(file: &ElementaryFile) -> Option<Scope> {
    [&AUTHENTICATION_CERTIFICATE, &SIGNATURE_CERTIFICATE]
        .contains(&file)
        .then_some(Scope::IdentityFull)
}

/// Reads a file as it is on the card.
async fn read(card: &Arc<Insertion>, file: &'static ElementaryFile) -> Result<FromCard<Vec<u8>>, ApiError> {
    let lane = match file.ceiling {
        // A file that takes a few commands keeps nobody waiting.
        ..=2048 => Lane::Text,
        _ => Lane::Long,
    };
    let read = card
        .run(lane, move |card, around| match card.file(file, around) {
            Err(CardError::NoSuchFile { .. }) => Ok(None),
            read => read.map(Some),
        })
        .await?;
    read.transpose().ok_or_else(|| not_on_card(file))
}

/// Describes the content of a certificate file, as far as it can be parsed; an empty file is not `present`.
pub(crate) fn certificate_answer(file: &ElementaryFile, der: &[u8]) -> t::CertificateAnswer {
    if der.is_empty() {
        return t::CertificateAnswer {
            name: file.name.to_owned(),
            ..t::CertificateAnswer::default()
        };
    }
    let octets = t::CertificateAnswer {
        name: file.name.to_owned(),
        present: true,
        der: Some(BASE64.encode(der)),
        sha256: Some(hex(&HashAlgorithm::Sha256.digest(der))),
        ..t::CertificateAnswer::default()
    };
    let Ok(certificate) = Certificate::parse(der) else {
        return octets;
    };
    t::CertificateAnswer {
        subject: certificate.subject().map(str::to_owned),
        issuer: certificate.issuer().map(str::to_owned),
        serial_number: Some(hex(certificate.serial())),
        not_before: Some(certificate.not_before().to_string()),
        not_after: Some(certificate.not_after().to_string()),
        key_usage: certificate.key_usage().map(usages).unwrap_or_default(),
        public_key: Some(certificate.public_key().name()),
        ..octets
    }
}

/// Names of the bits that are set, as RFC 5280, 4.2.1.3 has them.
fn usages(usage: KeyUsage) -> Vec<String> {
    let stated = [
        (usage.digital_signature, "digitalSignature"),
        (usage.non_repudiation, "nonRepudiation"),
        (usage.key_cert_sign, "keyCertSign"),
        (usage.crl_sign, "cRLSign"),
    ];
    stated
        .into_iter()
        .filter(|(stated, _)| *stated)
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_contract_is_given_and_no_certificate_is_a_raw_file() {
        for name in [
            "identity",
            "identity-signature",
            "address",
            "address-signature",
            "photo",
            "token-info",
            "basic-public-key",
        ] {
            assert_eq!(raw_file(name).map(|file| file.name), Some(name));
        }
        for name in ["authentication", "root", "", "../identity"] {
            assert!(raw_file(name).is_none(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_given_as_it_is() {
        let answer = certificate_answer(&beid_card::ROOT_CERTIFICATE, &[0x30, 0x00]);
        assert!(answer.present && answer.subject.is_none() && answer.not_after.is_none());
        assert_eq!(answer.der.as_deref(), Some("MAA="));
        // printf '\x30\x00' | sha256sum
        assert_eq!(
            answer.sha256.as_deref(),
            Some("e4f60d0aa6d7f3d3b6a6494b1c861b99f649c6f9ec51abaf201b20f297327c95")
        );
    }

    #[test]
    fn an_empty_place_says_no_more_than_that() {
        let answer = certificate_answer(&SIGNATURE_CERTIFICATE, &[]);
        let answer = serde_json::to_value(answer).unwrap();
        assert_eq!(answer, serde_json::json!({"name": "signature", "present": false}));
    }
}
