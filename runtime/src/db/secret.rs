//! Secrets that every instance of a service shares through its database, such as the
//! key of page tokens.

use super::{Bytes, Db, DbError, Sql, params};

const CREATE: Sql = Sql::each(
    "create table if not exists svcgen_secrets (name text primary key, value blob not null) strict",
    "create table if not exists svcgen_secrets (name text primary key, value bytea not null)",
);
const INSERT: Sql = Sql::new(
    "insert into svcgen_secrets (name, value) values ($1, $2) on conflict (name) do nothing",
);
const SELECT: Sql = Sql::new("select value from svcgen_secrets where name = $1");

impl Db {
    /// The 32 random bytes of that name. Whoever asks first creates them; everybody gets the same.
    ///
    /// # Errors
    ///
    /// Those of the database, or [`DbError::Other`] when the stored secret has been damaged.
    pub async fn secret(&self, name: &str) -> Result<[u8; 32], DbError> {
        if let Ok(Some(secret)) = self.stored_secret(name).await {
            return Ok(secret);
        }
        self.create_secrets().await?;
        let mut fresh = [0; 32];
        getrandom::fill(&mut fresh).map_err(DbError::other)?;
        self.execute(&INSERT, params![name, Bytes(fresh.to_vec())])
            .await?;
        self.stored_secret(name).await?.ok_or(DbError::NoRow)
    }

    async fn stored_secret(&self, name: &str) -> Result<Option<[u8; 32]>, DbError> {
        let found: Option<(Bytes,)> = self.fetch_optional(&SELECT, params![name]).await?;
        found
            .map(|(bytes,)| {
                bytes.0.try_into().map_err(|_| {
                    DbError::other(format!("the secret `{name}` does not have 32 bytes"))
                })
            })
            .transpose()
    }

    async fn create_secrets(&self) -> Result<(), DbError> {
        match self.execute(&CREATE, Vec::new()).await {
            // On PostgreSQL, two that create the table at once can collide in its catalogue; it is there then.
            Err(DbError::Unique { .. }) => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }
}
