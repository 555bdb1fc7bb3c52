//! What has to be there before an operation is called, made by other examples of the document.

use serde_json::Value;
use svcgen_runtime::testing::TestServer;

use crate::document::Operation;
use crate::examples::Request;
use crate::service::App;

/// A server, and what stands in its paths instead of an example: the ids in its archive.
pub type Prepared = (TestServer<App>, Vec<(&'static str, String)>);

/// The operations that make one record of each kind, what is referred to first.
pub struct Creates<'d> {
    ordered: Vec<&'d Operation<'d>>,
    all: &'d [Operation<'d>],
}

/// What there is when an operation is called: a record of each of these kinds, by their places in
/// the order, and whether the last of them is in the archive.
pub struct State {
    kinds: Vec<usize>,
    is_archived: bool,
}

impl State {
    fn of(kinds: impl IntoIterator<Item = usize>) -> Self {
        Self {
            kinds: kinds.into_iter().collect(),
            is_archived: false,
        }
    }
}

impl<'d> Creates<'d> {
    /// Finds the order out: whatever cannot be made yet refers to what is made later.
    pub async fn of(all: &'d [Operation<'d>]) -> Self {
        let makes = |it: &&Operation<'_>| {
            it.method == "post" && it.makes().is_some() && !it.path.contains('{')
        };
        let mut left: Vec<&Operation<'_>> = all.iter().filter(makes).collect();
        let mut creates = Self {
            ordered: Vec::new(),
            all,
        };
        while !left.is_empty() {
            let (before, mut refusals) = (left.len(), Vec::new());
            // What is refused may use a number up, and on another server is tried anew.
            let (mut server, _) = creates.prepared(&State::of(0..creates.ordered.len())).await;
            for operation in std::mem::take(&mut left) {
                let answer = Request::pasted(operation).send(&server).await;
                if answer.status == 201 {
                    creates.ordered.push(operation);
                } else {
                    refusals.push(format!("{}: {}", operation.id(), answer.body));
                    left.push(operation);
                }
            }
            assert!(left.len() < before, "{}", refusals.join("\n"));
            server.stop().await;
        }
        creates
    }

    /// What an operation needs: what makes a record finds it missing, what removes one finds nothing
    /// that refers to it, and all others find everything.
    pub fn before(&self, operation: &Operation<'_>) -> State {
        let of_resource = |resource: &str| self.ordered.iter().position(|it| it.path == resource);
        let all = self.ordered.len();
        if let Some((before, after)) = operation.path.split_once("/archive/") {
            let segment = after.split('/').next().unwrap_or_default();
            let place = of_resource(&format!("{before}/{segment}"));
            // What is restored as a batch may be of any kind.
            let any = || self.ordered.iter().position(|it| self.is_archived(it));
            let place = place.or_else(any).expect("a kind that is archived");
            return State {
                is_archived: true,
                ..State::of(0..=place)
            };
        }
        if let Some((resource, verb)) = operation.path.split_once(':')
            && let Some(place) = of_resource(resource)
        {
            return match verb {
                "batchCreate" => State::of(0..place),
                "batchDelete" | "deleteMatching" => State::of(0..=place),
                _ => State::of(0..all),
            };
        }
        let parent = operation.path.split_once("/{");
        let (parent, rest) = parent.map_or((None, ""), |it| (of_resource(it.0), it.1));
        if let ("delete", "id}", Some(place)) = (operation.method, rest, parent) {
            return State::of(0..=place);
        }
        let is_made =
            |it: &&Operation<'_>| operation.method == "post" && it.makes() == operation.makes();
        match (self.ordered.iter().position(is_made), parent) {
            (None, _) => State::of(0..all),
            (Some(place), None) => State::of(0..place),
            // Under a record of its own kind, that one has to be there.
            (Some(place), Some(parent)) => {
                let needed = 0..place.max(parent + 1);
                State::of(needed.filter(|it| *it != place || place == parent))
            }
        }
    }

    /// A server on which it is so.
    pub async fn prepared(&self, state: &State) -> Prepared {
        let server = TestServer::<App>::start().await;
        for kind in &state.kinds {
            let create = self.ordered[*kind];
            let answer = Request::pasted(create).send(&server).await;
            assert_eq!(answer.status, 201, "{}: {}", create.id(), answer.body);
        }
        let ids = match state.kinds.last() {
            Some(last) if state.is_archived => self.archive(&server, self.ordered[*last]).await,
            _ => Vec::new(),
        };
        (server, ids)
    }

    /// Removes the record that an operation has made, and says where it is then.
    async fn archive(
        &self,
        server: &TestServer<App>,
        create: &Operation<'_>,
    ) -> Vec<(&'static str, String)> {
        let removal = self.named("delete", &format!("{}/{{id}}", create.path));
        let removal = removal.expect("a removal");
        let removed = Request::pasted(removal).send(server).await;
        assert_eq!(removed.status, 204, "{}: {}", removal.id(), removed.body);
        let archive = self.named("get", &archive(create.path));
        let listed = Request::pasted(archive.expect("an archive"))
            .send(server)
            .await;
        let page = listed.body.as_object().expect("a page");
        let archived = page.values().find_map(|it| it.get(0)).expect("a record");
        let id = |member: &str| archived[member].as_str().expect("an id").to_owned();
        vec![
            ("archive_id", id("archive_id")),
            ("batch", id("archive_batch")),
        ]
    }

    fn is_archived(&self, create: &Operation<'_>) -> bool {
        self.named("get", &archive(create.path)).is_some()
    }

    fn named(&self, method: &str, path: &str) -> Option<&'d Operation<'d>> {
        let mut all = self.all.iter();
        all.find(|it| it.method == method && it.path == path)
    }
}

/// Where the removed records of a resource are.
fn archive(resource: &str) -> String {
    let (before, segment) = resource.rsplit_once('/').expect("a path");
    format!("{before}/archive/{segment}")
}

/// The document as it is served.
pub async fn described() -> Value {
    let server = TestServer::<App>::start().await;
    server.get("/openapi.json").await.body
}
