//! Why a schema was not brought up to date.

use super::{DbError, Drift};

/// Why the schema was not brought up to date. What was applied before stays applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// An applied migration has another text now.
    #[error(
        "the migration `{0}` was changed after it had been applied; restore its text and write a new migration instead"
    )]
    Changed(String),
    /// The database is ahead of this binary.
    #[error(
        "the database has the migration `{0}`, which this service does not know; it was written by a newer version"
    )]
    Unknown(String),
    /// A pending migration comes before an applied one.
    #[error(
        "the migration `{id}` is not applied, but the later `{applied}` is; give it a later name"
    )]
    OutOfOrder {
        /// The pending one.
        id: String,
        /// The applied one that comes after it.
        applied: String,
    },
    /// The list itself is wrong.
    #[error("the migrations are not in ascending order at `{0}`")]
    Unsorted(String),
    /// A file is no list of steps.
    #[error("the migration `{id}` cannot be read: {what}")]
    Script {
        /// The migration.
        id: String,
        /// What is wrong with it.
        what: String,
    },
    /// The tables are not as the last migration left them.
    #[error(
        "the database is not as its last migration left it:\n{0}\nput back what is marked with `-`, or run `migrate up --accept-drift`"
    )]
    Drifted(Drift),
    /// The tables are not what the migrations would have made.
    #[error(
        "the database is not as `{id}` would have left it:\n{drift}\n{}",
        advised(.drift, .fits.as_deref())
    )]
    NotAdopted {
        /// The last migration that was to be recorded.
        id: String,
        /// What is missing, and what is there instead.
        drift: Drift,
        /// The migration after which it would be as it is.
        fits: Option<String>,
    },
    /// There is a ledger, so nobody needs a script to begin one.
    #[error(
        "the database has a ledger with migrations already, and a script brings one that has none into form; \
         leave the script out, or run `migrate up`"
    )]
    AdoptedBefore,
    /// There is no migration of that name.
    #[error("there is no migration `{0}`; `migrate status` lists them")]
    NoSuch(String),
    /// A migration would leave the schema that it is tried in.
    #[error(
        "the migration `{id}` names the schema `{schema}` itself, so what it makes cannot be tried beside it; \
         leave the name out, the search path has it"
    )]
    NamesSchema {
        /// The migration.
        id: String,
        /// The schema.
        schema: String,
    },
    /// It would drop what somebody else has added to a table.
    #[error(
        "the migration `{id}` rebuilds `{table}` and would lose what was added to it beside the schema: {}; give \
         the schema a field for it, or take it out of the table first",
        .added.join(", ")
    )]
    Added {
        /// The migration.
        id: String,
        /// The table.
        table: String,
        /// Definitions of the table that no migration has made.
        added: Vec<String>,
    },
    /// What the migration relies on does not hold.
    #[error("the migration `{id}` needs something that does not hold: {title}{}", sampled(.rows, *.count))]
    Check {
        /// The migration.
        id: String,
        /// What should have held.
        title: String,
        /// Some of the rows that are in the way, as text.
        rows: Vec<String>,
        /// How many there are.
        count: i64,
    },
    /// The migration would have lost rows; it was rolled back.
    #[error(
        "the migration `{id}` would leave `{table}` with {after} rows instead of {before}; it was rolled back"
    )]
    RowsLost {
        /// The migration.
        id: String,
        /// The table that would have lost rows.
        table: String,
        /// Its rows before.
        before: i64,
        /// Its rows after.
        after: i64,
    },
    /// The migration would have left references to nothing; it was rolled back.
    #[error(
        "the migration `{id}` leaves {rows} rows of `{table}` that refer to nothing; it was rolled back"
    )]
    DanglingReferences {
        /// The migration.
        id: String,
        /// The table with the references.
        table: String,
        /// How many rows.
        rows: usize,
    },
    /// The migration contains `begin`, `commit` or the like.
    #[error(
        "the migration `{0}` ends its transaction itself; remove `commit` and `rollback` from it"
    )]
    EndsTransaction(String),
    /// There is nothing that takes the migration back.
    #[error("the migration `{0}` has no way back; write a new migration instead")]
    NoWayBack(String),
    /// A migration was stopped while it was taken back.
    #[error(
        "the migration `{0}` was stopped while it was taken back; finish that with `migrate down`"
    )]
    HalfDown(String),
    /// A migration was stopped while it was applied.
    #[error("the migration `{0}` was stopped while it was applied; finish that with `migrate up`")]
    HalfUp(String),
    /// Another instance migrates, or another program holds the database.
    #[error(
        "another instance is migrating the database, or another program holds it, and did not finish in time"
    )]
    Locked,
    /// A table cannot even be read; nothing was begun, or what was done is kept.
    #[error(
        "the tables cannot be compared with what the last migration left, and did not become free in time: {0}; run it again"
    )]
    Held(String),
    /// A statement of the migration failed; it was rolled back.
    #[error("the migration `{id}` failed: {step}: {source}; {}{}", left(*.done), taken(.source))]
    Failed {
        /// The migration.
        id: String,
        /// The step, or the statement.
        step: String,
        /// How many of its steps are done and stay so.
        done: usize,
        /// What the database said.
        source: Box<DbError>,
    },
    /// The ledger cannot be read or written.
    #[error("the ledger of migrations cannot be used: {0}")]
    Ledger(#[from] DbError),
}

fn left(done: usize) -> String {
    match done {
        0 => "nothing of it was kept".to_owned(),
        1 => "the step before it stays done, and the next run goes on here".to_owned(),
        done => format!("the {done} steps before it stay done, and the next run goes on here"),
    }
}

/// What to do where the tables of a first migration are there: somebody else made them.
fn taken(source: &DbError) -> &'static str {
    if source.to_string().contains("already exists") {
        "; tables that were there before the service are taken over with `migrate adopt`"
    } else {
        ""
    }
}

fn advised(drift: &Drift, fits: Option<&str>) -> String {
    match fits {
        Some(id) => format!("it is as `{id}` left it: take it over with `--to {id}`, and run `migrate up`"),
        None if drift.missing.is_empty() => {
            "what is marked with `+` is in tables of the service, which has never heard of it; take it out, or \
             add `--accept-drift`"
                .to_owned()
        }
        None => "`svcgen migrate adopt --from URL` writes a script that makes these of the tables that are there; \
                 run it with `--script FILE`"
            .to_owned(),
    }
}

fn sampled(rows: &[String], count: i64) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let more = if count > shown {
        format!("\n  … {count} in all")
    } else {
        String::new()
    };
    format!("\n  {}{more}", rows.join("\n  "))
}
