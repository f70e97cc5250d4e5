//! Nothing that comes in at a door ends the process, none takes more memory than a part of its length, and none more time.
//!
//! A text that did is put into the door's folder in the crate's `tests/corpus`, and stays there.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod texts;

use std::alloc::System;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, TestRunner};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use texts::{grown, shaped};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Reads anything. It panics where a promise is broken.
pub type Door = fn(&[u8]);

/// The doors of a library.
#[derive(Clone, Copy, Debug)]
pub struct Doors {
    /// The folder with a folder of texts for each.
    pub corpus: &'static str,
    /// By name, which is that of the folder.
    pub doors: &'static [(&'static str, Door)],
    /// How many bytes one of them may allocate for a text of that length, all together, freed or not.
    pub most: fn(&str, usize) -> usize,
}

impl Doors {
    /// Each reads what is known.
    pub fn read_the_known(&self) {
        for (name, door) in self.doors {
            self.known(name).iter().for_each(|text| door(text));
        }
    }

    /// And what grows out of it. More of that, and others each time: `PROPTEST_CASES=100000`.
    pub fn read_the_grown(&self) {
        for (name, door) in self.doors {
            let config = Config {
                failure_persistence: None,
                cases: Config::default().cases / 4,
                ..Config::default()
            };
            let read = TestRunner::new(config).run(&grown(self.known(name)), |text| {
                door(&text.0);
                Ok(())
            });
            read.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    /// What they allocate is within its bound: for a test that has a process of its own, since others allocate as well.
    pub fn allocate_no_more(&self) {
        const GROWN: usize = 50;
        for (name, door) in self.doors {
            let corpus = self.known(name);
            let mut runner = TestRunner::deterministic();
            let grown = grown(corpus.clone());
            let grown = (0..GROWN).map(|_| grown.new_tree(&mut runner).unwrap().current().0);
            let known = corpus.into_iter().chain(grown).map(|text| (String::new(), text));
            let mut dearest = (0, 0, String::new());
            for (shape, text) in known.chain(shaped(1 << 16)) {
                let allocated = self.bounded(name, *door, &text);
                let ratio = allocated / text.len().max(1024);
                if ratio >= dearest.0 {
                    dearest = (ratio, text.len(), shape);
                }
            }
            println!(
                "{name}: at most {} bytes for each of {} ({:.60})",
                dearest.0, dearest.1, dearest.2
            );
        }
    }

    /// What one allocates for this text is within its bound, too: a text that takes too long to be read again and again.
    pub fn allocate_no_more_for(&self, name: &str, text: &[u8]) {
        let (name, door) = self.doors.iter().find(|(known, _)| *known == name).unwrap();
        println!("{name}: {} bytes", self.bounded(name, *door, text));
    }

    fn bounded(&self, name: &str, door: Door, text: &[u8]) -> usize {
        let allocated = allocated(door, text);
        let shown = text.escape_ascii().to_string();
        let shown = shown.get(..2_000).unwrap_or(&shown);
        assert!(
            allocated <= (self.most)(name, text.len()),
            "{name}: {allocated} bytes for {}: {shown}",
            text.len()
        );
        allocated
    }

    /// Eight times as long takes eight times the time, and up to three times that where it leaves the caches; what takes the square of it takes
    /// sixty-four.
    pub fn take_no_square(&self) {
        const SHORT: usize = 1 << 17;
        for (name, door) in self.doors {
            let mut slowest = (Duration::ZERO, String::new());
            for ((shape, short), (_, long)) in shaped(SHORT).zip(shaped(8 * SHORT)) {
                let (short, long) = (time(*door, &short), time(*door, &long));
                // What is over at once says nothing.
                let least = short.max(Duration::from_millis(1));
                assert!(long < least * 32, "{name}: {short:?}, then {long:?}: {shape}");
                if long > slowest.0 {
                    slowest = (long, shape);
                }
            }
            println!("{name}: at most {:?} ({:.60})", slowest.0, slowest.1);
        }
    }

    /// The texts of a door, in the order of their names.
    fn known(&self, door: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(self.corpus).join(door);
        let mut files: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{} holds nothing", folder.display());
        files.iter().map(|file| fs::read(file).unwrap()).collect()
    }
}

/// Runs an ignored test of this program in a process of its own.
pub fn apart(test: &str) {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && told.contains("1 passed"), "{told}");
}

fn allocated(door: Door, text: &[u8]) -> usize {
    let region = Region::new(ALLOCATOR);
    door(text);
    region.change().bytes_allocated
}

/// The best of three.
#[allow(clippy::disallowed_methods)]
fn time(door: Door, text: &[u8]) -> Duration {
    let run = || {
        let started = Instant::now();
        door(text);
        started.elapsed()
    };
    (0..3).map(|_| run()).min().unwrap_or_default()
}
