//! The manual.

use std::path::PathBuf;

use clap::CommandFactory as _;

use crate::Arguments;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Where to.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  maskinporten man | man -l -")]
pub(crate) struct ManArguments {
    /// Write a page for each command into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &ManArguments, terminal: &Terminal) -> Result<(), Failure> {
    let unwritten = |error: std::io::Error| Failure::failed(format!("the manual cannot be written: {error}"));
    match &arguments.out {
        Some(dir) => clap_mangen::generate_to(Arguments::command(), dir).map_err(|error| {
            let dir = dir.display();
            Failure::failed(format!("the manual cannot be written into {dir}: {error}"))
        }),
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command())
                .render(&mut page)
                .map_err(unwritten)?;
            terminal.put(&String::from_utf8_lossy(&page))
        }
    }
}
