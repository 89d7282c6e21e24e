//! Operations on records: finding, reading, exporting and verifying them, and dropping their contents.
//!
//! A website or a program sees what it produced itself, and nothing of others. The user's own programs on the bus see all
//! records, and so does the page that one of them has opened.

use super::{owner_of, unavailable};
use crate::Context;
use crate::caller::CallerId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::types as t;
use beid_api::words::{EvidenceCallerType, EvidenceContentState, EvidenceFault};
use beid_api::{ApiError, CalendarDay, ErrorCode, EvidenceReference, names};
use beid_evidence::{
    ChainEnd, ChainReport, EvidenceId, EvidenceStore, FoundRecord, ProviderHead, PurgeOrder, Purged, RecordContent,
    RecordKind, RecordSearch,
};
use beid_protocol::numbers::Ssin;
use beid_protocol::period::brussels_midnight;
use beid_protocol::verify;
use beid_texts::Message;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::sync::Arc;

/// Number of records in one answer.
const PER_ANSWER: usize = 100;

/// Records that a caller may see.
enum RecordsInReach {
    /// All of them.
    All,
    /// Those of the caller with this key.
    OfOwner(String),
}

impl RecordsInReach {
    fn of_caller(caller: &CallerId) -> Self {
        match caller {
            CallerId::Bus(_) | CallerId::OwnPage(_) => Self::All,
            CallerId::Token(_) | CallerId::Page { .. } | CallerId::Anonymous => Self::OfOwner(owner_of(caller)),
        }
    }

    fn include(&self, found: &FoundRecord) -> bool {
        match self {
            Self::All => true,
            Self::OfOwner(owner) => found.owner.as_ref() == Some(owner),
        }
    }
}

pub(crate) async fn list_evidence(
    context: Context,
    request: t::EvidenceSearchRequest,
) -> Result<t::EvidenceListAnswer, ApiError> {
    let reach = RecordsInReach::of_caller(&context.caller.id);
    let kind = request.kind.as_deref().map(kind_of).transpose()?;
    let from = request.from.map(|day| midnight("from", day)).transpose()?;
    let until = request.to.map(|day| midnight_after("to", day)).transpose()?;
    let search = RecordSearch {
        owner: match &reach {
            RecordsInReach::All => String::new(),
            RecordsInReach::OfOwner(owner) => owner.clone(),
        },
        kind: kind.map(|kind| kind.word().to_owned()).unwrap_or_default(),
        reference: request.reference.map(EvidenceReference::into_text).unwrap_or_default(),
        after: request.after.as_deref().map(place).transpose()?,
        // One more, which tells whether there are more.
        limit: u32::try_from(PER_ANSWER + 1).map_err(ApiError::internal)?,
        ..RecordSearch::default()
    };
    let store = store(&context).await?;
    let found = store.search(search.within(from, until), None).await;
    let mut found = found.map_err(|error| unavailable(&error))?;
    let has_more = found.len() > PER_ANSWER;
    found.truncate(PER_ANSWER);
    let entries = found.iter().map(|found| entry(&context, &reach, found));
    let evidence = entries.collect::<Result<Vec<_>, _>>()?;
    let last = evidence.last().filter(|_| has_more);
    let next = last.map(|last| format!("{}_{}", last.time, last.id));
    Ok(t::EvidenceListAnswer { evidence, next })
}

pub(crate) async fn read_evidence(
    context: Context,
    request: t::EvidenceRequest,
) -> Result<t::EvidenceRecordAnswer, ApiError> {
    let (store, found) = record(&context, &request.id).await?;
    let content = store.content(&found).await.map_err(|error| unavailable(&error))?;
    let reach = RecordsInReach::of_caller(&context.caller.id);
    Ok(t::EvidenceRecordAnswer {
        entry: entry(&context, &reach, &found)?,
        content: match content {
            RecordContent::Text(_) => EvidenceContentState::Kept,
            RecordContent::Dropped => EvidenceContentState::Dropped,
            RecordContent::Sealed => EvidenceContentState::Sealed,
        },
        header: found.header,
    })
}

pub(crate) async fn read_evidence_content(
    context: Context,
    request: t::EvidenceRequest,
) -> Result<t::EvidenceContentAnswer, ApiError> {
    let (store, found) = record(&context, &request.id).await?;
    let gone = |text| Err(ApiError::new(ErrorCode::NotFound, Message::new(text)));
    match store.content(&found).await.map_err(|error| unavailable(&error))? {
        RecordContent::Dropped => gone("detail-evidence-dropped"),
        RecordContent::Sealed => gone("detail-evidence-sealed"),
        RecordContent::Text(text) => Ok(t::EvidenceContentAnswer {
            sha256: found.read_header().map_err(|error| unavailable(&error))?.content,
            id: request.id,
            content: text.as_str().to_owned(),
        }),
    }
}

pub(crate) async fn export_evidence(
    context: Context,
    request: t::EvidenceExportRequest,
) -> Result<t::EvidenceExportAnswer, ApiError> {
    let number = request.national_number.as_deref().map(number_of).transpose()?;
    let store = store(&context).await?;
    let exported = store.export(number.as_deref(), None, context.service.now()).await;
    let exported = exported.map_err(|error| unavailable(&error))?;
    let lines = String::from_utf8(exported).map_err(ApiError::internal)?;
    Ok(t::EvidenceExportAnswer { lines })
}

pub(crate) async fn verify_evidence(
    context: Context,
    request: t::EvidenceVerificationRequest,
) -> Result<t::EvidenceVerificationAnswer, ApiError> {
    let noted = request.noted.unwrap_or_default().into_iter();
    let noted = noted.map(|end| ChainEnd {
        desk: end.desk,
        hash: end.hash,
        position: end.position,
    });
    let store = store(&context).await?;
    let reports = store.verify(&noted.collect::<Vec<_>>()).await;
    let reports = reports.map_err(|error| unavailable(&error))?;
    let roots = &context.service.verification;
    let trusts = verify::Context {
        tsa_roots: &roots.time_stamps,
        ..verify::Context::new(&roots.signers, context.service.now())
    };
    Ok(t::EvidenceVerificationAnswer::new(
        reports
            .into_iter()
            .map(|report| chain_answer(report, &trusts))
            .collect(),
    ))
}

pub(crate) async fn purge_evidence(
    context: Context,
    request: t::EvidencePurgeRequest,
) -> Result<t::EvidencePurgeAnswer, ApiError> {
    let despite = request.despite_retention == Some(true);
    if despite && context.service.config().is_administrators("evidence", "retention") {
        let text = Message::new("detail-evidence-retained-by-administrator");
        return Err(ApiError::new(ErrorCode::PolicyDenied, text));
    }
    let order = match (request.national_number, request.kind, request.before) {
        (Some(number), None, None) => PurgeOrder::About {
            number: number_of(&number)?,
            stays: if despite { Vec::new() } else { to_be_kept(&context) },
        },
        (None, Some(kind), Some(day)) => {
            let (kind, before) = (purgeable(&kind)?, midnight("before", day)?);
            if !despite {
                must_not_be_kept(&context, kind, before)?;
            }
            PurgeOrder::Before(kind, before)
        }
        _ => {
            let reason = "must be given, or kind and before, but not both";
            return Err(ApiError::invalid("nationalNumber", reason));
        }
    };
    let (store, now) = (store(&context).await?, context.service.now());
    let purged = store.purge(&order, request.reason.as_str(), now).await;
    let Purged { dropped, stayed } = purged.map_err(|error| unavailable(&error))?;
    tracing::info!(dropped, stayed, "contents of evidence are dropped, as a person ordered");
    Ok(t::EvidencePurgeAnswer { dropped, stayed })
}

/// Moments from which contents are still to be kept by `evidence.retention`, by kind.
fn to_be_kept(context: &Context) -> Vec<(RecordKind, Timestamp)> {
    let config = context.service.config();
    let retention = config.settings.evidence.retention();
    // Every kind of the settings is one of the store: a test compares them.
    let kinds = retention
        .days()
        .filter_map(|(kind, days)| Some((RecordKind::from_word(kind)?, days)));
    let moment = |(kind, days)| {
        let age = SignedDuration::from_hours(i64::from(days) * 24);
        (kind, context.service.now().checked_sub(age).unwrap_or(Timestamp::MIN))
    };
    kinds.map(moment).collect()
}

/// Refuses to drop what is still to be kept.
fn must_not_be_kept(context: &Context, kind: RecordKind, before: Timestamp) -> Result<(), ApiError> {
    let kept = to_be_kept(context);
    if kept.iter().any(|(kept, from)| *kept == kind && before > *from) {
        let text = Message::new("detail-evidence-retained").arg("kind", kind.word());
        return Err(ApiError::new(ErrorCode::PolicyDenied, text));
    }
    Ok(())
}

pub(super) async fn store(context: &Context) -> Result<Arc<EvidenceStore>, ApiError> {
    let store = context.service.evidence.store(context.service.now()).await;
    let store = store.map_err(|error| unavailable(&error))?;
    let off = || ApiError::new(ErrorCode::PolicyDenied, Message::new("detail-evidence-off"));
    store.map(Arc::clone).ok_or_else(off)
}

/// Finds a record that the caller may see; for others it is as if it were not there.
async fn record(context: &Context, id: &str) -> Result<(Arc<EvidenceStore>, FoundRecord), ApiError> {
    let none = || ApiError::new(ErrorCode::NotFound, Message::new("detail-no-such-record"));
    let id = EvidenceId::parse(id).ok_or_else(none)?;
    let store = store(context).await?;
    let found = store.find(&id).await.map_err(|error| unavailable(&error))?;
    let reach = RecordsInReach::of_caller(&context.caller.id);
    let found = found.filter(|found| reach.include(found)).ok_or_else(none)?;
    Ok((store, found))
}

fn entry(context: &Context, reach: &RecordsInReach, found: &FoundRecord) -> Result<t::EvidenceEntryAnswer, ApiError> {
    let header = found.read_header().map_err(|error| unavailable(&error))?;
    let owner = found.owner.as_deref();
    Ok(t::EvidenceEntryAnswer {
        id: header.id,
        kind: header.kind,
        time: header.time,
        desk: header.desk,
        position: header.position,
        reference: found.reference.as_deref().and_then(EvidenceReference::parse),
        caller: match reach {
            RecordsInReach::All => owner.and_then(|owner| caller_answer(context, owner)),
            RecordsInReach::OfOwner(_) => None,
        },
    })
}

/// Describes the caller with a key, as [`owner_of`] writes it.
fn caller_answer(context: &Context, owner: &str) -> Option<t::EvidenceCallerAnswer> {
    let (caller_type, name) = match owner.split_once(':') {
        Some(("origin", origin)) => (EvidenceCallerType::Website, Some(origin.to_owned())),
        Some(("token", digest)) => (
            EvidenceCallerType::Program,
            context.service.tokens.program_called(digest),
        ),
        None if owner == "bus" => (EvidenceCallerType::Program, None),
        None if owner == "own-page" => (EvidenceCallerType::OwnPage, None),
        Some(_) | None => return None,
    };
    Some(t::EvidenceCallerAnswer { caller_type, name })
}

/// Judgement of a chain, as members.
fn chain_answer(report: ChainReport, trusts: &verify::Context<'_>) -> t::EvidenceChainAnswer {
    let heads = report.provider_heads.iter().map(|head| {
        let ProviderHead {
            record,
            time,
            position,
            text,
            signature,
        } = head;
        // What is no base64 is no signature either.
        let signature = BASE64.decode(signature).unwrap_or_default();
        t::EvidenceProviderHeadAnswer::judge(*record, *position, time, text, &signature, trusts)
    });
    let heads = heads.collect();
    let answer = t::EvidenceChainAnswer {
        desk: report.desk,
        records: report.records,
        contents: report.contents,
        sealed: report.sealed,
        heads: report.heads,
        behind_last_head: report.behind_last_head,
        provider_heads: Vec::new(),
        last_hash: report.last_hash,
        broken: report.broken.map(|broken| t::EvidenceBreakAnswer {
            position: broken.position,
            fault: EvidenceFault::from_word(broken.fault.word()),
        }),
    };
    answer.with_provider_heads(heads)
}

fn kind_of(word: &str) -> Result<RecordKind, ApiError> {
    let known = || format!("must be one of {}", names::EVIDENCE_KINDS.join(", "));
    RecordKind::from_word(word).ok_or_else(|| ApiError::invalid("kind", known()))
}

/// Reads a kind whose contents can be dropped: the reasons of earlier purges stay.
fn purgeable(word: &str) -> Result<RecordKind, ApiError> {
    let kind = kind_of(word)?;
    if kind == RecordKind::Purge {
        let kinds = names::EVIDENCE_KINDS.iter().filter(|kind| **kind != word);
        let kinds: Vec<&str> = kinds.copied().collect();
        return Err(ApiError::invalid(
            "kind",
            format!("must be one of {}", kinds.join(", ")),
        ));
    }
    Ok(kind)
}

pub(super) fn number_of(text: &str) -> Result<String, ApiError> {
    let number = Ssin::parse(text).map_err(|_| ErrorCode::InvalidNationalNumber)?;
    Ok(number.as_str().to_owned())
}

/// First moment of a day in Belgium.
pub(super) fn midnight(member: &str, CalendarDay(day): CalendarDay) -> Result<Timestamp, ApiError> {
    brussels_midnight(day).map_err(|error| ApiError::invalid(member, error.to_string()))
}

/// First moment behind a day in Belgium.
pub(super) fn midnight_after(member: &str, CalendarDay(day): CalendarDay) -> Result<Timestamp, ApiError> {
    let next = day.checked_add(1.day()).map_err(ApiError::internal)?;
    midnight(member, CalendarDay(next))
}

/// Reads the place that `next` of an answer named: time and id of its last record.
fn place(text: &str) -> Result<(String, String), ApiError> {
    let read = text.split_once('_').filter(|(time, id)| {
        let is_time = time.len() == 24 && time.parse::<Timestamp>().is_ok();
        is_time && EvidenceId::parse(id).is_some()
    });
    let (time, id) = read.ok_or_else(|| ApiError::invalid("after", "must be next of the answer before"))?;
    Ok((time.to_owned(), id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_evidence::ChainFault;

    #[test]
    fn faults_of_the_contract_are_those_of_chains() {
        let faults = ChainFault::ALL.map(ChainFault::word);
        assert_eq!(EvidenceFault::WORDS, faults);
    }

    #[test]
    fn a_place_in_the_list_is_one_that_an_answer_named() {
        let id = "0123456789abcdef0123456789abcdef";
        let good = format!("2026-11-28T20:15:00.250Z_{id}");
        let expected = ("2026-11-28T20:15:00.250Z".to_owned(), id.to_owned());
        assert_eq!(place(&good).ok(), Some(expected));
        for wrong in ["", "_", "a", &good[..56], &format!("x{good}"), &good.replace('_', "-")] {
            assert_eq!(place(wrong).unwrap_err().code, ErrorCode::InvalidRequest, "{wrong}");
        }
    }
}
