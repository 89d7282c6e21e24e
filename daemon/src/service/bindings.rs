//! Binds each operation of the table to the function that does it.

use super::{
    Context, admin, certificates, checks, consents, exclusions, links, patients, pin, readers, responses, roles,
    signatures, simulation,
};
use crate::api::operations as op;
use crate::api::parse::parse;
use crate::api::{AnswerForm, ApiError, Operation, OperationKey, TypedAnswer};
use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;

/// Builds [`begin`] from the list. An operation that is forgotten, bound twice, or bound to a function with another request
/// or answer does not compile.
macro_rules! bindings {
    ($($operation:ident => $run:path $(, once $allowed:path)?;)*) => {
        /// Begins an operation with the members of a call that has passed its scope check.
        #[deny(unreachable_patterns)]
        pub(super) fn begin(
            key: OperationKey,
            context: Context,
            members: Value,
        ) -> BoxFuture<'static, Result<AnswerForm, ApiError>> {
            match key {
                $(OperationKey::$operation => {
                    $(
                        // Before the members are read: they are no business of a caller who may not call at all.
                        if let Err(error) = $allowed(&context) {
                            return std::future::ready(Err(error)).boxed();
                        }
                    )?
                    on::<op::$operation, _>($run, context, members)
                })*
            }
        }
    };
}

bindings! {
    Status => readers::status;
    ListReaders => readers::list_readers;
    ListCards => readers::list_cards;
    DescribeCard => readers::one_card;
    ReadIdentity => patients::identity;
    ReadAddress => patients::address;
    ReadPhoto => patients::photo;
    ReadSummary => patients::summary;
    ReadCertificates => certificates::certificates;
    ReadCertificate => certificates::certificate;
    ReadFile => certificates::file;
    VerifyCard => checks::verify;
    TherapeuticLink => links::therapeutic_link;
    TherapeuticExclusion => exclusions::therapeutic_exclusion;
    Consent => consents::consent;
    ParseResponse => responses::parse_response, once responses::may_parse;
    Sign => signatures::sign;
    PinOperation => pin::operation::pin_operation;
    GetOperation => readers::operation;
    CancelOperation => readers::cancel_operation;
    Pair => admin::pair, once admin::may_pair;
    CreateToken => admin::create_token;
    ListTokens => admin::list_tokens;
    RevokeToken => admin::revoke_token;
    SetReaderRole => roles::set_reader_role;
    Simulate => simulation::simulate;
}

/// Reads the members into the request of `O`, runs it, and gives its answer the form in which fronts take it.
fn on<O, W>(
    run: impl FnOnce(Context, O::Request) -> W,
    context: Context,
    members: Value,
) -> BoxFuture<'static, Result<AnswerForm, ApiError>>
where
    O: Operation,
    W: Future<Output = Result<O::Answer, ApiError>> + Send + 'static,
{
    match parse(members) {
        Err(error) => std::future::ready(Err(error)).boxed(),
        Ok(request) => run(context, request)
            .map(|answer| answer.and_then(TypedAnswer::into_form))
            .boxed(),
    }
}
