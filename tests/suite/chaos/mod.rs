//! Trouble of every kind, mixed by chance: whatever strikes, a configuration is whole or the last good one stays, in time, without a
//! leak; and once the trouble is over, nothing of what changed meanwhile is lost.
//!
//! A case follows from a seed. Where one fails, events are left out for as long as it still fails, and the line to run it again is told:
//! `SEED=… KEEP=… cargo test -p tests --test suite chaos::start_ups`. See `docs/faults.md`.

mod between;
mod book;
mod case;
mod chance;
mod half_written;
mod heard;
mod hours;
mod lane;
mod lateness;
mod random;
mod reloads;
mod runs;
mod service;
mod shrink;
mod strikes;
mod tally;
mod tree;

use runs::{Runs, run};

/// Start-ups and reloads under faults, on real sockets.
#[test]
fn start_ups() {
    let tally = run(&Runs::asked(100));
    if std::env::var_os("SEED").is_none() {
        // Neither so rare nor so many that the faults show nothing.
        for what in [
            "start-ups under faults that came up",
            "start-ups under faults that failed",
            "reloads under faults that loaded",
            "reloads under faults that failed",
            "tokens",
            "tokens that failed",
        ] {
            assert!(tally.of(what) > 5, "{what}: {tally}");
        }
    }
}

/// The same, ten thousand times: `.ci/faults/run`.
#[test]
#[ignore = "takes long: .ci/faults/run"]
#[allow(clippy::print_stdout)]
fn ten_thousand_start_ups() {
    println!("{}", run(&Runs::asked(10_000)));
}
