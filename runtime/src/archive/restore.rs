//! A restore: everything that stands in the way is found first, then the records are made,
//! parents before children, and leave the archive, all in one transaction.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use uuid::Uuid;

use super::conflict::{Conflict, refused};
use super::{Archive, Archives, ByRecord};
use crate::db::{DbError, IntoValue, Transaction, Value};
use crate::http::Caller;
use crate::input::Violations;
use crate::record_id::RecordId;
use crate::{Error, Unit, params};

/// What a restore brought back, or would bring back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The batch that it was archived in.
    pub batch: Uuid,
    /// Whether it was only tried.
    pub validate_only: bool,
    /// The records, parents first.
    pub records: Vec<RestoredRecord>,
}

/// One record that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoredRecord {
    /// Its table.
    pub table: &'static str,
    /// Its id.
    pub id: String,
}

/// What is restored.
struct Wanted<'a> {
    batch: Uuid,
    /// One record, or all of the batch.
    one: Option<Uuid>,
    /// The pairs of the one.
    overrides: Vec<Value>,
    /// What some of all shall have instead.
    by_record: &'a BTreeMap<Uuid, serde_json::Value>,
}

/// The records of one kind that are restored.
struct Held {
    archive: &'static Archive,
    ids: Vec<(Uuid,)>,
}

impl Archives {
    /// Restores one record.
    ///
    /// # Errors
    ///
    /// 404 when it is not in the archive, 409 with all that stands in the way; nothing has changed then.
    pub async fn restore(
        &self,
        unit: &mut Unit<'_, Restored>,
        caller: &Caller,
        archive: &'static Archive,
        archive_id: Uuid,
        overrides: Vec<Value>,
    ) -> Result<Restored, Error> {
        let missing = || Error::not_found(&format!("archived {}", archive.sentence), archive_id);
        let found: Option<(Uuid,)> = unit
            .fetch_optional(archive.batch, params![archive_id])
            .await?;
        let (batch,) = found.ok_or_else(missing)?;
        let wanted = Wanted {
            batch,
            one: Some(archive_id),
            overrides,
            by_record: &BTreeMap::new(),
        };
        let restored = self.run(unit, caller, &[archive], &wanted).await?;
        restored.ok_or_else(missing)
    }

    /// Restores everything that was removed together, with the values that are overridden.
    ///
    /// # Errors
    ///
    /// 404 when nothing of the batch is in the archive, 422 with all that is wrong with the
    /// overrides, 409 with all that stands in the way; nothing has changed then.
    pub async fn restore_batch(
        &self,
        unit: &mut Unit<'_, Restored>,
        caller: &Caller,
        batch: Uuid,
        overrides: &ByRecord,
    ) -> Result<Restored, Error> {
        let wanted = Wanted {
            batch,
            one: None,
            overrides: Vec::new(),
            by_record: &overrides.overrides,
        };
        let restored = self.run(unit, caller, self.records, &wanted).await?;
        restored.ok_or_else(|| Error::not_found("archived batch", batch))
    }

    /// `None` where nothing of it is in the archive.
    async fn run(
        &self,
        unit: &mut Unit<'_, Restored>,
        caller: &Caller,
        archives: &[&'static Archive],
        wanted: &Wanted<'_>,
    ) -> Result<Option<Restored>, Error> {
        let mut tries = 0;
        let records = loop {
            let tx = unit.hold().await?;
            match self.run_in(tx, caller, archives, wanted).await {
                Ok(records) => break records,
                // Somebody took a value or removed a parent after it was looked for: looking again tells what.
                Err(error) if tries == 0 && is_race(&error) => {
                    tries += 1;
                    unit.roll_back().await;
                }
                Err(error) => return Err(error),
            }
        };
        if records.is_empty() {
            return Ok(None);
        }
        let restored = Restored {
            batch: wanted.batch,
            validate_only: unit.is_tried(),
            records,
        };
        if unit.commit(&restored).await? {
            tracing::info!(
                batch = %wanted.batch,
                by = caller.subject,
                records = restored.records.len(),
                "archived records were restored"
            );
        }
        Ok(Some(restored))
    }

    async fn run_in(
        &self,
        tx: &mut Transaction<'static>,
        caller: &Caller,
        archives: &[&'static Archive],
        wanted: &Wanted<'_>,
    ) -> Result<Vec<RestoredRecord>, Error> {
        if wanted.one.is_none() {
            // A batch has as many records as were removed together.
            tx.be_patient().await?;
        }
        let mut held = Vec::new();
        for &archive in archives {
            let ids: Vec<(Uuid,)> = tx.fetch_all(archive.hold, wanted.key()).await?;
            if !ids.is_empty() {
                held.push(Held { archive, ids });
            }
        }
        wanted.amend(tx, &held).await?;
        wanted.refuse_conflicts(tx, &held).await?;
        let mut back = Vec::new();
        for Held { archive, .. } in &held {
            let values = wanted.values(archive, true);
            let ids: Vec<(RecordId,)> = tx.write_all(archive.restore, values).await?;
            back.push((*archive, ids));
        }
        self.tie(tx, &held, wanted).await?;
        let mut records = Vec::new();
        for (archive, ids) in back {
            for (id,) in ids {
                (archive.inside)(tx, caller, id.value()).await?;
                records.push(RestoredRecord {
                    table: archive.table,
                    id: id.to_string(),
                });
            }
        }
        Ok(records)
    }

    /// What can be done only once all records are there.
    async fn tie(
        &self,
        tx: &mut Transaction<'static>,
        held: &[Held],
        wanted: &Wanted<'_>,
    ) -> Result<(), DbError> {
        for Held { archive, .. } in held {
            if let (Some(refer), None) = (archive.refer, wanted.one) {
                tx.execute(refer, params![wanted.batch]).await?;
            }
            if let (Some(sequence), crate::db::Engine::Postgres) = (archive.sequence, tx.engine()) {
                let _: Option<(i64,)> = tx.write_optional(sequence, Vec::new()).await?;
            }
        }
        for tie in self.ties {
            for touch in tie.touches {
                tx.execute(touch, params![wanted.batch]).await?;
            }
            tx.execute(tie.tie, params![wanted.batch]).await?;
            tx.execute(tie.forget, params![wanted.batch]).await?;
        }
        for Held { archive, .. } in held {
            tx.execute(archive.forget, wanted.key()).await?;
        }
        Ok(())
    }
}

impl Wanted<'_> {
    fn key(&self) -> Vec<Value> {
        params![self.batch, self.one]
    }

    /// Gives records of a batch their other values. They are written into the archive, so that
    /// what follows sees them as if they had been there; the records leave it anyway.
    async fn amend(&self, tx: &mut Transaction<'static>, held: &[Held]) -> Result<(), Error> {
        if self.by_record.is_empty() || held.is_empty() {
            return Ok(());
        }
        let of_kind = |it: &'_ Held| {
            it.ids
                .iter()
                .map(|(id,)| (*id, it.archive))
                .collect::<Vec<_>>()
        };
        let archives: HashMap<Uuid, &Archive> = held.iter().flat_map(of_kind).collect();
        let mut found = Violations::new();
        let mut amended = Vec::new();
        for (id, sent) in self.by_record {
            let pointer = format!("/overrides/{id}");
            let Some(archive) = archives.get(id) else {
                found.add(pointer, "NOT_IN_BATCH", "Is no record of this batch.");
                continue;
            };
            match (archive.read)(sent.clone()) {
                Ok(pairs) => amended.push((archive, id, pairs)),
                Err(violations) => found.add_within(&pointer, violations),
            }
        }
        found.into_result()?;
        for (archive, id, pairs) in amended {
            let mut values = params![self.batch, *id];
            values.extend(pairs);
            tx.execute(archive.amend, values).await?;
        }
        Ok(())
    }

    async fn refuse_conflicts(
        &self,
        tx: &mut Transaction<'static>,
        held: &[Held],
    ) -> Result<(), Error> {
        let mut conflicts = Vec::new();
        for Held { archive, .. } in held {
            let values = self.values(archive, false);
            let found: Vec<Conflict> = tx.fetch_all(archive.conflicts, values).await?;
            let others = found.into_iter().filter(|it| !self.includes(it));
            conflicts.extend(others.map(|conflict| (*archive, conflict)));
        }
        if conflicts.is_empty() {
            return Ok(());
        }
        Err(refused(&conflicts, self.one.is_none()))
    }

    /// The key and the pairs. In a batch, references to what may come later are left out at first.
    fn values(&self, archive: &Archive, is_restore: bool) -> Vec<Value> {
        let mut values = self.key();
        if self.one.is_some() {
            values.extend(self.overrides.iter().cloned());
            return values;
        }
        for number in 0..archive.overrides {
            let left_out = is_restore && archive.late.contains(&number);
            values.push(left_out.into_value());
            values.push(Value::Null);
        }
        values
    }

    /// Whether what is missing comes back together with what misses it.
    fn includes(&self, conflict: &Conflict) -> bool {
        self.one.is_none() && conflict.is_of_batch(self.batch)
    }
}

fn is_race(error: &Error) -> bool {
    matches!(
        error.database(),
        Some(DbError::Unique { .. } | DbError::ForeignKey { .. } | DbError::Serialization)
    )
}
