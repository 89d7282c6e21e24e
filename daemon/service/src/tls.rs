//! The certificates of the HTTPS front: their replacement, in stages that leave time to trust the new authority, and who
//! trusts them.

use crate::{Context, Service};
use beid_api::types::{NoMembers, TlsRotationAnswer, TlsRotationRequest, TlsRotationStage, TlsStatusAnswer};
use beid_api::{ApiError, ErrorCode};
use beid_texts::Message;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Upper limit on a survey of all stores. Each of many profiles is read by a program of its own.
const LONGEST_SURVEY: Duration = Duration::from_secs(30);

/// The certificates of the HTTPS front, which makes and replaces them.
pub trait HttpsCertificates: Send + Sync {
    /// Carries out a stage of a rotation, and returns the authorities there are afterwards.
    ///
    /// # Errors
    /// [`RotationRefusal`] with the reason; nothing has changed for clients then.
    fn rotate(&self, stage: TlsRotationStage) -> Result<TlsRotationAnswer, RotationRefusal>;
}

/// A look at the endpoint of HTTPS, and into the trust stores of system and browsers.
pub trait TrustSurvey: Send + Sync {
    /// Begins a survey.
    fn survey(&self) -> BoxFuture<'static, Result<TlsStatusAnswer, ApiError>>;
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

/// Tells who trusts the certificates.
pub(crate) async fn read_tls_status(context: Context, NoMembers {}: NoMembers) -> Result<TlsStatusAnswer, ApiError> {
    survey(&context.service).await
}

/// Finds out who trusts the certificates, one caller after the other: a survey runs a program for each profile.
pub(crate) async fn survey(service: &Arc<Service>) -> Result<TlsStatusAnswer, ApiError> {
    let none = || ApiError::new(ErrorCode::NotFound, Message::new("detail-no-https"));
    let survey = service.trust_survey.get().map(Arc::clone).ok_or_else(none)?;
    let turn = Arc::clone(&service.survey_turn).lock_owned();
    let surveyed = async {
        let turn = turn.await;
        // On a task of its own: programs that run already go on when the caller leaves, and the turn ends with them. Callers
        // that leave before their turn begin nothing.
        tokio::spawn(async move {
            let _turn = turn;
            survey.survey().await
        })
        .await
    };
    let late = || ApiError::new(ErrorCode::TooManyRequests, Message::new("detail-trust-survey"));
    let in_time = timeout(LONGEST_SURVEY, surveyed).await.map_err(|_| late())?;
    in_time.map_err(ApiError::internal)?
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
