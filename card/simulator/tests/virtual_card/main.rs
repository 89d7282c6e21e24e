//! The virtual card answers as the manuals and logs of real cards say.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here, helpers included, fails a test"
)]

mod certificates;
mod commands;
mod content;
mod generations;
mod pins;
mod readers;
mod signatures;

use beid_card::{Exchange, Reconnect, Transport, TransportError};
use beid_simulator::{CHIP_SERIAL_PREFIX, CITIZENS, Citizen, TestPki, VirtualCard, VirtualSlot};
use beid_testkit::{Scratch, from_hex, judge, run, test_pki, tool, virtual_card as card};
use p384::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{Pkcs1v15Sign, RsaPublicKey};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, Encode, SliceReader, asn1::AnyRef};
use x509_cert::ext::pkix::{BasicConstraints, CertificatePolicies, KeyUsage};

const VERIFY: &str = "0020000108 241234FFFFFFFFFF";
const WRONG: &str = "0020000108 249999FFFFFFFFFF";
const STATUS: &str = "00200001";
const READ: &str = "00B0000001";
const MSE_AUTH_17: &str = "002241B605 0480018482";
const MSE_SIGN_17: &str = "002241B605 0480018483";
const MSE_AUTH_18: &str = "002241B605 0480028482";
const MSE_SIGN_18: &str = "002241B605 0480028483";
const DF_BELPIC: &str = "00A4080C04 3F00DF00";
const IDENTITY: &str = "00A4080C06 3F00DF014031";

fn send(card: &mut VirtualCard, command: &str) -> (Vec<u8>, u16) {
    let mut answer = card.apdu(&from_hex(command));
    let sw = answer.split_off(answer.len() - 2);
    (answer, u16::from_be_bytes([sw[0], sw[1]]))
}

/// Sends each command and compares only status words.
fn check(card: &mut VirtualCard, script: &[(&str, u16)]) {
    for (step, (command, sw)) in script.iter().enumerate() {
        let got = send(card, command).1;
        assert_eq!(got, *sw, "step {step}, {command}: {got:04X}, not {sw:04X}");
    }
}

fn pso(hash_len: usize) -> String {
    format!("002A9E9A{hash_len:02X}{}", "5A".repeat(hash_len))
}

fn read(card: &mut VirtualCard, path: &str) -> Vec<u8> {
    assert_eq!(
        send(card, &format!("00A4080C{:02X}{path}", path.len() / 2)).1,
        0x9000,
        "{path}"
    );
    let mut file = Vec::new();
    loop {
        let offset = file.len();
        match send(card, &format!("00B0{offset:04X}00")) {
            (data, 0x9000) => file.extend(data),
            (_, sw @ 0x6C01..=0x6CFF) => {
                file.extend(send(card, &format!("00B0{offset:04X}{:02X}", sw & 0xFF)).0);
                return file;
            }
            (_, sw) => {
                assert_eq!(sw, 0x6B00);
                return file;
            }
        }
    }
}

/// The first TLV of a file: DER without the padding after it.
fn first_der(file: &[u8]) -> &[u8] {
    let mut reader = SliceReader::new(file).unwrap();
    let len = AnyRef::decode(&mut reader).unwrap().encoded_len().unwrap();
    &file[..usize::try_from(len).unwrap()]
}

fn certificate(card: &mut VirtualCard, file: &str) -> Certificate {
    Certificate::from_der(first_der(&read(card, &format!("3F00DF00{file}")))).unwrap()
}

fn spki(certificate: &Certificate) -> Vec<u8> {
    certificate.tbs_certificate.subject_public_key_info.to_der().unwrap()
}

/// Returns true if the key of `spki` signed `message` as Belgian authorities do. An ECDSA signature may be padded.
fn is_signed(spki: &[u8], message: &[u8], signature: &[u8]) -> bool {
    use rsa::pkcs8::DecodePublicKey;
    if let Ok(key) = RsaPublicKey::from_public_key_der(spki) {
        let sha256 = key.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature);
        let sha1 = || key.verify(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(message), signature);
        return sha256.or_else(|_| sha1()).is_ok();
    }
    let key = p384::ecdsa::VerifyingKey::from_public_key_der(spki).unwrap();
    let signature = p384::ecdsa::Signature::from_der(first_der(signature)).unwrap();
    key.verify_prehash(&Sha384::digest(message), &signature).is_ok()
}

fn field(identity: &[u8], tag: u8) -> Option<Vec<u8>> {
    let mut rest = identity;
    while let [t, len, tail @ ..] = rest {
        let (value, tail) = tail.split_at(usize::from(*len));
        if *t == tag {
            return Some(value.to_vec());
        }
        rest = tail;
    }
    None
}

/// A file, and how long it is on real cards; certificates without padding.
type Length = (&'static str, std::ops::Range<usize>);

fn issued(certificate: &Certificate, issuer: &Certificate) {
    assert_eq!(certificate.tbs_certificate.issuer, issuer.tbs_certificate.subject);
    let tbs = certificate.tbs_certificate.to_der().unwrap();
    assert!(is_signed(&spki(issuer), &tbs, certificate.signature.raw_bytes()));
}
