//! Tokens as an expression, by the grammar of AIP-160: `OR` binds tighter than `AND`.
//!
//! Knows no field and no type; that is the check's.

use super::lex::{Comparator, Quoted, Token, TokenKind};
use crate::list::Mistake;

/// The most conditions that a filter may have.
pub(crate) const MOST_TERMS: usize = 100;
/// The deepest that parentheses and negations may be nested.
pub(crate) const DEEPEST: usize = 20;

/// How deep calls are nested: `max(year(placed_at))`.
const DEEPEST_CALL: usize = 2;

/// What a filter says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Restriction(Restriction),
}

/// One condition: something compared with something.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Restriction {
    pub operand: Operand,
    pub comparator: Comparator,
    pub argument: Argument,
}

/// What is compared: a field, a path, or a function of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Operand {
    pub at: usize,
    pub kind: OperandKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OperandKind {
    /// `status`, `customer.name`
    Path(Vec<String>),
    /// `year(placed_at)`
    Call { name: String, of: Vec<Operand> },
}

impl std::fmt::Display for Operand {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            OperandKind::Path(path) => out.write_str(&path.join(".")),
            OperandKind::Call { name, of } => {
                let of: Vec<String> = of.iter().map(ToString::to_string).collect();
                write!(out, "{name}({})", of.join(", "))
            }
        }
    }
}

/// What something is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument {
    pub at: usize,
    pub kind: ArgumentKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ArgumentKind {
    /// Without quotes.
    Word(String),
    /// In quotes.
    Text(Quoted),
    /// `ago(7d)`
    Call { name: String, of: Option<String> },
}

/// What the tokens of a filter say; nothing when there are none.
pub(crate) fn expression(tokens: &[Token]) -> Result<Option<Expression>, Mistake> {
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser::new(tokens);
    let expression = parser.conjunction(0)?;
    match parser.peek() {
        None => Ok(Some(expression)),
        Some(_) => Err(parser.unexpected("`AND`, `OR` or the end")),
    }
}

/// What the tokens say as operands with commas between them; `after` reads what may follow each.
pub(crate) fn operands<T>(
    tokens: &[Token],
    mut after: impl FnMut(&mut Parser<'_>, Operand) -> Result<T, Mistake>,
) -> Result<Vec<T>, Mistake> {
    let mut parser = Parser::new(tokens);
    let mut found = Vec::new();
    loop {
        let operand = parser.operand(0)?;
        found.push(after(&mut parser, operand)?);
        match parser.peek() {
            None => return Ok(found),
            Some(TokenKind::Comma) => parser.next += 1,
            Some(_) => return Err(parser.unexpected("a comma or the end")),
        }
    }
}

pub(crate) struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    fn new(tokens: &'a [Token]) -> Self {
        Self {
            tokens,
            next: 0,
            terms: 0,
        }
    }

    fn peek(&self) -> Option<&'a TokenKind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(TokenKind::Word(next)) if next == word)
    }

    /// Takes the word that stands here, whatever its case.
    pub(crate) fn take_word(&mut self, word: &str) -> bool {
        let is_here =
            matches!(self.peek(), Some(TokenKind::Word(next)) if next.eq_ignore_ascii_case(word));
        self.next += usize::from(is_here);
        is_here
    }

    /// Where the next token begins, or the last one ends.
    fn at(&self) -> usize {
        match self.tokens.get(self.next) {
            Some(token) => token.at,
            None => self.tokens.last().map_or(1, |token| token.end),
        }
    }

    pub(crate) fn unexpected(&self, expected: &str) -> Mistake {
        let found = match self.peek() {
            None => "the end".to_owned(),
            Some(TokenKind::Word(word)) => format!("`{}`", short(word)),
            Some(TokenKind::Text(quoted)) => format!("\"{}\"", short(&quoted.text)),
            Some(TokenKind::Open) => "`(`".to_owned(),
            Some(TokenKind::Close) => "`)`".to_owned(),
            Some(TokenKind::Comma) => "`,`".to_owned(),
            Some(TokenKind::Comparator(_)) => "a comparison".to_owned(),
        };
        Mistake::new(
            self.at(),
            format!("Expected {expected}, but here is {found}."),
        )
    }

    /// `a AND b`
    fn conjunction(&mut self, depth: usize) -> Result<Expression, Mistake> {
        let mut parts = vec![self.sequence(depth)?];
        while self.is_word("AND") {
            self.next += 1;
            parts.push(self.sequence(depth)?);
        }
        Ok(one_or(parts, Expression::All))
    }

    /// `a b`: both must hold, as with `AND`.
    fn sequence(&mut self, depth: usize) -> Result<Expression, Mistake> {
        let mut parts = vec![self.disjunction(depth)?];
        while self.peek().is_some()
            && !matches!(self.peek(), Some(TokenKind::Close))
            && !self.is_word("AND")
        {
            parts.push(self.disjunction(depth)?);
        }
        Ok(one_or(parts, Expression::All))
    }

    /// `a OR b`
    fn disjunction(&mut self, depth: usize) -> Result<Expression, Mistake> {
        let mut parts = vec![self.term(depth)?];
        while self.is_word("OR") {
            self.next += 1;
            parts.push(self.term(depth)?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    /// `NOT a`, `-a`, `(a)`, `a = 1`
    fn term(&mut self, depth: usize) -> Result<Expression, Mistake> {
        if depth > DEEPEST {
            let detail = format!("Is nested deeper than {DEEPEST} levels.");
            return Err(Mistake::new(self.at(), detail));
        }
        if self.is_word("NOT") || self.is_word("-") {
            self.next += 1;
            let negated = self.term(depth + 1)?;
            return Ok(Expression::Not(Box::new(negated)));
        }
        if matches!(self.peek(), Some(TokenKind::Open)) {
            self.next += 1;
            let inner = self.conjunction(depth + 1)?;
            return match self.peek() {
                Some(TokenKind::Close) => {
                    self.next += 1;
                    Ok(inner)
                }
                _ => Err(self.unexpected("`)`")),
            };
        }
        self.terms += 1;
        if self.terms > MOST_TERMS {
            let detail = format!("Has more than {MOST_TERMS} conditions.");
            return Err(Mistake::new(self.at(), detail));
        }
        let is_negated = matches!(self.peek(), Some(TokenKind::Word(word)) if word.len() > 1 && word.starts_with('-'));
        let restriction = Expression::Restriction(self.restriction(is_negated)?);
        if is_negated {
            return Ok(Expression::Not(Box::new(restriction)));
        }
        Ok(restriction)
    }

    fn restriction(&mut self, is_negated: bool) -> Result<Restriction, Mistake> {
        let operand = self.operand(usize::from(is_negated))?;
        let Some(TokenKind::Comparator(comparator)) = self.peek() else {
            return Err(self.unexpected("a comparison such as `=`"));
        };
        self.next += 1;
        Ok(Restriction {
            operand,
            comparator: *comparator,
            argument: self.argument()?,
        })
    }

    /// A path or a call; the first `skip` letters of its word are no part of it.
    fn operand(&mut self, skip: usize) -> Result<Operand, Mistake> {
        self.inner_operand(skip, 0)
    }

    fn inner_operand(&mut self, skip: usize, depth: usize) -> Result<Operand, Mistake> {
        let at = self.at() + skip;
        let word = match self.peek() {
            Some(TokenKind::Word(word)) if !["AND", "OR", "NOT"].contains(&word.as_str()) => {
                &word[skip..]
            }
            Some(TokenKind::Text(_)) => {
                return Err(Mistake::new(
                    at,
                    "A text alone is no condition: name the field that it is compared with.",
                ));
            }
            _ => return Err(self.unexpected("a field")),
        };
        self.next += 1;
        if !matches!(self.peek(), Some(TokenKind::Open)) {
            let path = word.split('.').map(str::to_owned).collect();
            let kind = OperandKind::Path(path);
            return Ok(Operand { at, kind });
        }
        self.next += 1;
        let mut of = Vec::new();
        while !matches!(self.peek(), Some(TokenKind::Close)) {
            if depth == DEEPEST_CALL {
                return Err(Mistake::new(self.at(), "A function takes a field here."));
            }
            of.push(self.inner_operand(0, depth + 1)?);
            match self.peek() {
                Some(TokenKind::Comma) => self.next += 1,
                Some(TokenKind::Close) => {}
                _ => return Err(self.unexpected("`)`")),
            }
        }
        self.next += 1;
        let name = word.to_owned();
        Ok(Operand {
            at,
            kind: OperandKind::Call { name, of },
        })
    }

    fn argument(&mut self) -> Result<Argument, Mistake> {
        let at = self.at();
        let kind = match self.peek() {
            Some(TokenKind::Text(quoted)) => ArgumentKind::Text(quoted.clone()),
            Some(TokenKind::Word(word)) => ArgumentKind::Word(word.clone()),
            _ => return Err(self.unexpected("a value")),
        };
        self.next += 1;
        let (ArgumentKind::Word(name), Some(TokenKind::Open)) = (&kind, self.peek()) else {
            return Ok(Argument { at, kind });
        };
        let name = name.clone();
        self.next += 1;
        let of = match self.peek() {
            Some(TokenKind::Word(word)) => Some(word.clone()),
            Some(TokenKind::Text(quoted)) => Some(quoted.text.clone()),
            _ => None,
        };
        self.next += usize::from(of.is_some());
        if !matches!(self.peek(), Some(TokenKind::Close)) {
            return Err(self.unexpected("`)`"));
        }
        self.next += 1;
        Ok(Argument {
            at,
            kind: ArgumentKind::Call { name, of },
        })
    }
}

fn one_or(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => several(parts),
    }
}

/// What is long is cut, so that an answer does not repeat a whole request.
pub(crate) fn short(text: &str) -> String {
    let mut shortened: String = text.chars().take(40).collect();
    if shortened.len() < text.len() {
        shortened.push('…');
    }
    shortened
}
