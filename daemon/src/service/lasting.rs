//! What makes a signature last: a time stamp over it (B-T), and what authorities said of the signer's certificates (B-LT).
//!
//! By then the PIN is spent and the signature is good as it is. So nothing here refuses anything: what cannot be had is
//! left out, and whoever asked is told.

use crate::api::ApiError;
use crate::api::types::WarningAnswer;
use crate::service::Service;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_protocol::ProtocolError;
use beid_protocol::asic::Container;
use beid_protocol::cms::Cms;
use beid_protocol::long_term::RevocationValues;
use beid_protocol::timestamp::Token;
use beid_protocol::xades::{ValidationData, Xades, timestamp_imprint};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long an authority may take for all signatures of one list together.
const PATIENCE: Duration = Duration::from_secs(30);

/// A finished signature.
#[derive(Clone)]
pub(crate) enum Made {
    /// What the card answered: nothing can be added to that.
    Raw(Vec<u8>),
    /// A CMS.
    Cms(Cms),
    /// A signature in XML.
    Xades(Xades),
    /// A container.
    AsicE(Container),
}

impl Made {
    /// The octets that a time stamp is about, where there can be one.
    fn stamped(&self) -> Result<Option<Vec<u8>>, ProtocolError> {
        match self {
            Self::Raw(_) => Ok(None),
            Self::Cms(cms) => cms.signature().map(Some),
            Self::Xades(xades) => Ok(Some(timestamp_imprint(xades))),
            Self::AsicE(container) => container.stamped().map(Some),
        }
    }

    fn with_time_stamp(self, token: &Token) -> Result<Self, ProtocolError> {
        Ok(match self {
            Self::Raw(raw) => Self::Raw(raw),
            Self::Cms(cms) => Self::Cms(cms.with_time_stamp(token)?),
            Self::Xades(xades) => Self::Xades(xades.with_timestamp(token.der())),
            Self::AsicE(container) => Self::AsicE(container.with_time_stamp(token)?),
        })
    }

    fn with_revocation(self, values: &RevocationValues) -> Result<Self, ProtocolError> {
        Ok(match self {
            Self::Raw(raw) => Self::Raw(raw),
            Self::Cms(cms) => Self::Cms(cms.with_revocation(values)?),
            Self::Xades(xades) => Self::Xades(xades.with_validation_data(ValidationData {
                certificates: &[],
                crls: &values.crls,
                ocsps: &values.ocsp,
            })),
            Self::AsicE(container) => Self::AsicE(container.with_revocation(values)?),
        })
    }

    /// The file, for an answer.
    ///
    /// # Errors
    /// `internal` if a container cannot be written.
    pub(crate) fn to_base64(&self) -> Result<String, ApiError> {
        Ok(match self {
            Self::Raw(raw) => BASE64.encode(raw),
            Self::Cms(cms) => cms.to_base64(),
            Self::Xades(xades) => BASE64.encode(xades.xml()),
            Self::AsicE(container) => BASE64.encode(container.to_zip()?),
        })
    }
}

/// Adds to each what can be had, and says what could not: `field` names a signature by its place in the list.
pub(crate) async fn extend(
    service: &Service,
    list: Vec<Made>,
    said: &RevocationValues,
    field: impl Fn(usize) -> String,
) -> (Vec<Made>, Vec<WarningAnswer>) {
    let (list, missing) = stamp(service, list).await;
    let extended = list.into_iter().map(|made| with_revocation(made, said)).collect();
    let warnings = missing.into_iter().map(|at| WarningAnswer {
        code: "time-stamp-missing".to_owned(),
        field: field(at),
    });
    (extended, warnings.collect())
}

/// Asks for a stamp over each, one after the other. An authority that fails once is not asked for the rest.
async fn stamp(service: &Service, list: Vec<Made>) -> (Vec<Made>, Vec<usize>) {
    let Some(stamper) = &service.stamper else {
        return (list, Vec::new());
    };
    let deadline = Instant::now() + PATIENCE;
    let (mut stamped, mut missing) = (Vec::with_capacity(list.len()), Vec::new());
    for (at, made) in list.into_iter().enumerate() {
        let octets = match made.stamped() {
            Ok(None) => {
                stamped.push(made);
                continue;
            }
            Ok(Some(octets)) if missing.is_empty() => octets,
            Ok(Some(_)) | Err(_) => {
                missing.push(at);
                stamped.push(made);
                continue;
            }
        };
        let token = tokio::select! {
            biased;
            () = service.running.ending() => Err("stopping"),
            token = timeout_at(deadline, stamper.stamp(&octets)) => token.unwrap_or(Err("timeout")),
        };
        let with = token.and_then(|token| made.clone().with_time_stamp(&token).map_err(|_| "internal"));
        stamped.push(with.unwrap_or_else(|reason| {
            tracing::warn!(reason, "a signature is given out without a time stamp");
            missing.push(at);
            made
        }));
    }
    (stamped, missing)
}

fn with_revocation(made: Made, said: &RevocationValues) -> Made {
    if said.is_empty() {
        return made;
    }
    made.clone().with_revocation(said).unwrap_or_else(|_| {
        tracing::warn!("a signature is given out without what was said of its certificates");
        made
    })
}
