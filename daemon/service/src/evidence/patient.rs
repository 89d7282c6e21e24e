//! Records about one patient, in one file for the patient who asks for them.
//!
//! ```text
//! EvidenceStore::export_about(...)   the records, all chains around them, a key of the desk for this one file
//! documents::taken_out(...)          requests, proofs and signatures in a content, as the files that they are
//! index::page(...)                   what there is, for a person: a page without script, in the caller's language
//! Container::xades(...)              ASiC-E over all of it, signed by the desk
//! ```
//!
//! Documents that somebody signed keep the signatures that they have. The container adds one of the desk, which says that
//! these are the records there were, and is nobody's signature under what a document says.

mod documents;
mod index;

use super::administration::{midnight, midnight_after, number_of, store};
use super::unavailable;
use crate::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_evidence::{EvidenceError, FileSigner, PatientContent, PatientExport, PatientRecord, RecordHeader};
use beid_pki::Certificate;
use beid_protocol::asic::{Container, File};
use beid_protocol::error::ProtocolError;
use beid_protocol::signature::RawSignature;
use beid_texts::{Language, Message};
use documents::taken_out;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Names of the files that every container has.
const INDEX: &str = "index.html";
const RECORDS: &str = "evidence.json";
const CHAINS: &str = "chain.jsonl";
const DESK: &str = "desk.pem";

/// Media type of the container.
const ASIC_E: &str = "application/vnd.etsi.asic-e+zip";

pub(crate) async fn export_patient_evidence(
    context: Context,
    request: t::PatientEvidenceRequest,
) -> Result<t::PatientEvidenceAnswer, ApiError> {
    let number = number_of(&request.national_number)?;
    let from = request.from.map(|day| midnight("from", day)).transpose()?;
    let until = request.to.map(|day| midnight_after("to", day)).transpose()?;
    let (store, now) = (store(&context).await?, context.service.now());
    let export = store.export_about(&number, from, until, now).await;
    let file = PatientFile {
        number,
        export: export.map_err(|error| {
            let is_too_long = matches!(error, EvidenceError::TooLong { .. });
            if is_too_long { too_long() } else { unavailable(&error) }
        })?,
        language: context.language,
        now,
    };
    // Digests and copies of megabytes: other calls do not wait for them.
    let made = tokio::task::spawn_blocking(move || file.pack());
    let answer = made.await.map_err(ApiError::internal)??;
    tracing::info!(records = answer.records, "records about one patient are exported");
    Ok(answer)
}

/// Material of the file.
struct PatientFile {
    number: String,
    export: PatientExport,
    language: Language,
    now: Timestamp,
}

/// One record, with the documents that were taken out of its content.
struct UnpackedRecord {
    header: RecordHeader,
    state: PatientContentState,
    /// Content without the octets of these documents; their names stand in their place.
    content: Option<Value>,
    documents: Vec<File>,
}

/// State of a content, in words of the file.
#[derive(Clone, Copy, Eq, PartialEq)]
enum PatientContentState {
    Kept,
    Elsewhere,
    Sealed,
    Shared,
}

impl PatientContentState {
    fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Elsewhere => "elsewhere",
            Self::Sealed => "sealed",
            Self::Shared => "shared",
        }
    }
}

impl UnpackedRecord {
    fn new(record: PatientRecord) -> Self {
        let PatientRecord { header, content } = record;
        let (state, text) = match content {
            PatientContent::Text(text) => (PatientContentState::Kept, Some(text)),
            PatientContent::Elsewhere => (PatientContentState::Elsewhere, None),
            PatientContent::Sealed => (PatientContentState::Sealed, None),
            PatientContent::Shared => (PatientContentState::Shared, None),
        };
        // One that a later version wrote in another form is in the chain as it is.
        let mut content = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let folder = format!("documents/{:06}-{}", header.position, header.kind);
        let documents = content.as_mut().map(|content| taken_out(content, &folder));
        Self {
            documents: documents.unwrap_or_default(),
            header,
            state,
            content,
        }
    }

    /// The record for programs.
    fn members(&self) -> Result<Value, ApiError> {
        let mut members = Map::new();
        members.insert(
            "record".to_owned(),
            serde_json::to_value(&self.header).map_err(ApiError::internal)?,
        );
        members.insert("state".to_owned(), self.state.word().into());
        if let Some(content) = &self.content {
            members.insert("content".to_owned(), content.clone());
        }
        let documents = self.documents.iter().map(
            |file| json!({"file": file.name, "mediaType": file.media_type, "sha256": index::sha256(&file.content)}),
        );
        members.insert("documents".to_owned(), documents.collect());
        Ok(Value::Object(members))
    }
}

impl PatientFile {
    /// Makes the container.
    ///
    /// # Errors
    /// `too-large` for more than a container holds.
    fn pack(self) -> Result<t::PatientEvidenceAnswer, ApiError> {
        let Self {
            number,
            export,
            language,
            now,
        } = self;
        let records: Vec<_> = export.records.into_iter().map(UnpackedRecord::new).collect();
        let (authority, signer) = (certificate(export.signer.authority())?, export.signer);
        let summary = index::PatientIndex {
            number: &number,
            desk: &export.genesis.desk,
            made: now,
            records: &records,
        };
        let file = |name: &str, media_type: &str, content: Vec<u8>| File {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            content,
        };
        let mut files = vec![
            file(INDEX, "text/html", index::page(&summary, language).into_bytes()),
            file(RECORDS, "application/json", members(&summary)?),
            file(CHAINS, "application/x-ndjson", export.lines),
            file(
                DESK,
                "application/x-pem-file",
                beid_host::pem::certificate(authority.der()).into_bytes(),
            ),
        ];
        let left_out = |state| records.iter().filter(|record| record.state == state).count();
        let answer = t::PatientEvidenceAnswer {
            records: records.len(),
            elsewhere: left_out(PatientContentState::Elsewhere),
            sealed: left_out(PatientContentState::Sealed),
            shared: left_out(PatientContentState::Shared),
            container: String::new(),
            media_type: ASIC_E.to_owned(),
        };
        files.extend(records.into_iter().flat_map(|record| record.documents));
        let container = signed(files, signer, &authority, now)?;
        Ok(t::PatientEvidenceAnswer {
            container: BASE64.encode(container),
            ..answer
        })
    }
}

/// The records for programs, as one JSON document.
fn members(summary: &index::PatientIndex<'_>) -> Result<Vec<u8>, ApiError> {
    let records = summary.records.iter().map(UnpackedRecord::members);
    let whole = json!({
        "format": 1,
        "nationalNumber": summary.number,
        "desk": summary.desk,
        "made": summary.made.to_string(),
        "version": env!("CARGO_PKG_VERSION"),
        "records": records.collect::<Result<Vec<_>, _>>()?,
    });
    serde_json::to_vec_pretty(&whole).map_err(ApiError::internal)
}

fn too_long() -> ApiError {
    ApiError::new(ErrorCode::TooLarge, Message::new("detail-evidence-container-long"))
}

/// Signs the files for the desk.
fn signed(files: Vec<File>, signer: FileSigner, authority: &Certificate, now: Timestamp) -> Result<Vec<u8>, ApiError> {
    let certificate = certificate(signer.certificate())?;
    let pending = Container::xades(files, &certificate, std::slice::from_ref(authority), now);
    let pending = pending.map_err(|error| {
        // The names are ours, so there can only be too much.
        if matches!(error, ProtocolError::InvalidRequest { .. }) {
            too_long()
        } else {
            error.into()
        }
    })?;
    let signature = signer
        .sign(pending.to_be_signed())
        .map_err(|error| unavailable(&error))?;
    let raw = RawSignature::new(pending.algorithm(), signature);
    Ok(pending.finish(raw)?.to_zip()?)
}

fn certificate(der: &[u8]) -> Result<Certificate, ApiError> {
    Certificate::parse(der).map_err(ApiError::internal)
}
