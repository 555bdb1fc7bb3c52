//! Random schemas as YAML.

use std::fmt::Write as _;

use svcgen::source::Source;

use super::{Entity, Field, Schema};

impl Schema {
    /// The schema's files.
    pub fn sources(&self) -> Vec<Source> {
        let mut service = "svcgen: 1\nname: random\n".to_owned();
        if !self.dropped.is_empty() {
            let _ = writeln!(service, "dropped: [{}]", self.dropped.join(", "));
        }
        let mut sources = vec![Source {
            path: "svcgen.yaml".to_owned(),
            text: service,
        }];
        sources.extend(self.entities.iter().map(|(name, entity)| Source {
            path: format!("entities/{}.yaml", name.to_lowercase()),
            text: entity.text(name),
        }));
        sources
    }
}

impl Entity {
    fn text(&self, name: &str) -> String {
        let mut text = String::new();
        let mut say = |key: &str, value: &str| {
            let _ = writeln!(text, "{key}: {value}");
        };
        say("entity", name);
        say("id", self.id);
        say("delete", if self.hard { "hard" } else { "archive" });
        let automatic = ["created_at", "updated_at", "version"];
        for (column, on) in automatic.iter().zip(self.automatic) {
            say(column, &on.to_string());
        }
        if let Some(was) = &self.was {
            say("was", was);
        }
        if !self.dropped.is_empty() {
            say("dropped", &format!("[{}]", self.dropped.join(", ")));
        }
        for (key, sets) in [("unique", &self.uniques), ("indexes", &self.indexes)] {
            let sets = sets.iter().map(|it| format!("[{}]", it.join(", ")));
            let sets: Vec<String> = sets.collect();
            if !sets.is_empty() {
                say(key, &format!("[{}]", sets.join(", ")));
            }
        }
        let is_empty = self.fields.is_empty() && self.links.is_empty();
        say("fields", if is_empty { "{}" } else { "" });
        for (name, field) in &self.fields {
            say(&format!("  {name}"), &field.text());
        }
        for (name, target) in &self.links {
            let table = format!("{}_links", target.to_lowercase());
            say(
                &format!("  {name}"),
                &format!("{{ many: {target}, through: {table} }}"),
            );
        }
        text
    }
}

impl Field {
    fn text(&self) -> String {
        let mut text = format!("{{ type: {}", self.ty);
        let mut say = |key: &str, value: &str| text.push_str(&[", ", key, ": ", value].concat());
        if self.nullable {
            say("nullable", "true");
        }
        if self.unique {
            say("unique", "true");
        }
        if let Some(default) = self.default {
            say("default", default);
        }
        if let Some(max) = self.max {
            say("max", &max.to_string());
        }
        if !self.values.is_empty() {
            let values = self.values.iter().map(|(name, was)| match was {
                Some(was) => format!("{{ name: {name}, was: {was} }}"),
                None => name.clone(),
            });
            let values: Vec<String> = values.collect();
            say("values", &format!("[{}]", values.join(", ")));
        }
        if let Some(was) = &self.was {
            say("was", was);
        }
        if let Some(backfill) = &self.backfill {
            say("backfill", backfill);
        }
        text + " }"
    }
}
