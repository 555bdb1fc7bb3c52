//! What no script for SQLite may say, whoever wrote it.

use super::Code;

/// What a script says that it must not.
pub fn of_script(text: &str) -> Vec<Code> {
    let words: Vec<String> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
        .collect();
    let says = |phrase: &[&str]| words.windows(phrase.len()).any(|it| it == phrase);
    let mut codes = Vec::new();
    let is_column = |line: &str| line.to_lowercase().contains("add column");
    let moving = ["default (", "current_timestamp", "current_date"];
    if text
        .lines()
        .any(|line| is_column(line) && moving.iter().any(|it| line.to_lowercase().contains(it)))
    {
        codes.push(Code::Sl05);
    }
    // An index of words numbers its rows itself, and replaces them itself.
    let of_words: Vec<&String> = words
        .windows(4)
        .filter(|it| it[..3] == ["create", "virtual", "table"])
        .map(|it| &it[3])
        .collect();
    if gives_ids_again(&words, &of_words) {
        codes.push(Code::Sl06);
    }
    let renamed = words
        .windows(5)
        .filter(|it| it[..2] == ["alter", "table"] && it[3..] == ["rename", "to"]);
    let mut renamed = renamed.map(|it| &it[2]);
    if renamed.any(|table| !table.starts_with("svcgen_") && says(&["create", "table", table])) {
        codes.push(Code::Sl08);
    }
    let mut replaced = words
        .windows(3)
        .filter(|it| it[..2] == ["replace", "into"])
        .map(|it| &it[2]);
    if replaced.any(|table| !of_words.contains(&table)) {
        codes.push(Code::Sl09);
    }
    if says(&["without", "rowid"]) {
        codes.push(Code::Sl10);
    }
    codes
}

/// Whether a table, but for what an index of words keeps, counts its rows without remembering.
fn gives_ids_again(words: &[String], of_words: &[&String]) -> bool {
    let mut table = "";
    for (index, it) in words.windows(4).enumerate() {
        if it[..2] == ["create", "table"] {
            table = &words[index + 2];
        }
        let is_of_words = of_words
            .iter()
            .any(|it| table.strip_suffix("_rows") == Some(it));
        let is_key = it[..3] == ["integer", "primary", "key"];
        if is_key && it[3] != "autoincrement" && !is_of_words {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_script_may_say_is_found_and_what_it_may_is_not() {
        for (text, code) in [
            (
                "alter table a add column b integer default (1 + 1);",
                Code::Sl05,
            ),
            (
                "create table a (id integer primary key, b text);",
                Code::Sl06,
            ),
            (
                "alter table a rename to old;\ncreate table a (b text);",
                Code::Sl08,
            ),
            ("insert or replace into a values (1);", Code::Sl09),
            (
                "create table a (b text primary key) strict, without rowid;",
                Code::Sl10,
            ),
        ] {
            assert_eq!(of_script(text), [code], "{text}");
        }
        let good = "-- insert or replace\ncreate table svcgen_new_a (id integer primary key autoincrement);\n\
                    alter table svcgen_new_a rename to a;\nalter table a add column b integer default 1;";
        assert_eq!(of_script(good), []);
    }
}
