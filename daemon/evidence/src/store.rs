//! The store of a desk: it writes its own chain into the embedded database, and reads it again.
//!
//! ```text
//! record(draft)      content and header are written, and the disk has confirmed them
//! sign_head()        a statement of the chain's length, signed with the key of the desk: the first record of a day has one
//! verify, export     all chains of the database
//!
//! ends.rs            how the chain begins and what its heads say     purge.rs   contents that are dropped
//! ```
//!
//! The disk of the desk always has the first copy, so that an answer never waits for a network. Where the institution has
//! a server, `delivery.rs` brings the records there.

use crate::chain::{ChainEnd, ChainReport, Genesis, missing_chains};
use crate::counts::{CountDraft, CountMonth, MonthCounts};
use crate::database::DatabasePlace;
use crate::ends::{begin_chain, end_of, head_text, is_among, sign_end, sign_head_of_day};
use crate::error::{EvidenceError, of_system};
use crate::export::{ContentChoice, ExportLines, write_export};
use crate::file_signer::FileSigner;
use crate::keys::DeskKeys;
use crate::ledger::{FoundRecord, Ledger, RecordEntry, RecordSearch, StoredRecord};
use crate::patient::{PatientChoice, PatientExport};
use crate::record::{
    EvidenceId, FORMAT, RecordDraft, RecordHeader, content_text, hash, read_canonical, time_text, write_canonical,
};
use crate::sealing::{ContentPlace, Opening, Sealing};
use crate::verify::verify_chain;
use beid_host::room::must_have_room;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex as StdMutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex, Notify, RwLock};
use zeroize::Zeroizing;

/// Room on the disk that is claimed before a person is asked for a PIN, in bytes: for the record, the pages that it touches,
/// and the file of a signature that cannot be recorded after all.
pub(crate) const ROOM: u64 = 16 << 20;
/// Number of receipts that are remembered; beyond it, the same is written again.
const REMEMBERED: usize = 4096;

/// Store of a desk.
pub struct EvidenceStore {
    directory: PathBuf,
    /// The one writer.
    writer: Mutex<Ledger>,
    /// Reads beside the writer, so that a verification does not keep records waiting.
    reader: Mutex<Ledger>,
    keys: RwLock<DeskKeys>,
    sealing: Sealing,
    /// Receipts of records that are written once, however often the same is done.
    once: StdMutex<HashMap<String, Receipt>>,
    /// Tells the delivery that there is something to deliver.
    pub(crate) written: Notify,
}

/// Proof that a record is on the disk. Only the store makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    id: EvidenceId,
    position: u64,
}

impl Receipt {
    /// Id of the record.
    #[must_use]
    pub fn id(&self) -> &EvidenceId {
        &self.id
    }

    /// Position of the record in the chain of the desk.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }
}

/// A record with its content.
pub struct EvidenceRecord {
    /// Members of the header.
    pub header: RecordHeader,
    /// Text of the header.
    pub text: String,
    /// Key of its caller; `None` if the content was dropped.
    pub owner: Option<String>,
    /// State of the content.
    pub content: RecordContent,
}

/// Content of a record, as far as it can be read here.
pub enum RecordContent {
    /// The text.
    Text(Zeroizing<String>),
    /// It was dropped: its time was over, or the server has it.
    Dropped,
    /// It is sealed to the institution.
    Sealed,
}

impl EvidenceStore {
    /// Opens the store in `directory`, or makes it. A desk without keys, or whose keys are not those of a chain in the
    /// database, begins a new chain, which names the ends of those before.
    ///
    /// # Errors
    /// Those of the database and of the file of keys.
    pub async fn open(directory: &Path, sealing: Sealing, now: Timestamp) -> Result<Self, EvidenceError> {
        let file = DatabasePlace::File(database_file(directory));
        let mut writer = Ledger::at(file.clone());
        // Before the keys are looked at: this makes the directory.
        let chains = writer.chains().await?;
        let keys = match DeskKeys::read(&keys_file(directory))? {
            Some(keys) if is_among(&keys, &chains)? => keys,
            _ => begin_chain(&mut writer, directory, DeskKeys::new(), now).await?,
        };
        Ok(Self {
            directory: directory.to_owned(),
            writer: Mutex::new(writer),
            reader: Mutex::new(Ledger::at(file)),
            keys: RwLock::new(keys),
            sealing,
            once: StdMutex::default(),
            written: Notify::new(),
        })
    }

    /// Desk whose chain is being written.
    pub async fn desk(&self) -> String {
        self.keys.read().await.desk().to_owned()
    }

    /// Writes a record, and returns once the disk has confirmed it.
    ///
    /// # Errors
    /// Those of the database: then there is no record, or one whose answer nobody was given.
    pub async fn record(&self, draft: &RecordDraft, now: Timestamp) -> Result<Receipt, EvidenceError> {
        self.record_counted(draft, None, now).await
    }

    /// Writes a record as [`record`](Self::record) does, and adds to the numbers of the month with it: both, or neither. What is
    /// recorded once counts once.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub async fn record_counted(
        &self,
        draft: &RecordDraft,
        counts: Option<&CountDraft>,
        now: Timestamp,
    ) -> Result<Receipt, EvidenceError> {
        let known = || {
            draft
                .once
                .as_ref()
                .and_then(|key| self.written_once().get(key).cloned())
        };
        // Before the lock, so that nobody waits for the disk in vain.
        if let Some(receipt) = known() {
            return Ok(receipt);
        }
        let mut writer = self.writer.lock().await;
        // And behind it: of two callers who do the same at once, one writes.
        if let Some(receipt) = known() {
            return Ok(receipt);
        }
        let keys = self.keys.read().await;
        let end = end_of(&mut writer, keys.desk()).await?;
        let record = self.stored(&keys, draft, &end, now)?;
        let receipt = Receipt {
            id: EvidenceId::parse(&record.header.id).ok_or_else(|| EvidenceError::Internal("an id".to_owned()))?,
            position: record.header.position,
        };
        let end = ChainEnd {
            desk: record.header.desk.clone(),
            hash: record.hash.clone(),
            position: receipt.position,
        };
        let month = |draft| MonthCounts {
            month: CountMonth::at(now),
            draft,
        };
        writer.append_counted(&[record], counts.map(month).as_ref()).await?;
        if let Some(key) = &draft.once {
            let mut once = self.written_once();
            if once.len() >= REMEMBERED {
                once.clear();
            }
            once.insert(key.clone(), receipt.clone());
        }
        // The record stands, so a head that cannot be written takes nothing back.
        if let Err(error) = sign_head_of_day(&mut writer, &keys, &end, now).await {
            tracing::warn!(%error, "the head of the day is not signed");
        }
        self.written.notify_one();
        Ok(receipt)
    }

    fn written_once(&self) -> MutexGuard<'_, HashMap<String, Receipt>> {
        self.once.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored(
        &self,
        keys: &DeskKeys,
        draft: &RecordDraft,
        end: &ChainEnd,
        now: Timestamp,
    ) -> Result<StoredRecord, EvidenceError> {
        let hashes = draft.subjects.iter().map(|number| keys.keyed_hash("patient", number));
        // In order and each once: the second link of a list is often of the same patient.
        let subjects: Vec<String> = hashes.collect::<BTreeSet<_>>().into_iter().collect();
        let card = draft.card.as_ref().map(|number| keys.keyed_hash("card", number));
        let content = Zeroizing::new(content_text(draft, &subjects, card.as_deref())?);
        let header = RecordHeader {
            content: hash(content.as_bytes()),
            desk: end.desk.clone(),
            format: FORMAT,
            id: EvidenceId::new().as_str().to_owned(),
            kind: draft.kind.word().to_owned(),
            position: end.position + 1,
            previous: end.hash.clone(),
            time: time_text(now),
        };
        let place = ContentPlace {
            desk: &header.desk,
            position: header.position,
        };
        let stored = self.sealing.seal(keys, place, content.as_bytes())?;
        let text = write_canonical(&header)?;
        Ok(StoredRecord {
            hash: hash(text.as_bytes()),
            text,
            header,
            content: Some(stored),
            entry: Some(RecordEntry {
                owner: draft.owner.clone(),
                subjects,
                card,
                reference: draft.reference.clone(),
            }),
        })
    }

    /// Makes sure that a record could be written now, so that nobody is asked for a PIN in vain. The disk is
    /// really written to: only then does a full one show. A record takes more than that, so room is claimed besides.
    ///
    /// # Errors
    /// Those of the database; [`EvidenceError::Full`] if there is too little room.
    pub async fn must_be_ready(&self, now: Timestamp) -> Result<(), EvidenceError> {
        let mut writer = self.writer.lock().await;
        must_have_room(&self.directory, ROOM).map_err(|error| of_system(&writer.place().name(), &error))?;
        writer.try_writing(&time_text(now)).await
    }

    /// Signs the end of the chain now, if no head stands there, and returns it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sign_head(&self, now: Timestamp) -> Result<ChainEnd, EvidenceError> {
        let mut writer = self.writer.lock().await;
        let keys = self.keys.read().await;
        let end = end_of(&mut writer, keys.desk()).await?;
        sign_end(&mut writer, &keys, &end, now).await?;
        self.written.notify_one();
        Ok(end)
    }

    /// Writes the text of a head of the end of the chain, for a care provider to sign; `None` if there is no record yet. The
    /// desk signs the same end.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn head_to_sign(&self, now: Timestamp) -> Result<Option<String>, EvidenceError> {
        let mut writer = self.writer.lock().await;
        let keys = self.keys.read().await;
        let end = end_of(&mut writer, keys.desk()).await?;
        sign_end(&mut writer, &keys, &end, now).await?;
        (end.position > 0).then(|| head_text(&end, now)).transpose()
    }

    /// Signs the end of the chain, and closes the database. It is opened again when it is used.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn close(&self, now: Timestamp) -> Result<(), EvidenceError> {
        let signed = self.sign_head(now).await;
        // The reader first: the last connection to be closed empties the log.
        self.reader.lock().await.close().await?;
        self.writer.lock().await.close().await?;
        signed.map(drop)
    }

    /// Begins a new chain, because the server has another record in the place of one of this chain.
    ///
    /// # Errors
    /// Those of the database and of the file of keys.
    pub(crate) async fn begin_new_chain(&self, now: Timestamp) -> Result<(), EvidenceError> {
        let mut writer = self.writer.lock().await;
        let mut keys = self.keys.write().await;
        let end = end_of(&mut writer, keys.desk()).await?;
        sign_end(&mut writer, &keys, &end, now).await?;
        *keys = begin_chain(&mut writer, &self.directory, keys.successor(), now).await?;
        Ok(())
    }

    /// Keyed hash by which the patient with this national number is found.
    pub(crate) async fn hash_of_patient(&self, number: &str) -> String {
        self.keys.read().await.keyed_hash("patient", number)
    }

    /// Finds records, the latest first. `about` is the national number of a patient.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn search(
        &self,
        mut search: RecordSearch,
        about: Option<&str>,
    ) -> Result<Vec<FoundRecord>, EvidenceError> {
        if let Some(number) = about {
            search.subject = self.hash_of_patient(number).await;
        }
        self.reader.lock().await.search(&search).await
    }

    /// Returns the record with this id, without its content; `None` if there is none.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, id: &EvidenceId) -> Result<Option<FoundRecord>, EvidenceError> {
        self.reader.lock().await.by_id(id.as_str()).await
    }

    /// Returns the content of a record.
    ///
    /// # Errors
    /// Those of the database; [`EvidenceError::Sealed`] if the content was changed.
    pub async fn content(&self, found: &FoundRecord) -> Result<RecordContent, EvidenceError> {
        let stored = self.reader.lock().await.content(&found.desk, found.position).await?;
        let keys = self.keys.read().await;
        let opening = Opening {
            desk: Some(&keys),
            institution: None,
        };
        let place = ContentPlace {
            desk: &found.desk,
            position: found.position,
        };
        let Some(opened) = stored.map(|stored| opening.open(place, &stored)).transpose()? else {
            return Ok(RecordContent::Dropped);
        };
        let Some(octets) = opened else {
            return Ok(RecordContent::Sealed);
        };
        // What is not the content of its header is no evidence of anything.
        if hash(&octets) != found.read_header()?.content {
            return Err(EvidenceError::Sealed {
                desk: found.desk.clone(),
                position: found.position,
            });
        }
        let text = String::from_utf8_lossy(&octets).into_owned();
        Ok(RecordContent::Text(Zeroizing::new(text)))
    }

    /// Returns a record with its content; `None` if there is none with this id.
    ///
    /// # Errors
    /// As [`EvidenceStore::content`].
    pub async fn show(&self, id: &EvidenceId) -> Result<Option<EvidenceRecord>, EvidenceError> {
        let Some(found) = self.find(id).await? else {
            return Ok(None);
        };
        Ok(Some(EvidenceRecord {
            header: found.read_header()?,
            content: self.content(&found).await?,
            text: found.header,
            owner: found.owner,
        }))
    }

    /// Verifies every chain of the database. `noted` are ends that somebody noted earlier.
    ///
    /// # Errors
    /// Those of the database. A chain that does not hold is no error.
    pub async fn verify(&self, noted: &[ChainEnd]) -> Result<Vec<ChainReport>, EvidenceError> {
        let mut reader = self.reader.lock().await;
        let keys = self.keys.read().await;
        let opening = Opening {
            desk: Some(&keys),
            institution: None,
        };
        let geneses = reader.chains().await?;
        // A later chain knows where those before it ended.
        let read = geneses.iter().filter_map(|genesis| read_canonical::<Genesis>(genesis));
        let earlier = read.flat_map(|genesis| genesis.earlier);
        let noted: Vec<ChainEnd> = noted.iter().cloned().chain(earlier).collect();
        let mut reports = Vec::new();
        for genesis in geneses {
            reports.push(verify_chain(&mut reader, &genesis, &opening, &noted).await?);
        }
        reports.extend(missing_chains(&reports, &noted));
        Ok(reports)
    }

    /// Writes an export of all chains, which ends with a signed head. Its contents are all, those about the patient with the
    /// national number `about`, or those of the caller `owner`.
    ///
    /// # Errors
    /// Those of the database; [`EvidenceError::TooLong`].
    pub async fn export(
        &self,
        about: Option<&str>,
        owner: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<u8>, EvidenceError> {
        let end = self.sign_head(now).await?;
        let mut reader = self.reader.lock().await;
        let keys = self.keys.read().await;
        let choice = match (about, owner) {
            (Some(number), _) => {
                ContentChoice::About(PatientChoice::new(keys.keyed_hash("patient", number), None, None))
            }
            (None, Some(owner)) => ContentChoice::Of(owner.to_owned()),
            (None, None) => ContentChoice::All,
        };
        let opening = Opening {
            desk: Some(&keys),
            institution: None,
        };
        let mut lines = ExportLines::default();
        write_export(&mut reader, &opening, &choice, Some(&end), &mut lines).await?;
        Ok(lines.into_octets())
    }

    /// Returns the records about the patient with the national number `about`, written from one moment on and before another,
    /// with an export of all chains and a key to sign both.
    ///
    /// Patients are known by a key of the desk, so those of chains whose keys were lost are not found.
    ///
    /// # Errors
    /// Those of the database; [`EvidenceError::Sealed`] if a content was changed; [`EvidenceError::TooLong`].
    pub async fn export_about(
        &self,
        about: &str,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<PatientExport, EvidenceError> {
        let end = self.sign_head(now).await?;
        let mut reader = self.reader.lock().await;
        let keys = self.keys.read().await;
        let choice = PatientChoice::new(keys.keyed_hash("patient", about), from, until);
        let opening = Opening {
            desk: Some(&keys),
            institution: None,
        };
        let geneses = reader.chains().await?;
        let mut geneses = geneses.iter().filter_map(|genesis| read_canonical::<Genesis>(genesis));
        let genesis = geneses.find(|genesis| genesis.desk == keys.desk());
        let genesis = genesis.ok_or_else(|| EvidenceError::Internal("a desk without a chain".to_owned()))?;
        let mut lines = ExportLines::default();
        let choice = ContentChoice::About(choice);
        let records = write_export(&mut reader, &opening, &choice, Some(&end), &mut lines).await?;
        Ok(PatientExport {
            lines: lines.into_octets(),
            records,
            signer: FileSigner::new(&keys, &genesis, now)?,
            genesis,
        })
    }

    /// The one writer, for the delivery.
    pub(crate) fn writer(&self) -> &Mutex<Ledger> {
        &self.writer
    }
}

/// The database of a store in `directory`.
pub(crate) fn database_file(directory: &Path) -> PathBuf {
    directory.join("evidence.db")
}

/// The keys of a store in `directory`.
pub(crate) fn keys_file(directory: &Path) -> PathBuf {
    directory.join("desk.keys")
}
