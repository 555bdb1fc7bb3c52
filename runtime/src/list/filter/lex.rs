//! A filter as tokens, each with its place.
//!
//! The tokens are those of AIP-160; function calls, orders and groups are made of the same.

use crate::list::Mistake;

/// A token and where it begins, in characters from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub at: usize,
    /// The place after its last character.
    pub end: usize,
    pub kind: TokenKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word without quotes: a name, a number, a keyword.
    Word(String),
    /// A text in quotes.
    Text(Quoted),
    Open,
    Close,
    Comma,
    Comparator(Comparator),
}

/// A text that was in quotes, without its escapes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Quoted {
    pub text: String,
    /// Where in the text a `*` stands that was not escaped, in bytes.
    pub stars: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    /// `:`
    Has,
}

/// The tokens of a text.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Mistake> {
    let letters: Vec<char> = text.chars().collect();
    let mut lexer = Lexer {
        letters: &letters,
        next: 0,
    };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'a> {
    letters: &'a [char],
    next: usize,
}

impl Lexer<'_> {
    fn token(&mut self) -> Result<Option<Token>, Mistake> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next += 1;
        }
        let at = self.next + 1;
        let Some(first) = self.peek() else {
            return Ok(None);
        };
        let kind = match first {
            '(' => self.single(TokenKind::Open),
            ')' => self.single(TokenKind::Close),
            ',' => self.single(TokenKind::Comma),
            ':' => self.single(TokenKind::Comparator(Comparator::Has)),
            '=' => self.single(TokenKind::Comparator(Comparator::Equal)),
            '<' => self.perhaps_equal(Comparator::Less, Comparator::AtMost),
            '>' => self.perhaps_equal(Comparator::Greater, Comparator::AtLeast),
            '!' => {
                self.next += 1;
                if self.peek() != Some('=') {
                    return Err(Mistake::new(
                        at,
                        "`!` stands only in `!=`. To negate, write `NOT` or `-`.",
                    ));
                }
                self.single(TokenKind::Comparator(Comparator::NotEqual))
            }
            '"' | '\'' => self.quoted(first)?,
            _ => self.word(),
        };
        let end = self.next + 1;
        Ok(Some(Token { at, end, kind }))
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.next).copied()
    }

    fn single(&mut self, kind: TokenKind) -> TokenKind {
        self.next += 1;
        kind
    }

    fn perhaps_equal(&mut self, alone: Comparator, with_equal: Comparator) -> TokenKind {
        self.next += 1;
        if self.peek() == Some('=') {
            self.next += 1;
            return TokenKind::Comparator(with_equal);
        }
        TokenKind::Comparator(alone)
    }

    fn word(&mut self) -> TokenKind {
        let start = self.next;
        let ends = |letter: char| letter.is_whitespace() || "()\"':,=<>!".contains(letter);
        while self.peek().is_some_and(|letter| !ends(letter)) {
            self.next += 1;
        }
        TokenKind::Word(self.letters[start..self.next].iter().collect())
    }

    fn quoted(&mut self, quote: char) -> Result<TokenKind, Mistake> {
        let at = self.next + 1;
        self.next += 1;
        let mut quoted = Quoted::default();
        while let Some(letter) = self.peek() {
            self.next += 1;
            match letter {
                '\\' => match self.peek() {
                    Some(escaped @ ('"' | '\'' | '\\' | '*')) => {
                        self.next += 1;
                        quoted.text.push(escaped);
                    }
                    _ => {
                        return Err(Mistake::new(
                            self.next,
                            "`\\` stands only before `\"`, `'`, `\\` and `*`.",
                        ));
                    }
                },
                '*' => {
                    quoted.stars.push(quoted.text.len());
                    quoted.text.push('*');
                }
                _ if letter == quote => return Ok(TokenKind::Text(quoted)),
                _ => quoted.text.push(letter),
            }
        }
        Err(Mistake::new(at, "The quotes are never closed."))
    }
}
