//! One command as a unit of work: what it writes, and what becomes of it.
//!
//! Most commands write and are done. Some are only tried (`validate_only`): they run to their
//! end and are rolled back. Some carry an idempotency key: their answer is kept in the
//! transaction of the write, so that neither is ever there without the other. A command is
//! written once, against [`Work`], and knows nothing of this.

use std::ops::{Deref, DerefMut};

use ::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::Error;
use crate::db::{Db, Work};
use crate::http::Instead;
use crate::idempotency::{Answer, Claim};

/// One command on the database. `T` is what the command answers with.
#[derive(Debug)]
pub struct Unit<'a, T> {
    work: Work<'a>,
    fate: Fate,
    render: fn(&T) -> Response,
}

/// What becomes of the work once it is done.
#[derive(Debug)]
enum Fate {
    /// It lasts.
    Lasts,
    /// It is undone: the caller only wanted to know whether it can be done.
    Tried,
    /// It lasts together with its answer.
    Kept(Box<Claim>),
}

impl<'a, T> Unit<'a, T> {
    /// For a command that the service's own code runs: what it does lasts, and its answer is a value.
    pub fn new(db: &'a Db) -> Self {
        Self::lasting(db, |_| StatusCode::NO_CONTENT.into_response())
    }

    pub(crate) fn lasting(db: &'a Db, render: fn(&T) -> Response) -> Self {
        Self {
            work: Work::new(db),
            fate: Fate::Lasts,
            render,
        }
    }

    pub(crate) fn tried(db: &'a Db, render: fn(&T) -> Response) -> Self {
        Self {
            work: Work::together(db),
            fate: Fate::Tried,
            render,
        }
    }

    pub(crate) fn kept(db: &'a Db, claim: Box<Claim>, render: fn(&T) -> Response) -> Self {
        Self {
            work: Work::together(db),
            fate: Fate::Kept(claim),
            render,
        }
    }

    /// Whether nothing of it is to last: the caller only wants to know whether it can be done.
    pub(crate) const fn is_tried(&self) -> bool {
        matches!(self.fate, Fate::Tried)
    }

    /// Ends the command: `outcome` is what it answers with.
    ///
    /// `false` when nothing of it lasts, so that nobody need be told of it.
    ///
    /// # Errors
    ///
    /// When the database could not commit.
    pub async fn commit(&mut self, outcome: &T) -> Result<bool, Error> {
        match &mut self.fate {
            Fate::Lasts => {
                self.work.commit().await?;
                Ok(true)
            }
            Fate::Tried => {
                self.work.roll_back().await;
                Ok(false)
            }
            Fate::Kept(claim) => {
                let answer = Answer::of((self.render)(outcome)).await?;
                let is_first = Box::pin(claim.keep(&mut self.work, answer)).await?;
                if is_first {
                    self.work.commit().await?;
                } else {
                    self.work.roll_back().await;
                }
                Ok(is_first)
            }
        }
    }

    /// What the client is told. An error of a request with an idempotency key is kept as well,
    /// unless the same request may succeed when it is simply sent again.
    ///
    /// # Errors
    ///
    /// The command's own, and the answer that another instance was faster to give.
    pub async fn answer(self, outcome: Result<T, Error>) -> Result<Response, Instead> {
        match (self.fate, outcome) {
            (Fate::Lasts, Ok(outcome)) => Ok((self.render)(&outcome)),
            (Fate::Tried, Ok(outcome)) => Ok(as_if((self.render)(&outcome))),
            (Fate::Lasts | Fate::Tried, Err(error)) => Err(error.into()),
            (Fate::Kept(claim), outcome) => {
                Box::pin(settle(*claim, self.work, outcome.err())).await
            }
        }
    }
}

async fn settle(
    claim: Claim,
    mut work: Work<'_>,
    failed: Option<Error>,
) -> Result<Response, Instead> {
    // Whatever the command left half done goes first: the answer is kept without it.
    work.roll_back().await;
    match failed {
        None => claim.answer(&mut work).await,
        Some(error) => Err(claim.refuse(&mut work, error).await),
    }
}

/// The answer of a command that was only tried: nothing was made, so nothing is named.
fn as_if(mut response: Response) -> Response {
    if response.status() == StatusCode::CREATED {
        *response.status_mut() = StatusCode::OK;
    }
    let headers = response.headers_mut();
    headers.remove(header::LOCATION);
    headers.remove(header::ETAG);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl<'a, T> Deref for Unit<'a, T> {
    type Target = Work<'a>;

    fn deref(&self) -> &Work<'a> {
        &self.work
    }
}

impl<T> DerefMut for Unit<'_, T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.work
    }
}

/// A record after a command that makes it or writes over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved<T> {
    /// It was not there before.
    Created(T),
    /// It was there, and is changed.
    Changed(T),
    /// It was there, and nothing had to be changed.
    Unchanged(T),
}

impl<T> Saved<T> {
    /// The record, however it came about.
    pub fn into_record(self) -> T {
        match self {
            Self::Created(record) | Self::Changed(record) | Self::Unchanged(record) => record,
        }
    }
}

impl<T: serde::Serialize> serde::Serialize for Saved<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<T> Deref for Saved<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Created(record) | Self::Changed(record) | Self::Unchanged(record) => record,
        }
    }
}
