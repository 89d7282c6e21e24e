//! Readings of before, from the store of evidence; and their numbers.

use super::counts::LIMIT_PER_MILLE;
use crate::Context;
use crate::caller::CallerId;
use crate::evidence::{owner_of, unavailable};
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_evidence::{EvidenceId, EvidenceRecord, EvidenceStore, FoundRecord, RecordContent, RecordKind, RecordSearch};
use beid_protocol::period::brussels_midnight;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use std::sync::Arc;

/// Number of readings in one answer.
const PAGE: usize = 100;
/// Character between time and id in the place to go on from; neither contains it.
const BETWEEN: char = '~';

pub(crate) async fn readings(
    context: Context,
    request: t::IdentityReadingsRequest,
) -> Result<t::IdentityReadingsAnswer, ApiError> {
    let mut search = RecordSearch {
        owner: seen_by(&context.caller.id),
        kind: RecordKind::IdentityReading.word().to_owned(),
        // One more than is answered shows if there are more.
        limit: u32::try_from(PAGE + 1).unwrap_or(u32::MAX),
        after: request.after.as_deref().map(place).transpose()?,
        ..RecordSearch::default()
    };
    if let Some(day) = request.from {
        search.from = midnight(day.0)?;
    }
    if let Some(day) = request.to {
        search.until = midnight(day.0.checked_add(1.day()).map_err(ApiError::internal)?)?;
    }
    let mut answer = t::IdentityReadingsAnswer {
        readings: Vec::new(),
        withheld: 0,
        next: None,
    };
    let Some(store) = store(&context).await? else {
        return Ok(answer);
    };
    let mut found = store.search(search, None).await.map_err(|error| unavailable(&error))?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    for record in &found {
        let (id, time) = header(record)?;
        match reading_of(store, &id).await? {
            Some((reading, _)) => answer.readings.push(reading),
            None => answer.withheld += 1,
        }
        if has_more {
            answer.next = Some(format!("{time}{BETWEEN}{}", id.as_str()));
        }
    }
    Ok(answer)
}

pub(crate) async fn reading(
    context: Context,
    request: t::IdentityReadingIdRequest,
) -> Result<t::IdentityReadingAnswer, ApiError> {
    let not_found = || ApiError::from(ErrorCode::NotFound);
    let id = EvidenceId::parse(&request.id).ok_or_else(not_found)?;
    let store = store(&context).await?.ok_or_else(not_found)?;
    let (reading, owner) = reading_of(store, &id).await?.ok_or_else(not_found)?;
    let seen = seen_by(&context.caller.id);
    // Another caller's is as absent as one that never was.
    if seen.is_empty() || owner.as_deref() == Some(seen.as_str()) {
        Ok(reading)
    } else {
        Err(not_found())
    }
}

pub(crate) async fn counts(
    context: Context,
    request: t::ReadingCountsRequest,
) -> Result<t::ReadingCountsAnswer, ApiError> {
    let seen = seen_by(&context.caller.id);
    let owner = (!seen.is_empty()).then_some(seen.as_str());
    let (from, to) = (request.from.map(|day| day.0), request.to.map(|day| day.0));
    Ok(t::ReadingCountsAnswer {
        counts: context.service.readings.report(owner, from, to),
        limit_per_mille: LIMIT_PER_MILLE,
    })
}

/// Key of the caller whose readings are seen; empty for those who see all of this desk: the daemon's own page, and programs
/// of the user, who can read the files themselves.
fn seen_by(caller: &CallerId) -> String {
    match caller {
        CallerId::Bus(_) | CallerId::OwnPage(_) => String::new(),
        CallerId::Token(_) | CallerId::Page { .. } | CallerId::Anonymous => owner_of(caller),
    }
}

async fn store(context: &Context) -> Result<Option<&Arc<EvidenceStore>>, ApiError> {
    let service = &context.service;
    service
        .evidence
        .store(service.now())
        .await
        .map_err(|error| unavailable(&error))
}

/// Id and time of a record that was found.
fn header(record: &FoundRecord) -> Result<(EvidenceId, String), ApiError> {
    let header: Value = serde_json::from_str(&record.header).map_err(ApiError::internal)?;
    let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = EvidenceId::parse(text("id")).ok_or_else(|| ApiError::internal("the header of a record has no id"))?;
    Ok((id, text("time").to_owned()))
}

/// Reads a reading back from its record, with the key of its caller; `None` if there is none, it is no reading, or its
/// content cannot be read here.
async fn reading_of(
    store: &EvidenceStore,
    id: &EvidenceId,
) -> Result<Option<(t::IdentityReadingAnswer, Option<String>)>, ApiError> {
    let shown = store.show(id).await.map_err(|error| unavailable(&error))?;
    let Some(EvidenceRecord {
        header,
        owner,
        content: RecordContent::Text(text),
        ..
    }) = shown
    else {
        return Ok(None);
    };
    if header.kind != RecordKind::IdentityReading.word() {
        return Ok(None);
    }
    let mut content: Value = serde_json::from_str(&text).map_err(ApiError::internal)?;
    let answer = content.get_mut("answer").map(Value::take).unwrap_or_default();
    let mut reading: t::IdentityReadingAnswer = serde_json::from_value(answer).map_err(ApiError::internal)?;
    reading.evidence_id = Some(header.id);
    Ok(Some((reading, owner)))
}

/// Time and id in the place to go on from.
fn place(after: &str) -> Result<(String, String), ApiError> {
    let parts = after.split_once(BETWEEN);
    let whole = parts.filter(|(time, id)| time.parse::<Timestamp>().is_ok() && EvidenceId::parse(id).is_some());
    let (time, id) = whole.ok_or_else(|| ApiError::invalid("after", "must be the next of an answer"))?;
    Ok((time.to_owned(), id.to_owned()))
}

/// The first moment of a day in Belgium, as headers have it.
fn midnight(day: Date) -> Result<String, ApiError> {
    let start = brussels_midnight(day).map_err(ApiError::internal)?;
    Ok(start.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}
