//! Verification of a card: every check by name, and no more of the card read than the checks asked for need.

use crate::cards::{AnyCard, Lane, Surroundings};
use crate::patients::{check_answer, outcome_word, trust_word};
use crate::{Context, Service};
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_card::{
    AUTHENTICATION_CERTIFICATE, CardCheck, CardError, Challenge, ElementaryFile, Holder, HolderKey, Judge,
    SIGNATURE_CERTIFICATE, Wanted, card_genuine, holder_chain,
};
use beid_host::random::random_bytes;
use beid_issuers::revocation::RevocationPolicy;
use beid_pki::{Certificate, Check, CheckName, Outcome, Reason, Trust};
use beid_protocol::long_term::RevocationValues;
use beid_texts::Message;
use std::collections::BTreeSet;

pub(crate) async fn verify(
    context: Context,
    request: t::VerificationsRequest,
) -> Result<t::VerificationsAnswer, ApiError> {
    let service = &context.service;
    let card = service.registry.resolve(&request.card_id)?;
    let asked = asked(request.checks.as_deref(), service.revocation.policy())?;
    let (names, trust, now) = (asked.clone(), service.trust.clone(), service.now());
    let work = move |card: &mut AnyCard, around: &mut Surroundings<'_>| {
        let judge = Judge { trust: &trust, now };
        Findings::read(card, &names, judge, around)
    };
    let (card_id, found) = card.run(Lane::Long, work).await?.into_parts();
    let made = asked.into_iter().map(|name| {
        let found = &found;
        async move {
            match found.check(name) {
                Some(check) => check_answer(check, now),
                None => revocation(service, name, found).await,
            }
        }
    });
    // Issuers are asked at the same time.
    let checks = futures_util::future::join_all(made).await;
    Ok(t::VerificationsAnswer {
        card_id: card_id.as_str().to_owned(),
        checks,
        simulated: card.simulated.then_some(true),
    })
}

/// Parses the names of the checks asked for, in that order. Without names: all, but those about revocation only if
/// issuers may be asked.
fn asked(names: Option<&[String]>, revocation: RevocationPolicy) -> Result<Vec<CheckName>, ApiError> {
    let unknown = || ApiError::invalid("checks", "every entry must be the name of a check");
    let Some(names) = names else {
        let all = CheckName::OF_CARD.into_iter();
        return Ok(all
            .filter(|name| revocation != RevocationPolicy::Off || !name.is_about_revocation())
            .collect());
    };
    let named = names
        .iter()
        .map(|name| CheckName::parse_of_card(name).ok_or_else(unknown));
    let mut checks: Vec<_> = named.collect::<Result<_, _>>()?;
    // A check that is named twice is made once.
    let mut seen = BTreeSet::new();
    checks.retain(|check| seen.insert(*check));
    Ok(checks)
}

/// Checks made on the card, and the certificates for checks that ask issuers.
struct Findings {
    checks: Vec<CardCheck>,
    /// Certificates whose issuers are to be asked about them, each with the authorities above it.
    lines: Vec<(CheckName, Vec<Certificate>)>,
}

impl Findings {
    /// Reads the files that the checks called `names` need, text first, and makes those checks that need no network.
    fn read(
        card: &mut AnyCard,
        names: &[CheckName],
        judge: Judge<'_>,
        around: &mut Surroundings<'_>,
    ) -> Result<Self, CardError> {
        let wanted = Wanted {
            address: names.contains(&CheckName::AddressSignature),
            photo: names.contains(&CheckName::PhotoHash),
            // Checks prove nothing to others, so what was read of this insertion before will do.
            fresh: false,
        };
        let holder = match card.holder(wanted, judge, around) {
            // No error: the holder's certificates can be checked without an identity.
            Err(CardError::NoSuchFile { .. }) => None,
            read => Some(read?),
        };
        let mut checks = match &holder {
            Some(holder) => holder.checks.clone(),
            None => ON_THE_IDENTITY
                .map(|name| CardCheck::unknown(name, Reason::NotOnThisCard))
                .to_vec(),
        };
        let register = holder.as_ref().map(|holder| holder.register.clone());
        let mut lines = vec![(CheckName::NationalRegisterRevocation, register.unwrap_or_default())];
        for (key, file, chain, revocation) in CERTIFICATES {
            if names.contains(&chain) || names.contains(&revocation) {
                let found = card.holder_certificate(file, judge, around)?;
                checks.push(holder_chain(
                    key,
                    found.as_ref(),
                    holder.as_ref().map(|holder| &holder.identity),
                    judge,
                ));
                let line = found.map(|found| [vec![found.certificate], found.authorities].concat());
                lines.push((revocation, line.unwrap_or_default()));
            }
        }
        if let Some(holder) = holder.filter(|_| names.contains(&CheckName::CardGenuine)) {
            checks.extend(genuine(card, &holder)?);
        }
        Ok(Self { checks, lines })
    }

    fn check(&self, name: CheckName) -> Option<&CardCheck> {
        self.checks.iter().find(|check| check.name == name)
    }

    fn line(&self, name: CheckName) -> &[Certificate] {
        let found = self.lines.iter().find(|(check, _)| *check == name);
        found.map(|(_, line)| line.as_slice()).unwrap_or_default()
    }
}

/// Checks that rest on the identity; none of them can be made of a card without one.
const ON_THE_IDENTITY: [CheckName; 5] = [
    CheckName::IdentitySignature,
    CheckName::NationalRegisterChain,
    CheckName::AddressSignature,
    CheckName::PhotoHash,
    CheckName::CardGenuine,
];

/// Keys of the holder, each with the file of its certificate, the check of its chain and that of its revocation.
const CERTIFICATES: [(HolderKey, &ElementaryFile, CheckName, CheckName); 2] = [
    (
        HolderKey::Authentication,
        &AUTHENTICATION_CERTIFICATE,
        CheckName::AuthenticationChain,
        CheckName::AuthenticationRevocation,
    ),
    (
        HolderKey::NonRepudiation,
        &SIGNATURE_CERTIFICATE,
        CheckName::SignatureChain,
        CheckName::SignatureRevocation,
    ),
];

/// Asks the issuer of a certificate about its revocation, after the card has been let go.
async fn revocation(service: &Service, name: CheckName, found: &Findings) -> t::CheckAnswer {
    let (line, now) = (found.line(name), service.now());
    let [certificate, issuer, ..] = line else {
        let reason = match line {
            [] => Reason::CertificateMissing,
            _ => Reason::IssuerUnknown,
        };
        return check_answer(&CardCheck::unknown(name, reason), now);
    };
    // The register's certificate may have ended long ago and still be good for what it signed then.
    let at = certificate.not_after().min(now);
    // An issuer without a path to a root could say anything about its certificates, so it is not asked.
    let Ok(chain) = service.trust.chain(certificate, line, at) else {
        return check_answer(&CardCheck::unknown(name, Reason::NoChain), now);
    };
    let mut finding = service.revocation.check(certificate, issuer).await;
    // Only after a good answer, which is the only one that a revoked issuer changes.
    if finding.outcome == Outcome::Passed && has_revoked_issuer(service, &chain.certificates).await {
        finding.outcome = Outcome::Failed(Reason::IssuerRevoked);
    }
    let Check { name, outcome } = Check::new(name, finding.outcome);
    let passed = outcome == Outcome::Passed;
    t::CheckAnswer {
        name: name.name().to_owned(),
        outcome: outcome_word(outcome),
        reason: outcome.reason().map(|reason| reason.word().to_owned()),
        trust: trust_word(if passed { chain.trust } else { Trust::None }),
        checked_at: finding.checked_at.to_string(),
        source: finding.source.name().to_owned(),
    }
}

/// Returns true if an authority above the first certificate of `line` was revoked: then its word about that certificate
/// is worth nothing.
async fn has_revoked_issuer(service: &Service, line: &[Certificate]) -> bool {
    // The first pair is the certificate itself, about which its issuer has been asked.
    for pair in line.windows(2).skip(1) {
        if let [certificate, issuer] = pair
            && service.revocation.check(certificate, issuer).await.outcome.is_failed()
        {
            return true;
        }
    }
    false
}

/// Lets the chip sign random bytes, so that a copy cannot answer from a recording.
fn genuine(card: &mut AnyCard, holder: &Holder) -> Result<Option<CardCheck>, CardError> {
    let (applet, challenge): (_, Challenge) = (card.applet(), random_bytes());
    let answer = card.read(|session| session.challenge(applet, &challenge))?;
    let signed = holder.check(CheckName::IdentitySignature);
    Ok(signed.map(|signed| card_genuine(&answer, &challenge, &holder.identity, signed)))
}

/// The owner of a certificate that a proof rests on.
#[derive(Clone, Copy)]
pub(crate) enum Owner {
    /// The National Register, which signed the identity: without it nobody knows whose card it is.
    Register,
    /// The holder, who signs with this key. The identity stays as authentic as before.
    Holder(HolderKey),
}

impl Owner {
    /// Code and text of the refusal of a certificate that was revoked, or whose status is unknown.
    fn refusal(self, revoked: bool) -> (ErrorCode, &'static str) {
        match (self, revoked) {
            (Self::Register, true) => (ErrorCode::IdentityNotAuthentic, "detail-register-revoked"),
            (Self::Register, false) => (ErrorCode::IdentityNotAuthentic, "detail-register-revocation-unknown"),
            (Self::Holder(HolderKey::NonRepudiation), true) => {
                (ErrorCode::CertificateNotValid, "detail-signature-revoked")
            }
            (Self::Holder(HolderKey::NonRepudiation), false) => {
                (ErrorCode::CertificateNotValid, "detail-signature-revocation-unknown")
            }
            (Self::Holder(HolderKey::Authentication), true) => {
                (ErrorCode::CertificateNotValid, "detail-log-in-revoked")
            }
            (Self::Holder(HolderKey::Authentication), false) => {
                (ErrorCode::CertificateNotValid, "detail-log-in-revocation-unknown")
            }
        }
    }
}

/// Refuses a proof that would rest on a revoked certificate, or on one whose status stays unknown where the policy asks
/// for it. `line` is the certificate and the authorities above it. Returns the answers of the issuers, which can be
/// kept with a signature.
///
/// # Errors
/// `identity-not-authentic` or `certificate-not-valid`, by the `owner`; the detail names the certificate.
pub(crate) async fn must_not_be_revoked(
    service: &Service,
    line: &[Certificate],
    owner: Owner,
) -> Result<RevocationValues, ApiError> {
    let refused = |outcome: Outcome| {
        let (code, text) = owner.refusal(outcome.is_failed());
        let reason = outcome.reason();
        let sentence = reason.map(Message::from).into_iter().collect();
        let text = Message::new(text).arg("reason", reason.map_or("", Reason::word));
        ApiError::new(code, text.list("sentence", sentence))
    };
    // The loop below would ask nobody about a certificate without its issuer, and let it pass.
    if line.len() < 2 {
        return Err(refused(Outcome::Unknown(Reason::IssuerUnknown)));
    }
    let mut kept = RevocationValues::default();
    for pair in line.windows(2) {
        let [certificate, issuer] = pair else { continue };
        match service.revocation.must_be_good(certificate, issuer).await {
            Ok(said) => {
                kept.ocsp.extend(said.ocsp);
                kept.crls.extend(said.crls);
            }
            Err(finding) => return Err(refused(finding.outcome)),
        }
    }
    Ok(kept)
}
