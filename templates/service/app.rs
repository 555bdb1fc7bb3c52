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
    const NAME: &'static str = "{{ name }}";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const MIGRATIONS: &'static [Migration] = crate::migrations::ALL;
//% for item in service_items
    {{ item }}
//% endfor

    async fn start(resources: Resources) -> Result<Self, StartError> {
        Ok(Self {
            db: resources.db,
            pages: resources.pages,
        })
    }

    fn router(self) -> Router {
        Router::new()
//% for router in routers
            .merge(crate::{{ router }})
//% endfor
            .with_state(self)
    }
}
