//! Names in Rust that a person wrote, renamed by token: never inside a longer word, and only where
//! the place of the token says what it names. What is not certain is left, and told.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    str::FromStr as _,
};

use heck::{ToShoutySnakeCase as _, ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::{Delimiter, Ident, Literal, TokenStream, TokenTree};

/// Which names become which.
#[derive(Debug, Clone, Default)]
pub struct Renaming {
    /// Words that names are made of, in snake case, such as `order` and `orders`.
    pub words: Vec<(String, String)>,
    /// Names that svcgen makes now: only what becomes one of these is renamed.
    pub known: BTreeSet<String>,
    /// The crate, as its tests call it.
    pub crate_name: String,
    /// A module of the crate, in paths.
    pub module: Option<(String, String)>,
    /// A field, after `.` and before `:`.
    pub member: Option<(String, String)>,
}

/// How far a text is about what is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It belongs to the entity: types, members and whole string literals are meant.
    Own,
    /// It belongs to something else: only what it takes from the entity's module is meant.
    Other,
}

/// A text with names renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The text.
    pub text: String,
    /// What was renamed, and how often.
    pub names: BTreeMap<(String, String), usize>,
    /// What a person has to look at: the line, and what stands there.
    pub left: Vec<(usize, String)>,
}

impl Renaming {
    /// Renames in a text; `None` where it is no Rust.
    pub fn apply(&self, text: &str, reach: Reach) -> Option<Renamed> {
        let (mark, body) = match text.strip_prefix('\u{feff}') {
            Some(body) => ("\u{feff}", body),
            None => ("", text),
        };
        let tokens = TokenStream::from_str(body).ok()?;
        let mut walk = Walk {
            renaming: self,
            body,
            reach,
            takes: reach == Reach::Own || self.is_taken_from(&tokens, false),
            edits: Vec::new(),
            left: Vec::new(),
        };
        walk.stream(tokens, None, false);
        Some(walk.finish(mark))
    }

    /// Whether a text takes something from the entity's module.
    fn is_taken_from(&self, tokens: &TokenStream, rooted: bool) -> bool {
        let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
        trees.iter().enumerate().any(|(index, tree)| match tree {
            TokenTree::Group(group) => {
                self.is_taken_from(&group.stream(), self.is_rooted(&trees, index))
            }
            TokenTree::Ident(name) => self.is_module(name, &trees, index, rooted),
            _ => false,
        })
    }

    /// Whether the top of the crate and `::` stand before a token.
    fn is_rooted(&self, trees: &[TokenTree], index: usize) -> bool {
        is_after_path_mark(trees, index)
            && matches!(trees.get(index.wrapping_sub(3)), Some(TokenTree::Ident(it))
                if ["crate", "super", "self"].iter().any(|root| it == root) || *it == self.crate_name)
    }

    /// Whether a token is the entity's module. `rooted` is what stands before the braces around it.
    fn is_module(&self, name: &Ident, trees: &[TokenTree], index: usize, rooted: bool) -> bool {
        let Some((module, _)) = &self.module else {
            return false;
        };
        let is_declared =
            index >= 1 && matches!(trees.get(index - 1), Some(TokenTree::Ident(it)) if it == "mod");
        let is_first = index == 0 || is_mark(trees.get(index - 1), ',');
        *name == module.as_str()
            && (self.is_rooted(trees, index) || is_declared || (rooted && is_first))
    }

    /// A name with the words replaced, in its own case.
    fn recased(&self, name: &str) -> Option<String> {
        let bare = name.strip_prefix("r#").unwrap_or(name);
        let mut snake = format!("_{}_", bare.to_snake_case());
        for (old, new) in &self.words {
            snake = snake.replace(&format!("_{old}_"), &format!("_{new}_"));
        }
        let snake = snake.trim_matches('_');
        let recased = if bare == bare.to_snake_case() {
            snake.to_owned()
        } else if bare == bare.to_shouty_snake_case() {
            snake.to_shouty_snake_case()
        } else if bare == bare.to_upper_camel_case() {
            snake.to_upper_camel_case()
        } else {
            return None;
        };
        (recased != bare).then_some(recased)
    }

    /// A string with the words replaced.
    fn reworded(&self, literal: &str) -> String {
        let mut result = String::new();
        let mut word = String::new();
        for letter in literal.chars().chain(['\0']) {
            if letter.is_alphanumeric() || letter == '_' {
                word.push(letter);
                continue;
            }
            let replaced = self.words.iter().find(|(old, _)| *old == word);
            result.push_str(replaced.map_or(&word, |(_, new)| new));
            word.clear();
            if letter != '\0' {
                result.push(letter);
            }
        }
        result
    }
}

struct Walk<'a> {
    renaming: &'a Renaming,
    body: &'a str,
    reach: Reach,
    /// Whether types of the entity are meant here.
    takes: bool,
    edits: Vec<(Range<usize>, String)>,
    left: Vec<(usize, String)>,
}

impl Walk<'_> {
    fn stream(&mut self, tokens: TokenStream, around: Option<Delimiter>, rooted: bool) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, tree) in trees.iter().enumerate() {
            match tree {
                TokenTree::Group(group) => {
                    let rooted = self.renaming.is_rooted(&trees, index);
                    self.stream(group.stream(), Some(group.delimiter()), rooted);
                }
                TokenTree::Ident(name) => self.name(name, &trees, index, around, rooted),
                TokenTree::Literal(literal) => self.literal(literal),
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn name(
        &mut self,
        name: &Ident,
        trees: &[TokenTree],
        index: usize,
        around: Option<Delimiter>,
        rooted: bool,
    ) {
        let range = name.span().byte_range();
        let text = name.to_string();
        let renaming = self.renaming;
        if let Some((old, new)) = &renaming.module
            && text == *old
        {
            // What was imported begins a path of its own.
            let begins = self.takes
                && !is_after_path_mark(trees, index)
                && is_mark(trees.get(index + 1), ':')
                && is_mark(trees.get(index + 2), ':');
            if begins || renaming.is_module(name, trees, index, rooted) {
                self.edits.push((range, new.clone()));
            }
            return;
        }
        if let Some((old, new)) = &renaming.member
            && self.reach == Reach::Own
            && text == *old
        {
            if is_member(trees, index, around) {
                self.edits.push((range, new.clone()));
            } else if around == Some(Delimiter::Brace) && is_listed(trees, index) {
                self.leave(name.span().start().line, format!("`{old}` is `{new}` now"));
            }
            return;
        }
        let is_type = text.starts_with(|first: char| first.is_ascii_uppercase());
        if let Some(new) = renaming.recased(&text).filter(|_| is_type && self.takes)
            && renaming.known.contains(&new)
        {
            self.edits.push((range, new));
        }
    }

    fn literal(&mut self, literal: &Literal) {
        let range = literal.span().byte_range();
        let written = self.body.get(range.clone()).unwrap_or_default();
        // A comment of documentation is a literal to the compiler, and prose to people.
        if !written.starts_with('"') {
            return;
        }
        let new = self.renaming.reworded(written);
        if new == written {
            return;
        }
        if self.reach == Reach::Own && self.renaming.known.contains(&new) {
            self.edits.push((range, new));
        } else {
            // Of a text of many lines, the first that is meant.
            let meant = |it: &str| self.renaming.reworded(it) != *it;
            let lines: Vec<&str> = written.lines().collect();
            let first = lines.iter().position(|it| meant(it)).unwrap_or(0);
            let shown = lines.get(first).unwrap_or(&written).trim();
            let shown = shown.chars().take(70).collect();
            self.leave(literal.span().start().line + first, shown);
        }
    }

    fn leave(&mut self, line: usize, what: String) {
        self.left.push((line, what));
    }

    fn finish(mut self, mark: &str) -> Renamed {
        self.edits.sort_by_key(|(range, _)| range.start);
        let (mut text, mut at) = (mark.to_owned(), 0);
        let mut names = BTreeMap::new();
        for (range, new) in self.edits {
            let old = &self.body[range.clone()];
            text.push_str(&self.body[at..range.start]);
            text.push_str(&new);
            at = range.end;
            *names.entry((old.to_owned(), new)).or_insert(0) += 1;
        }
        text.push_str(&self.body[at..]);
        Renamed {
            text,
            names,
            left: self.left,
        }
    }
}

fn is_mark(tree: Option<&TokenTree>, mark: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(it)) if it.as_char() == mark)
}

/// Whether `::` stands before a token.
fn is_after_path_mark(trees: &[TokenTree], index: usize) -> bool {
    index >= 3 && is_mark(trees.get(index - 1), ':') && is_mark(trees.get(index - 2), ':')
}

/// Whether a token is a field: after a dot and no call, or before a colon in braces.
fn is_member(trees: &[TokenTree], index: usize, around: Option<Delimiter>) -> bool {
    let after_dot = index >= 1
        && is_mark(trees.get(index - 1), '.')
        && !(index >= 2 && is_mark(trees.get(index - 2), '.'));
    let is_call = matches!(trees.get(index + 1), Some(TokenTree::Group(it)) if it.delimiter() == Delimiter::Parenthesis);
    let before_colon = is_mark(trees.get(index + 1), ':') && !is_mark(trees.get(index + 2), ':');
    let is_bound = index >= 1
        && matches!(trees.get(index - 1), Some(TokenTree::Ident(it)) if it == "let" || it == "mut");
    (after_dot && !is_call) || (before_colon && around == Some(Delimiter::Brace) && !is_bound)
}

/// Whether a token stands alone between commas: a field and a variable of the same name.
fn is_listed(trees: &[TokenTree], index: usize) -> bool {
    let before = index == 0 || is_mark(trees.get(index - 1), ',');
    let after = index + 1 == trees.len() || is_mark(trees.get(index + 1), ',');
    before && after
}

/// Every name and every string of a text that svcgen made.
pub fn collect(text: &str, known: &mut BTreeSet<String>) {
    fn walk(tokens: TokenStream, known: &mut BTreeSet<String>) {
        for tree in tokens {
            match tree {
                TokenTree::Group(group) => walk(group.stream(), known),
                TokenTree::Ident(name) => drop(known.insert(name.to_string())),
                TokenTree::Literal(literal) => drop(known.insert(literal.to_string())),
                TokenTree::Punct(_) => {}
            }
        }
    }
    if let Ok(tokens) = TokenStream::from_str(text) {
        walk(tokens, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity() -> Renaming {
        let words = [("order", "purchase"), ("orders", "purchases")];
        let known = [
            "Purchase",
            "NewPurchase",
            "PurchaseRules",
            "\"/v1/purchases\"",
        ];
        Renaming {
            words: words
                .map(|(old, new)| (old.to_owned(), new.to_owned()))
                .into(),
            known: known.map(str::to_owned).into(),
            crate_name: "shop".to_owned(),
            module: Some(("order".to_owned(), "purchase".to_owned())),
            member: None,
        }
    }

    fn field() -> Renaming {
        let word = ("total".to_owned(), "amount".to_owned());
        Renaming {
            words: vec![word.clone()],
            known: ["\"/amount\"", "\"amount\""].map(str::to_owned).into(),
            member: Some(word),
            ..Renaming::default()
        }
    }

    #[test]
    fn an_entity_is_renamed_by_token() {
        let renamed = entity()
            .apply(
                "use super::{NewOrder, Order}; // Order\nimpl Rules for OrderRules { fn x(order: &Order) { \
                 OrderLine; Ordering; MyOrder; crate::order::find(order.reorder); \"/v1/orders\"; \"my orders\" } }\n",
                Reach::Own,
            )
            .expect("Rust");
        assert_eq!(
            renamed.text,
            "use super::{NewPurchase, Purchase}; // Order\nimpl Rules for PurchaseRules { fn x(order: &Purchase) { \
             OrderLine; Ordering; MyOrder; crate::purchase::find(order.reorder); \"/v1/purchases\"; \"my orders\" } }\n"
        );
        assert_eq!(renamed.left, [(2, "\"my orders\"".to_owned())]);
    }

    #[test]
    fn elsewhere_only_what_comes_from_the_entity_is_renamed() {
        let apply = |text: &str| entity().apply(text, Reach::Other).expect("Rust").text;
        let theirs = "use library::order::{self, Order};\nfn it(order: Order) -> u8 { order::x(order.order) }\n";
        assert_eq!(apply(theirs), theirs);
        assert_eq!(
            apply(
                "use crate::{order, tag};\nuse shop::order::Order;\nfn it(it: &Order) { order::find(it) }\n"
            ),
            "use crate::{purchase, tag};\nuse shop::purchase::Purchase;\nfn it(it: &Purchase) { purchase::find(it) }\n"
        );
        assert!(entity().apply("fn (", Reach::Own).is_none());
    }

    #[test]
    fn a_field_is_renamed_where_it_is_one() {
        let renamed = field()
            .apply(
                "\u{feff}fn it(total: u8, new: &New) {\n    let total = new.total + new.total() + total;\n    \
                 New { total: 1, other };\n    let New { total, .. } = new;\n    found.add(\"/total\", \"sub total\");\n}\n",
                Reach::Own,
            )
            .expect("Rust");
        assert_eq!(
            renamed.text,
            "\u{feff}fn it(total: u8, new: &New) {\n    let total = new.amount + new.total() + total;\n    \
             New { amount: 1, other };\n    let New { total, .. } = new;\n    found.add(\"/amount\", \"sub total\");\n}\n"
        );
        let lines: Vec<usize> = renamed.left.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [4, 5]);
    }
}
