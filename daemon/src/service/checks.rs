//! Verifying a card: every check by name, and no more of the card read than the checks asked for need.

use crate::api::operations::parse;
use crate::api::types as t;
use crate::api::{Answer, ApiError};
use crate::random::random_bytes;
use crate::service::cards::{AnyCard, Around, Lane};
use crate::service::patients::check_answer;
use crate::service::{Context, members};
use beid_card::{
    AUTHENTICATION_CERTIFICATE, CardError, Challenge, Check, CheckName, ElementaryFile, Holder, HolderKey, Judge,
    SIGNATURE_CERTIFICATE, Wanted, card_genuine, holder_chain,
};
use serde_json::Value;

pub(crate) async fn verify(context: Context, request: Value) -> Result<Answer, ApiError> {
    let request: t::VerificationsRequest = parse(request)?;
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let asked = asked(request.checks.as_deref())?;
    let (names, trust, now) = (asked.clone(), service.trust.clone(), service.now());
    let work = move |card: &mut AnyCard, around: &mut Around<'_>| {
        let judge = Judge { trust: &trust, now };
        Findings::of(card, &names, judge, around)
    };
    let (card_id, found) = card.run(Lane::Long, work).await?.into_parts();
    let mut checks = Vec::new();
    for name in asked {
        checks.push(match found.check(name) {
            Some(check) => check_answer(check, now),
            None => check_answer(&Check::unknown(name, "policy-off"), now),
        });
    }
    members(&t::VerificationsAnswer {
        card_id: card_id.as_str().to_owned(),
        checks,
        simulated: card.simulated.then_some(true),
    })
}

/// The checks asked for, in that order; all that can be made without a network if none is named.
fn asked(names: Option<&[String]>) -> Result<Vec<CheckName>, ApiError> {
    let unknown = || ApiError::invalid("checks", "every entry must be the name of a check");
    let Some(names) = names else {
        let all = CheckName::ALL.into_iter();
        return Ok(all.filter(|name| !name.is_about_revocation()).collect());
    };
    let named = names.iter().map(|name| CheckName::named(name).ok_or_else(unknown));
    named.collect()
}

/// What the card gave for the checks asked for.
struct Findings {
    checks: Vec<Check>,
}

impl Findings {
    /// Reads what the checks called `names` need, text first, and makes those that need no network.
    fn of(
        card: &mut AnyCard,
        names: &[CheckName],
        judge: Judge<'_>,
        around: &mut Around<'_>,
    ) -> Result<Self, CardError> {
        let wanted = Wanted {
            address: names.contains(&CheckName::AddressSignature),
            photo: names.contains(&CheckName::PhotoHash),
            fresh: false,
        };
        let holder = card.holder(wanted, judge, around)?;
        let mut checks = holder.checks.clone();
        for (key, file, chain) in CERTIFICATES {
            if names.contains(&chain) {
                let found = card.holder_certificate(file, judge, around)?;
                checks.push(holder_chain(key, found.as_ref(), Some(&holder.identity), judge));
            }
        }
        if names.contains(&CheckName::CardGenuine) {
            checks.extend(genuine(card, &holder)?);
        }
        Ok(Self { checks })
    }

    fn check(&self, name: CheckName) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }
}

/// The holder's keys, where their certificates are, and the checks of them.
const CERTIFICATES: [(HolderKey, &ElementaryFile, CheckName); 2] = [
    (
        HolderKey::Authentication,
        &AUTHENTICATION_CERTIFICATE,
        CheckName::AuthenticationChain,
    ),
    (
        HolderKey::NonRepudiation,
        &SIGNATURE_CERTIFICATE,
        CheckName::SignatureChain,
    ),
];

/// Has the chip sign what nobody could know before.
fn genuine(card: &mut AnyCard, holder: &Holder) -> Result<Option<Check>, CardError> {
    let (applet, challenge): (_, Challenge) = (card.applet(), random_bytes());
    let answer = card.read(|session| session.challenge(applet, &challenge))?;
    let signed = holder.check(CheckName::IdentitySignature);
    Ok(signed.map(|signed| card_genuine(&answer, &challenge, &holder.identity, signed)))
}
