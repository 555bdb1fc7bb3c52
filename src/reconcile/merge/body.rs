//! What stands in the bodies of functions: statements, and the lists inside of
//! expressions (blocks, arms, the fields of a struct literal, the calls of a chain).
//!
//! An expression is text with holes: the lists in it are parts, what stands between
//! them is text.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Expr, MacroDelimiter, Stmt, Token,
    parse::Parser as _,
    punctuated::Punctuated,
    visit::{self, Visit},
};

use super::{
    rust::{Cut, NAMED, inside, item, range},
    tree::{Found, ListKind, Node, Order, Place, list},
};

const STATEMENTS: ListKind = ListKind {
    separator: "",
    order: Order::Strict,
    place: Place::Bracketed,
};

const MEMBERS: ListKind = ListKind {
    separator: ",",
    ..STATEMENTS
};

const CALLS: ListKind = ListKind {
    order: Order::Loose,
    place: Place::Suffix,
    ..STATEMENTS
};

/// A block of statements.
pub fn block(text: &str, block: &syn::Block) -> Node {
    let whole = range(block);
    let inside = inside(&block.brace_token);
    let statements = block.stmts.iter().map(|it| statement(text, it)).collect();
    Node::frame(vec![
        Node::leaf(&text[whole.start..inside.start]),
        list(text, inside.clone(), STATEMENTS, statements),
        Node::leaf(&text[inside.end..whole.end]),
    ])
}

fn statement(text: &str, statement: &Stmt) -> Found {
    if let Stmt::Item(inner) = statement {
        return item(text, inner);
    }
    let at = range(statement);
    let key = if let Stmt::Local(it) = statement {
        format!("let {}", &text[range(&it.pat)])
    } else {
        // Up to the arguments: what is called.
        let words = &text[at.clone()];
        words[..words.find(['(', '{']).unwrap_or(words.len())].to_owned()
    };
    let mut holes = Holes::new(text);
    holes.visit_stmt(statement);
    Found {
        key,
        node: holes.around(at.clone()),
        range: at,
    }
}

/// An expression and the lists in it.
pub fn expression(text: &str, expression: &Expr) -> Node {
    let mut holes = Holes::new(text);
    holes.visit_expr(expression);
    holes.around(range(expression))
}

/// Comma-separated tokens, known by what they begin with: `derive`, `serde` and the like.
pub fn arguments(text: &str, tokens: TokenStream) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut current: Option<(Range<usize>, String, bool)> = None;
    let mut finish = |current: &mut Option<(Range<usize>, String, bool)>| {
        if let Some((range, key, _)) = current.take() {
            found.push(Found {
                key,
                node: Node::leaf(&text[range.clone()]),
                range,
            });
        }
    };
    for token in tokens {
        if matches!(&token, TokenTree::Punct(it) if it.as_char() == ',') {
            finish(&mut current);
            continue;
        }
        let at = token.span().byte_range();
        let ends_key = matches!(&token, TokenTree::Punct(it) if it.as_char() == '=')
            || matches!(&token, TokenTree::Group(_));
        match &mut current {
            None => current = Some((at, token.to_string(), false)),
            Some((range, key, is_key_over)) => {
                range.end = at.end;
                *is_key_over |= ends_key;
                if !*is_key_over {
                    key.push_str(&token.to_string());
                }
            }
        }
    }
    finish(&mut current);
    found
}

/// One of several values. Its layout depends on whether it stands on lines of its own, so
/// that is taken out.
fn member(text: &str, value: &Expr) -> Found {
    let at = range(value);
    let written = &text[at.clone()];
    let key = written.split_once(',').map_or(written, |(first, _)| first);
    let key = key.split_whitespace().collect();
    let plain = outdented(written);
    let node = match syn::parse_str::<Expr>(&plain) {
        Ok(value) if plain != written => expression(&plain, &value),
        _ => expression(text, value),
    };
    Found {
        key,
        node,
        range: at,
    }
}

/// A text without the indentation that its last line has; texts in quotes that go over
/// lines stay as they are, and everything with them.
fn outdented(text: &str) -> String {
    let last = text.lines().last().unwrap_or_default();
    let indentation = &last[..last.len() - last.trim_start().len()];
    let is_open = |line: &str| line.matches('"').count() % 2 == 1;
    if indentation.is_empty() || text.lines().any(is_open) {
        return text.to_owned();
    }
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix(indentation).unwrap_or(line))
        .collect();
    lines.join("\n")
}

/// Finds the outermost lists of an expression.
struct Holes<'a> {
    text: &'a str,
    found: Vec<(Range<usize>, Node)>,
}

impl<'a> Holes<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            found: Vec::new(),
        }
    }

    /// Text and holes, by turns.
    fn around(mut self, whole: Range<usize>) -> Node {
        self.found.sort_by_key(|(at, _)| at.start);
        if self.found.is_empty() {
            return Node::leaf(&self.text[whole]);
        }
        let mut parts = Vec::new();
        let mut from = whole.start;
        for (at, node) in self.found {
            parts.push(Node::leaf(&self.text[from..at.start]));
            from = at.end;
            parts.push(node);
        }
        parts.push(Node::leaf(&self.text[from..whole.end]));
        Node::frame(parts)
    }

    fn push(&mut self, inside: Range<usize>, kind: ListKind, found: Vec<Found>) {
        let node = list(self.text, inside.clone(), kind, found);
        self.found.push((inside, node));
    }

    /// The calls of a chain, outermost first, and where the chain begins.
    fn calls(expression: &Expr) -> (Vec<Call<'_>>, Range<usize>) {
        let mut calls: Vec<Call<'_>> = Vec::new();
        let (mut at, mut end) = (expression, range(expression).end);
        loop {
            match at {
                Expr::MethodCall(call) => {
                    let start = range(&call.dot_token).start;
                    calls.push(Call {
                        name: call.method.to_string(),
                        range: start..end,
                        arguments: call.args.iter().collect(),
                    });
                    (at, end) = (&call.receiver, start);
                }
                Expr::Await(it) => at = &it.base,
                Expr::Try(it) => at = &it.expr,
                _ => break,
            }
        }
        calls.reverse();
        // What trails the root, such as `?`, belongs to it.
        (calls, range(at))
    }
}

struct Call<'a> {
    name: String,
    range: Range<usize>,
    arguments: Vec<&'a Expr>,
}

impl<'ast> Visit<'ast> for Holes<'_> {
    fn visit_block(&mut self, it: &'ast syn::Block) {
        let node = block(self.text, it);
        self.found.push((range(it), node));
    }

    fn visit_expr_match(&mut self, it: &'ast syn::ExprMatch) {
        self.visit_expr(&it.expr);
        let text = self.text;
        let arms = it.arms.iter().map(|arm| {
            let at = range(arm).start..range(&*arm.body).end;
            let cut = Cut {
                text,
                whole: at.clone(),
            };
            let (attributes, rest) = cut.attributes(&arm.attrs);
            let body_at = range(&*arm.body).start;
            Found {
                key: cut.words(rest..range(&arm.fat_arrow_token).start),
                node: Node::frame(vec![
                    attributes,
                    Node::leaf(&text[rest..body_at]),
                    expression(text, &arm.body),
                ]),
                range: at,
            }
        });
        let arms = arms.collect();
        self.push(inside(&it.brace_token), NAMED, arms);
    }

    fn visit_expr_struct(&mut self, it: &'ast syn::ExprStruct) {
        let text = self.text;
        let fields = it.fields.iter().map(|field| {
            let at = range(field);
            let mut holes = Holes::new(text);
            holes.visit_expr(&field.expr);
            Found {
                key: text[range(&field.member)].to_owned(),
                node: holes.around(at.clone()),
                range: at,
            }
        });
        let fields: Vec<Found> = fields.collect();
        let mut inside = inside(&it.brace_token);
        if let Some(rest) = &it.dot2_token {
            inside.end = range(rest).start;
        }
        if !fields.is_empty() && it.dot2_token.is_none() {
            self.push(inside, NAMED, fields);
        }
    }

    fn visit_expr_array(&mut self, it: &'ast syn::ExprArray) {
        let brackets = &it.bracket_token.span;
        let inside = brackets.open().byte_range().end..brackets.close().byte_range().start;
        let found = it.elems.iter().map(|it| member(self.text, it)).collect();
        self.push(inside, MEMBERS, found);
    }

    fn visit_macro(&mut self, it: &'ast syn::Macro) {
        let span = match &it.delimiter {
            MacroDelimiter::Paren(it) => &it.span,
            MacroDelimiter::Brace(it) => &it.span,
            MacroDelimiter::Bracket(it) => &it.span,
        };
        let inside = span.open().byte_range().end..span.close().byte_range().start;
        let members = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(members) = members.parse2(it.tokens.clone()) else {
            return;
        };
        // A text to be formatted and its arguments are one; values after values are a list.
        if members.len() > 1 && !matches!(members.first(), Some(Expr::Lit(_))) {
            let found = members.iter().map(|it| member(self.text, it)).collect();
            self.push(inside, MEMBERS, found);
        }
    }

    fn visit_expr_method_call(&mut self, it: &'ast syn::ExprMethodCall) {
        let text = self.text;
        let whole = Expr::MethodCall(it.clone());
        let (calls, root) = Self::calls(&whole);
        let at = root.end..range(it).end;
        // A chain on one line is read as one.
        if calls.len() < 2 || !text[at.start..calls[0].range.start].contains('\n') {
            return visit::visit_expr_method_call(self, it);
        }
        let found = calls.iter().map(|call| {
            let mut holes = Holes::new(text);
            for argument in &call.arguments {
                holes.visit_expr(argument);
            }
            Found {
                key: format!(
                    "{} {}",
                    call.name,
                    call.arguments.first().map_or("", |it| &text[range(*it)])
                ),
                node: holes.around(call.range.clone()),
                range: call.range.clone(),
            }
        });
        let found = found.collect();
        self.push(at, CALLS, found);
    }
}
