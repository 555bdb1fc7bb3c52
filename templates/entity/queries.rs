//! The questions that can be asked about {{ naming.plural_sentence }}.

//% for line in query_imports
{{ line }}
//% endfor

use super::model::{ {{ naming.entity }}, {{ naming.entity }}Page };
use crate::app::App;

//% for statement in queries
/// {{ statement.doc }}
pub const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
/// What page tokens of the default order are good for.
const SCOPE: &str = "{{ scope }}";

/// {{ naming.capital_a_sentence }} by its id.
///
/// # Errors
///
/// Says so when there is none.
pub async fn find(app: &App, id: {{ id }}) -> Result<{{ naming.entity }}, Error> {
    app.db
        .fetch_optional(&FIND, params![id])
        .await?
        .ok_or_else(|| Error::not_found("{{ naming.sentence }}", id))
}

/// A page of {{ naming.plural_sentence }}, in the default order.
///
/// # Errors
///
/// Refuses a page token that this list did not give out.
pub async fn list(app: &App, listing: &http::Listing) -> Result<{{ naming.entity }}Page, Error> {
    let size = listing.page_size({{ default_page }}, {{ max_page }});
    // One row more than asked for tells whether another page follows.
    let rows: Vec<{{ naming.entity }}> = match listing.cursor::<{{ cursor_type }}>(&app.pages, SCOPE)? {
        None => app.db.fetch_all(&LIST, params![size + 1]).await?,
        Some({{ cursor_pattern }}) => {
            app.db
                .fetch_all(&LIST_AFTER, params![size + 1{% for parameter in cursor_parameters %}, {{ parameter }}{% endfor %}])
                .await?
        }
    };
    let ({{ naming.plural }}, next_page_token) =
        app.pages.page(rows, size, SCOPE, |last: &{{ naming.entity }}| {{ cursor_of_last }})?;
    Ok({{ naming.entity }}Page {
        {{ naming.plural }},
        next_page_token,
    })
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
//% for statement in queries
    ("{{ statement.name }}", &{{ statement.name }}),
//% endfor
];
