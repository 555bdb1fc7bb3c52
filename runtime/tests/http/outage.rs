//! The database goes away, or takes no writes, under a service that is being used, and comes back:
//! who watches over the service is told, who uses it gets a problem, and nobody has to do anything.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use svcgen_runtime::db::rusqlite::Connection;
use svcgen_runtime::db::{Db, Span};
use svcgen_runtime::serde_json::json;
use svcgen_runtime::testing::{Answer, TestServer};
use tokio::task::JoinHandle;

use super::notes::Notes;
use super::support::disk::Disk;
use super::support::{Server, set_pragma};

/// What could only come from inside.
const INSIDE: [&str; 8] = [
    "postgres",
    "127.0.0.1",
    "sqlite",
    "test.db",
    "/tmp",
    "SQLSTATE",
    "insert",
    "select",
];

/// A refusal tells that it may pass, and nothing of what is behind it.
fn assert_passing(answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.bytes);
    assert_eq!(answer.status, 503, "{text}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("retry-after"), "1", "{text}");
    assert_eq!(answer.body["code"], "UNAVAILABLE", "{text}");
    for word in INSIDE {
        assert!(!text.contains(word), "{word} is told: {text}");
    }
}

/// Asks until it is as wanted, in the time that an outage may take to be noticed or overcome.
async fn until_ready(server: &TestServer<Notes>, wanted: bool) {
    let started = Instant::now();
    loop {
        let answer = server.get("/readyz").await;
        if !wanted && answer.status != 200 {
            return assert_passing(&answer);
        }
        if wanted && answer.status == 200 {
            return;
        }
        let late = started.elapsed() > Duration::from_secs(30);
        assert!(!late, "{} {}", answer.status, answer.body);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Clients that write and read, and somebody who watches whether the process lives.
struct Load {
    stop: Arc<AtomicBool>,
    made: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    fn start(server: &Arc<TestServer<Notes>>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (made, refused) = (Arc::default(), Arc::default());
        let clients = (0..8).map(|client| {
            let (server, stop) = (Arc::clone(server), Arc::clone(&stop));
            let (made, refused) = (Arc::clone(&made), Arc::clone(&refused));
            tokio::spawn(use_it(server, client, stop, made, refused))
        });
        let clients = clients.collect();
        Self {
            stop,
            made,
            refused,
            clients,
        }
    }

    /// Waits until one of the numbers has grown by a few.
    async fn goes_on(&self, of: fn(&Self) -> &AtomicUsize) {
        let (before, started) = (of(self).load(Ordering::Relaxed), Instant::now());
        while of(self).load(Ordering::Relaxed) < before + 20 {
            assert!(started.elapsed() < Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends it, and finds everything that was acknowledged.
    async fn end(self, db: &Db) {
        self.stop.store(true, Ordering::Relaxed);
        let all = svcgen_runtime::db::Sql::new("select title from notes");
        let mut acknowledged = Vec::new();
        for client in self.clients {
            acknowledged.extend(client.await.unwrap());
        }
        let rows = db.fetch_all::<(String,)>(&all, Vec::new()).await.unwrap();
        let there: HashSet<String> = rows.into_iter().map(|it| it.0).collect();
        for title in acknowledged {
            assert!(there.contains(&title), "{title} is lost");
        }
    }
}

/// One client, which gives the titles of the notes that it was told are made.
async fn use_it(
    server: Arc<TestServer<Notes>>,
    client: usize,
    stop: Arc<AtomicBool>,
    made: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let title = format!("{client}-{number}");
        let answer = server.post("/v1/notes", json!({"title": title})).await;
        if answer.status == 201 {
            acknowledged.push(title);
            made.fetch_add(1, Ordering::Relaxed);
        } else {
            assert_passing(&answer);
            refused.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let read = server.get("/v1/notes?page_size=1").await;
        if read.status != 200 {
            assert_passing(&read);
        }
        assert_eq!(server.get("/livez").await.status, 200);
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_goes_away_and_comes_back() {
    let postgres = Server::start();
    let url = postgres.url("postgres");
    let server = TestServer::<Notes>::start_with(|it| {
        it.db.url = url;
        it.db.acquire_timeout = Span::millis(200);
    });
    let server = Arc::new(server.await);
    until_ready(&server, true).await;
    let load = Load::start(&server);
    for mode in ["fast", "immediate"] {
        load.goes_on(|it| &it.made).await;
        postgres.stop(mode);
        until_ready(&server, false).await;
        load.goes_on(|it| &it.refused).await;
        let refused = server.get("/v1/notes").await;
        assert_passing(&refused);
        assert_eq!(refused.body["reason"], "DATABASE_UNAVAILABLE");
        postgres.resume();
        until_ready(&server, true).await;
    }
    load.goes_on(|it| &it.made).await;
    load.end(&server.app().db).await;
}

async fn on_sqlite(path: &Path) -> Arc<TestServer<Notes>> {
    let url = format!("sqlite://{}", path.display());
    let server = TestServer::<Notes>::start_with(|it| {
        it.db.url = url;
        it.db.busy_timeout = Span::millis(200);
    });
    let server = Arc::new(server.await);
    until_ready(&server, true).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_locks_the_file_for_a_while() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let server = on_sqlite(&path).await;
    let load = Load::start(&server);
    load.goes_on(|it| &it.made).await;
    let other = Connection::open(&path).unwrap();
    other.busy_timeout(Duration::from_secs(30)).unwrap();
    other.execute_batch("begin immediate").unwrap();
    until_ready(&server, false).await;
    load.goes_on(|it| &it.refused).await;
    let refused = server.post("/v1/notes", json!({"title": "x"})).await;
    assert_passing(&refused);
    assert_eq!(refused.body["reason"], "DATABASE_UNAVAILABLE");
    assert_eq!(server.get("/v1/notes").await.status, 200, "reading goes on");
    other.execute_batch("rollback").unwrap();
    until_ready(&server, true).await;
    load.goes_on(|it| &it.made).await;
    load.end(&server.app().db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_full_for_a_while() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Disk::mount(16);
    let place = disk.as_ref().map_or(directory.path(), Disk::path);
    let server = on_sqlite(&place.join("test.db")).await;
    let load = Load::start(&server);
    load.goes_on(|it| &it.made).await;
    if let Some(disk) = &disk {
        disk.fill_but(0);
    } else {
        eprintln!("only root may mount a small disk: the file is limited instead");
        set_pragma(&server.app().db, "max_page_count", 1).await;
    }
    only_reads(&server, &load).await;
    match &disk {
        Some(disk) => disk.clear(),
        None => set_pragma(&server.app().db, "max_page_count", 1_000_000).await,
    }
    until_ready(&server, true).await;
    load.goes_on(|it| &it.made).await;
    load.end(&server.app().db).await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_only_lets_itself_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let server = on_sqlite(&directory.path().join("test.db")).await;
    let load = Load::start(&server);
    load.goes_on(|it| &it.made).await;
    set_pragma(&server.app().db, "query_only", 1).await;
    only_reads(&server, &load).await;
    load.end(&server.app().db).await;
}

/// Writes are refused, and reading goes on.
async fn only_reads(server: &TestServer<Notes>, load: &Load) {
    until_ready(server, false).await;
    load.goes_on(|it| &it.refused).await;
    let refused = server.post("/v1/notes", json!({"title": "x"})).await;
    assert_passing(&refused);
    assert_eq!(refused.body["reason"], "DATABASE_READ_ONLY");
    assert_eq!(server.get("/v1/notes").await.status, 200, "reading goes on");
}
