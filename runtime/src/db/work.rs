//! The statements of one command: each alone, or all of them in one transaction.
//!
//! A command does not choose for its caller. A statement that can stand alone takes the fast
//! path of the engine; [`Work::hold`] begins a transaction, and everything after it is part of
//! that. Whoever makes the work says whether even the first statement must be.

use super::{Db, DbError, FromRow, Sql, Transaction, Value};

/// How often a command tries again to make or to change a record that others make and remove at
/// the same time.
pub const ATTEMPTS: usize = 4;

/// What one command does to the database. Dropping it undoes what is not committed.
pub struct Work<'a> {
    db: &'a Db,
    held: Option<Transaction<'static>>,
    together: bool,
}

/// Does the same in the transaction, where there is to be one, or on the database itself.
///
/// The way through a transaction is boxed, so that the future of the fast path stays small.
macro_rules! run {
    ($work:ident.$verb:ident($sql:ident, $params:ident)) => {
        if $work.may_stand_alone() {
            $work.db.$verb($sql, $params).await
        } else {
            Box::pin(async { $work.hold().await?.$verb($sql, $params).await }).await
        }
    };
}

impl<'a> Work<'a> {
    /// Statements that need not know of each other, until [`hold`](Self::hold) is called.
    pub const fn new(db: &'a Db) -> Self {
        Self {
            db,
            held: None,
            together: false,
        }
    }

    /// Statements that are all part of one transaction, the first one included.
    pub const fn together(db: &'a Db) -> Self {
        Self {
            db,
            held: None,
            together: true,
        }
    }

    /// Whether a statement may stand alone still.
    pub const fn may_stand_alone(&self) -> bool {
        !self.together && self.held.is_none()
    }

    /// The transaction, which begins here if it has not begun yet.
    ///
    /// On SQLite it holds the only writer: whatever is slow comes before.
    ///
    /// # Errors
    ///
    /// When there is no connection to be had.
    pub async fn hold(&mut self) -> Result<&mut Transaction<'static>, DbError> {
        let transaction = match self.held.take() {
            Some(transaction) => transaction,
            None => self.db.begin().await?,
        };
        Ok(self.held.insert(transaction))
    }

    /// Writes, and reads the first row of `returning`, if there is one.
    pub async fn write_optional<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Option<T>, DbError> {
        run!(self.write_optional(sql, params))
    }

    /// Writes, and reads the first row of `returning`, or fails with [`DbError::NoRow`].
    pub async fn write_one<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<T, DbError> {
        run!(self.write_one(sql, params))
    }

    /// Writes, and tells how many rows.
    pub async fn execute(&mut self, sql: &Sql, params: Vec<Value>) -> Result<u64, DbError> {
        run!(self.execute(sql, params))
    }

    /// Reads the first row, or fails with [`DbError::NoRow`].
    pub async fn fetch_one<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<T, DbError> {
        run!(self.fetch_one(sql, params))
    }

    /// Reads the first row, if there is one.
    pub async fn fetch_optional<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Option<T>, DbError> {
        run!(self.fetch_optional(sql, params))
    }

    /// Reads all rows.
    pub async fn fetch_all<T: FromRow + Send + 'static>(
        &mut self,
        sql: &Sql,
        params: Vec<Value>,
    ) -> Result<Vec<T>, DbError> {
        run!(self.fetch_all(sql, params))
    }

    /// Makes last what a transaction holds; what ran alone lasts already.
    pub(crate) async fn commit(&mut self) -> Result<(), DbError> {
        match self.held.take() {
            Some(transaction) => Box::pin(transaction.commit()).await,
            None => Ok(()),
        }
    }

    /// Undoes what a transaction holds, now and not when somebody gets to it.
    pub(crate) async fn roll_back(&mut self) {
        if let Some(transaction) = self.held.take() {
            Box::pin(transaction.roll_back()).await;
        }
    }
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Work")
            .field("db", self.db)
            .field("is_held", &self.held.is_some())
            .finish_non_exhaustive()
    }
}
