//! Who reads the archive is in the log: one line for each request, with how much was read.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use serde_json::json;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::tracing::field::{Field, Visit};
use svcgen_runtime::tracing::span::{Attributes, Id, Record};
use svcgen_runtime::tracing::{Event, Metadata, Subscriber, subscriber};

use super::{create, remove, start};

/// The log of one thread, which is all that one test runs on.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Line>>>);

#[derive(Clone, Default)]
struct Line(BTreeMap<&'static str, String>);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        self.0.lock().expect("no panic").push(line);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

impl Log {
    /// What was said since then of reading the archive.
    fn told(&self) -> Vec<Line> {
        let mut lines = std::mem::take(&mut *self.0.lock().expect("no panic"));
        lines.retain(|line| {
            let message = line.0.get("message");
            message.is_some_and(|it| it.contains("archived"))
        });
        lines
    }
}

#[tokio::test]
async fn whoever_reads_the_archive_is_in_the_log() {
    let log = Log::default();
    let _until_the_end = subscriber::set_default(log.clone());
    let server = start().await;
    for n in 0..3 {
        let new = json!({"email": format!("{n}@example.com"), "name": "B"});
        let customer = create(&server, "/v1/customers", new).await;
        let gone = remove(&server, "/v1/customers", &customer["id"], "?reason=left").await;
        assert_eq!(gone.status, 204, "{}", gone.body);
    }
    log.told();

    let read = async |path: &str, status: u16| {
        let request = server.request(Method::GET, path);
        let request = request.header("x-caller", "auditor@example.com");
        let answer = request.send().await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        let lines = log.told();
        for line in &lines {
            assert_eq!(line.0["by"], "auditor@example.com", "{path}");
            assert_eq!(line.0["table"], "customers", "{path}");
        }
        (answer.body, lines)
    };
    let list = "/v1/archive/customers";
    let (page, lines) = read(&format!("{list}?page_size=2"), 200).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].0["records"], "2");
    assert_eq!(lines[0].0["message"], "archived records were listed");

    let archive_id = page["customers"][0]["archive_id"].as_str();
    let archive_id = archive_id.unwrap_or_default();
    let one = format!("{list}/{archive_id}");
    for (query, message) in [
        ("", "an archived record was read"),
        ("?show_pii=false", "an archived record was read"),
        ("?show_pii=true", "an archived record was read in full"),
    ] {
        let (_, lines) = read(&format!("{one}{query}"), 200).await;
        assert_eq!(lines.len(), 1, "{query}");
        assert_eq!(lines[0].0["archive_id"], archive_id, "{query}");
        assert_eq!(lines[0].0["message"], message, "{query}");
    }

    // Where nothing was read, there is nothing to tell.
    let none = format!("{list}/00000000-0000-7000-8000-000000000000");
    for (path, status) in [(none.as_str(), 404), ("/v1/archive/customers?skip=x", 400)] {
        let (_, lines) = read(path, status).await;
        assert_eq!(lines.len(), 0, "{path}");
    }
}
