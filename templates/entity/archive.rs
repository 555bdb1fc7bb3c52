//! The {{ naming.plural_sentence }} that were removed: read, listed and restored.

//% for line in imports
{{ line }}
//% endfor

use super::hooks::Rules as _;
use super::queries::{COLUMNS, FIND};
use super::rules::{{ naming.entity }}Rules;
use crate::app::App;
use crate::archive::ARCHIVES;

//% for shared in shared
/// {{ shared.doc }}
const {{ shared.name }}: &str = {{ shared.literal }};

//% endfor
//% for statement in statements
/// {{ statement.doc }}
const {{ statement.name }}: db::Sql = {{ statement.expression }};

//% endfor
//% if numbered
/// The sequence of ids, beyond those that came back.
const SEQUENCE: db::Sql = db::Sql::new(
    "select setval(pg_get_serial_sequence('\"{{ table }}\"', 'id'), live.most)
     from (select max(id) as most from \"{{ table }}\") as live
     where live.most > coalesce(
         pg_sequence_last_value(pg_get_serial_sequence('\"{{ table }}\"', 'id')::regclass), 0)",
);

//% endif
/// How {{ naming.plural_sentence }} are restored.
pub const ARCHIVE: archive::Archive = archive::Archive {
    table: "{{ table }}",
    sentence: "{{ naming.sentence }}",
    find: &FIND_ARCHIVED,
    batch: &BATCH,
    hold: &HOLD,
    conflicts: &CONFLICTS,
    restore: &RESTORE,
    forget: &FORGET,
    amend: &AMEND,
    read: |sent| Ok(input::read::<{{ naming.entity }}Overrides>(sent)?.parameters()),
    overrides: {{ pairs }},
    late: &[{% for pair in late %}{{ pair }}, {% endfor %}],
//% if refers
    refer: Some(&REFER),
//% else
    refer: None,
//% endif
//% if numbered
    sequence: Some(&SEQUENCE),
//% else
    sequence: None,
//% endif
    inside: |tx, caller, id| {
        let inside = {{ naming.entity }}Rules.inside_restore();
        Box::pin(hooks::inside(tx, caller, inside, FIND, id))
    },
};

/// What a list of archived {{ naming.plural_sentence }} may be asked about.
pub static TABLE: list::Table = archive::table(
    "{{ archive }}",
    {{ columns }},
    &[
//% for member in members
        "{{ member }}",
//% endfor
    ],
    &LISTED,
);

const LISTED: [list::Column; 9] = archive::columns(list::Kind::{{ id_kind }});

/// {{ naming.capital_a_sentence }} in the archive: what it was, and how it came there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Archived{{ naming.entity }} {
    /// How it came there.
    #[serde(flatten)]
    pub archive_entry: archive::Entry,
//% for member in record
//% for line in member.doc
    /// {{ line }}
//% endfor
//% if not member.shown
    #[serde(skip_serializing)]
//% endif
    pub {{ member.name }}: {{ member.ty }},
//% endfor
}

impl db::FromRow for Archived{{ naming.entity }} {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self {
            archive_entry: db::FromRow::from_row(row)?,
//% for member in record
            {{ member.name }}: {{ member.read }},
//% endfor
        })
    }
}

impl list::Record for Archived{{ naming.entity }} {
    fn value(&self, column: &str) -> db::Value {
        self.archive_entry.value(column)
    }
}

//% if pii
impl Archived{{ naming.entity }} {
    /// Without what says something about a person.
    fn masked(mut self) -> Self {
//% for member in pii
        self.{{ member }} = None;
//% endfor
        self
    }
}

//% endif
/// One page of archived {{ naming.plural_sentence }}.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Archived{{ naming.entity }}Page {
    /// The {{ naming.plural_sentence }} of this page, without what says something about a person.
    pub {{ naming.plural }}: Vec<Archived{{ naming.entity }}>,
    /// Asks for the next page; absent on the last one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next_page_token: String,
    /// Asks for the page before; absent on the first one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub previous_page_token: String,
    /// How many there are on all pages, where the caller asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_size: Option<i64>,
}

/// What a restored {{ naming.sentence }} shall have instead of what is archived.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct {{ naming.entity }}Overrides {
//% for member in overrides
//% for line in member.doc
    /// {{ line }}
//% endfor
    pub {{ member.name }}: {{ member.ty }},
//% endfor
}

impl input::Read for {{ naming.entity }}Overrides {
    fn read({{ body }}: &mut input::Object) -> Option<Self> {
//% for member in overrides
        let {{ member.name }} = {{ member.read }};
//% endfor
//% if ignored
        {{ body }}.ignore(&[{% for name in ignored %}"{{ name }}", {% endfor %}]);
//% endif
        Some(Self {
//% for member in overrides
            {{ member.name }}: {{ member.name }}?,
//% endfor
        })
    }
}

impl {{ naming.entity }}Overrides {
    /// The same for a statement, in pairs: whether a value is overridden, and by what.
    fn parameters(&self) -> Vec<db::Value> {
        params![
//% for parameter in parameters
            {{ parameter }},
//% endfor
        ]
    }
}

/// {{ naming.capital_a_sentence }} in the archive. What says something about a person is left out
/// unless it is asked for. Who reads it, and whether in full, is logged.
///
/// # Errors
///
/// Says so when there is none.
pub async fn find(
    app: &App,
    caller: &http::Caller,
    archive_id: Uuid,
    reading: archive::Reading,
) -> Result<Archived{{ naming.entity }}, Error> {
    let mut archived: Archived{{ naming.entity }} = app
        .db
        .fetch_optional(&FIND_ARCHIVED, params![archive_id])
        .await?
        .ok_or_else(|| Error::not_found("archived {{ naming.sentence }}", archive_id))?;
    archive::note_reading(caller, ARCHIVE.table, archive_id, reading);
    ARCHIVE.judge(&app.db, &mut archived.archive_entry).await?;
//% if pii
    if !reading.show_pii {
        return Ok(archived.masked());
    }
//% endif
    Ok(archived)
}

/// The page of archived {{ naming.plural_sentence }} that a caller asks for; that it was read is logged.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn list(
    app: &App,
    caller: &http::Caller,
    listing: &http::Listing,
) -> Result<Archived{{ naming.entity }}Page, Error> {
    let mut page: list::Page<Archived{{ naming.entity }}> = TABLE.page(&app.db, &app.pages, None, listing).await?;
    archive::note_listing(caller, ARCHIVE.table, page.records.len());
    let entries = page.records.iter_mut().map(|it| &mut it.archive_entry);
    ARCHIVE.judge_page(&app.db, listing.mask(&TABLE), entries).await?;
    Ok(Archived{{ naming.entity }}Page {
//% if pii
        {{ naming.plural }}: page.records.into_iter().map(Archived{{ naming.entity }}::masked).collect(),
//% else
        {{ naming.plural }}: page.records,
//% endif
        next_page_token: page.next_page_token,
        previous_page_token: page.previous_page_token,
        total_size: page.total_size,
    })
}

/// Brings {{ naming.a_sentence }} back, with the values that are overridden.
///
/// # Errors
///
/// Says so when there is none, and everything that stands in the way; nothing has changed then.
pub async fn restore(
    caller: &http::Caller,
    unit: &mut Unit<'_, archive::Restored>,
    archive_id: Uuid,
    overrides: &{{ naming.entity }}Overrides,
) -> Result<archive::Restored, Error> {
    ARCHIVES
        .restore(unit, caller, &ARCHIVE, archive_id, overrides.parameters())
        .await
}
