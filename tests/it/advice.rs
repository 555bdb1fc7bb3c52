//! `svcgen check` names the lists that no index serves, and SQLite agrees with it.
//!
//! The statements here are written after those of the runtime, so that this is quick; the slow
//! tests ask both engines about those that a running service sends.

use svcgen::dialect;
use svcgen::migrate::verify;
use svcgen::model::{Entity, EntityId, OrderTerm, Service, check};
use svcgen::schema;
use svcgen::source::Source;
use svcgen::tables::advice::{advice, unserved};
use svcgen::tables::build::column_name;
use svcgen::tables::lists::{self, Asked, List};
use svcgen::tables::{self, Schema};

use crate::errors::example;
use crate::support::Place;

pub const EXAMPLES: [&str; 3] = ["blog", "shop", "clinic"];

/// An example's service with its tables; without its declared indexes, if it is to be bare.
pub fn service(name: &str, is_bare: bool) -> (Service, Schema) {
    let mut sources = example(name);
    if is_bare {
        for source in &mut sources {
            let lines = source.text.lines();
            let kept: Vec<&str> = lines.filter(|it| !it.starts_with("indexes:")).collect();
            let path = source.path.clone();
            *source = Source::from_bytes(path, kept.join("\n").into_bytes());
        }
    }
    let (document, _) = schema::load(&sources);
    let (service, _) = check::check(&document);
    let service = service.expect("a service");
    let schema = tables::of(&service);
    let warned = advice(&document, &service, &schema);
    assert_eq!(warned.is_empty(), !is_bare, "{name}: {warned:?}");
    (service, schema)
}

/// The lists of an entity, each with whether `svcgen check` says that no index serves it.
pub fn judged(service: &Service, schema: &Schema, id: EntityId) -> Vec<(List, bool)> {
    let table = schema.table(service.entity(id).name.plural_snake());
    let unserved = unserved(service, id, table.expect("a table"));
    let is_warned = |list: &List| unserved.iter().any(|it| it.asked == list.asked);
    let lists = lists::of(service, id).into_iter();
    lists.map(|it| (it.clone(), is_warned(&it))).collect()
}

fn sql(entity: &Entity, list: &List) -> String {
    let table = entity.name.plural_snake();
    let terms = match &list.asked {
        Asked::By(column) => vec![OrderTerm {
            column: column.clone(),
            descending: false,
        }],
        _ => entity.list.default_order.clone(),
    };
    let terms = lists::complete(&terms);
    let terms = terms.iter().map(|term| {
        let direction = if term.descending { " desc" } else { "" };
        format!("{}{direction}", column_name(entity, &term.column))
    });
    let order = terms.collect::<Vec<_>>().join(", ");
    let filter = fixed(entity, list).map_or(String::new(), |it| format!("where {it} = $1"));
    format!("select * from {table} {filter} order by {order} limit 20")
}

/// The column that every record of a list has one value of, as the table names it.
pub fn fixed(entity: &Entity, list: &List) -> Option<String> {
    list.fixed().map(|column| column_name(entity, column))
}

fn is_served(connection: &rusqlite::Connection, entity: &Entity, list: &List) -> bool {
    let explain = format!("explain query plan {}", sql(entity, list));
    let mut statement = connection.prepare(&explain).expect("prepared");
    let plan = statement.raw_query();
    let plan = plan.mapped(|row| row.get::<_, String>(3));
    let plan: Vec<String> = plan.map(|it| it.expect("text")).collect();
    let has = |text: &str| plan.iter().any(|it| it.contains(text));
    let is_found = fixed(entity, list).is_none_or(|it| has(&format!("({it}=?")));
    // The last terms may be left to sort, within equal values of the first.
    let is_sorted = list.may_sort() || !plan.iter().any(|it| it == "USE TEMP B-TREE FOR ORDER BY");
    is_found && is_sorted && plan[0].contains(" INDEX ")
}

/// How many lists are warned of, after SQLite was asked about each.
fn compare_on_sqlite(name: &str, is_bare: bool) -> usize {
    let sqlite = dialect::ALL.iter().find(|it| it.name() == "sqlite");
    let (service, schema) = service(name, is_bare);
    let connection = verify::fresh(*sqlite.expect("sqlite"), &schema).expect("made");
    let mut count = 0;
    for (id, entity) in service.entities.iter().enumerate() {
        for (list, is_warned) in judged(&service, &schema, EntityId(id)) {
            let is_served = is_served(&connection, entity, &list);
            assert_eq!(is_served, !is_warned, "{name}: {}", sql(entity, &list));
            count += usize::from(is_warned);
        }
    }
    count
}

#[test]
fn check_is_silent_where_sqlite_uses_an_index() {
    for name in EXAMPLES {
        assert_eq!(compare_on_sqlite(name, false), 0, "{name}");
    }
}

/// The control: without the declared indexes there is something to say, and SQLite reads whole tables just there.
#[test]
fn check_warns_where_sqlite_reads_everything() {
    for name in EXAMPLES {
        assert!(compare_on_sqlite(name, true) > 0, "{name}");
    }
}

#[test]
fn the_advice_can_be_pasted() {
    let place = Place::notes();
    let path = "entities/note.yaml";
    let entity = "entity: Note\nfields:\n  title: { type: string, max: 80 }\n  body: text\n  kind: enum(memo, list)\n  \
                  done: { type: bool, default: false }\nlist: { filter: [kind, done, body], order: [title], default_order: -created_at }\n";
    place.put(path, entity);
    let told = place.svcgen(&["check"]);
    let line = "indexes: [[title, id], [kind, -created_at, -id], [done, -created_at, -id]]";
    assert_eq!(told.status, 0, "{}", told.stderr);
    let said = format!("{}{}", told.stdout, told.stderr);
    for words in [
        "warning[S0504]",
        "the list of notes by `title`, `kind`, `done` and `body`",
        "give `body` a `max` of 600 or less",
        line,
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    place.put(
        path,
        entity.replace("body: text\n", "body: { type: text, max: 600 }\n"),
    );
    place.append(path, &line.replace("]]", "], [body]]"));
    let told = place.svcgen(&["check"]);
    assert!(!told.stderr.contains("S0504"), "{}", told.stderr);
    assert_eq!(told.status, 0, "{}", told.stderr);
}

/// What a list of notes allows and the indexes there are, and what is to be done.
const ADVICE: &[(&str, &str, &[&str])] = &[
    // One text, number or time is of few records: an index that begins with it does.
    (
        "order: [title, at], filter: [title, at]",
        "[[title, kind], [-at]]",
        &[],
    ),
    // Many records share a flag, an enum, a small number or null, and the index has to go on.
    (
        "order: [kind]",
        "[[kind, title]]",
        &["write `indexes: [[kind, title], [kind, id]]`"],
    ),
    ("order: [stars]", "[[-stars, -id]]", &[]),
    (
        "order: [seen]",
        "[[seen]]",
        &["write `indexes: [[seen], [seen, id]]`"],
    ),
    ("filter: [seen]", "[[seen]]", &[]),
    (
        "filter: [done]",
        "[[done]]",
        &["write `indexes: [[done], [done, -id]]`"],
    ),
    (
        "filter: [done], default_order: [-at, title]",
        "[[done, at]]",
        &[],
    ),
    (
        "filter: [done], default_order: [-seen, at]",
        "[[done, -seen, -at]]",
        &["write `indexes: [[done, -seen, -at], [done, -seen, at, id]]`"],
    ),
    (
        "filter: [done], default_order: [-seen, at]",
        "[[done, seen, -at]]",
        &[],
    ),
    // The default order and references have their indexes.
    ("default_order: [kind, -stars, done]", "[]", &[]),
    (
        "filter: [above], default_order: [-seen, title]",
        "[[above, title]]",
        &[],
    ),
    // One index for an order and a filter, where it serves both.
    (
        "order: [at], filter: [at, kind], default_order: kind",
        "[]",
        &["write `indexes: [[at, id]]`"],
    ),
    // Nothing that PostgreSQL would refuse.
    (
        "filter: [body]",
        "[]",
        &["give `body` a `max` of 600 or less; no index holds longer texts"],
    ),
    ("default_order: body", "[]", &[]),
    (
        "filter: [kind], default_order: [title, more, body]",
        "[]",
        &["write `indexes: [[kind, title]]`"],
    ),
    (
        "filter: [kind], default_order: [kind, more, title, body]",
        "[]",
        &[],
    ),
    (
        "order: [body]",
        "[]",
        &["give `body` a `max` of 600 or less; no index holds longer texts"],
    ),
];

#[test]
fn advice_is_as_short_as_it_can_be() {
    for (list, indexes, expected) in ADVICE {
        let told = told("[sqlite, postgres]", list, indexes);
        assert_eq!(told, *expected, "{list} {indexes}");
    }
    let told = told("[sqlite]", "filter: [body]", "[]");
    assert_eq!(told, ["write `indexes: [[body, -id]]`"]);
}

fn told(databases: &str, list: &str, indexes: &str) -> Vec<String> {
    let service = format!("svcgen: 1\nname: notes\ndatabases: {databases}\n");
    let note = format!(
        "entity: Note\nfields:\n  title: string\n  more: {{ type: string, max: 500 }}\n  body: text\n  \
         kind: enum(memo, list)\n  stars: {{ type: int, min: 1, max: 5 }}\n  done: bool\n  at: timestamp\n  \
         seen: date?\n  above: Note?\nindexes: {indexes}\nlist: {{ {list} }}\n"
    );
    let files = [("svcgen.yaml", service), ("entities/note.yaml", note)];
    let sources = files.map(|(path, text)| Source::from_bytes(path.to_owned(), text.into_bytes()));
    let (document, mistakes) = schema::load(&sources);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let (service, mistakes) = check::check(&document);
    let service = service.unwrap_or_else(|| panic!("{list}: {mistakes:?}"));
    let told = advice(&document, &service, &tables::of(&service));
    assert!(told.len() < 2, "{told:?}");
    told.into_iter().flat_map(|it| it.help).collect()
}
