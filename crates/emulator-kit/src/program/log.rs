//! The log, on stderr: written by a thread of its own, so that no emulator stands still because nobody reads it.

use std::io::{self, Write};
use std::sync::mpsc::{self, Sender, SyncSender};
use std::thread;
use std::time::Duration;

/// So many lines wait to be written at most; one that comes beyond them is lost.
const LINES: usize = 4_096;

enum Said {
    Line(Vec<u8>),
    /// All that was said before is written.
    Done(Sender<()>),
}

/// Takes lines and waits for nobody.
#[derive(Clone)]
pub(super) struct Log(SyncSender<Said>);

impl Log {
    pub(super) fn start() -> io::Result<Self> {
        let (lines, said) = mpsc::sync_channel(LINES);
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            for said in said {
                // Whoever has gone reads no complaint either.
                let _ = match said {
                    Said::Line(line) => io::stderr().write_all(&line).ok(),
                    Said::Done(done) => done.send(()).ok(),
                };
            }
        })?;
        Ok(Self(lines))
    }

    /// Waits until all is written that was said so far, but no longer than this.
    pub(super) fn finish(&self, patience: Duration) {
        let (done, wait) = mpsc::channel();
        if self.0.try_send(Said::Done(done)).is_ok() {
            let _ = wait.recv_timeout(patience);
        }
    }
}

/// `tracing` writes line by line.
impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.try_send(Said::Line(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
