//! Edits as data: a text, an edit, and the text that must come of it.

use super::refactor::Files;
use super::*;

fn edited(text: &str, edits: &[Edit]) -> String {
    apply(text, edits).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn insert(into: &str, key: &str, value: Tree) -> Edit {
    Edit::Insert {
        into: steps(into),
        after: None,
        key: key.to_owned(),
        value,
    }
}

fn decimal() -> Tree {
    Tree::text("decimal(12,2)")
}

#[test]
fn a_new_entry_stands_where_a_person_would_have_written_it() {
    for (before, after) in [
        // In line with its neighbours, before what follows the mapping.
        (
            "# top\nfields:\n  a: text # one\n\n  # two\n  b: int\n# end\nindexes: []\n",
            "# top\nfields:\n  a: text # one\n\n  # two\n  b: int\n  new: decimal(12,2)\n# end\nindexes: []\n",
        ),
        // Aligned where the others are.
        (
            "fields:\n  number:   string\n  placed_at: int\n",
            "fields:\n  number:   string\n  placed_at: int\n  new: decimal(12,2)\n",
        ),
        (
            "fields:\n    number:    string\n    placed_at: int\n",
            "fields:\n    number:    string\n    placed_at: int\n    new:       decimal(12,2)\n",
        ),
        // After a value of several lines, and after a block of text.
        (
            "fields:\n  a:\n    type: enum\n    values:\n      - x\n      - { name: y }\nlist: {}\n",
            "fields:\n  a:\n    type: enum\n    values:\n      - x\n      - { name: y }\n  new: decimal(12,2)\nlist: {}\n",
        ),
        (
            "fields:\n  a:\n    type: text\n    doc: |\n      One.\n\n      Two.\n\nlist: {}\n",
            "fields:\n  a:\n    type: text\n    doc: |\n      One.\n\n      Two.\n  new: decimal(12,2)\n\nlist: {}\n",
        ),
        (
            "fields:\n  a: { type: text,\n    doc: x }\n",
            "fields:\n  a: { type: text,\n    doc: x }\n  new: decimal(12,2)\n",
        ),
        // In braces a comma would end the value, so it is quoted.
        (
            "fields: { a: text }\n",
            "fields: { a: text, new: \"decimal(12,2)\" }\n",
        ),
        (
            "fields: {a: text,}\n",
            "fields: {a: text, new: \"decimal(12,2)\",}\n",
        ),
        (
            "fields: {\n  a: text,\n  b: int # last\n}\n",
            "fields: {\n  a: text,\n  b: int, # last\n  new: \"decimal(12,2)\"\n}\n",
        ),
        (
            "fields: {\n  a: text,\n  b: int, # last\n}\n",
            "fields: {\n  a: text,\n  b: int, # last\n  new: \"decimal(12,2)\",\n}\n",
        ),
        // Where nothing is yet.
        (
            "fields: {} # none\n",
            "fields: # none\n  new: decimal(12,2)\n",
        ),
        (
            "fields:\nlist: {}\n",
            "fields:\n  new: decimal(12,2)\nlist: {}\n",
        ),
        ("a: { fields: {} }\n", "a: { fields: {} }\nfields: {}\n"),
        // Without a last newline, and with the line ends of another system.
        (
            "fields:\n  a: text",
            "fields:\n  a: text\n  new: decimal(12,2)\n",
        ),
        (
            "fields:\r\n  a: text\r\n",
            "fields:\r\n  a: text\r\n  new: decimal(12,2)\r\n",
        ),
        (
            "\u{feff}fields:\n  ä: 'é'\n",
            "\u{feff}fields:\n  ä: 'é'\n  new: decimal(12,2)\n",
        ),
    ] {
        let edit = if after.ends_with("fields: {}\n") {
            insert("", "fields", Tree::Map(Vec::new()))
        } else {
            insert("fields", "new", decimal())
        };
        assert_eq!(edited(before, &[edit]), after);
    }
}

#[test]
fn a_rename_keeps_quotes_and_alignment() {
    let rename = |to: &str| Edit::Rename {
        entry: steps("fields.total"),
        to: to.to_owned(),
    };
    for (before, to, after) in [
        (
            "fields:\n  total: int # sum\n",
            "amount",
            "fields:\n  amount: int # sum\n",
        ),
        (
            "fields:\n  total:     int\n  placed_at: int\n",
            "sum",
            "fields:\n  sum:       int\n  placed_at: int\n",
        ),
        (
            "fields:\n  total:     int\n  placed_at: int\n",
            "total_with_tax",
            "fields:\n  total_with_tax: int\n  placed_at: int\n",
        ),
        (
            "fields: { \"total\": int }\n",
            "sum",
            "fields: { \"sum\": int }\n",
        ),
        (
            "fields: { 'total' : int }\n",
            "sum",
            "fields: { 'sum' : int }\n",
        ),
    ] {
        assert_eq!(edited(before, &[rename(to)]), after);
    }
    let taken = apply("fields:\n  total: int\n  sum: int\n", &[rename("sum")]);
    assert_eq!(taken, Err(EditError::There("sum".to_owned())));
}

#[test]
fn what_is_removed_takes_its_line_along_and_no_other() {
    let remove = Edit::Remove {
        entry: steps("fields.b"),
    };
    for (before, after) in [
        (
            "fields:\n  a: int\n  # about b\n  b: int # x\n  c: int\n",
            "fields:\n  a: int\n  # about b\n  c: int\n",
        ),
        (
            "fields:\n  b:\n    type: x\n    doc: |\n      Y.\nlist: {}\n",
            "fields: {}\nlist: {}\n",
        ),
        (
            "fields: { a: int, b: int, c: int }\n",
            "fields: { a: int, c: int }\n",
        ),
        (
            "fields: { a: int, b: { many: X } }\n",
            "fields: { a: int }\n",
        ),
        ("fields: { b: int }\n", "fields: {}\n"),
    ] {
        assert_eq!(edited(before, std::slice::from_ref(&remove)), after);
    }
}

#[test]
fn what_cannot_be_edited_safely_is_refused() {
    for text in [
        "x: &x { a: int }\nfields: *x\n",
        "fields: &all\n  a: &a { type: int }\n  total: *a\n",
    ] {
        let edits = [insert("fields.total", "was", Tree::text("sum"))];
        let result = apply(text, &edits);
        assert!(result.is_err(), "{text}: {result:?}");
    }
    let missing = apply("a: 1\n", &[insert("fields.b", "x", Tree::Null)]);
    assert_eq!(missing, Err(EditError::Missing("fields.b".to_owned())));
    assert!(apply("a: [\n", &[]).is_ok());
    assert!(matches!(
        apply("a: [\n", &[insert("", "x", Tree::Null)]),
        Err(EditError::Unreadable(_))
    ));
}

const ORDER: &str = "\
entity: Order # the heart of it
fields:
  number:    { type: string, max: 20 }
  customer:  Customer?
  parent:    { type: \"Order?\", was: before }
  total:     decimal(12,2)   # with VAT
  lines:     { many: OrderLine, by: order }
indexes: [[total, -number], '-total']
unique:
  - total
list:
  filter: [total]
  default_order: -total
";
const LINE: &str = "entity: OrderLine\nfields:\n  order: Order\n  total: int\n";

fn refactored(edit: impl FnOnce(&Files) -> refactor::Edits) -> [String; 2] {
    let mut texts = [ORDER.to_owned(), LINE.to_owned()];
    let edits = edit(&Files::of([ORDER, LINE].into_iter()).expect("YAML"));
    for (file, edit) in edits {
        texts[file] = edited(&texts[file], &[edit]);
    }
    texts
}

#[test]
fn a_field_is_renamed_everywhere() {
    let [order, line] = refactored(|it| {
        it.rename_field("Order", "total", "amount", Some("total"))
            .expect("edits")
    });
    assert!(
        order.contains("\n  amount:    { type: \"decimal(12,2)\", was: total }   # with VAT\n"),
        "{order}"
    );
    assert!(
        order.contains("indexes: [[amount, -number], '-amount']\nunique:\n  - amount\n"),
        "{order}"
    );
    assert!(
        order.ends_with("  filter: [amount]\n  default_order: -amount\n"),
        "{order}"
    );
    assert_eq!(line, LINE);
    let [order, line] = refactored(|it| {
        it.rename_field("OrderLine", "order", "parent", Some("order"))
            .expect("edits")
    });
    assert!(order.contains("{ many: OrderLine, by: parent }"), "{order}");
    assert!(
        line.contains("\n  parent: { type: Order, was: order }\n"),
        "{line}"
    );
    let [order, _] = refactored(|it| {
        it.rename_field("Order", "parent", "root", Some("parent"))
            .expect("edits")
    });
    assert!(
        order.contains("  root:      { type: \"Order?\", was: parent }\n"),
        "{order}"
    );
}

#[test]
fn an_entity_is_renamed_everywhere() {
    let [order, line] = refactored(|it| {
        it.rename_entity("Order", "Purchase", Some("Order"))
            .expect("edits")
    });
    assert!(
        order.starts_with("entity: Purchase # the heart of it\n"),
        "{order}"
    );
    assert!(
        order.contains("{ type: \"Purchase?\", was: before }"),
        "{order}"
    );
    assert!(order.contains("{ many: OrderLine, by: order }"), "{order}");
    assert!(
        order.ends_with("  default_order: -total\nwas: Order\n"),
        "{order}"
    );
    assert!(line.contains("  order: Purchase\n"), "{line}");
}

#[test]
fn a_referred_entity_stays_and_collections_go_along() {
    let files = Files::of([ORDER, LINE].into_iter()).expect("YAML");
    let error = files.remove_entity("Order").expect_err("referred");
    assert_eq!(
        error.to_string(),
        "`Order` is referred to by `OrderLine.order`"
    );
    let [order, _] = refactored(|it| it.remove_entity("OrderLine").expect("edits").0);
    assert!(
        !order.contains("OrderLine") && order.contains("# with VAT\nindexes"),
        "{order}"
    );
    let error = files.file("order").expect_err("missing");
    assert!(
        matches!(error, refactor::RefactorError::Missing { near: Some(near), .. } if near == "Order")
    );
}
