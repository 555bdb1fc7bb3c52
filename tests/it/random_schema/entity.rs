//! One random entity, and what an edit makes of it.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::field::Field;

const IDS: &[&str] = &["uuid", "bigint", "bigint", "string"];
const NAMES: &[&str] = &[
    "title",
    "body",
    "kind",
    "amount",
    "count",
    "flag",
    "order",
    "user",
    "note",
    "at",
    "code",
    "rank",
    "group",
    "value",
    "end",
    "table",
    "copy",
    "target",
    "batch_key",
    "stash",
];

/// The names of the tables of the links of an entity.
const TABLES: &[Option<&str>] = &[None, None, Some("pairings"), Some("labels")];

/// Links to another entity.
#[derive(Debug, Clone)]
pub struct Links {
    pub target: String,
    pub through: Option<&'static str>,
}

/// An entity, as the format says it.
#[derive(Debug, Clone, Default)]
pub struct Entity {
    pub id: &'static str,
    pub hard: bool,
    /// Whether rows know when they were made, when they were changed, and how often.
    pub automatic: [bool; 3],
    pub fields: BTreeMap<String, Field>,
    pub links: BTreeMap<String, Links>,
    pub uniques: Vec<Vec<String>>,
    pub indexes: Vec<Vec<String>>,
    pub order: Option<String>,
    pub was: Option<String>,
    pub dropped: Vec<String>,
    pub stashed: Vec<String>,
    pub kept: Vec<String>,
    /// What the archive forgets, and what it forgets but for a copy.
    pub forgotten: [Vec<String>; 2],
}

impl Entity {
    /// An entity that may refer to itself and others, and of necessity only to some of them.
    pub fn random(required: &[String], optional: &[String], dice: &mut Dice) -> Self {
        let mut entity = Self {
            id: IDS[dice.below(IDS.len())],
            hard: dice.one_in(2),
            automatic: [dice.one_in(2), dice.one_in(2), dice.one_in(2)],
            ..Self::default()
        };
        for _ in 0..dice.below(7) {
            let field = dice.pick(NAMES);
            let made = Field::random(required, optional, dice);
            entity.fields.entry((*field).to_owned()).or_insert(made);
        }
        if dice.one_in(3) {
            entity.link(required, dice);
        }
        entity.set_sets(dice);
        entity
    }

    fn link(&mut self, others: &[String], dice: &mut Dice) {
        let through = *dice.pick(TABLES);
        if let Some(target) = dice.pick_any(others) {
            let links = Links { target, through };
            self.links.insert("links".to_owned(), links);
        }
    }

    /// What it refers to has another name, or is gone.
    pub fn follow(&mut self, name: &str, new: Option<&str>) {
        let mut gone = Vec::new();
        for (own, field) in self.fields.iter_mut().filter(|it| it.1.ty == name) {
            match new {
                Some(new) => new.clone_into(&mut field.ty),
                None => gone.push(own.clone()),
            }
        }
        for own in gone {
            self.fields.remove(&own);
            self.dropped.push(own);
        }
        match new {
            Some(new) => {
                for links in self.links.values_mut().filter(|it| it.target == name) {
                    new.clone_into(&mut links.target);
                }
            }
            None => self.links.retain(|_, it| it.target != name),
        }
    }

    /// Uniques and indexes of one to three columns each, and an order.
    fn set_sets(&mut self, dice: &mut Dice) {
        let fit = self.fields.iter().filter(|it| it.1.is_ordered());
        let mut names: Vec<String> = fit.map(|it| it.0.clone()).collect();
        (self.uniques, self.indexes, self.order) = (Vec::new(), Vec::new(), None);
        if !names.is_empty() && dice.one_in(3) {
            self.order = dice.pick_any(&names);
        }
        if self.automatic[0] {
            names.push("created_at".to_owned());
        }
        if names.len() < 2 {
            return;
        }
        let mut set = |dice: &mut Dice, least: usize| -> Vec<String> {
            let turn = dice.below(names.len());
            names.rotate_left(turn);
            let size = (least + dice.below(3)).min(names.len());
            names[..size].to_vec()
        };
        if dice.one_in(3) {
            self.uniques.push(set(dice, 2));
        }
        for _ in 0..dice.below(3) {
            let mut terms = set(dice, 1);
            for term in &mut terms {
                if dice.one_in(2) {
                    term.insert(0, '-');
                }
            }
            self.indexes.push(terms);
        }
        self.uniques.sort();
        self.uniques.dedup();
        self.indexes.sort();
        self.indexes.dedup();
    }

    /// One edit, said as the format wants it.
    pub fn edit(
        &mut self,
        required: &[String],
        optional: &[String],
        before: Option<&Self>,
        dice: &mut Dice,
    ) {
        let names: Vec<String> = self.fields.keys().cloned().collect();
        let Some(name) = dice.pick_any(&names) else {
            return self.edit_whole(required, optional, before, dice);
        };
        let is_old = before.is_some_and(|it| it.fields.contains_key(&name));
        let Some(field) = self.fields.get_mut(&name) else {
            return;
        };
        match dice.below(20) {
            0..=1 if is_old => self.let_go(&name, dice),
            2..=4 if is_old => self.rename(&name),
            5 | 6 => field.turn_nullable(dice),
            7 | 8 => field.retype(dice),
            9 | 10 => field.edit_values(dice),
            11 => field.turn_default(),
            12 => field.relimit(dice),
            13 => field.turn_unique(),
            14 => field.turn_searchable(),
            _ => self.edit_whole(required, optional, before, dice),
        }
    }

    fn edit_whole(
        &mut self,
        required: &[String],
        optional: &[String],
        before: Option<&Self>,
        dice: &mut Dice,
    ) {
        match dice.below(9) {
            8 => self.forget(dice),
            0..=2 => {
                let name = *dice.pick(NAMES);
                let is_old = before.is_some_and(|it| it.fields.contains_key(name));
                if !self.fields.contains_key(name) && !is_old {
                    let mut field = Field::random(required, optional, dice);
                    let fill = field.fill(dice);
                    field.nullable |= fill.is_none() || field.unique;
                    field.backfill = fill.filter(|_| !field.nullable);
                    self.fields.insert(name.to_owned(), field);
                }
            }
            3 => self.hard = !self.hard,
            4 => {
                let place = dice.below(3);
                self.automatic[place] = !self.automatic[place];
            }
            5 if self.links.is_empty() => self.link(optional, dice),
            5 => self.links.clear(),
            _ => self.set_sets(dice),
        }
    }

    fn let_go(&mut self, name: &str, dice: &mut Dice) {
        self.fields.remove(name);
        let words = match dice.below(4) {
            0 => &mut self.kept,
            1 => &mut self.stashed,
            _ => &mut self.dropped,
        };
        words.push(name.to_owned());
    }

    /// The archive lets go of a field that went, and of what it was before its type changed.
    fn forget(&mut self, dice: &mut Dice) {
        let gone = [&self.dropped, &self.stashed, &self.kept];
        let gone: Vec<String> = gone.into_iter().flatten().cloned().collect();
        if let Some(name) = dice.pick_any(&gone) {
            let words = &mut self.forgotten[dice.below(2)];
            words.extend([format!("{name}__v1"), name]);
        }
    }

    fn rename(&mut self, name: &str) {
        let new = format!("new_{name}");
        if self.fields.contains_key(&new) {
            return;
        }
        let Some(mut field) = self.fields.remove(name) else {
            return;
        };
        field.was = Some(name.to_owned());
        self.fields.insert(new.clone(), field);
        let sets = self.uniques.iter_mut().chain(&mut self.indexes);
        for term in sets.flatten().chain(&mut self.order) {
            if term.trim_start_matches('-') == name {
                *term = term.replace(name, &new);
            }
        }
    }

    /// Sets that name what is gone, or can be in none any more, and words of what is back.
    pub fn forget_missing(&mut self) {
        let (fields, makes) = (&self.fields, self.automatic[0]);
        let is_there = |term: &String| {
            let name = term.trim_start_matches('-');
            name == "created_at" && makes || fields.get(name).is_some_and(Field::is_ordered)
        };
        self.uniques.retain(|set| set.iter().all(is_there));
        self.indexes.retain(|set| set.iter().all(is_there));
        self.order = self.order.take().filter(is_there);
        let [gone, copied] = &mut self.forgotten;
        for words in [
            &mut self.dropped,
            &mut self.stashed,
            &mut self.kept,
            gone,
            copied,
        ] {
            words.retain(|it| !fields.contains_key(it));
            words.sort();
            words.dedup();
        }
    }
}
