//! CD-PROOFTYPE: evidence that patient and provider met.
//!
//! Source: KMEHR table CD-PROOFTYPE 1.2, 2016-06-01.

use super::find;
use crate::error::ProtocolError;

/// Card number that the patient of a proof must have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CardRequired {
    /// The number of the eID.
    Eid,
    /// The number of the ISI+ card.
    Isi,
    /// The number of the SIS card, which no longer exists.
    Sis,
    /// No number; the eID's is sent along if it is known.
    No,
}

/// Way in which a proof comes about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProofMeans {
    /// The patient signs; a CMS goes with the proof.
    Signed,
    /// A card is read, or nobody has to do anything.
    Read,
    /// A number is typed. A person must say why no card was read.
    Typed,
}

/// One row of CD-PROOFTYPE.
#[derive(Debug, Eq, PartialEq)]
pub struct ProofType {
    /// The code as it is written in the document.
    pub code: &'static str,
    /// Way in which it comes about.
    pub means: ProofMeans,
    /// The card number the patient must carry.
    pub card: CardRequired,
    /// Description in plain words.
    pub description: &'static str,
    /// Reason why this software refuses to make it; none if it makes it.
    pub refused: Option<&'static str>,
}

/// The types of proof, the strongest first. Those that are always refused come last.
#[rustfmt::skip] // one row, two lines: it is read as a table
pub const PROOF_TYPES: &[ProofType] = &[
    made("eidsigning", ProofMeans::Signed, CardRequired::Eid,
        "the patient signed with the eID"),
    made("eidreading", ProofMeans::Read, CardRequired::Eid,
        "the patient's eID was read"),
    made("isireading", ProofMeans::Read, CardRequired::Isi,
        "the patient's ISI+ card was read"),
    made("eidencoding_housecall", ProofMeans::Typed, CardRequired::Eid,
        "the number of the eID was typed, at the patient's home"),
    made("eidencoding_nocard", ProofMeans::Typed, CardRequired::No,
        "the numbers were typed, the patient had no card there"),
    made("eidencoding_techproblem", ProofMeans::Typed, CardRequired::Eid,
        "the number of the eID was typed, the reader did not work"),
    refused("sisreading", CardRequired::Sis,
        "the patient's SIS card was read", "SIS cards no longer exist"),
    refused("propagation", CardRequired::No,
        "taken over from another source", "propagation is not for clients"),
    refused("authenticsource", CardRequired::No,
        "follows from another register", "authenticsource is deprecated"),
    refused("patientmanagement", CardRequired::No,
        "declared by the patient", "patientmanagement is deprecated"),
];

const fn made(code: &'static str, means: ProofMeans, card: CardRequired, description: &'static str) -> ProofType {
    ProofType {
        code,
        means,
        card,
        description,
        refused: None,
    }
}

const fn refused(code: &'static str, card: CardRequired, description: &'static str, reason: &'static str) -> ProofType {
    ProofType {
        code,
        means: ProofMeans::Read,
        card,
        description,
        refused: Some(reason),
    }
}

/// Type of proof that this software makes, by whether a signature goes with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// A bare code: a card was read, or its data typed.
    Plain(PlainProof),
    /// `eidsigning`: the patient signs with the eID.
    EidSigning,
}

impl Proof {
    /// Finds the kind of proof for `code`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `proof`, with the nearest codes; [`ProtocolError::ProofNotAllowed`] for a
    /// code of the table that clients do not send.
    pub fn parse(code: &str) -> Result<Self, ProtocolError> {
        let row = find("proof", code, PROOF_TYPES, |row| row.code)?;
        match row.refused {
            Some(reason) => Err(ProtocolError::ProofNotAllowed { reason }),
            None if row.means == ProofMeans::Signed => Ok(Self::EidSigning),
            None => Ok(Self::Plain(PlainProof(row))),
        }
    }

    /// The code as it is written in the document.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Plain(plain) => plain.code(),
            Self::EidSigning => "eidsigning",
        }
    }
}

/// A proof that is a bare code: it has no place for a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PlainProof(&'static ProofType);

impl PlainProof {
    /// The code as it is written in the document.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// The card number the patient must carry.
    #[must_use]
    pub fn card(self) -> CardRequired {
        self.0.card
    }

    /// Returns true if a number was typed instead of a card read.
    #[must_use]
    pub fn is_typed(self) -> bool {
        self.0.means == ProofMeans::Typed
    }
}
