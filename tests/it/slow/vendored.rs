//! A service with its own copy of the runtime stands on its own; each engine can stand without the other.

use std::fs;

use super::cargo::{cargo, lock, repository, scratch, succeed};
use super::{are_asked_for, step};

#[test]
fn services_stand_alone() {
    if !are_asked_for("services_stand_alone") {
        return;
    }
    for (name, database, features) in [
        ("alone-sqlite", "sqlite", &["--feature", "http"][..]),
        ("alone-postgres", "postgres", &[]),
    ] {
        let directory = scratch(name);
        let mut new = std::process::Command::new(crate::support::SVCGEN);
        new.args([
            "new",
            name,
            "--database",
            database,
            "--no-input",
            "--no-git",
            "--quiet",
            "--path",
        ])
        .arg(&directory)
        .args(["--entity", "Note title:string pinned:bool"])
        .args(features);
        succeed(&mut new);
        assert!(directory.join("vendor/svcgen-runtime/src/lib.rs").exists());
        // Nothing outside of the directory may be needed: neither this workspace nor the network.
        let manifest = fs::read_to_string(directory.join("Cargo.toml")).expect("readable");
        assert!(
            !manifest.contains(&*repository().to_string_lossy()),
            "{manifest}"
        );
        fs::write(
            directory.join("Cargo.toml"),
            format!("{manifest}\n[workspace]\n"),
        )
        .expect("written");
        lock(&directory);
        step(&format!("check {name}"), || {
            let mut check = cargo(&directory);
            check.args([
                "clippy",
                "--offline",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ]);
            succeed(&mut check);
        });
    }
}
