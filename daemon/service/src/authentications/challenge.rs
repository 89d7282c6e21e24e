//! The one thing that the holder's key for log-ins signs.

use beid_api::ApiError;
use beid_pki::HashAlgorithm;
use beid_settings::origin::fault;

/// Longest origin of a site, in bytes.
const LONGEST_ORIGIN: usize = 255;
/// Shortest and longest nonce, in characters: 44 are 32 random octets in base64.
const NONCE: std::ops::RangeInclusive<usize> = 44..=128;

/// Origin of a site and its nonce, both in the form that sites compare.
///
/// The card signs H(H(origin) ‖ H(nonce)). Both hashes have one length, so no other pair has the same octets.
pub(crate) struct LogInChallenge {
    origin: String,
    /// Text in base64 as the site wrote it: sites sign and compare the text, not the octets that it stands for.
    nonce: String,
}

impl LogInChallenge {
    /// Reads an https origin as browsers send it, and a nonce.
    ///
    /// # Errors
    /// `invalid-request` about `audience` or `challengeNonce`.
    pub(crate) fn parse(origin: &str, nonce: String) -> Result<Self, ApiError> {
        // Pages of this computer (http) have good origins too, but no site's software takes a token for one.
        if !origin.starts_with("https://") || origin.len() > LONGEST_ORIGIN || fault(origin).is_some() {
            let reason = "must be an https origin as browsers send it, such as https://praktijk.example:8443";
            return Err(ApiError::invalid("audience", reason));
        }
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
        if !NONCE.contains(&nonce.len()) || !nonce.bytes().all(is_base64) {
            let reason = "must be 44 to 128 characters of base64";
            return Err(ApiError::invalid("challengeNonce", reason));
        }
        Ok(Self {
            origin: origin.to_owned(),
            nonce,
        })
    }

    /// Origin of the site.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The digest for the card.
    pub(crate) fn digest(&self, hash: HashAlgorithm) -> Vec<u8> {
        let parts = [&self.origin, &self.nonce].map(|part| hash.digest(part.as_bytes()));
        hash.digest(&parts.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::ErrorCode;

    const SITE: &str = "https://praktijk.example:8443";
    const NONCE: &str = "QUFBQUJCQkJDQ0NDRERERAECAwQFBgcICQoLDA0ODxA=";

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    // printf '%s' ORIGIN | openssl dgst -sha384 -binary; the same of the nonce; both together once more.
    #[test]
    fn digest_is_that_of_both_hashes_with_the_nonce_as_text() {
        let challenge = LogInChallenge::parse(SITE, NONCE.to_owned()).unwrap_or_else(|_| panic!("a challenge"));
        assert_eq!(
            hex(&challenge.digest(HashAlgorithm::Sha384)),
            "c8a3ca6d8f4ecf39201cc49319cba3e6de7253595db5a062cadcfeb2386be919a9743ea96092322b22f01481e38c9f0b"
        );
        assert_eq!(
            hex(&challenge.digest(HashAlgorithm::Sha256)),
            "531fcf53b5539b6310168a6ad3bcb0a98d3f358d408c467a670b66d7051cbfb1"
        );
    }

    #[test]
    fn nonces_of_44_to_128_characters_are_taken() {
        for (nonce, good) in [
            ("a".repeat(43), false),
            ("a".repeat(44), true),
            ("a".repeat(128), true),
            ("a".repeat(129), false),
            (format!("{}=", "-_+/".repeat(11)), true),
            (format!("{} ", "a".repeat(44)), false),
            (format!("{}\n", "a".repeat(44)), false),
            ("é".repeat(44), false),
            (String::new(), false),
        ] {
            let read = LogInChallenge::parse(SITE, nonce.clone());
            assert_eq!(read.is_ok(), good, "{nonce}");
            if let Err(error) = read {
                assert_eq!(error.code, ErrorCode::InvalidRequest);
            }
        }
    }

    #[test]
    fn origins_are_https_and_as_browsers_send_them() {
        let long = |label: usize| format!("https://{}.example", ["a".repeat(label), "b".repeat(60)].join("."));
        for (origin, good) in [
            ("https://praktijk.example", true),
            ("https://praktijk.example:8443", true),
            ("https://xn--bcher-kva.be", true),
            ("https://[2001:db8::1]", true),
            (long(60).as_str(), true),
            (long(200).as_str(), false),
            ("https://praktijk.example/", false),
            ("https://praktijk.example:443", false),
            ("https://praktijk.example/login", false),
            ("https://praktijk.example?x", false),
            ("https://a@praktijk.example", false),
            ("https://Praktijk.example", false),
            ("https://b\u{fc}cher.be", false),
            ("http://localhost:8080", false),
            ("http://praktijk.example", false),
            ("wss://praktijk.example", false),
            ("null", false),
            ("", false),
        ] {
            let read = LogInChallenge::parse(origin, NONCE.to_owned());
            assert_eq!(read.is_ok(), good, "{origin}");
        }
    }
}
