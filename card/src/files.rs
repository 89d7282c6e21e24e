//! The card's elementary files: where they are, how large they may be, and how their end is found.

/// One transparent elementary file (EF). Reading needs no right.
#[derive(Debug, Eq, PartialEq)]
pub struct ElementaryFile {
    /// What people and paths call it: `identity-signature`.
    pub name: &'static str,
    /// Its path from the master file.
    pub path: &'static [u16],
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
    /// Everything, and on every card we know at most this many bytes. A lean read that has got them stops there, because
    /// what it read is then proved or read again.
    WholeUpTo(usize),
    /// One DER certificate; what follows is padding and is not read. A first byte of zero: there is none.
    Certificate,
}

const MF: u16 = 0x3F00;
const DF_BELPIC: u16 = 0xDF00;
const DF_ID: u16 = 0xDF01;

/// DF(BELPIC): must be current before MSE: SET on applet 1.7.
pub(crate) const BELPIC_PATH: [u16; 2] = [MF, DF_BELPIC];

/// Every file of a row has a constant of its own, and all of them are in [`FILES`].
macro_rules! files {
    ($($(#[$doc:meta])* $constant:ident = $name:literal, $path:expr, $ceiling:literal, $extent:expr;)*) => {
        $($(#[$doc])* pub static $constant: ElementaryFile = ElementaryFile {
            name: $name, path: &$path, ceiling: $ceiling, extent: $extent,
        };)*

        /// Every file there is.
        pub static FILES: &[&ElementaryFile] = &[$(&$constant),*];
    };
}

// Sizes seen: identity 173-300, signatures 104-256, address 117-121, photo up to 3584, certificates up to 2500.
// Source: card content 4.01 (1.7) and 5.4 (1.8), chapter 4.3.
files! {
    /// EF(ID#RN): what the National Register says about the holder. Never updated.
    IDENTITY = "identity", [MF, DF_ID, 0x4031], 2048, Extent::Whole;
    /// EF(SGN#RN): the register's signature over the identity.
    IDENTITY_SIGNATURE = "identity-signature", [MF, DF_ID, 0x4032], 1024, Extent::WholeUpTo(256);
    /// EF(ID#Address): where the holder lives.
    ADDRESS = "address", [MF, DF_ID, 0x4033], 1024, Extent::WholeUpTo(256);
    /// EF(SGN#Address): the register's signature over address and identity signature.
    ADDRESS_SIGNATURE = "address-signature", [MF, DF_ID, 0x4034], 1024, Extent::WholeUpTo(256);
    /// EF(Photo): a grey JPEG. Never updated.
    PHOTO = "photo", [MF, DF_ID, 0x4035], 16384, Extent::Whole;
    /// EF(PuK#1 Basic): the key that proves the chip genuine, a `SubjectPublicKeyInfo`; applet 1.8 only.
    BASIC_PUBLIC_KEY = "basic-public-key", [MF, DF_ID, 0x4040], 512, Extent::WholeUpTo(256);
    /// EF(PuK#7 ID): SHA-1 of the CA role's key; up to applet 1.7.
    ROLE_KEY_DIGEST = "role-key-digest", [MF, DF_ID, 0x4038], 256, Extent::Whole;
    /// EF(Preferences): text nobody has used since 2004; up to applet 1.7.
    PREFERENCES = "preferences", [MF, DF_ID, 0x4039], 1024, Extent::Whole;

    /// EF(DIR): which applications are on the card (ISO 7816-4, 12.2.1).
    DIR = "dir", [MF, 0x2F00], 256, Extent::Whole;
    /// EF(ODF): where the PKCS#15 directories are.
    ODF = "odf", [MF, DF_BELPIC, 0x5031], 256, Extent::Whole;
    /// EF(TokenInfo): serial number and versions.
    TOKEN_INFO = "token-info", [MF, DF_BELPIC, 0x5032], 256, Extent::Whole;
    /// EF(AODF): the PIN.
    AODF = "aodf", [MF, DF_BELPIC, 0x5034], 512, Extent::Whole;
    /// EF(PrKDF): the holder's keys.
    PRKDF = "prkdf", [MF, DF_BELPIC, 0x5035], 512, Extent::Whole;
    /// EF(CDF): which certificates the card has; filled up with zeros where some are missing.
    CDF = "cdf", [MF, DF_BELPIC, 0x5037], 512, Extent::Whole;

    /// Cert#2: the holder's authentication certificate.
    AUTHENTICATION_CERTIFICATE = "authentication", [MF, DF_BELPIC, 0x5038], 8192, Extent::Certificate;
    /// Cert#3: the holder's signature (non-repudiation) certificate.
    SIGNATURE_CERTIFICATE = "signature", [MF, DF_BELPIC, 0x5039], 8192, Extent::Certificate;
    /// Cert#4: the authority that issued the holder's certificates.
    CA_CERTIFICATE = "intermediate", [MF, DF_BELPIC, 0x503A], 8192, Extent::Certificate;
    /// Cert#6: the root.
    ROOT_CERTIFICATE = "root", [MF, DF_BELPIC, 0x503B], 8192, Extent::Certificate;
    /// Cert#8: the National Register's signer of identity and address.
    REGISTER_CERTIFICATE = "national-register", [MF, DF_BELPIC, 0x503C], 8192, Extent::Certificate;
}

impl ElementaryFile {
    /// The file called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FILES.iter().copied().find(|file| file.name == name)
    }
}

/// The five certificates, in the order of the card.
pub static CERTIFICATES: [&ElementaryFile; 5] = [
    &AUTHENTICATION_CERTIFICATE,
    &SIGNATURE_CERTIFICATE,
    &CA_CERTIFICATE,
    &ROOT_CERTIFICATE,
    &REGISTER_CERTIFICATE,
];
