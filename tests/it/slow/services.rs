//! Every service that the tests know is generated, and passes each judge.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::cargo::{cargo, generate, repository, scratch, succeed, workspace};
use super::postgres::Server;
use super::{are_asked_for, step};

/// The services, each with its schema and with tests that are added to the generated ones.
const SERVICES: &[(&str, &str, Option<&str>)] = &[
    ("blog", "schemas/examples/blog", None),
    ("shop", "schemas/examples/shop", Some("tests/shop/archive")),
    (
        "clinic",
        "schemas/examples/clinic",
        Some("tests/clinic/archive"),
    ),
    ("types", "tests/types/schema", Some("tests/types/edges")),
];

/// Tests that are added to every service: they call whatever its description describes.
const OF_ALL: &str = "tests/described/openapi";

/// The service that is made of hostile names.
const HOSTILE: &str = "hostile";

const TEST: [&str; 3] = ["test", "--workspace", "--quiet"];

#[test]
fn services_pass_every_judge() {
    if !are_asked_for("services_pass_every_judge") {
        return;
    }
    let directory = directory();
    let packages: Vec<&str> = SERVICES
        .iter()
        .flat_map(|(name, ..)| ["-p", name])
        .chain(["-p", HOSTILE])
        .collect();
    let run = |arguments: &[&str]| {
        let mut command = cargo(directory);
        command.args(arguments);
        command
    };
    step("generate again", || are_fixed(directory));
    step("fmt", || {
        succeed(run(&["fmt", "--check"]).args(&packages));
    });
    step("clippy", || {
        succeed(&mut run(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]));
    });
    step("doc", || {
        let mut doc = run(&["doc", "--workspace", "--no-deps"]);
        succeed(doc.env("RUSTDOCFLAGS", "-D warnings"));
    });
    step("test on SQLite", || {
        succeed(&mut run(&TEST));
    });
    step("test on PostgreSQL", || {
        let server = Server::start();
        let mut test = run(&TEST);
        succeed(test.env("TEST_DATABASE_URL", server.url("postgres")));
    });
}

/// Another run elsewhere gives the same bytes, and one in place touches nothing.
fn are_fixed(directory: &Path) {
    let runtime = repository().join("runtime");
    let again = scratch("again");
    for (name, schema, _) in SERVICES {
        let (first, second) = (directory.join(name), again.join(name));
        let schema = repository().join(schema);
        generate(
            name,
            &schema,
            &second,
            &["--runtime-path", runtime.to_str().expect("UTF-8")],
        );
        for (path, (bytes, _)) in &files(&second) {
            let other = files(&first)
                .remove(path)
                .unwrap_or_else(|| panic!("{name}: no {path}"));
            assert_eq!(&other.0, bytes, "{name}: {path} differs");
        }
        let before = files(&first);
        let mut generate = Command::new(crate::support::SVCGEN);
        succeed(generate.args(["generate", "--quiet"]).current_dir(&first));
        assert_eq!(files(&first), before, "{name}: something was touched");
    }
}

/// Every file with its bytes and when it was written.
fn files(directory: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let walk = walkdir::WalkDir::new(directory).into_iter();
    let files = walk
        .map(|it| it.expect("readable"))
        .filter(|it| it.file_type().is_file() && it.file_name() != "settled");
    let told = files.map(|file| {
        let path = file.path().strip_prefix(directory).expect("inside");
        let written = file.metadata().ok().and_then(|it| it.modified().ok());
        let bytes = fs::read(file.path()).expect("readable");
        (
            path.to_string_lossy().into_owned(),
            (bytes, written.expect("a time")),
        )
    });
    // svcgen holds this one while it runs.
    told.filter(|(path, _)| path != ".svcgen/busy").collect()
}

/// Where the generated services lie, in one workspace.
pub fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| step("generate", generate_all))
}

fn generate_all() -> PathBuf {
    let directory = scratch("services");
    let runtime = repository().join("runtime");
    let runtime = runtime.to_str().expect("a path in UTF-8");
    for (name, schema, tests) in SERVICES {
        let service = directory.join(name);
        let schema = repository().join(schema);
        generate(name, &schema, &service, &["--runtime-path", runtime]);
        if let Some(tests) = tests {
            add_tests(&repository().join(tests), &service);
        }
        describe(name, &service);
    }
    hostile(&directory, runtime);
    let mut members: Vec<&str> = SERVICES.iter().map(|(name, ..)| *name).collect();
    members.push(HOSTILE);
    workspace(&directory, &members);
    directory
}

/// The service of every name that is likely to break something and is taken all the same.
fn hostile(directory: &Path, runtime: &str) {
    let schema = scratch("hostile-schema");
    for (path, text) in crate::words::hostile().files {
        let file = schema.join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("created");
        fs::write(file, text).expect("written");
    }
    let to = directory.join(HOSTILE);
    generate(HOSTILE, &schema, &to, &["--runtime-path", runtime]);
}

/// Adds what is tested of every service, and says which one it is.
fn describe(name: &str, service: &Path) {
    add_tests(&repository().join(OF_ALL), service);
    let text = format!("//! The service that is described.\n\npub use {name}::app::App;\n");
    fs::write(service.join("tests/openapi/service.rs"), text).expect("written");
}

/// Puts tests beside the generated ones, as a user would.
fn add_tests(from: &Path, service: &Path) {
    let to = service
        .join("tests")
        .join(from.file_name().expect("a name"));
    fs::create_dir_all(&to).expect("created");
    for file in fs::read_dir(from).expect("a directory") {
        let file = file.expect("readable");
        fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
}
