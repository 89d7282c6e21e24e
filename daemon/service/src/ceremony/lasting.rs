//! Additions that make a signature last: a time stamp over it (B-T), and what issuers said of the signer's certificates
//! (B-LT).
//!
//! By then the PIN is spent and the signature is good as it is. So nothing here refuses anything: an addition that
//! cannot be had is left out, and the caller gets a warning.

use super::{Ceremony, Finished, Signable};
use crate::Service;
use beid_api::types::WarningAnswer;
use beid_pki::Reason;
use beid_protocol::long_term::RevocationValues;
use beid_protocol::signature::Signed;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Time that an authority has for all signatures of one list together.
const PATIENCE: Duration = Duration::from_secs(30);

/// Adds to each signature the additions that can be had. `field` names a signature in warnings by its place in the
/// list.
pub(crate) async fn extend<M: Signable<Signature = Finished>>(
    service: &Service,
    ceremony: &mut Ceremony<M>,
    field: impl Fn(usize) -> String,
) -> Vec<WarningAnswer> {
    let signatures = std::mem::take(&mut ceremony.signatures);
    let (stamped, missing) = stamp(service, signatures).await;
    let revocation = &ceremony.signatory.revocation;
    ceremony.signatures = stamped
        .into_iter()
        .map(|one| with_revocation(one, revocation))
        .collect();
    let warnings = missing.into_iter().map(|at| WarningAnswer {
        code: "time-stamp-missing".to_owned(),
        field: field(at),
    });
    warnings.collect()
}

/// Asks for a stamp over each, one after the other; returns the places of those that got none. An authority that fails
/// once is not asked for the rest, because the caller would wait for each failure.
async fn stamp(service: &Service, list: Vec<Finished>) -> (Vec<Finished>, Vec<usize>) {
    let deadline = Instant::now() + PATIENCE;
    let (mut stamped, mut missing) = (Vec::with_capacity(list.len()), Vec::new());
    for (at, one) in list.into_iter().enumerate() {
        stamped.push(match one {
            Finished::Formed(signed) if service.stamper.is_some() => {
                let mut with = None;
                if missing.is_empty() {
                    with = with_time_stamp(service, &signed, deadline).await;
                }
                if with.is_none() {
                    missing.push(at);
                }
                Finished::Formed(with.unwrap_or(signed))
            }
            Finished::Formed(_) | Finished::Bare(_) => one,
        });
    }
    (stamped, missing)
}

/// Asks for one stamp; logs why there is none.
async fn with_time_stamp(service: &Service, signed: &Signed, deadline: Instant) -> Option<Signed> {
    let stamper = service.stamper.as_ref()?;
    let octets = signed.stamped().ok()?;
    let token = tokio::select! {
        biased;
        // A daemon that is stopped has two seconds to hand the signature over, fewer than an authority may take.
        () = service.running.ending() => Err(Reason::Stopping),
        token = timeout_at(deadline, stamper.stamp(&octets)) => token.unwrap_or(Err(Reason::Timeout)),
    };
    let with = token.and_then(|token| signed.clone().with_time_stamp(&token).map_err(|_| Reason::Malformed));
    with.inspect_err(|reason| tracing::warn!(reason = reason.word(), "a signature is given out without a time stamp"))
        .ok()
}

fn with_revocation(one: Finished, revocation: &RevocationValues) -> Finished {
    match one {
        Finished::Formed(signed) if !revocation.is_empty() => {
            // A copy, so that the signature is left as it was if they do not go in.
            Finished::Formed(signed.clone().with_revocation(revocation).unwrap_or_else(|_| {
                tracing::warn!("a signature is given out without what was said of its certificates");
                signed
            }))
        }
        Finished::Formed(_) | Finished::Bare(_) => one,
    }
}
