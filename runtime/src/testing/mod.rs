//! A real server for a service's own tests, and a client for it.
//!
//! ```no_run
//! # use svcgen_runtime::testing::TestServer;
//! # use svcgen_runtime::Service;
//! # async fn test<App: Service>() {
//! let server = TestServer::<App>::start().await;
//! let answer = server.post("/v1/orders", serde_json::json!({"number": "A-1"})).await;
//! assert_eq!(answer.status, 201);
//! # }
//! ```
//!
//! Each server has its own database: a file in a temporary directory, or, when
//! `TEST_DATABASE_URL` names a PostgreSQL, a schema of its own there. Both go
//! when the server is dropped. What fails here fails the test, by a panic.

mod answer;
mod database;

use std::net::SocketAddr;
use std::time::Duration;

use ::http::{HeaderName, HeaderValue, Method, Request};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;

pub use answer::Answer;

use crate::Service;
use crate::config::Config;
use crate::server::Server;
use crate::service::assemble;
use database::Database;

/// A service on a free port, with a database of its own.
pub struct TestServer<S> {
    app: S,
    address: SocketAddr,
    server: Option<Server>,
    client: Client<HttpConnector, Full<Bytes>>,
    // Dropped last: it takes the data away.
    _database: Database,
}

impl<S: Service> TestServer<S> {
    /// Starts the service with its defaults.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts the service with a configuration that the test has changed.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let database = Database::create(S::NAME).await;
        let mut config = Config::default();
        config.db.url = database.url().to_owned();
        config.server.drain_delay = Duration::ZERO;
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Server::start::<S>(listener, &config);
        let (app, db) = match assemble::<S>(&config).await {
            Ok(assembled) => assembled,
            Err(error) => panic!(
                "the service does not start: {error}: {:?}",
                std::error::Error::source(&error)
            ),
        };
        server.ready(app.clone().router(), db);
        let address = server.address().expect("a listener has an address");
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            app,
            address,
            server: Some(server),
            client,
            _database: database,
        }
    }

    /// The service's state, for a look at the database.
    pub const fn app(&self) -> &S {
        &self.app
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    /// PATCH with a JSON merge patch.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        let media_type = HeaderValue::from_static("application/merge-patch+json");
        let request = self.request(Method::PATCH, path).json(body);
        request
            .header(::http::header::CONTENT_TYPE, media_type)
            .send()
            .await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    /// Any request.
    ///
    /// # Panics
    /// When the path cannot be one.
    pub fn request(&self, method: Method, path: &str) -> TestRequest<'_> {
        let url = format!("http://{}{path}", self.address);
        let request = Request::builder()
            .method(method)
            .uri(url)
            .body(Full::default());
        TestRequest {
            client: &self.client,
            request: request.expect("a path"),
        }
    }

    /// Stops it in good order, as SIGTERM does. Later requests are refused.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}

/// A request that is being put together.
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest<'a> {
    client: &'a Client<HttpConnector, Full<Bytes>>,
    request: Request<Full<Bytes>>,
}

impl TestRequest<'_> {
    /// Sets a header.
    ///
    /// # Panics
    /// When the name or the value cannot stand in a header.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: std::fmt::Debug>,
        V: TryInto<HeaderValue, Error: std::fmt::Debug>,
    {
        let name = name.try_into().expect("the name of a header");
        self.request
            .headers_mut()
            .insert(name, value.try_into().expect("the value of a header"));
        self
    }

    /// Adds a header beside those of the same name.
    ///
    /// # Panics
    /// When the name or the value cannot stand in a header.
    pub fn add_header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: std::fmt::Debug>,
        V: TryInto<HeaderValue, Error: std::fmt::Debug>,
    {
        let name = name.try_into().expect("the name of a header");
        let value = value.try_into().expect("the value of a header");
        self.request.headers_mut().append(name, value);
        self
    }

    /// Sets an idempotency key that no other request has.
    pub fn keyed(self) -> Self {
        self.header("idempotency-key", uuid::Uuid::now_v7().to_string())
    }

    /// Sets the body, and its type unless the test has set one.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "so a test can write `json!` in its place"
    )]
    pub fn json(self, body: Value) -> Self {
        let json = HeaderValue::from_static("application/json");
        self.body(body.to_string())
            .header(::http::header::CONTENT_TYPE, json)
    }

    /// Sets the body as it is.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = Full::new(body.into());
        self
    }

    /// Sends it, and waits for the whole answer.
    ///
    /// # Panics
    /// When none comes.
    pub async fn send(self) -> Answer {
        self.try_send().await.expect("an answer")
    }

    /// Sends it; an error when the server takes no connection or gives no answer.
    pub async fn try_send(self) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let (parts, body) = self.client.request(self.request).await?.into_parts();
        let bytes = body.collect().await?.to_bytes();
        Ok(Answer::new(parts.status, parts.headers, bytes))
    }
}
