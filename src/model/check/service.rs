//! The service file: name, databases, features, runtime and clients.

use std::time::Duration;

use super::naming::is_rust_keyword;
use super::{gone, reserved};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    Breaker, Client, ClientSource, Database, Features, GrpcFeature, HttpFeature, Name,
    OpenapiFeature, Retry, RuntimeSource, Service,
};
use crate::schema::Document;
use crate::schema::service::{
    BreakerDoc, ClientDoc, DatabaseWord, FeaturesDoc, HttpDoc, RetryDoc, RuntimeDoc, RuntimeWord,
    ServiceDoc,
};
use crate::schema::values::{self, Either};
use crate::source::{Span, Spanned};

use super::fields::text;

/// The service without its entities.
pub fn read(document: &Document, problems: &mut Vec<Diagnostic>) -> Option<Service> {
    let doc = &document.service.as_ref()?.value;
    let name = doc.name.as_ref();
    if let Some(name) = name {
        problems.extend(bad_name(name));
    }
    let mut gone = |written| gone::entities(written, document, problems);
    let [dropped, stashed, kept] =
        [&doc.dropped, &doc.stashed, &doc.kept].map(|it| gone(it.as_ref()));
    Some(Service {
        dropped,
        stashed,
        kept,
        name: Name::new(name.map_or("", |name| name.value.as_str())),
        doc: text(doc.doc.as_ref()),
        databases: databases(doc, problems),
        runtime: runtime(doc, problems),
        features: features(doc, document.incomplete, problems),
        entities: Vec::new(),
        clients: clients(doc, problems),
    })
}

fn bad_name(name: &Spanned<String>) -> Option<Diagnostic> {
    let written = name.value.as_str();
    let kebab = written.replace('_', "-").to_ascii_lowercase();
    let plain = written
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    let edges = written.starts_with(|c: char| c.is_ascii_lowercase())
        && written.ends_with(|c: char| c.is_ascii_alphanumeric());
    let problem = Diagnostic::new(
        Code::BadServiceName,
        format!("a service cannot be called `{written}`"),
    );
    if !plain || !edges || written.contains("--") || written.contains("__") {
        let clean = heck::ToKebabCase::to_kebab_case(written);
        let problem = problem.label(
            name.span,
            "lower-case letters, digits, `-` and `_`, beginning with a letter",
        );
        let usable = written.is_ascii() && clean.starts_with(|c: char| c.is_ascii_lowercase());
        return Some(if usable {
            problem.help(format!("write `{clean}`"))
        } else {
            problem
        });
    }
    if written.len() > 50 {
        return Some(problem.label(name.span, "at most 50 characters"));
    }
    let reason = if is_rust_keyword(written) {
        "a Rust keyword"
    } else if reserved::is_crate(&kebab) {
        "the name of a crate or a directory that the service needs"
    } else {
        return None;
    };
    Some(
        problem
            .label(name.span, reason)
            .help(format!("choose another name, such as `{kebab}-service`")),
    )
}

fn databases(doc: &ServiceDoc, problems: &mut Vec<Diagnostic>) -> Vec<Database> {
    let Some(written) = &doc.databases else {
        return vec![Database::Sqlite, Database::Postgres];
    };
    let mut databases = Vec::new();
    for word in &written.value {
        let database = match word.value {
            DatabaseWord::Sqlite => Database::Sqlite,
            DatabaseWord::Postgres => Database::Postgres,
        };
        if databases.contains(&database) {
            problems.push(
                Diagnostic::new(Code::BadSetting, "a database is listed twice")
                    .label(word.span, "again here"),
            );
        } else {
            databases.push(database);
        }
    }
    if written.value.is_empty() {
        problems.push(
            Diagnostic::new(Code::NoDatabase, "the service has no database")
                .label(written.span, "at least one belongs here")
                .help("write `databases: [sqlite, postgres]`, or remove the key, which means the same"),
        );
    }
    databases
}

fn features(doc: &ServiceDoc, incomplete: bool, problems: &mut Vec<Diagnostic>) -> Features {
    let Some(written) = &doc.features else {
        return Features {
            http: Some(http(None)),
            grpc: None,
            openapi: Some(OpenapiFeature { ui: true }),
            tls: false,
        };
    };
    let features = &written.value;
    // What could not be read may be the very feature that is needed.
    if !incomplete {
        needs(features, written.span, problems);
    }
    if let Some(prefix) = features
        .http
        .as_ref()
        .and_then(|it| it.value.prefix.as_ref())
    {
        problems.extend(bad_prefix(prefix));
    }
    let grpc = features.grpc.as_ref().map(|grpc| {
        problems.push(not_yet("grpc", grpc.span));
        let package = grpc.value.package.as_ref();
        problems.extend(package.and_then(bad_package));
        GrpcFeature {
            package: package.map_or(String::new(), |it| it.value.clone()),
        }
    });
    Features {
        http: features.http.as_ref().map(|it| http(Some(&it.value))),
        grpc,
        openapi: features.openapi.as_ref().map(|it| OpenapiFeature {
            ui: it.value.ui.as_ref().is_none_or(|ui| ui.value),
        }),
        tls: features.tls.as_ref().is_some_and(|it| it.value),
    }
}

fn http(written: Option<&HttpDoc>) -> HttpFeature {
    let prefix = written.and_then(|it| it.prefix.as_ref());
    let compression = written.and_then(|it| it.compression.as_ref());
    HttpFeature {
        prefix: prefix.map_or("/v1".to_owned(), |it| it.value.clone()),
        compression: compression.is_some_and(|it| it.value),
    }
}

fn needs(features: &FeaturesDoc, at: Span, problems: &mut Vec<Diagnostic>) {
    match (&features.http, &features.grpc, &features.openapi) {
        (None, _, Some(openapi)) => problems.push(
            Diagnostic::new(Code::FeatureNeeds, "`openapi` needs `http`")
                .label(openapi.span, "describes the REST surface, which is off")
                .help("add `http: {}`, or remove `openapi`"),
        ),
        (None, None, None) => problems.push(
            Diagnostic::new(Code::FeatureNeeds, "nothing could reach the service")
                .label(at, "neither `http` nor `grpc`")
                .help("add `http: {}`, or remove `features`, which turns on REST and OpenAPI"),
        ),
        _ => {}
    }
}

fn not_yet(feature: &str, at: Span) -> Diagnostic {
    Diagnostic::warning(
        Code::NotYet,
        format!("this version of svcgen generates nothing from `{feature}` yet"),
    )
    .label(at, "checked, and otherwise ignored")
}

fn bad_prefix(prefix: &Spanned<String>) -> Option<Diagnostic> {
    let written = prefix.value.as_str();
    let part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c))
            && part != "."
            && part != ".."
    };
    let good = written.is_empty()
        || written
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(part));
    (!good).then(|| {
        Diagnostic::new(Code::BadSetting, format!("`{written}` cannot begin a path"))
            .label(prefix.span, "letters, digits, `-`, `_`, `.` and `~` between slashes")
            .help("write a path such as `/v1` or `/api/v1`, without a slash at its end, or `\"\"` for none")
    })
}

fn bad_package(package: &Spanned<String>) -> Option<Diagnostic> {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let good = package.value.split('.').all(part);
    (!good).then(|| {
        Diagnostic::new(
            Code::BadSetting,
            format!("`{}` is not a protobuf package", package.value),
        )
        .label(package.span, "lower-case words between dots")
        .help("write a package such as `shop.v1`")
    })
}

fn runtime(doc: &ServiceDoc, problems: &mut Vec<Diagnostic>) -> RuntimeSource {
    let Some(written) = &doc.runtime else {
        return RuntimeSource::Vendored;
    };
    match &written.value {
        Either::Word(RuntimeWord::Vendored) => RuntimeSource::Vendored,
        Either::Mapping(mapping) => runtime_source(mapping, written.span, problems),
    }
}

fn runtime_source(doc: &RuntimeDoc, at: Span, problems: &mut Vec<Diagnostic>) -> RuntimeSource {
    let problem = |message: &str| {
        Diagnostic::new(Code::BadSetting, message)
            .label(at, "here")
            .help("write one of `path: DIR`, `git: URL` and `version: \"0.1\"`")
    };
    if let (Some(rev), None) = (&doc.rev, &doc.git) {
        problems.push(
            Diagnostic::new(Code::Contradiction, "`rev` belongs to `git`")
                .label(rev.span, "a revision of what?"),
        );
    }
    match (&doc.path, &doc.git, &doc.version) {
        (Some(path), None, None) => RuntimeSource::Path(path.value.clone()),
        (None, Some(git), None) => RuntimeSource::Git {
            url: git.value.clone(),
            rev: doc.rev.as_ref().map(|it| it.value.0.clone()),
        },
        (None, None, Some(version)) => RuntimeSource::Version(version.value.0.clone()),
        (None, None, None) if doc.is_unread(&["path", "git", "version"]) => RuntimeSource::Vendored,
        (None, None, None) => {
            problems.push(problem("nothing says where the runtime comes from"));
            RuntimeSource::Vendored
        }
        _ => {
            problems.push(problem("the runtime comes from one place"));
            RuntimeSource::Vendored
        }
    }
}

fn clients(doc: &ServiceDoc, problems: &mut Vec<Diagnostic>) -> Vec<Client> {
    let Some(written) = &doc.clients else {
        return Vec::new();
    };
    if let Some((key, _)) = written.value.0.first() {
        problems.push(not_yet(
            "clients",
            Span {
                end: key.span.end,
                ..key.span
            },
        ));
    }
    let mut clients: Vec<Client> = Vec::new();
    for (key, value) in &written.value.0 {
        super::naming::check(key, "a client", super::naming::Form::Snake, problems);
        if let Some(value) = value {
            clients.extend(client(key, &value.value, problems));
        }
    }
    clients.sort_by(|a, b| a.name.snake().cmp(b.name.snake()));
    clients
}

fn client(
    key: &Spanned<String>,
    doc: &ClientDoc,
    problems: &mut Vec<Diagnostic>,
) -> Option<Client> {
    let source = match (&doc.service, &doc.proto) {
        (Some(service), None) => ClientSource::Service(service.value.clone()),
        (None, Some(proto)) => ClientSource::Proto(proto.value.clone()),
        (None, None) if doc.is_unread(&["service", "proto"]) => return None,
        _ => {
            problems.push(
                Diagnostic::new(
                    Code::BadSetting,
                    format!("the client `{}` has one contract", key.value),
                )
                .label(key.span, "`service` or `proto`, and not both")
                .help("write `service: ../DIR` for a sibling service, or `proto: FILE`"),
            );
            return None;
        }
    };
    if let Some(bulkhead) = &doc.bulkhead {
        at_least_one(bulkhead, problems);
    }
    Some(Client {
        name: Name::new(&key.value),
        source,
        timeout: span(doc.timeout.as_ref(), 1),
        retry: doc.retry.as_ref().map(|it| retry(&it.value, problems)),
        breaker: doc.breaker.as_ref().map(|it| breaker(&it.value, problems)),
        bulkhead: doc.bulkhead.as_ref().map(|it| it.value),
    })
}

fn retry(doc: &RetryDoc, problems: &mut Vec<Diagnostic>) -> Retry {
    if let Some(attempts) = doc
        .attempts
        .as_ref()
        .filter(|it| !(1..=10).contains(&it.value))
    {
        problems.push(super::limits::out_of_range(
            attempts.span,
            "a call has 1 to 10 attempts",
        ));
    }
    Retry {
        attempts: doc.attempts.as_ref().map_or(3, |it| it.value),
        budget: doc.budget.as_ref().map_or(0.2, |it| it.value.0),
    }
}

fn breaker(doc: &BreakerDoc, problems: &mut Vec<Diagnostic>) -> Breaker {
    for number in [&doc.min_calls, &doc.probes].into_iter().flatten() {
        at_least_one(number, problems);
    }
    let slow = doc.slow.as_ref().and_then(|it| {
        Some((
            it.value.over.as_ref()?.value.0,
            it.value.share.as_ref()?.value.0,
        ))
    });
    Breaker {
        failures: doc.failures.as_ref().map_or(0.5, |it| it.value.0),
        slow,
        window: span(doc.window.as_ref(), 10),
        min_calls: doc.min_calls.as_ref().map_or(20, |it| it.value),
        open: span(doc.open.as_ref(), 5),
        probes: doc.probes.as_ref().map_or(3, |it| it.value),
    }
}

fn at_least_one(number: &Spanned<u32>, problems: &mut Vec<Diagnostic>) {
    if number.value == 0 {
        problems.push(super::limits::out_of_range(
            number.span,
            "at least 1 belongs here",
        ));
    }
}

fn span(written: Option<&Spanned<values::Span>>, seconds: u64) -> Duration {
    written.map_or(Duration::from_secs(seconds), |it| it.value.0)
}
