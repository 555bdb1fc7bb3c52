//! Rust as a tree of parts: items, and what they are made of.
//!
//! Only cuts; texts stay as they are written, comments included. What stands in the
//! bodies of functions is cut by `body`.

use std::ops::Range;

use syn::{
    AttrStyle, Attribute, Fields, ImplItem, Item, MacroDelimiter, Meta, Signature, TraitItem,
    spanned::Spanned, token::Brace,
};

use super::{
    body,
    tree::{Found, ListKind, Node, Order, Place, list},
    uses,
};

/// Items, fields, variants and the like: known by name, in any order.
pub const NAMED: ListKind = ListKind {
    separator: ",",
    order: Order::Free,
    place: Place::Bracketed,
};

const ITEMS: ListKind = ListKind {
    separator: "",
    ..NAMED
};

/// A file as a tree; `None` for what is no Rust.
pub fn parse(text: &str) -> Option<Node> {
    if text.starts_with("#!") && !text.starts_with("#![") {
        return None;
    }
    let file = syn::parse_file(text).ok()?;
    let head = file.attrs.iter().map(|it| range(it).end).max().unwrap_or(0);
    let start = head + (text[head..].len() - text[head..].trim_start().len());
    let kind = ListKind {
        place: Place::Top,
        ..ITEMS
    };
    let items = file.items.iter().map(|it| item(text, it)).collect();
    Some(Node::frame(vec![
        Node::leaf(&text[..start]),
        list(text, start..text.len(), kind, items),
    ]))
}

/// Where a piece of syntax stands.
pub fn range(piece: &impl Spanned) -> Range<usize> {
    piece.span().byte_range()
}

/// Between two braces.
pub fn inside(braces: &Brace) -> Range<usize> {
    braces.span.open().byte_range().end..braces.span.close().byte_range().start
}

/// An item and what it is known by.
pub fn item(text: &str, item: &Item) -> Found {
    let whole = range(item);
    let named = |kind: &str, name: &dyn ToString| format!("{kind} {}", name.to_string());
    let cut = Cut {
        text,
        whole: whole.clone(),
    };
    let (attributes, key, node): (&[Attribute], String, Node) = match item {
        Item::Fn(it) => (
            &it.attrs,
            named("fn", &it.sig.ident),
            cut.function(&it.attrs, &it.sig, Some(&it.block)),
        ),
        Item::Struct(it) => (
            &it.attrs,
            named("type", &it.ident),
            cut.fields(&it.attrs, &it.fields),
        ),
        Item::Enum(it) => {
            let variants = it.variants.iter().map(|it| cut.at(range(it)).variant(it));
            let variants = (inside(&it.brace_token), NAMED, variants.collect());
            (
                &it.attrs,
                named("type", &it.ident),
                cut.block(&it.attrs, variants),
            )
        }
        Item::Impl(it) => {
            let items = it.items.iter().map(|it| impl_item(text, it)).collect();
            let of = it.trait_.as_ref().map(|(path, ..)| cut.words(range(path)));
            let key = format!("impl {of:?} for {}", cut.words(range(&it.self_ty)));
            let inside = after_inner(text, inside(&it.brace_token), &it.attrs);
            (&it.attrs, key, cut.block(&it.attrs, (inside, ITEMS, items)))
        }
        Item::Trait(it) => {
            let items = it.items.iter().map(|it| trait_item(text, it)).collect();
            let inside = after_inner(text, inside(&it.brace_token), &it.attrs);
            (
                &it.attrs,
                named("type", &it.ident),
                cut.block(&it.attrs, (inside, ITEMS, items)),
            )
        }
        Item::Mod(it) => {
            let node = match &it.content {
                None => cut.plain(&it.attrs),
                Some((braces, items)) => {
                    let items = items.iter().map(|it| self::item(text, it)).collect();
                    let inside = after_inner(text, inside(braces), &it.attrs);
                    cut.block(&it.attrs, (inside, ITEMS, items))
                }
            };
            (&it.attrs, named("mod", &it.ident), node)
        }
        Item::Use(it) => {
            let (key, node) = uses::parse(text, it, &cut);
            (&it.attrs, key, node)
        }
        Item::Const(it) => {
            let node = cut.with_expression(&it.attrs, &it.expr);
            (&it.attrs, named("const", &it.ident), node)
        }
        Item::Static(it) => {
            let node = cut.with_expression(&it.attrs, &it.expr);
            (&it.attrs, named("const", &it.ident), node)
        }
        Item::Type(it) => (&it.attrs, named("type", &it.ident), cut.plain(&it.attrs)),
        Item::Union(it) => (&it.attrs, named("type", &it.ident), cut.plain(&it.attrs)),
        Item::Macro(it) => {
            let name = it.ident.as_ref().map(ToString::to_string);
            let key = name.unwrap_or_else(|| cut.words(whole.clone()));
            (&it.attrs, format!("macro {key}"), cut.plain(&it.attrs))
        }
        _ => (
            &[],
            cut.words(whole.clone()),
            Node::leaf(&text[whole.clone()]),
        ),
    };
    let key = format!("{key}{}", conditions(text, attributes));
    Found {
        key,
        range: whole,
        node,
    }
}

fn impl_item(text: &str, item: &ImplItem) -> Found {
    let whole = range(item);
    let cut = Cut {
        text,
        whole: whole.clone(),
    };
    let (attributes, key, node): (&[Attribute], _, _) = match item {
        ImplItem::Fn(it) => (
            &it.attrs,
            format!("fn {}", it.sig.ident),
            cut.function(&it.attrs, &it.sig, Some(&it.block)),
        ),
        ImplItem::Const(it) => (
            &it.attrs,
            format!("const {}", it.ident),
            cut.with_expression(&it.attrs, &it.expr),
        ),
        ImplItem::Type(it) => (
            &it.attrs,
            format!("type {}", it.ident),
            cut.plain(&it.attrs),
        ),
        _ => (
            &[],
            cut.words(whole.clone()),
            Node::leaf(&text[whole.clone()]),
        ),
    };
    let key = format!("{key}{}", conditions(text, attributes));
    Found {
        key,
        range: whole,
        node,
    }
}

fn trait_item(text: &str, item: &TraitItem) -> Found {
    let whole = range(item);
    let cut = Cut {
        text,
        whole: whole.clone(),
    };
    let (attributes, key, node): (&[Attribute], _, _) = match item {
        TraitItem::Fn(it) => (
            &it.attrs,
            format!("fn {}", it.sig.ident),
            cut.function(&it.attrs, &it.sig, it.default.as_ref()),
        ),
        TraitItem::Const(it) => (
            &it.attrs,
            format!("const {}", it.ident),
            cut.plain(&it.attrs),
        ),
        TraitItem::Type(it) => (
            &it.attrs,
            format!("type {}", it.ident),
            cut.plain(&it.attrs),
        ),
        _ => (
            &[],
            cut.words(whole.clone()),
            Node::leaf(&text[whole.clone()]),
        ),
    };
    let key = format!("{key}{}", conditions(text, attributes));
    Found {
        key,
        range: whole,
        node,
    }
}

/// Two items of one name under different conditions are two items.
fn conditions(text: &str, attributes: &[Attribute]) -> String {
    let conditions = attributes.iter().filter(|it| it.path().is_ident("cfg"));
    let mut key = String::new();
    for condition in conditions {
        key.push(' ');
        key.push_str(&text[range(condition)]);
    }
    key
}

/// What follows the inner attributes of a block.
fn after_inner(text: &str, inside: Range<usize>, attributes: &[Attribute]) -> Range<usize> {
    let inner = attributes
        .iter()
        .filter(|it| matches!(it.style, AttrStyle::Inner(_)));
    let end = inner.map(|it| range(it).end).max();
    let start = end.map_or(inside.start, |end| end.max(inside.start).min(text.len()));
    start..inside.end
}

/// A piece of syntax that is to be cut up.
pub struct Cut<'a> {
    /// The file.
    pub text: &'a str,
    /// Where the piece stands in it.
    pub whole: Range<usize>,
}

impl Cut<'_> {
    /// Another piece of the same file.
    pub fn at(&self, whole: Range<usize>) -> Cut<'_> {
        Cut {
            text: self.text,
            whole,
        }
    }

    /// A piece as words, however it is laid out.
    pub fn words(&self, range: Range<usize>) -> String {
        let words: Vec<_> = self.text[range].split_whitespace().collect();
        words.join(" ")
    }

    fn leaf(&self, range: Range<usize>) -> Node {
        Node::leaf(&self.text[range])
    }

    /// The attributes, as a list, and where what they belong to begins.
    pub fn attributes(&self, attributes: &[Attribute]) -> (Node, usize) {
        let start = self.whole.start;
        let outer = attributes
            .iter()
            .filter(|it| matches!(it.style, AttrStyle::Outer));
        let mut found: Vec<Found> = Vec::new();
        for one in outer {
            let at = range(one);
            if one.path().is_ident("doc") {
                match found.last_mut().filter(|it| it.key == "doc") {
                    // The lines of one comment are one text.
                    Some(before) => {
                        before.range.end = at.end;
                        before.node = self.leaf(before.range.clone());
                    }
                    None => found.push(Found {
                        key: "doc".to_owned(),
                        node: self.leaf(at.clone()),
                        range: at,
                    }),
                }
            } else {
                found.push(self.at(at).attribute(one));
            }
        }
        let end = found.last().map_or(start, |it| it.range.end);
        let rest = if found.is_empty() {
            start
        } else {
            end + trivia(&self.text[end..self.whole.end])
        };
        let kind = ListKind {
            place: Place::Prefix,
            ..ITEMS
        };
        (list(self.text, start..rest, kind, found), rest)
    }

    fn attribute(&self, attribute: &Attribute) -> Found {
        let whole = self.whole.clone();
        let key = self.words(range(attribute.path()));
        let parts = match &attribute.meta {
            Meta::List(meta) => {
                let span = match &meta.delimiter {
                    MacroDelimiter::Paren(it) => &it.span,
                    MacroDelimiter::Brace(it) => &it.span,
                    MacroDelimiter::Bracket(it) => &it.span,
                };
                let inside = span.open().byte_range().end..span.close().byte_range().start;
                let found = body::arguments(self.text, meta.tokens.clone());
                Some((inside.clone(), list(self.text, inside, NAMED, found)))
            }
            _ => None,
        };
        let node = match parts {
            None => self.leaf(whole.clone()),
            Some((inside, parts)) => Node::frame(vec![
                self.leaf(whole.start..inside.start),
                parts,
                self.leaf(inside.end..whole.end),
            ]),
        };
        Found {
            key,
            range: whole,
            node,
        }
    }

    /// Attributes and the rest.
    pub fn plain(&self, attributes: &[Attribute]) -> Node {
        let (attributes, rest) = self.attributes(attributes);
        Node::frame(vec![attributes, self.leaf(rest..self.whole.end)])
    }

    /// Attributes, a head, a list in braces, and what follows.
    fn block(&self, attributes: &[Attribute], inner: (Range<usize>, ListKind, Vec<Found>)) -> Node {
        let (attributes, rest) = self.attributes(attributes);
        let (inside, kind, found) = inner;
        Node::frame(vec![
            attributes,
            self.leaf(rest..inside.start),
            list(self.text, inside.clone(), kind, found),
            self.leaf(inside.end..self.whole.end),
        ])
    }

    fn fields(&self, attributes: &[Attribute], fields: &Fields) -> Node {
        let Fields::Named(fields) = fields else {
            return self.plain(attributes);
        };
        let found = fields.named.iter().map(|field| {
            let at = range(field);
            Found {
                key: field
                    .ident
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                node: self.at(at.clone()).plain(&field.attrs),
                range: at,
            }
        });
        self.block(
            attributes,
            (inside(&fields.brace_token), NAMED, found.collect()),
        )
    }

    fn variant(&self, variant: &syn::Variant) -> Found {
        Found {
            key: variant.ident.to_string(),
            range: self.whole.clone(),
            node: self.fields(&variant.attrs, &variant.fields),
        }
    }

    fn with_expression(&self, attributes: &[Attribute], expression: &syn::Expr) -> Node {
        let (attributes, rest) = self.attributes(attributes);
        let at = range(expression);
        Node::frame(vec![
            attributes,
            self.leaf(rest..at.start),
            body::expression(self.text, expression),
            self.leaf(at.end..self.whole.end),
        ])
    }

    fn function(
        &self,
        attributes: &[Attribute],
        signature: &Signature,
        body: Option<&syn::Block>,
    ) -> Node {
        let (attributes, rest) = self.attributes(attributes);
        let parens = &signature.paren_token.span;
        let inside = parens.open().byte_range().end..parens.close().byte_range().start;
        let parameters = signature.inputs.iter().map(|it| {
            let at = range(it);
            let key = match it {
                syn::FnArg::Typed(it) => self.words(range(&*it.pat)),
                syn::FnArg::Receiver(_) => "self".to_owned(),
            };
            Found {
                key,
                node: self.leaf(at.clone()),
                range: at,
            }
        });
        let kind = ListKind {
            order: Order::Strict,
            ..NAMED
        };
        let parameters = list(self.text, inside.clone(), kind, parameters.collect());
        let end = body.map_or(self.whole.end, |it| range(it).start);
        let mut parts = vec![
            attributes,
            self.leaf(rest..inside.start),
            parameters,
            self.leaf(inside.end..end),
        ];
        parts.extend(body.map(|it| body::block(self.text, it)));
        Node::frame(parts)
    }
}

/// How far blanks and comments go.
fn trivia(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let comment = if rest.starts_with("//") {
            rest.find('\n')
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|at| at + 2)
        } else {
            None
        };
        match comment {
            Some(end) => rest = &rest[end..],
            None => return text.len() - rest.len(),
        }
    }
}
