//! Every type goes into each engine and comes back unchanged, at its edges too.

mod support;

use std::fmt::Debug;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::json;
use support::TestDb;
use svcgen_runtime::db::{
    Bytes, Db, DbError, FromColumn, IntoValue, Json, Scaled, Sql, TextEnum, Value, params,
};
use uuid::Uuid;

const CREATE: Sql = Sql::each(
    "create table samples (id integer primary key, truth integer, whole integer, small integer, real real, exact integer, long text, text text,
     bytes blob, uuid blob, day text, time text, moment integer, span integer, json text, kind text check (kind in ('round', 'flat'))) strict",
    "create table samples (id bigint primary key, truth boolean, whole bigint, small integer, real double precision, exact numeric(18,4), long numeric(28,10), text text,
     bytes bytea, uuid uuid, day date, time time, moment timestamptz, span bigint, json jsonb, kind text constraint samples_kind_check check (kind in ('round', 'flat')))",
);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Round,
    Flat,
}

impl TextEnum for Shape {
    const ALL: &'static [Self] = &[Self::Round, Self::Flat];
    fn as_str(self) -> &'static str {
        match self {
            Self::Round => "round",
            Self::Flat => "flat",
        }
    }
}

async fn each(test: impl AsyncFn(&TestDb)) {
    for it in support::every().await {
        it.db.execute(&CREATE, params![]).await.unwrap();
        test(&it).await;
    }
}

fn both(text: String) -> Sql {
    Sql::owned(text.clone(), text)
}

/// Writes a value, and reads it back from `returning` and from the table.
async fn store<T: FromColumn + Send + 'static>(
    db: &Db,
    column: &str,
    value: Value,
) -> Result<T, DbError> {
    db.execute(&both("delete from samples".to_owned()), params![])
        .await?;
    let insert = both(format!(
        "insert into samples (id, {column}) values (1, $1) returning {column}"
    ));
    let _: (T,) = db.write_one(&insert, vec![value]).await?;
    let (read,): (T,) = db
        .fetch_one(&both(format!("select {column} from samples")), params![])
        .await?;
    Ok(read)
}

async fn keeps<T>(it: &TestDb, column: &str, values: impl IntoIterator<Item = T>)
where
    T: FromColumn + IntoValue + Clone + PartialEq + Debug + Send + 'static,
{
    let mut written = Vec::new();
    for value in values {
        let read: T = store(&it.db, column, value.clone().into_value())
            .await
            .unwrap_or_else(|error| panic!("{} {column} {value:?}: {error}", it.label));
        assert_eq!(read, value, "{} {column}", it.label);
        written.push(value);
    }
    keeps_many(it, column, &written).await;
    let none: Option<T> = store(&it.db, column, None::<T>.into_value()).await.unwrap();
    assert_eq!(none, None, "{} {column}", it.label);
    let wrong = it
        .db
        .fetch_one::<(T,)>(&both(format!("select {column} from samples")), params![])
        .await;
    assert!(
        matches!(wrong, Err(DbError::Decode { column: 0, .. })),
        "null is not a {column}"
    );
}

/// Writes many rows at once, with nulls between them, and reads them back in their order.
async fn keeps_many<T>(it: &TestDb, column: &str, values: &[T])
where
    T: FromColumn + IntoValue + Clone + PartialEq + Debug + Send + 'static,
{
    let values = values.iter().cloned().map(Some).chain([None]);
    let values: Vec<Option<T>> = values.cycle().take(40).collect();
    let rows = values.iter().zip(2_i64..);
    let rows: Vec<Vec<Value>> = rows.map(|(value, id)| params![id, value.clone()]).collect();
    let insert = both(format!(
        "insert into samples (id, {column}) values ($1, $2) returning {column}, id"
    ));
    let mut tx = it.db.begin().await.unwrap();
    let read: Vec<(Option<T>, i64)> = tx
        .one_each(&insert, rows)
        .await
        .unwrap_or_else(|failed| panic!("{} {column} {failed:?}", it.label));
    let expected: Vec<(Option<T>, i64)> = values.into_iter().zip(2..).collect();
    assert_eq!(read, expected, "{} {column}", it.label);
}

async fn refuses(it: &TestDb, column: &str, value: impl IntoValue) {
    let value = value.into_value();
    let shown = format!("{value:?}").chars().take(80).collect::<String>();
    match store::<Option<String>>(&it.db, column, value).await {
        Err(DbError::Encode { parameter: 1, .. }) => {}
        other => panic!("{} {column} {shown}: {other:?}", it.label),
    }
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[tokio::test]
async fn numbers_come_back() {
    each(async |it| {
        keeps(it, "truth", [true, false]).await;
        keeps(it, "whole", [i64::MIN, -1, 0, 1, i64::MAX]).await;
        keeps(it, "small", [i32::MIN, 0, i32::MAX]).await;
        keeps(
            it,
            "real",
            [
                f64::MIN,
                -1.5,
                0.0,
                f64::MIN_POSITIVE,
                f64::EPSILON,
                0.1,
                1e300,
                f64::MAX,
            ],
        )
        .await;
        refuses(it, "real", f64::NAN).await;
        refuses(it, "real", f64::INFINITY).await;
        refuses(it, "whole", u64::MAX).await;
    })
    .await;
}

#[tokio::test]
async fn decimals_come_back_and_sort() {
    each(async |it| {
        let exact = [
            "-99999999999999.9999",
            "-0.0001",
            "0.0000",
            "0.0001",
            "1.0000",
            "12.3400",
            "99999999999999.9999",
        ]
        .map(|it| Scaled::<18, 4>(decimal(it)));
        keeps(it, "exact", exact).await;
        let long = [
            "-999999999999999999.9999999999",
            "-1.0000000001",
            "-1.0000000000",
            "0.0000000000",
            "0.0000000001",
            "999999999999999999.9999999999",
        ];
        keeps(it, "long", long.map(|it| Scaled::<28, 10>(decimal(it)))).await;
        refuses(it, "exact", Scaled::<18, 4>(decimal("0.00001"))).await;
        refuses(it, "exact", Scaled::<18, 4>(decimal("100000000000000"))).await;
        refuses(it, "long", Scaled::<28, 10>(decimal("1000000000000000000"))).await;
        let short: Scaled<18, 4> =
            store(&it.db, "exact", Scaled::<18, 4>(decimal("5")).into_value())
                .await
                .unwrap();
        assert_eq!(
            short.0.to_string(),
            "5.0000",
            "{}: the scale is that of the column",
            it.label
        );

        it.db
            .execute(&both("delete from samples".to_owned()), params![])
            .await
            .unwrap();
        let sorted = [
            "-999999999999999999.9999999999",
            "-10",
            "-9.5",
            "-9.4999999999",
            "-1",
            "0",
            "0.5",
            "1",
            "9",
            "10",
            "100",
            "999999999999999999",
        ];
        for (at, text) in sorted.iter().enumerate() {
            let id = (at * 7) % sorted.len();
            let insert =
                both("insert into samples (id, exact, long) values ($1, $2, $3)".to_owned());
            let small = decimal(text)
                .round_dp(4)
                .clamp(decimal("-99999999999999"), decimal("99999999999999"));
            it.db
                .execute(
                    &insert,
                    params![id, Scaled::<18, 4>(small), Scaled::<28, 10>(decimal(text))],
                )
                .await
                .unwrap();
        }
        for column in ["long", "exact, long"] {
            let rows: Vec<(Scaled<28, 10>,)> = it
                .db
                .fetch_all(
                    &both(format!("select long from samples order by {column}")),
                    params![],
                )
                .await
                .unwrap();
            assert_eq!(rows.len(), sorted.len());
            assert!(
                rows.iter()
                    .map(|row| row.0.0)
                    .eq(sorted.iter().map(|it| decimal(it))),
                "{} by {column}: {rows:?}",
                it.label
            );
        }
    })
    .await;
}

#[tokio::test]
async fn times_come_back_to_the_microsecond() {
    each(async |it| {
        keeps(
            it,
            "day",
            ["0001-01-01", "1969-12-31", "2000-02-29", "9999-12-31"]
                .map(|it| it.parse::<Date>().unwrap()),
        )
        .await;
        keeps(
            it,
            "time",
            [
                "00:00:00",
                "00:00:00.000001",
                "12:34:56.5",
                "23:59:59.999999",
            ]
            .map(|it| it.parse::<Time>().unwrap()),
        )
        .await;
        let moments = [
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59.999999Z",
            "1970-01-01T00:00:00Z",
            "2026-11-21T11:22:33.444555Z",
            "9999-12-30T21:59:59.999999Z",
        ];
        keeps(
            it,
            "moment",
            moments.map(|it| it.parse::<Timestamp>().unwrap()),
        )
        .await;
        keeps(
            it,
            "span",
            [
                SignedDuration::from_micros(i64::MIN),
                SignedDuration::ZERO,
                SignedDuration::from_micros(1),
                SignedDuration::from_micros(i64::MAX),
            ],
        )
        .await;

        let fine: Timestamp = "1969-12-31T23:59:59.9999999Z".parse().unwrap();
        let stored: Timestamp = store(&it.db, "moment", fine.into_value()).await.unwrap();
        assert_eq!(
            stored,
            "1969-12-31T23:59:59.999999Z".parse().unwrap(),
            "{}: rounded down",
            it.label
        );
        let stored: Time = store(
            &it.db,
            "time",
            "23:59:59.9999999".parse::<Time>().unwrap().into_value(),
        )
        .await
        .unwrap();
        assert_eq!(
            stored,
            "23:59:59.999999".parse().unwrap(),
            "{}: never 24:00",
            it.label
        );
        refuses(
            it,
            "day",
            "-0001-01-01".parse::<Date>().unwrap_or(Date::MIN),
        )
        .await;
        refuses(it, "moment", Timestamp::MIN).await;
        refuses(it, "span", SignedDuration::MAX).await;
    })
    .await;
}

#[tokio::test]
async fn texts_and_documents_come_back() {
    each(async |it| {
        let texts = [
            String::new(),
            "x".repeat(1 << 20),
            "naïve 日本語 🦀 e\u{301} \u{10FFFF} \u{1} '\";--".to_owned(),
            " \n\t ".to_owned(),
        ];
        keeps(it, "text", texts).await;
        refuses(it, "text", "a\0b").await;
        keeps(
            it,
            "bytes",
            [
                Bytes(vec![]),
                Bytes((0..=255).collect()),
                Bytes(vec![0; 1 << 20]),
            ],
        )
        .await;
        keeps(it, "uuid", [Uuid::nil(), Uuid::max(), Uuid::now_v7()]).await;
        keeps(it, "kind", [Shape::Round, Shape::Flat]).await;

        let mut deep = json!(1);
        for _ in 0..100 {
            deep = json!([deep]);
        }
        let documents = [
            json!(null),
            json!({}),
            json!([]),
            json!("\\u0000"),
            json!({"a": {"b": [1, 2.5, "ü", null, true]}}),
            json!(i64::MAX),
            deep,
        ];
        for document in documents {
            let read: serde_json::Value = store(&it.db, "json", document.clone().into_value())
                .await
                .unwrap();
            assert_eq!(read, document, "{}", it.label);
        }
        let ids = Json(vec![Uuid::nil(), Uuid::max()]);
        let read: Json<Vec<Uuid>> = store(&it.db, "json", (&ids).into_value()).await.unwrap();
        assert_eq!(read, ids);
        refuses(it, "json", json!({"a": "\0"})).await;
    })
    .await;
}

#[tokio::test]
async fn what_does_not_fit_a_type_is_an_error() {
    each(async |it| {
        let select = |text: &str| both(format!("select {text}"));
        let wrong = it.db.fetch_one::<(i64,)>(&select("'x'"), params![]).await;
        assert!(
            matches!(wrong, Err(DbError::Decode { column: 0, .. })),
            "{}: {wrong:?}",
            it.label
        );
        let wrong = it
            .db
            .fetch_one::<(String, Shape)>(&select("'x', 'oval'"), params![])
            .await;
        assert!(
            matches!(wrong, Err(DbError::Decode { column: 1, .. })),
            "{}: {wrong:?}",
            it.label
        );
        let missing = it
            .db
            .fetch_one::<(String, String)>(&select("'x'"), params![])
            .await;
        assert!(
            matches!(missing, Err(DbError::Decode { column: 1, .. })),
            "{}: {missing:?}",
            it.label
        );
        let large = it
            .db
            .fetch_one::<(i32,)>(&select("4294967296"), params![])
            .await;
        assert!(
            matches!(large, Err(DbError::Decode { column: 0, .. })),
            "{}: {large:?}",
            it.label
        );
        let few = it
            .db
            .fetch_one::<(i64,)>(
                &both("select id from samples where id = $2 and id = $1".to_owned()),
                params![1],
            )
            .await;
        assert!(
            matches!(few, Err(DbError::Other(_))),
            "{}: {few:?}",
            it.label
        );
    })
    .await;
}

#[tokio::test]
async fn placeholders_are_numbered_not_counted() {
    each(async |it| {
        let insert = both("insert into samples (text, id, small, whole) values ($3, $1, $2, $1)".to_owned());
        it.db.execute(&insert, params![10, 20, "third"]).await.unwrap();
        let select = both("select id, small, text, whole from samples where text = $2 and (id = $1 or whole = $1)".to_owned());
        let row: (i64, i32, String, i64) = it.db.fetch_one(&select, params![10, "third"]).await.unwrap();
        assert_eq!(row, (10, 20, "third".to_owned(), 10), "{}", it.label);
    })
    .await;
}

/// Whether an error is the one that a row deserves.
type Blames = fn(&DbError) -> bool;

#[tokio::test]
async fn the_row_that_cannot_be_inserted_is_known_among_many() {
    each(async |it| {
        let insert = Sql::new("insert into samples (id, kind, text) values ($1, $2, $3)");
        let row = |id: i64, kind: &str| params![id, kind.to_owned(), "a text"];
        let rows = || (0..50).map(|id| row(id, "round")).collect::<Vec<_>>();
        let wrong: [(usize, Vec<Value>, Blames); 3] = [
            (7, row(7, "square"), |it| {
                matches!(it, DbError::Check { .. })
            }),
            // The second of two with one key is at fault.
            (9, row(8, "flat"), |it| matches!(it, DbError::Unique { .. })),
            (7, params![7, 3_i64, "a text"], |it| {
                matches!(it, DbError::Encode { .. } | DbError::Check { .. })
            }),
        ];
        for (place, wrong, is_right) in wrong {
            let mut tx = it.db.begin().await.unwrap();
            let mut all = rows();
            all[place] = wrong;
            let failed = tx.execute_each(&insert, all).await.unwrap_err();
            assert_eq!(failed.index, place, "{} {failed:?}", it.label);
            assert!(is_right(&failed.error), "{} {failed:?}", it.label);
            assert!(tx.commit().await.is_err());
        }
        let mut tx = it.db.begin().await.unwrap();
        let inserted = tx.execute_each(&insert, rows()).await.unwrap();
        assert_eq!(inserted, 50, "{}", it.label);
        tx.commit().await.unwrap();
    })
    .await;
}
