//! How well a record's texts fit a search, of themselves alone.
//!
//! SQLite's own `bm25` looks at every other text as well, so a rank would change with each
//! write, and pages by rank would repeat and leave out records.

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

/// What a word counts in the first text, in the second, and so on; as in PostgreSQL.
const WEIGHTS: [f64; 4] = [1.0, 0.4, 0.2, 0.1];

/// Makes `search_rank(words, text, …)` known to a connection.
pub(super) fn add(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("search_rank", -1, flags, |context| {
        let text = |at: usize| match context.get_raw(at) {
            ValueRef::Text(text) => String::from_utf8_lossy(text),
            _ => "".into(),
        };
        let words = text(0);
        let texts = (1..context.len()).map(text);
        let ranks = texts
            .zip(weights())
            .map(|(text, weight)| weight * fit(&words, &text));
        Ok(ranks.sum::<f64>())
    })
}

fn weights() -> impl Iterator<Item = f64> {
    WEIGHTS.into_iter().chain(std::iter::repeat(WEIGHTS[3]))
}

/// Each further occurrence of a word counts less than the one before.
fn fit(words: &str, text: &str) -> f64 {
    let text = text.to_lowercase();
    let found: Vec<&str> = text.split(|it: char| !it.is_alphanumeric()).collect();
    let counts = words.split(' ').map(|word| {
        let count = match word.strip_suffix('*') {
            Some(start) => found.iter().filter(|it| it.starts_with(start)).count(),
            None => found.iter().filter(|it| **it == word).count(),
        };
        (1..=count.min(64))
            .map(|nth| 0.5_f64.powi(i32::try_from(nth).unwrap_or(64)))
            .sum::<f64>()
    });
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_words_more_often_and_earlier_texts_rank_higher() {
        let connection = Connection::open_in_memory().unwrap();
        add(&connection).unwrap();
        let rank = |words: &str, title: &str, body: Option<&str>| -> f64 {
            let select = "select search_rank($1, $2, $3)";
            connection
                .query_row(select, (words, title, body), |row| row.get(0))
                .unwrap()
        };
        assert!(rank("rust", "Rust", None) > rank("rust", "", Some("Rust")));
        assert!(rank("rust", "rust, rust", None) > rank("rust", "rust", None));
        assert!(rank("rust sea", "rust in the sea", None) > rank("rust sea", "rust rust", None));
        assert!(rank("ru*", "Rust", None) > rank("ru*", "true", None));
        assert!(rank("é", "É", None) > 0.0);
    }
}
