//! Random schemas, and random edits of them, as the YAML that a person would write.
//!
//! A schema and its edits are made of a seed, so a failure is repeated by its number.

mod dice;
mod entity;
mod field;
mod text;

use std::collections::BTreeMap;

pub use dice::Dice;
use entity::Entity;
use svcgen::model::Name;

const ENTITIES: &[&str] = &["Author", "Post", "Tag", "Order", "Visit", "Group"];

/// A schema.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    entities: BTreeMap<String, Entity>,
    dropped: Vec<String>,
    stashed: Vec<String>,
    kept: Vec<String>,
}

impl Schema {
    /// A schema of a few entities, which may refer to each other in circles.
    pub fn random(dice: &mut Dice) -> Self {
        let mut schema = Self::default();
        let names = &ENTITIES[..=dice.below(ENTITIES.len() - 1)];
        let all: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        for (place, name) in all.iter().enumerate() {
            // A circle of required references can have no first row.
            let entity = Entity::random(&all[..place], &all, dice);
            schema.entities.insert(name.clone(), entity);
        }
        schema.forget_missing();
        schema
    }

    /// The same after a few edits, each said as the format wants it.
    pub fn edited(&self, dice: &mut Dice) -> Self {
        let mut new = self.clone();
        for _ in 0..=dice.below(5) {
            new.edit(self, dice);
        }
        new.forget_missing();
        new
    }

    fn edit(&mut self, old: &Self, dice: &mut Dice) {
        let names: Vec<String> = self.entities.keys().cloned().collect();
        let name = dice.pick(&names).clone();
        match dice.below(10) {
            0 => {
                let is_free = |it: &&&str| {
                    !self.entities.contains_key(**it) && !old.entities.contains_key(**it)
                };
                if let Some(free) = ENTITIES.iter().find(is_free) {
                    let mut all = names.clone();
                    all.push((*free).to_owned());
                    let entity = Entity::random(&names, &all, dice);
                    self.entities.insert((*free).to_owned(), entity);
                }
            }
            1 => self.rename(&name, old),
            2 => self.remove(&name, old, dice),
            _ => {
                let required: Vec<String> =
                    names.iter().filter(|it| **it < name).cloned().collect();
                let before = old.entities.get(&name);
                if let Some(entity) = self.entities.get_mut(&name) {
                    entity.edit(&required, &names, before, dice);
                }
            }
        }
    }

    fn rename(&mut self, name: &str, old: &Self) {
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
            entity.follow(name, Some(&new));
        }
    }

    /// An entity goes, with what refers to it.
    fn remove(&mut self, name: &str, old: &Self, dice: &mut Dice) {
        if self.entities.len() < 2 || !old.entities.contains_key(name) {
            return;
        }
        self.entities.remove(name);
        for entity in self.entities.values_mut() {
            entity.follow(name, None);
        }
        let words = match dice.below(4) {
            0 => &mut self.kept,
            1 => &mut self.stashed,
            _ => &mut self.dropped,
        };
        words.push(name.to_owned());
        if dice.one_in(2) {
            let archive = format!("{}_archive", Name::new(name).plural_snake());
            let words = match dice.below(2) {
                0 => &mut self.stashed,
                _ => &mut self.dropped,
            };
            words.push(archive);
        }
    }

    fn forget_missing(&mut self) {
        for entity in self.entities.values_mut() {
            entity.forget_missing();
        }
        let entities = &self.entities;
        let archives: Vec<String> = entities
            .keys()
            .map(|it| format!("{}_archive", Name::new(it).plural_snake()))
            .collect();
        for words in [&mut self.dropped, &mut self.stashed, &mut self.kept] {
            words.retain(|it| !entities.contains_key(it) && !archives.contains(it));
        }
    }
}
