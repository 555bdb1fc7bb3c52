//! When to stop: the phases of a server's life, and the signals that end it.

use std::sync::Arc;

use tokio::sync::Notify;

/// Where a server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Listening, and not started yet: migrations may be running.
    Starting,
    /// In service.
    Serving,
    /// Told to stop, not ready any more, and still taking requests: those who
    /// send them learn of it only after a while.
    Draining,
    /// Taking no more connections; what is in flight is finished.
    Stopping,
}

/// SIGTERM and SIGINT. Each one is counted, however many come while nobody waits.
pub(crate) struct Signals {
    arrived: Arc<Notify>,
}

impl Signals {
    /// Catches them from now on.
    pub(crate) fn catch() -> std::io::Result<Self> {
        let arrived = Arc::new(Notify::new());
        let notify = Arc::clone(&arrived);
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            tokio::spawn(async move {
                loop {
                    tokio::select! {
                        _ = terminate.recv() => {}
                        _ = interrupt.recv() => {}
                    }
                    notify.notify_one();
                }
            });
        }
        #[cfg(not(unix))]
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                notify.notify_one();
            }
        });
        Ok(Self { arrived })
    }

    /// Returns at the next one.
    pub(crate) async fn stop(&self) {
        self.arrived.notified().await;
    }
}
