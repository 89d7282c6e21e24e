//! The table of measures: what is counted of a group, and how the numbers divide each other.
//!
//! ```text
//! requests ─ operation ─ outcome of each ─ of those done: proof, representative, way
//! patients ─ age, gender, province
//! providers
//! ```
//!
//! Every division is whole: its values add up to what it divides. Besides, there are no more patients and providers than
//! requests that were done, so those are told only where the requests that are shown are as many; and divisions of patients
//! share those of whom nothing is known.

use super::people::{AGE_WORDS, GENDER_WORDS, PROVINCE_WORDS};
use super::suppression::{CountTree, Division, show};
use beid_api::names::EVIDENCE_KINDS;
use beid_api::types::ReportCell;
use beid_evidence::{MonthlyNumber, RecordKind};
use beid_protocol::codes::PROOF_TYPES;
use beid_protocol::identity_reading::ReadingWay;

/// Outcomes of requests.
pub(super) const DONE: &str = "done";
/// A person said no, or did not answer.
pub(super) const DECLINED: &str = "declined";
/// Anything else that was not answered.
pub(super) const REFUSED: &str = "refused";
/// Links without a proof.
pub(super) const NO_PROOF: &str = "none";

/// Traits of patients that the settings want in reports.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traits {
    pub(super) age: bool,
    pub(super) gender: bool,
    pub(super) province: bool,
}

/// Kinds of records whose requests may be represented.
const REPRESENTED: [RecordKind; 6] = [
    RecordKind::TherapeuticLink,
    RecordKind::TherapeuticLinkRevocation,
    RecordKind::Consent,
    RecordKind::ConsentRevocation,
    RecordKind::Exclusion,
    RecordKind::ExclusionRevocation,
];

/// Returns true if requests of this kind are counted by whether somebody acts for the patient.
pub(super) fn counts_representatives(kind: RecordKind) -> bool {
    REPRESENTED.contains(&kind)
}

/// Shows the numbers of a group, as far as they may be shown.
pub(super) fn cells(rows: &[&MonthlyNumber], traits: Traits) -> Vec<ReportCell> {
    let numbers = Numbers(rows);
    let mut cells = Vec::new();
    show("requests", &numbers.requests(), u64::MAX, &mut cells);
    let is_done = |cell: &&ReportCell| {
        let (of, value) = (cell.of.as_deref(), cell.value.as_deref());
        // Every recorded reading of a card is done, so it has no outcome.
        value == Some(DONE) || (of, value) == (Some("requests"), Some(RecordKind::CardRead.word()))
    };
    let done = cells.iter().filter(is_done).filter_map(|cell| cell.number).sum();
    show("patients", &numbers.patients(traits), done, &mut cells);
    let providers = CountTree {
        number: numbers.number("providers", "", ""),
        divisions: Vec::new(),
    };
    show("providers", &providers, done, &mut cells);
    cells
}

/// Numbers of a group.
struct Numbers<'r>(&'r [&'r MonthlyNumber]);

impl Numbers<'_> {
    fn number(&self, measure: &str, part_of: &str, value: &str) -> u64 {
        let cell = |row: &&&MonthlyNumber| {
            let cell = &row.cell;
            (cell.measure.as_str(), cell.part_of.as_str(), cell.value.as_str()) == (measure, part_of, value)
        };
        self.0.iter().filter(cell).map(|row| row.number).sum()
    }

    /// A division whose parts are not divided in turn.
    fn division(
        &self,
        measure: &'static str,
        of: &'static str,
        values: impl IntoIterator<Item = &'static str>,
    ) -> Division {
        let part = |value| {
            let tree = CountTree {
                number: self.number(measure, of, value),
                divisions: Vec::new(),
            };
            (value, tree)
        };
        Division {
            measure,
            of,
            parts: values.into_iter().map(part).collect(),
        }
    }

    fn requests(&self) -> CountTree {
        let kinds = EVIDENCE_KINDS.iter().filter_map(|word| RecordKind::from_word(word));
        // Nobody asks for a purge at a desk's counter.
        let kinds = kinds.filter(|kind| *kind != RecordKind::Purge);
        whole(
            "operation",
            "requests",
            kinds.map(|kind| (kind.word(), self.operation(kind))).collect(),
        )
    }

    fn operation(&self, kind: RecordKind) -> CountTree {
        let of = kind.word();
        let done = CountTree {
            number: self.number("outcome", of, DONE),
            divisions: self.details(kind),
        };
        // Cards are read as often as programs like, so that refusals mean nothing.
        if kind == RecordKind::CardRead {
            return done;
        }
        let mut outcomes = self.division("outcome", of, [REFUSED, DECLINED]).parts;
        outcomes.insert(0, (DONE, done));
        whole("outcome", of, outcomes)
    }

    /// Divisions of what was done.
    fn details(&self, kind: RecordKind) -> Vec<Division> {
        let of = kind.word();
        let mut divisions = Vec::new();
        if kind == RecordKind::TherapeuticLink {
            let made = PROOF_TYPES.iter().filter(|row| row.refused.is_none());
            divisions.push(self.division("proof", of, made.map(|row| row.code).chain([NO_PROOF])));
        }
        if kind == RecordKind::IdentityReading {
            divisions.push(self.division("way", of, ReadingWay::ALL.iter().map(|way| way.word())));
        }
        if counts_representatives(kind) {
            divisions.push(self.division("representative", of, ["yes", "no"]));
        }
        divisions
    }

    fn patients(&self, traits: Traits) -> CountTree {
        let wanted = [
            (traits.age, "age", AGE_WORDS.as_slice()),
            (traits.gender, "gender", GENDER_WORDS.as_slice()),
            (traits.province, "province", PROVINCE_WORDS.as_slice()),
        ];
        let wanted = wanted.into_iter().filter(|(is_wanted, ..)| *is_wanted);
        CountTree {
            number: self.number("patients", "", ""),
            divisions: wanted
                .map(|(_, measure, words)| self.division(measure, "patients", words.iter().copied()))
                .collect(),
        }
    }
}

/// A whole that is the sum of its parts.
fn whole(measure: &'static str, of: &'static str, parts: Vec<(&'static str, CountTree)>) -> CountTree {
    CountTree {
        number: parts.iter().map(|(_, part)| part.number).sum(),
        divisions: vec![Division { measure, of, parts }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::names::REPORT_MEASURES;
    use beid_evidence::{CountCell, CountGroup, CountMonth};

    fn rows(numbers: &[(&str, &str, &str, u64)]) -> Vec<MonthlyNumber> {
        let row = |(measure, part_of, value, number): &(&str, &str, &str, u64)| MonthlyNumber {
            month: CountMonth::parse("2026-11").unwrap(),
            group: CountGroup {
                profession: "persphysician".to_owned(),
                caller: "emr".to_owned(),
                simulated: false,
            },
            cell: CountCell {
                measure: (*measure).to_owned(),
                part_of: (*part_of).to_owned(),
                value: (*value).to_owned(),
            },
            number: *number,
        };
        numbers.iter().map(row).collect()
    }

    fn shown(numbers: &[(&str, &str, &str, u64)], traits: Traits) -> Vec<String> {
        let rows = rows(numbers);
        let cells = cells(&rows.iter().collect::<Vec<_>>(), traits);
        let known: Vec<_> = cells.iter().map(|cell| cell.measure.as_str()).collect();
        assert!(
            known.iter().all(|measure| REPORT_MEASURES.contains(measure)),
            "{known:?}"
        );
        let text = |cell: &ReportCell| {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            let number = cell.number.map_or("-".to_owned(), |number| number.to_string());
            format!("{}/{}/{}={number}", cell.measure, part(&cell.of), part(&cell.value))
        };
        cells.iter().map(text).collect()
    }

    const MONTH: &[(&str, &str, &str, u64)] = &[
        ("outcome", "consent", "done", 40),
        ("outcome", "consent", "declined", 2),
        ("outcome", "consent", "refused", 1),
        ("representative", "consent", "yes", 6),
        ("representative", "consent", "no", 34),
        ("outcome", "therapeutic-link", "done", 90),
        ("proof", "therapeutic-link", "eidreading", 81),
        ("proof", "therapeutic-link", "eidsigning", 6),
        ("proof", "therapeutic-link", "isireading", 2),
        ("proof", "therapeutic-link", "none", 1),
        ("representative", "therapeutic-link", "no", 90),
        ("outcome", "card-read", "done", 120),
        ("outcome", "signature", "done", 3),
        ("outcome", "exclusion", "done", 2),
        ("patients", "", "", 100),
        ("providers", "", "", 2),
        ("gender", "patients", "female", 60),
        ("gender", "patients", "male", 40),
        ("age", "patients", "25-44", 97),
        ("age", "patients", "80+", 3),
    ];

    #[test]
    fn a_month_is_shown_without_what_is_small() {
        let gender = Traits {
            gender: true,
            ..Traits::default()
        };
        let found = shown(MONTH, gender);
        for expected in [
            "requests//=258",
            "operation/requests/therapeutic-link=90",
            "operation/requests/consent=43",
            "operation/requests/card-read=120",
            "operation/requests/signature=-",
            "operation/requests/exclusion=-",
            "outcome/consent/done=40",
            "outcome/consent/declined=-",
            "outcome/consent/refused=-",
            "representative/consent/yes=6",
            "representative/consent/no=34",
            "representative/therapeutic-link/yes=0",
            "proof/therapeutic-link/eidreading=81",
            "proof/therapeutic-link/isireading=-",
            "proof/therapeutic-link/none=-",
            "patients//=100",
            "gender/patients/unknown=0",
            "providers//=-",
        ] {
            assert!(found.contains(&expected.to_owned()), "{expected}: {found:#?}");
        }
        for absent in [
            "outcome/signature",
            "outcome/card-read",
            "age",
            "province",
            "operation/requests/purge",
        ] {
            assert!(
                !found.iter().any(|cell| cell.starts_with(absent)),
                "{absent}: {found:#?}"
            );
        }
    }

    #[test]
    fn people_are_told_only_where_as_many_requests_are() {
        // Five patients, so five consents were done: a sixth that was declined could be computed.
        let month = [
            ("outcome", "consent", "done", 5),
            ("outcome", "consent", "declined", 1),
            ("patients", "", "", 5),
            ("providers", "", "", 5),
        ];
        let found = shown(&month, Traits::default());
        for expected in [
            "requests//=6",
            "outcome/consent/done=-",
            "patients//=-",
            "providers//=-",
        ] {
            assert!(found.contains(&expected.to_owned()), "{expected}: {found:#?}");
        }
    }

    #[test]
    fn every_measure_has_its_place() {
        let traits = Traits {
            age: true,
            gender: true,
            province: true,
        };
        let mut all = MONTH.to_vec();
        all.push(("outcome", "identity-reading", "done", 9));
        let mut found: Vec<_> = shown(&all, traits)
            .iter()
            .map(|cell| cell.split('/').next().unwrap().to_owned())
            .collect();
        found.sort_by_key(|found| REPORT_MEASURES.iter().position(|measure| measure == found));
        found.dedup();
        assert_eq!(found, REPORT_MEASURES);
    }
}
