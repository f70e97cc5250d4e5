//! What is written, and where: answers to stdout, everything else to stderr; colours and progress only where somebody looks.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::failure::Failure;

/// Where a command writes to.
pub(crate) struct Terminal {
    /// Somebody looks at stderr.
    is_watched: bool,
}

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();

/// A text in a style. Whoever writes it out takes the style away where nobody sees it.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A name from a file, a vault or a token: nothing in it moves the cursor or begins a line.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}

impl Terminal {
    pub(crate) fn of_process() -> Self {
        Self {
            is_watched: std::io::stderr().is_terminal(),
        }
    }

    /// What was asked for.
    pub(crate) fn put(&self, text: &str) -> Result<(), Failure> {
        let mut out = anstream::stdout();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        match written {
            // Whoever reads has seen enough: `| head`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|error| Failure::failed(format!("stdout cannot be written: {error}"))),
        }
    }

    pub(crate) fn put_line(&self, line: &str) -> Result<(), Failure> {
        self.put(&format!("{line}\n"))
    }

    /// What goes with it, for people.
    pub(crate) fn say(&self, line: &str) {
        // Nobody can be told that stderr is gone.
        let _ = writeln!(anstream::stderr(), "{line}");
    }

    pub(crate) fn warn(&self, line: &str) {
        self.say(&format!("{} {line}", styled(ODD, "warning:")));
    }

    pub(crate) fn error(&self, failure: &Failure) {
        if !matches!(failure, Failure::Told) {
            self.say(&format!("{} {failure}", styled(BAD, "error:")));
        }
    }

    /// Says what is under way until it is dropped, if somebody looks.
    pub(crate) fn progress(&self, what: impl Into<String>) -> Progress {
        if !self.is_watched {
            return Progress(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(what.into());
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress(bar)
    }
}

/// See [`Terminal::progress`].
pub(crate) struct Progress(ProgressBar);

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Log lines of the libraries go to stderr where they are asked for. What has to be said in any case, commands say themselves.
pub(crate) fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Not what the HTTP client and the SDK say: they print what they send.
    let ours = Targets::new().with_targets([("config_azure_keyvault", level), ("maskinporten", level)]);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time();
    tracing_subscriber::registry().with(ours).with(lines).init();
}
