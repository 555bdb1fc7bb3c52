//! Every service that the tests know is generated, and passes each judge.

use std::fs;
use std::path::{Path, PathBuf};

use super::cargo::{cargo, generate, repository, scratch, succeed, workspace};
use super::postgres::Server;
use super::{are_asked_for, step};

/// The services, each with its schema and with tests that are added to the generated ones.
const SERVICES: &[(&str, &str, Option<&str>)] = &[
    ("blog", "schemas/examples/blog", None),
    ("shop", "schemas/examples/shop", None),
    ("clinic", "schemas/examples/clinic", None),
    ("types", "tests/types/schema", Some("tests/types/edges")),
];

/// The service that is made of hostile names.
const HOSTILE: &str = "hostile";

#[test]
fn services_pass_every_judge() {
    if !are_asked_for("services_pass_every_judge") {
        return;
    }
    let directory = step("generate", generate_all);
    let packages: Vec<&str> = SERVICES
        .iter()
        .flat_map(|(name, ..)| ["-p", name])
        .chain(["-p", HOSTILE])
        .collect();
    let run = |arguments: &[&str]| {
        let mut command = cargo(&directory);
        command.args(arguments);
        command
    };
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
        succeed(&mut run(&["test", "--workspace", "--quiet"]));
    });
    step("test on PostgreSQL", || {
        let server = Server::start();
        let mut test = run(&["test", "--workspace", "--quiet"]);
        succeed(test.env("TEST_DATABASE_URL", server.url("postgres")));
    });
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
