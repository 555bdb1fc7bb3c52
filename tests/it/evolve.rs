//! The commands that change the schema: YAML and service are written as one, and what people
//! wrote around the change stays.

use crate::support::Place;

const PRODUCT: &str = "\
# What we sell.
entity:   Product
fields:
  name:        { type: string, max: 80 }   # as printed
  # The price in euros.
  price:       decimal(12,2)
  tags:        { many: Tag }
# The rest is custom.
list: { order: [name, price] }
";
const TAG: &str = "entity: Tag\nfields:\n  name: string\n  products: { many: Product }\n";

/// A generated project with comments and layout of its own.
fn shop() -> Place {
    let place = Place::notes();
    place.put("entities/product.yaml", PRODUCT);
    place.put("entities/tag.yaml", TAG);
    place.ok(&["generate"]);
    place
}

#[test]
fn an_entity_is_described_and_generated_at_once() {
    let place = shop();
    let ended = place.ok(&[
        "add-entity",
        "Order",
        "product:Product",
        "total:decimal(12,2)",
        "status:enum(draft, paid)",
        "note:text?",
        "--doc",
        "What was bought: all of it.",
    ]);
    ended.is(
        0,
        &[
            "Created entities/order.yaml",
            "Added Order, entities/order.yaml",
            "edit src/order/rules.rs",
            "svcgen add-field Product 'orders:many(Order)'",
            "cargo run",
        ],
    );
    assert_eq!(
        place.read("entities/order.yaml"),
        "# yaml-language-server: $schema=../.svcgen/schema/entity.schema.json\n\
         entity: Order\ndoc: \"What was bought: all of it.\"\nfields:\n  product: Product\n  \
         total:   decimal(12,2)\n  status:  { type: enum, values: [draft, paid] }\n  note:    text?\n"
    );
    assert!(place.has("src/order/rules.rs"));
    place.ok(&["generate"]).is(0, &["Unchanged"]);
}

#[test]
fn fields_are_added_where_they_belong_and_nothing_else_moves() {
    let place = shop();
    place
        .ok(&["add-field", "Product", "orders:many(Note)", "--dry-run"])
        .is(0, &["update entities/product.yaml", "nothing was written"]);
    let added = [
        "add-field",
        "Product",
        "weight:decimal(6,3)?",
        "colour:enum(red,blue)?",
    ];
    place
        .ok(&added)
        .is(0, &["2 fields to Product", "Updated src/product/model.rs"]);
    let expected = PRODUCT.replace(
        "  tags: ",
        "  weight:      decimal(6,3)?\n  colour:      { type: enum?, values: [red, blue] }\n  tags: ",
    );
    assert_eq!(place.read("entities/product.yaml"), expected);
    place.put("entities/tag.yaml", TAG.replace('\n', "\r\n"));
    place.ok(&["add-field", "Tag", "colour:string?"]);
    assert_eq!(
        place.read("entities/tag.yaml"),
        TAG.replace("  products", "  colour: string?\n  products")
            .replace('\n', "\r\n")
    );
}

#[test]
fn what_cannot_be_added_leaves_everything_as_it_is() {
    let place = shop();
    let before = place.times();
    let cases: [(&[&str], i32, &[&str]); 14] = [
        (
            &["add-entity"],
            2,
            &["has no name", "svcgen add-entity NAME"],
        ),
        (&["add-entity", "order"], 2, &["write `Order`"]),
        (&["add-entity", "Order"], 2, &["no field of `Order`"]),
        (
            &["add-entity", "Tag", "a:int"],
            2,
            &["the entity `Tag` is there already", "add-field Tag"],
        ),
        (
            &["add-entity", "Tags", "a:int"],
            1,
            &["S0204", "nothing was generated"],
        ),
        (
            &["add-entity", "Order", "a:strnig"],
            1,
            &["entities/order.yaml:4", "did you mean `string`"],
        ),
        (&["add-field"], 2, &["no entity was named"]),
        (
            &["add-field", "product", "a:int"],
            2,
            &["no entity `product`", "did you mean `Product`"],
        ),
        (
            &["add-field", "Product", "name:int"],
            2,
            &["the field `name` is there already in `Product`"],
        ),
        (
            &["add-field", "Product", "a:int"],
            3,
            &[
                "`a` of `products` is new and required",
                "--backfill FIELD=VALUE",
            ],
        ),
        (
            &["add-field", "Product", "a:int", "--backfill", "b=1"],
            2,
            &["`b` is none of the new fields"],
        ),
        (
            &["add-field", "Product", "a:int", "--backfill", "a"],
            2,
            &["`--backfill a` has no value"],
        ),
        (
            &["add-field", "Product", "a:int", "--backfill", "a=[1"],
            2,
            &["`a=[1`"],
        ),
        (
            &["add-field", "Product", "total:decimal(12"],
            2,
            &["bracket", "stand in quotes"],
        ),
    ];
    for (arguments, status, words) in cases {
        place.svcgen(arguments).is(status, words);
    }
    place.put("entities/tag.yaml", "entity: [\n");
    place
        .svcgen(&["add-field", "Product", "a:int"])
        .is(1, &["entities/tag.yaml"]);
    place.put("entities/tag.yaml", TAG);
    let after = place.times();
    assert!(
        before
            .iter()
            .all(|(path, time)| path.ends_with("tag.yaml") || after[path] == *time)
    );
}

#[test]
fn an_obstacle_leaves_the_schema_as_it_was() {
    let place = shop();
    place.put("src/order/model.rs", "// mine\n");
    let before = place.tree();
    place
        .svcgen(&["add-entity", "Order", "a:int"])
        .is(3, &["src/order/model.rs: exists"]);
    assert_eq!(place.tree(), before);
}

#[test]
fn programs_read_the_outcome() {
    let place = shop();
    let read = |arguments: &[&str]| -> (i32, serde_json::Value) {
        let ended = place.svcgen(arguments);
        (
            ended.status,
            serde_json::from_str(&ended.stdout).expect("JSON"),
        )
    };
    let (status, outcome) = read(&["add-field", "Tag", "a:int?", "-n", "--format", "json"]);
    assert_eq!((status, &outcome["written"]), (0, &false.into()));
    let (status, outcome) = read(&["add-field", "Tag", "a:int?", "--format", "json"]);
    assert_eq!((status, &outcome["written"]), (0, &true.into()));
    assert_eq!(outcome["schema"][0]["path"], "entities/tag.yaml");
    assert!(
        outcome["files"]
            .as_array()
            .is_some_and(|it| it.iter().any(|it| it["path"] == "src/tag/model.rs"))
    );
    let (status, outcome) = read(&["add-field", "Tag", "b:strnig", "--format", "json"]);
    assert_eq!((status, &outcome["error"]["kind"]), (1, &"schema".into()));
    assert_eq!(outcome["error"]["diagnostics"][0]["code"], "S0301");
    let (status, outcome) = read(&["add-field", "Tog", "b:int", "--format", "json"]);
    assert_eq!(
        (status, &outcome["error"]["hint"]),
        (2, &"did you mean `Tag`?".into())
    );
}

#[test]
fn an_entity_gets_another_name_and_code_goes_along() {
    let place = shop();
    place.append(
        "src/note/rules.rs",
        "pub fn mine(note: &super::Note) -> bool {\n    \
                 note.title == \"note\" || note.title == \"my notes\"\n}",
    );
    place.put("src/note/rules/extra.rs", "use crate::note::NewNote;\n");
    place.put(
        "src/reports.rs",
        "use crate::{note, tag};\nuse crate::note::Note;\nfn it(it: Note) {}\n",
    );
    place.append("tests/api/tag.rs", "use crate::note;");
    let before = place.tree();
    let dry = place.ok(&["rename-entity", "Note", "Memo", "-n"]);
    dry.is(
        0,
        &[
            "move src/note/rules.rs src/memo/rules.rs",
            "adapt src/reports.rs",
            "remove entities/note.yaml",
        ],
    );
    assert_eq!(place.tree(), before);
    let ended = place.ok(&["rename-entity", "Note", "Memo"]);
    ended.is(
        0,
        &[
            "Moved src/note/rules.rs to src/memo/rules.rs",
            "Moved src/note/rules/extra.rs to src/memo/rules/extra.rs",
            "Adapted src/reports.rs",
            "Adapted tests/api/tag.rs",
            "Removed src/note/model.rs",
            "Renamed Note to Memo; `was: Note` keeps its rows",
            "\"my notes\"",
        ],
    );
    let yaml = place.read("entities/memo.yaml");
    assert!(
        yaml.contains("entity: Memo\n") && yaml.ends_with("was: Note\n"),
        "{yaml}"
    );
    assert!(!place.has("entities/note.yaml") && !place.has("src/note"));
    let rules = place.read("src/memo/rules.rs");
    assert!(
        rules.contains("impl Rules for MemoRules {}")
            && rules.contains("pub fn mine(note: &super::Memo)"),
        "{rules}"
    );
    assert_eq!(
        place.read("src/memo/rules/extra.rs"),
        "use crate::memo::NewMemo;\n"
    );
    assert_eq!(
        place.read("src/reports.rs"),
        "use crate::{memo, tag};\nuse crate::memo::Memo;\nfn it(it: Memo) {}\n"
    );
    assert!(place.read("tests/api/memo.rs").contains("/v1/memos"));
    place.ok(&["generate"]).is(0, &["Unchanged"]);
    for (arguments, words) in [
        (["rename-entity", "Note", "X"], "no entity `Note`"),
        (
            ["rename-entity", "Memo", "Tag"],
            "the entity `Tag` is there already",
        ),
        (["rename-entity", "Memo", "memos"], "write `Memos`"),
    ] {
        place.svcgen(&arguments).is(2, &[words]);
    }
}

#[test]
fn an_entity_is_removed_and_what_was_edited_stays() {
    let place = shop();
    place.append("src/tag/rules.rs", "// my rule");
    let before = place.tree();
    place
        .svcgen(&["remove-entity", "Tag"])
        .is(2, &["`entities/tag.yaml`, `Product.tags`", "--yes"]);
    place
        .svcgen(&["remove-entity", "Tog", "--yes"])
        .is(2, &["no entity `Tog`", "`Tag`"]);
    place
        .ok(&["remove-entity", "Tag", "-n"])
        .is(0, &["remove entities/tag.yaml", "remove src/tag/model.rs"]);
    assert_eq!(place.tree(), before);
    place.ok(&["remove-entity", "Tag", "--yes"]).is(
        0,
        &[
            "Removed entities/tag.yaml",
            "Removed Tag, and with it `Product.tags`",
            "kept `src/tag/rules.rs`",
        ],
    );
    assert!(place.has("src/tag/rules.rs") && !place.has("src/tag/model.rs"));
    assert!(!place.read("src/lib.rs").contains("pub mod tag;"));
    assert_eq!(
        place.read("entities/product.yaml"),
        PRODUCT.replace("  tags:        { many: Tag }\n", "")
    );
    place.put(
        "entities/line.yaml",
        "entity: Line\nfields:\n  product: Product\n",
    );
    place.ok(&["generate"]);
    place
        .svcgen(&["remove-entity", "Product", "--yes"])
        .is(3, &["referred to by `Line.product`", "nothing was written"]);
}

/// A file that its owner and svcgen have both changed does not end a command for good.
#[test]
fn a_conflict_is_settled_as_was_asked_for() {
    const MODEL: &str = "src/note/model.rs";
    let place = Place::notes();
    let changes = "pub struct NoteChanges {\n    /// Title.\n    pub title: Option<";
    let model = place.read(MODEL);
    let edited = model.replace(&format!("{changes}String>"), &format!("{changes}Box<str>>"));
    assert_ne!(model, edited);
    place.put(MODEL, edited);
    let entity = place.read("entities/note.yaml");
    let clashing = entity.replace("title: string", "title: string?");
    place.put("entities/note.yaml", clashing);
    let before = place.tree();
    let add = ["add-field", "Note", "stars:int?"];

    place.svcgen(&add).is(3, &[MODEL, "--on-conflict"]);
    assert_eq!(place.tree(), before);

    let marked = [&add[..], &["--on-conflict", "markers"]].concat();
    place.svcgen(&marked).is(3, &["svcgen resolve --continue"]);
    assert!(place.read(MODEL).contains("<<<<<<<"));
    let again = place.svcgen(&["add-field", "Note", "more:int?"]);
    again.is(3, &["not resolved yet", MODEL]);
    assert!(!again.stderr.contains("Proved"), "{}", again.stderr);
    place.ok(&["resolve", "--abort"]);
    assert_eq!(place.tree(), before);

    place.ok(&[&add[..], &["--on-conflict", "yours"]].concat());
    let model = place.read(MODEL);
    assert!(model.contains("pub title: Option<Box<str>>"), "{model}");
    assert!(model.contains("pub stars"), "{model}");
}
