//! Delivery: the way of a desk's records to the server of its institution, exactly once and in order.
//!
//! The embedded database notes how far the server has confirmed each chain. What is behind is sent in transactions of a
//! few dozen records. A confirmation that gets lost is no harm: the same records sent again are recognised by desk,
//! position and hash, and stay as they are. Another record in the place of one is a fork: the desk has then been set back
//! to an older copy, and begins a new chain.

use crate::chain::Genesis;
use crate::database::{Connection, DatabasePlace};
use crate::error::EvidenceError;
use crate::ledger::{Ledger, RecordRow, StoredHead, StoredRecord, from_column, genesis_of, to_column};
use crate::postgres::ServerAddress;
use crate::statements as sql;
use crate::store::EvidenceStore;
use beid_host::random::random_bytes;
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Number of records in one transaction, at most. After a failure half as many are tried, down to one: over a slow or
/// unsteady line many would never get through in the time that a server is given.
const BATCH: u32 = 64;
/// Waits after failures: the first, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Time for which a connection is kept although nothing waits: the next record often follows at once. A server has room for
/// far fewer connections than an institution has desks.
const LINGER: Duration = Duration::from_millis(250);
/// Time after which the server is asked again although nothing was written.
const IDLE: Duration = Duration::from_secs(600);

/// State of the delivery, for people.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeliveryState {
    /// Number of records that the server has not confirmed.
    pub waiting: u64,
    /// Reason why they wait; `None` if the server took the last ones.
    pub error: Option<String>,
    /// Time of the last confirmation.
    pub confirmed: Option<Timestamp>,
    /// Number of records that stay on this computer alone, because the server has others in their places; `None` if this
    /// computer's store is no older copy.
    pub set_back: Option<u64>,
}

/// Delivery of one store's records to a server.
pub struct Delivery {
    store: Arc<EvidenceStore>,
    server: Ledger,
    /// Drops contents here once the server has them.
    drops: bool,
    clock: fn() -> Timestamp,
    /// Number of records in the next transaction.
    batch: u32,
    /// Chains that the server has another continuation of.
    forked: HashSet<String>,
    /// Chains that were compared with the server's since the start.
    compared: HashSet<String>,
    state: Arc<Mutex<DeliveryState>>,
}

impl Delivery {
    /// Makes the delivery of `store` to `server`. `drops` says that contents are kept on the server alone.
    #[must_use]
    pub fn new(store: Arc<EvidenceStore>, server: ServerAddress, drops: bool, clock: fn() -> Timestamp) -> Self {
        Self {
            store,
            server: Ledger::at(DatabasePlace::Server(server)),
            drops,
            clock,
            batch: BATCH,
            forked: HashSet::new(),
            compared: HashSet::new(),
            state: Arc::default(),
        }
    }

    /// Puts no more than `count` records into the first transaction, so that few records are many transactions.
    #[cfg(test)]
    pub(crate) fn in_batches_of(self, count: u32) -> Self {
        Self { batch: count, ..self }
    }

    /// State of it, to be looked at while it runs.
    #[must_use]
    pub fn state(&self) -> Arc<Mutex<DeliveryState>> {
        Arc::clone(&self.state)
    }

    /// Delivers until the returned future is dropped.
    pub async fn run(mut self) {
        let mut wait = WAITS.0;
        loop {
            match self.deliver().await {
                Ok(()) => {
                    wait = WAITS.0;
                    if timeout(LINGER, self.store.written.notified()).await.is_ok() {
                        continue;
                    }
                    if let Err(error) = self.server.close().await {
                        tracing::debug!(%error, "the connection to the server of evidence is not closed well");
                    }
                    // An error means that the time is over, and then the server is asked.
                    drop(timeout(IDLE, self.store.written.notified()).await);
                }
                Err(error) => {
                    tracing::warn!(%error, "records of evidence wait on this computer");
                    // Not waked by new records: a server in trouble is not helped by more attempts.
                    sleep(spread(wait)).await;
                    wait = (wait * 2).min(WAITS.1);
                }
            }
        }
    }

    /// Delivers everything that waits.
    ///
    /// # Errors
    /// Those of both databases. What was confirmed before stays so.
    pub async fn deliver(&mut self) -> Result<(), EvidenceError> {
        self.note_waiting().await;
        let mut done = self.deliver_chains().await;
        if done.is_ok() {
            done = self.deliver_counts().await;
        }
        self.note_waiting().await;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &done {
            Ok(()) => {
                self.batch = (self.batch * 2).min(BATCH);
                state.error = None;
                state.confirmed = Some((self.clock)());
            }
            Err(error) => {
                self.batch = (self.batch / 2).max(1);
                state.error = Some(error.to_string());
            }
        }
        done
    }

    /// Notes in the state how many records wait: before the first is sent, and behind each part.
    async fn note_waiting(&self) {
        if let Ok((waiting, set_back)) = self.waiting().await {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.waiting, state.set_back) = (waiting, set_back);
        }
    }

    async fn deliver_chains(&mut self) -> Result<(), EvidenceError> {
        let chains = self.store.writer().lock().await.chains().await?;
        for genesis in chains {
            let read = genesis_of(&genesis)?;
            if self.forked.contains(&read.desk) {
                continue;
            }
            match self.deliver_chain(&read, &genesis).await {
                Err(EvidenceError::Forked { position, .. }) => self.fork(&read.desk, position).await?,
                done => done?,
            }
        }
        Ok(())
    }

    /// Brings the numbers of months that are over. Their chains are there by then.
    async fn deliver_counts(&mut self) -> Result<(), EvidenceError> {
        self.store.close_months((self.clock)()).await?;
        let months = self.store.writer().lock().await.months_to_deliver().await?;
        for (month, desk) in months {
            let rows = self.store.writer().lock().await.counts(&month, &month).await?;
            self.server.deliver_counts(&desk, &rows).await?;
            self.store.writer().lock().await.set_month_delivered(&month).await?;
        }
        Ok(())
    }

    /// Leaves a chain that cannot be continued on the server; a desk that writes it begins another.
    async fn fork(&mut self, desk: &str, position: u64) -> Result<(), EvidenceError> {
        tracing::error!(
            desk,
            position,
            "the server has another record here: this computer's store is an older copy, and its records from here on stay on it"
        );
        let confirmed = position.saturating_sub(1);
        self.store
            .writer()
            .lock()
            .await
            .set_delivered(desk, confirmed, self.drops)
            .await?;
        if self.store.desk().await == desk {
            self.store.begin_new_chain((self.clock)()).await?;
            // The new chain is delivered in the next round.
            self.store.written.notify_one();
        }
        // Last: a chain whose end could not be noted is found again in the next round.
        self.forked.insert(desk.to_owned());
        Ok(())
    }

    async fn deliver_chain(&mut self, chain: &Genesis, genesis: &str) -> Result<(), EvidenceError> {
        let desk = &chain.desk;
        let mut after = self.store.writer().lock().await.delivered(desk).await?;
        let mut is_first = true;
        loop {
            let (records, heads) = self.waiting_part(desk, after).await?;
            // Compared once in any case: a store that was set back must not write on before that is noticed.
            if records.is_empty() && heads.is_empty() && after > 0 && self.compared.contains(desk) {
                return Ok(());
            }
            if std::mem::take(&mut is_first) {
                self.server.add_chain(desk, genesis).await?;
                let there = self.must_be_prefix(desk).await?;
                self.compared.insert(desk.clone());
                // A server that was set back to an older copy gets again what it has lost.
                if there < after {
                    after = there;
                    continue;
                }
            }
            self.server.append(&records).await?;
            self.server.add_heads(desk, &heads).await?;
            let Some(last) = records.last() else { return Ok(()) };
            after = last.header.position;
            self.store
                .writer()
                .lock()
                .await
                .set_delivered(desk, after, self.drops)
                .await?;
            self.note_waiting().await;
        }
    }

    /// Reads the next records behind `after`, and the heads at them and at `after`, which can be signed later.
    async fn waiting_part(
        &self,
        desk: &str,
        after: u64,
    ) -> Result<(Vec<StoredRecord>, Vec<StoredHead>), EvidenceError> {
        let mut local = self.store.writer().lock().await;
        let rows = local.part(desk, after, self.batch).await?;
        let last = rows.last().map_or(after, |row| row.position);
        let heads = local.heads(desk, to_column(after)? - 1, last).await?;
        let records: Option<Vec<_>> = rows.into_iter().map(RecordRow::into_record).collect();
        let records = records.ok_or_else(|| EvidenceError::Damaged {
            place: local.place().name(),
            detail: format!("chain of desk {desk}, behind record {after}"),
        })?;
        Ok((records, heads))
    }

    /// Refuses a chain that is longer on the server than here, and returns its length there: its next records would have
    /// other places.
    async fn must_be_prefix(&mut self, desk: &str) -> Result<u64, EvidenceError> {
        let there = self.server.end(desk).await?.map_or(0, |end| end.position);
        let here = self.store.writer().lock().await.end(desk).await?;
        let here = here.map_or(0, |end| end.position);
        if there > here {
            return Err(EvidenceError::Forked {
                place: self.server.place().name(),
                desk: desk.to_owned(),
                position: self.common(desk, here).await? + 1,
            });
        }
        Ok(there)
    }

    /// Number of records, of the first `count` here, that the server has too. Each record vouches for those before it, so
    /// halving finds the last.
    async fn common(&mut self, desk: &str, count: u64) -> Result<u64, EvidenceError> {
        let (mut same, mut other) = (0, count + 1);
        while other - same > 1 {
            let middle = same + (other - same) / 2;
            let here = self.store.writer().lock().await.hash_at(desk, middle).await?;
            if here == self.server.hash_at(desk, middle).await? {
                same = middle;
            } else {
                other = middle;
            }
        }
        Ok(same)
    }

    /// Number of records that the server has not confirmed, and of those that it will never have.
    async fn waiting(&self) -> Result<(u64, Option<u64>), EvidenceError> {
        let mut local = self.store.writer().lock().await;
        let (mut waiting, mut set_back) = (0, None);
        for genesis in local.chains().await? {
            let desk = genesis_of(&genesis)?.desk;
            let end = local.end(&desk).await?.map_or(0, |end| end.position);
            let unconfirmed = end.saturating_sub(local.delivered(&desk).await?);
            if self.forked.contains(&desk) {
                set_back = Some(set_back.unwrap_or(0) + unconfirmed);
            } else {
                waiting += unconfirmed;
            }
        }
        Ok((waiting, set_back))
    }
}

/// Shortens a wait at random, to no less than half: desks that lost their server together do not all come back at once.
fn spread(wait: Duration) -> Duration {
    let part = u32::from(u8::from_le_bytes(random_bytes()));
    wait / 2 + wait / 2 * part / 255
}

/// Notes of the embedded database about the delivery.
impl Ledger {
    /// Position up to which the server has confirmed a chain.
    pub(crate) async fn delivered(&mut self, desk: &str) -> Result<u64, EvidenceError> {
        let mut connection = self.connect().await?;
        let done = match &mut connection {
            Connection::Sqlite(one) => {
                sqlx::query_scalar::<_, i64>(sql::DELIVERED)
                    .bind(desk)
                    .fetch_optional(&mut *one)
                    .await
            }
            Connection::Postgres(_) => Ok(None),
        };
        let position = self.settle(connection, done)?;
        from_column(position.unwrap_or(0))
    }

    /// Notes that the server has confirmed a chain up to `position`, and drops the contents here if `drops` says so.
    async fn set_delivered(&mut self, desk: &str, position: u64, drops: bool) -> Result<(), EvidenceError> {
        let position = to_column(position)?;
        let mut connection = self.connect().await?;
        let begin = connection.begin();
        let done = async {
            let Connection::Sqlite(one) = &mut connection else {
                return Ok(());
            };
            let mut transaction = sqlx::Connection::begin_with(one, begin).await?;
            sqlx::query(sql::SET_DELIVERED)
                .bind(desk)
                .bind(position)
                .execute(&mut *transaction)
                .await?;
            if drops {
                sqlx::query(sql::DROP_DELIVERED)
                    .bind(desk)
                    .bind(position)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await
        };
        let done = done.await;
        self.settle(connection, done)
    }
}
