//! Answers that only one page can open: JWE in compact form (RFC 7516, 7.1), with `ECDH-ES` over P-256 (RFC 7518, 4.6)
//! and `A256GCM`. Browsers can do both halves by themselves (WebCrypto).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beid_api::ApiError;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::digest::{Context, SHA256};
use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

/// Algorithm that encrypts the content, and for which the key is derived.
const CONTENT: &str = "A256GCM";
/// Length of that algorithm's keys, in bits.
const KEY_BITS: u32 = 256;
/// Length of a coordinate on P-256, in bytes.
const COORDINATE: usize = 32;

/// Public key of a page, as WebCrypto exports it (JWK, RFC 7517). Members that say how it may be used are passed over.
#[derive(Deserialize)]
pub(super) struct PageKey {
    kty: String,
    crv: String,
    x: String,
    y: String,
}

/// Public key of a page, in the form that arithmetic takes.
pub(super) struct Recipient(Vec<u8>);

impl PageKey {
    /// Reads the point.
    ///
    /// # Errors
    /// `invalid-request` if it is not a key on P-256.
    pub(super) fn recipient(&self) -> Result<Recipient, ApiError> {
        let refused = || ApiError::invalid("key", "must be a public JWK with kty EC and crv P-256");
        let coordinate = |text: &str| {
            let octets = URL_SAFE_NO_PAD.decode(text).ok()?;
            (octets.len() == COORDINATE).then_some(octets)
        };
        if self.kty != "EC" || self.crv != "P-256" {
            return Err(refused());
        }
        let (x, y) = coordinate(&self.x).zip(coordinate(&self.y)).ok_or_else(refused)?;
        // Uncompressed (SEC 1, 2.3.3).
        let recipient = Recipient([vec![4], x, y].concat());
        // A point that is not on the curve shows only when it is used, which must not be after the person was asked.
        match recipient.seal(b"") {
            Ok(_) => Ok(recipient),
            Err(Unspecified) => Err(refused()),
        }
    }
}

impl Recipient {
    /// Encrypts `content`, so that only the page's private key opens it.
    ///
    /// # Errors
    /// [`Unspecified`] if the point is not on the curve.
    pub(super) fn seal(&self, content: &[u8]) -> Result<String, Unspecified> {
        let random = SystemRandom::new();
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &random)?;
        let public = own.compute_public_key()?;
        let header = header(public.as_ref())?;
        let peer = UnparsedPublicKey::new(&ECDH_P256, &self.0);
        let key = agree_ephemeral(own, &peer, derived)?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref())?);
        let mut vector = [0; NONCE_LEN];
        random.fill(&mut vector)?;
        let mut sealed = content.to_vec();
        let nonce = Nonce::assume_unique_for_key(vector);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(header.as_bytes()), &mut sealed)?;
        let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        // The second part is the encrypted key; with a key that both sides derive there is none.
        Ok([&header, "", &text(&vector), &text(&sealed), &text(tag.as_ref())].join("."))
    }
}

/// Protected header, with the public half of our key, as an uncompressed point.
fn header(public: &[u8]) -> Result<String, Unspecified> {
    let (x, y) = public
        .get(1..)
        .and_then(|point| point.split_at_checked(COORDINATE))
        .ok_or(Unspecified)?;
    let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
    let own = json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) });
    Ok(text(
        json!({ "alg": "ECDH-ES", "enc": CONTENT, "epk": own })
            .to_string()
            .as_bytes(),
    ))
}

/// Derives the key from the secret that both sides have: one round of the Concat KDF with SHA-256 (RFC 7518, 4.6.2).
fn derived(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut context = Context::new(&SHA256);
    let counted = |octets: &[u8]| u32::try_from(octets.len()).unwrap_or(u32::MAX).to_be_bytes();
    context.update(&1_u32.to_be_bytes());
    context.update(secret);
    context.update(&counted(CONTENT.as_bytes()));
    context.update(CONTENT.as_bytes());
    // Neither side has a name here: apu and apv are empty.
    context.update(&counted(b""));
    context.update(&counted(b""));
    context.update(&KEY_BITS.to_be_bytes());
    Zeroizing::new(context.finish().as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7518, appendix C, whose key is for another length and names both sides, shows the order of the
    /// parts; here the same parts are held against a derivation written out.
    #[test]
    fn derivation_is_one_digest_over_the_parts_in_their_order() {
        let secret = [7; 32];
        let mut parts = vec![0, 0, 0, 1];
        parts.extend(secret);
        parts.extend([0, 0, 0, 7]);
        parts.extend(b"A256GCM");
        parts.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(
            derived(&secret).as_slice(),
            ring::digest::digest(&SHA256, &parts).as_ref()
        );
    }

    fn key(kty: &str, crv: &str, x: &[u8], y: &[u8]) -> PageKey {
        PageKey {
            kty: kty.to_owned(),
            crv: crv.to_owned(),
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        }
    }

    #[test]
    fn keys_are_points_on_p256_and_nothing_else() {
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let point = own.compute_public_key().unwrap();
        let (x, y) = point.as_ref()[1..].split_at(32);
        let recipient = key("EC", "P-256", x, y).recipient().unwrap();
        let sealed = recipient.seal(b"answer").unwrap();
        assert_eq!(sealed.split('.').count(), 5);
        assert_ne!(sealed, recipient.seal(b"answer").unwrap(), "each with a key of its own");
        for wrong in [
            key("RSA", "P-256", x, y),
            key("EC", "P-384", x, y),
            key("EC", "P-256", &x[1..], y),
            key("EC", "P-256", y, x),
            key("EC", "P-256", &[0; 32], &[0; 32]),
        ] {
            assert!(wrong.recipient().is_err());
        }
    }
}
