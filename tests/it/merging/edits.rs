//! What people do to files: they insert, change, delete and move lines.
//!
//! Every insertion has a word of its own, so that its loss is seen.

use std::collections::{BTreeMap, BTreeSet};

use syn::spanned::Spanned as _;

/// How many kinds of edits there are.
pub const KINDS: usize = 13;

/// A text somebody has worked on.
pub struct Edited {
    pub text: String,
    /// Words that were not there before.
    pub inserted: Vec<String>,
    pub kinds: BTreeSet<usize>,
}

/// Numbers that are the same for the same seed: `SplitMix64`.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).expect("small")).expect("small")
    }
}

/// One to four edits after which the text still parses; `None` where none was possible.
pub fn edit(base: &str, random: &mut Random) -> Option<Edited> {
    let mut edited = Edited {
        text: base.to_owned(),
        inserted: Vec::new(),
        kinds: BTreeSet::new(),
    };
    for _ in 0..=random.below(4) {
        for _ in 0..12 {
            let kind = random.below(KINDS);
            let word = format!("mine_{}", random.next() % 1_000_000_007);
            let Some(text) = one(kind, &edited.text, &word, random) else {
                continue;
            };
            if text == edited.text || !parses(&text, base) {
                continue;
            }
            // A later edit may undo an earlier one.
            if !edited.inserted.iter().all(|it| text.contains(it.as_str())) {
                continue;
            }
            if text.contains(&word) {
                edited.inserted.push(word);
            }
            edited.text = text;
            edited.kinds.insert(kind);
            break;
        }
    }
    (edited.text != base).then_some(edited)
}

fn parses(text: &str, base: &str) -> bool {
    if base.starts_with("[package]") {
        text.parse::<toml_edit::DocumentMut>().is_ok()
    } else {
        syn::parse_file(text).is_ok()
    }
}

fn one(kind: usize, text: &str, word: &str, random: &mut Random) -> Option<String> {
    let is_toml = text.starts_with("[package]");
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let insert = |lines: &mut Vec<String>, at: usize, line: &str| {
        let blanks = lines
            .get(at.min(lines.len() - 1))
            .map_or("", |it| &it[..it.len() - it.trim_start().len()]);
        let line = format!("{}{line}\n", blanks.trim_matches('\n'));
        lines.insert(at, line);
    };
    if is_toml {
        return in_toml(kind, lines, word, random);
    }
    match kind {
        // A comment, a statement, an item, a method, a field, an arm, a derive, an attribute, an import.
        0 => {
            let at = random.below(lines.len());
            let with = {
                let mut with = lines.clone();
                insert(&mut with, at, &format!("// {word}"));
                with.concat()
            };
            // Not into the middle of a text.
            return (tokens(&with) == tokens(text)).then_some(with);
        }
        1 => {
            let at = pick(&lines, random, |it| {
                it.trim_end().ends_with(';') && it.starts_with("    ")
            })? + 1;
            insert(&mut lines, at - 1, &format!("let {word} = 1;"));
        }
        2 => {
            let at = pick(&lines, random, |it| {
                it == "}\n" || it == "];\n" || it == ");\n"
            })? + 1;
            lines.insert(at, format!("\nfn {word}() {{}}\n"));
        }
        3 => {
            let at = pick(&lines, random, |it| it == "    }\n")? + 1;
            lines.insert(at, format!("\n    fn {word}(&self) {{}}\n"));
        }
        4 => {
            let at = pick(&lines, random, |it| {
                it.starts_with("    pub ") && it.ends_with(",\n")
            })? + 1;
            lines.insert(at, format!("    pub {word}: u8,\n"));
        }
        5 => {
            let at = pick(&lines, random, |it| it.contains(" => "))?;
            insert(&mut lines, at, &format!("\"{word}\" => (),"));
        }
        6 => {
            let at = pick(&lines, random, |it| {
                it.trim_start().starts_with("#[derive(")
            })?;
            lines[at] = if random.below(2) == 0 {
                lines[at].replace("#[derive(", &format!("#[derive({word}, "))
            } else {
                lines[at].replace(")]", &format!(", {word})]"))
            };
        }
        7 => {
            let is_item = |it: &str| {
                it.trim_start().starts_with("pub ") || it.trim_start().starts_with("async fn")
            };
            let at = pick(&lines, random, is_item)?;
            insert(&mut lines, at, &format!("#[{word}]"));
        }
        8 => {
            let at = pick(&lines, random, |it| it.starts_with("use "))?;
            lines.insert(at, format!("use {word}::Thing;\n"));
        }
        // A changed line: another name, a comment behind it.
        9 => {
            let at = pick(&lines, random, |it| {
                it.starts_with("    ") && it.contains("self")
            })?;
            lines[at] = lines[at].replacen("self", &format!("self.{word}"), 1);
        }
        10 => {
            let at = pick(&lines, random, |it| {
                it.ends_with(",\n") || it.ends_with(";\n")
            })?;
            let with = {
                let mut with = lines.clone();
                with[at] = format!("{} // {word}\n", with[at].trim_end());
                with.concat()
            };
            return (tokens(&with) == tokens(text)).then_some(with);
        }
        // A deleted line, and moved items.
        11 => {
            let at = random.below(lines.len());
            lines.remove(at);
        }
        _ => return swap(text, random),
    }
    Some(lines.concat())
}

/// A comment, a key, a feature.
fn in_toml(kind: usize, mut lines: Vec<String>, word: &str, random: &mut Random) -> Option<String> {
    let at = random.below(lines.len()) + 1;
    match kind {
        0..4 => lines.insert(at, format!("# {word}\n")),
        4..8 => lines.insert(at, format!("{word} = \"1\"\n")),
        8 | 9 => {
            let at = pick(&lines, random, |it| it.contains("features = ["))?;
            let with = format!("features = [\"{word}\", ");
            lines[at] = lines[at].replace("features = [", &with);
        }
        _ => return None,
    }
    Some(lines.concat())
}

fn tokens(text: &str) -> Option<String> {
    Some(text.parse::<proc_macro2::TokenStream>().ok()?.to_string())
}

fn pick(lines: &[String], random: &mut Random, fits: impl Fn(&str) -> bool) -> Option<usize> {
    let places: Vec<usize> = (0..lines.len()).filter(|&at| fits(&lines[at])).collect();
    (!places.is_empty()).then(|| places[random.below(places.len())])
}

/// Two neighbouring items change places.
fn swap(text: &str, random: &mut Random) -> Option<String> {
    let file = syn::parse_file(text).ok()?;
    let at: Vec<_> = file.items.iter().map(|it| it.span().byte_range()).collect();
    let pairs = at.len().checked_sub(1).filter(|it| *it > 0)?;
    let one = random.below(pairs);
    let (first, second) = (at[one].clone(), at[one + 1].clone());
    Some(format!(
        "{}{}{}{}{}",
        &text[..first.start],
        &text[second.clone()],
        &text[first.end..second.start],
        &text[first.clone()],
        &text[second.end..]
    ))
}

/// The items of a file with their texts, the comments before them, and the one behind them
/// on their last line.
fn items(text: &str) -> Option<BTreeMap<String, String>> {
    let file = syn::parse_file(text).ok()?;
    let mut found = BTreeMap::new();
    let mut end = 0;
    for item in &file.items {
        let range = item.span().byte_range();
        let name = name(item);
        let start = end;
        end = range.end + behind(&text[range.end..]);
        let whole = &text[start..end];
        // What comes twice cannot be told apart by name: such files are not judged.
        if found.insert(name, whole.trim().to_owned()).is_some() {
            return None;
        }
    }
    found.insert("the end".to_owned(), text[end..].trim().to_owned());
    Some(found)
}

/// How far a comment reaches that stands behind an item, on the same line.
fn behind(rest: &str) -> usize {
    let line = rest.lines().next().unwrap_or_default();
    if line.trim_start().starts_with("//") {
        line.len()
    } else {
        0
    }
}

fn name(item: &syn::Item) -> String {
    use quote::ToTokens as _;
    match item {
        syn::Item::Fn(it) => format!("fn {}", it.sig.ident),
        syn::Item::Struct(it) => format!("type {}", it.ident),
        syn::Item::Enum(it) => format!("type {}", it.ident),
        syn::Item::Const(it) => format!("const {}", it.ident),
        syn::Item::Mod(it) => format!("mod {}", it.ident),
        syn::Item::Trait(it) => format!("type {}", it.ident),
        syn::Item::Impl(it) => {
            let of = it
                .trait_
                .as_ref()
                .map(|(path, ..)| path.to_token_stream().to_string());
            format!("impl {of:?} for {}", it.self_ty.to_token_stream())
        }
        other => other.to_token_stream().to_string(),
    }
}

/// Whether the two sides touched different items, and neither moved any.
pub fn are_apart(base: &str, yours: &str, new: &str) -> bool {
    let (Some(base), Some(yours), Some(new)) = (items(base), items(yours), items(new)) else {
        return false;
    };
    let touched = |side: &BTreeMap<String, String>| -> BTreeSet<String> {
        let names = base.keys().chain(side.keys());
        names
            .filter(|it| base.get(*it) != side.get(*it))
            .cloned()
            .collect()
    };
    touched(&yours).is_disjoint(&touched(&new))
}
