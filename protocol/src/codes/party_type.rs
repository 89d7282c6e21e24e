//! CD-HCPARTY: the type of a party.
//!
//! Department codes (`dept...`, some seventy) are left out: no document of ours names a department.
//!
//! Source: KMEHR table CD-HCPARTY 1.16, 2020-06-01. Roles: the platform's use cases for consents (1.9) and therapeutic
//! links (1.6).

use super::{Names, find};
use crate::error::ProtocolError;

/// Kind of party that a CD-HCPARTY code stands for.
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

/// Registrations for which the platform's use cases list such a party. Whether the platform refuses others is not
/// documented, so nothing is refused here: the author gets a warning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Therapeutic links, and patients may exclude it.
    Links,
    /// Consents.
    Consents,
    /// Both.
    Both,
    /// Neither of the two.
    Neither,
}

/// One row of CD-HCPARTY.
#[derive(Debug, Eq, PartialEq)]
pub struct HcPartyType {
    /// The code as it is written in the document.
    pub code: &'static str,
    /// Person, organisation, program or other.
    pub kind: PartyKind,
    /// Registrations for which it is listed.
    pub role: Role,
    /// Names for prompts.
    pub names: Names,
}

impl HcPartyType {
    /// Finds the row of `code`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `type`, with the nearest codes.
    pub fn parse(code: &str) -> Result<&'static Self, ProtocolError> {
        find("type", code, HC_PARTY_TYPES, |row| row.code)
    }

    /// Returns true if the use cases list it among those who have therapeutic links.
    #[must_use]
    pub fn has_links(&self) -> bool {
        matches!(self.role, Role::Links | Role::Both)
    }

    /// Returns true if the use cases list it among those who register consents.
    #[must_use]
    pub fn registers_consents(&self) -> bool {
        matches!(self.role, Role::Consents | Role::Both)
    }
}

/// The kinds of health-care parties.
#[rustfmt::skip] // one row, two lines: it is read as a table
pub const HC_PARTY_TYPES: &[HcPartyType] = &[
    row("persphysician", PartyKind::Person, Role::Both,
        ["arts", "médecin", "Arzt/Ärztin", "physician"]),
    row("persdentist", PartyKind::Person, Role::Both,
        ["tandarts", "dentiste", "Zahnarzt/Zahnärztin", "dentist"]),
    row("persnurse", PartyKind::Person, Role::Both,
        ["verpleegkundige", "infirmier", "Krankenpfleger/in", "nurse"]),
    row("persmidwife", PartyKind::Person, Role::Links,
        ["vroedvrouw", "sage-femme", "Hebamme", "midwife"]),
    row("perspharmacist", PartyKind::Person, Role::Both,
        ["apotheker", "pharmacien", "Apotheker/in", "pharmacist"]),
    row("persphysiotherapist", PartyKind::Person, Role::Links,
        ["kinesitherapeut", "kinésithérapeute", "Physiotherapeut/in", "physiotherapist"]),
    row("persoccupationaltherapist", PartyKind::Person, Role::Links,
        ["ergotherapeut", "ergothérapeute", "Ergotherapeut/in", "occupational therapist"]),
    row("perspracticalnurse", PartyKind::Person, Role::Links,
        ["zorgkundige", "aide-soignant", "Pflegehelfer/in", "practical nurse"]),
    row("persdietician", PartyKind::Person, Role::Links,
        ["diëtist", "diététicien", "Diätassistent/in", "dietician"]),
    row("persaudician", PartyKind::Person, Role::Links,
        ["audicien", "audicien", "Hörgeräteakustiker/in", "audician"]),
    row("persaudiologist", PartyKind::Person, Role::Links,
        ["audioloog", "audiologue", "Audiologe/Audiologin", "audiologist"]),
    row("perspodologist", PartyKind::Person, Role::Links,
        ["podoloog", "podologue", "Podologe/Podologin", "podologist"]),
    row("perstrussmaker", PartyKind::Person, Role::Links,
        ["bandagist", "bandagiste", "Bandagist/in", "truss maker"]),
    row("perslogopedist", PartyKind::Person, Role::Links,
        ["logopedist", "logopède", "Logopäde/Logopädin", "speech therapist"]),
    row("persorthoptist", PartyKind::Person, Role::Links,
        ["orthoptist", "orthoptiste", "Orthoptist/in", "orthoptist"]),
    row("persbiologist", PartyKind::Person, Role::Links,
        ["medisch laboratoriumtechnoloog", "technologue de laboratoire médical", "medizinische/r Labortechnologe/-technologin", "medical laboratory technologist"]),
    row("perstechnician", PartyKind::Person, Role::Links,
        ["technoloog medische beeldvorming", "technologue en imagerie médicale", "Technologe/Technologin für medizinische Bildgebung", "medical imaging technologist"]),
    row("persoraldentalhygienist", PartyKind::Person, Role::Links,
        ["mondhygiënist", "hygiéniste bucco-dentaire", "Dentalhygieniker/in", "oral dental hygienist"]),
    row("persclinicalpsychologist", PartyKind::Person, Role::Links,
        ["klinisch psycholoog", "psychologue clinicien", "klinische/r Psychologe/Psychologin", "clinical psychologist"]),
    row("persclinicalorthopedagogist", PartyKind::Person, Role::Links,
        ["klinisch orthopedagoog", "orthopédagogue clinicien", "klinische/r Heilpädagoge/-pädagogin", "clinical orthopedagogist"]),
    row("perspharmacistclinicalbiologist", PartyKind::Person, Role::Neither,
        ["apotheker-klinisch bioloog", "pharmacien biologiste clinique", "Apotheker/in für klinische Biologie", "pharmacist, clinical biologist"]),
    row("persoptician", PartyKind::Person, Role::Neither,
        ["opticien", "opticien", "Optiker/in", "optician"]),
    row("persorthotist", PartyKind::Person, Role::Neither,
        ["orthesist", "orthésiste", "Orthetiker/in", "orthotist"]),
    row("perspsychologist", PartyKind::Person, Role::Neither,
        ["psycholoog", "psychologue", "Psychologe/Psychologin", "psychologist"]),
    row("perssocialworker", PartyKind::Person, Role::Neither,
        ["maatschappelijk werker", "assistant social", "Sozialarbeiter/in", "social worker"]),
    row("perseducator", PartyKind::Person, Role::Neither,
        ["opvoeder", "éducateur", "Erzieher/in", "educator"]),
    row("persambulancefirstaid", PartyKind::Person, Role::Neither,
        ["hulpverlener-ambulancier", "secouriste-ambulancier", "Rettungssanitäter/in", "ambulance first-aider"]),
    row("perspharmacyassistant", PartyKind::Person, Role::Neither,
        ["farmaceutisch-technisch assistent", "assistant pharmaceutico-technique", "pharmazeutisch-technische/r Assistent/in", "pharmacy assistant"]),
    row("perspatientdriver", PartyKind::Person, Role::Neither,
        ["niet-dringend ziekenvervoer", "transporteur de patients", "Krankenfahrer/in", "patient driver"]),
    row("persadministrative", PartyKind::Person, Role::Neither,
        ["administratief medewerker", "collaborateur administratif", "Verwaltungsmitarbeiter/in", "clerk"]),
    row("persparamedical", PartyKind::Person, Role::Neither,
        ["paramedicus", "paramédical", "paramedizinische/r Mitarbeiter/in", "paramedic"]),
    row("perscaregiver", PartyKind::Person, Role::Neither,
        ["zorgverlener (oude code)", "prestataire de soins (ancien code)", "Pflegekraft (alter Code)", "caregiver (old code)"]),
    row("persorthopedist", PartyKind::Person, Role::Neither,
        ["orthopedist (oude code)", "orthopédiste (ancien code)", "Orthopäde (alter Code)", "orthopedist (old code)"]),
    row("orgpharmacy", PartyKind::Organisation, Role::Both,
        ["apotheek", "pharmacie", "Apotheke", "pharmacy"]),
    row("orghospital", PartyKind::Organisation, Role::Consents,
        ["ziekenhuis", "hôpital", "Krankenhaus", "hospital"]),
    row("orglaboratory", PartyKind::Organisation, Role::Neither,
        ["laboratorium", "laboratoire", "Labor", "laboratory"]),
    row("orginsurance", PartyKind::Organisation, Role::Consents,
        ["ziekenfonds", "mutualité", "Krankenkasse", "mutuality"]),
    row("orgpractice", PartyKind::Organisation, Role::Neither,
        ["praktijk", "cabinet", "Praxis", "practice"]),
    row("orgprimaryhealthcarecenter", PartyKind::Organisation, Role::Neither,
        ["eerstelijnscentrum", "centre de soins primaires", "Zentrum der Grundversorgung", "primary health care centre"]),
    row("orgpublichealth", PartyKind::Organisation, Role::Neither,
        ["dienst volksgezondheid", "service de santé publique", "Gesundheitsamt", "public health service"]),
    row("orgprevention", PartyKind::Organisation, Role::Neither,
        ["preventiedienst", "service de prévention", "Präventionsdienst", "prevention service"]),
    row("orgretirementhome", PartyKind::Organisation, Role::Neither,
        ["woonzorgcentrum", "maison de repos", "Altenheim", "retirement home"]),
    row("orgrevalidationcenter", PartyKind::Organisation, Role::Neither,
        ["revalidatiecentrum", "centre de revalidation", "Rehabilitationszentrum", "rehabilitation centre"]),
    row("orgshelteredliving", PartyKind::Organisation, Role::Neither,
        ["beschut wonen", "habitation protégée", "betreutes Wohnen", "sheltered living"]),
    row("orgpsychiatriccarehome", PartyKind::Organisation, Role::Neither,
        ["psychiatrisch verzorgingstehuis", "maison de soins psychiatriques", "psychiatrisches Pflegeheim", "psychiatric care home"]),
    row("orgpolyclinic", PartyKind::Organisation, Role::Neither,
        ["polikliniek", "polyclinique", "Poliklinik", "polyclinic"]),
    row("guardpost", PartyKind::Organisation, Role::Neither,
        ["huisartsenwachtpost", "poste de garde", "Bereitschaftsdienst", "guard post"]),
    row("groupofnurses", PartyKind::Organisation, Role::Consents,
        ["groepering van verpleegkundigen", "groupement d'infirmiers", "Gruppe von Krankenpflegern", "group of nurses"]),
    row("groupofphysicianssameaddress", PartyKind::Organisation, Role::Neither,
        ["artsengroep op één adres", "groupement de médecins à la même adresse", "Ärztegruppe an einer Adresse", "group of physicians at one address"]),
    row("groupofphysiciansdifferentaddress", PartyKind::Organisation, Role::Neither,
        ["artsengroep op verschillende adressen", "groupement de médecins à des adresses différentes", "Ärztegruppe an mehreren Adressen", "group of physicians at several addresses"]),
    row("application", PartyKind::Application, Role::Neither,
        ["software", "logiciel", "Software", "software"]),
    row("hub", PartyKind::Other, Role::Neither,
        ["hub", "hub", "Hub", "hub"]),
    row("patient", PartyKind::Other, Role::Neither,
        ["patiënt", "patient", "Patient", "patient"]),
    row("certificateholder", PartyKind::Other, Role::Neither,
        ["certificaathouder", "titulaire de certificat", "Zertifikatsinhaber", "certificate holder"]),
    row("ecaresafe", PartyKind::Other, Role::Neither,
        ["digitale kluis", "coffre-fort numérique", "digitaler Tresor", "digital safe"]),
];

const fn row(code: &'static str, kind: PartyKind, role: Role, [nl, fr, de, en]: [&'static str; 4]) -> HcPartyType {
    HcPartyType {
        code,
        kind,
        role,
        names: Names { nl, fr, de, en },
    }
}
