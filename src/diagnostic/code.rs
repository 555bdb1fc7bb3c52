//! The codes of diagnostics, with the page that `svcgen explain` prints for each.
//!
//! A code is for ever: one that is no longer used is not given to anything else.

macro_rules! codes {
    ($($code:literal $name:ident: $title:literal, $page:literal;)*) => {
        /// What kind of problem a diagnostic is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// As printed, such as `S0101`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// The kind of problem in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            fn page(self) -> &'static str {
                match self { $(Code::$name => concat!($code, ": ", $title, "\n\n", $page, "\n"),)* }
            }
        }
    };
}

/// The page on one code, if there is such a code. Case does not matter.
pub fn explain(code: &str) -> Option<&'static str> {
    Code::ALL
        .iter()
        .find(|it| it.as_str().eq_ignore_ascii_case(code.trim()))
        .map(|it| it.page())
}

/// Every code and its title, in order.
pub fn codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    Code::ALL.iter().map(|code| (code.as_str(), code.title()))
}

codes! {
    "S0001" NotUtf8: "a file is not UTF-8",
    "Schema files are read as UTF-8, with or without a byte order mark. Most editors can\n\
     save a file in another encoding; on the command line, `iconv -t utf-8` does.";
    "S0002" FileTooLarge: "a file is too large",
    "A schema file may have 1 MiB. One file describes one entity or the service, so a\n\
     larger one usually holds data that does not belong into a schema.";
    "S0003" BrokenYaml: "a file is not YAML",
    "The text could not be parsed. The usual reasons: a tab in the indentation, a missing\n\
     space after a colon, a bracket or a quote that is not closed, a value that begins with\n\
     a character YAML gives a meaning to (`*`, `&`, `!`, `%`, `@`, a backtick), or a text with `: ` in it.\n\
     Quote such values.\n\n\
     Inside `{ }` and `[ ]` a comma ends a value. Write `{ type: \"decimal(12,2)\" }`.";
    "S0004" TooComplex: "a file nests or repeats too much",
    "Mappings and lists may nest 48 deep, and aliases may stand for a bounded number of\n\
     values. A schema needs six levels; more is a mistake or an attack on the parser.";
    "S0005" DuplicateKey: "a key is written twice",
    "YAML asks for unique keys in a mapping. Readers disagree about which of the two counts,\n\
     so svcgen takes neither. Remove one.";
    "S0006" UnknownFile: "a file is neither a service nor an entity",
    "A service file (`svcgen.yaml`) has the key `svcgen:` at its top, an entity file\n\
     (`entities/order.yaml`) has the key `entity:`. A file with both or none of them cannot be told apart.";
    "S0007" MissingService: "the service file is missing",
    "A project has one `svcgen.yaml`:\n\n    svcgen: 1\n    name: shop";
    "S0008" SeveralServices: "there are two service files",
    "A project describes one service. Put each service into a directory of its own.";
    "S0009" FileName: "a file is not called after its entity",
    "The file of the entity `OrderLine` is `entities/order_line.yaml`. Another name works, and\n\
     makes people search.";
    "S0010" NoEntities: "there are no entities",
    "A service without entities has nothing to serve. Describe one in `entities/NAME.yaml`:\n\n\
    \x20   entity: Note\n    fields:\n      title: string";
    "S0011" FormatVersion: "the format's version is unknown",
    "`svcgen: 1` says which version of the schema format a file is written in. This svcgen\n\
     knows version 1.";
    "S0012" MisplacedFile: "a file lies where none is read",
    "Entity files lie in `entities` itself and end in `.yaml` or `.yml`; directories below it are not\n\
     read. The service file is `svcgen.yaml`, beside `entities`. A file of the schema that lies elsewhere\n\
     is an error: without it, its table would be taken for one that is no longer wanted.";
    "S0013" UnreadableFile: "a file cannot be read",
    "Something lies at the path of a schema file and is none: a directory, a pipe, a device, a link\n\
     that leads nowhere, or a file that you may not read. Move it away or repair it.";
    "S0101" UnknownKey: "a key is unknown",
    "The key has no meaning at this place, so what it says would be lost. The JSON Schemas in\n\
     `.svcgen/schema/` list what each place knows; editors complete from them.";
    "S0102" WrongShape: "a value has the wrong shape",
    "Another kind of YAML value belongs here: text, a number, a boolean, a list or a mapping.\n\
     Mind that `yes`, `no`, `on` and `off` are text (booleans are `true` and `false`), and that\n\
     a value like `1.10` is a number unless it is quoted.";
    "S0103" MissingKey: "a key is missing",
    "Something has to be said here and is not.";
    "S0104" UnknownWord: "a word is not one of the choices",
    "Only the words that the message lists are known here.";
    "S0105" BadQuantity: "a number, a duration or a share is not usable",
    "Numbers have to lie in the range that the message names. Durations are a number and a unit:\n\
     `800ms`, `5s`, `2m`, `1h`. Retention uses calendar units: `7y`, `6mo`, `90d`, and sums such as\n\
     `1y6mo`. Shares are percentages: `20%`.";
    "S0201" BadName: "a name cannot be used",
    "Names become Rust items, SQL tables and columns, JSON members and URLs. They have ASCII\n\
     letters, digits and underscores, begin with a letter, and are written `PascalCase` for entities\n\
     and `snake_case` for fields, collections and enum values.";
    "S0202" ReservedName: "a name is taken",
    "The name is used by generated code, by the standard library's prelude, by a database or by a\n\
     request parameter, and two things of one name cannot stand beside each other. Choose another:\n\
     `kind` instead of `type_id`, `OrderResult` instead of `Result`. Rust keywords such as `type` are\n\
     fine for fields (they become `r#type`), except for `self`, `Self`, `super` and `crate`, which have\n\
     no such form.";
    "S0203" DuplicateName: "a name is used twice",
    "Names that differ only in case or underscores are the same once they are spelt for Rust and\n\
     SQL. A reference `customer` has the column `customer_id`, which no other field may have.";
    "S0204" NameClash: "two names become the same",
    "Different names can lead to the same table, route, type or member after they are put into the\n\
     plural or joined: the entities `Person` and `People`, an enum `status` of `Order` and an entity\n\
     `OrderStatus`, an entity `OrdersArchive` beside the archive of `Order`. Rename one, or\n\
     set `plural:`.";
    "S0205" NameTooLong: "a name is too long",
    "PostgreSQL cuts identifiers after 63 bytes without an error, so two long names can become one.\n\
     Derived names count: tables, link and archive tables, and constraints such as\n\
     `orders_customer_id_fkey`. Shorten the entity or the field; the API's names follow.";
    "S0206" AutomaticColumn: "a field has the name of an automatic column",
    "`id`, `version`, `created_at` and `updated_at` come by themselves. The id's type is set by `id:`;\n\
     the other three can be turned off (`version: false`) and cannot be redefined.";
    "S0207" BadServiceName: "the service's name cannot be used",
    "The name is the crate's: lower-case letters, digits, `-` and `_`, beginning with a letter, not a\n\
     Rust keyword, not a crate of the standard library and not one that the service depends on.";
    "S0301" UnknownType: "a type is unknown",
    "A field's type is one of string, text, int, bigint, float, decimal(p,s), bool, uuid, date, time,\n\
     timestamp, duration, json, bytes, enum, list(T), or the name of an entity. A `?` after it\n\
     makes it nullable.";
    "S0302" BadType: "a type's arguments are wrong",
    "`decimal(precision, scale)` has 1 to 28 digits, of which at most all stand after the point.\n\
     `enum(a, b)` lists its values. `list(T)` holds one scalar type. Other types have no arguments.\n\n\
     Inside `{ }` a comma ends a value, so quote: `{ type: \"decimal(12,2)\", min: 0 }`.";
    "S0303" OptionDoesNotFit: "an option does not fit the type",
    "`min` and `max` are for numbers and, as lengths, for text and bytes; `pattern` and `format` are for\n\
     string and text; `values` for enum; `of` and `max_items` for lists; `on_archive` for references.";
    "S0304" BadLimits: "limits contradict each other or the type",
    "`min` must not be above `max`, both must be values of the type, and lengths are not negative.";
    "S0305" BadPattern: "a pattern is not a regular expression the service can use",
    "Patterns are checked with the engine that the service uses (regex-lite): no look-around, no\n\
     back-references, no Unicode classes. `\\d`, `\\w` and `\\s` are ASCII. A pattern matches anywhere in the\n\
     text unless it is anchored by `^` and `$`.";
    "S0306" BadDefault: "a default does not fit its field",
    "A default is a value of the field's type that keeps the field's own limits. Besides, timestamps\n\
     know `now`, dates `today`, and uuids `new`. A list's default is a YAML list.";
    "S0307" BadValues: "an enum's values are wrong",
    "An enum has at least one value, and no two that are equal or become the same Rust variant\n\
     (`in_stock` and `InStock`).";
    "S0308" Contradiction: "options contradict each other",
    "Each of the options is fine alone, and together they cannot be kept: the message says why.";
    "S0401" AmbiguousCollection: "a collection can be joined in several ways",
    "`lines: { many: OrderLine }` is the other side of the one reference that `OrderLine` has to this\n\
     entity. When it has several, say which: `{ many: OrderLine, by: order }`.";
    "S0402" BadCollection: "a collection does not fit its other side",
    "`by:` names a reference of the target that points back here. `through:` names a link table and is\n\
     for links, where neither side refers to the other; both sides of one link agree on the table.";
    "S0403" NeedsNullable: "a reference would have to become null and cannot",
    "`on_archive: set_null` and `detach` empty the reference when the other record goes. Make it\n\
     nullable (`Customer?`), or use `restrict` or `cascade`.";
    "S0404" RequiredCycle: "required references form a circle",
    "When each record needs another to exist first, none can ever be created. Make one of the\n\
     references nullable.";
    "S0405" CascadeCycle: "removals go in a circle",
    "`on_archive: cascade` takes the records along that refer to the one that goes, and those that refer\n\
     to them. Through several entities that must not come back to where it began: a removal is one\n\
     statement an entity, in an order. An entity may cascade to itself.";
    "S0501" UnknownColumn: "a column is unknown",
    "Indexes, `unique:` and `list:` name fields of the entity, or `id`, `created_at`, `updated_at` and\n\
     `version` where the entity has them. A reference is named like its field: `customer`, not `customer_id`.";
    "S0502" UnsuitableColumn: "a column cannot be used like this",
    "JSON, bytes and lists have no useful order and cannot be unique or filtered by; a write-only field must\n\
     not show itself through a filter or an order; a collection is no column.";
    "S0503" RepeatedColumn: "a column is listed twice",
    "Once is enough, and the second time has no meaning.";
    "S0504" UnservedList: "no index serves a list",
    "A list that is ordered or filtered by a column reads the whole table where no index begins with\n\
     that column, and costs more with every record. Where many records share a value, as with a `bool`,\n\
     an `enum` or nulls, the index goes on with the default order of the list, or with the id, so that\n\
     they need not be sorted. The warning has the line to write. Columns that callers need not ask by\n\
     can leave `list:` instead. The default order, unique fields, references and the archive have their\n\
     indexes already. A text without a `max`, or with one above 600, is too long for an index.";
    "S0601" NoDatabase: "no database is chosen",
    "`databases:` lists `sqlite`, `postgres` or both; without the key a service runs on both.";
    "S0602" FeatureNeeds: "a feature needs another",
    "The OpenAPI document describes the REST surface, so `openapi` needs `http`. A service with\n\
     neither `http` nor `grpc` could not be reached.";
    "S0603" BadSetting: "a setting of the service cannot be used",
    "The message says what form the setting has.";
    "S0604" NotYet: "nothing is generated from this yet",
    "The schema may already say it and it is checked, and this version of svcgen generates nothing from it.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_and_each_has_a_page() {
        let codes: Vec<&str> = codes().map(|(code, _)| code).collect();
        assert!(
            codes.is_sorted() && codes.windows(2).all(|pair| pair[0] != pair[1]),
            "{codes:?}"
        );
        for code in codes {
            assert!(explain(code).is_some_and(|page| page.starts_with(code)));
            assert!(explain(&code.to_lowercase()).is_some());
        }
        assert_eq!(explain("S9999"), None);
    }
}
