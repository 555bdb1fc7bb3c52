//! The server: takes connections, hands requests to the service's router, and stops in good order.
//!
//! `accept` knows sockets, `wire` their bytes, `exchange` one request and its response, `methods`
//! what a path allows, `finish` what is added to responses, `cors` browsers,
//! `compress` bodies, `probes` the health pages, `stop` signals.

mod accept;
mod clock;
#[cfg(feature = "compression")]
mod compress;
mod cors;
mod exchange;
mod finish;
mod line;
mod methods;
mod probes;
mod received;
mod stop;
mod wire;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{Config, LogConfig, ServerConfig};
use crate::db::Db;
use crate::http::Limits;
use crate::idempotency::{self, Keys};
use crate::service::Service;

pub(crate) use cors::is_origin;
pub(crate) use exchange::panic_message;
pub(crate) use stop::{Phase, Signals};

/// What every connection and every request shares.
pub(crate) struct Shared {
    /// The service's name, the domain of its errors.
    name: &'static str,
    limits: Arc<Limits>,
    server: ServerConfig,
    log: LogConfig,
    /// Set once, when the service has started; until then only the probes answer.
    app: OnceLock<App>,
    /// A [`Phase`], for every request to look at without a lock.
    phase: AtomicU8,
    /// Changes once, when the last phase begins.
    stopping: watch::Sender<bool>,
    readiness: probes::Readiness,
    /// Whether the database has a table of the answers to requests with idempotency keys.
    keeps_answers: bool,
    /// How many heads could not be read so far.
    refused_heads: AtomicU64,
    /// Where pages of other origins may come.
    cors: Option<cors::Cors>,
    #[cfg(feature = "docs-ui")]
    docs: Option<crate::docs::Docs>,
}

/// What there is only after the start.
struct App {
    router: Router,
    db: Db,
}

/// A server that takes connections. Dropping it does not stop it.
pub(crate) struct Server {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
    address: Option<SocketAddr>,
}

impl Server {
    /// Begins to take connections. Until [`ready`](Self::ready) every request but the probes' is 503.
    pub(crate) fn start<S: Service>(listener: TcpListener, config: &Config) -> Self {
        let limits = Limits {
            body: config.server.body_limit,
            // `config` has checked that it is the name of a header.
            caller_header: config.caller.header.as_ref().and_then(|it| it.parse().ok()),
            keys: Arc::new(Keys::new(Some(S::NAME), config.idempotency.ttl)),
        };
        let shared = Arc::new(Shared {
            name: S::NAME,
            limits: Arc::new(limits),
            server: config.server.clone(),
            log: config.log.clone(),
            app: OnceLock::new(),
            phase: AtomicU8::new(Phase::Starting as u8),
            stopping: watch::Sender::new(false),
            readiness: probes::Readiness::default(),
            keeps_answers: S::KEEPS_ANSWERS,
            refused_heads: AtomicU64::new(0),
            cors: cors::Cors::of(&config.cors),
            #[cfg(feature = "docs-ui")]
            docs: S::OPENAPI
                .filter(|_| config.docs.enabled)
                .map(|openapi| crate::docs::Docs::new(S::NAME, openapi)),
        });
        let address = listener.local_addr().ok();
        let accepting = tokio::spawn(accept::accept(listener, Arc::clone(&shared)));
        Self {
            shared,
            accepting,
            address,
        }
    }

    /// Where it listens.
    #[cfg_attr(
        not(feature = "testing"),
        expect(dead_code, reason = "tests ask for the free port")
    )]
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The service has started: requests go to its router from now on.
    pub(crate) fn ready(&self, router: Router, db: Db) {
        let first = self.shared.app.set(App { router, db }).is_ok();
        debug_assert!(first, "a service starts once");
        if self.shared.keeps_answers {
            tokio::spawn(Arc::clone(&self.shared).sweep());
        }
        // A signal may have come while the service started.
        if !self.shared.stands_at(Phase::Draining) {
            self.shared.enter(Phase::Serving);
        }
    }

    /// Serves until a signal says stop, then stops in good order. `false` when a second signal cut that short.
    pub(crate) async fn run_until(self, signals: Signals) -> bool {
        signals.stop().await;
        tracing::info!(
            drain_delay = ?self.shared.server.drain_delay, grace = ?self.shared.server.grace,
            "stopping; a second signal stops at once"
        );
        tokio::select! {
            () = self.stop() => true,
            () = signals.stop() => {
                tracing::warn!("stopped at once by a second signal");
                false
            }
        }
    }

    /// Stops in good order: unready at once, requests taken for `drain_delay`,
    /// then no new connections, and `grace` for what is in flight.
    pub(crate) async fn stop(self) {
        let Self {
            shared, accepting, ..
        } = self;
        shared.enter(Phase::Draining);
        tokio::time::sleep(shared.server.drain_delay).await;
        shared.enter(Phase::Stopping);
        // The accept loop ends when the last connection has.
        let grace = shared.server.grace.max(Duration::from_millis(1));
        if tokio::time::timeout(grace, accepting).await.is_err() {
            tracing::warn!("requests were still in flight at the end of `server.grace`");
        }
        if let Some(app) = shared.app.get() {
            app.db.close().await;
        }
        tracing::info!("stopped");
    }
}

impl Shared {
    fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
        // After the store: whoever is woken looks at the phase.
        if phase == Phase::Stopping {
            self.stopping.send_replace(true);
        }
    }

    /// Whether the server has come to this phase, or past it.
    fn stands_at(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Acquire) >= phase as u8
    }

    /// Removes kept answers once they have expired, for as long as the service runs.
    async fn sweep(self: Arc<Self>) {
        let Some(app) = self.app.get() else { return };
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.limits.keys.pause()) => {}
                () = self.stopping() => return,
            }
            match idempotency::sweep(&app.db, Timestamp::now()).await {
                Ok(0) => {}
                Ok(swept) => tracing::debug!(swept, "answers that had expired were removed"),
                Err(error) => {
                    tracing::warn!(%error, "answers that have expired could not be removed");
                }
            }
        }
    }

    /// Returns when the last phase begins.
    async fn stopping(&self) {
        // The sender lives as long as `self`, so that there is no error.
        let _ = self
            .stopping
            .subscribe()
            .wait_for(|stopping| *stopping)
            .await;
    }
}
