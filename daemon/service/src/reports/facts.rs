//! Facts that are counted of an answer, and of a refusal.

use super::measures::{DECLINED, DONE, NO_PROOF, REFUSED, counts_representatives};
use super::people::patient;
use super::suppression::UNKNOWN;
use crate::caller::Asker;
use crate::{Context, Service};
use beid_api::types as t;
use beid_api::{AnswerForm, ApiError, ErrorCode, OperationKey, OperationRow};
use beid_evidence::{CountCell, CountDraft, CountGroup, CountedPerson, RecordDraft, RecordKind};
use beid_protocol::codes::{HcPartyType, PartyKind};
use beid_protocol::period::brussels_day;
use beid_settings::{Parties, ReportUse};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Upper limit on the name of a caller, in characters.
const LONGEST_NAME: usize = 100;

/// Provider who counts as active, with the profession: a pharmacy by itself, anybody else as a person where one is named.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct ReportedParty {
    pub(crate) profession: Option<String>,
    /// NIHII number.
    pub(crate) number: Option<String>,
}

impl ReportedParty {
    /// Chooses among the parties of an author, the responsible one first.
    pub(crate) fn choose<'n>(parties: impl Iterator<Item = (&'static HcPartyType, Option<&'n str>)>) -> Self {
        let members: Vec<_> = parties
            .filter(|(party, _)| party.kind != PartyKind::Application)
            .collect();
        let first = members.first();
        let is_unit = first.is_some_and(|(party, _)| party.code == "orgpharmacy");
        let person = || {
            members
                .iter()
                .find(|(party, number)| party.kind == PartyKind::Person && number.is_some())
        };
        let chosen = if is_unit { first } else { person().or(first) };
        Self {
            profession: chosen.map(|(party, _)| party.code.to_owned()),
            number: chosen.and_then(|(_, number)| number.map(str::to_owned)),
        }
    }

    /// Chooses among the parties of the members of a request.
    fn of_members(parties: &[t::PartyMembers]) -> Self {
        Self::choose(parties.iter().map(|party| (party.party_type.0, party.nihii.as_deref())))
    }

    /// The practice in the settings.
    fn practice(service: &Service) -> Self {
        let config = service.config();
        let practice = config.settings.provider.parties.as_ref().map(Parties::author);
        practice
            .map(|practice| Self::of_members(&practice.parties))
            .unwrap_or_default()
    }

    /// A citizen with software of their own: no provider is active.
    pub(crate) fn citizen() -> Self {
        Self {
            profession: Some("patient".to_owned()),
            number: None,
        }
    }
}

/// Facts about an answer that are counted, besides those in its record.
#[derive(Default)]
pub(crate) struct CountFacts {
    /// Provider; absent: the practice in the settings.
    pub(crate) party: Option<ReportedParty>,
    /// Codes of the proofs of links, one for each link.
    pub(crate) proofs: Option<Vec<Option<String>>>,
    /// True if somebody acts for the patient.
    pub(crate) is_represented: bool,
    /// Way in which a document was read.
    pub(crate) way: Option<&'static str>,
    /// Postal code of the patient, if the address was read.
    pub(crate) postal_code: Option<String>,
    /// True if a card was simulated.
    pub(crate) is_simulated: bool,
}

/// Numbers that an answer adds; `None` if the settings want none.
pub(crate) fn counts_of(context: &Context, draft: &RecordDraft, facts: CountFacts) -> Option<CountDraft> {
    let (service, config) = (&context.service, context.service.config());
    let settings = &config.settings.report;
    if settings.store() == ReportUse::Off {
        return None;
    }
    let today = brussels_day(service.now());
    let party = facts.party.clone().unwrap_or_else(|| ReportedParty::practice(service));
    let patients = draft.subjects.iter();
    let postal_code = facts.postal_code.as_deref();
    let patients = patients.map(|number| patient(number, postal_code, settings, today));
    let provider = party.number.clone().map(|number| CountedPerson {
        is_provider: true,
        number,
        age: None,
        gender: None,
        province: None,
    });
    Some(CountDraft {
        people: patients.chain(provider).collect(),
        cells: done(draft.kind, &facts),
        group: group(&context.caller.asker, party, facts.is_simulated || config.simulated),
    })
}

/// Cells of what was done.
fn done(kind: RecordKind, facts: &CountFacts) -> Vec<(CountCell, u64)> {
    let of = kind.word();
    // Each link of a request counts.
    let acts = facts.proofs.as_ref().map_or(1, Vec::len);
    let acts = u64::try_from(acts).unwrap_or(u64::MAX);
    let mut cells = vec![(cell("outcome", of, DONE), acts)];
    if kind == RecordKind::TherapeuticLink {
        let proofs = facts.proofs.iter().flatten();
        cells.extend(proofs.map(|proof| (cell("proof", of, proof.as_deref().unwrap_or(NO_PROOF)), 1)));
    }
    if counts_representatives(kind) {
        let answer = if facts.is_represented { "yes" } else { "no" };
        cells.push((cell("representative", of, answer), acts));
    }
    cells.extend(facts.way.map(|way| (cell("way", of, way), 1)));
    cells
}

fn cell(measure: &str, part_of: &str, value: &str) -> CountCell {
    CountCell {
        measure: measure.to_owned(),
        part_of: part_of.to_owned(),
        value: value.to_owned(),
    }
}

fn group(asker: &Asker, party: ReportedParty, simulated: bool) -> CountGroup {
    let caller: String = match asker {
        Asker::Origin(name) | Asker::Program(name) => name.chars().take(LONGEST_NAME).collect(),
        Asker::OwnPage => "own-page".to_owned(),
    };
    CountGroup {
        profession: party.profession.unwrap_or_else(|| UNKNOWN.to_owned()),
        caller: if caller.is_empty() { UNKNOWN.to_owned() } else { caller },
        simulated,
    }
}

/// A request that is counted if it is refused. Cards are read as often as programs like, so only requests count about which
/// a person may be asked.
pub(crate) struct RefusalToCount {
    service: Arc<Service>,
    kind: RecordKind,
    group: CountGroup,
}

impl RefusalToCount {
    /// Notes a request; `None` if its refusal is not counted.
    pub(crate) fn new(context: &Context, operation: &OperationRow, members: &Map<String, Value>) -> Option<Self> {
        let config = context.service.config();
        if config.settings.report.store() == ReportUse::Off {
            return None;
        }
        let kind = kind_of(operation.key, members.get("operation").and_then(Value::as_str))?;
        let party = party_of(members).unwrap_or_else(|| ReportedParty::practice(&context.service));
        Some(Self {
            service: Arc::clone(&context.service),
            kind,
            group: group(&context.caller.asker, party, config.simulated),
        })
    }

    /// Counts the request if it was refused.
    pub(crate) async fn end(self, outcome: &Result<AnswerForm, ApiError>) {
        let Err(error) = outcome else { return };
        let is_declined = matches!(error.code, ErrorCode::UserDeclined | ErrorCode::UserTimeout);
        let outcome = if is_declined { DECLINED } else { REFUSED };
        let counts = CountDraft {
            cells: vec![(cell("outcome", self.kind.word(), outcome), 1)],
            group: self.group,
            people: Vec::new(),
        };
        // A number that is lost changes no answer.
        if let Err(error) = self.service.evidence.count(&counts, self.service.now()).await {
            tracing::warn!(%error, "a refusal is not counted");
        }
    }
}

/// Kind of the record that a request would have; `None` if its refusals are not counted.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all others are not recorded, or read a card"
)]
fn kind_of(operation: OperationKey, word: Option<&str>) -> Option<RecordKind> {
    let of = |made, ended| match word {
        Some("revoke") => ended,
        Some("put" | "put-bulk") | None => made,
        Some(_) => RecordKind::Inquiry,
    };
    Some(match operation {
        OperationKey::TherapeuticLink => of(RecordKind::TherapeuticLink, RecordKind::TherapeuticLinkRevocation),
        OperationKey::Consent => of(RecordKind::Consent, RecordKind::ConsentRevocation),
        OperationKey::TherapeuticExclusion => of(RecordKind::Exclusion, RecordKind::ExclusionRevocation),
        OperationKey::Sign => RecordKind::Signature,
        OperationKey::RecordIdentityReading => RecordKind::IdentityReading,
        _ => return None,
    })
}

/// The provider that a request names, as far as its members can be read.
fn party_of(members: &Map<String, Value>) -> Option<ReportedParty> {
    let author: t::AuthorMembers = serde_json::from_value(members.get("author")?.clone()).ok()?;
    if author.patient.is_some() {
        return Some(ReportedParty::citizen());
    }
    Some(ReportedParty::of_members(&author.parties))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(code: &str) -> &'static HcPartyType {
        HcPartyType::parse(code).unwrap()
    }

    #[test]
    fn a_pharmacy_counts_by_itself_and_a_hospital_by_its_person() {
        for (parties, profession, number) in [
            (
                vec![("orgpharmacy", Some("1")), ("perspharmacist", Some("2"))],
                "orgpharmacy",
                Some("1"),
            ),
            (
                vec![("orghospital", Some("1")), ("persphysician", Some("2"))],
                "persphysician",
                Some("2"),
            ),
            (
                vec![("orghospital", Some("1")), ("persphysician", None)],
                "orghospital",
                Some("1"),
            ),
            (
                vec![("application", None), ("persnurse", Some("3"))],
                "persnurse",
                Some("3"),
            ),
        ] {
            let chosen = ReportedParty::choose(parties.iter().map(|(code, number)| (party(code), *number)));
            assert_eq!(chosen.profession.as_deref(), Some(profession));
            assert_eq!(chosen.number.as_deref(), number);
        }
        assert_eq!(ReportedParty::choose(std::iter::empty()), ReportedParty::default());
    }

    #[test]
    fn each_link_of_a_request_counts_once_in_every_measure() {
        let facts = CountFacts {
            proofs: Some(vec![Some("eidsigning".to_owned()), None, Some("eidsigning".to_owned())]),
            is_represented: true,
            ..CountFacts::default()
        };
        let cells = done(RecordKind::TherapeuticLink, &facts);
        let sum = |measure: &str| -> u64 {
            let of = cells.iter().filter(|(cell, _)| cell.measure == measure);
            of.map(|(_, number)| number).sum()
        };
        assert_eq!(["outcome", "proof", "representative"].map(sum), [3, 3, 3]);
    }

    #[test]
    fn what_is_refused_has_the_kind_that_its_record_would_have_had() {
        use OperationKey as Key;
        for (key, word, expected) in [
            (
                Key::TherapeuticLink,
                Some("put-bulk"),
                Some(RecordKind::TherapeuticLink),
            ),
            (
                Key::TherapeuticLink,
                Some("revoke"),
                Some(RecordKind::TherapeuticLinkRevocation),
            ),
            (Key::TherapeuticLink, Some("has"), Some(RecordKind::Inquiry)),
            (Key::Consent, Some("put"), Some(RecordKind::Consent)),
            (Key::TherapeuticExclusion, Some("history"), Some(RecordKind::Inquiry)),
            (Key::Sign, None, Some(RecordKind::Signature)),
            (Key::ReadIdentity, None, None),
            (Key::Status, None, None),
        ] {
            assert_eq!(kind_of(key, word), expected, "{word:?}");
        }
    }
}
