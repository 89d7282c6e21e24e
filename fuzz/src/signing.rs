//! Targets that give a PIN to a hostile card.

use super::card::{Script, SentHeaders};
use beid_card::{
    Batch, Card, CardError, CardSigner, HolderKey, Pin, PinChange, PinEntry, SignatureAlgorithm, Transport,
};
use beid_pki::Certificate;
use std::sync::LazyLock;

/// Certificates with an RSA-2048 key and with one on P-384.
static CERTIFICATES: LazyLock<[Certificate; 2]> = LazyLock::new(|| {
    let rsa = include_bytes!("../../pki/tests/vectors/rsa/good.der").as_slice();
    let p384 = include_bytes!("../../pki/tests/vectors/ec/good.der").as_slice();
    [rsa, p384].map(|der| Certificate::parse(der).unwrap())
});

const VERIFY: [u8; 4] = [0x00, 0x20, 0x00, 0x01];
const CHANGE: [u8; 4] = [0x00, 0x24, 0x00, 0x01];
const LOG_OFF: [u8; 4] = [0x80, 0xE6, 0x00, 0x00];

/// Uses the bytes as the answers of a card during a PIN operation ([`Script`]); the first byte chooses the operation.
///
/// Asserts that no signature is accepted, for none can be right; that the PIN is sent at most once; and that LOG OFF
/// follows it.
pub fn sign(data: &[u8]) {
    let Some((&choice, script)) = data.split_first() else {
        return;
    };
    let script = Script::new(script);
    let sent = script.sent();
    let Ok(Some(mut card)) = Card::recognise(script) else {
        return;
    };
    let signs = choice & 0x02 == 0;
    assert!(use_pin(&mut card, choice).is_err() || !signs, "a signature by nobody");
    is_kept_shut(&sent);
}

/// Performs one of the four operations that need a PIN.
///
/// # Errors
/// The error of the operation.
pub fn use_pin(card: &mut Card<impl Transport>, choice: u8) -> Result<(), CardError> {
    match choice & 0x03 {
        0 => one(card, choice),
        1 => batch(card, choice),
        2 => card.verify_pin(typed(), &|| true).map(|_| ()),
        _ => change(card),
    }
}

fn is_kept_shut(sent: &SentHeaders) {
    let headers = sent.headers();
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
fn signer(card: &Card<impl Transport>, choice: u8) -> CardSigner {
    let key = if choice & 0x04 == 0 {
        HolderKey::NonRepudiation
    } else {
        HolderKey::Authentication
    };
    let algorithms: Vec<_> = card.applet().algorithms(key).collect();
    // An applet may have none for this key, and a remainder by zero panics.
    let chosen = algorithms.get(usize::from(choice >> 4) % algorithms.len().max(1));
    let algorithm = chosen.copied().unwrap_or(SignatureAlgorithm::Rs256);
    let [rsa, p384] = &*CERTIFICATES;
    let certificate = if algorithm.fits(rsa.public_key()) { rsa } else { p384 }.clone();
    CardSigner {
        key,
        algorithm,
        certificate,
    }
}

fn typed() -> PinEntry {
    PinEntry::Typed(pin(b"1234"))
}

fn pin(digits: &[u8]) -> Pin {
    Pin::from_digits(digits).unwrap()
}
