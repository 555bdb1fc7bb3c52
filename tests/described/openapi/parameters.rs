//! A parameter that nobody knows is refused by every operation, and named.

use svcgen_runtime::testing::TestServer;

use crate::document::operations;
use crate::examples::Request;
use crate::prepared::described;
use crate::service::App;

#[tokio::test]
async fn a_parameter_that_nobody_knows_is_refused_by_name() {
    let api = described().await;
    // What cannot be read is refused before anything is looked for, so nothing has to be there.
    let server = TestServer::<App>::start().await;
    let mut passed_over = Vec::new();
    for operation in operations(&api) {
        let request = Request::astray(&operation, "no_such_parameter=1");
        let answer = request.send(&server).await;
        let named = &answer.body["errors"][0];
        let is_named =
            named["parameter"] == "no_such_parameter" && named["code"] == "UNKNOWN_PARAMETER";
        if answer.status != 400 || !is_named {
            passed_over.push(format!(
                "{}: {} {}",
                operation.id(),
                answer.status,
                answer.body
            ));
        }
    }
    assert!(passed_over.is_empty(), "{}", passed_over.join("\n"));
}
