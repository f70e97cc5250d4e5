//! Many cases, several at a time: most of their time is waiting.

use std::env::var;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Builder;

use super::case::Case;
use super::lane::Lane;
use super::shrink::shrink;
use super::tally::Tally;

/// So many go on at once, unless `LANES` says otherwise. More of them in a debug build on two cores are slow enough
/// to run out of time for nothing.
const LANES: u64 = 6;

/// Which cases to run.
pub(super) struct Runs(Vec<Case>);

impl Runs {
    /// The one that `SEED` names, with the events that `KEEP` names; else as many as `CASES` says, from the one that `FIRST` says.
    pub(super) fn asked(usual: u64) -> Self {
        if let Some(seed) = number("SEED") {
            let case = Case::of(seed);
            let kept = var("KEEP").ok();
            let kept = kept.map(|kept| {
                kept.split(',')
                    .filter_map(|number| number.parse().ok())
                    .collect::<Vec<_>>()
            });
            return Self(vec![kept.map_or_else(|| case.clone(), |kept| case.keeping(&kept))]);
        }
        let first = number("FIRST").unwrap_or(1);
        let count = number("CASES").unwrap_or(usual);
        Self((first..first + count).map(Case::of).collect())
    }
}

/// Runs them all.
///
/// # Panics
///
/// Where one violates what must always be so, with the smallest case that does.
pub(super) fn run(Runs(cases): &Runs) -> Tally {
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let tally = Mutex::new(Tally::default());
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in (0..number("LANES").unwrap_or(LANES)).zip(cases) {
            scope.spawn(|| {
                let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(async {
                    let mut lane = Lane::start().await;
                    while !is_over.load(Ordering::SeqCst) {
                        let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) else {
                            break;
                        };
                        match lane.run(case).await {
                            Ok(one) => {
                                let mut tally = lock(&tally);
                                tally.one("cases");
                                tally.take_in(one);
                            }
                            // Others that fail for the same reason need not be told.
                            Err(violation) if !is_over.swap(true, Ordering::SeqCst) => {
                                let (case, violation) = shrink(&mut lane, case, violation).await;
                                *lock(&failure) = Some((case, violation));
                            }
                            Err(_) => {}
                        }
                    }
                });
            });
        }
    });
    if let Some((case, violation)) = lock(&failure).take() {
        let kept: Vec<_> = case.numbers().iter().map(usize::to_string).collect();
        panic!(
            "{violation}\nSEED={} KEEP={} cargo test -p tests --test suite chaos::start_ups\n{case}",
            case.seed,
            kept.join(",")
        );
    }
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(name: &str) -> Option<u64> {
    var(name).ok()?.parse().ok()
}
