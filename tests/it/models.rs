//! What schemas mean: the model that comes out, with every default applied.

use svcgen::diagnostic::{Style, render};
use svcgen::model::{
    Column, Database, DefaultValue, Delete, Entity, FieldKind, IdType, Link, OnArchive, OrderTerm,
    Retention, RuntimeSource, ScalarType, Service, Via,
};
use svcgen::source::Source;

use crate::errors::{checked, example};

fn service(sources: &[Source]) -> Service {
    let (service, diagnostics) = checked(sources);
    service.unwrap_or_else(|| panic!("{}", render(&diagnostics, sources, Style::default())))
}

/// A service of these entity files.
fn of(entities: &[&str]) -> Service {
    let mut sources = vec![Source::new("svcgen.yaml", "svcgen: 1\nname: shop\n")];
    sources.extend(
        entities
            .iter()
            .map(|text| Source::new("entities/x.yaml", *text)),
    );
    service(&sources)
}

fn entity<'a>(service: &'a Service, name: &str) -> &'a Entity {
    service
        .entities
        .iter()
        .find(|entity| entity.name.pascal() == name)
        .unwrap()
}

fn link<'a>(entity: &'a Entity, name: &str) -> &'a Link {
    let collection = entity
        .collections
        .iter()
        .find(|it| it.name.snake() == name)
        .unwrap();
    match &collection.via {
        Via::Link(link) => link,
        Via::Reference { field } => panic!("joined by {field}"),
    }
}

#[test]
fn the_least_schema_gets_every_default() {
    let service = of(&["entity: Note\nfields:\n  title: string\n"]);
    assert_eq!(service.databases, [Database::Sqlite, Database::Postgres]);
    assert_eq!(service.runtime, RuntimeSource::Vendored);
    assert_eq!(
        service.features.http.as_ref().map(|it| it.prefix.as_str()),
        Some("/v1")
    );
    assert!(
        service.features.openapi.as_ref().is_some_and(|it| it.ui)
            && service.features.grpc.is_none()
    );
    let note = entity(&service, "Note");
    assert_eq!(note.id, IdType::Uuid);
    assert!(note.automatic.created_at && note.automatic.updated_at && note.automatic.version);
    assert!(
        matches!(&note.delete, Delete::Archive(archive) if archive.retain.is_none() && !archive.reason_required)
    );
    assert_eq!((note.list.default_page, note.list.max_page), (50, 1000));
    let FieldKind::Scalar(ScalarType::String(text)) = &note.fields[0].kind else {
        panic!()
    };
    assert_eq!(text.max, Some(255));
}

#[test]
fn entities_are_sorted_and_references_lead_to_them() {
    let service = service(&example("shop"));
    let names: Vec<&str> = service.entities.iter().map(|it| it.name.pascal()).collect();
    assert_eq!(
        names,
        ["Category", "Customer", "Order", "OrderLine", "Product"]
    );
    let FieldKind::Reference(reference) =
        entity(&service, "OrderLine").field("order").unwrap().kind
    else {
        panic!()
    };
    assert_eq!(service.entity(reference.target).name.pascal(), "Order");
    assert_eq!(reference.on_archive, OnArchive::Cascade);
    assert_eq!(
        entity(&service, "OrderLine")
            .field("order")
            .unwrap()
            .column(),
        "order_id"
    );
}

#[test]
fn an_entity_is_as_its_file_says() {
    let service = service(&example("shop"));
    let order = entity(&service, "Order");
    let position = |name: &str| {
        Column::Field(
            order
                .fields
                .iter()
                .position(|it| it.name.snake() == name)
                .unwrap(),
        )
    };
    let placed_at = OrderTerm {
        column: position("placed_at"),
        descending: true,
    };
    assert_eq!(order.list.default_order, std::slice::from_ref(&placed_at));
    let ascending = |column| OrderTerm {
        column,
        descending: false,
    };
    let id = OrderTerm {
        column: Column::Id,
        descending: true,
    };
    assert_eq!(
        order.indexes,
        [
            vec![ascending(position("status")), placed_at, id],
            vec![ascending(position("total")), ascending(Column::Id)]
        ]
    );
    assert_eq!(order.uniques, [[position("customer"), position("number")]]);
    let Delete::Archive(archive) = &order.delete else {
        panic!()
    };
    assert_eq!(
        archive.retain,
        Some(Retention {
            years: 7,
            months: 0,
            days: 0
        })
    );
    assert!(archive.reason_required);
    assert_eq!(order.was.as_deref(), Some("Purchase"));
    let FieldKind::Enum(status) = &order.field("status").unwrap().kind else {
        panic!()
    };
    assert_eq!(status.name.pascal(), "OrderStatus");
    assert_eq!(status.values[5].was.as_deref(), Some("canceled"));
    assert_eq!(
        order.field("status").unwrap().default,
        Some(DefaultValue::EnumValue("draft".into()))
    );
    assert_eq!(
        order.collections[0].via,
        Via::Reference {
            field: "order".into()
        }
    );
}

#[test]
fn both_sides_of_a_link_see_one_table() {
    let service = service(&example("blog"));
    let (post, tag) = (
        link(entity(&service, "Post"), "tags"),
        link(entity(&service, "Tag"), "posts"),
    );
    assert_eq!(
        (post.table.as_str(), tag.table.as_str()),
        ("post_tags", "post_tags")
    );
    assert_eq!(
        (post.own_column.as_str(), post.target_column.as_str()),
        ("post_id", "tag_id")
    );
    assert_eq!(
        (tag.own_column.as_str(), tag.target_column.as_str()),
        ("tag_id", "post_id")
    );
    assert!(post.owner && !tag.owner);
    assert_eq!(
        (post.max_items, tag.max_items, post.on_archive),
        (20, 100, OnArchive::Detach)
    );
    assert_eq!(
        entity(&service, "Post").collections[1].ids_member(),
        "tag_ids"
    );
}

#[test]
fn an_entity_is_linked_with_itself() {
    let service = of(&[
        "entity: User\nfields:\n  friends: { many: User }\n  followers: { many: User, through: follows }\n  following: { many: User, through: follows }\n",
    ]);
    let user = entity(&service, "User");
    let friends = link(user, "friends");
    assert_eq!(
        (
            friends.table.as_str(),
            friends.own_column.as_str(),
            friends.target_column.as_str()
        ),
        ("user_friends", "user_id", "friend_id")
    );
    let (followers, following) = (link(user, "followers"), link(user, "following"));
    assert!(followers.owner && !following.owner && followers.table == following.table);
    assert_eq!(followers.own_column, following.target_column);
    assert_eq!(followers.target_column, following.own_column);
}

#[test]
fn several_links_between_two_entities_are_told_apart() {
    let service = of(&[
        "entity: Post\nfields:\n  tags: { many: Tag, through: shown }\n  hidden_tags: { many: Tag, through: hidden }\n",
        "entity: Tag\nfields:\n  posts: { many: Post, through: shown }\n",
    ]);
    let post = entity(&service, "Post");
    assert_eq!(
        link(post, "tags").table,
        link(entity(&service, "Tag"), "posts").table
    );
    assert_eq!(link(post, "hidden_tags").table, "hidden");
    assert!(link(post, "hidden_tags").owner);
}

#[test]
fn the_order_of_the_files_changes_nothing() {
    let mut sources = example("clinic");
    let forward = service(&sources);
    sources.reverse();
    assert_eq!(service(&sources), forward);
}

#[test]
fn defaults_keep_their_digits() {
    let service = of(&[
        "entity: A\nfields:\n  a: { type: \"decimal(20,10)\", default: 1.10 }\n  b: { type: bigint, default: 9007199254740993 }\n  c: { type: json, default: { x: [1, 2.5, yes, null] } }\n  d: { type: bytes, default: AAEC }\n  e: { type: \"list(decimal(4,2))\", default: [1.5] }\n",
    ]);
    let default = |name: &str| {
        entity(&service, "A")
            .field(name)
            .unwrap()
            .default
            .clone()
            .unwrap()
    };
    assert_eq!(
        default("a"),
        DefaultValue::Decimal("1.1000000000".parse().unwrap())
    );
    assert_eq!(default("b"), DefaultValue::Int(9_007_199_254_740_993));
    assert_eq!(
        default("c"),
        DefaultValue::Json(serde_json::json!({ "x": [1, 2.5, "yes", null] }))
    );
    assert_eq!(default("d"), DefaultValue::Bytes(vec![0, 1, 2]));
    assert_eq!(
        default("e"),
        DefaultValue::Json(serde_json::json!(["1.50"]))
    );
}

#[test]
fn keywords_and_sql_words_are_fields_like_others() {
    let service = of(&[
        "entity: Match\nfields:\n  type: string\n  order: int\n  group: text?\n  select: bool\n  async: date\n  gen: uuid\n",
    ]);
    let entity = entity(&service, "Match");
    assert_eq!(entity.name.rust(), "r#match");
    let rust: Vec<&str> = entity.fields.iter().map(|it| it.name.rust()).collect();
    assert_eq!(
        rust,
        ["r#type", "order", "group", "select", "r#async", "r#gen"]
    );
    let sql: Vec<String> = entity.fields.iter().map(|it| it.name.sql()).collect();
    assert_eq!(
        sql,
        [
            "type",
            "\"order\"",
            "\"group\"",
            "\"select\"",
            "async",
            "gen"
        ]
    );
}

#[test]
fn a_plural_can_be_given() {
    let service = of(&["entity: Staff\nplural: staff_members\nfields:\n  a: int\n"]);
    assert_eq!(service.entities[0].name.plural_kebab(), "staff-members");
}
