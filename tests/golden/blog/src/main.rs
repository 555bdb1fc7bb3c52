//! Posts, the people who write them, and what readers say.

use std::process::ExitCode;

use blog::app::App;

fn main() -> ExitCode {
    svcgen_runtime::run::<App>()
}
