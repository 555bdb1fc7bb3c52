//! The application: what every handler can reach, and the slices put together.

use axum::Router;
use svcgen_runtime::db::{Db, Migration};
use svcgen_runtime::{PageTokens, Resources, Service, StartError};

/// What every handler can reach.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// Makes page tokens and reads them.
    pub pages: PageTokens,
}

impl Service for App {
    const NAME: &'static str = "blog";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const MIGRATIONS: &'static [Migration] = crate::migrations::ALL;
    const KEEPS_ANSWERS: bool = true;
    const OPENAPI: Option<&'static str> = Some(include_str!("../openapi.json"));

    async fn start(resources: Resources) -> Result<Self, StartError> {
        Ok(Self {
            db: resources.db,
            pages: resources.pages,
        })
    }

    fn router(self) -> Router {
        Router::new()
            .merge(crate::archive::routes())
            .merge(crate::author::archive_routes())
            .merge(crate::author::routes())
            .merge(crate::comment::routes())
            .merge(crate::post::archive_routes())
            .merge(crate::post::routes())
            .merge(crate::tag::routes())
            .with_state(self)
    }
}
