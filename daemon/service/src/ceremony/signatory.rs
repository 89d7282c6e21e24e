//! The card that signs, and its holder as signatory: whatever of them can be refused before a person is asked.

use crate::Service;
use crate::cards::{AnyCard, CardId, Insertion, Lane, Surroundings};
use crate::checks::{Owner, must_not_be_revoked};
use crate::patients::must_hold;
use beid_api::{ApiError, ErrorCode};
use beid_card::{
    AUTHENTICATION_CERTIFICATE, Applet, CardCheck, CardError, CardSigner, ElementaryFile, Holder, HolderCertificate,
    HolderKey, Identity, IdentityDigests, Judge, SIGNATURE_CERTIFICATE, SignatureAlgorithm, Wanted, holder_chain,
};
use beid_pki::{Certificate, Reason};
use beid_protocol::long_term::RevocationValues;
use beid_protocol::period::brussels_day;
use beid_texts::Message;
use jiff::Timestamp;
use std::sync::Arc;

/// A card in a reader, read for one proof or signature and for no other, and proved.
pub(crate) struct PresentedCard {
    pub(crate) card: Arc<Insertion>,
    pub(crate) card_id: CardId,
    holder: Holder,
    /// Key that is to sign, if one is.
    key: Option<PresentedKey>,
}

/// Key that is to sign.
struct PresentedKey {
    key: HolderKey,
    /// Its certificate and the authorities above it, if the card has them.
    found: Option<HolderCertificate>,
}

impl PresentedCard {
    /// Reads the holder, and the certificate of `key` if that is to sign something.
    ///
    /// # Errors
    /// `identity-not-authentic` if the National Register did not sign the card's data, or its certificate was revoked;
    /// `card-expired`; else as [`Insertion::run`].
    pub(crate) async fn read(
        service: &Service,
        card: Arc<Insertion>,
        key: Option<HolderKey>,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let trust = service.trust.clone();
        let read = card.run(Lane::Text, move |card, around| {
            let judge = Judge { trust: &trust, now };
            read_anew(card, key, judge, around)
        });
        let (card_id, (holder, key)) = read.await?.into_parts();
        must_hold(&holder, brussels_day(now))?;
        // Last, because asking tells an issuer that this card is in use; it need not hear of one that is refused.
        must_not_be_revoked(service, &holder.register, Owner::Register).await?;
        Ok(Self {
            card,
            card_id,
            holder,
            key,
        })
    }

    /// The holder, as the card says.
    pub(crate) fn holder(&self) -> &Identity {
        &self.holder.identity
    }

    /// The checks of the card's data that were made.
    pub(crate) fn checks(&self) -> &[CardCheck] {
        &self.holder.checks
    }

    /// Chain from the register's certificate to the root.
    pub(crate) fn register(&self) -> &[Certificate] {
        &self.holder.register
    }

    /// Digests of the files of the identity.
    pub(crate) fn digests(&self) -> &IdentityDigests {
        &self.holder.digests
    }

    /// The holder as signatory.
    ///
    /// # Errors
    /// `certificate-missing` on cards that have none; `certificate-not-valid` if it, or an authority above it, is not valid
    /// today or was revoked; `identity-not-authentic` if its path to a root, its purpose or its holder is not right.
    pub(super) async fn signatory(&self, service: &Service, now: Timestamp) -> Result<Signatory, ApiError> {
        let PresentedKey { key, found } = self.key.as_ref().ok_or(ErrorCode::CertificateMissing)?;
        let (key, found) = (*key, found.as_ref().ok_or_else(|| missing(*key))?);
        let holder = self.holder.identity.clone();
        let judge = Judge {
            trust: &service.trust,
            now,
        };
        let chain = holder_chain(key, Some(found), Some(&holder), judge);
        // Before issuers are asked: one without a path to a root could say anything of its certificates.
        if let Some(reason) = chain.outcome.reason() {
            return Err(refused(key, &found.certificate, reason, now));
        }
        let mut signatory = Signatory {
            key,
            holder,
            certificate: found.certificate.clone(),
            authorities: found.authorities.clone(),
            revocation: RevocationValues::default(),
        };
        signatory.revocation = must_not_be_revoked(service, &signatory.certificates(), Owner::Holder(key)).await?;
        Ok(signatory)
    }
}

fn read_anew(
    card: &mut AnyCard,
    key: Option<HolderKey>,
    judge: Judge<'_>,
    around: &mut Surroundings<'_>,
) -> Result<(Holder, Option<PresentedKey>), CardError> {
    let wanted = Wanted {
        // What is remembered could be another card's, if cards were swapped faster than PC/SC looks.
        fresh: true,
        ..Wanted::default()
    };
    let holder = card.holder(wanted, judge, around)?;
    let mut presented = None;
    if let Some(key) = key {
        let found = card.holder_certificate(certificate_of(key), judge, around)?;
        presented = Some(PresentedKey { key, found });
    }
    Ok((holder, presented))
}

fn certificate_of(key: HolderKey) -> &'static ElementaryFile {
    match key {
        HolderKey::NonRepudiation => &SIGNATURE_CERTIFICATE,
        HolderKey::Authentication => &AUTHENTICATION_CERTIFICATE,
    }
}

/// Error for a card without the certificate of `key`.
fn missing(key: HolderKey) -> ApiError {
    match key {
        HolderKey::NonRepudiation => ErrorCode::CertificateMissing.into(),
        HolderKey::Authentication => {
            let text = Message::new("detail-log-in-certificate-missing");
            ApiError::new(ErrorCode::CertificateMissing, text)
        }
    }
}

/// Text ids of the refusals of the certificate of `key`: not valid today, not trusted.
fn refusal_texts(key: HolderKey) -> (&'static str, &'static str) {
    match key {
        HolderKey::NonRepudiation => ("detail-signature-certificate-not-valid", "detail-signer-chain"),
        HolderKey::Authentication => ("detail-log-in-certificate-not-valid", "detail-log-in-chain"),
    }
}

/// Makes the refusal of the certificate of `key`, which failed its check for `reason`.
fn refused(key: HolderKey, certificate: &Certificate, reason: Reason, now: Timestamp) -> ApiError {
    let (not_valid, not_trusted) = refusal_texts(key);
    // The identity may be authentic all the same: certificates may end before their card does.
    if !certificate.is_valid_at(now) {
        let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
        return ApiError::new(
            ErrorCode::CertificateNotValid,
            Message::new(not_valid)
                .arg("from", day(certificate.not_before()))
                .arg("until", day(certificate.not_after())),
        );
    }
    // An authority above it is out of its validity, because the certificate itself is valid today.
    let code = if reason == Reason::OutsideValidity {
        ErrorCode::CertificateNotValid
    } else {
        ErrorCode::IdentityNotAuthentic
    };
    let text = Message::new(not_trusted).arg("cause", reason.word());
    ApiError::new(code, text.arg("sentence", Message::from(reason)))
}

/// Holder whose certificate was found good for signing with this card today.
pub(crate) struct Signatory {
    /// Key that signs.
    pub(crate) key: HolderKey,
    pub(crate) holder: Identity,
    /// Certificate of the key that signs.
    pub(crate) certificate: Certificate,
    /// The authorities from it to a root.
    pub(crate) authorities: Vec<Certificate>,
    /// Answers of issuers on all these certificates, if they were asked.
    pub(crate) revocation: RevocationValues,
}

impl Signatory {
    /// The signer's certificate first, then those above it.
    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        std::iter::once(&self.certificate)
            .chain(&self.authorities)
            .cloned()
            .collect()
    }

    /// Algorithms that the card's generation and its key have, the usual first.
    pub(crate) fn algorithms(&self, card: &Insertion) -> impl Iterator<Item = SignatureAlgorithm> {
        let applet = card.status().applet();
        let has = applet
            .into_iter()
            .flat_map(|applet| Applet::algorithms(applet, self.key));
        has.filter(|algorithm| algorithm.fits(self.certificate.public_key()))
    }

    /// Key, algorithm and certificate for the card.
    ///
    /// # Errors
    /// `unsupported-algorithm` if the card cannot sign that way.
    pub(super) fn signer(&self, card: &Insertion, algorithm: SignatureAlgorithm) -> Result<CardSigner, ApiError> {
        if !self.algorithms(card).any(|has| has == algorithm) {
            return Err(ErrorCode::UnsupportedAlgorithm.into());
        }
        Ok(CardSigner {
            key: self.key,
            algorithm,
            certificate: self.certificate.clone(),
        })
    }
}
