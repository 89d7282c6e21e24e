//! Signatures of every form, before and after the card has signed.

use beid_protocol::ProtocolError;
use beid_protocol::asic::{Container, File};
use beid_protocol::cms::{Attributes, Cms};
use beid_protocol::signature::{Pending, RawSignature, Signed};
use beid_protocol::xades::{Content, DataObject, Xades};

use crate::citizens::{CitizenSigner, PKI, now};

const CONTENT: &[u8] = b"content";

/// The same content in every form, each pending on an answer of the card.
fn every_form(signer: &CitizenSigner) -> [Pending<Signed>; 4] {
    let certificate = &signer.certificate;
    let object = DataObject {
        name: "content",
        media_type: "text/plain",
        content: Content::Octets(CONTENT),
    };
    let files = || {
        vec![File {
            name: "content.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            content: CONTENT.to_vec(),
        }]
    };
    [
        Cms::detached(CONTENT, certificate, &[], now(), Attributes::default())
            .unwrap()
            .map(Signed::from),
        Xades::enveloping(&[object], certificate, &[], now())
            .unwrap()
            .map(Signed::from),
        Container::xades(files(), certificate, &[], now())
            .unwrap()
            .map(Signed::from),
        Container::cades(files(), certificate, &[], now(), Attributes::default())
            .unwrap()
            .map(Signed::from),
    ]
}

#[test]
fn the_card_signs_the_digest_of_the_octets_to_be_signed_in_every_form() {
    for signer in [&PKI.rsa, &PKI.ec] {
        for pending in every_form(signer) {
            let hash = pending.algorithm().hash();
            assert_eq!(pending.digest(), hash.digest(pending.to_be_signed()));
            let answer = signer.sign(pending.digest());
            let signed = pending.finish(answer).unwrap();
            let (file, stamped) = (signed.to_file().unwrap(), signed.stamped().unwrap());
            assert!(!file.is_empty() && !stamped.is_empty(), "{signed:?}");
        }
    }
}

#[test]
fn an_answer_over_anything_else_is_given_out_in_no_form() {
    for pending in every_form(&PKI.ec) {
        let mut digest = pending.digest().to_vec();
        digest[0] ^= 1;
        let refused = pending.finish(PKI.ec.sign(&digest)).unwrap_err();
        assert_eq!(refused, ProtocolError::SignatureRejected);
    }
    for pending in every_form(&PKI.ec) {
        let refused = pending.finish(RawSignature::Ecdsa(vec![1; 96])).unwrap_err();
        assert_eq!(refused, ProtocolError::SignatureRejected);
    }
}
