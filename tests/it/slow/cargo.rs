//! Cargo, run on generated services.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// This repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where this build puts its output; the services share it, and with it all compiled dependencies.
pub fn target() -> PathBuf {
    // The binary under test lies in `<target>/<profile>/`.
    let binary = Path::new(crate::support::SVCGEN);
    let target = binary.parent().and_then(Path::parent);
    target.expect("a target directory").to_owned()
}

/// An empty directory for this purpose.
pub fn scratch(name: &str) -> PathBuf {
    let directory = target().join("slow").join(name);
    if directory.exists() {
        fs::remove_dir_all(&directory).expect("removed");
    }
    fs::create_dir_all(&directory).expect("created");
    directory
}

/// Starts a service from schema files.
pub fn generate(name: &str, schema: &Path, to: &Path, options: &[&str]) {
    let mut command = Command::new(crate::support::SVCGEN);
    command.arg("new").arg(name).arg("--from").arg(schema);
    command.arg("--path").arg(to);
    command
        .args(["--no-input", "--no-git", "--quiet"])
        .args(options);
    succeed(&mut command);
}

/// Lets the directory's services be built together, with the versions this repository is locked to.
pub fn workspace(directory: &Path, members: &[&str]) {
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n[profile.dev]\ndebug = \"line-tables-only\"\n"
    );
    fs::write(directory.join("Cargo.toml"), manifest).expect("written");
    lock(directory);
}

/// Gives the directory this repository's lock to begin with, so that no version differs from run to run.
pub fn lock(directory: &Path) {
    let lock = repository().join("Cargo.lock");
    fs::copy(lock, directory.join("Cargo.lock")).expect("copied");
}

/// Cargo as a person would start it: deaf to the cargo that runs these tests.
///
/// With its variables, half of the dependencies would seem changed and be built twice.
pub fn cargo(directory: &Path) -> Command {
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        if is_of_cargo(&name) {
            command.env_remove(name);
        }
    }
    command.env("CARGO_TARGET_DIR", target());
    command.env_remove("TEST_DATABASE_URL");
    command.current_dir(directory);
    command
}

/// What cargo sets for what it runs; what people set (`CARGO_HOME`, `CARGO_NET_…`) is theirs.
fn is_of_cargo(name: &OsString) -> bool {
    const SET: [&str; 8] = [
        "CARGO",
        "CARGO_CRATE_NAME",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
        "OUT_DIR",
        "LD_LIBRARY_PATH",
    ];
    let name = name.to_string_lossy();
    SET.contains(&&*name) || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_BIN_")
}

/// Runs a command, and it must succeed.
pub fn succeed(command: &mut Command) {
    let status = command
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
