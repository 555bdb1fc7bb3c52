//! The command line: what can be asked, and what the answer's exit status is.
//!
//! 0 all is well · 1 the schema is wrong · 2 svcgen was called or works wrongly ·
//! 3 something is in the way that must not be overwritten · 130 interrupted.
//! Data goes to standard output, everything else to standard error.

mod adopt;
mod arguments;
mod carrying;
mod chain;
mod check;
mod conflicts;
mod difference;
mod evolve;
mod failure;
mod files;
mod findings;
mod generate;
mod heads;
mod import;
mod merging;
mod meta;
mod migrate;
mod moved;
mod mv;
mod new;
mod pipeline;
mod prepared;
mod proving;
mod questions;
mod report;
mod resolve;
mod server;
mod settled;
mod shell;
mod state_files;
mod upgrade;

use std::{io::Write as _, panic, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _};

use self::{
    arguments::{Arguments, Command, Format},
    failure::Failure,
    shell::Shell,
};

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(apologise));
    // The hook has said what there is to say; a panic must not look like another exit status.
    panic::catch_unwind(run).unwrap_or(ExitCode::from(2))
}

fn run() -> ExitCode {
    let color = shell::color_asked_for(std::env::args_os());
    color.write_global();
    let command = Arguments::command().color(shell::for_clap(color));
    let matches = match command.try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // A closed pipe is no reason to complain about help that nobody reads.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(2);
        }
    };
    let shell = Shell::new(&arguments.common);
    let format = arguments.command.format();
    match dispatch(arguments, &shell) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let (Format::Json, Some(error)) = (format, failure.to_json()) {
                // Whether or not it is read, people are told on standard error.
                let _ = shell.json(&error);
            }
            failure.tell(&shell)
        }
    }
}

fn dispatch(arguments: Arguments, shell: &Shell) -> Result<(), Failure> {
    let project = arguments.common.project.as_deref();
    match arguments.command {
        Command::New(_) if project.is_some() => Err(Failure::usage(
            "`--project` names a project that is there already",
            "say where the new one goes with `--path DIR`",
        )),
        Command::New(options) => new::run(&options, shell),
        Command::Generate(options) => generate::run(project, &options, shell),
        Command::AddEntity(options) => evolve::add::entity(project, &options, shell),
        Command::AddField(options) => evolve::add::field(project, &options, shell),
        Command::Resolve(options) => resolve::run(project, options, shell),
        Command::Undo(options) => resolve::undo(project, options, shell),
        Command::RemoveEntity(options) => evolve::remove::entity(project, &options, shell),
        Command::RenameEntity(options) => evolve::rename::entity(project, &options, shell),
        Command::RenameField(options) => evolve::rename::field(project, &options, shell),
        Command::Status(options) => files::status(project, options, shell),
        Command::Diff(options) => files::diff(project, &options, shell),
        Command::Own(options) => files::own(project, &options, shell),
        Command::Restore(options) => files::restore(project, &options, shell),
        Command::Mv(options) => mv::run(project, &options, shell),
        Command::Check(options) => check::run(project, options, shell),
        Command::Import(_) if project.is_some() => Err(Failure::usage(
            "`--project` names a project that is there already",
            "say where the schema goes with `--into DIR`",
        )),
        Command::Import(options) => import::run(&options, shell),
        Command::Migrate(options) => migrate::run(project, &options, shell),
        Command::Explain { code } => meta::explain(code.as_deref(), shell),
        Command::Completions { shell: kind } => meta::completions(kind, shell),
        Command::Man { dir } => meta::man(dir.as_deref(), shell),
    }
}

fn apologise(panic: &panic::PanicHookInfo<'_>) {
    let payload = panic.payload();
    let what = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .replace('\n', " ");
    let place = panic
        .location()
        .map(|it| format!("{}:{}", it.file(), it.line()))
        .unwrap_or_default();
    let version = crate::reconcile::lock::SVCGEN_VERSION;
    let _ = writeln!(
        std::io::stderr(),
        "svcgen: sorry, this is a bug in svcgen, and nothing was written by halves; please report it with your schema and \
         these words: svcgen {version}, {place}: {what}"
    );
}
