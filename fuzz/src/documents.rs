//! Targets for answers of the platform, installed texts, and signatures of unknown origin. They are a module of their
//! own because the card's tests have no access to documents.

#[path = "signatures.rs"]
mod others;

pub use others::cms;

use beid_pki::{HashAlgorithm, Trust, TrustStore};
use beid_protocol::answer::{self, AnswerOutcome, PlatformAnswer};
use beid_protocol::c14n::{self, CanonicalForm, Part};
use beid_protocol::consent_text::{ConsentText, ConsentTextFields, GUARANTEES, Guarantee, InstalledTexts};
use beid_protocol::markup::Source;
use beid_protocol::verify::{self, CheckName};
use beid_protocol::xades as xml;

/// Function of a target about documents.
pub type DocumentTarget = fn(&[u8]);

/// All targets about documents, as in [`TARGETS`](super::TARGETS).
pub const TARGETS: &[(&str, DocumentTarget)] = &[
    ("answer", answer),
    ("consent-text", consent_text),
    ("cms", cms),
    ("xades", xades),
];

/// Parses the bytes as an answer of the platform.
pub fn answer(data: &[u8]) {
    let Ok(read) = answer::parse(data) else { return };
    let text = std::str::from_utf8(data).unwrap();
    assert_eq!(answer::parse_text(text).as_ref(), Ok(&read));
    let (other, shown) = match &read {
        PlatformAnswer::Answer(answer) => {
            let complete = answer.is_complete && answer.errors.is_empty();
            assert_eq!(answer.outcome() == AnswerOutcome::Complete, complete);
            (&answer.other, "Answer(ServiceAnswer(..))")
        }
        PlatformAnswer::Fault(fault) => {
            assert!(fault.detail.as_ref().is_none_or(|detail| text.contains(detail)));
            (&fault.other, "Fault(SoapFault(..))")
        }
    };
    // Unknown parts are kept unchanged and once, and none of them is printed.
    assert!(other.iter().all(|unknown| text.contains(&unknown.xml)));
    assert!(other.iter().map(|unknown| unknown.xml.len()).sum::<usize>() <= text.len());
    assert_eq!(format!("{read:?}"), shown);
}

/// Installs the bytes as the lines of an official text, behind its language and its digest (empty for the right one),
/// and asserts that the installed text is the given one, to the byte.
pub fn consent_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let plain_text = text.splitn(3, '\n').nth(2).unwrap_or_default();
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default().to_owned();
    let (language, digest) = (line(), line());
    let right = || HashAlgorithm::Sha256.digest(plain_text.as_bytes());
    let right = || right().iter().map(|byte| format!("{byte:02x}")).collect();
    let fields = ConsentTextFields {
        language,
        plain_text_sha256: if digest.is_empty() { right() } else { digest },
        agreement: vec![line()],
        guarantees_intro: line(),
        guarantees: GUARANTEES
            .map(|id| Guarantee {
                id: id.to_owned(),
                text: line().trim_start_matches("- ").to_owned(),
            })
            .to_vec(),
        closing: line(),
        plain_text: plain_text.to_owned(),
        ..ConsentTextFields::default()
    };
    let Ok(parsed) = ConsentText::parse(fields.clone()) else {
        return;
    };
    assert_eq!(parsed.plain_text(), fields.plain_text);
    assert_eq!(parsed.sha256(), fields.plain_text_sha256);
    if let Ok(installed) = InstalledTexts::new(vec![parsed.clone()]) {
        assert_eq!(installed.in_language(parsed.language()), Some(&parsed));
    }
}

/// Verifies the bytes as a signature in XML over a file with the content `a`, and canonicalises them as any XML.
pub fn xades(data: &[u8]) {
    let roots = TrustStore::belgian();
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let files = [("a.txt", b"a".as_slice())];
    let examined = xml::examine(data, &files, &roots, now);
    let passed = |name| examined.verification.outcome(name) == Some(verify::Outcome::Passed);
    let proven = passed(CheckName::Structure) && passed(CheckName::ContentDigest) && passed(CheckName::Signature);
    assert_eq!(!examined.objects.is_empty(), proven);
    // No known root signed anything in the corpus.
    assert_eq!(examined.verification.trust(), Trust::None);
    let tokens: usize = examined.timestamps.iter().map(|timestamp| timestamp.token.len()).sum();
    assert!(tokens <= data.len());

    let Ok(source) = Source::read(data) else { return };
    let Ok(document) = source.parse() else { return };
    let canonical = c14n::document(&document);
    // The canonical form may be too long to be read; if it is read, it is its own canonical form.
    if let Ok(again) = Source::read(&canonical) {
        assert_eq!(c14n::document(&again.parse().unwrap()), canonical);
    }
    let root = c14n::subtree(document.root_element(), &[]);
    assert!(canonical.windows(root.len()).any(|window| window == root));
    for form in [c14n::INCLUSIVE, "http://www.w3.org/2006/12/xml-c14n11#WithComments"] {
        let form = CanonicalForm::named(form, Vec::new()).unwrap();
        let written = |source: &Source| {
            let document = source.parse().unwrap();
            let whole = Part {
                apex: document.root(),
                without: None,
                comments: true,
            };
            c14n::part(whole, &form)
        };
        let Some(canonical) = written(&source) else { continue };
        if let Ok(again) = Source::read(&canonical) {
            assert_eq!(written(&again), Some(canonical));
        }
    }
}
