//! Aggregates: the records of a list in groups, and what is counted, summed and compared in each.

mod measure;
mod statement;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use self::measure::Measure;
use super::column::{Kind, Table, Within};
use super::filter::check::{self, Condition, Names, Place, Subject, field, no_such};
use super::filter::lex::{Token, tokens};
use super::filter::parse::{self, Operand, operands};
use super::order::{self, Key};
use super::page::{conditions, read_filter};
use super::statement::Parameters;
use super::{Mistake, keyset, value};
use crate::Error;
use crate::db::{Cells, Db, DbError, Value};
use crate::http::Aggregation;
use crate::input::Violations;
use crate::page::PageTokens;

/// The most groups and the most measures of one request.
const MOST: usize = 16;

/// One page of groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Groups {
    /// The groups.
    pub groups: Vec<Measured>,
    /// Asks for the next page; absent on the last one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next_page_token: String,
}

/// One group and its measures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// What the records of the group share, by the names that the request gave.
    pub group: Map<String, Json>,
    /// The measures, by the names that the request gave.
    pub measures: Map<String, Json>,
}

/// What the records are grouped by.
#[derive(Debug, Clone)]
struct Group {
    name: String,
    of: Subject,
}

/// A request, understood.
#[derive(Debug)]
struct Question {
    groups: Vec<Group>,
    measures: Vec<Measure>,
    filter: Option<Condition>,
    having: Option<Condition>,
    keys: Vec<Key>,
}

/// Names in `having` and `order_by` are those of the groups and measures that are asked for.
impl Names for Question {
    fn subject(&self, operand: &Operand) -> Result<Subject, Mistake> {
        let name = operand.to_string();
        let groups = self.groups.iter().enumerate();
        let groups = groups.map(|(at, it)| (&it.name, 'g', at, it.of.kind));
        let measures = self.measures.iter().enumerate();
        let measures = measures.map(|(at, it)| (&it.name, 'm', at, it.kind));
        let found = groups.chain(measures).find(|it| *it.0 == name);
        let Some((_, kind_of_name, at, kind)) = found else {
            return Err(no_such(
                operand.at,
                &name,
                "group or measure of this request",
                None,
            ));
        };
        Ok(Subject {
            place: Place::Computed(statement::alias(kind_of_name, at)),
            part: None,
            kind,
        })
    }
}

impl Table {
    /// The page of groups that a caller asks for.
    ///
    /// # Errors
    ///
    /// 400 with every parameter that cannot be understood; `INVALID_PAGE_TOKEN` for a token of another question.
    pub async fn aggregate(
        &'static self,
        db: &Db,
        tokens: &PageTokens,
        within: Option<Within>,
        aggregation: &Aggregation,
    ) -> Result<Groups, Error> {
        let question = self.understand_question(aggregation)?;
        let own = within.as_ref().map_or(String::new(), |it| {
            format!("{} {:?}", it.condition, it.values)
        });
        let scope = format!("{} aggregate\n{own}\n{}", self.name, aggregation.scope());
        let size = aggregation.page_size(self.page_size, self.most);
        let cursor: Option<Vec<Json>> = aggregation.cursor(tokens, &scope)?;
        let mut parameters = Parameters::new(db.engine(), within.as_ref());
        let conditions = conditions(within.as_ref(), question.filter.as_ref(), &mut parameters);
        let beyond = match cursor {
            None => Vec::new(),
            Some(cursor) => {
                let place = question.place(&cursor).ok_or_else(PageTokens::invalid)?;
                let ranges = keyset::after(&question.keys, &place);
                let ranges = ranges.iter();
                let sql = |it: &keyset::Range| it.sql(&question.keys, &place, &mut parameters);
                ranges.map(sql).collect()
            }
        };
        let sql = statement::page(
            self,
            &question,
            &conditions,
            &beyond,
            size.saturating_add(1),
            &mut parameters,
        );
        let rows: Vec<Cells> = match db.fetch_all(&sql, parameters.values).await {
            Err(DbError::OutOfRange) => return Err(out_of_range()),
            rows => rows?,
        };
        let rows = rows
            .into_iter()
            .map(|row| question.values(row))
            .collect::<Result<Vec<_>, _>>()?;
        if rows.iter().flatten().any(is_infinite) {
            return Err(out_of_range());
        }
        let (rows, next_page_token) =
            tokens.page(rows, size, &scope, |last| question.cursor(last))?;
        Ok(Groups {
            groups: rows.iter().map(|row| question.measured(row)).collect(),
            next_page_token,
        })
    }

    /// Everything that is wrong with the parameters, at once.
    fn understand_question(&'static self, aggregation: &Aggregation) -> Result<Question, Error> {
        let mut found = Violations::new();
        let mut question = Question {
            groups: Vec::new(),
            measures: Vec::new(),
            filter: None,
            having: None,
            keys: Vec::new(),
        };
        let group = |operand: &Operand| {
            let of = field(self, operand, &measure::may_use)?;
            Ok(Group {
                name: operand.to_string(),
                of,
            })
        };
        match each(aggregation.group_by(), group, |it| &it.name) {
            Ok(groups) => question.groups = groups,
            Err(mistake) => mistake.note("group_by", "INVALID_GROUP", &mut found),
        }
        match each(
            aggregation.measures(),
            |operand| measure::read(operand, self),
            |it| &it.name,
        ) {
            Ok(measures) => question.measures = measures,
            Err(mistake) => mistake.note("measures", "INVALID_MEASURE", &mut found),
        }
        match read_filter(aggregation.filter(), self) {
            Ok(filter) => question.filter = filter,
            Err(mistake) => mistake.note("filter", "INVALID_FILTER", &mut found),
        }
        // What refers to groups and measures is read only where those are understood.
        if found.is_empty() {
            match question.read_having(aggregation.having()) {
                Ok(having) => question.having = having,
                Err(mistake) => mistake.note("having", "INVALID_FILTER", &mut found),
            }
            match question.read_order(aggregation.order_by()) {
                Ok(keys) => question.keys = keys,
                Err(mistake) => mistake.note("order_by", "INVALID_ORDER", &mut found),
            }
        }
        if found.is_empty() {
            Ok(question)
        } else {
            Err(Error::invalid_parameters(found))
        }
    }
}

/// What SQLite has for a sum that PostgreSQL refuses.
fn is_infinite(value: &Value) -> bool {
    matches!(value, Value::Float(it) if !it.is_finite())
}

/// No number of JSON stands for a sum that is no number any more, and null says that there is none.
fn out_of_range() -> Error {
    let mut found = Violations::new();
    found.add_parameter(
        "measures",
        "OUT_OF_RANGE",
        "A sum is beyond what a double holds (IEEE 754).",
    );
    Error::invalid_parameters(found)
}

/// Operands with commas between them, each understood, and none twice.
fn each<T>(
    text: &str,
    read: impl Fn(&Operand) -> Result<T, Mistake>,
    name: impl Fn(&T) -> &String,
) -> Result<Vec<T>, Mistake> {
    let tokens: Vec<Token> = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    let mut items: Vec<T> = Vec::new();
    operands(&tokens, |_, operand| {
        let item = read(&operand)?;
        if items.iter().any(|other| name(other) == name(&item)) {
            return Err(Mistake::new(
                operand.at,
                format!("`{operand}` is named twice."),
            ));
        }
        if items.len() == MOST {
            return Err(Mistake::new(
                operand.at,
                format!("There are more than {MOST}."),
            ));
        }
        items.push(item);
        Ok(())
    })?;
    Ok(items)
}

impl Question {
    fn read_having(&self, text: &str) -> Result<Option<Condition>, Mistake> {
        let expression = parse::expression(&tokens(text)?)?;
        expression.map(|it| check::condition(&it, self)).transpose()
    }

    /// The order that is asked for; every group breaks ties, so that no two share a place.
    fn read_order(&self, text: &str) -> Result<Vec<Key>, Mistake> {
        let tokens = tokens(text)?;
        let mut keys: Vec<Key> = Vec::new();
        if !tokens.is_empty() {
            operands(&tokens, |parser, operand| {
                let subject = self.subject(&operand)?;
                let Place::Computed(name) = subject.place else {
                    return Ok(());
                };
                let mut key = self.key(name, subject.kind);
                order::direction(parser, &mut key)?;
                if keys.iter().any(|other| other.name == key.name) {
                    return Err(Mistake::new(
                        operand.at,
                        format!("`{operand}` is named twice."),
                    ));
                }
                keys.push(key);
                Ok(())
            })?;
        }
        for (at, group) in self.groups.iter().enumerate() {
            let name = statement::alias('g', at);
            if !keys.iter().any(|key| key.name == name) {
                keys.push(self.key(name, group.of.kind));
            }
        }
        Ok(keys)
    }

    fn key(&self, name: String, kind: Kind) -> Key {
        let group = name
            .strip_prefix('g')
            .and_then(|at| at.parse::<usize>().ok());
        let group = group.and_then(|at| self.groups.get(at));
        Key {
            nullable: group.is_none_or(statement::may_be_null),
            name: name.into(),
            kind,
            descending: false,
            nulls_first: true,
        }
    }

    fn kinds(&self) -> impl Iterator<Item = (Kind, Option<u8>)> {
        let groups = self.groups.iter().map(|it| (it.of.kind, None));
        groups.chain(
            self.measures
                .iter()
                .map(|it| (it.kind, statement::own_scale(it))),
        )
    }

    /// A row as the statement gave it, with each value of its kind.
    fn values(&self, row: Cells) -> Result<Vec<Value>, Error> {
        let cells = row.0.into_iter().zip(self.kinds());
        cells
            .map(|(cell, (kind, _))| value::of_cell(kind, cell).map_err(Error::internal))
            .collect()
    }

    /// What the last row of a page has in each key.
    fn cursor(&self, row: &[Value]) -> Vec<Json> {
        let at = |key: &Key| {
            let number = key.name[1..].parse().unwrap_or(0);
            if key.name.starts_with('g') {
                number
            } else {
                self.groups.len() + number
            }
        };
        let keys = self.keys.iter();
        keys.map(|key| row.get(at(key)).map_or(Json::Null, value::to_json))
            .collect()
    }

    fn place(&self, cursor: &[Json]) -> Option<Vec<Value>> {
        if cursor.len() != self.keys.len() {
            return None;
        }
        let each = self.keys.iter().zip(cursor);
        each.map(|(key, json)| value::from_json(key.kind, json))
            .collect()
    }

    fn measured(&self, row: &[Value]) -> Measured {
        let (groups, measures) = row.split_at(self.groups.len().min(row.len()));
        let names = self.groups.iter().map(|it| it.name.clone());
        let group = names.zip(groups.iter().map(value::to_json)).collect();
        let names = self.measures.iter().map(|it| it.name.clone());
        let measures = names.zip(measures.iter().map(value::to_json)).collect();
        Measured { group, measures }
    }
}
