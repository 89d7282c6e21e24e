//! A finished signature, and additions that its maker does not sign.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{DS, XADES_141};
use crate::c14n::EXCLUSIVE;
use crate::long_term::RevocationValues;

/// A finished signature.
#[derive(Clone, Eq, PartialEq)]
pub struct Xades {
    pieces: Pieces,
    /// The unsigned properties, in the order in which they were added.
    unsigned: Vec<String>,
    xml: String,
}

/// The text of a signature, cut where something may come between.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Pieces {
    pub(super) before: String,
    /// Base64 of the signature itself.
    pub(super) value: String,
    pub(super) properties: String,
    pub(super) after: String,
    pub(super) id: String,
}

/// Certificates and answers about them, each as DER, for later verification.
#[derive(Clone, Copy, Debug, Default)]
pub struct ValidationData<'a> {
    /// Certificates that are not in the signature yet.
    pub certificates: &'a [Vec<u8>],
    /// Revocation lists (`CertificateList`).
    pub crls: &'a [Vec<u8>],
    /// Answers of OCSP responders (`OCSPResponse`).
    pub ocsps: &'a [Vec<u8>],
}

impl Xades {
    pub(super) fn new(pieces: Pieces) -> Self {
        let mut signature = Self {
            pieces,
            unsigned: Vec::new(),
            xml: String::new(),
        };
        signature.write();
        signature
    }

    /// The document, UTF-8. No byte of it may change: not even its white space.
    #[must_use]
    pub fn xml(&self) -> &str {
        &self.xml
    }

    /// The octets whose hash a time-stamping authority is asked to stamp: `ds:SignatureValue`, in exclusive canonical form.
    ///
    /// Source: ETSI EN 319 132-1, 5.3 (the signature value, as the property's canonicalization has it).
    #[must_use]
    pub fn stamped(&self) -> Vec<u8> {
        let Pieces { id, value, .. } = &self.pieces;
        // Canonical as written: the one namespace first, and base64 has nothing to escape.
        format!("<ds:SignatureValue xmlns:ds=\"{DS}\" Id=\"{id}-sv\">{value}</ds:SignatureValue>").into_bytes()
    }

    /// Adds a time stamp over [`stamped`](Self::stamped): `token` is the DER of a `TimeStampToken`.
    ///
    /// Source: ETSI EN 319 132-1, 5.3 (`SignatureTimeStamp`).
    #[must_use]
    pub fn with_timestamp(self, token: &[u8]) -> Self {
        let id = format!("{}-ts{}", self.pieces.id, self.unsigned.len());
        self.with(format!(
            "<xades:SignatureTimeStamp Id=\"{id}\">\
             <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
             <xades:EncapsulatedTimeStamp>{}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>",
            STANDARD.encode(token)
        ))
    }

    /// Adds values for judging the signer's certificate.
    ///
    /// Source: ETSI EN 319 132-1, 5.4.1 (`CertificateValues`) and 5.4.2 (`RevocationValues`).
    #[must_use]
    pub fn with_validation_data(self, data: ValidationData<'_>) -> Self {
        match values(data).concat() {
            nothing if nothing.is_empty() => self,
            values => self.with(values),
        }
    }

    /// Adds the answers of authorities on the certificates: level B-LT.
    ///
    /// Source: ETSI EN 319 132-1, 5.4.2 (`RevocationValues`).
    #[must_use]
    pub fn with_revocation(self, values: &RevocationValues) -> Self {
        self.with_validation_data(ValidationData {
            certificates: &[],
            crls: &values.crls,
            ocsps: &values.ocsp,
        })
    }

    /// Adds values for judging the certificates of time stamps.
    ///
    /// Source: ETSI EN 319 132-1, 5.5.1 (`TimeStampValidationData`).
    #[must_use]
    pub fn with_timestamp_validation_data(self, data: ValidationData<'_>) -> Self {
        match values(data).concat() {
            nothing if nothing.is_empty() => self,
            values => self.with(format!(
                "<xades141:TimeStampValidationData xmlns:xades141=\"{XADES_141}\">{values}\
                 </xades141:TimeStampValidationData>"
            )),
        }
    }

    fn with(mut self, property: String) -> Self {
        self.unsigned.push(property);
        self.write();
        self
    }

    fn write(&mut self) {
        let Pieces {
            before,
            value,
            properties,
            after,
            id,
        } = &self.pieces;
        let unsigned = match self.unsigned.concat() {
            nothing if nothing.is_empty() => String::new(),
            properties => format!(
                "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{properties}\
                 </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
            ),
        };
        self.xml = format!(
            "{before}<ds:SignatureValue Id=\"{id}-sv\">{value}</ds:SignatureValue>{properties}{unsigned}{after}"
        );
    }
}

/// Content and certificates are personal: only the length is printed.
impl std::fmt::Debug for Xades {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Xades({} bytes)", self.xml.len())
    }
}

/// `CertificateValues` and `RevocationValues`, each if there are any.
fn values(data: ValidationData<'_>) -> [String; 2] {
    let certificates = list("CertificateValues", "EncapsulatedX509Certificate", data.certificates);
    let crls = list("CRLValues", "EncapsulatedCRLValue", data.crls);
    let ocsps = list("OCSPValues", "EncapsulatedOCSPValue", data.ocsps);
    let revocation = if crls.is_empty() && ocsps.is_empty() {
        String::new()
    } else {
        format!("<xades:RevocationValues>{crls}{ocsps}</xades:RevocationValues>")
    };
    [certificates, revocation]
}

fn list(name: &str, of: &str, values: &[Vec<u8>]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let value = |der: &Vec<u8>| format!("<xades:{of}>{}</xades:{of}>", STANDARD.encode(der));
    let values: String = values.iter().map(value).collect();
    format!("<xades:{name}>{values}</xades:{name}>")
}
