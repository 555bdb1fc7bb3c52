//! Random schemas as YAML.

use std::fmt::Write as _;

use svcgen::source::Source;

use super::Schema;
use super::entity::Entity;
use super::field::Field;

impl Schema {
    /// The schema's files.
    pub fn sources(&self) -> Vec<Source> {
        let mut service = "svcgen: 1\nname: random\n".to_owned();
        for (key, names) in [
            ("dropped", &self.dropped),
            ("stashed", &self.stashed),
            ("kept", &self.kept),
        ] {
            if !names.is_empty() {
                let _ = writeln!(service, "{key}: [{}]", names.join(", "));
            }
        }
        let mut sources = vec![Source::new("svcgen.yaml", service)];
        sources.extend(self.entities.iter().map(|(name, entity)| {
            Source::new(
                format!("entities/{}.yaml", name.to_lowercase()),
                entity.text(name),
            )
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
        for (key, names) in [
            ("dropped", &self.dropped),
            ("stashed", &self.stashed),
            ("kept", &self.kept),
        ] {
            if !names.is_empty() {
                say(key, &format!("[{}]", names.join(", ")));
            }
        }
        let [dropped, stashed] = self.forgotten.each_ref().map(|it| it.join(", "));
        if !dropped.is_empty() || !stashed.is_empty() {
            let words = format!("{{ dropped: [{dropped}], stashed: [{stashed}] }}");
            say("archive", &words);
        }
        for (key, sets) in [("unique", &self.uniques), ("indexes", &self.indexes)] {
            let sets = sets.iter().map(|it| format!("[{}]", it.join(", ")));
            let sets: Vec<String> = sets.collect();
            if !sets.is_empty() {
                say(key, &format!("[{}]", sets.join(", ")));
            }
        }
        if let Some(order) = &self.order {
            say(
                "list",
                &format!("{{ order: [{order}], default_order: -{order} }}"),
            );
        }
        let is_empty = self.fields.is_empty() && self.links.is_empty();
        say("fields", if is_empty { "{}" } else { "" });
        for (name, field) in &self.fields {
            say(&format!("  {name}"), &field.text());
        }
        for (name, links) in &self.links {
            let table = links.through.map_or_else(
                || format!("{}_links", links.target.to_lowercase()),
                str::to_owned,
            );
            let links = format!("{{ many: {}, through: {table} }}", links.target);
            say(&format!("  {name}"), &links);
        }
        text
    }
}

impl Field {
    fn text(&self) -> String {
        let mut text = format!("{{ type: {}", self.ty);
        let mut say = |key: &str, value: &str| text.push_str(&[", ", key, ": ", value].concat());
        for (key, is) in [
            ("nullable", self.nullable),
            ("unique", self.unique),
            ("searchable", self.searchable),
            ("narrow", self.narrow),
        ] {
            if is {
                say(key, "true");
            }
        }
        for (key, value) in [
            ("default", self.default),
            ("min", self.min),
            ("max", self.max),
            ("on_archive", self.on_archive),
            ("was", self.was.as_deref()),
            ("backfill", self.backfill.as_deref()),
        ] {
            if let Some(value) = value {
                say(key, value);
            }
        }
        if !self.values.is_empty() {
            let values = self.values.iter().map(|(name, was)| match was {
                Some(was) => format!("{{ name: {name}, was: {was} }}"),
                None => name.clone(),
            });
            let values: Vec<String> = values.collect();
            say("values", &format!("[{}]", values.join(", ")));
        }
        text + " }"
    }
}
