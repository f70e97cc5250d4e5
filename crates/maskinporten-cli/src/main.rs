//! `maskinporten`: from an empty Key Vault to a working token, and from a failing deployment to its cause.
//!
//! What is asked for goes to stdout, everything else to stderr. Exit status: 0, 1 where something failed, 2 where the command line or what
//! it names cannot be understood.

mod app;
mod commands;
mod failure;
mod files;
mod key;
mod terminal;
mod tree;
mod vault;

use std::process::ExitCode;

use clap::Parser as _;
use commands::Command;
use failure::Failure;
use terminal::Terminal;

/// Set up, look into and rotate what a service needs to call APIs behind Maskinporten.
#[derive(clap::Parser)]
#[command(name = "maskinporten", version, propagate_version = true, max_term_width = 100, after_help = commands::EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    app: app::AppArguments,
    /// Say more on stderr: once for what is done, twice for how. Never a value.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    verbose: u8,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::of_process();
    terminal::log(arguments.verbose);
    match run(arguments, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal.error(&failure);
            failure.exit_code()
        }
    }
}

fn run(arguments: Arguments, terminal: &Terminal) -> Result<(), Failure> {
    let Arguments { command, app, .. } = arguments;
    let command = match command.offline(terminal)? {
        Some(command) => command,
        None => return Ok(()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("no runtime can be started: {error}")))?;
    let done = runtime.block_on(async {
        tokio::select! {
            done = command.run(&app, terminal) => done,
            // What was under way is dropped: no file of ours is ever half-written.
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
        }
    });
    // Looking a host up blocks a thread of the runtime's; it is not waited for.
    runtime.shutdown_background();
    done
}
