//! Code tables of an identity reading, as data: one table a zone of record 52 of the electronic invoice.
//!
//! Electronic invoices, electronic attestations and the FHIR extension use the same codes. Sources: the code systems
//! "RT52 Z9, Z10, Z3, Z11" of the terminology of the National Institute for Health and Disability Insurance
//! (hl7-be/nihdi-terminology, 20 February 2026), and the insurers' list of errors of record 52. A wrong table of supports
//! circulates (1 eID, 2 ISI, 3 ISI+, 4 Kids-ID …); it contradicts both.

use crate::codes::{CallerCode, find};
use crate::error::ProtocolError;

macro_rules! reading_codes {
    ($($(#[doc = $about:literal])+ $name:ident as $member:literal {
        $($(#[doc = $means:literal])+ $variant:ident = $word:literal $code:literal;)*
    })*) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name { $($(#[doc = $means])+ $variant,)* }

        impl $name {
            /// Every value, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            const TABLE: &'static [(&'static str, Self)] = &[$(($word, Self::$variant),)*];

            /// Parses the word that callers write.
            ///
            /// # Errors
            /// [`ProtocolError::InvalidRequest`] on the member, with the nearest words.
            pub fn parse(word: &str) -> Result<Self, ProtocolError> {
                find($member, word, Self::TABLE, |row| row.0).map(|row| row.1)
            }

            /// Word that callers write.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Code in invoices and attestations.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }

        impl CallerCode for $name {
            fn from_code(word: &str) -> Result<Self, ProtocolError> {
                Self::parse(word)
            }

            fn to_code(self) -> &'static str {
                self.word()
            }

            fn codes() -> Vec<&'static str> {
                Self::TABLE.iter().map(|row| row.0).collect()
            }
        }
    )*};
}

// One row: variant, the word of callers, the code.
reading_codes! {
    /// Way in which a document was read: zone 9, `NIHDI-ID-DOC-INPUT-TYPE`.
    ReadingWay as "way" {
        /// The chip was read.
        Chip = "chip" "1";
        /// The barcode was read.
        Barcode = "barcode" "2";
        /// The datamatrix or QR code was read.
        Datamatrix = "datamatrix" "3";
        /// A person typed the number.
        Manual = "manual" "4";
        /// The patient used itsme.
        Itsme = "itsme" "A";
    }

    /// Support that identified the patient: zone 10, `NIHDI-ID-DOC-MEDIA-TYPE`.
    // Code 5 is in one list of errors and in no list of values: it is never sent.
    ReadingSupport as "support" {
        /// A Belgian's eID or a Kids-ID.
        Eid = "eid" "1";
        /// A foreigner's electronic card, or an electronic residence document.
        Foreigner = "foreigner" "2";
        /// An ISI+ card.
        Isi = "isi" "4";
        /// A vignette of the health insurance fund.
        Vignette = "vignette" "7";
        /// An attestation of a socially insured person.
        InsuredAttestation = "insured-attestation" "8";
        /// An attestation of loss or theft of an identity document.
        LossAttestation = "loss-attestation" "9";
        /// The itsme application.
        Itsme = "itsme" "A";
        /// No identity document at all.
        None = "none" "0";
    }

    /// Reason for manual entry: zone 3, `NIHDI-ID-DOC-MANUAL-INPUT-JUSTIFICATION`.
    // Codes 6 and 8 exist, but no source says what they mean: they have no word here.
    ManualReason as "manualReason" {
        /// The document has no chip.
        NoChip = "no-chip" "1";
        /// The chip does not work.
        ChipDefective = "chip-defective" "2";
        /// The computer system was down.
        SystemDown = "system-down" "3";
        /// The patient had no valid document.
        NoValidDocument = "no-valid-document" "4";
        /// The reading was forgotten.
        Forgotten = "forgotten" "5";
        /// The patient has no identity document at all.
        NoDocument = "no-document" "7";
    }

    /// Reason for using a vignette: zone 11, `NIHDI-ID-DOC-VIGNETTE-USE-JUSTIFICATION`.
    VignetteReason as "vignetteReason" {
        /// The service needs no contact with the patient. It is not allowed for every service.
        NoContactRequired = "no-contact-required" "1";
        /// The patient has no valid document.
        NoValidDocument = "no-valid-document" "2";
    }
}

/// Code where a reason is not due.
pub(super) const NO_REASON: &str = "0";

/// Rule for the serial number of a support (zone 16).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SerialRule {
    /// The support has a number, which must be given.
    Required,
    /// The support has a number by the insurers' error 521604, but no source says which: it may be given.
    Optional,
    /// The support has no number.
    None,
}

/// Group of a reading in the share of electronic readings, which must be 90 % at least.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadingGroup {
    /// A chip, an ISI+ card by its code, or itsme.
    Electronic,
    /// Any other way. Codes printed on an eID belong here (rule of 12 August 2021).
    Other,
}

/// Supports that each way can read, and whether it takes a reason for manual entry.
///
/// Sources: the insurers' errors 520910 (way and support do not fit) and 520310 (reason present, way not manual). An
/// attestation with a barcode is in no source as a value, and is not here.
const WAYS: &[(ReadingWay, &[ReadingSupport])] = {
    use ReadingSupport as S;
    const CODES: &[S] = &[S::Eid, S::Foreigner, S::Isi, S::Vignette];
    &[
        (ReadingWay::Chip, &[S::Eid, S::Foreigner]),
        (ReadingWay::Barcode, CODES),
        (ReadingWay::Datamatrix, CODES),
        (
            ReadingWay::Manual,
            &[
                S::None,
                S::Eid,
                S::Foreigner,
                S::Isi,
                S::Vignette,
                S::InsuredAttestation,
                S::LossAttestation,
            ],
        ),
        (ReadingWay::Itsme, &[S::Itsme]),
    ]
};

/// Support of a card's chip, by the type of document in its identity file (tag 0F): first and last code.
const DOCUMENT_TYPES: &[(u8, u8, ReadingSupport)] = &[
    (1, 1, ReadingSupport::Eid),
    (6, 6, ReadingSupport::Eid),
    (11, 23, ReadingSupport::Foreigner),
    (27, 28, ReadingSupport::Foreigner),
    (31, 36, ReadingSupport::Foreigner),
    (61, 69, ReadingSupport::Foreigner),
];
/// Types of document that identify nobody as a patient: bootstrap and habilitation cards.
const NO_IDENTITY_DOCUMENTS: &[u8] = &[7, 8];

/// Support that a type of document stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DocumentSupport {
    /// This one.
    Known(ReadingSupport),
    /// None: it is no identity document.
    NoDocument,
    /// It is newer than the table; a person may say that it is a foreigner's card.
    Unknown,
}

impl DocumentSupport {
    /// Finds the support of a type of document.
    #[must_use]
    pub fn from_document_type(code: u8) -> Self {
        let known = DOCUMENT_TYPES
            .iter()
            .find(|(first, last, _)| (*first..=*last).contains(&code));
        match known {
            Some((_, _, support)) => Self::Known(*support),
            None if NO_IDENTITY_DOCUMENTS.contains(&code) => Self::NoDocument,
            None => Self::Unknown,
        }
    }
}

impl ReadingWay {
    /// Returns true if it can read `support`.
    #[must_use]
    pub fn reads(self, support: ReadingSupport) -> bool {
        let row = WAYS.iter().find(|(way, _)| *way == self);
        row.is_some_and(|(_, supports)| supports.contains(&support))
    }

    /// Group in which a reading of `support` counts.
    #[must_use]
    pub fn group(self, support: ReadingSupport) -> ReadingGroup {
        match self {
            Self::Chip | Self::Itsme => ReadingGroup::Electronic,
            Self::Barcode | Self::Datamatrix if support == ReadingSupport::Isi => ReadingGroup::Electronic,
            Self::Barcode | Self::Datamatrix | Self::Manual => ReadingGroup::Other,
        }
    }
}

impl ReadingSupport {
    /// Rule for its serial number. (Insurers' errors 521603 and 521604)
    #[must_use]
    pub fn serial_rule(self) -> SerialRule {
        match self {
            Self::Eid | Self::Foreigner | Self::Isi => SerialRule::Required,
            Self::Itsme => SerialRule::Optional,
            Self::Vignette | Self::InsuredAttestation | Self::LossAttestation | Self::None => SerialRule::None,
        }
    }
}

impl ManualReason {
    /// Returns true if the entry is made later, so that it has no time of reading.
    ///
    /// The insurers' errors 520604 and 521204 allow more; with this both sources are satisfied.
    #[must_use]
    pub fn is_deferred(self) -> bool {
        matches!(self, Self::SystemDown | Self::NoValidDocument | Self::Forgotten)
    }
}
