//! Looks through the tokens of Rust texts, so that comments and strings mislead nobody.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Where a text calls one of these methods.
pub fn calls(text: &str, methods: &[&str]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    walk(tokens(text), &mut |window| {
        if let [
            TokenTree::Punct(dot),
            TokenTree::Ident(name),
            TokenTree::Group(arguments),
            ..,
        ] = window
            && dot.as_char() == '.'
            && arguments.delimiter() == Delimiter::Parenthesis
            && methods.contains(&name.to_string().as_str())
        {
            found.push((name.span().start().line, name.to_string()));
        }
    });
    found
}

/// The paths that begin with a word, with the lists in braces spelled out.
pub fn paths(root: &str, text: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    walk(tokens(text), &mut |window| {
        if let [TokenTree::Ident(name), rest @ ..] = window
            && *name == root
        {
            let line = name.span().start().line;
            for path in spelled_out(vec![root.to_owned()], rest) {
                found.push((line, path));
            }
        }
    });
    found
}

fn spelled_out(mut path: Vec<String>, rest: &[TokenTree]) -> Vec<Vec<String>> {
    match rest {
        [
            TokenTree::Punct(a),
            TokenTree::Punct(b),
            TokenTree::Ident(name),
            rest @ ..,
        ] if a.as_char() == ':' && b.as_char() == ':' => {
            path.push(name.to_string());
            spelled_out(path, rest)
        }
        [
            TokenTree::Punct(a),
            TokenTree::Punct(b),
            TokenTree::Group(list),
            ..,
        ] if a.as_char() == ':' && b.as_char() == ':' => {
            let inner: Vec<TokenTree> = list.stream().into_iter().collect();
            let is_comma =
                |it: &TokenTree| matches!(it, TokenTree::Punct(it) if it.as_char() == ',');
            inner
                .split(is_comma)
                .filter(|part| !part.is_empty())
                .flat_map(|part| {
                    let mut path = path.clone();
                    if let TokenTree::Ident(name) = &part[0] {
                        path.push(name.to_string());
                    }
                    spelled_out(path, &part[1..])
                })
                .collect()
        }
        _ => vec![path],
    }
}

/// The tokens of a text without its tests.
pub fn tokens(text: &str) -> Vec<TokenTree> {
    let stream: TokenStream = text.parse().expect("Rust");
    without_tests(stream)
}

fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut is_test = false;
    for token in stream {
        if let TokenTree::Group(group) = &token
            && group.delimiter() == Delimiter::Bracket
            && group.to_string().replace(' ', "").starts_with("[cfg(test)")
        {
            is_test = true;
        }
        let ends = match &token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(mark) => mark.as_char() == ';',
            _ => false,
        };
        if !is_test {
            kept.push(token);
        }
        is_test &= !ends;
    }
    kept
}

/// Shows every place in the tokens, inner ones too, to a function.
pub fn walk(tokens: Vec<TokenTree>, look: &mut dyn FnMut(&[TokenTree])) {
    for index in 0..tokens.len() {
        look(&tokens[index..]);
    }
    for token in tokens {
        if let TokenTree::Group(group) = token {
            walk(without_tests(group.stream()), look);
        }
    }
}
