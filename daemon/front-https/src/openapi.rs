//! OpenAPI 3.1 description of this interface.
//!
//! `docs/openapi.json` is part of the program, compressed by `build.rs`. It is made from the table of operations by
//! [`document`], which only tests need: one of them compares both.

#[cfg(test)]
mod document;

use flate2::read::GzDecoder;
use std::io::{self, Read};

/// `docs/openapi.json`, compressed.
const SHIPPED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));
/// Port of a daemon without settings, which the shipped description names.
const DEFAULT_PORT: u16 = 32032;

/// Unpacks the description of a daemon with HTTPS on `port`.
///
/// # Errors
/// Those of the compression; a test shows that there are none.
pub(super) fn unpack(port: u16) -> io::Result<String> {
    let mut text = String::new();
    GzDecoder::new(SHIPPED).read_to_string(&mut text)?;
    Ok(text.replacen(&server(DEFAULT_PORT), &server(port), 1))
}

/// Address of a daemon with HTTPS on `port`, as the description names it.
fn server(port: u16) -> String {
    format!("\"url\": \"https://localhost:{port}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn served_document_is_the_shipped_one_with_its_own_port() {
        let [here, there]: [Value; 2] =
            [DEFAULT_PORT, 4711].map(|port| serde_json::from_str(&unpack(port).unwrap()).unwrap());
        let shipped = include_str!("../../../docs/openapi.json");
        assert_eq!(here, serde_json::from_str::<Value>(shipped).unwrap());
        assert_eq!(there["servers"][0]["url"], "https://localhost:4711");
        let mut again = there;
        again["servers"][0]["url"] = json!("https://localhost:32032");
        assert_eq!(again, here);
    }
}
