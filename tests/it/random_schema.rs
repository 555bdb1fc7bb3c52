//! Random schemas, and random edits of them, as the YAML that a person would write.
//!
//! A schema and its edit are made of a seed, so a failure is repeated by its number.

mod text;

use std::collections::BTreeMap;

/// Numbers that a seed decides.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Small seeds must not begin alike.
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..4 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below another.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).expect("a small number");
        usize::try_from(self.next() % end).expect("a small number")
    }

    /// True one time in so many.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Types that a value can be converted between, and some that it cannot.
const TYPES: &[&str] = &[
    "text",
    "string",
    "int",
    "bigint",
    "float",
    "\"decimal(12,2)\"",
    "\"decimal(24,4)\"",
    "bool",
    "uuid",
    "date",
    "time",
    "timestamp",
    "duration",
    "json",
    "bytes",
    "list(int)",
];
const IDS: &[&str] = &["uuid", "bigint", "bigint", "string"];
const VALUES: &[&str] = &["draft", "paid", "shipped", "lost", "Found"];
const NAMES: &[&str] = &[
    "title", "body", "kind", "amount", "count", "flag", "order", "user", "note", "at", "code",
    "rank",
];
const ENTITIES: &[&str] = &["Author", "Post", "Tag", "Order", "Visit"];

#[derive(Debug, Clone)]
struct Field {
    ty: String,
    nullable: bool,
    unique: bool,
    default: Option<&'static str>,
    max: Option<u32>,
    values: Vec<(String, Option<String>)>,
    was: Option<String>,
    backfill: Option<String>,
}

#[derive(Debug, Clone, Default)]
struct Entity {
    id: &'static str,
    hard: bool,
    automatic: [bool; 3],
    fields: BTreeMap<String, Field>,
    links: BTreeMap<String, String>,
    uniques: Vec<Vec<String>>,
    indexes: Vec<Vec<String>>,
    was: Option<String>,
    dropped: Vec<String>,
}

/// A schema.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    entities: BTreeMap<String, Entity>,
    dropped: Vec<String>,
}

impl Schema {
    /// A schema of a few entities.
    pub fn random(dice: &mut Dice) -> Self {
        let mut schema = Self::default();
        for name in &ENTITIES[..=dice.below(4)] {
            schema.add_entity(name, dice);
        }
        schema
    }

    fn add_entity(&mut self, name: &str, dice: &mut Dice) {
        let mut entity = Entity {
            id: IDS[dice.below(IDS.len())],
            hard: dice.one_in(2),
            automatic: [dice.one_in(2), dice.one_in(2), dice.one_in(2)],
            ..Entity::default()
        };
        let others: Vec<String> = self.entities.keys().cloned().collect();
        for _ in 0..dice.below(5) {
            let field = dice.pick(NAMES);
            let made = Field::random(&others, name, dice);
            entity.fields.entry((*field).to_owned()).or_insert(made);
        }
        if dice.one_in(3)
            && let Some(target) = others.first()
        {
            entity.links.insert("links".to_owned(), target.clone());
        }
        entity.add_sets(dice);
        self.entities.insert(name.to_owned(), entity);
    }

    /// The same after a few edits, each said as the format wants it.
    pub fn edited(&self, dice: &mut Dice) -> Self {
        let mut new = self.clone();
        for _ in 0..=dice.below(4) {
            new.edit(self, dice);
        }
        // What nothing names any more may go with its columns.
        for entity in new.entities.values_mut() {
            entity.forget_missing();
        }
        new
    }

    fn edit(&mut self, old: &Self, dice: &mut Dice) {
        let names: Vec<String> = self.entities.keys().cloned().collect();
        let name = dice.pick(&names).clone();
        match dice.below(9) {
            0 => {
                let free = ENTITIES.iter().find(|it| !self.entities.contains_key(**it));
                if let Some(free) = free.filter(|it| !old.entities.contains_key(**it)) {
                    self.add_entity(free, dice);
                }
            }
            1 => self.rename_entity(&name, old),
            2 => {
                let is_referred_to = self.entities.values().any(|it| it.refers_to(&name));
                if !is_referred_to && self.entities.len() > 1 && old.entities.contains_key(&name) {
                    self.entities.remove(&name);
                    self.dropped.push(name);
                }
            }
            _ => {
                let others: Vec<String> = names.into_iter().filter(|it| *it < name).collect();
                let before = old.entities.get(&name);
                if let Some(entity) = self.entities.get_mut(&name) {
                    entity.edit(&name, &others, before, dice);
                }
            }
        }
    }

    fn rename_entity(&mut self, name: &str, old: &Self) {
        let new = format!("{name}Record");
        if !old.entities.contains_key(name) || self.entities.contains_key(&new) {
            return;
        }
        let Some(mut entity) = self.entities.remove(name) else {
            return;
        };
        entity.was = Some(name.to_owned());
        self.entities.insert(new.clone(), entity);
        for entity in self.entities.values_mut() {
            for field in entity.fields.values_mut().filter(|it| it.ty == name) {
                field.ty.clone_from(&new);
            }
            for target in entity.links.values_mut().filter(|it| *it == name) {
                target.clone_from(&new);
            }
        }
    }
}

impl Field {
    fn random(others: &[String], own: &str, dice: &mut Dice) -> Self {
        let mut field = Self {
            ty: (*dice.pick(TYPES)).to_owned(),
            nullable: dice.one_in(2),
            unique: false,
            default: None,
            max: None,
            values: Vec::new(),
            was: None,
            backfill: None,
        };
        match dice.below(10) {
            0..=2 if !others.is_empty() => field.ty.clone_from(dice.pick(others)),
            3 => {
                own.clone_into(&mut field.ty);
                field.nullable = true;
            }
            4..=5 => {
                "enum".clone_into(&mut field.ty);
                let count = 1 + dice.below(VALUES.len());
                field.values = VALUES[..count]
                    .iter()
                    .map(|it| ((*it).to_owned(), None))
                    .collect();
            }
            _ => {}
        }
        if matches!(field.ty.as_str(), "string" | "text") && dice.one_in(2) {
            field.max = Some(20 + u32::try_from(dice.below(40)).expect("small"));
        }
        field.unique =
            dice.one_in(6) && !matches!(field.ty.as_str(), "json" | "list(int)" | "bool" | "enum");
        if !field.unique && dice.one_in(3) {
            field.default = default(&field);
        }
        field
    }

    fn is_reference(&self) -> bool {
        self.ty.starts_with(|c: char| c.is_ascii_uppercase())
    }
}

/// A constant that fits a field.
fn default(field: &Field) -> Option<&'static str> {
    Some(match field.ty.trim_matches('"') {
        "text" | "string" => "\"it's\"",
        "int" | "bigint" => "7",
        "float" => "0.5",
        "decimal(12,2)" | "decimal(24,4)" => "1.25",
        "bool" => "true",
        "uuid" => "00000000-0000-7000-8000-000000000001",
        "date" => "2024-02-29",
        "time" => "\"08:30:00\"",
        "timestamp" => "2024-02-29T08:30:00Z",
        "duration" => "PT30M",
        "json" => "{}",
        "bytes" => "aGVsbG8=",
        "list(int)" => "[1, 2]",
        "enum" => "draft",
        _ => return None,
    })
}

impl Entity {
    fn refers_to(&self, name: &str) -> bool {
        self.fields.values().any(|it| it.ty == name) || self.links.values().any(|it| it == name)
    }

    fn add_sets(&mut self, dice: &mut Dice) {
        let fit = |field: &Field| !matches!(field.ty.as_str(), "json" | "list(int)");
        let names: Vec<String> = self
            .fields
            .iter()
            .filter(|it| fit(it.1))
            .map(|it| it.0.clone())
            .collect();
        if let [first, second, ..] = names.as_slice() {
            if dice.one_in(3) {
                self.uniques = vec![vec![first.clone(), second.clone()]];
            }
            if dice.one_in(3) {
                self.indexes = vec![vec![second.clone(), format!("-{first}")]];
            }
        }
    }

    fn edit(&mut self, own: &str, others: &[String], before: Option<&Self>, dice: &mut Dice) {
        let names: Vec<String> = self.fields.keys().cloned().collect();
        let is_old = |name: &str| before.is_some_and(|it| it.fields.contains_key(name));
        let picked = (!names.is_empty()).then(|| dice.pick(&names).clone());
        match (dice.below(12), picked) {
            (0 | 1, _) => {
                let name = dice.pick(NAMES);
                if !self.fields.contains_key(*name) && !is_old(name) {
                    let mut field = Field::random(others, own, dice);
                    let fill = default(&field).map(str::to_owned);
                    field.nullable |= fill.is_none() || field.unique;
                    field.backfill = fill.filter(|_| !field.nullable);
                    self.fields.insert((*name).to_owned(), field);
                }
            }
            (2, Some(name)) if is_old(&name) => {
                self.fields.remove(&name);
                self.dropped.push(name);
            }
            (3 | 4, Some(name)) => {
                let new = format!("new_{name}");
                if is_old(&name)
                    && !self.fields.contains_key(&new)
                    && let Some(mut field) = self.fields.remove(&name)
                {
                    field.was = Some(name.clone());
                    self.fields.insert(new.clone(), field);
                    let sets = self.uniques.iter_mut().chain(&mut self.indexes);
                    for term in sets.flatten() {
                        if term.trim_start_matches('-') == name {
                            *term = term.replace(&name, &new);
                        }
                    }
                }
            }
            (5, Some(name)) => {
                if let Some(field) = self.fields.get_mut(&name) {
                    field.nullable =
                        !field.nullable && !field.is_reference() || field.is_reference();
                    field.backfill = default(field)
                        .map(str::to_owned)
                        .filter(|_| !field.nullable && !field.unique);
                }
            }
            (6 | 7, Some(name)) => {
                if let Some(field) = self.fields.get_mut(&name)
                    && !field.is_reference()
                    && field.ty != "enum"
                {
                    (*dice.pick(TYPES)).clone_into(&mut field.ty);
                    (field.default, field.max, field.backfill, field.unique) =
                        (None, None, None, false);
                }
            }
            (8, Some(name)) => {
                if let Some(field) = self.fields.get_mut(&name) {
                    field.edit_values(dice);
                }
            }
            (9, Some(name)) => {
                if let Some(field) = self.fields.get_mut(&name) {
                    field.default = if field.default.is_some() || field.unique {
                        None
                    } else {
                        default(field)
                    };
                }
            }
            (10, _) => self.hard = !self.hard,
            _ => {
                self.uniques.clear();
                self.indexes.clear();
                self.add_sets(dice);
            }
        }
    }

    /// Sets that name what is gone, or can be in none any more.
    fn forget_missing(&mut self) {
        let fields = &self.fields;
        let has = |set: &Vec<String>| {
            set.iter().all(|term| {
                let field = fields.get(term.trim_start_matches('-'));
                field.is_some_and(|it| !matches!(it.ty.as_str(), "json" | "list(int)"))
            })
        };
        self.uniques.retain(has);
        self.indexes.retain(has);
        let names: Vec<String> = self.fields.keys().cloned().collect();
        self.dropped.retain(|it| !names.contains(it));
        self.dropped.sort();
        self.dropped.dedup();
    }
}

impl Field {
    fn edit_values(&mut self, dice: &mut Dice) {
        if self.values.is_empty() {
            return;
        }
        match dice.below(3) {
            0 => {
                let free = VALUES.iter().find(|it| {
                    self.values
                        .iter()
                        .all(|(name, was)| name != *it && was.as_deref() != Some(**it))
                });
                self.values.extend(free.map(|it| ((*it).to_owned(), None)));
            }
            1 if self.values.len() > 1 => {
                self.values.pop();
                self.default = None;
            }
            _ => {
                let last = self.values.last_mut();
                if let Some((name, was)) = last.filter(|(_, was)| was.is_none()) {
                    *was = Some(std::mem::replace(
                        name,
                        format!("new_{}", name.to_lowercase()),
                    ));
                    self.default = None;
                    self.backfill = None;
                }
            }
        }
    }
}
