//! The code tables of KMEHR that these documents use, as data.
//!
//! The schema leaves most of these codes open strings, so a typing error would pass it and be refused, or worse be
//! kept, by the platform. One table is one file, and a new code is a new row there.
//!
//! Not here: CD-ENCRYPTION-METHOD, whose only value is `CMS`, and the schemes of identifiers, which are written where
//! the identifiers are (INSS, EID-CARDNO and ISI-CARDNO with the patient; ID-HCPARTY, ID-CBE and LOCAL with the party).

mod capacity;
mod consent_type;
mod link_status;
mod link_type;
mod party_type;
mod proof_type;
mod situation;

pub use capacity::Capacity;
pub use consent_type::{CONSENT_TYPES, ConsentType};
pub use link_status::LinkStatus;
pub use link_type::{LINK_TYPES, LinkFamily, LinkType};
pub use party_type::{HC_PARTY_TYPES, HcPartyType, PartyKind, UseCaseRole};
pub use proof_type::{CardRequired, PROOF_TYPES, PlainProof, Proof, ProofMeans, ProofType};
pub use situation::Situation;

use crate::dialect::Dialect;
use crate::error::ProtocolError;
use crate::therlink::ProofProfile;

/// A value that callers write as a code.
pub trait CallerCode: Copy + 'static {
    /// Finds the value of `code`.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] with the codes that may have been meant; [`ProtocolError::ProofNotAllowed`] for
    /// a proof that clients do not send.
    fn from_code(code: &str) -> Result<Self, ProtocolError>;

    /// The code of the value.
    fn to_code(self) -> &'static str;

    /// Every code that is accepted, in the order of the table.
    fn codes() -> Vec<&'static str>;
}

macro_rules! caller_codes {
    ($($value:ty: $parse:path, $code:expr, $codes:expr;)*) => {$(
        impl CallerCode for $value {
            fn from_code(code: &str) -> Result<Self, ProtocolError> {
                $parse(code)
            }

            fn to_code(self) -> &'static str {
                let code: fn(Self) -> &'static str = $code;
                code(self)
            }

            fn codes() -> Vec<&'static str> {
                $codes.collect()
            }
        }
    )*};
}

// One row: the type, its parser, the code of a value, and all codes.
caller_codes! {
    &'static LinkType: LinkType::parse, |row| row.code, LINK_TYPES.iter().map(|row| row.code);
    &'static HcPartyType: HcPartyType::parse, |row| row.code, HC_PARTY_TYPES.iter().map(|row| row.code);
    &'static ConsentType: ConsentType::parse, |row| row.code, CONSENT_TYPES.iter().map(|row| row.code);
    Proof: Proof::parse, Proof::code, PROOF_TYPES.iter().filter(|row| row.refused.is_none()).map(|row| row.code);
    Situation: Situation::parse, Situation::code, Situation::TABLE.iter().map(|row| row.0);
    LinkStatus: LinkStatus::parse, LinkStatus::code, LinkStatus::TABLE.iter().map(|row| row.0);
    Capacity: Capacity::parse, Capacity::code, Capacity::TABLE.iter().map(|row| row.0);
    Dialect: Dialect::parse, Dialect::name, Dialect::ALL.into_iter().map(Dialect::name);
    ProofProfile: ProofProfile::parse, ProofProfile::name, ProofProfile::ALL.into_iter().map(ProofProfile::name);
}

/// A short name in the four languages of our prompts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CodeNames {
    /// Dutch.
    pub nl: &'static str,
    /// French.
    pub fr: &'static str,
    /// German.
    pub de: &'static str,
    /// English.
    pub en: &'static str,
}

impl CodeNames {
    /// Takes the names in Dutch, French, German and English.
    const fn new([nl, fr, de, en]: [&'static str; 4]) -> Self {
        Self { nl, fr, de, en }
    }
}

/// The row of `table` with `code`, or an error that lists what may have been meant.
pub(crate) fn find<T>(
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
    // A text this long is no misspelt code, and the distance costs the product of both lengths.
    if code.len() > 64 {
        return Vec::new();
    }
    // The tables are in lower case, so capitals and blanks do not count as differences.
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
        let consents: HashSet<_> = CONSENT_TYPES.iter().map(|row| row.code).collect();
        assert_eq!((links.len(), LINK_TYPES.len()), (18, 18));
        assert_eq!((parties.len(), HC_PARTY_TYPES.len()), (55, 55));
        assert_eq!((proofs.len(), PROOF_TYPES.len()), (10, 10));
        assert_eq!((consents.len(), CONSENT_TYPES.len()), (3, 3));
    }

    #[test]
    fn each_code_is_named_in_all_languages() {
        let links = LINK_TYPES.iter().map(|row| (row.code, row.names));
        let parties = HC_PARTY_TYPES.iter().map(|row| (row.code, row.names));
        let consents = CONSENT_TYPES.iter().map(|row| (row.code, row.names));
        for (code, CodeNames { nl, fr, de, en }) in links.chain(parties).chain(consents) {
            for name in [nl, fr, de, en] {
                assert!(
                    !name.is_empty() && name.trim() == name && name.chars().count() <= 60,
                    "{code}: {name}"
                );
            }
        }
    }

    #[test]
    fn capacities_and_statuses_are_read_as_they_are_written() {
        for code in ["parent", "guardian", "administrator", "mandatary"] {
            let capacity = Capacity::parse(code).unwrap();
            assert_eq!(capacity.code(), code);
            assert!(capacity.names().is_some());
        }
        for code in ["active", "inactive", "all"] {
            assert_eq!(LinkStatus::parse(code).unwrap().code(), code);
        }
        assert_eq!(LinkStatus::default().code(), "active");
        assert_eq!(ConsentType::parse("retrospective").unwrap(), ConsentType::USUAL);
    }

    #[test]
    fn who_registers_what_is_as_the_use_cases_list_it() {
        let count = |may: fn(&HcPartyType) -> bool| HC_PARTY_TYPES.iter().filter(|row| may(row)).count();
        // Nineteen professions, pharmacists, and pharmacies.
        assert_eq!(count(HcPartyType::has_links), 21);
        // Physicians, dentists, nurses, pharmacists; pharmacies, hospitals, mutualities, groups of nurses.
        assert_eq!(count(HcPartyType::registers_consents), 8);
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
    fn every_code_is_read_as_it_is_written() {
        fn check<C: CallerCode>(count: usize) {
            let codes = C::codes();
            assert_eq!(codes.len(), count, "{codes:?}");
            for code in codes {
                assert_eq!(C::from_code(code).unwrap().to_code(), code);
            }
        }
        check::<&LinkType>(18);
        check::<&HcPartyType>(55);
        check::<&ConsentType>(3);
        check::<Proof>(6);
        check::<Situation>(3);
        check::<LinkStatus>(3);
        check::<Capacity>(4);
        check::<Dialect>(2);
        check::<ProofProfile>(3);
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
        assert_eq!(
            PROOF_TYPES.iter().filter(|row| row.means == ProofMeans::Signed).count(),
            1
        );
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
