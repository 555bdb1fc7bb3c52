//! Running a removal, the short way where it can be and under locks where it must.

use super::batch::Root;
use super::{Along, Batch, Removal, Steps, Whole};
use crate::Error;
use crate::db::{Db, DbError, Engine, IntoValue, Sql, Transaction};
use crate::http::{Caller, Removal as Request};
use crate::params;
use crate::record_id::RecordId;

/// The most rows that go by one statement beside others. More have a connection of their own,
/// so that nobody waits behind them.
const AT_ONCE: i64 = 1_000;

/// Ends the leave to delete rows of guarded tables, which a removal takes for itself.
const GUARD: Sql = Sql::new("select set_config('svcgen.archiving', '', true)");

impl Removal {
    /// Removes a record, if it has the `expected` version; whether there was one.
    ///
    /// # Errors
    ///
    /// 409 when something refers to the record or too much goes with it; nothing has happened then.
    pub async fn remove(
        &self,
        db: &Db,
        id: impl IntoValue + std::fmt::Display,
        expected: Option<i64>,
        caller: &Caller,
        request: &Request,
    ) -> Result<bool, Error> {
        let root = Root::new(id, expected);
        let batch = Batch::new(caller, request);
        let (mut is_large, mut rows) = (false, 0);
        if self.reaches {
            let preview = self.previewed(db, root.id.clone()).await?;
            preview.require_removable()?;
            rows = preview.rows;
            is_large = rows > AT_ONCE;
        }
        if is_large {
            let removed = self.remove_large(db, &root, &batch).await;
            return removed.map_err(|error| too_slow(error, rows));
        }
        if self.along.iter().any(|it| (it.rules.are_written)()) {
            return self.remove_locked(db, &root, &batch).await;
        }
        let error = match self.remove_at_once(db, &root, &batch).await {
            Err(error) if is_referred(&error) => error,
            outcome => return outcome,
        };
        self.previewed(db, root.id.clone())
            .await?
            .require_removable()?;
        // Nothing keeps the record: somebody added to it in the meantime.
        tracing::debug!(%error, table = self.table, "a removal is run again under locks");
        self.remove_locked(db, &root, &batch).await
    }

    /// Removes a record within a transaction that does more; whether there was one.
    ///
    /// # Errors
    ///
    /// That of the statement or of the rules that fail: nothing has happened then once the
    /// transaction is rolled back.
    pub async fn run(
        &self,
        tx: &mut Transaction<'static>,
        batch: &Batch,
        id: impl IntoValue + std::fmt::Display,
        expected: Option<i64>,
    ) -> Result<bool, Error> {
        self.run_locked(tx, batch, &Root::new(id, expected)).await
    }

    /// Why a removal in a transaction failed: what keeps the record is said by name.
    pub async fn explain(&self, db: &Db, id: impl IntoValue, error: Error) -> Error {
        if is_referred(&error)
            && let Ok(preview) = self.previewed(db, id.into_value()).await
            && let Err(refused) = preview.require_removable()
        {
            return refused;
        }
        error
    }

    async fn remove_at_once(&self, db: &Db, root: &Root, batch: &Batch) -> Result<bool, Error> {
        #[cfg(feature = "sqlite")]
        if let (Engine::Sqlite, Some(steps)) = (db.engine(), &self.sqlite) {
            return Ok(db.steps(steps.of(self, root, batch)).await?);
        }
        match &self.postgres {
            Some(whole) if !self.is_tree => {
                let values = batch.whole(self, root, whole.takes);
                let (gone,): (i64,) = db.write_one(whole.statement, values).await?;
                Ok(gone > 0)
            }
            _ => self.remove_locked(db, root, batch).await,
        }
    }

    /// One transaction still, however many rows go: nobody ever sees half of them gone.
    async fn remove_large(&self, db: &Db, root: &Root, batch: &Batch) -> Result<bool, Error> {
        let mut tx = db.begin().await?;
        tx.be_patient().await?;
        self.remove_in(tx, db, root, batch).await
    }

    async fn remove_locked(&self, db: &Db, root: &Root, batch: &Batch) -> Result<bool, Error> {
        let tx = db.begin().await?;
        self.remove_in(tx, db, root, batch).await
    }

    async fn remove_in(
        &self,
        mut tx: Transaction<'static>,
        db: &Db,
        root: &Root,
        batch: &Batch,
    ) -> Result<bool, Error> {
        let removed = match self.run_locked(&mut tx, batch, root).await {
            Ok(removed) => tx.commit().await.map(|()| removed).map_err(Error::from),
            Err(error) => {
                // What keeps the record is looked for by others than this transaction.
                drop(tx);
                Err(error)
            }
        };
        match removed {
            Err(error) => Err(self.explain(db, root.id.clone(), error).await),
            removed => removed,
        }
    }

    async fn run_locked(
        &self,
        tx: &mut Transaction<'static>,
        batch: &Batch,
        root: &Root,
    ) -> Result<bool, Error> {
        let there: Option<(bool,)> = tx.fetch_optional(self.root, root.values(self)).await?;
        if there.is_none() {
            return Ok(false);
        }
        for along in self.along {
            self.hold(tx, batch, root, along).await?;
        }
        match (tx.engine(), &self.sqlite, &self.postgres) {
            (Engine::Sqlite, Some(steps), _) => steps.run(self, tx, root, batch).await?,
            (Engine::Postgres, _, Some(whole)) => whole.run(self, tx, root, batch).await?,
            (engine, ..) => {
                let detail = format!("this service is generated without {engine}");
                return Err(DbError::other(detail).into());
            }
        }
        Ok(true)
    }

    /// Holds the records of one kind that go along, and runs what the rules add for each.
    async fn hold(
        &self,
        tx: &mut Transaction<'static>,
        batch: &Batch,
        root: &Root,
        along: &Along,
    ) -> Result<(), Error> {
        let have_rules = (along.rules.are_written)();
        // On SQLite the transaction is the only one that writes.
        if tx.engine() == Engine::Sqlite && !have_rules {
            return Ok(());
        }
        let mut held: Vec<(RecordId,)> = Vec::new();
        loop {
            let found: Vec<(RecordId,)> = tx.fetch_all(along.ids, vec![root.id.clone()]).await?;
            // Below a record that is held nothing can be added; where records take their own
            // kind along, some were held only after their children had been looked for.
            let is_all = !self.is_tree || found.len() == held.len();
            held = found;
            if is_all {
                break;
            }
        }
        if have_rules {
            // The command itself has run them for the record that is removed. Another kind of
            // record can have the same number.
            let is_root = |id: &RecordId| along.table == self.table && id.to_string() == root.shown;
            for (id,) in held.iter().filter(|(id,)| !is_root(id)) {
                (along.rules.inside)(tx, &batch.caller, id.value()).await?;
            }
        }
        Ok(())
    }
}

/// Says what a removal that ran out of time can be told by; it is undone by then.
fn too_slow(error: Error, rows: i64) -> Error {
    if !matches!(error.database(), Some(DbError::Timeout)) {
        return error;
    }
    let detail = format!(
        "{rows} rows would go, which took longer than one transaction may; nothing is removed. Remove some of what goes along first."
    );
    Error::unavailable("REMOVAL_TOO_SLOW", detail).with_metadata("rows", rows.to_string())
}

/// Whether a removal failed because something refers to what would go.
fn is_referred(error: &Error) -> bool {
    matches!(error.database(), Some(DbError::ForeignKey { .. }))
}

impl Whole {
    async fn run(
        &self,
        removal: &Removal,
        tx: &mut Transaction<'static>,
        root: &Root,
        batch: &Batch,
    ) -> Result<(), DbError> {
        let values = batch.whole(removal, root, self.takes);
        let (_gone,): (i64,) = tx.write_one(self.statement, values).await?;
        if removal.archives {
            let _: Option<(Option<String>,)> = tx.write_optional(&GUARD, Vec::new()).await?;
        }
        Ok(())
    }
}

impl Steps {
    async fn run(
        &self,
        removal: &Removal,
        tx: &mut Transaction<'static>,
        root: &Root,
        batch: &Batch,
    ) -> Result<(), DbError> {
        if let Some(restricted) = self.restricted {
            let kept: Option<(bool,)> =
                tx.fetch_optional(restricted, vec![root.id.clone()]).await?;
            if kept.is_some() {
                return Err(DbError::ForeignKey {
                    constraint: None,
                    table: None,
                });
            }
        }
        let mut copied = Vec::new();
        for copy in self.copies {
            copied.push(tx.execute(copy, batch.copied(removal, root)).await?);
        }
        for remember in self.remembered {
            tx.execute(remember, params![root.id.clone(), batch.id])
                .await?;
        }
        for cut in self.cuts {
            tx.execute(cut, vec![root.id.clone()]).await?;
        }
        for end in self.ends {
            let gone = tx.execute(end.delete, vec![root.id.clone()]).await?;
            if end
                .copy
                .and_then(|at| copied.get(at))
                .is_some_and(|kept| *kept != gone)
            {
                return Err(DbError::other("not every row that goes is in the archive"));
            }
        }
        Ok(())
    }

    /// The same for the writer, which runs them in one go.
    #[cfg(feature = "sqlite")]
    fn of(&self, removal: &Removal, root: &Root, batch: &Batch) -> Vec<crate::db::Step> {
        use crate::db::{Step, Wants};
        let mut steps = Vec::new();
        let mut add = |sql: &Sql, values, wants| {
            let text = sql.variant(Engine::Sqlite).clone();
            steps.push(Step {
                text,
                values,
                wants,
            });
            steps.len() - 1
        };
        add(removal.root, root.values(removal), Wants::SomeRow);
        if let Some(restricted) = self.restricted {
            add(restricted, vec![root.id.clone()], Wants::NoRow);
        }
        let mut copies = Vec::new();
        for copy in self.copies {
            copies.push(add(copy, batch.copied(removal, root), Wants::Anything));
        }
        for remember in self.remembered {
            add(
                remember,
                params![root.id.clone(), batch.id],
                Wants::Anything,
            );
        }
        for cut in self.cuts {
            add(cut, vec![root.id.clone()], Wants::Anything);
        }
        for end in self.ends {
            let copy = end.copy.and_then(|at| copies.get(at));
            let wants = copy.map_or(Wants::Anything, |at| Wants::AsMany(*at));
            add(end.delete, vec![root.id.clone()], wants);
        }
        steps
    }
}
