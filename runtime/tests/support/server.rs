//! A PostgreSQL server that belongs to one test process and ends with it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server, which can be stopped and started again.
pub struct Server {
    directory: PathBuf,
    binaries: PathBuf,
    port: u16,
    options: String,
    /// Stops the server and removes its directory when this process ends, however it ends.
    guardian: Child,
}

impl Server {
    /// Creates a cluster in a temporary directory and starts it.
    pub fn start() -> Self {
        let binaries = binaries();
        // A short path, because the socket lies in it.
        let directory = run("mktemp", ["-d", "/tmp/svcgen-pg-XXXXXX"]).trim().into();
        let directory: PathBuf = directory;
        let data = directory.join("data");
        let path = data.to_str().unwrap();
        run(
            binaries.join("initdb").to_str().unwrap(),
            [
                "-D",
                path,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ],
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let guardian = guard(&binaries, &directory);
        let server = Self {
            directory,
            binaries,
            port,
            options: String::new(),
            guardian,
        };
        server.resume();
        server
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts it again after [`stop`](Self::stop).
    pub fn resume(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=off {}",
            self.port,
            self.directory.display(),
            self.options
        );
        let log = self.directory.join("log");
        self.control(&[
            "-w",
            "-t",
            "60",
            "-l",
            log.to_str().unwrap(),
            "-o",
            &options,
            "start",
        ]);
    }

    /// Stops it, with sessions open, as an operator or a crash does.
    pub fn stop(&self, mode: &str) {
        self.control(&["-w", "-m", mode, "stop"]);
    }

    /// Restarts it with TLS, and returns the file with the certificate that signed its own, which
    /// is valid for 127.0.0.1 alone.
    pub fn encrypt(&mut self) -> PathBuf {
        let script = "set -e; cd \"$0\"
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
            openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr
            printf 'subjectAltName=IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' > extensions
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out server.pem
            chmod 600 server.key; chmod 755 . ; chmod 644 ca.pem";
        let directory = self.directory.display().to_string();
        run("sh", ["-c", script, &directory]);
        self.options = format!(
            "-c ssl=on -c ssl_cert_file={directory}/server.pem -c ssl_key_file={directory}/server.key"
        );
        self.stop("fast");
        self.resume();
        self.directory.join("ca.pem")
    }

    /// The process id of the postmaster.
    pub fn pid(&self) -> String {
        let text = run(
            "cat",
            [self.directory.join("data/postmaster.pid").to_str().unwrap()],
        );
        text.lines().next().unwrap().to_owned()
    }

    fn control(&self, arguments: &[&str]) {
        let data = self.directory.join("data");
        let all = ["-D", data.to_str().unwrap()]
            .into_iter()
            .chain(arguments.iter().copied());
        run(self.binaries.join("pg_ctl").to_str().unwrap(), all);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        self.guardian.wait().unwrap();
    }
}

/// A shell that waits for the end of its input, which is the end of this process.
fn guard(binaries: &Path, directory: &Path) -> Child {
    let script = format!(
        "trap '' INT; cat; '{0}/pg_ctl' -D '{1}/data' -m immediate stop; rm -rf '{1}'",
        binaries.display(),
        directory.display()
    );
    as_postgres("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a program says that is run as the server's user.
pub fn run<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> String {
    // The server must not inherit a pipe, or reading it would last as long as the server.
    let output = tempfile::NamedTempFile::new().unwrap();
    let status = as_postgres(program)
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(output.reopen().unwrap())
        .stderr(output.reopen().unwrap())
        .status()
        .unwrap_or_else(|error| panic!("`{program}` cannot be run: {error}"));
    let text = std::fs::read_to_string(output.path()).unwrap();
    assert!(status.success(), "`{program}` failed: {text}");
    text
}

/// PostgreSQL refuses to run as root; its packages bring a user.
fn as_postgres(program: &str) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout.trim_ascii() != b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--", program]);
    command
}

fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut found: Vec<PathBuf> = versions
        .flatten()
        .map(|it| it.path().join("bin"))
        .filter(|it| it.join("initdb").exists())
        .collect();
    found.sort();
    let from_path = || {
        let output = Command::new("pg_config").arg("--bindir").output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    found
        .pop()
        .or_else(from_path)
        .expect("these tests need PostgreSQL's server binaries (Debian: postgresql)")
}
