//! Writes PEM (RFC 7468, 2). Reading is left to `rustls-pki-types`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Number of characters on a line.
const LINE: usize = 64;

/// Writes one certificate, with its two boundary lines.
pub fn certificate(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(LINE).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;

    #[test]
    fn what_is_written_is_read() {
        for len in [1, 47, 48, 49, 1000] {
            let der: Vec<u8> = (0..=255).cycle().take(len).collect();
            let text = super::certificate(&der);
            assert_eq!(CertificateDer::from_pem_slice(text.as_bytes()).unwrap().as_ref(), der);
            assert!(text.lines().all(|line| line.len() <= 64));
        }
    }
}
