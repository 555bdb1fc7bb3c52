//! Searches find the same on both engines, and pages by rank hold while others write.

use std::collections::BTreeSet;

use svcgen_runtime::db::{Db, DbError, FromRow, Row, Sql, Value};
use svcgen_runtime::input::Place;
use svcgen_runtime::list::{Column, Kind, Page, Record, Search, Table};
use svcgen_runtime::{Error, params};

use crate::random::Random;
use crate::{listing, support, tokens};

#[derive(Debug, Clone, PartialEq)]
struct Note {
    id: i64,
    title: String,
    body: Option<String>,
}

impl FromRow for Note {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get(0)?,
            title: row.get(1)?,
            body: row.get(2)?,
        })
    }
}

impl Record for Note {
    fn value(&self, column: &str) -> Value {
        match column {
            "id" => Value::of(self.id),
            "title" => Value::of(&self.title),
            _ => Value::Null,
        }
    }
}

static NOTES: Table = Table {
    name: "notes",
    record: Sql::new("id, title, body"),
    members: &["id", "title", "body"],
    columns: &[
        Column::new("id", Kind::Bigint).filter().order(),
        Column::new("title", Kind::Text).filter().order(),
    ],
    default_order: &[],
    key: "id",
    page_size: 10,
    most: 100,
    plain: None,
    relations: &[],
    search: Some(Search {
        index: "notes_search",
        columns: &["title", "body"],
    }),
};

/// As svcgen writes it into migrations.
const SQLITE: &[&str] = &[
    "create table notes (id integer primary key, title text not null, body text) strict",
    "create table notes_search_rows (record integer primary key, id integer not null unique) strict",
    "create virtual table notes_search using fts5 (title, body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0')",
    "create trigger notes_search_insert after insert on notes
     begin
         insert into notes_search_rows (id) values (new.id);
         insert or replace into notes_search (rowid, title, body)
             values ((select record from notes_search_rows where id = new.id), new.title, new.body);
     end",
    "create trigger notes_search_update after update of title, body on notes
     begin
         insert or replace into notes_search (rowid, title, body)
             values ((select record from notes_search_rows where id = new.id), new.title, new.body);
     end",
    "create trigger notes_search_delete after delete on notes
     begin
         delete from notes_search where rowid = (select record from notes_search_rows where id = old.id);
         delete from notes_search_rows where id = old.id;
     end",
];
const POSTGRES: &[&str] = &[
    "create table notes (id bigint primary key, title text not null, body text)",
    "alter table notes add column notes_search tsvector generated always as (
         setweight(to_tsvector('simple', translate(left(coalesce(title, ''), 60000), '!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', repeat(' ', 32))), 'A')
         || setweight(to_tsvector('simple', translate(left(coalesce(body, ''), 60000), '!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', repeat(' ', 32))), 'B')
     ) stored",
    "create index notes_search_idx on notes using gin (notes_search)",
];

const UPDATE: Sql = Sql::new("update notes set title = $2, body = $3 where id = $1");
const DELETE: Sql = Sql::new("delete from notes where id >= $1");

const WORDS: &[&str] = &[
    "rust", "Rust", "sea", "seal", "the", "end", "e-mail", "x.y", "1.5", "O'Neil", "near", "not",
    "über", "日本",
];

fn text(random: &mut Random) -> String {
    let count = random.below(6);
    let words: Vec<&str> = (0..count).map(|_| random.pick(WORDS)).collect();
    words.join(random.pick(&[" ", ", ", " - "]))
}

fn note(id: i64, random: &mut Random) -> Note {
    Note {
        id,
        title: text(random),
        body: random.perhaps().then(|| text(random)),
    }
}

async fn create(db: &support::TestDb) {
    let statements = if db.label == "PostgreSQL" {
        POSTGRES
    } else {
        SQLITE
    };
    for statement in statements {
        let sql = Sql::at_run_time((*statement).to_owned());
        db.db.execute(&sql, params![]).await.unwrap();
    }
}

async fn insert(db: &Db, note: &Note) {
    const INSERT: Sql = Sql::new("insert into notes (id, title, body) values ($1, $2, $3)");
    let values = params![note.id, &note.title, &note.body];
    db.execute(&INSERT, values).await.unwrap();
}

async fn page(db: &Db, parameters: &[(&str, &str)]) -> Result<Page<Note>, Error> {
    let listing = listing(parameters).await?;
    NOTES.page(db, &tokens(), None, &listing).await
}

async fn found(db: &Db, search: &str) -> BTreeSet<i64> {
    let page = page(db, &[("search", search), ("page_size", "100")]).await;
    let page = page.unwrap_or_else(|error| panic!("{search}: {error:?}"));
    page.records.iter().map(|it| it.id).collect()
}

/// The words of a text as a search has them.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|it: char| !it.is_alphanumeric());
    words
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether a note has a phrase, whose last word may be only the beginning of one, in one of its texts.
fn has(note: &Note, phrase: &str, is_prefix: bool) -> bool {
    let phrase = words(phrase);
    [Some(&note.title), note.body.as_ref()]
        .into_iter()
        .flatten()
        .any(|text| {
            words(text).windows(phrase.len()).any(|window| {
                let (last, others) = window.split_last().unwrap();
                let (wanted, before) = phrase.split_last().unwrap();
                others == before
                    && (last == wanted || (is_prefix && last.starts_with(wanted.as_str())))
            })
        })
}

#[tokio::test]
async fn both_engines_find_what_has_the_words() {
    for db in [support::memory().await, support::postgres().await] {
        let mut random = Random::new(41);
        create(&db).await;
        let mut notes: Vec<Note> = (0..90).map(|id| note(id, &mut random)).collect();
        for note in &notes {
            insert(&db.db, note).await;
        }
        // What is changed and what is gone is found as it is.
        for id in 0..20 {
            let other = note(id, &mut random);
            db.db
                .execute(&UPDATE, params![id, &other.title, &other.body])
                .await
                .unwrap();
            notes[usize::try_from(id).unwrap()] = other;
        }
        db.db.execute(&DELETE, params![80]).await.unwrap();
        notes.truncate(80);
        let mut hits = 0;
        for _ in 0..150 {
            let wanted: Vec<(&str, bool)> = (0..=random.below(2))
                .map(|_| (random.pick(WORDS), random.below(4) == 0))
                .collect();
            let unwanted: Vec<&str> = (0..random.below(2)).map(|_| random.pick(WORDS)).collect();
            let mut pieces: Vec<String> = wanted
                .iter()
                .map(|(word, star)| format!("{word}{}", if *star { "*" } else { "" }))
                .collect();
            pieces.extend(unwanted.iter().map(|word| format!("-{word}")));
            if random.below(4) == 0 {
                pieces.push("\"the end\"".to_owned());
            }
            let phrase = pieces.last().is_some_and(|it| it.starts_with('"'));
            let search = pieces.join(" ");
            let expected: BTreeSet<i64> = notes
                .iter()
                .filter(|note| wanted.iter().all(|(word, star)| has(note, word, *star)))
                .filter(|note| !unwanted.iter().any(|word| has(note, word, false)))
                .filter(|note| !phrase || has(note, "the end", false))
                .map(|note| note.id)
                .collect();
            hits += expected.len();
            assert_eq!(
                found(&db.db, &search).await,
                expected,
                "{}: {search}",
                db.label
            );
        }
        assert!(hits > 300, "most searches find nothing: {hits}");
    }
}

#[tokio::test]
async fn pages_by_rank_repeat_nothing_and_miss_nothing_while_others_write() {
    for db in [support::memory().await, support::postgres().await] {
        let mut random = Random::new(43);
        create(&db).await;
        let standing: Vec<Note> = (0..60).map(|id| note(id, &mut random)).collect();
        for note in &standing {
            insert(&db.db, note).await;
        }
        let mut next = 1000;
        for search in ["rust", "sea* -end", "the", "rust* the*"] {
            for order in ["", "title desc"] {
                let (mut seen, mut token) = (Vec::new(), String::new());
                loop {
                    let asked = [
                        ("search", search),
                        ("order_by", order),
                        ("page_size", "4"),
                        ("page_token", token.as_str()),
                        ("total_size", "true"),
                    ];
                    let page = page(&db.db, &asked).await.unwrap();
                    assert!(page.total_size >= Some(i64::try_from(page.records.len()).unwrap()));
                    seen.extend(page.records.iter().map(|it| it.id));
                    token = page.next_page_token;
                    for _ in 0..5 {
                        insert(&db.db, &note(next, &mut random)).await;
                        next += 1;
                    }
                    if token.is_empty() {
                        break;
                    }
                    if seen.len() > 20 {
                        db.db.execute(&DELETE, params![1000]).await.unwrap();
                    }
                }
                let once: BTreeSet<i64> = seen.iter().copied().collect();
                assert_eq!(
                    once.len(),
                    seen.len(),
                    "{}: {search} by {order} comes twice",
                    db.label
                );
                let all = found_standing(&standing, search);
                assert!(
                    all.is_subset(&once),
                    "{}: {search} by {order} leaves out",
                    db.label
                );
                assert!(!all.is_empty());
            }
        }
    }
}

fn found_standing(standing: &[Note], search: &str) -> BTreeSet<i64> {
    let fits = |note: &Note| {
        search
            .split(' ')
            .all(|piece| match piece.strip_prefix('-') {
                Some(word) => !has(note, word, false),
                None => has(note, piece, piece.ends_with('*')),
            })
    };
    standing
        .iter()
        .filter(|note| fits(note))
        .map(|note| note.id)
        .collect()
}

#[tokio::test]
async fn an_emptied_page_by_rank_leads_back_to_what_is_left() {
    const BEYOND: Sql = Sql::new("delete from notes where id > $1");
    // Whether or not the record at which the page ended is still there.
    for gone in [6, 5] {
        for db in [support::memory().await, support::postgres().await] {
            create(&db).await;
            for id in 1..=9 {
                let title = "rust ".repeat(1 + usize::try_from(id).unwrap() / 3);
                let body = None;
                insert(&db.db, &Note { id, title, body }).await;
            }
            let at = async |token: &str| {
                let asked = [
                    ("search", "rust"),
                    ("page_size", "3"),
                    ("page_token", token),
                ];
                page(&db.db, &asked).await.unwrap()
            };
            let ids = |page: &Page<Note>| page.records.iter().map(|it| it.id).collect::<Vec<_>>();
            let first = at("").await;
            assert_eq!(ids(&first), [9, 8, 7], "{}", db.label);
            let back = at(&first.next_page_token).await.previous_page_token;
            db.db.execute(&BEYOND, params![gone]).await.unwrap();
            let emptied = at(&back).await;
            assert_eq!(emptied.records, [], "{}", db.label);
            let rest = at(&emptied.next_page_token).await;
            let expected: Vec<i64> = (gone - 2..=gone).rev().collect();
            assert_eq!(ids(&rest), expected, "{}", db.label);
            let last = at(&rest.next_page_token).await;
            let expected: Vec<i64> = (1..gone - 2).rev().collect();
            assert_eq!(ids(&last), expected, "{}", db.label);
        }
    }
}

/// However many words a search has in one piece, no engine is asked more than it can answer.
#[tokio::test]
async fn searches_without_end_are_refused() {
    for db in [support::memory().await, support::postgres().await] {
        create(&db).await;
        for (search, is_taken) in [
            (format!("{}a", "a-".repeat(499)), true),
            (format!("\"{}\"", "é ".repeat(499)), true),
            ("日".repeat(1_000), true),
            ("日".repeat(1_001), false),
            ("a-".repeat(15_000), false),
            (format!("\"{}\"", "a ".repeat(15_000)), false),
            (format!("a -{}", "b.".repeat(15_000)), false),
        ] {
            let found = page(&db.db, &[("search", &search)]).await;
            let Err(error) = found else {
                assert!(is_taken, "{}: {:.20}…", db.label, search);
                continue;
            };
            assert!(!is_taken, "{}: {:.20}…: {error:?}", db.label, search);
            assert_eq!(error.status().as_u16(), 400, "{}: {error:?}", db.label);
            let told = error.violations().iter().next().unwrap();
            let search = Place::Parameter("search".to_owned());
            assert_eq!((&told.place, &*told.code), (&search, "INVALID_SEARCH"));
        }
    }
}

#[tokio::test]
async fn the_best_comes_first_and_nonsense_is_refused() {
    for db in [support::memory().await, support::postgres().await] {
        create(&db).await;
        for (id, title, body) in [
            (1, "The sea", Some("and rust")),
            (2, "Rust", Some("rust and rust")),
            (3, "Rust", None),
        ] {
            let body = body.map(str::to_owned);
            insert(
                &db.db,
                &Note {
                    id,
                    title: title.to_owned(),
                    body,
                },
            )
            .await;
        }
        let ranked = page(&db.db, &[("search", "rust")]).await.unwrap();
        let ids: Vec<i64> = ranked.records.iter().map(|it| it.id).collect();
        assert_eq!(ids, [2, 3, 1], "{}", db.label);
        for nonsense in [
            "-a",
            "\"",
            "***",
            "' or 1=1 --",
            "a & | ! <-> (",
            "NEAR(a b)",
            "title:rust",
            "\"a\" \"",
            "^rust",
            "{title} : x",
            "a\u{0301}*",
        ] {
            match page(&db.db, &[("search", nonsense)]).await {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(
                        error.status().as_u16(),
                        400,
                        "{}: {nonsense}: {error:?}",
                        db.label
                    );
                    assert_eq!(
                        error.violations().iter().next().unwrap().code,
                        "INVALID_SEARCH"
                    );
                }
            }
        }
    }
}

/// The server's locale is `C`, which knows no small letters but those of ASCII.
#[tokio::test]
async fn a_word_is_found_as_it_is_written_whatever_the_locale() {
    for db in [support::memory().await, support::postgres().await] {
        create(&db).await;
        for (id, title) in [(1, "Ünïcode"), (2, "ΣΊΣΥΦΟΣ"), (3, "Straße")] {
            let (title, body) = (title.to_owned(), None);
            insert(&db.db, &Note { id, title, body }).await;
        }
        for (search, id) in [("Ünïcode", 1), ("Ünï*", 1), ("ΣΊΣΥΦΟΣ", 2), ("straße", 3)]
        {
            let expected = BTreeSet::from([id]);
            assert_eq!(
                found(&db.db, search).await,
                expected,
                "{}: {search}",
                db.label
            );
        }
    }
}
