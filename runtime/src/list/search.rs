//! Searches: words, "phrases", begin* and -not, as either engine's index of texts takes them.
//!
//! A word is what consists of letters and digits; everything else separates. The rank of a
//! record depends on its own texts alone, so that pages by rank hold while others write.

use std::borrow::Cow;

use super::Mistake;
use super::column::{Kind, Search, Table, quoted};
use super::order::Key;
use super::statement::Parameters;
use crate::db::{Engine, Value};

/// The most words and phrases of a search.
const MOST_TERMS: usize = 20;
/// The most characters of a search. One term may have many words, and PostgreSQL goes a call deeper
/// for each of them.
const LONGEST: usize = 1_000;
/// The column that holds a record's rank.
pub(crate) const RANK: &str = "search_rank";

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    /// One word, or the words of a phrase, as they were written.
    words: Vec<String>,
    /// Whether the last word is only the beginning of one.
    is_prefix: bool,
    is_negated: bool,
}

impl Query {
    /// What a text looks for; nothing when it is empty.
    pub(crate) fn read(text: &str) -> Result<Option<Self>, Mistake> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        if text.chars().nth(LONGEST).is_some() {
            let detail = format!("Has more than {LONGEST} characters.");
            return Err(Mistake::new(LONGEST + 1, detail));
        }
        let mut terms = Vec::new();
        for (at, piece) in pieces(text)? {
            let (is_negated, piece) = match piece.strip_prefix('-') {
                Some(rest) => (true, rest),
                None => (false, piece),
            };
            let words: Vec<String> = piece
                .split(|letter: char| !letter.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect();
            if words.is_empty() {
                continue;
            }
            if terms.len() == MOST_TERMS {
                let detail = format!("Has more than {MOST_TERMS} words.");
                return Err(Mistake::new(at, detail));
            }
            terms.push(Term {
                words,
                is_prefix: piece.ends_with('*'),
                is_negated,
            });
        }
        if terms.iter().all(|term| term.is_negated) {
            return Err(Mistake::new(1, "Has no word to look for."));
        }
        Ok(Some(Self { terms }))
    }

    /// The query in the language of the engine's index.
    fn text(&self, engine: Engine) -> String {
        let (negated, wanted): (Vec<&Term>, Vec<&Term>) =
            self.terms.iter().partition(|term| term.is_negated);
        let written = |terms: &[&Term], joint: &str| -> String {
            let terms: Vec<String> = terms.iter().map(|term| term.text(engine)).collect();
            terms.join(joint)
        };
        match (engine, negated.is_empty()) {
            (Engine::Sqlite, true) => written(&wanted, " AND "),
            (Engine::Sqlite, false) => {
                format!(
                    "({}) NOT ({})",
                    written(&wanted, " AND "),
                    written(&negated, " OR ")
                )
            }
            (Engine::Postgres, true) => written(&wanted, " & "),
            (Engine::Postgres, false) => {
                format!(
                    "{} & !({})",
                    written(&wanted, " & "),
                    written(&negated, " | ")
                )
            }
        }
    }

    /// The wanted words, for the rank of SQLite's records.
    fn words(&self) -> String {
        let wanted = self.terms.iter().filter(|term| !term.is_negated);
        let words = wanted.flat_map(|term| {
            let last = term.words.len() - 1;
            let words = term.words.iter().enumerate();
            words.map(move |(at, word)| {
                let star = if term.is_prefix && at == last {
                    "*"
                } else {
                    ""
                };
                format!("{}{star}", word.to_lowercase())
            })
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// What holds for the records that are found.
    pub(crate) fn condition(
        &self,
        table: &Table,
        search: &Search,
        parameters: &mut Parameters,
    ) -> String {
        let query = Value::Text(self.text(parameters.engine).into());
        let query = parameters.bind(Kind::Text, query);
        let index = quoted(search.index);
        match parameters.engine {
            Engine::Sqlite => {
                let rows = quoted(&format!("{}_rows", search.index));
                format!(
                    "({} in (select {rows}.\"id\" from {index} join {rows} on {rows}.\"record\" = {index}.\"rowid\" where {index} match {query}))",
                    quoted(table.key)
                )
            }
            Engine::Postgres => format!("({index} @@ to_tsquery('simple', {query}))"),
        }
    }

    /// A record's rank, as an expression over its columns.
    pub(crate) fn rank(&self, search: &Search, parameters: &mut Parameters) -> String {
        match parameters.engine {
            Engine::Sqlite => {
                let words = parameters.bind(Kind::Text, Value::Text(self.words().into()));
                let columns: Vec<String> = search.columns.iter().map(|name| quoted(name)).collect();
                format!("search_rank({words}, {})", columns.join(", "))
            }
            Engine::Postgres => {
                let query = Value::Text(self.text(Engine::Postgres).into());
                let query = parameters.bind(Kind::Text, query);
                let index = quoted(search.index);
                format!("cast(ts_rank({index}, to_tsquery('simple', {query})) as double precision)")
            }
        }
    }
}

impl Term {
    fn text(&self, engine: Engine) -> String {
        match engine {
            Engine::Sqlite => {
                let star = if self.is_prefix { " *" } else { "" };
                format!("\"{}\"{star}", self.words.join(" ").to_lowercase())
            }
            // PostgreSQL makes small letters of the query as it did of the texts: where its locale is
            // `C`, none but those of ASCII.
            Engine::Postgres => {
                let star = if self.is_prefix { ":*" } else { "" };
                format!("({}{star})", self.words.join(" <-> "))
            }
        }
    }
}

/// The most relevant first; the identifier breaks ties.
pub(crate) fn keys(table: &Table) -> Vec<Key> {
    let rank = Key {
        name: Cow::Borrowed(RANK),
        kind: Kind::Float,
        nullable: false,
        descending: true,
        nulls_first: false,
    };
    let id = table.column(table.key).map(|column| Key::of(column, true));
    [Some(rank), id].into_iter().flatten().collect()
}

/// The words and quoted phrases of a text, each with its place.
fn pieces(text: &str) -> Result<Vec<(usize, &str)>, Mistake> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let at = |rest: &str| text.chars().count() - rest.chars().count() + 1;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(pieces);
        }
        let place = at(rest);
        let start = usize::from(rest.starts_with('-'));
        let length = if rest[start..].starts_with('"') {
            let inside = start + 1;
            match rest[inside..].find('"') {
                // A star right after the quotes belongs to the phrase.
                Some(end) => {
                    let end = inside + end + 1;
                    end + usize::from(rest[end..].starts_with('*'))
                }
                None => return Err(Mistake::new(place, "The quotes are never closed.")),
            }
        } else {
            let ends = |letter: char| letter.is_whitespace() || letter == '"';
            let end = rest[start..]
                .find(ends)
                .map_or(rest.len(), |end| start + end);
            end.max(1)
        };
        pieces.push((place, &rest[..length]));
        rest = &rest[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(search: &str) -> (String, String) {
        let query = Query::read(search).unwrap().unwrap();
        (query.text(Engine::Sqlite), query.text(Engine::Postgres))
    }

    #[test]
    fn every_engine_gets_its_own_language() {
        let of = |sqlite: &str, postgres: &str| (sqlite.to_owned(), postgres.to_owned());
        assert_eq!(text("Rust É"), of("\"rust\" AND \"é\"", "(Rust) & (É)"));
        assert_eq!(text("a b*"), of("\"a\" AND \"b\" *", "(a) & (b:*)"));
        assert_eq!(
            text("\"the end\" -war -\"in it\""),
            of(
                "(\"the end\") NOT (\"war\" OR \"in it\")",
                "(the <-> end) & !((war) | (in <-> it))"
            )
        );
        assert_eq!(text("e-mail"), of("\"e mail\"", "(e <-> mail)"));
        assert_eq!(
            text("near OR not & ! <->"),
            of("\"near\" AND \"or\" AND \"not\"", "(near) & (OR) & (not)")
        );
    }

    #[test]
    fn what_looks_for_nothing_is_refused() {
        assert_eq!(Query::read("  "), Ok(None));
        for text in ["-a", "\"", "--", "***", "\"\" -b", "a \"b"] {
            assert!(Query::read(text).is_err(), "{text}");
        }
        assert!(Query::read(&"a ".repeat(10_000)).is_err());
    }
}
