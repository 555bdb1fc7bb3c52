//! Renames, ambiguities, and what is refused; the plans have their own cases.

use super::*;
use crate::model::check::check;
use crate::schema;
use crate::source::Source;
use crate::tables;
use crate::tables::delta::Source as From;

/// Tables and intent of a service with one entity, given the entity's fields.
fn one(fields: &str) -> (Schema, Intent) {
    several(&[&format!("entity: Book\nid: bigint\ndelete: hard\n{fields}")])
}

fn several(entities: &[&str]) -> (Schema, Intent) {
    let source = |path: String, text: &str| Source::new(path, text.to_owned());
    let service = "svcgen: 1\nname: shop\n";
    let mut sources = vec![source("svcgen.yaml".to_owned(), service)];
    for (index, entity) in entities.iter().enumerate() {
        sources.push(source(format!("entities/{index}.yaml"), entity));
    }
    let (document, mut diagnostics) = schema::load(&sources);
    let (service, more) = check(&document);
    diagnostics.extend(more);
    let service = service.unwrap_or_else(|| panic!("{diagnostics:?}"));
    (tables::of(&service), Intent::of(&service))
}

fn said(old: &(Schema, Intent), new: &(Schema, Intent)) -> Diff {
    diff(&old.0, &new.0, &new.1)
}

#[test]
fn a_rename_is_one_because_the_schema_says_so() {
    let old = one("fields: { title: string }");
    let new = one("fields: { name: { type: string, was: title } }");
    let found = said(&old, &new);
    assert_eq!(found.questions, []);
    assert!(found.changes.iter().any(
        |it| matches!(it, Change::RenameColumn { from, to, .. } if from == "title" && to == "name")
    ));
    let column = found.target.table("books").unwrap().column("name").unwrap();
    assert_eq!(column.origin(), "title");
    let again = diff(&found.target, &new.0, &new.1);
    assert_eq!((again.changes, again.questions), (vec![], vec![]));
}

#[test]
fn something_that_went_and_something_like_it_that_came_is_a_question() {
    let old = one("fields: { title: string, pages: int }");
    let found = said(&old, &one("fields: { name: string, pages: int }"));
    assert_eq!(found.questions.len(), 1);
    let text = found.questions[0].to_string();
    for answer in [
        "`was: title` at the field `name` of `Book`",
        "`dropped: [title]` of `Book`",
        "`kept: [title]` of `Book`",
    ] {
        assert!(text.contains(answer), "{text}");
    }
    for answer in ["dropped", "kept"] {
        let new = one(&format!(
            "fields: {{ name: {{ type: string, backfill: x }}, pages: int }}\n{answer}: [title]"
        ));
        assert_eq!(said(&old, &new).questions, [], "{answer}");
    }
    // Something of another kind is no candidate: the old one is retired.
    let found = said(&old, &one("fields: { title: string, day: date? }"));
    assert_eq!(found.questions, []);
    assert!(
        found
            .target
            .table("books")
            .unwrap()
            .column("pages")
            .unwrap()
            .past
            .retired
    );
}

#[test]
fn a_table_that_went_and_one_like_it_that_came_is_a_question() {
    let old = several(&["entity: Book\nfields: { title: string, pages: int }"]);
    let fields = "fields: { title: string, pages: int }";
    let found = said(&old, &several(&[&format!("entity: Volume\n{fields}")]));
    assert!(
        found.questions[0]
            .to_string()
            .contains("`was: books` of `Volume`")
    );
    let renamed = several(&[&format!("entity: Volume\n{fields}\nwas: Book")]);
    let found = said(&old, &renamed);
    assert_eq!(found.questions, []);
    assert!(found.target.table("volumes_archive").is_some());
    assert!(found.target.table("books").is_none());
}

#[test]
fn what_is_stricter_needs_a_word() {
    let old = one("fields: { title: { type: string, max: 20 } }");
    let tighter = "fields: { title: { type: string, max: 10 } }";
    assert_eq!(
        said(&old, &one(tighter)).questions[0].about,
        About::Narrowing
    );
    let narrow = "fields: { title: { type: string, max: 10, narrow: true } }";
    assert_eq!(said(&old, &one(narrow)).questions, []);
    let wider = "fields: { title: { type: string, max: 30 } }";
    assert_eq!(said(&old, &one(wider)).questions, []);
    let once = Intent {
        allow: super::super::intent::Allow {
            narrowing: true,
            ..Default::default()
        },
        ..one(tighter).1
    };
    assert_eq!(diff(&old.0, &one(tighter).0, &once).questions, []);
}

#[test]
fn identifiers_do_not_change() {
    let old = several(&[
        "entity: Book\nid: bigint",
        "entity: Page\nfields: { book: Book }",
    ]);
    let new = several(&[
        "entity: Book\nid: uuid",
        "entity: Page\nfields: { book: Book }",
    ]);
    let questions = said(&old, &new).questions;
    assert_eq!(questions.len(), 1);
    assert_eq!(questions[0].about, About::Identity);
}

#[test]
fn an_archive_keeps_what_its_table_lets_go() {
    let archived = |fields: &str| several(&[&format!("entity: Book\n{fields}")]);
    let old = archived("fields: { title: string, code: string }");
    let dropped = archived("fields: { title: string }\ndropped: [code]");
    let first = said(&old, &dropped);
    let archive = first.target.table("books_archive").unwrap();
    assert!(archive.column("code").unwrap().past.retired);
    assert!(
        first
            .target
            .table("books")
            .unwrap()
            .column("code")
            .is_none()
    );
    // The same name again, as something else: the old values keep a name of their own.
    let again = archived("fields: { title: string, code: { type: int, default: 0 } }");
    let second = diff(&first.target, &again.0, &again.1);
    assert_eq!(second.questions, []);
    let archive = second.target.table("books_archive").unwrap();
    assert_eq!(
        archive.column("code__v1").unwrap().ty,
        super::super::ColumnType::Text
    );
    assert_eq!(
        archive.column("code").unwrap().ty,
        super::super::ColumnType::Int
    );
    let third = diff(&second.target, &again.0, &again.1);
    assert_eq!((third.changes, third.questions), (vec![], vec![]));
}

#[test]
fn an_archive_that_is_switched_off_goes_on_following() {
    let book = |text: &str| several(&[&format!("entity: {text}")]);
    let kind = "kind: { type: enum, values: [{ name: volume, was: tome }, sheet] }";
    let steps = [
        book(
            "Book\nfields: { title: string, kind: { type: enum, values: [tome, sheet] }, n: string }",
        ),
        book(&format!(
            "Title\nwas: Book\ndelete: hard\nfields: {{ name: {{ type: string, was: title }}, {kind}, \
             n: {{ type: int, narrow: true }}, day: {{ type: date, backfill: 2020-01-31 }} }}"
        )),
        book(&format!(
            "Title\nwas: Book\nfields: {{ name: string, {kind}, n: int, day: date }}"
        )),
    ];
    let mut tables = steps[0].0.clone();
    for (step, retired) in [(&steps[1], true), (&steps[2], false)] {
        let found = diff(&tables, &step.0, &step.1);
        assert_eq!(found.questions, []);
        tables = found.target;
        let again = diff(&tables, &step.0, &step.1);
        assert_eq!((again.changes, again.questions), (vec![], vec![]));
        assert!(tables.table("books_archive").is_none());
        let archive = tables.table("titles_archive").unwrap();
        assert_eq!(archive.past.retired, retired);
        let column = |name: &str| archive.column(name).unwrap();
        assert_eq!(column("name").origin(), "title");
        assert_eq!(column("kind").past.renamed_values[0].was, "tome");
        assert_eq!(column("n").past.converted_from.as_deref(), Some("n__v1"));
        assert_eq!(column("day").past.fills.len(), 1);
        assert!(
            archive
                .columns
                .iter()
                .all(|it| it.past.retired == (it.name == "n__v1"))
        );
    }
}

#[test]
fn a_column_becomes_one_column_and_not_two() {
    let author = "entity: Author\nfields: { name: string }";
    let old = several(&[
        "entity: Post\nfields: { title: string, readers: { many: Author, through: labels } }",
        author,
    ]);
    let without = several(&["entity: Post\nfields: { title: string }", author]);
    let retired = said(&old, &without).target;
    // The same table's name, for links of another kind: both ends are what one end was.
    let new = several(&[
        "entity: Remark\nwas: Post\nfields: { title: string, related: { many: Remark, through: labels } }",
        author,
    ]);
    let found = diff(&retired, &new.0, &new.1);
    let mut sources: Vec<&str> = Vec::new();
    let pair = found.delta.pair("labels").expect("the table");
    for column in &pair.columns {
        if let From::Column { name, .. } = &column.source {
            assert!(!sources.contains(&name.as_str()), "{:?}", pair.columns);
            sources.push(name);
        }
    }
}

#[test]
fn a_table_does_not_get_the_name_of_one_that_stays() {
    let entity =
        |name: &str, was: &str| format!("entity: {name}\n{was}fields: {{ title: string }}");
    let old = several(&[&entity("Post", ""), &entity("Note", "")]);
    // Its archive stays, with the records that were removed.
    let mut without = several(&[&entity("Post", "")]);
    without.1.dropped = vec!["notes".to_owned()];
    let left = said(&old, &without);
    assert_eq!(left.questions, []);
    assert!(left.target.table("notes_archive").is_some());
    let new = several(&[&entity("Note", "was: Post\n")]);
    let found = diff(&left.target, &new.0, &new.1);
    let text = found.questions[0].to_string();
    assert!(
        text.contains("`posts_archive` cannot become `notes_archive`"),
        "{text}"
    );
}

#[test]
fn nulls_of_another_type_are_owed_no_more_than_live_ones_get() {
    let book = |n: &str| {
        several(&[&format!(
            "entity: Book\ndelete: archive\nfields: {{ n: {n} }}"
        )])
    };
    let fills = |to: &str| {
        let new = book(to);
        let target = diff(&book("float?").0, &new.0, &new.1).target;
        let archive = target.table("books_archive").unwrap();
        archive.column("n").unwrap().past.fills.len()
    };
    // Live nulls stay nulls; the default is for new records.
    let decimal = "type: \"decimal(12,2)\", narrow: true, default: 1.25";
    assert_eq!(fills(&format!("{{ {decimal}, nullable: true }}")), 0);
    assert_eq!(fills(&format!("{{ {decimal} }}")), 1);
}

#[test]
fn an_archive_remembers_nothing_of_what_it_lets_go_of() {
    let book = |rest: &str| several(&[&format!("entity: Book\ndelete: archive\n{rest}")]);
    let first = book("fields: { title: string, pages: text? }");
    let second = book(
        "fields: { title: string, pages: { type: int?, narrow: true }, long: { type: bool, backfill: { sql: \"pages > 99\" } }, \
         short: { type: bool, backfill: { sql: \"length(title) < 9\" } }, sheets: { type: int?, backfill: { copy: pages } } }",
    );
    let followed = diff(&first.0, &second.0, &second.1).target;
    let archive = |tables: &Schema| tables.table("books_archive").unwrap().clone();
    let of = |table: &Table, column: &str| table.column(column).unwrap().past.clone();
    let before = archive(&followed);
    assert_eq!(of(&before, "pages").converted_from.unwrap(), "pages__v1");
    let third = book(
        "fields: { title: string, pages: int?, long: bool, short: bool, sheets: int? }\narchive: { dropped: [pages__v1] }",
    );
    let without_old = diff(&followed, &third.0, &third.1).target;
    assert_eq!(of(&archive(&without_old), "pages").converted_from, None);
    let fourth = book(
        "fields: { title: string, long: bool, short: bool, sheets: int? }\ndropped: [pages]\narchive: { stashed: [pages] }",
    );
    let without = archive(&diff(&without_old, &fourth.0, &fourth.1).target);
    assert!(without.column("pages").is_none());
    for (column, fills) in [("long", 0), ("sheets", 0), ("short", 1)] {
        let left = of(&without, column).fills;
        assert_eq!(left.len(), fills, "{column}");
        let mut names = left.iter().flat_map(|it| &it.names);
        assert!(names.all(|(_, now)| now != "pages"), "{left:?}");
    }
}

#[test]
fn a_value_that_takes_the_name_of_another_is_not_that_one() {
    let book = |values: &str| {
        let kind = format!("{{ type: enum, narrow: true, values: [{values}] }}");
        several(&[&format!(
            "entity: Book\ndelete: archive\nfields: {{ kind: {kind} }}"
        )])
    };
    let new = book("{ name: b, was: a }, c");
    let found = diff(&book("a, b, c").0, &new.0, &new.1);
    assert_eq!(found.questions, []);
    let archive = found.target.table("books_archive").unwrap();
    let renamed = &archive.column("kind").unwrap().past.renamed_values;
    let renamed: Vec<_> = renamed.iter().map(|it| (&*it.was, &*it.now)).collect();
    assert_eq!(renamed, [("a", "b"), ("b", "the former b")]);
    let again = diff(&found.target, &new.0, &new.1);
    assert_eq!((again.changes, again.questions), (vec![], vec![]));
}
