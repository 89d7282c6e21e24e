//! Signatures by algorithm reference (manual 1.7, 6.2; manual 1.8, 6.3). The same number means different things on
//! the two applets.

use crate::applets::AppletManual;
use crate::command::Sw;
use crate::keys::TestKey;
use p384::ecdsa::signature::hazmat::PrehashSigner;
use p384::ecdsa::{Signature, SigningKey};
use rand_core::OsRng;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use sha1::Sha1;
use sha2::Sha256;

/// Algorithm reference, length of the hash, and the start of `DigestInfo` that PKCS#1 v1.5 puts before it.
#[rustfmt::skip] // One row is one line.
const DIGEST_INFO: [(u8, usize, &[u8]); 3] = [
    (0x02, 20, b"\x30\x21\x30\x09\x06\x05\x2B\x0E\x03\x02\x1A\x05\x00\x04\x14"),
    (0x04, 16, b"\x30\x20\x30\x0C\x06\x08\x2A\x86\x48\x86\xF7\x0D\x02\x05\x05\x00\x04\x10"),
    (0x08, 32, b"\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"),
];

/// Hash lengths of the ECDSA references, SHA-2 and SHA-3; 40 leaves the hash open.
const EC_HASH_LENGTHS: [(u8, &[usize]); 7] = [
    (0x01, &[32]),
    (0x02, &[48]),
    (0x04, &[64]),
    (0x08, &[32]),
    (0x10, &[48]),
    (0x20, &[64]),
    (0x40, &[20, 28, 32, 48, 64]),
];

/// Number of bytes that PKCS#1 v1.5 adds to its input.
const PKCS1_OVERHEAD: usize = 11;
/// Length of a P-384 coordinate.
const P384_LEN: usize = 48;

/// Returns true if `key` can be used with algorithm reference `algorithm` on an applet of `manual`.
pub(crate) fn is_supported(manual: AppletManual, key: &TestKey, algorithm: u8) -> bool {
    match key {
        TestKey::Rsa(_) => manual.rsa_algorithms().contains(&algorithm),
        TestKey::P384(_) => EC_HASH_LENGTHS.iter().any(|(a, _)| *a == algorithm),
    }
}

/// Signs as the card does: RSA big-endian, ECDSA r‖s.
pub(crate) fn sign(key: &TestKey, algorithm: u8, input: &[u8]) -> Result<Vec<u8>, Sw> {
    match key {
        TestKey::Rsa(rsa) => sign_rsa(rsa, key.rsa_len().unwrap_or_default(), algorithm, input),
        TestKey::P384(ec) => {
            let allowed = EC_HASH_LENGTHS
                .iter()
                .find(|(a, _)| *a == algorithm)
                .map(|(_, lengths)| *lengths);
            match allowed {
                Some(lengths) if lengths.contains(&input.len()) => ecdsa(ec, input),
                Some(_) => Err(Sw::WRONG_LENGTH),
                None => Err(Sw::WRONG_DATA),
            }
        }
    }
}

fn sign_rsa(key: &RsaPrivateKey, len: usize, algorithm: u8, input: &[u8]) -> Result<Vec<u8>, Sw> {
    let signed = match algorithm {
        0x01 if (1..=len.saturating_sub(PKCS1_OVERHEAD)).contains(&input.len()) => {
            key.sign(Pkcs1v15Sign::new_unprefixed(), input)
        }
        0x10 if input.len() == 20 => key.sign_with_rng(&mut OsRng, Pss::new_with_salt::<Sha1>(20), input),
        0x20 if input.len() == 32 => key.sign_with_rng(&mut OsRng, Pss::new_with_salt::<Sha256>(32), input),
        _ => {
            let row = DIGEST_INFO
                .iter()
                .find(|(a, len, _)| *a == algorithm && *len == input.len());
            let (_, _, prefix) = row.ok_or(Sw::WRONG_LENGTH)?;
            key.sign(Pkcs1v15Sign::new_unprefixed(), &[prefix, input].concat())
        }
    };
    signed.map_err(|_| Sw::NO_DIAGNOSTIC)
}

/// Signs a finished hash with ECDSA. Shorter hashes count as numbers, with zeros in front (FIPS 186-5, 6.4.1).
pub(crate) fn ecdsa(key: &SigningKey, hash: &[u8]) -> Result<Vec<u8>, Sw> {
    let mut padded = vec![0; P384_LEN.saturating_sub(hash.len())];
    padded.extend_from_slice(hash);
    let signature: Signature = key.sign_prehash(&padded).map_err(|_| Sw::NO_DIAGNOSTIC)?;
    Ok(signature.to_bytes().to_vec())
}
