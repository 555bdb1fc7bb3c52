//! Whether the code that lies on the disk needs a file that does not.

use super::{Found, OnDisk};

/// Whether a Rust file is the root of a crate, or is declared as a module by a file beside it.
pub(super) fn it(path: &str, disk: &OnDisk) -> bool {
    let Some(stem) = path.strip_suffix(".rs") else {
        return false;
    };
    let Some((directory, name)) = stem.rsplit_once('/') else {
        return false;
    };
    if path == "src/main.rs" {
        return true;
    }
    let declares = |file: String| match disk.get(&file) {
        Some(Found::File { bytes, .. }) => declares(&String::from_utf8_lossy(bytes), name),
        Some(Found::Other(_)) | None => false,
    };
    let beside = ["mod.rs", "main.rs", "lib.rs"].map(|it| format!("{directory}/{it}"));
    beside.into_iter().any(declares) || declares(format!("{directory}.rs"))
}

fn declares(text: &str, name: &str) -> bool {
    let module = |line: &str| {
        let line = line.trim();
        let rest = line.strip_suffix(';')?.strip_suffix(name)?;
        let rest = rest.strip_suffix("r#").unwrap_or(rest);
        Some(!line.starts_with("//") && (rest == "mod " || rest.ends_with(" mod ")))
    };
    text.lines().filter_map(module).any(|it| it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_needed_where_it_is_declared() {
        let disk = OnDisk::from([
            (
                "src/a/mod.rs".to_owned(),
                Found::file(b"mod b;\npub mod r#type;\n".to_vec()),
            ),
            (
                "src/c.rs".to_owned(),
                Found::file(b"    pub(crate) mod d;\n".to_vec()),
            ),
        ]);
        for path in ["src/main.rs", "src/a/b.rs", "src/a/type.rs", "src/c/d.rs"] {
            assert!(it(path, &disk), "{path}");
        }
        for path in [
            "README.md",
            "main.rs",
            "src/a/c.rs",
            "src/c/mod.rs",
            "src/a/b.toml",
        ] {
            assert!(!it(path, &disk), "{path}");
        }
        assert!(!declares("// mod b;", "b") && !declares("mod sub;", "b"));
    }
}
