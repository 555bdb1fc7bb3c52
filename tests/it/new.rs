//! `new` as called from a script.

use std::{fs, process::Command};

use crate::support::{Ended, Place};

fn is_git_there() -> bool {
    Command::new("git").arg("--version").output().is_ok()
}

#[test]
fn from_options() {
    let place = Place::empty();
    let ended = place.ok(&[
        "new",
        "shop",
        "--doc",
        "Orders: \"all\" of them #1",
        "--database",
        "sqlite",
        "--feature",
        "http",
        "--entity",
        "Customer name:string",
        "--entity",
        "Order number:string total:decimal(12,2) status:enum(draft,paid) customer:Customer note:text?",
        "--no-git",
    ]);
    ended.is(
        0,
        &[
            "Created shop: 2 entities",
            "Next:",
            "cd shop",
            "cargo run",
            "http://127.0.0.1:8080",
        ],
    );
    assert_eq!(ended.stdout, "");
    let service = place.read("shop/svcgen.yaml");
    assert!(
        service
            .starts_with("# yaml-language-server: $schema=./.svcgen/schema/service.schema.json\n"),
        "{service}"
    );
    assert!(
        service.contains("databases: [sqlite] ") && !service.contains("openapi"),
        "{service}"
    );
    let order = place.read("shop/entities/order.yaml");
    assert!(
        order.starts_with("# yaml-language-server: $schema=../.svcgen/schema/entity.schema.json\n"),
        "{order}"
    );
    assert!(
        order.contains("status:   { type: enum, values: [draft, paid] }"),
        "{order}"
    );
    for path in [
        "src/main.rs",
        "src/order/rules.rs",
        "svcgen.lock",
        ".gitignore",
        ".gitattributes",
        "Cargo.toml",
    ] {
        assert!(place.has(&format!("shop/{path}")), "{path}");
    }
    for path in [
        ".svcgen/schema/service.schema.json",
        ".svcgen/schema/entity.schema.json",
    ] {
        let schema: serde_json::Value =
            serde_json::from_str(&place.read(&format!("shop/{path}"))).expect("JSON");
        assert!(schema.is_object(), "{path}");
    }
    place
        .ok(&["generate", "--project", "shop"])
        .is(0, &["Unchanged"]);
    place.ok(&["check", "--project", "shop"]);
}

#[test]
fn what_it_says_next_can_be_pasted() {
    let place = Place::empty();
    let path = "it's mine";
    let ended = place.ok(&[
        "new",
        "shop",
        "--path",
        path,
        "--entity",
        "OrderLine pieces:int",
        "--no-git",
    ]);
    // The path is in quotes, and the resource is called as in its URL.
    let curl = "curl http://127.0.0.1:8080/v1/order-lines\n";
    ended.is(0, &[r"  cd 'it'\''s mine'", curl]);
}

#[test]
fn on_postgres_alone_it_says_how_to_give_the_url() {
    let place = Place::empty();
    let new = ["new", "web-shop", "--no-input", "--no-git", "--database"];
    let ended = place.ok(&[&new[..], &["postgres"]].concat());
    let url = "postgres://USER:PASSWORD@HOST/web-shop";
    let export = format!("export WEB_SHOP__DB__URL={url}");
    ended.is(0, &[&export, "--database-url"]);
    let before = ended.stderr.find(&export) < ended.stderr.find("cargo run");
    assert!(before, "{}", ended.stderr);
    assert!(
        place.read("web-shop/svcgen.yaml").contains(
            "databases: [postgres]  # its URL is in WEB_SHOP__DB__URL, or --database-url\n"
        )
    );
    let readme = place.read("web-shop/README.md");
    for word in [
        "`WEB_SHOP__DB__URL`",
        "`--database-url`",
        "`TEST_DATABASE_URL`",
    ] {
        assert!(readme.contains(word), "{word}: {readme}");
    }
    let place = Place::empty();
    for databases in [&["sqlite"][..], &["sqlite", "--database", "postgres"]] {
        let ended = place.ok(&[&new[..], databases, &["--force"]].concat());
        assert!(!ended.stderr.contains("DB__URL"), "{}", ended.stderr);
        std::fs::remove_dir_all(place.root().join("web-shop")).expect("removed");
    }
}

#[test]
fn without_any_entity_it_begins_with_an_example_one() {
    let place = Place::empty();
    place
        .ok(&["new", "notes", "--no-git"])
        .is(0, &["Assuming", "Note", "Created notes: 1 entity"]);
    assert!(place.has("notes/entities/note.yaml"));
}

#[test]
fn every_example_is_generated_under_any_name() {
    let place = Place::empty();
    let help = place.ok(&["new", "--help"]).stdout;
    for example in ["blog", "shop", "clinic"]
        .into_iter()
        .filter(|it| help.contains(&format!("{it},")) || help.contains(&format!("{it}]")))
    {
        place
            .ok(&["new", "--example", example, "--no-git"])
            .is(0, &["Created"]);
        assert!(place.has(example));
        let name = format!("my-{example}");
        place.ok(&["new", &name, "--example", example, "--no-git"]);
        assert!(
            place
                .read(&format!("{name}/svcgen.yaml"))
                .contains(&format!("\nname: {name}\n"))
        );
        place
            .ok(&["generate", "--project", &name])
            .is(0, &["Unchanged"]);
    }
    assert!(place.has("blog"));
}

#[test]
fn what_is_wrong_with_files_is_told_by_its_place_in_them() {
    let place = Place::empty();
    place.put("schemas/svcgen.yaml", "svcgen: 1\ndatabases: [lite]\n");
    place.put(
        "schemas/entities/tag.yaml",
        "entity: Tag\nfields:\n  name: strnig\n",
    );
    let told = place.svcgen(&["new", "a", "--from", "schemas", "--no-git"]);
    told.is(1, &["svcgen.yaml:2:13", "entities/tag.yaml:3:9"]);
    assert!(!place.has("a"));
}

#[test]
fn from_a_directory_a_service_file_or_an_entity_file() {
    let place = Place::empty();
    place.put(
        "schemas/svcgen.yaml",
        "# my shop\nsvcgen: 1\nname: old\ndoc: Mine. # really\n",
    );
    place.put(
        "schemas/entities/tag.yaml",
        "# A tag.\nentity: Tag\nfields:\n  name: string # short\n",
    );
    place.put("schemas/entities/notes.txt", "not a schema");
    for (name, from) in [("a", "schemas"), ("b", "schemas/svcgen.yaml")] {
        place.ok(&["new", name, "--from", from, "--no-git"]);
        let service = place.read(&format!("{name}/svcgen.yaml"));
        assert!(
            service.contains(&format!(
                "# my shop\nsvcgen: 1\nname: {name}\ndoc: Mine. # really\n"
            )),
            "{service}"
        );
        assert!(
            place
                .read(&format!("{name}/entities/tag.yaml"))
                .contains("# A tag.\nentity: Tag\n")
        );
        assert!(!place.has(&format!("{name}/entities/notes.txt")));
    }
    place.ok(&[
        "new",
        "c",
        "--from",
        "schemas/entities/tag.yaml",
        "--no-git",
    ]);
    assert!(place.has("c/entities/tag.yaml") && place.has("c/src/tag/rules.rs"));
    place
        .svcgen(&["new", "d", "--from", "schemas/entities"])
        .is(2, &["there is no `svcgen.yaml` in"]);
    place
        .svcgen(&["new", "d", "--from", "schemas/entities/notes.txt"])
        .is(2, &["is no schema file"]);
    place
        .svcgen(&["new", "d", "--from", "nowhere"])
        .is(2, &["`nowhere` cannot be read"]);
    assert!(!place.has("d"));
}

#[test]
fn without_a_name_it_is_that_of_the_schema_or_of_its_directory() {
    let place = Place::empty();
    let entity = "entity: Note\nfields:\n  title: string\n";
    place.put(
        "schemas/one/svcgen.yaml",
        "svcgen: 1\nname: web-shop # it\n",
    );
    place.put("schemas/one/entities/note.yaml", entity);
    place.put(
        "schemas/Small Shop/svcgen.yaml",
        "svcgen: 1\ndoc: No name.\n",
    );
    place.put("schemas/Small Shop/entities/note.yaml", entity);
    place.put("schemas/odd/svcgen.yaml", "svcgen: 1\nname: Web Shop\n");
    place.put("schemas/note.yaml", entity);
    let new = |from: &str| place.svcgen(&["new", "--from", from, "--no-git"]);
    new("schemas/one").is(0, &["Created web-shop"]);
    new("schemas/Small Shop/svcgen.yaml").is(0, &["Created small-shop"]);
    new("schemas/odd").is(2, &["`Web Shop` is no name", "`web-shop`"]);
    new("schemas/note.yaml").is(2, &["has no name", "svcgen new NAME --from"]);
    new("nowhere").is(2, &["`nowhere` cannot be read"]);
    let ended = place
        .command(&["new", "--from", ".", "--path", "../../other", "--no-git"])
        .current_dir(place.root().join("schemas/Small Shop"))
        .output();
    Ended::of(ended.expect("svcgen starts")).is(0, &["Created small-shop"]);
}

#[test]
fn a_wrong_schema_makes_no_directory() {
    let place = Place::empty();
    let ended = place.svcgen(&["new", "shop", "--entity", "Order number:strnig"]);
    ended.is(1, &["strnig", "entities/order.yaml"]);
    assert!(!place.has("shop"));
}

#[test]
fn a_directory_that_holds_something_is_refused_unless_forced() {
    let place = Place::empty();
    place.put("shop/README.txt", "mine\n");
    let entity = ["--entity", "Order number:string", "--no-git"];
    let new = |more: &[&str]| place.svcgen(&[&["new", "shop"], &entity[..], more].concat());
    new(&[]).is(3, &["the directory `shop` is not empty", "--force"]);
    place.put("shop/.gitignore", "mine\n");
    new(&["--force"]).is(0, &["Created shop"]);
    assert_eq!(place.read("shop/README.txt"), "mine\n");
    assert_eq!(place.read("shop/.gitignore"), "mine\n");
    new(&[]).is(3, &["is a svcgen project already", "svcgen generate"]);
    // The same again changes nothing; another schema is in the way.
    new(&["--force"]).is(0, &["0 files"]);
    let ended = place.svcgen(&["new", "shop", "--entity", "Order total:int", "--force"]);
    ended.is(3, &["entities/order.yaml: exists"]);
    assert!(place.read("shop/entities/order.yaml").contains("number"));
    place.put("file", "");
    place
        .svcgen(&["new", "shop", "--path", "file"])
        .is(2, &["cannot look into `file`"]);
}

#[test]
fn forced_into_a_clone_it_keeps_what_is_its_owners() {
    let place = Place::empty();
    place.put("shop/README.md", "# Mine\n");
    place.put("shop/.gitignore", "mine\n");
    place.put("shop/config/service.toml", "[server]\n");
    let force = ["new", "shop", "--force", "--no-input", "--no-git"];
    place.ok(&force).is(
        0,
        &[
            "Kept",
            "`.gitignore`, `README.md`, `config/service.toml`",
            "Created shop",
        ],
    );
    assert_eq!(place.read("shop/README.md"), "# Mine\n");
    assert_eq!(place.read("shop/config/service.toml"), "[server]\n");
    place
        .ok(&["--project", "shop", "generate", "--check"])
        .is(0, &["everything is up to date"]);
    place
        .ok(&["--project", "shop", "restore", "README.md"])
        .is(0, &["Restored"]);
    assert!(place.read("shop/README.md").contains("cargo run"));
    // What is built, and what svcgen keeps up to date, is not guessed to be fit.
    for path in [
        "src/main.rs",
        "src/note/rules.rs",
        "src/app.rs",
        "Cargo.toml",
    ] {
        let place = Place::empty();
        place.put(&format!("shop/{path}"), "mine\n");
        place.put("shop/README.md", "# Mine\n");
        let before = place.tree();
        place.svcgen(&force).is(
            3,
            &[&format!("{path}: exists, and svcgen did not write it")],
        );
        assert_eq!(place.tree(), before);
    }
}

#[test]
fn forced_into_foreign_files_it_overwrites_none() {
    let place = Place::empty();
    place.put("shop/src/main.rs", "fn main() { mine() }\n");
    let before = place.tree();
    let ended = place.svcgen(&["new", "shop", "--force", "--no-input", "--no-git"]);
    ended.is(3, &["src/main.rs: exists, and svcgen did not write it"]);
    assert_eq!(place.tree(), before);
}

#[test]
fn the_runtime_can_be_a_directory() {
    let place = Place::empty();
    place.put(
        "tool/runtime/Cargo.toml",
        "[package]\nname = \"svcgen-runtime\"\n",
    );
    place.ok(&[
        "new",
        "shop",
        "--runtime-path",
        "tool/runtime",
        "--path",
        "deep/er/shop",
        "--no-git",
    ]);
    let service = place.read("deep/er/shop/svcgen.yaml");
    assert!(
        service.contains("runtime: { path: \"../../../tool/runtime\" }\n"),
        "{service}"
    );
    place
        .svcgen(&["new", "other", "--runtime-path", "tool"])
        .is(2, &["there is no crate in `tool`"]);
    assert!(!place.has("other"));
}

#[test]
fn the_tree_is_ready_for_git() {
    if !is_git_there() {
        return;
    }
    let place = Place::empty();
    let ended = place.ok(&["new", "shop", "--no-input"]);
    ended.is(0, &["Initialized", "git add --all"]);
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(place.root().join("shop"))
            .args(arguments)
            .output();
        Ended::of(output.expect("git starts"))
    };
    git(&["add", "--all"]).is(0, &[]);
    let added = git(&["ls-files"]).stdout;
    assert!(
        added.contains("svcgen.lock")
            && added.contains(".svcgen/schema/")
            && !added.contains(".svcgen/busy")
    );
    let attribute = git(&[
        "check-attr",
        "merge",
        "svcgen.lock",
        "openapi.json",
        "src/app.rs",
    ])
    .stdout;
    assert!(
        attribute.contains("svcgen.lock: merge: unset")
            && attribute.contains("src/app.rs: merge: unspecified")
    );
    // Inside a repository no other is made.
    place.ok(&["new", "inner", "--no-input", "--path", "shop/inner"]);
    assert!(!place.has("shop/inner/.git"));
}

#[test]
fn no_git_is_no_obstacle() {
    let place = Place::empty();
    let output = place
        .command(&["new", "shop", "--no-input"])
        .env("PATH", "")
        .output()
        .expect("svcgen starts");
    let ended = Ended::of(output);
    ended.is(0, &["Created shop", "no git repository was made"]);
    assert!(place.has("shop/svcgen.lock"));
}

/// A cargo that only says what it was given.
#[cfg(unix)]
#[test]
fn run_starts_cargo_in_the_project_with_a_clean_environment() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::empty();
    place.put(
        "bin/cargo",
        "#!/bin/sh\necho \"ran: $* in $PWD\"\n/usr/bin/env\nexit 7\n",
    );
    fs::set_permissions(
        place.root().join("bin/cargo"),
        fs::Permissions::from_mode(0o755),
    )
    .expect("set");
    let path = format!(
        "{}:{}",
        place.root().join("bin").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = place
        .command(&["new", "shop", "--no-input", "--no-git", "--run"])
        .env("PATH", path)
        .envs([
            ("CARGO", "/x/cargo"),
            ("CARGO_PKG_NAME", "svcgen"),
            ("CARGO_MANIFEST_DIR", "/x"),
        ])
        .envs([
            ("RUSTUP_TOOLCHAIN", "stable"),
            ("CARGO_TARGET_DIR", "/tmp/target"),
            ("CARGO_BUILD_JOBS", "1"),
        ])
        .output()
        .expect("svcgen starts");
    let ended = Ended::of(output);
    ended.is(
        7,
        &["Starting", "http://127.0.0.1:8080", "ran: run in", "/shop"],
    );
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert!(
        lines.contains(&"CARGO_TARGET_DIR=/tmp/target") && lines.contains(&"CARGO_BUILD_JOBS=1")
    );
    for name in [
        "CARGO=",
        "CARGO_PKG_NAME=",
        "CARGO_MANIFEST_DIR=",
        "RUSTUP_TOOLCHAIN=",
    ] {
        assert!(
            !lines.iter().any(|it| it.starts_with(name)),
            "{name} reaches the service's cargo"
        );
    }
    let output = place
        .command(&["new", "other", "--no-input", "--no-git", "--run"])
        .env("PATH", "")
        .output();
    Ended::of(output.expect("svcgen starts")).is(2, &["cannot start cargo", "rustup.rs"]);
    assert!(place.has("other/svcgen.lock"));
}
