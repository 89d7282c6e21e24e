//! Signatures that bind their maker: what is read of the card for one, what must hold before a person is asked, and what
//! is asked of the card afterwards.
//!
//! ```text
//! Reading::of(card)        the holder and the signature certificate, read anew, proved, not revoked, good today
//!        .signatory()      the certificate: trusted, for this purpose, this holder's, not revoked
//!        .signer()         its key and an algorithm that this generation of cards has
//! make(asking, ...)        one PIN, for a list that was shown and cannot grow
//! ```
//!
//! Everything that can be refused is refused before a person is asked; whoever shows what is signed stands between the
//! third line and the fourth.

use crate::api::{ApiError, ErrorCode};
use crate::prompt::Wording;
use crate::service::Service;
use crate::service::cards::{AnyCard, Around, CardId, Insertion, Lane};
use crate::service::checks::{Owner, must_not_be_revoked};
use crate::service::patients::must_hold;
use crate::service::pin::Asking;
use crate::texts::Message;
use beid_card::{
    Applet, Batch, CardError, Entry, Holder, HolderCertificate, HolderKey, Identity, Judge, SIGNATURE_CERTIFICATE,
    SignatureAlgorithm, Signer, Wanted, holder_chain,
};
use beid_pki::{Certificate, Reason};
use beid_protocol::long_term::RevocationValues;
use beid_protocol::period::brussels_day;
use beid_protocol::signature::Algorithm;
use jiff::Timestamp;
use std::sync::Arc;

/// What the dialogs of a signature say around their text.
const SIGN: Wording = Wording {
    title: "dialog-title",
    in_short: "dialog-pin-after-pages",
    prompt: "dialog-pin",
    ok: "dialog-sign",
    keypad: "dialog-keypad",
};

/// What those of several signatures say.
const SIGN_SEVERAL: Wording = Wording {
    keypad: "dialog-keypad-several",
    ..SIGN
};

/// What the dialogs of so many signatures say around their text.
pub(crate) fn wording(signatures: usize) -> &'static Wording {
    if signatures == 1 { &SIGN } else { &SIGN_SEVERAL }
}

/// The key that binds.
const KEY: HolderKey = HolderKey::NonRepudiation;

/// What a proof or a signature needs of the card, read for it and nothing else.
pub(crate) struct Reading {
    /// Whose card it is, proved.
    pub(crate) holder: Holder,
    /// The signature certificate and what leads from it to a root.
    found: Option<HolderCertificate>,
}

impl Reading {
    /// Reads the holder, and the signature certificate if something is to be signed.
    ///
    /// # Errors
    /// `identity-not-authentic` if the register did not write what is on the card, or its certificate was revoked;
    /// `card-expired`; else as [`Insertion::run`].
    pub(crate) async fn of(
        service: &Service,
        card: &Arc<Insertion>,
        signing: bool,
        now: Timestamp,
    ) -> Result<(CardId, Self), ApiError> {
        let trust = service.trust.clone();
        let read = card.run(Lane::Text, move |card, around| {
            let judge = Judge { trust: &trust, now };
            Self::read(card, signing, judge, around)
        });
        let (card_id, read) = read.await?.into_parts();
        must_hold(&read.holder, brussels_day(now)?)?;
        must_not_be_revoked(service, &read.holder.register, Owner::Register).await?;
        Ok((card_id, read))
    }

    fn read(card: &mut AnyCard, signing: bool, judge: Judge<'_>, around: &mut Around<'_>) -> Result<Self, CardError> {
        let wanted = Wanted {
            fresh: true,
            ..Wanted::default()
        };
        let holder = card.holder(wanted, judge, around)?;
        let mut found = None;
        if signing {
            found = card.holder_certificate(&SIGNATURE_CERTIFICATE, judge, around)?;
        }
        Ok(Self { holder, found })
    }

    /// The one who can sign.
    ///
    /// # Errors
    /// `certificate-missing` on cards that have none; `certificate-not-valid` if it, or an authority above it, is not valid
    /// today or was revoked; `identity-not-authentic` if its path to a root, its purpose or its holder is not right.
    pub(crate) async fn signatory(&self, service: &Service, now: Timestamp) -> Result<Signatory, ApiError> {
        let found = self.found.as_ref().ok_or(ErrorCode::CertificateMissing)?;
        let holder = self.holder.identity.clone();
        let judge = Judge {
            trust: &service.trust,
            now,
        };
        let chain = holder_chain(KEY, Some(found), Some(&holder), judge);
        if let Some(reason) = chain.outcome.reason() {
            return Err(refused(&found.certificate, reason, now));
        }
        let mut signatory = Signatory {
            holder,
            certificate: found.certificate.clone(),
            authorities: found.authorities.clone(),
            said: RevocationValues::default(),
        };
        signatory.said = must_not_be_revoked(service, &signatory.certificates(), Owner::Holder).await?;
        Ok(signatory)
    }
}

/// The refusal of a signature certificate that failed its check for `reason`.
fn refused(certificate: &Certificate, reason: Reason, now: Timestamp) -> ApiError {
    // The identity may be as authentic as any: certificates may end before their card does.
    if !certificate.is_valid_at(now) {
        let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
        return ApiError::new(
            ErrorCode::CertificateNotValid,
            Message::new("detail-signature-certificate-not-valid")
                .arg("from", day(certificate.not_before()))
                .arg("until", day(certificate.not_after())),
        );
    }
    // An authority above it, where it is the validity.
    let code = if reason == Reason::OutsideValidity {
        ErrorCode::CertificateNotValid
    } else {
        ErrorCode::IdentityNotAuthentic
    };
    ApiError::new(
        code,
        Message::new("detail-signer-chain").arg("cause", Message::from(reason)),
    )
}

/// A holder whose certificate may sign, here and now.
pub(crate) struct Signatory {
    /// Whose card it is.
    pub(crate) holder: Identity,
    /// The certificate of the key that signs.
    pub(crate) certificate: Certificate,
    /// What leads from it to a root.
    pub(crate) authorities: Vec<Certificate>,
    /// What was said of all these certificates, if anybody was asked.
    pub(crate) said: RevocationValues,
}

impl Signatory {
    /// The signer's certificate first, then those above it.
    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        std::iter::once(&self.certificate)
            .chain(&self.authorities)
            .cloned()
            .collect()
    }

    /// What the card's generation and its key sign with, the usual first.
    pub(crate) fn algorithms(&self, card: &Insertion) -> impl Iterator<Item = SignatureAlgorithm> {
        let applet = card.status().applet();
        let has = applet.into_iter().flat_map(|applet| Applet::algorithms(applet, KEY));
        has.filter(|algorithm| algorithm.fits(self.certificate.public_key()))
    }

    /// With what the card is to sign.
    ///
    /// # Errors
    /// `unsupported-algorithm` if it cannot sign that way.
    pub(crate) fn signer(&self, card: &Insertion, algorithm: SignatureAlgorithm) -> Result<Signer, ApiError> {
        if !self.algorithms(card).any(|has| has == algorithm) {
            return Err(ErrorCode::UnsupportedAlgorithm.into());
        }
        Ok(Signer {
            key: KEY,
            algorithm,
            certificate: self.certificate.clone(),
        })
    }
}

/// What the card calls the algorithm of a document.
pub(crate) fn of_document(algorithm: Algorithm) -> SignatureAlgorithm {
    match algorithm {
        Algorithm::RsaSha256 => SignatureAlgorithm::Rs256,
        Algorithm::EcdsaSha384 => SignatureAlgorithm::Es384,
    }
}

/// Has the card sign `digests`, with the PIN that was given for exactly these: each after a VERIFY of its own, as the card
/// demands. All of them or none: the first thing that goes wrong ends it, and nothing that was made is given out. What goes
/// wrong behind the last one takes nothing back: each was checked with the signer's certificate when it was made.
///
/// # Errors
/// As [`Asking::spend`].
pub(crate) async fn make(
    asking: Asking<'_>,
    signer: Signer,
    digests: Vec<Vec<u8>>,
    entry: Entry,
) -> Result<Vec<Vec<u8>>, ApiError> {
    let batch = Batch::new(signer, digests).map_err(ApiError::internal)?;
    let made = batch.made();
    let spent = asking.spend("sign", move |card, wanted| {
        card.sign_batch(&batch, entry, wanted).map_err(|error| error.cause)
    });
    match spent.await {
        Ok(signed) => Ok(signed.into_parts().1),
        Err(error) => made.all().ok_or(error),
    }
}
