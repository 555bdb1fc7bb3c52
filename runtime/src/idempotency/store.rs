//! The table of kept answers.

use jiff::Timestamp;

use super::{Answer, Digest};
use crate::db::{Bytes, Db, DbError, Json, Sql, Work};
use crate::params;

const FIND: Sql = Sql::new(
    "select fingerprint, status, headers, body from idempotency_keys
     where id = $1 and expires_at > $2",
);

/// One that has expired and was not swept yet makes room.
const KEEP: Sql = Sql::new(
    "insert into idempotency_keys
         (id, caller, operation, idempotency_key, fingerprint, status, headers, body,
          created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (id) do update set
         fingerprint = excluded.fingerprint, status = excluded.status,
         headers = excluded.headers, body = excluded.body,
         created_at = excluded.created_at, expires_at = excluded.expires_at
     where idempotency_keys.expires_at <= excluded.created_at",
);

/// So many at once that a sweep never keeps others from writing for long.
const SWEEP: Sql = Sql::new(
    "delete from idempotency_keys where id in
         (select id from idempotency_keys where expires_at <= $1 order by expires_at limit 500)",
);

/// One kept answer.
pub(super) struct Entry<'a> {
    pub id: Digest,
    pub caller: &'a str,
    pub operation: String,
    pub key: &'a str,
    pub fingerprint: Digest,
    pub answer: &'a Answer,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The answer kept under an id, with the fingerprint of its request.
pub(super) async fn find(
    work: &mut Work<'_>,
    id: &Digest,
    now: Timestamp,
) -> Result<Option<(Digest, Answer)>, DbError> {
    type Row = (Bytes, i64, Json<Vec<(String, String)>>, Bytes);
    let row: Option<Row> = work
        .fetch_optional(&FIND, params![Bytes(id.to_vec()), now])
        .await?;
    let Some((fingerprint, status, Json(headers), body)) = row else {
        return Ok(None);
    };
    let unreadable = || DbError::other("a kept answer cannot be read");
    let fingerprint = Digest::try_from(fingerprint.0).map_err(|_| unreadable())?;
    let answer = Answer::kept(status, &headers, body.0).ok_or_else(unreadable)?;
    Ok(Some((fingerprint, answer)))
}

/// Keeps an answer; `false` when there is one already.
pub(super) async fn keep(work: &mut Work<'_>, entry: &Entry<'_>) -> Result<bool, DbError> {
    let parameters = params![
        Bytes(entry.id.to_vec()),
        entry.caller,
        &entry.operation,
        entry.key,
        Bytes(entry.fingerprint.to_vec()),
        i64::from(entry.answer.status.as_u16()),
        Json(entry.answer.header_texts()),
        Bytes(entry.answer.body.to_vec()),
        entry.created_at,
        entry.expires_at,
    ];
    Ok(work.execute(&KEEP, parameters).await? == 1)
}

/// Removes what has expired, and tells how many answers that were.
pub(crate) async fn sweep(db: &Db, now: Timestamp) -> Result<u64, DbError> {
    let mut swept = 0;
    loop {
        let some = db.execute(&SWEEP, params![now]).await?;
        swept += some;
        if some == 0 {
            return Ok(swept);
        }
    }
}
