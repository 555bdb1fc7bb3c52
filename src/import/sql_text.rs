//! What a catalogue only keeps as text: the rules that a `create table` declares.

pub use crate::dialect::tokens::{Token, tokens};

/// The rules that a `create table` of SQLite declares, each with its name if it has one.
pub fn checks(create_table: &str) -> Vec<(Option<String>, Vec<Token>)> {
    let tokens = tokens(create_table);
    let mut checks = Vec::new();
    let mut name = None;
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        if token.is_word("constraint") {
            name = tokens.get(index + 1).and_then(|it| match it {
                Token::Word(name) | Token::Name(name) => Some(name.clone()),
                _ => None,
            });
        } else if token.is_word("check") && tokens.get(index + 1).is_some_and(|it| it.is_mark("("))
        {
            let inner = in_brackets(&tokens[index + 1..]);
            index += inner.len() + 2;
            checks.push((name.take(), inner));
        } else if token.is_mark(",") {
            name = None;
        }
        index += 1;
    }
    checks
}

/// What stands between the bracket that a list begins with and its partner.
fn in_brackets(tokens: &[Token]) -> Vec<Token> {
    let mut depth = 0_usize;
    let mut inner = Vec::new();
    for token in tokens {
        if token.is_mark(")") {
            depth -= 1;
            if depth == 0 {
                break;
            }
        }
        if depth > 0 {
            inner.push(token.clone());
        }
        if token.is_mark("(") {
            depth += 1;
        }
    }
    inner
}

/// Tokens as SQL again, for people.
pub fn spelled(tokens: &[Token]) -> String {
    let words: Vec<String> = tokens
        .iter()
        .map(|token| match token {
            Token::Word(word) => word.clone(),
            Token::Name(name) => format!("\"{name}\""),
            Token::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Token::Number(digits) => digits.clone(),
            Token::Blob(digits) => format!("x'{digits}'"),
            Token::Mark(mark) => mark.clone(),
        })
        .collect();
    words
        .join(" ")
        .replace("( ", "(")
        .replace(" )", ")")
        .replace(" ,", ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_found_wherever_they_stand() {
        let found = checks(
            "create table t (a text check (a in ('x', 'it''s')) not null, -- check (no)
             [b] int constraint positive check(b > (1 + 2)), \"check\" text default 'check (b)',
             constraint both check (a <> b or b is null), /* check (x) */ unique (a))",
        );
        let shown: Vec<_> = found
            .iter()
            .map(|(name, tokens)| (name.as_deref(), spelled(tokens)))
            .collect();
        assert_eq!(
            shown,
            [
                (None, "a in ('x', 'it''s')".to_owned()),
                (Some("positive"), "b > (1 + 2)".to_owned()),
                (Some("both"), "a <> b or b is null".to_owned()),
            ]
        );
    }

    #[test]
    fn odd_text_ends() {
        for odd in ["'", "\"", "[", "/*", "--", "x'", "1e+", "::", "\u{0}"] {
            checks(&format!("create table t (check ({odd}"));
        }
    }
}
