//! A few connections that all single statements share. Requests are pipelined: many are
//! under way on one connection at a time, which costs the least on both sides.
//!
//! Each connection has a task that opens it again after it was lost. Statements are
//! prepared once for each connection.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Statement};

use super::connect::{Connected, Settings};
use super::error::{lost_connection, plan_is_stale};
use crate::db::collect::Collect;
use crate::db::sql::{ByText, Text};
use crate::db::{DbError, Row, Value};

/// The longest pause between two tries to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The shared connections.
pub(super) struct Shared {
    slots: Vec<Arc<Slot>>,
    supervisors: Vec<JoinHandle<()>>,
    next: AtomicUsize,
    /// Changes whenever a connection is opened.
    opened: watch::Receiver<()>,
    acquire: Duration,
}

/// The place of one connection, empty while there is none.
struct Slot(RwLock<Option<Arc<Live>>>);

/// An open connection with the statements prepared on it.
pub(super) struct Live {
    connected: Connected,
    statements: RwLock<ByText<(Text, Statement)>>,
    capacity: usize,
    in_flight: AtomicUsize,
}

/// Why a try failed, as far as it matters for another one.
pub(super) enum Trouble {
    /// The connection died before the statement was sent.
    Unsent(DbError),
    /// The connection died while the statement was under way.
    Lost(DbError),
    /// The prepared statement no longer fits the schema; nothing was run.
    Stale(DbError),
    /// The answer is final.
    Final(DbError),
}

impl Trouble {
    pub(super) fn into_error(self) -> DbError {
        match self {
            Self::Unsent(error) | Self::Lost(error) | Self::Stale(error) | Self::Final(error) => {
                error
            }
        }
    }
}

impl Shared {
    /// Takes the first connection and opens the others in the background.
    pub(super) fn start(
        first: Connected,
        settings: &Settings,
        count: usize,
        capacity: usize,
        acquire: Duration,
    ) -> Self {
        let (announce, opened) = watch::channel(());
        let announce = Arc::new(announce);
        let mut first = Some(first);
        let mut slots = Vec::new();
        let mut supervisors = Vec::new();
        for _ in 0..count.max(1) {
            let live = first.take().map(|it| Arc::new(Live::new(it, capacity)));
            let slot = Arc::new(Slot(RwLock::new(live)));
            supervisors.push(tokio::spawn(supervise(
                Arc::clone(&slot),
                settings.clone(),
                capacity,
                Arc::clone(&announce),
            )));
            slots.push(slot);
        }
        Self {
            slots,
            supervisors,
            next: AtomicUsize::new(0),
            opened,
            acquire,
        }
    }

    /// Runs one statement once.
    pub(super) async fn attempt<C: Collect>(
        &self,
        text: &Text,
        values: &[Value],
        into: C,
    ) -> Result<C::Output, Trouble> {
        // Whoever has waited for a connection in vain does not wait once more.
        let live = self.live().await.map_err(Trouble::Final)?;
        let _flight = Flight::begin(&live);
        let statement = live.statement(text).await?;
        let failed = |error| live.failed(text, error);
        collect(&live.connected.client, &statement, values, into, failed).await
    }

    /// Runs one statement once, and gives its rows as they came.
    pub(super) async fn rows(
        &self,
        text: &Text,
        columns: &[Vec<&Value>],
    ) -> Result<Vec<tokio_postgres::Row>, Trouble> {
        let live = self.live().await.map_err(Trouble::Final)?;
        let _flight = Flight::begin(&live);
        let statement = live.statement(text).await?;
        let failed = |error| live.failed(text, error);
        let client = &live.connected.client;
        let rows = client
            .query_raw(&statement, columns)
            .await
            .map_err(failed)?;
        rows.try_collect().await.map_err(failed)
    }

    /// The types of a statement's parameters.
    pub(super) async fn parameters(&self, text: &Text) -> Result<Vec<Type>, Trouble> {
        let live = self.live().await.map_err(Trouble::Final)?;
        Ok(live.statement(text).await?.params().to_vec())
    }

    /// Prepares a statement on one of the connections.
    pub(super) async fn prepare(&self, text: &Text) -> Result<(), Trouble> {
        let live = self.live().await.map_err(Trouble::Final)?;
        live.statement(text).await.map(|_| ())
    }

    /// How many connections there are at best.
    pub(super) fn connections(&self) -> usize {
        self.slots.len()
    }

    /// Waits until nothing is under way.
    pub(super) async fn idle(&self) {
        let busy = |slot: &Arc<Slot>| {
            slot.get()
                .is_some_and(|it| it.in_flight.load(Ordering::Relaxed) > 0)
        };
        while self.slots.iter().any(busy) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Closes the connections for good.
    pub(super) fn stop(&self) {
        for (slot, supervisor) in self.slots.iter().zip(&self.supervisors) {
            supervisor.abort();
            slot.put(None);
        }
    }

    /// The open connection with the least under way, or the next one to open.
    async fn live(&self) -> Result<Arc<Live>, DbError> {
        if let Some(live) = self.least_busy() {
            return Ok(live);
        }
        let mut opened = self.opened.clone();
        let waiting = async {
            loop {
                opened.mark_unchanged();
                if let Some(live) = self.least_busy() {
                    return Some(live);
                }
                opened.changed().await.ok()?;
            }
        };
        match tokio::time::timeout(self.acquire, waiting).await {
            Ok(Some(live)) => Ok(live),
            _ => Err(DbError::Unavailable(
                "there is no connection to PostgreSQL".to_owned(),
            )),
        }
    }

    #[inline]
    fn least_busy(&self) -> Option<Arc<Live>> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let mut best: Option<(usize, Arc<Live>)> = None;
        for offset in 0..self.slots.len() {
            let Some(live) = self.slots[(start + offset) % self.slots.len()].get() else {
                continue;
            };
            if live.connected.client.is_closed() {
                continue;
            }
            let busy = live.in_flight.load(Ordering::Relaxed);
            if best.as_ref().is_none_or(|(least, _)| busy < *least) {
                best = Some((busy, live));
            }
        }
        best.map(|(_, live)| live)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Slot {
    fn get(&self) -> Option<Arc<Live>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn put(&self, live: Option<Arc<Live>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = live;
    }
}

impl Live {
    fn new(connected: Connected, capacity: usize) -> Self {
        Self {
            connected,
            statements: RwLock::default(),
            capacity: capacity.max(8),
            in_flight: AtomicUsize::new(0),
        }
    }

    async fn statement(&self, text: &Text) -> Result<Statement, Trouble> {
        if let Some((known, statement)) = self
            .statements
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&text.key())
            && known.as_str() == text.as_str()
        {
            return Ok(statement.clone());
        }
        let prepared = self
            .connected
            .client
            .prepare(text.as_str())
            .await
            .map_err(|error| {
                if lost_connection(&error) {
                    Trouble::Unsent(error.into())
                } else {
                    Trouble::Final(error.into())
                }
            })?;
        let mut statements = self
            .statements
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if statements.len() >= self.capacity {
            statements.clear();
        }
        statements.insert(text.key(), (text.clone(), prepared.clone()));
        Ok(prepared)
    }

    /// What an answer of the driver means for another try.
    fn failed(&self, text: &Text, error: tokio_postgres::Error) -> Trouble {
        if lost_connection(&error) {
            Trouble::Lost(error.into())
        } else if plan_is_stale(&error) {
            self.forget(text);
            Trouble::Stale(error.into())
        } else {
            Trouble::Final(error.into())
        }
    }

    /// After a change of the schema no statement of this connection is beyond doubt.
    fn forget(&self, text: &Text) {
        tracing::debug!(
            statement = text.as_str(),
            "the schema changed; statements are prepared anew"
        );
        self.statements
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

/// Sends a prepared statement and reads its rows to the end, which is where the server
/// has committed it.
pub(super) async fn collect<C: Collect>(
    client: &Client,
    statement: &Statement,
    values: &[Value],
    mut collected: C,
    failed: impl Fn(tokio_postgres::Error) -> Trouble,
) -> Result<C::Output, Trouble> {
    let rows = client.query_raw(statement, values).await.map_err(&failed)?;
    let mut rows = pin!(rows);
    let mut unreadable = None;
    while let Some(row) = rows.try_next().await.map_err(&failed)? {
        if unreadable.is_none() && collected.is_open() {
            unreadable = collected.take(&Row::postgres(&row)).err();
        }
    }
    if let Some(error) = unreadable {
        return Err(Trouble::Final(error));
    }
    collected
        .finish(rows.rows_affected().unwrap_or_default())
        .map_err(Trouble::Final)
}

/// Counts a request that is under way.
struct Flight<'l>(&'l Live);

impl<'l> Flight<'l> {
    #[inline]
    fn begin(live: &'l Live) -> Self {
        live.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(live)
    }
}

impl Drop for Flight<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Keeps one slot filled for as long as the service runs.
async fn supervise(
    slot: Arc<Slot>,
    settings: Settings,
    capacity: usize,
    announce: Arc<watch::Sender<()>>,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(live) = slot.get() {
            pause = FIRST_PAUSE;
            live.connected.ended().await;
            tracing::warn!("a connection to PostgreSQL was lost; connecting again");
            slot.put(None);
        }
        match settings.connect().await {
            Ok(connected) => {
                slot.put(Some(Arc::new(Live::new(connected, capacity))));
                announce.send_replace(());
            }
            Err(error) => {
                tracing::warn!(%error, "PostgreSQL cannot be reached; trying again");
                tokio::time::sleep(jittered(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Between half of the pause and all of it, so that instances do not come back all at once.
fn jittered(pause: Duration) -> Duration {
    let mut random = [0; 1];
    // Without randomness the pause is simply whole.
    if getrandom::fill(&mut random).is_err() {
        return pause;
    }
    pause.mul_f64(0.5 + f64::from(random[0]) / 512.0)
}
