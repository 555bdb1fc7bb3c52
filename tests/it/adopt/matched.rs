//! Which table and column of the database become which of the project, through renames.

use super::{Old, Schema};
use crate::support::Place;

/// Tags of products, and people who follow people; no row is the same when it is turned round.
const LINKS: &str = "
    create table products (id integer primary key, name text not null);
    create table tags (id integer primary key, word text not null);
    create table product_tags (
        tag_id integer not null references tags (id),
        product_id integer not null references products (id),
        primary key (tag_id, product_id)
    );
    create table people (id integer primary key, name text not null);
    create table follows (
        follower_id integer not null references people (id),
        followee_id integer not null references people (id),
        primary key (follower_id, followee_id)
    );
    insert into products values (1, 'Hammer'), (2, 'Saw');
    insert into tags values (11, 'steel'), (12, 'sharp');
    insert into product_tags values (11, 1), (12, 2);
    insert into people values (1, 'Ann'), (2, 'Ben'), (3, 'Cem');
    insert into follows values (1, 2), (2, 3);";

const OWNED_BY_TAGS: &str = "  products: { many: Product, through: product_tags }\n";

/// Runs the script, and tells its notes.
fn adopted(old: &mut Old, schema: &Schema) -> String {
    let adoption = schema.adoption();
    let notes = svcgen::import::render(&adoption.notes);
    old.run(&adoption.script)
        .unwrap_or_else(|error| panic!("{error}\n{notes}\n{}", adoption.script));
    notes
}

pub fn links_keep_their_ends_on(fresh: &dyn Fn(&str) -> Old) {
    let product = "select product_id from product_tags where tag_id = 12";
    let imported = |schema: Schema| schema;
    let of_products = |schema: Schema| {
        schema.edit("entities/tag.yaml", OWNED_BY_TAGS, "").edit(
            "entities/product.yaml",
            "fields:\n",
            "fields:\n  tags: { many: Tag, through: product_tags }\n",
        )
    };
    let renamed = |schema: Schema| {
        let schema = schema.edit("entities/tag.yaml", OWNED_BY_TAGS, "");
        schema.edit(
            "entities/product.yaml",
            "fields:\n",
            "fields:\n  labels: { many: Tag, through: labels_of_products }\n",
        )
    };
    let of_people = |schema: Schema| {
        schema.edit(
            "entities/tag.yaml",
            "entity: Tag\n",
            "entity: Label\nwas: Tag\n",
        )
    };
    for (edit, pair, table) in [
        (
            &imported as &dyn Fn(Schema) -> Schema,
            product,
            "product_tags",
        ),
        (&of_products, product, "product_tags"),
        (
            &renamed,
            "select product_id from labels_of_products where tag_id = 12",
            "labels_of_products",
        ),
        (
            &of_people,
            "select product_id from product_tags where label_id = 12",
            "product_tags",
        ),
    ] {
        let mut old = fresh(LINKS);
        let schema = edit(Schema::of(&old));
        adopted(&mut old, &schema);
        assert_eq!(old.value(pair), "2", "{table}");
        let followed = "select followee_id from follows where person_id = 2";
        assert_eq!(old.value(followed), "3", "{table}");
    }
}

#[test]
fn links_keep_their_ends() {
    links_keep_their_ends_on(&Old::sqlite);
}

/// The name of a column tells which end it is, whatever the order.
#[test]
fn ends_are_known_by_their_names() {
    let mut old = Old::sqlite(LINKS);
    let schema = Schema::of(&old).edit("entities/person.yaml", "  followees:", "  followers:");
    adopted(&mut old, &schema);
    let followers = "select follower_id from follows where person_id = 3";
    assert_eq!(old.value(followers), "2");
}

/// Where both ends are the same table, and the names are new, nobody but the user knows.
#[test]
fn ends_that_cannot_be_known_are_asked_for() {
    let mut old = Old::sqlite(LINKS);
    let schema = Schema::of(&old).edit("entities/person.yaml", "  followees:", "  fans:");
    let adoption = schema.adoption();
    let notes = svcgen::import::render(&adoption.notes);
    let asked = "follows: both of its columns refer to the same table";
    assert!(notes.contains(asked), "{notes}");
    let stopped = old.run(&adoption.script).expect_err("nothing is guessed");
    assert!(stopped.contains("`follows`"), "{stopped}");
    let mut parts = adoption.script.split("null /* where does it come from? */");
    let filled = parts
        .next()
        .into_iter()
        .chain(["followee_id"])
        .chain(parts.next());
    let filled = filled
        .chain(["follower_id"])
        .chain(parts.next())
        .collect::<String>();
    old.run(&filled)
        .unwrap_or_else(|error| panic!("{error}\n{filled}"));
    let fans = "select fan_id from follows where person_id = 3";
    assert_eq!(old.value(fans), "2");
}

/// Entities and fields that have other names since the import, said by `was:`.
#[test]
fn what_was_renamed_since_the_import_is_found() {
    let mut old = Old::sqlite(
        "create table tbl_user (id integer primary key, login varchar(40) not null);
         create table posts (id integer primary key, title varchar(40) not null, body text, author_id integer not null references tbl_user (id));
         insert into tbl_user values (1, 'ann');
         insert into posts values (7, 'Hello', 'World', 1);",
    );
    let schema = Schema::of(&old)
        .edit(
            "entities/tbl_user.yaml",
            "entity: TblUser\nplural: tbl_user\n",
            "entity: User\nwas: TblUser\n",
        )
        .edit(
            "entities/tbl_user.yaml",
            "login: { type: string",
            "name: { was: login, type: string",
        )
        .edit(
            "entities/post.yaml",
            "entity: Post\n",
            "entity: Article\nwas: Post\n",
        )
        .edit(
            "entities/post.yaml",
            "author: TblUser",
            "writer: { was: author, type: User }",
        )
        .edit(
            "entities/post.yaml",
            "  title:  {",
            "  heading: { was: title,",
        )
        .edit(
            "entities/post.yaml",
            "  body:",
            "  subtitle: string?\n  body:",
        );
    let notes = adopted(&mut old, &schema);
    assert!(!notes.contains("stay"), "{notes}");
    let row =
        "select heading || ifnull(subtitle, '?') || body || writer_id from articles where id = 7";
    assert_eq!(old.value(row), "'Hello?World1'");
    assert_eq!(old.value("select name from users"), "'ann'");
}

/// What nobody says was renamed is told of, with what to say.
#[test]
fn what_is_not_found_is_told_with_what_to_say() {
    let old = Old::sqlite("create table posts (id integer primary key, title text)");
    let schema = Schema::of(&old).edit("entities/post.yaml", "entity: Post\n", "entity: Article\n");
    let notes = svcgen::import::render(&schema.adoption().notes);
    assert!(notes.contains("say `was: Post` at its entity"), "{notes}");
    let schema = Schema::of(&old).edit("entities/post.yaml", "title:", "heading:");
    let notes = svcgen::import::render(&schema.adoption().notes);
    assert!(notes.contains("say `was: title` at it"), "{notes}");
}

/// Where the project was generated in between, what was renamed is on record, and `was:` may go.
#[test]
fn what_was_renamed_in_the_project_is_on_record() {
    let place = Place::empty();
    let sql = "create table notes (id integer primary key, title text not null);
        insert into notes values (1, 'Hello')";
    let connection = super::filled(&place.root().join("old.db"), sql);
    place.ok(&[
        "import", "--from", "old.db", "--into", "notes", "--name", "notes",
    ]);
    place.ok(&["--project", "notes", "generate"]);
    let path = "notes/entities/note.yaml";
    let text = place.read(path);
    let renamed = text
        .replace("entity: Note\n", "entity: Memo\nWAS")
        .replace("title: text", "heading: { TITLE type: text }");
    let said = renamed
        .replace("WAS", "was: Note\n")
        .replace("TITLE", "was: title,");
    place.put(path, said);
    place.ok(&["--project", "notes", "generate"]);
    place.put(path, renamed.replace("WAS", "").replace("TITLE", ""));
    place.ok(&["--project", "notes", "generate"]);
    let adopt = ["--project", "notes", "migrate", "adopt", "--from", "old.db"];
    let script = place.ok(&adopt).stdout;
    svcgen::migrate::verify::replay::run(&connection, &script)
        .unwrap_or_else(|error| panic!("{error}\n{script}"));
    let heading: String = super::one(&connection, "select heading from memos where id = 1");
    assert_eq!(heading, "Hello");
}
