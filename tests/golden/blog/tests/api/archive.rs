//! What is removed is in the archive, and comes back as it was.

use blog::app::App;
use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};

/// Where records of one kind are, live and removed.
struct Place {
    live: &'static str,
    archive: &'static str,
    members: &'static str,
}

impl Place {
    async fn create(&self, server: &TestServer<App>, body: &Value) -> Value {
        let request = server.request(Method::POST, self.live).keyed();
        let created = request.json(body.clone()).send().await;
        assert_eq!(created.status, 201, "{}", created.body);
        created.body
    }

    /// Removes a record, and gives it as the archive lists it.
    async fn removed(&self, server: &TestServer<App>, record: &Value) -> Value {
        let own = format!("{}?reason=entered+twice", self.of(record));
        let request = server.request(Method::DELETE, &own);
        let removed = request.header("if-match", "*").send().await;
        assert_eq!(removed.status, 204, "{}", removed.body);
        let listed = server.get(self.archive).await;
        assert_eq!(listed.status, 200, "{}", listed.body);
        let archived = listed.body[self.members][0].clone();
        assert_eq!(archived["id"], record["id"]);
        assert_eq!(archived["archive_reason"], "entered twice");
        archived
    }

    fn of(&self, record: &Value) -> String {
        let id = &record["id"];
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        format!("{}/{id}", self.live)
    }

    fn of_archived(&self, archived: &Value) -> String {
        let id = archived["archive_id"].as_str().unwrap_or_default();
        format!("{}/{id}", self.archive)
    }

    async fn restore(&self, server: &TestServer<App>, path: &str, key: &str) -> Answer {
        let request = server
            .request(Method::POST, path)
            .header("idempotency-key", key);
        request.json(json!({})).send().await
    }

    async fn gives_back(&self, server: &TestServer<App>, body: &Value) {
        let record = self.create(server, body).await;
        let archived = self.of_archived(&self.removed(server, &record).await);
        let found = server.get(&archived).await;
        assert_eq!(
            (found.status.as_u16(), &found.body["id"]),
            (200, &record["id"])
        );

        let restore = format!("{archived}/restore");
        let trial = format!("{restore}?validate_only=true");
        let tried = self.restore(server, &trial, "\"tried\"").await;
        assert_eq!(tried.status, 200, "{}", tried.body);
        assert_eq!(server.get(&self.of(&record)).await.status, 404);

        let restored = self.restore(server, &restore, "\"once\"").await;
        assert_eq!(restored.status, 200, "{}", restored.body);
        let again = self.restore(server, &restore, "\"once\"").await;
        assert_eq!(
            (again.status, &again.body),
            (restored.status, &restored.body)
        );
        let live = server.get(&self.of(&record)).await.body;
        for (member, value) in record.as_object().into_iter().flatten() {
            if !["version", "updated_at"].contains(&member.as_str()) {
                assert_eq!(&live[member], value, "{member}");
            }
        }
        assert_eq!(server.get(&archived).await.status, 404);
        assert_eq!(
            self.restore(server, &restore, "\"twice\"").await.status,
            404
        );
    }

    /// A value is free again at once; whoever takes it stands in the way of a restore.
    async fn tells_what_stands_in_the_way(&self, server: &TestServer<App>, body: &Value) {
        let record = self.create(server, body).await;
        let archived = self.of_archived(&self.removed(server, &record).await);
        self.create(server, body).await;
        let refused = self
            .restore(server, &format!("{archived}/restore"), "\"refused\"")
            .await;
        assert_eq!(refused.status, 409, "{}", refused.body);
        assert_eq!(refused.body["reason"], "RESTORE_CONFLICT");
        let told = refused.body["errors"].as_array().into_iter().flatten();
        let codes: Vec<&str> = told.filter_map(|it| it["code"].as_str()).collect();
        let taken = ["UNIQUE_TAKEN", "ID_TAKEN"];
        let are_taken = codes.iter().all(|it| taken.contains(it));
        assert!(!codes.is_empty() && are_taken, "{codes:?}");
        assert_eq!(server.get(&archived).await.status, 200);
    }
}

const AUTHORS: Place = Place {
    live: "/v1/authors",
    archive: "/v1/archive/authors",
    members: "authors",
};

#[tokio::test]
async fn author_comes_back() {
    let server = TestServer::<App>::start().await;
    let body = crate::author::sample(&server).await;
    AUTHORS.gives_back(&server, &body).await;
}

#[tokio::test]
async fn author_comes_back_only_where_nothing_stands_in_the_way() {
    let server = TestServer::<App>::start().await;
    let body = crate::author::sample(&server).await;
    AUTHORS.tells_what_stands_in_the_way(&server, &body).await;
}

const POSTS: Place = Place {
    live: "/v1/posts",
    archive: "/v1/archive/posts",
    members: "posts",
};

#[tokio::test]
async fn post_comes_back() {
    let server = TestServer::<App>::start().await;
    let body = crate::post::sample(&server).await;
    POSTS.gives_back(&server, &body).await;
}

#[tokio::test]
async fn post_comes_back_only_where_nothing_stands_in_the_way() {
    let server = TestServer::<App>::start().await;
    let body = crate::post::sample(&server).await;
    POSTS.tells_what_stands_in_the_way(&server, &body).await;
}
