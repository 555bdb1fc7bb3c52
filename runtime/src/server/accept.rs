//! The accept loop, and the life of one connection.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, Instant};

use ::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::clock::Clock;
use super::wire::{Heads, Wire};
use super::{Phase, Shared, exchange};
use crate::config::LoggedRequests;

/// How long the loop rests when a connection cannot be taken because descriptors or memory ran out.
const BACKOFF: Duration = Duration::from_millis(100);
/// How long a connection that was taken just before the stop may still bring its first request.
const LINGER: Duration = Duration::from_secs(1);
/// The most requests at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 250;
/// How often HTTP/2 asks a silent peer whether it is still there.
const PING: Duration = Duration::from_secs(30);

/// Takes connections until the server stops, then returns when the last of them has ended.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Semaphores end somewhat below `usize::MAX`; so many connections there are nowhere.
    let most = u32::try_from(shared.server.max_connections)
        .unwrap_or(u32::MAX)
        .min(1 << 24);
    let places = Arc::new(Semaphore::new(most as usize));
    let builder = builder(&shared);
    loop {
        // A place first, so that what exceeds the limit waits in the system's queue.
        let taken = tokio::select! {
            taken = place_and_stream(&listener, &places) => taken,
            () = shared.stopping() => break,
        };
        let Some((place, stream)) = taken else {
            continue;
        };
        let connection = serve(stream, builder.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
    drain_backlog(&listener, &builder, &shared, &places).await;
    drop(listener);
    // All places are free again when all connections have ended.
    let _ = places.acquire_many(most).await;
}

async fn place_and_stream(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(tokio::sync::OwnedSemaphorePermit, TcpStream)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((place, stream)),
        Err(error) => {
            use std::io::ErrorKind::{ConnectionAborted, ConnectionReset};
            // These two are the client's doing; anything else is ours, and would come again at once.
            if !matches!(error.kind(), ConnectionAborted | ConnectionReset) {
                tracing::error!(%error, "a connection cannot be accepted");
                sleep(BACKOFF).await;
            }
            None
        }
    }
}

/// Takes the connections that the system has accepted for us already: closing
/// the socket over them would reset them, with requests perhaps under way.
async fn drain_backlog(
    listener: &TcpListener,
    builder: &Builder<TokioExecutor>,
    shared: &Arc<Shared>,
    places: &Arc<Semaphore>,
) {
    while let Ok(Ok((stream, _))) = timeout(Duration::from_millis(1), listener.accept()).await {
        let Ok(place) = Arc::clone(places).try_acquire_owned() else {
            return;
        };
        let connection = serve(stream, builder.clone(), Arc::clone(shared));
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
}

fn builder(shared: &Shared) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // hyper's own limit of a hundred headers needs no heap, one that is set does.
    builder
        .http1()
        .header_read_timeout(shared.server.header_timeout)
        .max_buf_size(shared.server.header_limit);
    let header_limit = u32::try_from(shared.server.header_limit).unwrap_or(u32::MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(header_limit)
        .keep_alive_interval(PING);
    builder
}

/// How a connection came out of its ordinary life.
enum Outcome {
    /// It is closed, or its client was silent for too long.
    Over,
    /// The server stops.
    Stopping,
}

/// One connection, from its first byte to its last.
async fn serve(stream: TcpStream, mut builder: Builder<TokioExecutor>, shared: Arc<Shared>) {
    // Without this, small answers wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let patience = shared.server.header_timeout;
    let clock = Clock::start(patience);
    builder.http1().timer(clock.clone());
    let heads = Heads::default();
    let (service_clock, service_shared) = (clock.clone(), Arc::clone(&shared));
    let service_heads = heads.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        service_clock.request();
        service_heads.read();
        exchange::answer(Arc::clone(&service_shared), request)
    });
    let wire = Wire::new(stream, heads, shared.server.header_limit, shared.name);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(wire), service));
    let mut stopping = pin!(shared.stopping());
    let mut alarm = pin!(sleep(patience));
    let mut armed = false;
    let outcome = poll_fn(|context| {
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            if let Err(error) = ended {
                shared.connection_failed(error.as_ref());
            }
            return Poll::Ready(Outcome::Over);
        }
        // Once polled, these two wake the task by themselves; polling them again each time has a price.
        if !armed {
            armed = true;
            let _ = stopping.as_mut().poll(context);
            let _ = alarm.as_mut().poll(context);
        }
        if alarm.is_elapsed() {
            let now = Instant::now();
            match clock.deadline() {
                Some(deadline) if deadline <= now => return Poll::Ready(Outcome::Over),
                // Whatever deadline is set from now on is at least this far away.
                next => alarm.as_mut().reset(next.unwrap_or(now + patience).into()),
            }
            let _ = alarm.as_mut().poll(context);
        }
        if shared.stands_at(Phase::Stopping) {
            Poll::Ready(Outcome::Stopping)
        } else {
            Poll::Pending
        }
    });
    match outcome.await {
        Outcome::Over => return,
        Outcome::Stopping => {}
    }
    if clock.is_silent() {
        let _ = timeout(LINGER, async {
            tokio::select! {
                _ = connection.as_mut() => {}
                () = async { while clock.is_silent() { sleep(Duration::from_millis(5)).await } } => {}
            }
        })
        .await;
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

impl Shared {
    /// Notes a request that ended before it was one. That a client went away is its own business.
    fn connection_failed(&self, error: &(dyn std::error::Error + 'static)) {
        let of_hyper = error.downcast_ref::<hyper::Error>();
        if !of_hyper.is_some_and(hyper::Error::is_parse) {
            return;
        }
        let refused = self.refused_heads.fetch_add(1, Ordering::Relaxed) + 1;
        if self.log.requests != LoggedRequests::None {
            tracing::info!(%error, refused, "the head of a request cannot be read");
        }
    }
}
