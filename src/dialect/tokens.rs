//! SQL as words: enough of its lexical rules to find what is said in a text, whoever wrote it.

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
            '$' if dollar_tag(&characters[at..]).is_some() => {
                tokens.push(Token::Text(in_dollars(&characters, &mut at)));
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

/// The tag that a text in dollars begins with: `$$` or `$body$`; `$1` is a parameter.
fn dollar_tag(rest: &[char]) -> Option<usize> {
    let length = rest[1..].iter().position(|it| *it == '$')?;
    let name = &rest[1..=length];
    let is_name = !name.first().is_some_and(char::is_ascii_digit)
        && name.iter().all(|it| it.is_alphanumeric() || *it == '_');
    is_name.then_some(length + 2)
}

fn in_dollars(characters: &[char], at: &mut usize) -> String {
    let length = dollar_tag(&characters[*at..]).unwrap_or(1);
    let tag = &characters[*at..*at + length];
    let begin = *at + length;
    let mut end = begin;
    while end < characters.len() && !characters[end..].starts_with(tag) {
        end += 1;
    }
    *at = (end + length).min(characters.len());
    characters[begin..end].iter().collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_in_dollars_is_one_text() {
        let found = tokens("do $x$ begin; '$$' end $x$; select $1, a$b, $$c$$");
        let texts: Vec<&Token> = found
            .iter()
            .filter(|it| matches!(it, Token::Text(_)))
            .collect();
        assert_eq!(
            texts,
            [
                &Token::Text(" begin; '$$' end ".to_owned()),
                &Token::Text("c".to_owned())
            ]
        );
        assert!(found.contains(&Token::Word("a$b".to_owned())));
    }

    #[test]
    fn odd_text_ends() {
        for odd in [
            "'", "\"", "[", "/*", "--", "x'", "1e+", "::", "$", "$$", "$a", "\u{0}",
        ] {
            tokens(odd);
        }
    }
}
