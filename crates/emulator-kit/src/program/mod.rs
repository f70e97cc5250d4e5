//! The emulator as a program: one JSON line says where everything is, then it serves until a signal ends it.
//!
//! A program for tests in any language. They start it, read the line, and end it with SIGTERM or SIGINT:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use clap::Parser;
//! use emulator_kit::program::{self, Arguments};
//! use emulator_kit::{Server, ServerBuilder};
//! use serde_json::json;
//! # struct Clock;
//! # impl emulator_kit::Service for Clock {
//! #     fn connected(&self) -> u64 { 1 }
//! #     async fn serve(
//! #         self: std::sync::Arc<Self>, _: emulator_kit::Origin, _: emulator_kit::hyper::Request<emulator_kit::hyper::body::Incoming>,
//! #     ) -> emulator_kit::hyper::Response<emulator_kit::Payload> {
//! #         emulator_kit::Damage::None.send(emulator_kit::Reply::empty(emulator_kit::hyper::StatusCode::OK))
//! #     }
//! # }
//! # fn greeting(text: &str) -> Result<String, String> { Ok(text.to_owned()) }
//!
//! /// A clock behind HTTPS.
//! #[derive(Parser)]
//! #[command(name = "clock-emulator", version)]
//! struct Options {
//!     #[command(flatten)]
//!     common: Arguments,
//! }
//!
//! fn main() -> ExitCode {
//!     let options = Options::parse();
//!     program::run("clock-emulator", &options.common, greeting, |greeting, files| {
//!         let builder = ServerBuilder::new("clock-emulator").port(options.common.port);
//!         let (server, _) = builder.start(|_| std::sync::Arc::new(Clock))?;
//!         let line = json!({
//!             "url": format!("https://localhost:{}", server.ports().tls),
//!             "ca": files.write("ca.pem", server.ca_pem())?,
//!         });
//!         Ok((server, line))
//!     })
//! }
//! ```

mod arguments;
mod files;
mod log;
mod signals;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tracing_subscriber::EnvFilter;

pub use arguments::Arguments;
pub use files::Files;

use log::Log;
use signals::ended_by_signal;

/// Runs an emulator as a program of that name, to its end.
///
/// `read_seed` reads the text of a seed file (see [`seed`](crate::seed)); without one the seed is the default. `start` starts
/// the emulator and says what the line is to hold; the files that it writes are gone when the program ends, unless it is
/// killed.
///
/// A signal ends it within a second or so, whatever its thread is at. The status is 0 after a signal, 2 for a seed that cannot be used, 1 for anything else; each failure is one line on stderr.
/// Logs go to stderr too, and where nobody reads them they are lost: those of the program and of this crate, or what `RUST_LOG` says.
pub fn run<S: Default, E: Send + 'static>(
    name: &str,
    arguments: &Arguments,
    read_seed: impl FnOnce(&str) -> Result<S, String>,
    start: impl FnOnce(S, &Files) -> Result<(E, Value), Box<dyn Error>>,
) -> ExitCode {
    let log = (!arguments.quiet).then(Log::start).and_then(Result::ok);
    if let Some(log) = log.clone() {
        let ours = || EnvFilter::new(format!("{}=debug,emulator_kit=debug", name.replace('-', "_")));
        tracing_subscriber::fmt()
            .with_writer(move || log.clone())
            // What a thread of the log's own writes has no terminal to ask.
            .with_ansi(io::stderr().is_terminal())
            .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| ours()))
            .init();
    }
    let fail = |status: u8, problem: &dyn std::fmt::Display| {
        let line = format!("{name}: {problem}\n");
        // Where nobody reads it, it is lost as well.
        let said = within(PATIENCE, move || io::stderr().write_all(line.as_bytes()));
        drop(said);
        ExitCode::from(status)
    };
    let seed = match arguments.read_seed(read_seed) {
        Ok(seed) => seed.unwrap_or_default(),
        Err(problem) => return fail(2, &problem),
    };
    let served = serve(name, |files| start(seed, files));
    if let Some(log) = log {
        log.finish(PATIENCE);
    }
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &error),
    }
}

fn serve<E: Send + 'static>(
    name: &str,
    start: impl FnOnce(&Files) -> Result<(E, Value), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // From here on a signal ends the program properly, even before anybody could read the line.
    let ended = {
        let _guard = runtime.enter();
        ended_by_signal()?
    };
    let files = Files::new(name)?;
    let (emulator, line) = start(&files)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    runtime.block_on(ended);
    end(emulator)?;
    files.close()?;
    Ok(())
}

/// How long the emulator is waited for once the program is told to end, and then its log.
const PATIENCE: Duration = Duration::from_secs(1);

/// Drops it, which waits for its thread; a thread that is stuck in a service's own work goes with the process.
fn end(emulator: impl Send + 'static) -> io::Result<()> {
    within(PATIENCE, move || drop(emulator))
}

/// Does it on a thread of its own, which is waited for no longer than this.
fn within<T>(patience: Duration, work: impl FnOnce() -> T + Send + 'static) -> io::Result<()> {
    let (ended, wait) = mpsc::channel();
    thread::Builder::new().name("end".to_owned()).spawn(move || {
        work();
        let _ = ended.send(());
    })?;
    let _ = wait.recv_timeout(patience);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn an_emulator_that_does_not_end_is_not_waited_for() {
        struct Stuck;
        impl Drop for Stuck {
            fn drop(&mut self) {
                loop {
                    thread::park();
                }
            }
        }
        let started = Instant::now();
        end(Stuck).expect("a thread starts");
        assert!((PATIENCE..PATIENCE * 20).contains(&started.elapsed()));
        let (dropped, is_dropped) = mpsc::channel();
        struct Ends(mpsc::Sender<()>);
        impl Drop for Ends {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        end(Ends(dropped)).expect("a thread starts");
        assert!(is_dropped.try_recv().is_ok(), "what ends is waited for");
    }
}
