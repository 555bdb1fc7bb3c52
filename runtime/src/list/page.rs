//! One page of a list, from the request to the tokens of its neighbours.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::column::{Record, Table, Within};
use super::filter::check::Condition;
use super::filter::{check, lex, parse, sql};
use super::include::Include;
use super::keyset::Range;
use super::mask::Mask;
use super::order::{self, Key};
use super::rows::{Rows, WithRank};
use super::search::{self, Query};
use super::statement::{self, Parameters};
use super::{Mistake, keyset, value};
use crate::Error;
use crate::db::{Db, Engine, FromRow, Value};
use crate::http::Listing;
use crate::input::Violations;
use crate::page::PageTokens;

/// One page of records.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The records.
    pub records: Vec<T>,
    /// Asks for the next page; empty on the last one.
    pub next_page_token: String,
    /// Asks for the page before; empty on the first one.
    pub previous_page_token: String,
    /// How many records there are on all pages, where the caller asked for it.
    pub total_size: Option<i64>,
}

/// Where a page begins, as its token keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    /// Whether the page lies before the cursor instead of after it.
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    back: bool,
    /// Whether the record at the cursor belongs to the page.
    #[serde(rename = "w", default, skip_serializing_if = "std::ops::Not::not")]
    with: bool,
    /// What the record at the cursor has in each key of the order.
    #[serde(rename = "k")]
    keys: Vec<Json>,
}

impl Cursor {
    /// What this one leaves out: the other way, and the record at the cursor if it is not here.
    fn rest(&self) -> Self {
        Self {
            back: !self.back,
            with: !self.with,
            keys: self.keys.clone(),
        }
    }
}

/// A request, understood.
struct Request {
    keys: Vec<Key>,
    filter: Option<Condition>,
    search: Option<Query>,
    /// Whether the order is that of the ranks.
    is_ranked: bool,
    /// What must not change from page to page.
    scope: String,
}

impl Table {
    /// The page that a caller asks for.
    ///
    /// # Errors
    ///
    /// 400 with every parameter that cannot be understood; `INVALID_PAGE_TOKEN` for a token of another list.
    pub async fn page<T: FromRow + Record + Send + 'static>(
        &'static self,
        db: &Db,
        tokens: &PageTokens,
        within: Option<Within>,
        listing: &Listing,
    ) -> Result<Page<T>, Error> {
        let request = self.understand(within.as_ref(), listing)?;
        let size = listing.page_size(self.page_size, self.most);
        let cursor: Option<Cursor> = listing.cursor(tokens, &request.scope)?;
        let place = match &cursor {
            None => None,
            Some(cursor) => Some(values(&request.keys, cursor).ok_or_else(PageTokens::invalid)?),
        };
        let back = cursor.as_ref().is_some_and(|cursor| cursor.back);
        let with = cursor.as_ref().is_some_and(|cursor| cursor.with);
        let asked = Asked {
            within: within.as_ref(),
            request: &request,
            place,
            back,
            with,
            limit: size.saturating_add(1),
            skip: listing.skip(),
        };
        let rows = if listing.is_plain() && self.is_plain(&asked) {
            Rows::plain(self.plain(db, &asked).await?)
        } else {
            self.read(db, asked).await?
        };
        let total_size = if listing.wants_total_size() {
            Some(self.count(db, within.as_ref(), &request).await?)
        } else {
            None
        };
        let is_first = cursor.is_none() && listing.skip() == 0;
        let turn = Turn {
            tokens,
            request: &request,
            back,
            is_first,
            asked: cursor.as_ref(),
        };
        turn.page(rows, size, total_size)
    }

    /// Everything that is wrong with the parameters, at once.
    fn understand(
        &'static self,
        within: Option<&Within>,
        listing: &Listing,
    ) -> Result<Request, Error> {
        let mut found = Violations::new();
        let mut note = |parameter: &str, code: &'static str, mistake: Mistake| {
            mistake.note(parameter, code, &mut found);
        };
        let search = match self.read_search(listing.search()) {
            Ok(search) => search,
            Err(mistake) => {
                note("search", "INVALID_SEARCH", mistake);
                None
            }
        };
        let is_ranked = search.is_some() && listing.order_by().trim().is_empty();
        let keys = if is_ranked {
            search::keys(self)
        } else {
            order::read(listing.order_by(), self).unwrap_or_else(|mistake| {
                note("order_by", "INVALID_ORDER", mistake);
                Vec::new()
            })
        };
        let filter = read_filter(listing.filter(), self).unwrap_or_else(|mistake| {
            note("filter", "INVALID_FILTER", mistake);
            None
        });
        if let Err(mistake) = Mask::read(listing.read_mask(), self.members) {
            note("read_mask", "INVALID_MASK", mistake);
        }
        if let Err(mistake) = Include::read(listing.include(), self.relations) {
            note("include", "INVALID_INCLUDE", mistake);
        }
        if !found.is_empty() {
            return Err(Error::invalid_parameters(found));
        }
        let within = within.map_or(String::new(), |it| {
            format!("{} {:?}", it.condition, it.values)
        });
        let order = order::described(&keys);
        let (filtered, searched) = (listing.filter(), listing.search());
        let scope = format!("{}\n{within}\n{order}\n{filtered}\n{searched}", self.name);
        Ok(Request {
            keys,
            filter,
            search,
            is_ranked,
            scope,
        })
    }

    fn read_search(&self, text: &str) -> Result<Option<Query>, Mistake> {
        let search = Query::read(text)?;
        if search.is_some() && self.search.is_none() {
            let detail = format!("No text of {} can be searched.", self.name);
            return Err(Mistake::new(1, detail));
        }
        Ok(search)
    }

    /// Whether a constant statement answers the plain list.
    fn is_plain(&self, asked: &Asked<'_>) -> bool {
        let plain = self.plain.as_ref();
        let has_statement = plain.is_some_and(|it| asked.place.is_none() || it.after.is_some());
        has_statement && asked.within.is_none() && !asked.back && !asked.with
    }

    async fn plain<T: FromRow + Send + 'static>(
        &self,
        db: &Db,
        asked: &Asked<'_>,
    ) -> Result<Vec<T>, Error> {
        let Some(plain) = &self.plain else {
            return Ok(Vec::new());
        };
        let mut values = vec![Value::Int(asked.limit)];
        let sql = match (&asked.place, &plain.after) {
            (Some(place), Some(after)) => {
                values.extend(place.iter().cloned());
                after
            }
            _ => &plain.first,
        };
        Ok(db.fetch_up_to(asked.most(), sql, values).await?)
    }

    /// Reads the rows by statements that are made for the request.
    ///
    /// SQLite reads the ranges after the cursor one after another, and no further than the page
    /// is long: joined into one statement, it would sort them. PostgreSQL merges what
    /// is sorted already, and is asked once, since each question is a way there and back.
    async fn read<T: FromRow + Send + 'static>(
        &self,
        db: &Db,
        asked: Asked<'_>,
    ) -> Result<Rows<T>, Error> {
        let keys = &asked.request.keys;
        let reversed: Vec<Key> = keys.iter().map(Key::reversed).collect();
        let keys = if asked.back { &reversed } else { keys };
        let place = asked.place.as_deref();
        let ranges = place.map_or(Vec::new(), |place| {
            if asked.with {
                keyset::from(keys, place)
            } else {
                keyset::after(keys, place)
            }
        });
        if db.engine() == Engine::Postgres || ranges.len() < 2 || asked.skip > 0 {
            return self
                .read_ranges(db, &asked, keys, &ranges, asked.limit)
                .await;
        }
        let mut rows = Rows::default();
        for range in ranges.chunks(1) {
            let read = i64::try_from(rows.records.len()).unwrap_or(asked.limit);
            if read < asked.limit {
                let more = self.read_ranges(db, &asked, keys, range, asked.limit - read);
                rows.extend(more.await?);
            }
        }
        Ok(rows)
    }

    async fn read_ranges<T: FromRow + Send + 'static>(
        &self,
        db: &Db,
        asked: &Asked<'_>,
        keys: &[Key],
        ranges: &[Range],
        limit: i64,
    ) -> Result<Rows<T>, Error> {
        let request = asked.request;
        let mut parameters = Parameters::new(db.engine(), asked.within);
        let conditions = self.conditions(asked.within, request, &mut parameters);
        let rank = match (&request.search, &self.search) {
            (Some(query), Some(search)) if request.is_ranked => {
                Some(query.rank(search, &mut parameters))
            }
            _ => None,
        };
        let place = asked.place.as_deref().unwrap_or_default();
        let ranges = ranges.iter();
        let page = statement::Page {
            table: self,
            conditions,
            keys,
            ranges: ranges
                .map(|it| it.sql(keys, place, &mut parameters))
                .collect(),
            rank,
            limit,
            skip: asked.skip,
        };
        let sql = page.sql(&mut parameters);
        let values = parameters.values;
        if request.is_ranked {
            let rows: Vec<WithRank<T>> = db.fetch_up_to(asked.most(), &sql, values).await?;
            let (records, ranks) = rows.into_iter().map(|row| (row.record, row.rank)).unzip();
            return Ok(Rows { records, ranks });
        }
        let records = db.fetch_up_to(asked.most(), &sql, values).await?;
        Ok(Rows::plain(records))
    }

    async fn count(
        &self,
        db: &Db,
        within: Option<&Within>,
        request: &Request,
    ) -> Result<i64, Error> {
        let mut parameters = Parameters::new(db.engine(), within);
        let conditions = self.conditions(within, request, &mut parameters);
        let sql = statement::count(self, &conditions);
        let (count,) = db.fetch_one(&sql, parameters.values).await?;
        Ok(count)
    }

    fn conditions(
        &self,
        within: Option<&Within>,
        request: &Request,
        parameters: &mut Parameters,
    ) -> Vec<String> {
        let mut conditions = conditions(within, request.filter.as_ref(), parameters);
        if let (Some(query), Some(search)) = (&request.search, &self.search) {
            conditions.push(query.condition(self, search, parameters));
        }
        conditions
    }
}

/// What is read for a page.
struct Asked<'a> {
    within: Option<&'a Within>,
    request: &'a Request,
    place: Option<Vec<Value>>,
    back: bool,
    with: bool,
    limit: i64,
    skip: i64,
}

impl Asked<'_> {
    /// How many rows can come.
    fn most(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }
}

pub(super) fn read_filter(text: &str, table: &Table) -> Result<Option<Condition>, Mistake> {
    let tokens = lex::tokens(text)?;
    let expression = parse::expression(&tokens)?;
    expression
        .map(|expression| check::condition(&expression, table))
        .transpose()
}

/// What holds for every row: the list's own condition, and the caller's filter.
pub(super) fn conditions(
    within: Option<&Within>,
    filter: Option<&Condition>,
    parameters: &mut Parameters,
) -> Vec<String> {
    let own = within.map(|within| format!("({})", within.condition));
    let filter = filter.map(|filter| sql::condition(filter, parameters));
    own.into_iter().chain(filter).collect()
}

fn values(keys: &[Key], cursor: &Cursor) -> Option<Vec<Value>> {
    if keys.len() != cursor.keys.len() {
        return None;
    }
    let each = keys.iter().zip(&cursor.keys);
    each.map(|(key, json)| value::from_json(key.kind, json))
        .collect()
}

/// The rows of a page with the tokens of its neighbours.
struct Turn<'a> {
    tokens: &'a PageTokens,
    request: &'a Request,
    back: bool,
    is_first: bool,
    /// Where the page was asked for.
    asked: Option<&'a Cursor>,
}

impl Turn<'_> {
    fn page<T: Record>(
        &self,
        mut rows: Rows<T>,
        size: i64,
        total_size: Option<i64>,
    ) -> Result<Page<T>, Error> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        // One row more than asked for tells whether the list goes on.
        let goes_on = rows.records.len() > size;
        rows.truncate(size);
        if self.back {
            rows.reverse();
        }
        let (has_previous, has_next) = if self.back {
            (goes_on, true)
        } else {
            (!self.is_first, goes_on)
        };
        let mut next_page_token = self.token(&rows, rows.last().filter(|_| has_next), false)?;
        let mut previous_page_token =
            self.token(&rows, rows.first().filter(|_| has_previous), true)?;
        // Others may have deleted every record of the page; the rest of the list lies where the
        // client came from, and without a token it would not find back.
        if let Some(asked) = self.asked.filter(|_| rows.records.is_empty()) {
            let rest = self.tokens.seal(&asked.rest(), &self.request.scope)?;
            if self.back {
                next_page_token = rest;
            } else {
                previous_page_token = rest;
            }
        }
        Ok(Page {
            next_page_token,
            previous_page_token,
            records: rows.records,
            total_size,
        })
    }

    /// The token that leads on from the row at a place, or none.
    fn token<T: Record>(
        &self,
        rows: &Rows<T>,
        at: Option<usize>,
        back: bool,
    ) -> Result<String, Error> {
        let Some(at) = at else {
            return Ok(String::new());
        };
        let keys = self.request.keys.iter();
        let keys = keys.map(|key| value::to_json(&rows.value(at, &key.name)));
        let cursor = Cursor {
            back,
            with: false,
            keys: keys.collect(),
        };
        self.tokens.seal(&cursor, &self.request.scope)
    }
}
