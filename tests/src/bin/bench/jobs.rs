//! Pieces of work that are measured, the same for every card and connection.

use crate::SetupFailure;
use beid_card::{
    AUTHENTICATION_CERTIFICATE, Card, CardError, CardSigner, Courtesy, FILES, Holder, HolderCertificate, HolderKey,
    Judge, Outcome, Pin, PinEntry, SIGNATURE_CERTIFICATE, SignatureAlgorithm, Transport, Wanted,
};
use beid_pki::TrustStore;
use beid_simulator::TEST_PIN;
use jiff::Timestamp;

pub(crate) const TEXT: Wanted = Wanted {
    address: true,
    photo: false,
    fresh: false,
};
pub(crate) const ALL: Wanted = Wanted { photo: true, ..TEXT };

/// Identity, address and their signatures, checked.
pub(crate) fn text<T: Transport>(card: &mut Card<T>, trust: &TrustStore) -> Result<Holder, SetupFailure> {
    let now = Timestamp::now();
    Ok(card.holder(TEXT, Judge { trust, now }, &mut ())?)
}

/// Identity, address, photo, both signatures, both certificates of the holder, and whatever leads from them to a root;
/// all of it checked.
pub(crate) fn everything<T: Transport>(
    card: &mut Card<T>,
    trust: &TrustStore,
    courtesy: &mut dyn Courtesy<T>,
) -> Result<(Holder, Vec<HolderCertificate>), CardError> {
    let now = Timestamp::now();
    let judge = Judge { trust, now };
    let holder = card.holder(ALL, judge, courtesy)?;
    let mut certificates = Vec::new();
    for file in [&AUTHENTICATION_CERTIFICATE, &SIGNATURE_CERTIFICATE] {
        certificates.extend(card.holder_certificate(file, judge, courtesy)?);
    }
    Ok((holder, certificates))
}

/// A table of what was not read right would be worth nothing.
pub(crate) fn must_hold(holder: &Holder) -> Result<(), SetupFailure> {
    if holder.outcome() == Outcome::Passed {
        Ok(())
    } else {
        Err(format!("checks do not pass: {:?}", holder.checks).into())
    }
}

/// The signer for the signature key of this card; nothing if it has no key that may be used.
pub(crate) fn signer<T: Transport>(card: &mut Card<T>, trust: &TrustStore) -> Result<Option<CardSigner>, SetupFailure> {
    let now = Timestamp::now();
    let found = card.holder_certificate(&SIGNATURE_CERTIFICATE, Judge { trust, now }, &mut ())?;
    let (key, applet) = (HolderKey::NonRepudiation, card.applet());
    let algorithm = [SignatureAlgorithm::Rs256, SignatureAlgorithm::Es384]
        .into_iter()
        .find(|algorithm| applet.signs(key, *algorithm));
    Ok(found.zip(algorithm).map(|(found, algorithm)| CardSigner {
        key,
        algorithm,
        certificate: found.certificate,
    }))
}

/// One signature, of a digest that means nothing, checked.
pub(crate) fn sign<T: Transport>(card: &mut Card<T>, signer: &CardSigner) -> Result<(), SetupFailure> {
    let digest = vec![0x5A; signer.algorithm.hash().digest_len()];
    let pin = Pin::from_digits(TEST_PIN.as_bytes())?;
    card.sign(signer, &digest, PinEntry::Typed(pin), &|| true)?;
    Ok(())
}

/// Commands and bytes on the wire for ten files read in the plainest way: one SELECT by full path and as many READ BINARY
/// of 256 bytes as there are chunks, and for each file whose end it does not tell itself one that is answered by the
/// length.
pub(crate) fn plain_floor<T: Transport>(card: &mut Card<T>) -> Result<(u64, u64), SetupFailure> {
    const SELECT: usize = 14;
    const AROUND_DATA: usize = 8;
    const LENGTH_TOLD: usize = 7;
    const TEXT_FILES: [&str; 5] = [
        "identity",
        "identity-signature",
        "address",
        "address-signature",
        "photo",
    ];
    let (mut commands, mut wire) = (0, 0);
    let mut add = |size: usize, told: usize| {
        let chunks = size.div_ceil(256);
        commands += 1 + chunks + told;
        wire += SELECT + size + AROUND_DATA * chunks + LENGTH_TOLD * told;
    };
    for file in FILES.iter().filter(|file| TEXT_FILES.contains(&file.name)) {
        add(card.file(file, &mut ())?.len(), 1);
    }
    for (_, der) in card.certificates(&mut ())? {
        add(der.len(), 0);
    }
    Ok((u64::try_from(commands)?, u64::try_from(wire)?))
}
