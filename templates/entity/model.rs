//! {{ naming.capital_plural }} as stored and as sent.

//% for line in imports
{{ line }}
//% endfor

//% for enum in enums
svcgen_runtime::text_enum! {
//% for line in enum.doc
    /// {{ line }}
//% endfor
    pub enum {{ enum.name }} {
//% for variant in enum.variants
//% for line in variant.doc
        /// {{ line }}
//% endfor
        {{ variant.name }} = {{ variant.text }},
//% endfor
    }
}

//% endfor
//% for line in naming.doc
/// {{ line }}
//% endfor
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct {{ naming.entity }} {
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

impl db::FromRow for {{ naming.entity }} {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self {
//% for member in record
            {{ member.name }}: {{ member.read }},
//% endfor
        })
    }
}

//% if versioned
impl http::Tag for {{ naming.entity }} {
    fn entity_tag(&self) -> Option<String> {
        Some(http::version_tag(self.version))
    }
}
//% else
impl svcgen_runtime::http::Tag for {{ naming.entity }} {}
//% endif

impl list::Record for {{ naming.entity }} {
    fn value(&self, column: &str) -> db::Value {
        match column {
//% for key in keys
            "{{ key.column }}" => db::Value::of({{ key.value }}),
//% endfor
            _ => db::Value::Null,
        }
    }
}

/// What a caller sends to create {{ naming.a_sentence }}.
#[derive(Debug, Clone, PartialEq)]
pub struct New{{ naming.entity }} {
//% for member in new
//% for line in member.doc
    /// {{ line }}
//% endfor
    pub {{ member.name }}: {{ member.ty }},
//% endfor
}

impl input::Read for New{{ naming.entity }} {
    fn read({{ body }}: &mut input::Object) -> Option<Self> {
//% for member in new
        let {{ member.name }} = {{ member.read }};
//% endfor
//% if ignored_new
        {{ body }}.ignore(&[{% for name in ignored_new %}"{{ name }}", {% endfor %}]);
//% endif
        Some(Self {
//% for member in new
            {{ member.name }}: {{ member.name }}?,
//% endfor
        })
    }
}

//% if agreed
impl New{{ naming.entity }} {
    /// What it says differently from the current record, and cannot be changed once it is created.
    pub fn agree_with(&self, current: &{{ naming.entity }}) -> Violations {
        let mut found = Violations::new();
//% for member in agreed
        if self.{{ member.name }} != current.{{ member.name }} {
            found.add("/{{ member.column }}", "IMMUTABLE", "Cannot be changed once it is created.");
        }
//% endfor
        found
    }
}

//% endif
//% if changes
/// What a caller sends to change {{ naming.a_sentence }}: what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct {{ naming.entity }}Changes {
//% for member in changes
//% for line in member.doc
    /// {{ line }}
//% endfor
    pub {{ member.name }}: {{ member.ty }},
//% endfor
}

impl input::Read for {{ naming.entity }}Changes {
    fn read({{ body }}: &mut input::Object) -> Option<Self> {
//% for member in changes
        let {{ member.name }} = {{ member.read }};
//% endfor
//% if immutable
        {{ body }}.immutable(&[{% for name in immutable %}"{{ name }}", {% endfor %}]);
//% endif
        {{ body }}.keep(&[{% for name in ignored_changes %}"{{ name }}", {% endfor %}]);
        Some(Self {
//% for member in changes
            {{ member.name }}: {{ member.name }}?,
//% endfor
        })
    }
}

impl From<New{{ naming.entity }}> for {{ naming.entity }}Changes {
    /// The changes that leave nothing as it was.
    fn from(new: New{{ naming.entity }}) -> Self {
        Self {
//% for member in changes
            {{ member.name }}: Some(new.{{ member.name }}),
//% endfor
        }
    }
}

//% if merged
impl {{ naming.entity }}Changes {
    /// Whether some member holds a part of a JSON value, to be merged into what is there (RFC 7396).
    pub fn is_partial(&self) -> bool {
        [
//% for field in merged
            matches!(self.{{ field.name }}, {% if field.nullable %}Some(Some(Value::Object(_))){% else %}Some(Value::Object(_)){% endif %}),
//% endfor
        ]
        .contains(&true)
    }

    /// Completes the parts of JSON values with what the current record has.
    pub fn merge_into(&mut self, current: &{{ naming.entity }}) {
//% for field in merged
//% if field.nullable
        if let Some(Some(patch)) = &mut self.{{ field.name }} {
            input::merge(current.{{ field.name }}.as_ref(), patch);
        }
//% else
        if let Some(patch) = &mut self.{{ field.name }} {
            input::merge(Some(&current.{{ field.name }}), patch);
        }
//% endif
//% endfor
    }
}

//% endif
//% endif
/// One page of {{ naming.plural_sentence }}.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct {{ naming.entity }}Page {
    /// The {{ naming.plural_sentence }} of this page.
    pub {{ naming.plural }}: Vec<{{ naming.entity }}>,
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

impl From<list::Page<{{ naming.entity }}>> for {{ naming.entity }}Page {
    fn from(page: list::Page<{{ naming.entity }}>) -> Self {
        Self {
            {{ naming.plural }}: page.records,
            next_page_token: page.next_page_token,
            previous_page_token: page.previous_page_token,
            total_size: page.total_size,
        }
    }
}
