//! What a removal would do, and why it was refused.

use serde::Serialize;

use super::Removal;
use crate::Error;
use crate::db::{Db, DbError, IntoValue, Value};
use crate::input::Violations;

/// What a removal would do: the answer to whoever asks first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Whether nothing keeps the record.
    pub removable: bool,
    /// How many rows would be touched.
    pub rows: i64,
    /// What would happen, by table, the record itself first; what would not is left out.
    pub effects: Vec<Effect>,
}

/// What happens to rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The table.
    pub table: String,
    /// `archived`, `deleted`, `unlinked`, `cleared`, `detached`, or `restricts`: those keep the record.
    pub effect: String,
    /// How many.
    pub count: i64,
}

impl Removal {
    /// What removing the record would do; `None` when there is no such record.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn preview(&self, db: &Db, id: impl IntoValue) -> Result<Option<Preview>, Error> {
        let preview = self.previewed(db, id.into_value()).await?;
        Ok((preview.effects.first())
            .is_some_and(|root| root.table == self.table && root.effect != "restricts")
            .then_some(preview))
    }

    pub(super) async fn previewed(&self, db: &Db, id: Value) -> Result<Preview, DbError> {
        let rows: Vec<(String, String, i64)> = db.fetch_all(self.preview, vec![id]).await?;
        let effects: Vec<Effect> = rows
            .into_iter()
            .map(|(table, effect, count)| Effect {
                table,
                effect,
                count,
            })
            .filter(|it| it.count > 0)
            .collect();
        let touched = effects.iter().filter(|it| it.effect != "restricts");
        let rows = touched.map(|it| it.count).sum();
        Ok(Preview {
            removable: !effects.iter().any(|it| it.effect == "restricts"),
            rows,
            effects,
        })
    }
}

impl Preview {
    /// Refuses what cannot be removed.
    pub(super) fn require_removable(&self) -> Result<(), Error> {
        let kept: Vec<&Effect> = self
            .effects
            .iter()
            .filter(|it| it.effect == "restricts")
            .collect();
        if kept.is_empty() {
            return Ok(());
        }
        Err(referred(&kept))
    }
}

/// 409: something refers to the record, and says so for each table.
fn referred(kept: &[&Effect]) -> Error {
    let mut found = Violations::new();
    let mut names: Vec<String> = Vec::new();
    for effect in kept {
        let words = effect.table.replace('_', " ");
        let detail = format!("{} {words} refer to it.", effect.count);
        found.add(format!("/{}", effect.table), "STILL_REFERENCED", detail);
        if !names.contains(&words) {
            names.push(words);
        }
    }
    let detail = format!("It is still referred to by {}.", names.join(" and "));
    Error::failed_precondition("STILL_REFERENCED", detail).with_violations(found)
}
