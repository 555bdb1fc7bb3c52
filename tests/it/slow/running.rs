//! A generated service, running.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

/// A service that runs until it is dropped.
pub struct Running {
    process: Child,
    port: u16,
}

impl Running {
    /// Starts it with this database, and waits until it is ready.
    pub fn start(program: &Path, url: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        // What it says is kept beside it, for whoever has to find out why it failed.
        let log = fs::File::create(program.with_extension("log")).expect("a log");
        let process = Command::new(program)
            .args([
                "--set",
                &format!("server.port={port}"),
                "--set",
                &format!("db.url={url}"),
            ])
            .current_dir(program.parent().expect("a directory"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the service starts");
        let mut running = Self { process, port };
        for _ in 0..200 {
            if let Ok(Some(status)) = running.process.try_wait() {
                panic!("the service ended: {status}");
            }
            if running
                .try_call("GET", "/readyz", &Value::Null)
                .is_some_and(|it| it.0 == 200)
            {
                return running;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("the service does not become ready");
    }

    /// Asks it, and reads the answer.
    pub fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.try_call(method, path, body).expect("an answer")
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).unwrap_or_default()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
