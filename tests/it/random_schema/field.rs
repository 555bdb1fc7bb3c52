//! One random field, and what an edit makes of it.

use super::dice::Dice;

/// Types that a value can be converted between, and some that it cannot.
const TYPES: &[&str] = &[
    "text",
    "string",
    "int",
    "bigint",
    "float",
    "\"decimal(5,0)\"",
    "\"decimal(12,2)\"",
    "\"decimal(18,6)\"",
    "\"decimal(24,4)\"",
    "\"decimal(28,4)\"",
    "bool",
    "uuid",
    "date",
    "time",
    "timestamp",
    "duration",
    "json",
    "bytes",
    "list(int)",
    "list(string)",
];
const VALUES: &[&str] = &[
    "draft", "paid", "shipped", "lost", "Found", "select", "a_b", "z9",
];

/// A field, as the format says it.
#[expect(clippy::struct_excessive_bools, reason = "the format has so many")]
#[derive(Debug, Clone)]
pub struct Field {
    pub ty: String,
    pub nullable: bool,
    pub unique: bool,
    pub searchable: bool,
    pub narrow: bool,
    pub default: Option<&'static str>,
    pub min: Option<&'static str>,
    pub max: Option<&'static str>,
    pub values: Vec<(String, Option<String>)>,
    pub was: Option<String>,
    pub backfill: Option<String>,
    pub on_archive: Option<&'static str>,
}

impl Field {
    /// A field of an entity that may refer to others, and of necessity only to some of them.
    pub fn random(required: &[String], optional: &[String], dice: &mut Dice) -> Self {
        let mut field = Self {
            ty: (*dice.pick(TYPES)).to_owned(),
            nullable: dice.one_in(2),
            unique: false,
            searchable: false,
            narrow: false,
            default: None,
            min: None,
            max: None,
            values: Vec::new(),
            was: None,
            backfill: None,
            on_archive: None,
        };
        match dice.below(10) {
            0..=2 if !required.is_empty() => {
                let target = dice.pick(required).clone();
                field.refer(&target, dice);
            }
            3..=4 => {
                field.nullable = true;
                let target = dice.pick(optional).clone();
                field.refer(&target, dice);
                // Cascades may lead back to where they began in the entity itself alone.
                let is_back =
                    !required.contains(&target) && optional.get(required.len()) != Some(&target);
                if is_back && field.on_archive == Some("cascade") {
                    field.on_archive = Some("set_null");
                }
            }
            5..=6 => {
                "enum".clone_into(&mut field.ty);
                let count = 1 + dice.below(VALUES.len());
                let values = VALUES[..count].iter();
                field.values = values.map(|it| ((*it).to_owned(), None)).collect();
            }
            _ => {}
        }
        field.set_limits(dice);
        field.searchable = field.is_text() && dice.one_in(3);
        field.unique = dice.one_in(5) && field.may_be_unique();
        if !field.unique && dice.one_in(3) {
            field.default = field.constant();
        }
        field
    }

    fn refer(&mut self, target: &str, dice: &mut Dice) {
        target.clone_into(&mut self.ty);
        self.on_archive = match (dice.below(5), self.nullable) {
            (0, _) => Some("restrict"),
            (1, _) => Some("cascade"),
            (2, true) => Some("set_null"),
            (3, true) => Some("detach"),
            _ => None,
        };
    }

    /// The type without its quotes and brackets.
    fn word(&self) -> &str {
        let ty = self.ty.trim_matches('"');
        ty.split('(').next().unwrap_or(ty)
    }

    pub fn is_reference(&self) -> bool {
        self.ty.starts_with(|c: char| c.is_ascii_uppercase())
    }

    fn is_text(&self) -> bool {
        matches!(self.word(), "text" | "string")
    }

    fn is_number(&self) -> bool {
        matches!(self.word(), "int" | "bigint" | "float" | "decimal")
    }

    /// Whether it can be in an index.
    pub fn is_ordered(&self) -> bool {
        !matches!(self.word(), "json" | "list")
    }

    fn may_be_unique(&self) -> bool {
        self.is_ordered() && !matches!(self.word(), "bool" | "enum")
    }

    /// Limits that the constant keeps.
    fn set_limits(&mut self, dice: &mut Dice) {
        let (mins, maxes): (&[&str], &[&str]) = match self.word() {
            "text" | "string" => (&["0", "1", "3"], &["4", "20", "57"]),
            "bytes" => (&["0", "1", "5"], &["5", "9", "300"]),
            "int" => (
                &["-2147483648", "-5", "0", "7"],
                &["7", "100", "2147483647"],
            ),
            "bigint" => (&["-9000000000", "0", "7"], &["7", "9000000000"]),
            "float" => (&["-1.5", "0", "0.5"], &["0.5", "1000"]),
            "decimal" => (&["-10", "0", "1"], &["2", "99"]),
            _ => (&[], &[]),
        };
        (self.min, self.max) = (None, None);
        if dice.one_in(3) {
            self.min = dice.pick_any(mins);
        }
        if dice.one_in(3) {
            self.max = dice.pick_any(maxes);
        }
    }

    /// A constant that fits it.
    pub fn constant(&self) -> Option<&'static str> {
        Some(match self.ty.trim_matches('"') {
            "text" | "string" => "\"it's\"",
            "int" | "bigint" => "7",
            "float" => "0.5",
            "decimal(5,0)" => "2",
            "decimal(12,2)" | "decimal(18,6)" | "decimal(24,4)" | "decimal(28,4)" => "1.25",
            "bool" => "true",
            "uuid" => "00000000-0000-7000-8000-000000000001",
            "date" => "2024-02-29",
            "time" => "\"08:30:00\"",
            "timestamp" => "2024-02-29T08:30:00Z",
            "duration" => "PT30M",
            "json" => "{}",
            "bytes" => "aGVsbG8=",
            "list(int)" => "[1, 2]",
            "list(string)" => "[\"it's\"]",
            "enum" if self.values[0].0 == "draft" => "draft",
            _ => return None,
        })
    }

    /// What rows that are there get: a constant, an expression, or what comes by itself.
    pub fn fill(&self, dice: &mut Dice) -> Option<String> {
        let said = match (self.word(), dice.below(3)) {
            ("text" | "string", 0) => "{ sql: \"'it' || '''s'\" }",
            ("int" | "bigint", 0) => "{ sql: \"3 + 4\" }",
            ("float", 0) => "{ sqlite: \"0.25 + 0.25\", postgres: \"0.5::float8\" }",
            ("uuid", 0 | 1) => "new",
            ("date", 0) => "today",
            ("timestamp", 0) => "now",
            _ => return self.constant().map(str::to_owned),
        };
        Some(said.to_owned())
    }

    /// Another type, with what goes with it.
    pub fn retype(&mut self, dice: &mut Dice) {
        if self.is_reference() || self.ty == "enum" {
            return;
        }
        let edges = (self.min, self.max);
        let was_number = self.is_number();
        (*dice.pick(TYPES)).clone_into(&mut self.ty);
        self.narrow = dice.one_in(2);
        (self.default, self.backfill, self.unique) = (None, None, false);
        self.searchable &= self.is_text();
        self.set_limits(dice);
        // The same edges, which are other constants in the other type.
        let is_whole = |edge: Option<&str>| edge.is_none_or(|it| !it.contains('.'));
        if was_number && self.is_number() && is_whole(edges.0) && is_whole(edges.1) {
            (self.min, self.max) = edges;
        }
        if dice.one_in(3) {
            self.default = self.constant();
        }
    }

    /// Stricter limits, or looser ones.
    pub fn relimit(&mut self, dice: &mut Dice) {
        self.narrow = dice.one_in(2);
        self.set_limits(dice);
    }

    /// Required or optional.
    pub fn turn_nullable(&mut self, dice: &mut Dice) {
        if self.is_reference() {
            return;
        }
        self.nullable = !self.nullable;
        self.backfill = None;
        if !self.nullable && !self.unique {
            self.backfill = self.fill(dice);
        }
    }

    /// With a default, without one.
    pub fn turn_default(&mut self) {
        self.default = match self.default {
            None if !self.unique => self.constant(),
            _ => None,
        };
    }

    /// Unique, or no longer.
    pub fn turn_unique(&mut self) {
        self.unique = !self.unique && self.may_be_unique();
        if self.unique {
            (self.default, self.backfill) = (None, None);
        }
    }

    /// Found by its words, or no longer.
    pub fn turn_searchable(&mut self) {
        self.searchable = !self.searchable && self.is_text();
    }

    /// Values that come, go, change their order or get other names.
    pub fn edit_values(&mut self, dice: &mut Dice) {
        if self.values.is_empty() {
            return;
        }
        match dice.below(5) {
            0 | 1 => {
                let is_free = |it: &&&str| {
                    let mut values = self.values.iter();
                    values.all(|(name, was)| name != **it && was.as_deref() != Some(**it))
                };
                let free = VALUES.iter().find(is_free);
                self.values.extend(free.map(|it| ((*it).to_owned(), None)));
            }
            2 if self.values.len() > 1 => {
                let gone = 1 + dice.below(self.values.len() - 1);
                let (gone, _) = self.values.remove(gone);
                // Another may take its name at once.
                if dice.one_in(2)
                    && let Some((name, was)) = self.values.get_mut(1)
                {
                    self.narrow |= dice.one_in(2);
                    *was = Some(std::mem::replace(name, gone));
                }
            }
            3 => {
                let count = self.values.len() - 1;
                if count > 1 {
                    self.values[1..].rotate_left(1 + dice.below(count - 1));
                }
            }
            _ => {
                let place = dice.below(self.values.len());
                let (name, was) = &mut self.values[place];
                *was = Some(name.clone());
                *name = format!("new_{}", name.to_lowercase());
                self.default = None;
                self.backfill = None;
            }
        }
    }
}
