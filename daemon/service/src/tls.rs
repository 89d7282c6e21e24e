//! Replacement of the certificates of the HTTPS front, in stages that leave time to trust the new authority.

use crate::Context;
use beid_api::types::{TlsRotationAnswer, TlsRotationRequest, TlsRotationStage};
use beid_api::{ApiError, ErrorCode};
use beid_texts::Message;
use std::sync::Arc;

/// The certificates of the HTTPS front, which makes and replaces them.
pub trait HttpsCertificates: Send + Sync {
    /// Carries out a stage of a rotation, and returns the authorities there are afterwards.
    ///
    /// # Errors
    /// [`RotationRefusal`] with the reason; nothing has changed for clients then.
    fn rotate(&self, stage: TlsRotationStage) -> Result<TlsRotationAnswer, RotationRefusal>;
}

/// Reason why the certificates are not replaced.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RotationRefusal {
    /// They are the administrator's own.
    Administrator,
    /// No new ones have been prepared.
    NotPrepared,
    /// A file cannot be written, or is not right: the text names it.
    Failed(String),
}

pub(crate) async fn rotate_tls_certificates(
    context: Context,
    request: TlsRotationRequest,
) -> Result<TlsRotationAnswer, ApiError> {
    let none = || ApiError::new(ErrorCode::NotFound, Message::new("detail-no-https"));
    let certificates = context.service.https_certificates.get().map(Arc::clone);
    let certificates = certificates.ok_or_else(none)?;
    // Keys are made and files are synced: on a slow disk that takes longer than others should wait.
    let rotated = tokio::task::spawn_blocking(move || certificates.rotate(request.stage)).await;
    rotated.map_err(ApiError::internal)?.map_err(refusal)
}

fn refusal(refusal: RotationRefusal) -> ApiError {
    match refusal {
        RotationRefusal::Administrator => ApiError::new(
            ErrorCode::PolicyDenied,
            Message::new("detail-administrators-certificate"),
        ),
        RotationRefusal::NotPrepared => {
            ApiError::new(ErrorCode::NotFound, Message::new("detail-rotation-not-prepared"))
        }
        RotationRefusal::Failed(reason) => ApiError::internal(reason),
    }
}
