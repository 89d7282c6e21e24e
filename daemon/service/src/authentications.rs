//! Log-ins of a card's holder: a Web eID authentication token for the site that asks.
//!
//! ```text
//! LogInSite::judge(caller, audience)    the site that the token is for: the browser's word, or a program's where that may be
//! LogInChallenge::parse(...)       site and nonce, and nothing else
//! ceremony::sign(...)              the dialog names the site; the key for log-ins signs the challenge
//! ```
//!
//! Source: Web eID, "System architecture", format `web-eid:1.0`. Format 1.1 wants a signature certificate with the subject of
//! the authentication certificate; Belgian cards never have such a pair.

mod challenge;

pub(crate) use challenge::LogInChallenge;

use crate::caller::{Caller, CallerId};
use crate::cards::Insertion;
use crate::ceremony::{self, Dialog, PresentedCard, Signable, Signatory, ToSign, document_algorithm};
use crate::pin::Asking;
use crate::{Context, Service};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_card::{HolderKey, Identity, SignatureAlgorithm};
use beid_prompt::layout::{origin, wrapped};
use beid_texts::{Message, Render};
use jiff::Timestamp;

/// Format of the tokens.
const FORMAT: &str = "web-eid:1.0";

/// Name of this software and its version in tokens, in the form of a URL as the protocol wants. Sites may log it; nothing
/// is fetched from there.
const APP_VERSION: &str = concat!("https://beidd.org/releases/", env!("CARGO_PKG_VERSION"));

pub(crate) async fn authenticate(
    context: Context,
    request: t::AuthenticationRequest,
) -> Result<t::AuthenticationAnswer, ApiError> {
    let service = &context.service;
    let site = LogInSite::judge(service, &context.caller, request.audience)?;
    let challenge = LogInChallenge::parse(&site.origin, request.challenge_nonce)?;
    let log_in = LogIn { site, challenge };
    let card = service
        .registry
        .resolve(request.card_id.as_deref().unwrap_or("current"))?;
    let presented = PresentedCard::read(service, card, Some(HolderKey::Authentication), service.now()).await?;
    let ceremony = ceremony::sign(&context, &presented, &log_in).await?;
    let card = &presented.card;
    // Not the site: whoever reads the log need not know where patients log in.
    tracing::info!(reader = card.reader, "logged in");
    let signature = ceremony.signatures.first();
    let signature = signature.ok_or_else(|| ApiError::internal("a log-in without a signature"))?;
    Ok(t::AuthenticationAnswer {
        unverified_certificate: BASE64.encode(ceremony.signatory.certificate.der()),
        algorithm: ceremony.algorithm.name().to_owned(),
        signature: BASE64.encode(signature),
        format: FORMAT.to_owned(),
        app_version: app_version(card.simulated),
        card_id: presented.card_id.as_str().to_owned(),
        simulated: card.simulated.then_some(true),
    })
}

/// The mark is inside the token too: programs on the token's way to the site drop members that they do not know.
fn app_version(simulated: bool) -> String {
    let mark = if simulated { "+simulated" } else { "" };
    format!("{APP_VERSION}{mark}")
}

/// The site that a token is for.
struct LogInSite {
    origin: String,
    /// True if a program stated it, so that nobody knows whether the person is dealing with that site.
    is_stated: bool,
}

impl LogInSite {
    /// Takes the site from the caller: the origin of a page as its browser told it, never from members; of a program the
    /// audience that it states, if the settings let programs log people in.
    ///
    /// # Errors
    /// `policy-denied` for pages without https, and for programs unless the settings allow them; `invalid-request` about
    /// `audience`.
    fn judge(service: &Service, caller: &Caller, audience: Option<String>) -> Result<Self, ApiError> {
        match &caller.id {
            CallerId::Page { origin, .. } => {
                // A page of this computer may call, but no site's software takes a token for an http origin.
                if !origin.starts_with("https://") {
                    let text = Message::new("detail-log-in-needs-https").arg("origin", origin.as_str());
                    return Err(ApiError::new(ErrorCode::PolicyDenied, text));
                }
                if audience.is_some() {
                    return Err(ApiError::invalid(
                        "audience",
                        "must be left out: a page asks for log-ins to itself only",
                    ));
                }
                Ok(Self {
                    origin: origin.clone(),
                    is_stated: false,
                })
            }
            CallerId::Bus(_) | CallerId::Token(_) => {
                if !service.config().settings.policy.native_log_in() {
                    let text = Message::new("detail-no-native-log-in");
                    return Err(ApiError::new(ErrorCode::PolicyDenied, text));
                }
                let origin = audience.ok_or_else(|| ApiError::invalid("audience", "is needed"))?;
                Ok(Self {
                    origin,
                    is_stated: true,
                })
            }
            CallerId::OwnPage(_) => {
                let text = Message::new("detail-log-in-own-page");
                Err(ApiError::new(ErrorCode::PolicyDenied, text))
            }
            CallerId::Anonymous => Err(ErrorCode::TokenMissing.into()),
        }
    }
}

/// A log-in that a person is asked for.
struct LogIn {
    site: LogInSite,
    challenge: LogInChallenge,
}

impl Signable for LogIn {
    /// The signature as the card gives it.
    type Signature = Vec<u8>;

    fn algorithm(&self, signatory: &Signatory, _card: &Insertion) -> Result<SignatureAlgorithm, ApiError> {
        // The rule of documents: keys of 1024 bits are too weak here as well, though their cards would sign.
        document_algorithm(signatory)
    }

    fn prepare(
        &self,
        _signatory: &Signatory,
        algorithm: SignatureAlgorithm,
        _at: Timestamp,
    ) -> Result<Vec<ToSign<Vec<u8>>>, ApiError> {
        Ok(vec![ToSign::log_in(&self.challenge, algorithm)])
    }

    fn dialog(&self, asking: &Asking<'_>, holder: &Identity, _signatures: usize) -> Result<Dialog, ApiError> {
        let text = effect(self.challenge.origin(), self.site.is_stated).render(asking.language());
        let asks = asking.asks("dialog-asked-to-log-in", Some(holder));
        Ok(Dialog::of_log_in(format!("{asks}\n\n{}", wrapped(&text, 0))))
    }
}

/// Sentences on the effect of the PIN. They name the site once more, because a program's own name is not where it logs in.
fn effect(site: &str, is_stated: bool) -> Message {
    let id = if is_stated {
        "dialog-log-in-to-stated"
    } else {
        "dialog-log-in-to"
    };
    Message::new(id).arg("origin", origin(site))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Asker;
    use crate::pin::tries_left_text;
    use beid_prompt::pages::{LINES, Room};
    use beid_texts::Language;

    #[test]
    fn an_ordinary_log_in_takes_one_dialog_in_every_language() {
        let site = format!("https://{}.example.org", "x".repeat(60));
        let askers = [Asker::Origin(site.clone()), Asker::Program("p".repeat(60))];
        for language in Language::ALL {
            for (asker, is_stated) in askers.iter().zip([false, true]) {
                let holder = Message::new("dialog-holder").arg("name", "Anna Petronella van Voorbeeld tot Testaert");
                let parts = [
                    asker.asks("dialog-asked-to-log-in", language),
                    holder.render(language),
                    effect(&site, is_stated).render(language),
                    tries_left_text(3).render(language),
                    Message::new("dialog-keypad").render(language),
                ];
                assert!(parts.iter().all(|part| !part.contains("dialog-")), "{parts:?}");
                let text = parts.map(|part| wrapped(&part, 0)).join("\n\n");
                assert!(Room::new(LINES[0]).fits(&text), "{text}");
            }
        }
    }

    #[test]
    fn a_simulated_card_is_marked_inside_the_token() {
        assert!(app_version(true).ends_with("+simulated"));
        assert!(!app_version(false).contains("simulated"));
    }
}
