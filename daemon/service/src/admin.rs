//! Access of callers: pairings of listed pages, tokens of native programs.

use crate::Context;
use crate::caller::Asker;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode, Scope, Scopes};
use beid_settings::Origin;

/// Refuses everybody but pages of listed origins.
pub(crate) fn may_pair(context: &Context) -> Result<(), ApiError> {
    listed(context).map(drop)
}

/// Settings of the calling page's origin.
fn listed(context: &Context) -> Result<&Origin, ApiError> {
    let Asker::Origin(origin) = &context.caller.asker else {
        return Err(ErrorCode::OriginNotPaired.into());
    };
    let listed = context
        .service
        .config
        .settings
        .origin
        .iter()
        .find(|listed| listed.origin == *origin);
    Ok(listed.ok_or(ErrorCode::OriginNotPaired)?)
}

/// Lets a page of a listed origin in at once. Other origins are refused: there is no dialog to admit them.
pub(crate) async fn pair(context: Context, request: t::PairingRequest) -> Result<t::PairingAnswer, ApiError> {
    let (service, listed) = (&context.service, listed(&context)?);
    let origin = &listed.origin;
    if request.name.trim().is_empty() || request.days == Some(0) {
        return Err(if request.days == Some(0) {
            ApiError::invalid("days", "must be at least one day")
        } else {
            ApiError::invalid("name", "must not be empty")
        });
    }
    let wanted = Scopes::parse(request.scopes.iter().map(String::as_str), "scopes")?;
    for word in &request.scopes {
        // One by one, not as a set: an origin listed with the whole identity may ask for its basic part.
        let scope = Scope::parse(word, "scopes")?;
        if !listed.scopes.allow(scope) {
            return Err(ApiError::scope_missing(scope));
        }
    }
    let granted = service.tokens.let_page_in(origin, wanted.clone(), service.now());
    // As when a token is revoked: nothing goes on for a caller who can no longer collect it.
    if let Some(ended) = &granted.ended {
        service.caller_left(ended);
    }
    tracing::info!(origin, "listed origin let in");
    Ok(t::PairingAnswer {
        id: granted.id,
        state: "granted".to_owned(),
        token: granted.token,
        scopes: wanted.words(),
        expires_at: granted.expires_at.to_string(),
    })
}

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
