//! Reading what is current, by as many threads as a busy service has.

use std::alloc::System;
use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use config_azure_keyvault::Watch;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use super::{emulator, watch};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const READERS: u32 = 8;

pub(crate) async fn measure(quick: bool) {
    let emulator = emulator(Duration::ZERO).await;
    let watch = watch(&emulator).await;
    let turns: u32 = if quick { 200_000 } else { 2_000_000 };
    println!(
        "`Watch::current()`: ns for each, of the wall clock and of a core's time; the clock beside it tells how busy this machine is\n"
    );
    println!("| readers | what | best ns | median ns | ns of a core | allocations |");
    println!("|--:|--|--:|--:|--:|--:|");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for readers in [1, READERS] {
        row(readers, cores, "the clock", turns, || {
            black_box(Instant::now());
        });
        row(readers, cores, "current()", turns, || {
            black_box(Watch::current(&watch));
        });
    }
}

fn row(readers: u32, cores: usize, what: &str, turns: u32, read: impl Fn() + Sync) {
    let mut runs = Vec::new();
    let mut allocations = usize::MAX;
    for _ in 0..9 {
        let (took, allocated) = run(readers, turns, &read);
        runs.push(took);
        // Whatever else this process does allocates too; the reads do it in no run, or in each.
        allocations = allocations.min(allocated);
    }
    runs.sort_by(f64::total_cmp);
    let (best, median) = (runs[0], runs[runs.len() / 2]);
    // So many readers go on at once that each has a part of a core.
    let share = f64::from(readers).min(cores as f64) / f64::from(readers);
    println!(
        "| {readers} | {what} | {best:.0} | {median:.0} | {:.0} | {allocations} |",
        best * share
    );
}

/// Nanoseconds for each turn of a reader, and the allocations meanwhile.
fn run(readers: u32, turns: u32, read: &(impl Fn() + Sync)) -> (f64, usize) {
    // The readers, and who holds the clock: before the first turn and behind the last.
    let (begin, end) = (Barrier::new(readers as usize + 1), Barrier::new(readers as usize + 1));
    std::thread::scope(|scope| {
        for _ in 0..readers {
            scope.spawn(|| {
                read();
                begin.wait();
                for _ in 0..turns {
                    read();
                }
                end.wait();
            });
        }
        begin.wait();
        let region = Region::new(ALLOCATOR);
        let started = Instant::now();
        end.wait();
        let took = started.elapsed().as_secs_f64() * 1e9 / f64::from(turns);
        (took, region.change().allocations)
    })
}
