//! Names that are taken, each list with the reason why.

/// Types and traits that generated files name without a path.
const TYPES: &[&str] = &[
    // The standard library's prelude.
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
    // What generated files import.
    "App",
    "Bytes",
    "Constraint",
    "Date",
    "Decimal",
    "Error",
    "Inside",
    "InsideChange",
    "Json",
    "Response",
    "Router",
    "Rules",
    "Saved",
    "Serialize",
    "SignedDuration",
    "State",
    "Time",
    "TimeZone",
    "Timestamp",
    "Unit",
    "Uuid",
    "Value",
    "Violations",
    // Members of every API description.
    "Groups",
    "Problem",
    "RemovalPreview",
    "Restored",
    "Violation",
];

/// Modules, crates and primitive types that stand beside the entities' modules, in `src` or `tests`.
const MODULES: &[&str] = &[
    "alloc",
    "app",
    "archive",
    "auth",
    "axum",
    "bool",
    "char",
    "clients",
    "commands",
    "config",
    "core",
    "crate",
    "f32",
    "f64",
    "grpc",
    "http",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "isize",
    "jiff",
    "lib",
    "main",
    "migrations",
    "model",
    "openapi",
    "prost",
    "proto",
    "queries",
    "relations",
    "removal",
    "rules",
    "rust_decimal",
    "rusqlite",
    "self",
    "serde",
    "serde_json",
    "statements",
    "std",
    "str",
    "super",
    "support",
    "svcgen",
    "svcgen_runtime",
    "test",
    "tests",
    "tokio",
    "tokio_postgres",
    "tonic",
    "tracing",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
    "uuid",
    "writes",
];

/// Files that no Windows machine can have, whatever their extension.
const DEVICES: &[&str] = &[
    "aux", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "con", "lpt1",
    "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "nul", "prn",
];

/// Parameters of requests and members of answers that stand beside fields.
const PARAMETERS: &[&str] = &[
    "allow_missing",
    "filter",
    "group_by",
    "next_page_token",
    "order_by",
    "page_size",
    "page_token",
    "read_mask",
    "show_deleted",
    "skip",
    "total_size",
    "update_mask",
    "validate_only",
];

/// Columns that a database has in every table.
const SYSTEM_COLUMNS: &[&str] = &[
    "cmax", "cmin", "ctid", "oid", "rowid", "tableoid", "xmax", "xmin",
];

/// Names that SQLite takes for values: a query around another one finds a text in place of a column
/// of that name, however it is quoted.
const VALUES: &[&str] = &["false", "true"];

/// Crates and cargo's own directories, which no crate that depends on them can be called.
const CRATES: &[&str] = &[
    "alloc",
    "axum",
    "build",
    "con",
    "core",
    "deps",
    "examples",
    "incremental",
    "jiff",
    "proc-macro",
    "prost",
    "rusqlite",
    "rust-decimal",
    "serde",
    "serde-json",
    "std",
    "svcgen",
    "svcgen-runtime",
    "test",
    "tests",
    "tokio",
    "tokio-postgres",
    "tonic",
    "tracing",
    "uuid",
];

/// Why an entity cannot have this name, if it cannot.
pub fn entity(pascal: &str, snake: &str) -> Option<&'static str> {
    if super::naming::is_never_rust(pascal) || super::naming::is_never_rust(snake) {
        Some("a Rust keyword that has no raw form")
    } else if TYPES.contains(&pascal) {
        Some("the name of a type that generated code uses")
    } else if MODULES.contains(&snake) {
        Some("the name of a module or crate that generated code uses")
    } else if DEVICES.contains(&snake) {
        Some("the name of a device on Windows, where no file can be called so")
    } else {
        None
    }
}

/// Why a field or a collection cannot have this name, if it cannot.
pub fn member(snake: &str) -> Option<&'static str> {
    if super::naming::is_never_rust(snake) {
        Some("a Rust keyword that has no raw form")
    } else if PARAMETERS.contains(&snake) {
        Some("the name of a request parameter or of a list's own member")
    } else if SYSTEM_COLUMNS.contains(&snake) {
        Some("a column that a database has in every table")
    } else if VALUES.contains(&snake) {
        Some("a value in SQLite, which loses a column of that name in a query within a query")
    } else {
        None
    }
}

/// Whether the name is one of the columns that come by themselves.
pub fn is_automatic(snake: &str) -> bool {
    matches!(snake, "id" | "version" | "created_at" | "updated_at")
}

/// Why a table cannot have this name, if it cannot.
pub fn table(name: &str) -> Option<&'static str> {
    if matches!(name, "archive_references" | "idempotency_keys") {
        return Some("what the service itself remembers");
    }
    [
        ("svcgen_", "svcgen's own tables"),
        ("sqlite_", "SQLite's own tables"),
        ("pg_", "PostgreSQL's own tables"),
    ]
    .iter()
    .find(|(prefix, _)| name.starts_with(prefix))
    .map(|(_, owner)| *owner)
}

/// Whether a crate cannot have this name (with hyphens).
pub fn is_crate(kebab: &str) -> bool {
    CRATES.contains(&kebab) || DEVICES.contains(&kebab)
}

/// What stands under every record beside its collections.
pub const UNDER_RECORDS: &[&str] = &["removal"];

/// What stands at the root of every service beside the resources.
pub const ROUTES: &[&str] = &["docs", "livez", "metrics", "readyz", "startupz"];
