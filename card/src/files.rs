//! Elementary files of the card: path, largest size, and how their end is found.

/// One transparent elementary file (EF). Reading needs no right.
#[derive(Debug, Eq, PartialEq)]
pub struct ElementaryFile {
    /// Name in texts and in paths of the API: `identity-signature`.
    pub name: &'static str,
    /// Its path from the master file.
    pub path: &'static [u16],
    /// Size, in bytes, that no card's file reaches; reading is cut off there.
    pub ceiling: usize,
    /// Way to find its end.
    pub extent: Extent,
}

/// Way to find the end of a file's content: SELECT does not tell sizes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extent {
    /// All bytes to the end of the file.
    Whole,
    /// All bytes to the end, and on every known card at most this many. A lean reading stops after that many bytes,
    /// because what it read is then proved or read again.
    WholeUpTo(usize),
    /// One DER certificate; the padding behind it is not read. A first byte of zero means that there is no certificate.
    Certificate,
}

const MF: u16 = 0x3F00;
const DF_BELPIC: u16 = 0xDF00;
const DF_ID: u16 = 0xDF01;

/// DF(BELPIC): must be current before MSE: SET on applet 1.7.
pub(crate) const BELPIC_PATH: [u16; 2] = [MF, DF_BELPIC];

/// Defines one constant for each row, and [`FILES`] with all of them.
macro_rules! files {
    ($($(#[$doc:meta])* $constant:ident = $name:literal, $path:expr, $ceiling:literal, $extent:expr;)*) => {
        $($(#[$doc])* pub static $constant: ElementaryFile = ElementaryFile {
            name: $name, path: &$path, ceiling: $ceiling, extent: $extent,
        };)*

        /// All files, in the order of the table.
        pub static FILES: &[&ElementaryFile] = &[$(&$constant),*];
    };
}

// Sizes seen: identity 173-300, signatures 104-256, address 117-121, photo up to 3584, certificates up to 2500.
// Source: card content 4.01 (1.7) and 5.4 (1.8), chapter 4.3.
files! {
    /// EF(ID#RN): the holder's data from the National Register. Never updated.
    IDENTITY = "identity", [MF, DF_ID, 0x4031], 2048, Extent::Whole;
    /// EF(SGN#RN): the register's signature over the identity.
    IDENTITY_SIGNATURE = "identity-signature", [MF, DF_ID, 0x4032], 1024, Extent::WholeUpTo(256);
    /// EF(ID#Address): the holder's main residence.
    ADDRESS = "address", [MF, DF_ID, 0x4033], 1024, Extent::WholeUpTo(256);
    /// EF(SGN#Address): the register's signature over address and identity signature.
    ADDRESS_SIGNATURE = "address-signature", [MF, DF_ID, 0x4034], 1024, Extent::WholeUpTo(256);
    /// EF(Photo): a grey JPEG. Never updated.
    PHOTO = "photo", [MF, DF_ID, 0x4035], 16384, Extent::Whole;
    /// EF(PuK#1 Basic): public key that proves the chip genuine, a `SubjectPublicKeyInfo`; applet 1.8 only.
    BASIC_PUBLIC_KEY = "basic-public-key", [MF, DF_ID, 0x4040], 512, Extent::WholeUpTo(256);
    /// EF(PuK#7 ID): SHA-1 of the CA role's key; up to applet 1.7.
    ROLE_KEY_DIGEST = "role-key-digest", [MF, DF_ID, 0x4038], 256, Extent::Whole;
    /// EF(Preferences): text that no software has used since 2004; up to applet 1.7.
    PREFERENCES = "preferences", [MF, DF_ID, 0x4039], 1024, Extent::Whole;

    /// EF(DIR): applications on the card (ISO 7816-4, 12.2.1).
    DIR = "dir", [MF, 0x2F00], 256, Extent::Whole;
    /// EF(ODF): paths of the PKCS#15 directory files.
    ODF = "odf", [MF, DF_BELPIC, 0x5031], 256, Extent::Whole;
    /// EF(TokenInfo): serial number and versions.
    TOKEN_INFO = "token-info", [MF, DF_BELPIC, 0x5032], 256, Extent::Whole;
    /// EF(AODF): the PIN.
    AODF = "aodf", [MF, DF_BELPIC, 0x5034], 512, Extent::Whole;
    /// EF(PrKDF): the holder's keys.
    PRKDF = "prkdf", [MF, DF_BELPIC, 0x5035], 512, Extent::Whole;
    /// EF(CDF): certificates of the card; filled up with zeros in place of missing ones.
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
    /// Finds the file called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FILES.iter().copied().find(|file| file.name == name)
    }
}

/// The five certificate files, in the order of the card.
pub static CERTIFICATES: [&ElementaryFile; 5] = [
    &AUTHENTICATION_CERTIFICATE,
    &SIGNATURE_CERTIFICATE,
    &CA_CERTIFICATE,
    &ROOT_CERTIFICATE,
    &REGISTER_CERTIFICATE,
];
