//! A migration in pieces, each of which is proved alone: some tables with the steps that touch
//! them, and of the rest only what these tables refer to and what refers to them.
//!
//! Most migrations change one table of many, and a proof of all of them says nothing more than
//! a proof of that one and its neighbours. Where many change, SQLite reads the texts of all
//! tables again for each `alter table`, so many small databases are faster than a large one.
//!
//! A table is *touched* when it changes, or its name is a word of a step, wherever it stands,
//! other than as what a column refers to. Touched tables are of one piece when a step names
//! both; a table with its archive, because the guard of the one speaks of the other; and a table
//! with what refers to it, when one of them gets another name or key. What else refers to a touched table,
//! or is referred to, is a *neighbour*: it is there as it was, with its rows and its references
//! to and from the piece, and has to be so afterwards. A rebuild gone wrong shows in it.
//!
//! Each step is in exactly one piece, and its statements are the ones that will be written. That
//! is what makes this safe: a table that was left out is not there, so a statement that touches
//! it, in a way that nobody thought of here, fails, and the migration is not written.
//!
//! Knows no SQL but where a word ends, and what `references` means.

use std::collections::{BTreeMap, BTreeSet};

use crate::migrate::step::Step;
use crate::migrate::{Migration, Plan};
use crate::tables::build::archive_name;
use crate::tables::delta::{ColumnPair, Delta, Pair, Source};
use crate::tables::diff::Diff;
use crate::tables::{Schema, Table};

/// A part of a migration that can be proved alone.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The old tables.
    pub old: Schema,
    /// What becomes of them.
    pub diff: Diff,
    /// The steps that make it so; of the migration's texts it has none.
    pub migration: Migration,
}

/// The pieces of a migration; as many in one as fit, if none but inseparable ones has more
/// touched tables than this.
pub fn of(old: &Schema, diff: &Diff, migration: &Migration, most: usize) -> Vec<Piece> {
    let whole = Whole {
        old,
        diff,
        migration,
        names: names(old, diff),
    };
    let steps = whole.steps();
    let groups = whole.groups(&steps);
    let mut pieces: Vec<BTreeSet<&str>> = Vec::new();
    for group in groups.groups() {
        match pieces.last_mut() {
            Some(last) if last.len() + group.len() <= most => last.extend(group),
            _ => pieces.push(group),
        }
    }
    let pieces = pieces.iter();
    pieces.map(|members| whole.piece(members, &steps)).collect()
}

/// The names of all tables, old and new and beside the schema, by how databases read them.
fn names<'a>(old: &'a Schema, diff: &'a Diff) -> BTreeMap<String, &'a str> {
    let tables = old.tables.iter().chain(&diff.target.tables);
    let stashes = diff.delta.pairs.iter().filter(|it| it.is_stash);
    tables
        .chain(stashes.map(|it| &it.new))
        .map(|it| (it.name.to_lowercase(), it.name.as_str()))
        .collect()
}

struct Whole<'a> {
    old: &'a Schema,
    diff: &'a Diff,
    migration: &'a Migration,
    names: BTreeMap<String, &'a str>,
}

/// By plan, there and back, for each step the tables that it names. Old and new names are not
/// told apart.
type Named<'a> = Vec<[Vec<BTreeSet<&'a str>>; 2]>;

impl<'a> Whole<'a> {
    fn steps(&self) -> Named<'a> {
        let named = |steps: &[Step]| steps.iter().map(|step| self.named(step)).collect();
        let plans = self.migration.plans.iter();
        plans
            .map(|plan| [named(&plan.up), named(&plan.down)])
            .collect()
    }

    /// What a step names, but what columns refer to.
    fn named(&self, step: &Step) -> BTreeSet<&'a str> {
        let mut named: BTreeSet<&str> = BTreeSet::new();
        named.extend(self.names.get(&step.table.to_lowercase()));
        let words = step
            .sql
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty());
        let mut before = "";
        for word in words {
            if before != "references" {
                named.extend(self.names.get(&word.to_lowercase()));
            }
            before = word;
        }
        // Neighbours keep their old names; what is counted under a new one has to be renamed.
        let counted = step.keeps.iter().map(|keep| &keep.before);
        let renamed = counted.filter(|name| self.old.table(name).is_none());
        named.extend(renamed.filter_map(|name| self.names.get(&name.to_lowercase())));
        if named.is_empty() {
            // It has to be in some piece.
            named.extend(self.names.values().next());
        }
        named
    }

    /// The touched tables, the inseparable ones together.
    fn groups(&self, steps: &Named<'a>) -> Groups<'a> {
        let mut groups = Groups::default();
        let delta = &self.diff.delta;
        for pair in delta.pairs.iter().filter(|pair| changes(pair)) {
            groups.join([pair.old.name.as_str(), pair.new.name.as_str()]);
        }
        for table in delta.created.iter().chain(&delta.dropped) {
            groups.join([table.name.as_str()]);
        }
        for named in steps.iter().flatten().flatten() {
            groups.join(named.iter().copied());
        }
        for name in self.names.values() {
            let archive = self.names.get(&archive_name(&name.to_lowercase()));
            if let Some(archive) = archive
                && (groups.has(name) || groups.has(archive))
            {
                groups.join([*name, *archive]);
            }
        }
        for table in self.tables() {
            for key in &table.foreign_keys {
                // What does not change is a neighbour; it need not be moved with what it refers to.
                if groups.has(&table.name) && self.takes_along(&key.table) {
                    groups.join([table.name.as_str(), key.table.as_str()]);
                }
            }
        }
        groups
    }

    fn tables(&self) -> impl Iterator<Item = &'a Table> {
        self.old.tables.iter().chain(&self.diff.target.tables)
    }

    /// Whether what refers to a table has to change with it, or be made and dropped with it.
    fn takes_along(&self, name: &str) -> bool {
        let delta = &self.diff.delta;
        let mut pairs = delta.pairs.iter();
        let Some(pair) = pairs.find(|it| it.old.name == name || it.new.name == name) else {
            return true;
        };
        let key = |table: &Table| -> Vec<_> {
            let columns = table.primary_key.iter();
            columns
                .map(|name| (name.clone(), table.column(name).map(|it| it.ty)))
                .collect()
        };
        pair.old.name != pair.new.name || key(&pair.old) != key(&pair.new)
    }

    /// These tables with their neighbours, and the steps that name one of them.
    fn piece(&self, members: &BTreeSet<&'a str>, steps: &Named<'a>) -> Piece {
        let neighbours = self.neighbours(members);
        let part = |schema: &Schema| {
            let tables = schema.tables.iter();
            let own = tables.filter(|it| members.contains(it.name.as_str()));
            let mut tables: Vec<Table> = own.chain(&neighbours).cloned().collect();
            tables.sort_by(|a, b| a.name.cmp(&b.name));
            Schema { tables }
        };
        let of = |tables: &[Table]| {
            let tables = tables.iter();
            let own = tables.filter(|it| members.contains(it.name.as_str()));
            own.cloned().collect()
        };
        let delta = &self.diff.delta;
        let pairs = delta.pairs.iter();
        let pairs = pairs.filter(|it| members.contains(it.new.name.as_str()));
        let diff = Diff {
            target: part(&self.diff.target),
            delta: Delta {
                created: of(&delta.created),
                dropped: of(&delta.dropped),
                pairs: pairs
                    .cloned()
                    .chain(neighbours.iter().map(Pair::same))
                    .collect(),
            },
            changes: self.diff.changes.clone(),
            questions: Vec::new(),
        };
        let own = |steps: &[Step], named: &[BTreeSet<&str>]| -> Vec<Step> {
            let steps = steps.iter().zip(named);
            let own = steps.filter(|(_, named)| !named.is_disjoint(members));
            own.map(|(step, _)| step.clone()).collect()
        };
        let plans = self.migration.plans.iter().zip(steps);
        Piece {
            old: part(self.old),
            diff,
            migration: Migration {
                id: self.migration.id.clone(),
                plans: plans
                    .map(|(plan, [up, down])| Plan {
                        dialect: plan.dialect,
                        up: own(&plan.up, up),
                        down: own(&plan.down, down),
                    })
                    .collect(),
                findings: Vec::new(),
                files: Vec::new(),
                link: self.migration.link.clone(),
            },
        }
    }

    /// What refers to the members or is referred to: columns, key, and the references between.
    fn neighbours(&self, members: &BTreeSet<&str>) -> Vec<Table> {
        let is_member = |name: &String| members.contains(name.as_str());
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        for table in self.tables() {
            for key in &table.foreign_keys {
                if is_member(&table.name) {
                    wanted.insert(&key.table);
                } else if is_member(&key.table) {
                    wanted.insert(&table.name);
                }
            }
        }
        let outside = wanted.iter().filter(|name| !members.contains(**name));
        outside
            .filter_map(|name| self.old.table(name))
            .map(|table| {
                let keys = table.foreign_keys.iter();
                Table {
                    foreign_keys: keys.filter(|it| is_member(&it.table)).cloned().collect(),
                    indexes: Vec::new(),
                    checks: Vec::new(),
                    search: None,
                    guarded: false,
                    ..table.clone()
                }
            })
            .collect()
    }
}

fn changes(pair: &Pair) -> bool {
    let is_kept = |column: &ColumnPair| match &column.source {
        Source::Column { name, values, fill } => {
            *name == column.name && values.is_empty() && fill.is_none()
        }
        _ => false,
    };
    pair.old != pair.new || !pair.stashed.is_empty() || !pair.columns.iter().all(is_kept)
}

/// Tables that are together with others, each in one group.
#[derive(Default)]
struct Groups<'a> {
    /// For each table another of its group, which is itself for one of them.
    leader: BTreeMap<&'a str, &'a str>,
}

impl<'a> Groups<'a> {
    fn has(&self, name: &str) -> bool {
        self.leader.contains_key(name)
    }

    fn join(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let mut first = None;
        for name in names {
            self.leader.entry(name).or_insert(name);
            let leader = self.leader_of(name);
            let first = *first.get_or_insert(leader);
            let first = self.leader_of(first);
            self.leader.insert(leader, first);
        }
    }

    fn leader_of(&mut self, mut name: &'a str) -> &'a str {
        while let Some(next) = self.leader.get(name).copied().filter(|it| *it != name) {
            // Halves the way for the next who asks.
            let further = self.leader.get(next).copied().unwrap_or(next);
            self.leader.insert(name, further);
            name = next;
        }
        name
    }

    /// The groups, in the order of their first names.
    fn groups(mut self) -> Vec<BTreeSet<&'a str>> {
        let names: Vec<&str> = self.leader.keys().copied().collect();
        let mut groups: Vec<BTreeSet<&str>> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for name in names {
            let leader = self.leader_of(name);
            let place = *places.entry(leader).or_insert(groups.len());
            if place == groups.len() {
                groups.push(BTreeSet::new());
            }
            groups[place].insert(name);
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect;
    use crate::migrate::verify;
    use crate::tables::diff::diff;
    use crate::tables::intent::Intent;

    const TABLES: &[&str] = &[
        "entity: Book\ndelete: hard\nfields: { title: string, author: Author }",
        "entity: Tag\nfields: { label: string }",
        "entity: Visit\nfields: { tag: Tag }",
        "entity: Author\nfields: { name: string, city: City }",
        "entity: City\nfields: { name: string }",
        "entity: Mayor\nfields: { city: City }",
        "entity: Remark\nfields: { about: Book, author: Author }",
        "entity: Mark\nfields: { remark: Remark }",
    ];

    fn tables(entities: &[&str]) -> (Schema, Intent) {
        let file = |path: String, text: &str| crate::source::Source::new(path, text.to_owned());
        let service = "svcgen: 1\nname: shop\ndefaults: { delete: archive }\n";
        let mut sources = vec![file("svcgen.yaml".to_owned(), service)];
        for (index, text) in entities.iter().enumerate() {
            sources.push(file(format!("entities/{index}.yaml"), text));
        }
        let (service, diagnostics) = crate::generate::check_only(&sources);
        let service = service.unwrap_or_else(|| panic!("{diagnostics:?}"));
        (crate::tables::of(&service), Intent::of(&service))
    }

    /// The migration that makes these of the entities of the same name, or `was:`.
    fn planned(changed: &[&str]) -> (Schema, Diff, Migration) {
        let (old, intent) = tables(TABLES);
        let old = diff(&Schema::default(), &old, &intent).target;
        let name = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        let goes = |text: &&str| {
            let entity = name(text).replace("entity: ", "");
            let is_it =
                |new: &&str| name(new) == name(text) || new.contains(&format!("was: {entity}\n"));
            changed.iter().any(is_it)
        };
        let kept = TABLES.iter().filter(|it| !goes(it));
        let all: Vec<&str> = kept.chain(changed).copied().collect();
        let (new, intent) = tables(&all);
        let diff = diff(&old, &new, &intent);
        assert_eq!(diff.questions, []);
        let migration = Migration::of(dialect::ALL, &[], &old, &diff).expect("written");
        (old, diff, migration.expect("something changes"))
    }

    /// Proves each piece, and tells the tables of each.
    fn proved(old: &Schema, diff: &Diff, migration: &Migration, most: usize) -> Vec<String> {
        let pieces = of(old, diff, migration, most);
        let proof = pieces.iter().map(|piece| {
            verify::piece(piece)?;
            let names = piece.old.tables.iter().map(|it| it.name.as_str());
            Ok(names.collect::<Vec<_>>().join(" "))
        });
        let proof: Result<Vec<String>, verify::Unproved> = proof.collect();
        proof.unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn what_a_change_has_nothing_to_do_with_is_left_out() {
        let (old, diff, migration) = planned(&[
            "entity: Book\ndelete: hard\nfields: { title: string, pages: { type: int, backfill: 1 }, author: Author }",
        ]);
        assert_eq!(
            proved(&old, &diff, &migration, 99),
            ["authors books remarks"]
        );
        let piece = &of(&old, &diff, &migration, 99)[0];
        let remarks = piece.old.table("remarks").expect("a neighbour");
        assert_eq!(remarks.foreign_keys.len(), 1, "{remarks:?}");
        assert!(remarks.indexes.is_empty() && !remarks.guarded);
    }

    #[test]
    fn what_has_nothing_to_do_with_each_other_is_proved_apart() {
        let (old, diff, migration) = planned(&[
            "entity: Book\ndelete: hard\nfields: { title: string, pages: { type: int, backfill: 1 }, author: Author }",
            "entity: Author\nfields: { name: string, born: { type: int, backfill: 1 }, city: City }",
        ]);
        let apart = [
            "authors authors_archive books cities remarks",
            "authors books remarks",
        ];
        assert_eq!(proved(&old, &diff, &migration, 1), apart);
        let steps = |most| -> usize {
            let pieces = of(&old, &diff, &migration, most);
            let plans = pieces.iter().flat_map(|it| &it.migration.plans);
            plans.map(|it| it.up.len() + it.down.len()).sum()
        };
        assert_eq!(proved(&old, &diff, &migration, 99).len(), 1);
        assert_eq!(steps(1), steps(99));
    }

    #[test]
    fn what_gets_another_name_takes_along_what_refers_to_it() {
        let (old, diff, migration) = planned(&[
            "entity: Volume\nwas: Book\ndelete: hard\nfields: { title: string, author: Author }",
            "entity: Remark\nfields: { about: Volume, author: Author }",
        ]);
        assert_eq!(
            proved(&old, &diff, &migration, 1),
            ["authors books marks remarks remarks_archive"]
        );
    }

    #[test]
    fn what_somebodys_own_words_name_is_there() {
        let (old, diff, migration) = planned(&[
            "entity: Book\ndelete: hard\nfields: { title: string, seen: { type: int, backfill: { sql: \"(select count(*) from VISITS)\" } }, author: Author }",
        ]);
        assert_eq!(
            proved(&old, &diff, &migration, 1),
            ["authors books remarks tags visits visits_archive"]
        );
    }

    #[test]
    fn a_statement_that_reaches_what_was_left_out_fails() {
        let (old, diff, mut migration) = planned(&[
            "entity: Book\ndelete: hard\nfields: { title: string, pages: int?, author: Author }",
        ]);
        let piece = &mut of(&old, &diff, &migration, 1)[0];
        for plan in &mut piece.migration.plans {
            plan.up[0]
                .sql
                .push_str("update mayors set city_id = city_id;\n");
        }
        let failed = verify::piece(piece)
            .expect_err("a statement reached it")
            .to_string();
        assert!(failed.contains("no such table: mayors"), "{failed}");
        // What is known of before is there.
        migration.plans[0].up[0]
            .sql
            .push_str("update mayors set city_id = city_id;\n");
        assert_eq!(
            proved(&old, &diff, &migration, 1),
            ["authors books cities mayors mayors_archive remarks"]
        );
    }
}
