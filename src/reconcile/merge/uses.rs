//! `use` declarations, merged as the sets of names that they bring.

use std::collections::BTreeSet;

use syn::{ItemUse, UseTree};

use super::{
    rust::{Cut, range},
    tree::{Element, Node, Shape, Use},
};

/// A declaration, and what it is known by: whatever stands before its names.
pub fn parse(text: &str, item: &ItemUse, cut: &Cut<'_>) -> (String, Node) {
    let whole = &text[cut.whole.clone()];
    let mut paths = Vec::new();
    flatten(&item.tree, "", &mut paths);
    let head = &text[cut.whole.start..range(&item.tree).start];
    let key = format!(
        "{} {}",
        cut.words(cut.whole.start..range(&item.tree).start),
        prefix(&item.tree)
    );
    // A comment among the names would be lost in a set.
    let is_plain = item.attrs.is_empty() && !whole.contains("//") && !whole.contains("/*");
    let shape = if is_plain {
        Shape::Use(Use {
            head: head.to_owned(),
            paths,
        })
    } else {
        Shape::Leaf
    };
    let node = Node {
        text: whole.to_owned(),
        shape,
    };
    (key, node)
}

fn flatten(tree: &UseTree, before: &str, paths: &mut Vec<String>) {
    match tree {
        UseTree::Path(it) => flatten(&it.tree, &format!("{before}{}::", it.ident), paths),
        UseTree::Name(it) => paths.push(format!("{before}{}", it.ident)),
        UseTree::Rename(it) => paths.push(format!("{before}{} as {}", it.ident, it.rename)),
        UseTree::Glob(_) => paths.push(format!("{before}*")),
        UseTree::Group(it) => {
            for tree in &it.items {
                flatten(tree, before, paths);
            }
        }
    }
}

/// The path up to the first branch.
fn prefix(tree: &UseTree) -> String {
    match tree {
        UseTree::Path(it) => format!("{}::{}", it.ident, prefix(&it.tree)),
        _ => String::new(),
    }
}

/// The names of both sides, without those that a side took out; `None` if none is left.
pub fn merge(base: &Use, yours: &Use, new: &Use) -> Option<String> {
    let has = |side: &Use, path: &String| side.paths.contains(path);
    let of_new = new
        .paths
        .iter()
        .filter(|it| !has(base, it) || has(yours, it));
    let of_yours = yours
        .paths
        .iter()
        .filter(|it| !has(base, it) && !has(new, it));
    let paths: Vec<&str> = of_new.chain(of_yours).map(String::as_str).collect();
    let head = if base.head == yours.head {
        &new.head
    } else {
        &yours.head
    };
    (!paths.is_empty()).then(|| write(head, &paths))
}

fn write(head: &str, paths: &[&str]) -> String {
    format!("{head}{};", group(paths))
}

/// Paths with what they share written once.
fn group(paths: &[&str]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for path in paths {
        let (first, rest) = path.split_once("::").unwrap_or((path, ""));
        match groups
            .iter_mut()
            .find(|it| it.0 == first && !rest.is_empty() && it.1 != [""])
        {
            Some(group) => group.1.push(rest),
            None => groups.push((first, vec![rest])),
        }
    }
    let written: Vec<String> = groups
        .iter()
        .map(|(first, rest)| match rest.as_slice() {
            [""] => (*first).to_owned(),
            rest => format!("{first}::{}", group(rest)),
        })
        .collect();
    match written.as_slice() {
        [one] => one.clone(),
        many => format!("{{{}}}", many.join(", ")),
    }
}

/// Takes the names out of added declarations that the new text brings by itself, in
/// whatever declaration: a name must not come twice.
pub fn without_those_of(yours: &mut Vec<Element>, base: &[Element], new: &[Element]) {
    let paths = |elements: &[Element]| -> BTreeSet<String> {
        elements
            .iter()
            .filter_map(set)
            .flat_map(|it| it.paths.clone())
            .collect()
    };
    let (before, now) = (paths(base), paths(new));
    let is_known = |element: &Element| base.iter().any(|it| it.key == element.key);
    yours.retain_mut(|element| {
        if is_known(element) || new.iter().any(|it| it.key == element.key) {
            return true;
        }
        let Some(set) = set(element) else { return true };
        let kept: Vec<&str> = set
            .paths
            .iter()
            .filter(|it| before.contains(*it) || !now.contains(*it))
            .map(String::as_str)
            .collect();
        if kept.is_empty() {
            return false;
        }
        if kept.len() < set.paths.len() {
            element.node = Node::leaf(&write(&set.head, &kept));
        }
        true
    });
}

fn set(element: &Element) -> Option<&Use> {
    match &element.node.shape {
        Shape::Use(set) => Some(set),
        _ => None,
    }
}
