//! The judges that nobody here wrote, each at the version that `tests/tools` locks, and installed
//! beside the build, not into the sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::cargo::{repository, scratch, succeed};
use super::step;

/// The directory with the programs that npm brings: redocly and spectral.
pub fn node() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| step("install what npm brings", install_node))
}

/// The directory with the programs that pip brings: schemathesis, its settings beside it, and squawk.
pub fn python() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| step("install what pip brings", install_python))
}

fn install_node() -> PathBuf {
    let tools = scratch("tools-node");
    bring(&["package.json", "package-lock.json"], &tools);
    let npm = Command::new("npm").arg("--version").output();
    assert!(
        npm.is_ok(),
        "npm is needed to install redocly and spectral: `apt-get install nodejs npm`, Node.js 20.19 or later"
    );
    // No script of a package is run: none of them needs one.
    succeed(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .args(["--loglevel", "error"])
            .current_dir(&tools),
    );
    tools.join("node_modules/.bin")
}

fn install_python() -> PathBuf {
    let tools = scratch("tools-python");
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&tools)
        .status();
    assert!(
        made.is_ok_and(|it| it.success()),
        "Python with its module `venv` is needed to install schemathesis and squawk: `apt-get install python3-venv`"
    );
    let programs = tools.join("bin");
    succeed(
        Command::new(programs.join("pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(["--only-binary", ":all:", "--requirement"])
            .arg(repository().join("tests/tools/requirements.txt")),
    );
    bring(&["schemathesis.toml", "schemathesis_hooks.py"], &programs);
    programs
}

/// Copies files of `tests/tools`, so that what a program writes beside them is not in the sources.
fn bring(files: &[&str], to: &Path) {
    for file in files {
        fs::copy(repository().join("tests/tools").join(file), to.join(file)).expect("copied");
    }
}
