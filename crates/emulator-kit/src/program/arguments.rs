//! What every emulator's program is told on its command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// What every emulator's program is told on its command line: `--port`, `--seed`, `--round-trip-ms` and `--quiet`.
///
/// To be flattened into the program's own.
///
/// ```
/// use std::time::Duration;
///
/// use clap::Parser;
/// use emulator_kit::program::Arguments;
///
/// /// An emulator of letters.
/// #[derive(Parser)]
/// struct Options {
///     #[command(flatten)]
///     common: Arguments,
///     /// How many letters there are
///     #[arg(long, default_value_t = 1)]
///     letters: usize,
/// }
///
/// let options = Options::parse_from(["letters-emulator", "--round-trip-ms", "20", "--letters", "7"]);
/// assert_eq!(options.common.round_trip(), Duration::from_millis(20));
/// assert_eq!((options.common.port, options.letters), (0, 7));
/// ```
#[derive(Args, Clone, Debug, Default)]
// What is said above is for readers of the code: a program has a description of its own.
#[command(about = None, long_about = None)]
pub struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// What is there from the start
    #[arg(long, value_name = "FILE.json")]
    pub seed: Option<PathBuf>,
    /// How far away it is, in milliseconds of a round trip
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub round_trip_ms: u64,
    /// No logs on stderr
    #[arg(long)]
    pub quiet: bool,
}

impl Arguments {
    /// How far away it is.
    #[must_use]
    pub fn round_trip(&self) -> Duration {
        Duration::from_millis(self.round_trip_ms)
    }

    /// What is there from the start, if a file says so. A complaint is one line and names the file.
    pub(super) fn read_seed<S>(&self, read: impl FnOnce(&str) -> Result<S, String>) -> Result<Option<S>, String> {
        let Some(file) = &self.seed else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("the seed {} cannot be read: {error}", file.display()))?;
        match read(&text) {
            Ok(seed) => Ok(Some(seed)),
            Err(problem) => Err(format!("the seed {}: {problem}", file.display())),
        }
    }
}
