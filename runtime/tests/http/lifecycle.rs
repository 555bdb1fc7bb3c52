//! Starting, draining and stopping, with requests under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use svcgen_runtime::testing::TestServer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::notes::Notes;
use super::raw::read;

#[tokio::test]
async fn a_request_in_flight_is_finished() {
    let mut server = TestServer::<Notes>::start().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream
        .write_all(b"GET /misbehave/slow/400 HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    let (answer, ()) = tokio::join!(read(&mut stream), server.stop());
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"slept\":400"),
        "{answer}"
    );
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(
        TcpStream::connect(server.address()).await.is_err(),
        "it takes connections no more"
    );
}

#[tokio::test]
async fn what_takes_longer_than_the_grace_is_cut_off() {
    let mut server =
        TestServer::<Notes>::start_with(|config| config.server.grace = Duration::from_millis(200))
            .await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream
        .write_all(b"GET /misbehave/slow/20000 HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let started = Instant::now();
    server.stop().await;
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn draining_is_told_and_requests_are_still_taken() {
    let mut server = TestServer::<Notes>::start_with(|config| {
        config.server.drain_delay = Duration::from_millis(600);
    })
    .await;
    assert_eq!(server.get("/readyz").await.status, 200);
    let address = server.address();
    let stopping = tokio::spawn(async move { server.stop().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let get = async |path: &str| {
        super::raw::exchange(address, format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await
    };
    let (ready, live, notes) =
        tokio::join!(get("/readyz?verbose"), get("/livez"), get("/v1/notes"));
    assert!(
        ready.starts_with("HTTP/1.1 503 ") && ready.contains("\"not_draining\":\"failed\""),
        "{ready}"
    );
    assert!(ready.contains("retry-after: 1"), "{ready}");
    assert!(live.starts_with("HTTP/1.1 200 "), "{live}");
    assert!(
        notes.starts_with("HTTP/1.1 200 ") && notes.contains("connection: close"),
        "{notes}"
    );
    stopping.await.unwrap();
}

/// Clients that keep their connections, as a proxy does, lose no request while
/// the server drains and stops. A refused connection is no lost request: it
/// was never taken, and a proxy goes elsewhere with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_request_is_lost_while_it_stops_under_load() {
    let mut server = TestServer::<Notes>::start_with(|config| {
        config.server.drain_delay = Duration::from_millis(400);
    })
    .await;
    let (address, stop) = (server.address(), Arc::new(AtomicBool::new(false)));
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let (answered, stop) = (Arc::clone(&answered), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let Ok(mut stream) = TcpStream::connect(address).await else {
                        return Ok(());
                    };
                    keep_asking(&mut stream, &answered).await?;
                }
                Ok(())
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = answered.load(Ordering::Relaxed);
    server.stop().await;
    let after = answered.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        let outcome: Result<(), String> = client.await.unwrap();
        assert_eq!(outcome, Ok(()));
    }
    assert!(before > 100, "there was load: {before}");
    assert!(
        after > before + 50,
        "it answered while it drained: {before}, {after}"
    );
}

/// Requests one after the other on one connection, until the server says that it closes it.
async fn keep_asking(stream: &mut TcpStream, answered: &AtomicUsize) -> Result<(), String> {
    use tokio::io::AsyncReadExt as _;
    loop {
        let asked = stream
            .write_all(b"GET /v1/notes HTTP/1.1\r\nhost: x\r\n\r\n")
            .await;
        asked.map_err(|error| format!("a request could not be sent: {error}"))?;
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        while !answer.ends_with(b"}") {
            let read = stream
                .read(&mut part)
                .await
                .map_err(|error| format!("an answer was lost: {error}"))?;
            if read == 0 {
                return Err(format!("a connection closed without an answer: {answer:?}"));
            }
            answer.extend_from_slice(&part[..read]);
        }
        let text = String::from_utf8_lossy(&answer);
        if !text.starts_with("HTTP/1.1 200 ") {
            return Err(format!("not served: {text}"));
        }
        answered.fetch_add(1, Ordering::Relaxed);
        if text.contains("connection: close") {
            return Ok(());
        }
    }
}
