//! A service that is killed while it is written to, and started again: whatever it has said to be
//! made is there.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use svcgen_runtime::db::rusqlite::Connection;
use svcgen_runtime::serde_json::{Value, from_str};

use super::support::Server;
use super::{Place, Running};

/// How many clients write at once.
const CLIENTS: usize = 12;
/// How often the service is killed.
const ROUNDS: usize = 4;

pub fn what_was_acknowledged_survives_a_kill() {
    let postgres = Server::start();
    for url in ["sqlite://notes.db", &postgres.url("postgres")] {
        let place = Place::new("killed");
        let (acknowledged, there) = write_and_kill_repeatedly(&place, url);
        for title in &acknowledged {
            assert!(there.contains(title), "{url}: {title} is lost");
        }
        // A client has no answer yet to one request at most.
        let unknown = there.len() - acknowledged.len();
        assert!(unknown <= CLIENTS * ROUNDS, "{url}: {unknown} are there");
        let file = place.0.join("notes.db");
        if file.exists() {
            let check = "pragma integrity_check";
            let file = Connection::open(file).unwrap();
            let found: String = file.query_row(check, [], |row| row.get(0)).unwrap();
            assert_eq!(found, "ok");
        }
    }
    // The control: what is only in memory is lost, which is seen.
    let (acknowledged, there) = write_and_kill_repeatedly(&Place::new("lost"), "sqlite::memory:");
    assert!(acknowledged.iter().all(|it| !there.contains(it)));
}

/// What was acknowledged, and what is there in the end.
fn write_and_kill_repeatedly(place: &Place, url: &str) -> (Vec<String>, HashSet<String>) {
    let database = format!("db.url={url}");
    let start = || Running::start(place, &["--set", &database], "is ready");
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        // Each time a little later, so that it is met in the midst of something else.
        let enough = 50 + 100 * round;
        acknowledged.extend(write_and_kill(start(), round, enough));
    }
    (acknowledged, titles(&start()))
}

/// The titles of the notes that were made, as far as the clients know.
fn write_and_kill(mut running: Running, round: usize, enough: usize) -> Vec<String> {
    let made = Arc::new(AtomicUsize::new(0));
    let clients = (0..CLIENTS).map(|client| {
        let (address, made) = (running.address.clone(), Arc::clone(&made));
        std::thread::spawn(move || write_until_it_is_gone(&address, round, client, &made))
    });
    let clients: Vec<_> = clients.collect();
    let started = Instant::now();
    while made.load(Ordering::Relaxed) < enough {
        assert!(started.elapsed() < Duration::from_secs(60));
        std::thread::yield_now();
    }
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let acknowledged = clients.into_iter().flat_map(|it| it.join().unwrap());
    let acknowledged: Vec<String> = acknowledged.collect();
    assert!(acknowledged.len() >= enough);
    acknowledged
}

fn write_until_it_is_gone(
    address: &str,
    round: usize,
    client: usize,
    made: &AtomicUsize,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let title = format!("{round}-{client}-{number}");
        let body = format!("{{\"title\":\"{title}\"}}");
        let head = format!(
            "POST /v1/notes HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let Some(answer) = ask(address, &format!("{head}{body}")) else {
            break;
        };
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        acknowledged.push(title);
        made.fetch_add(1, Ordering::Relaxed);
    }
    acknowledged
}

/// What came before the end of the connection, or nothing where it does not tell a status.
fn ask(address: &str, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    // Half an answer of one that was killed is an answer as well.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    (answer.len() > "HTTP/1.1 201 ".len()).then_some(answer)
}

fn titles(running: &Running) -> HashSet<String> {
    let mut titles = HashSet::new();
    let mut token = String::new();
    loop {
        let answer = running.get(&format!("/v1/notes?page_size=500&page_token={token}"));
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let page: Value = from_str(body).unwrap();
        let notes = page["notes"].as_array().unwrap().iter();
        titles.extend(notes.map(|it| it["title"].as_str().unwrap().to_owned()));
        page["next_page_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut token);
        if token.is_empty() {
            return titles;
        }
    }
}
