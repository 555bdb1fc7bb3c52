//! Running a removal, the short way where it can be and under locks where it must.

use super::batch::Root;
use super::{Batch, Removal, Steps, Whole};
use crate::Error;
use crate::db::{Db, DbError, IntoValue, Sql, Transaction};
use crate::http::{Caller, Removal as Request};
use crate::params;

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
        if self.reaches {
            self.previewed(db, root.id.clone())
                .await?
                .require_removable()?;
        }
        match self.remove_at_once(db, &root, &batch).await {
            Err(error @ DbError::ForeignKey { .. }) => {
                self.previewed(db, root.id.clone())
                    .await?
                    .require_removable()?;
                // Nothing keeps the record: somebody added to it in the meantime.
                tracing::debug!(%error, table = self.table, "a removal is run again under locks");
                self.remove_locked(db, &root, &batch).await
            }
            outcome => outcome.map_err(Error::from),
        }
    }

    /// Removes a record within a transaction that does more; whether there was one.
    ///
    /// # Errors
    ///
    /// That of the statement that fails: nothing has happened then once the transaction is rolled back.
    pub async fn run(
        &self,
        tx: &mut Transaction<'_>,
        batch: &Batch,
        id: impl IntoValue + std::fmt::Display,
        expected: Option<i64>,
    ) -> Result<bool, DbError> {
        self.run_locked(tx, batch, &Root::new(id, expected)).await
    }

    /// Why a removal in a transaction failed: what keeps the record is said by name.
    pub async fn explain(&self, db: &Db, id: impl IntoValue, error: DbError) -> Error {
        if matches!(error, DbError::ForeignKey { .. })
            && let Ok(preview) = self.previewed(db, id.into_value()).await
            && let Err(refused) = preview.require_removable()
        {
            return refused;
        }
        error.into()
    }

    async fn remove_at_once(&self, db: &Db, root: &Root, batch: &Batch) -> Result<bool, DbError> {
        #[cfg(feature = "sqlite")]
        if let (crate::db::Engine::Sqlite, Some(steps)) = (db.engine(), &self.sqlite) {
            return db.steps(steps.of(self, root, batch)).await;
        }
        match &self.postgres {
            Some(whole) if !self.is_tree => {
                let values = batch.whole(self, root, whole.takes);
                let (gone,): (i64,) = db.write_one(whole.statement, values).await?;
                Ok(gone > 0)
            }
            _ => {
                let mut tx = db.begin().await?;
                let removed = self.run_locked(&mut tx, batch, root).await?;
                tx.commit().await?;
                Ok(removed)
            }
        }
    }

    async fn remove_locked(&self, db: &Db, root: &Root, batch: &Batch) -> Result<bool, Error> {
        let mut tx = db.begin().await?;
        let removed = self.run_locked(&mut tx, batch, root).await?;
        tx.commit().await?;
        Ok(removed)
    }

    async fn run_locked(
        &self,
        tx: &mut Transaction<'_>,
        batch: &Batch,
        root: &Root,
    ) -> Result<bool, DbError> {
        let there: Option<(bool,)> = tx.fetch_optional(self.root, root.values(self)).await?;
        if there.is_none() {
            return Ok(false);
        }
        match (tx.engine(), &self.sqlite, &self.postgres) {
            (crate::db::Engine::Sqlite, Some(steps), _) => steps.run(self, tx, root, batch).await?,
            (crate::db::Engine::Postgres, _, Some(whole)) => {
                whole.run(self, tx, root, batch).await?;
            }
            (engine, ..) => {
                let detail = format!("this service is generated without {engine}");
                return Err(DbError::other(detail));
            }
        }
        Ok(true)
    }
}

impl Whole {
    async fn run(
        &self,
        removal: &Removal,
        tx: &mut Transaction<'_>,
        root: &Root,
        batch: &Batch,
    ) -> Result<(), DbError> {
        for lock in self.locks {
            let mut held: Vec<(String,)> = Vec::new();
            loop {
                let mut found: Vec<(String,)> = tx.fetch_all(lock, vec![root.id.clone()]).await?;
                found.sort();
                // Below a record that is held nothing can be added; where records take their own
                // kind along, some were held only after their children had been looked for.
                let is_all = !removal.is_tree || found == held;
                held = found;
                if is_all {
                    break;
                }
            }
        }
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
        tx: &mut Transaction<'_>,
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
        use crate::db::{Engine, Step, Wants};
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
