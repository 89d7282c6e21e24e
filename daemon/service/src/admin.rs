//! Tokens of native programs: made, listed, revoked.

use crate::Context;
use beid_api::types as t;
use beid_api::{ApiError, Scopes};

pub(crate) async fn create_token(
    context: Context,
    request: t::TokenCreateRequest,
) -> Result<t::TokenCreateAnswer, ApiError> {
    let scopes = Scopes::parse(request.scopes.iter().map(String::as_str), "scopes")?;
    let service = &context.service;
    let token = service
        .tokens
        .create(&request.name, &scopes, request.days, service.now())?;
    Ok(t::TokenCreateAnswer { token })
}

pub(crate) async fn list_tokens(context: Context, t::NoMembers {}: t::NoMembers) -> Result<t::TokensAnswer, ApiError> {
    let tokens = context.service.tokens.list().into_iter();
    let one = |(name, token): (String, crate::tokens::ProgramToken)| t::TokenAnswer {
        name,
        scopes: token.scopes,
        created_at: token.created_at.to_string(),
        expires_at: token.expires_at.map(|end| end.to_string()),
        last_used: token.last_used.map(|day| day.to_string()),
    };
    Ok(t::TokensAnswer {
        tokens: tokens.map(one).collect(),
    })
}

pub(crate) async fn revoke_token(context: Context, request: t::TokenRevokeRequest) -> Result<t::Done, ApiError> {
    // In this order: an operation that opens in between looks for its token and does not find it.
    let revoked = context.service.tokens.revoke(&request.name)?;
    context.service.caller_left(&revoked);
    Ok(t::Done {})
}
