//! A PIN given to a card that answers anything.

use super::card::{Heard, Script};
use beid_card::{Batch, Card, CardError, Entry, HolderKey, Pin, PinChange, SignatureAlgorithm, Signer, Transport};
use beid_pki::Certificate;
use std::sync::LazyLock;

/// With an RSA-2048 key, and with one on P-384.
static CERTIFICATES: LazyLock<[Certificate; 2]> = LazyLock::new(|| {
    let rsa = include_bytes!("../../pki/tests/vectors/rsa/good.der").as_slice();
    let p384 = include_bytes!("../../pki/tests/vectors/ec/good.der").as_slice();
    [rsa, p384].map(|der| Certificate::parse(der).unwrap())
});

const VERIFY: [u8; 4] = [0x00, 0x20, 0x00, 0x01];
const CHANGE: [u8; 4] = [0x00, 0x24, 0x00, 0x01];
const LOG_OFF: [u8; 4] = [0x80, 0xE6, 0x00, 0x00];

/// The bytes as what a card answers when it is to use a PIN ([`Script`]); the first chooses what for.
///
/// No signature is believed, for none can be right. The PIN is sent once, and what it may have opened is closed.
pub fn sign(data: &[u8]) {
    let Some((&choice, script)) = data.split_first() else {
        return;
    };
    let script = Script::new(script);
    let heard = script.heard();
    let Ok(Some(mut card)) = Card::recognise(script) else {
        return;
    };
    let signs = choice & 0x02 == 0;
    assert!(use_pin(&mut card, choice).is_err() || !signs, "a signature by nobody");
    is_kept_shut(&heard);
}

/// One of the four things that want a PIN.
///
/// # Errors
/// Whatever the card makes of it.
pub fn use_pin(card: &mut Card<impl Transport>, choice: u8) -> Result<(), CardError> {
    match choice & 0x03 {
        0 => one(card, choice),
        1 => batch(card, choice),
        2 => card.verify_pin(typed(), &|| true).map(|_| ()),
        _ => change(card),
    }
}

fn is_kept_shut(heard: &Heard) {
    let headers = heard.headers();
    let entered = headers.iter().rposition(|header| [VERIFY, CHANGE].contains(header));
    let entries = headers.iter().filter(|header| [VERIFY, CHANGE].contains(header));
    assert!(entries.count() <= 1, "a PIN sent again");
    assert!(entered.is_none_or(|entered| headers.iter().skip(entered).any(|header| *header == LOG_OFF)));
}

fn one(card: &mut Card<impl Transport>, choice: u8) -> Result<(), CardError> {
    let signer = signer(card, choice);
    let digest = vec![choice; signer.algorithm.hash().digest_len()];
    card.sign(&signer, &digest, typed(), &|| true).map(|_| ())
}

fn batch(card: &mut Card<impl Transport>, choice: u8) -> Result<(), CardError> {
    let signer = signer(card, choice);
    let digests = vec![vec![choice; signer.algorithm.hash().digest_len()]; 3];
    let batch = Batch::new(signer, digests).unwrap();
    let signed = card.sign_batch(&batch, typed(), &|| true);
    signed.map(|_| ()).map_err(|error| error.cause)
}

fn change(card: &mut Card<impl Transport>) -> Result<(), CardError> {
    let (old, new) = (pin(b"1234"), pin(b"567890"));
    card.change_pin(PinChange::Typed { old, new }, &|| true).map(|_| ())
}

/// One of the ways in which the card, as it says it is, can sign.
fn signer(card: &Card<impl Transport>, choice: u8) -> Signer {
    let key = if choice & 0x04 == 0 {
        HolderKey::NonRepudiation
    } else {
        HolderKey::Authentication
    };
    let algorithms: Vec<_> = card.applet().algorithms(key).collect();
    let chosen = algorithms.get(usize::from(choice >> 4) % algorithms.len().max(1));
    let algorithm = chosen.copied().unwrap_or(SignatureAlgorithm::Rs256);
    let [rsa, p384] = &*CERTIFICATES;
    let certificate = if algorithm.fits(rsa.public_key()) { rsa } else { p384 }.clone();
    Signer {
        key,
        algorithm,
        certificate,
    }
}

fn typed() -> Entry {
    Entry::Typed(pin(b"1234"))
}

fn pin(digits: &[u8]) -> Pin {
    Pin::from_digits(digits).unwrap()
}
