//! A table of every kind of column, with a reference to another, and random rows for it.

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use svcgen_runtime::db::{self, Db, FromRow, Row, Sql, Value};
use svcgen_runtime::{Error, list, params};
use uuid::Uuid;

use crate::random::Random;

svcgen_runtime::text_enum! {
    /// Where a parcel is.
    pub enum State {
        /// Not yet sent.
        Packed = "packed",
        /// On its way.
        Sent = "sent",
        /// Not to be found.
        Lost = "lost",
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Depot {
    pub id: i64,
    pub city: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Parcel {
    pub id: Uuid,
    pub label: String,
    pub note: Option<String>,
    pub weight: Option<i32>,
    pub price: Decimal,
    pub worth: Option<Decimal>,
    pub state: State,
    pub sent_at: Option<Timestamp>,
    pub due: Date,
    pub span: SignedDuration,
    pub fragile: bool,
    pub ratio: f64,
    pub depot_id: Option<i64>,
}

const COLUMNS: &str =
    "id, label, note, weight, price, worth, state, sent_at, due, span, fragile, ratio, depot_id";

impl FromRow for Parcel {
    fn from_row(row: &Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self {
            id: row.get(0)?,
            label: row.get(1)?,
            note: row.get(2)?,
            weight: row.get(3)?,
            price: row.get::<db::Scaled<12, 2>>(4)?.0,
            worth: row.get::<Option<db::Scaled<28, 6>>>(5)?.map(|it| it.0),
            state: row.get(6)?,
            sent_at: row.get(7)?,
            due: row.get(8)?,
            span: row.get(9)?,
            fragile: row.get(10)?,
            ratio: row.get(11)?,
            depot_id: row.get(12)?,
        })
    }
}

impl list::Record for Parcel {
    fn value(&self, column: &str) -> Value {
        match column {
            "id" => Value::of(self.id),
            "label" => Value::of(&self.label),
            "note" => Value::of(&self.note),
            "weight" => Value::of(self.weight),
            "price" => Value::of(db::Scaled::<12, 2>(self.price)),
            "worth" => Value::of(self.worth.map(db::Scaled::<28, 6>)),
            "state" => Value::of(self.state),
            "sent_at" => Value::of(self.sent_at),
            "due" => Value::of(self.due),
            "span" => Value::of(self.span),
            "fragile" => Value::of(self.fragile),
            "ratio" => Value::of(self.ratio),
            "depot_id" => Value::of(self.depot_id),
            _ => Value::Null,
        }
    }
}

pub static DEPOTS: list::Table = list::Table {
    name: "depots",
    record: Sql::new("id, city"),
    members: &["id", "city"],
    relations: &["parcels"],
    columns: &[
        list::Column::new("id", list::Kind::Bigint).filter(),
        list::Column::new("city", list::Kind::Text)
            .nullable()
            .filter(),
        list::Column::new("secret", list::Kind::Text),
    ],
    default_order: &[],
    key: "id",
    page_size: 10,
    most: 100,
    plain: None,
    search: None,
};

const DECIMAL: list::Kind = list::Kind::Decimal {
    precision: 12,
    scale: 2,
};
const WIDE: list::Kind = list::Kind::Decimal {
    precision: 28,
    scale: 6,
};

pub static PARCELS: list::Table = table("id");

/// The same, but for what breaks ties: many parcels share it.
pub static TIED: list::Table = table("state");

/// The same in the order of their ids, the latest first, which constant statements give.
pub static PLAIN: list::Table = list::Table {
    name: "parcels",
    record: Sql::new(COLUMNS),
    members: &["id"],
    relations: &[],
    columns: LISTED,
    default_order: &[],
    key: "id",
    page_size: 10,
    most: 100,
    plain: Some(list::Plain {
        first: Sql::new(
            "select id, label, note, weight, price, worth, state, sent_at, due, span, fragile, ratio, depot_id
             from parcels order by id desc limit $1",
        ),
        after: Some(Sql::new(
            "select id, label, note, weight, price, worth, state, sent_at, due, span, fragile, ratio, depot_id
             from parcels where id < $2 order by id desc limit $1",
        )),
    }),
    search: None,
};

const fn table(key: &'static str) -> list::Table {
    list::Table {
        name: "parcels",
        record: Sql::new(COLUMNS),
        members: &["id", "label", "note", "weight"],
        relations: &["depot"],
        columns: LISTED,
        default_order: DEFAULT_ORDER,
        key,
        page_size: 10,
        most: 100,
        plain: None,
        search: None,
    }
}

const LISTED: &[list::Column] = &[
    list::Column::new("id", list::Kind::Uuid).filter().order(),
    list::Column::new("label", list::Kind::Text)
        .filter()
        .order(),
    list::Column::new("note", list::Kind::Text)
        .nullable()
        .filter()
        .order(),
    list::Column::new("weight", list::Kind::Int)
        .nullable()
        .filter()
        .order(),
    list::Column::new("price", DECIMAL).filter().order(),
    list::Column::new("worth", WIDE).nullable().filter().order(),
    list::Column::new("state", list::Kind::Enum(list::names::<State>))
        .filter()
        .order(),
    list::Column::new("sent_at", list::Kind::Timestamp)
        .nullable()
        .filter()
        .order(),
    list::Column::new("due", list::Kind::Date).filter().order(),
    list::Column::new("span", list::Kind::Duration)
        .filter()
        .order(),
    list::Column::new("fragile", list::Kind::Bool)
        .filter()
        .order(),
    list::Column::new("ratio", list::Kind::Float)
        .filter()
        .order(),
    list::Column::new("depot_id", list::Kind::Bigint)
        .nullable()
        .filter()
        .order()
        .refers("depot", &DEPOTS),
];

const DEFAULT_ORDER: &[list::Term] = &[
    list::Term::descending("sent_at"),
    list::Term::ascending("label"),
];

/// What callers may order by.
pub const ORDERED: &[&str] = &[
    "id", "label", "note", "weight", "price", "worth", "state", "sent_at", "due", "span",
    "fragile", "ratio", "depot_id",
];

const CREATE: &[Sql] = &[
    Sql::each(
        "create table depots (id integer primary key, city text, secret text) strict",
        "create table depots (id bigint primary key, city text, secret text)",
    ),
    Sql::each(
        "create table parcels (id blob primary key, label text not null, note text, weight integer, price integer not null, worth text,
         state text not null, sent_at integer, due text not null, span integer not null, fragile integer not null, ratio real not null,
         depot_id integer references depots (id)) strict",
        "create table parcels (id uuid primary key, label text not null, note text, weight integer, price numeric(12,2) not null, worth numeric(28,6),
         state text not null, sent_at timestamptz, due date not null, span bigint not null, fragile boolean not null, ratio double precision not null,
         depot_id bigint references depots (id))",
    ),
];

const INSERT: Sql = Sql::new(
    "insert into parcels (id, label, note, weight, price, worth, state, sent_at, due, span, fragile, ratio, depot_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);

pub async fn create(db: &Db) {
    for sql in CREATE {
        db.execute(sql, params![]).await.unwrap();
    }
    for depot in depots() {
        let insert = Sql::new("insert into depots (id, city, secret) values ($1, $2, 'x')");
        db.execute(&insert, params![depot.id, depot.city])
            .await
            .unwrap();
    }
}

pub fn depots() -> Vec<Depot> {
    let city = |id, city: Option<&str>| Depot {
        id,
        city: city.map(str::to_owned),
    };
    vec![city(1, Some("Bonn")), city(2, Some("Bern")), city(3, None)]
}

pub async fn insert(db: &Db, parcel: &Parcel) -> Result<(), Error> {
    let it = parcel.clone();
    let worth = it.worth.map(db::Scaled::<28, 6>);
    let price = db::Scaled::<12, 2>(it.price);
    let values = params![
        it.id,
        it.label,
        it.note,
        it.weight,
        price,
        worth,
        it.state,
        it.sent_at,
        it.due,
        it.span,
        it.fragile,
        it.ratio,
        it.depot_id
    ];
    db.execute(&INSERT, values).await?;
    Ok(())
}

pub async fn delete(db: &Db, id: Uuid) {
    let delete = Sql::new("delete from parcels where id = $1");
    db.execute(&delete, params![id]).await.unwrap();
}

/// Texts that are hard on patterns, quotes and collations.
pub const TEXTS: &[&str] = &[
    "", "a", "ab", "abc", "b", "a*b", "a%b", "a_b", "a\\b", "a\"b", "it's", "[a]", "é", "😀",
    "NOT", "-",
];

/// A parcel whose values are few, so that many share them and many are null.
pub fn parcel(random: &mut Random) -> Parcel {
    let depot = random.below(5);
    Parcel {
        id: random.uuid(),
        label: random.pick(TEXTS).to_owned(),
        note: random.perhaps().then(|| random.pick(TEXTS).to_owned()),
        weight: random.perhaps().then(|| random.number(-3, 3)),
        price: Decimal::new(random.number(-300, 300).into(), 2),
        worth: random.perhaps().then(|| wide(random)),
        state: random.pick(&[State::Packed, State::Sent, State::Lost]),
        sent_at: random.perhaps().then(|| moment(random)),
        due: date(2025, 1, 1)
            .checked_add(jiff::Span::new().days(random.number(0, 800)))
            .unwrap(),
        span: SignedDuration::from_micros(i64::from(random.number(-4, 4)) * 500_000),
        fragile: random.perhaps(),
        ratio: f64::from(random.number(-4, 4)) / 8.0,
        depot_id: (1..=3)
            .contains(&depot)
            .then_some(i64::try_from(depot).unwrap()),
    }
}

/// Around 1970 and around today, with and without a fraction of a second.
fn moment(random: &mut Random) -> Timestamp {
    let base = random.pick(&[0, 1_750_000_000]);
    let second = base + i64::from(random.number(-3, 3)) * 40_000;
    Timestamp::new(second, random.pick(&[0, 1_000, 500_000_000])).unwrap()
}

/// Up to 28 digits.
fn wide(random: &mut Random) -> Decimal {
    let units: i128 = random.pick(&[
        0,
        1,
        9_999_999_999_999_999_999_999_999_999,
        1_000_000,
        123_456_789_012_345_678,
    ]);
    let sign = random.pick(&[1, -1]);
    Decimal::from_i128_with_scale(units * sign, 6)
}
