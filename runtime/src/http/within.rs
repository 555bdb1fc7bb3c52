//! The body of what is created under its parent.

use axum::extract::{FromRequest, Request};
use serde::Serialize;
use serde_json::Value;

use super::body;
use crate::Error;
use crate::input::{self, Read, Violations};

/// A JSON value in the body, to be read once its parent is known.
#[derive(Debug, Clone)]
pub struct Child(Value);

impl<S: Sync> FromRequest<S> for Child {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Error> {
        let (_, value) = body::document(request).await?;
        Ok(Self(value))
    }
}

impl Child {
    /// Reads it as what belongs to the parent in the path, whose id the member then holds.
    ///
    /// # Errors
    ///
    /// 422 with every violation; one of them where the body names another parent.
    pub fn of<T: Read>(self, member: &'static str, parent: &impl Serialize) -> Result<T, Error> {
        let mut value = self.0;
        let mut contradiction = Violations::new();
        if let Value::Object(members) = &mut value {
            let parent = serde_json::to_value(parent).map_err(Error::internal)?;
            if members.get(member).is_some_and(|given| *given != parent) {
                let detail = "Must be the id in the path, or be left out.";
                contradiction.add(format!("/{member}"), "CONTRADICTION", detail);
            }
            members.insert(member.to_owned(), parent);
        }
        contradiction.into_result()?;
        input::read(value).map_err(Error::invalid)
    }
}
