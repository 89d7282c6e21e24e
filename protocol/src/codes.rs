//! The code tables of KMEHR that these documents use, as data.
//!
//! The schema leaves most of these codes open strings, so a typing error would pass it and be refused, or worse be
//! kept, by the platform. A new code is a new row here.
//!
//! Source: KMEHR tables CD-THERAPEUTICLINKTYPE 1.2, CD-PROOFTYPE 1.2 and CD-HCPARTY 1.16.

use crate::error::ProtocolError;

/// A short name in the four languages of our prompts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Names {
    /// Dutch.
    pub nl: &'static str,
    /// French.
    pub fr: &'static str,
    /// German.
    pub de: &'static str,
    /// English.
    pub en: &'static str,
}

/// Who stands behind a therapeutic link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkFamily {
    /// The author is the provider concerned.
    Own,
    /// The author introduces a colleague.
    Referral,
    /// Follows from another register, such as the global medical file.
    AuthenticSource,
    /// Depends on who declares it.
    SourceDependent,
    /// A stay or visit in a hospital.
    Hospital,
    /// Declared by the patient, a parent or a mandatary.
    Citizen,
}

/// One row of CD-THERAPEUTICLINKTYPE.
#[derive(Debug, Eq, PartialEq)]
pub struct LinkType {
    /// The code as it is written in the document.
    pub code: &'static str,
    /// Who stands behind such a link.
    pub family: LinkFamily,
    /// Usual length in calendar months; none where no source tells.
    pub usual_months: Option<u8>,
    /// What prompts call it.
    pub names: Names,
    /// What it is, in plain words.
    pub description: &'static str,
}

impl LinkType {
    /// Finds the row of `code`. Blanks around it are ignored: an old table has `carepath` with one behind.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `type`, with the nearest codes.
    pub fn parse(code: &str) -> Result<&'static Self, ProtocolError> {
        find("type", code.trim(), LINK_TYPES, |row| row.code)
    }
}

/// The therapeutic link types. The periods follow the rules on periods, not the table, which has none.
#[rustfmt::skip] // one row, three lines: it is read as a table
pub const LINK_TYPES: &[LinkType] = &[
    link("gpconsultation", LinkFamily::Own, Some(15),
        ["raadpleging huisarts", "consultation chez le médecin généraliste",
            "Konsultation beim Hausarzt", "GP consultation"],
        "a general practitioner and the patient, general consultation"),
    link("specialistconsultation", LinkFamily::Own, Some(15),
        ["raadpleging specialist", "consultation chez le spécialiste",
            "Konsultation beim Facharzt", "specialist consultation"],
        "a medical specialist and the patient"),
    link("nurseconsultation", LinkFamily::Own, Some(15),
        ["verpleegkundige zorg", "soins infirmiers", "Krankenpflege", "nursing care"],
        "a nurse and the patient"),
    link("consultation", LinkFamily::Own, Some(15),
        ["raadpleging zorgverlener", "consultation chez un prestataire de soins",
            "Konsultation beim Gesundheitsdienstleister", "consultation"],
        "another provider and the patient, for example a physiotherapist"),
    link("pharmacydelivery", LinkFamily::Own, Some(15),
        ["aflevering door de apotheek", "délivrance par la pharmacie",
            "Abgabe durch die Apotheke", "delivery by a pharmacy"],
        "a pharmacy and the patient, delivery of a prescription"),
    link("delivery", LinkFamily::Own, Some(15),
        ["aflevering", "délivrance", "Abgabe", "delivery"],
        "another provider and the patient, delivery of medication, glasses and the like"),
    link("gpreferral", LinkFamily::Referral, Some(3),
        ["verwijzing naar een huisarts", "renvoi vers un médecin généraliste",
            "Überweisung an einen Hausarzt", "referral to a GP"],
        "a general practitioner introduced by a colleague"),
    link("specialistreferral", LinkFamily::Referral, Some(3),
        ["verwijzing naar een specialist", "renvoi vers un spécialiste",
            "Überweisung an einen Facharzt", "referral to a specialist"],
        "a medical specialist introduced by a colleague"),
    link("pharmacistreferral", LinkFamily::Referral, Some(3),
        ["verwijzing naar een apotheker", "renvoi vers un pharmacien",
            "Überweisung an einen Apotheker", "referral to a pharmacist"],
        "a pharmacist introduced by a colleague"),
    link("nursereferral", LinkFamily::Referral, Some(3),
        ["verwijzing naar een verpleegkundige", "renvoi vers un infirmier",
            "Überweisung an eine Pflegekraft", "referral to a nurse"],
        "a nurse introduced by a colleague"),
    link("referral", LinkFamily::Referral, Some(3),
        ["verwijzing", "renvoi", "Überweisung", "referral"],
        "another provider introduced by a colleague"),
    link("gmd", LinkFamily::AuthenticSource, Some(12),
        ["globaal medisch dossier", "dossier médical global", "globale medizinische Akte", "global medical file"],
        "the general practitioner who keeps the global medical file; a year from its opening, prolonged with it"),
    link("carepath", LinkFamily::SourceDependent, None,
        ["zorgtraject", "trajet de soins", "Behandlungspfad", "care pathway"],
        "providers who follow one care pathway"),
    link("medicalhouse", LinkFamily::SourceDependent, None,
        ["wijkgezondheidscentrum", "maison médicale", "Gemeinschaftspraxis", "medical house"],
        "a medical house where the patient is registered"),
    link("hospitalstay", LinkFamily::Hospital, Some(3),
        ["opname in een ziekenhuis", "hospitalisation", "Krankenhausaufenthalt", "hospital stay"],
        "a hospital and an in-patient"),
    link("hospitalambulatory", LinkFamily::Hospital, Some(3),
        ["ambulante behandeling in een ziekenhuis", "traitement ambulatoire à l'hôpital",
            "ambulante Behandlung im Krankenhaus", "out-patient treatment"],
        "a hospital and an out-patient"),
    link("hospitalurgency", LinkFamily::Hospital, Some(1),
        ["spoedgevallen", "urgences", "Notaufnahme", "hospital emergency"],
        "a hospital and a patient in emergency"),
    link("patientmanagement", LinkFamily::Citizen, Some(15),
        ["beheerd door de patiënt", "géré par le patient", "vom Patienten verwaltet", "managed by the patient"],
        "declared by the patient, a parent or a mandatary"),
];

const fn link(
    code: &'static str,
    family: LinkFamily,
    usual_months: Option<u8>,
    [nl, fr, de, en]: [&'static str; 4],
    description: &'static str,
) -> LinkType {
    LinkType {
        code,
        family,
        usual_months,
        names: Names { nl, fr, de, en },
        description,
    }
}

/// The circumstances of the contact, where they decide the period rather than the link type does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Situation {
    /// A lasting relation with a general practitioner or a pharmacist: 15 months.
    LongTerm,
    /// An occasional contact: 3 months.
    Occasional,
    /// An emergency physician or a guard post: 1 month from the contact.
    Emergency,
}

impl Situation {
    const ALL: &'static [(&'static str, Self)] = &[
        ("long-term", Self::LongTerm),
        ("occasional", Self::Occasional),
        ("emergency", Self::Emergency),
    ];

    /// Parses `long-term`, `occasional` or `emergency`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `situation`, with the nearest codes.
    pub fn parse(code: &str) -> Result<Self, ProtocolError> {
        find("situation", code, Self::ALL, |row| row.0).map(|row| row.1)
    }

    /// Usual length in calendar months.
    #[must_use]
    pub fn months(self) -> u8 {
        match self {
            Self::LongTerm => 15,
            Self::Occasional => 3,
            Self::Emergency => 1,
        }
    }
}

/// What kind of party a CD-HCPARTY code stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PartyKind {
    /// One person: `pers...`.
    Person,
    /// An organisation or group.
    Organisation,
    /// A program.
    Application,
    /// A hub, a patient, the holder of a certificate, a safe.
    Other,
}

/// One row of CD-HCPARTY. Department codes (`dept...`) are left out: no document of ours names a department.
#[derive(Debug, Eq, PartialEq)]
pub struct HcPartyType {
    /// The code as it is written in the document.
    pub code: &'static str,
    /// Person, organisation, program or other.
    pub kind: PartyKind,
}

impl HcPartyType {
    /// Finds the row of `code`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `type`, with the nearest codes.
    pub fn parse(code: &str) -> Result<&'static Self, ProtocolError> {
        find("type", code, HC_PARTY_TYPES, |row| row.code)
    }
}

const fn person(code: &'static str) -> HcPartyType {
    HcPartyType {
        code,
        kind: PartyKind::Person,
    }
}

const fn organisation(code: &'static str) -> HcPartyType {
    HcPartyType {
        code,
        kind: PartyKind::Organisation,
    }
}

const fn other(code: &'static str) -> HcPartyType {
    HcPartyType {
        code,
        kind: PartyKind::Other,
    }
}

/// The kinds of health-care parties.
pub const HC_PARTY_TYPES: &[HcPartyType] = &[
    person("persphysician"),
    person("persdentist"),
    person("persnurse"),
    person("persmidwife"),
    person("perspharmacist"),
    person("persphysiotherapist"),
    person("persoccupationaltherapist"),
    person("perspracticalnurse"),
    person("persdietician"),
    person("persaudician"),
    person("persaudiologist"),
    person("perspodologist"),
    person("perstrussmaker"),
    person("perslogopedist"),
    person("persorthoptist"),
    person("persbiologist"),
    person("perstechnician"),
    person("persoraldentalhygienist"),
    person("persclinicalpsychologist"),
    person("persclinicalorthopedagogist"),
    person("perspharmacistclinicalbiologist"),
    person("persoptician"),
    person("persorthotist"),
    person("perspsychologist"),
    person("perssocialworker"),
    person("perseducator"),
    person("persambulancefirstaid"),
    person("perspharmacyassistant"),
    person("perspatientdriver"),
    person("persadministrative"),
    person("persparamedical"),
    person("perscaregiver"),   // deprecated in the table
    person("persorthopedist"), // deprecated in the table
    organisation("orgpharmacy"),
    organisation("orghospital"),
    organisation("orglaboratory"),
    organisation("orginsurance"),
    organisation("orgpractice"),
    organisation("orgprimaryhealthcarecenter"),
    organisation("orgpublichealth"),
    organisation("orgprevention"),
    organisation("orgretirementhome"),
    organisation("orgrevalidationcenter"),
    organisation("orgshelteredliving"),
    organisation("orgpsychiatriccarehome"),
    organisation("orgpolyclinic"),
    organisation("guardpost"),
    organisation("groupofnurses"),
    organisation("groupofphysicianssameaddress"),
    organisation("groupofphysiciansdifferentaddress"),
    HcPartyType {
        code: "application",
        kind: PartyKind::Application,
    },
    other("hub"),
    other("patient"),
    other("certificateholder"),
    other("ecaresafe"),
];

/// Which card number the patient of a proof must carry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CardRequired {
    /// The number of the eID.
    Eid,
    /// The number of the ISI+ card.
    Isi,
    /// The number of the SIS card, which no longer exists.
    Sis,
    /// None; the eID's is sent along if it is known.
    No,
}

/// One row of CD-PROOFTYPE.
#[derive(Debug, Eq, PartialEq)]
pub struct ProofType {
    /// The code as it is written in the document.
    pub code: &'static str,
    /// Whether a CMS goes with it.
    pub binary: bool,
    /// The card number the patient must carry.
    pub card: CardRequired,
    /// Why we do not make it, if we do not.
    pub refused: Option<&'static str>,
}

/// The kinds of proof, those that we only know how to refuse included.
pub const PROOF_TYPES: &[ProofType] = &[
    proof("eidreading", false, CardRequired::Eid, None),
    proof("eidsigning", true, CardRequired::Eid, None),
    proof("isireading", false, CardRequired::Isi, None),
    proof("eidencoding_housecall", false, CardRequired::Eid, None),
    proof("eidencoding_nocard", false, CardRequired::No, None),
    proof("eidencoding_techproblem", false, CardRequired::Eid, None),
    proof(
        "sisreading",
        false,
        CardRequired::Sis,
        Some("SIS cards no longer exist"),
    ),
    proof(
        "propagation",
        false,
        CardRequired::No,
        Some("propagation is not for clients"),
    ),
    proof(
        "authenticsource",
        false,
        CardRequired::No,
        Some("authenticsource is deprecated"),
    ),
    proof(
        "patientmanagement",
        false,
        CardRequired::No,
        Some("patientmanagement is deprecated"),
    ),
];

const fn proof(code: &'static str, binary: bool, card: CardRequired, refused: Option<&'static str>) -> ProofType {
    ProofType {
        code,
        binary,
        card,
        refused,
    }
}

/// A kind of proof that we make, sorted by whether a signature goes with it.
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
            None if row.binary => Ok(Self::EidSigning),
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

/// A proof without a binary part. There is no way to put a signature in one.
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
}

/// The row of `table` with `code`, or an error that lists what may have been meant.
fn find<T>(
    field: &str,
    code: &str,
    table: &'static [T],
    code_of: fn(&T) -> &'static str,
) -> Result<&'static T, ProtocolError> {
    table.iter().find(|row| code_of(row) == code).ok_or_else(|| {
        let codes: Vec<_> = table.iter().map(code_of).collect();
        let near = nearest(code, &codes);
        let reason = if near.is_empty() {
            format!("unknown code, expected one of {}", codes.join(", "))
        } else {
            format!("unknown code, did you mean {}?", near.join(" or "))
        };
        ProtocolError::invalid(field, reason)
    })
}

/// Up to three codes within a third of their length of `code`, nearest first.
fn nearest(code: &str, codes: &[&'static str]) -> Vec<&'static str> {
    // Whatever is this long is no misspelt code, and the distance costs length times length.
    if code.len() > 64 {
        return Vec::new();
    }
    let code = code.trim().to_ascii_lowercase();
    let mut near: Vec<_> = codes
        .iter()
        .map(|candidate| (distance(&code, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3)
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// Levenshtein distance: how many characters to add, drop or replace.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (to, pair) in b.chars().zip(row.windows(2)) {
            let (&[diagonal, above], Some(&left)) = (pair, next.last()) else {
                continue;
            };
            next.push((diagonal + usize::from(from != to)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[track_caller]
    fn check(error: ProtocolError, expected: &str) {
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn each_code_stands_once() {
        let links: HashSet<_> = LINK_TYPES.iter().map(|row| row.code).collect();
        let parties: HashSet<_> = HC_PARTY_TYPES.iter().map(|row| row.code).collect();
        let proofs: HashSet<_> = PROOF_TYPES.iter().map(|row| row.code).collect();
        assert_eq!(
            (links.len(), parties.len(), proofs.len()),
            (LINK_TYPES.len(), HC_PARTY_TYPES.len(), PROOF_TYPES.len())
        );
    }

    #[test]
    fn party_codes_tell_their_kind() {
        for row in HC_PARTY_TYPES {
            assert_eq!(
                row.code.starts_with("pers"),
                row.kind == PartyKind::Person,
                "{}",
                row.code
            );
        }
    }

    #[test]
    fn a_misspelt_code_gets_the_nearest() {
        check(
            LinkType::parse("gpconsultaton").unwrap_err(),
            "type: unknown code, did you mean gpconsultation or consultation?",
        );
        check(
            Proof::parse("eidsignin").unwrap_err(),
            "proof: unknown code, did you mean eidsigning?",
        );
        check(
            HcPartyType::parse("PersDentist").unwrap_err(),
            "type: unknown code, did you mean persdentist?",
        );
    }

    #[test]
    fn a_strange_code_gets_the_list_and_is_not_repeated() {
        check(
            Situation::parse("98082100029").unwrap_err(),
            "situation: unknown code, expected one of long-term, occasional, emergency",
        );
    }

    #[test]
    fn a_trailing_blank_is_ignored() {
        assert_eq!(LinkType::parse("carepath ").unwrap().code, "carepath");
    }

    #[test]
    fn only_eidsigning_is_binary() {
        assert_eq!(Proof::parse("eidsigning").unwrap(), Proof::EidSigning);
        assert!(matches!(Proof::parse("eidreading").unwrap(), Proof::Plain(plain) if plain.code() == "eidreading"));
        assert_eq!(PROOF_TYPES.iter().filter(|row| row.binary).count(), 1);
    }

    #[test]
    fn proofs_that_clients_do_not_send_are_refused() {
        for code in ["sisreading", "propagation", "authenticsource", "patientmanagement"] {
            assert!(
                matches!(Proof::parse(code), Err(ProtocolError::ProofNotAllowed { .. })),
                "{code}"
            );
        }
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
