//! Table of the members that mean something with some operations only.

use crate::api::ApiError;
use crate::api::types::{LinkOperation, TherapeuticLinkRequest};
use crate::documents::refuse;
use LinkOperation::{Get, Has, Put, PutBulk, Revoke};

struct Row {
    member: &'static str,
    is_given: fn(&TherapeuticLinkRequest) -> bool,
    goes_with: &'static [LinkOperation],
}

/// Members that go with some operations only; all others go with all.
const TABLE: &[Row] = &[
    row("types", |of| of.types.is_some(), &[Get, Has]),
    row("situation", |of| of.situation.is_some(), &[Put, PutBulk]),
    row("startDate", |of| of.start_date.is_some(), &[Put, Revoke, PutBulk]),
    row("endDate", |of| of.end_date.is_some(), &[Put, Revoke, PutBulk]),
    row("comment", |of| of.comment.is_some(), &[Put, Revoke, PutBulk]),
    row("proof", |of| of.proof.is_some(), &[Put, Revoke, PutBulk, Get]),
    row("proofReason", |of| of.proof_reason.is_some(), &[Put, Revoke, PutBulk]),
    row("proofProfile", |of| of.proof_profile.is_some(), &[Put, Revoke, PutBulk]),
    row("begin", |of| of.begin.is_some(), &[Get]),
    row("end", |of| of.end.is_some(), &[Get]),
    row("status", |of| of.status.is_some(), &[Get]),
    row("maxRows", |of| of.max_rows.is_some(), &[Get]),
    row("links", |of| of.links.is_some(), &[PutBulk]),
];

const fn row(
    member: &'static str,
    is_given: fn(&TherapeuticLinkRequest) -> bool,
    goes_with: &'static [LinkOperation],
) -> Row {
    Row {
        member,
        is_given,
        goes_with,
    }
}

/// Refuses members that mean nothing for the operation, by name.
///
/// # Errors
/// `invalid-request` on the first of them.
pub(super) fn must_mean_something(request: &TherapeuticLinkRequest) -> Result<(), ApiError> {
    let others = TABLE.iter().filter(|row| !row.goes_with.contains(&request.operation));
    let given: Vec<_> = others.map(|row| (row.member, (row.is_given)(request))).collect();
    refuse(&given, "means nothing with this operation")
}
