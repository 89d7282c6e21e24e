//! The card's elementary files: where they are and how large they may be.

/// One transparent elementary file (EF). Reading needs no right.
#[derive(Debug, Eq, PartialEq)]
pub struct ElementaryFile {
    /// What people call it, for messages.
    pub name: &'static str,
    /// Its path from the master file.
    pub path: [u16; 3],
    /// More bytes than any card has there; a card that goes on beyond is cut off.
    pub ceiling: usize,
    /// How its end is found.
    pub extent: Extent,
}

/// How one knows where a file's content ends: SELECT does not tell sizes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extent {
    /// Everything to the end of the file.
    Whole,
    /// One DER certificate; what follows is padding and is not read. A first byte of zero: there is none.
    Certificate,
}

const MF: u16 = 0x3F00;
const DF_BELPIC: u16 = 0xDF00;
const DF_ID: u16 = 0xDF01;

/// DF(BELPIC): must be current before MSE: SET on applet 1.7.
pub(crate) const BELPIC_PATH: [u16; 2] = [MF, DF_BELPIC];

const fn id_file(name: &'static str, id: u16, ceiling: usize) -> ElementaryFile {
    ElementaryFile {
        name,
        path: [MF, DF_ID, id],
        ceiling,
        extent: Extent::Whole,
    }
}

const fn directory(name: &'static str, id: u16) -> ElementaryFile {
    ElementaryFile {
        name,
        path: [MF, DF_BELPIC, id],
        ceiling: 1024,
        extent: Extent::Whole,
    }
}

const fn certificate(name: &'static str, id: u16) -> ElementaryFile {
    ElementaryFile {
        name,
        path: [MF, DF_BELPIC, id],
        ceiling: 8192,
        extent: Extent::Certificate,
    }
}

// Sizes seen: identity 173-204, signatures 104-256, address 117-121, photo up to 3584, certificates up to 2500,
// PKCS#15 directory files 36-175.
// Source: card content 4.01 (1.7) and 5.4 (1.8), chapter 4.3.

/// EF(ID#RN): what the National Register says about the holder.
pub const IDENTITY: ElementaryFile = id_file("identity", 0x4031, 2048);
/// EF(SGN#RN): the register's signature over the identity.
pub const IDENTITY_SIGNATURE: ElementaryFile = id_file("identity signature", 0x4032, 1024);
/// EF(ID#Address): where the holder lives.
pub const ADDRESS: ElementaryFile = id_file("address", 0x4033, 1024);
/// EF(SGN#Address): the register's signature over address and identity signature.
pub const ADDRESS_SIGNATURE: ElementaryFile = id_file("address signature", 0x4034, 1024);
/// EF(Photo): a grey JPEG.
pub const PHOTO: ElementaryFile = id_file("photo", 0x4035, 16384);
/// EF(PuK#1 Basic): `SubjectPublicKeyInfo` of the chip's own key, 120 bytes; applet 1.8 only.
pub const BASIC_PUBLIC_KEY: ElementaryFile = id_file("basic public key", 0x4040, 512);
/// EF(ODF): where the other PKCS#15 directory files are.
pub const ODF: ElementaryFile = directory("object directory", 0x5031);
/// EF(TokenInfo): chip number and versions of the card.
pub const TOKEN_INFO: ElementaryFile = directory("token info", 0x5032);
/// EF(AODF): the PIN.
pub const AODF: ElementaryFile = directory("PIN directory", 0x5034);
/// EF(PrKDF): the holder's keys.
pub const PRKDF: ElementaryFile = directory("key directory", 0x5035);
/// EF(CDF): which certificates there are.
pub const CDF: ElementaryFile = directory("certificate directory", 0x5037);
/// Cert#2: the holder's authentication certificate.
pub const AUTHENTICATION_CERTIFICATE: ElementaryFile = certificate("authentication certificate", 0x5038);
/// Cert#3: the holder's signature (non-repudiation) certificate.
pub const SIGNATURE_CERTIFICATE: ElementaryFile = certificate("signature certificate", 0x5039);
/// Cert#4: the authority that issued the holder's certificates.
pub const CA_CERTIFICATE: ElementaryFile = certificate("citizen CA certificate", 0x503A);
/// Cert#6: the root.
pub const ROOT_CERTIFICATE: ElementaryFile = certificate("root certificate", 0x503B);
/// Cert#8: the National Register's signer of identity and address.
pub const REGISTER_CERTIFICATE: ElementaryFile = certificate("national register certificate", 0x503C);
