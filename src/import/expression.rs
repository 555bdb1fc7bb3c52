//! The small part of SQL's expressions that defaults and checks are mostly made of.
//!
//! Casts are dropped: what a constant means is decided by the column it is for. Anything
//! that is not understood makes the whole expression unknown, never half of it.

use super::sql_text::{Token, tokens};

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// A column, or a word such as `current_timestamp`.
    Name(String),
    /// A text constant.
    Text(String),
    /// A number, perhaps negative.
    Number(String),
    /// A binary constant, as hexadecimal digits.
    Blob(String),
    /// True or false.
    Bool(bool),
    /// Null.
    Null,
    /// A call.
    Call(String, Vec<Expression>),
    /// An array, or the list after `in`.
    List(Vec<Expression>),
    /// Two sides and what is between them.
    Compare(Box<Expression>, Comparison, Box<Expression>),
    /// `x in (…)`, `x = any (…)`.
    OneOf(Box<Expression>, Vec<Expression>),
    /// `x is null`, or with true `x is not null`.
    IsNull(Box<Expression>, bool),
    /// All of them.
    And(Vec<Expression>),
    /// One of them.
    Or(Vec<Expression>),
}

/// How two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    Different,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `~`, a regular expression.
    Matches,
}

impl Comparison {
    /// The same with its sides changed.
    pub fn turned(self) -> Option<Self> {
        Some(match self {
            Self::Equal => Self::Equal,
            Self::Different => Self::Different,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Matches => return None,
        })
    }
}

/// Understands a text.
pub fn parse(text: &str) -> Option<Expression> {
    parse_tokens(&tokens(text))
}

/// Understands tokens, all of them.
pub fn parse_tokens(tokens: &[Token]) -> Option<Expression> {
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
    };
    let expression = parser.either()?;
    (parser.at == tokens.len()).then_some(expression)
}

/// Deeper than anybody writes, and shallow enough for the stack.
const DEEPEST: usize = 60;

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn word(&mut self, word: &str) -> bool {
        let is_there = self.peek().is_some_and(|it| it.is_word(word));
        self.at += usize::from(is_there);
        is_there
    }

    fn mark(&mut self, mark: &str) -> bool {
        let is_there = self.peek().is_some_and(|it| it.is_mark(mark));
        self.at += usize::from(is_there);
        is_there
    }

    fn either(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut parts = vec![self.both()?];
        while self.word("or") {
            parts.push(self.both()?);
        }
        self.depth -= 1;
        Some(one_or(parts, Expression::Or))
    }

    fn both(&mut self) -> Option<Expression> {
        let mut parts = vec![self.comparison()?];
        while self.word("and") {
            parts.push(self.comparison()?);
        }
        Some(one_or(parts, Expression::And))
    }

    fn comparison(&mut self) -> Option<Expression> {
        let left = self.operand()?;
        if self.word("is") {
            let not = self.word("not");
            return self
                .word("null")
                .then(|| Expression::IsNull(Box::new(left), not));
        }
        if self.word("in") {
            let list = self.bracketed_list("(", ")")?;
            return Some(Expression::OneOf(Box::new(left), list));
        }
        if self.word("between") {
            let least = self.operand()?;
            let most = self.word("and").then(|| self.operand())??;
            return Some(Expression::And(vec![
                compare(left.clone(), Comparison::GreaterOrEqual, least),
                compare(left, Comparison::LessOrEqual, most),
            ]));
        }
        let Some(comparison) = self.comparison_mark() else {
            return Some(left);
        };
        if comparison == Comparison::Equal && self.word("any") {
            let mut inner = self.bracketed_list("(", ")")?;
            return match (inner.pop()?, inner.is_empty()) {
                (Expression::List(list), true) => Some(Expression::OneOf(Box::new(left), list)),
                _ => None,
            };
        }
        let right = self.operand()?;
        Some(compare(left, comparison, right))
    }

    fn comparison_mark(&mut self) -> Option<Comparison> {
        let Token::Mark(mark) = self.peek()? else {
            return None;
        };
        let comparison = match mark.as_str() {
            "=" | "==" => Comparison::Equal,
            "<>" | "!=" => Comparison::Different,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            "~" => Comparison::Matches,
            _ => return None,
        };
        self.at += 1;
        Some(comparison)
    }

    /// A primary and the casts that follow it.
    fn operand(&mut self) -> Option<Expression> {
        let operand = self.primary()?;
        while self.mark("::") {
            self.type_name()?;
        }
        Some(operand)
    }

    fn primary(&mut self) -> Option<Expression> {
        let token = self.peek()?.clone();
        self.at += 1;
        match token {
            Token::Text(text) => Some(Expression::Text(text)),
            Token::Number(digits) => Some(Expression::Number(digits)),
            Token::Blob(digits) => Some(Expression::Blob(digits)),
            Token::Name(name) => Some(self.qualified(name)),
            Token::Word(word) => self.named(&word),
            Token::Mark(mark) => match mark.as_str() {
                "(" => {
                    let inner = self.either()?;
                    self.mark(")").then_some(inner)
                }
                "-" => match self.operand()? {
                    Expression::Number(digits) => Some(Expression::Number(format!("-{digits}"))),
                    _ => None,
                },
                "+" => match self.operand()? {
                    Expression::Number(digits) => Some(Expression::Number(digits)),
                    _ => None,
                },
                _ => None,
            },
        }
    }

    fn named(&mut self, word: &str) -> Option<Expression> {
        match word {
            "true" => return Some(Expression::Bool(true)),
            "false" => return Some(Expression::Bool(false)),
            "null" => return Some(Expression::Null),
            "not" | "case" | "exists" | "select" => return None,
            "array" => return self.bracketed_list("[", "]").map(Expression::List),
            "cast" => {
                let inner = self.mark("(").then(|| self.either())??;
                self.word("as").then(|| self.type_name())??;
                return self.mark(")").then_some(inner);
            }
            _ => {}
        }
        if self.peek().is_some_and(|it| it.is_mark("(")) {
            let arguments = self.bracketed_list("(", ")")?;
            return Some(Expression::Call(word.to_owned(), arguments));
        }
        // `date '2020-01-01'`: a constant with its type before it.
        if matches!(
            word,
            "date" | "time" | "timestamp" | "timestamptz" | "uuid" | "interval"
        ) && let Some(Token::Text(text)) = self.peek()
        {
            let text = Expression::Text(text.clone());
            self.at += 1;
            return Some(text);
        }
        Some(self.qualified(word.to_owned()))
    }

    /// The last part of `schema.table.column`, or of `pg_catalog.now()`.
    fn qualified(&mut self, first: String) -> Expression {
        let mut name = first;
        while self.peek().is_some_and(|it| it.is_mark(".")) {
            let Some(Token::Word(next) | Token::Name(next)) = self.tokens.get(self.at + 1) else {
                break;
            };
            name.clone_from(next);
            self.at += 2;
        }
        if self.peek().is_some_and(|it| it.is_mark("(")) {
            let before = self.at;
            if let Some(arguments) = self.bracketed_list("(", ")") {
                return Expression::Call(name, arguments);
            }
            self.at = before;
        }
        Expression::Name(name)
    }

    fn bracketed_list(&mut self, open: &str, close: &str) -> Option<Vec<Expression>> {
        if !self.mark(open) {
            return None;
        }
        let mut list = Vec::new();
        if self.mark(close) {
            return Some(list);
        }
        loop {
            list.push(self.either()?);
            if self.mark(close) {
                return Some(list);
            }
            if !self.mark(",") {
                return None;
            }
        }
    }

    fn type_name(&mut self) -> Option<()> {
        loop {
            match self.peek()? {
                Token::Word(_) | Token::Name(_) => self.at += 1,
                _ => return None,
            }
            if !self.mark(".") {
                break;
            }
        }
        while ["varying", "precision", "without", "with", "time", "zone"]
            .iter()
            .any(|word| self.word(word))
        {}
        if self.peek().is_some_and(|it| it.is_mark("(")) {
            self.bracketed_list("(", ")")?;
            while ["without", "with", "time", "zone"]
                .iter()
                .any(|word| self.word(word))
            {}
        }
        while self.mark("[") {
            self.mark("]").then_some(())?;
        }
        Some(())
    }
}

fn one_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

fn compare(left: Expression, comparison: Comparison, right: Expression) -> Expression {
    Expression::Compare(Box::new(left), comparison, Box::new(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Expression {
        Expression::Text(text.to_owned())
    }

    #[test]
    fn both_engines_ways_of_saying_one_of_are_the_same() {
        let expected = Expression::OneOf(
            Box::new(Expression::Name("status".to_owned())),
            vec![text("draft"), text("paid")],
        );
        for written in [
            "status in ('draft', 'paid')",
            "(status = ANY (ARRAY['draft'::text, 'paid'::text]))",
            "((status)::text = ANY ((ARRAY['draft'::character varying, 'paid'::character varying])::text[]))",
            "\"status\" IN ('draft','paid')",
            "orders.status in ('draft', 'paid')",
        ] {
            assert_eq!(parse(written).as_ref(), Some(&expected), "{written}");
        }
    }

    #[test]
    fn constants_lose_their_casts() {
        for (written, expected) in [
            ("'draft'::character varying(20)", text("draft")),
            ("(0)::numeric(10,2)", Expression::Number("0".to_owned())),
            ("'-1'::integer", text("-1")),
            ("-1.5", Expression::Number("-1.5".to_owned())),
            (
                "'2020-01-01 00:00:00+00'::timestamp with time zone",
                text("2020-01-01 00:00:00+00"),
            ),
            (
                "timestamp(6) '2020-01-01'::timestamp(6) without time zone",
                Expression::Null,
            ),
            ("cast('x' as text)", text("x")),
            (
                "pg_catalog.now()",
                Expression::Call("now".to_owned(), vec![]),
            ),
            ("x'00ff'", Expression::Blob("00ff".to_owned())),
        ] {
            let parsed = parse(written);
            if expected == Expression::Null {
                assert_eq!(parsed, None, "{written}");
            } else {
                assert_eq!(parsed, Some(expected), "{written}");
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_not_understood_by_halves() {
        for written in [
            "",
            "a > 1 and not b",
            "case when a then 1 else 2 end",
            "a in (select b from c)",
            "a || b",
            "(a",
            "a >= 1 )",
            &"(".repeat(10_000),
        ] {
            assert_eq!(parse(written), None, "{written:.40}");
        }
    }
}
