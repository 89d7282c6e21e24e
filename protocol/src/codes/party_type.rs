//! CD-HCPARTY: the type of a party.
//!
//! Department codes (`dept...`, some seventy) are left out: no document of ours names a department.
//!
//! Source: KMEHR table CD-HCPARTY 1.16, 2020-06-01. Roles: the platform's use cases for consents (1.9) and therapeutic
//! links (1.6).

use super::{CodeNames, find};
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
pub enum UseCaseRole {
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
    pub role: UseCaseRole,
    /// Names for prompts.
    pub names: CodeNames,
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
        matches!(self.role, UseCaseRole::Links | UseCaseRole::Both)
    }

    /// Returns true if the use cases list it among those who register consents.
    #[must_use]
    pub fn registers_consents(&self) -> bool {
        matches!(self.role, UseCaseRole::Consents | UseCaseRole::Both)
    }
}

/// The kinds of health-care parties.
#[rustfmt::skip] // one row, two lines: it is read as a table
pub const HC_PARTY_TYPES: &[HcPartyType] = &[
    row("persphysician", PartyKind::Person, UseCaseRole::Both,
        ["arts", "médecin", "Arzt/Ärztin", "physician"]),
    row("persdentist", PartyKind::Person, UseCaseRole::Both,
        ["tandarts", "dentiste", "Zahnarzt/Zahnärztin", "dentist"]),
    row("persnurse", PartyKind::Person, UseCaseRole::Both,
        ["verpleegkundige", "infirmier", "Krankenpfleger/in", "nurse"]),
    row("persmidwife", PartyKind::Person, UseCaseRole::Links,
        ["vroedvrouw", "sage-femme", "Hebamme", "midwife"]),
    row("perspharmacist", PartyKind::Person, UseCaseRole::Both,
        ["apotheker", "pharmacien", "Apotheker/in", "pharmacist"]),
    row("persphysiotherapist", PartyKind::Person, UseCaseRole::Links,
        ["kinesitherapeut", "kinésithérapeute", "Physiotherapeut/in", "physiotherapist"]),
    row("persoccupationaltherapist", PartyKind::Person, UseCaseRole::Links,
        ["ergotherapeut", "ergothérapeute", "Ergotherapeut/in", "occupational therapist"]),
    row("perspracticalnurse", PartyKind::Person, UseCaseRole::Links,
        ["zorgkundige", "aide-soignant", "Pflegehelfer/in", "practical nurse"]),
    row("persdietician", PartyKind::Person, UseCaseRole::Links,
        ["diëtist", "diététicien", "Diätassistent/in", "dietician"]),
    row("persaudician", PartyKind::Person, UseCaseRole::Links,
        ["audicien", "audicien", "Hörgeräteakustiker/in", "audician"]),
    row("persaudiologist", PartyKind::Person, UseCaseRole::Links,
        ["audioloog", "audiologue", "Audiologe/Audiologin", "audiologist"]),
    row("perspodologist", PartyKind::Person, UseCaseRole::Links,
        ["podoloog", "podologue", "Podologe/Podologin", "podologist"]),
    row("perstrussmaker", PartyKind::Person, UseCaseRole::Links,
        ["bandagist", "bandagiste", "Bandagist/in", "truss maker"]),
    row("perslogopedist", PartyKind::Person, UseCaseRole::Links,
        ["logopedist", "logopède", "Logopäde/Logopädin", "speech therapist"]),
    row("persorthoptist", PartyKind::Person, UseCaseRole::Links,
        ["orthoptist", "orthoptiste", "Orthoptist/in", "orthoptist"]),
    row("persbiologist", PartyKind::Person, UseCaseRole::Links,
        ["medisch laboratoriumtechnoloog", "technologue de laboratoire médical", "medizinische/r Labortechnologe/-technologin", "medical laboratory technologist"]),
    row("perstechnician", PartyKind::Person, UseCaseRole::Links,
        ["technoloog medische beeldvorming", "technologue en imagerie médicale", "Technologe/Technologin für medizinische Bildgebung", "medical imaging technologist"]),
    row("persoraldentalhygienist", PartyKind::Person, UseCaseRole::Links,
        ["mondhygiënist", "hygiéniste bucco-dentaire", "Dentalhygieniker/in", "oral dental hygienist"]),
    row("persclinicalpsychologist", PartyKind::Person, UseCaseRole::Links,
        ["klinisch psycholoog", "psychologue clinicien", "klinische/r Psychologe/Psychologin", "clinical psychologist"]),
    row("persclinicalorthopedagogist", PartyKind::Person, UseCaseRole::Links,
        ["klinisch orthopedagoog", "orthopédagogue clinicien", "klinische/r Heilpädagoge/-pädagogin", "clinical orthopedagogist"]),
    row("perspharmacistclinicalbiologist", PartyKind::Person, UseCaseRole::Neither,
        ["apotheker-klinisch bioloog", "pharmacien biologiste clinique", "Apotheker/in für klinische Biologie", "pharmacist, clinical biologist"]),
    row("persoptician", PartyKind::Person, UseCaseRole::Neither,
        ["opticien", "opticien", "Optiker/in", "optician"]),
    row("persorthotist", PartyKind::Person, UseCaseRole::Neither,
        ["orthesist", "orthésiste", "Orthetiker/in", "orthotist"]),
    row("perspsychologist", PartyKind::Person, UseCaseRole::Neither,
        ["psycholoog", "psychologue", "Psychologe/Psychologin", "psychologist"]),
    row("perssocialworker", PartyKind::Person, UseCaseRole::Neither,
        ["maatschappelijk werker", "assistant social", "Sozialarbeiter/in", "social worker"]),
    row("perseducator", PartyKind::Person, UseCaseRole::Neither,
        ["opvoeder", "éducateur", "Erzieher/in", "educator"]),
    row("persambulancefirstaid", PartyKind::Person, UseCaseRole::Neither,
        ["hulpverlener-ambulancier", "secouriste-ambulancier", "Rettungssanitäter/in", "ambulance first-aider"]),
    row("perspharmacyassistant", PartyKind::Person, UseCaseRole::Neither,
        ["farmaceutisch-technisch assistent", "assistant pharmaceutico-technique", "pharmazeutisch-technische/r Assistent/in", "pharmacy assistant"]),
    row("perspatientdriver", PartyKind::Person, UseCaseRole::Neither,
        ["niet-dringend ziekenvervoer", "transporteur de patients", "Krankenfahrer/in", "patient driver"]),
    row("persadministrative", PartyKind::Person, UseCaseRole::Neither,
        ["administratief medewerker", "collaborateur administratif", "Verwaltungsmitarbeiter/in", "clerk"]),
    row("persparamedical", PartyKind::Person, UseCaseRole::Neither,
        ["paramedicus", "paramédical", "paramedizinische/r Mitarbeiter/in", "paramedic"]),
    row("perscaregiver", PartyKind::Person, UseCaseRole::Neither,
        ["zorgverlener (oude code)", "prestataire de soins (ancien code)", "Pflegekraft (alter Code)", "caregiver (old code)"]),
    row("persorthopedist", PartyKind::Person, UseCaseRole::Neither,
        ["orthopedist (oude code)", "orthopédiste (ancien code)", "Orthopäde (alter Code)", "orthopedist (old code)"]),
    row("orgpharmacy", PartyKind::Organisation, UseCaseRole::Both,
        ["apotheek", "pharmacie", "Apotheke", "pharmacy"]),
    row("orghospital", PartyKind::Organisation, UseCaseRole::Consents,
        ["ziekenhuis", "hôpital", "Krankenhaus", "hospital"]),
    row("orglaboratory", PartyKind::Organisation, UseCaseRole::Neither,
        ["laboratorium", "laboratoire", "Labor", "laboratory"]),
    row("orginsurance", PartyKind::Organisation, UseCaseRole::Consents,
        ["ziekenfonds", "mutualité", "Krankenkasse", "mutuality"]),
    row("orgpractice", PartyKind::Organisation, UseCaseRole::Neither,
        ["praktijk", "cabinet", "Praxis", "practice"]),
    row("orgprimaryhealthcarecenter", PartyKind::Organisation, UseCaseRole::Neither,
        ["eerstelijnscentrum", "centre de soins primaires", "Zentrum der Grundversorgung", "primary health care centre"]),
    row("orgpublichealth", PartyKind::Organisation, UseCaseRole::Neither,
        ["dienst volksgezondheid", "service de santé publique", "Gesundheitsamt", "public health service"]),
    row("orgprevention", PartyKind::Organisation, UseCaseRole::Neither,
        ["preventiedienst", "service de prévention", "Präventionsdienst", "prevention service"]),
    row("orgretirementhome", PartyKind::Organisation, UseCaseRole::Neither,
        ["woonzorgcentrum", "maison de repos", "Altenheim", "retirement home"]),
    row("orgrevalidationcenter", PartyKind::Organisation, UseCaseRole::Neither,
        ["revalidatiecentrum", "centre de revalidation", "Rehabilitationszentrum", "rehabilitation centre"]),
    row("orgshelteredliving", PartyKind::Organisation, UseCaseRole::Neither,
        ["beschut wonen", "habitation protégée", "betreutes Wohnen", "sheltered living"]),
    row("orgpsychiatriccarehome", PartyKind::Organisation, UseCaseRole::Neither,
        ["psychiatrisch verzorgingstehuis", "maison de soins psychiatriques", "psychiatrisches Pflegeheim", "psychiatric care home"]),
    row("orgpolyclinic", PartyKind::Organisation, UseCaseRole::Neither,
        ["polikliniek", "polyclinique", "Poliklinik", "polyclinic"]),
    row("guardpost", PartyKind::Organisation, UseCaseRole::Neither,
        ["huisartsenwachtpost", "poste de garde", "Bereitschaftsdienst", "guard post"]),
    row("groupofnurses", PartyKind::Organisation, UseCaseRole::Consents,
        ["groepering van verpleegkundigen", "groupement d'infirmiers", "Gruppe von Krankenpflegern", "group of nurses"]),
    row("groupofphysicianssameaddress", PartyKind::Organisation, UseCaseRole::Neither,
        ["artsengroep op één adres", "groupement de médecins à la même adresse", "Ärztegruppe an einer Adresse", "group of physicians at one address"]),
    row("groupofphysiciansdifferentaddress", PartyKind::Organisation, UseCaseRole::Neither,
        ["artsengroep op verschillende adressen", "groupement de médecins à des adresses différentes", "Ärztegruppe an mehreren Adressen", "group of physicians at several addresses"]),
    row("application", PartyKind::Application, UseCaseRole::Neither,
        ["software", "logiciel", "Software", "software"]),
    row("hub", PartyKind::Other, UseCaseRole::Neither,
        ["hub", "hub", "Hub", "hub"]),
    row("patient", PartyKind::Other, UseCaseRole::Neither,
        ["patiënt", "patient", "Patient", "patient"]),
    row("certificateholder", PartyKind::Other, UseCaseRole::Neither,
        ["certificaathouder", "titulaire de certificat", "Zertifikatsinhaber", "certificate holder"]),
    row("ecaresafe", PartyKind::Other, UseCaseRole::Neither,
        ["digitale kluis", "coffre-fort numérique", "digitaler Tresor", "digital safe"]),
];

const fn row(code: &'static str, kind: PartyKind, role: UseCaseRole, names: [&'static str; 4]) -> HcPartyType {
    HcPartyType {
        code,
        kind,
        role,
        names: CodeNames::new(names),
    }
}
