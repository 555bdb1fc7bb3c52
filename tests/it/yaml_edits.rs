//! Random edits of random YAML files: what comes of an edit means what was meant, in the order
//! that was there, and no comment is lost.
//!
//! What was meant is worked out beside svcgen, on the value that another parser reads.
//! `SVCGEN_TRIALS=10000` makes a long run of it, `SVCGEN_SEED` another one.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use svcgen::schema::edit::{Edit, EditError, Step, Tree, apply};

use crate::merging::edits::Random;

/// An editor under test.
type Editor = dyn Fn(&str, &Edit) -> Result<String, EditError>;

/// What was seen in a run of trials.
#[derive(Debug, Default)]
struct Seen {
    trials: usize,
    refused: usize,
    wrong: Vec<String>,
}

/// A file as a person may have written it: comments, braces, quotes, alignment, empty lines.
fn file(random: &mut Random) -> String {
    let mut text = String::from("# yaml-language-server: $schema=x.json\n");
    let mut comments = 0;
    let _ = writeln!(text, "entity: Thing{}", comment(random, &mut comments));
    let _ = writeln!(text, "fields:{}", comment(random, &mut comments));
    let is_aligned = random.below(3) == 0;
    for at in 0..=random.below(5) {
        if random.below(4) == 0 {
            comments += 1;
            let _ = writeln!(text, "  # alone {comments};");
        }
        let key = ["a", "title", "placed_at", "total", "note", "more"][at];
        let gap = if is_aligned { 12 - key.len() } else { 1 };
        let _ = write!(text, "  {key}:{}", " ".repeat(gap));
        match random.below(6) {
            0 => {
                let _ = write!(text, "{{ type: enum, values: [x, 'y z'] }}");
            }
            1 => {
                let _ = write!(
                    text,
                    "\n    type: text\n    doc: |\n      One: a.\n\n      Two # no comment"
                );
            }
            2 => text.push_str("\"decimal(12,2)\""),
            3 => text.push_str("{type: int,\n    max: 3,}"),
            4 => text.push_str("'it''s'"),
            _ => text.push_str("text?"),
        }
        // In a block of text a comment would be text.
        let tail = if text.ends_with("comment") {
            String::new()
        } else {
            comment(random, &mut comments)
        };
        let _ = writeln!(text, "{tail}");
        if random.below(4) == 0 {
            text.push('\n');
        }
    }
    match random.below(3) {
        0 => {
            let _ = writeln!(text, "kept: [one, two]{}", comment(random, &mut comments));
        }
        1 => {
            let tail = comment(random, &mut comments);
            let _ = writeln!(text, "kept:\n  - one{tail}\n  - \"two\"");
        }
        _ => text.push_str("kept: [\n  one, # first\n  two,\n]\n"),
    }
    let _ = write!(text, "list: {{}}{}", comment(random, &mut comments));
    if random.below(3) > 0 {
        text.push('\n');
    }
    if random.below(4) == 0 {
        text = text.replace('\n', "\r\n");
    }
    text
}

fn comment(random: &mut Random, count: &mut usize) -> String {
    if random.below(2) == 0 {
        return String::new();
    }
    *count += 1;
    format!(" # said {count};")
}

/// Every comment that is one, by the words that each has for itself.
fn comments(text: &str) -> Vec<String> {
    let found = text.lines().filter_map(|line| {
        let at = line.find("# alone ").or_else(|| line.find("# said "))?;
        Some(line[at..].trim_end().to_owned())
    });
    found.collect()
}

/// An edit of something that is there.
fn an_edit(value: &Value, random: &mut Random) -> Edit {
    let fields: Vec<String> = match &value["fields"] {
        Value::Object(fields) => fields.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let field = fields[random.below(fields.len())].clone();
    let at = |key: &str| vec![Step::Key("fields".to_owned()), Step::Key(key.to_owned())];
    let word = format!("w{}", random.below(1000));
    let text = [
        word.as_str(),
        "decimal(10,2)",
        "it's # no comment",
        "true",
        "a: b",
        "text?",
    ];
    let text = text[random.below(6)];
    match random.below(6) {
        0 => Edit::Insert {
            into: vec![Step::Key("fields".to_owned())],
            after: (random.below(2) == 0).then_some(field),
            key: word.clone(),
            value: Tree::text(text),
        },
        1 => Edit::Insert {
            into: vec![Step::Key("list".to_owned())],
            after: None,
            key: word.clone(),
            value: Tree::List(vec![Tree::text(text)]),
        },
        2 => Edit::Rename {
            entry: at(&field),
            to: word,
        },
        3 => Edit::Append {
            list: vec![Step::Key("kept".to_owned())],
            item: Tree::text(text),
        },
        4 if value["fields"][&field].is_string() => Edit::Wrap {
            at: at(&field),
            key: "type".to_owned(),
        },
        5 if fields.len() > 1 => Edit::Remove { entry: at(&field) },
        _ => Edit::Replace {
            at: vec![Step::Key("entity".to_owned())],
            text: text.to_owned(),
        },
    }
}

fn read(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// The edit, made on the value.
fn meant(mut value: Value, edit: &Edit) -> Value {
    let name = |step: &Step| match step {
        Step::Key(key) => key.clone(),
        Step::Item(_) => unreachable!("no edit here is of an item"),
    };
    let tree = |tree: &Tree| match tree {
        Tree::Text(text) => Value::String(text.clone()),
        Tree::List(items) => items
            .iter()
            .map(|it| match it {
                Tree::Text(text) => Value::String(text.clone()),
                other => unreachable!("{other:?}"),
            })
            .collect(),
        other => unreachable!("{other:?}"),
    };
    let object = |value: &mut Value, key: &str| -> Map<String, Value> {
        value[key].as_object().cloned().unwrap_or_default()
    };
    match edit {
        Edit::Insert {
            into,
            after,
            key,
            value: new,
        } => {
            let holder = name(&into[0]);
            let mut entries: Vec<(String, Value)> =
                object(&mut value, &holder).into_iter().collect();
            let place = match after {
                Some(after) => entries.iter().position(|it| it.0 == *after).expect("there") + 1,
                None => entries.len(),
            };
            entries.insert(place, (key.clone(), tree(new)));
            value[&holder] = Value::Object(entries.into_iter().collect());
        }
        Edit::Rename { entry, to } => {
            let old = name(&entry[1]);
            let entries = object(&mut value, "fields").into_iter();
            let renamed = entries.map(|(key, it)| (if key == old { to.clone() } else { key }, it));
            value["fields"] = Value::Object(renamed.collect());
        }
        Edit::Append { item, .. } => value["kept"]
            .as_array_mut()
            .expect("a list")
            .push(tree(item)),
        Edit::Wrap { at, key } => {
            let inner = value["fields"][&name(&at[1])].take();
            value["fields"][&name(&at[1])] = Value::Object(Map::from_iter([(key.clone(), inner)]));
        }
        Edit::Remove { entry } => {
            let gone = name(&entry[1]);
            let entries = object(&mut value, "fields").into_iter();
            value["fields"] = Value::Object(entries.filter(|it| it.0 != gone).collect());
        }
        Edit::Replace { text, .. } => value["entity"] = Value::String(text.clone()),
    }
    value
}

fn trials(count: u64, editor: &Editor) -> Seen {
    let number = |name: &str, usual| {
        let set = std::env::var(name).ok();
        set.map_or(usual, |it| it.parse().expect("a number"))
    };
    let mut random = Random::new(number("SVCGEN_SEED", 1));
    let mut seen = Seen::default();
    for _ in 0..count {
        let text = file(&mut random);
        let value = read(&text);
        let edit = an_edit(&value, &mut random);
        seen.trials += 1;
        let Ok(edited) = editor(&text, &edit) else {
            seen.refused += 1;
            continue;
        };
        let told = |what: &str| format!("{what}: {edit:?}\n--- before\n{text}--- after\n{edited}");
        let wanted = meant(value, &edit);
        // As text, because the order of keys counts.
        let (came, wanted) = (read(&edited).to_string(), wanted.to_string());
        if came != wanted {
            seen.wrong.push(told("it means something else"));
        }
        let is_removal = matches!(edit, Edit::Remove { .. });
        for comment in comments(&text) {
            // What stands on the lines of an entry goes with it.
            if !is_removal && !edited.contains(&comment) {
                seen.wrong.push(told(&format!("`{comment}` is lost")));
            }
            if is_removal && comment.starts_with("# alone") && !edited.contains(&comment) {
                seen.wrong.push(told(&format!("`{comment}` is lost")));
            }
        }
        let ends = |text: &str| text.matches("\r\n").count() == text.matches('\n').count();
        if text.contains("\r\n") && !ends(&edited) {
            seen.wrong.push(told("the line ends are mixed"));
        }
    }
    seen
}

fn count() -> u64 {
    let set = std::env::var("SVCGEN_TRIALS").ok();
    set.map_or(600, |it| it.parse().expect("a number"))
}

#[test]
fn an_edit_means_what_was_meant_and_loses_no_comment() {
    let seen = trials(count(), &|text, edit| {
        apply(text, std::slice::from_ref(edit))
    });
    println!("{} edits, {} refused", seen.trials, seen.refused);
    assert!(
        seen.wrong.is_empty(),
        "{} wrong, the first: {}",
        seen.wrong.len(),
        seen.wrong[0]
    );
    assert!(seen.refused * 50 <= seen.trials, "{seen:?}");
}

/// An editor that writes the value anew knows no comment.
#[test]
fn an_editor_that_writes_the_file_anew_is_found_out() {
    let seen = trials(60, &|text, edit| {
        Ok(format!("{:#}\n", meant(read(text), edit)))
    });
    assert!(seen.wrong.len() > 20, "{seen:?}");
}

/// An editor that puts every new entry at the top gets the order wrong.
#[test]
fn an_editor_that_does_something_else_is_found_out() {
    let seen = trials(200, &|text, edit| {
        let other = match edit.clone() {
            Edit::Insert {
                into, key, value, ..
            } => Edit::Insert {
                into,
                after: None,
                key: format!("{key}_"),
                value,
            },
            other => other,
        };
        apply(text, &[other])
    });
    assert!(seen.wrong.len() > 20, "{seen:?}");
}
