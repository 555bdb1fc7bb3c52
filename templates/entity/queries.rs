//! The questions that can be asked about {{ naming.plural_sentence }}.

//% for line in query_imports
{{ line }}
//% endfor

use super::model::{ {{ naming.entity }}, {{ naming.entity }}Page };
use crate::app::App;

//% for shared in shared
/// {{ shared.doc }}
pub const {{ shared.name }}: &str = {{ shared.literal }};

//% endfor
//% for statement in queries
/// {{ statement.doc }}
pub const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
/// What a list of {{ naming.plural_sentence }} may be asked about.
pub static TABLE: list::Table = list::Table {
    name: "{{ list.table }}",
    record: {{ list.record }},
    members: &[{% for member in list.members %}"{{ member }}", {% endfor %}],
    relations: {{ list.relations }},
    columns: &[
//% for column in list.columns
        {{ column }},
//% endfor
    ],
    default_order: &[{% for term in list.default_order %}{{ term }}, {% endfor %}],
    key: "id",
    page_size: {{ list.page_size }},
    most: {{ list.most }},
    plain: Some(list::Plain {
        first: LIST,
//% if list.has_after
        after: Some(LIST_AFTER),
//% else
        after: None,
//% endif
    }),
//% if list.search
    search: Some(list::Search {
        index: "{{ list.search.index }}",
        columns: &[{% for column in list.search.columns %}"{{ column }}", {% endfor %}],
    }),
//% else
    search: None,
//% endif
};

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

/// The page of {{ naming.plural_sentence }} that a caller asks for.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn list(app: &App, listing: &http::Listing) -> Result<{{ naming.entity }}Page, Error> {
    let page = TABLE.page(&app.db, &app.pages, None, listing).await?;
    Ok(page.into())
}

/// Groups of {{ naming.plural_sentence }}, and what a caller asks to measure in each.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn aggregate(app: &App, aggregation: &http::Aggregation) -> Result<list::Groups, Error> {
    TABLE.aggregate(&app.db, &app.pages, None, aggregation).await
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
//% for statement in queries
    ("{{ statement.name }}", &{{ statement.name }}),
//% endfor
];
