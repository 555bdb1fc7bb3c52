//! What was removed together comes back together: the archives of all records, and what ties them.

//% if routed
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use svcgen_runtime::{archive, http};
use uuid::Uuid;

use crate::app::App;
//% else
use svcgen_runtime::archive;
//% endif

//% if ties
use svcgen_runtime::db;

//% for statement in statements
/// {{ statement.doc }}
const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
//% endif
/// The archives, each after those that its records refer to.
pub const ARCHIVES: archive::Archives = archive::Archives {
    records: &[
//% for module in modules
        &crate::{{ module }}::archive::ARCHIVE,
//% endfor
    ],
    ties: &[
//% for tie in ties
        archive::Tie {
            touches: &[{% for name in tie.touches %}&{{ name }}, {% endfor %}],
            tie: &{{ tie.tie }},
            forget: &{{ tie.forget }},
        },
//% endfor
    ],
};

//% if routed
/// The route that restores a whole batch, with other values for some of its records.
pub fn routes() -> Router<App> {
    Router::new().route("{{ batches }}/{batch}/restore", post(restore))
}

async fn restore(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(batch): http::Id<Uuid>,
    write: http::Write,
    archive::Overrides(overrides): archive::Overrides<archive::ByRecord>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::told).await?;
    let outcome = ARCHIVES.restore_batch(&mut unit, &caller, batch, &overrides).await;
    unit.answer(outcome).await
}

//% endif
