//! What svcgen makes of an example and of changes of it, rendered once for all tests.

use std::{collections::BTreeMap, sync::OnceLock};

use svcgen::{
    generate::{self, Inputs, TABLES},
    plan::{Content, Ownership},
    reconcile::merge::Language,
    source::Source,
};

/// A file under two schemas.
pub struct Pair {
    pub path: String,
    pub base: String,
    pub new: String,
}

const SERVICE: &str =
    "svcgen: 1\nname: shop\ndatabases: [sqlite, postgres]\nfeatures:\n  http: {}\n  openapi: {}\n";
const ORDER: &str = "entity: Order\ndoc: What a customer bought.\nfields:\n  number: { type: string, max: 20, unique: true }\n  status: { type: enum, values: [draft, paid, shipped], default: draft }\n  total: decimal(12,2)\n  note: text?\n  customer: Customer\n";
const CUSTOMER: &str = "entity: Customer\nfields:\n  name: { type: string, max: 100 }\n  email: { type: string, max: 200 }\n";

type Files = BTreeMap<&'static str, String>;

fn schema() -> Files {
    [
        ("svcgen.yaml", SERVICE),
        ("entities/order.yaml", ORDER),
        ("entities/customer.yaml", CUSTOMER),
    ]
    .map(|(path, text)| (path, text.to_owned()))
    .into()
}

/// Changes of the schema, each a file, what is replaced in it, and by what.
const CHANGES: &[(&str, &str, &str)] = &[
    (
        "entities/order.yaml",
        "  note: text?\n",
        "  note: text?\n  placed_at: timestamp?\n",
    ),
    (
        "entities/order.yaml",
        "  total: decimal(12,2)\n",
        "  weight: float?\n  total: decimal(12,2)\n  gift: { type: bool, default: false }\n",
    ),
    (
        "entities/order.yaml",
        "[draft, paid, shipped]",
        "[draft, paid, shipped, returned]",
    ),
    ("entities/order.yaml", "  note: text?\n", ""),
    ("entities/order.yaml", "max: 20", "max: 40"),
    (
        "entities/order.yaml",
        "doc: What a customer bought.",
        "doc: What a customer has bought from us.",
    ),
    (
        "entities/order.yaml",
        "  number:",
        "  code: { type: string?, max: 9 }\n  number:",
    ),
    (
        "entities/customer.yaml",
        "  email: { type: string, max: 200 }\n",
        "  email: { type: string, max: 200, format: email }\n  phone: string?\n",
    ),
    (
        "entities/customer.yaml",
        "  email: { type: string, max: 200 }\n",
        "",
    ),
    (
        "entities/customer.yaml",
        "fields:\n",
        "delete: hard\nfields:\n",
    ),
    ("svcgen.yaml", "  openapi: {}\n", ""),
    (
        "svcgen.yaml",
        "databases: [sqlite, postgres]",
        "databases: [sqlite]",
    ),
];

const PRODUCT: &str =
    "entity: Product\nfields:\n  title: string\n  price: decimal(10,2)\n  maker: Customer?\n";

fn render(files: &Files, previous: Option<&str>) -> BTreeMap<String, String> {
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source::new((*path).to_owned(), text.clone()))
        .collect();
    let generated = generate::generate(&Inputs {
        sources: &sources,
        known: &BTreeMap::new(),
        previous_tables: previous,
        project: None,
        allow: svcgen::tables::intent::Allow::default(),
    });
    // How a column goes is asked of people; for the texts it is all one.
    if let (Err(generate::Failure::Questions(_)), Some(_)) = (&generated, previous) {
        return render(files, None);
    }
    let generated = generated.unwrap_or_else(|error| panic!("{error}: {error:?}: {files:?}"));
    let files = generated.files.into_iter().filter_map(|file| {
        let is_merged = file.ownership == Ownership::Managed || file.path == TABLES;
        match file.content {
            Content::Whole(bytes) if is_merged => Some((file.path, String::from_utf8(bytes).ok()?)),
            _ => None,
        }
    });
    files.collect()
}

/// Every file that is merged, under the schema and under each change of it.
pub fn pairs() -> &'static [Pair] {
    static PAIRS: OnceLock<Vec<Pair>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let before = render(&schema(), None);
        let tables = before[TABLES].clone();
        let mut pairs = Vec::new();
        let mut add = |files: Files| {
            let after = render(&files, Some(&tables));
            for (path, base) in &before {
                let Some(new) = after.get(path).filter(|_| path != TABLES) else {
                    continue;
                };
                pairs.push(Pair {
                    path: path.clone(),
                    base: base.clone(),
                    new: new.clone(),
                });
            }
        };
        for (path, old, new) in CHANGES {
            let mut files = schema();
            let text = files.get_mut(path).expect("a file of the schema");
            assert!(text.contains(old), "{old}");
            *text = text.replacen(old, new, 1);
            add(files);
        }
        let mut files = schema();
        files.insert("entities/product.yaml", PRODUCT.to_owned());
        add(files);
        // Files that did not change say little: one in four of them is enough.
        let mut unchanged = 0;
        pairs.retain(|it| {
            unchanged += usize::from(it.base == it.new);
            it.base != it.new || unchanged % 8 == 0
        });
        pairs.retain(|it| Language::of(&it.path) != Language::Text);
        pairs
    })
}
