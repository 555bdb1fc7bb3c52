//% for line in doc
//! {{ line }}
//% endfor

use std::process::ExitCode;

use {{ crate_name }}::app::App;

fn main() -> ExitCode {
    svcgen_runtime::run::<App>()
}
