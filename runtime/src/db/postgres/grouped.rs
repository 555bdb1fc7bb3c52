//! Calls of one statement that are under way at the same time, sent as one: inserts of a row, and
//! looks at a row.
//!
//! PostgreSQL spends several times more on a statement and its answer than on a row. The first
//! calls of a statement go alone, one for each shared connection. Whoever comes while those are
//! under way waits for the first answer, and then all who wait go together. So nobody ever waits
//! for company: an idle server gets each call at once, a busy one gets many at a time.
//!
//! Each row is inserted or not by itself. A statement of many rows that fails has inserted none of
//! them, and each then goes alone and hears what is wrong with it, or nothing.
//!
//! An insert of many rows holds what the first ones lock while it waits for the others, which
//! single ones never do. Rows that refer to others lock what they refer to, and could meet a
//! transaction that locks the same in another order; so generated code asks for groups only where
//! a table refers to nothing. A look locks nothing.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio_postgres::Row as PostgresRow;

use super::many;
use super::shared::{Shared, Trouble};
use crate::db::collect::Collect;
use crate::db::sql::{ByText, Text};
use crate::db::{DbError, Row, Value};

/// The most rows of one statement.
const MOST: usize = 256;

/// How long a call waits for company before it goes alone after all: those under way may be stuck
/// behind a lock, or belong to somebody who looks after other things first.
const PATIENCE: Duration = Duration::from_millis(50);

/// What a statement does with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Inserts it.
    Insert,
    /// Looks at it, and changes nothing.
    Look,
}

/// The statements whose calls are grouped.
#[derive(Default)]
pub(super) struct Groups(RwLock<ByText<Arc<Group>>>);

/// One statement, and who waits to be part of the next one.
struct Group {
    text: Text,
    kind: Kind,
    /// The statement for many rows; `None` inside where there can be none.
    many: OnceLock<Option<Text>>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    under_way: usize,
    waiting: Vec<Waiting>,
    /// The number of the next one who waits.
    next: u64,
}

struct Waiting {
    number: u64,
    values: Vec<Value>,
    answer: oneshot::Sender<Result<Answer, DbError>>,
}

/// How a call goes.
pub(super) enum Place {
    /// By itself. Whoever waits goes when the turn is dropped.
    Alone(Vec<Value>, Option<Turn>),
    /// With others, who hear at the same time.
    Together(Pending),
}

/// What became of a call that waited.
pub(super) enum Answer {
    /// It was answered with this row, or with none.
    Row(Option<PostgresRow>),
    /// Nothing has happened: it has to go alone.
    Alone(Vec<Value>),
}

/// An answer to come.
pub(super) struct Pending {
    group: Arc<Group>,
    number: u64,
    answer: oneshot::Receiver<Result<Answer, DbError>>,
    is_answered: bool,
}

impl Pending {
    /// Waits for it.
    pub(super) async fn answered(mut self) -> Result<Answer, DbError> {
        let answer = match tokio::time::timeout(PATIENCE, &mut self.answer).await {
            Ok(answer) => answer,
            Err(_) => match self.group.take_back(self.number) {
                Some(values) => Ok(Ok(Answer::Alone(values))),
                None => (&mut self.answer).await,
            },
        };
        self.is_answered = true;
        answer.unwrap_or_else(|_| {
            Err(DbError::Unavailable(
                "the database is being closed".to_owned(),
            ))
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Whoever gives up leaves nothing behind.
        if !self.is_answered {
            self.group.take_back(self.number);
        }
    }
}

impl Group {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The values of one who waits, unless they are under way by now.
    fn take_back(&self, number: u64) -> Option<Vec<Value>> {
        let mut queue = self.queue();
        let at = queue.waiting.iter().position(|it| it.number == number)?;
        Some(queue.waiting.remove(at).values)
    }
}

/// A statement under way. Its end lets those go who wait.
pub(super) struct Turn {
    group: Arc<Group>,
    shared: Arc<Shared>,
}

impl Groups {
    /// Where a call belongs that has just come.
    pub(super) fn enter(
        &self,
        kind: Kind,
        text: &Text,
        values: Vec<Value>,
        shared: &Arc<Shared>,
    ) -> Place {
        // What is put together at run time is one of too many to remember.
        let group = text.is_constant().then(|| self.group(kind, text)).flatten();
        let Some(group) = group.filter(|it| it.many.get().is_none_or(Option::is_some)) else {
            return Place::Alone(values, None);
        };
        let mut queue = group.queue();
        if queue.under_way < shared.connections() {
            queue.under_way += 1;
            drop(queue);
            let shared = Arc::clone(shared);
            return Place::Alone(values, Some(Turn { group, shared }));
        }
        let (sender, answer) = oneshot::channel();
        let number = queue.next;
        queue.next += 1;
        queue.waiting.push(Waiting {
            number,
            values,
            answer: sender,
        });
        drop(queue);
        Place::Together(Pending {
            group,
            number,
            answer,
            is_answered: false,
        })
    }

    /// The group of a statement, unless another text has the same key.
    fn group(&self, kind: Kind, text: &Text) -> Option<Arc<Group>> {
        let same =
            |group: &Arc<Group>| (group.text.as_str() == text.as_str()).then(|| Arc::clone(group));
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = known.get(&text.key()) {
            return same(group);
        }
        drop(known);
        let mut groups = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let group = groups.entry(text.key()).or_insert_with(|| {
            Arc::new(Group {
                text: text.clone(),
                kind,
                many: OnceLock::new(),
                queue: Mutex::default(),
            })
        });
        same(group)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queue = self.group.queue();
        let most = queue.waiting.len().min(MOST);
        let next: Vec<Waiting> = queue.waiting.drain(..most).collect();
        let runtime = tokio::runtime::Handle::try_current();
        let (Ok(runtime), false) = (runtime, next.is_empty()) else {
            // Without a runtime nothing is ever sent again, and who waits hears that.
            queue.under_way -= 1;
            return;
        };
        drop(queue);
        let turn = Self {
            group: Arc::clone(&self.group),
            shared: Arc::clone(&self.shared),
        };
        drop(runtime.spawn(turn.send(next)));
    }
}

impl Turn {
    /// Sends the calls of those who still want an answer, and tells each what became of its own.
    async fn send(self, waiting: Vec<Waiting>) {
        let waiting: Vec<Waiting> = (waiting.into_iter())
            .filter(|it| !it.answer.is_closed())
            .collect();
        match self.call(&waiting).await {
            Ok(Some(rows)) => {
                for (it, row) in waiting.into_iter().zip(rows) {
                    let _ = it.answer.send(Ok(Answer::Row(row)));
                }
            }
            Err(trouble) if self.is_told(&trouble) => {
                let error = trouble.into_error();
                for it in waiting {
                    let _ = it.answer.send(Err(error.clone()));
                }
            }
            _ => {
                for it in waiting {
                    let _ = it.answer.send(Ok(Answer::Alone(it.values)));
                }
            }
        }
    }

    /// Whether each hears of the trouble as it is, and does not try alone: the outcome of an insert
    /// is unknown where its connection was lost, and nobody has to wait twice for a server that is away.
    fn is_told(&self, trouble: &Trouble) -> bool {
        match trouble {
            Trouble::Lost(_) => self.group.kind == Kind::Insert,
            Trouble::Final(error) => matches!(error, DbError::Unavailable(_)),
            Trouble::Unsent(_) | Trouble::Stale(_) => false,
        }
    }

    /// What came back for each; nothing where they cannot go together.
    async fn call(&self, waiting: &[Waiting]) -> Result<Option<Vec<Option<PostgresRow>>>, Trouble> {
        let [_, _, ..] = waiting else {
            return Ok(None);
        };
        let Some(many) = self.many().await? else {
            return Ok(None);
        };
        let columns: Vec<Vec<&Value>> = (0..waiting[0].values.len())
            .map(|column| {
                waiting
                    .iter()
                    .filter_map(|it| it.values.get(column))
                    .collect()
            })
            .collect();
        let rows = self.shared.rows(many, &columns).await?;
        Ok(match self.group.kind {
            Kind::Insert => {
                (rows.len() == waiting.len()).then(|| rows.into_iter().map(Some).collect())
            }
            Kind::Look => placed(rows, waiting.len()),
        })
    }

    async fn many(&self) -> Result<Option<&Text>, Trouble> {
        if let Some(known) = self.group.many.get() {
            return Ok(known.as_ref());
        }
        let types = self.shared.parameters(&self.group.text).await?;
        let text = self.group.text.as_str();
        let many = match self.group.kind {
            Kind::Insert => many::all_or_none(text, &types),
            Kind::Look => many::lookups(text, &types),
        };
        Ok(self
            .group
            .many
            .get_or_init(|| many.map(Text::owned))
            .as_ref())
    }
}

/// Each row at the place that its last column tells, counted from 1: the first one of those at a place.
fn placed(rows: Vec<PostgresRow>, places: usize) -> Option<Vec<Option<PostgresRow>>> {
    let mut all: Vec<Option<PostgresRow>> = (0..places).map(|_| None).collect();
    for row in rows {
        let place: i64 = row.try_get(row.len().checked_sub(1)?).ok()?;
        let place = usize::try_from(place.checked_sub(1)?).ok()?;
        all.get_mut(place)?.get_or_insert(row);
    }
    Some(all)
}

/// What the caller wanted of the one row, or of none.
pub(super) fn read<C: Collect>(row: Option<&PostgresRow>) -> Result<C::Output, DbError> {
    let mut collected = C::default();
    if let Some(row) = row {
        collected.take(&Row::postgres(row))?;
    }
    collected.finish(row.into_iter().count() as u64)
}
