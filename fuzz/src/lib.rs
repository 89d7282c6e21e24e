//! The fuzz targets. Each must end without a panic and keep its assertions on any input.
//!
//! One row of [`TARGETS`] is one target: libFuzzer runs it from `fuzz_targets/`, `card/tests/hostile.rs` over its
//! corpus and changes of it. Both are outside the crate, so targets use its public items only.

mod card;
// The card's tests include this file and have no access to documents and records, which have tests of their own.
#[cfg(not(test))]
pub mod documents;
mod pieces;
#[cfg(not(test))]
pub mod records;
mod revocation;
pub mod signing;

pub use revocation::{crl, ocsp};
pub use signing::sign;

use beid_card::{
    AUTHENTICATION_CERTIFICATE, Address, CERTIFICATES, Card, FILES, Identity, Judge, PinPad, SIGNATURE_CERTIFICATE,
    Transport, Wanted, pkcs15,
};
use beid_pki::{Certificate, TrustStore};
use card::{Contents, Script};
use jiff::Timestamp;
use std::sync::LazyLock;

/// Function of a target.
pub type FuzzTarget = fn(&[u8]);

/// All targets, by the name of their corpus.
pub const TARGETS: &[(&str, FuzzTarget)] = &[
    ("identity", identity),
    ("address", address),
    ("certificate", certificate),
    ("pkcs15", pkcs15),
    ("apdu", apdu),
    ("sign", sign),
    ("ocsp", ocsp),
    ("crl", crl),
];

static TRUST: LazyLock<TrustStore> = LazyLock::new(TrustStore::belgian);

const EVERYTHING: Wanted = Wanted {
    address: true,
    photo: true,
    fresh: false,
};

/// A day on which the certificates of the corpus are valid.
fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn judge() -> Judge<'static> {
    Judge {
        trust: &TRUST,
        now: now(),
    }
}

/// Reads the bytes as an identity file.
pub fn identity(data: &[u8]) {
    let Ok(identity) = Identity::parse(data) else { return };
    let number = identity.national_number.as_ref();
    assert!(number.is_none_or(|number| number.as_str().len() == 11));
    assert!(identity.other.iter().map(|(_, value)| value.len()).sum::<usize>() <= data.len());
    assert!(identity.given_name_list().all(|name| !name.is_empty()));
    if let Ok(complete) = identity.complete() {
        assert!(complete.valid_from > complete.valid_until || complete.is_valid_on(complete.valid_until));
        assert!(number.is_some_and(|number| number == complete.national_number));
    } else {
        assert!(!identity.malformed.is_empty());
    }
    assert_eq!(format!("{identity:?}"), "Identity(..)");
}

/// Reads the bytes as an address file.
pub fn address(data: &[u8]) {
    let address = Address::parse(data);
    let texts = [&address.street_and_number, &address.postal_code, &address.municipality];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    let other: usize = address.other.iter().map(|(_, value)| value.len()).sum();
    assert!(texts + other <= data.len());
}

/// Reads the bytes as a sequence of certificates: each by itself, all as a chain, and all in the files of a card.
pub fn certificate(data: &[u8]) {
    let pieces = pieces::der(data);
    let parsed: Vec<_> = pieces.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
    for certificate in &parsed {
        assert!(pieces.contains(&certificate.der()));
        // At a time at which it is valid, whenever that was.
        drop(TRUST.chain(certificate, &parsed, certificate.not_before()));
        drop(format!("{certificate:?} {:?}", certificate.signature_hash()));
    }
    let slots = Contents::new(|path| {
        let slot = CERTIFICATES.iter().position(|file| file.path == path);
        slot.and_then(|slot| pieces.get(slot).copied()).unwrap_or_default()
    });
    let mut card = Card::recognise(slots).unwrap().unwrap();
    if let Ok(found) = card.certificates(&mut ()) {
        // Each is returned whole and unchanged, even if it cannot be parsed.
        let on_card = |der: &[u8]| der.is_empty() || pieces.contains(&der);
        assert!(found.iter().all(|(_, der)| on_card(der)));
    }
    for file in [&AUTHENTICATION_CERTIFICATE, &SIGNATURE_CERTIFICATE] {
        drop(card.holder_certificate(file, judge(), &mut ()));
    }
}

/// Reads the bytes as each of the PKCS#15 directory files.
pub fn pkcs15(data: &[u8]) {
    drop(pkcs15::TokenInfo::parse(data));
    let directories = pkcs15::directories(data).map_or(0, |found| found.len());
    let certificates = pkcs15::certificates(data).map_or(0, |found| found.len());
    let keys = pkcs15::keys(data).map_or(0, |found| found.len());
    let pins = pkcs15::pins(data).map_or(0, |found| found.len());
    assert!(
        [directories, certificates, keys, pins]
            .iter()
            .all(|found| *found <= data.len())
    );
}

/// Uses the bytes as the answers of a card ([`Script`]); the first byte chooses one more file to be read.
pub fn apdu(data: &[u8]) {
    let Some((&choice, script)) = data.split_first() else {
        return;
    };
    drop(PinPad::discover("a reader with a keypad", &mut Script::new(script)));
    if let Ok(Some(mut card)) = Card::recognise(Script::new(script)) {
        read_everything(&mut card, choice);
    }
}

/// Sends `card` every request that needs no PIN.
pub fn read_everything(card: &mut Card<impl Transport>, choice: u8) {
    if let Ok(identity) = card.identity_text(&mut ()) {
        assert!(identity.is_of_chip(card.chip()));
    }
    drop(card.holder(EVERYTHING, judge(), &mut ()));
    drop(card.certificates(&mut ()));
    drop(card.holder_certificate(&SIGNATURE_CERTIFICATE, judge(), &mut ()));
    let applet = card.applet();
    drop(card.read(|session| session.pin_tries_left(applet)));
    drop(card.read(|session| session.challenge(applet, &[choice; 48])));
    if let Some(file) = FILES.get(usize::from(choice) % FILES.len())
        && let Ok(content) = card.file(file, &mut ())
    {
        // Reading stops after the chunk that exceeds the ceiling.
        assert!(content.len() < file.ceiling + 256);
    }
}
