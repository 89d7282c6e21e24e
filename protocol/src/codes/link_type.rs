//! CD-THERAPEUTICLINKTYPE: the basis of a therapeutic link.
//!
//! Source: KMEHR table CD-THERAPEUTICLINKTYPE 1.2, 2015-12-01.

use super::{CodeNames, find};
use crate::error::ProtocolError;

/// Origin of a therapeutic link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkFamily {
    /// The author is the provider concerned.
    Own,
    /// The author introduces a colleague.
    Referral,
    /// A link that follows from another register, such as the global medical file.
    AuthenticSource,
    /// A link that depends on who declares it.
    SourceDependent,
    /// A stay or visit in a hospital.
    Hospital,
    /// A link declared by the patient, a parent or a mandatary.
    Citizen,
}

/// One row of CD-THERAPEUTICLINKTYPE.
#[derive(Debug, Eq, PartialEq)]
pub struct LinkType {
    /// The code as it is written in the document.
    pub code: &'static str,
    /// Origin of such a link.
    pub family: LinkFamily,
    /// Names for prompts.
    pub names: CodeNames,
    /// Description in plain words.
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

/// The therapeutic link types. Their usual periods are in [`crate::period`].
#[rustfmt::skip] // one row, three lines: it is read as a table
pub const LINK_TYPES: &[LinkType] = &[
    link("gpconsultation", LinkFamily::Own,
        ["raadpleging huisarts", "consultation chez le médecin généraliste",
            "Konsultation beim Hausarzt", "GP consultation"],
        "a general practitioner and the patient, general consultation"),
    link("specialistconsultation", LinkFamily::Own,
        ["raadpleging specialist", "consultation chez le spécialiste",
            "Konsultation beim Facharzt", "specialist consultation"],
        "a medical specialist and the patient"),
    link("nurseconsultation", LinkFamily::Own,
        ["verpleegkundige zorg", "soins infirmiers", "Krankenpflege", "nursing care"],
        "a nurse and the patient"),
    link("consultation", LinkFamily::Own,
        ["raadpleging zorgverlener", "consultation chez un prestataire de soins",
            "Konsultation bei einer anderen Fachkraft", "consultation"],
        "another provider and the patient, for example a physiotherapist"),
    link("pharmacydelivery", LinkFamily::Own,
        ["aflevering door de apotheek", "délivrance par la pharmacie",
            "Abgabe durch die Apotheke", "delivery by a pharmacy"],
        "a pharmacy and the patient, delivery of a prescription"),
    link("delivery", LinkFamily::Own,
        ["aflevering", "délivrance", "Abgabe", "delivery"],
        "another provider and the patient, delivery of medication, glasses and the like"),
    link("gpreferral", LinkFamily::Referral,
        ["verwijzing naar een huisarts", "renvoi vers un médecin généraliste",
            "Überweisung an einen Hausarzt", "referral to a GP"],
        "a general practitioner introduced by a colleague"),
    link("specialistreferral", LinkFamily::Referral,
        ["verwijzing naar een specialist", "renvoi vers un spécialiste",
            "Überweisung an einen Facharzt", "referral to a specialist"],
        "a medical specialist introduced by a colleague"),
    link("pharmacistreferral", LinkFamily::Referral,
        ["verwijzing naar een apotheker", "renvoi vers un pharmacien",
            "Überweisung an einen Apotheker", "referral to a pharmacist"],
        "a pharmacist introduced by a colleague"),
    link("nursereferral", LinkFamily::Referral,
        ["verwijzing naar een verpleegkundige", "renvoi vers un infirmier",
            "Überweisung an eine Pflegekraft", "referral to a nurse"],
        "a nurse introduced by a colleague"),
    link("referral", LinkFamily::Referral,
        ["verwijzing", "renvoi", "Überweisung", "referral"],
        "another provider introduced by a colleague"),
    link("gmd", LinkFamily::AuthenticSource,
        ["globaal medisch dossier", "dossier médical global", "globale medizinische Akte", "global medical file"],
        "the general practitioner who keeps the global medical file; a year from its opening, prolonged with it"),
    link("carepath", LinkFamily::SourceDependent,
        ["zorgtraject", "trajet de soins", "Behandlungspfad", "care pathway"],
        "providers who follow one care pathway"),
    link("medicalhouse", LinkFamily::SourceDependent,
        ["wijkgezondheidscentrum", "maison médicale", "Gemeinschaftspraxis", "medical house"],
        "a medical house where the patient is registered"),
    link("hospitalstay", LinkFamily::Hospital,
        ["opname in een ziekenhuis", "hospitalisation", "Krankenhausaufenthalt", "hospital stay"],
        "a hospital and an in-patient"),
    link("hospitalambulatory", LinkFamily::Hospital,
        ["ambulante behandeling in een ziekenhuis", "traitement ambulatoire à l'hôpital",
            "ambulante Behandlung im Krankenhaus", "out-patient treatment"],
        "a hospital and an out-patient"),
    link("hospitalurgency", LinkFamily::Hospital,
        ["spoedgevallen", "urgences", "Notaufnahme", "hospital emergency"],
        "a hospital and a patient in emergency"),
    link("patientmanagement", LinkFamily::Citizen,
        ["beheerd door de patiënt", "géré par le patient", "vom Patienten verwaltet", "managed by the patient"],
        "declared by the patient, a parent or a mandatary"),
];

const fn link(code: &'static str, family: LinkFamily, names: [&'static str; 4], description: &'static str) -> LinkType {
    LinkType {
        code,
        family,
        names: CodeNames::new(names),
        description,
    }
}
