//! Completions for shells.

use clap::CommandFactory as _;

use crate::Arguments;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// For which shell.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  maskinporten completions bash > /etc/bash_completion.d/maskinporten")]
pub(crate) struct CompletionsArguments {
    /// The shell.
    shell: clap_complete::Shell,
}

pub(super) fn run(arguments: &CompletionsArguments, terminal: &Terminal) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "maskinporten", &mut script);
    terminal.put(&String::from_utf8_lossy(&script))
}
