//! The service file as it is written.

use super::read::{Named, document, words};
use super::values::{Either, Share, Span as Duration, Text};
use crate::source::Spanned;

words! {
    /// A database engine that the service can run on.
    pub enum DatabaseWord {
        /// Embedded, with no server. The default at run time.
        Sqlite = "sqlite",
        /// PostgreSQL, chosen by URL at run time.
        Postgres = "postgres",
    }

    /// The type of the entities' identifiers.
    pub enum IdWord {
        /// A version 7 UUID: sorted by time, made by the service unless the caller sends one.
        Uuid = "uuid",
        /// A 64-bit integer, made by the database.
        Bigint = "bigint",
        /// Text that the caller chooses, 1 to 255 characters.
        String = "string",
    }

    /// What removing a record does.
    pub enum DeleteWord {
        /// The row is gone.
        Hard = "hard",
        /// The row moves into the archive table, with who, when and why, and can be restored.
        Archive = "archive",
    }

    /// Where the generated service takes its runtime crate from.
    pub enum RuntimeWord {
        /// A copy inside the project, so that the service builds anywhere. The default.
        Vendored = "vendored",
    }
}

document! {
    /// A service: `svcgen.yaml`.
    #[place = "the service"]
    pub struct ServiceDoc {
        /// The version of the schema format: 1.
        required svcgen: super::values::Version,
        /// The service's name, which is also its crate's: lower-case letters, digits, `-` and `_`.
        required name: String,
        /// What the service is for. It opens the API documentation and the README.
        optional doc: String,
        /// The databases the service can run on; the URL decides at run time. Both, unless said otherwise.
        optional databases: Vec<Spanned<DatabaseWord>>,
        /// What the service offers. REST and OpenAPI, unless said otherwise.
        optional features: FeaturesDoc,
        /// What entities are like unless they say otherwise.
        optional defaults: DefaultsDoc,
        /// Where the runtime crate comes from. Vendored, unless said otherwise.
        optional runtime: Either<RuntimeWord, RuntimeDoc>,
        /// The services this one calls, each with its limits.
        optional clients: Named<ClientDoc>,
        /// Entities that are no longer here, whose tables go with all their rows. An archive goes by its own name.
        optional dropped: Vec<Spanned<String>>,
        /// Entities that are no longer here, whose tables go, their rows kept in a table `svcgen_stash_…`.
        optional stashed: Vec<Spanned<String>>,
        /// Entities that are no longer here, whose tables stay in the database for now.
        optional kept: Vec<Spanned<String>>,
    }

    /// What the service offers. A feature that is listed is on.
    #[place = "`features`"]
    pub struct FeaturesDoc {
        /// The REST surface.
        optional http: HttpDoc,
        /// The gRPC surface.
        optional grpc: GrpcDoc,
        /// The OpenAPI document.
        optional openapi: OpenapiDoc,
        /// Whether the service can reach PostgreSQL over TLS (`sslmode=require`). False, unless said otherwise.
        optional tls: bool,
    }

    /// Options of the REST surface.
    #[place = "`http`"]
    pub struct HttpDoc {
        /// What every resource path begins with. `/v1`, unless said otherwise; empty for none.
        optional prefix: String,
        /// Whether answers are packed (gzip, br, zstd) for clients that take them so. False, unless said
        /// otherwise: a proxy in front usually does it, and the packers take their time to build.
        optional compression: bool,
    }

    /// Options of the gRPC surface.
    #[place = "`grpc`"]
    pub struct GrpcDoc {
        /// The protobuf package, such as `shop.v1`.
        required package: String,
    }

    /// Options of the OpenAPI document.
    #[place = "`openapi`"]
    pub struct OpenapiDoc {
        /// Whether the service shows a documentation page at `/docs`. True, unless said otherwise.
        optional ui: bool,
    }

    /// What entities are like unless they say otherwise.
    #[place = "`defaults`"]
    pub struct DefaultsDoc {
        /// The type of the identifiers. `uuid`, unless said otherwise.
        optional id: IdWord,
        /// What removing a record does. `archive`, unless said otherwise.
        optional delete: Either<DeleteWord, super::entity::DeleteDoc>,
    }

    /// Where the runtime crate comes from: one of `path`, `git` and `version`.
    #[place = "`runtime`"]
    pub struct RuntimeDoc {
        /// A directory, relative to the project.
        optional path: String,
        /// The address of a git repository.
        optional git: String,
        /// A commit, branch or tag of the git repository.
        optional rev: Text,
        /// A release from the package registry, such as `0.1`.
        optional version: Text,
    }

    /// A service that this one calls.
    #[place = "a client"]
    pub struct ClientDoc {
        /// The directory of a sibling service's schema.
        optional service: String,
        /// A protobuf file.
        optional proto: String,
        /// How long one call may take. 1s, unless said otherwise.
        optional timeout: Duration,
        /// How calls are tried again. Not at all, unless said otherwise.
        optional retry: RetryDoc,
        /// When calls are stopped for a while. Never, unless said otherwise.
        optional breaker: BreakerDoc,
        /// The most calls at once. Unbounded, unless said otherwise.
        optional bulkhead: u32,
    }

    /// How calls are tried again.
    #[place = "`retry`"]
    pub struct RetryDoc {
        /// The most attempts, the first one included. 3, unless said otherwise.
        optional attempts: u32,
        /// The share of calls that may be retries. 20%, unless said otherwise.
        optional budget: Share,
    }

    /// When calls are stopped for a while.
    #[place = "`breaker`"]
    pub struct BreakerDoc {
        /// The share of failures that opens it. 50%, unless said otherwise.
        optional failures: Share,
        /// What counts as slow, and the share of slow calls that opens it.
        optional slow: SlowDoc,
        /// The span over which calls are counted. 10s, unless said otherwise.
        optional window: Duration,
        /// The fewest calls that can open it. 20, unless said otherwise.
        optional min_calls: u32,
        /// How long it stays open. 5s, unless said otherwise.
        optional open: Duration,
        /// How many calls are let through to probe. 3, unless said otherwise.
        optional probes: u32,
    }

    /// When slow calls open a breaker.
    #[place = "`slow`"]
    pub struct SlowDoc {
        /// A call that takes longer is slow.
        required over: Duration,
        /// The share of slow calls that opens the breaker.
        required share: Share,
    }
}
