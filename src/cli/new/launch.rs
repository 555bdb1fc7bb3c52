//! Building and starting the new service with cargo.

use std::{ffi::OsString, path::Path, process::Command};

use crate::cli::Failure;

/// Variables that a cargo sets for what it runs. Where svcgen itself was started by
/// `cargo run`, they would reach the build scripts of the service, and everything
/// would be built twice: now, and when the user calls cargo. What a person sets on
/// purpose (`CARGO_HOME`, `CARGO_TARGET_DIR`, `CARGO_BUILD_*`, `CARGO_NET_*` …) stays.
const SET_BY_CARGO: [&str; 11] = [
    "CARGO",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_RUSTC_CURRENT_DIR",
    "CARGO_TARGET_TMPDIR",
    "OUT_DIR",
];
const SET_BY_CARGO_PREFIXES: [&str; 4] = [
    "CARGO_PKG_",
    "CARGO_BIN_EXE_",
    "CARGO_CFG_",
    "CARGO_FEATURE_",
];

/// What rustup sets for the cargo that it starts. `RUSTUP_TOOLCHAIN` is also for
/// people to set, so it goes only when a cargo started svcgen.
const SET_BY_RUSTUP: [&str; 2] = ["RUSTUP_TOOLCHAIN", "RUST_RECURSION_COUNT"];

/// Runs `cargo run` in the project and answers when the service has stopped.
pub fn run(project: &Path) -> Result<(), Failure> {
    let mut command = Command::new("cargo");
    command.arg("run").current_dir(project);
    for name in inherited(std::env::vars_os().map(|(name, _)| name)) {
        command.env_remove(name);
    }
    start(command)
}

/// Which of these variables the service's cargo must not see.
fn inherited(names: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let names: Vec<_> = names.collect();
    let by_cargo = names.iter().any(|it| it == "CARGO");
    let is_inherited = |name: &OsString| {
        let Some(name) = name.to_str() else {
            return false;
        };
        SET_BY_CARGO.contains(&name)
            || SET_BY_CARGO_PREFIXES.iter().any(|it| name.starts_with(it))
            || (by_cargo && SET_BY_RUSTUP.contains(&name))
    };
    names.into_iter().filter(is_inherited).collect()
}

/// On Unix cargo takes this process over, so that signals, the terminal and the exit
/// status are the service's own.
#[cfg(unix)]
fn start(mut command: Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;
    Err(cannot_start(command.exec()))
}

#[cfg(not(unix))]
fn start(mut command: Command) -> Result<(), Failure> {
    // Ctrl-C reaches the child as well; svcgen waits for it to end in its own time.
    let _ = ctrlc::set_handler(|| {});
    let status = command.status().map_err(cannot_start)?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Ended(
        status
            .code()
            .and_then(|it| u8::try_from(it).ok())
            .unwrap_or(2),
    ))
}

fn cannot_start(error: std::io::Error) -> Failure {
    Failure::Internal {
        message: "cannot start cargo; the service is written, but not built".to_owned(),
        hint: Some(
            "install Rust from https://rustup.rs and call `cargo run` in the service's directory"
                .to_owned(),
        ),
        source: Some(Box::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleared(names: &[&str]) -> Vec<String> {
        let names = inherited(names.iter().map(OsString::from));
        names
            .into_iter()
            .map(|it| it.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn what_the_outer_cargo_set_is_cleared_and_what_people_set_stays() {
        let names = [
            "CARGO",
            "CARGO_PKG_NAME",
            "CARGO_MANIFEST_DIR",
            "RUSTUP_TOOLCHAIN",
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_JOBS",
            "CARGO_NET_OFFLINE",
            "CARGO_INCREMENTAL",
            "RUSTFLAGS",
            "RUSTUP_HOME",
            "PATH",
        ];
        assert_eq!(
            cleared(&names),
            [
                "CARGO",
                "CARGO_PKG_NAME",
                "CARGO_MANIFEST_DIR",
                "RUSTUP_TOOLCHAIN"
            ]
        );
    }

    #[test]
    fn a_toolchain_set_by_hand_stays() {
        assert_eq!(
            cleared(&["RUSTUP_TOOLCHAIN", "CARGO_HOME"]),
            Vec::<String>::new()
        );
    }
}
