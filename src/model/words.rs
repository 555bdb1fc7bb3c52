//! Words that Rust and SQL keep for themselves.

/// Rust's keywords that can be used as raw identifiers, of edition 2024 and reserved ones, sorted.
const RUST: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Rust's keywords that have no raw form.
const RUST_FOR_EVER: &[&str] = &["self", "Self", "super", "crate", "_"];

/// Words of `SQLite` and reserved words of `PostgreSQL`, sorted.
const SQL: &[&str] = &[
    "abort",
    "action",
    "add",
    "after",
    "all",
    "alter",
    "always",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "attach",
    "authorization",
    "autoincrement",
    "before",
    "begin",
    "between",
    "binary",
    "both",
    "by",
    "cascade",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "commit",
    "concurrently",
    "conflict",
    "constraint",
    "create",
    "cross",
    "current",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "database",
    "default",
    "deferrable",
    "deferred",
    "delete",
    "desc",
    "detach",
    "distinct",
    "do",
    "drop",
    "each",
    "else",
    "end",
    "escape",
    "except",
    "exclude",
    "exclusive",
    "exists",
    "explain",
    "fail",
    "false",
    "fetch",
    "filter",
    "first",
    "following",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "generated",
    "glob",
    "grant",
    "group",
    "groups",
    "having",
    "if",
    "ignore",
    "ilike",
    "immediate",
    "in",
    "index",
    "indexed",
    "initially",
    "inner",
    "insert",
    "instead",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "key",
    "last",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "match",
    "materialized",
    "natural",
    "no",
    "not",
    "nothing",
    "notnull",
    "null",
    "nulls",
    "of",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "others",
    "outer",
    "over",
    "overlaps",
    "partition",
    "placing",
    "plan",
    "pragma",
    "preceding",
    "primary",
    "query",
    "raise",
    "range",
    "recursive",
    "references",
    "regexp",
    "reindex",
    "release",
    "rename",
    "replace",
    "restrict",
    "returning",
    "right",
    "rollback",
    "row",
    "rows",
    "savepoint",
    "select",
    "session_user",
    "set",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "temp",
    "temporary",
    "then",
    "ties",
    "to",
    "trailing",
    "transaction",
    "trigger",
    "true",
    "unbounded",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "vacuum",
    "values",
    "variadic",
    "verbose",
    "view",
    "virtual",
    "when",
    "where",
    "window",
    "with",
    "without",
];

/// A snake-case name as a Rust identifier; what has no raw form stays as it is,
/// for the check refuses it before anything is generated.
pub fn rust_identifier(snake: &str) -> String {
    if RUST.binary_search(&snake).is_ok() {
        format!("r#{snake}")
    } else {
        snake.to_owned()
    }
}

/// Whether no Rust item can have this name.
pub fn is_never_rust(name: &str) -> bool {
    RUST_FOR_EVER.contains(&name)
}

/// Whether a name is a keyword of Rust, raw form or not.
pub fn is_rust_keyword(name: &str) -> bool {
    RUST.binary_search(&name).is_ok() || is_never_rust(name)
}

/// Whether one of the databases gives the word a meaning, so that it has to be quoted.
pub fn is_sql_word(name: &str) -> bool {
    SQL.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(RUST.is_sorted() && SQL.is_sorted());
    }

    #[test]
    fn every_raw_keyword_is_an_identifier_to_syn() {
        for word in RUST {
            assert!(
                syn::parse_str::<syn::Ident>(&rust_identifier(word)).is_ok(),
                "{word}"
            );
        }
        for word in RUST_FOR_EVER {
            assert!(
                syn::parse_str::<syn::Ident>(&format!("r#{word}")).is_err(),
                "{word}"
            );
        }
    }
}
