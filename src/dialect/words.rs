//! Identifiers that must be quoted.

/// Words that either database reserves: SQLite's keywords that are no fallback
/// identifiers, and PostgreSQL's reserved words. One list, so that a statement
/// reads the same for both.
const RESERVED: &[&str] = &[
    "add", "all", "alter", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric",
    "authorization", "autoincrement", "begin", "between", "binary", "both", "by", "case", "cast",
    "check", "collate", "collation", "column", "commit", "concurrently", "constraint", "create",
    "cross", "current", "current_catalog", "current_date", "current_role", "current_schema",
    "current_time", "current_timestamp", "current_user", "default", "deferrable", "delete", "desc",
    "distinct", "do", "drop", "else", "end", "escape", "except", "exclude", "exists", "explain",
    "false", "fetch", "filter", "for", "foreign", "freeze", "from", "full", "generated", "glob",
    "grant", "group", "having", "if", "ilike", "in", "index", "indexed", "initially", "inner",
    "insert", "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like",
    "limit", "localtime", "localtimestamp", "match", "materialized", "natural", "not", "nothing",
    "notnull", "null", "of", "offset", "on", "only", "or", "order", "outer", "over", "overlaps",
    "partition", "placing", "plan", "pragma", "primary", "raise", "range", "recursive",
    "references", "regexp", "reindex", "release", "rename", "replace", "returning", "right",
    "rollback", "row", "rows", "savepoint", "select", "session_user", "set", "similar", "some",
    "symmetric", "system_user", "table", "tablesample", "temp", "temporary", "then", "to",
    "trailing", "transaction", "trigger", "true", "unbounded", "union", "unique", "update",
    "user", "using", "vacuum", "values", "variadic", "verbose", "view", "virtual", "when",
    "where", "window", "with", "without",
];

/// The identifier as SQL writes it: in double quotes where it is reserved.
pub fn quoted(identifier: &str) -> String {
    if RESERVED.binary_search(&identifier).is_ok() {
        format!("\"{identifier}\"")
    } else {
        identifier.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted_so_that_they_are_found() {
        assert!(RESERVED.is_sorted());
        assert_eq!(quoted("order"), "\"order\"");
        assert_eq!(quoted("orders"), "orders");
    }
}
