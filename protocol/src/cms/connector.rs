//! The octets that the platform's own connector writes around a signature.
//!
//! The connector's CMS is BER of indefinite lengths, its certificates stand in the order of the chain, the signer's
//! first, and its content is cut into pieces of 1,000 octets where it is longer. Whether the platform minds our DER is
//! known to the platform alone; a vendor who is refused can try the octets that are known to be accepted.
//!
//! Source: what BouncyCastle 1.72, on which the connector rests, writes with its defaults; a file of its is beside the
//! tests (`protocol/tests/documents/connector/`).

use der::Encode;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::asn1::oids;

/// Longest piece of the content, in octets.
const LONGEST_PIECE: usize = 1000;

/// End of contents of an indefinite length.
const END: [u8; 2] = [0, 0];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OCTET_STRING_OF_PIECES: u8 = 0x24;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xA0;

/// Writes `ContentInfo` with the `SignedData` in it. `certificates` are DER and keep their order; `signer_info` is DER.
pub(super) fn content_info(
    content: &[u8],
    digest_algorithm: &AlgorithmIdentifierOwned,
    certificates: &[&[u8]],
    signer_info: &[u8],
) -> der::Result<Vec<u8>> {
    let encapsulated = [oid(oids::DATA)?, indefinite(CONTEXT_0, &octets(content)?)].concat();
    let signed_data = [
        1_u8.to_der()?,
        set_of_one(&digest_algorithm.to_der()?)?,
        indefinite(SEQUENCE, &encapsulated),
        indefinite(CONTEXT_0, &certificates.concat()),
        set_of_one(signer_info)?,
    ];
    let inner = indefinite(CONTEXT_0, &indefinite(SEQUENCE, &signed_data.concat()));
    Ok(indefinite(SEQUENCE, &[oid(oids::SIGNED_DATA)?, inner].concat()))
}

fn oid(identifier: ObjectIdentifier) -> der::Result<Vec<u8>> {
    identifier.to_der()
}

fn octets(content: &[u8]) -> der::Result<Vec<u8>> {
    if content.len() <= LONGEST_PIECE {
        return OctetStringRef::new(content)?.to_der();
    }
    let pieces: der::Result<Vec<_>> = content
        .chunks(LONGEST_PIECE)
        .map(|piece| OctetStringRef::new(piece)?.to_der())
        .collect();
    Ok(indefinite(OCTET_STRING_OF_PIECES, &pieces?.concat()))
}

fn set_of_one(element: &[u8]) -> der::Result<Vec<u8>> {
    // BouncyCastle writes sets with definite lengths, inside the indefinite ones.
    let length = der::Length::try_from(element.len())?.to_der()?;
    Ok([&[SET], length.as_slice(), element].concat())
}

fn indefinite(tag: u8, contents: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], contents, &END].concat()
}
