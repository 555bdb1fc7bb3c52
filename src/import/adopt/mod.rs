//! A script that makes svcgen's tables of those that an imported database has, rows and all.
//!
//! The import says which table and column becomes which; the project, perhaps edited since,
//! says what is there to fill. The old tables stay under a name of svcgen's, whole, until
//! somebody drops them: what the schema has no room for is still in them. The service's
//! `migrate adopt --script FILE` runs it as one transaction, and keeps it only where the
//! result is what the migrations would have made. Nothing here touches a database.

mod convert;
mod matched;
mod rows;

use crate::dialect::{self, Dialect, quoted};
use crate::migrate::script::{self, Keep, Mode, ScriptStep};
use crate::tables::diff::creation_order;
use crate::tables::{Schema, Table, derived_name};

use super::catalogue::{Catalogue, Engine, ForeignKey};
use super::{Note, note, understand};
pub use matched::Project;
use rows::Source;

/// A script, and what it does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The steps, as the service reads them.
    pub script: String,
    /// What stays behind, and what somebody has to say.
    pub notes: Vec<Note>,
}

/// Makes the script for a database and the tables of a project.
pub fn adoption(catalogue: &Catalogue, project: Project<'_>) -> Adoption {
    let schema = project.schema;
    let mut notes = Vec::new();
    // What an import left out was told of when it was made.
    let drafts = understand::drafts(catalogue, &mut Vec::new());
    let moves = matched::moves(catalogue, project, &drafts, &mut notes);
    notes.extend(left_behind(catalogue, &moves));
    let dialect = dialect_of(catalogue.engine);
    let mut steps: Vec<ScriptStep> = Vec::new();
    for it in &moves {
        steps.extend(it.checks(dialect, &mut notes));
    }
    steps.push(put_aside(catalogue.engine, &moves));
    steps.push(create(dialect, schema));
    let order = creation_order(&schema.tables);
    for table in &order {
        let source = moves.iter().find(|it| it.new.name == table.name);
        steps.extend(source.into_iter().flat_map(|it| it.copy(dialect)));
    }
    steps.extend(
        moves
            .iter()
            .filter(|it| it.new.identity)
            .map(|it| carry_ids(catalogue.engine, it)),
    );
    steps.extend(finish(dialect, &order));
    note::sort(&mut notes);
    Adoption {
        script: script::write(&steps),
        notes,
    }
}

fn dialect_of(engine: Engine) -> &'static dyn Dialect {
    match engine {
        Engine::Sqlite => dialect::ALL[0],
        Engine::Postgres => dialect::ALL[1],
    }
}

/// What reads or watches the old tables from then on, because nobody moves it.
fn left_behind(catalogue: &Catalogue, moves: &[Source<'_>]) -> Vec<Note> {
    let views = catalogue.omitted.iter().filter(|it| is_view(&it.about));
    let reads = "it stays, and reads the old tables from then on";
    let mut notes: Vec<Note> = views
        .map(|it| Note::changed(it.about.as_str(), reads))
        .collect();
    let triggers = catalogue
        .omitted
        .iter()
        .filter(|it| it.about.starts_with("trigger "));
    let watches = "it stays on the table that it watches, which is an old one from then on where that is moved";
    notes.extend(triggers.map(|it| Note::changed(it.about.as_str(), watches)));
    for table in &catalogue.tables {
        let is_moved = moves.iter().any(|it| it.old.name == table.name);
        let refers = |key: &ForeignKey| moves.iter().any(|it| it.old.name == key.table);
        if !is_moved && table.foreign_keys.iter().any(refers) {
            notes.push(Note::changed(
                table.name.as_str(),
                "it stays, and its references lead to the old tables from then on",
            ));
        }
    }
    notes
}

fn is_view(about: &str) -> bool {
    about.starts_with("view ") || about.starts_with("materialized view ")
}

/// The name under which an old table waits to be dropped; two that are written alike but for
/// case get two.
fn aside(table: &str, taken: &[Source<'_>]) -> String {
    let plain: String = table
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '_' })
        .collect();
    let spelled = |part: &str| derived_name(&["svcgen", "adopted", part], "table");
    let plain = plain.to_lowercase();
    let numbers = (2_usize..).map(|number| spelled(&format!("{plain}_{number}")));
    let mut names = std::iter::once(spelled(&plain)).chain(numbers);
    let is_free = |name: &String| taken.iter().all(|it| it.aside != *name);
    // There are more numbers than tables.
    names.find(is_free).unwrap_or_default()
}

/// The old tables, and what has a name that a new one may take, go out of the way.
fn put_aside(engine: Engine, moves: &[Source<'_>]) -> ScriptStep {
    let mut sql = String::new();
    for it in moves {
        let (old, aside) = (in_quotes(&it.old.name), &it.aside);
        if engine == Engine::Sqlite {
            let named = it.old.indexes.iter().map(|it| it.name.as_str());
            let made = named.filter(|it| !it.is_empty() && !it.starts_with("sqlite_"));
            sql.extend(made.map(|it| format!("drop index {};\n", in_quotes(it))));
        }
        sql.extend([format!("alter table {old} rename to {aside};\n")]);
        if engine == Engine::Postgres {
            // Names of indexes are the schema's, and a new table's may be the same.
            sql.extend([format!(
                "do $$ declare it record; begin
    for it in select c.oid, c.relname from pg_index x join pg_class c on c.oid = x.indexrelid where x.indrelid = '{aside}'::regclass loop
        execute format('alter index %I rename to %I', it.relname, 'svcgen_adopted_' || it.oid);
    end loop;
end $$;\n"
            )]);
        }
    }
    step(
        "Puts the old tables aside; they stay, under names that begin with `svcgen_adopted`.",
        sql,
    )
}

/// Whether a trigger alone fills the index of words, so that it has to be there before the rows.
fn fills_words_by_row(dialect: &dyn Dialect) -> bool {
    dialect.name() == "postgres"
}

/// The new tables, without what rows are easier to come by without.
fn create(dialect: &dyn Dialect, schema: &Schema) -> ScriptStep {
    let sql = creation_order(&schema.tables)
        .into_iter()
        .map(|table| {
            let mut bare = table.clone();
            if !dialect.takes_references_to_later_tables() {
                bare.foreign_keys.clear();
            }
            let mut sql = dialect::create_table(dialect, &bare);
            if fills_words_by_row(dialect) {
                sql.push_str(&dialect.search(table));
            }
            sql
        })
        .collect();
    step("Creates the tables of the service.", sql)
}

/// References, indexes, the index of words and guards, over the rows.
fn finish(dialect: &dyn Dialect, order: &[&Table]) -> Vec<ScriptStep> {
    let mut sql = String::new();
    for table in order {
        if !dialect.takes_references_to_later_tables() {
            let keys = table.foreign_keys.iter();
            sql.extend(keys.map(|key| dialect::add_foreign_key(table, key)));
        }
        let indexes = table.indexes.iter();
        sql.extend(indexes.map(|it| dialect::create_index(dialect, table, it)));
    }
    let mut guards: String = order
        .iter()
        .filter(|it| it.search.is_some() && !fills_words_by_row(dialect))
        .map(|it| dialect.search(it))
        .collect();
    let mut guarded = order.iter().filter(|it| it.guarded).peekable();
    if guarded.peek().is_some() {
        guards.push_str(dialect.before_guards());
    }
    guards.extend(guarded.map(|it| dialect.guard(it)));
    let steps = [
        step("Makes references and indexes over the rows.", sql),
        step(
            "Lets rows be searched for words, and leave only through their archives.",
            guards,
        ),
    ];
    steps.into_iter().filter(|it| !it.sql.is_empty()).collect()
}

/// Ids that were given out once are not given out again.
fn carry_ids(engine: Engine, it: &Source<'_>) -> ScriptStep {
    let (new, aside) = (it.new.name.as_str(), &it.aside);
    let name = dialect::text_literal(new);
    let sql = match (engine, it.old_of("id")) {
        // A file has the list of marks as soon as it has one such table.
        (Engine::Sqlite, _) => format!(
            "insert into sqlite_sequence (name, seq)
select {name}, 0 where not exists (select 1 from sqlite_sequence where name = {name});
update sqlite_sequence set seq = max(seq, ifnull((select seq from sqlite_sequence where name = '{aside}'), 0))
where name = {name};\n"
        ),
        (Engine::Postgres, key) => {
            let mark = key.map_or_else(
                || "null::bigint".to_owned(),
                |key| {
                    format!(
                        "pg_sequence_last_value(pg_get_serial_sequence('{aside}', {})::regclass)",
                        dialect::text_literal(&key.name)
                    )
                },
            );
            format!(
                "select setval(pg_get_serial_sequence({}, 'id'), last.id)
from (select greatest((select max(id) from {}), {mark}) as id) as last
where last.id >= 1;\n",
                dialect::text_literal(&quoted(new)),
                quoted(new)
            )
        }
    };
    step(
        &format!("Gives out ids of `{new}` where the old table left off."),
        sql,
    )
}

fn step(title: &str, sql: String) -> ScriptStep {
    ScriptStep {
        mode: Mode::Transaction,
        title: title.to_owned(),
        keeps: Vec::new(),
        carries: Vec::new(),
        locks: Vec::new(),
        sql,
    }
}

fn keeping(step: ScriptStep, before: &str, after: &str) -> ScriptStep {
    let keep = Keep {
        before: before.to_owned(),
        after: after.to_owned(),
    };
    ScriptStep {
        keeps: vec![keep],
        ..step
    }
}

/// A name of others in quotes, whatever is in it.
fn in_quotes(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
