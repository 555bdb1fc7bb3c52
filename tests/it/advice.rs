//! `svcgen check` names the lists that no index serves, and the databases agree with it.

use svcgen::dialect;
use svcgen::migrate::verify;
use svcgen::model::{Column, Entity, Service, check};
use svcgen::schema;
use svcgen::source::Source;
use svcgen::tables::{self, advice::advice, build::column_name};

use crate::errors::example;
use crate::support::Place;

pub const EXAMPLES: [&str; 3] = ["blog", "shop", "clinic"];

/// A list that the schema lets callers ask for.
pub struct Asked {
    /// The statement, as the engines know it.
    pub sql: String,
    /// The column that it is ordered or filtered by.
    pub column: String,
    /// Whether it is ordered by it.
    pub ordered: bool,
    /// Whether `svcgen check` says that no index serves it.
    pub warned: bool,
}

/// An example's service with all lists that can be asked for; without its declared indexes, if it is to be bare.
pub fn lists(name: &str, bare: bool) -> (Service, Vec<Asked>) {
    let mut sources = example(name);
    if bare {
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
    let advice = advice(&document, &service, &tables::of(&service));
    let mut lists = Vec::new();
    for entity in &service.entities {
        let about = format!("the list of {} by ", entity.name.plural_sentence());
        let warning = advice.iter().find(|it| it.message.contains(&about));
        let warned = |column: &Column| {
            let name = match column {
                Column::Field(index) => entity.fields[*index].name.snake().to_owned(),
                other => column_name(entity, other),
            };
            warning.is_some_and(|it| it.message.contains(&format!("`{name}`")))
        };
        for column in &entity.list.order {
            let sql = ordered(entity, column);
            lists.push(asked(entity, column, sql, true, warned(column)));
        }
        for column in entity.list.filter.iter().filter(|it| !is_flag(entity, it)) {
            let sql = filtered(entity, column);
            lists.push(asked(entity, column, sql, false, warned(column)));
        }
    }
    (service, lists)
}

fn asked(entity: &Entity, column: &Column, sql: String, ordered: bool, warned: bool) -> Asked {
    let column = column_name(entity, column);
    Asked {
        sql,
        column,
        ordered,
        warned,
    }
}

fn is_flag(entity: &Entity, column: &Column) -> bool {
    use svcgen::model::{FieldKind, ScalarType};
    matches!(column, Column::Field(index)
        if matches!(entity.fields[*index].kind, FieldKind::Scalar(ScalarType::Bool)))
}

fn ordered(entity: &Entity, column: &Column) -> String {
    let table = entity.name.plural_snake();
    let nullable = matches!(column, Column::Field(index) if entity.fields[*index].nullable);
    let nulls = if nullable { " nulls first" } else { "" };
    let column = column_name(entity, column);
    format!("select * from {table} order by {column}{nulls}, id limit 20")
}

fn filtered(entity: &Entity, column: &Column) -> String {
    let (table, column) = (entity.name.plural_snake(), column_name(entity, column));
    let terms = entity.list.default_order.iter().map(|term| {
        let direction = if term.descending { " desc" } else { "" };
        format!("{}{direction}, ", column_name(entity, &term.column))
    });
    let order: String = terms.collect();
    format!(
        "select * from {table} where {column} = (select {column} from {table} limit 1) order by {order}id limit 20"
    )
}

/// Whether SQLite answers by an index that begins with the column.
fn is_served(connection: &rusqlite::Connection, asked: &Asked) -> bool {
    let explain = format!("explain query plan {}", asked.sql);
    let mut statement = connection.prepare(&explain).expect("prepared");
    let plan = statement.query_map([], |row| row.get::<_, String>(3));
    let plan: Vec<String> = plan.expect("a plan").map(|it| it.expect("text")).collect();
    if asked.ordered {
        // Some of the last terms may be left to sort, within equal values.
        plan[0].contains(" INDEX ") && !plan.iter().any(|it| it == "USE TEMP B-TREE FOR ORDER BY")
    } else {
        plan.iter()
            .any(|it| it.contains(&format!("({}=?", asked.column)))
    }
}

fn compare_on_sqlite(name: &str, bare: bool) -> usize {
    let sqlite = dialect::ALL.iter().find(|it| it.name() == "sqlite");
    let (service, lists) = lists(name, bare);
    let connection = verify::fresh(*sqlite.expect("sqlite"), &tables::of(&service));
    let connection = connection.expect("made");
    for list in &lists {
        let served = is_served(&connection, list);
        assert_eq!(served, !list.warned, "{name}: {}", list.sql);
    }
    lists.iter().filter(|it| it.warned).count()
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
    let line = "indexes: [[title, id], [kind, -created_at]]";
    assert_eq!(told.status, 0, "{}", told.stderr);
    let said = format!("{}{}", told.stdout, told.stderr);
    for words in [
        "warning[S0504]",
        "the list of notes by `title` and `kind`",
        line,
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    place.append(path, line);
    let told = place.svcgen(&["check"]);
    assert!(!told.stderr.contains("S0504"), "{}", told.stderr);
    assert_eq!(told.status, 0, "{}", told.stderr);
}
