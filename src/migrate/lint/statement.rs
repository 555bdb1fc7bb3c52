//! A script as statements of words, with the step that each belongs to.

use std::collections::BTreeSet;

use crate::dialect::tokens::{Token, tokens};
use crate::migrate::script::{self, Mode};

/// A statement of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The number of its step.
    pub step: usize,
    /// How the step is run.
    pub mode: Mode,
    /// Its words, without the `;`.
    pub tokens: Vec<Token>,
}

/// The statements of a script; of one that cannot be read, none.
pub fn statements(text: &str) -> Vec<Statement> {
    let steps = script::read(text).unwrap_or_default();
    let mut found = Vec::new();
    for (step, it) in steps.iter().enumerate() {
        let all = tokens(&it.sql);
        let parts = all.split(|it| it.is_mark(";"));
        let parts = parts.filter(|it| !it.is_empty());
        found.extend(parts.map(|tokens| Statement {
            step,
            mode: it.mode,
            tokens: tokens.to_vec(),
        }));
    }
    found
}

/// The tables that a script makes itself: they have no rows, and nobody waits for them.
pub fn created(statements: &[Statement]) -> BTreeSet<String> {
    let tables = statements.iter().filter_map(|it| {
        let words = Words(&it.tokens);
        let at = [
            "table",
            "unlogged table",
            "temporary table",
            "temp table",
            "materialized view",
        ]
        .iter()
        .find_map(|kind| words.after(&format!("create {kind}")))?;
        Some(words.object(at)?.0)
    });
    tables.collect()
}

/// Words in a row.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a>(pub &'a [Token]);

impl<'a> Words<'a> {
    /// Where the words go on after these, if they begin with them.
    pub fn after(self, begin: &str) -> Option<usize> {
        let begin: Vec<&str> = begin.split(' ').collect();
        self.is_at(0, &begin).then_some(begin.len())
    }

    /// Whether these keywords stand there.
    pub fn is_at(self, at: usize, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(index, word)| self.0.get(at + index).is_some_and(|it| it.is_word(word)))
    }

    /// Whether these keywords stand anywhere, one after the other.
    pub fn says(self, phrase: &str) -> bool {
        self.find(phrase).is_some()
    }

    /// Where these keywords stand.
    pub fn find(self, phrase: &str) -> Option<usize> {
        let words: Vec<&str> = phrase.split(' ').collect();
        (0..self.0.len()).find(|at| self.is_at(*at, &words))
    }

    /// The name of what stands there, past `if exists` and the like, without its schema; and
    /// where the words go on.
    pub fn object(self, mut at: usize) -> Option<(String, usize)> {
        for phrase in [&["if", "not", "exists"][..], &["if", "exists"], &["only"]] {
            if self.is_at(at, phrase) {
                at += phrase.len();
            }
        }
        let mut name = self.name(at)?;
        at += 1;
        while self.0.get(at).is_some_and(|it| it.is_mark(".")) {
            name = self.name(at + 1)?;
            at += 2;
        }
        Some((name, at))
    }

    /// The name that stands there.
    pub fn name(self, at: usize) -> Option<String> {
        match self.0.get(at)? {
            Token::Word(name) | Token::Name(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// What stands between commas, but for those in brackets.
    pub fn parts(self) -> Vec<Words<'a>> {
        let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
        for (at, token) in self.0.iter().enumerate() {
            match token {
                Token::Mark(it) if it == "(" => depth += 1,
                Token::Mark(it) if it == ")" => depth = depth.saturating_sub(1),
                Token::Mark(it) if it == "," && depth == 0 => {
                    parts.push(Words(&self.0[start..at]));
                    start = at + 1;
                }
                _ => {}
            }
        }
        parts.push(Words(&self.0[start..]));
        parts
    }

    /// What the first brackets from there on hold.
    pub fn in_brackets(self, from: usize) -> Option<Words<'a>> {
        let open = (from..self.0.len()).find(|at| self.0[*at].is_mark("("))?;
        let mut depth = 0_usize;
        for at in open..self.0.len() {
            if self.0[at].is_mark("(") {
                depth += 1;
            } else if self.0[at].is_mark(")") {
                depth -= 1;
                if depth == 0 {
                    return Some(Words(&self.0[open + 1..at]));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_taken_apart() {
        let text = "-- svcgen:step transaction Makes it.\ncreate table if not exists public.\"A\" (b text default ';');\n\
                    -- svcgen:step autocommit Indexes it.\ncreate index concurrently i on a (b, lower(c));\n";
        let found = statements(text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[1].step, found[1].mode), (1, Mode::Autocommit));
        assert_eq!(created(&found), BTreeSet::from(["A".to_owned()]));
        let words = Words(&found[1].tokens);
        assert_eq!(words.in_brackets(0).expect("brackets").parts().len(), 2);
        assert_eq!(words.find("on a"), Some(4));
        assert!(statements("-- svcgen:step sometimes x\n").is_empty());
    }
}
