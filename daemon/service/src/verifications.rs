//! Files that anybody signed, verified for callers as `beidctl verify` does. No card is asked for anything, and nothing is
//! kept.

use crate::{Context, Service};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::file_formats::ALL_CONTENTS;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode, Scope};
use beid_pki::Certificate;
use beid_protocol::verify::{self, verify_with};
use std::sync::Arc;

/// Scopes of which one is enough: those of callers who have documents signed.
const ENOUGH: [Scope; 3] = [Scope::Sign, Scope::ProofTherlink, Scope::ProofConsent];

/// Admits callers who may have something signed.
pub(crate) fn may_verify(context: &Context) -> Result<(), ApiError> {
    let may = |scope| context.caller.may(Some(scope));
    ENOUGH.into_iter().map(may).reduce(Result::or).unwrap_or(Ok(()))
}

pub(crate) async fn verify_file(
    context: Context,
    request: t::FileVerificationRequest,
) -> Result<t::FileVerificationAnswer, ApiError> {
    let service = Arc::clone(&context.service);
    let work = move || verify(&context.service, &request);
    service.files.run(context.caller.party(), work).await?
}

fn verify(service: &Service, request: &t::FileVerificationRequest) -> Result<t::FileVerificationAnswer, ApiError> {
    let file = decoded("file", &request.file)?;
    let content = request.content.as_deref().map(|content| decoded("content", content));
    let content = content.transpose()?;
    // The bus takes larger messages than HTTPS does, and both have one limit.
    if file.len() + content.as_ref().map_or(0, Vec::len) > ALL_CONTENTS {
        return Err(ErrorCode::TooLarge.into());
    }
    let certificates = certificates(request.certificates.as_deref().unwrap_or_default())?;
    let context = verify::Context {
        content: content.as_deref(),
        tsa_roots: &service.verification.time_stamps,
        certificates: &certificates,
        ..verify::Context::new(&service.verification.signers, service.now())
    };
    Ok((&verify_with(&file, &context)).into())
}

/// Upper limit on certificates that come beside a file.
const MOST_CERTIFICATES: usize = 16;

fn certificates(given: &[String]) -> Result<Vec<Certificate>, ApiError> {
    if given.len() > MOST_CERTIFICATES {
        let reason = format!("must be {MOST_CERTIFICATES} at most");
        return Err(ApiError::invalid("certificates", reason));
    }
    let each = given.iter().enumerate().map(|(index, text)| {
        let member = format!("certificates[{index}]");
        let der = decoded(&member, text)?;
        Certificate::parse(&der).map_err(|_| ApiError::invalid(&member, "must be a certificate in DER"))
    });
    each.collect()
}

fn decoded(member: &str, text: &str) -> Result<Vec<u8>, ApiError> {
    let octets = BASE64.decode(text);
    octets.map_err(|_| ApiError::invalid(member, "must be base64"))
}
