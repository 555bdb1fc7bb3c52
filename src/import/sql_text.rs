//! SQL as words: enough of its lexical rules to find what a catalogue only keeps as text.

/// One token of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A name without quotes, in lower case, or a keyword.
    Word(String),
    /// A name in quotes, as it is.
    Name(String),
    /// A text constant.
    Text(String),
    /// A number.
    Number(String),
    /// A binary constant, `x'00ff'`, as its digits.
    Blob(String),
    /// Any other mark: `(`, `<=`, `::`.
    Mark(String),
}

impl Token {
    /// Whether it is this keyword.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(it) if it == word)
    }

    /// Whether it is this mark.
    pub fn is_mark(&self, mark: &str) -> bool {
        matches!(self, Self::Mark(it) if it == mark)
    }
}

/// Marks of several characters, the longest first.
const MARKS: &[&str] = &[
    "!~~*", "!~~", "!~*", "~~*", "->>", "::", "<=", ">=", "<>", "!=", "==", "||", "~~", "~*", "!~",
    "->",
];

/// The tokens of a text, comments left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        let next = characters.get(at + 1).copied();
        match c {
            c if c.is_whitespace() => at += 1,
            '-' if next == Some('-') => {
                while characters.get(at).is_some_and(|it| *it != '\n') {
                    at += 1;
                }
            }
            '/' if next == Some('*') => {
                at += 2;
                while at < characters.len() && !characters[at..].starts_with(&['*', '/']) {
                    at += 1;
                }
                at += 2;
            }
            '\'' => tokens.push(Token::Text(quoted(&characters, &mut at, '\''))),
            '"' => tokens.push(Token::Name(quoted(&characters, &mut at, '"'))),
            '`' => tokens.push(Token::Name(quoted(&characters, &mut at, '`'))),
            '[' if is_bracketed_name(&tokens, &characters[at..]) => {
                at += 1;
                tokens.push(Token::Name(take(&characters, &mut at, |it| it != ']')));
                at += 1;
            }
            'x' | 'X' if next == Some('\'') => {
                at += 1;
                tokens.push(Token::Blob(quoted(&characters, &mut at, '\'')));
            }
            c if c.is_ascii_digit() || (c == '.' && next.is_some_and(|it| it.is_ascii_digit())) => {
                tokens.push(Token::Number(number(&characters, &mut at)));
            }
            c if c.is_alphabetic() || c == '_' => {
                let word = take(&characters, &mut at, |it| {
                    it.is_alphanumeric() || it == '_' || it == '$'
                });
                tokens.push(Token::Word(word.to_lowercase()));
            }
            _ => tokens.push(Token::Mark(mark(&characters, &mut at))),
        }
    }
    tokens
}

/// `[name]` is a name to SQLite; after `array` or a value it is an array or an index.
fn is_bracketed_name(before: &[Token], rest: &[char]) -> bool {
    let is_array = before.last().is_some_and(|it| it.is_word("array"));
    let follows_value = matches!(before.last(), Some(Token::Text(_) | Token::Number(_)))
        || before.last().is_some_and(|it| it.is_mark(")"));
    !is_array && !follows_value && rest.get(1).is_some_and(|it| *it != ']')
}

fn quoted(characters: &[char], at: &mut usize, quote: char) -> String {
    let mut text = String::new();
    *at += 1;
    while let Some(&c) = characters.get(*at) {
        *at += 1;
        if c != quote {
            text.push(c);
        } else if characters.get(*at) == Some(&quote) {
            text.push(quote);
            *at += 1;
        } else {
            break;
        }
    }
    text
}

fn take(characters: &[char], at: &mut usize, belongs: impl Fn(char) -> bool) -> String {
    let start = *at;
    while characters.get(*at).is_some_and(|it| belongs(*it)) {
        *at += 1;
    }
    characters[start..*at].iter().collect()
}

fn number(characters: &[char], at: &mut usize) -> String {
    let mut digits = take(characters, at, |it| it.is_ascii_alphanumeric() || it == '.');
    let has_exponent = digits.ends_with(['e', 'E']);
    if has_exponent && matches!(characters.get(*at), Some('+' | '-')) {
        digits.push(characters[*at]);
        *at += 1;
        digits.push_str(&take(characters, at, |it| it.is_ascii_digit()));
    }
    digits
}

fn mark(characters: &[char], at: &mut usize) -> String {
    for known in MARKS {
        let length = known.len();
        let here: String = characters[*at..].iter().take(length).collect();
        if here == *known {
            *at += length;
            return here;
        }
    }
    let c = characters[*at];
    *at += 1;
    c.to_string()
}

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
            tokens(odd);
            checks(&format!("create table t (check ({odd}"));
        }
    }
}
