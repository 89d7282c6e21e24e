//! The program that answers on the daemon's port, found out as a client does: by a handshake.

use crate::{ClientError, Discovery};
use beid_api::types::EndpointAnswer;
use beid_api::words::EndpointState;
use beid_pki::Certificate;
use jiff::Timestamp;

/// Makes a handshake with this user's daemon, trusting its authority alone, and describes the result.
pub async fn examine_endpoint() -> EndpointAnswer {
    let failed = |state, port, detail| EndpointAnswer {
        state,
        port,
        detail: Some(detail),
        not_after: None,
        days_left: None,
    };
    match shown().await {
        Ok((port, certificate)) => {
            let end = certificate.not_after();
            EndpointAnswer {
                state: EndpointState::Trusted,
                port: Some(port),
                detail: None,
                not_after: Some(end.to_string()),
                days_left: Some(end.duration_since(Timestamp::now()).as_hours() / 24),
            }
        }
        Err(error @ (ClientError::NotRunning | ClientError::Unreachable(_))) => {
            failed(EndpointState::NotRunning, None, error.to_string())
        }
        Err(ClientError::AnotherProgram { port, reason }) => failed(EndpointState::AnotherProgram, Some(port), reason),
        Err(error @ ClientError::CertificateDates(_)) => failed(EndpointState::Dates, None, error.to_string()),
        Err(error) => failed(EndpointState::Failed, None, error.to_string()),
    }
}

/// Returns the port of the daemon, and the certificate that it shows.
async fn shown() -> Result<(u16, Certificate), ClientError> {
    let discovery = Discovery::of_this_user()?;
    let shown = discovery.handshake().await?;
    let certificate = Certificate::parse(&shown).map_err(|error| ClientError::Failed(error.to_string()))?;
    Ok((discovery.port, certificate))
}
