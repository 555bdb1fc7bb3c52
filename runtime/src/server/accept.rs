//! The accept loop, and the life of one connection.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::{Phase, Shared, exchange};

/// How long the loop rests when a connection cannot be taken because descriptors or memory ran out.
const BACKOFF: Duration = Duration::from_millis(100);
/// How long a connection that was taken just before the stop may still bring its first request.
const LINGER: Duration = Duration::from_secs(1);
/// The most headers of one request.
const MAX_HEADERS: usize = 100;
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
    let builder = Arc::new(builder(&shared));
    let mut phase = shared.phase.subscribe();
    loop {
        // A place first, so that what exceeds the limit waits in the system's queue.
        let taken = tokio::select! {
            taken = place_and_stream(&listener, &places) => taken,
            () = reached(&mut phase, Phase::Stopping) => break,
        };
        let Some((place, stream)) = taken else {
            continue;
        };
        let connection = serve(stream, Arc::clone(&builder), Arc::clone(&shared));
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
    builder: &Arc<Builder<TokioExecutor>>,
    shared: &Arc<Shared>,
    places: &Arc<Semaphore>,
) {
    while let Ok(Ok((stream, _))) = timeout(Duration::from_millis(1), listener.accept()).await {
        let Ok(place) = Arc::clone(places).try_acquire_owned() else {
            return;
        };
        let connection = serve(stream, Arc::clone(builder), Arc::clone(shared));
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
}

fn builder(shared: &Shared) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.server.header_timeout)
        .max_headers(MAX_HEADERS)
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

/// One connection, from its first byte to its last.
async fn serve(stream: TcpStream, builder: Arc<Builder<TokioExecutor>>, shared: Arc<Shared>) {
    // Without this, small answers wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let requests = Arc::new(AtomicUsize::new(0));
    let mut phase = shared.phase.subscribe();
    let first_request = shared.server.header_timeout;
    let counted = Arc::clone(&requests);
    let service = service_fn(move |request: Request<Incoming>| {
        counted.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(exchange::answer(&shared, request).await) }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let silent = || requests.load(Ordering::Relaxed) == 0;
    tokio::select! {
        // Errors of a connection are the client's doing, and say nothing to anybody.
        _ = connection.as_mut() => return,
        // hyper times the head of a request, but not how long the first byte takes to come.
        () = async { sleep(first_request).await; if !silent() { std::future::pending().await } } => return,
        () = reached(&mut phase, Phase::Stopping) => {}
    }
    if silent() {
        let _ = timeout(LINGER, async {
            tokio::select! {
                _ = connection.as_mut() => {}
                () = async { while silent() { sleep(Duration::from_millis(5)).await } } => {}
            }
        })
        .await;
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

async fn reached(phase: &mut watch::Receiver<Phase>, wanted: Phase) {
    // The sender lives in `Shared`, which whoever waits here holds.
    let _ = phase.wait_for(|phase| *phase >= wanted).await;
}
