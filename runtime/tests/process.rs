//! The whole program: command line, configuration, signals and exit status.
//!
//! Started with `NOTES_IS_SERVICE` this binary is the service, else the tests of it.

#[path = "process/killed.rs"]
mod killed;
#[path = "http/notes.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod notes;
#[path = "support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    if std::env::var_os("NOTES_IS_SERVICE").is_some() {
        return svcgen_runtime::run::<notes::Notes>();
    }
    let tests: [(&str, fn()); 11] = [
        (
            "it_tells_its_version_and_its_commands",
            it_tells_its_version_and_its_commands,
        ),
        ("later_layers_win", later_layers_win),
        (
            "every_mistake_is_told_at_once",
            every_mistake_is_told_at_once,
        ),
        ("secrets_are_not_printed", secrets_are_not_printed),
        ("it_migrates_by_command", it_migrates_by_command),
        (
            "it_answers_probes_while_it_starts",
            it_answers_probes_while_it_starts,
        ),
        (
            "a_signal_stops_it_in_good_order",
            a_signal_stops_it_in_good_order,
        ),
        (
            "a_second_signal_stops_it_at_once",
            a_second_signal_stops_it_at_once,
        ),
        (
            "whoever_finds_no_place_waits_for_one",
            whoever_finds_no_place_waits_for_one,
        ),
        (
            "it_outlives_a_lack_of_descriptors",
            it_outlives_a_lack_of_descriptors,
        ),
        (
            "what_was_acknowledged_survives_a_kill",
            killed::what_was_acknowledged_survives_a_kill,
        ),
    ];
    let wanted = std::env::args()
        .skip(1)
        .find(|it| !it.starts_with('-'))
        .unwrap_or_default();
    for (name, test) in tests.iter().filter(|(name, _)| name.contains(&wanted)) {
        test();
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}

/// A directory of its own, and the service in it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("notes-{name}-{}", std::process::id()));
        std::fs::create_dir_all(directory.join("config")).unwrap();
        Self(directory)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.0.join(path), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .env("NOTES_IS_SERVICE", "1")
            .current_dir(&self.0)
            .args(arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied());
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap_or(-1), text(stdout), text(stderr))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn it_tells_its_version_and_its_commands() {
    let place = Place::new("help");
    assert_eq!(
        place.run(&["--version"], &[]),
        (0, "notes 1.2.3\n".into(), String::new())
    );
    let (code, help, _) = place.run(&["help"], &[]);
    assert!(code == 0 && help.contains("NOTES__SERVER__PORT"), "{help}");
    let (code, _, error) = place.run(&["srve"], &[]);
    assert!(
        code == 2 && error.contains("did you mean `serve`?"),
        "{error}"
    );
}

fn later_layers_win() {
    let place = Place::new("layers");
    let printed = |arguments: &[&str], environment: &[(&str, &str)]| {
        let (code, out, error) = place.run(&[arguments, &["--print-config"]].concat(), environment);
        assert_eq!(code, 0, "{error}");
        out.lines()
            .find(|line| line.starts_with("port = "))
            .unwrap()
            .to_owned()
    };
    assert_eq!(printed(&[], &[]), "port = 8080");
    place.write(
        "config/service.toml",
        "[server]\nhost = \"::1\"\nport = 1\n",
    );
    assert_eq!(printed(&[], &[]), "port = 1  # config/service.toml:3");
    let environment = [("NOTES__SERVER__PORT", "2")];
    assert_eq!(
        printed(&[], &environment),
        "port = 2  # environment variable NOTES__SERVER__PORT"
    );
    assert!(printed(&["--port", "3"], &environment).starts_with("port = 3  # flag"));
    assert!(printed(&["--set", "server.port=4"], &environment).starts_with("port = 4"));
    place.write("other.toml", "server = { port = 5 }");
    assert!(printed(&["--config", "other.toml"], &[]).starts_with("port = 5"));
}

fn every_mistake_is_told_at_once() {
    let place = Place::new("mistakes");
    place.write("config/service.toml", "[server]\nprot = 1\nport = 70000\n[sever]\nx = 1\n[db]\nreadres = 2\n[log]\nrequests = \"some\"\n");
    let environment = [
        ("NOTES__SERVER__REQUEST_TIMEOUT", "soon"),
        ("NOTES__SERVER__GARCE", "1s"),
        ("NOTES__SECRET_KEY_FILE", "nowhere"),
        ("NOTES__LOG__LEVEL", "loud"),
    ];
    let (code, _, error) = place.run(&["--set", "docs.enabld=true"], &environment);
    assert_eq!(code, 2);
    for told in [
        "config/service.toml:2: there is no key `server.prot`; did you mean `server.port`?",
        "config/service.toml:3: `server.port`: ",
        "config/service.toml:4: there is no key `sever`; did you mean `server`?",
        "config/service.toml:7: there is no key `db.readres`; did you mean `db.readers`?",
        "config/service.toml:9: `log.requests`: unknown variant `some`",
        "environment variable NOTES__SERVER__REQUEST_TIMEOUT: `server.request_timeout`: must be a span of time",
        "environment variable NOTES__SERVER__GARCE: there is no key `server.garce`; did you mean `server.grace`?",
        "environment variable NOTES__SECRET_KEY_FILE: nowhere: No such file",
        "`log.level`: `loud` is none of",
        "flag for `docs.enabld`: there is no key `docs.enabld`; did you mean `docs.enabled`?",
    ] {
        assert!(error.contains(told), "{told}\n---\n{error}");
    }
    place.write("config/service.toml", "[server\n");
    let (code, _, error) = place.run(&[], &[]);
    assert!(
        code == 2 && error.contains("config/service.toml:1: "),
        "{error}"
    );
    let (code, _, error) = place.run(&["--config", "missing.toml"], &[]);
    assert!(
        code == 2 && error.contains("missing.toml: No such file"),
        "{error}"
    );
}

fn secrets_are_not_printed() {
    let place = Place::new("secrets");
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    place.write("key", &format!("{key}\n"));
    place.write(
        "url",
        "postgres://ada:swordfish@db.example/notes?password=swordfish\n",
    );
    let environment = [
        ("NOTES__SECRET_KEY_FILE", "key"),
        ("NOTES__DB__URL_FILE", "url"),
    ];
    let (code, printed, error) = place.run(&["--print-config"], &environment);
    assert_eq!(code, 0, "{error}");
    assert!(
        !printed.contains("swordfish") && !printed.contains("MDEy"),
        "{printed}"
    );
    assert!(
        printed.contains("postgres://ada:…@db.example/notes")
            && printed.contains("secret_key = \"…\""),
        "{printed}"
    );
    let (code, _, error) = place.run(&[], &[("NOTES__SECRET_KEY", "swordfish")]);
    assert!(
        code == 2 && error.contains("32 random bytes") && !error.contains("swordfish"),
        "{error}"
    );
    let both = [
        ("NOTES__SECRET_KEY_FILE", "key"),
        ("NOTES__SECRET_KEY", key),
    ];
    assert!(
        place
            .run(&["--print-config"], &both)
            .2
            .contains("set one of the two")
    );
}

fn it_migrates_by_command() {
    let place = Place::new("migrate");
    assert_eq!(
        place.run(&["migrate", "status"], &[]).1,
        "0001_initial: pending\n"
    );
    assert_eq!(place.run(&["migrate"], &[]).1, "applied 0001_initial\n");
    assert_eq!(place.run(&["migrate", "up"], &[]).1, "nothing is pending\n");
    assert!(
        place
            .run(&["migrate", "status"], &[])
            .1
            .starts_with("0001_initial: applied at 2")
    );
}

/// A running service; killed when the test is over.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    /// Takes the address from the first line of the log that tells it.
    fn start(place: &Place, arguments: &[&str], until: &str) -> Self {
        let fixed = ["--port", "0", "--set", "log.format=json"];
        Self::run(place.command(&[&fixed, arguments].concat()), until)
    }

    fn run(mut command: Command, until: &str) -> Self {
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = log.find(|line| line.as_ref().is_ok_and(|line| line.contains(until)));
        let line = line.expect("the log tells the address").unwrap();
        let address = line
            .split("http://")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        // Whoever writes to a pipe that nobody reads stands still.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// A connection that has asked and stays open.
    fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        stream
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    fn ends_within(&mut self, limit: Duration) -> Option<i32> {
        let started = Instant::now();
        while started.elapsed() < limit {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether an answer comes within this time.
fn is_answered(stream: &TcpStream, moment: Duration) -> bool {
    stream.set_read_timeout(Some(moment)).unwrap();
    stream.peek(&mut [0]).is_ok_and(|read| read > 0)
}

fn it_answers_probes_while_it_starts() {
    let place = Place::new("starting");
    let running = Running::start(&place, &["--set", "app.start_delay_ms=1500"], "listening");
    assert!(running.get("/livez").starts_with("HTTP/1.1 200 "));
    assert!(running.get("/startupz").starts_with("HTTP/1.1 503 "));
    assert!(running.get("/readyz").starts_with("HTTP/1.1 503 "));
    let early = running.get("/v1/notes");
    assert!(
        early.starts_with("HTTP/1.1 503 ") && early.contains("STARTING"),
        "{early}"
    );
    std::thread::sleep(Duration::from_millis(1700));
    assert!(running.get("/startupz").starts_with("HTTP/1.1 200 "));
    assert!(running.get("/v1/notes").starts_with("HTTP/1.1 200 "));
}

fn a_signal_stops_it_in_good_order() {
    for signal in ["TERM", "INT"] {
        let place = Place::new(signal);
        let mut running =
            Running::start(&place, &["--set", "server.drain_delay=300ms"], "is ready");
        let address = running.address.clone();
        let request = std::thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(
                stream,
                "GET /misbehave/slow/900 HTTP/1.1\r\nhost: x\r\n\r\n"
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        });
        std::thread::sleep(Duration::from_millis(200));
        running.signal(signal);
        std::thread::sleep(Duration::from_millis(100));
        assert!(
            running.get("/readyz").starts_with("HTTP/1.1 503 "),
            "unready at once"
        );
        assert!(
            running.get("/v1/notes").starts_with("HTTP/1.1 200 "),
            "and still serving"
        );
        assert_eq!(running.ends_within(Duration::from_secs(5)), Some(0));
        let answer = request.join().unwrap().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

fn a_second_signal_stops_it_at_once() {
    let place = Place::new("twice");
    let mut running = Running::start(&place, &["--set", "server.drain_delay=60s"], "is ready");
    running.signal("TERM");
    assert_eq!(running.ends_within(Duration::from_millis(500)), None);
    running.signal("TERM");
    assert_eq!(running.ends_within(Duration::from_secs(3)), Some(130));
}

fn whoever_finds_no_place_waits_for_one() {
    let place = Place::new("places");
    let running = Running::start(&place, &["--set", "server.max_connections=2"], "is ready");
    let held: Vec<TcpStream> = (0..2).map(|_| running.ask("/livez")).collect();
    let (moment, long) = (Duration::from_millis(400), Duration::from_secs(10));
    let served = held.iter().all(|it| is_answered(it, long));
    assert!(served, "as many as there are places");
    let waiting = running.ask("/livez");
    assert!(
        !is_answered(&waiting, moment),
        "there is no place for a third"
    );
    drop(held);
    assert!(
        is_answered(&waiting, long),
        "it was not refused, and now has one"
    );
}

fn it_outlives_a_lack_of_descriptors() {
    let place = Place::new("descriptors");
    // What the shell limits holds for the program that takes its place.
    let program = std::env::current_exe().unwrap();
    let arguments = "--port 0 --set log.format=json";
    let script = format!("ulimit -n 48; exec '{}' {arguments}", program.display());
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env("NOTES_IS_SERVICE", "1");
    command.current_dir(&place.0).stderr(Stdio::piped());
    let running = Running::run(command, "is ready");
    let held: Vec<TcpStream> = (0..64).map(|_| running.ask("/livez")).collect();
    std::thread::sleep(Duration::from_millis(500));
    let moment = Duration::from_millis(10);
    let answered = held.iter().filter(|it| is_answered(it, moment)).count();
    assert!((1..64).contains(&answered), "{answered} of 64");
    drop(held);
    assert!(running.get("/livez").starts_with("HTTP/1.1 200 "));
    assert!(running.get("/v1/notes").starts_with("HTTP/1.1 200 "));
}
