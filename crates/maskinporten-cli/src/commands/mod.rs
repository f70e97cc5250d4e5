//! The commands: each in a file of its own, with what can be said to it.

mod completions;
mod config;
mod doctor;
mod keygen;
mod man;
mod push;
mod rotate;
mod token;

use crate::app::AppArguments;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) const EXAMPLES: &str = "\
Examples:
  maskinporten push secrets.json --vault https://…   a file into a vault
  maskinporten keygen --vault https://…              and a key
  maskinporten doctor                                what is wrong, and why
  maskinporten config --env Production --diff Staging
  curl -H \"Authorization: Bearer $(maskinporten token)\" https://…";

/// What to do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a key pair: the private key goes into the vault or a file, the public key set to stdout, for Samarbeidsportalen.
    Keygen(keygen::KeygenArguments),
    /// Put the secrets of a local file into a vault, and show by name what that changes.
    Push(push::PushArguments),
    /// Replace a key in use, step by step: each can be resumed and taken back. Without --apply nothing is changed.
    Rotate(rotate::RotateArguments),
    /// Show the effective configuration as a tree: which settings there are, and where each comes from. Values stay hidden.
    Config(config::ConfigArguments),
    /// Find out why an app gets no settings or no token: each step from its environment to its token, with cause and remedy.
    Doctor(doctor::DoctorArguments),
    /// Get a token: it alone goes to stdout, what it is to stderr.
    Token(token::TokenArguments),
    /// Print what a shell needs to complete commands.
    Completions(completions::CompletionsArguments),
    /// Print the manual page, or write one for each command.
    Man(man::ManArguments),
}

impl Command {
    /// Does what needs no network. `Some`: the rest.
    pub(crate) fn offline(self, terminal: &Terminal) -> Result<Option<Self>, Failure> {
        match self {
            Self::Completions(arguments) => completions::run(&arguments, terminal)?,
            Self::Man(arguments) => man::run(&arguments, terminal)?,
            online => return Ok(Some(online)),
        }
        Ok(None)
    }

    pub(crate) async fn run(self, app: &AppArguments, terminal: &Terminal) -> Result<(), Failure> {
        match self {
            Self::Keygen(arguments) => keygen::run(&arguments, app, terminal).await,
            Self::Push(arguments) => push::run(&arguments, app, terminal).await,
            Self::Rotate(arguments) => rotate::run(&arguments, app, terminal).await,
            Self::Config(arguments) => config::run(&arguments, app, terminal).await,
            Self::Doctor(arguments) => doctor::run(&arguments, app, terminal).await,
            Self::Token(arguments) => token::run(&arguments, app, terminal).await,
            // Done before.
            Self::Completions(_) | Self::Man(_) => Ok(()),
        }
    }
}
