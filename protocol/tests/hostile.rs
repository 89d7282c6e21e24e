//! Hostile answers and texts: nothing panics, and nothing is read that was not there.
//!
//! The targets are those of `fuzz/src/documents.rs`; libFuzzer is run by hand (`fuzz/README.md`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here, helpers included, fails a test"
)]

#[path = "../../fuzz/src/changes.rs"]
mod changes;

#[path = "../../fuzz/src/documents.rs"]
#[expect(unreachable_pub, reason = "it is reached by the programs for libFuzzer")]
mod documents;

use beid_pki::{Certificate, Trust, TrustStore};
use beid_protocol::verify::verify;
use proptest::prelude::*;

#[test]
fn no_target_fails_on_its_corpus_or_on_changes_of_it() {
    changes::run(documents::TARGETS);
}

/// Checks the start of the target: a corpus that is refused at once would find nothing.
#[test]
fn signatures_of_the_corpus_are_genuine_as_they_are() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let root = Certificate::parse(&read("src/signatures/signers.der")).unwrap();
    let roots = TrustStore::belgian().with_test_root(root);
    for name in [
        "rsa-attached",
        "ec-attached-stamped",
        "ber",
        "asic-cades",
        "asic-xades",
        "asic-streamed",
        "asic-zip64",
        "asic-zip64-records",
        "long-term",
        "pem",
        "smime",
    ] {
        let signature = read(&format!("corpus/cms/{name}"));
        let verification = verify(&signature, &roots, "2026-12-01T12:00:00Z".parse().unwrap());
        assert_eq!(verification.trust(), Trust::Test, "{name} {verification:?}");
    }
}

/// Pieces of answers, put together in any order.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "<",
        ">",
        "</",
        "/>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "?>",
        "&lt;",
        "&#x3C;",
        "&",
        ";",
        "\"",
        "'",
        "=",
        " ",
        "response",
        "acknowledge",
        "iscomplete",
        "true",
        "error",
        "consent",
        "status",
        "GIVEN",
        "xmlns",
        ":",
        "p",
        "http://www.ehealth.fgov.be/hubservices/core/v2",
        "Id",
        "S",
        "INSS",
        "é",
        "\u{FEFF}",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn an_answer_with_anything_put_into_it_is_read_or_refused(
        at in any::<prop::sample::Index>(), cut in 0..80_usize, piece in pieces(),
    ) {
        let answer = include_str!("answers/v2/get-therapeutic-link.xml");
        let from = answer.floor_char_boundary(at.index(answer.len()));
        let to = answer.floor_char_boundary((from + cut).min(answer.len()));
        documents::answer(format!("{}{piece}{}", &answer[..from], &answer[to..]).as_bytes());
        documents::answer(piece.as_bytes());
    }
}
