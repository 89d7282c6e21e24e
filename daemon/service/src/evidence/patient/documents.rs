//! Documents in the content of a record: requests, proofs, evidence and signatures, taken out as the files that they are.
//!
//! A content is the answer of an operation, of this version or an earlier one. Where it has what is looked for, in the form
//! that is looked for, that becomes a file; all else stays as it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_protocol::asic::File;
use serde_json::{Value, json};

const XML: &str = "application/xml";
const CMS: &str = "application/pkcs7-signature";

/// Longest name of a file, in characters.
const LONGEST_NAME: usize = 80;

/// Takes the documents out of a content, into files below `folder`. Each leaves the name of its file in its place.
pub(super) fn taken_out(content: &mut Value, folder: &str) -> Vec<File> {
    let mut files = TakenDocuments {
        folder,
        taken: Vec::new(),
    };
    let Some(answer) = content.get_mut("answer") else {
        return Vec::new();
    };
    if let Some(xml) = answer.get_mut("xml") {
        files.take_text(xml, "request.xml", XML);
    }
    if let Some(evidence) = answer.get_mut("evidence") {
        let media_type = media_type(evidence);
        let name = format!("evidence.{}", extension(&media_type));
        if let Some(data) = evidence.get_mut("data") {
            files.take_octets(data, &name, &media_type);
        }
    }
    if let Some(cms) = answer.pointer_mut("/proof/cms") {
        files.take_octets(cms, "proof.p7s", CMS);
    }
    for (number, link) in items(answer, "links").enumerate() {
        if let Some(cms) = link.pointer_mut("/proof/cms") {
            files.take_octets(cms, &format!("proof-{}.p7s", number + 1), CMS);
        }
    }
    for (number, signature) in items(answer, "signatures").enumerate() {
        let media_type = media_type(signature);
        let name = signature.get("name").and_then(Value::as_str).unwrap_or_default();
        // The number keeps two names apart that differ in capitals only, or in nothing.
        let name = format!("{}-{}", number + 1, plain(name, &media_type));
        if let Some(data) = signature.get_mut("data") {
            files.take_octets(data, &name, &media_type);
        }
    }
    files.taken
}

/// TakenDocuments that were taken so far.
struct TakenDocuments<'f> {
    folder: &'f str,
    taken: Vec<File>,
}

impl TakenDocuments<'_> {
    fn take_text(&mut self, place: &mut Value, name: &str, media_type: &str) {
        if let Some(text) = place.as_str() {
            let content = text.as_bytes().to_vec();
            self.take(place, name, media_type, content);
        }
    }

    fn take_octets(&mut self, place: &mut Value, name: &str, media_type: &str) {
        if let Some(content) = place.as_str().and_then(|text| BASE64.decode(text).ok()) {
            self.take(place, name, media_type, content);
        }
    }

    fn take(&mut self, place: &mut Value, name: &str, media_type: &str, content: Vec<u8>) {
        let name = format!("{}/{name}", self.folder);
        *place = json!({"file": name});
        self.taken.push(File {
            name,
            media_type: media_type.to_owned(),
            content,
        });
    }
}

fn items<'v>(answer: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    answer.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

fn media_type(part: &Value) -> String {
    let named = part.get("mediaType").and_then(Value::as_str);
    named.unwrap_or("application/octet-stream").to_owned()
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        XML => "xml",
        CMS => "p7s",
        "application/vnd.etsi.asic-e+zip" => "asice",
        _ => "bin",
    }
}

/// Name of a file that every system takes.
fn plain(name: &str, media_type: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || ".-_ ".contains(letter);
    let letters = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' });
    let plain: String = letters.collect();
    // The end has the extension.
    let too_long = plain.chars().count().saturating_sub(LONGEST_NAME);
    let plain: String = plain.chars().skip(too_long).collect();
    match plain.trim_matches([' ', '.']) {
        "" => format!("signature.{}", extension(media_type)),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_every_kind_become_files_and_leave_their_names() {
        let mut content = json!({"checks": [], "answer": {
            "xml": "<a/>",
            "evidence": {"mediaType": "application/vnd.etsi.asic-e+zip", "data": "UEs="},
            "proof": {"cms": "MA=="},
            "links": [{"id": "1"}, {"proof": {"cms": "MQ=="}}],
            "signatures": [
                {"name": "Brief.pdf.p7s", "mediaType": CMS, "data": "MA=="},
                {"name": "brief.pdf.p7s", "mediaType": CMS, "data": "MQ=="},
                {"name": "../\u{202e}\\x", "mediaType": CMS, "data": "Mg=="},
                {"name": "", "mediaType": XML, "data": "Mw=="},
            ],
            "warnings": [],
        }});
        let files = taken_out(&mut content, "documents/000002-consent");
        let found: Vec<_> = files
            .iter()
            .map(|file| {
                let name = file.name.strip_prefix("documents/000002-consent/").unwrap();
                (name, file.media_type.as_str(), file.content.as_slice())
            })
            .collect();
        #[rustfmt::skip] // one row a line
        let expected: [(&str, &str, &[u8]); 8] = [
            ("request.xml", XML, b"<a/>"),
            ("evidence.asice", "application/vnd.etsi.asic-e+zip", b"PK"),
            ("proof.p7s", CMS, b"0"),
            ("proof-2.p7s", CMS, b"1"),
            ("1-Brief.pdf.p7s", CMS, b"0"),
            ("2-brief.pdf.p7s", CMS, b"1"),
            ("3-___x", CMS, b"2"),
            ("4-signature.xml", XML, b"3"),
        ];
        assert_eq!(found, expected);
        assert_eq!(
            content.pointer("/answer/links/1/proof/cms/file").unwrap(),
            "documents/000002-consent/proof-2.p7s"
        );
        assert_eq!(content["answer"]["links"][0], json!({"id": "1"}));
    }

    #[test]
    fn what_has_another_form_stays_as_it_is() {
        for content in [
            json!({}),
            json!([]),
            json!({"answer": "x"}),
            json!({"answer": {"xml": 7, "evidence": null, "proof": {"cms": "not base64"}, "links": {}, "signatures": [1]}}),
        ] {
            let mut changed = content.clone();
            assert!(taken_out(&mut changed, "documents").is_empty());
            assert_eq!(changed, content);
        }
    }
}
