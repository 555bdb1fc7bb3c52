//! The slow tests: services are generated, compiled, linted and run on both engines.
//!
//! They take many minutes, so they run when `SVCGEN_SLOW=1` is set, as `.ci/test` does, and say
//! so when they do not. Everything that they make lies in `target/slow`.

mod adopt;
mod cargo;
mod import;
mod indexes;
mod migrate;
mod migrate_property;
mod month;
mod outlived;
mod postgres;
mod redocly;
mod runner;
mod running;
mod schemathesis;
mod services;
mod spectral;
mod squawk;
mod tools;
mod upgrade;
mod vendored;

use std::io::Write as _;
use std::time::Instant;

/// Whether the slow tests were asked for; where not, the test that asks says so and ends.
fn are_asked_for(test: &str) -> bool {
    let asked = std::env::var("SVCGEN_SLOW").is_ok_and(|it| it == "1");
    if !asked {
        say(&format!("{test}: not run, set SVCGEN_SLOW=1"));
    }
    asked
}

/// Says something at once, past the test harness, which keeps what is printed to itself.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "slow: {text}");
}

/// Runs a step and says how long it took.
fn step<T>(name: &str, run: impl FnOnce() -> T) -> T {
    say(&format!("{name} …"));
    let begun = Instant::now();
    let outcome = run();
    say(&format!("{name}: {:.1} s", begun.elapsed().as_secs_f64()));
    outcome
}
