//! A project that changes, in a terminal: questions about renames, conflicts and removals.

use std::process::Command;

use super::Terminal;
use crate::support::Place;

const NOTE: &str = "entity: Note\nfields:\n  title: string # what it is about\n  body: text?\n";

/// A generated project.
fn notes() -> Place {
    let place = Place::empty();
    place.put("svcgen.yaml", "svcgen: 1\nname: notes\n");
    place.put("entities/note.yaml", NOTE);
    place.ok(&["generate", "-q"]);
    place
}

fn git(place: &Place, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        git.env_remove(variable);
    }
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
    let done = git
        .current_dir(place.root())
        .args(identity)
        .args(arguments)
        .output()
        .expect("git starts");
    assert!(
        done.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn a_field_that_goes_while_another_comes_is_asked_about_and_the_answer_is_written() {
    let place = notes();
    place.put("entities/note.yaml", NOTE.replace("title:", "subject:"));
    let mut terminal = Terminal::start(&place, &["generate"]);
    terminal.expect("the column `title` of `notes` went, and `subject` came: was it renamed?");
    terminal.expect("stop, and write nothing");
    terminal.press("\r");
    terminal.expect("Answered `was: title` at the field `subject` of `Note`");
    terminal.expect("Finished");
    assert_eq!(terminal.end(), 0);
    assert_eq!(
        place.read("entities/note.yaml"),
        "entity: Note\nfields:\n  subject: { type: string, was: title } # what it is about\n  body: text?\n"
    );
    assert!(place.has("migrations/0002_rename_title_of_notes_to_subject/sqlite.sql"));
    place.ok(&["generate", "--check"]);
    // One run, one undo: the answer goes with it.
    place.ok(&["undo"]);
    assert_eq!(
        place.read("entities/note.yaml"),
        NOTE.replace("title:", "subject:")
    );
}

#[test]
fn a_field_that_is_dropped_is_said_so_in_the_schema() {
    let place = notes();
    let subject = NOTE.replace("title:", "subject:");
    let other = format!("{subject}dropped: [\n  old, # long ago\n]\n");
    place.put("entities/note.yaml", &other);
    let mut terminal = Terminal::start(&place, &["generate"]);
    terminal.expect("was it renamed?");
    terminal.expect("stop, and write nothing");
    // The second answer: down, Enter.
    terminal.press("\u{1b}[B\r");
    terminal.expect("Answered `dropped: [title]` of `Note`");
    // What came in its place is required, and rows may be there.
    terminal
        .expect("`subject` of `notes` is new and required: what do the rows get that are there?");
    terminal.press("\r");
    terminal.expect("What they get");
    terminal.press("\r");
    terminal.expect("a value is needed");
    terminal.press("none\r");
    terminal.expect("Answered `backfill: none` at the field `subject` of `Note`");
    terminal.expect("Finished");
    assert_eq!(terminal.end(), 0);
    let filled = other
        .replace("old, #", "old, title, #")
        .replace("string", "{ type: string, backfill: none }");
    assert_eq!(place.read("entities/note.yaml"), filled);
}

#[test]
fn what_is_said_meanwhile_stands_in_lines_of_its_own() {
    let place = notes();
    let needed = "  weight: { type: int, backfill: 1 }\n";
    place.put("entities/note.yaml", format!("{NOTE}{needed}"));
    let lines = Terminal::start(&place, &["--color", "never", "generate"]).lines();
    let warned = lines.iter().any(|it| it.starts_with("warning: BC104"));
    assert!(warned, "{lines:#?}");
    assert!(lines.iter().all(|it| !it.contains("Working")), "{lines:#?}");
}

#[test]
fn an_entity_that_goes_while_another_comes_is_asked_about() {
    let place = notes();
    std::fs::remove_file(place.root().join("entities/note.yaml")).expect("removed");
    place.put("entities/memo.yaml", NOTE.replace("Note", "Memo"));
    let before = place.tree();
    let mut terminal = Terminal::start(&place, &["generate"]);
    terminal.expect("the table `notes` went, and `memos` came: was it renamed?");
    terminal.expect("stop, and write nothing");
    // The last answer stops: up, Enter.
    terminal.press("\u{1b}[A\r");
    terminal.expect("write one of the answers into the schema");
    assert_eq!(terminal.end(), 3);
    assert_eq!(place.tree(), before);
    let mut terminal = Terminal::start(&place, &["generate"]);
    terminal.expect("was it renamed?");
    terminal.expect("stop, and write nothing");
    terminal.press("\r");
    terminal.expect("Finished");
    assert_eq!(terminal.end(), 0);
    assert!(place.read("entities/memo.yaml").contains("was: "));
    place.ok(&["generate", "--check"]);
}

/// A project in git whose `src/note/model.rs` is about to say something else on both sides.
fn contested() -> Place {
    let place = notes();
    git(&place, &["init", "-q"]);
    git(&place, &["add", "--all"]);
    git(&place, &["commit", "-q", "-m", "begin"]);
    let model = place.read("src/note/model.rs");
    let line = "    pub title: String,\n";
    place.put(
        "src/note/model.rs",
        model.replacen(line, "    pub title: Box<str>,\n", 1),
    );
    place.put(
        "entities/note.yaml",
        NOTE.replace("title: string", "title: string?"),
    );
    place
}

#[test]
fn markers_are_written_in_a_terminal_and_git_knows_of_them() {
    let place = contested();
    let edited = place.read("src/note/model.rs");
    let mut terminal = Terminal::start(&place, &["generate"]);
    terminal.expect("conflicts; everything else is done");
    terminal.expect("svcgen resolve --continue");
    assert_eq!(terminal.end(), 3);
    let marked = place.read("src/note/model.rs");
    for mark in [
        "<<<<<<< yours",
        "||||||| last generated",
        "=======",
        ">>>>>>> new",
    ] {
        assert!(marked.contains(mark), "`{mark}` in {marked}");
    }
    assert!(marked.contains("Box<str>"));
    let stages = git(&place, &["ls-files", "--unmerged"]);
    assert_eq!(stages.lines().count(), 3, "{stages}");
    assert_eq!(
        git(&place, &["cat-file", "blob", ":2:src/note/model.rs"]),
        edited
    );

    let list = place.ok(&["resolve", "--list"]).stdout;
    assert_eq!(list, "conflicted src/note/model.rs\n");
    // Nothing runs on top of it, and nothing is resolved while markers are there.
    let again = place.svcgen(&["generate"]);
    assert_eq!(again.status, 3, "{}", again.stderr);
    let told = "conflicts of the last run are not resolved yet";
    assert!(again.stderr.contains(told), "{}", again.stderr);
    assert_eq!(place.svcgen(&["resolve", "--continue"]).status, 3);
    assert_eq!(place.read("src/note/model.rs"), marked);

    let resolved = chosen(&marked, "yours").replace("Box<str>", "Option<Box<str>>");
    place.put("src/note/model.rs", resolved);
    let list = place.ok(&["resolve", "--list"]).stdout;
    assert_eq!(list, "resolved src/note/model.rs\n");
    place.ok(&["resolve", "--continue"]);
    assert_eq!(git(&place, &["ls-files", "--unmerged"]), "");
    place.ok(&["generate"]);
    assert!(place.read("src/note/model.rs").contains("Option<Box<str>>"));
}

#[test]
fn a_run_with_markers_can_be_taken_back() {
    let place = contested();
    let is_kept = |path: &str| {
        let state = [".svcgen/undo", ".svcgen/settled", ".svcgen/busy"];
        !state.iter().any(|it| path.starts_with(it)) && !path.starts_with(".git/")
    };
    let tree = |place: &Place| {
        let mut tree = place.tree();
        tree.retain(|path, _| is_kept(path));
        tree
    };
    let before = tree(&place);
    let mut terminal = Terminal::start(&place, &["generate"]);
    terminal.expect("conflicts; everything else is done");
    assert_eq!(terminal.end(), 3);
    place.ok(&["resolve", "--abort"]);
    assert_eq!(tree(&place), before);
    assert_eq!(git(&place, &["ls-files", "--unmerged"]), "");
    assert_eq!(place.svcgen(&["resolve", "--abort"]).status, 2);
}

/// One side of every conflict.
fn chosen(marked: &str, side: &str) -> String {
    let (mut text, mut at) = (String::new(), "both");
    for line in marked.lines() {
        at = match line.get(..7) {
            Some("<<<<<<<") => "yours",
            Some("|||||||") => "base",
            Some("=======") if at != "both" => "new",
            Some(">>>>>>>") => "both",
            _ => {
                if at == "both" || at == side {
                    text.push_str(line);
                    text.push('\n');
                }
                continue;
            }
        };
    }
    text
}

#[test]
fn an_entity_is_removed_only_when_that_is_meant() {
    let place = notes();
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place.ok(&["generate", "-q"]);
    let before = place.tree();
    let mut terminal = Terminal::start(&place, &["remove-entity", "Tag"]);
    terminal.expect("Remove Tag: `entities/tag.yaml` and the files made of it?");
    terminal.press("n");
    assert_eq!(terminal.end(), 130);
    assert_eq!(place.tree(), before);
    let mut terminal = Terminal::start(&place, &["remove-entity", "Tag"]);
    terminal.expect("the files made of it?");
    terminal.press("y");
    terminal.expect("Removed Tag");
    assert_eq!(terminal.end(), 0);
    assert!(!place.has("entities/tag.yaml"));
    assert!(!place.has("src/tag/model.rs"));
}

#[test]
fn an_entity_is_added_by_answers() {
    let place = notes();
    let mut terminal = Terminal::start(&place, &["add-entity"]);
    terminal.expect("Entity, such as Order");
    terminal.press("Note\r");
    terminal.expect("`Note` is there already");
    terminal.expect("Entity, such as Order");
    terminal.press(&"\u{7f}".repeat("Note".len()));
    terminal.press("Tag\r");
    terminal.expect("Fields of Tag");
    terminal.press("name:string note:Note? parent:Tag?\r");
    terminal.expect("Added Tag");
    terminal.expect("cargo run");
    assert_eq!(terminal.end(), 0);
    let text = place.read("entities/tag.yaml");
    assert!(text.contains("parent: Tag?"), "{text}");
    let mut terminal = Terminal::start(&place, &["add-field"]);
    terminal.expect("Entity");
    terminal.expect("Tag");
    terminal.press("\r");
    terminal.expect("Fields of Note");
    terminal.press("pinned:bool?\r");
    terminal.expect("Added 1 field to Note");
    assert_eq!(terminal.end(), 0);
    assert!(place.read("entities/note.yaml").contains("pinned: bool?"));
}

/// A project in which a file was moved and edited at once.
fn moved() -> Place {
    let place = notes();
    let text = place.read("src/note/model.rs");
    place.put(
        "src/note/shapes.rs",
        text.replace("/// A note.", "/// A remark."),
    );
    std::fs::remove_file(place.root().join("src/note/model.rs")).expect("removed");
    place
}

#[test]
fn a_file_that_may_have_been_moved_is_asked_about_and_followed() {
    let place = moved();
    place.put("entities/note.yaml", format!("{NOTE}  pinned: bool?\n"));
    let mut terminal = Terminal::start(&place, &["generate"]);
    terminal.expect("like it. Was it moved there?");
    terminal.press("\r");
    terminal.expect("Followed src/note/model.rs to src/note/shapes.rs");
    terminal.expect("Merged src/note/shapes.rs");
    assert_eq!(terminal.end(), 0);
    let text = place.read("src/note/shapes.rs");
    assert!(
        text.contains("/// A remark.") && text.contains("pub pinned: Option<bool>"),
        "{text}"
    );
    assert!(!place.has("src/note/model.rs"));
    place.ok(&["generate", "--check"]);
}

#[test]
fn a_file_that_was_not_moved_is_written_anew() {
    let place = moved();
    let mut terminal = Terminal::start(&place, &["generate"]);
    terminal.expect("Was it moved there?");
    terminal.press("\u{1b}[B\r");
    terminal.expect("Created src/note/model.rs (it was missing)");
    assert_eq!(terminal.end(), 0);
    assert!(place.read("src/note/shapes.rs").contains("/// A remark."));
    place.ok(&["generate", "--check"]);
}
