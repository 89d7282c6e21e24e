//! Usual and longest periods of therapeutic links.
//!
//! No schema and no code table gives them: the figures are those that the platform, the mutualities and the networks
//! publish, by contact, actor and situation. The first row that fits counts. A longer period is warned about and not
//! refused: whether the platform caps it is not documented.

use crate::codes::{HcPartyType, LinkFamily, LinkType, Situation};

/// Link types that a rule is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Contacts {
    /// Every type.
    Any,
    /// All types of a family.
    Family(LinkFamily),
    /// One type, by its code.
    Type(&'static str),
}

/// Parties that a rule is about: the author's own provider and the one concerned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actors {
    /// Everybody.
    Any,
    /// Pairs of which one has one of these codes of CD-HCPARTY.
    OneOf(&'static [&'static str]),
}

/// Rule on periods: months by link type, parties and situation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PeriodRule {
    /// The link types.
    pub contacts: Contacts,
    /// The parties.
    pub actors: Actors,
    /// The situation; absent if all fit.
    pub situation: Option<Situation>,
    /// Months that are filled in when no end is given; absent where no source tells.
    pub usual_months: Option<u8>,
    /// Months beyond which there is a warning; absent where no source tells.
    pub longest_months: Option<u8>,
    /// Months beyond which there is a warning when the number of the card was typed instead of read.
    pub longest_typed_months: Option<u8>,
    /// Source of the figures.
    pub source: &'static str,
}

const PHARMACIES: Actors = Actors::OneOf(&["orgpharmacy", "perspharmacist"]);

/// The rules on periods, in the order in which they are tried.
#[rustfmt::skip] // one row, three lines: it is read as a table
pub const PERIOD_RULES: &[PeriodRule] = &[
    rule(Contacts::Any, Actors::Any, Some(Situation::Emergency),
        [Some(1), Some(1), Some(1)],
        "emergency physician: one month from the contact"),
    rule(Contacts::Any, Actors::OneOf(&["guardpost"]), None,
        [Some(1), Some(1), Some(1)],
        "guard post: one month from the contact"),
    // Before its family, which has three months.
    rule(Contacts::Type("hospitalurgency"), Actors::Any, None,
        [Some(1), Some(1), Some(1)],
        "emergency in a hospital: one month from the contact"),
    rule(Contacts::Family(LinkFamily::Hospital), Actors::Any, None,
        [Some(3), Some(3), Some(3)],
        "hospitalisation or ambulatory treatment in a hospital"),
    rule(Contacts::Family(LinkFamily::Referral), Actors::Any, None,
        [Some(3), Some(3), Some(3)],
        "referral"),
    rule(Contacts::Family(LinkFamily::AuthenticSource), Actors::Any, None,
        [Some(12), Some(12), Some(12)],
        "global medical file: one year from its opening, prolonged with it"),
    rule(Contacts::Any, Actors::Any, Some(Situation::Occasional),
        [Some(3), Some(3), Some(3)],
        "occasional contact"),
    // Before its family: in a pharmacy a typed number allows as long a period as a card.
    rule(Contacts::Type("pharmacydelivery"), PHARMACIES, None,
        [Some(15), Some(15), Some(15)],
        "pharmacy delivery, card read or number typed"),
    rule(Contacts::Family(LinkFamily::Citizen), Actors::Any, None,
        [Some(15), Some(15), Some(15)],
        "managed by the patient or a mandatary"),
    // Three months for a typed number is our own caution: no source tells, outside pharmacies.
    rule(Contacts::Family(LinkFamily::Own), Actors::Any, None,
        [Some(15), Some(15), Some(3)],
        "eID read at a consultation; a lasting relation with a general practitioner or pharmacist"),
    // Reached by care pathways and medical houses only: every other family has a row above.
    rule(Contacts::Any, Actors::Any, Some(Situation::LongTerm),
        [Some(15), Some(15), Some(3)],
        "a lasting relation"),
    PeriodRule::UNKNOWN,
];

const fn rule(
    contacts: Contacts,
    actors: Actors,
    situation: Option<Situation>,
    [usual_months, longest_months, longest_typed_months]: [Option<u8>; 3],
    source: &'static str,
) -> PeriodRule {
    PeriodRule {
        contacts,
        actors,
        situation,
        usual_months,
        longest_months,
        longest_typed_months,
        source,
    }
}

impl PeriodRule {
    /// Rule for links that no other rule fits: the platform applies its own period.
    pub const UNKNOWN: Self = rule(
        Contacts::Any,
        Actors::Any,
        None,
        [None, None, None],
        "care pathways and medical houses: no source tells",
    );

    /// Finds the rule for a link of this type between the patient and `parties`.
    #[must_use]
    pub fn find(link_type: &LinkType, parties: &[&HcPartyType], situation: Option<Situation>) -> &'static Self {
        PERIOD_RULES
            .iter()
            .find(|rule| rule.fits(link_type, parties, situation))
            .unwrap_or(&Self::UNKNOWN)
    }

    fn fits(&self, link_type: &LinkType, parties: &[&HcPartyType], situation: Option<Situation>) -> bool {
        let contact = match self.contacts {
            Contacts::Any => true,
            Contacts::Family(family) => link_type.family == family,
            Contacts::Type(code) => link_type.code == code,
        };
        let actor = match self.actors {
            Actors::Any => true,
            Actors::OneOf(codes) => parties.iter().any(|party| codes.contains(&party.code)),
        };
        contact && actor && (self.situation.is_none() || self.situation == situation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::LINK_TYPES;

    #[track_caller]
    fn check(link_type: &str, party: &str, situation: Option<&str>, expected: [Option<u8>; 3]) {
        let rule = PeriodRule::find(
            LinkType::parse(link_type).unwrap(),
            &[HcPartyType::parse(party).unwrap()],
            situation.map(|code| Situation::parse(code).unwrap()),
        );
        let found = [rule.usual_months, rule.longest_months, rule.longest_typed_months];
        assert_eq!(found, expected, "{link_type} {party} {situation:?}");
    }

    const fn all(months: u8) -> [Option<u8>; 3] {
        [Some(months); 3]
    }

    const READ: [Option<u8>; 3] = [Some(15), Some(15), Some(3)];

    #[test]
    fn who_meets_whom_decides() {
        for own in [
            "gpconsultation",
            "specialistconsultation",
            "nurseconsultation",
            "consultation",
            "delivery",
        ] {
            check(own, "persphysician", None, READ);
            check(own, "guardpost", None, all(1));
        }
        check("pharmacydelivery", "orgpharmacy", None, all(15));
        check("pharmacydelivery", "perspharmacist", None, all(15));
        check("pharmacydelivery", "persphysician", None, READ);
        for referral in [
            "gpreferral",
            "specialistreferral",
            "pharmacistreferral",
            "nursereferral",
            "referral",
        ] {
            check(referral, "persphysician", None, all(3));
        }
        check("gmd", "persphysician", None, all(12));
        check("hospitalstay", "orghospital", None, all(3));
        check("hospitalambulatory", "orghospital", None, all(3));
        check("hospitalurgency", "orghospital", None, all(1));
        check("patientmanagement", "persphysician", None, all(15));
        check("carepath", "persphysician", None, [None; 3]);
        check("medicalhouse", "persphysician", None, [None; 3]);
    }

    #[test]
    fn the_situation_may_decide() {
        check("gpconsultation", "persphysician", Some("long-term"), READ);
        check("gpconsultation", "persphysician", Some("occasional"), all(3));
        check("pharmacydelivery", "orgpharmacy", Some("occasional"), all(3));
        check("carepath", "persphysician", Some("long-term"), READ);
        check("carepath", "persphysician", Some("occasional"), all(3));
        for row in LINK_TYPES {
            check(row.code, "persphysician", Some("emergency"), all(1));
        }
    }

    #[test]
    fn a_situation_lengthens_no_stay_and_no_referral() {
        check("hospitalstay", "orghospital", Some("long-term"), all(3));
        check("specialistreferral", "persphysician", Some("long-term"), all(3));
        check("hospitalurgency", "orghospital", Some("occasional"), all(1));
    }

    #[test]
    fn nothing_usual_is_longer_than_the_longest() {
        for rule in PERIOD_RULES {
            assert!(rule.usual_months <= rule.longest_months, "{}", rule.source);
            assert!(rule.longest_typed_months <= rule.longest_months, "{}", rule.source);
        }
    }
}
